"""One recording on sweeps: the leading generator, its company, noise; what stands where. Microvolts and samples."""

from dataclasses import dataclass, replace

import numpy as np

from training.simulate.emg_hands.tripoles import noise
from training.simulate.emg_hands.tripoles.fibre import STEP_MS
from training.simulate.emg_hands.tripoles.potentials import Potential, extent, make
from training.simulate.emg_hands.tripoles.rhythm import firing, log_uniform, renewal

OTHERS = {
    "normal MUAP": 16, "neurogenic MUAP": 10, "myopathic MUAP": 9, "regular motor unit": 7, "fasciculation": 11,
    "end-plate spike": 15, "end-plate noise": 5, "complex repetitive discharge": 6, "myotonic spikes": 3,
    "myotonic positive waves": 3, "myokymia": 3, "neuromyotonia": 2, "insertional activity": 4, "quiet": 3,
    "artefact": 5,
}  # fmt: skip
SHORTEST = {  # ms of window that shows the rhythm without which nobody could tell
    "complex repetitive discharge": 150, "myotonic spikes": 250, "myotonic positive waves": 300, "myokymia": 400,
    "neuromyotonia": 60, "insertional activity": 400, "end-plate noise": 50, "artefact": 150, "quiet": 20,
}  # fmt: skip
DENSE = set(SHORTEST) - {"quiet", "artefact", "end-plate noise"}


@dataclass(frozen=True)
class Placed:
    """A potential on a sweep: first sample of its wave (may lie outside), gain, whether it leads the picture."""

    sweep: int
    start: int
    gain: float
    potential: Potential
    leads: bool


@dataclass(frozen=True)
class Scene:
    """sweeps: (n, samples) microvolts; amplitude: the leading potential's, peak to peak."""

    label: str
    generator: str
    sweeps: np.ndarray
    placed: tuple[Placed, ...]
    ms_per_div: float
    divisions: int
    triggered: bool
    delay: float
    amplitude: float


def timebase(rng: np.random.Generator, generator: str) -> tuple[float, int, int, bool]:
    """ms/div, divisions, sweeps, triggered or free."""
    divisions = int(rng.choice([10, 10, 10, 8, 5, 12, 20], p=[0.3, 0.2, 0.2, 0.1, 0.1, 0.05, 0.05]))
    choices = {"positive sharp wave": (5, 10, 10, 10, 20, 20, 50, 100), "end-plate spike": (2, 5, 5, 10, 10, 20)}
    wide = choices.get(generator, (1, 2, 2, 5, 5, 10, 10) if generator == "fibrillation" else (2, 5, 5, 10, 10, 20, 50))
    fits = [m for m in wide if m * divisions >= 14]
    if generator in SHORTEST:
        fits = [
            m for m in (5, 10, 20, 50, 100) if SHORTEST[generator] * 0.9 <= m * divisions <= SHORTEST[generator] * 4
        ]
    each = float(rng.choice(fits or [20]))
    sweeps = 1 if rng.random() < 0.4 else int(rng.integers(2, 11))
    if generator in DENSE:
        sweeps = min(sweeps, 4)
    triggered = generator not in SHORTEST and (each * divisions <= 60 or rng.random() < 0.35) and rng.random() < 0.75
    return each, divisions, sweeps, triggered


def sweep_times(
    rng: np.random.Generator, generator: str, window: float, sweeps: int, delay: float | None
) -> list[tuple[int, float, float]]:
    """(sweep, ms, gain) of one train; with a delay each sweep is triggered by a potential that stands there."""
    total = window * sweeps
    times, gains = firing(rng, generator, max(total, 400))
    if not len(times):
        return []
    if delay is None:
        free = generator not in ("insertional activity", "neuromyotonia")  # those have their own start
        pick = int(rng.integers(len(times)))
        shift = rng.uniform(0.08, 0.7) * window + window * rng.integers(sweeps) - times[pick] if free else 0.0
        if free and generator in DENSE:
            shift = 0.0
        at = times + shift
        return [(s, t - s * window, g) for t, g in zip(at, gains, strict=True) for s in range(sweeps)
                if -60 < t - s * window < window]  # fmt: skip
    out = []
    for s in range(sweeps):
        anchor = times[int(rng.integers(len(times)))] - delay - rng.normal(0, 0.04)
        out += [(s, t - anchor, g) for t, g in zip(times, gains, strict=True) if -60 < t - anchor < window]
    return out


