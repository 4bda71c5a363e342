"""Lines of words as they stand on screens, drawn in any font, on any ground, and what befalls them; with what they say.

The network sees strokes, not colours: how far they stand out, as the viewer finds them (``viewer.reading.writing``).
"""

import errno
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from training.simulate.emg.draws import Draw
from training.simulate.emg_artwork import draw_words
from training.simulate.emg_camera import degrade
from training.simulate.emg_looks import MUSCLES, PHRASES, setting_words
from training.simulate.emg_sheet_words import COLUMNS, FIELDS, NAMES, REMARKS, TITLES
from viewer.reading.lines import Line, find_strokes
from viewer.reading.writing import CHARACTERS, plain, seen_line

FACES = ("simplex", "plain", "duplex")  # of OpenCV
LONGEST = 44  # characters
LEAST_CONTRAST = 50
UNITS = ("ms", "ms", "ms", "msec", "mS", "MS", "s", "uV", "\u00b5V", "mV", "Hz", "kHz", "%")
DIVISIONS = ("/div", "/D", "/cm", " / div", "/Div", "/DIV", " / division", "/ div.")
EMPTY = 0.06  # of the lines hold no words: a piece of a curve
NO_LETTERS = ("Symbol", "D050000L", "Dingbats", "unifont", "Unifont")  # pictures, and bitmaps that are drawn slowly


def a_line(draw: Draw, fonts: tuple[str, ...]) -> tuple[np.ndarray, str]:
    """Return a line as the network sees it (24, width) float32 of 0..1, and what it says in ``CHARACTERS``."""
    text = "" if draw.chance(EMPTY) else a_text(draw)[:LONGEST].strip()
    size = draw.between(6, 30, log=True)
    ground, ink = _colours(draw)
    wide, tall = round(size * (0.9 * len(text) + 4)) + 40, round(3 * size) + 20
    picture = np.empty((tall, wide, 3), np.uint8)
    picture[:] = ground
    x, y = 14 + draw.integer(0, 5), round(size) + 6
    _clutter(draw, picture, (x, y, wide, round(size)), ink)
    if text:
        bounds = _write(draw, picture, text, (x, y), ink, size, fonts)
    else:
        _curve(draw, picture, (x, y, wide, size), ink)
        bounds = x, y, x + draw.integer(round(size), wide - x), y + round(size)
    arrived, matrix = degrade(draw, picture, crop=True)
    corners = np.array([(x, y, 1) for x in bounds[::2] for y in bounds[1::2]]) @ matrix.T
    points = corners[:, :2] / corners[:, 2:]
    (x0, y0), (x1, y1) = points.min(0), points.max(0)
    off = draw.rng.normal(0, 0.06 * (y1 - y0), 4)
    x0, y0, x1, y1 = x0 + off[0], y0 + off[1], x1 + off[2], y1 + off[3]
    strokes = find_strokes(arrived)[int(np.argmax(contrasts(ground, ink)))]
    return seen_line(strokes, Line(x0, y0, x1 - x0, y1 - y0)), plain(text)


def a_text(draw: Draw) -> str:
    """Return words as screens and sheets have them: settings, numbers with units, names, any characters."""
    kind = draw.pick(("settings", "value", "number", "phrase", "any"), (38, 20, 14, 16, 12))
    if kind == "settings":
        ms, uv = _round(draw, 0.5, 500), _round(draw, 5, 10000)
        words = setting_words(draw, uv, ms, (draw.pick((2.0, 5.0, 10.0, 20.0)), draw.pick((5000.0, 10000.0))))
        parts = [p for p in words.replace(" | ", "  ").split("  ") if p.strip()]
        return draw.pick((words, draw.pick(parts), draw.pick(parts)))
    if kind == "value":
        unit = draw.pick(UNITS) + draw.pick(("", *DIVISIONS), (10, *([1] * len(DIVISIONS))))
        name = draw.pick(("", "", "", "Time ", "Sweep: ", "A ", "CH1 ", "t = ", "Zeit ", "TIME ", "TB ", "Time: "))
        return f"{name}{_round(draw, 0.1, 2000):g}{draw.pick(('', ' '))}{unit}"
    if kind == "number":
        value = _round(draw, 0.01, 5000) * draw.pick((1, -1), (3, 1))
        text = f"{value:g}" if draw.chance(0.7) else f"{value:.{draw.integer(1, 2)}f}"
        return text.replace(".", ",") if draw.chance(0.1) else text
    if kind == "phrase":
        return draw.pick(
            PHRASES + MUSCLES + TITLES + NAMES + FIELDS + REMARKS + COLUMNS + ("Time (ms)", "t [s]", "msec")
        )
    return "".join(draw.pick(tuple(CHARACTERS + " ")) for _ in range(draw.integer(1, 14)))


