"""Which traces of a picture belong together: one muscle's panel of one or several sweeps."""

from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise

import numpy as np

from viewer.reading.ink import Ink
from viewer.reading.lines import Line
from viewer.reading.sweeps import home
from viewer.reading.traces import Trace

SAME_EXTENT = 0.85  # overlap over union of two sweeps' columns in one panel
ONE = 0.25  # of the smaller rectangle: panels that overlap so far are one
LETTER_SHARE = 0.4  # of the strongest stroke near
LETTERS = 9  # small parts side by side that are a line of words
WORD_GAP = 3.5  # heights of a letter: what is further apart is no line of words (numbers along an axis)
CAPTION, INSIDE = 5.0, 0.7  # a line so many times as long as high, most of it between two sweeps, parts these
GROUND_STEP = 60  # of 255: a field of another ground than the page, and no tinted figure

Rect = tuple[float, float, float, float]
Between = Callable[[float, float, float, float], bool]  # whether words stand between two columns and two rows


def group_panels(traces: list[Trace], ink: Ink, lines: Sequence[Line] | None = None) -> list[tuple[list[Trace], Rect]]:
    """Return panels from the top down: their sweeps, and the rectangle (x, y, w, h) that holds them.

    ``lines``: where words stand; None where nobody looked for them: they are then told by small parts side by side.
    """
    written: Between = (
        partial(_has_words, _letters(ink.mask(LETTER_SHARE))) if lines is None else partial(_has_lines, lines)
    )
    columns: list[list[Trace]] = []
    for trace in sorted(traces, key=lambda t: t.row):
        home = next((c for c in columns if _alike(c[-1], trace)), None)
        if home is None:
            columns.append([trace])
        else:
            home.append(trace)
    panels = _merged([group for column in columns for group in _split(column, ink, written)], ink, written)
    return [(group, _bounds(group, panels, ink)) for group in sorted(panels, key=lambda g: (g[0].row, g[0].x0))]


def _extent(group: list[Trace]) -> Rect:
    """Return the rectangle of a group's curves."""
    x0, x1 = min(t.x0 for t in group), max(t.x1 for t in group)
    y0, y1 = min(float(t.top.min()) for t in group), max(float(t.bottom.max()) for t in group)
    return float(x0), y0, float(x1 - x0), max(1.0, y1 - y0)


def _merged(groups: list[list[Trace]], ink: Ink, written: Between) -> list[list[Trace]]:
    """Join groups whose rectangles overlap, or that one field of the page holds: pieces of one panel."""
    done: list[list[Trace]] = []
    for group in sorted(groups, key=lambda g: -_extent(g)[2] * _extent(g)[3]):
        home = next(
            (d for d in done if _overlap(_extent(d), _extent(group)) > ONE or _in_one_field(d, group, ink, written)),
            None,
        )
        if home is None:
            done.append(list(group))
        else:
            home += group
            home.sort(key=lambda t: t.row)
    return done


def _in_one_field(a: list[Trace], b: list[Trace], ink: Ink, written: Between) -> bool:
    """Whether two groups, one above the other without words between, lie in one rectangle of its own ground."""
    first, second = sorted((a, b), key=lambda g: g[0].row)
    above, below = first[-1], second[0]
    if min(above.x1, below.x1) - max(above.x0, below.x0) < 0.5 * min(len(above.base), len(below.base)):
        return False
    field = home(above, ink.panels)
    return field is not None and field == home(below, ink.panels) and not _apart(above, below, ink, written)


def _overlap(a: Rect, b: Rect) -> float:
    """Return what two rectangles share, of the smaller."""
    across = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    down = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    return max(0.0, across) * max(0.0, down) / min(a[2] * a[3], b[2] * b[3])


def _alike(a: Trace, b: Trace) -> bool:
    both = min(a.x1, b.x1) - max(a.x0, b.x0)
    return both > SAME_EXTENT * (max(a.x1, b.x1) - min(a.x0, b.x0))


