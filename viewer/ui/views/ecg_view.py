"""ECG paper: millimetres that are millimetres, leads where a cardiologist looks for them."""

from typing import Any

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QWheelEvent
from PySide6.QtWidgets import QWidget

from viewer.ui.views import ecg_paint
from viewer.ui.views.base import finite
from viewer.ui.views.calibration import CalibrationDialog
from viewer.ui.views.canvas import Canvas
from viewer.ui.views.ecg_actions import add_ecg_actions
from viewer.ui.views.ecg_layout import GAINS_MM_MV, LAYOUTS, SPEEDS_MM_S, Page, Strip, lay_out, suggest
from viewer.ui.views.facts import Corners
from viewer.ui.views.filters import Filters
from viewer.ui.views.gestures import ecg_gestures
from viewer.ui.views.paper_scale import pixels_per_mm
from viewer.ui.views.trace_view import TraceView

PAGE_MM = 250.0
"""How much trace a page takes: 10 s at 25 mm/s, 5 s at 50 mm/s."""


class EcgPaperView(TraceView):
    """A recording on ECG paper.

    The wheel zooms at the cursor (the paper then says that it is not to scale), Shift with the wheel moves in time.
    Left drag does what the chosen tool does; middle drag, and left drag with space held, move the paper.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.layout_name, self.speed, self.gain = "3x4", 25.0, 10.0
        self.marching = False
        self.zoom, self.fitting = 1.0, True
        self.origin = QPointF(0, 0)
        self._canvas: tuple[object, Canvas] | None = None
        self._page: tuple[object, Page] | None = None
        self._scales: dict[int, float] = {}
        add_ecg_actions(self)

    # The recording

    @property
    def page_s(self) -> float:
        """How many seconds the paper's width shows."""
        return PAGE_MM / self.speed

    @property
    def page(self) -> Page:
        """Where the leads stand."""
        key = (id(self.waveform), self.layout_name, self.speed, self.gain)
        if self._page is None or self._page[0] != key:
            wave = self.waveform
            page = lay_out(wave.channels, self.layout_name, self.speed, self.gain, self.page_s, wave.duration_s)
            self._page = (key, page)
        return self._page[1]

    def study_changed(self) -> None:
        super().study_changed()
        self._canvas, self._page, self._scales = None, None, {}
        self.set_layout(suggest(self.waveform.channels))
        self.fit()

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

    # How it is shown

    def set_layout(self, layout: str) -> None:
        """Choose one of LAYOUTS."""
        self.layout_name = layout if layout in LAYOUTS else "3x4"
        self._set(f"layout-{self.layout_name}")

    def set_speed(self, speed_mm_s: float) -> None:
        """Choose 25 or 50 mm/s."""
        self.speed = speed_mm_s if speed_mm_s in SPEEDS_MM_S else 25.0
        if self.study is not None:
            self.go_to(self.start_s)
        self._set(f"speed-{self.speed:g}")

    def set_gain(self, gain_mm_mv: float) -> None:
        """Choose 5, 10 or 20 mm/mV."""
        self.gain = gain_mm_mv if gain_mm_mv in GAINS_MM_MV else 10.0
        self._set(f"gain-{self.gain:g}")

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
        self._set()

    def true_size(self) -> None:
        """Make a millimetre of the paper a millimetre of the monitor."""
        self.zoom_by(1 / self.zoom, QPointF(0, self._margins()[0]))
        self.origin = QPointF(min(0.0, self.origin.x()), self.origin.y())
        self.zoom = 1.0
        self._set()

    def zoom_by(self, factor: float, at: QPointF | None = None) -> None:
        """Magnify about a point of the view."""
        at = at or QPointF(self.width() / 2, self.height() / 2)
        zoom = min(max(self.zoom * factor, 0.1), 20.0)
        self.origin = at + (self.origin - at) * (zoom / self.zoom)
        self.zoom, self.fitting = zoom, False
        self._set()

    def move_by(self, dx: float, dy: float) -> None:
        """Move the paper; at least a part of it stays in view."""
        wide, high = self.page.width_mm * self.scale, self.page.height_mm * self.scale
        x = min(max(self.origin.x() + dx, 60 - wide), self.width() - 60)
        y = min(max(self.origin.y() + dy, 60 - high), self.height() - 60)
        self.origin, self.fitting = QPointF(x, y), False
        self._set()

    def set_marching(self, on: bool) -> None:
        """Repeat the caliper's interval along the paper."""
        self.marching = on
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

    def view_state(self) -> dict:
        f = self.filters
        return {
            "layout": self.layout_name, "speed": self.speed, "gain": self.gain, "start_s": self.start_s,
            "filters": [f.high_pass_hz, f.low_pass_hz, f.notch_hz], "fit": self.fitting, "zoom": self.zoom,
            "origin": [self.origin.x(), self.origin.y()], "tool": self.tool,
        }  # fmt: skip

    def restore_view_state(self, state: dict) -> None:
        try:
            layout, speed, gain = str(state["layout"]), finite(state["speed"]), finite(state["gain"])
            start_s, filters = finite(state["start_s"]), Filters(*(finite(v) for v in state["filters"]))
            fitting, zoom = bool(state["fit"]), min(max(finite(state["zoom"]), 0.1), 20.0)
            x, y = (finite(v) for v in state["origin"])
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
        self._set()

    def overlays_changed(self) -> None:
        super().overlays_changed()
        self._canvas = None

    # Places

    def x_of(self, piece: Strip, time_s: float) -> float:
        return self.origin.x() + (piece.x_mm + (time_s - self.start_s - piece.offset_s) * self.speed) * self.scale

    def y_of(self, strip: Strip, value: Any) -> Any:
        """Return where a channel's values lie on a strip, in the view."""
        assert strip.channel is not None
        height = strip.sign * (value - self.offset(strip.channel)) * self.drawn_mm_per_unit(strip.channel)
        return self.origin.y() + (strip.y_mm - height) * self.scale

    def piece_at(self, at: QPointF) -> Strip | None:
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

    def time_at(self, piece: Strip, at: QPointF) -> float:
        x = (at.x() - self.origin.x()) / self.scale - piece.x_mm
        return self.start_s + piece.offset_s + x / self.speed

    def value_at(self, piece: Strip, at: QPointF) -> float:
        assert piece.channel is not None
        height_mm = piece.y_mm - (at.y() - self.origin.y()) / self.scale
        return self.offset(piece.channel) + piece.sign * height_mm / self.drawn_mm_per_unit(piece.channel)

    def per_px(self, piece: Strip) -> tuple[float, float]:
        assert piece.channel is not None
        return 1 / self.scale / self.speed, 1 / self.scale / self.drawn_mm_per_unit(piece.channel)

    def measured(self, channel: int) -> tuple[float, str]:
        known = self.mm_per_unit(channel)
        return (1.0, self.waveform.units[channel]) if known is None else (known / self.gain, "mV")

    def pieces(self) -> list[Strip]:
        return [strip for strip in self.page.strips if strip.channel is not None]

    # Drawing

    def paint_view(self, painter: QPainter) -> None:
        ratio = self.devicePixelRatioF()
        key = (
            self.size().toTuple(), ratio, self.page, self.start_s, self.scale, self.origin.toTuple(), self.dark,
            self.overlays_shown, self.gain,
        )  # fmt: skip
        if self._canvas is None or self._canvas[0] != key:
            self._canvas = (key, ecg_paint.paper(self, ratio))
        image = self._canvas[1].image
        painter.drawImage(QRectF(self.rect()), image, QRectF(image.rect()))
        if self.overlays_shown:
            ecg_paint.paint_marks(painter, self)
        ecg_paint.paint_words(painter, self)
        if self.long:
            ecg_paint.paint_overview(painter, self, ratio)
        else:
            self.overview.rect = QRectF()

    def gestures(self) -> list[tuple[str, str]]:
        return ecg_gestures(self.tr)

    def corners(self) -> Corners:
        return ecg_paint.corner_words(self)

    def _margins(self) -> tuple[float, float]:
        line = self.fontMetrics().height()
        return 3.0 * line + 16, 2.0 * line + 18 + (44 if self.study is not None and self.long else 0)

    def _set(self, action: str = "") -> None:
        if action:
            self.named[action].setChecked(True)
            if self.fitting and self.study is not None:
                self.fit()
        self.changed()

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