def artefacts(rng: np.random.Generator, count: int, sweeps: int, size: float) -> list[Placed]:
    """Heart, pacemaker, knocks, packets, as events; mains fill the sweep elsewhere."""
    kind = int(rng.integers(4))
    wave = [noise.heart(rng, rng.uniform(60, 100)), noise.pacemaker(rng), noise.moved(rng), noise.clipped_burst(rng)][
        kind
    ]
    wave = (wave * size / np.ptp(wave)).astype(np.float32)
    shown = Potential(wave, *extent(wave, 0.05), "Others", "artefact")
    window = count * STEP_MS
    every = rng.uniform(1.0, 1.7) if kind < 2 else 1000 / window * 0.7
    times = renewal(rng, every, 0.03 if kind < 2 else 0.5, max(window * sweeps, 4000))
    times = times - times[len(times) // 2] + window * rng.uniform(0.1, 0.6)
    return [Placed(s, int((t - s * window) / STEP_MS), 1.0, shown, True) for t in times for s in range(sweeps)
            if -len(wave) * STEP_MS < t - s * window < window]  # fmt: skip


def train(
    rng: np.random.Generator, generator: str, band: tuple[float, float], window: float, sweeps: int,
    delay: float | None, most: float, leads: bool,
) -> list[Placed]:  # fmt: skip
    """One generator's potentials on the sweeps; insertional bursts and end-plate spikes come from several fibres."""
    several = {"insertional activity": 7, "end-plate spike": 1 + int(rng.random() < 0.3)}.get(generator, 1)
    shapes = [make(rng, generator, band, most) for _ in range(several)]
    placed = []
    for sweep, ms, gain in sweep_times(rng, generator, window, sweeps, delay):
        shape = shapes[int(rng.integers(several))]
        start = round(ms / STEP_MS) - shape.onset
        if start < window / STEP_MS and start + shape.end > 0:
            placed.append(Placed(sweep, start, float(max(gain, 0.05)), shape, leads))
    return placed


def companions(rng: np.random.Generator, generator: str) -> list[str]:
    """What else fires, smaller: in denervation more of the same, in voluntary contraction more units."""
    if rng.random() < 0.55 or generator in ("quiet", "end-plate noise"):
        return ["end-plate spike"] if generator == "end-plate noise" and rng.random() < 0.5 else []
    if generator in ("positive sharp wave", "fibrillation"):
        pool = ["positive sharp wave", "fibrillation", "fibrillation", "normal MUAP", "neurogenic MUAP"]
    elif "MUAP" in generator or generator in ("regular motor unit", "fasciculation"):
        pool = [generator if "MUAP" in generator else "normal MUAP"]
    else:
        pool = ["end-plate spike" if generator == "end-plate spike" else "normal MUAP"]
    return [str(rng.choice(pool)) for _ in range(int(rng.integers(1, 4)))]


def apart(one: Placed, others: list[Placed]) -> bool:
    """Whether a companion stands clear of the leading potentials: two fibres close together would pass for a unit."""
    margin = int(5 / STEP_MS)
    first, last = one.start + one.potential.onset - margin, one.start + one.potential.end + margin
    near = (o for o in others if o.leads and o.sweep == one.sweep)
    return all(o.start + o.potential.onset > last or o.start + o.potential.end < first for o in near)


def lay(sweeps: np.ndarray, placed: list[Placed]) -> None:
    count = sweeps.shape[1]
    for p in placed:
        first, last = max(p.start, 0), min(p.start + len(p.potential.wave), count)
        if last > first:
            sweeps[p.sweep, first:last] += p.gain * p.potential.wave[first - p.start : last - p.start]


def scene(rng: np.random.Generator, label: str) -> Scene:
    """A recording whose leading generator stands at least seventeen times above the noise's rms."""
    generator = {"PSW": "positive sharp wave", "Fibs": "fibrillation"}.get(label, "")
    if not generator:
        names = list(OTHERS)
        generator = names[int(rng.choice(len(names), p=np.array(list(OTHERS.values())) / sum(OTHERS.values())))]
    each, divisions, number, triggered = timebase(rng, generator)
    window = each * divisions
    count = int(window / STEP_MS)
    band = (float(rng.choice([2, 5, 10, 10, 20, 20, 20, 30])), float(rng.choice([2000, 3000, 5000, 10000, 10000])))
    delay = window * rng.uniform(0.12, 0.5) if triggered else None
    size = log_uniform(rng, 60, 900)
    if generator in ("quiet", "end-plate noise"):
        placed = []
    elif generator == "artefact":
        placed = artefacts(rng, count, number, size)
    else:
        placed = train(rng, generator, band, window, number, delay, np.inf, True)
    leading = max((p.potential.amplitude * p.gain for p in placed), default=300.0)
    for other in companions(rng, generator):
        extra = train(rng, other, band, window, number, None, leading * rng.uniform(0.2, 0.55), False)
        if other != generator:  # company of another kind is never the more frequent
            extra = [extra[i] for i in rng.permutation(len(extra))[: max((len(placed) + 1) // 2, 1)]]
        placed += [e for e in extra if "MUAP" in generator or apart(e, placed)]
    sweeps = np.zeros((number, count))
    lay(sweeps, placed)
    rms = min(rng.uniform(0.7, 8), leading / rng.uniform(17, 70), 2.5 if generator == "end-plate noise" else 8)
    if generator == "quiet":
        rms = rng.uniform(0.8, 4)
    buzz = leading * rng.uniform(0, 0.09) if rng.random() < 0.15 else 0.0
    if generator == "artefact" and rng.random() < 0.3:
        buzz, placed, sweeps[:] = size / 2, [], 0.0
    hiss = rng.uniform(10, 40) if generator == "end-plate noise" else 0.0
    if generator == "end-plate spike" and rng.random() < 0.35:
        hiss = min(rng.uniform(10, 40), leading / 12)
    line = noise.floor(rng, number * count, rms, band) + (noise.mains(rng, number * count, buzz) if buzz else 0.0)
    line = line + (noise.end_plate(rng, number * count, hiss) if hiss else 0.0)
    sweeps += line.reshape(number, count)
    if rng.random() < 0.25:
        sweeps += np.stack([noise.drift(rng, count, leading * rng.uniform(0, 0.12)) for _ in range(number)])
    amplitude = {"quiet": rng.uniform(20, 300), "end-plate noise": hiss * rng.uniform(1.2, 3)}.get(generator, leading)
    kept = tuple(replace(p, gain=float(p.gain)) for p in placed)
    return Scene(label, generator, sweeps, kept, each, divisions, triggered, delay or 0.0, max(amplitude, buzz * 2))
