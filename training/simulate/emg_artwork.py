"""Drawing of a machine's screen: grid, sweeps, words and panels. Pixels are RGB, uint8, drawn in place."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from training.simulate.curves_left_out import left_out
from training.simulate.emg.draws import Draw
from training.simulate.emg_looks import MUSCLES, PHRASES, Colour, Look, Settings

Rect = tuple[int, int, int, int]  # x, y, w, h
FILES = {"sans": "DejaVuSans.ttf", "mono": "DejaVuSansMono.ttf", "serif": "DejaVuSerif.ttf"}


@dataclass(frozen=True)
class Word:
    """A line of words in pixels of the picture."""

    text: str
    x: float
    y: float
    w: float
    h: float


_written: ContextVar[list[Word] | None] = ContextVar("written", default=None)


@contextmanager
def writing() -> Iterator[list[Word]]:
    """Gather the lines of words that are drawn meanwhile."""
    words: list[Word] = []
    token = _written.set(words)
    try:
        yield words
    finally:
        _written.reset(token)


def draw_grid(picture: np.ndarray, plot: Rect, look: Look) -> None:
    """Draw the look's grid into the plot rectangle."""
    import cv2

    x, y, w, h = plot
    across, down = look.divisions
    xs = np.round(np.linspace(x, x + w - 1, across + 1)).astype(int)
    ys = np.round(np.linspace(y, y + h - 1, down + 1)).astype(int)
    colour = look.grid_colour
    if look.grid == "dots":
        for row in ys:
            picture[row, xs] = colour
            picture[row, np.minimum(xs + 1, x + w - 1)] = colour
    elif look.grid in ("dotted lines", "dashes"):
        step, on = (max(3, w // (across * 5)), 1) if look.grid == "dotted lines" else (8, 4)
        fine_x, fine_y = np.arange(x, x + w), np.arange(y, y + h)
        picture[np.ix_(ys, fine_x[(fine_x - x) % step < on])] = colour
        picture[np.ix_(fine_y[(fine_y - y) % step < on], xs)] = colour
    elif look.grid in ("lines", "paper", "rows"):
        if look.grid == "paper":
            faint = tuple(int((a + 2 * b) / 3) for a, b in zip(colour, look.ground, strict=True))
            picture[np.round(np.linspace(y, y + h - 1, down * 5 + 1)).astype(int), x : x + w] = faint
            picture[y : y + h, np.round(np.linspace(x, x + w - 1, across * 5 + 1)).astype(int)] = faint
        picture[ys, x : x + w] = colour
        if look.grid != "rows":
            picture[y : y + h, xs] = colour
    elif look.grid == "crosses":
        for cx in xs:
            for cy in ys:
                picture[cy, max(x, cx - 3) : min(x + w, cx + 4)] = colour
                picture[max(y, cy - 3) : min(y + h, cy + 4), cx] = colour
    elif look.grid == "ticks":
        for cx in xs:
            picture[y : y + 5, cx] = colour
            picture[y + h - 5 : y + h, cx] = colour
        for cy in ys:
            picture[cy, x : x + 5] = colour
            picture[cy, x + w - 5 : x + w] = colour
    elif look.grid == "axes":
        cv2.line(picture, (x, y + h // 2), (x + w - 1, y + h // 2), colour, 1)
        cv2.line(picture, (x + w // 2, y), (x + w // 2, y + h - 1), colour, 1)


def draw_sweep(picture: np.ndarray, plot: Rect, ys: np.ndarray, colour: Colour, look: Look) -> None:
    """Draw one sweep: ``ys`` are pixel rows (float, any number) spread evenly over the plot's width, clipped to it."""
    import cv2

    if left_out():
        return
    x, y, w, h = plot
    xs = x + np.linspace(0, w - 1, len(ys))
    if len(ys) > 4 * w:  # as dense as min and max a column can be
        first = np.linspace(0, len(ys), 2 * w, endpoint=False).astype(int)
        ys = np.stack([np.minimum.reduceat(ys, first), np.maximum.reduceat(ys, first)], 1).ravel()
        xs = x + np.repeat(first * ((w - 1) / (first[-1] + 1)), 2)
    points = np.stack([xs, np.clip(ys, y, y + h - 1)], 1)
    line = cv2.LINE_AA if look.smooth else cv2.LINE_8
    cv2.polylines(picture, [np.round(points * 16).astype(np.int32)], False, colour, look.pen, line, 4)


def draw_words(picture: np.ndarray, text: str, at: tuple[int, int], colour: Colour, font: str, size: float) -> int:
    """Write ``text`` with its upper left corner at ``at``; ``size`` is the height in pixels. Returns the width.

    ``font``: one of ``emg_looks.FONTS``, or a file of one.
    """
    import cv2

    words = _written.get()
    if font in FILES or font.endswith((".ttf", ".otf")):
        mask = _mask(text, font, max(7, round(size)))
        if words is not None:
            words.append(Word(text, *at, mask.shape[1], mask.shape[0]))
        return _stamp(picture, mask, at, colour)
    face = {"simplex": cv2.FONT_HERSHEY_SIMPLEX, "plain": cv2.FONT_HERSHEY_PLAIN, "duplex": cv2.FONT_HERSHEY_DUPLEX}
    chosen = face.get(font, cv2.FONT_HERSHEY_PLAIN)
    scale = size / (10 if chosen == cv2.FONT_HERSHEY_PLAIN else 22) * 0.9
    (width, height), _ = cv2.getTextSize(text, chosen, scale, 1)
    if words is not None:
        words.append(Word(text, *at, width, height))
    cv2.putText(picture, text, (at[0], at[1] + height), chosen, scale, colour, 1, cv2.LINE_AA)
    return width


@lru_cache(2048)
def _mask(text: str, font: str, size: int) -> np.ndarray:
    from PIL import Image, ImageDraw

    face = _face(font, size)
    left, top, right, bottom = face.getbbox(text)
    canvas = Image.new("L", (max(1, int(right - left) + 2), max(1, int(bottom - top) + 2)))
    ImageDraw.Draw(canvas).text((-left, -top), text, fill=255, font=face)
    return np.asarray(canvas)


@lru_cache(512)
def _face(font: str, size: int):  # type: ignore[no-untyped-def]
    from PIL import ImageFont

    try:
        return ImageFont.truetype(FILES.get(font, font), size)
    except OSError:  # a machine without DejaVu: Pillow's own
        return ImageFont.load_default(size)


def _stamp(picture: np.ndarray, mask: np.ndarray, at: tuple[int, int], colour: Colour) -> int:
    x, y = at
    h, w = min(mask.shape[0], picture.shape[0] - y), min(mask.shape[1], picture.shape[1] - x)
    if h > 0 and w > 0 and x >= 0 and y >= 0:
        share = mask[:h, :w, None].astype(np.float32) / 255
        region = picture[y : y + h, x : x + w]
        region[:] = (region * (1 - share) + np.array(colour, np.float32) * share).astype(np.uint8)
    return mask.shape[1]


def layout_panels(draw: Draw, picture: np.ndarray, look: Look, settings: Settings) -> Rect:
    """Draw what surrounds the plot (bars, panels, buttons, words) and return the plot's rectangle."""
    h, w = picture.shape[:2]
    size = float(np.clip(h / draw.between(28, 48), 8, 22))
    bar = int(size * 2)
    x, y, right, bottom = 0, 0, w, h
    kind = look.layout
    words = _contrast(look.words, look.panel)
    if kind in ("header", "window", "report", "two panels"):
        y = bar if kind != "report" else bar * draw.integer(2, 5)
    if kind in ("footer", "window", "corners"):
        bottom = h - bar
    if kind in ("side right", "window"):
        right = int(w * draw.between(0.75, 0.9))
    if kind == "side left":
        x = int(w * draw.between(0.08, 0.22))
    if kind == "two panels":
        x = int(w * draw.between(0.25, 0.45))
    if kind.startswith("axes"):
        x, y, right, bottom = int(w * 0.1), int(h * 0.08), int(w * 0.97), int(h * 0.88)
    if kind == "frame":
        inset = draw.integer(4, max(5, min(w, h) // 12))
        x, y, right, bottom = inset, inset, w - inset, h - inset
    for rect in ((0, 0, w, y), (0, bottom, w, h - bottom), (right, 0, w - right, h), (0, 0, x, h)):
        if rect[2] > 0 and rect[3] > 0:
            picture[rect[1] : rect[1] + rect[3], rect[0] : rect[0] + rect[2]] = look.panel
            if not kind.startswith("axes"):
                _fill_panel(draw, picture, rect, look, words, size)
    plot = (x, y, max(40, right - x), max(40, bottom - y))
    if kind.startswith("axes"):
        _axes(draw, picture, plot, look, words, size, settings)
    _settings(draw, picture, plot, look, settings, size)
    return plot


def _ticks(span: float, most: int) -> np.ndarray:
    """Return round numbers from 0 to ``span`` at steps of 1, 2 or 5 times a power of ten, at most so many steps."""
    step = 10 ** np.floor(np.log10(span / most))
    step *= next(k for k in (1, 2, 5, 10) if span / (step * k) <= most)
    return np.arange(0, span * 1.0001, step)


def _axes(
    draw: Draw, picture: np.ndarray, plot: Rect, look: Look, words: Colour, size: float, settings: Settings
) -> None:
    """Draw a plotting library's frame: tick marks, numbers, axis names, a title."""
    import cv2

    x, y, w, h = plot
    if look.layout == "axes boxed":
        cv2.rectangle(picture, (x - 1, y - 1), (x + w, y + h), words, 1)
    picture[y : y + h, x - 1] = words
    picture[y + h, x : x + w] = words
    across, down = look.divisions
    seconds = draw.chance(0.25)
    span = settings.ms_per_div * across / (1000 if seconds else 1)
    begins = draw.pick((0.0, round(draw.between(0, 9)) * 10 ** np.floor(np.log10(span))), (3, 1))
    for value in _ticks(span, draw.integer(3, 9)):
        at = x + round(value / span * (w - 1))
        picture[y + h : y + h + 4, at] = words
        text = f"{begins + value:.6g}"
        draw_words(picture, text, (at - round(0.2 * size * len(text)), y + h + 5), words, look.font, size * 0.7)
    half = settings.uv_per_div * down / 2
    for value in _ticks(half, draw.integer(2, 4)):
        for level in {value, -value}:
            row = y + round((1 - level / half) * (h - 1) / 2)
            picture[row, x - 4 : x] = words
            draw_words(picture, f"{level:g}", (max(0, x - int(size * 2.4)), row - 5), words, look.font, size * 0.7)
    middle = x + w // 2 - int(size * 2)
    draw_words(
        picture,
        draw.pick(("t [s]", "Time (s)", "s") if seconds else ("Time (ms)", "ms", "t [ms]", "time / ms", "msec")),
        (middle, y + h + int(size)),
        words,
        look.font,
        size * 0.8,
    )
    if draw.chance(0.5):
        draw_words(picture, draw.pick(PHRASES + MUSCLES), (middle, 2), words, look.font, size)


def _fill_panel(draw: Draw, picture: np.ndarray, rect: Rect, look: Look, words: Colour, size: float) -> None:
    import cv2

    x, y, w, h = rect
    buttons = draw.chance(0.5)
    if w > h:  # a bar: phrases side by side
        at = x + 4
        while at < x + w - 6 * size and draw.chance(0.85):
            text = draw.pick(PHRASES + MUSCLES)
            wide = draw_words(picture, text, (at, y + max(1, int(h - size) // 2)), words, look.font, size * 0.85)
            if buttons:
                cv2.rectangle(picture, (at - 3, y + 2), (at + wide + 3, y + h - 3), words, 1)
            at += wide + int(size * draw.between(0.8, 4))
        return
    at = y + 6
    while at < y + h - 2 * size:
        if draw.chance(0.6):
            text = draw.pick(PHRASES + MUSCLES)
            wide = draw_words(picture, text[: max(2, int(w / size * 1.5))], (x + 4, at), words, look.font, size * 0.8)
            if buttons:
                cv2.rectangle(picture, (x + 1, at - 3), (min(x + w - 2, x + wide + 8), int(at + size + 3)), words, 1)
        at += int(size * draw.between(1.4, 3))


def _settings(draw: Draw, picture: np.ndarray, plot: Rect, look: Look, settings: Settings, size: float) -> None:
    if draw.chance(0.3):
        _scale_bar(draw, picture, plot, look, settings, size)
        return
    if draw.chance(0.2):
        return
    x, y, w, h = plot
    places = (
        (x + 4, y + 3),
        (x + w // 2, y + 3),
        (x + 4, y + h - int(1.5 * size)),
        (x + w // 2, y + h - int(1.5 * size)),
    )
    draw_words(picture, settings.words, draw.pick(places), look.words, look.font, size * 0.9)
    if draw.chance(0.3):
        draw_words(picture, draw.pick(MUSCLES), draw.pick(places), look.words, look.font, size)


def _scale_bar(draw: Draw, picture: np.ndarray, plot: Rect, look: Look, settings: Settings, size: float) -> None:
    """Draw a bar of a round number of milliseconds near a corner, mostly with an upright one of microvolts."""
    import cv2

    x, y, w, h = plot
    per_ms = w / look.divisions[0] / settings.ms_per_div
    lengths = [ms for ms in (1, 2, 5, 10, 20, 25, 50, 100, 200, 500) if 0.04 * w < ms * per_ms < 0.3 * w]
    if not lengths:
        return
    ms = draw.pick(lengths)
    long, tall = round(ms * per_ms), round(h / look.divisions[1])
    side = draw.pick((0.05, 0.65), (1, 3))
    left, bottom = round(x + w * (side + draw.between(0, 0.03))), round(y + h * draw.between(0.78, 0.9))
    pen = draw.pick((1, 2, 3), (3, 2, 1))
    cv2.line(picture, (left, bottom), (left + long, bottom), look.words, pen)
    text = f"{ms:g}{draw.pick(('', ' '))}{draw.pick(('ms', 'ms', 'msec', 'mS'))}"
    above = draw.chance(0.25)
    at = left + max(0, long // 2 - round(0.25 * size * len(text))), bottom - round(1.2 * size) if above else bottom + 4
    draw_words(picture, text, at, look.words, look.font, size * 0.85)
    if draw.chance(0.75):
        at_x = draw.pick((left, left + long))
        cv2.line(picture, (at_x, bottom), (at_x, bottom - tall), look.words, pen)
        uv = settings.uv_per_div
        text = f"{uv / 1000:g} mV" if uv >= 1000 else f"{uv:g} {draw.pick(('uV', chr(181) + 'V'))}"
        beside = at_x + 5 if at_x > left else max(x, at_x - round(0.6 * size * len(text)) - 5)
        draw_words(picture, text, (beside, bottom - tall // 2 - round(size / 2)), look.words, look.font, size * 0.85)


def draw_marks(
    draw: Draw,
    picture: np.ndarray,
    plot: Rect,
    look: Look,
    baselines: np.ndarray,
    busy: Sequence[tuple[float, float]] = (),
) -> None:
    """Draw cursors, sweep numbers, a trigger level, a sweep's writing edge, the mouse pointer: none says the class."""
    import cv2

    x, y, w, h = plot
    if draw.chance(0.2):
        for _ in range(draw.integer(1, 2)):
            at = x + draw.integer(2, w - 3)
            step = draw.pick((1, 2, 6))
            picture[y : y + h : step, at] = look.words
            if draw.chance(0.5):
                draw_words(
                    picture,
                    f"{draw.integer(0, 99)}.{draw.integer(0, 9)} ms",
                    (at + 3, y + 3),
                    look.words,
                    look.font,
                    10,
                )
    if len(baselines) > 1 and draw.chance(0.4):
        for i, row in enumerate(baselines):
            draw_words(picture, str(i + 1), (x + 2, int(row) - 12), look.words, look.font, 10)
    if draw.chance(0.1):
        row = int(np.clip(baselines[0] - draw.integer(5, 40), y, y + h - 1))
        picture[row, x : x + w : draw.pick((1, 3))] = look.words
    if draw.chance(0.06):
        at = x + draw.integer(0, w - 5)
        if not any(a - 8 < at < b + 2 for a, b in busy):  # the edge that is being written hides no wave
            picture[y : y + h, at : at + draw.integer(2, 6)] = look.ground
    if draw.chance(0.08):
        px, py = x + draw.integer(0, w - 1), y + draw.integer(0, h - 1)
        arrow = np.array([(0, 0), (0, 14), (4, 11), (7, 17), (9, 16), (6, 10), (11, 10)]) + np.array((px, py))
        cv2.fillPoly(picture, [arrow.astype(np.int32)], (255, 255, 255))
        cv2.polylines(picture, [arrow.astype(np.int32)], True, (0, 0, 0), 1)
    if draw.chance(0.3):
        cv2.rectangle(picture, (x, y), (x + w - 1, y + h - 1), look.grid_colour, 1)


def _contrast(colour: Colour, ground: Colour) -> Colour:
    weights = np.array((0.299, 0.587, 0.114))
    light = float(np.array(ground) @ weights)
    return (
        colour
        if abs(float(np.array(colour) @ weights) - light) > 70
        else ((0, 0, 0) if light > 127 else (255, 255, 255))
    )
