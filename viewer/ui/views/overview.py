"""The bar that shows a whole recording and where in it the view is."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from viewer.reading.values import HeatMap
from viewer.ui.views import heat as heats
from viewer.ui.views.canvas import Canvas
from viewer.ui.views.corners import plate
from viewer.ui.views.envelope import Envelope
from viewer.ui.views.facts import duration
from viewer.ui.views.palette import Palette

_ROW_PX = 6.0


@dataclass(frozen=True, eq=False)
class Row:
    """Events of one class in the bar: a tick at each of ``times_s`` (seconds), a line along each train."""

    letter: str
    colour: QColor
    times_s: np.ndarray
    trains: list[tuple[float, float]]


class Overview:
    """Draws the bar, remembering the recording's outline until its size, colours or channel change."""

    def __init__(self) -> None:
        self.rect = QRectF()
        self._outline: tuple[object, Canvas] | None = None

    def paint(
        self,
        painter: QPainter,
        envelope: Envelope,
        channel: int,
        seconds: float,
        shown: tuple[float, float],
        marks: list[tuple[np.ndarray, np.ndarray, QColor]],
        colours: Palette,
        ratio: float,
        heat: HeatMap | None = None,
        rows: tuple[object, Callable[[], list[Row]]] = (None, list),
    ) -> None:
        """Draw the channel's outline, heat, marks (starts, ends, colour) and what is ``shown``, in seconds.

        ``rows``: what gives events by class; drawn below the outline, asked anew when what stands before it changes.
        """
        rect = self.rect
        key = (id(envelope), channel, rect.width(), rect.height(), colours, ratio, rows[0])
        if self._outline is None or self._outline[0] != key:
            self._outline = (key, _outline(envelope, channel, rect, colours, ratio, seconds, rows[1]()))
        image = self._outline[1].image
        painter.drawImage(rect, image, QRectF(image.rect()))
        if heat is not None and heat.values.ndim == 1:
            light = colours.colour("ground").lightness() > 128
            left, right = self.x_at(heat.start_s, seconds), self.x_at(heat.end_s, seconds)
            strip = heats.band(heats.columns(heat, round(right - left)), light)
            painter.drawImage(QRectF(left, rect.top(), right - left, 6), strip)
        for starts, ends, colour in marks:
            places = np.rint(rect.left() + np.stack([starts, ends], 1) * (rect.width() / max(seconds, 1e-9)))
            for x0, x1 in np.unique(places, axis=0).tolist():  # thousands of findings share a few hundred pixels
                painter.fillRect(QRectF(x0, rect.bottom() - 4, max(1.5, x1 - x0), 4), colour)
        left, right = self.x_at(max(0, shown[0]), seconds), self.x_at(min(seconds, shown[1]), seconds)
        window = QRectF(left, rect.top(), max(3.0, right - left), rect.height())
        painter.fillRect(window, colours.colour("accent", 60))
        painter.setPen(QPen(colours.colour("accent"), 1.5))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(window)
        plate(painter, "0", QPointF(rect.left(), rect.top()), colours, "faint", "corner", inside=rect)
        plate(painter, duration(seconds), QPointF(rect.right(), rect.top()), colours, "faint", "corner", inside=rect)

    def x_at(self, time_s: float, seconds: float) -> float:
        """Return where a time lies."""
        return self.rect.left() + self.rect.width() * time_s / max(seconds, 1e-9)

    def time_at(self, at: QPointF, seconds: float) -> float:
        """Return the time under a point."""
        return float(np.clip((at.x() - self.rect.left()) / max(self.rect.width(), 1), 0, 1)) * seconds


def _outline(
    envelope: Envelope, channel: int, rect: QRectF, colours: Palette, ratio: float, seconds: float, rows: list[Row]
) -> Canvas:
    width, height = round(rect.width() * ratio), round(rect.height() * ratio)
    canvas = Canvas(width, height, 1.0, colours.colour("screen"))
    strip = round(_ROW_PX * ratio)
    with canvas.painter() as painter:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        _signal(painter, envelope, channel, width, height - strip * len(rows), colours)
        for i, row in enumerate(rows):
            top = height - strip * (len(rows) - i)
            _row(painter, row, QRectF(0, top, width, strip - max(1, round(ratio))), seconds)
    return canvas


def _signal(painter: QPainter, envelope: Envelope, channel: int, width: int, height: int, colours: Palette) -> None:
    low, high = envelope.columns(channel, 0, envelope.samples.shape[1], max(1, width))
    finite = np.concatenate([low[np.isfinite(low)], high[np.isfinite(high)]])
    if not finite.size:
        return
    bottom, top = np.percentile(finite, (0.5, 99.5))
    span = max(float(top - bottom), 1e-12)
    y_high = np.clip(height * (0.9 - 0.8 * (high - bottom) / span), 0, height - 1)
    y_low = np.clip(height * (0.9 - 0.8 * (low - bottom) / span), 0, height - 1)
    painter.setPen(QPen(colours.colour("faint"), 1))
    for x in np.flatnonzero(np.isfinite(y_low)):
        painter.drawLine(int(x), int(y_high[x]), int(x), int(y_low[x]) + 1)


def _row(painter: QPainter, row: Row, strip: QRectF, seconds: float) -> None:
    scale = strip.width() / max(seconds, 1e-9)
    faint = QColor(row.colour)
    faint.setAlpha(90)
    for first_s, last_s in row.trains:
        line = QRectF(first_s * scale, strip.top(), max(2.0, (last_s - first_s) * scale), strip.height())
        painter.fillRect(line, faint)
    tick = max(1.0, round(strip.height() / 5))
    for x in np.unique(np.rint(row.times_s * scale)).tolist():  # thousands of events share a few hundred pixels
        painter.fillRect(QRectF(x, strip.top(), tick, strip.height()), row.colour)
