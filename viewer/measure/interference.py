"""Mains hum and slow drift: fitted between the potentials and taken away, so that these keep their shape.

Filters would not: a high-pass bends the slow phase of a positive sharp wave, a notch rings after each potential. So the
mains' harmonics and a slow polynomial are fitted to what lies between the potentials (robustly at first: Huber 1964;
then without what stands out of the noise), and both are subtracted. Before a network reads a recording its hum is taken
away by spectrum instead (``models.preprocessing.emg_trace``), which is good enough there and leaves some microvolts.
"""

import itertools
from functools import lru_cache

import numpy as np

from viewer.measure.baseline import find_baseline

AROUND_S = 0.5  # to either side of what is measured are looked at
LEAST_S, MOST_S = 0.2, 4.0  # in less nothing tells drift from a slow wave; more is no potential, but a recording
FIT_HZ = 2500.0
MAINS_HZ, HARMONICS = (50.0, 60.0), 9
DEGREES_A_S = 8  # of the drift's polynomial: it follows up to about 1 Hz
OFF_HZ = 0.3  # the mains' frequency wanders by no more
HUM_FROM = 0.1  # a hum is taken away where the noise between the potentials becomes so much less by it
ROBUST_TURNS, QUIET_TURNS = 5, 3
SAMPLE_SIGMAS, MEAN_SIGMAS, MEAN_MS, BESIDE_MS = 4.0, 3.0, 8.0, 2.0
LEAST_QUIET = 0.25  # of the stretch lie between potentials; otherwise the robust fit is kept
HUM_RIDGE, DRIFT_RIDGE = 1e-3, 1e-6  # of the sum of weights: what the quiet parts do not tell stays small


