"""Composes one recording: the leading generator, its companions, and artefacts."""

import numpy as np

from training.simulate.emg_hands.templates import scene, shapes
from training.simulate.emg_hands.templates.scene import HABITS, Event, Scene
from training.simulate.emg_hands.templates.shapes import RATE, Signal, Template


def artefact(rng: np.random.Generator, up: Signal, size: float) -> None:
    """Adds what no muscle fibre made: hum, an ECG, a moved needle, a stimulator or pacemaker, a carrier, a rail."""
    time = np.arange(len(up)) / RATE
    span = float(time[-1])
    kind = rng.integers(6)
    if kind == 0:  # mains with odd harmonics
        turn = 2 * np.pi * rng.choice([0.05, 0.06]) * time
        up += (
            size
            / 2
            * (np.sin(turn) + rng.uniform(0, 0.6) * np.sin(3 * turn + 1) + rng.uniform(0, 0.3) * np.sin(5 * turn))
        )
    elif kind == 1:  # QRS of 60-100 ms: biphasic, smooth
        width = rng.uniform(60, 100)
        for beat in np.arange(rng.uniform(0, min(span, 700)), span, rng.uniform(600, 1000)):
            up += size * (shapes.bump(time, beat, width / 8) - 0.5 * shapes.bump(time, beat + width / 4, width / 9))
    elif kind == 2:  # needle or cable moved: sums of slow random bumps
        for _ in range(rng.integers(2, 6)):
            up += rng.normal(0, size) * shapes.bump(time, rng.uniform(0, span), rng.uniform(10, 80))
    elif kind == 3:  # one-sample spikes at a fixed distance: stimulator or pacemaker with its discharge
        for beat in np.arange(rng.uniform(0, span / 3), span, rng.uniform(0.15, 0.4) * span):
            late = np.maximum(time - beat, 0)
            up += size * (time >= beat) * (np.exp(-late / 0.15) - 0.1 * np.exp(-late / rng.uniform(4, 15)))
    elif kind == 4:  # high-frequency set: a carrier in bursts
        gate = np.sin(2 * np.pi * time / rng.uniform(20, 200) + rng.uniform(0, 6)) > rng.uniform(-0.5, 0.7)
        up += size / 2 * gate * np.sin(2 * np.pi * time * rng.uniform(0.8, 4))
    else:  # saturation: a jump to the rail and a slow way back
        late = np.maximum(time - rng.uniform(0, 0.6) * span, 0)
        up += rng.choice([-1, 1]) * size * (late > 0) * np.clip(1.6 * np.exp(-late / (span * 0.2)), 0, 1)


def compose(rng: np.random.Generator, generator: str, span: float, sweep: float, template: Template) -> Scene:
    """A recording of `span` ms whose first leading potential lies whole in a sweep of `sweep` ms (at least half)."""
    habit = HABITS[generator]
    median, spread, least, most = habit.amplitude
    leading = float(np.clip(median * rng.lognormal(0, spread), least, most))
    warm = 200.0  # ms before the view, so that the filters have settled
    up = np.zeros(int((span + warm) * RATE) + 1)
    events: list[Event] = []
    width = template.end - template.onset
    inside = rng.uniform(0.03, 0.6) * max(sweep - width, 0.06 * sweep)
    if generator in {"quiet", "end-plate noise", "artefact"}:
        if generator == "end-plate noise":
            scene.hiss(rng, up, leading)
        elif generator == "artefact":
            artefact(rng, up, leading)
    else:
        events += scene.train(rng, up, generator, leading, template, warm + inside)
        company(rng, up, events, generator, leading, warm)
    rms = min(leading / rng.uniform(11, 16), rng.lognormal(np.log(4), 0.5), leading / rng.uniform(12, 70))
    up += scene.surroundings(rng, len(up), float(rms))
    up = scene.filters(rng, up)[int(warm * RATE) :]
    moved = [Event(e.start - warm, e.end - warm, e.amplitude, e.generator) for e in events]
    if generator in {"end-plate noise", "artefact"}:  # what piles up is taller than its parts
        leading = float(np.ptp(np.percentile(up, [0.3, 99.7])))
    return Scene(up, tuple(e for e in moved if e.end > 0), leading if generator != "quiet" else leading * 2)


def company(
    rng: np.random.Generator, up: Signal, events: list[Event], generator: str, leading: float, warm: float
) -> None:
    """Adds what often comes with the leading generator, always smaller than it."""
    span = len(up) / RATE - warm
    others: list[str] = []
    if generator in scene.LABELS:
        if rng.random() < 0.3:
            others += [generator] * int(rng.integers(1, 3))
        if rng.random() < 0.1:
            others.append("fibrillation" if generator == "positive sharp wave" else "positive sharp wave")
    elif generator == "end-plate spike" and rng.random() < 0.6:
        scene.hiss(rng, up, min(leading * 0.12, rng.uniform(8, 25)))
    elif generator.endswith("MUAP") and rng.random() < 0.45:
        others += [generator] * int(rng.integers(1, 4))
    for other in others:
        size = leading * rng.uniform(0.25, 0.55)
        first = warm + rng.uniform(0, max(span, 1))
        clear = tuple(events) if other != generator or rng.random() < 0.8 else ()
        events += scene.train(rng, up, other, float(size), HABITS[other].shape(rng), first, clear)
