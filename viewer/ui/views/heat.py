"""Heat maps as colours: perceptually uniform (never jet), the more transparent the lower, in proportion to the class's own maximum."""

import numpy as np
from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage

from viewer.reading.values import HeatMap
from viewer.ui.views.pixels import as_qimage

COLOUR_MAPS = ("inferno", "viridis")


def relative(values: np.ndarray) -> np.ndarray:
    """Return a map's values in proportion to its maximum, 0..1; all 0 where there is nothing in it."""
    finite = np.nan_to_num(values.astype(np.float32), nan=0.0, posinf=0.0, neginf=0.0)
    top = float(finite.max()) if finite.size else 0.0
    return np.clip(finite / top, 0, 1) if top > 0 else np.zeros_like(finite)


def colours(level: np.ndarray, colour_map: str, opacity: float, floor: float = 0.1) -> np.ndarray:
    """Return levels 0..1 as premultiplied RGBA (uint8): transparent up to ``floor``, then ever denser up to ``opacity``."""
    import cv2

    code = cv2.COLORMAP_VIRIDIS if colour_map == "viridis" else cv2.COLORMAP_INFERNO
    grey = np.atleast_2d(np.rint(255 * level).astype(np.uint8))
    bgr = cv2.applyColorMap(grey, code)
    alpha = opacity * np.clip((np.atleast_2d(level) - floor) / (1 - floor), 0, 1) ** 0.6
    rgba = np.empty((*grey.shape, 4), np.uint8)
    rgba[..., :3] = np.rint(bgr[..., ::-1] * alpha[..., None])
    rgba[..., 3] = np.rint(255 * alpha)
    return rgba


def picture(heat: HeatMap, colour_map: str, opacity: float, longest: int = 512) -> QImage | None:
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
    return as_qimage(colours(smooth, colour_map, opacity))


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


def band_colours(level: np.ndarray, dark: bool) -> np.ndarray:
    """Return levels 0..1 as one row of premultiplied RGBA for a band behind a trace: inferno by night; on paper its lighter
    half reversed (cream to dark orange), so that more is always the stronger contrast and the trace stays readable.
    """
    import cv2

    grey = np.rint(255 * level).astype(np.uint8) if dark else np.rint(230 - 90 * level).astype(np.uint8)
    bgr = cv2.applyColorMap(grey[None], cv2.COLORMAP_INFERNO)
    alpha = (0.65 if dark else 0.75) * np.clip((level - 0.05) / 0.95, 0, 1) ** 0.7
    rgba = np.empty((1, len(level), 4), np.uint8)
    rgba[..., :3] = np.rint(bgr[..., ::-1] * alpha[None, :, None])
    rgba[..., 3] = np.rint(255 * alpha)[None]
    return rgba
