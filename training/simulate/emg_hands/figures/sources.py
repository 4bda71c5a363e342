"""What discharges in a picture: its shapes, its rate and what must be seen of it to be told.

Rates and variations from EMG.md; a source knows how long a stretch (`min_ms`) and how fine a scale (`min_ppm`) tell it.
"""

from dataclasses import dataclass

import numpy as np

from training.simulate.emg_hands.figures.shapes import (
    PER_MS,
    UNITS,
    Curve,
    burst,
    end_plate_spike,
    fibrillation,
    repetitive,
    sharp_wave,
    spread,
    unit,
)

OTHERS = {  # motor units, end plates and fasciculations are more than half
    "normal MUAP": 0.15,
    "neurogenic MUAP": 0.12,
    "myopathic MUAP": 0.09,
    "end-plate spike": 0.12,
    "end-plate noise": 0.06,
    "fasciculation": 0.11,
    "regular motor unit": 0.06,
    "complex repetitive discharge": 0.06,
    "myotonic spikes": 0.04,
    "myotonic positive waves": 0.025,
    "myokymia": 0.03,
    "neuromyotonia": 0.02,
    "insertional activity": 0.035,
    "quiet": 0.05,
    "artefact": 0.03,
}


@dataclass(frozen=True)
class Source:
    """One discharging thing; amplitude in uV peak to peak, rate in Hz, cv of its intervals."""

    label: str
    generator: str
    shapes: tuple[Curve, ...]
    amplitude: float
    rate: float
    cv: float
    min_ms: float  # total time in view that tells it
    min_ppm: float  # pixels a millisecond that tell it

    @property
    def ms(self) -> float:
        """Duration of its longest shape in ms."""
        return max((len(s) for s in self.shapes), default=0) / PER_MS


def choose(rng: np.random.Generator, label: str) -> str:
    """A generator of the class, common ones oftener."""
    if label != "Others":
        return {"PSW": "positive sharp wave", "Fibs": "fibrillation"}[label]
    weights = np.array(list(OTHERS.values()))
    return str(rng.choice(list(OTHERS), p=weights / weights.sum()))


def label_of(generator: str) -> str:
    """The class of a generator."""
    return {"positive sharp wave": "PSW", "fibrillation": "Fibs"}.get(generator, "Others")


