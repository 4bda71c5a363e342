"""Lines of words on a picture: where they are, and each as the network that reads them sees it."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from viewer.models.bundle import ModelBundle

STROKE_PX = 13  # no letter's stroke is thicker
FAINTEST = 22  # of 255
# How strong a letter's strokes are at least, as a share of the strongest in a square of so many pixels: the first finds
# words beside bold curves, the second faint ones, the third those that a grid or a photograph's grain runs into.
LOOKS = ((0.4, 31), (0.25, 31), (0.6, 61))
SAME_WIDE, SAME_TALL = 0.85, 0.6  # of the larger one's width and height, which two findings of one line have in common
RULE_PX = 3.2  # times the largest usual letter: longer straight strokes are lines, not letters
LEAST_PX, LARGE_PX, MOST_PX = 5, 20, 64  # a letter's height: the least, a large one, the most
WIDEST = 4.0  # times its height: two letters and more may touch
MOST_LETTERS = 2500
APART = 1.1  # of a letter's height: the next one on the line is nearer
ALIKE, DOT_APART = 2.2, 0.5  # times as high as its neighbour at most; of the letter's height between it and a dot
SHARED = 0.45  # of the lower one's rows, which two neighbours on a line have in common
BATCH = 16
LINE_PX, LONGEST_PX = 24, 480  # as the network sees a line
MARGIN = 0.18  # of a line's height is seen above and below it


CHARACTERS = "0123456789abcdefghijklmnopqrstuvwxyz.,:;/-+=%()[]*|_#&<>?!'" + " "
_AS_PLAIN = str.maketrans("\u00b5\u03bc\u2013\u2212\u00e4\u00f6\u00fc", "uu--aou")


def plain(text: str) -> str:
    """Return a text in the characters that are read: small letters, no accents, single spaces."""
    small = text.lower().translate(_AS_PLAIN)
    return " ".join("".join(c if c in CHARACTERS else " " for c in small).split())


@dataclass(frozen=True)
class Line:
    """A line of words, or one word far from others: pixels of the picture."""

    x: float
    y: float
    w: float
    h: float


@dataclass(frozen=True)
class Words:
    """A line of words that was read: where it stands, what it says (in ``CHARACTERS``), and how surely, 0..1."""

    line: Line
    text: str
    sure: float = 1.0


def find_strokes(shown: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return how far thin strokes stand out, uint8 (rows, columns): bright ones, and dark ones.

    ``shown`` is (rows, columns) or (rows, columns, 3). Unlike the ink of curves this knows no ground: words stand on
    bars and buttons, in light that falls unevenly.
    """
    import cv2

    kernel = np.ones((STROKE_PX, STROKE_PX), np.uint8)
    grey = shown if shown.ndim == 2 else cv2.cvtColor(shown, cv2.COLOR_RGB2GRAY)
    bright, dark = (cv2.morphologyEx(grey, way, kernel) for way in (cv2.MORPH_TOPHAT, cv2.MORPH_BLACKHAT))
    if shown.ndim == 3:  # blue words on black are bright in one channel, yellow ones on white dark in one
        r, g, b = cv2.split(shown)
        high, low = cv2.max(cv2.max(r, g), b), cv2.min(cv2.min(r, g), b)
        bright = cv2.max(bright, cv2.morphologyEx(high, cv2.MORPH_TOPHAT, kernel))
        dark = cv2.max(dark, cv2.morphologyEx(low, cv2.MORPH_BLACKHAT, kernel))
    return bright, dark


def read_words(bundle: ModelBundle, shown: np.ndarray, most: int, device: str = "cpu") -> list[Words]:
    """Return the lines of words that can be read, of ``most`` lines at most; those not read for certain are left out.

    ``shown``: uint8 (rows, columns) or (rows, columns, 3).
    """
    found_in = [(line, sure, strokes) for strokes in find_strokes(shown) for line, sure in find_lines(strokes)]
    found_in = sorted(found_in, key=lambda f: -f[1])[:most]
    lines = [line for line, _, _ in found_in]
    seen = [seen_line(strokes, w.x, w.y, w.x + w.w, w.y + w.h) for w, _, strokes in found_in]
    order = sorted(range(len(lines)), key=lambda i: seen[i].shape[1])
    found = []
    with torch.inference_mode():
        for first in range(0, len(order), BATCH):
            rows = order[first : first + BATCH]
            logits = bundle.network(together([seen[i] for i in rows]).to(device)).cpu()
            for i, (text, sure) in zip(rows, said(logits), strict=True):
                if text.strip() and sure >= bundle.card.uncertain_below:
                    found.append(Words(lines[i], text.strip(), sure))
    return found


