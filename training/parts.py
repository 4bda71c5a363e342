"""Groups (patients, recordings) into parts, each class about evenly: a group is never parted."""

from collections.abc import Mapping, Sequence

import numpy as np

from viewer.errors import LeadlightError

SHARES = {"train": 0.7, "validation": 0.15, "test": 0.15}


def divide(labels: Sequence[str], groups: Sequence[int], seed: int, shares: Mapping[str, float] = SHARES) -> list[str]:
    """Return each entry's part. Raises LeadlightError where a class has too few groups to be in every part.

    The largest groups are placed first, each where its classes are most wanting; then a part that lacks a class gets
    the smallest group of it that can be spared.
    """
    names, classes = list(shares), sorted(set(labels))
    counts = np.zeros((max(groups) + 1, len(classes)))
    for label, group in zip(labels, groups, strict=True):
        counts[group, classes.index(label)] += 1
    for c, label in enumerate(classes):
        if (counts[:, c] > 0).sum() < len(names):
            raise LeadlightError(
                "unsupported",
                f"{label} comes from {int((counts[:, c] > 0).sum())} recordings or patients, and "
                f"{len(names)} are needed so that {', '.join(names)} each have their own",
                "add recordings, or give a table that says which pictures are of which recording and patient",
            )
    wanted = np.outer(list(shares.values()), counts.sum(0))
    held = np.zeros_like(wanted)
    where = np.zeros(len(counts), int)
    shuffled = np.random.default_rng(seed).permutation(len(counts))
    for group in sorted(shuffled, key=lambda g: -counts[g].sum()):
        wanting = ((wanted - held) / wanted) @ (counts[group] / counts.sum(0))
        where[group] = int(np.argmax(wanting))
        held[where[group]] += counts[group]
    _fill(where, counts, len(names))
    return [names[where[group]] for group in groups]


def _fill(where: np.ndarray, counts: np.ndarray, parts: int) -> None:
    """Move groups until every part has every class (each class has as many groups as there are parts)."""
    for _ in range(counts.shape[1] * parts * 4):
        lacking = [
            (part, c) for c in range(counts.shape[1]) for part in range(parts) if not counts[where == part, c].any()
        ]
        if not lacking:
            return
        part, c = lacking[0]
        for group in sorted(np.flatnonzero(counts[:, c]), key=lambda g: counts[g].sum()):
            others = np.flatnonzero(where == where[group])
            if all(counts[others, k].astype(bool).sum() > 1 for k in np.flatnonzero(counts[group])):
                where[group] = part
                break
        else:
            break
    raise LeadlightError(
        "unsupported",
        "The recordings and patients cannot be divided so that each part has every class",
        "add recordings of the classes that have few",
    )
