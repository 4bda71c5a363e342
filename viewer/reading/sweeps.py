"""From traces to sweeps: edges between two grounds go, and the pieces of a curve that a steep wave parts are joined."""

import numpy as np

from viewer.reading.ground import Rect
from viewer.reading.ink import Ink
from viewer.reading.traces import Trace

CLOSE_PX, BESIDE_PX = 3, 8  # above and below a trace its ground is looked at
HOME_PX = 8  # beyond its panel's edges
EDGE_STEP = 25.0  # of 255: grounds so different meet in an edge (a bezel, a bar of buttons)
FAINT_SHARE = 0.25  # of the strongest trace: a fainter one is a shadow or an edge
NEXT_PX, NEXT_SHARE = 3, 0.003  # two pieces so near are one sweep (pixels, share of the picture's width)
GAP_SHARE, OVERLAP_SHARE = 0.03, 0.05  # of the picture's width: a steep wave's ink between two pieces
STEP_SHARE = 0.05  # of the picture's width: no further above one another
WAVE_SHARE = 0.15  # of the picture's width: how far from the baseline the ink between may be
BETWEEN_PX = 12  # beside a joint, where a wave's strokes are looked for
LEVEL_PX = 3.0
LEVEL_LONG = 9  # pixels: a level stroke so long is no part of a steep wave
TOUCHING_PX = 6  # ink so near to the baseline belongs to it


def sweeps(traces: list[Trace], ink: Ink) -> list[Trace]:
    """Return the curves among the traces, each whole."""
    curves = [t for t in traces if not _is_edge(t, ink)]
    strengths = [_strength(t, ink) for t in curves]
    least = FAINT_SHARE * max(strengths, default=0.0)
    return _in_line([t for t, s in zip(curves, strengths, strict=True) if s >= least], ink)


def _is_edge(trace: Trace, ink: Ink) -> bool:
    """Whether one ground ends and another starts at a trace."""
    columns = np.arange(0, len(trace.base), 4)
    steps = []
    for reach in (CLOSE_PX + trace.thickness / 2, BESIDE_PX + trace.thickness):  # a panel's edge may be as near
        rows = [np.clip(trace.base[columns] + d, 0, len(ink.ground) - 1).astype(int) for d in (-reach, reach)]
        above, below = (ink.ground[r, trace.x0 + columns].astype(np.int16) for r in rows)
        steps.append(float(np.median(np.abs(above - below).max(1))))
    return min(steps) > EDGE_STEP


def _strength(trace: Trace, ink: Ink) -> float:
    """Return how strongly a trace's resting curve stands out."""
    columns = np.arange(0, len(trace.base), 2)
    reach = int(np.ceil(trace.thickness)) + 1
    rows = np.round(trace.base[columns]).astype(int)[:, None] + np.arange(-reach, reach + 1)
    rows = np.clip(rows, 0, len(ink.strength) - 1)
    return float(np.median(ink.strength[rows, (trace.x0 + columns)[:, None]].max(1)))


def _in_line(traces: list[Trace], ink: Ink) -> list[Trace]:
    """Join pieces that end and start at one place and about one height."""
    done: list[Trace] = []
    for trace in sorted(traces, key=lambda t: t.x0):
        fits = [d for d in done if _follows(d, trace, ink)]
        if fits:
            before = min(fits, key=lambda d: _step(d, trace))
            done = [d for d in done if d is not before]
            done.append(_joined(before, trace, ink))
        else:
            done.append(trace)
    return sorted(done, key=lambda t: t.row)


def home(trace: Trace, panels: tuple[Rect, ...]) -> Rect | None:
    """Return the panel on its own ground that a trace lies in, None where it lies in none."""
    within = (
        r for r in panels if r.y0 < trace.row < r.y1 and r.x0 - HOME_PX <= trace.x0 and trace.x1 <= r.x1 + HOME_PX
    )
    return next(within, None)


def _step(a: Trace, b: Trace) -> float:
    """Return how far one piece's level is from that of the piece after it."""
    return min(abs(float(a.base[-1] - b.base[0])), abs(a.row - b.row))


