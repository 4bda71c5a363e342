"""How many pixels a millisecond has on a screen: from what is written on it, and from what that is written beside.

What says it, the surest first: a bar with its length in ms; an axis with numbers; the sweep's speed a division, with
the whole sweep's time, the grid's lines, or without any the tenth part of the sweeps (10 divisions across, EMG.md); the
whole sweep's time alone.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from viewer.models.bundle import ModelBundle, load_bundle
from viewer.models.catalogue import catalogue
from viewer.reading.curves import installed_curves
from viewer.reading.divisions import COUNTS, dots_px, grid_px
from viewer.reading.lines import Line, Written, find_lines
from viewer.reading.waveforms import Found, Looked, find_waveforms, look
from viewer.reading.writing import Words, read_words

MOST_LINES = 48
MOST_ON_SHEETS = 120
DIVISIONS = 10
LEAST_MS, MOST_MS = 0.05, 5000.0  # what is written of a bar, a division, or between two numbers of an axis
# Where nothing says whether a time is a division's or the whole sweep's: needle EMG is looked at over 100 to 200 ms,
# 10 ms a division (EMG.md). What is between may be either, and is not believed.
DIVISION_MOST_MS, SWEEP_LEAST_MS = 40.0, 60.0
SHORTEST_MS, LONGEST_MS = 4.0, 10000.0  # of a whole sweep: else the words were misread
BAR_STRENGTH = 0.3  # of the strongest stroke near
BAR_PX = 10  # a bar is at least so long,
BAR_LONGEST, BAR_THICK = 0.4, 7  # at most so much of the picture's width, and no thicker (pixels)
FAR = 2.5  # times what the settings say (by ten divisions, of which there may be five or twenty): no bar
TICKS = 3  # numbers of an axis at the least
NEAR_LINES, NEAR_SHARE = 4.0, 0.25  # a panel's words are so near at most: times their height, of the panel's
AT_EDGE_PX = 3.0
EVEN = 0.04  # of the numbers' span, by which one may be off the line
_NUMBER = r"([\dilo]+(?:[.,][\dilo]+)?)"  # digits, and the letters that are read in their place
_DIGITS = str.maketrans("ilo,", "110.")
_DIVISION = r"\s*\.?\s*(?:/|per|[/il1]\s*d)\s*d?(?:iv)?"
_TIME = re.compile(rf"(?<![a-z\d.,?]){_NUMBER}\s*(msec|msc|mec|mse|ms|m5|sec|s)(?![a-z0-9])({_DIVISION}\b)?")
_NAMED = re.compile(r"sweep|time|speed|kipp|ablenk|zeit|base|horiz|\bt\b|\btb\b|\bh\b")
_NAMED_SO = re.compile(r"(?:time|sweep|horiz\w*|\bt|\bh)\s*/\s*d")  # the name says that it is a division's
_WHOLE = re.compile(r"analysis|total|window|epoch|screen|span|display")
_GAIN = re.compile(r"\d\s*[um]v\b")
_OTHER = re.compile(r"bars?|hz|filter|cursor|delay|stim|rate|dur|lat|trig")
_TICK = re.compile(rf"(-?){_NUMBER}\s*(msec|ms|sec|s)?")
_UNIT = re.compile(r"(?:^|[\s(\[/])(ms|msec|s|sec|seconds|milliseconds)(?:[\s)\].]|$)")


@dataclass(frozen=True)
class TimeScale:
    """Pixels a millisecond; ``by``: ``bar``, ``axis``, ``grid``, ``width`` or ``sweep``. ``ms``: what is written.

    By ``width`` it is right only where the sweeps are ten divisions wide; by ``sweep`` the whole sweep's time is told.
    Neither is believed of sweeps that reach the picture's edge.
    """

    px_per_ms: float
    by: str
    ms: float


_Time = tuple[Words, float, bool]  # a line, the time in it in ms, whether it says that it is a division's


def find_scale(
    words: Sequence[Words], looked: Looked, sweeps_px: tuple[float, float] | None, rows: slice = slice(None)
) -> TimeScale | None:
    """Return the time scale, in pixels of ``looked.fine``, None where nothing says it.

    ``sweeps_px``: from which column to which the sweeps go, None where there are none; ``rows``: in which they lie.
    """
    times = [(w, *t) for w in words for t in _times(w.text)]
    bar, division = _by_bar(times, looked), _by_division(times, looked.fine[rows], sweeps_px)
    scale = _axis(words) or division
    if bar is not None and (division is None or 1 / FAR < bar.px_per_ms / division.px_per_ms < FAR):
        scale = bar  # else a button with a time on it, in a frame
    if scale is not None and sweeps_px is not None:
        whole_ms = (sweeps_px[1] - sweeps_px[0]) / scale.px_per_ms
        return scale if SHORTEST_MS <= whole_ms <= LONGEST_MS else None
    return scale


def _by_bar(times: Sequence[_Time], looked: Looked) -> TimeScale | None:
    for w, ms, divided in times:
        alone = _TIME.fullmatch(w.text.strip(" .")) and not divided and _is_round(ms)
        long = _bar(w.line, looked) if alone else 0.0
        if long:
            return TimeScale(long / ms, "bar", ms)
    return None


def _by_division(times: Sequence[_Time], fine: np.ndarray, sweeps_px: tuple[float, float] | None) -> TimeScale | None:
    divisions = _settings([(w, ms) for w, ms, divided in times if divided or _is_division(w.text, ms)])
    wholes = _settings([(w, ms) for w, ms, divided in times if not divided and _is_whole(w.text, ms)])
    if len(divisions) > 1 or (not divisions and len(wholes) != 1):
        return None  # nothing says which time is a division's, or two panels have each their own
    wide = None if sweeps_px is None or _leaves(sweeps_px, fine) else sweeps_px[1] - sweeps_px[0]
    if not divisions:
        return None if wide is None else TimeScale(wide / wholes[0], "sweep", wholes[0])
    (ms,) = divisions
    if wide is not None and len(wholes) == 1 and min(COUNTS) <= wholes[0] / ms <= max(COUNTS):
        return TimeScale(wide / wholes[0], "sweep", wholes[0])
    across = sweeps_px or (0.0, float(fine.shape[1]))
    px = grid_px(fine, *across) or dots_px(fine, *across)
    if px:
        return TimeScale(px / ms, "grid", ms)
    return None if wide is None else TimeScale(wide / DIVISIONS / ms, "width", ms)


def _leaves(sweeps_px: tuple[float, float], fine: np.ndarray) -> bool:
    """Whether sweeps reach the picture's edge: it may be cut out of a screen, and they may have been longer."""
    return sweeps_px[0] < AT_EDGE_PX or sweeps_px[1] > fine.shape[1] - AT_EDGE_PX


