"""The ground that curves are drawn on: a page, and panels of other colours on it."""

from dataclasses import dataclass

import numpy as np

WINDOW_PX = 41  # of the ground's median, at half resolution: wider than any stroke, narrower than a panel
SMALL_PX = 330
ALIKE = 18  # of 255: grounds nearer than this in every channel are one
SPREAD = 30  # of a panel's ground in its pixels: JPEG, fine grids
LEAST_GROUND, LEAST_PANEL = 0.01, 0.004  # of the picture's area
STROKE_PX = 5  # at half resolution: strokes in a panel are bridged
RECTANGULAR = 0.8  # share of its bounds that a panel fills
ONE_GROUND = (
    0.5  # of the pixels have one colour: what the median finds besides may be a trace as thick as noise makes it
)
THROUGH = 0.9  # of a column, that the page between two panels takes
ROUND_PX, PAGE_SHARE = 6, 0.4  # of what is so near to a panel has the page's ground,
PAGE_INSIDE = 0.3  # and of what is within at most so much
GAP_PX, LEAST_PX = 3, 24  # between panels beside one another, and a panel, at the least
CAPTION_PX = 10  # between panels under one another there is room for words
RAGGED_PX, GRADUAL_PX, PARTLY = 24, 4, (0.08, 0.6)  # rows at a thick trace's edge that it partly fills
BAND = 0.85  # of its bounds that a bar or a button fills; noise has ragged edges


@dataclass(frozen=True)
class Rect:
    """Pixels: columns ``x0`` to ``x1``, rows ``y0`` to ``y1``, the ends not in it."""

    x0: int
    y0: int
    x1: int
    y1: int


