"""Photographed and scanned pages made level: by how much they are turned, as the lines of words on them tell.

A page's curves are looked for row by row: where it is turned by a degree one panel ends below where the next begins.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from viewer.reading.lines import Line, Written
from viewer.study import Image, Study
from viewer.study.display import grey8

LONG = 5.0  # times its height: a line that tells a slope
LEAST_LINES = 4  # in all, and of the upper and lower third
APART = 0.02  # of the others' slopes: a line that is off by more (a curve taken for words) does not count
AGREED = 0.7  # of the lines, that are not off
SURE = 4.0  # times its error: by so much may a page's top be said to be turned more than its foot
STEEPEST, LEVEL = 0.15, 0.007  # a slope at most; a page that rises by less a column is read as well as it is


@dataclass(frozen=True)
class Tilt:
    """How a page is turned about (``x``, ``y``): rows fall by ``slope + change * (row - y)`` pixels a column."""

    slope: float
    change: float
    x: float
    y: float

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Return where a point of the levelled page, (x, y), is on the page as it is."""
        slope = self.slope + self.change * (y - self.y)
        return x - self.slope * (y - self.y), y + slope * (x - self.x)

    def level(self, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return where points of the page as it is are on the levelled one (to the slope's square)."""
        slope = self.slope + self.change * (y - self.y)
        return x + self.slope * (y - self.y), y - slope * (x - self.x)

    def moved(self, x: float, y: float, w: float, h: float) -> tuple[float, float]:
        """Return where a rectangle of the levelled page is on the page as it is: the corner, about the same middle."""
        middle = self.at(x + w / 2, y + h / 2)
        return middle[0] - w / 2, middle[1] - h / 2


def find_tilt(lines: Sequence[Line], shape: tuple[int, ...]) -> Tilt | None:
    """Return how a page of ``shape`` is turned, None where it is level or nothing tells.

    ``lines`` are those of its words, in its pixels.
    """
    rows, columns = shape[:2]
    long = [line for line in lines if line.w > LONG * line.height]
    if len(long) < LEAST_LINES:
        return None
    slope = np.array([line.slope for line in long])
    y = np.array([line.y + line.h / 2 for line in long])
    wide = np.array([line.w for line in long])
    middle = _median(slope, wide)
    near = np.abs(slope - middle) < APART
    if near.mean() < AGREED or abs(middle) > STEEPEST:
        return None
    slope, y, wide = slope[near], y[near], wide[near]
    middle = _median(slope, wide)
    change = _change(slope, y, wide)
    middle += change * (rows / 2 - _median(y, wide))
    steepest = max(abs(middle + change * side * rows / 2) for side in (-1, 1))
    if not LEVEL < steepest < STEEPEST:
        return None
    return Tilt(middle, change, columns / 2, rows / 2)


def laid_level(study: Study, find: Callable[[np.ndarray], Written | None]) -> tuple[Study, Written | None, Tilt | None]:
    """Return a picture laid level, where its words stand on that, and how it was turned (None: as it was).

    ``find`` tells where words stand on a picture; where it tells nothing, nothing is done.
    """
    shown = grey8(study.image)
    written = find(shown)
    tilt = None if written is None else find_tilt(written.places, shown.shape)
    if tilt is None:
        return study, written, None
    shown = levelled(shown, tilt)
    return replace(study, content=Image(shown)), find(shown), tilt


def _change(slope: np.ndarray, y: np.ndarray, wide: np.ndarray) -> float:
    """Return by how much the slope of lines grows a row, 0 where that is not sure: a camera held at an angle."""
    third = np.quantile(y, (1 / 3, 2 / 3))
    upper, lower = y <= third[0], y >= third[1]
    if min(upper.sum(), lower.sum()) < LEAST_LINES:
        return 0.0
    ends = [(_median(slope[m], wide[m]), _median(y[m], wide[m])) for m in (upper, lower)]
    (a, at), (b, to) = ends
    error = sum(float(np.median(np.abs(slope[m] - s))) ** 2 / m.sum() for m, s in ((upper, a), (lower, b))) ** 0.5
    return (b - a) / (to - at) if to > at and abs(b - a) > max(LEVEL, SURE * error) else 0.0


def _median(values: np.ndarray, weights: np.ndarray) -> float:
    order = np.argsort(values)
    total = np.cumsum(weights[order])
    return float(values[order][int(np.searchsorted(total, total[-1] / 2))])


def levelled(shown: np.ndarray, tilt: Tilt) -> np.ndarray:
    """Return the page, uint8, with its rows level, and upright what was as upright as they were level."""
    import cv2

    rows, columns = shown.shape[:2]
    x, y = np.arange(columns, dtype=np.float32), np.arange(rows, dtype=np.float32)[:, None]
    slope = np.float32(tilt.slope) + np.float32(tilt.change) * (y - np.float32(tilt.y))
    from_row = y + slope * (x - np.float32(tilt.x))
    from_column = x - np.float32(tilt.slope) * (y - np.float32(tilt.y))
    return cv2.remap(shown, from_column, from_row, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