def _split(column: list[Trace], ink: Ink, written: Between) -> list[list[Trace]]:
    """Part sweeps under one another where the ground changes or a caption stands."""
    groups = [[column[0]]]
    for above, below in pairwise(column):
        if _apart(above, below, ink, written):
            groups.append([below])
        else:
            groups[-1].append(below)
    return groups


def _apart(above: Trace, below: Trace, ink: Ink, written: Between) -> bool:
    """Whether the ground changes between two sweeps, or a line of words stands there."""
    x0, x1 = max(above.x0, below.x0), min(above.x1, below.x1)
    y0, y1 = int(above.row), int(below.row)
    ground = np.median(ink.ground[y0:y1, x0:x1:16].astype(np.int16), axis=1)
    if len(ground) and float(np.abs(ground - ground[0]).max()) > GROUND_STEP:
        return True
    return written(x0, x1, y0, y1)


def _has_lines(lines: Sequence[Line], x0: float, x1: float, y0: float, y1: float) -> bool:
    """Whether one of the lines of words stands in a rectangle."""
    for line in lines:
        row, room = line.y + line.h / 2, 0.5 * line.height
        inside = min(line.x + line.w, x1) - max(line.x, x0)
        if y0 + room < row < y1 - room and line.w > CAPTION * line.height and inside > INSIDE * line.w:
            return True
    return False


def _has_words(letters: np.ndarray, x0: float, x1: float, y0: float, y1: float) -> bool:
    """Whether a line of words stands in a rectangle: letters on one row, each near the one before."""
    left, foot = letters[:, 0], letters[:, 1]
    own = letters[(left > x0 - 10) & (left < x1) & (foot > y0) & (foot < y1)]
    for row in np.unique(own[:, 1]):
        line = own[(own[:, 1] >= row) & (own[:, 1] <= row + 5)]
        if len(line) < LETTERS:
            continue
        line = line[np.argsort(line[:, 0])]
        far = line[1:, 0] - (line[:-1, 0] + line[:-1, 2]) > WORD_GAP * line[:, 3].max()
        if np.diff(np.r_[0, np.flatnonzero(far) + 1, len(line)]).max() >= LETTERS:
            return True
    return False


def _letters(mask: np.ndarray) -> np.ndarray:
    """Return the left ends, feet, widths and heights (n, 4) of parts as small as letters."""
    import cv2

    _, _, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    x, y, w, h, area = stats.T
    small = (h >= 5) & (h <= 40) & (w >= 2) & (w <= 40) & (area >= 6) & (w <= 2.5 * h) & (h <= 5 * w + 5)
    return np.stack([x[small], (y + h)[small], w[small], h[small]], 1)


def _bounds(group: list[Trace], panels: list[list[Trace]], ink: Ink) -> Rect:
    """Return a panel's rectangle: its sweeps with their waves, and half the way to what is next."""
    x0, x1 = min(t.x0 for t in group), max(t.x1 for t in group)
    top, bottom = min(float(t.top.min()) for t in group), max(float(t.bottom.max()) for t in group)
    first, last = group[0].row, group[-1].row
    room = (last - first) / (len(group) - 1) / 2 if len(group) > 1 else max(0.12 * (x1 - x0), 30.0)
    y0, y1 = min(top - 4, first - room), max(bottom + 4, last + room)
    for other in panels:
        if other is group or min(x1, max(t.x1 for t in other)) <= max(x0, min(t.x0 for t in other)):
            continue
        if other[-1].row < first:
            y0 = max(y0, min(top, (other[-1].row + first) / 2))
        elif other[0].row > last:
            y1 = min(y1, max(bottom, (other[0].row + last) / 2))
    for panel in ink.panels:
        if panel.x0 - 8 <= x0 and x1 <= panel.x1 + 8 and panel.y0 <= first and last <= panel.y1:
            y0, y1 = max(y0, panel.y0), min(y1, panel.y1)
    y0, y1 = max(0.0, y0), min(float(ink.strength.shape[0]), y1)
    return float(x0), y0, float(x1 - x0), max(1.0, y1 - y0)
