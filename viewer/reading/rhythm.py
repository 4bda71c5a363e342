"""A train's rhythm: the potentials it misses, given to it where another group's fire when they were due; its rate.

Where a unit's potential falls on another's, its shape is that of neither, and several such make a group of their own.
Whoever reads an EMG hears that the rhythm goes on: a gap of two intervals is filled by what fires in its middle. A
train that waxes and wanes, or is hidden now and then, falls into pieces: alike ones that never fire together are one.
"""

import numpy as np

from viewer.reading.overlaps import WINDOW
from viewer.reading.trains import BEFORE, GAIN, LEAST, Found, clean_energy, firing, shifted

FEWEST = 6  # events of a train that has a rhythm
FIRST = 12  # intervals that say what is usual at first
NEAR, FOLLOW = 0.25, 0.3  # how near a further one must be to be followed, and how far it is
MOST = 5  # intervals that a gap may hold
REGULAR, DUE = 0.1, 0.12  # of the usual interval: how much half of them may differ from it, how far from due one may be
SHIFT, LIKE = 12, 0.5  # samples at 8 kHz to either side; correlation, corrected for noise: another's lies on it
TYPICAL = 1.6  # an interval so many times the usual one, or so little of it, is a pause, a miss or a stray
TYPICAL_SHARE, STEADY = 0.3, 0.15  # of a regular train's intervals are typical; their coefficient of variation
SHARE = 0.7  # of a group's events fire when a train's were due: it is a part of that train
ALIKE = 0.85  # correlation of a piece's usual shape with a train's
CLEAR, CLEAR_SHARE = 0.5, 0.8  # of the usual interval lie between a train and so many of a piece's potentials
AROUND, EARLY = 6, 0.35  # intervals to either side that say what is usual there, and of these the quantile that does
SHAPES = 64  # of a group say what is usual


def filled(found: Found, owner: np.ndarray) -> np.ndarray:
    """Return the events' groups (n,), those that fire in regular trains' gaps given to these, the largest first."""
    made = owner.copy()
    sizes = np.bincount(made)
    for g in np.argsort(-sizes, kind="stable")[: int((sizes >= FEWEST).sum())]:
        own = np.flatnonzero(made == g)
        rows = _due(found.time_s, own, made != g)
        if not rows.size:
            continue
        template = np.median(found.shapes[own], axis=0)
        rows = rows[_likeness(found.shapes[rows], template) >= LIKE]
        now = np.bincount(made, minlength=len(sizes))
        heard = np.bincount(made[rows], minlength=len(sizes))
        part = (heard >= SHARE * now) & (now < len(own))
        made[rows[part[made[rows]]]] = g
    return made


def together(found: Found, owner: np.ndarray) -> np.ndarray:
    """Return the events' groups (n,), those that are pieces of a larger one's train given to it, the largest first."""
    made, counts = owner.copy(), np.bincount(owner)
    order = [g for g in np.argsort(-counts, kind="stable").tolist() if counts[g] >= LEAST]
    rows = {g: np.flatnonzero(owner == g) for g in order}
    sizes = np.ptp(found.shapes[:, BEFORE - 8 : BEFORE + 16], axis=1)
    usual = np.stack([np.median(found.shapes[rows[g][:SHAPES]], axis=0) for g in order]) if order else found.shapes
    taken: set[int] = set()
    for i, train in enumerate(order):
        if train in taken or counts[train] < FEWEST:
            continue
        for j in (i + 1 + np.flatnonzero(_likeness(usual[i + 1 :], usual[i]) >= ALIKE)).tolist():
            piece = order[j]
            own, more = rows[train], rows[piece]
            if piece not in taken and _is_piece(found.time_s[own], sizes[own], found.time_s[more], sizes[more]):
                taken.add(piece)
                made[more] = train
                rows[train] = np.sort(np.concatenate([own, more]))
    return made


