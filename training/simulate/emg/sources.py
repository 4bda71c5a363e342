"""The generators: each makes the trains (shapes, times, gains) of one source in a stretch of recording."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from training.simulate.emg import firing, potentials
from training.simulate.emg.draws import Draw
from training.simulate.emg.parameters import BURST_RATE_HZ, GENERATORS, INSERTION_MS


@dataclass(frozen=True, eq=False)
class Firing:
    """One train: which of its shapes (in uV, positive where the needle is positive) fires when, and how large."""

    generator: str
    label: str
    shapes: tuple[np.ndarray, ...]
    times_s: np.ndarray
    gains: np.ndarray
    which: np.ndarray
    each: tuple[tuple[str, str], ...] = ()  # generator and class of each shape, where they are not all the train's


@dataclass(frozen=True)
class Setting:
    """One source's parameters, in the units of ``parameters.GENERATORS``."""

    amplitude_uv: float
    duration_ms: float
    rate_hz: float
    cv: float
    spread: float = 1.0  # of a motor unit's fibres in time, against what is usual


Make = Callable[[Draw, float, float, Setting], Firing]


def make(name: str, draw: Draw, sampling_hz: float, length_s: float, **fixed: float) -> Firing:
    """Return a train of a generator or of a variant (``VARIANTS``).

    ``fixed`` sets amplitude_uv, duration_ms, rate_hz, cv or a motor unit's spread instead of drawing it.
    """
    if name in VARIANTS:
        generator, maker = VARIANTS[name]
    else:
        generator, maker = name, _MAKERS[name]
    ranges = GENERATORS[generator]
    drawn = {key: draw.of(getattr(ranges, key)) for key in ("amplitude_uv", "duration_ms", "rate_hz", "cv")}
    return maker(draw, sampling_hz, length_s, Setting(**(drawn | fixed)))


def _firing(name: str, setting: Setting, shapes: list[np.ndarray], times: np.ndarray, gains: np.ndarray) -> Firing:
    which = np.zeros(len(times), int)
    scaled = tuple(s * setting.amplitude_uv for s in shapes)
    return Firing(name, GENERATORS[name].label, scaled, times, gains, which)


def _jitter(draw: Draw, times: np.ndarray, share: float) -> np.ndarray:
    return np.clip(1 + share * draw.rng.standard_normal(len(times)), 0.3, 2)


def _fibrillation(draw: Draw, sampling_hz: float, length_s: float, setting: Setting) -> Firing:
    times = firing.spontaneous(draw, length_s, setting.rate_hz, setting.cv, draw.between(0.2, 0.6))
    shape = potentials.fibrillation_shape(draw, sampling_hz, setting.duration_ms)
    return _firing("fibrillation", setting, [shape], times, _jitter(draw, times, 0.02))


def _sharp_wave(draw: Draw, sampling_hz: float, length_s: float, setting: Setting) -> Firing:
    times = firing.spontaneous(draw, length_s, setting.rate_hz, setting.cv, draw.between(0.2, 0.6))
    shape = potentials.positive_sharp_wave_shape(draw, sampling_hz, setting.duration_ms, draw.chance(0.12))
    return _firing("positive sharp wave", setting, [shape], times, _jitter(draw, times, 0.03))


def _end_plate_noise(draw: Draw, sampling_hz: float, length_s: float, setting: Setting) -> Firing:
    plates = draw.integer(5, 20)
    times = [firing.steady(draw, length_s, setting.rate_hz, setting.cv) for _ in range(plates)]
    shapes = [
        potentials.end_plate_noise_shape(draw, sampling_hz, setting.duration_ms * draw.between(0.9, 1.1))
        for _ in range(plates)
    ]
    joined = np.concatenate(times)
    order = np.argsort(joined)
    which = np.repeat(np.arange(plates), [len(t) for t in times])[order]
    gains = np.clip(draw.rng.lognormal(-0.3, 0.5, len(joined)), 0.1, 1.5)
    return replace(_firing("end-plate noise", setting, shapes, joined[order], gains), which=which)


