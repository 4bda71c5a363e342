"""Waveforms in a picture of needle EMG: traces, panels, and a box round each deflection."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from viewer.reading.ground import Rect
from viewer.reading.ink import Ink, find_ink
from viewer.reading.lines import Line
from viewer.reading.sweeps import sweeps
from viewer.reading.traces import Trace, excursions, find_traces, spread

SHARES = (0.3, 0.17)  # strokes that count, of the strongest near: the second where the first finds no trace
CURVE_FROM = 0.4  # a pixel's probability to be a curve's
LEAST_PX = 6.0  # a deflection is at least so high
OVER_NOISE = 5.0  # standard deviations
OVER_THICKNESS = 0.8  # of the resting curve
EDGE_SHARE = 0.05  # of its largest deflection, at which a wave starts and ends
TAIL = 3  # a positive sharp wave's slow end may be so many times as long as what stands out of the noise
NARROW = 0.4  # of the widest panel: a narrower one without a waveform is a stray line
STRAIGHT_PX = 1.6  # what goes no further, where other curves do, is a frame, or a line under a heading
QUIET_SHARE = 0.25  # of a sweep's room: a trace that never takes more holds no potential
QUIET_ROOM = 0.25  # of a panel's width: a lone sweep's room at most
# A wave is cut off where so many columns in a row end at one row, far from the baseline, and those beside them (of its
# width) stay back (of its height). Of waves drawn cut off so that it can be seen half are told so, of whole ones 1 %.
CLIPPED_COLUMNS, CLIPPED_EVEN_PX, CLIPPED_AWAY, CLIPPED_STEP, CLIPPED_BESIDE = 8, 1.0, 0.3, 0.2, 0.1
LETTERS = 1.7  # strokes in a column: letters that touch a line, or lie between two
RULE_PX, FRAME_PX = 4, 8  # a straight vertical line is no wider: a cursor, a grid's; at the ends a frame
AT_ENDS = 0.03  # of a curve's length
BOLD_PX, AS_STRONG = 2, 0.8  # of the strongest stroke in its panel: a sweep, however level, and no grid's line
SQUARE = 0.7  # of its columns reach its full height
SMALLER = 0.75  # of the deflection before it: what touches that is its slow end
# Of noise alone: by how much its columns' reach differs (of their mean), how far out a column is (standard deviations),
# and how much a stretch is like a later one. On 60 drawn screens at rest and 160 of others without a waveform found.
UNEVEN, FAR, AGAIN = 0.42, 5.0, 0.35
RESTLESS = 6.0  # times its stroke's height: a curve that goes so far waves, as noise does not
MOST = 400  # waveforms in a picture
SCREEN_PX, LARGEST_PX = 1300, 2600  # longer screens are looked at reduced; longer sheets, and words
SMALL_PX = 240  # smaller ones enlarged


Span = tuple[int, int]  # columns of a sweep: the first, and the one after the last
Spot = Callable[[Sequence[Trace]], list[list[Span]]]
TellCurves = Callable[[np.ndarray], np.ndarray]  # a picture's pixels: each one's probability to be a curve's


@dataclass(frozen=True)
class Waveform:
    """A deflection in pixels of the picture.

    ``rise``: the share of its height that is above the baseline; ``cut``: it touches the end of its sweep; ``clipped``:
    its top or bottom is flat, as at the edge of a screen or where an amplifier's range ends.
    """

    x: float
    y: float
    w: float
    h: float
    panel: int
    sweep: int
    rise: float = 0.5
    cut: bool = False
    clipped: bool = False


@dataclass(frozen=True)
class Panel:
    """Sweeps that belong together: their rectangle, and how many."""

    x: float
    y: float
    w: float
    h: float
    sweeps: int


@dataclass(frozen=True, eq=False)
class Sweep:
    """A trace, the panel that it lies in (-1: in none that is told), and its place in that panel."""

    trace: Trace
    panel: int = -1
    place: int = -1


@dataclass(frozen=True)
class Found:
    """What a picture holds: panels from the top down, and their waveforms.

    ``quiet``: there are traces, and they stay near their baselines, or are noise alone. ``sweeps``: in pixels of a
    picture ``zoom`` times as large.
    """

    panels: tuple[Panel, ...] = ()
    waveforms: tuple[Waveform, ...] = ()
    quiet: bool = False
    sweeps: tuple[Sweep, ...] = field(default=(), compare=False)
    zoom: float = 1.0


@dataclass(frozen=True, eq=False)
class Looked:
    """What stands out of a picture's ground, looked at ``zoom`` times as large.

    ``fine``: the picture for what is small on it (words, grids), uint8, ``fine_zoom`` times as large. ``words``: where
    lines of words stand, in pixels of the picture; None where nobody looked for them. ``tell``: what tells curves from
    all else, where a network for that is installed.
    """

    ink: Ink
    zoom: float
    fine: np.ndarray
    fine_zoom: float
    words: tuple[Line, ...] | None = None
    tell: TellCurves | None = None


def look(
    shown: np.ndarray,
    as_sheet: bool = False,
    words: tuple[Line, ...] | None = None,
    tell: TellCurves | None = None,
) -> Looked:
    """Return what stands out of a picture, uint8 (rows, columns) or (rows, columns, 3), upright.

    What may be a sheet (a page higher than wide is one) is looked at closely. ``words``, ``tell``: as in ``Looked``.
    """
    fine, fine_zoom = fine_view(shown)
    closely = as_sheet or shown.shape[0] > shown.shape[1]
    coarse, zoom = (fine, 1.0) if closely else zoomed(fine, SCREEN_PX)
    ink = find_ink(coarse)
    if tell is not None:
        ink = replace(ink, curves=tell(coarse) > CURVE_FROM)
    return Looked(ink, fine_zoom * zoom, fine, fine_zoom, words, tell)


def fine_view(shown: np.ndarray) -> tuple[np.ndarray, float]:
    """Return ``Looked``'s ``fine`` and ``fine_zoom``."""
    return zoomed(shown, LARGEST_PX)


