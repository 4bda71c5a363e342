"""What is no fibre: amplifier noise, mains, drift, end-plate noise, heart, pacemaker, a moved needle. Microvolts."""

import numpy as np
from scipy.ndimage import gaussian_filter1d
from scipy.signal import butter, fftconvolve, lfilter

from training.simulate.emg_hands.tripoles.fibre import STEP_MS


def floor(rng: np.random.Generator, count: int, rms: float, band: tuple[float, float]) -> np.ndarray:
    """White noise in the machine's band mixed with pink (distant fibres), at `rms`."""
    rate = 1000 / STEP_MS
    white = lfilter(*butter(1, min(band[1], 0.45 * rate), fs=rate), rng.standard_normal(count))
    low = lfilter(*butter(1, rng.uniform(100, 900), fs=rate), rng.standard_normal(count))
    part = rng.random() ** 2
    mixed = white / white.std() * (1 - part) + low / low.std() * part
    return mixed * rms / max(mixed.std(), 1e-9)


def mains(rng: np.random.Generator, count: int, peak: float) -> np.ndarray:
    """50 or 60 Hz with odd harmonics."""
    t = np.arange(count) * STEP_MS / 1000
    base = rng.choice([50.0, 60.0])
    total = np.sin(2 * np.pi * base * t + rng.uniform(0, 6.3))
    for odd in (3, 5, 7):
        total += rng.uniform(0, 0.7) / odd * np.sin(2 * np.pi * base * odd * t + rng.uniform(0, 6.3))
    return peak * total / np.abs(total).max()


def drift(rng: np.random.Generator, count: int, size: float) -> np.ndarray:
    t = np.linspace(0, 1, count)
    return size * (np.sin(2 * np.pi * (rng.uniform(0.2, 2) * t + rng.random())) + rng.uniform(-1, 1) * t)


def end_plate(rng: np.random.Generator, count: int, peak: float) -> np.ndarray:
    """Sea-shell hiss: dense, monophasic, negative, 0.5-3 ms miniature potentials of `peak` (10-40 uV)."""
    train = np.zeros(count)
    number = rng.poisson(count * STEP_MS / 1000 * rng.uniform(300, 1400))
    np.add.at(train, rng.integers(0, count, number), rng.uniform(0.4, 1.0, number))
    t = np.arange(int(3 / STEP_MS)) * STEP_MS
    rise = rng.uniform(0.12, 0.3)
    shape = (t / rise) * np.exp(1 - t / rise)
    hiss = -peak * fftconvolve(train, shape)[:count]
    return hiss - hiss.mean() * rng.uniform(0.4, 1)  # the high-pass filter takes the mean away


def heart(rng: np.random.Generator, milliseconds: float) -> np.ndarray:
    """A QRS complex, 60-100 ms, of unit height."""
    t = np.arange(int(milliseconds / STEP_MS)) * STEP_MS / milliseconds
    bump = [a * np.exp(-(((t - c) / w) ** 2)) for a, c, w in ((0.2, 0.3, 0.05), (-1, 0.48, 0.07), (0.4, 0.65, 0.07))]
    return np.sum(bump, axis=0) * rng.choice([-1, 1])


def pacemaker(rng: np.random.Generator) -> np.ndarray:
    """A pulse of 0.3-0.9 ms and its recharge, of unit height."""
    t = np.arange(int(12 / STEP_MS)) * STEP_MS
    width = rng.uniform(0.3, 0.9)
    wave = np.where(t < width, 1.0, -rng.uniform(0.1, 0.35) * np.exp(-np.maximum(t - width, 0) / rng.uniform(1, 4)))
    return wave * rng.choice([-1, 1])


def moved(rng: np.random.Generator) -> np.ndarray:
    """The needle or the lead is knocked: a slow irregular jump of 40-150 ms, of unit height."""
    count = int(rng.uniform(40, 150) / STEP_MS)
    rough = gaussian_filter1d(rng.standard_normal(count), rng.uniform(40, 200)) * np.hanning(count)
    return rough / np.ptp(rough)


def clipped_burst(rng: np.random.Generator) -> np.ndarray:
    """Diathermy or a loose lead: a packet of a fast carrier, 20-100 ms, of unit height."""
    count = int(rng.uniform(20, 100) / STEP_MS)
    t = np.arange(count) * STEP_MS
    return 0.5 * np.sin(2 * np.pi * rng.uniform(0.3, 1.5) * t) * (np.hanning(count) ** rng.uniform(0.1, 1))
