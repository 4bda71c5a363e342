"""Which stretch of the recording a picture shows, and at which settings."""

from dataclasses import dataclass

import numpy as np

from training.simulate.emg_hands.templates.scene import HABITS, Scene
from training.simulate.emg_hands.templates.shapes import Template

MS_PER_DIV = (1, 2, 3, 5, 10, 20, 30, 50, 100)
UV_PER_DIV = (5, 10, 20, 30, 50, 100, 200, 300, 500, 1000, 2000, 5000)


@dataclass(frozen=True)
class Frame:
    """A trace window in the picture: its place in px, and its divisions."""

    x: int
    y: int
    w: int
    h: int
    columns: int = 10
    rows: int = 8


@dataclass(frozen=True)
class View:
    """Sweeps that begin at `starts` (ms) and last `sweep` ms, drawn round `bases` (px from the frame's top)."""

    sweep: float
    starts: tuple[float, ...]
    bases: tuple[float, ...]
    uv_per_div: float
    mode: str


def time_base(rng: np.random.Generator, generator: str, template: Template, frame: Frame) -> tuple[float, int]:
    """A sweep's length in ms and the number of sweeps with which the kind can be told (see Habit)."""
    habit = HABITS[generator]
    width = template.end - template.onset
    fits = []
    for ms in MS_PER_DIV:
        sweep = float(ms * frame.columns)
        if sweep < 1.1 * width or frame.w / sweep < habit.px_per_ms or frame.w / sweep * width < 9:
            continue
        for sweeps in range(1, 11):
            if habit.view[0] <= sweep * sweeps <= habit.view[1] and frame.h / sweeps > 24:
                fits.append((sweep, sweeps))
    if fits:  # 10 ms/div is the commonest time base, the others the rarer the further from it
        bases = sorted({fit[0] for fit in fits})
        weights = np.exp(-0.5 * (np.log(np.array(bases) / 100) / 0.9) ** 2)
        sweep = float(rng.choice(bases, p=weights / weights.sum()))
        counts = [fit[1] for fit in fits if fit[0] == sweep]
        return sweep, counts[int(rng.integers(len(counts)) * rng.random() ** 0.5)]
    sweep = max(frame.w / habit.px_per_ms, 1.2 * width)
    return sweep, int(np.clip(np.ceil(habit.view[0] / sweep), 1, 10))


def close(rng: np.random.Generator, generator: str, template: Template, frame: Frame) -> tuple[float, int]:
    """The same for a cut-out: no whole divisions, one sweep, often a single potential that fills it."""
    habit = HABITS[generator]
    width = template.end - template.onset
    widest = min(frame.w / habit.px_per_ms, frame.w * width / 7)  # ms at which the potential still has 7 px
    if habit.need == 1 and rng.random() < 0.6:
        sweep = float(width * np.exp(rng.uniform(np.log(1.15), np.log(5))))
        return max(min(sweep, widest), frame.w / rng.uniform(25, 90)), 1  # screens seldom give a ms more pixels
    low = max(habit.view[0], 1.3 * width)
    high = max(min(habit.view[1], widest, 600 if habit.need < 5 else 1500), low)
    return float(np.exp(rng.uniform(np.log(low), np.log(high)))), 1


def arrange(rng: np.random.Generator, scene: Scene, sweep: float, sweeps: int, frame: Frame, rhythm: bool) -> View:
    """Lays the sweeps out: raster (each goes on where the last ended), triggered raster, or superimposed.

    Where the `rhythm` tells the kind it is always a raster."""
    starts = [sweep * index for index in range(sweeps)]
    mode = "raster" if sweeps > 1 else "single"
    leading = [e for e in scene.events if e.amplitude > 0.6 * scene.leading]
    apart = leading and min(np.diff([e.start for e in leading]), default=0) > 0.3 * sweep
    if len(leading) >= 2 and apart and not rhythm and rng.random() < 0.35:
        delay = rng.uniform(0.1, 0.4) * sweep
        starts = [e.start - delay for e in leading[:10] if e.start - delay >= 0]
        starts = [s for s in starts if s + sweep <= len(scene.up) / 20] or [0.0]
        mode = "triggered" if rng.random() < 0.5 else "superimposed"
    count = len(starts)
    if mode == "superimposed" or count == 1:
        bases = [frame.h * rng.uniform(0.35, 0.65)] * count
        wished = frame.h * rng.uniform(0.2, 0.75)
    else:
        edge = frame.h / count * rng.uniform(0.5, 0.7)
        bases = list(np.linspace(edge, frame.h - edge, count))
        wished = frame.h / count * rng.uniform(0.4, 1.4)
    division = frame.h / frame.rows
    ideal = scene.leading / max(wished, 14) * division
    uv = float(UV_PER_DIV[int(np.abs(np.log(np.array(UV_PER_DIV) / ideal)).argmin())])
    if scene.leading / uv * division > 0.9 * frame.h:  # never mostly out of the window
        uv = scene.leading / (0.8 * frame.h) * division
    return View(sweep, tuple(starts), tuple(float(b) for b in bases), uv, mode)
