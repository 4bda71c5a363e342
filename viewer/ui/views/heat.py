"""Heat maps as colours: perceptually uniform (never jet), the lower the more transparent.

Values are shown in proportion to the class's own maximum.
"""

import numpy as np
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QImage, QPainter

from viewer.reading.values import HeatMap
from viewer.ui.views.palette import Palette
from viewer.ui.views.pixels import as_qimage

COLOUR_MAPS = ("inferno", "viridis")


def relative(values: np.ndarray) -> np.ndarray:
    """Return a map's values in proportion to its maximum, 0..1; all 0 where there is nothing in it."""
    finite = np.nan_to_num(values.astype(np.float32), nan=0.0, posinf=0.0, neginf=0.0)
    top = float(finite.max()) if finite.size else 0.0
    return np.clip(finite / top, 0, 1) if top > 0 else np.zeros_like(finite)


def shades(level: np.ndarray, colour_map: str, light: bool) -> np.ndarray:
    """Return levels 0..1 as RGB (uint8). On a light ground more is darker, on a dark one brighter."""
    import cv2

    code = cv2.COLORMAP_VIRIDIS if colour_map == "viridis" else cv2.COLORMAP_INFERNO
    place = 225 - 125 * level if light else 255 * level
    bgr = cv2.applyColorMap(np.rint(np.atleast_2d(place)).astype(np.uint8), code)
    return bgr[..., ::-1]


def colours(level: np.ndarray, colour_map: str, opacity: float, light: bool = False, floor: float = 0.1) -> np.ndarray:
    """Return levels 0..1 as premultiplied RGBA (uint8): nothing up to ``floor``, then denser up to ``opacity``."""
    rgb = shades(level, colour_map, light)
    alpha = opacity * np.clip((np.atleast_2d(level) - floor) / (1 - floor), 0, 1) ** 0.6
    rgba = np.empty((*rgb.shape[:2], 4), np.uint8)
    rgba[..., :3] = np.rint(rgb * alpha[..., None])
    rgba[..., 3] = np.rint(255 * alpha)
    return rgba


def picture(heat: HeatMap, colour_map: str, opacity: float, light: bool = False, longest: int = 512) -> QImage | None:
    """Return a 2-D map enlarged smoothly, or None where it is empty. It is to be drawn over ``rectangle(heat)``.

    A value of the map stands for its part of the rectangle, so values lie at the middle of their parts (the convention
    of ``cv2.resize`` and of ``align_corners=False``).
    """
    import cv2

    level = relative(heat.values)
    if level.ndim != 2 or not level.any():
        return None
    times = max(1, longest // max(level.shape))
    size = (level.shape[1] * times, level.shape[0] * times)
    smooth = np.clip(cv2.resize(level, size, interpolation=cv2.INTER_CUBIC), 0, 1)
    return as_qimage(colours(smooth, colour_map, opacity, light))


def rectangle(heat: HeatMap) -> QRectF:
    """Return the rectangle of upright pixels that a 2-D map covers."""
    return QRectF(heat.x, heat.y, heat.w, heat.h)


def at_times(heat: HeatMap, times_s: np.ndarray) -> np.ndarray:
    """Return a 1-D map's levels 0..1 at times, interpolated between its steps' middles; 0 outside of it."""
    level = relative(heat.values).reshape(-1)
    if not level.size or heat.end_s <= heat.start_s:
        return np.zeros(len(times_s), np.float32)
    step = (heat.end_s - heat.start_s) / level.size
    middles = heat.start_s + (np.arange(level.size) + 0.5) * step
    found = np.interp(times_s, middles, level)
    found[(times_s < heat.start_s) | (times_s > heat.end_s)] = 0
    return found.astype(np.float32)


def columns(heat: HeatMap, count: int) -> np.ndarray:
    """Return a 1-D map's levels 0..1 over ``count`` equal parts of its time, each part's highest."""
    level = relative(heat.values).reshape(-1)
    count = max(1, count)
    if not level.size:
        return np.zeros(count, np.float32)
    starts = np.arange(count) * level.size // count
    return np.maximum.reduceat(level, starts)


def band(level: np.ndarray, light: bool) -> QImage:
    """Return levels 0..1 as one row of colours for a band behind a trace, thin enough to see the trace on."""
    return as_qimage(colours(level, COLOUR_MAPS[0], 0.65, light, floor=0.05))


def paint_legend(
    painter: QPainter, words: str, right: float, bottom: float, palette: Palette, colour_map: str, light: bool
) -> None:
    """Draw a small plate ending at a corner: words, and the colours from nothing to the class's own maximum."""
    metrics = QFontMetricsF(painter.font())
    height, bar = metrics.height() + 8, 90.0
    width = metrics.horizontalAdvance(words) + bar + 26
    plate = QRectF(right - width, bottom - height, width, height)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(palette.colour("shade"))
    painter.drawRoundedRect(plate, 3, 3)
    painter.setPen(palette.colour("text"))
    align = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextDontClip
    painter.drawText(plate.adjusted(8, 0, 0, 0), align, words)
    levels = np.linspace(0, 1, 90, dtype=np.float32)
    swatch = QRectF(plate.right() - bar - 8, plate.top() + 5, bar, height - 10)
    painter.drawImage(swatch, as_qimage(np.ascontiguousarray(shades(levels, colour_map, light))))
