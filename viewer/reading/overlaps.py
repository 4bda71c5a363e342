"""Potentials that another one overlaps, given back to the train they belong to.

A unit's potential that falls on another's looks like neither. The trains' own waveforms are taken away from such an
event, as decompositions of interference patterns do (LeFever & De Luca 1982: peel-off), and what is left is compared.
"""

import numpy as np

from viewer.reading.trains import BEFORE, GAIN, Found, clean_energy, shifted

FEWEST = 5  # events of a train that takes others in
FEW = 8  # an event in a group of fewer may be taken into a train of four times as many and more
TIMES = 4
NEAR_S = 0.012  # potentials so near overlap
APART_S = 0.003  # a unit does not fire again before that
WINDOW = slice(BEFORE - 14, BEFORE + 28)  # samples at 8 kHz that are compared: 1.75 ms before the peak, 3.5 ms after
SHIFT = 4  # samples to either side that are tried
LIKE = 0.8  # correlation with the train's waveform, corrected for noise


def taken_in(found: Found, owner: np.ndarray) -> np.ndarray:
    """Return the events' groups (n,), those of few events given to trains whose waveform is found under another's."""
    sizes = np.bincount(owner)
    trains = np.flatnonzero(sizes >= FEWEST)
    rows = np.flatnonzero(sizes[owner] < FEW)
    if not trains.size or not rows.size:
        return owner
    templates = np.stack([np.median(found.shapes[owner == g], axis=0) for g in trains])
    shapes = _peeled(found, owner, rows, trains, templates)[:, WINDOW]
    shifts = np.stack([shifted(templates, s)[:, WINDOW] for s in range(-SHIFT, SHIFT + 1)], 1)  # (trains, shifts, w)
    products = np.einsum("nw,tsw->nts", shapes, shifts)
    scale = np.maximum((shifts**2).sum(2), 1e-9)
    clean = clean_energy(shapes)[:, None, None]
    gain = products / scale
    alike = np.where((gain > 1 / GAIN) & (gain < GAIN), products / np.sqrt(np.maximum(clean * scale, 1e-9)), -1).max(2)
    alike[sizes[trains] < TIMES * sizes[owner[rows], None]] = -1
    for k, g in enumerate(trains):
        times = found.time_s[owner == g]
        after = np.searchsorted(times, found.time_s[rows])
        padded = np.concatenate([[-np.inf], times, [np.inf]])
        gap = np.minimum(found.time_s[rows] - padded[after], padded[after + 1] - found.time_s[rows])
        alike[gap < APART_S, k] = -1
    best, made = alike.argmax(1), owner.copy()
    good = alike[np.arange(len(rows)), best] >= LIKE
    made[rows[good]] = trains[best[good]]
    return made


def _peeled(found: Found, owner: np.ndarray, rows: np.ndarray, trains: np.ndarray, templates: np.ndarray) -> np.ndarray:
    """Return the shapes (rows, 96) without the waveforms of trains that fire beside them."""
    shapes, length = found.shapes[rows].copy(), found.shapes.shape[1]
    of = np.full(int(owner.max()) + 1, -1)
    of[trains] = np.arange(len(trains))
    first = np.searchsorted(found.time_s, found.time_s[rows] - NEAR_S)
    last = np.searchsorted(found.time_s, found.time_s[rows] + NEAR_S)
    for n, i in enumerate(rows):
        for j in range(first[n], last[n]):
            k, lag = of[owner[j]], round((found.time_s[j] - found.time_s[i]) * 8000)
            if k >= 0 and owner[j] != owner[i] and SHIFT <= abs(lag) < length:
                shapes[n] -= shifted(templates[k : k + 1], lag)[0]
    return shapes
