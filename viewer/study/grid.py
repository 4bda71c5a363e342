"""The graticule of a screen: how many pixels a division has, found from the picture alone.

A grid is a lattice of thin lines or of dots in one colour on the ground. For each colour that is common in the picture
its thin pixels are counted by column and by row, and equal distances are looked for: of all distances the one is taken
whose places are high together while those between them are not. That leaves out half and double distances, and the fine
lines of graph paper. Sweeps that lie at equal distances are no grid: they have no vertical lines in their colour.
"""

from dataclasses import dataclass

import numpy as np

LEAST_PX = 12.0
"""Divisions smaller than this are not looked for."""
_MOST_SHARE = 1 / 3.6
_COLOURS = 20
_NEAR = 26.0
_STEP = 3
_HELD = 0.45
"""The share of the lattice's places that must be lines: panels and text cover some."""
_LEAST_SCORE, _LEAST_EVIDENCE, _SURE = 4.0, 1.8, 20.0
_SQUARE = 3.0
"""Divisions are not more oblong than this."""
_COMPLETE = 0.8
_PEAKS, _CANDIDATES = 64, 90
_FEW, _FEW_CLEAR, _FEW_APART = 3, 2.5, 1.5
"""Three lines are few: they must be so many times as high as any fourth, and as far apart to so many pixels."""


@dataclass(frozen=True)
class Spacing:
    """Lines at ``first_px + k * px`` for ``lines`` values of k from 0 on; ``evidence``: contrast over noise."""

    px: float
    first_px: float
    lines: int
    evidence: float


@dataclass(frozen=True)
class Grid:
    """Distances in pixels of the picture between vertical lines (``across``) and horizontal ones (``down``)."""

    across: Spacing | None
    down: Spacing | None


def find_grid(pixels: np.ndarray) -> Grid | None:
    """Return the grid of a picture, (rows, columns) or (rows, columns, 3) of uint8; None where there is none.

    The picture is looked at as it lies: lines that are turned or in perspective (a photograph) are not found.
    """
    colours = _as_rgb(pixels)
    if min(colours.shape[:2]) < 4 * LEAST_PX:
        return None
    common = _common_colours(colours)
    ground = common[0]
    away = colours - ground
    off = np.abs(away).max(2)
    even = float(np.quantile(off[off < _NEAR], 0.9)) if (off < _NEAR).any() else 0.0
    is_ground = off < min(max(2.0 * even, 7.0), 0.8 * _NEAR)  # on a clean screen a faint grid is not the ground
    columns, rows = _thin(away, is_ground, 1), _thin(away, is_ground, 0)
    grids = [_in_colour(columns, rows, c - ground) for c in common[1:]]
    found = sorted((g for g in grids if g is not None), key=_evidence, reverse=True)
    if not found:
        return None
    bolder = [g for g in found if _is_of_fives(g, found[0]) and _evidence(g) > _evidence(found[0]) / 10]
    return bolder[0] if bolder else found[0]


def _evidence(grid: Grid) -> float:
    return sum(s.evidence for s in (grid.across, grid.down) if s is not None)


def _is_of_fives(grid: Grid, fine: Grid) -> bool:
    """Return whether a grid is every fourth, fifth or tenth line of another: graph paper's bold lines."""
    assert grid.across is not None
    assert fine.across is not None
    times = grid.across.px / fine.across.px
    return any(abs(times - n) < 0.01 * n for n in (4, 5, 10))


def _plausible(across: Spacing, down: Spacing | None) -> Grid | None:
    """Return both spacings where they go together, else the vertical lines alone where they are beyond doubt."""
    if down is not None and 1 / _SQUARE <= across.px / down.px <= _SQUARE:
        return Grid(across, down)
    return Grid(across, None) if across.evidence >= _SURE else None


def _as_rgb(pixels: np.ndarray) -> np.ndarray:
    values = pixels.astype(np.float32)
    if pixels.dtype != np.uint8 and values.size:
        values *= 255 / max(float(values.max()), 1.0)
    return np.repeat(values[..., None], 3, 2) if values.ndim == 2 else values


