"""What the views of recordings share: a place in time, tools, calipers, marked spans, filters, the overview bar."""

from typing import Any

import numpy as np
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QAction, QMouseEvent
from PySide6.QtWidgets import QWidget

from viewer.study import Region, Waveform
from viewer.ui.views.background import in_background
from viewer.ui.views.calipers import Caliper, snap
from viewer.ui.views.envelope import Envelope, build
from viewer.ui.views.filtering import Filtering
from viewer.ui.views.filters import Filters, far_median, possible
from viewer.ui.views.findings_walk import FindingsWalk
from viewer.ui.views.overview import Overview

TOOLS = ("pan", "caliper", "region")
_GRIP_PX = 6
_SNAP_PX = 10
_CLICK_PX = 4


class TraceView(FindingsWalk):
    """A recording. What it shows of a channel in a line is a *piece* (a strip of paper, a sweep) with a ``channel``."""

    tools: tuple[str, ...] = TOOLS
    far_uv = 2000.0
    """A channel that rests further from 0 than this, and than its own deflections, is drawn around its median."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.tool = "pan"
        self.snapping = True
        self.caliper: Caliper | None = None
        self.caliper_piece: Any = None
        self.region_draft: tuple[float, float] | None = None
        self.envelope = Envelope(np.zeros((0, 0), np.float32))
        self.overview = Overview()
        self.filters = Filters()
        self.raw = False
        self.filtered = Filtering(self)
        self.filtered.answered.connect(self._signal_changed)
        self.named: dict[str, QAction] = {}
        self._drag: tuple[str, QPointF] | None = None
        self._pressed_at = QPointF()
        self._offsets: dict[int, float] = {}
        self._measured_in = Filters()
        self._hover: QPointF | None = None

    # For subclasses

    def pieces(self) -> list:
        """Return what is shown."""
        raise NotImplementedError

    def piece_at(self, at: QPointF) -> Any:
        """Return the piece that a hand means at a point of the view, or None."""
        raise NotImplementedError

    def time_at(self, piece: Any, at: QPointF) -> float:
        """Return the time under a point."""
        raise NotImplementedError

    def value_at(self, piece: Any, at: QPointF) -> float:
        """Return the stored value at a point's height."""
        raise NotImplementedError

    def x_of(self, piece: Any, time_s: Any) -> Any:
        """Return where a time lies."""
        raise NotImplementedError

    def per_px(self, piece: Any) -> tuple[float, float]:
        """Return seconds and stored value a pixel."""
        raise NotImplementedError

    def measured(self, channel: int) -> tuple[float, str]:
        """Return what a stored value is multiplied by in measuring, and the unit it then has."""
        raise NotImplementedError

    def move_by(self, dx: float, dy: float) -> None:
        """Follow a hand that drags."""
        raise NotImplementedError

    def begin_drag(self, _at: QPointF) -> str:
        """Return the name of a drag of the subclass's own that begins here, or nothing."""
        return ""

    def pressed(self, _tool: str, _at: QPointF) -> None:
        """Take a press with a tool of the subclass's own."""

    def clicked(self, _at: QPointF) -> None:
        """Take a click (a press and release in place) with the tool that moves."""

    def continue_drag(self, _action: str, _at: QPointF) -> None:
        """Go on with a drag of the subclass's own."""

    # The recording

    @property
    def waveform(self) -> Waveform:
        """The recording shown."""
        assert self.study is not None
        return self.study.waveform

    @property
    def long(self) -> bool:
        """Whether there is more than one page."""
        return self.waveform.duration_s > self.page_s * 1.05

    def study_changed(self) -> None:
        samples = self.waveform.samples
        self.start_s, self.caliper, self.caliper_piece, self.region_draft = 0.0, None, None, None
        self.filtered.forget(self.waveform)
        self._offsets, self._found, self.chosen_event, self._measured_in = {}, None, None, Filters()
        self.envelope = Envelope(samples)
        self.set_filters(Filters())
        in_background(lambda: build(samples), self._take_envelope)

    def _take_envelope(self, answer: object) -> None:
        if isinstance(answer, Envelope) and self.study is not None and answer.samples is self.waveform.samples:
            self.envelope = answer
            self.overlays_changed()
            self.changed()

    @property
    def looked_at_s(self) -> float:
        """How much of the recording, from ``start_s`` on, has to be filtered for what is shown."""
        return self.page_s

    @property
    def shown_filters(self) -> Filters:
        """The filters that what is shown has gone through: none where the raw signal is, or none has answered yet."""
        return Filters() if self.raw or self._shown_filtered() is None else self.filters

    def offset(self, channel: int) -> float:
        """Return the stored value drawn on the zero line: 0, or what the channel rests at (a high-pass takes it)."""
        return 0.0 if self.shown_filters.high_pass_hz else self.resting(channel)

    def resting(self, channel: int) -> float:
        """Return the median of a channel that lies far from 0 as it was recorded, else 0."""
        if channel not in self._offsets:
            scale, unit = self.measured(channel)
            least = self.far_uv * {"µV": 1.0, "mV": 1e-3}.get(unit, 0.0) / scale
            self._offsets[channel] = far_median(self.waveform.samples[channel], least)
        return self._offsets[channel]

    def shown_samples(self, first: float, last: float) -> tuple[int, Envelope]:
        """Return where samples to draw begin, and them: filtered where filters are on and have answered."""
        if (
            self.filters.on
            and not self.raw
            and (filtered := self.filtered.shown(first, last, self.filters)) is not None
        ):
            return filtered
        return 0, self.envelope

    def values(self, channel: int, first: int, last: int) -> np.ndarray:
        """Return a channel's samples as they are drawn."""
        start, envelope = self.shown_samples(first, last)
        if self.filters.on and not self.raw and envelope is self.envelope:
            values = self.filtered.values(channel, first, last, self.filters)
            if values is not None:
                return values
        return envelope.samples[channel, max(0, first - start) : max(0, last - start)]

    def _shown_filtered(self) -> object:
        rate = self.waveform.rate_hz
        return self.filtered.shown(self.start_s * rate, (self.start_s + self.looked_at_s) * rate, self.filters)

    @property
    def filtering(self) -> bool:
        """Whether what is looked at is still being filtered."""
        return self.filtered.working

    # What a person does

    def go_to(self, start_s: float) -> None:
        """Begin the page at a time."""
        last = max(0.0, self.waveform.duration_s - self.page_s)
        self.start_s = min(max(0.0, start_s), last)
        self.changed()

    def set_tool(self, tool: str) -> None:
        """Choose what left drag does: one of ``tools``."""
        self.tool = tool if tool in self.tools else "pan"
        self.named[self.tool].setChecked(True)
        self.setCursor(Qt.CursorShape.OpenHandCursor if self.tool == "pan" else Qt.CursorShape.CrossCursor)
        self.changed()

    def set_snapping(self, on: bool) -> None:
        """Let calipers snap to highest and lowest points."""
        self.snapping = on

    def clear_marks(self) -> None:
        """Remove calipers and the marked span."""
        self.caliper = self.caliper_piece = None
        self.clear_region()

    def place_cursors(self) -> None:
        """Place cursors at a third and two thirds of the first piece shown, to be moved by keys."""
        piece = next(iter(self.pieces()), None)
        if piece is None or not self.waveform.samples.shape[1]:
            return
        self.caliper_piece, rate = piece, self.waveform.rate_hz
        last, seconds = self.waveform.samples.shape[1] - 1, min(self.page_s, self.waveform.duration_s)
        a, b = (min(last, round((self.start_s + seconds * share) * rate)) for share in (1 / 3, 2 / 3))
        first, second = (self._measured_at(piece.channel, at) for at in (a, b))
        self.caliper = Caliper(piece.channel, a / rate, b / rate, first, second, self.measured(piece.channel)[1])
        self.update()

    def mark_between_cursors(self) -> None:
        """Mark the span between the cursors, to be read by itself."""
        caliper = self.caliper
        if caliper is not None:
            start, end = sorted((caliper.start_s, caliper.end_s))
            if (end - start) * self.waveform.rate_hz >= 8:
                self.mark(Region(start_s=start, end_s=end))

    def show_raw(self, on: bool) -> None:
        """Show the signal as it was recorded, whatever filters are chosen; or filtered again."""
        self.raw = on
        self._signal_changed()

    def set_filters(self, filters: Filters) -> None:
        """Filter what is shown (never what is read); what the sampling rate does not allow stays off."""
        self.filters = possible(filters, self.waveform.rate_hz)
        f = self.filters
        for kind, value in (("high", f.high_pass_hz), ("low", f.low_pass_hz), ("notch", f.notch_hz)):
            action = self.named.get(f"{kind}-{value:g}")
            if action is not None:
                action.setChecked(True)
        self._signal_changed()

    def _signal_changed(self) -> None:
        """Draw again, and measure again where what is shown has gone through other filters than what was measured."""
        self.overlays_changed()
        self.changed()
        if self.shown_filters != self._measured_in:
            self._measured_in = self.shown_filters
            self.measure_again()

    def measure_again(self) -> None:
        """Take the calipers' values from the signal as it is shown now; what is not in view is forgotten."""
        caliper = self.caliper
        if caliper is None:
            return
        first_s, last_s = sorted((caliper.start_s, caliper.end_s))
        if not self.start_s <= first_s <= last_s <= self.start_s + self.looked_at_s:
            self.caliper = self.caliper_piece = None
            return
        for end, time_s in ((False, caliper.start_s), (True, caliper.end_s)):
            caliper = caliper.moved(
                end, time_s, self._measured_at(caliper.channel, round(time_s * self.waveform.rate_hz))
            )
        self.caliper = caliper

    def _measured_at(self, channel: int, index: int) -> float:
        """Return the measured value of a sample as it is shown."""
        return float(self.values(channel, index, index + 1)[0]) * self.measured(channel)[0]

    def changed(self) -> None:
        """Draw again, and tell the window that the view's state is another."""
        if self.study is not None:
            self.filtered.ask(self.filters, self.start_s, self.looked_at_s)
        self.update()
        self.state_changed.emit()

    def nudge(self, end: bool, samples: int) -> None:
        """Move one end of the caliper by samples."""
        caliper = self.caliper
        if caliper is None or not self.waveform.samples.shape[1]:
            return
        rate = self.waveform.rate_hz
        at = round((caliper.end_s if end else caliper.start_s) * rate) + samples
        at = min(max(0, at), self.waveform.samples.shape[1] - 1)
        self.caliper = caliper.moved(end, at / rate, self._measured_at(caliper.channel, at))
        self.update()

    def filter_words(self) -> str:
        """Return which filters are on, as it is written on the screen."""
        if not self.filters.on:
            return self.tr("unfiltered")
        words = self.tr("Filter {settings}").format(settings=self.filters.words())
        if self.raw:
            return self.tr("raw signal, without {filter}").format(filter=words)
        return words if self._shown_filtered() is not None else words + self.tr(" (working)")

    # Mouse

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if self.study is None or event.button() == Qt.MouseButton.RightButton:
            return
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        at = event.position()
        action = "pan" if event.button() == Qt.MouseButton.MiddleButton or self.space_held else self.tool
        if self.overview.rect.contains(at):
            action = "overview"
            self._go_by_overview(at)
        elif own := self.begin_drag(at):
            action = own
        elif action == "caliper":
            action = self._take_caliper(at)
        elif action not in TOOLS and event.button() == Qt.MouseButton.LeftButton:
            self.pressed(action, at)
        elif action == "region" and (piece := self.piece_at(at)) is not None:
            self.region_draft = (self.time_at(piece, at),) * 2
        self._drag, self._pressed_at = (action, at), at
        self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._hover = at = event.position()
        if self._drag is None:
            self.setCursor(self._cursor_over(at))
            self.update()
            return
        action, last = self._drag
        self._drag = (action, at)
        if action == "pan":
            self.move_by(at.x() - last.x(), at.y() - last.y())
        elif action == "overview":
            self._go_by_overview(at)
        elif action in ("caliper-start", "caliper-end") and self.caliper is not None:
            self.caliper = self.caliper.moved(action == "caliper-end", *self._point_on(self.caliper_piece, at))
        elif action == "region" and self.region_draft is not None and (piece := self.piece_at(at)) is not None:
            self.region_draft = (self.region_draft[0], self.time_at(piece, at))
        else:
            self.continue_drag(action, at)
        self.update()

    def leaveEvent(self, event: object) -> None:
        self._hover = None
        self.update()
        super().leaveEvent(event)  # type: ignore[arg-type]

    def hover_words(self) -> str:
        """Return channel, time and value under the pointer, or nothing."""
        at = self._hover
        piece = self.piece_at(at) if at is not None and not self.overview.rect.contains(at) else None
        if at is None or piece is None:
            return ""
        time_s, wave = self.time_at(piece, at), self.waveform
        index = round(time_s * wave.rate_hz)
        if not 0 <= index < wave.samples.shape[1]:
            return ""
        values = self.values(piece.channel, index, index + 1)
        scale, unit = self.measured(piece.channel)
        number = f"{float(values[0]) * scale:.2f}" if unit == "mV" else f"{float(values[0]) * scale:.4g}"
        value = f"{number} {unit}".strip() if np.isfinite(values[0]) else self.tr("gap")
        return f"{wave.channels[piece.channel]} {time_s:.3f} s  {value}"

    def _cursor_over(self, at: QPointF) -> Qt.CursorShape:
        """Return the pointer that says what a press would do here."""
        if self.overview.rect.contains(at):
            return Qt.CursorShape.PointingHandCursor
        if own := self.begin_drag(at):
            return Qt.CursorShape.SizeVerCursor if own == "level" else Qt.CursorShape.SizeHorCursor
        if self.tool == "caliper" and self._grip(at):
            return Qt.CursorShape.SizeHorCursor
        return Qt.CursorShape.OpenHandCursor if self.tool == "pan" else Qt.CursorShape.CrossCursor

    def _grip(self, at: QPointF) -> str:
        """Return which end of the caliper is under a point, or nothing."""
        if self.caliper is None or self.piece_at(at) != self.caliper_piece:
            return ""
        for name, time_s in (("caliper-start", self.caliper.start_s), ("caliper-end", self.caliper.end_s)):
            if abs(float(self.x_of(self.caliper_piece, time_s)) - at.x()) <= _GRIP_PX:
                return name
        return ""

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        drag, draft = self._drag, self.region_draft
        self._drag = self.region_draft = None
        if drag and drag[0] == "pan" and (event.position() - self._pressed_at).manhattanLength() < _CLICK_PX:
            self.clicked(event.position())
        if drag and drag[0] == "region" and draft is not None:
            start, end = max(0.0, min(draft)), min(self.waveform.duration_s, max(draft))
            if (end - start) * self.waveform.rate_hz >= 8:
                self.mark(Region(start_s=start, end_s=end))
        self.update()

    def _go_by_overview(self, at: QPointF) -> None:
        self.go_to(self.overview.time_at(at, self.waveform.duration_s) - self.page_s / 2)

    def _take_caliper(self, at: QPointF) -> str:
        """Take the end of the caliper that is under a point, or begin a new one there."""
        piece = self.piece_at(at)
        if piece is None:
            return "none"
        grip = self._grip(at)
        if grip:
            return grip
        time_s, value = self._point_on(piece, at)
        unit = self.measured(piece.channel)[1]
        self.caliper, self.caliper_piece = Caliper(piece.channel, time_s, time_s, value, value, unit), piece
        return "caliper-end"

    def _point_on(self, piece: Any, at: QPointF) -> tuple[float, float]:
        """Return time and measured value of a caliper's end at a point: the extremum near it, else the sample."""
        wave = self.waveform
        rate, length = wave.rate_hz, wave.samples.shape[1]
        time_s = min(max(0.0, self.time_at(piece, at)), (length - 1) / rate)
        seconds, height = (_SNAP_PX * abs(v) for v in self.per_px(piece))
        first = max(0, int((time_s - 2 * seconds) * rate) - 2)
        values = self.values(piece.channel, first, min(length, int((time_s + 2 * seconds) * rate) + 3))
        if not len(values):
            return time_s, float("nan")
        found = None
        if self.snapping:
            found = snap(values, rate, time_s - first / rate, self.value_at(piece, at), seconds, height)
        index = found if found is not None else min(len(values) - 1, max(0, round(time_s * rate) - first))
        return (first + index) / rate, float(values[index]) * self.measured(piece.channel)[0]
