"""Words and furniture round the traces: settings, side panels, toolbars, axes, cursors, scale bars."""

from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from training.simulate.emg_hands.stranger.looks import Colour, Look, between, near
from training.simulate.emg_hands.stranger.plotting import Field
from training.simulate.emg_hands.stranger.timing import Timing

FONTS = Path(__file__).parents[4] / "resources" / "fonts"
MUSCLES = ("Tibialis ant.", "Biceps brachii", "1st dors. inteross.", "Vastus lat.", "Deltoid", "Gastrocn. med.", "APB")
TITLES = ("EMG", "Needle EMG", "Spontaneous activity", "Rest", "Free run EMG", "Insertional/Spont", "MUP analysis")
BUTTONS = ("Run", "Stop", "Store", "Next", "Prev", "Print", "F1", "F2", "F3", "Gain", "Sweep", "Trig", "Mute", "Help")


@lru_cache(maxsize=64)
def letters(bold: bool, size: int) -> ImageFont.FreeTypeFont:
    """A DejaVu font at a size in px."""
    return ImageFont.truetype(str(FONTS / ("DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf")), size)


def write(
    image: np.ndarray, at: tuple[float, float], text: str, look: Look, size: int, ink: Colour | None = None
) -> None:
    """Text with its upper left corner at a place, in the machine's own letters."""
    ink, x, y = ink or look.letters, int(at[0]), int(at[1])
    if look.font == "hershey":
        plain = text.replace("µ", "u")
        cv2.putText(image, plain, (x, y + size), cv2.FONT_HERSHEY_SIMPLEX, size / 30, ink, 1, cv2.LINE_AA)
        return
    wide, high = min(int(len(text) * size * 0.85) + 8, image.shape[1] - x), min(size * 2, image.shape[0] - y)
    if wide < 4 or high < 4 or x < 0 or y < 0:
        return
    patch = Image.fromarray(image[y : y + high, x : x + wide])
    pen = ImageDraw.Draw(patch)
    if look.font == "bitmap":
        pen.fontmode = "1"
    pen.text((0, 0), text, fill=ink, font=letters(look.font == "bold", size))
    image[y : y + high, x : x + wide] = np.asarray(patch)


def settings(rng: np.random.Generator, ms: float, uv: float) -> list[str]:
    """Sensitivity, sweep speed and filters, in one of the ways that machines write them."""
    gain = f"{uv / 1000:g} mV" if uv >= 1000 or (uv >= 500 and rng.random() < 0.4) else f"{uv:g} µV"
    low, high = rng.choice(("2 Hz", "10 Hz", "20 Hz", "30 Hz")), rng.choice(("3 kHz", "5 kHz", "10 kHz"))
    style = int(rng.integers(5))
    if style == 0:
        return [f"{gain}/D", f"{ms:g} ms/D", f"{low}-{high}"]
    if style == 1:
        return [f"Gain: {gain}/div", f"Sweep: {ms:g} ms/div", f"LF {low}", f"HF {high}"]
    if style == 2:
        return [f"{ms:g}ms {gain.replace(' ', '')}"]
    if style == 3:
        return [gain, f"{ms:g} ms", f"Filter {low} - {high}"]
    return [f"Sens {gain}", f"TB {ms:g} ms"]


def toolbar(rng: np.random.Generator, image: np.ndarray, y: int, high: int, look: Look) -> None:
    """A row of buttons across the canvas, some with words."""
    edge, x = between(look.case, (0, 0, 0), 0.35), 4
    while x < image.shape[1] * rng.uniform(0.4, 1.0):
        wide = int(rng.integers(high, high * 3))
        face = near(rng, between(look.case, (255, 255, 255), 0.25), 12)
        cv2.rectangle(image, (x, y + 2), (x + wide, y + high - 3), face, -1)
        cv2.rectangle(image, (x, y + 2), (x + wide, y + high - 3), edge)
        if wide > high * 1.6 and high >= 16:
            ink = (0, 0, 0) if sum(face) > 380 else (240, 240, 240)
            write(image, (x + 3, y + 4), str(rng.choice(BUTTONS)), look, max(high // 2, 8), ink)
        x += wide + int(rng.integers(2, 8))


def side_panel(
    rng: np.random.Generator, image: np.ndarray, x: int, top: int, lines: list[str], look: Look, size: int
) -> None:
    """A column of settings and of things that a machine keeps beside its traces."""
    more = [str(rng.choice(MUSCLES)), "Side: " + str(rng.choice(("L", "R"))), f"Site {rng.integers(1, 9)}", "Rest"]
    y = top + int(size * rng.uniform(0.3, 3))
    for line in lines + more[: int(rng.integers(1, 5))]:
        if y < image.shape[0] - 2 * size:
            write(image, (x + 5, y), line, look, size)
        y += int(size * rng.uniform(1.5, 2.6))


def axes(image: np.ndarray, field: Field, timing: Timing, look: Look, size: int) -> None:
    """Axis lines with ticks and times, as plotting programs draw."""
    bottom = field.y + field.h
    cv2.rectangle(image, (field.x, field.y), (field.x + field.w - 1, bottom - 1), look.letters)
    for k in range(0, int(field.w / field.div_w) + 1, 2):
        x = int(field.x + k * field.div_w)
        cv2.line(image, (x, bottom), (x, bottom + 4), look.letters)
        write(image, (max(x - size, 0), bottom + 5), f"{k * timing.ms_per_div:g}", look, size)


def scale_bar(image: np.ndarray, field: Field, ms: float, uv: float, look: Look, size: int) -> None:
    """An L of one division each way, with its worth, in the lower right of the canvas under the field."""
    x, y = int(field.x + field.w - field.div_w - 4), field.y + field.h + int(size * 1.5)
    cv2.line(image, (x, y), (int(x + field.div_w), y), look.letters, 2)
    write(image, (x, y + 3), f"{ms:g} ms", look, size)
    tall = min(field.div_h, field.h / 4)
    cv2.line(image, (x, y), (x, int(y - tall)), look.letters, 2)
    write(image, (max(x - size * 5, 0), y - size), f"{uv * tall / field.div_h:.0f} µV", look, size)


def cursors(rng: np.random.Generator, image: np.ndarray, field: Field, look: Look) -> None:
    """One or two upright cursors, dashed or whole, in a colour of their own."""
    ink = look.lines if rng.random() < 0.4 else tuple(int(c) for c in rng.integers(60, 230, 3))
    for place in rng.uniform(0.05, 0.95, int(rng.integers(1, 3))):
        x, step = int(field.x + place * field.w), int(rng.choice((4, 8, 4000)))
        for y in range(field.y, field.y + field.h, step * 2):
            cv2.line(image, (x, y), (x, min(y + step, field.y + field.h - 1)), ink)
