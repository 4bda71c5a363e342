"""Settings, titles, soft keys, panels, cursors and scale bars round and on the plot."""

from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from training.simulate.emg_hands.tripoles.look import Colour, Look, between
from training.simulate.emg_hands.tripoles.scene import Scene
from training.simulate.emg_hands.tripoles.screen import Screen

FONTS = Path(__file__).parents[4] / "resources" / "fonts"
HERSHEY = (cv2.FONT_HERSHEY_SIMPLEX, cv2.FONT_HERSHEY_PLAIN, cv2.FONT_HERSHEY_DUPLEX)
MUSCLES = (
    "TIB ANT",
    "Deltoid R",
    "L BICEPS",
    "Vastus lat.",
    "FDI",
    "APB L",
    "Gastroc med",
    "Paraspinal L5",
    "EDB",
    "Triceps",
)
KEYS = (
    "Run",
    "Stop",
    "Store",
    "Print",
    "Trig",
    "Gain",
    "Sweep",
    "Filter",
    "Audio",
    "F1",
    "F2",
    "Delay",
    "Cursor",
    "Next",
    "Help",
)


@lru_cache(maxsize=64)
def font(name: str, size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.truetype(FONTS / name, size) if name else ImageFont.load_default(size)


def settings(rng: np.random.Generator, scene: Scene, uv: float) -> list[str]:
    """Gain, time base and filters as one machine or another writes them."""
    micro = str(rng.choice(["uV", "uV", "µV"]))
    volts = f"{uv:g} {micro}" if uv < 1000 or rng.random() < 0.3 else f"{uv / 1000:g} mV"
    per = str(rng.choice(["/D", "/div", "/DIV", " / Div", "/cm"]))
    ms = f"{scene.ms_per_div:g} {rng.choice(['ms', 'msec', 'MS', 'mS'])}"
    low, high = int(rng.choice([2, 10, 20, 30])), int(rng.choice([3, 5, 10]))
    band = str(
        rng.choice([f"{low} Hz-{high} kHz", f"LF {low} HF {high}K", f"{low}-{high}000Hz", f"Lo:{low} Hi:{high}k"])
    )
    head = (("", ""), ("Sens ", "Sweep "), ("GAIN ", "TIME "), ("Amp: ", "Time: "))[int(rng.integers(4))]
    return [head[0] + volts + per, head[1] + ms + per, band]


class Pen:
    """Writes words in one face at one size, in Hershey strokes or a font of Pillow's."""

    def __init__(self, rng: np.random.Generator, look: Look) -> None:
        stroked = look.family in ("tube", "storage") or rng.random() < 0.35
        self.face = int(rng.choice(HERSHEY)) if stroked else None
        self.name = str(rng.choice(["DejaVuSans.ttf", "DejaVuSans-Bold.ttf", ""]))
        self.size = int(np.clip(look.size[1] / rng.uniform(28, 45), 10, 26))
        self.smooth = look.smooth

    def write(self, image: np.ndarray, x: float, y: float, text: str, ink: Colour) -> None:
        """Text with its upper left corner at x, y."""
        if self.face is not None:
            scale = self.size / (14 if self.face == cv2.FONT_HERSHEY_PLAIN else 26)
            kind = cv2.LINE_AA if self.smooth else cv2.LINE_8
            plain = text.replace("µ", "u")
            cv2.putText(image, plain, (int(x), int(y + self.size * 0.85)), self.face, scale, ink, 1, kind)
            return
        x0, y0 = max(int(x), 0), max(int(y), 0)
        part = image[y0 : y0 + self.size * 2, x0 : x0 + int(len(text) * self.size * 0.9) + 8]
        if part.size == 0:
            return
        canvas = Image.fromarray(part)
        pencil = ImageDraw.Draw(canvas)
        pencil.fontmode = "L" if self.smooth else "1"
        pencil.text((0, 0), text, fill=ink, font=font(self.name, self.size))
        part[:] = np.asarray(canvas)


def scale_bar(rng: np.random.Generator, image: np.ndarray, screen: Screen, scene: Scene, ink: Colour, pen: Pen) -> None:
    """An L of one division each way, with its values."""
    x, y, w, h = screen.plot
    dx, dy = scene.ms_per_div * screen.px_per_ms, screen.uv_per_div * screen.px_per_uv
    a, b = int(x + w * rng.uniform(0.7, 0.85)), int(y + h * rng.uniform(0.85, 0.95))
    cv2.polylines(
        image, [np.array([(a, int(b - dy)), (a, b), (int(a + dx), b)], np.int32)], False, ink, int(rng.integers(1, 4))
    )
    pen.write(image, a + 4, b + 2, f"{scene.ms_per_div:g} ms", ink)
    pen.write(image, max(a - pen.size * 4, 0), b - dy / 2, f"{screen.uv_per_div:g} µV", ink)


def bars(rng: np.random.Generator, image: np.ndarray, look: Look, pen: Pen) -> None:
    """Title, toolbar, soft keys, side panel of an LCD machine or a windowed program."""
    wide, high = look.size
    _, top, right, bottom = look.margins
    dark, light = between(look.ground, (0, 0, 0), 0.35), between(look.ground, (255, 255, 255), 0.5)
    if look.family == "window" and rng.random() < 0.8:
        title = [(0, 0, 128), (10, 80, 200), (60, 60, 60)][int(rng.integers(3))]
        image[: min(top, pen.size + 6)] = title
        pen.write(image, 6, 2, f"EMG - {rng.choice(MUSCLES)}", (255, 255, 255))
    n = int(rng.integers(5, 10))
    for i in range(n):
        x0, x1 = int(wide * i / n) + 2, int(wide * (i + 1) / n) - 3
        y0 = high - min(bottom, pen.size + 9)
        cv2.rectangle(image, (x0, y0 + 1), (x1, high - 2), light, -1 if rng.random() < 0.1 else 1)
        cv2.line(image, (x0, high - 2), (x1, high - 2), dark, 1)
        pen.write(image, x0 + 4, y0 + 2, str(rng.choice(KEYS))[: max((x1 - x0) // pen.size, 1) + 1], look.words_ink)
    if right > wide * 0.13:
        for i in range(int(rng.integers(3, 9))):
            y0 = top + i * pen.size * 2
            if y0 + pen.size * 2 > high - bottom:
                break
            cv2.rectangle(image, (wide - right + 5, y0), (wide - 5, y0 + int(pen.size * 1.7)), dark, 1)
            pen.write(image, wide - right + 9, y0 + 2, str(rng.choice(KEYS)), look.words_ink)


def arrow(rng: np.random.Generator, image: np.ndarray, screen: Screen, ink: Colour) -> None:
    """Authors point at what they mean."""
    leading = [b for p, b in screen.boxes if p.leads]
    if leading:
        x, y, w, h = leading[int(rng.integers(len(leading)))]
        tip, tail = (int(x + w / 2), int(y + h + 4)), (int(x + w / 2 + rng.uniform(-25, 25)), int(y + h + 34))
        cv2.arrowedLine(image, tail, tip, ink, int(rng.integers(1, 3)), cv2.LINE_AA, tipLength=0.35)


def bezel(rng: np.random.Generator, image: np.ndarray, look: Look) -> None:
    """The frame of a tube, with rounded corners."""
    wide, high = look.size
    shade = int(rng.integers(15, 150))
    inner = int(min(wide, high) * rng.uniform(0.02, 0.06))
    bend = int(min(wide, high) * rng.uniform(0.03, 0.12))
    mask = np.zeros((high, wide), np.uint8)
    cv2.rectangle(mask, (inner + bend, inner), (wide - inner - bend, high - inner), 255, -1)
    cv2.rectangle(mask, (inner, inner + bend), (wide - inner, high - inner - bend), 255, -1)
    for cx in (inner + bend, wide - inner - bend):
        for cy in (inner + bend, high - inner - bend):
            cv2.circle(mask, (cx, cy), bend, 255, -1)
    image[mask == 0] = (shade, shade, int(shade * 0.95))


def label(rng: np.random.Generator, scene: Scene, look: Look, screen: Screen) -> None:
    """All words on a whole screen; some machines write nothing at all."""
    image, pen = screen.image, Pen(rng, look)
    x, y, w, h = screen.plot
    if look.family in ("tube", "storage") and min(look.margins) > 0.04 * look.size[1] and rng.random() < 0.7:
        bezel(rng, image, look)
    if look.family in ("lcd", "window") and rng.random() < 0.8:
        bars(rng, image, look, pen)
    over = look.words_ink if look.family not in ("lcd", "window") else look.inks[-1]
    if look.family == "figure" or rng.random() < 0.08:
        scale_bar(rng, image, screen, scene, over, pen)
    if rng.random() < (0.3 if look.family == "figure" else 0.03):
        arrow(rng, image, screen, over)
    if look.family == "figure" and rng.random() < 0.4:
        pen.write(image, 3, 2, str(rng.choice(["A", "B", "C", "a)", "Fig. 2"])), over)
    if rng.random() < 0.15:
        return
    texts = settings(rng, scene, screen.uv_per_div) + ([str(rng.choice(MUSCLES))] if rng.random() < 0.5 else [])
    if rng.random() < 0.25:
        texts.append(f"{rng.integers(1, 29)}-{rng.integers(1, 13)}-{rng.integers(86, 100)}")
    style = int(rng.integers(3))
    if style == 0 or look.margins[1] < pen.size:  # inside the plot, in a corner
        for i, text in enumerate(texts):
            pen.write(image, x + 4 + i * w / len(texts), y + 3 if style else y + h - pen.size - 6, text, over)
    elif style == 1:  # above it, in a row
        for i, text in enumerate(texts):
            pen.write(image, x + i * w / len(texts), max(y - pen.size - 5, 0), text, look.words_ink)
    else:  # one below the other
        for i, text in enumerate(texts[:3]):
            pen.write(image, x + w - pen.size * 7, y + 3 + i * (pen.size + 3), text, over)
    if len(set(screen.rows)) > 1 and rng.random() < 0.5:
        for i, row in enumerate(screen.rows):
            pen.write(image, x + 2, row - pen.size - 2, str(i + 1), over)
    if rng.random() < 0.15:
        for at in rng.uniform(0.1, 0.9, int(rng.integers(1, 3))):
            cv2.line(image, (int(x + w * at), int(y)), (int(x + w * at), int(y + h)), over, 1)
