"""A train's potential: the median over its discharges, from which noise and what else fires have gone."""

from collections.abc import Sequence

import numpy as np

from viewer.measure.emg import AFTER_MS, AROUND_MS, BEFORE_MS, Potential, measure_clean
from viewer.measure.interference import as_it_is, cut_out

MOST = 200  # discharges that are averaged, evenly chosen
LEAST = 8


def average_potential(
    samples: np.ndarray, rate_hz: float, times_s: Sequence[float] | np.ndarray, clean: bool = False
) -> tuple[np.ndarray, int] | None:
    """Return the median of a train's discharges and the index of their common moment in it, or None for under 8.

    Quantitative analysis measures a motor unit's averaged potential (Nandedkar, Barkhaus & Charles, Muscle Nerve 18
    (1995) 1155). Others' potentials, which fire at other times, do not enter a median. ``times_s`` are the discharges'
    largest deflections; they are aligned anew, by correlation within 1 ms. Mains hum and drift are taken away before:
    a regular train may fire in time with the mains; ``clean`` says that it was done.
    """
    before, after = (round(ms * rate_hz / 1000) for ms in (BEFORE_MS + AROUND_MS, AFTER_MS + AROUND_MS))
    at = np.round(np.asarray(times_s, np.float64) * rate_hz).astype(int)
    at = at[(at >= before) & (at < len(samples) - after)]
    if len(at) > MOST:
        at = at[np.linspace(0, len(at) - 1, MOST).astype(int)]
    cut = as_it_is if clean else cut_out
    pieces = [cut(samples, rate_hz, i - before, i + after)[0] for i in at.tolist()]
    pieces = [p for p in pieces if np.isfinite(p).all()]
    if len(pieces) < LEAST:
        return None
    stack = np.stack([p - np.median(p) for p in pieces])
    return np.median(_aligned(stack, before, rate_hz), 0), before


def measure_train(
    samples: np.ndarray, rate_hz: float, times_s: Sequence[float] | np.ndarray, unit: str = "uV", clean: bool = False
) -> Potential | None:
    """Measure the averaged potential of a train; its times are seconds from the average's first sample.

    Beginning and end are looked for up to where the train's own next discharge may be: in a discharge so fast that its
    potentials run into each other, the duration is None.
    """
    averaged = average_potential(samples, rate_hz, times_s, clean)
    if averaged is None:
        return None
    potential, middle = averaged
    at_s = middle / rate_hz
    shortest_s = float(np.percentile(np.diff(np.sort(np.asarray(times_s, np.float64))), 10))
    start_s, end_s = at_s - max(0.6 * shortest_s, 0.001), at_s + max(0.8 * shortest_s, 0.001)
    return measure_clean(potential, rate_hz, start_s, end_s, at_s, unit)


def _aligned(stack: np.ndarray, middle: int, rate_hz: float) -> np.ndarray:
    """Return the pieces, each shifted by up to 1 ms so that its middle 6 ms fit the median of all best."""
    reach, half = max(1, round(rate_hz / 1000)), max(4, round(0.003 * rate_hz))
    pattern = np.median(stack[:, middle - half : middle + half], 0)
    shifts = range(-reach, reach + 1)
    fits = np.stack([stack[:, middle - half + s : middle + half + s] @ pattern for s in shifts])
    best = fits.argmax(0) - reach
    return np.stack([np.roll(piece, -shift) for piece, shift in zip(stack, best, strict=True)])
