"""How a machine looks: tube, storage scope, thermal strip, LCD, windowed program, printed figure. Colours are RGB."""

from dataclasses import dataclass

import numpy as np

Colour = tuple[int, int, int]
FAMILIES = {"tube": 0.2, "storage": 0.13, "thermal": 0.17, "lcd": 0.2, "window": 0.18, "figure": 0.12}


@dataclass(frozen=True)
class Look:
    """size: pixels; margins: left, top, right, bottom; grid: none, dots, lines, fine, axis, frame; hold: pixels a
    sample is held (0: a smooth line); glow: sigma of the phosphor's halo in pixels (0: none)."""

    family: str
    size: tuple[int, int]
    margins: tuple[int, int, int, int]
    ground: Colour
    plot: Colour
    inks: tuple[Colour, ...]
    grid: str
    grid_ink: Colour
    words_ink: Colour
    width: int
    smooth: bool
    hold: int
    glow: float
    tall: int  # divisions high


def near(rng: np.random.Generator, colour: Colour, spread: float = 14) -> Colour:
    moved = np.clip(np.array(colour) + rng.normal(0, spread, 3), 0, 255)
    return int(moved[0]), int(moved[1]), int(moved[2])


def pick(rng: np.random.Generator, colours: list[Colour], spread: float = 12) -> Colour:
    return near(rng, colours[int(rng.integers(len(colours)))], spread)


def between(a: Colour, b: Colour, part: float) -> Colour:
    mixed = [round(x + (y - x) * part) for x, y in zip(a, b, strict=True)]
    return mixed[0], mixed[1], mixed[2]


def choose(rng: np.random.Generator, words: bool) -> Look:
    """A machine; without words (for a cut-out) the plot fills the picture."""
    family = str(rng.choice(list(FAMILIES), p=list(FAMILIES.values())))
    wide = int(np.exp(rng.uniform(np.log(440), np.log(1300))))
    high = int(wide * rng.uniform(0.45, 0.9))
    dark = family in ("tube", "storage") or (family in ("lcd", "window") and rng.random() < 0.6)
    if family == "lcd":
        wide, high = [(320, 240), (640, 200), (640, 480), (640, 400), (480, 320), (800, 600)][int(rng.integers(6))]
    if family == "thermal":
        wide, high = int(rng.uniform(500, 1400)), int(rng.uniform(200, 700))
    grid_kinds = {
        "tube": ["dots", "dots", "lines", "none", "axis", "frame"], "storage": ["lines", "axis", "axis", "dots"],
        "thermal": ["fine", "lines", "none", "dots", "none"], "lcd": ["dots", "dots", "lines", "none", "frame"],
        "window": ["lines", "dots", "fine", "frame", "none"], "figure": ["none", "none", "none", "lines", "frame"],
    }[family]  # fmt: skip
    ground, plot, inks, grid_ink, words_ink = palette(rng, family, dark)
    left, top, right, bottom = (rng.uniform(0.01, 0.12, 4) * np.array([wide, high, wide, high])).astype(int)
    if words:
        top, bottom = max(top, 22), max(bottom, 24)
        if rng.random() < 0.35:
            right = int(wide * rng.uniform(0.14, 0.25))
    if family in ("tube", "storage") and rng.random() < 0.4:
        left, top, right, bottom = (max(m, int(high * 0.07)) for m in (left, top, right, bottom))
    margins = (left, top, right, bottom) if words else (0, 0, 0, 0)
    crude = family == "lcd" or (family == "window" and rng.random() < 0.5)
    width = int(rng.choice([1, 1, 2, 2, 3] if not crude else [1, 1, 1, 2]))
    hold = int(rng.integers(1, 4)) if crude and rng.random() < 0.6 else 0
    glow = float(rng.uniform(0.6, 3.0)) if family in ("tube", "storage") else 0.0
    grid = str(rng.choice(grid_kinds))
    tall = int(rng.choice([8, 8, 10, 10, 6, 5, 4]))
    return Look(
        family, (wide, high), margins, ground, plot, inks, grid, grid_ink, words_ink, width, not crude, hold, glow, tall
    )


def palette(
    rng: np.random.Generator, family: str, dark: bool
) -> tuple[Colour, Colour, tuple[Colour, ...], Colour, Colour]:
    """Ground, plot ground, inks of the sweeps, grid, words."""
    if family in ("tube", "storage"):
        phosphor = pick(
            rng, [(90, 255, 120), (255, 176, 40), (180, 225, 255), (120, 255, 190), (235, 240, 235), (150, 255, 60)]
        )
        haze = 0.02 if family == "tube" else rng.uniform(0.04, 0.28)  # storage tubes flood the whole screen
        ground = between((0, 0, 0), phosphor, haze)
        etched = between(ground, (235, 150, 60) if rng.random() < 0.2 else phosphor, rng.uniform(0.15, 0.5))
        if family == "storage" and rng.random() < 0.3:
            etched = (0, 0, 0)
        return between((0, 0, 0), phosphor, haze * 0.5), ground, (phosphor,), etched, phosphor
    if family == "thermal":
        paper = pick(rng, [(250, 250, 246), (244, 238, 220), (236, 240, 244), (228, 224, 216), (252, 240, 232)], 5)
        ink = pick(rng, [(20, 20, 24), (40, 40, 110), (30, 30, 30), (70, 40, 90), (90, 90, 95)], 10)
        grid = pick(rng, [(240, 150, 130), (150, 200, 150), (190, 190, 190), (240, 180, 110), (150, 180, 220)], 10)
        return paper, paper, (ink,), between(paper, grid, rng.uniform(0.35, 1)), ink
    if family == "figure":
        ink = pick(rng, [(0, 0, 0), (10, 10, 10), (60, 60, 60), (20, 40, 120)], 5)
        return (
            (255, 255, 255),
            (255, 255, 255),
            (ink,),
            between((255, 255, 255), ink, rng.uniform(0.15, 0.4)),
            (0, 0, 0),
        )
    if family == "window":
        panel = pick(
            rng, [(192, 192, 192), (212, 208, 200), (236, 233, 216), (240, 240, 240), (58, 62, 70), (150, 170, 190)], 4
        )
    else:
        panel = pick(rng, [(0, 0, 0), (0, 0, 120), (170, 170, 170), (205, 215, 200), (30, 60, 60)], 4)
    if dark:
        plot = pick(rng, [(0, 0, 0), (0, 0, 0), (0, 0, 70), (20, 28, 36), (0, 40, 40), (30, 30, 30)], 5)
        bright = [(255, 255, 85), (85, 255, 85), (255, 255, 255), (85, 255, 255), (255, 160, 60), (255, 110, 200)]
    else:
        plot = pick(rng, [(255, 255, 255), (255, 255, 240), (200, 214, 190), (225, 232, 245), (235, 235, 235)], 4)
        bright = [(0, 0, 0), (0, 0, 170), (170, 0, 0), (0, 90, 0), (90, 0, 110), (30, 40, 60)]
    number = 1 if rng.random() < 0.7 else 3
    inks = tuple(pick(rng, bright, 8) for _ in range(number))
    grid = between(plot, (128, 140, 135) if rng.random() < 0.6 else inks[0], rng.uniform(0.25, 0.8))
    words = (0, 0, 0) if sum(panel) > 380 else pick(rng, [(255, 255, 255), (255, 255, 85), (85, 255, 255)], 6)
    return panel, plot, inks, grid, words
