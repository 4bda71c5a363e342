"""Signals drawn as anyone may draw them: figures with axes, bare traces, strips, scale bars, oscilloscopes, pages.

The same drawing serves every kind, so that only what is drawn tells the kind. Each part (train, validation, test) has
palettes, fonts, sizes and families of its own.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from training.simulate.curves_left_out import left_out
from training.simulate.emg.draws import Draw
from training.simulate.emg_artwork import draw_words
from training.simulate.emg_camera import degrade

Colour = tuple[int, int, int]
Rect = tuple[int, int, int, int]

# page, plot, ink, grid, traces
PALETTES: tuple[tuple[Colour, Colour, Colour, Colour, tuple[Colour, ...]], ...] = (
    ((255, 255, 255), (255, 255, 255), (0, 0, 0), (176, 176, 176), ((31, 119, 180), (255, 127, 14), (44, 160, 44))),
    ((255, 255, 255), (255, 255, 255), (0, 0, 0), (176, 176, 176), ((0, 0, 0),)),
    ((255, 255, 255), (255, 255, 255), (30, 30, 30), (210, 210, 210), ((0, 0, 200), (200, 0, 0), (0, 130, 0))),
    ((255, 255, 255), (229, 229, 229), (85, 85, 85), (255, 255, 255), ((226, 74, 51), (52, 138, 189), (70, 70, 70))),
    ((255, 255, 255), (234, 234, 242), (38, 38, 38), (255, 255, 255), ((76, 114, 176), (221, 132, 82))),
    ((255, 255, 255), (238, 238, 238), (20, 20, 20), (178, 178, 178), ((52, 138, 189), (166, 6, 40))),
    ((240, 240, 240), (240, 240, 240), (60, 60, 60), (203, 203, 203), ((0, 143, 213), (252, 79, 48))),
    ((240, 240, 240), (255, 255, 255), (0, 0, 0), (220, 220, 220), ((0, 114, 189), (217, 83, 25), (237, 177, 32))),
    ((0, 0, 0), (0, 0, 0), (255, 255, 255), (90, 90, 90), ((141, 211, 199), (254, 255, 179), (255, 255, 255))),
    ((30, 30, 36), (22, 22, 28), (200, 200, 205), (60, 60, 70), ((99, 110, 250), (239, 85, 59), (0, 204, 150))),
    ((255, 255, 255), (229, 236, 246), (42, 63, 95), (255, 255, 255), ((99, 110, 250), (239, 85, 59))),
    ((253, 246, 227), (238, 232, 213), (88, 110, 117), (253, 246, 227), ((38, 139, 210), (220, 50, 47))),
    ((255, 252, 245), (255, 252, 245), (70, 50, 40), (225, 205, 180), ((120, 20, 20), (30, 60, 110))),
    ((18, 32, 47), (18, 32, 47), (180, 205, 225), (45, 70, 92), ((80, 200, 230), (250, 190, 80))),
    ((250, 250, 250), (250, 250, 250), (60, 60, 60), (232, 232, 232), ((90, 90, 90), (150, 40, 40))),
)
PAPERS: tuple[tuple[Colour, Colour], ...] = (
    ((255, 255, 255), (235, 190, 190)),
    ((255, 246, 240), (240, 185, 170)),
    ((247, 250, 244), (180, 215, 180)),
    ((250, 250, 246), (205, 205, 200)),
    ((252, 248, 232), (225, 200, 150)),
    ((240, 244, 250), (185, 200, 225)),
    ((250, 240, 244), (225, 170, 195)),
)
PHOSPHORS: tuple[tuple[Colour, Colour], ...] = (
    ((6, 24, 16), (110, 255, 140)),
    ((0, 0, 0), (255, 230, 60)),
    ((10, 16, 40), (120, 220, 255)),
    ((24, 26, 28), (255, 170, 60)),
    ((4, 30, 40), (180, 255, 250)),
    ((0, 0, 0), (60, 255, 60)),
    ((20, 8, 30), (240, 140, 255)),
)
FACES = ("sans", "sans", "simplex", "serif", "mono", "plain")


@dataclass(frozen=True)
class Words:
    """What a figure says: title, the axes' names, the values at the right end and at a row's full height."""

    title: str
    x_name: str
    x_span: float
    y_name: str
    y_span: float
    rows: tuple[str, ...] = ()


def draw_figure(draw: Draw, rows: Sequence[np.ndarray], words: Words) -> np.ndarray:
    """Return a uint8 RGB picture of ``rows`` (larger values are lower), whole or after a camera or a scanner."""
    families = {name: weight for name, (_, weight, part) in FAMILIES.items() if part in ("any", draw.part)}
    family = draw.pick(tuple(families), tuple(families.values()))
    return photograph(draw, FAMILIES[family][0](draw, rows, words))


def photograph(draw: Draw, picture: np.ndarray) -> np.ndarray:
    """Return the picture as it may arrive: in a monitor's bezel and photographed, scanned, scaled, compressed."""
    import cv2

    if draw.chance(0.25):  # a monitor's edge, which a photograph often shows
        w = picture.shape[1]
        edge = round(w * draw.between(0.015, 0.09))
        bezel = draw.pick(((20, 20, 22), (60, 60, 60), (150, 155, 150), (210, 205, 195)))
        picture = cv2.copyMakeBorder(picture, *(edge,) * 4, cv2.BORDER_CONSTANT, value=bezel)
        wall = np.clip(draw.integer(20, 220) + draw.rng.normal(0, 15, 3), 0, 255).tolist()
        picture = cv2.copyMakeBorder(picture, *(round(w * 0.06),) * 4, cv2.BORDER_CONSTANT, value=wall)
    return degrade(draw, picture, False)[0]