def find_ground(colour: np.ndarray) -> tuple[np.ndarray, tuple[Rect, ...], np.ndarray]:
    """Return each pixel's ground, uint8 (rows, columns, 3), the panels of other grounds, and where grounds meet askew.

    The ground is the median round a place. Near a panel's edge that is wrong, so that panels are looked for as
    rectangles of one colour, and each side of their edges gets its own ground.
    """
    import cv2

    rows, columns = colour.shape[:2]
    half = cv2.resize(colour, (max(1, columns // 2), max(1, rows // 2)), interpolation=cv2.INTER_NEAREST)
    common = _grounds(colour if max(rows, columns) < SMALL_PX else half)
    if max(rows, columns) < SMALL_PX:  # a cut-out: one ground
        values = colour.reshape(-1, 3)
        ground = np.empty_like(colour)
        ground[:] = common[0] if common else np.median(values, axis=0)
        return ground, (), np.zeros((rows, columns), bool)
    window = min(WINDOW_PX, max(3, min(half.shape[:2]) // 2)) | 1
    reach = window // 2  # a frame at the picture's own edge must not count for more than it is
    wider = cv2.copyMakeBorder(half, reach, reach, reach, reach, cv2.BORDER_REFLECT_101)
    blurred = cv2.merge([cv2.medianBlur(np.ascontiguousarray(wider[..., c]), window) for c in range(3)])
    blurred = np.ascontiguousarray(blurred[reach:-reach, reach:-reach])
    if common and _like(half, common[0]).mean() > 255 * ONE_GROUND:
        blurred[_traces_in(blurred, common[0])] = common[0]
    ground = cv2.resize(blurred, (columns, rows), interpolation=cv2.INTER_NEAREST)
    panels = _panels(colour, half, common)
    edges = _edge_zone(blurred, rows, columns)
    for r in panels:  # the edges of upright rectangles are known exactly
        edges[max(0, r.y0 - 2 * window) : r.y1 + 2 * window, max(0, r.x0 - 2 * window) : r.x1 + 2 * window] = False
    return _mended(ground, colour, panels, 2 * window), panels, edges


def widest(apart: np.ndarray) -> np.ndarray:
    """Return the largest of three channels (..., 3): ten times as fast as numpy's maximum over so short an axis."""
    return np.maximum(np.maximum(apart[..., 0], apart[..., 1]), apart[..., 2])


def _like(colour: np.ndarray, ground: np.ndarray) -> np.ndarray:
    """Return where a picture is about as a ground, 255 there, else 0."""
    import cv2

    low, high = (np.clip(np.round(ground + d), 0, 255) for d in (-ALIKE, ALIKE))
    return cv2.inRange(colour, low, high)


def _traces_in(blurred: np.ndarray, common: np.ndarray) -> np.ndarray:
    """Return where the median took a trace for ground: parts of another colour that are no rectangles (half size)."""
    import cv2

    other = 255 - _like(blurred, common)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(other, connectivity=4)
    top, height = stats[:, cv2.CC_STAT_TOP], stats[:, cv2.CC_STAT_HEIGHT]
    ragged = stats[:, cv2.CC_STAT_AREA] < BAND * stats[:, cv2.CC_STAT_WIDTH] * height
    ragged &= (top > 0) & (top + height < len(other))  # what reaches there is the frame round the sweeps
    ragged[0] = False
    return ragged[labels] if ragged.any() else np.zeros(labels.shape, bool)


def _grounds(half: np.ndarray) -> list[np.ndarray]:
    """Return the colours that fill much of a picture, the commonest first."""
    values = half[::2, ::2].reshape(-1, 3).astype(np.int32)
    coarse = (values >> 3) @ (1024, 32, 1)
    left = np.ones(len(values), bool)
    found = []
    for _ in range(8):
        counts = np.bincount(coarse[left], minlength=1)
        common = values[(coarse == counts.argmax()) & left]
        middle = np.median(common, axis=0)
        own = widest(np.abs(values - middle)) <= ALIKE
        if (own & left).sum() < LEAST_GROUND * len(values):
            break
        found.append(middle)
        left &= ~own
        if not left.any():
            break
    return found


def _panels(colour: np.ndarray, half: np.ndarray, grounds: list[np.ndarray]) -> tuple[Rect, ...]:
    """Return the upright rectangles of one ground; two that only a thick trace parts are one."""
    import cv2

    rows, columns = half.shape[:2]
    found: list[Rect] = []
    for ground in grounds:
        low, high = (np.clip(ground + d, 0, 255) for d in (-SPREAD, SPREAD))
        own = cv2.morphologyEx(cv2.inRange(half, low, high), cv2.MORPH_CLOSE, np.ones((STROKE_PX, STROKE_PX), np.uint8))
        _, _, stats, _ = cv2.connectedComponentsWithStats(own, connectivity=4)
        parts = []
        for x, y, w, h, area in stats[1:]:
            whole = w > 0.97 * columns and h > 0.97 * rows
            if area >= LEAST_PANEL * rows * columns and area >= RECTANGULAR * w * h and min(w, h) >= 12 and not whole:
                parts.append(Rect(2 * int(x), 2 * int(y), 2 * int(x + w), 2 * int(y + h)))
        others = [g for g in grounds if g is not ground]
        found += [own for r in _together(parts, colour, others) for own in _parted(r, colour, ground, others)]
    kept: list[Rect] = []
    for r in found:  # a fine grid's lines, and its ground, are two grounds of one panel
        if not any(max(abs(r.x0 - k.x0), abs(r.x1 - k.x1), abs(r.y0 - k.y0), abs(r.y1 - k.y1)) <= 12 for k in kept):
            kept.append(r)
    return tuple(kept)


def _together(parts: list[Rect], colour: np.ndarray, others: list[np.ndarray]) -> list[Rect]:
    """Join rectangles under one another between which there is none of the other grounds."""
    joined: list[Rect] = []
    for r in sorted(parts, key=lambda r: r.y0):
        for i, above in enumerate(joined):
            if max(abs(above.x0 - r.x0), abs(above.x1 - r.x1)) > 8 or not 0 < r.y0 - above.y1 < 0.12 * len(colour):
                continue
            between = colour[above.y1 + 2 : r.y0 - 2, r.x0 : r.x1 : 4].astype(np.int16)
            page = [np.abs(between - g).max(2) <= ALIKE for g in others]
            parts_them = r.y0 - above.y1 >= CAPTION_PX and any(p.size and p.mean(1).max() > 0.5 for p in page)
            if not parts_them or _is_ragged(colour, above, r, others):
                joined[i] = Rect(min(above.x0, r.x0), above.y0, max(above.x1, r.x1), r.y1)
                break
        else:
            joined.append(r)
    return joined


def _is_ragged(colour: np.ndarray, above: Rect, below: Rect, others: list[np.ndarray]) -> bool:
    """Whether what parts two rectangles is as thick as noise makes a trace: it begins and ends gradually."""
    y0, y1 = max(above.y0, above.y1 - RAGGED_PX), min(below.y1, below.y0 + RAGGED_PX)
    strip = np.ascontiguousarray(colour[y0:y1, below.x0 : below.x1 : 2])
    for ground in others:
        share = _like(strip, ground).mean(1) / 255  # of each row
        if share[above.y1 - y0 : below.y0 - y0].mean() < PARTLY[1]:
            continue
        partly = (share > PARTLY[0]) & (share < PARTLY[1])
        first, last = np.flatnonzero(share >= PARTLY[1])[[0, -1]]
        if min(np.count_nonzero(partly[:first]), np.count_nonzero(partly[last:])) >= GRADUAL_PX:
            return True
    return False


def _parted(rect: Rect, colour: np.ndarray, ground: np.ndarray, others: list[np.ndarray]) -> list[Rect]:
    """Part a rectangle where the ground round it goes through it from top to bottom: the page between two panels."""
    x0, y0 = max(0, rect.x0 - ROUND_PX), max(0, rect.y0 - ROUND_PX)
    ring = np.ones((rect.y1 + ROUND_PX - y0, rect.x1 + ROUND_PX - x0), bool)
    ring[rect.y0 - y0 : rect.y1 - y0, rect.x0 - x0 : rect.x1 - x0] = False
    round_it = colour[y0 : rect.y1 + ROUND_PX, x0 : rect.x1 + ROUND_PX]
    round_it = round_it[ring[: len(round_it), : round_it.shape[1]]][None]
    if not round_it.size:
        return [rect]
    inside = np.ascontiguousarray(colour[rect.y0 : rect.y1, rect.x0 : rect.x1])
    gaps: list[tuple[int, int]] = []
    for page in others:
        own = _like(inside, page) / 255
        far = widest(np.abs(page - ground)) > SPREAD and own.mean() < PAGE_INSIDE  # else it is the panel's ground too
        if far and _like(round_it, page).mean() > 255 * PAGE_SHARE:
            edges = np.flatnonzero(np.diff(np.r_[False, own.mean(0) > THROUGH, False].astype(np.int8)))
            gaps += zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)
    gaps = sorted((a, b) for a, b in gaps if b - a >= GAP_PX)
    starts, ends = [0, *(b for _, b in gaps)], [*(a for a, _ in gaps), rect.x1 - rect.x0]
    spans = [(a, b) for a, b in zip(starts, ends, strict=True) if b - a >= LEAST_PX]
    return [Rect(rect.x0 + a, rect.y0, rect.x0 + b, rect.y1) for a, b in spans]


def _edge_zone(blurred: np.ndarray, rows: int, columns: int) -> np.ndarray:
    """Return where the ground changes within a few pixels: the edges of a page or a panel that was photographed."""
    import cv2

    small = cv2.cvtColor(blurred[::2, ::2], cv2.COLOR_RGB2GRAY)
    change = cv2.morphologyEx(small, cv2.MORPH_GRADIENT, np.ones((5, 5), np.uint8)) > ALIKE
    return cv2.resize(change.astype(np.uint8), (columns, rows), interpolation=cv2.INTER_NEAREST).astype(bool)


def _mended(ground: np.ndarray, colour: np.ndarray, panels: tuple[Rect, ...], reach: int) -> np.ndarray:
    """Give each side of the panels' edges its own ground; where light falls unevenly the local one stands."""
    if not panels:
        return ground
    outside = np.ones(ground.shape[:2], bool)
    near = np.zeros(ground.shape[:2], bool)
    for r in panels:
        outside[r.y0 : r.y1, r.x0 : r.x1] = False
        near[max(0, r.y0 - reach) : r.y1 + reach, max(0, r.x0 - reach) : r.x1 + reach] = True
    page = colour[::4, ::4][outside[::4, ::4]]
    if len(page):
        near &= outside
        own = ground[near]
        middle = np.median(page, axis=0).astype(np.int16)
        own[widest(np.abs(own.astype(np.int16) - middle)) > ALIKE] = middle
        ground[near] = own
    for r in sorted(panels, key=lambda r: -(r.x1 - r.x0) * (r.y1 - r.y0)):
        part = ground[r.y0 : r.y1, r.x0 : r.x1]
        middle = np.median(colour[r.y0 : r.y1 : 4, r.x0 : r.x1 : 4].reshape(-1, 3), axis=0).astype(np.int16)
        part[widest(np.abs(part.astype(np.int16) - middle)) > ALIKE] = middle
    return ground
