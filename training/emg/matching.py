"""Found events against the true ones, one to one and in order of nearness."""

from dataclasses import dataclass

import numpy as np

TOLERANCE_S = 0.005


@dataclass(frozen=True)
class Counts:
    """Hits, false events and missed ones; they add up over recordings."""

    hits: int = 0
    false: int = 0
    missed: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(self.hits + other.hits, self.false + other.false, self.missed + other.missed)

    @property
    def f1(self) -> float:
        """F1, NaN where there is nothing."""
        total = 2 * self.hits + self.false + self.missed
        return 2 * self.hits / total if total else float("nan")


def matched(found_s: np.ndarray, true_s: np.ndarray, tolerance_s: float = TOLERANCE_S) -> np.ndarray:
    """Return, for each found event, the index of its true one or -1: each used once, the nearest pairs first."""
    owner = np.full(len(found_s), -1)
    if not len(found_s) or not len(true_s):
        return owner
    order = np.argsort(true_s, kind="stable")
    first = np.searchsorted(true_s[order], found_s - tolerance_s)
    last = np.searchsorted(true_s[order], found_s + tolerance_s, "right")
    width = int((last - first).max(initial=0))
    pairs = [
        (abs(float(found_s[i] - true_s[order[j]])), i, int(order[j]))
        for i in range(len(found_s))
        for j in range(first[i], last[i])
    ]
    if not width:
        return owner
    used = np.zeros(len(true_s), bool)
    for _, i, j in sorted(pairs):
        if owner[i] < 0 and not used[j]:
            owner[i], used[j] = j, True
    return owner


def detection(found_s: np.ndarray, true_s: np.ndarray, left_out: np.ndarray | None = None) -> Counts:
    """Count found events against true ones. Those of ``left_out`` (bool) count neither as found nor as missed."""
    owner = matched(found_s, true_s)
    out = np.zeros(len(true_s), bool) if left_out is None else left_out
    hit = owner >= 0
    counted = ~out[owner[hit]]
    return Counts(int(counted.sum()), int((~hit).sum()), int((~out).sum() - counted.sum()))


def by_class(
    found_s: np.ndarray, said: np.ndarray, true_s: np.ndarray, truth: np.ndarray, classes: int
) -> list[Counts]:
    """Count each class's found events against that class's true ones."""
    return [detection(found_s[said == c], true_s[truth == c]) for c in range(classes)]
