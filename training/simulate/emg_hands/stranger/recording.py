"""From units to sweeps of microvolts: the amplifier's filters, noise, mains, drift, and where each potential lies."""

from dataclasses import dataclass, replace

import numpy as np
from scipy.signal import butter, fftconvolve, lfilter

from training.simulate.emg_hands.stranger.fibres import FS
from training.simulate.emg_hands.stranger.timing import Timing
from training.simulate.emg_hands.stranger.trains import LABELS, Unit
from training.simulate.emg_hands.stranger.waves import spread


@dataclass(frozen=True)
class Event:
    """A potential in a sweep: onset and end (ms from the sweep's start), lowest and highest uV, peak to peak uV."""

    sweep: int
    label: str
    generator: str
    onset: float
    end: float
    low: float
    high: float
    amplitude: float


@dataclass(frozen=True)
class Floor:
    """What lies under the potentials: noise's rms and colour, mains, drift, end-plate hiss, an artefact's kind."""

    noise_uv: float
    pink: float
    mains_uv: float
    mains_hz: float
    drift_uv: float
    hiss_uv: float
    artefact: str
    artefact_uv: float


def floor_for(rng: np.random.Generator, generator: str, lead_uv: float) -> Floor:
    """A floor well under a tenth (rms) of the leader's height; 1.5-15 uV of noise as amplifiers and needles have."""
    least = 30 if generator in ("fibrillation", "end-plate spike") else 20  # their small first phase must be seen
    noise = min(spread(rng, 1.5, 12), lead_uv / spread(rng, least, 90))
    mains = lead_uv * rng.uniform(0.01, 0.05) if rng.random() < 0.1 else 0.0
    drift = lead_uv * rng.uniform(0.02, 0.15) if rng.random() < 0.3 else 0.0
    hiss, kind, size = 0.0, "", 0.0
    if generator == "end-plate noise":
        hiss, noise = rng.uniform(10, 40), rng.uniform(1, 2.5)
    elif generator == "end-plate spike" and rng.random() < 0.6:
        hiss = min(rng.uniform(8, 25), lead_uv / 10)
    elif generator == "artefact":
        kind, size = str(rng.choice(("mains", "ecg", "pacemaker", "movement", "stimulator"))), spread(rng, 60, 500)
        mains = size / 2 if kind == "mains" else 0.0
    return Floor(noise, rng.uniform(0, 0.6), mains, float(rng.choice((50, 60))), drift, hiss, kind, size)


def background(
    rng: np.random.Generator, floor: Floor, t: np.ndarray, smooth: tuple[np.ndarray, np.ndarray], first: float
) -> np.ndarray:
    """A sweep's floor in uV over absolute times t (n,) ms; an artefact falls at `first`."""
    n = t.size
    white = lfilter(*smooth, rng.standard_normal(n + 200))[200:]
    slow = lfilter([0.04], [1, -0.96], rng.standard_normal(n + 200))[200:] * 7
    noise = (1 - floor.pink) * white + floor.pink * slow
    out = noise * (floor.noise_uv / max(float(noise.std()), 1e-6))
    if floor.mains_uv:
        turn = 2 * np.pi * floor.mains_hz * t / 1000
        out += floor.mains_uv * (np.sin(turn) + 0.25 * np.sin(3 * turn + 1) + 0.1 * np.sin(5 * turn))
    if floor.drift_uv:
        out += floor.drift_uv * np.sin(t / rng.uniform(60, 400) + rng.uniform(0, 6))
    if floor.hiss_uv:  # miniature end-plate potentials: monophasic, negative, dense
        hits = (rng.random(n) < rng.uniform(0.25, 0.6) / FS) * rng.uniform(0.3, 1, n)
        m = np.arange(0, 5, 1 / FS)
        mini = -(m / 0.5) * np.exp(1 - m / rng.uniform(0.4, 0.7))
        out += floor.hiss_uv * fftconvolve(hits, mini)[:n]
    return out + artefact(rng, floor, t, first)