def _common_colours(colours: np.ndarray) -> np.ndarray:
    """Return the picture's most common colours, the ground first."""
    coarse = (colours // 16).astype(np.int32)
    index = (coarse[..., 0] * 16 + coarse[..., 1]) * 16 + coarse[..., 2]
    counts = np.bincount(index.ravel(), minlength=4096)
    order = np.argsort(counts)[::-1]
    sums = np.stack([np.bincount(index.ravel(), colours[..., c].ravel(), 4096) for c in range(3)], 1)
    means: list[np.ndarray] = []
    for i in order[: 2 * _COLOURS]:
        if counts[i] < 40 or len(means) > _COLOURS:
            break
        mean = sums[i] / counts[i]
        if not means or (np.abs(np.array(means) - mean).max(1) >= _NEAR / 3).all():
            means.append(mean)
    return np.array(means, np.float32)


@dataclass(frozen=True)
class _Thin:
    """Pixels with the ground a few pixels on both sides: their places along the axis and their colours."""

    length: int
    places: np.ndarray
    away: np.ndarray


def _thin(away: np.ndarray, is_ground: np.ndarray, axis: int) -> _Thin:
    """Return the thin pixels along an axis (1: of vertical lines)."""
    if axis == 0:
        away, is_ground = away.transpose(1, 0, 2), is_ground.T
    found = is_ground[:, : -2 * _STEP] & is_ground[:, 2 * _STEP :] & ~is_ground[:, _STEP:-_STEP]
    rows, places = np.nonzero(found)
    return _Thin(is_ground.shape[1], places + _STEP, away[rows, places + _STEP])


def _in_colour(columns: _Thin, rows: _Thin, colour: np.ndarray) -> Grid | None:
    """Return the grid in a colour (as a difference from the ground)."""
    across = _lattice(_profile(columns, colour))
    if across is None:
        return None
    high = _profile(rows, colour)
    return _plausible(across, _lattice(high) or _few(high))


def _profile(thin: _Thin, direction: np.ndarray) -> np.ndarray:
    """Return how much of a colour (as a difference from the ground) is at each place along the axis."""
    share = thin.away @ direction / float(direction @ direction)
    rest = np.abs(thin.away - share[:, None] * direction).max(1)
    own = (rest < _NEAR) & (share > 0.4) & (share < 1.35)
    return np.bincount(thin.places[own], np.minimum(share[own], 1), thin.length)


def _few(profile: np.ndarray) -> Spacing | None:
    """Return the distance of three lines that are alike and equally far apart: those between four rows."""
    wide = profile + np.append(profile[1:], 0) + np.append(0, profile[:-1])
    rest, places, heights = wide.copy(), [], []
    for _ in range(_FEW + 1):
        at = int(rest.argmax())
        places.append(at)
        heights.append(float(rest[at]))
        rest[max(0, at - 3) : at + 4] = 0
    lines = sorted(places[:_FEW])
    px = (lines[-1] - lines[0]) / (_FEW - 1)
    even = max(abs(lines[0] + k * px - line) for k, line in enumerate(lines)) <= _FEW_APART
    if not even or px < LEAST_PX or heights[_FEW - 1] < _FEW_CLEAR * max(heights[_FEW], _LEAST_SCORE):
        return None
    return Spacing(px, float(lines[0]), _FEW, heights[_FEW - 1] / (heights[_FEW] + 1))


def _lattice(profile: np.ndarray) -> Spacing | None:
    """Return the equal distances at which a profile is high."""
    profile = profile - np.median(profile)
    wide = np.maximum(np.maximum(profile, np.append(profile[1:], 0)), np.append(0, profile[:-1]))
    best, most = _Fit(0.0, 0, 0.0, 0), 0.0
    px = 0.0
    for distance in _distances(profile, wide):
        fit = _fit(wide, distance)
        if fit.score * fit.hits**0.5 > most * 1.02:
            best, most, px = fit, fit.score * fit.hits**0.5, distance
    evidence = best.score / (best.others + 1)
    if best.score < _LEAST_SCORE or evidence < _LEAST_EVIDENCE:
        return None
    phase = best.phase
    if _half_as_far(wide, px, phase, best.others + 1):
        px, phase = px / 2, round(phase % (px / 2))
    return _refined(profile, px, phase, evidence)


def _half_as_far(wide: np.ndarray, px: float, phase: int, noise: float) -> bool:
    """Return whether there are lines half-way as well, mostly hidden by sweeps that lie on them."""
    if px / 2 < LEAST_PX:
        return False
    places = np.arange(int((len(wide) - 1 - phase) / px * 2) + 1) * px / 2 + phase
    values = wide[np.minimum(np.rint(places).astype(int), len(wide) - 1)]
    on, between = values[::2], values[1::2]
    return bool(between.size and np.median(between) > max(0.12 * np.median(on), 4 * noise))


def _distances(profile: np.ndarray, wide: np.ndarray) -> list[float]:
    """Return distances that several pairs of peaks have, the largest first."""
    top = np.flatnonzero((profile > 0) & (profile == wide))
    top = np.sort(top[np.argsort(profile[top])[::-1][:_PEAKS]])
    apart = (top[:, None] - top[None, :]).astype(float).ravel()
    weights = np.minimum(profile[top][:, None], profile[top][None, :]).ravel()
    order = np.flatnonzero(apart >= LEAST_PX)
    order = order[np.argsort(apart[order])]
    apart, weights = apart[order], weights[order]
    near = np.rint(apart).astype(int)
    most = int(len(profile) * _MOST_SHARE)
    votes = np.bincount(near, weights, minlength=most + 3)[: most + 2]
    votes = votes + np.append(votes[1:], 0) + np.append(0, votes[:-1])
    common = np.argsort(votes)[::-1][:_CANDIDATES]
    common = common[votes[common] > 0]
    return [_precisely(float(middle), apart, weights) for middle in sorted(common.tolist(), reverse=True)]


def _precisely(px: float, apart: np.ndarray, weights: np.ndarray) -> float:
    """Return a distance from its multiples among all the distances: the further apart, the more exact."""
    times, enough = 1, float(weights.max()) / 2  # far apart there may be nothing but noise
    while times * px <= apart[-1] + 2:
        a, b = np.searchsorted(apart, (times * px - 2.3, times * px + 2.3))
        if weights[a:b].sum() > enough:
            px = float(np.average(apart[a:b], weights=weights[a:b])) / times
        times *= 2
    return max(px, LEAST_PX)


@dataclass(frozen=True)
class _Fit:
    """The best phase of a distance: by how much it is higher than any other phase, and how often."""

    score: float
    phase: int
    others: float
    hits: int


def _fit(wide: np.ndarray, px: float) -> _Fit:
    count = int((len(wide) - 1) / px)
    phases = np.arange(int(px))
    places = np.rint(np.arange(count)[:, None] * px).astype(int) + phases
    values = wide[np.minimum(places, len(wide) - 1)]
    kth = count - 1 - int(_HELD * (count - 1) + 0.5)
    held = np.partition(values, kth, axis=0)[kth]
    phase = int(held.argmax())
    away = np.abs(phases - phase)
    others = held[np.minimum(away, len(phases) - away) > 3]
    second = max(0.0, float(others.max())) if others.size else 0.0
    return _Fit(float(held[phase]) - second, phase, second, int((values[:, phase] > held[phase] / 2).sum()))


def _refined(profile: np.ndarray, px: float, phase: int, evidence: float) -> Spacing | None:
    """Fit a straight line through where the lines really are."""
    numbers, places, heights = [], [], []
    for k in range(int((len(profile) - 1 - phase) / px) + 1):
        middle = round(phase + k * px)
        a, b = max(0, middle - 3), min(len(profile), middle + 4)
        piece = np.clip(profile[a:b], 0, None)
        if piece.size and piece.max() > 0:
            top = int(piece.argmax())
            near = slice(max(0, top - 1), top + 2)
            numbers.append(k)
            places.append(a + float((piece[near] * np.arange(len(piece))[near]).sum() / piece[near].sum()))
            heights.append(float(piece.max()))
    high = np.array(heights)
    seen = high > 0.4 * np.quantile(high, 0.75)
    if seen.sum() < 4:
        return None
    k, x = np.array(numbers)[seen], np.array(places)[seen]
    px, first = np.polyfit(k, x, 1)
    near = np.abs(x - first - px * k) < 1.4
    if near.sum() < max(4, _COMPLETE * (k[-1] - k[0] + 1)):
        return None  # spikes fall near some places by chance, a grid has them all
    k, x = k[near], x[near]
    px, first = np.polyfit(k, x, 1)
    begin = int(k.min())
    return Spacing(float(px), float(first + begin * px), int(k.max() - begin + 1), evidence)
