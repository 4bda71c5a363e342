"""How a train fires: rate, regularity, and whether it slows, by all of its intervals.

A pause is an interval here, and so are two where a discharge was missed: it is for whoever marked the discharges, and
for trains whose every discharge is known. The rate of a train that a reading found is ``reading.values.Train.rate_hz``.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class IntervalStatistics:
    """The intervals between a train's discharges.

    Attributes
    ----------
    count : int
        Discharges.
    rate_hz : float
        1 over the mean interval, pauses counted in.
    mean_interval_ms : float
    cv : float or None
        Standard deviation of the intervals (n - 1) over their mean; from 3 discharges on.
    consecutive_difference_ms : float or None
        Mean absolute difference of consecutive intervals (the mean consecutive difference of jitter studies, Stalberg &
        Trontelj); a slow change of rate hardly touches it. Heckmann & Ludin (1982) told end-plate spikes from
        fibrillations by differences of consecutive intervals. From 3 discharges on.
    slowing : float or None
        By how much the intervals grow over the train: median of the last third over that of the first, less 1 (0.3: the
        last are 30 % longer; negative: it speeds up). From 7 discharges on.
    """

    count: int
    rate_hz: float
    mean_interval_ms: float
    cv: float | None
    consecutive_difference_ms: float | None
    slowing: float | None


def interval_statistics(times_s: Sequence[float] | np.ndarray) -> IntervalStatistics | None:
    """Return the statistics of one train's times (seconds, any order), or None for fewer than two different times."""
    times = np.unique(np.asarray(times_s, np.float64))
    if not np.isfinite(times).all():
        raise ValueError("times must be finite")
    if len(times) < 2:
        return None
    intervals = np.diff(times)
    mean = float(intervals.mean())
    several = len(intervals) >= 2
    third = len(intervals) // 3
    slowing = float(np.median(intervals[-third:]) / np.median(intervals[:third]) - 1) if third >= 2 else None
    return IntervalStatistics(
        count=len(times),
        rate_hz=1 / mean,
        mean_interval_ms=1000 * mean,
        cv=float(intervals.std(ddof=1)) / mean if several else None,
        consecutive_difference_ms=1000 * float(np.abs(np.diff(intervals)).mean()) if several else None,
        slowing=slowing,
    )
