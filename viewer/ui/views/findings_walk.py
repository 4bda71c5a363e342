"""The way from one finding of a recording to the next, and the event that is looked at."""

import numpy as np
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from viewer.reading.values import Event, Reading
from viewer.ui.views.base import StudyView
from viewer.ui.views.found import Found, found_in


class FindingsWalk(StudyView):
    """A view of a recording that goes from finding to finding; one event may be chosen."""

    event_selected = Signal(object)
    """The event that is looked at now, or None."""

    scale_given = Signal(float, bool)
    """A person said what a file's full scale is in µV, and whether that holds for its folder's files."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.start_s = 0.0
        self.chosen_event: Event | None = None
        self._found: Found | None = None

    @property
    def page_s(self) -> float:
        """How much of the recording is shown at once."""
        raise NotImplementedError

    def go_to(self, start_s: float) -> None:
        """Begin the page at a time."""
        raise NotImplementedError

    @property
    def found(self) -> Found:
        """What the reading found."""
        if self._found is None:
            self._found = found_in(self.reading, self.spans, self.label)
        return self._found

    def set_reading(self, reading: Reading | None) -> None:
        if self.chosen_event is not None and (reading is None or self.chosen_event not in reading.events):
            self.chosen_event = None
        super().set_reading(reading)

    def overlays_changed(self) -> None:
        self._found = None

    def go_to_finding(self, onward: bool) -> None:
        """Bring the next or the previous finding of the chosen class to a third of the page; select an event."""
        here = self._here()
        found = self.found
        times = np.where(found.is_event, found.time_s, found.start_s)
        further = times > here + 1e-6 if onward else times < here - 1e-6
        places = np.flatnonzero(found.chosen & further)
        if places.size:
            place = int(places[np.argmin(np.abs(times[places] - here))])
            self.go_to(float(times[place]) - self.page_s / 3)
            self.select_event(found.events[place])

    def _here(self) -> float:
        """The time from which one goes on: the selected event's where it is in view, else a third of the page."""
        event = self.chosen_event
        if event is not None and self.start_s <= event.time_s <= self.start_s + self.page_s:
            return event.time_s
        return self.start_s + self.page_s / 3

    def go_to_train(self, train: int) -> None:
        """Bring a train's first event to a third of the page and select it."""
        members = self.found.trains().get(train)
        if members is not None:
            event = self.found.events[members[0]]
            assert event is not None
            self.go_to(event.time_s - self.page_s / 3)
            self.select_event(event)

    def go_to_next_train(self, onward: bool) -> None:
        """Go to the train that begins next, or to the one that began before."""
        here = self._here()
        begins = sorted((float(self.found.time_s[m[0]]), t) for t, m in self.found.trains().items())
        own = self.chosen_event.train if self.chosen_event is not None else None
        further = [t for at, t in begins if t != own and (at > here + 1e-6 if onward else at < here - 1e-6)]
        if further:
            self.go_to_train(further[0] if onward else further[-1])

    def select_event(self, event: Event | None) -> None:
        """Show an event as the one that is looked at."""
        self.chosen_event = event
        self.event_selected.emit(event)
        self.update()