def _axes(draw: Draw, rows: Sequence[np.ndarray], words: Words) -> np.ndarray:
    """A plotting library's figure: one box a row, or all rows in one."""
    page, plot, ink, grid, traces = draw.look(PALETTES)
    traces = draw.pick((traces, traces, (_strong(draw, plot),)))
    h, w = _size(draw, len(rows), (0.35, 0.8))
    font, size = draw.look(FACES), float(np.clip(w / draw.between(45, 75), 8, 26))
    left, top, bottom = round(size * draw.between(3.5, 7)), round(size * draw.between(0.8, 3)), round(size * 4)
    right, boxed, lined = round(w - size * draw.between(0.5, 2)), draw.chance(0.75), draw.chance(0.55)
    spread = draw.pick(("boxes", "boxes", "one"))
    count = len(rows) if spread == "boxes" else 1
    gap = round(size * draw.pick((0.4, 1.2))) if count > 1 else 0
    tall = max(24, (h - top - bottom - gap * (count - 1)) // count)
    h = max(h, top + bottom + count * tall + gap * (count - 1))
    picture = _filled(h, w, page)
    pen, across, down = _pen(draw, w), draw.integer(3, 10), draw.integer(2, 6)
    limit = _limit(draw, rows)
    for i in range(count):
        box = left, top + i * (tall + gap), right - left, tall
        picture[box[1] : box[1] + tall, left:right] = plot
        _ticks(picture, box, (across, down), words, (ink, grid), (font, size), lined, i == count - 1)
        for k, row in enumerate(rows if spread == "one" else rows[i : i + 1]):
            lane = (left, box[1] + k * tall // len(rows), box[2], tall // len(rows)) if spread == "one" else box
            _trace(picture, lane, row, limit, traces[(k or i) % len(traces)], pen)
        if boxed:
            _frame(picture, box, ink)
        else:
            picture[box[1] : box[1] + tall, left], picture[min(h - 1, box[1] + tall), left:right] = ink, ink
    if draw.chance(0.75):
        draw_words(picture, words.title, (round(w * draw.between(0.1, 0.45)), 2), ink, font, size * 1.2)
    draw_words(picture, words.x_name, ((left + right) // 2, round(h - size * 1.4)), ink, font, size)
    _upright(picture, words.y_name, (2, (top + h - bottom) // 2), ink, (font, size))
    return picture


def _bare(draw: Draw, rows: Sequence[np.ndarray], words: Words) -> np.ndarray:
    """Traces on a ground, with nothing round them; perhaps dots or lines behind."""
    ground = draw.look(PALETTES)[1] if draw.chance(0.7) else _any(draw)
    h, w = _size(draw, len(rows), (0.3, 1.1), least=120)
    picture = _filled(h, w, ground)
    if draw.chance(0.45):
        step, light = draw.between(0.08, 0.3) * w, 60 if sum(ground) < 380 else -45
        colour = np.clip(np.array(ground) + light, 0, 255).astype(np.uint8)
        every = draw.pick((1, 4, 6))
        for v in np.arange(draw.rng.uniform(0, step), max(h, w), step):
            picture[::every, min(w - 1, int(v))], picture[min(h - 1, int(v)), ::every] = colour, colour
    _lanes(picture, (0, 0, w, h), rows, _limit(draw, rows), _strong(draw, ground), _pen(draw, w))
    return picture


def _strip(draw: Draw, rows: Sequence[np.ndarray], words: Words) -> np.ndarray:
    """A printed strip: ruled paper, a long row of pen, words by hand or stamp."""
    paper, rule = draw.look(PAPERS)
    h, w = _size(draw, len(rows), (0.2, 0.5))
    picture = _filled(h, w, paper)
    small, dotted = draw.between(4, 14), draw.chance(0.3)
    if draw.chance(0.8):
        for i, v in enumerate(np.arange(0, max(h, w), small)):
            colour = tuple(int(c * (0.93 if i % 5 == 0 else 1)) for c in rule) if i % 5 == 0 else _between(paper, rule)
            every = 3 if dotted else 1
            picture[::every, min(w - 1, int(v))], picture[min(h - 1, int(v)), ::every] = colour, colour
    pen = draw.pick(((20, 20, 20), (30, 30, 90), (90, 20, 20)))
    _lanes(picture, (0, 0, w, h), rows, _limit(draw, rows), pen, _pen(draw, w))
    size = float(np.clip(h / draw.between(12, 24), 8, 22))
    for text in (words.title, f"{words.y_span / 8:.3g} {words.y_name}", f"{words.x_span / 10:.3g} {words.x_name}"):
        if draw.chance(0.6):
            at = int(draw.rng.uniform(0, w * 0.7)), int(draw.pick((2, h - 2 * size)))
            draw_words(picture, text, at, pen, draw.look(FACES), size)
    return picture


def _scale_bars(draw: Draw, rows: Sequence[np.ndarray], words: Words) -> np.ndarray:
    """A journal's figure: rows with letters or names, and a bar for time and one for size instead of axes."""
    page, _, ink, _, traces = draw.look(PALETTES)
    h, w = _size(draw, len(rows), (0.3, 0.9))
    picture = _filled(h, w, page)
    font, size = draw.look(FACES), float(np.clip(w / draw.between(40, 70), 8, 24))
    left, low = round(size * draw.between(1, 6)), round(size * 4)
    colour = draw.pick((ink, traces[0]))
    _lanes(picture, (left, 0, w - left - 6, h - low), rows, _limit(draw, rows), colour, _pen(draw, w))
    for i in range(len(rows)):
        name = words.rows[i] if i < len(words.rows) and draw.chance(0.5) else "ABCDEFGHIJKLMNOP"[i % 16]
        draw_words(picture, name, (3, round((i + 0.2) * (h - low) / len(rows))), ink, font, size)
    x, y, share = round(w * draw.between(0.5, 0.8)), h - low // 2, draw.pick((0.1, 0.2))
    thick = draw.pick((1, 2, 3))
    picture[y : y + thick, x : x + round(share * w)] = ink
    picture[max(0, y - low // 2 - round(0.06 * h)) : y, x : x + thick] = ink
    draw_words(picture, f"{share * words.x_span:.3g} {words.x_name}", (x + 4, y + 3), ink, font, size * 0.9)
    draw_words(
        picture, f"{words.y_span / 10:.3g} {words.y_name}", (x + 6, y - round(size * 1.6)), ink, font, size * 0.9
    )
    return picture


def _oscilloscope(draw: Draw, rows: Sequence[np.ndarray], words: Words) -> np.ndarray:
    """A glowing trace over a graticule."""
    import cv2

    ground, glow = draw.look(PHOSPHORS)
    h, w = _size(draw, len(rows), (0.55, 0.85))
    picture = _filled(h, w, ground)
    m = round(w * draw.between(0.0, 0.08))
    dim = _between(ground, draw.pick((glow, (190, 190, 190))), 0.3)
    for i in range(11):
        picture[m : h - m, min(w - 1, m + round(i * (w - 2 * m - 1) / 10))] = dim
    for i in range(9):
        picture[min(h - 1, m + round(i * (h - 2 * m - 1) / 8)), m : w - m] = dim
    lit = np.zeros_like(picture)
    _lanes(lit, (m, m, w - 2 * m, h - 2 * m), rows, _limit(draw, rows), glow, _pen(draw, w))
    halo = cv2.GaussianBlur(lit, (0, 0), draw.between(1.0, 4.0)) if draw.chance(0.6) else lit
    picture = cv2.add(np.where(lit > 0, 0, picture).astype(np.uint8), cv2.max(lit, halo))
    font, size = draw.look(FACES), float(np.clip(h / draw.between(22, 34), 8, 20))
    text = f"{words.y_span / 8:.3g}{words.y_name}  {words.x_span / 10:.3g}{words.x_name}"
    if draw.chance(0.8):
        draw_words(picture, text, (m + 4, draw.pick((m + 2, round(h - m - 2 * size)))), glow, font, size)
    return picture


def _card(draw: Draw, rows: Sequence[np.ndarray], words: Words) -> np.ndarray:
    """A web page's card: a heading, a figure, a row of buttons."""
    inner = draw.pick((_axes, _bare))(draw, rows, words)
    h, w = inner.shape[:2]
    head, side = round(0.12 * h) + 14, round(0.04 * w)
    picture = _filled(h + 2 * head, w + 2 * side, draw.pick(((255, 255, 255), (33, 37, 41), (245, 247, 250))))
    picture[head : head + h, side : side + w] = inner
    ink = _strong(draw, picture[0, 0])
    draw_words(picture, words.title, (side, head // 3), ink, "sans", max(9.0, head / 3))
    for i in range(draw.integer(2, 5)):
        _frame(picture, (side + i * (w // 6), h + head + head // 4, w // 7, head // 2), ink)
    return picture


def _page(draw: Draw, rows: Sequence[np.ndarray], words: Words) -> np.ndarray:
    """Part of a printed page: the figure between lines of text, with its caption."""
    import cv2

    inner = draw.pick((_axes, _scale_bars))(draw, rows, words)
    inner = cv2.resize(inner, (620, round(620 * inner.shape[0] / inner.shape[1])), interpolation=cv2.INTER_AREA)
    above, below = draw.integer(1, 8), draw.integer(2, 10)
    picture = _filled(inner.shape[0] + 24 * (above + below) + 40, 720, (255, 255, 255))
    at = 24 * above + 16
    picture[at : at + inner.shape[0], 50:670] = inner
    for i in range(above + below):
        y = 10 + 24 * i + (inner.shape[0] + 20 if i >= above else 0)
        text = (
            f"Figure 2. {words.title}" if i == above else " ".join("abcdefgh"[: draw.integer(2, 8)] for _ in range(14))
        )
        draw_words(picture, text, (50, y), (20, 20, 20), "serif", 13)
    return picture


FAMILIES: dict[str, tuple[Callable[[Draw, Sequence[np.ndarray], Words], np.ndarray], float, str]] = {
    "axes": (_axes, 5, "any"),
    "bare": (_bare, 3, "any"),
    "strip": (_strip, 1.5, "any"),
    "scale bars": (_scale_bars, 1.5, "any"),
    "oscilloscope": (_oscilloscope, 1.5, "any"),
    "card": (_card, 2, "validation"),
    "page": (_page, 2, "test"),
}


def _size(draw: Draw, rows: int, aspect: tuple[float, float], least: int = 220) -> tuple[int, int]:
    w = round(draw.between(least, 800, log=True))
    return max(100, round(w * min(1.3, draw.between(*aspect) * (1 + 0.12 * (rows - 1))))), w


def _pen(draw: Draw, width: int) -> tuple[int, bool]:
    return draw.pick((1, 2, 3) if width > 450 else (1, 2), (6, 3, 1) if width > 450 else (5, 1.5)), draw.chance(0.8)


def _limit(draw: Draw, rows: Sequence[np.ndarray]) -> float:
    """Return the value at half a row's height, the same for all rows."""
    return max(1e-9, *(float(np.abs(r).max()) for r in rows)) * draw.between(1.02, 2.2)


def _lanes(
    picture: np.ndarray, box: Rect, rows: Sequence[np.ndarray], limit: float, colour: Colour, pen: tuple[int, bool]
) -> None:
    x, y, w, h = box
    for i, row in enumerate(rows):
        _trace(picture, (x, y + i * h // len(rows), w, h // len(rows)), row, limit, colour, pen)


def _trace(
    picture: np.ndarray, lane: Rect, row: np.ndarray, limit: float, colour: Colour, pen: tuple[int, bool]
) -> None:
    import cv2

    if left_out():
        return
    x, y, w, h = lane
    if len(row) > 4 * w:  # as dense as min and max a column can be
        first = np.linspace(0, len(row), 2 * w, endpoint=False).astype(int)
        row = np.stack([np.minimum.reduceat(row, first), np.maximum.reduceat(row, first)], 1).ravel()
    xs = x + np.linspace(0, w - 1, len(row))
    ys = y + np.clip(h / 2 * (1 + row / limit), 0, h - 1)
    points = np.round(np.stack([xs, ys], 1) * 16).astype(np.int32)
    cv2.polylines(picture, [points], False, colour, pen[0], cv2.LINE_AA if pen[1] else cv2.LINE_8, 4)


def _ticks(
    picture: np.ndarray,
    box: Rect,
    counts: tuple[int, int],
    words: Words,
    colours: tuple[Colour, Colour],
    face: tuple[str, float],
    lined: bool,
    numbered: bool,
) -> None:
    x, y, w, h = box
    (ink, grid), (font, size), long = colours, face, max(3, round(face[1] / 4))
    for i in range(counts[0] + 1):
        at = min(x + w - 1, x + round(i * w / counts[0]))
        if lined:
            picture[y : y + h, at] = grid
        picture[y + h : y + h + long, at] = ink
        if numbered:
            text = f"{words.x_span * i / counts[0]:.3g}"
            draw_words(picture, text, (max(0, at - round(size * 0.3 * len(text))), y + h + long + 2), ink, font, size)
    for i in range(counts[1] + 1):
        at = min(y + h - 1, y + round(i * h / counts[1]))
        if lined:
            picture[at, x : x + w] = grid
        picture[at, max(0, x - long) : x] = ink
        text = f"{words.y_span * (0.5 - i / counts[1]):.3g}"
        place = max(0, x - long - round(size * 0.62 * len(text)) - 2), max(0, at - round(size / 2))
        draw_words(picture, text, place, ink, font, size)


def _frame(picture: np.ndarray, box: Rect, ink: Colour) -> None:
    import cv2

    x, y, w, h = box
    cv2.rectangle(picture, (x, y), (x + w, y + h), ink, 1)


def _upright(picture: np.ndarray, text: str, at: tuple[int, int], ink: Colour, face: tuple[str, float]) -> None:
    """Write ``text`` from below upward, its left edge and middle at ``at``."""
    strip = np.empty((round(face[1] * 1.5), round(face[1] * len(text)) + 8, 3), np.uint8)
    strip[:] = picture[at[1], 0]
    wide = draw_words(strip, text, (2, 1), ink, *face)
    turned = np.rot90(strip[:, : wide + 4])
    y = max(0, at[1] - turned.shape[0] // 2)
    part = picture[y : y + turned.shape[0], at[0] : at[0] + turned.shape[1]]
    part[:] = turned[: part.shape[0], : part.shape[1]]


def _strong(draw: Draw, ground: Sequence[int] | np.ndarray) -> Colour:
    """Return a colour that is plainly seen on the ground."""
    light = float(np.dot(ground, (0.299, 0.587, 0.114)))
    while True:
        colour = _any(draw)
        if abs(float(np.dot(colour, (0.299, 0.587, 0.114))) - light) > 90:
            return colour


def _any(draw: Draw) -> Colour:
    r, g, b = (int(v) for v in draw.rng.integers(0, 256, 3))
    return r, g, b


def _between(a: Colour, b: Colour, share: float = 0.5) -> Colour:
    r, g, bl = (round(p + share * (q - p)) for p, q in zip(a, b, strict=True))
    return r, g, bl


def _filled(h: int, w: int, colour: Sequence[int]) -> np.ndarray:
    picture = np.empty((h, w, 3), np.uint8)
    picture[:] = colour
    return picture
