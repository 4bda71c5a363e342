"""EMG pictures by other hands: small simulators, each written by somebody who had not seen the main one or the others.

A network that knows one simulator knows its habits. Three of these may be learned from beside the main one (the
networks of kinds and of sweeps do); a fourth, a stranger to all, is never trained on and measures what is reached on
others' pictures. Two more, ``strokes`` and ``cables``, make trains alone (``trains.py``).
"""

from collections.abc import Callable

import numpy as np

from training.simulate.emg_hands import figures, stranger, templates, tripoles
from training.simulate.emg_screen import ScreenTruth

Hand = Callable[[np.random.Generator, str], tuple[np.ndarray, ScreenTruth]]
LEARNED: dict[str, Hand] = {"templates": templates.draw, "tripoles": tripoles.draw, "figures": figures.draw}
STRANGER: Hand = stranger.draw


def draw_learned(rng: np.random.Generator, label: str) -> tuple[np.ndarray, ScreenTruth]:
    """Return a picture (uint8 RGB) of a class by one of the hands that are learned from, and its truth."""
    return tuple(LEARNED.values())[rng.integers(len(LEARNED))](rng, label)
