"""Clean pictures, before anything befalls them: whole screens of machines, and waveforms cut out of such."""

from dataclasses import dataclass

import numpy as np

from training.simulate.emg_hands.stranger import furniture as f
from training.simulate.emg_hands.stranger.looks import Look, any_look
from training.simulate.emg_hands.stranger.plotting import Field, draw_grid, draw_sweeps, true_boxes
from training.simulate.emg_hands.stranger.recording import Floor, floor_for, recorded
from training.simulate.emg_hands.stranger.timing import Timing, cut_timing, screen_timing
from training.simulate.emg_hands.stranger.trains import LABELS, Unit, company, leading
from training.simulate.emg_screen import TrueBox

LADDER = np.array([5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000])  # uV a division, 1-2-5


@dataclass(frozen=True)
class Picture:
    """A drawn picture (h, w, 3) uint8 with its boxes and what its machine was set to."""

    image: np.ndarray
    boxes: tuple[TrueBox, ...]
    timing: Timing
    uv_per_div: float
    layout: str
    look: Look


def sources(rng: np.random.Generator, generator: str, cut: bool) -> tuple[list[Unit], Floor, float]:
    """Units (the leader first), the floor under them and the height in uV that the gain is set for."""
    units = leading(rng, generator)
    size = units[0].amplitude if units else 0.0
    units += [u for u in (company(rng, generator, size) if units else []) if not (cut and u.generator in LABELS)]
    floor = floor_for(rng, generator, size or 120.0)
    if not units:
        size = floor.artefact_uv or (floor.hiss_uv * rng.uniform(1.5, 5) if floor.hiss_uv else rng.uniform(60, 400))
    return units, floor, size


def whole(rng: np.random.Generator, generator: str) -> Picture | None:
    """A whole screen or window with 1-10 sweeps; None where this draw would show nothing that can be told."""
    units, floor, size = sources(rng, generator, False)
    look = any_look(rng)
    wide = int(np.exp(rng.normal(6.7, 0.3)).clip(420, 1500))
    high = int(wide * rng.choice((0.45, 0.56, 0.6, 0.75, 0.75, 0.8)) * rng.uniform(0.9, 1.1))
    letter = int(np.clip(wide / 68 * rng.uniform(0.8, 1.3), 8, 22))
    layout = str(rng.choice(("screen", "window", "figure", "axes", "bare"), p=(0.35, 0.3, 0.1, 0.12, 0.13)))
    panel = int(wide * rng.uniform(0.12, 0.2)) if layout in ("screen", "window") and rng.random() < 0.6 else 0
    top = {"screen": letter * 2.2, "window": letter * 4.6, "figure": letter * 1.5, "axes": letter * 2.5}.get(layout, 0)
    foot = {"screen": letter * 2.2, "window": letter * 1.5, "figure": letter * 4.5, "axes": letter * 2.5}.get(layout, 0)
    edge = int(rng.integers(2, 10)) if layout != "bare" else 0
    if layout == "axes":
        edge = letter * 3
    left = panel if rng.random() < 0.5 else 0
    x, y = left + edge, int(top)
    w, h = wide - panel - 2 * edge, high - int(top + foot)
    sweeps = int(rng.choice((1, 2, 3, 4, 5, 6, 8, 10), p=(0.34, 0.12, 0.1, 0.14, 0.1, 0.08, 0.07, 0.05)))
    timing = screen_timing(rng, units, generator, w, look.divs_x, sweeps)
    if timing is None:
        return None
    piled = timing.triggered and rng.random() < 0.25 and sweeps > 1 and all(u.generator == generator for u in units)
    div_h = h / look.divs_y
    room = h * rng.uniform(0.2, 0.55) if sweeps == 1 or piled else max(h / sweeps * rng.uniform(0.4, 1.1), 22)
    gain = float(LADDER[np.argmin(np.abs(np.log(LADDER / (size * div_h / room))))])
    tall = size * div_h / gain
    if units and not (14 <= tall <= 0.8 * h):
        return None
    low, high_uv = (float(units[0].wave.min()), float(units[0].wave.max())) if units else (-size / 2, size / 2)
    up, down = -low * div_h / gain + 3, high_uv * div_h / gain + 3  # room for the leader above and below
    if sweeps == 1 or piled:
        spots = np.full(sweeps, (h + up - down) / 2 + (h - tall) * rng.uniform(-0.15, 0.15))
    else:
        spots = np.linspace(max(up, h * 0.5 / sweeps), h - max(down, h * 0.5 / sweeps), sweeps)
    lines = tuple(y + s for s in spots)
    field = Field(x, y, w, h, w / look.divs_x, div_h, float(x), float(y), lines, timing.px_per_ms, div_h / gain)
    image = np.full((high, wide, 3), look.case if layout != "bare" else look.ground, np.uint8)
    draw_grid(image, field, look)
    boxes = _traces(rng, image, units, floor, timing, field, look)
    if _hidden(boxes, generator, units, tall):
        return None
    words = f.settings(rng, timing.ms_per_div, gain) if rng.random() < 0.85 else []
    side = wide - panel if left == 0 else 0
    _furnish(rng, image, field, timing, look, layout, letter, words, panel, side)
    if layout == "figure":
        f.scale_bar(image, field, timing.ms_per_div, gain, look, letter)
    if rng.random() < 0.12:
        f.cursors(rng, image, field, look)
    name = layout + (
        " superimposed" if piled else " triggered" if timing.triggered else " raster" if sweeps > 1 else ""
    )
    return Picture(image, boxes, timing, gain, name, look)


