"""What disturbs an ECG: breathing and electrodes (drift), muscle, mains."""

import numpy as np


def add_noise(leads_mv: np.ndarray, rate_hz: float, rng: np.random.Generator, amount: float = 1.0) -> np.ndarray:
    """Return the twelve leads with disturbance in the electrodes, so that Einthoven's law still holds.

    Drift below 0.5 Hz up to some tenths of a millivolt; muscle from 20 Hz up, a few to 40 microvolt rms; mains at 50 or
    60 Hz in a third of the records (orders of magnitude of the MIT-BIH Noise Stress Test recordings).
    """
    from scipy.signal import butter, sosfilt

    samples = leads_mv.shape[1]
    at = np.arange(samples) / rate_hz
    electrodes = np.zeros((9, samples))  # R, L, F, and six on the chest
    for _ in range(3):
        frequency, phase = rng.uniform(0.05, 0.45, (9, 1)), rng.uniform(0, 2 * np.pi, (9, 1))
        electrodes += amount * rng.exponential(0.03, (9, 1)) * np.sin(2 * np.pi * frequency * at + phase)
    muscle = rng.standard_normal((9, samples)) * amount * rng.exponential(0.008) * rng.uniform(0.3, 1.5, (9, 1))
    electrodes += sosfilt(butter(2, min(20, 0.2 * rate_hz), "highpass", fs=rate_hz, output="sos"), muscle, axis=1)
    if rng.random() < 0.33:
        mains = np.sin(2 * np.pi * rng.choice([50.0, 60.0]) * at + rng.uniform(0, 6.28))
        electrodes += amount * rng.exponential(0.01) * rng.uniform(0, 1, (9, 1)) * mains
    right, left, foot = electrodes[:3]
    centre = (right + left + foot) / 3
    limb = np.stack([left - right, foot - right, foot - left])
    augmented = np.stack([right - (left + foot) / 2, left - (right + foot) / 2, foot - (right + left) / 2])
    return leads_mv + np.concatenate([limb, augmented, electrodes[3:] - centre])