def cut_out(samples: np.ndarray, rate_hz: float, first: int, last: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the samples from ``first`` up to ``last`` without hum and drift, and the drift there.

    Parameters
    ----------
    samples : ndarray
        One channel, (samples,), possibly memory-mapped; only half a second to either side is touched, or a second
        where the channel begins or ends. Gaps are NaN.
    rate_hz : float
    first, last : int
        Within the channel.

    Returns
    -------
    (ndarray, ndarray)
        Both (last - first,), float64, in the samples' unit.
    """
    around = round(AROUND_S * rate_hz)
    length = last - first + 2 * around
    low = max(0, min(first - around, len(samples) - length))
    piece = np.asarray(samples[low : low + length], np.float64)
    inside = np.arange(first - low, last - low)
    hum, drift = _fit(piece, rate_hz, inside)
    return piece[inside] - hum - drift, drift


def as_it_is(samples: np.ndarray, rate_hz: float, first: int, last: int) -> tuple[np.ndarray, np.ndarray]:
    """Return what ``cut_out`` does of samples from which hum and drift were taken away before."""
    return np.asarray(samples[first:last], np.float64), np.zeros(last - first)


def without_interference(samples: np.ndarray, rate_hz: float) -> np.ndarray:
    """Return a whole channel (samples,) as float32 without hum and drift, half a second at a time as ``cut_out``."""
    edges = np.append(np.arange(0, len(samples), max(1, round(AROUND_S * rate_hz))), len(samples)).tolist()
    clean = np.empty(len(samples), np.float32)
    for first, last in itertools.pairwise(edges):
        clean[first:last] = cut_out(samples, rate_hz, first, last)[0]
    return clean


def _fit(piece: np.ndarray, rate_hz: float, inside: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the hum and the drift of a stretch (samples,) that also holds potentials, at the samples ``inside``.

    Zeros where the stretch is shorter than 0.2 s, longer than 4 s, or nearly all gap.
    """
    step = max(1, round(rate_hz / FIT_HZ))
    blocks = piece[: len(piece) // step * step].reshape(-1, step).mean(1)
    known = np.isfinite(blocks)
    if not LEAST_S <= len(piece) / rate_hz <= MOST_S or known.sum() < LEAST_QUIET * len(blocks):
        return np.zeros(len(inside)), np.zeros(len(inside))
    fit_hz, length_s = rate_hz / step, len(piece) / rate_hz
    fine = (inside - (step - 1) / 2) / rate_hz
    slow = _drift_columns(len(blocks), fit_hz, length_s)
    drift = _fitted(slow, blocks, np.full(slow.shape[1], DRIFT_RIDGE), fit_hz)
    rest = blocks - slow @ drift
    mains_hz = max(MAINS_HZ, key=lambda hz: _line(rest[known], np.flatnonzero(known) / fit_hz, hz))
    own, hum = _fitted_both(slow, blocks, fit_hz, length_s, mains_hz)
    waves = _hum_columns(len(blocks), fit_hz, length_s, mains_hz)
    before, after = (find_baseline(values, fit_hz) for values in (rest, blocks - slow @ own - waves @ hum))
    if before is None or after is None or after.noise >= (1 - HUM_FROM) * before.noise:
        return np.zeros(len(inside)), _polynomials(fine, length_s) @ drift
    off_hz = _off_hz(hum, length_s)
    if 0.01 <= abs(off_hz) <= OFF_HZ:
        mains_hz = round(mains_hz + off_hz, 2)
        own, hum = _fitted_both(slow, blocks, fit_hz, length_s, mains_hz)
    return _harmonics(fine, length_s, mains_hz, fit_hz) @ hum, _polynomials(fine, length_s) @ own


def _fitted_both(
    slow: np.ndarray, blocks: np.ndarray, fit_hz: float, length_s: float, mains_hz: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return the factors of the drift and of the hum, fitted together."""
    waves = _hum_columns(len(blocks), fit_hz, length_s, mains_hz)
    ridge = np.repeat((DRIFT_RIDGE, HUM_RIDGE), (slow.shape[1], waves.shape[1]))
    factors = _fitted(np.hstack([slow, waves]), blocks, ridge, fit_hz)
    return factors[: slow.shape[1]], factors[slow.shape[1] :]


def _off_hz(hum: np.ndarray, length_s: float) -> float:
    """Return by how much the mains' frequency is higher than what was fitted: the first harmonic's phase turns."""
    (cosine, sine), (cosine_grows, sine_grows) = hum.reshape(2, 2, -1)[:, :, 0]
    return float((sine * cosine_grows - cosine * sine_grows) / (cosine**2 + sine**2) / (np.pi * length_s))


@lru_cache(4)
def _drift_columns(count: int, fit_hz: float, length_s: float) -> np.ndarray:
    return _polynomials(np.arange(count) / fit_hz, length_s)


@lru_cache(8)
def _hum_columns(count: int, fit_hz: float, length_s: float, mains_hz: float) -> np.ndarray:
    """Return the harmonics as they are left in means over blocks (blocks, 4 a harmonic)."""
    columns = _harmonics(np.arange(count) / fit_hz, length_s, mains_hz, fit_hz)
    return columns * np.tile(np.sinc(mains_hz / fit_hz * np.arange(1, columns.shape[1] // 4 + 1)), 4)


def _polynomials(times_s: np.ndarray, length_s: float) -> np.ndarray:
    return np.polynomial.legendre.legvander(2 * times_s / length_s - 1, max(2, round(DEGREES_A_S * length_s)))


def _harmonics(times_s: np.ndarray, length_s: float, mains_hz: float, fit_hz: float) -> np.ndarray:
    """Return the mains' harmonics (times, 4 a harmonic): each steady, and each growing over the stretch."""
    orders = np.arange(1, min(HARMONICS, int(0.499 * fit_hz / mains_hz)) + 1)
    turning = np.exp(2j * np.pi * mains_hz * times_s)[:, None] ** orders
    steady = np.hstack([turning.real, turning.imag])
    return np.hstack([steady, steady * (2 * times_s / length_s - 1)[:, None]])


def _line(values: np.ndarray, times_s: np.ndarray, mains_hz: float) -> float:
    """Return the power of the mains and its first odd harmonics, large potentials cut off."""
    limit = 3 * 1.4826 * np.median(np.abs(values))
    cut = np.clip(values, -limit, limit)
    return float(sum(abs(cut @ np.exp(-2j * np.pi * mains_hz * k * times_s)) ** 2 for k in (1, 3, 5)))


def _fitted(columns: np.ndarray, values: np.ndarray, ridge: np.ndarray, fit_hz: float) -> np.ndarray:
    """Return the columns' factors by which they fit what lies between the potentials best."""
    known = np.isfinite(values)
    level = float(np.median(values[known]))
    filled = np.where(known, values, level)
    weights = known.astype(np.float64)
    for turn in range(ROBUST_TURNS + QUIET_TURNS):
        weighted = columns * weights[:, None]
        factors = np.linalg.solve(weighted.T @ columns + np.diag(ridge * weights.sum()), weighted.T @ (filled - level))
        rest = filled - level - columns @ factors
        if turn < ROBUST_TURNS:
            weights = known / np.maximum(np.abs(rest), _spread(rest[known], filled))
        else:
            quiet = known & _quiet(rest, filled, known, fit_hz)
            if quiet.sum() < LEAST_QUIET * known.sum():
                break
            weights = quiet.astype(np.float64)
    factors[0] += level
    return factors


def _quiet(rest: np.ndarray, values: np.ndarray, known: np.ndarray, fit_hz: float) -> np.ndarray:
    """Return which of the samples lie between potentials: neither they nor means about them stand out."""
    mean = _mean_about(rest, round(MEAN_MS * fit_hz / 1000))
    loud = np.abs(rest) > SAMPLE_SIGMAS * _spread(rest[known], values)
    loud |= np.abs(mean) > MEAN_SIGMAS * _spread(mean[known], values)
    return _mean_about(loud.astype(np.float64), round(2 * BESIDE_MS * fit_hz / 1000)) < 1e-9


def _mean_about(values: np.ndarray, length: int) -> np.ndarray:
    length |= 1
    return np.convolve(np.pad(values, length // 2, mode="edge"), np.full(length, 1 / length), "valid")


def _spread(rest: np.ndarray, values: np.ndarray) -> float:
    """Return the standard deviation by the median absolute one, at the least 1/10,000 of all the values span."""
    return max(1.4826 * float(np.median(np.abs(rest))), 1e-4 * float(np.ptp(values)), 1e-12)
