"""From a picture to the ink of its curves: the ground, what stands out from it, and the ruled lines among that."""

from dataclasses import dataclass

import numpy as np

from viewer.reading.ground import Rect, find_ground, widest

NEAR_SHARE = 0.16  # of the picture's longer side: a stroke counts by the strongest one so near; grids are fainter
SOLID_FROM_PX = 500  # in smaller pictures a trace may be as thick as anything
SOLID_SHARE = 0.02  # of the longer side: thicker than most traces' noise
RAGGED = 0.12  # of the rows just above and below a filled area that peaks of noise take
BANDS = 22  # in which a grid's columns are looked for
STEEP_STEPS = 5
BESIDE = 0.85  # of the higher one's rows, that two panels share which stand beside one another
BETWEEN = 0.1  # of the width of both: they are no further apart
EDGE_PX = 3
FAINTEST = 14.0  # of 255
RULE_SHARE = 0.035  # of the picture's longer side: vertical strokes longer than this may be ruled lines
RULE_PX = 24
ROW_STRENGTH = 0.5
RULE_STRENGTHS, FLAT_STRENGTH = (0.15, 0.35), 0.8  # of the neighbourhood's strongest stroke


@dataclass(frozen=True, eq=False)
class Ink:
    """What stands out from a picture's ground. All (rows, columns).

    ``strength``: 0..255; ``near``: the strongest stroke round each place; ``upright``, ``flat``: lines of grids, frames
    and tables (flat ones only where they are fainter than traces: a flat trace is a horizontal line as well).
    ``ground``: uint8 RGB; ``panels``: rectangles whose ground is not the page's. ``curves``: bool, what a network tells
    to be curves; None where none was asked.
    """

    strength: np.ndarray
    near: np.ndarray
    floor: float
    upright: np.ndarray
    flat: np.ndarray
    ground: np.ndarray
    panels: tuple[Rect, ...]
    curves: np.ndarray | None = None

    def mask(self, share: float) -> np.ndarray:
        """Return where curves, words and horizontal lines are: strokes of at least ``share`` of the strongest near.

        Steep strokes are fainter than level ones: from both ends half of it will do.
        """
        import cv2

        mask = _over(self.strength, self.near, share, self.floor)
        weak = _over(self.strength, self.near, share / 2, self.floor)
        weak &= 1 - self.upright
        for _ in range(STEEP_STEPS):
            mask |= cv2.dilate(mask, np.ones((9, 3), np.uint8)).astype(np.uint8) & weak
        kept = mask & (1 - _solid(mask)) & (1 - self.upright) & (1 - self.flat)
        wide = cv2.morphologyEx(kept, cv2.MORPH_CLOSE, np.ones((1, 9), np.uint8)) & self.upright
        tall = cv2.morphologyEx(kept, cv2.MORPH_CLOSE, np.ones((9, 1), np.uint8)) & self.flat
        return (kept | wide | tall).astype(bool)  # a curve goes on through a line


def _over(strength: np.ndarray, near: np.ndarray, share: float, floor: float) -> np.ndarray:
    """Return where strokes are stronger than a share of the strongest near, and than the floor: uint8 (1, else 0)."""
    least = np.maximum(near * np.float32(share), np.float32(floor)).astype(np.uint8)  # whole numbers: cut off is enough
    return (strength > least).view(np.uint8)


def find_ink(shown: np.ndarray) -> Ink:
    """Return what is drawn on a picture, uint8 (rows, columns) or (rows, columns, 3), dark or light its ground."""
    import cv2

    colour = cv2.cvtColor(shown, cv2.COLOR_GRAY2RGB) if shown.ndim == 2 else shown
    ground, panels, edges = find_ground(colour)
    apart = cv2.absdiff(colour, ground)
    strength = widest(apart)
    strength[edges] = 0
    for r in (*_ends(panels), *_gaps(panels)):  # a sweep ends at its panel's, and does not go on in the next
        strength[r.y0 : r.y1, r.x0 : r.x1] = 0
    near = _strongest_near(strength)
    for r in panels:
        own = float(np.percentile(strength[r.y0 : r.y1 : 3, r.x0 : r.x1 : 3], 99.5))
        near[r.y0 : r.y1, r.x0 : r.x1] = max(own, FAINTEST)
    noise = 1.4826 * float(np.median(apart[::3, ::3].mean(2)))
    floor = max(FAINTEST, 4 * noise, 0.12 * float(near.max()))
    upright, flat = _rules(strength, near, floor)
    grid = _grid_columns(strength, near) | _panel_grids(strength, near, panels)
    return Ink(np.where(grid, 0, strength), near, floor, upright, flat, ground, panels)


def _ends(panels: tuple[Rect, ...]) -> list[Rect]:
    """Return the panels' left and right edges: where a frame ties a sweep to the lines above and below it."""
    return [Rect(max(0, x - EDGE_PX), r.y0, x + EDGE_PX, r.y1) for r in panels for x in (r.x0, r.x1)]


