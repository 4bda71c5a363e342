"""How a picture looks: grounds, inks and grids of textbooks, slides, theses, web pages and machine windows."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

Colour = tuple[int, int, int]
FONTS = Path(__file__).parents[4] / "resources" / "fonts"
GROUNDS: dict[str, str] = {  # hexadecimal, several of the commoner ones twice
    "paper": "ffffff ffffff faf6e8 eeeeee e2decc f4faff",
    "slide": "00005a 0a1e50 003366 004646 3c143c 1e1e1e ccdcf0 ffffe0",
    "web": "ffffcc ccffff c0c0c0 000000 000080 ffffff 004040",
    "machine": "000000 000000 0c0e18 000050 002828 182818 282830 ffffff d4d0c8 f0f4fa fffcf0 c8d8c8",
}
BRIGHT = "ffff00 00ff00 ffffff 00ffff ffb428 8cff8c ff78c8 c8c8c8 78beff"
DARK = "000000 000000 141414 0000a0 960000 005a00 46006e 3c3c3c 003c78 b43c00"
GRIDS = ("none", "lines", "dots", "ticks", "cross", "paper", "axis")


@dataclass(frozen=True)
class Look:
    """Style name, colours, grid kind, line width in px, smoothing (1 none, 2-3 finer), glow, font file or None."""

    style: str
    ground: Colour
    inks: tuple[Colour, ...]
    lines: Colour
    text: Colour
    grid: str
    width: float
    smooth: int
    glow: bool
    font: str | None

    def write(self, pen: ImageDraw.ImageDraw, at: tuple[float, float], words: str, size: int, **how: object) -> None:
        """Put words down in this look's font."""
        pen.text(at, words, fill=how.pop("fill", self.text), font=self.face(size), **how)  # type: ignore[arg-type]

    def face(self, size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
        """The font at a size in px; Pillow's old bitmap face for `None`."""
        if self.font is None:
            return ImageFont.load_default_imagefont()
        if self.font == "":
            return ImageFont.load_default(size)
        return ImageFont.truetype(str(FONTS / self.font), size)


def colours(words: str) -> list[Colour]:
    """The colours that a row of hexadecimal words means."""
    return [(int(w[:2], 16), int(w[2:4], 16), int(w[4:], 16)) for w in words.split()]


def mix(a: Colour, b: Colour, share: float) -> Colour:
    """The colour `share` of the way from a to b."""
    return tuple(round(x + (y - x) * share) for x, y in zip(a, b, strict=True))  # type: ignore[return-value]


def look(rng: np.random.Generator) -> Look:
    """Draw one look."""
    style = str(rng.choice(["paper", "slide", "web", "machine"], p=[0.3, 0.14, 0.16, 0.4]))
    grounds = colours(GROUNDS[style])
    ground = grounds[rng.integers(len(grounds))]
    if rng.random() < 0.3:
        ground = tuple(int(np.clip(c + rng.integers(-25, 26), 0, 255)) for c in ground)  # type: ignore[assignment]
    light = sum(ground) > 380
    inks = colours(DARK if light else BRIGHT)
    first = inks[rng.integers(2)] if style == "paper" and rng.random() < 0.75 else inks[rng.integers(len(inks))]
    many = (first,) if rng.random() < 0.8 else (first, *(inks[i] for i in rng.integers(0, len(inks), 3)))
    far: Colour = (0, 0, 0) if light else (255, 255, 255)
    tint = far if rng.random() < 0.6 else ((0, 130, 0), (200, 60, 60), (60, 90, 200), (120, 120, 0))[rng.integers(4)]
    weights = {"paper": (0.5, 0.1, 0.08, 0.08, 0.04, 0.06, 0.14), "machine": (0.15, 0.27, 0.28, 0.1, 0.1, 0.04, 0.06)}
    grid = str(rng.choice(GRIDS, p=weights.get(style, (0.35, 0.25, 0.1, 0.1, 0.05, 0.05, 0.1))))
    width = float(rng.choice([0.7, 1, 1, 1.5, 2, 3], p=[0.1, 0.3, 0.2, 0.2, 0.15, 0.05]))
    font = rng.choice(4)
    return Look(
        style,
        ground,
        many,
        mix(ground, tint, rng.uniform(0.12, 0.5)),
        far if rng.random() < 0.7 else first,
        grid,
        width,
        int(rng.choice([1, 2, 3], p=[0.4, 0.4, 0.2])),
        not light and rng.random() < 0.15,
        ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf", "", None)[font],
    )


def draw_grid(
    image: Image.Image, look: Look, area: tuple[float, float, float, float], step: tuple[float, float], at: float
) -> None:
    """The grid in area (x0, y0, x1, y1): divisions of step (x, y) px, counted from x0 and `at`."""
    x0, y0, x1, y1 = area
    pen = ImageDraw.Draw(image)
    sx, sy = max(step[0], 4), max(step[1], 4)
    xs = np.arange(x0, x1 + 0.5, sx)
    ys = np.arange(at - np.floor((at - y0) / sy) * sy, y1 + 0.5, sy)
    if look.grid in ("lines", "paper"):
        if look.grid == "paper" and min(sx, sy) >= 20:
            faint = mix(look.ground, look.lines, 0.4)
            for x in np.arange(x0, x1, sx / 5):
                pen.line((x, y0, x, y1), faint)
            for y in np.arange(ys[0] - sy if len(ys) else y0, y1, sy / 5):
                if y >= y0:
                    pen.line((x0, y, x1, y), faint)
        for x in xs:
            pen.line((x, y0, x, y1), look.lines)
        for y in ys:
            pen.line((x0, y, x1, y), look.lines)
    elif look.grid == "dots":
        marks = [(x, y) for x in xs for y in np.arange(ys[0] if len(ys) else y0, y1, sy / 5)]
        marks += [(x, y) for y in ys for x in np.arange(x0, x1, sx / 5)]
        pen.point(marks, look.lines)
    elif look.grid == "cross":
        for x in xs:
            for y in ys:
                pen.line((x - 3, y, x + 3, y), look.lines)
                pen.line((x, y - 3, x, y + 3), look.lines)
    elif look.grid == "ticks":
        pen.rectangle(area, outline=look.lines)
        for x in xs:
            pen.line((x, y0, x, y0 + 5), look.lines)
            pen.line((x, y1 - 5, x, y1), look.lines)
        for y in ys:
            pen.line((x0, y, x0 + 5, y), look.lines)
            pen.line((x1 - 5, y, x1, y), look.lines)
    elif look.grid == "axis":
        pen.line((x0, at, x1, at), look.lines)
        for x in xs:
            pen.line((x, at - 3, x, at + 3), look.lines)
