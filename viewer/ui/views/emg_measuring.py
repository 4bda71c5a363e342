"""What a person measures in an EMG recording: one potential with its beginning and end, and a train's rate."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen

from viewer.measure.emg import Potential, measure_potential
from viewer.measure.firing import interval_statistics
from viewer.reading.values import Train
from viewer.ui.views.calipers import snap
from viewer.ui.views.corners import text_block
from viewer.ui.views.emg_events import TICK_PX, marks_y
from viewer.ui.views.sweeps import Sweep

if TYPE_CHECKING:
    from viewer.ui.views.emg_view import EmgSweepView

_AROUND_S = 0.3
_GRIP_PX = 6
_NEAR_PX = 12
_WIDE_PX = 14


@dataclass(frozen=True)
class Measured:
    """A potential on a channel; ``set_by_hand``: a person moved its beginning or end."""

    channel: int
    potential: Potential
    set_by_hand: bool = False


class Measuring:
    """The measured potential and the marked discharges of an EMG view."""

    def __init__(self, view: "EmgSweepView") -> None:
        self._view = view
        self.measured: Measured | None = None
        self.missed = False
        self._asked: tuple[int, dict[str, float]] | None = None
        self.marked: tuple[int, tuple[float, ...]] = (0, ())

    def clear(self) -> None:
        """Forget everything."""
        self.forget()
        self.marked = (self._view.channel, ())

    def forget(self) -> None:
        """Forget the potential."""
        self.measured, self.missed, self._asked = None, False, None

    # A potential

    def at(self, channel: int, time_s: float) -> None:
        """Measure the potential at a time; where there is none that is said."""
        self._measure(channel, at_s=time_s)

    def between(self, channel: int, start_s: float, end_s: float) -> None:
        """Measure from a beginning to an end that a person set."""
        start_s, end_s = sorted((start_s, end_s))
        self._measure(channel, start_s=start_s, end_s=end_s)

    def between_cursors(self) -> None:
        """Measure the potential from the first cursor to the second."""
        cursors = self._view.caliper
        if cursors is not None and cursors.start_s != cursors.end_s:
            self.between(cursors.channel, cursors.start_s, cursors.end_s)
            self._view.update()

    def again(self) -> None:
        """Measure what is measured once more, in the signal as it is shown now; what is not in view is forgotten."""
        if self._asked is None:
            return
        channel, where = self._asked
        first_s, last_s = min(where.values()), max(where.values())
        sweeps = [s for s in self._view.sweeps() if s.channel == channel]
        if any(s.start_s <= last_s and first_s <= s.start_s + self._view.sweep_s for s in sweeps):
            self._measure(channel, **where)
        else:
            self.forget()

    def _measure(self, channel: int, **where: float) -> None:
        view = self._view
        self._asked = (channel, where)
        first_s, last_s = min(where.values()) - _AROUND_S, max(where.values()) + _AROUND_S
        rate, length = view.waveform.rate_hz, view.waveform.samples.shape[1]
        first, last = max(0, int(first_s * rate)), min(length, int(last_s * rate) + 1)
        shift = first / rate
        samples = view.values(channel, first, last)
        moved = {name: value - shift for name, value in where.items()}
        found = measure_potential(samples, rate, unit=view.waveform.units[channel], **moved)
        self.missed = found is None
        self.measured = None
        if found is not None:
            potential = replace(
                found, onset_s=found.onset_s + shift, peak_s=found.peak_s + shift, offset_s=found.offset_s + shift
            )
            self.measured = Measured(channel, potential, "at_s" not in where)

    # Marked discharges

    def mark(self, channel: int, time_s: float, near_s: float) -> None:
        """Mark a discharge, or unmark the one that is nearer than ``near_s``; another channel begins anew."""
        own, times = self.marked
        if own != channel:
            times = ()
        again = [t for t in times if abs(t - time_s) < near_s]
        times = tuple(t for t in times if t not in again) if again else tuple(sorted((*times, time_s)))
        self.marked = (channel, times)

    # A hand

    def press(self, tool: str, at: QPointF) -> None:
        """Take a click with the tool ``potential`` or ``train``."""
        view = self._view
        sweep = view.piece_at(at)
        if sweep is None or not view.screen_rect.contains(at):
            return
        time_s = self._snapped(sweep, at)
        if tool == "potential":
            self.at(sweep.channel, time_s)
        else:
            self.mark(sweep.channel, time_s, _NEAR_PX * view.per_px(sweep)[0])

    def _snapped(self, sweep: Sweep, at: QPointF) -> float:
        """Return the time of the highest or lowest point near a point of the view."""
        view, rate = self._view, self._view.waveform.rate_hz
        seconds, height = (_NEAR_PX * abs(v) for v in view.per_px(sweep))
        time_s = view.time_at(sweep, at)
        first = max(0, int((time_s - 2 * seconds) * rate))
        values = view.values(sweep.channel, first, int((time_s + 2 * seconds) * rate) + 2)
        found = snap(values, rate, time_s - first / rate, view.value_at(sweep, at), seconds, height)
        return time_s if found is None else (first + found) / rate

    def grip(self, at: QPointF) -> str:
        """Return ``onset`` or ``offset`` where that mark is under a point, else nothing."""
        view, measured = self._view, self.measured
        sweep = view.piece_at(at)
        if measured is None or sweep is None or sweep.channel != measured.channel or not view.overlays_shown:
            return ""
        if not view.screen_rect.contains(at):
            return ""
        for name, time_s in (("onset", measured.potential.onset_s), ("offset", measured.potential.offset_s)):
            if abs(float(view.x_of(sweep, time_s)) - at.x()) <= _GRIP_PX:
                return name
        return ""

    def drag(self, name: str, at: QPointF) -> None:
        """Move the beginning or the end of the potential to a point."""
        view, measured = self._view, self.measured
        sweep = view.piece_at(at)
        if measured is None or sweep is None:
            return
        potential, time_s = measured.potential, view.time_at(sweep, at)
        least = 3 / view.waveform.rate_hz
        if name == "onset":
            self.between(measured.channel, min(time_s, potential.offset_s - least), potential.offset_s)
        else:
            self.between(measured.channel, potential.onset_s, max(time_s, potential.onset_s + least))
        self.measured = self.measured or measured  # over a gap it stays as it was

    # On the screen

    def words(self) -> tuple[str, ...]:
        """Return the measured values, a line each."""
        tr = self._view.tr
        lines: list[str] = []
        if self.measured is not None:
            lines += potential_words(self.measured.potential, tr)
            if self.measured.set_by_hand:
                lines.append(tr("Beginning and end set by hand"))
        elif self.missed:
            lines.append(tr("No potential stands out of the noise here"))
        times = self.marked[1]
        if times:
            lines.append(tr("{count} marked").format(count=len(times)))
            found = interval_statistics(times)
            lines += [] if found is None else rhythm_words(found.rate_hz, found.cv, found.slowing, tr)
        train = self._train()
        if train is not None:
            lines.append(tr("Train {number}, {count} events").format(number=train.train, count=train.events))
            lines += rhythm_words(train.rate_hz, train.interval_cv, train.slowing, tr)
        return tuple(lines)

    def _train(self) -> Train | None:
        """Return the train of the event that is looked at, with the rhythm that the reading tells of it."""
        event, reading = self._view.chosen_event, self._view.reading
        trains = reading.trains if reading is not None else ()
        return next((t for t in trains if event is not None and t.train == event.train), None)

    def paint(self, painter: QPainter) -> None:
        """Draw beginning, peak and end, the marked discharges, and the values beside the trace."""
        view = self._view
        area = view.screen_rect
        painter.save()
        painter.setClipRect(area)
        for sweep in view.sweeps():
            if self.measured is not None and self.measured.channel == sweep.channel:
                self._paint_potential(painter, sweep, self.measured.potential)
            if self.marked[0] == sweep.channel:
                self._paint_marked(painter, sweep)
        painter.restore()
        words = self.words()
        if words:
            text_block(painter, words, self._beside(), view.colours, not self._on_the_right())

    def _beside(self) -> QRectF:
        """Return where the words go: below the marks and labels of what was found in the first sweep."""
        view, sweep = self._view, next(iter(self._view.sweeps()), None)
        room = view.screen_rect.adjusted(4, 4, -4, -4)
        if view.overlays_shown and view.reading is not None and sweep is not None:
            room.setTop(marks_y(view, sweep) + TICK_PX + 2)
        return room

    def _on_the_right(self) -> bool:
        """Whether what is measured lies in the right half, where the words would hide it."""
        view = self._view
        sweep = next(iter(view.sweeps()), None)
        if self.measured is None or sweep is None:
            return False
        return float(view.x_of(sweep, self.measured.potential.peak_s)) > view.screen_rect.center().x()

    def _paint_potential(self, painter: QPainter, sweep: Sweep, potential: Potential) -> None:
        view = self._view
        half = view.screen_rect.height() / sweep.rows / 2 * 0.8
        zero = view.zero_y(sweep)
        colour = view.colours.colour("mark")
        onset, peak, offset = (
            float(view.x_of(sweep, t)) for t in (potential.onset_s, potential.peak_s, potential.offset_s)
        )
        painter.fillRect(QRectF(onset, zero - half, offset - onset, 2 * half), view.colours.colour("mark", 26))
        painter.setPen(QPen(colour, 1.2, Qt.PenStyle.DashLine))
        top = zero - half if offset - onset > _WIDE_PX else zero + half * 0.7  # narrow marks would hide the wave
        for x in (onset, offset):
            painter.drawLine(QPointF(x, top), QPointF(x, zero + half))
            painter.fillRect(QRectF(x - 3, zero + half - 8, 6, 8), colour)
        index = round(potential.peak_s * view.waveform.rate_hz)
        values = view.values(sweep.channel, index, index + 1)
        if len(values):
            y = float(view.y_of(sweep, float(values[0])))
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colour)
            painter.drawEllipse(QPointF(peak, min(max(y, view.screen_rect.top()), view.screen_rect.bottom())), 3.5, 3.5)

    def _paint_marked(self, painter: QPainter, sweep: Sweep) -> None:
        view = self._view
        if not len(self.marked[1]):
            return
        bottom = view.zero_y(sweep) + view.screen_rect.height() / sweep.rows * 0.44
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(view.colours.colour("mark"))
        for time_s in self.marked[1]:
            x = float(view.x_of(sweep, time_s))
            painter.drawPolygon([QPointF(x, bottom - 9), QPointF(x - 5, bottom), QPointF(x + 5, bottom)])


def potential_words(potential: Potential, tr) -> list[str]:  # type: ignore[no-untyped-def]
    """Return a potential's values as they are read out; what cannot be measured is said."""
    if potential.amplitude_uv is not None:
        lines = [tr("Amplitude {value} µV").format(value=f"{potential.amplitude_uv:.4g}")]
    else:
        lines = [tr("Amplitude {value}, unit unknown").format(value=f"{potential.amplitude:.4g}")]
    if potential.duration_ms is not None:
        lines.append(tr("Duration {value} ms").format(value=f"{potential.duration_ms:.3g}"))
    else:
        lines.append(tr("Duration not measurable: potentials overlap"))
    if potential.rise_time_ms is not None:
        lines.append(tr("Rise time {value} ms").format(value=f"{potential.rise_time_ms:.2g}"))
    if potential.phases is not None and potential.turns is not None:
        lines.append(tr("Phases {phases}, turns {turns}").format(phases=potential.phases, turns=potential.turns))
    if potential.first_phase is not None:
        first = tr("positive") if potential.first_phase == "positive" else tr("negative")
        lines.append(tr("First phase {sign}").format(sign=first))
    return lines


def rhythm_words(rate_hz: float, cv: float | None, slowing: float | None, tr) -> list[str]:  # type: ignore[no-untyped-def]
    """Return a train's rate and regularity as they are read out."""
    line = tr("Rate {value} Hz").format(value=f"{rate_hz:.3g}")
    if cv is not None:
        line += tr(", CV {value} %").format(value=f"{100 * cv:.0f}")
    lines = [line]
    if slowing is not None and abs(slowing) >= 0.1:
        way = tr("Slows by {value} %") if slowing > 0 else tr("Speeds up by {value} %")
        lines.append(way.format(value=f"{100 * abs(slowing):.0f}"))
    return lines