def _gaps(panels: tuple[Rect, ...]) -> list[Rect]:
    """Return what lies between panels that stand beside one another."""
    found = []
    for left in panels:
        for right in panels:
            y0, y1 = max(left.y0, right.y0), min(left.y1, right.y1)
            beside = y1 - y0 > BESIDE * max(left.y1 - left.y0, right.y1 - right.y0)
            if beside and 0 <= right.x0 - left.x1 <= BETWEEN * (right.x1 - left.x0):
                found.append(Rect(left.x1, y0, right.x0, y1))
    return found


def _grid_columns(strength: np.ndarray, near: np.ndarray) -> np.ndarray:
    """Return the pixels of a grid's vertical lines, fainter than traces, however finely they are drawn.

    In a band of rows a column's median is the line's own strength: traces cross a column in few rows. A grid's lines go
    on into the next band, and there are others as strong.
    """
    import cv2

    rows, columns = strength.shape
    band = max(24, rows // BANDS)
    count = rows // band
    if count < 2:
        return np.zeros(strength.shape, bool)
    bands = strength[: count * band].reshape(count, band, columns)[:, ::3]
    level = np.sort(bands, axis=1)[:, bands.shape[1] // 2].astype(np.float32)  # (bands, columns)
    trace = near[band // 2 : count * band : band][:count]
    line = (level > 6) & (level < FLAT_STRENGTH * trace)
    on = np.zeros_like(line)
    on[1:] |= line[1:] & line[:-1] & (np.abs(level[1:] - level[:-1]) < 0.3 * level[1:] + 4)
    on[:-1] |= on[1:] & line[:-1]
    for b in range(count):
        at = np.flatnonzero(on[b])
        others = np.array([(np.abs(level[b, at] - level[b, c]) <= 0.25 * level[b, c] + 2).sum() for c in at])
        on[b, at] = others >= 4 if len(at) else False
    own = np.repeat(np.where(on, level * 1.3 + 8, 0.0), band, axis=0)
    own = cv2.copyMakeBorder(own, 0, rows - count * band, 0, 0, cv2.BORDER_REPLICATE)
    return cv2.dilate(own, np.ones((1, 3), np.uint8)) >= np.maximum(strength, 1)


def _panel_grids(strength: np.ndarray, near: np.ndarray, panels: tuple[Rect, ...]) -> np.ndarray:
    """Return the pixels of the grids in upright rectangular panels: columns, then rows, of one strength each."""
    import cv2

    grid = np.zeros(strength.shape, bool)
    for r in panels:
        part = strength[r.y0 : r.y1, r.x0 : r.x1]
        trace = float(near[r.y0 : r.y1, r.x0 : r.x1].max())
        columns = _lines(np.median(part[::2], axis=0), 6.0, FLAT_STRENGTH * trace, 4)
        if np.count_nonzero(columns) < 4:
            continue
        rows = _lines(np.median(part[:, ::4], axis=1), 6.0, ROW_STRENGTH * trace, 6)
        level = np.maximum(cv2.dilate(columns[None], np.ones((1, 3), np.uint8)), rows[:, None])
        grid[r.y0 : r.y1, r.x0 : r.x1] = part <= level
    return grid


def _lines(level: np.ndarray, least: float, most: float, others: int) -> np.ndarray:
    """Return the strength up to which a pixel of each line is the grid's, 0 where there is no line.

    ``level``: each column's (or row's) median; a line has ``others`` as strong.
    """
    at = np.flatnonzero((level > least) & (level < most))
    own = np.zeros(len(level), np.float32)
    for c in at:
        if (np.abs(level[at] - level[c]) <= 0.25 * level[c] + 2).sum() > others:
            own[c] = 1.3 * level[c] + 8
    return own


def _strongest_near(strength: np.ndarray) -> np.ndarray:
    """Return the strongest stroke round each place, smoothed: found at a quarter of the resolution."""
    import cv2

    rows, columns = strength.shape
    reach = max(7, round(NEAR_SHARE * max(rows, columns) / 4)) | 1
    peaks = cv2.dilate(strength, np.ones((5, 5), np.uint8))[::4, ::4]
    near = cv2.blur(cv2.dilate(peaks, np.ones((reach, reach), np.uint8)), (reach, reach))
    return cv2.resize(near, (columns, rows), interpolation=cv2.INTER_LINEAR).astype(np.float32)


def _solid(mask: np.ndarray) -> np.ndarray:
    """Return filled areas (buttons, bars, corners of panels): too thick for any stroke, with nothing just beside them.

    The noise of a trace may fill as much, but its peaks stand out all along.
    """
    import cv2

    if max(mask.shape) < SOLID_FROM_PX:
        return np.zeros_like(mask)
    side = max(17, round(SOLID_SHARE * max(mask.shape)))
    core = cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((side, side), np.uint8))
    filled = cv2.dilate(core, np.ones((5, 5), np.uint8))
    count, parts = cv2.connectedComponents(filled, connectivity=8)
    if count < 2:
        return filled
    reach = 2 * (side // 2) + 1
    near = cv2.dilate(parts.astype(np.uint16), np.ones((reach, 5), np.uint8))  # the rows above and below each
    around = near * (filled == 0)
    room = np.bincount(around.ravel(), minlength=count)
    peaks = np.bincount(around[mask > 0], minlength=count)
    ragged = peaks > RAGGED * np.maximum(room, 1)
    ragged[0] = True
    return (~ragged[parts]).astype(np.uint8)


def _ruled(faint: np.ndarray, strength: np.ndarray, crossed: np.ndarray | None = None) -> np.ndarray:
    """Return the pixels (1, else 0) of the vertical lines of grids, frames and tables; transpose for horizontal ones.

    A ruled line is straight, and there is another from the same row to the same row; both end on horizontal lines, or
    many stand at even distances. Deflections of one unit are alike too, but end in the open and where they like.
    Where lines ``crossed`` are given, it crosses three of them (flat sweeps stand at even distances as well).
    """
    import cv2

    length = max(RULE_PX, round(RULE_SHARE * max(faint.shape)))
    joined = cv2.morphologyEx(faint, cv2.MORPH_CLOSE, np.ones((3, 1), np.uint8))
    lines = cv2.morphologyEx(joined, cv2.MORPH_OPEN, np.ones((length, 1), np.uint8))
    count, _, stats, _ = cv2.connectedComponentsWithStats(lines, connectivity=4)
    if count < 3:
        return np.zeros_like(faint)
    across = cv2.dilate(cv2.morphologyEx(faint, cv2.MORPH_OPEN, np.ones((1, 25), np.uint8)), np.ones((7, 3), np.uint8))
    left, top, width, height, area = stats.T
    straight = (width <= np.maximum(3, 0.05 * height)) & (area >= 0.6 * width * height)
    own = np.flatnonzero(straight)
    own = own[own > 0]
    ends, middle = top + height - 1, left + width // 2
    tied = across[top, middle].astype(bool) & across[ends, middle].astype(bool)
    levels = np.zeros(count, np.float32)
    ruled = np.zeros(count, bool)
    for line in own:
        levels[line] = np.median(strength[top[line] : ends[line] + 1, middle[line]])
    for line in own:
        twins = own[(np.abs(top[own] - top[line]) <= 2) & (np.abs(ends[own] - ends[line]) <= 2)]
        ruled[line] = (len(twins) >= 2 and tied[line]) or _even(middle[twins])
        if crossed is not None and ruled[line]:
            along = crossed[top[line] : ends[line] + 1, max(0, left[line] - 1) : left[line] + width[line] + 1].any(1)
            ruled[line] = np.count_nonzero(np.diff(along.astype(np.int8)) == 1) >= 3
    found = np.zeros_like(faint)
    for line in np.flatnonzero(ruled):
        place = np.s_[top[line] : ends[line] + 1, max(0, left[line] - 1) : left[line] + width[line] + 1]
        alike = own[ruled[own] & (np.abs(top[own] - top[line]) <= 2) & (np.abs(ends[own] - ends[line]) <= 2)]
        level = min(levels[line], float(np.median(levels[alike])))
        found[place] |= strength[place] <= 1.35 * level + 10  # a trace that runs on a line is stronger than it
    return found


def _even(places: np.ndarray) -> bool:
    """Whether four or more lines stand at even distances, but for one in five (a line may be missing)."""
    if len(places) < 4:
        return False
    gaps = np.diff(np.sort(places))
    step = float(np.median(gaps))
    off = np.abs(gaps / step - np.round(gaps / step)) * step
    return step >= 6 and float((off <= max(1.5, 0.06 * step)).mean()) >= 0.8


def _rules(strength: np.ndarray, near: np.ndarray, floor: float) -> tuple[np.ndarray, np.ndarray]:
    """Return where vertical and horizontal lines are, uint8 (1, else 0)."""

    upright, flat = np.zeros_like(strength), np.zeros_like(strength)
    for share in RULE_STRENGTHS:  # finer lines of a grid drown the coarse ones at one, the coarse ones break at another
        faint = _over(strength, near, share, floor)
        upright |= _ruled(faint, strength)
        across = np.ascontiguousarray(upright.T)
        flat |= np.ascontiguousarray(_ruled(np.ascontiguousarray(faint.T), strength.T, across).T)
    fainter = (strength < near * np.float32(FLAT_STRENGTH)).astype(np.uint8)
    return upright, flat & fainter
