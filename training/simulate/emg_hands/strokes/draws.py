"""Random numbers in the forms that sketching needs."""

import numpy as np
from numpy.typing import NDArray

Rng = np.random.Generator
Floats = NDArray[np.float64]
Range = tuple[float, float]


def ratio(rng: Rng, low: float, high: float) -> float:
    """A number evenly spread over the limits on a logarithmic scale."""
    return float(low * (high / low) ** rng.random())


def around(rng: Rng, mean: float, sd: float, low: float, high: float) -> float:
    """A log-normal number of this mean and standard deviation, drawn again until it lies within the limits."""
    width = np.sqrt(np.log1p((sd / mean) ** 2))
    while not low <= (value := float(rng.lognormal(np.log(mean) - width**2 / 2, width))) <= high:
        pass
    return value


def happens(rng: Rng, chance: float) -> bool:
    """True with this chance (0..1)."""
    return bool(rng.random() < chance)
