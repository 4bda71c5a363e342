"""From ink to traces: each sweep's baseline, and how far its curve reaches above and below it in each column."""

from dataclasses import dataclass

import numpy as np

MOST_SEGMENTS = 80  # of flat ink in a part
PART_PX, PART_SHARE = 30, 0.03  # a connected part of a trace is at least so wide (pixels, share of the picture's width)
LEAST_SHARE = 0.12  # a trace is at least so wide, of the picture
GAP_PX = 7  # a cursor or a grid line cuts a trace so widely
WORD_PX, WORD_RUNS = 48, 1.3  # words: no higher, and more strokes in a column
ENDLESS, UNBROKEN = 8, 0.97  # but for one so many times as long as high with ink in such a share of its columns
COVERED = 0.3  # of its width a baseline has flat ink
WAVING_PX, WAVING_RUNS = 200, 1.15  # a curve without a resting baseline: so wide, one stroke in a column
STRAIGHT_PX = 0.4  # three quarters of a ruled line's columns are nearer to its fit


@dataclass(frozen=True, eq=False)
class Trace:
    """One sweep, from column ``x0`` on.

    ``base``, ``top``, ``bottom`` (columns,): rows of the baseline and of the curve's upper and lower end in a column.
    ``strokes`` (columns,): pieces of ink in a column. ``ruled``: as straight as a line of a table; ``thickness``: the
    resting curve's, in pixels.
    """

    x0: int
    base: np.ndarray
    top: np.ndarray
    bottom: np.ndarray
    strokes: np.ndarray
    ruled: bool
    thickness: float

    @property
    def x1(self) -> int:
        """The column after the last."""
        return self.x0 + len(self.base)

    @property
    def row(self) -> float:
        """The baseline's middle row."""
        return float(np.median(self.base))


def excursions(trace: Trace) -> tuple[np.ndarray, np.ndarray]:
    """Return how far a curve goes above and below its baseline in each column, the resting curve's stroke left out."""
    up, down = trace.base - trace.top, trace.bottom - trace.base
    return up - np.median(up), down - np.median(down)


def spread(values: np.ndarray) -> float:
    """Return the resting curve's standard deviation: from the least 30 % of deviations, where waves may fill half."""
    return float(np.quantile(np.abs(values - np.median(values)), 0.3)) / 0.385


@dataclass(frozen=True, eq=False)
class _Runs:
    """Vertical runs of ink: column, first and last row, and the connected part each belongs to."""

    x: np.ndarray
    y0: np.ndarray
    y1: np.ndarray
    part: np.ndarray

    def of(self, keep: np.ndarray) -> "_Runs":
        return _Runs(self.x[keep], self.y0[keep], self.y1[keep], self.part[keep])


@dataclass(frozen=True, eq=False)
class _Line:
    """A baseline from column ``x0`` on: rows, whether ruled, the ink's usual height."""

    x0: int
    rows: np.ndarray
    ruled: bool
    thickness: float


def find_traces(mask: np.ndarray) -> list[Trace]:
    """Return the traces in a mask of ink (rows, columns), bool, from the top down."""
    import cv2

    joined = cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((3, 5), np.uint8))
    _, labels, stats, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
    width, height = stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT]
    wide = width >= max(PART_PX, PART_SHARE * mask.shape[1])
    wide[0] = False
    letters = _of_letters(mask, labels, width)
    runs = _runs(joined.astype(bool) & wide[labels], labels)
    order = np.argsort(runs.part, kind="stable")
    cuts = np.flatnonzero(np.diff(runs.part[order])) + 1
    traces: list[Trace] = []
    for rows in np.split(order, cuts) if len(order) else ():
        part = runs.part[rows[0]]
        words = len(rows) > WORD_RUNS * width[part] or letters[part]
        if words and height[part] <= WORD_PX and not _goes_on(mask, labels, stats[part], part):
            continue
        own = runs.of(rows)
        traces += _curves(own, _baselines(own))
    least = LEAST_SHARE * mask.shape[1]
    return sorted((t for t in _joined(traces) if len(t.base) >= least), key=lambda t: t.row)


