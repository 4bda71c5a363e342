"""A stretch of recording: when the sources fire, what the amplifier adds, and where each potential lies.

All times in ms from the start, all signals in uV at `PER_MS` samples a millisecond, positive voltage positive.
"""

from dataclasses import dataclass

import numpy as np
from scipy.interpolate import PchipInterpolator
from scipy.signal import butter, sosfilt

from training.simulate.emg_hands.figures.shapes import PER_MS, Curve
from training.simulate.emg_hands.figures.sources import Source, label_of


@dataclass(frozen=True)
class Event:
    """One potential: class, generator, onset and length in ms, peak to peak amplitude in uV."""

    label: str
    generator: str
    start: float
    ms: float
    amplitude: float


@dataclass(frozen=True)
class Record:
    """The signal as shown, the same without noise (for the boxes), and the potentials."""

    signal: Curve
    clean: Curve
    events: tuple[Event, ...]


Firing = list[tuple[float, int, float]]  # onset ms, which shape, gain


def steady(rng: np.random.Generator, source: Source, total: float) -> list[float]:
    """Onsets of a train over `total` ms that has one potential whole in view at least."""
    gap = 1000.0 / source.rate
    room = max(total - source.ms, 0.0)
    lead_in = min(0.3 * room, 0.04 * total)  # the onset tells: it never sits on the very edge
    t = rng.uniform(lead_in, max(min(gap, room), lead_in))
    slowing = rng.uniform(0.0, 0.04) if rng.random() < 0.3 and source.label != "Others" else 0.0
    out: list[float] = []
    while t < total and len(out) < 600:
        out.append(t)
        change = rng.gamma(1 / source.cv**2, source.cv**2) if source.cv > 0.4 else 1 + source.cv * rng.standard_normal()
        t += max(gap * max(change, 0.08), 0.9 * source.ms if source.cv < 0.4 else 2.0)
        gap *= 1 + slowing
    return out


def firing(rng: np.random.Generator, source: Source, total: float, aligned: list[float]) -> Firing:
    """When which shape fires; `aligned` are the onsets that a trigger has put at the same place of each sweep."""
    if source.generator == "insertional activity":
        return [(rng.uniform(0, 0.6) * max(total - source.ms, 0), 0, 1.0)]
    if source.generator == "myokymia":
        out: Firing = []
        for start in steady(rng, source, total):
            inner, which = rng.uniform(20, 60), int(rng.integers(len(source.shapes)))
            for k in range(int(rng.integers(2, 9))):
                out.append((start + k * max(1000 / inner, source.ms) * rng.uniform(0.9, 1.1), which, 1.0))
        return [f for f in out if f[0] < total]
    if aligned:
        return [(t, 0, 1.0) for t in aligned]
    times = steady(rng, source, total)
    if source.generator.startswith("myotonic"):
        swell, turn = rng.uniform(0.4, 0.85), rng.uniform(0, 2 * np.pi)
        wave = np.sin(turn + np.linspace(0, rng.uniform(3, 9), len(times)))
        bend = np.cumsum(0.25 * (1 - wave)) * 1000 / source.rate  # the rate waxes and wanes with the height
        gains = (1 - swell * (0.5 - 0.5 * wave)).tolist()
        return [(t + b, 0, g) for t, b, g in zip(times, bend.tolist(), gains, strict=True) if t + b < total]
    if source.generator == "neuromyotonia":
        fall = rng.uniform(15, 80)
        begin = rng.uniform(0, 0.3) * total
        return [(t + begin, 0, float(np.exp(-k / fall))) for k, t in enumerate(times) if t + begin < total]
    if source.generator == "complex repetitive discharge" and rng.random() < 0.25:
        edge = rng.uniform(0.1, 0.3) * total  # an abrupt start or stop, never a fading one
        times = [t for t in times if t > edge] if rng.random() < 0.5 else [t for t in times if t < total - edge]
    if len(source.shapes) == 1 or source.generator == "end-plate spike":
        return [(t, int(rng.integers(len(source.shapes))) if k else 0, 1.0) for k, t in enumerate(times)]
    out = [(t, 0, 1.0) for t in times]  # further units fire trains of their own
    for k in range(1, len(source.shapes)):
        shift = rng.uniform(0, 1000 / source.rate)
        scale = rng.uniform(0.7, 1.4)
        out += [(t * scale + shift, k, 1.0) for t in times if t * scale + shift < total]
    return out


def hum(rng: np.random.Generator, n: int, rms: float) -> Curve:
    """Amplifier noise of varied texture: a power law, a high corner, a loudness that wanders."""
    power = np.fft.rfftfreq(n, 1 / (1000 * PER_MS))
    power[0] = power[1] if n > 2 else 1.0
    corner = rng.choice([800, 1500, 3000, 8000])
    shape = power ** (-0.5 * rng.choice([0, 0, 0.4, 0.9])) / np.sqrt(1 + (power / corner) ** 4)
    shape[power < 8] = 0
    noise = np.fft.irfft(shape * (rng.standard_normal(len(power)) + 1j * rng.standard_normal(len(power))), n)
    if rng.random() < 0.3:
        noise = noise * (1 + 0.4 * wander(rng, n, 60.0))
    return noise * rms / max(float(noise.std()), 1e-12)