def source(rng: np.random.Generator, generator: str) -> Source:  # noqa: PLR0915 - one table, row by row
    """Draw the shapes, amplitude, rate and needs of one generator."""
    shapes: tuple[Curve, ...] = ()
    amplitude, rate, cv, seen, fine = 100.0, 8.0, 0.2, 0.0, 10.0
    match generator:
        case "positive sharp wave" | "fibrillation":
            amplitude = spread(rng, 130, 2.3, 20, 1000)
            rate = spread(rng, 5, 2.0, 0.5, 15)
            cv = rng.uniform(0.005, 0.05) if rng.random() < 0.57 else rng.uniform(0.2, 0.6)
            make = sharp_wave if generator == "positive sharp wave" else fibrillation
            shapes = tuple(make(rng, amplitude * s) for s in (1.0, *rng.uniform(0.25, 0.9, int(rng.integers(0, 3)))))
            shapes = shapes[:1] if rng.random() < 0.6 else shapes
            fine = 13.0 if generator == "positive sharp wave" else 8.0
        case "end-plate spike":
            amplitude, rate, cv = rng.uniform(80, 320), rng.uniform(5, 50), rng.uniform(0.5, 1.1)
            shapes = tuple(end_plate_spike(rng, amplitude * s) for s in (1.0, *rng.uniform(0.5, 0.95, rng.integers(3))))
        case "end-plate noise":
            amplitude, fine = rng.uniform(12, 45), 0.0
        case "normal MUAP" | "neurogenic MUAP" | "myopathic MUAP" | "fasciculation":
            middle, factor = UNITS[generator][2]
            amplitude = spread(rng, middle, factor, 60, 8000 if generator == "neurogenic MUAP" else 3000)
            if generator == "fasciculation":
                amplitude, rate, cv = min(amplitude, 1480.0), spread(rng, 1.0, 2.5, 0.1, 10), rng.uniform(0.5, 1.0)
            else:
                rate, cv = rng.uniform(5, 15), rng.uniform(0.1, 0.3)
            more = rng.uniform(0.2, 0.9, int(rng.choice(3, p=[0.6, 0.25, 0.15])))
            shapes = tuple(unit(rng, generator, amplitude * s) for s in (1.0, *more))
            seen = 3200 / rate if len(shapes[0]) < 6 * PER_MS else 0.0  # a short one alone can be told by nobody
        case "regular motor unit":
            amplitude, rate, cv = (
                spread(rng, 370, 1.7, 60, 3000),
                spread(rng, 6.3, 1.6, 3, 14),
                rng.uniform(0.018, 0.052),
            )
            shapes, seen = (unit(rng, "normal MUAP", amplitude),), 4500 / rate
        case "complex repetitive discharge":
            rate, cv, amplitude = spread(rng, 28, 1.8, 5, 100), 0.002, spread(rng, 300, 1.8, 100, 1000)
            tries = [repetitive(rng, amplitude, min(0.92 * 1000 / rate, 40)) for _ in range(4)]
            shapes, seen = (max(tries, key=turns),), 3800 / rate  # a cycle with one peak would pass for a train of PSW
        case "myotonic spikes" | "myotonic positive waves":
            rate, cv, amplitude = spread(rng, 55, 1.5, 20, 150), 0.03, spread(rng, 250, 1.8, 60, 1000)
            long = min(rng.uniform(5, 20), 0.85 * 1000 / rate)
            spike = generator == "myotonic spikes"
            shapes = (fibrillation(rng, amplitude) if spike else sharp_wave(rng, amplitude, long),)
            seen = rng.uniform(9, 16) * 1000 / rate
        case "myokymia":
            amplitude, rate, cv = spread(rng, 400, 1.7, 100, 2000), rng.uniform(0.5, 4), 0.15
            shapes = tuple(unit(rng, "normal MUAP", amplitude * s) for s in (1.0, rng.uniform(0.4, 0.9)))
            seen = 2300 / rate
        case "neuromyotonia":
            amplitude, rate, cv = spread(rng, 500, 1.7, 100, 2000), rng.uniform(150, 300), 0.02
            shapes, seen = (unit(rng, "myopathic MUAP", amplitude, min(4.5, 950 / rate)),), rng.uniform(80, 300)
        case "insertional activity":
            amplitude, fine = spread(rng, 300, 1.8, 80, 2000), 200.0
            shapes = (burst(rng, amplitude),)
            seen = len(shapes[0]) / PER_MS * rng.uniform(1.25, 2.5)
        case "quiet" | "artefact":
            amplitude, fine = rng.uniform(30, 300), 0.0
    ms = max((len(s) for s in shapes), default=0) / PER_MS
    floor = 0.8 if generator == "positive sharp wave" else 0.0  # its fall and return are but a few ms
    need = max(fine / ms, floor) if ms else 0.5
    return Source(label_of(generator), generator, shapes, amplitude, rate, cv, seen, need)


def telling(rng: np.random.Generator, generator: str) -> Source:
    """A source for a cut-out, where no scale is written: of a motor unit mostly one with more than a plain spike."""
    found = source(rng, generator)
    for _ in range(8):
        if generator not in UNITS or turns(found.shapes[0]) >= 5 or rng.random() < 0.05:
            break
        found = source(rng, generator)
    return found


def turns(shape: Curve) -> int:
    """How many highs and lows a shape has that stand out by a twentieth of its height."""
    step = 0.05 * float(np.ptp(shape))
    count, last, up = 0, 0.0, 0
    for v in shape.tolist():
        if (up >= 0 and v < last - step) or (up <= 0 and v > last + step):
            count, up, last = count + 1, -1 if v < last else 1, v
        elif (v - last) * up > 0:
            last = v
    return count


def companion(rng: np.random.Generator, lead: Source) -> Source | None:
    """Now and then something smaller beside the leading source, of a kind that does not change what the picture is."""
    if lead.generator in ("quiet", "artefact", "insertional activity", "end-plate noise") or rng.random() > 0.22:
        return None
    if lead.generator == "end-plate spike":
        kind = "end-plate noise"
    elif lead.label == "Others":
        kind = str(rng.choice(["normal MUAP", "end-plate spike", "fasciculation"]))
    else:
        other = "fibrillation" if lead.label == "PSW" else "positive sharp wave"
        kind = str(rng.choice([other, "normal MUAP"], p=[0.7, 0.3]))
    beside = source(rng, kind)
    scale = lead.amplitude * rng.uniform(0.12, 0.45) / beside.amplitude
    shapes = tuple(s * scale for s in beside.shapes)
    return Source(beside.label, kind, shapes, beside.amplitude * scale, beside.rate, beside.cv, 0, 0)