def _settings(said: Sequence[tuple[Words, float]]) -> list[float]:
    """Return the different times of some lines."""
    return sorted({round(ms, 3) for ms in _once_a_place(said)})


def _once_a_place(said: Sequence[tuple[Words, float]]) -> list[float]:
    """Return the times of lines that were found twice but once, as the surer reading has them."""
    kept: list[tuple[Words, float]] = []
    for w, ms in sorted(said, key=lambda s: -s[0].sure):
        if not any(_overlap(w.line, other.line) for other, _ in kept):
            kept.append((w, ms))
    return [ms for _, ms in kept]


def _overlap(a: Line, b: Line) -> bool:
    wide = min(a.x + a.w, b.x + b.w) - max(a.x, b.x)
    tall = min(a.y + a.h, b.y + b.h) - max(a.y, b.y)
    return wide > 0.3 * min(a.w, b.w) and tall > 0.5 * min(a.h, b.h)


def _is_division(text: str, ms: float) -> bool:
    """Whether a time is a division's where the text does not say so: a short one with a name, or beside a gain.

    Many machines leave out that it is a division: ``10 ms 200 uV``.
    """
    return ms <= DIVISION_MOST_MS and not _WHOLE.search(text) and bool(_NAMED.search(text) or _GAIN.search(text))


def _is_whole(text: str, ms: float) -> bool:
    """Whether a time is the whole sweep's: it is called so, or is named and too long for a division."""
    return bool(_WHOLE.search(text)) or (ms >= SWEEP_LEAST_MS and bool(_NAMED.search(text)))


def _is_round(ms: float) -> bool:
    """Whether a bar may be so long: 1, 2, 2.5 or 5 times a power of ten. A cursor tells any number."""
    digits = ms / 10 ** np.floor(np.log10(ms))
    return bool(np.isclose(digits, (1, 2, 2.5, 5), rtol=1e-6).any())


