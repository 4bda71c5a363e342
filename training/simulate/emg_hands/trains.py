"""Trains of potentials by the hands, as the main simulator's amplifier takes them."""

from collections.abc import Callable

import numpy as np
from scipy.interpolate import CubicSpline

from training.simulate.emg import scene
from training.simulate.emg.draws import Draw
from training.simulate.emg.parameters import GENERATORS
from training.simulate.emg.sources import Firing
from training.simulate.emg_hands import cables, strokes
from training.simulate.emg_hands.figures import shapes as figures_shapes
from training.simulate.emg_hands.figures import sources as figures_sources
from training.simulate.emg_hands.figures.record import firing as figures_firing
from training.simulate.emg_hands.figures.record import hum as figures_noise
from training.simulate.emg_hands.stranger import fibres as stranger_fibres
from training.simulate.emg_hands.stranger import trains as stranger_trains
from training.simulate.emg_hands.templates import scene as templates_scene
from training.simulate.emg_hands.templates import shapes as templates_shapes
from training.simulate.emg_hands.train import Train
from training.simulate.emg_hands.tripoles import fibre as tripoles_fibre
from training.simulate.emg_hands.tripoles import noise as tripoles_noise
from training.simulate.emg_hands.tripoles import potentials as tripoles_potentials
from training.simulate.emg_hands.tripoles import rhythm as tripoles_rhythm

# the hands make end-plate noise as a hiss, without a time for each of its potentials
NAMES = tuple(g for g in GENERATORS if g not in ("end-plate noise", "PSW-shaped MUAP"))
SEVERAL = 6  # fibres that discharge as a needle moves


Trains = Callable[[np.random.Generator, str, float], list[Train]]


def _templates(rng: np.random.Generator, generator: str, length_ms: float) -> list[Train]:
    habit = templates_scene.HABITS[generator]
    middle, spread, least, most = habit.amplitude
    size = float(np.clip(middle * rng.lognormal(0, spread), least, most))
    count = SEVERAL if generator == "insertional activity" else 1
    made = [habit.shape(rng) for _ in range(count)]
    shapes = tuple(-size * t.up[max(0, round(t.onset * templates_shapes.RATE) - 2) :] for t in made)
    first = rng.uniform(0, min(length_ms, 1500.0))
    times, gains = templates_scene.firing(rng, generator, float(first), length_ms)
    return [Train(templates_shapes.RATE, shapes, times, gains, rng.integers(0, count, len(times)))]


def _tripoles(rng: np.random.Generator, generator: str, length_ms: float) -> list[Train]:
    count = {"insertional activity": SEVERAL, "end-plate spike": 1 + int(rng.random() < 0.3)}.get(generator, 1)
    made = [tripoles_potentials.make(rng, generator, (2.0, 10000.0)) for _ in range(count)]
    times, gains = tripoles_rhythm.firing(rng, generator, length_ms)
    shapes = tuple(p.wave[p.onset :].astype(float) for p in made)
    which = rng.integers(0, count, len(times))
    return [Train(1 / tripoles_fibre.STEP_MS, shapes, times, np.maximum(gains, 0.05), which)]


def _figures(rng: np.random.Generator, generator: str, length_ms: float) -> list[Train]:
    if generator == "insertional activity":  # a burst without the time of each of its potentials
        return []
    own = figures_sources.source(rng, generator)
    plan = figures_firing(rng, own, length_ms, [])
    times, which, gains = (np.array([p[k] for p in plan]) for k in range(3))
    return [
        Train(figures_shapes.PER_MS, (shape,), times[which == k], gains[which == k], np.zeros((which == k).sum(), int))
        for k, shape in enumerate(own.shapes)
    ]


def _stranger(rng: np.random.Generator, generator: str, length_ms: float) -> list[Train]:
    units = stranger_trains.leading(rng, generator)
    return [
        Train(stranger_fibres.FS, (u.wave,), u.times[u.times < length_ms], u.gains[u.times < length_ms],
              np.zeros((u.times < length_ms).sum(), int))
        for u in units
    ]  # fmt: skip


LEARNED: dict[str, Trains] = {
    "templates": _templates,
    "tripoles": _tripoles,
    "figures": _figures,
    "strokes": strokes.trains,
    "cables": cables.trains,
}
STRANGER: Trains = _stranger


def one_of(rng: np.random.Generator, part: str) -> Trains:
    """Return the trains of one of the learned hands; for ``test`` those of the stranger."""
    return STRANGER if part == "test" else tuple(LEARNED.values())[rng.integers(len(LEARNED))]


def firings(
    trains: Trains, rng: np.random.Generator, generator: str, sampling_hz: float, length_s: float
) -> list[Firing]:
    """Return a hand's trains of a generator, their shapes at ``sampling_hz``; none of what it does not make."""
    if generator not in NAMES:
        return []
    label = GENERATORS[generator].label
    return [
        Firing(
            generator,
            label,
            tuple(_resampled(shape, 1000 * own.per_ms, sampling_hz) for shape in own.shapes),
            own.times_ms / 1000,
            own.gains,
            own.which,
        )
        for own in trains(rng, generator, 1000 * length_s)
        if len(own.times_ms)
    ]


def made_by(trains: Trains) -> scene.Source:
    """Return the trains of a hand as scenes ask for them; this simulator's own of what the hand does not make."""

    def made(name: str, draw: Draw, sampling_hz: float, length_s: float) -> list[Firing]:
        by_hand = firings(trains, draw.rng, name, sampling_hz, length_s)
        return by_hand or scene.own_trains(name, draw, sampling_hz, length_s)

    return made


def floor(draw: Draw, sampling_hz: float, samples: int, rms_uv: float) -> np.ndarray:
    """Return amplifier noise (samples,) as one of the learned hands makes it; its colours shift with the rate."""
    if draw.chance(0.5):
        return figures_noise(draw.rng, samples, rms_uv)
    return tripoles_noise.floor(draw.rng, samples, rms_uv, (20.0, min(10000.0, 0.45 * sampling_hz)))


def _resampled(shape: np.ndarray, from_hz: float, to_hz: float) -> np.ndarray:
    """Return a shape at another rate, finer or a little coarser (what is above half of it is not there)."""
    padded = np.pad(shape, (2, 8))
    at = np.arange(0, len(padded) - 1, from_hz / to_hz)
    return CubicSpline(np.arange(len(padded)), padded)(at)