def _is_piece(times_s: np.ndarray, sizes: np.ndarray, more_s: np.ndarray, more_sizes: np.ndarray) -> bool:
    """Whether further potentials fire where a train does not, no faster than it, and are about as large as it there."""
    intervals = np.pad(np.diff(times_s), AROUND, mode="edge")
    usual = np.quantile(np.lib.stride_tricks.sliding_window_view(intervals, 2 * AROUND + 1), EARLY, axis=1)
    after = np.searchsorted(times_s, more_s)
    here = usual[np.clip(after - 1, 0, len(usual) - 1)]
    padded = np.concatenate([[-np.inf], times_s, [np.inf]])
    since, until = more_s - padded[after], padded[after + 1] - more_s
    beside = sizes[np.where(since < until, after - 1, np.minimum(after, len(sizes) - 1))]
    clear = np.minimum(since, until) >= CLEAR * here
    slower = np.quantile(np.diff(more_s), EARLY) >= CLEAR * np.median(usual)
    return bool(clear.mean() >= CLEAR_SHARE and slower and abs(np.median(np.log(more_sizes / beside))) < np.log(GAIN))


def _due(times_s: np.ndarray, own: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Return the rows of other events that fire when a regular train's next one was due."""
    intervals = np.diff(times_s[own])
    if len(intervals) < FEWEST - 1:
        return np.zeros(0, int)
    usual = _usual(intervals)
    single = np.round(intervals / usual) <= 1
    if single.mean() < 0.4 or np.median(np.abs(intervals / usual - 1)[single]) > REGULAR:
        return np.zeros(0, int)
    rows = []
    for start, interval, expected in zip(times_s[own], intervals, usual, strict=False):
        count = round(interval / expected)
        if not 2 <= count <= MOST or abs(interval / expected - count) > DUE * count:
            continue
        for k in range(1, count):
            at, reach = start + interval * k / count, DUE * expected
            first, last = np.searchsorted(times_s, (at - reach, at + reach))
            rows += np.arange(first, last)[others[first:last]].tolist()
    return np.unique(np.array(rows, int))


def _usual(intervals: np.ndarray) -> np.ndarray:
    """Return the interval that was usual before each (n,): it follows a train that slows, and stays over its gaps."""
    usual, told = float(np.quantile(intervals[:FIRST], 0.35)), []
    for interval in intervals.tolist():
        if abs(interval / usual - 1) < NEAR:
            usual += FOLLOW * (interval - usual)
        told.append(usual)
    return np.array(told)


def _likeness(shapes: np.ndarray, template: np.ndarray) -> np.ndarray:
    """Return the shapes' correlations (n,) with a template, at the best of some shifts and corrected for noise."""
    moved = np.concatenate([shifted(template[None], s)[:, WINDOW] for s in range(-SHIFT, SHIFT + 1)])
    own = shapes[:, WINDOW]
    energy = clean_energy(own)[:, None] * (moved**2).sum(1)
    return (own @ moved.T / np.sqrt(np.maximum(energy, 1e-9))).max(1)


def train_rate(times_s: np.ndarray) -> float:
    """Return the rate in Hz at which a train fires (two times at least): of a regular train its typical intervals'.

    Their mean is of those within a factor `TYPICAL` of their median, until none leaves: potentials that were hidden by
    another unit's, and strays, then do not count; with them a unit that is missed half of the time would fire at half
    its rate. A train is regular where the typical intervals vary by less than `STEADY`, and are a fair share of all.
    """
    intervals = np.maximum(np.diff(times_s), 1e-4)
    near = intervals
    while True:
        usual = np.median(near)
        fewer = near[(near > usual / TYPICAL) & (near < usual * TYPICAL)]
        if fewer.size in (0, near.size):
            break
        near = fewer
    steady = near.size >= TYPICAL_SHARE * intervals.size and near.std() <= STEADY * near.mean()
    return float(1 / near.mean()) if steady else firing(times_s).rate_hz
