"""What stands round the trace windows: title bars, menus, toolbars, side panels, tables, key rows, axes, histograms."""

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from training.simulate.emg_hands.templates import letters
from training.simulate.emg_hands.templates.letters import Font, some, write
from training.simulate.emg_hands.templates.look import Colour, Look, luma, mix, tint
from training.simulate.emg_hands.templates.view import Frame


@dataclass(frozen=True)
class Window:
    """The picture with everything but traces; the free frame for these; where settings may be written; the font."""

    image: Image.Image
    frame: Frame
    slot: tuple[int, int]
    font: Font
    ink: Colour
    ground: Colour
    face: Colour
    layout: str


class Room:
    """The rectangle that is still free; bars take from its edges."""

    def __init__(self, w: int, h: int) -> None:
        self.x0, self.y0, self.x1, self.y1 = 0, 0, w, h

    def take(self, side: str, size: int) -> tuple[int, int, int, int]:
        x0, y0, x1, y1 = self.x0, self.y0, self.x1, self.y1
        if side == "top":
            self.y0 += size
            return x0, y0, x1, y0 + size
        if side == "bottom":
            self.y1 -= size
            return x0, y1 - size, x1, y1
        if side == "left":
            self.x0 += size
            return x0, y0, x0 + size, y1
        self.x1 -= size
        return x1 - size, y0, x1, y1


def readable(ground: Colour) -> Colour:
    return (10, 10, 10) if luma(ground) > 128 else (235, 235, 235)


def gradient(image: Image.Image, box: tuple[int, int, int, int], one: Colour, other: Colour) -> None:
    """A bar shaded from the upper colour to the lower."""
    pen = ImageDraw.Draw(image)
    for y in range(box[1], box[3]):
        pen.line([(box[0], y), (box[2] - 1, y)], fill=mix(one, other, (y - box[1]) / max(box[3] - box[1], 1)))


def buttons(
    rng: np.random.Generator, pen: ImageDraw.ImageDraw, box: tuple[int, int, int, int], face: Colour, f: Font
) -> None:
    """A row or a column of buttons; small ones carry a picture, large ones a word."""
    x0, y0, x1, y1 = box
    tall = y1 - y0 > x1 - x0
    size = int(rng.integers(22, 46)) if tall else int(rng.integers(24, 110))
    round_ = int(rng.integers(0, 6))
    ends = range(y0 + 2, y1 - size, size + 3) if tall else range(x0 + 2, x1 - size, size + 3)
    for start in list(ends)[: int(rng.integers(4, 20))]:
        b = (x0 + 3, start, x1 - 4, start + size) if tall else (start, y0 + 2, start + size, y1 - 3)
        if b[2] - b[0] < 6 or b[3] - b[1] < 6:
            return
        fill = face if rng.random() < 0.8 else tint(rng, 0.4, 0.95)
        pen.rounded_rectangle(b, round_, fill=fill, outline=mix(fill, (0, 0, 0), 0.4))
        if b[2] - b[0] > 44:
            write(pen, (b[0] + 4, (b[1] + b[3]) / 2 - 6), some(rng, letters.BUTTONS), f, readable(fill))
        else:
            cx, cy, r = (b[0] + b[2]) / 2, (b[1] + b[3]) / 2, min(b[2] - b[0], b[3] - b[1]) * 0.3
            shape = (cx - r, cy - r, cx + r, cy + r)
            (pen.ellipse if rng.random() < 0.5 else pen.rectangle)(shape, fill=tint(rng, 0.2, 1))


def bars(
    rng: np.random.Generator, pen: ImageDraw.ImageDraw, box: tuple[int, int, int, int], ink: Colour, f: Font
) -> None:
    """A small histogram or spectrum beside the traces, as a second panel."""
    x0, y0, x1, y1 = box
    pen.rectangle((x0 + 2, y0 + 2, x1 - 3, y1 - 3), outline=ink)
    write(pen, (x0 + 6, y0 + 4), some(rng, ("ISI", "Hz", "Amplitude", "Spectrum", "Turns/s", "Interval")), f, ink)
    count = int(rng.integers(6, 40))
    heights = rng.gamma(2, 1, count) * np.exp(-np.linspace(0, 3, count) * rng.uniform(0, 1))
    for index, height in enumerate(heights / heights.max() * (y1 - y0 - 24)):
        x = x0 + 6 + index * (x1 - x0 - 14) / count
        pen.rectangle((x, y1 - 6 - height, x + (x1 - x0) / count * 0.6, y1 - 6), fill=ink)


