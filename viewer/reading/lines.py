"""Lines of words on a picture: where they are, as a network finds them among strokes."""

from dataclasses import dataclass

import numpy as np
import torch
from torch.nn import functional

from viewer.models.bundle import ModelBundle
from viewer.models.networks.line_finder import CELL, MULTIPLE

STROKE_PX = 13  # no letter's stroke is thicker
FAINTEST = 22  # of 255
FIND_PX = 1280  # longer pictures are searched reduced
LEAST = 0.5  # a cell's probability to be the middle of a line
SHORTER = 0.1  # of its height: the middle begins so far from a line's ends
LEAST_CELLS, LEAST_PX = 2, 4.0  # of a line
STRAIGHT = 6  # columns of cells, under which a line's slope is not told from its letters


@dataclass(frozen=True)
class Line:
    """A line of words, or one word far from others: pixels of the picture.

    The rectangle holds it whole; ``slope``: by how many rows it falls (y grows) a column.
    """

    x: float
    y: float
    w: float
    h: float
    slope: float = 0.0

    @property
    def height(self) -> float:
        """The height of its letters."""
        return max(1.0, self.h - abs(self.slope) * self.w)

    def scaled(self, zoom: float) -> "Line":
        """Return the line on the picture ``zoom`` times as large."""
        return Line(zoom * self.x, zoom * self.y, zoom * self.w, zoom * self.h, self.slope)


@dataclass(frozen=True, eq=False)
class Written:
    """Where words stand on a picture, the surest first, and its strokes: ``find_strokes``.

    The picture was looked at ``zoom`` times as large as it is.
    """

    lines: list["FoundLine"]
    strokes: tuple[np.ndarray, np.ndarray]
    zoom: float = 1.0

    @property
    def places(self) -> tuple["Line", ...]:
        """The lines in pixels of the picture as it is."""
        return tuple(found.line.scaled(1 / self.zoom) for found in self.lines)


@dataclass(frozen=True)
class FoundLine:
    """A line, whether it is brighter than its ground, and how surely it is one, 0..1."""

    line: Line
    bright: bool
    sure: float


def find_strokes(shown: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return how far thin strokes stand out, uint8 (rows, columns): bright ones, and dark ones.

    ``shown`` is (rows, columns) or (rows, columns, 3). Unlike the ink of curves this knows no ground: words stand on
    bars and buttons, in light that falls unevenly.
    """
    import cv2

    kernel = np.ones((STROKE_PX, STROKE_PX), np.uint8)
    grey = shown if shown.ndim == 2 else cv2.cvtColor(shown, cv2.COLOR_RGB2GRAY)
    bright, dark = (cv2.morphologyEx(grey, way, kernel) for way in (cv2.MORPH_TOPHAT, cv2.MORPH_BLACKHAT))
    if shown.ndim == 3:  # blue words on black are bright in one channel, yellow ones on white dark in one
        r, g, b = cv2.split(shown)
        high, low = cv2.max(cv2.max(r, g), b), cv2.min(cv2.min(r, g), b)
        bright = cv2.max(bright, cv2.morphologyEx(high, cv2.MORPH_TOPHAT, kernel))
        dark = cv2.max(dark, cv2.morphologyEx(low, cv2.MORPH_BLACKHAT, kernel))
    return bright, dark


def strokes_input(strokes: tuple[np.ndarray, np.ndarray]) -> tuple[torch.Tensor, float]:
    """Return strokes as the network sees them, (1, 2, rows, columns) of 0..1, and how large: large pictures reduced."""
    import cv2

    zoom = min(1.0, FIND_PX / max(strokes[0].shape))
    if zoom < 1:
        strokes = tuple(cv2.resize(s, None, fx=zoom, fy=zoom, interpolation=cv2.INTER_AREA) for s in strokes)  # type: ignore[assignment]
    seen = torch.from_numpy(np.stack(strokes))[None].float().div_(255).sqrt_()
    rows, columns = seen.shape[2:]
    return functional.pad(seen, (0, -columns % MULTIPLE[1], 0, -rows % MULTIPLE[0])), zoom


def find_lines(bundle: ModelBundle, shown: np.ndarray, device: str = "cpu", zoom: float = 1.0) -> Written:
    """Return where words stand on a picture, uint8 (rows, columns) or (rows, columns, 3), enlarged by ``zoom``."""
    strokes = find_strokes(shown)
    seen, reduced = strokes_input(strokes)
    with torch.inference_mode():
        told = bundle.network(seen.to(device))[0].float().cpu().numpy()
    return Written(lines_told(told, reduced), strokes, zoom)


def lines_told(told: np.ndarray, zoom: float = 1.0) -> list[FoundLine]:
    """Return the lines that the network tells of, (4, rows, columns) of logits, in pixels of the picture.

    ``zoom``: how large the picture was seen.
    """
    import cv2

    middle = (told[0] > np.log(LEAST / (1 - LEAST))).astype(np.uint8)
    count, labels = cv2.connectedComponents(middle, connectivity=8)
    row, column = np.nonzero(middle)
    own = labels[row, column]
    y, x = (row + 0.5) * CELL[0], (column + 0.5) * CELL[1]
    up, down = (np.exp(np.clip(told[k, row, column], -2, 6)) for k in (2, 3))
    sure = 1 / (1 + np.exp(-told[0, row, column]))
    order = np.argsort(own, kind="stable")
    found = []
    for cells in np.split(order, np.cumsum(np.bincount(own, minlength=count)[1:])[:-1]):
        if len(cells) < LEAST_CELLS:
            continue
        tall = float(np.median((up + down)[cells]))
        at, centre = x[cells], (y + (down - up) / 2)[cells]
        # the network tells a cell at an end half a cell too early (measured on validation screens)
        first, last = at.min(), at.max()
        slope = 0.0
        if last - first >= (STRAIGHT - 1) * CELL[1] and last - first > 2 * tall:
            apart = at - at.mean()
            slope = float((apart * (centre - centre.mean())).sum() / (apart**2).sum())
        if tall < LEAST_PX:
            continue
        first, last = first - SHORTER * tall, last + SHORTER * tall
        y_middle = float(np.median(centre - slope * at)) + slope * (first + last) / 2
        high = tall + abs(slope) * (last - first)
        line = Line(first / zoom, (y_middle - high / 2) / zoom, (last - first) / zoom, high / zoom, slope)
        bright = float(told[1, row[cells], column[cells]].mean()) > 0
        found.append(FoundLine(line, bright, float(sure[cells].mean())))
    return sorted(found, key=lambda f: -f.sure)
