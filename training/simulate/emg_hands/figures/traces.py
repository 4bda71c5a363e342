"""Sweeps onto a canvas: where each lies, its line, and the boxes of what it shows."""

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from training.simulate.curves_left_out import left_out
from training.simulate.emg_hands.figures.looks import Look
from training.simulate.emg_hands.figures.record import Record
from training.simulate.emg_hands.figures.shapes import PER_MS, Curve
from training.simulate.emg_hands.figures.views import View
from training.simulate.emg_screen import TrueBox


@dataclass(frozen=True)
class Plot:
    """Where the sweeps are drawn: left and top in px, the middle of each sweep in px, px a uV, uV a division."""

    left: int
    top: int
    middles: tuple[float, ...]
    gain: float
    uv_per_div: float


def scale(rng: np.random.Generator, view: View, record: Record, amplitude: float, left: int, top: int) -> Plot:
    """Choose the gain in 1-2-5 steps so that the leading potential fills a good share of its strip."""
    superimposed = view.mode == "superimposed"
    strips = 1 if superimposed else view.sweeps
    strip = view.height / strips
    share = rng.uniform(0.45, 0.93) if view.cut_out else rng.uniform(0.3, 0.85) * (1.25 if strips > 3 else 1.0)
    gain = share * strip / amplitude
    division = strip if strips > 3 else view.height / rng.choice([4, 6, 8, 10])
    ladder = np.array([5, 10, 20, 25, 50, 100, 200, 250, 500, 1000, 2000, 5000, 10000])
    per_div = float(ladder[np.argmin(abs(np.log(ladder * gain / division)))])
    if not view.cut_out:
        gain = division / per_div
        gain = min(gain, 1.05 * strip / amplitude)
        gain = max(gain, 14 / amplitude)
    per_div = division / gain if abs(division / gain / per_div - 1) > 0.02 else per_div
    if strips == 1:  # one strip: put the potentials where there is room for them
        low, high = float(record.clean.min()), float(record.clean.max())
        spare = view.height - (high - low) * gain
        slack = rng.uniform(0.15, 0.85) if spare > 0 else 0.5
        middles = tuple([top + spare * slack - low * gain] * view.sweeps)
    else:
        shift = rng.uniform(0.4, 0.6)
        middles = tuple(top + (i + shift) * strip for i in range(view.sweeps))
    return Plot(left, top, middles, gain, per_div)


def path(piece: Curve, px_per_ms: float, x0: float, y0: float, gain: float, limits: tuple[float, float]) -> list[float]:
    """The polyline of one sweep, the lowest and highest of each half column where samples crowd."""
    per_px = PER_MS / px_per_ms
    if per_px > 5:
        starts = np.unique(np.arange(0, len(piece) - 1, per_px / 2).astype(int))
        low, high = np.minimum.reduceat(piece, starts), np.maximum.reduceat(piece, starts)
        rising = piece[starts] <= np.r_[piece[starts[1:]], piece[-1]]
        y = np.stack([np.where(rising, low, high), np.where(rising, high, low)], axis=1).reshape(-1)
        x = np.repeat(starts, 2) / PER_MS * px_per_ms
    else:
        y, x = piece, np.arange(len(piece)) / PER_MS * px_per_ms
    line = np.stack([x0 + x, np.clip(y0 + y * gain, *limits)], axis=1)
    return [float(v) for v in line.reshape(-1)]


def draw_traces(image: Image.Image, look: Look, view: View, plot: Plot, record: Record) -> None:
    """Every sweep in its ink, smoothed as the look wants, with a glow on some dark screens."""
    if left_out():
        return
    many = look.smooth
    size = (view.width * many, view.height * many)
    n = int(view.sweep_ms * PER_MS)
    groups: dict[tuple[int, int, int], list[int]] = {}
    for i in range(view.sweeps):
        groups.setdefault(look.inks[i % len(look.inks)], []).append(i)
    for ink, sweeps in groups.items():
        mask = Image.new("L", size, 0)
        pen = ImageDraw.Draw(mask)
        for i in sweeps:
            piece = record.signal[i * n : (i + 1) * n]
            middle = (plot.middles[i] - plot.top) * many
            line = path(piece, view.px_per_ms * many, 0, middle, plot.gain * many, (0, size[1] - 1))
            pen.line(line, fill=255, width=max(1, round(look.width * many)))
        if many > 1:
            mask = mask.reduce(many)
        if look.glow:
            halo = mask.filter(ImageFilter.BoxBlur(3)).point(lambda v: min(255, v * 0.7))
            image.paste(ink, (plot.left, plot.top), halo)
        image.paste(ink, (plot.left, plot.top), mask)


def boxes(view: View, plot: Plot, record: Record, lead: float) -> list[TrueBox]:
    """A box round each potential that shows a fair part of itself; those drawn over one another share one."""
    out: list[TrueBox] = []
    bottom = plot.top + view.height
    for event in record.events:
        first = int(event.start / view.sweep_ms)
        for sweep in range(first, min(int((event.start + event.ms) / view.sweep_ms), view.sweeps - 1) + 1):
            begin = max(event.start, sweep * view.sweep_ms)
            end = min(event.start + event.ms, (sweep + 1) * view.sweep_ms)
            part = record.clean[int(begin * PER_MS) : int(end * PER_MS)]
            if len(part) < 4 or end - begin < 0.2 * event.ms or event.amplitude < 0.1 * lead:
                continue
            if np.ptp(part) < 0.3 * event.amplitude:
                continue
            y0 = float(np.clip(plot.middles[sweep] + part.min() * plot.gain, plot.top, bottom - 1))
            y1 = float(np.clip(plot.middles[sweep] + part.max() * plot.gain, plot.top, bottom - 1))
            x0 = plot.left + (begin - sweep * view.sweep_ms) * view.px_per_ms
            w, h = (end - begin) * view.px_per_ms, max(y1 - y0, 2.0)
            near = [
                b for b in out if view.mode == "superimposed" and abs(b.x - x0) < 0.15 * w and b.label == event.label
            ]
            if near and abs(near[0].y - y0) < 0.25 * h:
                continue
            out.append(TrueBox(event.label, event.generator, x0, y0, w, h, event.amplitude))
    return out