def build(rng: np.random.Generator, w: int, h: int, look: Look) -> Window:
    """A whole screen or window w x h: chooses one of four layouts and paints all but grid and traces."""
    layout = str(rng.choice(["full screen", "window", "window", "panels", "viewer", "report"]))
    face = tint(rng, 0.72, 0.98) if rng.random() < 0.7 else tint(rng, 0.1, 0.4)
    if layout == "full screen":
        face = look.ground
    if layout == "report":
        face = (255, 255, 255)
    ink = readable(face)
    image = Image.new("RGB", (w, h), face)
    pen = ImageDraw.Draw(image)
    f = letters.font(int(rng.integers(4)), int(np.clip(h / 45, 8, 15) + rng.integers(0, 4)))
    room = Room(w, h)
    line = int(rng.integers(18, 28))
    if layout in {"window", "panels", "viewer"}:
        chrome(rng, image, pen, room, face, f, line)
    if layout == "panels" and w > 420:
        share = int(w * rng.uniform(0.15, 0.34))
        side = room.take(str(rng.choice(["left", "right"])), share)
        cut = int(side[1] + (side[3] - side[1]) * rng.uniform(0.3, 0.7))
        letters.table(rng, pen, (side[0], side[1], side[2], cut), ink, f)
        (bars if rng.random() < 0.6 else letters.table)(rng, pen, (side[0], cut, side[2], side[3]), ink, f)
    if layout == "report":
        head = room.take("top", int(h * rng.uniform(0.08, 0.25)))
        for y in range(head[1] + 8, head[3] - line, line):
            write(pen, (w * 0.06, y), f"{some(rng, letters.MUSCLES)}   {some(rng, letters.TITLES)}", f, ink)
        for edge in ("left", "right", "bottom"):
            room.take(edge, int(0.05 * w))
    top = room.take("top", line) if rng.random() < 0.7 else (room.x0, room.y0 + 2, 0, 0)
    slot = (top[0] + int(rng.integers(4, 40)), top[1] + 2)
    if rng.random() < 0.2 and top[2]:
        slot = (room.x0 + 6, room.take("bottom", line)[1] + 2)
    if layout == "viewer":
        room.take("left", int(rng.integers(34, 64)))
        room.take("bottom", 22)
        room.take("right", 8)
    if layout not in {"full screen", "viewer"} and rng.random() < 0.5:
        for edge in ("left", "right", "bottom"):
            room.take(edge, int(rng.integers(1, 14)))
    pen.rectangle((room.x0, room.y0, room.x1 - 1, room.y1 - 1), fill=look.ground)
    frame = Frame(
        room.x0,
        room.y0,
        room.x1 - room.x0,
        room.y1 - room.y0,
        int(rng.choice([10, 10, 10, 8, 12, 20])),
        int(rng.integers(5, 11)),
    )
    inside = slot[1] >= room.y0 and slot[1] < room.y1 - 4
    return Window(image, frame, slot, f, readable(look.ground) if inside else ink, look.ground, face, layout)


def chrome(
    rng: np.random.Generator, image: Image.Image, pen: ImageDraw.ImageDraw, room: Room, face: Colour, f: Font, line: int
) -> None:
    """Title bar, menu, toolbars and key rows, each present or not."""
    ink = readable(face)
    if rng.random() < 0.75:
        bar = room.take("top", line + 3)
        shade = tint(rng, 0.3, 1)
        gradient(image, bar, shade, mix(shade, face, rng.uniform(0, 0.7)))
        write(
            pen,
            (bar[0] + 8, bar[1] + 4),
            f"{some(rng, letters.TITLES)} - {some(rng, letters.MUSCLES)}",
            f,
            readable(shade),
        )
        for index in range(3):
            x = bar[2] - 20 - index * 22
            pen.rectangle((x, bar[1] + 5, x + 12, bar[3] - 6), outline=readable(shade))
    if rng.random() < 0.6:
        bar = room.take("top", line)
        for index, x in enumerate(range(bar[0] + 8, bar[2] - 60, int(rng.integers(50, 80)))):
            write(pen, (x, bar[1] + 3), letters.MENU[index % len(letters.MENU)], f, ink)
            if index > 8:
                break
    for side, chance in (("top", 0.6), ("bottom", 0.4), ("left", 0.15), ("right", 0.25)):
        if rng.random() < chance:
            size = int(rng.integers(24, 44)) if side in {"top", "bottom"} else int(rng.integers(34, 96))
            buttons(rng, pen, room.take(side, size), mix(face, ink, 0.08), f)


def axes(pen: ImageDraw.ImageDraw, window: Window, sweep: float, uv_per_div: float, ink: Colour) -> None:
    """Tick marks and numbers of a viewer's axes: ms below, uV on the left (one row of numbers, from the middle)."""
    frame, f = window.frame, window.font
    low = frame.y + frame.h
    every = 2 if frame.columns > 8 else 1
    for index in range(0, frame.columns, every):
        x = frame.x + index * frame.w / frame.columns
        pen.line([(x, low), (x, low + 4)], fill=ink)
        write(pen, (x - 6, low + 5), f"{index * sweep / frame.columns:g}", f, ink)
    for index in range(1, frame.rows):
        y = frame.y + index * frame.h / frame.rows
        pen.line([(frame.x - 4, y), (frame.x, y)], fill=ink)
        write(pen, (max(frame.x - 34, 0), y - 6), f"{(frame.rows // 2 - index) * uv_per_div:.0f}", f, ink)