def zoomed(shown: np.ndarray, longest_px: int) -> tuple[np.ndarray, float]:
    """Return a picture no longer than that, small ones enlarged; and by how much."""
    import cv2

    longest = max(shown.shape[:2])
    zoom = longest_px / longest if longest > longest_px else max(1.0, min(2.0, SMALL_PX / longest))
    if zoom == 1.0:
        return shown, 1.0
    way = cv2.INTER_AREA if zoom < 1 else cv2.INTER_CUBIC
    return cv2.resize(shown, None, fx=zoom, fy=zoom, interpolation=way), zoom


def find_waveforms(shown: np.ndarray, looked: Looked | None = None, spot: Spot | None = None) -> Found:
    """Find the waveforms in a picture, uint8 (rows, columns) or (rows, columns, 3), upright.

    ``looked``: what ``look`` made of it, where that was done before. ``spot`` finds the potentials on the sweeps: a
    network (``reading.spotting``). The rules here do where it finds none (it fills the picture), or is not there.
    """
    looked = looked or look(shown)
    found = _found(looked, spot)
    if len(found.panels) > 1 and looked.zoom < looked.fine_zoom:  # a sheet: its waves are small
        found = _found(look(shown, True, looked.words, looked.tell), spot)
    return found


def _found(looked: Looked, spot: Spot | None) -> Found:
    curves, level = _curves(looked.ink)
    own = sweeps(curves, looked.ink)
    spans = _high(own, spot(own)) if spot is not None and own else []
    if not any(spans):
        spans = [deflections(t) for t in own]
    words = None if looked.words is None else [line.scaled(looked.zoom) for line in looked.words]
    found = _arranged(own, spans, looked.ink, words)
    if level and not curves and not _leaves_out(level, looked.ink):  # no deflection: a flat trace, or a grid
        found = replace(found, quiet=True)
    return replace(_scaled(found, 1 / looked.zoom), zoom=looked.zoom)


def find_sweeps(looked: Looked) -> list[Trace]:
    """Return the sweeps of a picture from the top down, in pixels as it was looked at."""
    return sweeps(_curves(looked.ink)[0], looked.ink)


def _curves(ink: Ink) -> tuple[list[Trace], list[Trace]]:
    """Return the traces that are curves, and those that are as straight as lines.

    What a network tells to be curves is; the rules do where it tells of none.
    """
    told = [] if ink.curves is None else [replace(t, ruled=False) for t in find_traces(ink.curves)]
    if told:
        return told, []
    curves: list[Trace] = []
    level: list[Trace] = []
    for share in SHARES:
        more = find_traces(ink.mask(share))
        level += [t for t in more if t.ruled]
        own = [t for t in more if _is_curve(t) or _is_level_sweep(t, ink)]
        curves += [t for t in own if not any(_near(t, other, ink.panels) for other in curves)]
    return curves, level


