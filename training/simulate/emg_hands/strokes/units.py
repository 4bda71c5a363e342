"""Potentials of whole motor units."""

from typing import NamedTuple

import numpy as np

from training.simulate.emg_hands.strokes.curves import PER_MS, Sketch, overlay, record, sketch
from training.simulate.emg_hands.strokes.draws import Floats, Rng, around, happens, ratio
from training.simulate.emg_hands.strokes.potentials import fibre_spike


class Kind(NamedTuple):
    """Motor units of one kind: mean, sd, least and most; chances of 2, 3, ... phases; mean number of extra turns;
    chances of a late component and of a shape that changes from firing to firing."""

    duration_ms: tuple[float, float, float, float]
    size_uv: tuple[float, float, float, float]
    phases: tuple[float, ...]
    turns: float
    late: float
    unsteady: float


# Means are published ones, spreads usual ones; fasciculations are published throughout but for the longest.  None is
# shorter than 5 ms, where one alone could not be told from a fibrillation; myopathic ones reach 4 ms.
NORMAL = Kind((9.2, 2.2, 6.2, 17.0), (370.0, 220.0, 60.0, 2e3), (0.48, 0.44, 0.07, 0.01), 0.5, 0.03, 0.0)
NEUROGENIC = Kind((13.4, 3.6, 6.5, 28), (830, 600, 120, 6e3), (0.14, 0.28, 0.27, 0.17, 0.09, 0.05), 1.5, 0.3, 0.4)
MYOPATHIC = Kind((7.0, 1.7, 4.7, 13.0), (240.0, 130.0, 40.0, 1e3), (0.46, 0.37, 0.12, 0.05), 1.2, 0.06, 0.1)
FASCICULATING = Kind((12.6, 4.4, 6.2, 28.0), (561, 367, 123, 1480), (0.25, 0.42, 0.23, 0.08, 0.02), 1.0, 0.15, 0.25)


def motor_unit(rng: Rng, kind: Kind) -> tuple[Floats, ...]:
    """A motor unit's recorded shapes in uV: one, or 3-6 variants of an unsteady one."""
    duration, size = around(rng, *kind.duration_ms), around(rng, *kind.size_uv)
    drawn = _drawn(rng, kind)
    late = fibre_spike(rng, 1.5, 4.0) * ratio(rng, 0.06, 0.4) * happens(rng, kind.late)
    gap = ratio(rng, 1.0, 12.0)  # ms of silence before the late component
    shake = ratio(rng, 0.02, 0.12) * happens(rng, kind.unsteady)
    variants = []
    for _ in range(int(rng.integers(3, 7)) if shake else 1):
        main = drawn.shaken(rng, shake).lasting(duration).curve()
        heard = 1.0 - (shake > 0 and happens(rng, 0.1))  # now and then the late component is blocked
        variants.append(overlay([main, late * heard], [0.0, main.size / PER_MS + gap + 3 * shake * rng.random()]))
    return record(rng, variants, size)


def _drawn(rng: Rng, kind: Kind) -> Sketch:
    """A slow onset, phases of alternating sign about one steep negative main spike, a slow end."""
    phases = 2 + int(rng.choice(len(kind.phases), p=kind.phases))
    heights = (1.0 if happens(rng, 0.7) else -1.0) * (-1.0) ** np.arange(phases)
    negative = np.flatnonzero(heights < 0)
    main = int(negative[np.abs(negative - (phases - 1) / 2).argmin()])
    heights *= np.exp(rng.uniform(np.log(0.12), np.log(0.8), phases))
    heights[main] = -1.0
    widths = np.array([2.0, *[1.0] * (phases - 1), 3.0])
    widths[main : main + 2] *= 0.6
    drawn = sketch(rng, [*widths], [*heights, 0.0], rng.uniform(0.1, 0.9)).balanced(rng.uniform(0.25, 0.8))
    for _ in range(min(int(rng.poisson(kind.turns)), 5)):
        drawn = drawn.turned(rng)
    return drawn
