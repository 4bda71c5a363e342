"""The sources of needle EMG: what each looks like and how it fires."""

from collections.abc import Callable

import numpy as np

from training.simulate.emg_hands.strokes.curves import PER_MS, record
from training.simulate.emg_hands.strokes.draws import Floats, Rng, around, happens, ratio
from training.simulate.emg_hands.strokes.firing import bursts, clock, fire, life, paced, spontaneous, wander, within
from training.simulate.emg_hands.strokes.potentials import (
    chain,
    end_plate_spike,
    fibre_spike,
    fibre_uv,
    sharp_wave,
    wave_ms,
)
from training.simulate.emg_hands.strokes.units import FASCICULATING, MYOPATHIC, NEUROGENIC, NORMAL, motor_unit
from training.simulate.emg_hands.train import Train

Shapes = tuple[Floats, ...]
Beat = Callable[[Rng, float], Floats]


Source = Callable[[Rng, float], Train]


def _train(rng: Rng, shapes: Shapes, times: Floats, gains: Floats) -> Train:
    return Train(PER_MS, shapes, times, gains, rng.integers(len(shapes), size=times.size))


def _scatter(rng: Rng, times: Floats, cv: float, drift: float = 0.0) -> Floats:
    """Gains with about this scatter, changing over the train by about the part `drift` (the needle moves)."""
    course = np.exp(np.linspace(-0.5, 0.5, times.size) * drift * rng.standard_normal())
    return np.maximum(course * (1 + cv * rng.uniform(0.1, 1) * rng.standard_normal(times.size)), 0.05)


def _source(look: Callable[[Rng], Shapes], beat: Beat, cv: float, drift: float) -> Source:
    def source(rng: Rng, length_ms: float) -> Train:
        times = beat(rng, length_ms)
        return _train(rng, look(rng), times, _scatter(rng, times, cv, drift))

    return source


def _one(draw: Callable[[Rng], Floats], size_uv: Callable[[Rng], float]) -> Callable[[Rng], Shapes]:
    return lambda rng: record(rng, [draw(rng)], size_uv(rng))


def _voluntary(rng: Rng, length_ms: float) -> Floats:
    return paced(rng, length_ms, rng.uniform(5, 15), rng.uniform(0.1, 0.28), rng.uniform(0.02, 0.2), 15.0)


def _regular(rng: Rng, length_ms: float) -> Floats:
    """Published mean and sd of rate and CV."""
    return paced(rng, length_ms, around(rng, 6.3, 4.0, 1.0, 20.0), around(rng, 0.035, 0.017, 0.008, 0.09), 0.01, 20.0)


def _capricious(low_hz: float, high_hz: float, dead_ms: float) -> Beat:
    def beat(rng: Rng, length_ms: float) -> Floats:
        rate = ratio(rng, low_hz, high_hz)
        return paced(rng, length_ms, rate, rng.uniform(0.6, 1.2), rng.uniform(0.2, 1), dead_ms)

    return beat


def _complex(rng: Rng, length_ms: float) -> Train:
    """5-100 Hz, the same each time; abrupt start and stop; at a jump of rate a fibre may fall out of the circuit."""
    rate, grid = ratio(rng, 5.0, 100.0), clock(length_ms)
    span = min(ratio(rng, 5.0, 40.0), 900.0 / rate)
    start, stop = life(rng, length_ms, ratio(rng, 500.0, 3e4) + 8000 / rate)
    jump = rng.uniform(start, stop) if happens(rng, 0.4) else stop
    rates = rate * np.where(grid < jump, 1.0, ratio(rng, 0.5, 1.1)) * within(grid, (start, stop))
    times = fire(rng, grid, rates, rng.uniform(0.001, 0.02))
    which = ((times >= jump) & happens(rng, 0.5)).astype(np.int64)
    shapes = record(rng, chain(rng, span, int(rng.integers(3, 10))), ratio(rng, 100.0, 1000.0))
    return Train(PER_MS, shapes, times, _scatter(rng, times, 0.02, 0.03), which)


def _myotonic(look: Callable[[Rng, float], Floats], longest_ms: float) -> Source:
    """20-150 Hz, no faster than the potential allows; size and rate wax and wane."""

    def source(rng: Rng, length_ms: float) -> Train:
        duration, grid = float(rng.uniform(0.3, 1) * longest_ms), clock(length_ms)
        top, pace = min(150.0, 1200.0 / duration), rng.uniform(250, 900)
        start, stop = life(rng, length_ms, ratio(rng, 500.0, 8000.0))
        slide = np.exp(rng.uniform(-1, 0.3) * (grid - start) / (stop - start))  # most slow down
        rates = np.clip(ratio(rng, 30.0, top) * slide * wander(rng, grid, rng.uniform(0.1, 0.4), pace), 20.0, top)
        times = fire(rng, grid, rates * within(grid, (start, stop)), rng.uniform(0.01, 0.06))
        sizes = wander(rng, grid, rng.uniform(0.2, 0.6), pace) * slide ** rng.uniform(-0.5, 1)
        gains = np.interp(times, grid, sizes)
        shapes = record(rng, [look(rng, duration)], ratio(rng, 50.0, 1000.0))
        return _train(rng, shapes, times, np.clip(gains / gains.mean(), 0.15, 2.5) * _scatter(rng, times, 0.03))

    return source


