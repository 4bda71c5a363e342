"""Screens full of words, with where each line stands and what it says: for those who find lines, and who read them.

Bars, buttons, settings, axes and marks are those of the simulated EMG screens, in any font; sweeps are mere noise with
spikes, since only the words matter here. What befalls screens befalls these: scaling, JPEG, a camera, a scanner.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from training.simulate.emg.draws import Draw
from training.simulate.emg_artwork import (
    Rect,
    Word,
    draw_grid,
    draw_marks,
    draw_sweep,
    draw_words,
    layout_panels,
    writing,
)
from training.simulate.emg_camera import degrade
from training.simulate.emg_looks import MUSCLES, PHRASES, Look, Settings, random_look, setting_words
from training.words.lines import FACES, a_text, contrasts
from viewer.reading.lines import FAINTEST, Line, find_strokes
from viewer.reading.writing import plain, seen_line

MOST_FURTHER = 14  # lines written anywhere
PAGE = 0.15  # of the scenes are written full
LONGEST = 60  # characters
LEAST_CONTRAST = 60
LEAST_PX = 5.0  # a line's height, below which it may be found or not
OVER = 0.1  # of a line: where so much is written over, nobody could read it
OFTEN = frozenset(PHRASES + MUSCLES)  # on every bar and button: of these so many are learned from
KEPT = 0.15
OFF = 0.06  # of a line's height, by which its edges are told wrongly (a standard deviation)
EMPTY = 0.08  # of the lines hold no words


@dataclass(frozen=True, eq=False)
class TrueLine:
    """A line of words: its corners (4, 2) in pixels from the upper left one clockwise, and what it says.

    ``bright``: brighter than its ground; ``plain``: neither too faint, too small nor written over.
    """

    corners: np.ndarray
    text: str
    bright: bool
    plain: bool

    @property
    def height(self) -> float:
        """Its height in pixels."""
        (a, b), (c, d) = self.corners[:2], self.corners[:1:-1]
        return float(np.linalg.norm((c + d - a - b) / 2))


def a_scene(draw: Draw, fonts: tuple[str, ...]) -> tuple[np.ndarray, list[TrueLine]]:
    """Return a picture (uint8 RGB, 180 to about 1,900 pixels wide) and the lines of words on it."""
    look = random_look(draw)
    look = replace(look, font=_font(draw, fonts))
    picture = np.empty((look.height, look.width, 3), np.uint8)
    picture[:] = look.ground
    ms, uv = _round(draw, 0.5, 200), _round(draw, 5, 5000)
    with writing() as words:
        band = draw.pick((2.0, 5.0, 10.0, 20.0, 30.0)), draw.pick((5000.0, 8000.0, 10000.0, 20000.0))
        plot = layout_panels(draw, picture, look, Settings(setting_words(draw, uv, ms, band), ms, uv))
        draw_grid(picture, plot, look)
        later = draw.chance(0.5)  # the words lie over the sweeps, or under them
        count = draw.pick((0, 5, MOST_FURTHER, 60 if draw.chance(PAGE) else 2))
        if not later:
            _further(draw, picture, words, draw.integer(0, count), fonts)
        rows = _sweeps(draw, picture, plot, look)
        draw_marks(draw, picture, plot, look, rows)
        if later:
            _further(draw, picture, words, draw.integer(0, count), fonts)
    arrived, matrix = degrade(draw, picture, crop=False)
    strokes = find_strokes(arrived)
    return arrived, [_true(picture, word, words, matrix, strokes) for word in words if word.text.strip()]


def scene_lines(draw: Draw, fonts: tuple[str, ...]) -> list[tuple[np.ndarray, str]]:
    """Return lines of one screen as the network that reads them sees them, about as they are found, and what they say.

    (24, width) float32 of 0..1, and ``CHARACTERS``. Some hold no words.
    """
    picture, lines = a_scene(draw, fonts)
    strokes = find_strokes(picture)
    seen = []
    for true in lines:
        if not true.plain or (true.text in OFTEN and not draw.chance(KEPT)):
            continue
        line = _as_found(draw, true.corners)
        seen.append((seen_line(strokes[0] if true.bright else strokes[1], line), plain(true.text)))
        if draw.chance(EMPTY):
            rows, columns = picture.shape[:2]
            x, y = float(draw.integer(0, columns - 1)), float(draw.integer(0, rows - 1))
            place = np.array([(x, y), (x + line.w, y), (x + line.w, y + line.height), (x, y + line.height)])
            if not any(_touch(place, other.corners) for other in lines):
                seen.append((seen_line(strokes[draw.integer(0, 1)], _as_found(draw, place)), ""))
    return seen


def _as_found(draw: Draw, corners: np.ndarray) -> Line:
    """Return a line about where its corners are."""
    (x0, y0), (x1, y1), (x2, y2), (x3, y3) = corners
    tall = (y3 - y0 + y2 - y1) / 2
    left, right, above, below = (float(v) for v in draw.rng.normal(0, OFF * tall, 4))
    x, w = (x0 + x3) / 2 + left, (x1 + x2 - x0 - x3) / 2 + right - left
    slope = float((y1 + y2 - y0 - y3) / max(1e-6, x1 + x2 - x0 - x3))
    tall = max(2.0, tall + below - above)
    high = tall + abs(slope) * w
    return Line(float(x), float(corners[:, 1].mean() + (above + below) / 2 - high / 2), float(w), float(high), slope)


def _touch(a: np.ndarray, b: np.ndarray) -> bool:
    return bool((a.min(0) < b.max(0)).all() and (b.min(0) < a.max(0)).all())


def _font(draw: Draw, fonts: tuple[str, ...]) -> str:
    return draw.pick(FACES) if draw.chance(0.2) else draw.look(fonts)


def _round(draw: Draw, low: float, high: float) -> float:
    return float(f"{draw.between(low, high, log=True):.1g}")


def _sweeps(draw: Draw, picture: np.ndarray, plot: Rect, look: Look) -> np.ndarray:
    """Draw noise with spikes; return the sweeps' rows."""
    count = draw.integer(1, 8)
    rows = plot[1] + plot[3] * (np.arange(count) + draw.between(0.3, 0.7)) / count
    room = plot[3] / count
    for row in rows:
        ys = draw.rng.normal(0, draw.between(0.002, 0.04, log=True) * room, 3 * plot[2])
        for _ in range(draw.integer(0, 6)):
            at, long = draw.integer(0, len(ys) - 1), draw.integer(6, max(8, len(ys) // 12))
            wave = np.diff(np.hanning(long)) * long / 3.2 * draw.between(0.1, 0.9) * room
            own = ys[at : at + len(wave)]
            own += wave[: len(own)] * draw.pick((1, -1))
        draw_sweep(picture, plot, row + ys, look.trace, look)
    return rows


def _further(draw: Draw, picture: np.ndarray, words: list[Word], count: int, fonts: tuple[str, ...]) -> None:
    """Write lines anywhere that no other is."""
    high, wide = picture.shape[:2]
    font, size = _font(draw, fonts), draw.between(6, 34, log=True)
    for _ in range(count):
        if draw.chance(0.3):
            font, size = _font(draw, fonts), draw.between(6, 34, log=True)
        text = a_text(draw)[:LONGEST].strip()
        if not text:
            continue
        x, y = draw.integer(0, max(1, wide - 40)), draw.integer(0, max(1, high - round(1.5 * size)))
        text = text[: max(1, int((wide - x) / (0.6 * size)))]
        place = x - 4, y - 4, round(0.75 * size * len(text)) + 8, round(1.4 * size) + 8
        if any(_shared(place, (w.x, w.y, w.w, w.h)) > 0 for w in words):
            continue
        ground = np.median(picture[y : y + round(size) + 1, x : x + place[2]].reshape(-1, 3), axis=0)
        ink = _ink(draw, ground)
        draw_words(picture, text, (x, y), ink, font, size)


def _ink(draw: Draw, ground: np.ndarray) -> tuple[int, int, int]:
    while True:
        ink = draw.rng.integers(0, 256, 3) if draw.chance(0.5) else np.full(3, draw.pick((0, 255, 40, 210)))
        if max(contrasts(ground, ink)) > LEAST_CONTRAST:
            return int(ink[0]), int(ink[1]), int(ink[2])


def _shared(a: Sequence[float], b: Sequence[float]) -> float:
    """Return the area that two rectangles (x, y, w, h) have in common."""
    wide = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    tall = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    return max(0.0, wide) * max(0.0, tall)


def _true(
    drawn: np.ndarray, word: Word, words: Sequence[Word], matrix: np.ndarray, strokes: tuple[np.ndarray, np.ndarray]
) -> TrueLine:
    x0, y0, x1, y1 = word.x, word.y, word.x + word.w, word.y + word.h
    corners = np.array([(x0, y0, 1), (x1, y0, 1), (x1, y1, 1), (x0, y1, 1)]) @ matrix.T
    points = corners[:, :2] / corners[:, 2:]
    own = (word.x, word.y, word.w, word.h)
    over = max((_shared(own, (w.x, w.y, w.w, w.h)) for w in words if w is not word), default=0.0)
    bright = _is_bright(drawn[max(0, int(y0)) : int(y1) + 1, max(0, int(x0)) : int(x1) + 1])
    line = TrueLine(points, word.text, bright, True)
    strength = strokes[0] if bright else strokes[1]
    rows, columns = strength.shape
    (left, top), (right, bottom) = points.min(0), points.max(0)
    inside = left > -2 and top > -2 and right < columns + 2 and bottom < rows + 2
    piece = strength[max(0, int(top)) : int(bottom) + 1, max(0, int(left)) : int(right) + 1]
    plain = (
        inside
        and over < OVER * word.w * word.h
        and line.height >= LEAST_PX
        and piece.size > 0
        and float(np.quantile(piece, 0.97)) > FAINTEST
    )
    return replace(line, plain=bool(plain))


def _is_bright(piece: np.ndarray) -> bool:
    """Whether what is written on a piece is brighter than its ground, which most of its pixels are."""
    if not piece.size:
        return True
    own = piece.reshape(-1, 3).astype(np.float32)
    mean, ground = own.mean(0), np.median(own, axis=0)
    brighter, darker = contrasts(ground, mean)
    return brighter > darker
