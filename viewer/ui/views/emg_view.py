"""Sweeps over a dotted grid, as on an EMG machine: for needle EMG and for any other recording."""

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt, QTimer
from PySide6.QtGui import QImage, QPainter, QWheelEvent
from PySide6.QtWidgets import QWidget

from viewer.reading.values import Event, HeatMap
from viewer.study import Kind
from viewer.ui.views import emg_events, emg_paint
from viewer.ui.views import sweeps as stretches
from viewer.ui.views.base import finite
from viewer.ui.views.emg_actions import add_emg_actions
from viewer.ui.views.emg_measuring import Measuring
from viewer.ui.views.envelope import Envelope
from viewer.ui.views.facts import Corners
from viewer.ui.views.file_scale import FileScale
from viewer.ui.views.filters import Filters
from viewer.ui.views.gestures import emg_gestures
from viewer.ui.views.scales import TIME_RANGE_S, at_least_125, step_125
from viewer.ui.views.sound import Sound, Tape
from viewer.ui.views.sweeps import Sweep
from viewer.ui.views.trace_view import TOOLS, TraceView

DIVISIONS = (10, 8)
CLICK_PX = 8
LEAST_UV = 20.0
"""The finest sensitivity that is chosen by itself; an offset of less than such a division is left as it is."""
FRAME_S = 0.003
"""For so long sweeps are laid over each other in one frame."""
_TO_UV = {"uV": 1.0, "mV": 1e3, "V": 1e6, "nV": 1e-3}


