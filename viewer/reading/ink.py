"""From a picture to the ink of its curves: the ground, what stands out from it, and the ruled lines among that."""

from dataclasses import dataclass

import numpy as np

from viewer.reading.ground import Rect, find_ground

NEAR_SHARE = 0.16  # of the picture's longer side: a stroke counts by the strongest one so near; grids are fainter
SOLID_SHARE = 0.02  # of the longer side: thicker than any trace's noise
FAINTEST = 14.0  # of 255
RULE_SHARE = 0.035  # of the picture's longer side: vertical strokes longer than this may be ruled lines
RULE_PX = 24
RULE_STRENGTHS, FLAT_STRENGTH = (0.15, 0.35), 0.8  # of the neighbourhood's strongest stroke


@dataclass(frozen=True, eq=False)
class Ink:
    """What stands out from a picture's ground. All (rows, columns).

    ``strength``: 0..255; ``near``: the strongest stroke round each place; ``upright``, ``flat``: lines of grids, frames
    and tables (flat ones only where they are fainter than traces: a flat trace is a horizontal line as well).
    ``ground``: uint8 RGB; ``panels``: rectangles whose ground is not the page's.
    """

    strength: np.ndarray
    near: np.ndarray
    floor: float
    upright: np.ndarray
    flat: np.ndarray
    ground: np.ndarray
    panels: tuple[Rect, ...]

    def mask(self, share: float) -> np.ndarray:
        """Return where curves, words and horizontal lines are: strokes of at least ``share`` of the strongest near."""
        import cv2

        mask = (self.strength > np.maximum(self.near * np.float32(share), np.float32(self.floor))).astype(np.uint8)
        mask &= 1 - _solid(mask)
        kept = mask & (1 - self.upright) & (1 - self.flat)
        wide = cv2.morphologyEx(kept, cv2.MORPH_CLOSE, np.ones((1, 9), np.uint8)) & self.upright
        tall = cv2.morphologyEx(kept, cv2.MORPH_CLOSE, np.ones((9, 1), np.uint8)) & self.flat
        return (kept | wide | tall).astype(bool)  # a curve goes on through a line


def find_ink(shown: np.ndarray) -> Ink:
    """Return what is drawn on a picture, uint8 (rows, columns) or (rows, columns, 3), dark or light its ground."""
    import cv2

    colour = cv2.cvtColor(shown, cv2.COLOR_GRAY2RGB) if shown.ndim == 2 else shown
    ground, panels, edges = find_ground(colour)
    apart = cv2.absdiff(colour, ground)
    strength = apart.max(2)
    strength[edges] = 0
    near = _strongest_near(strength)
    for r in panels:
        own = float(np.percentile(strength[r.y0 : r.y1 : 3, r.x0 : r.x1 : 3], 99.5))
        near[r.y0 : r.y1, r.x0 : r.x1] = max(own, FAINTEST)
    noise = 1.4826 * float(np.median(apart[::3, ::3].mean(2)))
    floor = max(FAINTEST, 4 * noise, 0.12 * float(near.max()))
    return Ink(strength, near, floor, *_rules(strength, near, floor), ground, panels)


def _strongest_near(strength: np.ndarray) -> np.ndarray:
    """Return the strongest stroke round each place, smoothed: found at a quarter of the resolution."""
    import cv2

    rows, columns = strength.shape
    reach = max(7, round(NEAR_SHARE * max(rows, columns) / 4)) | 1
    peaks = cv2.dilate(strength, np.ones((5, 5), np.uint8))[::4, ::4]
    peaks = cv2.morphologyEx(peaks, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    near = cv2.blur(cv2.dilate(peaks, np.ones((reach, reach), np.uint8)), (reach, reach))
    return cv2.resize(near, (columns, rows), interpolation=cv2.INTER_LINEAR).astype(np.float32)


def _solid(mask: np.ndarray) -> np.ndarray:
    """Return filled areas (buttons, bars, corners of panels): too thick for any stroke."""
    import cv2

    side = max(17, round(SOLID_SHARE * max(mask.shape)))
    core = cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((side, side), np.uint8))
    return cv2.dilate(core, np.ones((5, 5), np.uint8))


def _ruled(faint: np.ndarray) -> np.ndarray:
    """Return the vertical lines (1, else 0) of grids, frames and tables; transpose for horizontal ones.

    A ruled line is straight, and there is another from the same row to the same row; both end on horizontal lines, or
    many stand at even distances. Deflections of one unit are alike too, but end in the open and where they like.
    """
    import cv2

    length = max(RULE_PX, round(RULE_SHARE * max(faint.shape)))
    joined = cv2.morphologyEx(faint, cv2.MORPH_CLOSE, np.ones((3, 1), np.uint8))
    lines = cv2.morphologyEx(joined, cv2.MORPH_OPEN, np.ones((length, 1), np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(lines, connectivity=4)
    if count < 3:
        return np.zeros_like(faint)
    across = cv2.dilate(cv2.morphologyEx(faint, cv2.MORPH_OPEN, np.ones((1, 25), np.uint8)), np.ones((7, 3), np.uint8))
    left, top, width, height, area = stats.T
    straight = (width <= np.maximum(3, 0.05 * height)) & (area >= 0.6 * width * height)
    own = np.flatnonzero(straight)
    own = own[own > 0]
    ends, middle = top + height - 1, left + width // 2
    tied = across[top, middle].astype(bool) & across[ends, middle].astype(bool)
    ruled = np.zeros(count, bool)
    for line in own:
        twins = own[(np.abs(top[own] - top[line]) <= 2) & (np.abs(ends[own] - ends[line]) <= 2)]
        ruled[line] = (len(twins) >= 2 and tied[line]) or _even(middle[twins])
    return ruled[labels].astype(np.uint8)


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
    import cv2

    upright, flat = np.zeros_like(strength), np.zeros_like(strength)
    for share in RULE_STRENGTHS:  # finer lines of a grid drown the coarse ones at one, the coarse ones break at another
        faint = (strength > np.maximum(near * np.float32(share), np.float32(floor))).astype(np.uint8)
        upright |= _ruled(faint)
        flat |= np.ascontiguousarray(_ruled(np.ascontiguousarray(faint.T)).T)
    fainter = (strength < near * np.float32(FLAT_STRENGTH)).astype(np.uint8)
    return cv2.dilate(upright, np.ones((1, 3), np.uint8)), cv2.dilate(flat, np.ones((3, 1), np.uint8)) & fainter
