"""How ECG sheets look: layouts, paper, inks, lettering; and a random look from the whole range."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

LAYOUTS = ("3x4", "3x4+1", "3x4+3", "6x2", "6x2+1", "12x1", "4x3")
CABRERA = ("aVL", "I", "-aVR", "II", "aVF", "III", "V1", "V2", "V3", "V4", "V5", "V6")
Colour = tuple[int, int, int]

# paper, minor line, major line: as sold and as printed
PAPERS: dict[str, tuple[Colour, Colour, Colour]] = {
    "red": ((255, 250, 248), (250, 206, 200), (232, 130, 122)),
    "pink": ((255, 238, 242), (248, 200, 212), (232, 140, 165)),
    "salmon": ((253, 233, 226), (244, 190, 172), (222, 120, 96)),
    "orange": ((255, 247, 236), (250, 214, 172), (236, 158, 84)),
    "blue": ((248, 251, 255), (196, 214, 240), (112, 150, 208)),
    "green": ((228, 248, 234), (176, 222, 192), (104, 172, 134)),
    "grey": ((255, 255, 255), (222, 222, 222), (168, 168, 168)),
    "black": ((250, 250, 250), (190, 190, 190), (90, 90, 90)),
    "cream": ((250, 243, 226), (228, 208, 176), (196, 158, 112)),
    "faded": ((232, 224, 214), (216, 204, 196), (196, 178, 170)),
    "austere": ((255, 255, 255), (204, 204, 204), (204, 204, 204)),
}
INKS: tuple[Colour, ...] = ((0, 0, 0), (20, 20, 24), (45, 45, 50), (15, 25, 95), (30, 40, 130), (60, 20, 60))


@dataclass(frozen=True)
class SheetStyle:
    """How one sheet is drawn. Lengths in millimetres of paper, ``px_per_mm`` pixels each.

    ``grid``: ``lines`` (each millimetre, stronger each fifth), ``major`` (each fifth alone), ``dots``, ``dashes`` or
    ``none``. ``pulse``: where the 1 mV, 0.2 s calibration stands: ``left``, ``right``, ``none``. ``consecutive``: a
    row's columns go on in time; else each begins at the same moment. ``separator``: ``none``, ``tick`` or ``line``.
    ``titled``: the header is written into, else left empty. ``hidden_mv`` cuts traces off this far from their baseline
    (0: never).
    """

    layout: str = "3x4+1"
    mm_s: float = 25.0
    mm_mv: float = 10.0
    px_per_mm: float = 8.0
    paper: Colour = PAPERS["red"][0]
    minor: Colour = PAPERS["red"][1]
    major: Colour = PAPERS["red"][2]
    ink: Colour = (0, 0, 0)
    grid: str = "lines"
    minor_px: int = 1
    major_px: int = 2
    trace_mm: float = 0.25
    span_mm: float = 250.0
    row_mm: float = 30.0
    margin_mm: tuple[float, float, float, float] = (10.0, 8.0, 10.0, 10.0)
    header_mm: float = 0.0
    titled: bool = True
    footer: bool = True
    bordered: bool = False
    grid_everywhere: bool = True
    font: str = "plain"
    text_mm: float = 3.0
    names: str = "usual"
    name_place: str = "above"
    named: bool = True
    pulse: str = "left"
    separator: str = "none"
    consecutive: bool = True
    rhythm: tuple[str, ...] = ("II",)
    cabrera: bool = False
    hidden_mv: float = 0.0


def clean_style(**changes: object) -> SheetStyle:
    """Return the usual clinic sheet: 3x4 with lead II below, 25 mm/s, 10 mm/mV, red paper, a header."""
    return replace(SheetStyle(header_mm=22.0, bordered=True), **changes)  # type: ignore[arg-type]


def austere_style(px_per_mm: float = 4.0) -> SheetStyle:
    """Return the published ECG image network's bare look: four rows of three leads, 2.5 s each, no text or margin."""
    paper, minor, major = PAPERS["austere"]
    return SheetStyle(
        layout="4x3", px_per_mm=px_per_mm, paper=paper, minor=minor, major=major, major_px=1, trace_mm=0.2,
        span_mm=187.5, row_mm=60.0, margin_mm=(0, 0, 0, 0), footer=False, named=False, pulse="none", hidden_mv=3.0,
        consecutive=False,
    )  # fmt: skip