def _high(traces: list[Trace], spans: list[list[Span]]) -> list[list[Span]]:
    """Return the spans in which a curve goes far enough from its baseline to be seen."""

    def height(trace: Trace, span: Span) -> float:
        own = slice(*span)
        return float(
            max(trace.base[own].max(), trace.bottom[own].max()) - min(trace.base[own].min(), trace.top[own].min())
        )

    return [[s for s in own if height(t, s) >= LEAST_PX] for t, own in zip(traces, spans, strict=True)]


def _arranged(traces: list[Trace], spans: list[list[Span]], ink: Ink, words: Sequence[Line] | None) -> Found:
    from viewer.reading.panels import group_panels

    panels: list[Panel] = []
    waveforms: list[Waveform] = []
    busy = 0.0
    spans_of = {id(t): own for t, own in zip(traces, spans, strict=True)}
    homes: dict[int, tuple[int, int]] = {}
    bent = [t for t in traces if spans_of[id(t)] or _range(t) >= STRAIGHT_PX]
    groups = group_panels(bent or traces, ink, words)
    widest = max((rect[2] for _, rect in groups), default=0.0)
    for members, rect in groups:
        number = len(panels)
        found = [(trace, span) for trace in members for span in spans_of[id(trace)]]
        if not found and rect[2] < NARROW * widest:
            continue
        places = {id(t): s for s, t in enumerate(members)}
        homes |= {i: (number, place) for i, place in places.items()}
        x, y, w, h = rect
        for trace, (first, last) in found:
            top = float(min(trace.top[first:last].min(), trace.base[first:last].min()))
            bottom = float(max(trace.bottom[first:last].max(), trace.base[first:last].max())) + 1
            rise = float(trace.base[first:last].mean() - top) / (bottom - top)
            place = trace.x0 + first, top, last - first, bottom - top, number, places[id(trace)]
            cut = first <= 1 or last >= len(trace.base) - 1
            waveforms.append(Waveform(*place, rise, cut, _is_clipped(trace, first, last)))
        panels.append(Panel(x, y, w, h, len(members)))
        room = (h if len(members) > 1 else min(h, QUIET_ROOM * w)) / len(members)
        busy = max(busy, *(_range(t) / room for t in members))
    waveforms = _distinct(waveforms)
    level = busy < QUIET_SHARE and not any(map(_is_restless, traces))
    noise = bool(traces) and sum(map(_is_noise, traces)) >= len(traces) / 2
    quiet = bool(panels) and not waveforms and (level or noise) and not _leaves_out(traces, ink)
    largest = tuple(sorted(waveforms, key=lambda b: -b.h)[:MOST])
    return Found(tuple(panels), largest, quiet, tuple(Sweep(t, *homes.get(id(t), ())) for t in traces))


def _range(trace: Trace) -> float:
    """Return how far a curve goes from its highest to its lowest, but for a few columns."""
    return float(np.quantile(trace.bottom - trace.base, 0.98) + np.quantile(trace.base - trace.top, 0.98))


def _is_restless(trace: Trace) -> bool:
    """Whether a curve waves all along: far more than its own stroke is high."""
    return _range(trace) > max(2 * LEAST_PX, RESTLESS * float(np.median(trace.bottom - trace.top + 1)))


