"""Sweeps over a dotted grid, as on an EMG machine: for needle EMG and for any other recording."""

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QAction, QMouseEvent, QPainter, QWheelEvent
from PySide6.QtWidgets import QWidget

from viewer.study import Kind, Region, Waveform
from viewer.ui.views import emg_paint
from viewer.ui.views import sweeps as stretches
from viewer.ui.views.background import in_background
from viewer.ui.views.base import StudyView
from viewer.ui.views.calipers import Caliper, snap
from viewer.ui.views.canvas import Canvas
from viewer.ui.views.emg_actions import add_emg_actions
from viewer.ui.views.envelope import Envelope, build
from viewer.ui.views.overview import Overview
from viewer.ui.views.scales import TIME_RANGE_S, at_least_125, step_125
from viewer.ui.views.sweeps import Sweep

TOOLS = ("pan", "cursor", "region")
DIVISIONS = (10, 8)
_TO_UV = {"uV": 1.0, "mV": 1e3, "V": 1e6, "nV": 1e-3}


class EmgSweepView(StudyView):
    """A recording as sweeps of ten divisions.

    The wheel changes the sweep speed at the cursor, with Ctrl the sensitivity, with Shift it moves in time. Left drag
    does what the chosen tool does. The bar at the bottom is the whole recording.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.per_division_s, self.per_division = 0.01, 100.0
        self.start_s = 0.0
        self.mode, self.superimposed = "free", True
        self.negative_up = True
        self.channel, self.all_channels = 0, False
        self.level = 0.0
        self.tool = "pan"
        self.snapping = True
        self.cursors: Caliper | None = None
        self.cursor_sweep: Sweep | None = None
        self.envelope: Envelope | None = None
        self.overview = Overview()
        self._canvas: tuple[object, Canvas] | None = None
        self._sweeps: tuple[object, list[Sweep]] | None = None
        self._drag: tuple[str, QPointF] | None = None
        self._region_draft: tuple[float, float] | None = None
        self._wheel = 0
        self.named: dict[str, QAction] = add_emg_actions(self)

    # The recording

    @property
    def waveform(self) -> Waveform:
        """The recording shown."""
        assert self.study is not None
        return self.study.waveform

    @property
    def unit(self) -> str:
        """``uV`` where the shown channel's unit is a voltage, else its unit as the file spells it (or nothing)."""
        unit = self.waveform.units[self.channel]
        return "uV" if unit in _TO_UV else unit

    def to_unit(self, channel: int) -> float:
        """Return what a stored value is multiplied by to be in µV (1 where the unit is no voltage)."""
        return _TO_UV.get(self.waveform.units[channel], 1.0)

    @property
    def sweep_s(self) -> float:
        """The length of a sweep."""
        return self.per_division_s * DIVISIONS[0]

    @property
    def page_s(self) -> float:
        """How much of the recording one screen shows."""
        return self.sweep_s * (stretches.RASTER_ROWS if self.mode == "raster" else 1)

    def study_changed(self) -> None:
        wave, emg = self.waveform, self.study is not None and self.study.kind == Kind.EMG_TRACE
        self.start_s, self.channel, self.cursors, self._canvas, self._sweeps = 0.0, 0, None, None, None
        self.all_channels = not emg and len(wave.channels) > 1
        self.negative_up = emg
        self.named["negative-up"].setChecked(emg)
        self.named["all"].setChecked(self.all_channels)
        self.envelope = Envelope(wave.samples)
        samples = wave.samples
        in_background(lambda: build(samples), self._take_envelope)
        self.per_division_s = 0.01 if emg else at_least_125(min(wave.duration_s, 10.0) / DIVISIONS[0])
        self.per_division = self._sensible_sensitivity()
        self.level = self.per_division
        self.set_mode("free")

    def _take_envelope(self, answer: object) -> None:
        if isinstance(answer, Envelope) and self.study is not None and answer.samples is self.waveform.samples:
            self.envelope = answer
            self._canvas = None
            self.update()

    def _sensible_sensitivity(self) -> float:
        """The sensitivity at which the first seconds stay within three divisions, not finer than 20 µV."""
        count = min(self.waveform.samples.shape[1], 200_000)
        highest = 0.0
        for channel in range(len(self.waveform.channels)) if self.all_channels else [self.channel]:
            piece = self.waveform.samples[channel, :count] * self.to_unit(channel)
            piece = piece[np.isfinite(piece)]
            if piece.size:
                highest = max(highest, float(np.percentile(np.abs(piece), 99.8)))
        sensible = at_least_125(highest / 3)
        return max(sensible, 20.0) if self.unit == "uV" else sensible

    # How it is shown

    def set_mode(self, mode: str) -> None:
        """Choose free-running sweeps, a raster of consecutive ones, or triggered ones."""
        self.mode = mode if mode in stretches.MODES else "free"
        self.named[self.mode].setChecked(True)
        self._changed()

    def step_time(self, longer: bool, at: QPointF | None = None) -> None:
        """Change the sweep speed by one step of 1-2-5, the time under ``at`` staying where it is."""
        new = step_125(self.per_division_s, longer)
        if not TIME_RANGE_S[0] * 0.999 <= new <= TIME_RANGE_S[1] * 1.001:
            return
        screen = self.screen_rect
        share = (at.x() - screen.left()) / screen.width() if at is not None and self.mode == "free" else 0.0
        keep = self.start_s + share * self.sweep_s
        self.per_division_s = new
        self.go_to(keep - share * self.sweep_s)

    def step_sensitivity(self, larger: bool) -> None:
        """Change the sensitivity by one step of 1-2-5; ``larger`` draws the signal larger."""
        new = step_125(self.per_division, not larger)
        if 1e-6 <= new <= 1e9:
            self.per_division = new
            self._changed()

    def go_to(self, start_s: float) -> None:
        """Begin the screen at a time."""
        last = max(0.0, self.waveform.duration_s - self.page_s)
        self.start_s = min(max(0.0, start_s), last)
        self._changed()

    def whole(self) -> None:
        """Show the whole recording in one sweep."""
        self.per_division_s = min(at_least_125(self.waveform.duration_s / DIVISIONS[0]), TIME_RANGE_S[1])
        self.set_mode("free")
        self.go_to(0.0)

    def set_negative_up(self, on: bool) -> None:
        """Draw negative voltages upwards (the convention of EMG), or downwards. Values keep their sign."""
        self.negative_up = on
        self._changed()

    def next_channel(self) -> None:
        """Show the next channel by itself."""
        self.channel = (self.channel + 1) % len(self.waveform.channels)
        self.all_channels, self.cursors = False, None
        self.named["all"].setChecked(False)
        self._changed()

    def set_all_channels(self, on: bool) -> None:
        """Show all channels one below another (free-running)."""
        self.all_channels = on
        self._changed()

    def set_superimposed(self, on: bool) -> None:
        """Lay triggered sweeps over each other, or one below another."""
        self.superimposed = on
        self._changed()

    def set_level(self, level: float) -> None:
        """Set the trigger level in µV (with its sign)."""
        self.level = level
        self._changed()

    def set_tool(self, tool: str) -> None:
        """Choose what left drag does: one of TOOLS."""
        self.tool = tool if tool in TOOLS else "pan"
        self.named[self.tool].setChecked(True)
        self.setCursor(Qt.CursorShape.OpenHandCursor if self.tool == "pan" else Qt.CursorShape.CrossCursor)

    def set_snapping(self, on: bool) -> None:
        """Let cursors snap to highest and lowest points."""
        self.snapping = on

    def clear_marks(self) -> None:
        """Remove cursors and the marked span."""
        self.cursors = None
        self.clear_region()

    def view_state(self) -> dict:
        return {
            "per_division_s": self.per_division_s, "per_division": self.per_division, "start_s": self.start_s,
            "mode": self.mode, "negative_up": self.negative_up, "channel": self.channel, "all": self.all_channels,
            "level": self.level, "superimposed": self.superimposed, "tool": self.tool,
        }  # fmt: skip

    def restore_view_state(self, state: dict) -> None:
        try:
            time_s, sensitivity = float(state["per_division_s"]), float(state["per_division"])
            start_s, level, channel = float(state["start_s"]), float(state["level"]), int(state["channel"])
            mode, tool = str(state["mode"]), str(state["tool"])
            up, every, over = bool(state["negative_up"]), bool(state["all"]), bool(state["superimposed"])
        except (KeyError, TypeError, ValueError):
            return
        self.per_division_s = min(max(at_least_125(time_s), TIME_RANGE_S[0]), TIME_RANGE_S[1])
        self.per_division = at_least_125(sensitivity)
        self.channel = channel if 0 <= channel < len(self.waveform.channels) else 0
        self.negative_up, self.all_channels, self.superimposed, self.level = up, every, over, level
        for name, value in (("negative-up", up), ("all", every), ("superimposed", over)):
            self.named[name].setChecked(value)
        self.set_tool(tool)
        self.set_mode(mode)
        self.go_to(start_s)

    def overlays_changed(self) -> None:
        self._canvas = None

    # Places

    @property
    def screen_rect(self) -> QRectF:
        """Where the grid lies."""
        line = self.fontMetrics().height()
        top, bottom = 3.0 * line + 22, 2.0 * line + 22 + 46
        return QRectF(12, top, max(100, self.width() - 24), max(60, self.height() - top - bottom))

    def sweeps(self) -> list[Sweep]:
        """Return what is on the screen."""
        assert self.envelope is not None
        level = self.level / self.to_unit(self.channel)
        key = (self.mode, self.channel, self.all_channels, self.start_s, self.sweep_s, level, self.superimposed,
               id(self.study))  # fmt: skip
        if self._sweeps is None or self._sweeps[0] != key:
            self._sweeps = (key, self._find_sweeps(level))
        return self._sweeps[1]

    def _find_sweeps(self, level: float) -> list[Sweep]:
        if self.mode == "raster":
            return stretches.raster(self.channel, self.start_s, self.sweep_s)
        if self.mode == "trigger":
            assert self.envelope is not None
            return stretches.triggered(
                self.envelope, self.channel, self.waveform.rate_hz, self.start_s, self.sweep_s, level, self.superimposed
            )
        channels = list(range(len(self.waveform.channels))) if self.all_channels else [self.channel]
        return stretches.free_run(channels, self.start_s)

    def zero_y(self, sweep: Sweep) -> float:
        """Return where a sweep's zero line lies."""
        screen = self.screen_rect
        return screen.top() + screen.height() * (sweep.row + 0.5) / sweep.rows

    def y_of(self, sweep: Sweep, value: float | np.ndarray) -> np.ndarray:
        """Return where stored values lie."""
        division = self.screen_rect.height() / DIVISIONS[1]
        height = np.asarray(value) * self.to_unit(sweep.channel) / self.per_division * division
        return self.zero_y(sweep) + height if self.negative_up else self.zero_y(sweep) - height

    def x_of(self, sweep: Sweep, time_s: float | np.ndarray) -> np.ndarray:
        """Return where times lie."""
        screen = self.screen_rect
        return screen.left() + (np.asarray(time_s) - sweep.start_s) / self.sweep_s * screen.width()

    def sweep_at(self, at: QPointF) -> Sweep | None:
        """Return the sweep whose zero line is nearest to a point."""
        return min(self.sweeps(), key=lambda s: abs(self.zero_y(s) - at.y()), default=None)

    def time_at(self, sweep: Sweep, at: QPointF) -> float:
        """Return the time under a point on a sweep, within the recording."""
        screen = self.screen_rect
        time_s = sweep.start_s + (at.x() - screen.left()) / screen.width() * self.sweep_s
        return min(max(0.0, time_s), self.waveform.duration_s)

    # Drawing

    def paint_view(self, painter: QPainter) -> None:
        assert self.envelope is not None
        ratio = self.devicePixelRatioF()
        key = (
            self.size().toTuple(), ratio, self.dark, self.overlays_shown, self.per_division, self.negative_up,
            tuple(self.sweeps()), self.sweep_s, id(self.envelope), self.label, id(self.reading),
        )  # fmt: skip
        if self._canvas is None or self._canvas[0] != key:
            self._canvas = (key, emg_paint.screen(self, ratio))
        image = self._canvas[1].image
        painter.drawImage(QRectF(self.rect()), image, QRectF(image.rect()))
        if self.overlays_shown:
            emg_paint.paint_events(painter, self)
            emg_paint.paint_marks(painter, self)
        emg_paint.paint_words(painter, self)
        emg_paint.paint_overview(painter, self, ratio)

    @property
    def region_draft(self) -> tuple[float, float] | None:
        """The span being marked, in seconds."""
        return self._region_draft

    def _changed(self) -> None:
        self.update()
        self.state_changed.emit()

    # Mouse

    def wheelEvent(self, event: QWheelEvent) -> None:
        self._wheel += event.angleDelta().y() or event.angleDelta().x()
        steps, self._wheel = int(self._wheel / 120), int(np.fmod(self._wheel, 120))
        for _ in range(abs(steps)):
            if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
                self.step_sensitivity(steps > 0)
            elif event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
                self.go_to(self.start_s - np.sign(steps) * self.per_division_s)
            else:
                self.step_time(steps < 0, event.position())
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if self.study is None or event.button() == Qt.MouseButton.RightButton:
            return
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        at = event.position()
        action = "pan" if event.button() == Qt.MouseButton.MiddleButton else self.tool
        if self.overview.rect.contains(at):
            action = "overview"
            self.go_to(self.overview.time_at(at, self.waveform.duration_s) - self.page_s / 2)
        elif self.mode == "trigger" and self._near_level(at):
            action = "level"
        elif action == "cursor":
            action = self._take_cursor(at)
        elif action == "region":
            sweep = self.sweep_at(at)
            if sweep is not None:
                self._region_draft = (self.time_at(sweep, at),) * 2
        self._drag = (action, at)
        self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._drag is None:
            return
        action, last = self._drag
        at = event.position()
        self._drag = (action, at)
        if action == "pan":
            self.go_to(self.start_s - (at.x() - last.x()) / self.screen_rect.width() * self.sweep_s)
        elif action == "overview":
            self.go_to(self.overview.time_at(at, self.waveform.duration_s) - self.page_s / 2)
        elif action == "level":
            self._drag_level(at)
        elif action in ("cursor-start", "cursor-end") and self.cursors is not None and self.cursor_sweep is not None:
            self.cursors = self.cursors.moved(action == "cursor-end", *self._point_on(self.cursor_sweep, at))
        elif action == "region" and self._region_draft is not None:
            sweep = self.sweep_at(at)
            if sweep is not None:
                self._region_draft = (self._region_draft[0], self.time_at(sweep, at))
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        drag, draft = self._drag, self._region_draft
        self._drag = self._region_draft = None
        if drag and drag[0] == "region" and draft is not None:
            start, end = min(draft), max(draft)
            if (end - start) * self.waveform.rate_hz >= 8:
                self.mark(Region(start_s=start, end_s=end))
        self.update()

    def _near_level(self, at: QPointF) -> bool:
        sweep = next(iter(self.sweeps()), None)
        sweep = sweep or Sweep(self.channel, 0, 0, 1)
        y = float(self.y_of(sweep, self.level / self.to_unit(sweep.channel)))
        return abs(at.y() - y) <= 5 and self.screen_rect.contains(at)

    def _drag_level(self, at: QPointF) -> None:
        sweep = next(iter(self.sweeps()), None) or Sweep(self.channel, 0, 0, 1)
        division = self.screen_rect.height() / DIVISIONS[1]
        height = (self.zero_y(sweep) - at.y()) / division * self.per_division
        self.set_level(-height if self.negative_up else height)

    def _take_cursor(self, at: QPointF) -> str:
        sweep = self.sweep_at(at)
        if sweep is None:
            return "none"
        if self.cursors is not None and self.cursor_sweep == sweep:
            for name, time_s in (("cursor-start", self.cursors.start_s), ("cursor-end", self.cursors.end_s)):
                if abs(float(self.x_of(sweep, time_s)) - at.x()) <= 6:
                    return name
        time_s, value = self._point_on(sweep, at)
        self.cursors = Caliper(sweep.channel, time_s, time_s, value, value, "µV" if self.unit == "uV" else self.unit)
        self.cursor_sweep = sweep
        return "cursor-end"

    def _point_on(self, sweep: Sweep, at: QPointF) -> tuple[float, float]:
        """Return time and value (µV) that a cursor takes at a point: the extremum near it, else the sample there."""
        wave, screen = self.waveform, self.screen_rect
        samples, rate, scale = wave.samples[sweep.channel], wave.rate_hz, self.to_unit(sweep.channel)
        time_s = self.time_at(sweep, at)
        index = min(round(time_s * rate), len(samples) - 1)
        if self.snapping:
            reach_s = 8 / screen.width() * self.sweep_s
            per_px = self.per_division / scale * DIVISIONS[1] / screen.height()
            height = (self.zero_y(sweep) - at.y()) * per_px
            found = snap(samples, rate, time_s, -height if self.negative_up else height, reach_s, 8 * per_px)
            index = index if found is None else found
        return index / rate, float(samples[index]) * scale
