"""Whole report sheets of simulated needle EMG, with a true box round every waveform of every panel.

A sheet is a page (A4 or letter, 100 to 200 dpi) or a large screenshot: a head, tables of numbers, and several panels of
different muscles, each with its own generator, scale and number of sweeps. Negative is drawn upward. ``python -m
training.simulate.emg_sheet FOLDER COUNT SEED`` writes some, with their boxes drawn on copies.
"""

from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from training.simulate.emg.draws import Draw, Part
from training.simulate.emg.recording import Recording
from training.simulate.emg.scene import leading_generator, simulate_scene
from training.simulate.emg_artwork import Rect, draw_grid, draw_sweep, draw_words
from training.simulate.emg_camera import degrade
from training.simulate.emg_looks import MUSCLES, Colour, Look, random_look, setting_words
from training.simulate.emg_screen import MS_PER_DIV, ONE_TWO_FIVE, View, choose_view
from training.simulate.emg_sheet_words import draw_head, draw_table

PAGES_IN = ((8.27, 11.69), (8.5, 11.0), (11.69, 8.27))
SCREENS_PX = ((1600, 1000), (1920, 1080), (1680, 1050), (2200, 1300), (1400, 1050))
PAPERS: tuple[Colour, ...] = ((255, 255, 255), (255, 255, 255), (250, 250, 245), (253, 252, 240))
LEAST_PX = 900
PLAIN_PX, PLAIN_SHARE = 8.0, 0.05  # lower waves, or ones hidden in the panel's noise, are marked ``faint``
PLAIN_NOISE = 6.0  # peak to peak, in the noise's standard deviations


@dataclass(frozen=True)
class SheetBox:
    """A potential in pixels of the sheet. ``whole``: from start to end in view; ``faint``: hardly to be seen."""

    label: str
    generator: str
    panel: int
    sweep: int
    x: float
    y: float
    w: float
    h: float
    whole: bool = True
    faint: bool = False


@dataclass(frozen=True)
class SheetPanel:
    """One muscle's panel: its class, the generator that leads, and where it is."""

    label: str
    generator: str
    sweeps: int
    x: float
    y: float
    w: float
    h: float


@dataclass(frozen=True)
class SheetTruth:
    """What is on a sheet."""

    panels: tuple[SheetPanel, ...]
    boxes: tuple[SheetBox, ...]
    page: bool


Placed = TypeVar("Placed", SheetBox, SheetPanel)


