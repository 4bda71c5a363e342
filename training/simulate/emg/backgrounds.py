"""What is on every recording beside muscle: noise, mains, the heart, a pacemaker, the needle's own movement. In uV."""

import numpy as np

from training.simulate.emg.draws import Draw


def amplifier_noise(draw: Draw, sampling_hz: float, samples: int, rms_uv: float) -> np.ndarray:
    """Return white noise with a share of 1/f, of ``rms_uv`` in 10 kHz; narrower recordings see less of it."""
    white = draw.rng.standard_normal(samples)
    share = draw.between(0, 0.4)
    if share > 0.05:  # random walk leaking back: a 1/f-like drift
        from scipy.signal import lfilter

        slow = lfilter([1], [1, -np.exp(-2 * np.pi * 60 / sampling_hz)], draw.rng.standard_normal(samples))
        white = (1 - share) * white + share * slow / max(float(slow.std()), 1e-9)
    return white / max(float(white.std()), 1e-9) * rms_uv


def mains(draw: Draw, sampling_hz: float, samples: int, amplitude_uv: float, mains_hz: float) -> np.ndarray:
    """Return 50 or 60 Hz with odd harmonics, ``amplitude_uv`` peak to peak."""
    t = np.arange(samples) / sampling_hz
    total = np.zeros(samples)
    for harmonic in (1, 3, 5, 7, 9):
        size = 1.0 if harmonic == 1 else draw.between(0, 0.6) / harmonic**0.5
        if harmonic * mains_hz < sampling_hz / 2:
            total += size * np.sin(2 * np.pi * harmonic * mains_hz * t + draw.rng.random() * 2 * np.pi)
    return total / max(float(np.ptp(total)), 1e-9) * amplitude_uv


def electrocardiogram(
    draw: Draw, sampling_hz: float, samples: int, amplitude_uv: float, rate_hz: float, qrs_ms: float
) -> np.ndarray:
    """Return QRS complexes with low P and T waves, as a needle near the heart picks them up."""
    length = int(0.6 * sampling_hz)
    t = np.arange(length) / sampling_hz - 0.25
    width = qrs_ms / 1000 / 6
    q, r, s = draw.between(-0.3, 0), 1.0, draw.between(-0.6, 0)
    beat = r * _bump(t, 0, width) + q * _bump(t, -2 * width, width) + s * _bump(t, 2 * width, width)
    beat += draw.between(0.02, 0.15) * _bump(t, -0.16, 0.02) + draw.between(0.05, 0.25) * _bump(t, 0.25, 0.04)
    beat *= draw.pick((-1, 1)) * amplitude_uv / max(float(np.ptp(beat)), 1e-9)
    return _repeated(draw, beat, sampling_hz, samples, rate_hz, 0.04)


def pacemaker(
    draw: Draw, sampling_hz: float, samples: int, amplitude_uv: float, rate_hz: float, spike_ms: float
) -> np.ndarray:
    """Return a pacemaker's spikes, each followed by a short recovery of the other sign."""
    width = max(2, int(spike_ms / 1000 * sampling_hz))
    tail = np.exp(-np.arange(int(0.01 * sampling_hz)) / (0.002 * sampling_hz))
    spike = np.concatenate([np.ones(width), -draw.between(0.05, 0.4) * tail]) * draw.pick((-1, 1)) * amplitude_uv
    return _repeated(draw, spike, sampling_hz, samples, rate_hz, 0.002)


def needle_movement(draw: Draw, sampling_hz: float, samples: int, amplitude_uv: float) -> np.ndarray:
    """Return the baseline's swings and scratches while the needle is moved, for part of the time."""
    knots = max(4, int(samples / sampling_hz * draw.between(15, 80)))
    steps = draw.rng.standard_normal(knots) * (draw.rng.random(knots) < 0.5)
    slow = np.interp(np.linspace(0, knots - 1, samples), np.arange(knots), steps)
    start, stop = sorted(draw.rng.random(2))
    window = np.zeros(samples)
    window[int(start * samples) : max(int(stop * samples), int(start * samples) + samples // 5)] = 1
    scratch = draw.rng.standard_normal(samples) * 0.06 * window
    return (slow * window + scratch) * amplitude_uv / 2


def _bump(t: np.ndarray, at: float, width: float) -> np.ndarray:
    return np.exp(-0.5 * ((t - at) / width) ** 2)


def _repeated(draw: Draw, beat: np.ndarray, sampling_hz: float, samples: int, rate_hz: float, cv: float) -> np.ndarray:
    total = np.zeros(samples + len(beat))
    at = -draw.rng.random() / rate_hz * sampling_hz
    while at < samples:
        start = int(at)
        cut = max(0, -start)
        if start + len(beat) > 0:
            total[start + cut : start + len(beat)] += beat[cut:]
        at += sampling_hz / rate_hz * max(0.3, 1 + cv * draw.rng.standard_normal())
    return total[:samples]