def wander(rng: np.random.Generator, n: int, step: float) -> Curve:
    """A slow smooth curve within about -1..1 through random points `step` ms apart."""
    knots = np.arange(0, n / PER_MS + 2 * step, step)
    return np.asarray(PchipInterpolator(knots, rng.uniform(-1, 1, len(knots)))(np.arange(n) / PER_MS))


def hiss(rng: np.random.Generator, n: int, amplitude: float) -> Curve:
    """End-plate noise: crowded negative monophasic potentials of 0.5-3 ms."""
    pulses = np.zeros(n)
    at = rng.integers(0, n, max(1, int(n / PER_MS * rng.uniform(0.15, 0.7))))
    np.add.at(pulses, at, -rng.gamma(2.5, 0.4, len(at)))
    width = int(rng.uniform(0.5, 3.0) * PER_MS)
    hump = np.sin(np.linspace(0, np.pi, width)) ** 1.5
    out = np.convolve(pulses, hump)[:n]
    return out * amplitude / max(float(np.ptp(out)), 1e-9)


def disturbance(rng: np.random.Generator, n: int, amplitude: float) -> Curve:
    """What is no muscle: heavy mains, electrode steps, pacemaker spikes or a far heart."""
    t = np.arange(n) / PER_MS
    out = np.zeros(n)
    kind = rng.integers(4)
    if kind == 0:
        mains = rng.choice([50.0, 60.0])
        for k in (1, 3, 5, 7):
            out += rng.uniform(0, 1) / k * np.sin(2 * np.pi * mains * k * t / 1000 + rng.uniform(0, 6.28))
    elif kind == 1:
        for _ in range(int(rng.integers(1, 5))):
            at = rng.uniform(0, t[-1])
            tail = np.clip((t - at) / rng.uniform(10, 150), 0, 50)
            out += np.where(t > at, np.exp(-tail), 0) * rng.choice([-1, 1]) * rng.uniform(0.4, 1)
    else:
        period, wide = rng.uniform(550, 1100), rng.uniform(0.3, 1.0) if kind == 2 else rng.uniform(12, 22)
        for at in np.arange(rng.uniform(0, min(period, 0.8 * t[-1])), t[-1], period):
            out -= np.exp(-(((t - at) / wide) ** 2)) - 0.4 * np.exp(-(((t - at - 2 * wide) / wide) ** 2))
    return out * amplitude / max(float(np.ptp(out)), 1e-9)


def record(rng: np.random.Generator, sources: list[Source], total: float, aligned: list[float]) -> Record:
    """`total` ms of the sources, the first leading; the noise stays ten times below its height."""
    n = max(int(total * PER_MS), 64)
    clean = np.zeros(n)
    events: list[Event] = []
    lead = sources[0]
    for source in sources:
        if source.generator == "end-plate noise":
            continue
        plan = firing(rng, source, total, aligned if source is lead else []) if source.shapes else []
        for start, which, gain in plan:
            at, shape = int(start * PER_MS), source.shapes[which] * gain
            length = min(len(shape), n - at)
            busy = source is not lead and np.any(abs(clean[at : at + length]) > 0.02 * lead.amplitude)
            if at < 0 or length < 4 or busy:  # companions never ride on the leading potentials
                continue
            clean[at : at + length] += shape[:length]
            seen = np.flatnonzero(abs(shape) > 0.02 * np.ptp(shape))  # slow ends too low to see are no part of a box
            begin, long = start + seen[0] / PER_MS, (seen[-1] - seen[0] + 1) / PER_MS
            events.append(Event(label_of(source.generator), source.generator, begin, long, float(np.ptp(shape))))
    low = (
        rng.choice([2, 10, 20, 30, 50])
        if lead.label == "PSW"
        else rng.choice([2, 10, 20, 20, 30, 50, 100, 200], p=[0.14, 0.2, 0.2, 0.18, 0.12, 0.08, 0.05, 0.03])
    )
    band = butter(1, [low, rng.choice([2000, 5000, 8000, 9500])], "bandpass", fs=1000 * PER_MS, output="sos")
    passed = sosfilt(band, clean)
    level = spread_noise(rng)
    if lead.shapes:  # far below the leading potential as the filters leave it
        level = min(level, 0.9 * float(np.ptp(passed)) / rng.uniform(13, 40))
    events = [e for e in events if e.generator == lead.generator or e.amplitude > 6 * level]
    noise = hum(rng, n, level)
    if lead.generator == "artefact":
        noise += disturbance(rng, n, lead.amplitude)
    for source in sources:
        if source.generator == "end-plate noise":
            hissing = hiss(rng, n, min(source.amplitude, lead.amplitude * (1 if source is lead else 0.25)))
            noise = 0.4 * noise + hissing - hissing.mean()
    if rng.random() < 0.2:
        mains = rng.choice([50.0, 60.0]) * np.arange(n) / PER_MS / 1000
        noise += level * rng.uniform(0.3, 1.2) * np.sin(2 * np.pi * mains + 0.3 * np.sin(6 * np.pi * mains))
    slow = lead.amplitude * rng.choice([0, 0.02, 0.06, 0.12]) * wander(rng, n, rng.uniform(40, 500))
    return Record(passed + sosfilt(band, noise) + slow, passed + slow, tuple(events))


def spread_noise(rng: np.random.Generator) -> float:
    """The noise's rms in uV: 3-4 of the amplifier, about 10 with a needle, low in averaged or drawn figures."""
    return float(rng.choice([0.5, 2, 4, 7, 10]) * rng.uniform(0.7, 1.4))
