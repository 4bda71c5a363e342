"""The discharges: which potentials fire in which pattern."""

from collections.abc import Callable

import numpy as np

from training.simulate.emg_hands.cables.fibre import PER_MS, Array, Rng
from training.simulate.emg_hands.cables.firing import (
    Pattern,
    circular,
    denervated,
    grouped,
    inserted,
    myotonic,
    steady,
    waning,
)
from training.simulate.emg_hands.cables.potentials import (
    chain,
    endplate_spike,
    fibrillation,
    log_uniform,
    sharp_wave,
)
from training.simulate.emg_hands.cables.units import motor_unit
from training.simulate.emg_hands.train import Train

Shapes = tuple[Array, ...]

irritated = steady((5, 60), (0.55, 1.1), 0.08, 0.05, drift=0.5)
sporadic = steady((0.1, 10), (0.5, 1.1), 0.05)
voluntary = steady((5, 15), (0.1, 0.3), 0.3, drift=0.1)
regular = steady((1.5, 16.5), (0.005, 0.065), drift=0.02)  # 6.3 +- 4.0 Hz, cv 3.5 +- 1.7 %


def _denervated_uv(rng: Rng) -> float:
    """Mostly 20-200 uV, to 1000 in the first months (Kraft 1990: means from 612 down to 100 in a year)."""
    return float(np.clip(np.exp(rng.normal(4.7, 0.85)), 20, 1000))


def _fasciculating(rng: Rng) -> Shapes:
    """561 +- 367 uV, 12.6 +- 4.4 ms: motor units, mostly reinnervated ones."""
    return motor_unit(rng, "neurogenic", gain=0.7) if rng.random() < 0.85 else motor_unit(rng, "normal", gain=1.5)


def _injured(rng: Rng) -> Shapes:
    """Six fibres hurt by the needle."""
    makers = rng.choice(np.array([fibrillation, sharp_wave, endplate_spike]), 6, p=[0.55, 0.2, 0.25])
    return tuple(make(rng, log_uniform(rng, 50, 800)) for make in makers)


def _unit(*names: str) -> Callable[[Rng], Shapes]:
    """A motor unit of any of these kinds."""
    return lambda rng: motor_unit(rng, names[rng.integers(len(names))])


_KINDS: dict[str, tuple[Callable[[Rng], Shapes], Pattern]] = {
    "fibrillation": (lambda rng: (fibrillation(rng, _denervated_uv(rng)),), denervated),
    "positive sharp wave": (lambda rng: (sharp_wave(rng, _denervated_uv(rng)),), denervated),
    "end-plate spike": (lambda rng: (endplate_spike(rng, rng.uniform(100, 300)),), irritated),
    "fasciculation": (_fasciculating, sporadic),
    "normal MUAP": (_unit("normal"), voluntary),
    "neurogenic MUAP": (_unit("neurogenic"), voluntary),
    "myopathic MUAP": (_unit("myopathic"), voluntary),
    "regular motor unit": (_unit("normal", "normal", "neurogenic"), regular),
    "complex repetitive discharge": (lambda rng: (chain(rng, log_uniform(rng, 100, 1000)),), circular),
    "myotonic spikes": (lambda rng: (fibrillation(rng, log_uniform(rng, 50, 1000)),), myotonic),
    "myotonic positive waves": (lambda rng: (sharp_wave(rng, log_uniform(rng, 50, 1000), 5, 20),), myotonic),
    "myokymia": (_unit("normal", "neurogenic"), grouped),
    "neuromyotonia": (_unit("normal", "myopathic"), waning),
    "insertional activity": (_injured, inserted),
}


def trains(rng: Rng, generator: str, length_ms: float) -> list[Train]:
    """One source of the named kind (the main simulator's), firing at least once within 0..length_ms."""
    make, pattern = _KINDS[generator]
    shapes, (times, gains) = make(rng), pattern(rng, length_ms)
    return [Train(PER_MS, shapes, times, gains, rng.integers(len(shapes), size=len(times)))]
