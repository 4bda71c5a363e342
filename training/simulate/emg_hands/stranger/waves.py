"""Waveforms of every generator, in uV at FS samples per ms, as a needle far from the amplifier's filters sees them."""

import numpy as np

from training.simulate.emg_hands.stranger.fibres import FS, motor_unit, passing_fibre, scaled, starting_fibre, trimmed


def spread(rng: np.random.Generator, lo: float, hi: float) -> float:
    """A number even in its logarithm between two others."""
    return float(np.exp(rng.uniform(np.log(lo), np.log(hi))))


def bell(rng: np.random.Generator, middle: float, sigma: float, lo: float, hi: float) -> float:
    """A log-normal number kept within bounds (amplitudes are spread so)."""
    return float(np.clip(middle * np.exp(rng.normal(0, sigma)), lo, hi))


def positive_wave(rng: np.random.Generator, total_ms: float, pure: bool = False) -> np.ndarray:
    """A positive sharp wave: a fall under 1 ms, a positive phase under 5 ms, a long low negative one (unscaled).

    The membrane stays leaky where the impulse stops, so the sink that is left fades slowly: the negative phase is made
    as a slow rise and fall whose area pays back a share of the positive one.
    """
    t = np.arange(0, total_ms, 1 / FS)
    rise, decay = rng.uniform(0.12, 0.32), rng.uniform(0.7, 2.2)
    sharp = (1 - np.exp(-t / rise)) ** rng.uniform(1.2, 2.5) * np.exp(-t / decay)
    sharp /= sharp.max()
    if not pure:
        power = rng.uniform(1.0, 2.0)
        slow = total_ms / (power + 5.4)
        late = np.maximum(t - rng.uniform(0.8, 1.4) * decay, 0)
        hump = (late / slow) ** power * np.exp(-late / slow)
        hump /= hump.max()
        sharp = sharp - 0.3 * hump
        share = rng.uniform(0.12, 0.45)  # height of the negative phase over that of the positive one
        sharp = np.where(sharp < 0, sharp * (share * sharp.max() / -sharp.min()), sharp)
    if rng.random() < 0.25:  # a small negative notch as the impulse is still on its way
        lead = int(rng.uniform(0.3, 0.8) * FS)
        sharp = np.concatenate([-rng.uniform(0.04, 0.12) * np.hanning(2 * lead)[:lead], sharp])
    fade = max(sharp.size // 3, 4)
    sharp[-fade:] *= np.cos(np.linspace(0, np.pi / 2, fade)) ** 2
    return np.concatenate([[0.0], sharp])


def psw(rng: np.random.Generator) -> np.ndarray:
    """A positive sharp wave of 10-100 ms, mostly 12-35, of 30-1,000 uV."""
    total = bell(rng, 20, 0.45, 10, 95)
    return scaled(trimmed(positive_wave(rng, total, pure=rng.random() < 0.05), 0.02), bell(rng, 150, 0.8, 30, 1000))


def fibrillation(rng: np.random.Generator) -> np.ndarray:
    """A fibrillation of 1-5 ms and 20-800 uV, with its first phase positive."""
    return scaled(passing_fibre(rng, bell(rng, 2.8, 0.35, 1.2, 5)), bell(rng, 110, 0.75, 20, 800))


def endplate_spike(rng: np.random.Generator) -> np.ndarray:
    """An end-plate spike of 2-5 ms and 100-300 uV, with its first phase negative."""
    return scaled(starting_fibre(rng, rng.uniform(2, 5)), bell(rng, 180, 0.35, 80, 400))


def unit(rng: np.random.Generator, kind: str) -> np.ndarray:
    """A motor unit potential of a kind, with the amplitudes of the table in EMG.md."""
    middle, sigma, lo, hi = {
        "normal": (400, 0.5, 120, 1800),
        "neurogenic": (1100, 0.6, 350, 6000),
        "myopathic": (240, 0.5, 70, 700),
        "fasciculation": (560, 0.55, 123, 2500),
    }[kind]
    return scaled(motor_unit(rng, kind), bell(rng, middle, sigma, lo, hi))


def discharge_cycle(rng: np.random.Generator, period_ms: float) -> np.ndarray:
    """One cycle of a complex repetitive discharge: several fibres that always fire in the same order."""
    room = min(period_ms * 0.75, rng.uniform(6, 25))
    wave = np.zeros(int((room + 6) * FS))
    for _ in range(int(rng.integers(3, 9))):
        part = passing_fibre(rng, rng.uniform(1.5, 4.0)) if rng.random() < 0.8 else starting_fibre(rng, 3.0)
        at = int(rng.uniform(0, max(room - 4, 1)) * FS)
        wave[at : at + part.size] += scaled(part, spread(rng, 0.25, 1.0))
    last = np.flatnonzero(wave)[-1] + 1
    return scaled(wave[:last], bell(rng, 300, 0.6, 100, 1200))
