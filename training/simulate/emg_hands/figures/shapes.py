"""Potentials as smooth curves through control points.

A shape is a float array in uV at `PER_MS` samples a millisecond, positive voltage positive (drawn downward).
Durations and amplitudes are those of EMG.md (Kraft 1990 for fibrillations, Buchthal-type means for motor units).
"""

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import BSpline, PchipInterpolator

PER_MS = 20  # samples a millisecond: 20 kHz, what machines sample at least
Curve = NDArray[np.float64]
Points = list[tuple[float, float]]  # (time in ms, relative height, positive is positive voltage)


def curve(points: Points, amplitude: float, soft: bool = False) -> Curve:
    """The smooth curve through the points, scaled to `amplitude` uV peak to peak; `soft` lets the points only pull."""
    t = np.array([p[0] for p in points])
    t = np.maximum.accumulate(t + 1e-4 * np.arange(len(t)))  # strictly rising, whatever the dice said
    v = np.array([p[1] for p in points])
    at = np.arange(t[0], t[-1], 1 / PER_MS)
    if soft and len(t) >= 5:
        knots = np.r_[[t[0]] * 4, np.convolve(t[1:-1], np.full(3, 1 / 3), "valid"), [t[-1]] * 4]
        y = BSpline(knots, v, 3)(at)
    else:
        y = PchipInterpolator(t, v)(at)
    y = y - np.linspace(y[0], y[-1], len(y))
    return y * amplitude / max(float(np.ptp(y)), 1e-9)


def spread(rng: np.random.Generator, middle: float, factor: float, low: float, high: float) -> float:
    """A log-normal number about `middle`, one sd a `factor`, kept within low..high."""
    return float(np.clip(middle * factor ** rng.standard_normal(), low, high))


def fibrillation(rng: np.random.Generator, amplitude: float, ms: float | None = None) -> Curve:
    """Bi- or triphasic, 1-5 ms, the first phase positive and smaller than the negative spike."""
    d = spread(rng, 2.8, 1.4, 1.2, 5.0) if ms is None else ms
    two = rng.random() < 0.3
    first = rng.uniform(0.3, 0.9) if two else rng.uniform(0.15, 0.6)
    late = rng.uniform(0.0, 0.05) if two else rng.uniform(0.1, 0.55)
    up, peak, down = rng.uniform(0.12, 0.24), rng.uniform(0.37, 0.48), rng.uniform(0.6, 0.74)
    points: Points = [(0, 0), (0.4 * up * d, 0.25 * first), (up * d, first), (peak * d, -1.0)]
    if rng.random() < 0.25:  # a shoulder on the way back
        points.append(((0.55 * peak + 0.45 * down) * d, -rng.uniform(0.15, 0.4)))
    points += [(down * d, late), (0.5 * (1 + down) * d, 0.3 * late), (d, 0)]
    return curve(points, amplitude)


def sharp_wave(rng: np.random.Generator, amplitude: float, ms: float | None = None) -> Curve:
    """A positive fall in under 1 ms, a positive phase under 5 ms, then a long low negative one; now and then none."""
    d = spread(rng, 20, 1.6, 10, 100) if ms is None else ms
    fall = rng.uniform(0.15, 0.9) * min(1.0, d / 8)
    back = fall + min(rng.uniform(0.9, 4.0), 0.3 * d)
    dip = 0.0 if rng.random() < 0.08 else rng.uniform(0.1, 0.5)
    trough = back + rng.uniform(0.1, 0.3) * (d - back)
    points: Points = [(0, 0), (fall, 1.0)]
    if rng.random() < 0.5:
        points.append((fall + 0.35 * (back - fall), rng.uniform(0.35, 0.75)))
    tail = rng.uniform(0.25, 0.6)
    points += [(back, 0.0 if dip else 0.25), (trough, -dip if dip else 0.12)]
    points += [(trough + 0.4 * (d - trough), -dip * tail if dip else 0.05), (d, 0)]
    return curve(points, amplitude)


def end_plate_spike(rng: np.random.Generator, amplitude: float) -> Curve:
    """Biphasic, 2-5 ms, beginning abruptly with its negative phase."""
    d = rng.uniform(2.0, 5.0)
    peak, late = rng.uniform(0.13, 0.27), rng.uniform(0.2, 0.8)
    low = rng.uniform(0.48, 0.62)
    return curve([(0, 0), (peak * d, -1.0), (low * d, late), (0.5 * (1 + low) * d, 0.4 * late), (d, 0)], amplitude)