PAPER_SHARES = dict(zip(PAPERS, (0.2, 0.15, 0.1, 0.07, 0.08, 0.08, 0.12, 0.05, 0.06, 0.06, 0.03), strict=True))
FONTS = ("plain", "simplex", "duplex", "complex", "triplex", "mono", "serif")


def random_style(
    rng: np.random.Generator,
    px_per_mm: tuple[float, float] = (6.0, 20.0),
    papers: Sequence[str] = tuple(PAPERS),
    fonts: Sequence[str] = FONTS,
) -> SheetStyle:
    """Return a look from the whole range, resolution log-uniform over ``px_per_mm``.

    ``papers`` and ``fonts`` narrow the range, so that looks can be kept back to test on.
    """
    px = float(np.exp(rng.uniform(*np.log(px_per_mm))))
    if rng.random() < 0.05:
        return austere_style(px)
    layout = str(rng.choice(LAYOUTS, p=(0.16, 0.4, 0.1, 0.1, 0.08, 0.12, 0.04)))
    paper, minor, major = (_tinted(c, rng) for c in PAPERS[_pick_paper(rng, papers)])
    ink = INKS[rng.choice(len(INKS), p=(0.45, 0.2, 0.15, 0.08, 0.08, 0.04))]
    if rng.random() < 0.03:  # a monitor's screen
        paper, minor, major, ink = (8, 10, 12), (24, 34, 30), (44, 66, 56), (90, 235, 130)
    rows = {"3x4": 3, "3x4+1": 4, "3x4+3": 6, "6x2": 6, "6x2+1": 7, "12x1": 12, "4x3": 4}[layout]
    mm_mv = float(rng.choice([10, 5, 20], p=(0.86, 0.1, 0.04)))
    bare = rng.random() < 0.3  # cut out of a report: nothing but the traces
    return SheetStyle(
        layout=layout,
        mm_s=float(rng.choice([25, 50], p=(0.92, 0.08))),
        mm_mv=mm_mv,
        px_per_mm=px,
        paper=paper,
        minor=minor,
        major=major,
        ink=ink,
        grid=str(rng.choice(["lines", "major", "dots", "dashes", "none"], p=(0.72, 0.08, 0.1, 0.05, 0.05))),
        minor_px=max(1, round(px * rng.uniform(0.04, 0.12))),
        major_px=max(1, round(px * rng.uniform(0.08, 0.22))),
        trace_mm=float(rng.uniform(0.16, 0.5)),
        span_mm=float(rng.choice([250, 200, 260, 240], p=(0.7, 0.1, 0.1, 0.1))),
        row_mm=float(rng.uniform(0.75, 1.3) * min(36, max(13, 150 / rows))),
        margin_mm=tuple(rng.uniform(0, 4, 4)) if bare else tuple(rng.uniform(2, 18, 4)),  # type: ignore[arg-type]
        header_mm=0.0 if bare else float(rng.choice([0, rng.uniform(8, 40)], p=(0.35, 0.65))),
        footer=not bare and rng.random() < 0.7,
        bordered=rng.random() < 0.3,
        grid_everywhere=rng.random() < 0.6,
        font=str(rng.choice(fonts)),
        text_mm=float(rng.uniform(2.0, 4.5)),
        names=str(rng.choice(["usual", "upper", "lead"], p=(0.8, 0.15, 0.05))),
        name_place=str(rng.choice(["above", "below", "left"], p=(0.65, 0.2, 0.15))),
        named=rng.random() < 0.95,
        pulse=str(rng.choice(["left", "right", "none"], p=(0.6, 0.15, 0.25))),
        separator=str(rng.choice(["none", "tick", "line"], p=(0.5, 0.35, 0.15))),
        consecutive=rng.random() < 0.75,
        rhythm=("II",) if rng.random() < 0.75 else (("V1",) if rng.random() < 0.7 else ("V5",)),
        cabrera=rng.random() < 0.06,
        hidden_mv=0.0 if rng.random() < 0.85 else float(rng.uniform(1.5, 3)),
    )


def _pick_paper(rng: np.random.Generator, papers: Sequence[str]) -> str:
    weights = np.array([PAPER_SHARES[name] for name in papers])
    return str(rng.choice(list(papers), p=weights / weights.sum()))


def _tinted(colour: Colour, rng: np.random.Generator) -> Colour:
    shifted = np.clip(np.array(colour) + rng.normal(0, 6, 3), 0, 255)
    return int(shifted[0]), int(shifted[1]), int(shifted[2])