def found_fonts(folder: Path) -> tuple[str, ...]:
    """Return the scalable fonts below a folder that have letters, digits and marks. Raises FileNotFoundError."""
    from PIL import ImageFont

    own = []
    for path in sorted(p for p in folder.rglob("*") if p.suffix.lower() in (".ttf", ".otf")):
        if any(word in path.name for word in NO_LETTERS):
            continue
        try:
            face = ImageFont.truetype(str(path), 20)
        except OSError:
            continue
        shapes = {bytes(face.getmask(c)) for c in "aMs0159/uV"}
        if len(shapes) == 10 and face.getlength("m") < 40:
            own.append(str(path))
    if not own:
        raise FileNotFoundError(errno.ENOENT, "no font", str(folder / "*.ttf"))
    return tuple(own)


def _round(draw: Draw, low: float, high: float) -> float:
    value = draw.between(low, high, log=True)
    return float(f"{value:.{draw.pick((1, 2, 3), (4, 2, 1))}g}")


def _colours(draw: Draw) -> tuple[np.ndarray, tuple[int, int, int]]:
    while True:
        ground, ink = draw.rng.integers(0, 256, 3), draw.rng.integers(0, 256, 3)
        if draw.chance(0.5):
            ground = np.full(3, draw.pick((0, 255, 255, 240, 30)))
        if max(contrasts(ground, ink)) > LEAST_CONTRAST:
            return ground, (int(ink[0]), int(ink[1]), int(ink[2]))


def contrasts(ground: np.ndarray, ink: Sequence[int] | np.ndarray) -> tuple[float, float]:
    """Return by how much ink is brighter than its ground, and by how much darker, as strokes are found."""
    light = float((np.asarray(ink) - ground) @ (0.299, 0.587, 0.114))
    return max(light, max(ink) - max(ground)), max(-light, min(ground) - min(ink))


def _write(
    draw: Draw,
    picture: np.ndarray,
    text: str,
    at: tuple[int, int],
    ink: tuple[int, int, int],
    size: float,
    fonts: tuple[str, ...],
) -> tuple[int, int, int, int]:
    """Write a line; return the bounds of its ink."""
    before = picture.copy()
    if draw.chance(0.2):
        draw_words(picture, text.replace("\u00b5", "u").replace("\u03bc", "u"), at, ink, draw.pick(FACES), size)
    else:
        draw_words(picture, text, at, ink, draw.look(fonts), size)
    rows, columns = np.nonzero(np.abs(picture.astype(np.int16) - before).max(2) > 20)
    if not len(rows):
        return at[0], at[1], at[0] + round(size), at[1] + round(size)
    return int(columns.min()), int(rows.min()), int(columns.max()) + 1, int(rows.max()) + 1


def _clutter(draw: Draw, picture: np.ndarray, line: tuple[int, int, int, int], ink: tuple[int, int, int]) -> None:
    """Draw what a line may lie on or beside: a grid's line, a frame, an underline, a curve."""
    import cv2

    x, y, w, h = line
    faint = tuple(int(v) for v in 0.7 * picture[0, 0] + 0.3 * np.array(ink))
    if draw.chance(0.15):
        for at in range(draw.integer(0, 30), w, draw.integer(18, 80)):
            picture[:, at] = faint
    if draw.chance(0.12):
        picture[draw.integer(max(0, y - 2), y + h + 2), :] = faint
    if draw.chance(0.1):
        edge = draw.integer(2, 5)
        cv2.rectangle(picture, (x - edge, y - edge), (w - 10, y + h + edge + 2), ink, 1)
    if draw.chance(0.08):
        _curve(draw, picture, (0, y + draw.integer(-h, h), w, 0.6 * h), ink)


def _curve(
    draw: Draw, picture: np.ndarray, place: tuple[float, float, float, float], ink: tuple[int, int, int]
) -> None:
    import cv2

    x, y, w, h = place
    xs = np.arange(int(x), int(x + w), draw.integer(1, 6))
    ys = y + h / 2 + h * draw.rng.normal(0, 0.4, len(xs)).clip(-0.6, 0.6)
    cv2.polylines(picture, [np.stack([xs, ys], 1).astype(np.int32)], False, ink, 1, cv2.LINE_AA)