def artefact(rng: np.random.Generator, floor: Floor, t: np.ndarray, first: float) -> np.ndarray:
    """ECG, pacemaker or stimulator pulses or a moved needle in uV over times t (n,) ms; one of them at `first`."""
    out = np.zeros_like(t)
    if floor.artefact in ("", "mains"):
        return out
    period = {"ecg": 850.0, "pacemaker": 900.0, "movement": 600.0, "stimulator": 333.0}[floor.artefact]
    for at in np.arange(first - 40 * period, t[-1], period):
        if at < t[0] - 400:
            continue
        s = t - at
        if floor.artefact == "ecg":
            out -= (
                np.exp(-((s / 14) ** 2))
                - 0.35 * np.exp(-(((s - 28) / 14) ** 2))
                + 0.2 * np.exp(-(((s - 230) / 50) ** 2))
            )
        elif floor.artefact == "movement":
            late = np.maximum(s, 0)
            sway = np.sin(late / rng.uniform(4, 9)) + 0.6 * np.sin(late / rng.uniform(1, 2.5))
            out += np.where(s > 0, np.exp(-late / rng.uniform(30, 90)) * sway, 0)
        else:
            decay = 0.25 if floor.artefact == "pacemaker" else 1.2
            out -= np.where((s > 0) & (s < 0.4), 1.0, 0) - np.where(
                s >= 0.4, 0.4 * np.exp(-np.maximum(s - 0.4, 0) / decay), 0
            )
    return out * floor.artefact_uv


def recorded(
    rng: np.random.Generator, units: list[Unit], floor: Floor, timing: Timing
) -> tuple[np.ndarray, list[Event]]:
    """Sweeps (sweeps, n) in uV, positive numbers electrically positive, and every potential in them."""
    high_pass = butter(1, float(rng.choice((2, 5, 10, 10, 20, 20, 30))) / (FS * 500), "high")
    low_pass = butter(1, float(rng.choice((3000, 5000, 7000))) / (FS * 500))
    n = int(timing.sweep_ms * FS) + 1
    clock = np.arange(n) / FS
    first = rng.choice(timing.starts) + rng.uniform(0.15, 0.6) * min(timing.sweep_ms, 600)
    sweeps = np.stack([background(rng, floor, start + clock, low_pass, first) for start in timing.starts])
    under = sweeps.copy()
    events = []
    for unit in units:
        wave = lfilter(*low_pass, lfilter(*high_pass, np.concatenate([unit.wave, np.zeros(40 * FS)])))
        big = np.flatnonzero(np.abs(wave) > 0.05 * np.abs(wave).max())
        lo, hi = big[0], min(big[-1], unit.wave.size + 2)
        low, high = float(wave.min()), float(wave.max())
        for k, start in enumerate(timing.starts):
            near = (unit.times > start - wave.size / FS) & (unit.times < start + timing.sweep_ms)
            for at, gain in zip(unit.times[near], unit.gains[near], strict=True):
                i = round((at - start) * FS)
                a, b = max(i, 0), min(i + wave.size, n)
                if b > a:
                    sweeps[k, a:b] += gain * wave[a - i : b - i]
                    label = LABELS.get(unit.generator, "Others")
                    span = ((i + lo) / FS, (i + hi) / FS)
                    size = (gain * low, gain * high, gain * (high - low))
                    events.append(Event(k, label, unit.generator, *span, *size))
    middle = np.median(sweeps, axis=1, keepdims=True)
    return sweeps - middle, [resting_on(one, under[one.sweep] - middle[one.sweep]) for one in events]


def resting_on(event: Event, floor_uv: np.ndarray) -> Event:
    """An event moved up or down with the drift and hiss (n,) uV that it rides on."""
    a = int(np.clip(event.onset * FS, 0, floor_uv.size - 1))
    b = int(np.clip(event.end * FS, a + 1, floor_uv.size))
    shift = float(np.median(floor_uv[a:b]))
    return replace(event, low=event.low + shift, high=event.high + shift)
