"""Changes that a recorder, a filter, the skin or the mains could have made, and ST segments lifted on purpose."""

import numpy as np

from viewer.models.preprocessing.ecg import NETWORK_LEADS, RATE_HZ

STRETCH = 0.06  # intervals lengthen or shorten at most this much: less than would change what they are called
# ST elevation by territory, as shares of the largest shift (Thygesen et al. 2018, Fourth Universal Definition):
# network leads aVL aVF V1..V6, reciprocal depression opposite
TERRITORIES = np.array(
    [
        (0.2, -0.3, 0.4, 1.0, 1.0, 0.8, 0.3, 0.1),  # anteroseptal
        (0.5, -0.4, 0.1, 0.6, 1.0, 1.0, 0.8, 0.6),  # anterolateral
        (-0.7, 1.0, -0.1, -0.3, -0.2, 0.0, 0.2, 0.3),  # inferior
        (-0.4, 0.9, -0.3, -0.4, -0.1, 0.3, 0.9, 1.0),  # inferolateral
        (0.9, -0.6, -0.2, -0.2, 0.0, 0.3, 0.9, 1.0),  # lateral
        (0.6, 0.7, 0.3, 0.7, 1.0, 1.0, 0.9, 0.8),  # diffuse
    ],
    np.float32,
)


def vary(x: np.ndarray, rng: np.random.Generator, length: int, lossless: bool = False) -> np.ndarray:
    """Return a changed stretch (8, length) of a record (8, samples) in mV at 400 Hz, zero where the record ends.

    ``lossless``: no lead is lost, and no record becomes shorter than it is.
    """
    if rng.random() < 0.5:
        x = _stretched(x, 1 + rng.uniform(0 if lossless else -STRETCH, STRETCH))
    start = rng.integers(0, max(1, x.shape[1] - length + 1))
    y = np.zeros((x.shape[0], length), np.float32)
    part = x[:, start : start + length]
    y[:, : part.shape[1]] = part
    y *= np.float32(np.exp(rng.normal(0, 0.12))) * rng.normal(1, 0.05, (len(y), 1)).astype(np.float32)
    y = _filtered(y, rng)
    y += _disturbance(y.shape, rng)
    return y if lossless else _leads_lost(y, rng)


def lift_st(
    x: np.ndarray, beats_s: np.ndarray, rng: np.random.Generator, low_mv: float = 0.15, high_mv: float = 0.5
) -> np.ndarray:
    """Return a record with its ST segments raised in one territory's leads (``low_mv``..``high_mv`` where most)."""
    shares = TERRITORIES[rng.integers(len(TERRITORIES))] * rng.uniform(0.7, 1.2, len(NETWORK_LEADS))
    lift = rng.uniform(low_mv, high_mv) * shares
    at = np.arange(x.shape[1]) / RATE_HZ
    shape = np.zeros(x.shape[1], np.float32)
    interval = float(np.median(np.diff(beats_s))) if len(beats_s) > 1 else 0.8
    onset, dome = rng.uniform(0.03, 0.06), rng.uniform(0.0, 0.8)
    end = onset + rng.uniform(0.24, 0.3) * np.sqrt(min(1.2, max(0.4, interval)))
    for beat in beats_s:
        t = at - beat
        rise = 1 / (1 + np.exp(-np.clip((t - onset) / 0.008, -50, 50)))
        fall = 1 / (1 + np.exp(np.clip((t - end) / 0.03, -50, 50)))
        bow = 1 + dome * np.sin(np.pi * np.clip((t - onset) / (end - onset), 0, 1))
        shape += (rise * fall * bow).astype(np.float32)
    return x + lift[:, None].astype(np.float32) * shape


def covered(x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return a record with up to half of its time, in stretches of 0.08 to 1 s, replaced by each lead's mean.

    What remains must do: the network then rests on what is there, and the tests that take parts away (deletion,
    insertion) ask it nothing it has never seen.
    """
    y = x.copy()
    left = rng.uniform(0.05, 0.5) * x.shape[1]
    while left > 0:
        wide = int(np.exp(rng.uniform(np.log(0.08), 0)) * RATE_HZ)
        start = rng.integers(0, max(1, x.shape[1] - wide))
        y[:, start : start + wide] = x.mean(1, keepdims=True)
        left -= wide
    return y


def _stretched(x: np.ndarray, factor: float) -> np.ndarray:
    wanted = np.arange(round(x.shape[1] * factor)) / factor
    at = np.arange(x.shape[1])
    return np.stack([np.interp(wanted, at, lead) for lead in x]).astype(np.float32)


def _filtered(y: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A monitor's or a printer's filters: low-pass from 25 Hz, a further high-pass up to 0.5 Hz, a notch."""
    if rng.random() < 0.4:
        return y
    frequency = np.fft.rfftfreq(y.shape[1], 1 / RATE_HZ)
    gain = np.ones_like(frequency)
    if rng.random() < 0.7:
        gain /= np.sqrt(1 + (frequency / rng.choice([25, 35, 40, 75, 100, 150])) ** 6)
    if rng.random() < 0.4:
        ratio = (frequency / rng.uniform(0.05, 0.5)) ** 2
        gain *= ratio / (1 + ratio)
    if rng.random() < 0.3:
        gain *= np.abs(frequency - rng.choice([50, 60])) > 1.0
    return np.fft.irfft(np.fft.rfft(y, axis=1) * gain, y.shape[1], axis=1).astype(np.float32)


def _disturbance(shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
    at = np.arange(shape[1], dtype=np.float32) / RATE_HZ
    added = np.zeros(shape, np.float32)
    if rng.random() < 0.6:
        size = rng.exponential(0.012) * rng.uniform(0.3, 1.5, (shape[0], 1))
        added += (size * rng.standard_normal(shape)).astype(np.float32)
    if rng.random() < 0.4:  # drift that a 0.5 Hz high-pass leaves
        frequency, phase = rng.uniform(0.15, 0.8), rng.uniform(0, 2 * np.pi, (shape[0], 1))
        size = rng.exponential(0.05) * rng.uniform(0, 1, (shape[0], 1))
        added += (size * np.sin(2 * np.pi * frequency * at + phase)).astype(np.float32)
    if rng.random() < 0.25:
        mains = rng.choice([50.0, 60.0]) + rng.normal(0, 0.1)
        size = rng.exponential(0.02) * rng.uniform(0, 1, (shape[0], 1))
        added += (size * np.sin(2 * np.pi * mains * at + rng.uniform(0, 6.28))).astype(np.float32)
    return added


def _leads_lost(y: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    chance = rng.random()
    if chance < 0.1:
        y[rng.random(len(y)) < 0.25] = 0
    elif chance < 0.13:
        y[2:] = 0  # limb leads alone
    return y