def _end_plate_spike(draw: Draw, sampling_hz: float, length_s: float, setting: Setting) -> Firing:
    times = firing.steady(draw, length_s, setting.rate_hz, setting.cv)
    shape = potentials.end_plate_spike_shape(draw, sampling_hz, setting.duration_ms)
    return _firing("end-plate spike", setting, [shape], times, _jitter(draw, times, 0.08))


def _fasciculation(draw: Draw, sampling_hz: float, length_s: float, setting: Setting) -> Firing:
    times = firing.steady(draw, length_s, setting.rate_hz, setting.cv)
    form = draw.pick(("normal", "neurogenic"))
    shapes = [
        potentials.motor_unit_shape(draw, sampling_hz, setting.duration_ms, form) for _ in range(draw.integer(1, 3))
    ]
    made = _firing("fasciculation", setting, shapes, times, _jitter(draw, times, 0.1))
    return replace(made, which=draw.rng.integers(0, len(shapes), len(times)))


def _motor_unit(name: str, form: str | None, shake: float) -> Make:
    def motor_unit(draw: Draw, sampling_hz: float, length_s: float, setting: Setting) -> Firing:
        times = firing.steady(draw, length_s, setting.rate_hz, setting.cv)
        own = form or draw.pick(("normal", "neurogenic", "myopathic"))
        shape = potentials.motor_unit_shape(draw, sampling_hz, setting.duration_ms, own, setting.spread)
        return _firing(name, setting, [shape], times, _jitter(draw, times, shake))

    return motor_unit


def _sharp_motor_unit(draw: Draw, sampling_hz: float, length_s: float, setting: Setting) -> Firing:
    times = firing.steady(draw, length_s, setting.rate_hz, setting.cv)
    shape = potentials.sharp_motor_unit_shape(draw, sampling_hz, setting.duration_ms)
    return _firing("PSW-shaped MUAP", setting, [shape], times, _jitter(draw, times, 0.03))


def _repetitive(draw: Draw, sampling_hz: float, length_s: float, setting: Setting) -> Firing:
    duration = min(setting.duration_ms, 700 / setting.rate_hz)  # a cycle ends before the next
    shapes = [potentials.repetitive_shape(draw, sampling_hz, duration)]
    times = firing.steady(draw, length_s, setting.rate_hz, setting.cv)
    if draw.chance(0.5):
        times = firing.stretch_of(draw, times, length_s)
    which = np.zeros(len(times), int)
    if draw.chance(0.25):  # jumps: from some moment another circuit
        shapes.append(potentials.repetitive_shape(draw, sampling_hz, duration))
        which[times > draw.rng.random() * length_s] = 1
    made = _firing("complex repetitive discharge", setting, shapes, times, _jitter(draw, times, 0.01))
    return replace(made, which=which)


def _myotonic(name: str) -> Make:
    def myotonic(draw: Draw, sampling_hz: float, length_s: float, setting: Setting) -> Firing:
        times, gains = firing.waxing(draw, length_s, setting.rate_hz, setting.cv, draw.between(0.2, 0.7))
        if name == "myotonic spikes":
            shape = potentials.fibrillation_shape(draw, sampling_hz, setting.duration_ms)
        else:
            shape = potentials.positive_sharp_wave_shape(draw, sampling_hz, setting.duration_ms)
        return _firing(name, setting, [shape], times, gains)

    return myotonic


def _myokymia(draw: Draw, sampling_hz: float, length_s: float, setting: Setting) -> Firing:
    times = firing.bursts(draw, length_s, setting.rate_hz, setting.cv, draw.of(BURST_RATE_HZ))
    shape = potentials.motor_unit_shape(draw, sampling_hz, setting.duration_ms, draw.pick(("normal", "neurogenic")))
    return _firing("myokymia", setting, [shape], times, _jitter(draw, times, 0.05))


def _neuromyotonia(draw: Draw, sampling_hz: float, length_s: float, setting: Setting) -> Firing:
    times = firing.steady(draw, min(length_s, draw.between(0.2, 2.0)), setting.rate_hz, setting.cv)
    shape = potentials.motor_unit_shape(draw, sampling_hz, setting.duration_ms, "normal")
    waning = np.exp(-np.arange(len(times)) / max(1, len(times)) * draw.between(0.5, 2.5))
    return _firing("neuromyotonia", setting, [shape], times + draw.rng.random() * 0.3 * length_s, waning)


