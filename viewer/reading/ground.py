"""The ground that curves are drawn on: a page, and panels of other colours on it."""

from dataclasses import dataclass

import numpy as np

WINDOW_PX = 41  # of the ground's median, at half resolution: wider than any stroke, narrower than a panel
ALIKE = 26  # of 255: grounds nearer than this in every channel are one
LEAST_PANEL = 0.004  # of the picture's area
BRIDGED_PX = 9
RECTANGULAR = 0.8  # share of its bounds that a panel fills


@dataclass(frozen=True)
class Rect:
    """Pixels: columns ``x0`` to ``x1``, rows ``y0`` to ``y1``, the ends not in it."""

    x0: int
    y0: int
    x1: int
    y1: int


def find_ground(colour: np.ndarray) -> tuple[np.ndarray, tuple[Rect, ...], np.ndarray]:
    """Return each pixel's ground, uint8 (rows, columns, 3), the panels of other grounds, and where grounds meet askew.

    The ground is the median round a place. Near a panel's edge that is wrong, so that edges are looked for where the
    picture itself changes, and each side gets its own ground.
    """
    import cv2

    rows, columns = colour.shape[:2]
    half = cv2.resize(colour, (max(1, columns // 2), max(1, rows // 2)), interpolation=cv2.INTER_NEAREST)
    window = min(WINDOW_PX, max(3, min(half.shape[:2]) // 2)) | 1
    blurred = cv2.merge([cv2.medianBlur(np.ascontiguousarray(half[..., c]), window) for c in range(3)])
    ground = cv2.resize(blurred, (columns, rows), interpolation=cv2.INTER_NEAREST)
    if max(rows, columns) < 6 * window:
        return ground, (), np.zeros((rows, columns), bool)
    small = blurred[::4, ::4]
    panels = [r for r in _regions(small) if not _is_whole(r, small.shape[0], small.shape[1])]
    found = [_edges(colour, Rect(8 * r.x0, 8 * r.y0, 8 * r.x1, 8 * r.y1), window) for r in panels]
    kept = tuple(r for r in found if r is not None)
    edges = _edge_zone(blurred, rows, columns)
    for r in kept:  # the edges of upright rectangles are known exactly
        edges[max(0, r.y0 - window) : r.y1 + window, max(0, r.x0 - window) : r.x1 + window] = False
    return _mended(ground, kept, window), kept, edges


def _edge_zone(blurred: np.ndarray, rows: int, columns: int) -> np.ndarray:
    """Return where the ground changes within a few pixels: the edges of a page or a panel that was photographed."""
    import cv2

    small = cv2.cvtColor(blurred[::2, ::2], cv2.COLOR_RGB2GRAY)
    change = cv2.morphologyEx(small, cv2.MORPH_GRADIENT, np.ones((5, 5), np.uint8)) > ALIKE
    return cv2.resize(change.astype(np.uint8), (columns, rows), interpolation=cv2.INTER_NEAREST).astype(bool)


def _regions(small: np.ndarray) -> list[Rect]:
    """Return the bounds of rectangles of one colour in a small picture of the ground."""
    import cv2

    left = np.ones(small.shape[:2], bool)
    least = LEAST_PANEL * left.size
    found = []
    for _ in range(12):
        if left.sum() < least:
            break
        values = small[left].astype(np.int32)
        coarse = (values // 16) @ (256, 16, 1)
        common = np.bincount(coarse).argmax()
        middle = np.median(values[coarse == common], axis=0)
        own = (np.abs(small.astype(np.int32) - middle).max(2) <= ALIKE) & left
        _, _, stats, _ = cv2.connectedComponentsWithStats(own.astype(np.uint8), connectivity=4)
        for x, y, w, h, area in stats[1:]:
            if area >= least and area >= RECTANGULAR * w * h and min(w, h) >= 5:
                found.append(Rect(int(x), int(y), int(x + w), int(y + h)))
        left &= ~own
    return found


def _is_whole(rect: Rect, rows: int, columns: int) -> bool:
    return rect.x1 - rect.x0 > 0.97 * columns and rect.y1 - rect.y0 > 0.97 * rows


def _edges(colour: np.ndarray, rough: Rect, reach: int) -> Rect | None:
    """Return a panel's exact edges: the outermost columns and rows of which most pixels have its ground."""
    rows, columns = colour.shape[:2]
    x0, y0 = max(0, rough.x0 - reach), max(0, rough.y0 - reach)
    x1, y1 = min(columns, rough.x1 + reach), min(rows, rough.y1 + reach)
    inner = colour[rough.y0 : rough.y1, rough.x0 : rough.x1]
    middle = np.median(inner[::8, ::8].reshape(-1, 3), axis=0).astype(np.int16)
    beside = colour[rough.y0 : rough.y1 : 5, x0:x1].astype(np.int16)
    above = colour[y0:y1, rough.x0 : rough.x1 : 5].astype(np.int16)
    in_columns = (np.abs(beside - middle).max(2) <= ALIKE).mean(0) > 0.5
    in_rows = (np.abs(above - middle).max(2) <= ALIKE).mean(1) > 0.5
    across, down = _stretch(in_columns), _stretch(in_rows)
    if across is None or down is None:
        return None
    return Rect(x0 + across[0], y0 + down[0], x0 + across[1], y0 + down[1])


def _stretch(inside: np.ndarray) -> tuple[int, int] | None:
    """Return the longest stretch of True, gaps of up to BRIDGED_PX (grid lines, flat traces) bridged."""
    at = np.flatnonzero(inside)
    if not at.size:
        return None
    parts = np.split(at, np.flatnonzero(np.diff(at) > BRIDGED_PX + 1) + 1)
    longest = max(parts, key=len)
    return int(longest[0]), int(longest[-1]) + 1


def _mended(ground: np.ndarray, panels: tuple[Rect, ...], window: int) -> np.ndarray:
    """Give each side of the panels' edges its own ground."""
    if not panels:
        return ground
    inside = np.zeros(ground.shape[:2], bool)
    near = np.zeros(ground.shape[:2], bool)
    for r in panels:
        inside[r.y0 : r.y1, r.x0 : r.x1] = True
        near[max(0, r.y0 - window) : r.y1 + window, max(0, r.x0 - window) : r.x1 + window] = True
    far = ~near[::6, ::6]
    if far.any():
        ground[near & ~inside] = np.median(ground[::6, ::6][far], axis=0)
    for r in sorted(panels, key=lambda r: -(r.x1 - r.x0) * (r.y1 - r.y0)):
        part = ground[r.y0 : r.y1, r.x0 : r.x1]
        middle = np.median(part[::8, ::8].reshape(-1, 3), axis=0)
        edge = min(window, (r.y1 - r.y0) // 4, (r.x1 - r.x0) // 4)
        for side in (np.s_[:edge], np.s_[-edge:], np.s_[:, :edge], np.s_[:, -edge:]) if edge else ():
            part[side] = middle
    return ground