def _traces(
    rng: np.random.Generator,
    image: np.ndarray,
    units: list[Unit],
    floor: Floor,
    timing: Timing,
    field: Field,
    look: Look,
) -> tuple[TrueBox, ...]:
    """Record and draw the sweeps; the boxes of what they show."""
    sweeps, events = recorded(rng, units, floor, timing)
    draw_sweeps(image, sweeps, field, look, list(look.traces))
    return tuple(true_boxes(events, field))


def _hidden(boxes: tuple[TrueBox, ...], generator: str, units: list[Unit], tall: float) -> bool:
    """Whether the leader, though there is one, is not to be seen in full height anywhere."""
    return bool(units) and not any(b.generator == generator and b.h >= max(9, 0.6 * tall) for b in boxes)


def _furnish(
    rng: np.random.Generator,
    image: np.ndarray,
    field: Field,
    timing: Timing,
    look: Look,
    layout: str,
    letter: int,
    words: list[str],
    panel: int,
    side: int,
) -> None:
    """Words, bars and panels of a layout; the settings stand beside, above, below or on the field."""
    if layout == "window":
        bar = f.between(look.case, (0, 40, 130), rng.uniform(0, 0.9))
        image[: int(letter * 1.8)] = bar
        ink = (255, 255, 255) if sum(bar) < 400 else (0, 0, 0)
        f.write(image, (6, letter * 0.3), str(rng.choice(f.TITLES)), look, letter, ink)
        f.toolbar(rng, image, int(letter * 1.9), int(letter * 2.4), look)
    elif layout in ("screen", "axes") and rng.random() < 0.7:
        title = str(rng.choice(f.TITLES + f.MUSCLES))
        f.write(image, (field.x + 4, letter * 0.4), title, look, letter)
    elif layout == "figure" and rng.random() < 0.6:
        f.write(image, (4, 1), str(rng.choice(("A", "B", "C", "a)", "1"))), look, letter)
    if panel:
        f.side_panel(rng, image, side, field.y, words, look, letter)
    elif layout == "screen":
        f.write(image, (field.x + 4, field.y + field.h + letter * 0.4), "   ".join(words), look, letter)
    elif layout in ("bare", "window") and words:
        ink = look.traces[0] if rng.random() < 0.4 else look.lines if look.family == "tube" else look.traces[-1]
        f.write(image, (field.x + 6, field.y + 4), "  ".join(words), look, letter, ink)
    if layout == "axes":
        f.axes(image, field, timing, look, letter)
    if len(field.baselines) > 1 and rng.random() < 0.35 and len(set(field.baselines)) > 1:
        for k, line in enumerate(field.baselines):
            f.write(image, (field.x + 2, line - letter * 1.4), f"{k + 1}", look, max(letter - 2, 7), look.traces[0])


def cut_out(rng: np.random.Generator, generator: str) -> Picture | None:
    """One or a few waveforms cut out of a screen, no words; sometimes with slices of the sweeps above and below."""
    units, floor, size = sources(rng, generator, True)
    look, timing = any_look(rng), cut_timing(rng, units, generator)
    if timing is None:
        return None
    w = int(timing.sweep_ms * timing.px_per_ms)
    h = int(np.clip(np.exp(rng.normal(4.9, 0.5)), 44, 480))
    if w < h * 0.4 or w > h * 9:
        return None
    around = rng.random() < 0.35
    share = rng.uniform(0.3, 0.65) if around else rng.uniform(0.5, 0.9)
    scale = h * share / size
    if units and h * share < 18:
        return None
    low, high = (float(units[0].wave.min()), float(units[0].wave.max())) if units else (-size / 2, size / 2)
    base = h / 2 - scale * (low + high) / 2 + h * (1 - share) / 2 * rng.uniform(-0.7, 0.7)
    starts, lines = timing.starts, [base]
    if around and rng.random() < 0.6:  # sweeps above and below, a stretch of time away
        apart, step = h * rng.uniform(0.45, 0.9), rng.uniform(150, 900)
        starts = (starts[0] - step, starts[0], starts[0] + step)
        lines = [base - apart, base, base + apart]
    timing = Timing(starts, timing.sweep_ms, timing.px_per_ms, timing.ms_per_div, False)
    speed = float(rng.choice((5, 10, 20)) if timing.px_per_ms > 3 else rng.choice((20, 50, 100)))
    div_w, div_h = speed * timing.px_per_ms, float(rng.uniform(25, 90))
    gain = div_h / scale
    origin = -rng.uniform(0, 1, 2) * (div_w, div_h)
    field = Field(0, 0, w, h, div_w, div_h, float(origin[0]), float(origin[1]), tuple(lines), timing.px_per_ms, scale)
    image = np.full((h, w, 3), look.ground, np.uint8)
    draw_grid(image, field, look)
    boxes = _traces(rng, image, units, floor, timing, field, look)
    if _hidden(boxes, generator, units, h * share):
        return None
    timing = Timing(starts, timing.sweep_ms, timing.px_per_ms, speed, False)
    return Picture(image, boxes, timing, gain, "cut with surroundings" if around else "cut close", look)