def render_sheet(
    rng: np.random.Generator, part: Part = "any", panels: int | None = None, degraded: bool = True
) -> tuple[np.ndarray, SheetTruth]:
    """Return a sheet (uint8 RGB, 800 to 2,500 pixels wide) and its truth.

    ``part`` limits looks and parameter ranges to those of train, validation or test; ``panels`` is drawn from 2 to 12
    where None; not ``degraded``, it is as the machine drew it.
    """
    draw = Draw(rng, part)
    page = draw.chance(0.65)
    look = random_look(draw)
    if page:
        inches, dpi = draw.pick(PAGES_IN), draw.between(100, 200)
        width, height = round(inches[0] * dpi), round(inches[1] * dpi)
        ground: Colour = draw.pick(PAPERS)
    else:
        width, height = draw.pick(SCREENS_PX)
        ground = draw.pick((look.panel, (240, 240, 240), (30, 32, 38), (255, 255, 255)))
    words: Colour = (20, 20, 20) if sum(ground) > 380 else (220, 220, 225)
    picture = np.empty((height, width, 3), np.uint8)
    picture[:] = ground
    margin = round(width * draw.between(0.02, 0.08))
    size = float(np.clip(height / draw.between(60, 95), 9, 26))
    top = draw_head(draw, picture, (margin, margin // 2, width - 2 * margin, height), words, look.font, size)
    bottom = height - margin
    if draw.chance(0.6):
        table = (margin, top, round((width - 2 * margin) * draw.between(0.6, 1.0)), round(height * 0.2))
        top = draw_table(draw, picture, table, words, look.font, size)
    if draw.chance(0.25):
        bottom -= round(height * 0.14)
        draw_table(draw, picture, (margin, bottom, width - 2 * margin, round(height * 0.12)), words, look.font, size)
        bottom -= round(size)
    printed = replace(look, ground=ground, trace=words, grid_colour=_faint(words, ground), words=words)
    look = printed if page and draw.chance(0.65) else look
    mixed = draw.chance(0.2)
    found: list[SheetPanel] = []
    boxes: list[SheetBox] = []
    for number, rect in enumerate(_layout(draw, (margin, top, width - 2 * margin, bottom - top), panels)):
        shown = random_look(draw) if mixed else look
        panel, waves = _draw_panel(draw, picture, rect, shown, words, size, number)
        found.append(panel)
        boxes += waves
    matrix = np.eye(3)
    if degraded:
        while True:
            arrived, matrix = degrade(draw, picture, crop=False)
            if max(arrived.shape) >= LEAST_PX:  # on less, nobody could read a sheet
                break
        picture = arrived
    bounds = picture.shape[1], picture.shape[0]
    return picture, SheetTruth(
        tuple(_moved(p, matrix, bounds) for p in found), tuple(_moved(b, matrix, bounds) for b in boxes), page
    )


def _faint(words: Colour, ground: Colour) -> Colour:
    r, g, b = (int(0.82 * b + 0.18 * a) for a, b in zip(words, ground, strict=True))
    return r, g, b


def _layout(draw: Draw, area: Rect, panels: int | None) -> list[Rect]:
    """Return the panels' rectangles (with room for a caption), one to three columns of them."""
    x, y, w, h = area
    columns = draw.pick((1, 2, 3), (5, 3, 1) if w < 1.2 * h else (2, 4, 3))
    count = panels or draw.integer(2, 6 if columns == 1 else 4 * columns)
    rows = -(-count // columns)
    gap = round(draw.between(0.01, 0.03) * w)
    wide, tall = (w - gap * (columns - 1)) // columns, min((h - gap * (rows - 1)) // rows, w // columns)
    places = [(x + c * (wide + gap), y + r * (tall + gap), wide, tall) for r in range(rows) for c in range(columns)]
    return places[:count]


def _draw_panel(
    draw: Draw, picture: np.ndarray, rect: Rect, look: Look, words: Colour, size: float, number: int
) -> tuple[SheetPanel, list[SheetBox]]:
    """Draw a caption and a panel's sweeps below it (or beside it) and return the truth."""
    import cv2

    x, y, w, h = rect
    label = draw.pick(("PSW", "Fibs", "Others"), (3, 3, 4))
    generator = leading_generator(draw, label)
    most = max(1, int((h - 2 * size) / 42))  # nobody puts a sweep into fewer pixels
    recording, view = _stretch(draw, generator, look, min(most, draw.pick((1, 2, 3, 4, 6, 8), (5, 3, 3, 3, 2, 2))))
    sweeps = len(view.starts_s)
    uv_per_div = _sensitivity(draw, recording, view, label, sweeps / look.divisions[1])
    band = recording.amplifier.high_pass_hz, recording.amplifier.low_pass_hz
    caption = f"{draw.pick(MUSCLES)}   {setting_words(draw, round(uv_per_div, 1), view.ms_per_div, band)}"
    if draw.chance(0.25) and w > 500:  # beside
        aside = round(w * 0.22)
        for line, text in enumerate(caption.split("   ")):
            at = x, y + 4 + int(line * size * 1.5)
            draw_words(picture, text[: int(aside / size * 1.5)], at, words, look.font, size * 0.8)
        plot = (x + aside, y, w - aside, h)
    else:
        draw_words(picture, caption[: int(w / size * 1.6)], (x, y), words, look.font, size * 0.85)
        plot = (x, y + int(size * 1.4), w, h - int(size * 1.4))
    px, py, pw, ph = plot
    picture[py : py + ph, px : px + pw] = look.ground
    draw_grid(picture, plot, look)
    if draw.chance(0.4):
        cv2.rectangle(picture, (px, py), (px + pw - 1, py + ph - 1), look.grid_colour, 1)
    px_per_uv = ph / look.divisions[1] / uv_per_div
    if sweeps == 1:
        px_per_uv = min(px_per_uv, 0.95 * ph / max(1.0, float(np.ptp(_shown(recording, view)))))
    boxes = []
    for sweep in range(sweeps):
        base = py + ph * ((sweep + 0.5) / sweeps if sweeps > 1 else draw.between(0.4, 0.6))
        boxes += _draw_one(picture, plot, look, recording, view, (number, sweep, base, px_per_uv))
        if sweeps > 1 and number % 2:
            draw_words(picture, str(sweep + 1), (px + 2, int(base) - 14), look.words, look.font, 9)
    return SheetPanel(label, generator, sweeps, *plot), boxes


def _stretch(draw: Draw, generator: str, look: Look, sweeps: int) -> tuple[Recording, View]:
    """Simulate a stretch, and choose a view of it in which its leading potentials are where it has any."""
    for _ in range(12):
        ms_per_div = draw.pick([v for v, _ in MS_PER_DIV[2:]], [w for _, w in MS_PER_DIV[2:]])
        window = ms_per_div * look.divisions[0] / 1000
        rate = draw.pick((8000.0, 10000.0, 20000.0))
        recording = simulate_scene(draw, generator, rate, float(np.clip(sweeps * window * 1.5, 1.0, 4.0)))
        view = replace(choose_view(draw, recording, window, sweeps, ms_per_div), superimposed=False)
        inside = [e for e in recording.events for s in view.starts_s if s <= e.start_s and e.time_s < s + view.window_s]
        if generator in ("quiet", "artefact") or any(e.generator == generator for e in inside):
            break
    return recording, view


def _sensitivity(draw: Draw, recording: Recording, view: View, label: str, sweeps_per_div: float) -> float:
    """Return the uV a division at which the larger potentials fill a good part of their sweep's height."""
    sizes = [
        e.amplitude_uv
        for e in recording.events
        if e.label == label and any(s <= e.time_s < s + view.window_s for s in view.starts_s)
    ]
    scale = float(np.percentile(sizes, 80)) if sizes else max(20.0, float(np.ptp(_shown(recording, view))))
    uv_per_div = scale * sweeps_per_div / draw.between(0.35, 1.3)
    return float(ONE_TWO_FIVE[np.abs(np.log(ONE_TWO_FIVE / uv_per_div)).argmin()]) if draw.chance(0.7) else uv_per_div


def _shown(recording: Recording, view: View) -> np.ndarray:
    spans = [(round(t * recording.rate_hz), round((t + view.window_s) * recording.rate_hz)) for t in view.starts_s]
    return np.concatenate([recording.samples_uv[a:b] for a, b in spans])


def _draw_one(
    picture: np.ndarray,
    plot: Rect,
    look: Look,
    recording: Recording,
    view: View,
    place: tuple[int, int, float, float],
) -> list[SheetBox]:
    """Draw one sweep and return its potentials' boxes; ``place`` is panel, sweep, baseline row, pixels a uV."""
    x, y, w, h = plot
    number, sweep, base, px_per_uv = place
    start, rate = view.starts_s[sweep], recording.rate_hz
    first, count = round(start * rate), max(2, round(view.window_s * rate))
    rows = base + (recording.samples_uv[first : first + count] - float(np.median(recording.samples_uv))) * px_per_uv
    if len(rows) < 2:
        return []
    draw_sweep(picture, plot, rows, look.trace, look)
    noise_px = 1.4826 * float(np.median(np.abs(rows - np.median(rows))))
    boxes = []
    for event in recording.events:
        left, right = ((t - start) / view.window_s * w for t in (event.start_s, event.end_s))
        if right <= 0 or left >= w:
            continue
        whole = left >= 0 and min(event.end_s, event.time_s + 0.008) <= start + view.window_s
        left, right = max(0.0, left), min(float(w), right)
        part = rows[int(left / w * len(rows)) : int(np.ceil(right / w * len(rows))) + 1]
        top, bottom = np.clip((part.min(), part.max()), y, y + h)
        tall = event.amplitude_uv * px_per_uv
        faint = tall < max(PLAIN_PX, PLAIN_SHARE * h / len(view.starts_s), PLAIN_NOISE * noise_px)
        boxes.append(
            SheetBox(
                event.label,
                event.generator,
                number,
                sweep,
                x + left,
                float(top),
                right - left,
                float(bottom - top),
                bool(whole),
                bool(faint),
            )
        )
    return boxes


def _moved(box: Placed, matrix: np.ndarray, bounds: tuple[int, int]) -> Placed:
    """Return a rectangle's bounds after the picture was warped, cut at its edges."""
    corners = np.array([(box.x, box.y), (box.x + box.w, box.y), (box.x, box.y + box.h), (box.x + box.w, box.y + box.h)])
    moved = np.c_[corners, np.ones(4)] @ matrix.T
    points = np.clip(moved[:, :2] / moved[:, 2:], 0, bounds)
    (x0, y0), (x1, y1) = points.min(0), points.max(0)
    return replace(box, x=float(x0), y=float(y0), w=float(x1 - x0), h=float(y1 - y0))
