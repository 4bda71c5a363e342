"""Splits in which no patient, and no recording, is on two sides, and each side has its share of the rare classes."""

from collections.abc import Sequence

import numpy as np

from training.ecg.records import Record

SIDES = ("train", "validation", "test")


def split(records: Sequence[Record], shares: dict[str, tuple[float, float, float]], seed: int = 0) -> dict[str, str]:
    """Return each record's side by id.

    ``shares``: for each origin the shares of train, validation and test; an origin without one is all test. Groups are
    dealt out class by class, the rarest class first, each to the side that lacks most of that class (iterative
    stratification, Sechidis et al. 2011).
    """
    side: dict[str, str] = {}
    rng = np.random.default_rng(seed)
    for origin in sorted({r.origin for r in records}):
        wanted = np.array(shares.get(origin, (0.0, 0.0, 1.0)))
        groups: dict[str, list[Record]] = {}
        for record in records:
            if record.origin == origin:
                groups.setdefault(record.group, []).append(record)
        names = [sorted(groups)[i] for i in rng.permutation(len(groups))]
        counts = {name: np.sum([r.labels for r in groups[name]], axis=0) for name in names}
        totals = np.append(np.sum(list(counts.values()), axis=0), len(names)).astype(float)
        lacking = wanted[:, None] * totals
        order = np.argsort(totals[:-1])
        for name in sorted(names, key=lambda n: next((i for i, c in enumerate(order) if counts[n][c]), len(order))):
            first = next((c for c in order if counts[name][c]), len(totals) - 1)
            column = np.where(wanted > 0, lacking[:, first] + 1e-3 * lacking[:, -1], -np.inf)
            chosen = int(np.argmax(column))
            lacking[chosen] -= np.append(counts[name], 1.0)
            for record in groups[name]:
                side[record.id] = SIDES[chosen]
    return side
