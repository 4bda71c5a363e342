"""A train of potentials as a hand makes it."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Train:
    """Firings of one source.

    ``shapes`` (samples,) each in uV, positive where the needle is, ``per_ms`` samples a millisecond, from onset to end.
    ``times_ms`` (firings,) onsets; ``gains`` (firings,) about 1; ``which`` (firings,) index of each one's shape.
    """

    per_ms: float
    shapes: tuple[np.ndarray, ...]
    times_ms: np.ndarray
    gains: np.ndarray
    which: np.ndarray