def _times(text: str) -> list[tuple[float, bool]]:
    """Return the times in a text in ms, and of each whether it says ``a division``."""
    found = []
    for match in _TIME.finditer(text):
        before = text[: match.start()]
        divided = bool(match[3] or _NAMED_SO.search(before))
        if not divided and (_OTHER.search(before[-12:]) or before.endswith((":", "-"))):
            continue
        if not any(c.isdigit() for c in match[1]) and match[1] not in ("io", "lo"):
            continue
        ms = float(match[1].translate(_DIGITS)) * (1000 if match[2] in ("s", "sec") else 1)
        if LEAST_MS <= ms <= MOST_MS and (match[2] not in ("s", "sec") or divided):
            found.append((ms, divided))
    return found


def _bar(fine_line: Line, looked: Looked) -> float:
    """Return the length of a level bar just above or below a line of words, 0 where there is none."""
    zoom, ink = looked.zoom / looked.fine_zoom, looked.ink
    line = Line(zoom * fine_line.x, zoom * fine_line.y, zoom * fine_line.w, zoom * fine_line.h)
    rows, columns = ink.strength.shape
    y0, y1 = int(max(0, line.y - 1.6 * line.h)), int(min(rows, line.y + line.h + 1.6 * line.h))
    reach = max(6 * line.h, 2 * line.w)
    x0, x1 = int(max(0, line.x - reach)), int(min(columns, line.x + line.w + reach))
    near = ink.near[y0:y1, x0:x1]
    dark = ink.strength[y0:y1, x0:x1] > np.maximum(near * np.float32(BAR_STRENGTH), np.float32(ink.floor))
    own = slice(max(0, int(line.y) - y0 - 1), int(line.y + line.h) - y0 + 1)
    found: list[tuple[int, int, int]] = []  # row, first, last
    for row in range(dark.shape[0]):
        if own.start <= row < own.stop:
            continue
        edges = np.flatnonzero(np.diff(np.concatenate([[0], dark[row].astype(np.int8), [0]])))
        for first, last in zip(edges[::2], edges[1::2], strict=True):
            long = last - first
            touches = (first == 0 and x0 > 0) or (last == dark.shape[1] and x1 < columns)
            beside = min(last + x0, line.x + line.w) - max(first + x0, line.x)
            right_long = max(BAR_PX, 0.5 * line.h) <= long <= BAR_LONGEST * columns
            if right_long and not touches and beside > 0.3 * min(long, line.w):
                found.append((row, int(first), int(last)))
    if not found:
        return 0.0
    longest = max(last - first for _, first, last in found)
    best = [f for f in found if f[2] - f[1] > 0.8 * longest]
    groups = np.split(np.array(best), np.flatnonzero(np.diff([f[0] for f in best]) > 2) + 1)
    if len(groups) != 1 or len(groups[0]) > BAR_THICK:
        return 0.0  # a frame round the words, or an area
    return float(np.median(groups[0][:, 2] - groups[0][:, 1])) / zoom


def _axis(words: Sequence[Words]) -> TimeScale | None:
    """Return the scale of an axis with numbers: three at least at even distances on one row, and a unit of time."""
    ticks = []
    for w in words:
        match = _TICK.fullmatch(w.text.strip())
        if match and any(c.isdigit() for c in match[2]):
            value = float(match[2].translate(_DIGITS)) * (-1 if match[1] else 1)
            ticks.append((w.line.x + w.line.w / 2, w.line.y + w.line.h / 2, w.line.h, value, match[3]))
    best: tuple[int, float, float, float] | None = None
    for _, y, h, *_ in ticks:
        row = [t for t in ticks if abs(t[1] - y) < 0.6 * h]
        if len(row) < TICKS:
            continue
        x = np.array([t[0] for t in row])
        fit = _line(x, np.array([t[3] for t in row]))
        if fit is None:
            continue
        slope, fits = fit
        unit = next((t[4] for t in row if t[4]), None) or _unit_near(words, y, h, float(x.min()), float(x.max()))
        if unit and (best is None or fits > best[0]):
            best = fits, slope, h, 1000.0 if unit.startswith("s") else 1.0
    if best is None:
        return None
    per_ms = 1 / (best[1] * best[3])
    return TimeScale(per_ms, "axis", best[3] * best[1] * 100) if per_ms > 0 else None


