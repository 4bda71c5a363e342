"""What a network found in a recording, ready to be drawn: thousands of findings must not hold up a frame."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from viewer.reading.values import Event, Reading, Span


@dataclass(frozen=True, eq=False)
class Found:
    """Findings in order of time; ``channels`` holds None where a finding is in all of them.

    ``chosen``: of the class that is explained (all events where none is). ``events``: the event that a finding is, or
    None for a span of the chosen class. ``time_s``: an event's largest deflection, a span's middle.
    """

    start_s: np.ndarray
    end_s: np.ndarray
    time_s: np.ndarray
    chosen: np.ndarray
    labels: tuple[str, ...]
    scores: tuple[float, ...]
    channels: tuple[str | None, ...]
    events: tuple[Event | None, ...]

    def between(self, start_s: float, end_s: float) -> np.ndarray:
        """Return the indices of what reaches into a stretch of time."""
        return np.flatnonzero((self.end_s >= start_s) & (self.start_s <= end_s))

    @cached_property
    def is_event(self) -> np.ndarray:
        """Which findings are events (the others are spans of the chosen class)."""
        return np.array([e is not None for e in self.events], bool)

    @cached_property
    def label_names(self) -> np.ndarray:
        """The labels as an array of strings."""
        return np.array(self.labels, str)

    def on_channel(self, name: str) -> np.ndarray:
        """Return which findings are on a channel, or in all of them."""
        if name not in self._on_channel:
            self._on_channel[name] = np.array([c in (None, name) for c in self.channels], bool)
        return self._on_channel[name]

    @cached_property
    def _on_channel(self) -> dict[str, np.ndarray]:
        return {}

    @cached_property
    def classes(self) -> tuple[str, ...]:
        """The classes of the events, in order of their names."""
        return tuple(sorted({e.label for e in self.events if e is not None}))

    def of_class(self, label: str) -> np.ndarray:
        """Return the indices of the events of a class."""
        return np.flatnonzero(self.is_event & (self.label_names == label))

    def holds(self, label: str, channel: str) -> bool:
        """Whether an event of a class was found on a channel."""
        return bool(self.on_channel(channel)[self.of_class(label)].any())

    def index(self, event: Event | None) -> int | None:
        """Return where an event is, or None."""
        if event is None:
            return None
        near = np.flatnonzero(self.time_s == event.time_s)
        return next((int(i) for i in near if self.events[i] == event), None)

    def nearest(self, time_s: float, channel: str, reach_s: float) -> Event | None:
        """Return the event of a channel that is at a time, or nearest to it within ``reach_s``."""
        at = (self.start_s - reach_s <= time_s) & (time_s <= self.end_s + reach_s) & self.is_event
        inside = np.flatnonzero(at & self.on_channel(channel))
        if not inside.size:
            return None
        return self.events[int(inside[np.argmin(np.abs(self.time_s[inside] - time_s))])]

    def trains(self) -> dict[int, np.ndarray]:
        """Return the indices of each train's events, in order of time."""
        return self._trains

    @cached_property
    def _trains(self) -> dict[int, np.ndarray]:
        members: dict[int, list[int]] = {}
        for i, event in enumerate(self.events):
            if event is not None and event.train is not None:
                members.setdefault(event.train, []).append(i)
        return {train: np.array(indices) for train, indices in members.items()}


def found_in(reading: Reading | None, spans: tuple[Span, ...], label: str | None) -> Found:
    """Return the chosen class's spans and all events."""
    events = reading.events if reading else ()
    rows: list[tuple] = [
        (s.start_s, s.end_s, (s.start_s + s.end_s) / 2, True, label or "", s.score, s.channel, None) for s in spans
    ]
    rows += [(e.start_s, e.end_s, e.time_s, label in (None, e.label), e.label, e.score, e.channel, e) for e in events]
    rows.sort(key=lambda row: row[0])
    start, end, middle, chosen, labels, scores, channels, which = zip(*rows, strict=True) if rows else ((),) * 8
    return Found(
        np.array(start, float), np.array(end, float), np.array(middle, float), np.array(chosen, bool),
        labels, scores, channels, which,
    )  # fmt: skip
