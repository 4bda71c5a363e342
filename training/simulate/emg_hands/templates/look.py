"""What a machine's trace window looks like: ground, inks, grid, pen. Drawn by chance over the whole range of makers."""

import colorsys
from dataclasses import dataclass

import numpy as np

Colour = tuple[int, int, int]

DARK = [
    (0, 0, 0),
    (0, 0, 0),
    (8, 12, 30),
    (0, 20, 14),
    (24, 26, 30),
    (0, 34, 44),
    (40, 40, 44),
    (16, 0, 40),
    (0, 0, 96),
]
LIGHT = [
    (255, 255, 255),
    (255, 255, 255),
    (250, 248, 238),
    (232, 236, 240),
    (222, 234, 246),
    (226, 240, 226),
    (255, 240, 240),
]
PALE = [(212, 208, 200), (192, 192, 192), (255, 252, 225), (200, 214, 226)]
BRIGHT = [(0, 255, 0), (255, 255, 0), (255, 255, 255), (0, 255, 255), (255, 190, 60), (120, 220, 120), (255, 120, 160)]
DEEP = [(0, 0, 0), (0, 0, 0), (0, 0, 160), (0, 80, 0), (160, 0, 0), (70, 0, 110), (20, 50, 90), (31, 119, 180)]
PENS = ("crisp", "crisp", "smooth", "smooth", "pillow", "pillow", "steps", "glow")
GRIDS = ("none", "none", "lines", "lines", "dotted", "points", "crosses", "minor", "ticks", "rows", "columns")


@dataclass(frozen=True)
class Look:
    """Colours as RGB; `width` of the trace in px; `per_row` gives every sweep a colour of its own."""

    ground: Colour
    inks: tuple[Colour, ...]
    grid: str
    grid_ink: Colour
    pen: str
    width: float
    dark: bool


def luma(colour: Colour) -> float:
    """Brightness 0-255."""
    return 0.299 * colour[0] + 0.587 * colour[1] + 0.114 * colour[2]


def mix(one: Colour, other: Colour, share: float) -> Colour:
    """`share` of the other colour in the first."""
    a, b = (np.array(one), np.array(other))
    r, g, b2 = (a + (b - a) * share).round().astype(int)
    return int(r), int(g), int(b2)


def tint(rng: np.random.Generator, low: float, high: float) -> Colour:
    """Any hue at a value between low and high."""
    r, g, b = colorsys.hsv_to_rgb(rng.random(), rng.uniform(0, 1) ** 1.5, rng.uniform(low, high))
    return round(r * 255), round(g * 255), round(b * 255)


def pick(rng: np.random.Generator, colours: list[Colour]) -> Colour:
    return colours[int(rng.integers(len(colours)))]


def choose(rng: np.random.Generator) -> Look:
    """A look whose trace stands out from its ground by at least 70 grey levels."""
    dark = bool(rng.random() < 0.45)
    free = rng.random() < 0.2
    if dark:
        ground = tint(rng, 0, 0.3) if free else pick(rng, DARK)
    else:
        ground = tint(rng, 0.75, 1) if free else pick(rng, LIGHT if rng.random() < 0.75 else PALE)
    inks: list[Colour] = []
    rows = 6 if rng.random() < 0.18 else 1
    while len(inks) < rows:
        ink = tint(rng, 0.5, 1) if rng.random() < 0.25 else pick(rng, BRIGHT if dark else DEEP)
        if not dark and rng.random() < 0.2:
            ink = tint(rng, 0, 0.55)
        if abs(luma(ink) - luma(ground)) > 70:
            inks.append(ink)
    far = (255, 255, 255) if dark else (0, 0, 0)
    line = mix(ground, far if rng.random() < 0.6 else tint(rng, 0.2, 0.9), rng.uniform(0.12, 0.45))
    pen = PENS[int(rng.integers(len(PENS)))]
    width = float(rng.choice([1, 1, 1, 1.5, 2, 3])) * (1 if pen in {"crisp", "steps"} else rng.uniform(0.8, 1.3))
    return Look(ground, tuple(inks), GRIDS[int(rng.integers(len(GRIDS)))], line, pen, width, dark)
