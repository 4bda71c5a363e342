"""How far apart a screen's divisions are: from the grid's upright lines, or from dots, crosses and ticks at them."""

import numpy as np

COUNTS = (5, 6, 7, 8, 10, 12, 14, 15, 16, 20)  # divisions that screens have
COMB = np.linspace(0.955, 1.045, 19)  # of the sweeps' width over their count, that a grid may have
LEAST_PX = 12  # of a division
BESIDE = 6  # pixels beyond the sweeps' ends that are looked at
LINE_STEP, LINE_LEVEL = 3, 6  # pixels to both sides of a line, and by how much it differs from them (of 255)
GRID_STRENGTH, GRID_CLEAR = 0.08, 5.0  # share of its rows in which a line is seen, and how far that is over chance
AS_STRONG = 0.85
SPECK_PX, SPECK_SHARE = 13, 0.014  # a speck is no larger: pixels, share of the sweeps' width
SPECK_LEVEL, SPECK_NOISE = 8.0, 3.0  # of 255 from what is round it; times what the picture's grain differs
IN_ROW, ROW_PX = 3, 2.0  # specks at one height, to so many pixels, are a row
ROWS, SPECKS = 2, 8  # of specks at the least
ON_COMB, FILLED = 0.6, 0.6  # of the specks on a comb's teeth, and of its teeth with a speck


def grid_px(shown: np.ndarray, first: float, last: float) -> float | None:
    """Return the distance of the grid's upright lines between two columns, None where none are plain.

    Thin upright lines are counted by column, and each usual count of divisions is laid over them as a comb. It costs a
    hundredth of ``viewer.study.grid.find_grid``, which needs no sweeps, and finds fainter and coloured grids.
    """
    from scipy.ndimage import maximum_filter1d, median_filter

    piece = _between(shown, first, last).astype(np.int16)
    if piece.shape[1] < 8 * LINE_STEP:
        return None
    middle = piece[:, LINE_STEP:-LINE_STEP]
    left, right = middle - piece[:, : -2 * LINE_STEP], middle - piece[:, 2 * LINE_STEP :]
    thin = (np.minimum(np.abs(left), np.abs(right)) > LINE_LEVEL) & ((left > 0) == (right > 0))
    level = np.pad(thin.mean(0), LINE_STEP)
    wide = maximum_filter1d(np.maximum(level - median_filter(level, 31), 0), 3)
    found: list[tuple[float, float]] = []
    for px in _distances(last - first):
        phases = np.arange(int(px))
        teeth = np.rint(np.arange(int((len(wide) - 1) / px))[:, None] * px).astype(int) + phases
        held = np.sort(wide[np.minimum(teeth, len(wide) - 1)], axis=0)[int(0.4 * len(teeth))]
        best = int(held.argmax())
        away = np.abs(phases - best)
        others = held[np.minimum(away, len(phases) - away) > 3]
        chance = float(others.max(initial=0.0))
        strength = float(held[best]) - chance
        if strength > max(GRID_STRENGTH, GRID_CLEAR * chance):
            found.append((strength, px))
    strongest = max((s for s, _ in found), default=0.0)
    return min((px for s, px in found if s >= AS_STRONG * strongest), default=None)


def dots_px(shown: np.ndarray, first: float, last: float) -> float | None:
    """Return the distance of a grid's dots, small crosses or ticks between two columns, None where none are plain.

    Such a mark stands alone, and in rows: those of all rows must lie on one comb, and fill it.
    """
    rows = _rows(_specks(_between(shown, first, last)))
    if len(rows) < ROWS or sum(len(r) for r in rows) < SPECKS:
        return None
    places = np.concatenate(rows)
    best: tuple[float, float] | None = None
    for px in _distances(last - first):
        counts = np.bincount((places % px).astype(int), minlength=int(px) + 1)
        phase = int((counts + np.roll(counts, 1) + np.roll(counts, -1)).argmax()) + 0.5

        def on_comb(x: np.ndarray, px: float = px, phase: float = phase) -> np.ndarray:
            return np.abs((x - phase + px / 2) % px - px / 2) < min(2.5, 0.06 * px) + 0.5

        on = on_comb(places)
        if on.sum() < max(SPECKS, ON_COMB * len(places)):
            continue
        teeth = len(np.unique(np.round((places[on] - phase) / px)))
        filled = min(1.0, teeth / max(3.0, (last - first) / px - 1))
        full = sum(int(on_comb(r).sum()) >= IN_ROW for r in rows)
        score = float(on.mean() * filled)
        if filled > FILLED and full >= ROWS and (best is None or score > 1.02 * best[0]):
            best = score, px
    return None if best is None else best[1]


def _distances(wide: float) -> list[float]:
    """Return the distances of divisions that sweeps of such a width may have."""
    return [float(px) for count in COUNTS for px in wide / count * COMB if px >= LEAST_PX]


def _between(shown: np.ndarray, first: float, last: float) -> np.ndarray:
    """Return the brightness (rows, columns) uint8 between two columns and a little beside them."""
    import cv2

    piece = np.ascontiguousarray(shown[:, max(0, int(first) - BESIDE) : int(last) + BESIDE])
    return piece if piece.ndim == 2 else cv2.cvtColor(piece, cv2.COLOR_RGB2GRAY)


def _specks(piece: np.ndarray) -> np.ndarray:
    """Return the middles (n, 2), column and row, of what is small and stands alone."""
    import cv2

    if min(piece.shape) < SPECK_PX:
        return np.zeros((0, 2))
    off = cv2.absdiff(piece, cv2.medianBlur(piece, 5))
    least = max(SPECK_LEVEL, SPECK_NOISE * float(np.percentile(off[::3, ::3], 90)))
    grown = cv2.dilate((off > least).astype(np.uint8), np.ones((3, 3), np.uint8))
    _, _, stats, middles = cv2.connectedComponentsWithStats(grown, connectivity=8)
    sizes = np.maximum(stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT])
    small = sizes <= max(SPECK_PX, SPECK_SHARE * piece.shape[1])
    small[0] = False  # the ground
    return middles[small]


def _rows(specks: np.ndarray) -> list[np.ndarray]:
    """Return the columns of the specks of each row of them, each speck in one row."""
    ys, used, rows = specks[:, 1], np.zeros(len(specks), bool), []
    near = np.array([(np.abs(ys - y) <= ROW_PX).sum() for y in ys], int)
    for i in np.argsort(-near, kind="stable"):
        own = (np.abs(ys - ys[i]) <= ROW_PX) & ~used
        if near[i] < IN_ROW:
            break
        if own.sum() >= IN_ROW:
            used |= own
            rows.append(specks[own, 0])
    return rows
