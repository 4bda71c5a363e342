"""What stands round and on the sweeps of a whole figure or window: words, letters, scale bars, arrows, bars, panels."""

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from training.simulate.emg_hands.figures.looks import Colour, Look, mix
from training.simulate.emg_hands.figures.traces import Plot
from training.simulate.emg_hands.figures.views import View
from training.simulate.emg_screen import TrueBox

MUSCLES = ["L TIBIALIS ANTERIOR", "R. Biceps brachii", "Rt Vastus medialis", "Lt. APB", "1st DI", "Gastrocnemius, med."]
MUSCLES += ["Ext. digitorum", "deltoid", "FDI", "Iliopsoas", "M. vastus lateralis", "Abductor hallucis"]
PROSE = (
    "the needle was moved in small steps at rest in four directions and the activity of each muscle was recorded for "
    "at least one minute with a band pass from ten hertz; sweep and gain are given below each trace; the patient lay "
    "supine throughout study electrode concentric muscle rest discharge examination amplifier figure see text"
)
WORDS = PROSE.split()
TITLES = ["Needle EMG", "Case 2", "Spontaneous activity", "EMG: rest", "Fig. 3", "Waveforms II", "Slide 14"]


@dataclass(frozen=True)
class Margins:
    """Room in px left, above, right and below the plots, and between two of them."""

    left: int
    top: int
    right: int
    bottom: int
    between: int


def margins(rng: np.random.Generator, look: Look, view: View) -> Margins:
    """How much surrounds the plots in this style."""
    if look.style == "machine" and rng.random() < 0.3:
        return Margins(0, 0, 0, 0, 0)
    side = 0.5 * view.width if look.style == "machine" and rng.random() < 0.35 else 70
    a, b, c, d = rng.uniform(0, 1, 4) * (70, 90 if look.style != "paper" else 40, side, 80)
    return Margins(int(a), int(b), int(c), int(d), int(rng.uniform(8, 40)))


def sentence(rng: np.random.Generator, n: int) -> str:
    """n words of plain prose that give nothing away."""
    return " ".join(str(w) for w in rng.choice(WORDS, n))


def settings(rng: np.random.Generator, view: View, plot: Plot) -> list[str]:
    """Gain, sweep and filters as machines write them."""
    uv, ms = plot.uv_per_div, view.ms_per_div
    form = rng.integers(4)
    gain = f"{uv / 1000:g} mV" if uv >= 1000 else f"{uv:.3g} uV"
    per = ("/D", "/div", "/Div", " / division")[form]
    band = rng.choice(["20 Hz-10 kHz", "10Hz - 10kHz", "LF 20 HF 8k", "2-10000 Hz", "Filt: 30-5k"])
    return [f"{gain}{per}", f"{ms:.3g} ms{per}", str(band)]


def scale_bar(rng: np.random.Generator, pen: ImageDraw.ImageDraw, look: Look, view: View, plot: Plot, y: int) -> None:
    """An L-shaped calibration mark with its two sizes."""
    ms = next((m for m in (200, 100, 50, 20, 10, 5, 2, 1) if m * view.px_per_ms < 0.3 * view.width), 1)
    uv = next((u for u in (2000, 1000, 500, 200, 100, 50, 20) if u * plot.gain < 60), 10)
    w, h = ms * view.px_per_ms, max(uv * plot.gain, 4)
    x = plot.left + view.width - w - rng.uniform(0, 0.1) * view.width
    thick = max(1, round(look.width))
    pen.line((x, y - h, x, y, x + w, y), look.text, thick)
    size = int(rng.integers(9, 16))
    look.write(pen, (x + 3, y + 2), f"{ms} ms", size)
    look.write(pen, (x - 46, y - h), f"{uv} µV" if look.font else f"{uv} uV", size)