def find_lines(strokes: np.ndarray) -> list[tuple[Line, float]]:
    """Return where words may stand, each with how much it looks like words: its letters, and how even they are."""
    found = [f for strength, near_px in LOOKS for f in _lines_at(strokes, strength, near_px)]
    return _each_once(sorted(found, key=lambda f: -f[1]))


def _each_once(found: list[tuple[Line, float]]) -> list[tuple[Line, float]]:
    """Return the lines without those found before."""
    if not found:
        return []
    x, y, w, h = np.array([(line.x, line.y, line.w, line.h) for line, _ in found]).T
    wide = np.minimum(x + w, (x + w)[:, None]) - np.maximum(x, x[:, None])
    tall = np.minimum(y + h, (y + h)[:, None]) - np.maximum(y, y[:, None])
    same = (wide > SAME_WIDE * np.maximum(w, w[:, None])) & (tall > SAME_TALL * np.maximum(h, h[:, None]))
    kept = np.ones(len(found), bool)
    for i in range(len(found)):
        kept[i + 1 :] &= ~(same[i, i + 1 :] & kept[i])
    return [f for f, keep in zip(found, kept, strict=True) if keep]


def _lines_at(strokes: np.ndarray, strength: float, near_px: int) -> list[tuple[Line, float]]:
    import cv2

    near = cv2.dilate(np.ascontiguousarray(strokes[::2, ::2]), np.ones((near_px // 2, near_px // 2), np.uint8))
    least = np.maximum(cv2.convertScaleAbs(near, alpha=strength), np.uint8(FAINTEST))
    least = cv2.resize(least, strokes.shape[::-1], interpolation=cv2.INTER_NEAREST)
    mask: np.ndarray = (strokes > least).astype(np.uint8)
    long = round(RULE_PX * LARGE_PX)
    for shape in ((long, 1), (1, long)):
        mask &= 1 - cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones(shape, np.uint8))
    _, _, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    x, y, w, h, area = stats[1:].T
    letter = (h <= MOST_PX) & (w <= WIDEST * MOST_PX) & (w <= WIDEST * np.maximum(h, LEAST_PX)) & (area >= 3)
    x, y, w, h = (v[letter] for v in (x, y, w, h))
    if len(x) > MOST_LETTERS:
        keep = np.sort(np.argsort(-(w * h))[:MOST_LETTERS])
        x, y, w, h = (v[keep] for v in (x, y, w, h))
    if not len(x):
        return []
    found = []
    for members in _joined(x, y, w, h):
        if len(members) == 1:  # most are
            (i,) = members
            if h[i] >= LEAST_PX and w[i] < 1.2 * h[i]:
                found.append((Line(float(x[i]), float(y[i]), float(w[i]), float(h[i])), 1.0))
            continue
        tall = np.sort(h[members])[::-1]
        height = float(tall[: max(1, len(tall) // 2)].mean())
        if height < LEAST_PX:
            continue
        x0, y0 = x[members].min(), y[members].min()
        x1, y1 = (x + w)[members].max(), (y + h)[members].max()
        if y1 - y0 <= 2.2 * height:
            feet = (y + h)[members] - _slant(x[members], (y + h)[members])
            uneven = float(np.median(np.abs(feet - np.median(feet)))) / height
            line = Line(float(x0), float(y0), float(x1 - x0), float(y1 - y0))
            found.append((line, min(len(members), 6) / (1 + 10 * uneven)))
    return found


def _slant(x: np.ndarray, feet: np.ndarray) -> np.ndarray:
    """Return the line on which a turned picture's letters stand."""
    if len(x) < 6:
        return np.zeros(len(x))
    return np.polyval(np.polyfit(x, feet, 1), x)


def _joined(x: np.ndarray, y: np.ndarray, w: np.ndarray, h: np.ndarray) -> list[np.ndarray]:
    """Return the letters of each line: neighbours that share rows and are not far apart."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    order = np.argsort(x)
    x, y, w, h = (v[order].astype(np.float32) for v in (x, y, w, h))
    n = len(x)
    first = np.searchsorted(x, x)
    furthest = np.maximum(APART * ALIKE * h, DOT_APART * MOST_PX)  # no neighbour below can be further
    reach = np.searchsorted(x, x + w + furthest, "right")
    several = reach - first
    a = np.repeat(np.arange(n), several)
    b = np.arange(len(a)) + np.repeat(first - np.cumsum(several) + several, several)
    tall = np.maximum(h[a], h[b])
    gap = x[b] - x[a] - w[a]
    shared = np.minimum(y[a] + h[a], y[b] + h[b]) - np.maximum(y[a], y[b])
    low = np.minimum(h[a], h[b])
    alike = (tall < ALIKE * low) & (shared > SHARED * low)
    dot = (low < 0.45 * tall) & (shared > -0.35 * tall) & (gap < DOT_APART * tall)  # points, colons, dashes
    near = (a != b) & (gap < APART * tall) & (alike | dot)
    graph = coo_matrix((np.ones(int(near.sum()), bool), (a[near], b[near])), shape=(n, n))
    count, group = connected_components(graph, directed=False)
    by = np.argsort(group, kind="stable")
    return [order[m] for m in np.split(by, np.cumsum(np.bincount(group, minlength=count))[:-1])]


def seen_line(strength: np.ndarray, x0: float, y0: float, x1: float, y1: float) -> np.ndarray:
    """Return a line as the network sees it: its ink (24, width) float32 of 0..1, with a little of what is round it."""
    import cv2

    rows, columns = strength.shape
    edge = MARGIN * max(1.0, y1 - y0)
    left, right = max(0, round(x0 - edge)), min(columns, max(round(x1 + edge), round(x0) + 2))
    top, bottom = max(0, round(y0 - edge)), min(rows, max(round(y1 + edge), round(y0) + 2))
    piece = strength[top:bottom, left:right]
    if min(piece.shape) < 2:
        return np.zeros((LINE_PX, 2 * LINE_PX), np.float32)
    wide = int(np.clip(round(piece.shape[1] * LINE_PX / piece.shape[0]), LINE_PX // 2, LONGEST_PX))
    way = cv2.INTER_AREA if piece.shape[0] > LINE_PX else cv2.INTER_CUBIC
    shown = cv2.resize(piece, (wide, LINE_PX), interpolation=way).astype(np.float32)
    return np.clip(shown / max(30.0, float(np.quantile(shown, 0.97))), 0, 1)


def together(lines: list[np.ndarray]) -> Tensor:
    """Return lines (24, width) as one input (n, 1, 24, longest), 0 beyond their ends."""
    longest = max(line.shape[1] for line in lines)
    padded = [functional.pad(torch.from_numpy(line), (0, longest - line.shape[1])) for line in lines]
    return torch.stack(padded)[:, None]


def said(logits: Tensor) -> list[tuple[str, float]]:
    """Return each line's text and how sure it is, 0..1: its least sure character (an empty line 0).

    ``logits`` (n, characters + 1, steps); of a character's steps the surest counts.
    """
    shares = logits.float().softmax(1)
    best, which = shares.max(1)
    texts = []
    for own, sure in zip(which.tolist(), best.tolist(), strict=True):
        characters: list[tuple[int, float]] = []
        before = 0
        for c, p in zip(own, sure, strict=True):
            if c and c == before:
                characters[-1] = c, max(p, characters[-1][1])
            elif c:
                characters.append((c, p))
            before = c
        text = "".join(CHARACTERS[c - 1] for c, _ in characters)
        texts.append((text, min((p for _, p in characters), default=0.0)))
    return texts
