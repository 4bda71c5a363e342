"""Heat maps as colours: perceptually uniform (inferno), relative to the map's own maximum; never jet."""

import numpy as np

from viewer.reading.values import HeatMap

FLOOR = 0.1  # of the maximum, under which nothing is drawn
OPACITY = 0.55


def relative(heat_map: HeatMap) -> np.ndarray:
    """Return the values over their maximum, 0..1; all 0 where the map is empty."""
    peak = float(heat_map.values.max(initial=0.0))
    return heat_map.values / peak if peak > 0 else np.zeros_like(heat_map.values)


def rgba(levels: np.ndarray, opacity: float = OPACITY) -> np.ndarray:
    """Return levels 0..1 of any shape as uint8 RGBA (*shape, 4): the higher the denser."""
    import cv2

    grey = np.rint(255 * np.clip(levels, 0, 1)).astype(np.uint8)
    bgr = cv2.applyColorMap(grey.reshape(1, -1), cv2.COLORMAP_INFERNO).reshape(*levels.shape, 3)
    alpha = opacity * np.clip((levels - FLOOR) / (1 - FLOOR), 0, 1) ** 0.6
    return np.concatenate([bgr[..., ::-1], np.rint(255 * alpha)[..., None].astype(np.uint8)], -1)


def on_paper(levels: np.ndarray) -> np.ndarray:
    """Return levels 0..1 as uint8 RGBA for white paper behind a dark trace: inferno's light half, more is darker."""
    import cv2

    grey = np.rint(240 - 90 * np.clip(levels, 0, 1)).astype(np.uint8)
    bgr = cv2.applyColorMap(grey.reshape(1, -1), cv2.COLORMAP_INFERNO).reshape(*levels.shape, 3)
    alpha = 0.8 * np.clip((levels - FLOOR) / (1 - FLOOR), 0, 1) ** 0.7
    return np.concatenate([bgr[..., ::-1], np.rint(255 * alpha)[..., None].astype(np.uint8)], -1)


def over_time(heat_map: HeatMap, start_s: float, end_s: float, points: int) -> np.ndarray:
    """Return a map's levels 0..1 at ``points`` moments from ``start_s`` to ``end_s``; 0 outside of the map."""
    levels = relative(heat_map)
    step_s = (heat_map.end_s - heat_map.start_s) / len(levels)
    middles = heat_map.start_s + (np.arange(len(levels)) + 0.5) * step_s
    return np.interp(np.linspace(start_s, end_s, points), middles, levels, left=0, right=0)
