"""An independent hand: potentials as an electromyographer would sketch them, fired by simple rules.

Each is a curve through a few turning points, joined by strokes of random lean and sharpness with shoulders, notches and
serrations, passed through an amplifier's filters. It makes trains, not pictures.
"""

import numpy as np

from training.simulate.emg_hands.strokes.sources import SOURCES
from training.simulate.emg_hands.train import Train


def trains(rng: np.random.Generator, generator: str, length_ms: float) -> list[Train]:
    """Return one source's train, with one firing at least within the length."""
    return [SOURCES[generator](rng, length_ms)]