def point_out(rng: np.random.Generator, pen: ImageDraw.ImageDraw, look: Look, marks: list[TrueBox]) -> None:
    """Arrows or asterisks above some potentials, as figures have them."""
    star = rng.random() < 0.4
    colour: Colour = look.text if rng.random() < 0.7 else (220, 30, 30)
    for box in marks[:8]:
        x, y, n = box.x + box.w / 2 * rng.uniform(0.4, 1.4), box.y - 4, int(rng.integers(8, 24))
        if star:
            look.write(pen, (x - 4, y - 14), "*", 18, fill=colour)
        else:
            pen.line((x, y - n, x, y), colour, 1 + n // 14)
            pen.polygon((x - 4, y - 6, x + 4, y - 6, x, y), colour)


def axes(rng: np.random.Generator, pen: ImageDraw.ImageDraw, look: Look, view: View, plot: Plot) -> None:
    """A plotting program's frame with ticks, numbers and names."""
    x0, y0, x1, y1 = plot.left, plot.top, plot.left + view.width, plot.top + view.height
    box = rng.random() < 0.5
    pen.rectangle((x0, y0, x1, y1), outline=look.text) if box else pen.line((x0, y0, x0, y1, x1, y1), look.text)
    each = max(1, round(60 / (view.width / view.divs)))
    for i in range(0, view.divs + 1, each):
        x = x0 + i * view.width / view.divs
        pen.line((x, y1, x, y1 + 4), look.text)
        look.write(pen, (x - 6, y1 + 5), f"{i * view.ms_per_div:.4g}", 10)
    look.write(pen, ((x0 + x1) / 2 - 24, y1 + 18), str(rng.choice(["Time (ms)", "t [ms]", "ms"])), 11)
    for k in range(-2, 3):
        y = plot.middles[0] + k * plot.uv_per_div * plot.gain
        if y0 < y < y1:
            pen.line((x0 - 4, y, x0, y), look.text)
            look.write(pen, (x0 - 36, y - 6), f"{-k * plot.uv_per_div:.4g}", 10)


def window(rng: np.random.Generator, image: Image.Image, look: Look, room: Margins, lines: list[str]) -> None:
    """A machine's title bar, buttons and side panel in whatever room the margins leave."""
    pen, (w, h) = ImageDraw.Draw(image), image.size
    grey = mix(look.ground, (150, 160, 175), rng.uniform(0.3, 0.9))
    edge, ink = mix(grey, (0, 0, 0), 0.4), (0, 0, 0) if sum(grey) > 380 else (240, 240, 240)
    if room.top > 16:
        pen.rectangle((0, 0, w, room.top - 3), grey)
        pen.rectangle((0, 0, w, 15), ((0, 0, 130), (60, 110, 190), (70, 70, 70))[rng.integers(3)])
        look.write(pen, (4, 1), str(rng.choice(MUSCLES)) + "  " + sentence(rng, 2), 11, fill=(255, 255, 255))
        wide = int(rng.integers(18, 60))
        for x in range(4, min(w, int(rng.uniform(0.3, 1) * w)) - wide, wide + 4):
            if room.top > 40:
                pen.rectangle((x, 19, x + wide, room.top - 7), outline=edge, fill=mix(grey, (255, 255, 255), 0.3))
                look.write(
                    pen,
                    (x + 3, 21),
                    str(rng.choice(["F1", "Run", "Store", "EMG", "Aud", "+", "-", "Rest"])),
                    10,
                    fill=ink,
                )
    if room.right > 60:
        pen.rectangle((w - room.right + 4, room.top, w, h), grey)
        rows = lines + [sentence(rng, 2) for _ in range(int(rng.integers(0, 12)))]
        for k, row in enumerate(rows):
            look.write(pen, (w - room.right + 8, room.top + 6 + 17 * k), row, 11, fill=ink)
    if room.bottom > 18:
        pen.rectangle((0, h - room.bottom + 3, w, h), grey)
        look.write(pen, (6, h - room.bottom + 5), "   ".join(lines), 11, fill=ink)


def dress(
    rng: np.random.Generator,
    image: Image.Image,
    look: Look,
    view: View,
    plots: list[Plot],
    room: Margins,
    found: list[TrueBox],
) -> str:
    """Everything round the plots of a whole picture; returns the layout's name."""
    pen = ImageDraw.Draw(image)
    lines = settings(rng, view, plots[0])
    if look.style == "machine":
        window(rng, image, look, room, lines)
        if rng.random() < 0.5:
            for k, line in enumerate(lines if rng.random() < 0.5 else ["   ".join(lines)]):
                look.write(pen, (plots[0].left + 6, plots[0].top + 4 + 14 * k), line, int(rng.integers(10, 14)))
        if view.sweeps > 1 and view.mode != "superimposed" and rng.random() < 0.6:
            for k, y in enumerate(plots[0].middles):
                look.write(pen, (max(plots[0].left - 16, 1), y - 14), str(k + 1), 11)
        if rng.random() < 0.25:
            for x in plots[0].left + rng.uniform(0.05, 0.95, 2) * view.width:
                pen.line((x, plots[0].top, x, plots[0].top + view.height), mix(look.ground, look.text, 0.6))
        return "window"
    thing = rng.choice(["bar", "axes", "settings", "bare"], p=[0.45, 0.25, 0.15, 0.15])
    low = plots[-1].top + view.height
    if thing == "bar" and room.bottom > 8:
        scale_bar(rng, pen, look, view, plots[-1], low + min(room.bottom - 18, 30) if room.bottom > 24 else low - 14)
    elif thing == "axes":
        for plot in plots:
            axes(rng, pen, look, view, plot)
    elif thing == "settings":
        look.write(pen, (plots[0].left + 4, low + 3), ", ".join(lines), 12)
    letters = "ABCDEF" if rng.random() < 0.6 else "abcdef"
    if len(plots) > 1 or rng.random() < 0.3:
        for letter, plot in zip(letters, plots, strict=False):
            look.write(pen, (max(plot.left - 22, 2), plot.top - 2), letter, int(rng.integers(12, 24)))
    if rng.random() < 0.3:
        point_out(rng, pen, look, found)
    if (room.top > 24 and look.style in ("slide", "web")) or rng.random() < 0.1:
        look.write(pen, (plots[0].left + 4, 3), str(rng.choice(TITLES)), int(min(34, max(room.top - 10, 10))))
    if room.bottom > 44 and rng.random() < 0.6:
        for k in range((room.bottom - 34) // 14):
            look.write(pen, (8, image.size[1] - 15 * (k + 1)), sentence(rng, 12), 11)
    return look.style


def pasted(rng: np.random.Generator, image: Image.Image) -> tuple[Image.Image, int, int]:
    """The capture put into a report or article page; also where its corner went, in px."""
    left, right = int(rng.uniform(10, 90)), int(rng.uniform(10, 90))
    top, bottom = (int(v) for v in rng.uniform(10, 150, 2))
    paper = int(rng.integers(235, 256))
    page = Image.new("RGB", (image.width + left + right, image.height + top + bottom), (paper, paper, paper - 3))
    page.paste(image, (left, top))
    pen, plain = (
        ImageDraw.Draw(page),
        Look("page", (255,) * 3, ((0,) * 3,), (0,) * 3, (25, 25, 25), "none", 1, 1, False, ""),
    )
    if rng.random() < 0.5:
        pen.rectangle((left - 1, top - 1, left + image.width, top + image.height), outline=(90, 90, 90))
    for y in [*range(6, top - 16, 16), *range(top + image.height + 6, page.height - 14, 16)]:
        plain.write(pen, (left, y), sentence(rng, max(2, image.width // 52)), 12)
    return page, left, top