def _myokymia(rng: Rng, length_ms: float) -> Train:
    """One to three motor units in bursts of 2-10 potentials at 5-60 Hz, the bursts recurring at 0.1-5 Hz."""
    rate, grid = ratio(rng, 5.0, 60.0), clock(length_ms)
    burst = 1000 / rate * rng.uniform(2, 10)
    spans = bursts(rng, length_ms, min(ratio(rng, 0.1, 5.0), 650 / burst), burst, rng.uniform(0.05, 0.3))
    times = fire(rng, grid, rate * within(grid, *spans), rng.uniform(0.05, 0.25), 8.0)
    kinds = rng.choice(2, int(rng.choice((1, 2, 3), p=(0.6, 0.25, 0.15))))
    shapes = tuple(motor_unit(rng, (NORMAL, FASCICULATING)[kind])[0] for kind in kinds)
    return _train(rng, shapes, times, _scatter(rng, times, 0.08))


def _neuromyotonia(rng: Rng, length_ms: float) -> Train:
    """A motor unit at 150-300 Hz in bursts that wane in size and a little in rate."""
    grid, burst = clock(length_ms), ratio(rng, 100.0, 3000.0)
    spans = bursts(rng, length_ms, min(ratio(rng, 0.1, 3.0), 600 / burst), burst, 0.5)
    starts = np.array([start for start, _ in spans])
    since = grid - starts[np.maximum(np.searchsorted(starts, grid, "right") - 1, 0)]
    wane = np.exp(-np.maximum(since, 0) / burst * rng.uniform(0.4, 1.6))
    rates = rng.uniform(150, 300) * wane ** rng.uniform(0, 0.3) * within(grid, *spans)
    times = fire(rng, grid, rates, rng.uniform(0.01, 0.06))
    gains = np.interp(times, grid, wane) * _scatter(rng, times, 0.05)
    return _train(rng, motor_unit(rng, NORMAL), times, gains)


def _insertion(rng: Rng, length_ms: float) -> Train:
    """Bursts of 300-500 ms of mixed spikes and waves, as long as the needle moves."""
    grid = clock(length_ms)
    spans = bursts(rng, length_ms, ratio(rng, 0.2, 1.2), rng.uniform(300, 420), 0.4)
    rates = ratio(rng, 30.0, 200.0) * within(grid, *spans) * wander(rng, grid, 0.6, 80.0)
    times = fire(rng, grid, rates, rng.uniform(0.4, 1), 0.5)
    shapes: Shapes = ()
    looks: tuple[Callable[[], Floats], ...] = (
        lambda: fibre_spike(rng),
        lambda: sharp_wave(rng, rng.uniform(6, 15)).curve(),
        lambda: chain(rng, 8.0, 3)[0],
    )
    for look in rng.choice(3, int(rng.integers(4, 9)), p=(0.4, 0.35, 0.25)):
        shapes += record(rng, [looks[look]()], ratio(rng, 50.0, 800.0))
    return _train(rng, shapes, times, np.exp(0.4 * rng.standard_normal(times.size)))


SOURCES: dict[str, Source] = {
    "fibrillation": _source(_one(fibre_spike, fibre_uv), spontaneous, 0.05, 0.15),
    "positive sharp wave": _source(
        _one(lambda rng: sharp_wave(rng, wave_ms(rng)).curve(), fibre_uv), spontaneous, 0.05, 0.2
    ),
    "end-plate spike": _source(
        _one(end_plate_spike, lambda rng: ratio(rng, 100.0, 300.0)), _capricious(4.0, 60.0, 4.0), 0.06, 0.15
    ),
    "fasciculation": _source(lambda rng: motor_unit(rng, FASCICULATING), _capricious(0.1, 10.0, 10.0), 0.08, 0.1),
    "normal MUAP": _source(lambda rng: motor_unit(rng, NORMAL), _voluntary, 0.06, 0.1),
    "neurogenic MUAP": _source(lambda rng: motor_unit(rng, NEUROGENIC), _voluntary, 0.06, 0.1),
    "myopathic MUAP": _source(lambda rng: motor_unit(rng, MYOPATHIC), _voluntary, 0.06, 0.1),
    "regular motor unit": _source(lambda rng: motor_unit(rng, NORMAL), _regular, 0.04, 0.1),
    "complex repetitive discharge": _complex,
    "myotonic spikes": _myotonic(lambda rng, ms: fibre_spike(rng, ms, ms), 4.7),
    "myotonic positive waves": _myotonic(lambda rng, ms: sharp_wave(rng, ms).lasting(ms).curve(), 15.0),
    "myokymia": _myokymia,
    "neuromyotonia": _neuromyotonia,
    "insertional activity": _insertion,
}