def _goes_on(mask: np.ndarray, labels: np.ndarray, bounds: np.ndarray, part: int) -> bool:
    """Whether a joined part is far longer than high, with ink in nearly every column: noise, not words."""
    x, y, w, h, _ = bounds
    if w < ENDLESS * h:
        return False
    place = np.s_[y : y + h, x : x + w]
    return bool((mask[place] & (labels[place] == part)).any(0).mean() > UNBROKEN)


def _of_letters(mask: np.ndarray, labels: np.ndarray, width: np.ndarray) -> np.ndarray:
    """Return which joined parts are words: several pieces as high as letters, none of them long."""
    import cv2

    count, pieces, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    rows, columns = np.zeros(count, int), np.zeros(count, int)
    ys, xs = np.nonzero(mask)
    rows[pieces[ys, xs]], columns[pieces[ys, xs]] = ys, xs
    part = labels[rows, columns]
    wide, tall = stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT]
    part[0] = 0
    like = (tall >= 5) & (wide <= 3 * tall) & (part > 0)
    longest = np.zeros(len(width), int)
    np.maximum.at(longest, part, wide)
    return (np.bincount(part[like], minlength=len(width)) >= 3) & (longest < 0.45 * width)


def _runs(mask: np.ndarray, labels: np.ndarray) -> _Runs:
    edges = np.diff(np.pad(mask, ((1, 1), (0, 0))).astype(np.int8), axis=0).T
    x, y0 = np.nonzero(edges == 1)
    _, after = np.nonzero(edges == -1)
    return _Runs(x, y0, after - 1, labels[y0, x])


def _baselines(runs: _Runs) -> list[_Line]:
    """Return a connected part's baselines; ink that lies on none of those found first may have its own.

    Where a grid's lines are in a part, its thin level strokes would otherwise hide a thicker trace.
    """
    lines = _level_lines(runs)
    if not any(line.ruled for line in lines):
        return lines
    at = np.stack([line.rows[runs.x - line.x0] for line in lines])
    off = np.minimum(np.abs(runs.y0 - at), np.abs(runs.y1 - at)).min(0)
    rest = runs.of((off > 2) | (runs.y1 - runs.y0 > 2 * max(line.thickness for line in lines) + 1))
    wide = int(np.ptp(runs.x)) + 1
    if len(np.unique(rest.x)) < 0.6 * wide:
        return lines
    x0, x1 = int(runs.x.min()), int(runs.x.max()) + 1
    for line in _level_lines(rest):
        if not line.ruled and len(line.rows) > 0.6 * wide:
            rows = np.pad(line.rows, (line.x0 - x0, x1 - line.x0 - len(line.rows)), "edge")
            lines.append(_Line(x0, rows, False, line.thickness))
    return lines


def _level_lines(runs: _Runs) -> list[_Line]:
    """Return long chains of flat ink at one height (or on one slant)."""
    heights = runs.y1 - runs.y0 + 1
    x0, x1 = int(runs.x.min()), int(runs.x.max()) + 1
    usual = float(np.median(heights))
    flat = runs.of(heights <= 2.5 * usual + 1)
    segments = sorted(_segments(flat, x0, x1), key=lambda s: -len(s[0]))[:MOST_SEGMENTS]
    lines = []
    while segments:
        chain = _chain(segments, (x1 - x0), usual)
        segments = [s for s in segments if not any(s is c for c in chain)]
        x = np.concatenate([c[0] for c in chain])
        if len(x) >= max(COVERED * (x1 - x0), PART_PX / 2):
            lines.append(_fitted(x, np.concatenate([c[1] for c in chain]), (x0, x1), usual))
    if not lines and not _is_text(runs, usual):  # a single wave that fills its picture
        middle = (runs.y0 + runs.y1) / 2
        counts = np.bincount(middle.astype(int))
        row = float(np.convolve(counts, np.ones(max(3, int(usual) | 1)), "same").argmax())
        lines.append(_Line(x0, np.full(x1 - x0, row), False, usual))
    if not lines and _is_waving(runs):
        slope, level = _line(runs.x, (runs.y0 + runs.y1) / 2)
        lines.append(_Line(x0, slope * np.arange(x0, x1) + level, False, usual))
    return lines