UNITS = {  # duration ms (mean, factor, low, high), mean phases, amplitude uV (middle, factor)
    "normal MUAP": ((9.6, 1.22, 6.0, 15.0), 2.6, (370, 1.6)),
    "neurogenic MUAP": ((13.4, 1.25, 8.0, 28.0), 4.0, (830, 1.8)),
    "myopathic MUAP": ((7.2, 1.3, 4.0, 12.0), 2.7, (240, 1.6)),
    "fasciculation": ((12.6, 1.4, 6.5, 28.0), 3.25, (500, 1.8)),
}


def unit(rng: np.random.Generator, kind: str, amplitude: float, ms: float | None = None) -> Curve:
    """A motor unit potential: slow beginning, a spike of a few alternate phases with turns, slow end, satellites."""
    (middle, factor, low, high), mean, _ = UNITS[kind]
    d = spread(rng, middle, factor, low, high) if ms is None else ms
    phases = int(np.clip(round(rng.normal(mean, 0.9 if mean < 3 else 1.5)), 2, 9))
    if kind == "myopathic MUAP" and rng.random() < 0.35:
        phases += int(rng.integers(2, 5))  # short polyphasic ones are what is looked for
    core = d * rng.uniform(0.4, 0.6) * (1 + 0.08 * max(0, phases - 4))
    core = min(core, 0.85 * d)
    start = (d - core) * rng.uniform(0.2, 0.6)
    gaps = rng.uniform(0.6, 1.4, phases + 1)
    at = start + np.cumsum(gaps)[:-1] / gaps.sum() * core
    main = int(np.clip(round(rng.normal((phases - 1) / 2, 0.6)), 0 if phases == 2 else 1, phases - 1))
    slow = rng.uniform(-0.03, 0.12)
    points: Points = [(0, 0), (0.55 * start, slow * 0.5), (start, slow)]
    for i, t in enumerate(at):
        sign = -1.0 if (i - main) % 2 == 0 else 1.0
        height = 1.0 if i == main else rng.uniform(0.25, 0.75) * 0.85 ** abs(i - main)
        points.append((float(t), sign * height))
        if rng.random() < (0.3 if kind == "neurogenic MUAP" else 0.12) and i + 1 < phases:
            step = float(at[i + 1] - t)  # a turn that does not cross the baseline
            points.append((float(t) + 0.3 * step, sign * height * rng.uniform(0.3, 0.5)))
            points.append((float(t) + 0.45 * step, sign * height * rng.uniform(0.5, 0.7)))
    end = float(at[-1])
    after = rng.uniform(0.03, 0.16) * (1.0 if points[-1][1] < 0 else -1.0)
    points += [(end + 0.3 * (d - end), after), (end + 0.6 * (d - end), 0.5 * after), (d, 0)]
    whole = curve(points, amplitude, soft=phases > 3 and rng.random() < 0.3)
    if kind in ("neurogenic MUAP", "myopathic MUAP") and rng.random() < 0.15 and ms is None:
        gap = np.zeros(int(rng.uniform(2, 10) * PER_MS))
        whole = np.r_[whole, gap, fibrillation(rng, amplitude * rng.uniform(0.12, 0.35))]
    return whole


def repetitive(rng: np.random.Generator, amplitude: float, ms: float) -> Curve:
    """One cycle of a complex repetitive discharge: 3-12 spikes and notches of unlike height, `ms` long at most."""
    spikes = int(rng.integers(3, 13))
    gaps = rng.uniform(0.5, 2.2, 2 * spikes + 1)
    t = np.cumsum(gaps) * min(1.0, ms / gaps.sum())
    points: Points = [(0, 0)]
    for i in range(2 * spikes):
        height = rng.uniform(0.2, 1.0) if rng.random() < 0.8 else rng.uniform(-0.3, 0.1)
        points.append((float(t[i]), height * (0.7 if i % 2 == 0 else -1.0)))
    return curve([*points, (float(t[-1]), 0)], amplitude)


def burst(rng: np.random.Generator, amplitude: float) -> Curve:
    """Insertional activity: 300-500 ms of crowded unlike spikes and waves that die with the needle's rest."""
    n = int(rng.uniform(300, 500) * PER_MS)
    out = np.zeros(n + 60 * PER_MS)
    for start in np.sort(rng.uniform(0, 1, int(rng.integers(60, 220))) ** 1.3):
        size = amplitude * rng.uniform(0.1, 1.0) * (1.1 - 0.7 * start)
        piece = sharp_wave(rng, size, rng.uniform(6, 20)) if rng.random() < 0.35 else fibrillation(rng, size)
        at = int(start * (n - 40))
        out[at : at + len(piece)] += rng.choice([-1.0, 1.0], p=[0.2, 0.8]) * piece
    return out[: n + 20] * amplitude / float(np.ptp(out))
