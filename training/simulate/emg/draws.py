"""Random draws from ranges of which bands are kept for validation and test: "never used in training" is then exact."""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Literal, TypeVar

import numpy as np

Part = Literal["any", "train", "validation", "test", "ends", "inner"]
T = TypeVar("T")

# Bands of a range, as fractions of its width; each part draws from its own. The test's reach the range's upper end, so
# that it both interpolates and extrapolates. What is to be right over the whole of a published range is trained to its
# ends as well (``ends``), and is then tested between (``inner``).
BANDS: dict[str, tuple[tuple[float, float], ...]] = {
    "any": ((0.0, 1.0),),
    "train": ((0.0, 0.10), (0.18, 0.52), (0.66, 0.92)),
    "validation": ((0.10, 0.18), (0.60, 0.66)),
    "test": ((0.52, 0.60), (0.92, 1.0)),
    "ends": ((0.0, 0.10), (0.18, 0.52), (0.66, 1.0)),
    "inner": ((0.52, 0.60),),
}
LOOKS_OF = {"ends": "train", "inner": "test"}  # parts that share another's looks


@dataclass(frozen=True)
class Range:
    """A parameter's range. ``mean`` and ``sd`` make it a normal distribution cut at the ends; ``log`` log-uniform.

    ``source``: ``L`` read in a source, ``M`` from general knowledge.
    """

    low: float
    high: float
    source: str = "M"
    mean: float | None = None
    sd: float = 1.0
    log: bool = False


class Draw:
    """Random numbers for one part (train, validation, test) of the simulated world."""

    def __init__(self, rng: np.random.Generator, part: Part = "any") -> None:
        self.rng, self.part = rng, part
        self._widths = [high - low for low, high in BANDS[part]]

    def fraction(self) -> float:
        """Return a number in 0..1 from the part's bands."""
        at = self.rng.random() * sum(self._widths)
        for (low, _), width in zip(BANDS[self.part], self._widths, strict=True):
            if at <= width:
                return low + at
            at -= width
        return BANDS[self.part][-1][1]

    def of(self, r: Range) -> float:
        """Return a value of a range; of a normal one the part's quantile bands."""
        u = self.fraction()
        if r.mean is None:
            return float(r.low * (r.high / r.low) ** u) if r.log else float(r.low + u * (r.high - r.low))
        normal = NormalDist(r.mean, r.sd)
        low, high = normal.cdf(r.low), normal.cdf(r.high)
        return normal.inv_cdf(min(max(low + u * (high - low), 1e-9), 1 - 1e-9))

    def between(self, low: float, high: float, log: bool = False) -> float:
        """Return a uniform (or log-uniform) value of the part's bands of low..high."""
        return self.of(Range(low, high, log=log))

    def chance(self, probability: float) -> bool:
        """Return True with a probability (no bands)."""
        return bool(self.rng.random() < probability)

    def integer(self, low: int, high: int) -> int:
        """Return an integer from low to high, both possible (no bands)."""
        return int(self.rng.integers(low, high + 1))

    def pick(self, options: Sequence[T], weights: Sequence[float] | None = None) -> T:
        """Return one of the options, any part alike."""
        p = None if weights is None else np.asarray(weights, float) / sum(weights)
        return options[int(self.rng.choice(len(options), p=p))]

    def look(self, options: Sequence[T]) -> T:
        """Return one of a look's options: about a fifth of them are the test's alone, a sixth the validation's."""
        return options[self.rng.choice(own_options(len(options), self.part, repr(options[0])))]


def own_options(count: int, part: Part, name: str = "") -> np.ndarray:
    """Return the indices of ``count`` options that belong to a part; fixed for ever by ``name``."""
    order = np.random.default_rng(zlib.crc32(name.encode())).permutation(count)
    test, validation = max(1, round(count / 5)), max(1, round(count / 6))
    if part == "any" or count < 3:
        return np.arange(count)
    part = LOOKS_OF.get(part, part)  # type: ignore[assignment]
    own = {"test": order[:test], "validation": order[test : test + validation], "train": order[test + validation :]}
    return np.sort(own[part])
