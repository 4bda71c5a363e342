"""What one stretch of recording holds: a leading generator, what else fires, and the backgrounds."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from training.simulate.emg import backgrounds as bg
from training.simulate.emg import parameters as ranges
from training.simulate.emg.draws import Draw
from training.simulate.emg.recording import Amplifier, Recording, record, work_rate
from training.simulate.emg.sources import VARIANTS, Firing, make

# What Others are made of, with their shares
OTHERS: dict[str, float] = {
    "end-plate spike": 14,
    "end-plate noise": 7,
    "fasciculation": 8,
    "normal MUAP": 11,
    "neurogenic MUAP": 10,
    "myopathic MUAP": 11,
    "PSW-shaped MUAP": 1,
    "regular motor unit": 8,
    "complex repetitive discharge": 7,
    "myotonic spikes": 4,
    "myotonic positive waves": 4,
    "myokymia": 4,
    "neuromyotonia": 3,
    "insertional activity": 4,
    "quiet": 4,
    "artefact": 4,
}
LEADING = {"PSW": "positive sharp wave", "Fibs": "fibrillation"}
Source = Callable[[str, Draw, float, float], list[Firing]]  # a generator's trains, at a rate in Hz, of so many seconds
VOLUNTARY = ("normal MUAP", "neurogenic MUAP", "myopathic MUAP")
MOTOR_UNITS = (*VOLUNTARY, "regular motor unit")


@dataclass(frozen=True)
class Examination:
    """What a mixture is recorded with, and when: ``any`` needle is the ranges as they are, which cover both.

    ``months`` after denervation sets how large fibrillations and positive sharp waves are (None: any).
    """

    needle: Literal["any", "concentric", "monopolar"] = "any"
    months: float | None = None


def leading_generator(draw: Draw, label: str) -> str:
    """Return the generator that makes a stretch be called ``label``."""
    return LEADING.get(label) or draw.pick(tuple(OTHERS), tuple(OTHERS.values()))


def own_trains(name: str, draw: Draw, sampling_hz: float, length_s: float) -> list[Firing]:
    """Return the train of a generator by this simulator."""
    return [make(name, draw, sampling_hz, length_s)]


def simulate_scene(
    draw: Draw,
    generator: str,
    rate_hz: float,
    length_s: float,
    amplifier: Amplifier | None = None,
    source: Source = own_trains,
) -> Recording:
    """Return a stretch led by one generator (or ``quiet``, ``artefact``), plainly above the noise, with company.

    ``source`` makes the trains that lead.
    """
    work_hz, _ = work_rate(rate_hz)
    firings = _leading(draw, generator, work_hz, length_s, source)
    sizes = [float(np.ptp(s)) for f in firings for s in f.shapes] or [0.0]
    size = min(sizes) if generator in LEADING.values() else max(sizes)
    if firings and draw.chance(0.15):  # whatever leads: company must not tell the class
        firings.append(_company(draw, work_hz, length_s, min(sizes), generator))
    noise, names = _background(draw, work_hz, int(length_s * work_hz), generator, size)
    return record(firings, noise, rate_hz, amplifier or random_amplifier(draw, size), names)


def random_amplifier(draw: Draw, size_uv: float) -> Amplifier:
    """Return usual needle-EMG filter settings; now and then a range that clips."""
    clips = size_uv * draw.between(0.3, 0.45) if size_uv and draw.chance(0.02) else None
    return Amplifier(
        draw.pick((2.0, 3.0, 5.0, 10.0, 20.0, 30.0, 50.0), (1, 1, 1, 3, 6, 1, 0.5)),
        draw.pick((3000.0, 5000.0, 8000.0, 10000.0, 20000.0), (1, 2, 1, 6, 1)),
        clips,
    )


def _leading(draw: Draw, generator: str, work_hz: float, length_s: float, source: Source) -> list[Firing]:
    if generator in ("quiet", "artefact"):
        return []
    count = 1
    if generator in LEADING.values():
        count = draw.pick((1, 2, 3, 5), (60, 20, 12, 8))
    if generator in VOLUNTARY:
        count = draw.pick((1, 2, 3, 5, 8), (40, 20, 15, 15, 10))  # from one unit to an interference pattern
    return [f for _ in range(count) for f in source(generator, draw, work_hz, length_s)]


def _company(draw: Draw, work_hz: float, length_s: float, size_uv: float, leading: str) -> Firing:
    """Return something beside what leads, smaller than it and no denervated fibre."""
    names = {"end-plate noise": 4, "normal MUAP": 4, "neurogenic MUAP": 2, "fasciculation": 1}
    names.pop(leading, None)
    name = draw.pick(tuple(names), tuple(names.values()))
    # many end plates add up: more of it and the picture would be one of end-plate noise
    share = draw.between(0.02, 0.08) if name == "end-plate noise" else draw.between(0.08, 0.35)
    return make(name, draw, work_hz, length_s, amplitude_uv=size_uv * share)


def _background(
    draw: Draw, work_hz: float, samples: int, generator: str, size_uv: float
) -> tuple[np.ndarray, tuple[str, ...]]:
    rms = draw.of(ranges.AMPLIFIER_NOISE_UV)
    most = size_uv or 1e9  # a leading wave stands out: 10 times the noise's rms, 2 times the hum
    total = bg.amplifier_noise(draw, work_hz, samples, min(rms, most / 10))
    names = ["noise"]
    artefact = draw.pick(("mains", "ecg", "pacemaker", "movement")) if generator == "artefact" else ""
    if artefact == "mains" or draw.chance(0.15):
        hum = draw.of(ranges.MAINS_UV)
        total += bg.mains(draw, work_hz, samples, min(hum, most / 2.5), draw.pick((50.0, 60.0)))
        names.append("mains")
    if artefact == "ecg" or draw.chance(0.03):
        size, rate = min(draw.of(ranges.ECG_UV), most / 2), draw.of(ranges.ECG_RATE_HZ)
        total += bg.electrocardiogram(draw, work_hz, samples, size, rate, draw.of(ranges.QRS_MS))
        names.append("ecg")
    if artefact == "pacemaker" or draw.chance(0.015):
        size, rate = min(draw.of(ranges.ECG_UV) * 2, most), draw.of(ranges.ECG_RATE_HZ)
        total += bg.pacemaker(draw, work_hz, samples, size, rate, draw.of(ranges.PACEMAKER_MS))
        names.append("pacemaker")
    if artefact == "movement" or draw.chance(0.02):
        size = draw.of(ranges.NEEDLE_MOVEMENT_UV)
        total += bg.needle_movement(draw, work_hz, samples, min(size, most / 2))
        names.append("movement")
    return total, tuple(names)


def simulate_mixture(
    draw: Draw, generators: Sequence[str], rate_hz: float, length_s: float, examination: Examination | None = None
) -> Recording:
    """Return a recording in which several generators (or variants) fire at once, one train of each name given."""
    work_hz, _ = work_rate(rate_hz)
    how = examination or Examination()
    firings = [make(name, draw, work_hz, length_s, **_fixed(draw, name, how)) for name in generators]
    sizes = [float(np.ptp(s)) for f in firings for s in f.shapes]
    noise, names = _background(draw, work_hz, int(length_s * work_hz), "", min(sizes, default=0.0))
    return record(firings, noise, rate_hz, random_amplifier(draw, 0.0), names)


def _fixed(draw: Draw, name: str, examination: Examination) -> dict[str, float]:
    """Return what the examination says of a generator's parameters."""
    if examination.months is not None and (name in LEADING.values() or name in VARIANTS):
        return {"amplitude_uv": draw.of(ranges.amplitude_after(examination.months))}
    if examination.needle == "monopolar" and name in MOTOR_UNITS:
        own = ranges.GENERATORS[name]
        return {
            "amplitude_uv": draw.of(own.amplitude_uv) * draw.of(ranges.MONOPOLAR_GAIN),
            "duration_ms": draw.of(own.duration_ms) * draw.of(ranges.MONOPOLAR_LENGTH),
            "spread": draw.of(ranges.MONOPOLAR_SPREAD),
        }
    return {}