def _insertional(draw: Draw, sampling_hz: float, length_s: float, setting: Setting) -> Firing:
    burst_s = draw.of(INSERTION_MS) / 1000
    start = draw.rng.random() * max(0.0, length_s - burst_s) * 0.5
    times = start + firing.steady(draw, burst_s, setting.rate_hz, setting.cv)
    shapes = []
    for _ in range(draw.integer(3, 8)):
        maker = draw.pick(
            (potentials.fibrillation_shape, potentials.end_plate_spike_shape, potentials.motor_unit_shape)
        )
        shapes.append(maker(draw, sampling_hz, setting.duration_ms * draw.between(0.6, 1.6)))
    gains = draw.rng.lognormal(-0.4, 0.6, len(times)) * np.exp(-(times - start) / burst_s)
    made = _firing("insertional activity", setting, shapes, times, np.clip(gains, 0.05, 2))
    return replace(made, which=draw.rng.integers(0, len(shapes), len(times)))


_MAKERS: dict[str, Make] = {
    "fibrillation": _fibrillation,
    "positive sharp wave": _sharp_wave,
    "end-plate noise": _end_plate_noise,
    "end-plate spike": _end_plate_spike,
    "fasciculation": _fasciculation,
    "normal MUAP": _motor_unit("normal MUAP", "normal", 0.03),
    "neurogenic MUAP": _motor_unit("neurogenic MUAP", "neurogenic", 0.08),
    "myopathic MUAP": _motor_unit("myopathic MUAP", "myopathic", 0.04),
    "PSW-shaped MUAP": _sharp_motor_unit,
    "regular motor unit": _motor_unit("regular motor unit", None, 0.03),
    "complex repetitive discharge": _repetitive,
    "myotonic spikes": _myotonic("myotonic spikes"),
    "myotonic positive waves": _myotonic("myotonic positive waves"),
    "myokymia": _myokymia,
    "neuromyotonia": _neuromyotonia,
    "insertional activity": _insertional,
}


def _at_origin(draw: Draw, sampling_hz: float, length_s: float, setting: Setting) -> Firing:
    times = firing.spontaneous(draw, length_s, setting.rate_hz, setting.cv, draw.between(0.2, 0.6))
    shape = potentials.fibrillation_shape(draw, sampling_hz, setting.duration_ms, at_origin=True)
    return _firing("fibrillation", setting, [shape], times, _jitter(draw, times, 0.02))


def _turning(first: str, then: str) -> Make:
    def turning(draw: Draw, sampling_hz: float, length_s: float, setting: Setting) -> Firing:
        """One fibre's train: its wave comes to be blocked at the needle, or comes to pass it again."""
        times = firing.spontaneous(draw, length_s, setting.rate_hz, setting.cv, draw.between(0.2, 0.6))
        sharp_ms = draw.of(GENERATORS["positive sharp wave"].duration_ms)
        shapes = {
            "fibrillation": potentials.fibrillation_shape(draw, sampling_hz, setting.duration_ms),
            "positive sharp wave": potentials.positive_sharp_wave_shape(draw, sampling_hz, sharp_ms),
        }
        made = _firing(first, setting, [shapes[first], shapes[then]], times, _jitter(draw, times, 0.02))
        turn_s = draw.between(0.3, 0.7) * length_s
        each = tuple((name, GENERATORS[name].label) for name in (first, then))
        return replace(made, which=(times > turn_s).astype(int), each=each)

    return turning


# What is simulated when it is asked for by name, with the generator whose ranges it has: a train may turn from one into
# the other, and a fibrillation is negative first only at its origin (EMG.md, L)
VARIANTS: dict[str, tuple[str, Make]] = {
    "fibrillation at its origin": ("fibrillation", _at_origin),
    "fibrillation turning into positive sharp wave": (
        "fibrillation",
        _turning("fibrillation", "positive sharp wave"),
    ),
    "positive sharp wave turning into fibrillation": (
        "fibrillation",
        _turning("positive sharp wave", "fibrillation"),
    ),
}