def _is_noise(trace: Trace) -> bool:
    """Whether a curve is noise alone: its columns reach about as far, none far out, and nothing in it comes again."""
    middle = (trace.top + trace.bottom) / 2 - trace.base
    middle = middle - np.median(middle)
    reach, size = trace.bottom - trace.top, float(middle.std())
    if not size or float(reach.std()) > UNEVEN * (float(reach.mean()) + 1) or float(np.abs(middle).max()) > FAR * size:
        return False
    alike = np.correlate(middle, middle, "full")[len(middle) - 1 :] / (size**2 * len(middle))
    later = alike[int(np.argmax(alike < 0.1)) : len(middle) // 2]
    return bool(later.size) and float(later.max()) < AGAIN


def _leaves_out(traces: list[Trace], ink: Ink) -> bool:
    """Whether there is ink, higher than letters, that belongs to no trace: nothing may be said of the rest then."""
    import cv2

    seen = ink.mask(SHARES[0]) if ink.curves is None else ink.curves
    _, _, stats, _ = cv2.connectedComponentsWithStats(seen.astype(np.uint8), connectivity=8)
    few = [0.02 if t.ruled else 0.0 for t in traces]  # the frame's upright lines are no part of a level one
    reaches = [(t, np.quantile(t.top, q), np.quantile(t.bottom, 1 - q)) for t, q in zip(traces, few, strict=True)]
    for x, y, w, h, _ in stats[1:]:
        if h < max(24, 0.05 * len(ink.strength)) or w <= 3:
            continue
        inside = any(t.x0 - 8 <= x and x + w <= t.x1 + 8 and low - 3 <= y <= high for t, low, high in reaches)
        if not inside:
            return True
    return False


def _is_clipped(trace: Trace, first: int, last: int) -> bool:
    """Whether a deflection's top or bottom is cut off: it stays at one row for some columns, and ends steeply."""
    up, down = trace.base - trace.top, trace.bottom - trace.base
    beside = max(4, round(CLIPPED_BESIDE * (last - first)))
    size = float(up[first:last].max() + down[first:last].max())
    if last - first < CLIPPED_COLUMNS or size < 2 * LEAST_PX:
        return False
    for ends, away in ((trace.top, up), (-trace.bottom, down)):
        windows = np.lib.stride_tricks.sliding_window_view(ends[first:last], CLIPPED_COLUMNS)
        for begin, end in _stretches(np.ptp(windows, axis=1) <= CLIPPED_EVEN_PX):
            start, stop = first + begin, first + end - 1 + CLIPPED_COLUMNS
            before, after = ends[max(0, start - beside) : start], ends[stop : stop + beside]
            if not len(before) or not len(after) or float(away[start:stop].mean()) < CLIPPED_AWAY * size:
                continue
            if min(before.max(), after.max()) - ends[start:stop].max() >= CLIPPED_STEP * size:
                return True
    return False


def _near(a: Trace, b: Trace, panels: tuple[Rect, ...]) -> bool:
    """Whether a trace runs along another or in its panel."""
    both = min(a.x1, b.x1) - max(a.x0, b.x0)
    if both <= 0.2 * len(a.base):
        return False
    homes = [
        next((i for i, r in enumerate(panels) if r.y0 <= t.row < r.y1 and t.x0 < r.x1 and t.x1 > r.x0), None)
        for t in (a, b)
    ]
    return homes[0] == homes[1] if None not in homes else abs(a.row - b.row) < 0.1 * len(b.base)


def _is_curve(trace: Trace) -> bool:
    """Whether a trace is no line of a frame or table: where such a line touches letters, it goes on beneath them."""
    if not trace.ruled:
        return True
    away = (trace.top > trace.base + 1.5) | (trace.bottom < trace.base - 1.5)
    for first, last in deflections(trace):
        if _is_rule(trace, first, last):
            continue
        above = float((trace.base - trace.top)[first:last].max())
        below = float((trace.bottom - trace.base)[first:last].max())
        inside = first > 3 and last < len(away) - 3
        if away[first:last].mean() > 0.25 or (inside and (min(above, below) > 4 or max(above, below) > 30)):
            return True
    return False


def _is_level_sweep(trace: Trace, ink: Ink) -> bool:
    """Whether a line as straight as a ruled one is a sweep without noise: bold and strong, from end to end of a panel.

    Of a panel on its own ground: grids are fainter or finer, and tables stand on the page.
    """
    if trace.thickness < BOLD_PX:
        return False
    for r in ink.panels:
        within = r.y0 + FRAME_PX < trace.row < r.y1 - FRAME_PX
        if within and abs(trace.x0 - r.x0) + abs(trace.x1 - r.x1) < 0.1 * (r.x1 - r.x0):
            rows = np.round(trace.base[::4]).astype(int)
            level = np.median(ink.strength[rows, trace.x0 + np.arange(0, len(trace.base), 4)])
            return bool(level > AS_STRONG * ink.near[r.y0 : r.y1, r.x0 : r.x1].max())
    return False


def deflections(trace: Trace) -> list[tuple[int, int]]:
    """Return the columns (first, after the last) of each deflection of a trace that stands out from its rest."""
    up, down = map(_without_frames, excursions(trace))
    size = np.maximum(np.maximum(up, down), 0.0)
    noise = max(0.5, spread(up), spread(down))
    least = max(LEAST_PX, OVER_NOISE * noise, OVER_THICKNESS * trace.thickness)
    low = max(1.5, 2.0 * noise)
    if float(size.max(initial=0.0)) < least:
        return []
    middle = (up - down) / 2 if trace.thickness > 3 else np.where(up > down, up, -down)
    slow = [np.abs(_ahead(middle, columns)) for columns in (9, 25)]
    rests = [max(0.3, spread(s)) for s in slow]
    spans: list[tuple[int, int]] = []
    before = 0.0  # the last one's peak
    for first, last in _merged(_stretches(_smooth(size) > low)):
        peak = float(size[first:last].max())
        if peak < least:
            continue
        loud = first + np.flatnonzero(size[first:last] > max(EDGE_SHARE * peak, 1.0))
        a, b = int(loud[0]), int(loud[-1]) + 1
        thin = b - a <= 5
        if _is_rule(trace, first, last):
            continue
        most = b + TAIL * (b - a) + 6
        for level, rest in zip(slow, rests, strict=True):  # a wave's slow end is lower than single columns' noise
            faint = max(EDGE_SHARE * peak, 2.0 * rest)
            b += int(np.argmin(np.r_[level[b:most] > faint, False]))
        if spans and a <= spans[-1][1]:
            if peak < SMALLER * before:
                spans[-1] = spans[-1][0], max(b, spans[-1][1])
                continue
            a = spans[-1][1]
        if trace.ruled and float(trace.strokes[loud[0] : loud[-1] + 1].mean()) > LETTERS:
            continue
        if thin and (a <= 3 or int(loud[-1]) >= len(size) - 4):  # at the ends frames stand
            continue
        if b - a >= 2:
            spans.append((a, b))
            before = peak
    return spans


def _without_frames(size: np.ndarray) -> np.ndarray:
    """Return a curve's distance from its baseline without the upright lines that it ends on."""
    size = size.copy()
    if len(size) < 8 * FRAME_PX:
        return size
    for end, beside in (
        (np.s_[:FRAME_PX], np.s_[FRAME_PX : 3 * FRAME_PX]),
        (np.s_[-FRAME_PX:], np.s_[-3 * FRAME_PX : -FRAME_PX]),
    ):
        if float(size[end].max()) > max(LEAST_PX, 2.5 * float(size[beside].max())):
            size[end] = np.median(size[beside])
    return size


def _is_rule(trace: Trace, first: int, last: int) -> bool:
    """Whether a deflection is a straight vertical line, as high in all of its few columns, where a frame may be.

    Inside a curve such a line may as well be a short spike on a slow sweep.
    """
    inside = AT_ENDS * len(trace.base) <= first and last <= (1 - AT_ENDS) * len(trace.base)
    if inside and not trace.ruled:
        return False
    away = np.maximum(trace.base - trace.top, trace.bottom - trace.base)[first:last]
    high = int((away > 0.35 * away.max()).sum())
    return high <= (2 * RULE_PX if trace.ruled else RULE_PX) and int((away > 0.8 * away.max()).sum()) >= SQUARE * high


def _ahead(values: np.ndarray, columns: int) -> np.ndarray:
    """Return the mean of a column and those after it, ``columns`` in all."""
    padded = np.pad(values, (0, columns - 1), "edge")
    return np.convolve(padded, np.ones(columns) / columns, "valid")


def _smooth(size: np.ndarray) -> np.ndarray:
    return np.maximum(size, np.maximum(np.r_[size[1:], 0], np.r_[0, size[:-1]])) if len(size) > 2 else size


def _stretches(above: np.ndarray) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.r_[False, above, False].astype(np.int8)))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def _merged(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Join stretches that are phases of one wave: a short crossing of the baseline between them."""
    joined: list[tuple[int, int]] = []
    for first, last in spans:
        if joined:
            before, end = joined[-1]
            gap, narrower = first - end, min(end - before, last - first)
            if gap <= max(2, 0.35 * narrower):
                joined[-1] = (before, last)
                continue
        joined.append((first, last))
    return joined


def _distinct(waveforms: list[Waveform]) -> list[Waveform]:
    """Leave out a box that another one nearly covers (a wave seen from two baselines): the larger stays."""
    kept: list[Waveform] = []
    for wave in sorted(waveforms, key=lambda b: -b.w * b.h):
        if not any(covered(wave, other) > 0.7 for other in kept):
            kept.append(wave)
    return kept


def covered(small: Waveform | Panel, large: Waveform | Panel) -> float:
    """Return the share of a box that another covers."""
    across = min(small.x + small.w, large.x + large.w) - max(small.x, large.x)
    down = min(small.y + small.h, large.y + large.h) - max(small.y, large.y)
    return max(0.0, across) * max(0.0, down) / (small.w * small.h)


def _scaled(found: Found, factor: float) -> Found:
    if factor == 1.0:
        return found

    def grown(item):  # type: ignore[no-untyped-def]
        return replace(item, x=item.x * factor, y=item.y * factor, w=item.w * factor, h=item.h * factor)

    return replace(found, panels=tuple(map(grown, found.panels)), waveforms=tuple(map(grown, found.waveforms)))