def _is_waving(runs: _Runs) -> bool:
    """Whether a part is one curve that never rests: wide, a stroke in each column, and no words."""
    wide = int(np.ptp(runs.x)) + 1
    return wide >= WAVING_PX and len(runs.x) <= WAVING_RUNS * wide and len(np.unique(runs.x)) >= 0.95 * wide


def _is_text(runs: _Runs, usual: float) -> bool:
    """Whether a part without a baseline is a word: as low as a line of text, with two strokes or more in a column."""
    tall, wide = int(runs.y1.max() - runs.y0.min()), int(np.ptp(runs.x)) + 1
    return tall < 0.5 * wide or len(runs.x) > 1.6 * wide or usual > 0.5 * tall


def _segments(flat: _Runs, x0: int, x1: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return (columns, rows) of each stretch of flat ink that hangs together over gaps of a few columns."""
    import cv2

    top = int(flat.y0.min()) - 2
    canvas = np.zeros((int(flat.y1.max()) - top + 3, x1 - x0), np.uint8)
    middle = (flat.y0 + flat.y1) / 2
    canvas[np.round(middle).astype(int) - top, flat.x - x0] = 1
    spread = cv2.dilate(canvas, np.ones((5, 9), np.uint8))
    _, labels = cv2.connectedComponents(spread, connectivity=8)
    own = labels[np.round(middle).astype(int) - top, flat.x - x0]
    order = np.lexsort((flat.x, own))
    cuts = np.flatnonzero(np.diff(own[order])) + 1
    pieces = np.split(order, cuts)
    return [(flat.x[p], middle[p]) for p in pieces if len(p) >= 12]


def _chain(
    segments: list[tuple[np.ndarray, np.ndarray]], width: int, usual: float
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return the longest segment with those that lie in its prolongation."""
    chain = [max(segments, key=lambda s: len(s[0]))]
    rest = [s for s in segments if s is not chain[0]]
    while True:
        x = np.concatenate([c[0] for c in chain])
        y = np.concatenate([c[1] for c in chain])
        slope, level = _line(x, y) if np.ptp(x) > 0.2 * width else (0.0, float(np.median(y)))
        near = max(4.0, usual)
        covered = set(x.tolist())
        fits = [
            s
            for s in rest
            if abs(float(np.median(s[1] - (slope * s[0] + level)))) <= near
            and len(covered.intersection(s[0].tolist())) < 0.3 * len(s[0])
        ]
        if not fits:
            return chain
        best = max(fits, key=lambda s: len(s[0]))
        chain.append(best)
        rest = [s for s in rest if s is not best]


def _line(x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """Return slope and level of a straight line through most points: outliers are left out three times."""
    keep = np.ones(len(x), bool)
    slope, level = 0.0, float(np.median(y))
    for _ in range(4):
        slope, level = _least_squares(x[keep], y[keep])
        off = np.abs(y - slope * x - level)
        keep = off <= max(1.0, 2.5 * float(np.median(off)))
        if keep.sum() < 8 or np.ptp(x[keep]) == 0:
            break
    return slope, level


def _least_squares(x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """Return slope and level of the line nearest to points: a tenth of the time of numpy's fit of any degree."""
    middle, height = float(x.mean()), float(y.mean())
    away = x - middle
    square = float(away @ away)
    slope = float(away @ (y - height)) / square if square else 0.0
    return slope, height - slope * middle


def _fitted(x: np.ndarray, y: np.ndarray, span: tuple[int, int], usual: float) -> _Line:
    """Return the baseline through flat ink: a straight line, or a slow curve where it plainly wanders."""
    slope, level = _line(x, y)
    columns = np.arange(*span)
    rows = slope * columns + level
    off = y - (slope * x + level)
    if float(np.quantile(np.abs(off), 0.6)) > max(2.5, 0.6 * usual):
        from scipy.ndimage import median_filter

        order = np.argsort(x)
        rows = np.interp(columns, x[order], y[order])
        rows = median_filter(rows, size=max(9, len(columns) // 5) | 1, mode="nearest")
    straight = len(x) >= 0.7 * len(columns) and float(np.quantile(np.abs(off), 0.75)) < STRAIGHT_PX and usual <= 4
    return _Line(span[0], rows, straight, usual)


def _curves(runs: _Runs, lines: list[_Line]) -> list[Trace]:
    """Give each run of ink to a baseline and return the traces."""
    if not lines:
        return []
    at = np.stack([line.rows[runs.x - line.x0] for line in lines])  # (lines, runs)
    slack = np.array([max(2.0, line.thickness) for line in lines])[:, None]
    gap = np.maximum(np.maximum(runs.y0 - at, at - runs.y1), 0.0)
    holds = gap <= slack
    ruled = np.array([line.ruled for line in lines])
    if len(lines) > 1:
        starts = np.minimum(np.abs(runs.y0 - at), np.abs(runs.y1 - at))  # a wave starts from its own baseline
        middle = np.abs((runs.y0 + runs.y1) / 2 - at)
        several = holds.sum(0) > 1
        score = np.where(several, np.where(holds, np.minimum(starts, middle), np.inf), gap)
        score = score + np.where(several & ruled[:, None] & holds & ~ruled.all(), 1e6, 0.0)
        owner = score.argmin(0)
    else:
        owner = np.zeros(len(runs.x), int)
    traces = []
    for k, line in enumerate(lines):
        own = runs.of(owner == k)
        if not len(own.x):
            continue
        x0, x1 = int(own.x.min()), int(own.x.max()) + 1
        base = line.rows[x0 - line.x0 : x1 - line.x0]
        top, bottom = np.full(x1 - x0, np.inf), np.full(x1 - x0, -np.inf)
        np.minimum.at(top, own.x - x0, own.y0)
        np.maximum.at(bottom, own.x - x0, own.y1)
        empty = ~np.isfinite(top)  # a gap, or a column that another sweep's wave runs through
        top[empty], bottom[empty] = base[empty] - line.thickness / 2, base[empty] + line.thickness / 2
        traces.append(Trace(x0, base, top, bottom, np.bincount(own.x - x0), line.ruled, line.thickness))
    return traces


def _joined(traces: list[Trace]) -> list[Trace]:
    """Join traces that a gap of a few columns cut (a cursor, a grid line)."""
    left = sorted(traces, key=lambda t: t.x0)
    done: list[Trace] = []
    for trace in left:
        for i, before in enumerate(done):
            gap = trace.x0 - before.x1
            near = -2 <= gap <= GAP_PX and trace.x1 > before.x1
            if near and abs(float(before.base[-1] - trace.base[0])) <= max(3.0, before.thickness):
                done[i] = _one(before, trace, gap)
                break
        else:
            done.append(trace)
    return done


def _one(a: Trace, b: Trace, gap: int) -> Trace:
    def along(first: np.ndarray, second: np.ndarray) -> np.ndarray:
        second = second[max(0, -gap) :]
        return np.concatenate([first, np.linspace(first[-1], second[0], max(0, gap) + 2)[1:-1], second])

    return Trace(
        a.x0,
        along(a.base, b.base),
        along(a.top, b.top),
        along(a.bottom, b.bottom),
        along(a.strokes, b.strokes),
        a.ruled and b.ruled,
        (a.thickness + b.thickness) / 2,
    )
