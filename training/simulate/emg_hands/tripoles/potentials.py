"""Single potentials in microvolts by generator, filtered as the machine does, with their onsets and ends."""

from dataclasses import dataclass

import numpy as np
from scipy.signal import butter, lfilter

from training.simulate.emg_hands.tripoles.fibre import STEP_MS, Fibre, blocked, passing

# generator: durations in ms and peak-to-peak microvolts, (mean, sd, least, most); Buchthal's and the table in EMG.md
UNITS = {
    "normal MUAP": ((9.6, 2.2, 5.5, 15), (370, 200, 90, 1500)),
    "neurogenic MUAP": ((13.4, 3.5, 8, 26), (830, 600, 200, 5000)),
    "myopathic MUAP": ((7.2, 1.8, 3.5, 12), (240, 110, 60, 700)),
    "fasciculation": ((12.6, 4.4, 5.5, 24), (561, 367, 123, 1480)),
    "regular motor unit": ((9.6, 2.2, 5.5, 15), (370, 200, 90, 1500)),
    "myokymia": ((10.5, 3, 5.5, 18), (500, 300, 100, 1500)),
    "neuromyotonia": ((6, 2, 3, 10), (300, 200, 80, 1000)),
}


@dataclass(frozen=True)
class Potential:
    """A wave in microvolts at STEP_MS, samples of its onset and end within it, and what makes it."""

    wave: np.ndarray
    onset: int
    end: int
    label: str
    generator: str

    @property
    def amplitude(self) -> float:
        return float(np.ptp(self.wave))


def bounded(rng: np.random.Generator, mean: float, sd: float, least: float, most: float) -> float:
    """Log-normal by its mean and sd, within bounds."""
    spread = np.log(1 + (sd / mean) ** 2)
    return float(np.clip(rng.lognormal(np.log(mean) - spread / 2, np.sqrt(spread)), least, most))


def extent(wave: np.ndarray, part: float) -> tuple[int, int]:
    """First and last sample beyond `part` of the largest deflection."""
    far = np.flatnonzero(np.abs(wave) > part * np.abs(wave).max())
    return int(far[0]), int(far[-1]) + 1


def finish(wave: np.ndarray, microvolts: float, band: tuple[float, float], label: str, generator: str) -> Potential:
    """Band-limit (a single pole below, two above), scale, trim with faded edges, find onset and end."""
    rate = 1000 / STEP_MS
    padded = np.pad(wave, (40, 600))
    padded = lfilter(*butter(1, band[0], "high", fs=rate), padded)
    padded = lfilter(*butter(2, min(band[1], 0.45 * rate), fs=rate), padded)
    padded *= microvolts / np.ptp(padded)
    first, last = extent(padded, 0.004)
    first, last = max(first - 20, 0), min(last + 20, len(padded))
    kept = padded[first:last].copy()
    fade = np.minimum(np.arange(len(kept)), np.arange(len(kept))[::-1]) / 20
    kept *= np.clip(fade, 0, 1)
    return Potential(kept.astype(np.float32), *extent(kept, 0.045), label, generator)


def fibrillation(rng: np.random.Generator) -> np.ndarray:
    """A fibre that passes: small positive (smaller near its origin), larger negative, often a last positive."""
    velocity, needle = rng.uniform(1.5, 4.2), float(np.exp(rng.uniform(np.log(2.2), np.log(30))))
    beyond = (
        rng.uniform(0.3, 3) if rng.random() < 0.15 else rng.uniform(8, 40)
    )  # a tendon near gives a larger last phase
    fibre = Fibre(velocity, rng.uniform(0.08, 0.55), needle, (needle + beyond, 30.0), rng.uniform(0.45, 1.0))
    wave = passing(fibre, rng.uniform(0.15, 0.6), 45)
    wave = sized(wave, bounded(rng, 3.0, 1.2, 1.2, 5.2))
    return wave if rng.random() < 0.8 else wave + fall_off(wave, rng)


def sized(wave: np.ndarray, duration: float) -> np.ndarray:
    """Stretched in time, by 0.5-1.8 at most, towards a duration in ms."""
    first, last = extent(wave, 0.05)
    stretch = np.clip(duration / ((last - first) * STEP_MS), 0.5, 1.8)
    return np.interp(np.arange(0, len(wave), 1 / stretch), np.arange(len(wave)), wave)


