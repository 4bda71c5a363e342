"""The baseline between potentials: its level, and how noise spreads samples and short means about it."""

from dataclasses import dataclass

import numpy as np

PIECE_MS = 8.0
SPREADS_MS = (1.0, 2.0, 4.0, 8.0)  # lengths of the means that are looked at for a potential's beginning and end


@dataclass(frozen=True)
class Baseline:
    """A baseline's ``level``, its samples' standard deviation ``noise``, and that of means over each of SPREADS_MS."""

    level: float
    noise: float
    spreads: tuple[float, ...]


def find_baseline(samples: np.ndarray, rate_hz: float) -> Baseline | None:
    """Return the baseline of a stretch that also holds potentials, or None where there is none (gaps, too short).

    It is looked at in pieces of 8 ms, a quarter of that apart. The noise is the standard deviation at the 15th
    percentile of the pieces (a contracting muscle leaves few of them quiet); pieces up to twice that are quiet; the
    level is the mean of the shortest half of their means (Rousseeuw 1984): a low slow wave, such as the end of a
    positive sharp wave, is quiet but not at the level.
    """
    length = max(2, round(PIECE_MS * rate_hz / 1000))
    if len(samples) < 3 * length:
        return None
    pieces = np.lib.stride_tricks.sliding_window_view(samples, length)[:: max(1, length // 4)]
    pieces = pieces[np.isfinite(pieces).all(1)]
    if len(pieces) < 3:
        return None
    deviations = pieces.std(1, ddof=1)
    noise = float(np.percentile(deviations, 15))
    quiet = pieces[deviations <= 2 * noise]
    level = _shortest_half(quiet.mean(1))
    return Baseline(level, noise, tuple(_spread(quiet - level, ms, rate_hz) for ms in SPREADS_MS))


def _shortest_half(values: np.ndarray) -> float:
    ordered = np.sort(values)
    half = len(ordered) // 2 + 1
    widths = ordered[half - 1 :] - ordered[: len(ordered) - half + 1]
    first = int(np.argmin(widths))
    return float(ordered[first : first + half].mean())


def _spread(quiet: np.ndarray, ms: float, rate_hz: float) -> float:
    """Return the standard deviation of means over ``ms``, from their median absolute deviation."""
    length = max(1, round(ms * rate_hz / 1000))
    count = quiet.shape[1] // length
    means = quiet[:, : count * length].reshape(-1, length).mean(1)
    return float(1.4826 * np.median(np.abs(means)))
