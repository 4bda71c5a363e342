"""How machines look: grounds, traces, grids, letters and the furniture round the traces."""

from dataclasses import dataclass

import numpy as np

Colour = tuple[int, int, int]


@dataclass(frozen=True)
class Look:
    """One machine's manners; ground is the traces' field, case what surrounds it; thick in px."""

    family: str
    ground: Colour
    case: Colour
    traces: tuple[Colour, ...]
    lines: Colour
    letters: Colour
    grid: str
    thick: int
    smooth: bool
    font: str
    divs_x: int
    divs_y: int


FAMILIES: dict[str, dict[str, tuple]] = {
    "tube": {
        "ground": ((0, 0, 0), (6, 14, 8), (10, 10, 10), (0, 22, 14)),
        "case": ((0, 0, 0), (20, 20, 20), (30, 34, 30)),
        "traces": ((90, 255, 110), (190, 255, 190), (255, 200, 60), (240, 240, 240), (120, 230, 255)),
        "grid": ("dots", "dots", "cross", "lines", "frame", "none"),
    },
    "window": {
        "ground": ((255, 255, 255), (255, 255, 255), (250, 250, 245), (240, 248, 255), (255, 255, 225)),
        "case": ((212, 208, 200), (240, 240, 240), (236, 233, 216), (200, 215, 230), (225, 225, 230)),
        "traces": ((0, 0, 0), (0, 0, 160), (10, 60, 120), (150, 0, 0), (0, 95, 40), (70, 0, 110)),
        "grid": ("lines", "dots", "minor", "cross", "frame", "none", "columns"),
    },
    "night": {
        "ground": ((0, 0, 60), (12, 20, 46), (28, 30, 36), (0, 40, 60), (40, 40, 48), (0, 0, 0)),
        "case": ((212, 208, 200), (40, 50, 70), (60, 62, 68), (18, 24, 40)),
        "traces": ((255, 255, 0), (255, 255, 255), (0, 255, 255), (255, 170, 190), (140, 255, 60), (255, 140, 40)),
        "grid": ("dots", "lines", "cross", "columns", "none", "minor"),
    },
    "paper": {
        "ground": ((255, 255, 255), (247, 243, 230), (238, 238, 236), (255, 240, 236)),
        "case": ((255, 255, 255), (247, 243, 230)),
        "traces": ((0, 0, 0), (30, 30, 36), (40, 30, 90), (60, 60, 60)),
        "grid": ("none", "none", "minor", "lines", "frame", "dots"),
    },
    "grey": {
        "ground": ((192, 192, 192), (170, 178, 186), (205, 214, 205), (130, 140, 150)),
        "case": ((192, 192, 192), (160, 165, 170), (215, 220, 225)),
        "traces": ((0, 0, 0), (0, 0, 110), (90, 0, 0), (0, 50, 0)),
        "grid": ("lines", "dots", "cross", "none"),
    },
}


def near(rng: np.random.Generator, colour: Colour, by: int) -> Colour:
    """A colour close to another."""
    r, g, b = (int(np.clip(c + rng.integers(-by, by + 1), 0, 255)) for c in colour)
    return r, g, b


def between(a: Colour, b: Colour, share: float) -> Colour:
    """A mixture: a at 0, b at 1."""
    r, g, bl = (int(x + (y - x) * share) for x, y in zip(a, b, strict=True))
    return r, g, bl


def any_look(rng: np.random.Generator) -> Look:
    """A machine's look out of a family, its colours a little its own; the trace always stands out from the ground."""
    family = str(rng.choice(list(FAMILIES), p=(0.26, 0.26, 0.22, 0.18, 0.08)))
    made = FAMILIES[family]
    ground = near(rng, made["ground"][rng.integers(len(made["ground"]))], 6)
    case = near(rng, made["case"][rng.integers(len(made["case"]))], 6)
    inks = [near(rng, made["traces"][k], 12) for k in rng.permutation(len(made["traces"]))]
    many = 1 if rng.random() < 0.8 else int(rng.integers(2, 4))
    lines = between(ground, inks[0] if rng.random() < 0.3 else _far(ground), rng.uniform(0.12, 0.42))
    return Look(
        family,
        ground,
        case,
        tuple(inks[:many]),
        lines,
        between(case, _far(case), rng.uniform(0.75, 1.0)),
        str(rng.choice(made["grid"])),
        int(rng.choice((1, 1, 1, 2, 2, 3), p=None)),
        bool(rng.random() < 0.6),
        str(rng.choice(("sans", "bold", "hershey", "bitmap"), p=(0.45, 0.2, 0.2, 0.15))),
        int(rng.choice((8, 10, 10, 10, 12, 20))),
        int(rng.choice((6, 8, 8, 10, 10))),
    )


def _far(colour: Colour) -> Colour:
    """Black on a light colour, white on a dark one."""
    return (255, 255, 255) if sum(colour) < 360 else (0, 0, 0)