class EmgSweepView(TraceView):
    """A recording as sweeps of ten divisions.

    The wheel changes the sweep speed at the cursor, with Ctrl the sensitivity, with Shift it moves in time. Left drag
    does what the chosen tool does. The bar at the bottom is the whole recording.
    """

    tools = (*TOOLS, "potential", "train")
    far_uv = LEAST_UV

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.measuring = Measuring(self)
        self.file_scale = FileScale(self)
        self.per_division_s, self.per_division = 0.01, 100.0
        self.mode, self.superimposed = "free", True
        self.negative_up = True
        self.channel, self.all_channels = 0, False
        self.level, self.level_set = 0.0, False
        self._canvas: tuple[object, emg_paint.Drawing] | None = None
        self.unhurried = False
        self._sweeps: tuple[object, list[Sweep]] | None = None
        self._wheel = 0
        self.sound = Sound(self)
        self.sound_s = -1.0
        self.sound_clipped = False
        self.sound.moved.connect(self._follow_sound)
        self.sound.clipped.connect(self._take_clipped)
        add_emg_actions(self)

    # The recording

    def to_unit(self, channel: int) -> float:
        """Return what a stored value is multiplied by to be in µV (1 where the unit is no voltage)."""
        return _TO_UV.get(self.waveform.units[channel], 1.0)

    @property
    def shown_channels(self) -> list[int]:
        """The channel that is looked at, or all of them."""
        return list(range(len(self.waveform.channels))) if self.all_channels else [self.channel]

    @property
    def sweep_s(self) -> float:
        """The length of a sweep."""
        return self.per_division_s * DIVISIONS[0]

    @property
    def page_s(self) -> float:
        """How much of the recording one screen shows."""
        return self.sweep_s * (stretches.RASTER_ROWS if self.mode == "raster" else 1)

    @property
    def looked_at_s(self) -> float:
        """How much of the recording the screen is made from: in triggered mode all that is searched."""
        return self._search_samples / self.waveform.rate_hz + self.sweep_s if self.mode == "trigger" else self.page_s

    @property
    def _search_samples(self) -> int:
        """Through how many samples a trigger is looked for: as many as are kept filtered, where filters are on."""
        whole = self.raw or not self.filters.on
        return stretches.SEARCH_SAMPLES // (1 if whole else 2 * len(self.waveform.channels))

    def study_changed(self) -> None:
        self.sound.stop()
        super().study_changed()
        self.measuring.clear()
        wave, emg = self.waveform, self.study is not None and self.study.kind == Kind.EMG_TRACE
        self.channel, self._canvas, self._sweeps = 0, None, None
        self.all_channels = not emg and len(wave.channels) > 1
        self.negative_up = emg
        self.named["negative-up"].setChecked(emg)
        self.named["all"].setChecked(self.all_channels)
        self.per_division_s = 0.01 if emg else at_least_125(min(wave.duration_s, 10.0) / DIVISIONS[0])
        self.per_division = self._sensible_sensitivity()
        self.level_set = False
        self.set_mode("free")
        self.named["scale"].setVisible(self.file_scale.offered)
        self.file_scale.study_changed()

    def _sensible_sensitivity(self) -> float:
        """The sensitivity at which the first seconds stay within three divisions, not finer than ``LEAST_UV``."""
        channels, highest = self.shown_channels, 0.0
        for channel in channels:
            piece = self.waveform.samples[channel, : 200_000 : len(channels)] - np.float32(self.offset(channel))
            piece = piece[np.isfinite(piece)] * self.to_unit(channel)
            if piece.size:
                highest = max(highest, float(np.percentile(np.abs(piece), 99.8)))
        sensible = at_least_125(highest / 3)
        return max(sensible, LEAST_UV) if self.waveform.units[self.channel] in _TO_UV else sensible

    # How it is shown

    def set_mode(self, mode: str) -> None:
        """Choose free-running sweeps, a raster of consecutive ones, or triggered ones."""
        if mode == "trigger":
            self._choose_level()
        self.mode = mode if mode in stretches.MODES else "free"
        self.named[self.mode].setChecked(True)
        self.changed()

    def _choose_level(self) -> None:
        """Choose a level at which the potentials in view, or further on, stand out, unless a person has set one."""
        if not self.level_set:
            self.level = self._sensible_level()

    def _sensible_level(self) -> float:
        first, scale = int(self.start_s * self.waveform.rate_hz), self.to_unit(self.channel)
        for count in (int(self.page_s * self.waveform.rate_hz) + 1, self._search_samples):
            values = self.values(self.channel, first, first + count) - np.float32(self.offset(self.channel))
            level = stretches.standing_out(values)
            if level is not None:
                return level * scale
        return self.per_division

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
            self.changed()

    def whole(self) -> None:
        """Show the whole recording in one sweep."""
        self.per_division_s = min(at_least_125(self.waveform.duration_s / DIVISIONS[0]), TIME_RANGE_S[1])
        self.set_mode("free")
        self.go_to(0.0)

    def set_negative_up(self, on: bool) -> None:
        """Draw negative voltages upwards (the convention of EMG), or downwards. Values keep their sign."""
        self.negative_up = on
        self.changed()

    def next_channel(self) -> None:
        """Show the next channel by itself."""
        self.channel = (self.channel + 1) % len(self.waveform.channels)
        self.all_channels, self.caliper = False, None
        self.named["all"].setChecked(False)
        self.changed()

    def set_all_channels(self, on: bool) -> None:
        """Show all channels one below another (free-running)."""
        self.all_channels = on
        self.changed()

    def set_superimposed(self, on: bool) -> None:
        """Lay triggered sweeps over each other, or one below another."""
        self.superimposed = on
        self.changed()

    def set_level(self, level: float) -> None:
        """Set the trigger level in µV from the zero line (with its sign)."""
        self.level, self.level_set = level, True
        self.changed()

    def listen(self, on: bool, to_the_end: bool = False) -> None:
        """Play what is on the screen, or everything from there on; ``on`` False stops."""
        self.sound.stop()
        if not on:
            return
        scale = 4 * self.per_division / self.to_unit(self.channel)  # half a screen is as loud as it gets
        end_s = self.waveform.duration_s if to_the_end else self.start_s + self.page_s
        filters = None if self.raw else self.filters
        wave, zero = self.waveform, self.resting(self.channel)
        tape = Tape(wave.samples[self.channel], wave.rate_hz, self.start_s, end_s, scale, filters, zero)
        trouble = self.sound.play(tape)
        if trouble:
            self.silence(trouble)

    def silence(self, reason: str) -> None:
        """Grey the sound's actions, and say why on them."""
        for name in ("listen", "listen-on", "mute", "louder", "softer"):
            self.named[name].setEnabled(False)
            self.named[name].setChecked(False)
            self.named[name].setToolTip(reason)

    def _take_clipped(self, clipped: bool) -> None:
        if clipped != self.sound_clipped:
            self.sound_clipped = clipped
            self.update()

    def _follow_sound(self, time_s: float) -> None:
        self.sound_s = time_s
        if time_s < 0:
            self.named["listen"].setChecked(False)
            self.named["listen-on"].setChecked(False)
        elif time_s > self.start_s + self.page_s:
            self.go_to(self.start_s + self.page_s)
        self.update()

    def resizeEvent(self, event: object) -> None:
        super().resizeEvent(event)  # type: ignore[arg-type]
        self.file_scale.place()

    def hideEvent(self, event: object) -> None:
        self.sound.stop()
        super().hideEvent(event)  # type: ignore[arg-type]

    def view_state(self) -> dict:
        return {
            "per_division_s": self.per_division_s, "per_division": self.per_division, "start_s": self.start_s,
            "mode": self.mode, "negative_up": self.negative_up, "channel": self.channel, "all": self.all_channels,
            "level": self.level, "level_set": self.level_set, "superimposed": self.superimposed, "tool": self.tool,
            "unit": self.waveform.units[0], "scale_asked": self.file_scale.asked,
            "filters": [self.filters.high_pass_hz, self.filters.low_pass_hz, self.filters.notch_hz],
        }  # fmt: skip

    def restore_view_state(self, state: dict) -> None:
        try:
            time_s, sensitivity = finite(state["per_division_s"]), finite(state["per_division"])
            start_s, level, channel = finite(state["start_s"]), finite(state["level"]), int(state["channel"])
            mode, tool = str(state["mode"]), str(state["tool"])
            filters = Filters(*(finite(v) for v in state["filters"]))
            up, every, over = bool(state["negative_up"]), bool(state["all"]), bool(state["superimposed"])
            level_set = bool(state["level_set"])
        except (KeyError, TypeError, ValueError):
            return
        self.per_division_s = min(max(at_least_125(time_s), TIME_RANGE_S[0]), TIME_RANGE_S[1])
        if (
            state.get("unit", self.waveform.units[0]) == self.waveform.units[0]
        ):  # else the sensitivity is of another scale
            self.per_division, self.level, self.level_set = at_least_125(sensitivity), level, level_set
        self.file_scale.restore(state.get("scale_asked"))
        self.channel = channel if 0 <= channel < len(self.waveform.channels) else 0
        self.negative_up, self.all_channels, self.superimposed = up, every, over
        for name, value in (("negative-up", up), ("all", every), ("superimposed", over)):
            self.named[name].setChecked(value)
        self.set_filters(filters)
        self.set_tool(tool)
        self.set_mode(mode)
        self.go_to(start_s)

    def overlays_changed(self) -> None:
        super().overlays_changed()
        self._canvas = None

    # Places

    @property
    def screen_rect(self) -> QRectF:
        """Where the grid lies."""
        line = self.fontMetrics().height()
        top, bottom = 3.0 * line + 22, 3.0 * line + 22 + emg_paint.OVERVIEW_PX
        return QRectF(12, top, max(100, self.width() - 24), max(60, self.height() - top - bottom))

    def sweeps(self) -> list[Sweep]:
        """Return what is on the screen."""
        searched = self._searched() if self.mode == "trigger" else None
        key = (self.mode, self.channel, self.all_channels, self.start_s, self.sweep_s, self.superimposed, searched)
        if self._sweeps is None or self._sweeps[0] != key:
            self._sweeps = (key, self._find_sweeps())
        return self._sweeps[1]

    def _searched(self) -> tuple[int, Envelope, float, float]:
        """Return the signal in which triggers are looked for, as it is drawn: first sample, it, zero line, level."""
        first = self.start_s * self.waveform.rate_hz
        start, envelope = self.shown_samples(first, first + self.looked_at_s * self.waveform.rate_hz)
        return start, envelope, self.offset(self.channel), self.level / self.to_unit(self.channel)

    def _find_sweeps(self) -> list[Sweep]:
        if self.mode == "raster":
            return stretches.raster(self.channel, self.start_s, self.sweep_s)
        if self.mode == "trigger":
            return stretches.triggered(self.channel, self._triggers(), self.sweep_s, self.superimposed)
        return stretches.free_run(self.shown_channels, self.start_s)

    def _triggers(self) -> list[float]:
        rate, most = self.waveform.rate_hz, stretches.MOST_SUPERIMPOSED if self.superimposed else stretches.RASTER_ROWS
        start, envelope, zero, level = self._searched()
        times = stretches.crossings(
            envelope, self.channel, rate, self.start_s - start / rate, self.sweep_s, level, most, zero,
            self._search_samples,
        )  # fmt: skip
        return [start / rate + t for t in times]

    def level_y(self, sweep: Sweep) -> float:
        """Return where the trigger's level lies over a sweep."""
        return float(self.y_of(sweep, self.offset(sweep.channel) + self.level / self.to_unit(sweep.channel)))

    def zero_y(self, sweep: Sweep) -> float:
        """Return where a sweep's zero line lies."""
        screen = self.screen_rect
        return screen.top() + screen.height() * (sweep.row + 0.5) / sweep.rows

    def y_of(self, sweep: Sweep, value: float | np.ndarray) -> np.ndarray:
        """Return where stored values lie."""
        division = self.screen_rect.height() / DIVISIONS[1]
        height = (np.asarray(value) - self.offset(sweep.channel)) * self.to_unit(sweep.channel)
        height = height / self.per_division * division
        return self.zero_y(sweep) + height if self.negative_up else self.zero_y(sweep) - height

    def x_of(self, piece: Sweep, time_s: float | np.ndarray) -> np.ndarray:
        screen = self.screen_rect
        return screen.left() + (np.asarray(time_s) - piece.start_s) / self.sweep_s * screen.width()

    def piece_at(self, at: QPointF) -> Sweep | None:
        """Return the sweep whose zero line is nearest to a point."""
        return min(self.sweeps(), key=lambda s: abs(self.zero_y(s) - at.y()), default=None)

    def time_at(self, piece: Sweep, at: QPointF) -> float:
        screen = self.screen_rect
        time_s = piece.start_s + (at.x() - screen.left()) / screen.width() * self.sweep_s
        return min(max(0.0, time_s), self.waveform.duration_s)

    def value_at(self, piece: Sweep, at: QPointF) -> float:
        height = (self.zero_y(piece) - at.y()) * self.per_px(piece)[1]
        return self.offset(piece.channel) + (-height if self.negative_up else height)

    def per_px(self, piece: Sweep) -> tuple[float, float]:
        screen = self.screen_rect
        value = self.per_division / self.to_unit(piece.channel) * DIVISIONS[1] / screen.height()
        return self.sweep_s / screen.width(), value

    def measured(self, channel: int) -> tuple[float, str]:
        unit = self.waveform.units[channel]
        return (_TO_UV[unit], "µV") if unit in _TO_UV else (1.0, unit)

    def pieces(self) -> list[Sweep]:
        return self.sweeps()

    def move_by(self, dx: float, dy: float) -> None:
        self.go_to(self.start_s - dx / self.screen_rect.width() * self.sweep_s)

    def measure_again(self) -> None:
        if self.mode == "trigger":
            self._choose_level()
        super().measure_again()
        self.measuring.again()

    def heat_on(self, channel: int) -> HeatMap | None:
        """Return the chosen class's map for a channel; of several, those without an event of the class have none."""
        heat, names = self.heat_map, self.waveform.channels  # the map is one for all channels, the highest of them
        if not self.overlays_shown or heat is None or heat.values.ndim != 1:
            return None
        return heat if len(names) == 1 or self.found.holds(heat.label, names[channel]) else None

    # Drawing

    def paint_view(self, painter: QPainter) -> None:
        ratio = self.devicePixelRatioF()
        key = (
            self.size().toTuple(), ratio, self.dark, self.overlays_shown, self.per_division, self.negative_up,
            tuple(self.sweeps()), self.sweep_s,
        )  # fmt: skip
        if self._canvas is None or self._canvas[0] != key:
            over = None if self._canvas is None else self._canvas[1].canvas
            self._canvas = (key, emg_paint.begin(self, ratio, over))
        drawing = self._canvas[1]
        laid_over = self.mode == "trigger" and self.superimposed and not self.unhurried
        if not emg_paint.go_on(drawing, self, FRAME_S if laid_over else float("inf")):
            QTimer.singleShot(0, self, self.update)  # dozens of sweeps come one after another, as on a storage screen
        painter.save()
        painter.scale(1 / ratio, 1 / ratio)  # to the device's own pixels: drawn as it is, not resampled
        painter.drawImage(QPointF(0, 0), drawing.canvas.image)
        painter.restore()
        if self.overlays_shown:
            emg_events.paint_events(painter, self)
            emg_paint.paint_marks(painter, self)
            self.measuring.paint(painter)
        emg_paint.paint_words(painter, self)
        emg_paint.paint_overview(painter, self, ratio)

    def picture(self) -> QImage:
        self.unhurried = True
        try:
            return super().picture()
        finally:
            self.unhurried = False

    def gestures(self) -> list[tuple[str, str]]:
        return emg_gestures(self.tr)

    def corners(self) -> Corners:
        return emg_paint.corner_words(self)

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

    def begin_drag(self, at: QPointF) -> str:
        if self.mode == "trigger" and self._near_level(at):
            return "level"
        return self.measuring.grip(at)

    def pressed(self, tool: str, at: QPointF) -> None:
        self.measuring.press(tool, at)

    def clicked(self, at: QPointF) -> None:
        """Select the event under a point and measure it; beside all events none is selected."""
        sweep = self.piece_at(at)
        if sweep is None or not self.overlays_shown or not self.screen_rect.contains(at):
            return
        self.select_event(self.found.nearest(
            self.time_at(sweep, at), self.waveform.channels[sweep.channel], CLICK_PX * self.per_px(sweep)[0]
        ))  # fmt: skip

    def select_event(self, event: Event | None) -> None:
        """Show an event as the one looked at, on its channel, with what is measured of it."""
        self.measuring.forget()
        if event is not None and event.channel in self.waveform.channels:
            channel = self.waveform.channels.index(event.channel)
            if channel != self.channel and not (self.all_channels and self.mode == "free"):
                self.channel, self.caliper = channel, None
                self.changed()
            self.measuring.at(channel, event.time_s)
        super().select_event(event)

    def clear_marks(self) -> None:
        self.measuring.clear()
        self.select_event(None)
        super().clear_marks()

    def continue_drag(self, action: str, at: QPointF) -> None:
        if action in ("onset", "offset"):
            self.measuring.drag(action, at)
        elif action == "level":
            sweep = self.piece_at(at) or Sweep(self.channel, 0, 0, 1)
            height = self.value_at(sweep, at) - self.offset(sweep.channel)
            self.set_level(height * self.to_unit(sweep.channel))

    def _near_level(self, at: QPointF) -> bool:
        sweep = next(iter(self.sweeps()), None)
        sweep = sweep or Sweep(self.channel, 0, 0, 1)
        return abs(at.y() - self.level_y(sweep)) <= 5 and self.screen_rect.contains(at)