def _follows(a: Trace, b: Trace, ink: Ink) -> bool:
    """Whether a trace goes on in another: at one level, with ink from one to the other (panels have none between)."""
    import cv2

    rows, columns = ink.strength.shape
    gap = b.x0 - a.x1
    if not -OVERLAP_SHARE * columns <= gap <= GAP_SHARE * columns or b.x1 <= a.x1 or _step(a, b) > STEP_SHARE * columns:
        return False
    homes = home(a, ink.panels), home(b, ink.panels)
    if None not in homes and homes[0] != homes[1]:
        return False
    if gap <= max(NEXT_PX, NEXT_SHARE * columns):
        return True
    reach = WAVE_SHARE * columns
    y0, y1 = max(0, int(a.base[-1] - reach)), min(rows, int(a.base[-1] + reach))
    x0, x1 = max(0, a.x1 - LEVEL_LONG), b.x0 + LEVEL_LONG
    dark = (ink.strength[y0:y1, x0:x1] > ink.floor).astype(np.uint8)
    level = cv2.morphologyEx(dark, cv2.MORPH_OPEN, np.ones((1, LEVEL_LONG), np.uint8))  # a table's lines, a page's
    return bool((dark > level)[:, a.x1 - x0 : b.x0 - x0].any(0).all())


def _joined(a: Trace, b: Trace, ink: Ink) -> Trace:
    """Return two pieces as one sweep, with the ink between them."""
    x0, x1 = a.x0, b.x1
    top, bottom = np.full(x1 - x0, np.inf), np.full(x1 - x0, -np.inf)
    strokes = np.zeros(x1 - x0, int)
    for piece in (a, b):
        own = slice(piece.x0 - x0, piece.x1 - x0)
        top[own], bottom[own] = np.minimum(top[own], piece.top), np.maximum(bottom[own], piece.bottom)
        strokes[own] = np.maximum(strokes[own], piece.strokes)
    at = np.r_[np.arange(a.x0, min(a.x1, b.x0)), np.arange(max(a.x1, b.x0), b.x1)]
    rows = np.r_[a.base[: min(a.x1, b.x0) - a.x0], b.base[max(0, a.x1 - b.x0) :]]
    if abs(float(a.base[-1] - b.base[0])) > max(LEVEL_PX, a.thickness):  # one of them is a wave's slow end
        end = max(1, len(b.base) // 10)
        at = np.array([x0, x1 - 1])
        rows = np.array([a.base[0], float(np.median((b.top[-end:] + b.bottom[-end:]) / 2))])
    base = np.interp(np.arange(x0, x1), at, rows)
    thickness = (a.thickness + b.thickness) / 2
    _add_between(top, bottom, base, x0, (min(a.x1, b.x0) - BETWEEN_PX, max(a.x1, b.x0) + BETWEEN_PX), ink)
    empty = ~np.isfinite(top)
    top[empty], bottom[empty] = base[empty] - thickness / 2, base[empty] + thickness / 2
    return Trace(x0, base, top, bottom, strokes, a.ruled and b.ruled, thickness)


def _add_between(
    top: np.ndarray, bottom: np.ndarray, base: np.ndarray, x0: int, span: tuple[int, int], ink: Ink
) -> None:
    """Add the narrow parts of ink between two pieces that reach their baseline: a steep wave's strokes."""
    import cv2

    first, last = max(x0, span[0]), min(x0 + len(base), span[1])
    strip = np.ascontiguousarray(ink.mask(0.17)[:, first:last].astype(np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(strip, connectivity=8)
    row = float(base[first - x0 : last - x0].mean())
    for part in range(1, count):
        y, h = stats[part, cv2.CC_STAT_TOP], stats[part, cv2.CC_STAT_HEIGHT]
        if y - TOUCHING_PX > row or y + h + TOUCHING_PX < row:
            continue
        ys, xs = np.nonzero(labels == part)
        np.minimum.at(top, xs + first - x0, ys)
        np.maximum.at(bottom, xs + first - x0, ys)
