"""ECG paper: millimetres that are millimetres, leads where a cardiologist looks for them."""

from typing import cast

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QAction, QKeyEvent, QMouseEvent, QPainter, QWheelEvent
from PySide6.QtWidgets import QWidget

from viewer.study import Region, Waveform
from viewer.ui.views import ecg_paint
from viewer.ui.views.background import in_background
from viewer.ui.views.base import StudyView
from viewer.ui.views.calibration import CalibrationDialog
from viewer.ui.views.calipers import Caliper, snap
from viewer.ui.views.canvas import Canvas
from viewer.ui.views.ecg_actions import add_ecg_actions
from viewer.ui.views.ecg_layout import GAINS_MM_MV, LAYOUTS, SPEEDS_MM_S, Page, Strip, lay_out, suggest
from viewer.ui.views.envelope import Envelope, build
from viewer.ui.views.filters import Filters, apply, possible
from viewer.ui.views.overview import Overview
from viewer.ui.views.paper_scale import pixels_per_mm

TOOLS = ("pan", "caliper", "region")
PAGE_S = 10.0
_WHOLE_S = 120.0
"""Recordings up to this long are filtered as a whole; longer ones the page with half a minute on both sides."""


class EcgPaperView(StudyView):
    """A recording on ECG paper.

    The wheel zooms at the cursor (the paper then says that it is not to scale), Shift with the wheel moves in time.
    Left drag does what the chosen tool does; middle drag, and left drag with space held, move the paper.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.layout_name, self.speed, self.gain = "3x4", 25.0, 10.0
        self.filters = Filters()
        self.tool = "pan"
        self.snapping, self.marching = True, False
        self.start_s = 0.0
        self.zoom, self.fitting = 1.0, True
        self.origin = QPointF(0, 0)
        self.caliper: Caliper | None = None
        self.envelope: Envelope | None = None
        self.overview = Overview()
        self.filtering = False
        self._filtered: tuple[int, np.ndarray] | None = None
        self._filter_key: object = None
        self._canvas: tuple[object, Canvas] | None = None
        self._page: tuple[object, Page] | None = None
        self._drag: tuple[str, QPointF] | None = None
        self._region_draft: tuple[float, float] | None = None
        self._space = False
        self._scales: dict[int, float] = {}
        self.named: dict[str, QAction] = add_ecg_actions(self)

    # The recording

    @property
    def waveform(self) -> Waveform:
        """The recording shown."""
        assert self.study is not None
        return self.study.waveform

    @property
    def page_s(self) -> float:
        """How many seconds the paper's width shows."""
        return PAGE_S

    @property
    def page(self) -> Page:
        """Where the leads stand."""
        key = (self.waveform.channels, self.layout_name, self.speed, self.gain)
        if self._page is None or self._page[0] != key:
            self._page = (key, lay_out(self.waveform.channels, self.layout_name, self.speed, self.gain, self.page_s))
        return self._page[1]

    def study_changed(self) -> None:
        wave = self.waveform
        self.start_s, self.caliper, self._filtered, self._scales = 0.0, None, None, {}
        self._filter_key = self._canvas = None
        self.envelope = Envelope(wave.samples)
        self.set_layout(suggest(wave.channels))
        if wave.duration_s > self.page_s * 1.05:
            samples = wave.samples
            in_background(lambda: build(samples), self._take_envelope)
        self._refilter()
        self.fit()

    def _take_envelope(self, answer: object) -> None:
        if isinstance(answer, Envelope) and self.study is not None and answer.samples is self.waveform.samples:
            self.envelope = answer
            self.update()

    def mm_per_unit(self, channel: int) -> float | None:
        """Return how high one unit of a channel stands, or None where its unit is unknown."""
        scale = {"mV": 1.0, "uV": 1e-3, "V": 1e3}.get(self.waveform.units[channel])
        return None if scale is None else self.gain * scale

    def drawn_mm_per_unit(self, channel: int) -> float:
        """As ``mm_per_unit``; an unknown unit is drawn so that the signal fills 15 mm."""
        known = self.mm_per_unit(channel)
        if known is not None:
            return known
        if channel not in self._scales:
            values = self.waveform.samples[channel, :: max(1, self.waveform.samples.shape[1] // 20000)]
            values = values[np.isfinite(values)]
            low, high = np.percentile(values, (0.5, 99.5)) if values.size else (0.0, 1.0)
            self._scales[channel] = 15.0 / max(float(high - low), 1e-9)
        return self._scales[channel] * self.gain / 10.0

    def values(self, channel: int, first: int, last: int) -> np.ndarray:
        """Return samples as shown: filtered where filters are on and have answered."""
        first, last = max(0, first), min(self.waveform.samples.shape[1], last)
        if self._filtered is not None:
            start, samples = self._filtered
            if start <= first and last <= start + samples.shape[1]:
                return samples[channel, first - start : last - start]
        return self.waveform.samples[channel, first:last]

    # How it is shown

    def set_layout(self, layout: str) -> None:
        """Choose one of LAYOUTS."""
        self.layout_name = layout if layout in LAYOUTS else "3x4"
        self._changed(f"layout-{self.layout_name}")

    def set_speed(self, speed_mm_s: float) -> None:
        """Choose 25 or 50 mm/s."""
        self.speed = speed_mm_s if speed_mm_s in SPEEDS_MM_S else 25.0
        self._changed(f"speed-{self.speed:g}")

    def set_gain(self, gain_mm_mv: float) -> None:
        """Choose 5, 10 or 20 mm/mV."""
        self.gain = gain_mm_mv if gain_mm_mv in GAINS_MM_MV else 10.0
        self._changed(f"gain-{self.gain:g}")

    def set_filters(self, filters: Filters) -> None:
        """Filter what is shown (never what is read); what the sampling rate does not allow stays off."""
        self.filters = possible(filters, self.waveform.rate_hz) if self.study else filters
        self._refilter()
        for kind, value in (("high", filters.high_pass_hz), ("low", filters.low_pass_hz), ("notch", filters.notch_hz)):
            self.named[f"{kind}-{value:g}"].setChecked(True)
        self._changed()

    def set_tool(self, tool: str) -> None:
        """Choose what left drag does: one of TOOLS."""
        self.tool = tool if tool in TOOLS else "pan"
        self.named[self.tool].setChecked(True)
        self.setCursor(Qt.CursorShape.OpenHandCursor if self.tool == "pan" else Qt.CursorShape.CrossCursor)

    def fit(self) -> None:
        """Show the whole paper."""
        self.fitting = True
        if self.study is None:
            return
        top, bottom = self._margins()
        wide, high = max(self.width(), 50), max(self.height() - top - bottom, 50)
        scale = min(wide / self.page.width_mm, high / self.page.height_mm)
        self.zoom = scale / self.px_per_mm
        x, y = (wide - self.page.width_mm * scale) / 2, top + (high - self.page.height_mm * scale) / 2
        self.origin = QPointF(x, y)
        self._changed()

    def true_size(self) -> None:
        """Make a millimetre of the paper a millimetre of the monitor."""
        self.zoom_by(1 / self.zoom, QPointF(0, self._margins()[0]))
        self.origin = QPointF(min(0.0, self.origin.x()), self.origin.y())
        self.zoom = 1.0
        self._changed()

    def zoom_by(self, factor: float, at: QPointF | None = None) -> None:
        """Magnify about a point of the view."""
        at = at or QPointF(self.width() / 2, self.height() / 2)
        zoom = min(max(self.zoom * factor, 0.1), 20.0)
        self.origin = at + (self.origin - at) * (zoom / self.zoom)
        self.zoom, self.fitting = zoom, False
        self._changed()

    def pan(self, dx: float, dy: float) -> None:
        """Move the paper; at least a part of it stays in view."""
        wide, high = self.page.width_mm * self.scale, self.page.height_mm * self.scale
        x = min(max(self.origin.x() + dx, 60 - wide), self.width() - 60)
        y = min(max(self.origin.y() + dy, 60 - high), self.height() - 60)
        self.origin, self.fitting = QPointF(x, y), False
        self._changed()

    def go_to(self, start_s: float) -> None:
        """Begin the page at a time."""
        last = max(0.0, self.waveform.duration_s - self.page_s)
        self.start_s = min(max(0.0, start_s), last)
        self._refilter()
        self._changed()

    def clear_marks(self) -> None:
        """Remove calipers and the marked span."""
        self.caliper = None
        self.clear_region()

    def set_marching(self, on: bool) -> None:
        """Repeat the caliper's interval along the paper."""
        self.marching = on
        self.update()

    def set_snapping(self, on: bool) -> None:
        """Let calipers snap to highest and lowest points."""
        self.snapping = on

    def nudge(self, end: bool, samples: int) -> None:
        """Move one end of the caliper by samples."""
        c = self.caliper
        if c is None:
            return
        at = round((c.end_s if end else c.start_s) * self.waveform.rate_hz) + samples
        at = min(max(0, at), self.waveform.samples.shape[1] - 1)
        self.caliper = c.moved(end, at / self.waveform.rate_hz, float(self.values(c.channel, at, at + 1)[0]))
        self.update()

    def calibrate_monitor(self) -> None:
        """Ask a person to measure this monitor."""
        CalibrationDialog(self).exec()
        if self.fitting:
            self.fit()
        self.update()

    @property
    def px_per_mm(self) -> float:
        """Pixels a millimetre on this monitor."""
        return pixels_per_mm(self.screen())[0]

    @property
    def scale(self) -> float:
        """Pixels a millimetre of the paper takes now."""
        return self.px_per_mm * self.zoom

    @property
    def long(self) -> bool:
        """Whether there is more than one page."""
        return self.waveform.duration_s > self.page_s * 1.05

    def view_state(self) -> dict:
        f = self.filters
        return {
            "layout": self.layout_name, "speed": self.speed, "gain": self.gain, "start_s": self.start_s,
            "filters": [f.high_pass_hz, f.low_pass_hz, f.notch_hz], "fit": self.fitting, "zoom": self.zoom,
            "origin": [self.origin.x(), self.origin.y()], "tool": self.tool,
        }  # fmt: skip

    def restore_view_state(self, state: dict) -> None:
        try:
            layout, speed, gain = str(state["layout"]), float(state["speed"]), float(state["gain"])
            start_s, filters = float(state["start_s"]), Filters(*(float(v) for v in state["filters"]))
            fitting, zoom = bool(state["fit"]), min(max(float(state["zoom"]), 0.1), 20.0)
            x, y = (float(v) for v in state["origin"])
            tool = str(state["tool"])
        except (KeyError, TypeError, ValueError):
            return
        self.set_layout(layout)
        self.set_speed(speed)
        self.set_gain(gain)
        if all(f"{k}-{v:g}" in self.named for k, v in zip(("high", "low", "notch"), state["filters"], strict=True)):
            self.set_filters(filters)
        self.set_tool(tool)
        self.go_to(start_s)
        self.zoom, self.origin, self.fitting = zoom, QPointF(x, y), fitting
        self._changed()

    def overlays_changed(self) -> None:
        self._canvas = None

    # Places

    def x_of(self, strip: Strip, time_s: float) -> float:
        """Return where a time lies on a strip, in the view."""
        return self.origin.x() + (strip.x_mm + (time_s - self.start_s - strip.offset_s) * self.speed) * self.scale

    def y_of(self, strip: Strip, value: float) -> float:
        """Return where a channel's value lies on a strip, in the view."""
        assert strip.channel is not None
        height = strip.sign * value * self.drawn_mm_per_unit(strip.channel)
        return self.origin.y() + (strip.y_mm - height) * self.scale

    def strip_at(self, at: QPointF) -> Strip | None:
        """Return the strip whose trace is nearest to a point of the view."""
        x, y = (at.x() - self.origin.x()) / self.scale, (at.y() - self.origin.y()) / self.scale
        inside = [s for s in self.page.strips if s.channel is not None and s.x_mm <= x <= s.x_mm + s.width_mm]
        near = [s for s in inside if abs(s.y_mm - y) <= s.height_mm]
        return min(near, key=lambda s: self._distance(s, at), default=None)

    def _distance(self, strip: Strip, at: QPointF) -> float:
        """How far a point lies from what a strip shows within 2 mm on both sides of it."""
        assert strip.channel is not None
        rate, reach_s = self.waveform.rate_hz, 2 / self.speed
        time_s = self.time_at(strip, at)
        piece = self.values(strip.channel, int((time_s - reach_s) * rate), int((time_s + reach_s) * rate) + 2)
        piece = piece[np.isfinite(piece)]
        if not piece.size:
            return abs(self.y_of(strip, 0.0) - at.y())
        ends = sorted((self.y_of(strip, float(piece.min())), self.y_of(strip, float(piece.max()))))
        return max(ends[0] - at.y(), at.y() - ends[1], 0.0) + 1e-3 * abs(self.y_of(strip, 0.0) - at.y())

    def time_at(self, strip: Strip, at: QPointF) -> float:
        """Return the time under a point on a strip."""
        x = (at.x() - self.origin.x()) / self.scale - strip.x_mm
        return self.start_s + strip.offset_s + x / self.speed

    # Drawing

    def paint_view(self, painter: QPainter) -> None:
        ratio = self.devicePixelRatioF()
        key = (
            self.size().toTuple(), ratio, self.page, self.start_s, self.scale, self.origin.toTuple(), self.dark,
            self.overlays_shown, id(self._filtered), self.label, id(self.reading),
        )  # fmt: skip
        if self._canvas is None or self._canvas[0] != key:
            self._canvas = (key, ecg_paint.paper(self, ratio))
        image = self._canvas[1].image
        painter.drawImage(QRectF(self.rect()), image, QRectF(image.rect()))
        if self.overlays_shown:
            ecg_paint.paint_marks(painter, self)
        ecg_paint.paint_words(painter, self)
        if self.long and self.envelope is not None:
            ecg_paint.paint_overview(painter, self, ratio)

    @property
    def region_draft(self) -> tuple[float, float] | None:
        """The span being marked, in seconds."""
        return self._region_draft

    def _margins(self) -> tuple[float, float]:
        line = self.fontMetrics().height()
        return 3.0 * line + 16, 2.0 * line + 18 + (44 if self.study is not None and self.long else 0)

    def _changed(self, action: str = "") -> None:
        if action:
            self.named[action].setChecked(True)
            if self.fitting and self.study is not None:
                self.fit()
        self.update()
        self.state_changed.emit()

    def _refilter(self) -> None:
        """Ask for the filtered samples of the page, or of all of a short recording."""
        if self.study is None:
            return
        wave, filters = self.waveform, self.filters
        if not filters.on:
            self._filtered, self._filter_key, self.filtering = None, None, False
            return
        first, last = 0, wave.samples.shape[1]
        if wave.duration_s > _WHOLE_S:
            first = max(0, int((self.start_s - 30) * wave.rate_hz))
            last = min(last, int((self.start_s + self.page_s + 30) * wave.rate_hz))
        key = (id(wave), filters, first, last)
        if key == self._filter_key:
            return
        self._filter_key, self.filtering = key, True
        piece, rate = wave.samples[:, first:last], wave.rate_hz
        in_background(lambda: (key, first, apply(piece, rate, filters)), self._take_filtered)

    def _take_filtered(self, answer: object) -> None:
        if isinstance(answer, Exception):
            self.filters, self._filtered, self.filtering = Filters(), None, False
        else:
            key, first, samples = cast(tuple[object, int, np.ndarray], answer)
            if key != self._filter_key:
                return
            self._filtered, self.filtering = (first, samples), False
        self._canvas = None
        self.update()

    # Mouse and keys

    def resizeEvent(self, event: object) -> None:
        super().resizeEvent(event)  # type: ignore[arg-type]
        if self.fitting:
            self.fit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        turned = event.angleDelta().y() or event.angleDelta().x()
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self.go_to(self.start_s - turned / 120 * self.page_s / 10)
        else:
            self.zoom_by(1.0015**turned, event.position())
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if self.study is None or event.button() == Qt.MouseButton.RightButton:
            return
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        at = event.position()
        action = "pan" if event.button() == Qt.MouseButton.MiddleButton or self._space else self.tool
        if self.long and self.overview.rect.contains(at):
            action = "overview"
            self.go_to(self.overview.time_at(at, self.waveform.duration_s) - self.page_s / 2)
        elif action == "caliper":
            action = self._take_caliper(at)
        elif action == "region":
            strip = self.strip_at(at)
            if strip is not None:
                self._region_draft = (self.time_at(strip, at),) * 2
        self._drag = (action, at)
        self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._drag is None:
            return
        action, last = self._drag
        at = event.position()
        self._drag = (action, at)
        if action == "pan":
            self.pan(at.x() - last.x(), at.y() - last.y())
        elif action == "overview":
            self.go_to(self.overview.time_at(at, self.waveform.duration_s) - self.page_s / 2)
        elif action in ("caliper-start", "caliper-end"):
            self._move_caliper(at, end=action == "caliper-end")
        elif action == "region" and self._region_draft is not None:
            strip = self.strip_at(at)
            if strip is not None:
                self._region_draft = (self._region_draft[0], self.time_at(strip, at))
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        drag, draft = self._drag, self._region_draft
        self._drag = self._region_draft = None
        if drag and drag[0] == "region" and draft is not None:
            start, end = max(0.0, min(draft)), min(self.waveform.duration_s, max(draft))
            if (end - start) * self.waveform.rate_hz >= 8:
                self.mark(Region(start_s=start, end_s=end))
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Space:
            self._space = True
            return
        super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            self._space = False
            return
        super().keyReleaseEvent(event)

    def point_on(self, strip: Strip, at: QPointF) -> tuple[float, float]:
        """Return time and value that a caliper's end takes at a point: the extremum near it, else the sample there."""
        assert strip.channel is not None
        rate = self.waveform.rate_hz
        time_s = min(max(0.0, self.time_at(strip, at)), (self.waveform.samples.shape[1] - 1) / rate)
        scale = self.drawn_mm_per_unit(strip.channel) * strip.sign
        value = (strip.y_mm - (at.y() - self.origin.y()) / self.scale) / scale
        first = max(0, round(time_s * rate) - round(rate))
        piece = self.values(strip.channel, first, first + 2 * round(rate) + 2)
        found = None
        if self.snapping:
            reach = 10 / self.scale
            found = snap(piece, rate, time_s - first / rate, value, reach / self.speed, reach / abs(scale))
        index = found if found is not None else min(len(piece) - 1, max(0, round(time_s * rate) - first))
        return (first + index) / rate, float(piece[index])

    def _take_caliper(self, at: QPointF) -> str:
        caliper, strip = self.caliper, self.strip_at(at)
        if strip is None or strip.channel is None:
            return "none"
        if caliper is not None and caliper.channel == strip.channel:
            for end, time_s in ((False, caliper.start_s), (True, caliper.end_s)):
                if abs(self.x_of(strip, time_s) - at.x()) <= 6:
                    return "caliper-end" if end else "caliper-start"
        time_s, value = self.point_on(strip, at)
        unit = self.waveform.units[strip.channel].replace("uV", "µV")
        self.caliper = Caliper(strip.channel, time_s, time_s, value, value, unit)
        return "caliper-end"

    def _move_caliper(self, at: QPointF, end: bool) -> None:
        strip, caliper = self.strip_at(at), self.caliper
        if caliper is None:
            return
        if strip is None or strip.channel != caliper.channel:
            same = [s for s in self.page.strips if s.channel == caliper.channel]
            strip = next(
                (s for s in same if self.x_of(s, s.offset_s + self.start_s) <= at.x()), same[0] if same else None
            )
        if strip is not None:
            self.caliper = caliper.moved(end, *self.point_on(strip, at))