def _line(x: np.ndarray, value: np.ndarray) -> tuple[float, int] | None:
    """Return the slope (a pixel) of the line on which most numbers lie, and how many do; None without three."""
    best: tuple[int, float] = 0, 0.0
    span = float(np.ptp(x))
    for i in range(len(x)):
        for j in range(i + 1, len(x)):
            if abs(x[j] - x[i]) < 0.1 * span or value[j] == value[i]:
                continue
            slope = (value[j] - value[i]) / (x[j] - x[i])
            off = np.abs((value - value[i]) / slope - (x - x[i])) if slope > 0 else np.full(len(x), np.inf)
            best = max(best, (int((off < EVEN * span).sum()), float(slope)))
    return (best[1], best[0]) if best[0] >= max(TICKS, 0.6 * len(x)) else None


def _unit_near(words: Sequence[Words], y: float, h: float, first: float, last: float) -> str | None:
    """Return the unit of time that is written below an axis's numbers, or beside them."""
    for w in words:
        away = w.line.y + w.line.h / 2 - y
        within = first - 6 * h < w.line.x + w.line.w / 2 < last + 8 * h
        match = _UNIT.search(w.text)
        if match and within and -h < away < 5 * h and not any(c.isdigit() for c in w.text):
            return "s" if match[1].startswith("s") else "ms"
    return None


def screen_words(reader: ModelBundle, written: Written, device: str = "cpu", most: int = MOST_LINES) -> list[Words]:
    """Return what can be read on a screen, in pixels of ``Looked.fine``, on which it was found."""
    return read_words(reader, written, most, device)


def read_scale(words: Sequence[Words], looked: Looked, found: Found) -> TimeScale | None:
    """Return what a screen's words tell of its time scale, in pixels of the picture."""
    sweeps_px = None
    if found.panels:
        widest = max(found.panels, key=lambda p: p.w)
        sweeps_px = looked.fine_zoom * widest.x, looked.fine_zoom * (widest.x + widest.w)
    scale = find_scale(words, looked, sweeps_px)
    return None if scale is None else replace(scale, px_per_ms=scale.px_per_ms / looked.fine_zoom)


def read_scales(words: Sequence[Words], looked: Looked, found: Found) -> list[TimeScale | None]:
    """Return what a sheet's words tell of each panel's time scale, in pixels of the picture.

    What stands in a panel, above it, beside it or, of numbers, below it is its own; where no panel has any, what the
    page says once holds of all.
    """
    z = looked.fine_zoom
    panels = [Line(z * p.x, z * p.y, z * p.w, z * p.h) for p in found.panels]
    homes = [_home(w, panels) for w in words]

    def told(panel: Line, own: Sequence[Words]) -> TimeScale | None:
        rows = slice(max(0, int(panel.y)), int(panel.y + panel.h) + 1)
        scale = find_scale(own, looked, (panel.x, panel.x + panel.w), rows)
        return None if scale is None else replace(scale, px_per_ms=scale.px_per_ms / z)

    each = [told(p, [w for w, home in zip(words, homes, strict=True) if home == i]) for i, p in enumerate(panels)]
    return each if any(each) else [told(p, words) for p in panels]


def _home(word: Words, panels: Sequence[Line]) -> int | None:
    """Return the panel that a line of words belongs to, None where none is near."""
    line, number = word.line, bool(_TICK.fullmatch(word.text.strip()))
    best: tuple[float, int] | None = None
    for i, p in enumerate(panels):
        across = min(line.x + line.w, p.x + p.w) - max(line.x, p.x)
        above, below = p.y - line.y - line.h, line.y - p.y - p.h
        if across > 0:
            away = max(above, below, 0.0)
            wrong = (below if not number else above) > 0  # captions stand above, an axis's numbers below
        else:
            away, wrong = -across if max(above, below) < 0 else np.inf, True
        if away <= max(NEAR_LINES * line.h, NEAR_SHARE * p.h):
            best = min(best or (np.inf, i), (away + wrong * NEAR_LINES * line.h, i))
    return None if best is None else best[1]


def scale_of(shown: np.ndarray) -> TimeScale | None:
    """Read the time scale off a picture with the installed models that find and read words; None without them."""
    cards = {c.role: c for c in catalogue()}
    if "lines" not in cards or "words" not in cards:
        return None
    finder, reader = (load_bundle(cards[role].folder) for role in ("lines", "words"))
    looked = look(shown, tell=installed_curves())
    words = screen_words(reader, find_lines(finder, looked.fine))
    return read_scale(words, looked, find_waveforms(shown, looked))
