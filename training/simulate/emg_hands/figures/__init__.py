"""Needle EMG as figures show it: textbooks, slides, theses, articles, teaching pages, and captures pasted in reports.

Potentials are smooth curves through randomly placed control points under each generator's clinical limits (`shapes`,
`sources`); they fire into a stretch of recording with slow wander and noises of varied texture (`record`); a view
chooses sweeps and a scale at which the leading source can be told (`views`); Pillow draws it in a look (`looks`,
`traces`, `dress`), and then it is scanned, photographed, compressed or reduced to few colours (`wear`).
"""

from dataclasses import replace

import numpy as np
from PIL import Image

from training.simulate.emg_hands.figures.dress import Margins, dress, margins, pasted
from training.simulate.emg_hands.figures.looks import draw_grid, look
from training.simulate.emg_hands.figures.record import Record, record
from training.simulate.emg_hands.figures.sources import Source, choose, companion, source, telling
from training.simulate.emg_hands.figures.traces import Plot, boxes, draw_traces, scale
from training.simulate.emg_hands.figures.views import View, cut, whole
from training.simulate.emg_hands.figures.wear import Picture, resize, wear
from training.simulate.emg_screen import ScreenTruth, TrueBox


def panels(rng: np.random.Generator, view: View, style: str) -> int:
    """How many plots of the same kind stand below one another (A, B, C)."""
    if view.cut_out or style == "machine" or view.height > 330 or rng.random() < 0.45:
        return 1
    return int(rng.integers(2, 4))


def another(rng: np.random.Generator, lead: Source, view: View) -> Source:
    """For a further panel: another source of the same generator where this view tells it, else the same one."""
    other = source(rng, lead.generator)
    long = view.sweep_ms * view.sweeps
    fits = other.min_ppm <= view.px_per_ms * view.scale and other.min_ms <= long and 1.3 * other.ms <= view.sweep_ms
    return other if fits and rng.random() < 0.6 else lead


def told(rng: np.random.Generator, now: Source, view: View, left: int, top: int) -> tuple[Record, Plot, list[TrueBox]]:
    """A recording for the view in which one leading potential is whole, not broken by the end of a sweep."""
    beside = companion(rng, now)
    sources = [now, beside] if beside else [now]
    for _ in range(8):
        made = record(rng, sources, view.sweep_ms * view.sweeps, view.aligned())
        plot = scale(rng, view, made, now.amplitude, left, top)
        marks = boxes(view, plot, made, now.amplitude)
        wide = 0.75 * now.ms * view.px_per_ms
        if not made.events or any(b.generator == now.generator and b.w > wide for b in marks):
            break
    return made, plot, marks


def draw(rng: np.random.Generator, label: str) -> tuple[Picture, ScreenTruth]:
    """One picture (h, w, 3) uint8 of the class PSW, Fibs or Others, and its truth."""
    is_cut = bool(rng.random() < 0.5)
    lead = (telling if is_cut else source)(rng, choose(rng, label))
    view, dressed = (cut if is_cut else whole)(rng, lead), look(rng)
    dressed = replace(dressed, width=max(dressed.width, 0.85 / view.scale))  # to outlive being made smaller
    count = panels(rng, view, dressed.style)
    room = Margins(0, 0, 0, 0, 0) if is_cut else margins(rng, dressed, view)
    size = (
        room.left + view.width + room.right,
        room.top + count * view.height + (count - 1) * room.between + room.bottom,
    )
    image = Image.new("RGB", size, dressed.ground)
    plots: list[Plot] = []
    found: list[TrueBox] = []
    for k in range(count):
        now = lead if k == 0 else another(rng, lead, view)
        top = room.top + k * (view.height + room.between)
        made, plot, marks = told(rng, now, view, room.left, top)
        area = (room.left, top, room.left + view.width - 1, top + view.height - 1)
        step = (view.width / view.divs, plot.uv_per_div * plot.gain)
        draw_grid(image, dressed, area, step, plot.middles[0])
        draw_traces(image, dressed, view, plot, made)
        plots.append(plot)
        found += marks
    layout = "cut-out" if is_cut else dress(rng, image, dressed, view, plots, room, found)
    corners = np.array([[b.x, b.y, b.x + b.w, b.y + b.h] for b in found], float).reshape(-1, 4)
    if not is_cut and rng.random() < 0.18:
        image, dx, dy = pasted(rng, image)
        corners, layout = corners + np.array([dx, dy, dx, dy]), "pasted"
    factor = min(view.scale, 1880 / image.width)
    image, corners, sx = resize(rng, image, corners, factor)
    picture, corners, stretch = wear(rng, np.asarray(image), corners, dressed.style == "web")
    truth = tuple(
        TrueBox(b.label, b.generator, float(c[0]), float(c[1]), float(c[2] - c[0]), float(c[3] - c[1]), b.amplitude_uv)
        for b, c in zip(found, corners, strict=True)
    )
    return np.ascontiguousarray(picture), ScreenTruth(
        label,
        lead.generator,
        truth,
        float(view.ms_per_div),
        float(plots[0].uv_per_div),
        view.sweeps,
        False,
        is_cut,
        layout,
        dressed.grid,
        float(view.px_per_ms * sx * stretch),
    )