def fall_off(wave: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A slow negative after-wave, as a partly blocked fibre shows."""
    return -rng.uniform(0.004, 0.02) * lfilter([1.0], [1.0, -np.exp(-STEP_MS / rng.uniform(1, 3))], np.abs(wave))


def sharp_wave(rng: np.random.Generator, short: bool = False) -> np.ndarray:
    """A fibre blocked at the needle; `short` for the waves of myotonia (5-20 ms). One in twelve is purely positive."""
    creep = float(np.exp(rng.uniform(np.log(0.35), np.log(2.2))))
    slow = rng.uniform(2.5, 6) if short else float(np.exp(rng.uniform(np.log(4), np.log(70))))
    injury = rng.uniform(0, 0.15) if rng.random() < 0.08 else rng.uniform(0.5, 2.2) * (slow / 8) ** 0.7
    times = (creep, rng.uniform(0.8, 3.0), slow)
    gap, velocity = rng.uniform(0.0, 0.45), rng.uniform(1.5, 4)
    wave = blocked(velocity, rng.uniform(0.05, 0.35), gap, rng.uniform(0.1, 0.4), times, injury, 150)
    if not short and rng.random() < 0.18:  # part of the membrane conducts on: a small hump rides on the return
        t = np.arange(len(wave)) * STEP_MS - np.argmax(wave) * STEP_MS - rng.uniform(1.5, 5)
        wave = wave - rng.uniform(0.04, 0.16) * wave.max() * np.exp(-((t / rng.uniform(0.5, 1.6)) ** 2))
    return wave


def end_plate_spike(rng: np.random.Generator) -> np.ndarray:
    """The needle lies at the end-plate: the spike starts under it, negative first."""
    needle = rng.uniform(0, 0.25)
    fibre = Fibre(rng.uniform(2, 4.5), rng.uniform(0.1, 0.5), needle, (25.0, 25.0), rng.uniform(0.45, 1.0))
    return passing(fibre, rng.uniform(0.15, 0.5), 30)


def motor_unit(rng: np.random.Generator, generator: str) -> np.ndarray:
    """Scattered fibres: few and uneven in a myopathy, many and dispersed after reinnervation."""
    neurogenic = generator == "neurogenic MUAP" or (generator == "fasciculation" and rng.random() < 0.5)
    few = generator in ("myopathic MUAP", "neuromyotonia")
    number = int(rng.integers(3, 7) if few else rng.integers(9, 28) if neurogenic else rng.integers(7, 20))
    scatter = rng.uniform(2.5, 7) if neurogenic else rng.uniform(1.0, 4)  # mm of the end-plate zone
    site, core = rng.uniform(12, 40), rng.uniform(0.3, 0.9)
    total = np.zeros(int(50 / STEP_MS))
    for _ in range(number):
        needle = max(site + rng.normal(0, scatter), 3)
        distance = 0.25 + rng.gamma(1.5, 0.9 if few else 0.6)
        velocity = np.clip(rng.normal(3.7, 0.5 if few else 0.3), 2.2, 5)
        sprout = rng.exponential(1.2) if neurogenic else abs(rng.normal(0, 0.25))
        fibre = Fibre(velocity, distance, needle, (needle + rng.uniform(25, 60), 50.0), rng.uniform(0.8, 1.2), sprout)
        total += passing(fibre, core, 50)
    return sized(total, bounded(rng, *UNITS[generator][0]))


def discharge(rng: np.random.Generator) -> np.ndarray:
    """A complex repetitive discharge's cycle: a few single fibres, each set off by the one before."""
    total = np.zeros(int(60 / STEP_MS))
    for _ in range(int(rng.integers(3, 9))):
        fibre = Fibre(
            rng.uniform(2, 4), rng.uniform(0.15, 0.8), 5.0, (30.0, 20.0), rng.uniform(0.4, 0.9), rng.uniform(0, 9)
        )
        total += passing(fibre, 0.4, 60)
    return total


def make(rng: np.random.Generator, generator: str, band: tuple[float, float], most: float = np.inf) -> Potential:
    """One potential of a generator, at most `most` microvolts peak to peak."""
    if generator in ("positive sharp wave", "myotonic positive waves"):
        wave = sharp_wave(rng, generator != "positive sharp wave")
        microvolts = float(np.exp(rng.uniform(np.log(40), np.log(950))))
    elif generator in ("fibrillation", "myotonic spikes"):
        wave, microvolts = fibrillation(rng), float(np.exp(rng.uniform(np.log(30), np.log(850))))
    elif generator == "end-plate spike":
        wave, microvolts = end_plate_spike(rng), rng.uniform(90, 320)
    elif generator == "complex repetitive discharge":
        wave, microvolts = discharge(rng), rng.uniform(100, 1000)
    elif generator == "insertional activity":
        wave = sharp_wave(rng, True) if rng.random() < 0.3 else fibrillation(rng)
        microvolts = rng.uniform(60, 600)
    else:
        wave, microvolts = motor_unit(rng, generator), bounded(rng, *UNITS[generator][1])
    label = {"positive sharp wave": "PSW", "fibrillation": "Fibs"}.get(generator, "Others")
    return finish(wave, min(microvolts, most), band, label, generator)
