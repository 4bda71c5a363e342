"""The shapes: each function returns one potential, positive where the needle is positive, its peak-to-peak 1."""

from types import ModuleType

import numpy as np

from training.simulate.emg import lobes, traced
from training.simulate.emg.draws import Draw, Range
from training.simulate.emg.fibre import (
    STEP_MM,
    Fibre,
    extent,
    fibre_potential,
    passing_fibre,
    stretched,
    trim,
)

FREE = ((lobes, 0.25), (traced, 0.25))  # of the potentials are drawn with no fibre behind them
SURFACE_MM = Range(0.08, 0.3)  # half the length: concentric 580 x 150 um, monopolar cones up to 0.34 mm2 (L)


def fibrillation_shape(draw: Draw, rate_hz: float, duration_ms: float, at_origin: bool = False) -> np.ndarray:
    """Return a fibre's potential as it goes past the needle: positive first, biphasic near its origin or end."""
    if free := _free(draw):
        return _unit(_to_last(free.fibrillation(draw, at_origin), duration_ms, rate_hz))
    variant = draw.rng.random()
    origin, end = -draw.between(3, 25), draw.between(5, 30)
    if at_origin:
        origin = -draw.between(0, 0.15)
    elif variant < 0.25:
        origin = -draw.between(0.5, 3)
    elif variant < 0.45:
        end = draw.between(1.0, 4)  # ends soon after the needle: the last positive phase changes
    fibre = Fibre(
        radius_mm=draw.between(0.04, 0.5, log=True),
        velocity_m_s=draw.between(1.5, 4),
        origin_mm=origin,
        end_mm=end,
        spike_mm=draw.between(0.7, 1.6),
        surface_mm=draw.of(SURFACE_MM),
    )
    return _unit(_lasting(fibre_potential(fibre, rate_hz), duration_ms, rate_hz))


def positive_sharp_wave_shape(
    draw: Draw, rate_hz: float, duration_ms: float, purely_positive: bool = False
) -> np.ndarray:
    """Return the potential of a wave blocked at the needle: a sharp positive fall, then long and low negative.

    The wave slows towards the block, so the return is drawn out and the fall is not: fall under 1 ms, positive phase
    under 5 ms (L). The needle's after-depolarisation sets the negative phase; without it the wave is purely positive.
    """
    if free := _free(draw):
        return _unit(trim(free.positive_sharp_wave(draw, rate_hz, duration_ms, purely_positive)))
    fibre = Fibre(
        radius_mm=draw.between(0.05, 0.3),
        velocity_m_s=2.0,
        origin_mm=-draw.between(0.6, 12, log=True),
        end_mm=draw.between(-0.3, 0.15),
        spike_mm=draw.between(0.5, 1.3),
        after=0.0 if purely_positive else draw.between(1.0, 8.0, log=True),
        after_mm=draw.between(6, 25, log=True),
        surface_mm=draw.of(SURFACE_MM),
    )
    shape = fibre_potential(fibre, rate_hz)
    if purely_positive:
        shape = np.maximum(shape, 0.03 * np.minimum(shape, 0))
    peak = int(np.argmax(shape))
    onset = peak - int(np.argmax(shape[peak::-1] < 0.1))
    after = np.flatnonzero(shape[peak:] <= 0.02)
    back = peak + (int(after[0]) if after.size else len(shape) - 1 - peak)
    fall_ms, return_ms = draw.between(0.25, 0.95), draw.between(1.0, 3.9)
    if fall_ms > return_ms:
        fall_ms = return_ms * 0.6
    factors = fall_ms / max(1, peak - onset), return_ms / max(1, back - peak)
    before, falling = stretched(shape[: onset + 1], factors[0] * rate_hz / 1000), shape[onset : peak + 1]
    head = stretched(falling, factors[0] * rate_hz / 1000)
    positive = np.maximum(stretched(shape[peak : back + 1], factors[1] * rate_hz / 1000), 0) ** draw.between(0.7, 1.8)
    shape = np.concatenate([before[-int(0.003 * rate_hz) :], head[1:], positive[1:]])
    rest = stretch_to(_tail(draw), max(3.0, 1.35 * duration_ms - fall_ms - return_ms), rate_hz)
    depth = 0.0 if purely_positive else draw.between(0.08, 0.35)
    return _unit(trim(np.concatenate([shape, -depth * rest])))


def _tail(draw: Draw) -> np.ndarray:
    """Return the low negative phase, largest 1: the after-depolarisation's fading as the needle sees it."""
    s = np.linspace(0, 1, 200)
    return (1 - np.exp(-s / draw.between(0.04, 0.2))) * np.exp(-2.2 * s) * np.cos(s * np.pi / 2)


def stretch_to(shape: np.ndarray, duration_ms: float, rate_hz: float) -> np.ndarray:
    """Return the shape resampled to last ``duration_ms``, its largest deflection 1."""
    resampled = stretched(shape, duration_ms * rate_hz / 1000 / len(shape))
    return resampled / np.abs(resampled).max()


def end_plate_noise_shape(draw: Draw, rate_hz: float, duration_ms: float) -> np.ndarray:
    """Return a miniature end-plate potential: negative, monophasic (a quick rise, a slower return)."""
    t = np.linspace(0, 1, max(8, int(1.25 * duration_ms * rate_hz / 1000)))
    return -_unit((1 - np.exp(-t / draw.between(0.06, 0.15))) * np.exp(-t * 3.5) * (1 - t))


def end_plate_spike_shape(draw: Draw, rate_hz: float, duration_ms: float) -> np.ndarray:
    """Return a fibre's potential that starts at the needle: negative first, then positive."""
    if free := _free(draw):
        return _unit(_to_last(free.end_plate_spike(draw), duration_ms, rate_hz))
    fibre = Fibre(
        radius_mm=draw.between(0.04, 0.3),
        velocity_m_s=draw.between(2.5, 4.5),
        origin_mm=-draw.between(0.0, 0.12),
        spike_mm=draw.between(0.8, 1.3),
        surface_mm=draw.of(SURFACE_MM),
    )
    return _unit(_lasting(fibre_potential(fibre, rate_hz), duration_ms, rate_hz))


# fibres that count, spread of their arrivals in ms, spread of velocities
_UNITS = {"normal": ((6, 16), (0.25, 0.9)), "neurogenic": ((10, 25), (0.5, 1.9)), "myopathic": ((3, 9), (0.3, 1.5))}


def motor_unit_shape(
    draw: Draw, rate_hz: float, duration_ms: float, form: str = "normal", spread_by: float = 1.0
) -> np.ndarray:
    """Return a motor unit's potential: the sum of its fibres, near ones sharp and far ones slow.

    Fibres lie evenly over the needle's uptake area, their end plates and velocities spread; reinnervation adds fibres
    in groups and spreads them, myopathy leaves few. ``spread_by`` more than 1: their arrivals lie farther apart.
    """
    if free := _free(draw):
        return _unit(_to_last(free.motor_unit(draw, form), duration_ms * spread_by**0.3, rate_hz))
    (few, many), (close, wide) = _UNITS[form]
    count, spread = draw.integer(few, many), spread_by * draw.between(close, wide)
    surface = draw.of(SURFACE_MM)
    nearest = draw.between(0.12, 0.45) if form != "myopathic" else draw.between(0.08, 0.3)
    radii = nearest + np.sqrt(draw.rng.random(count)) * draw.between(0.8, 2.2)
    radii[0] = nearest
    arrivals = draw.rng.normal(0, spread, count)
    if form == "neurogenic":  # groups that a sprout reinnervated arrive together
        arrivals = np.repeat(draw.rng.normal(0, spread, count), draw.integer(1, 3))[:count]
    velocities = np.clip(draw.rng.normal(3.7, 0.4 if form == "normal" else 0.8, count), 1.8, 5.5)
    samples = int(0.05 * rate_hz)
    near_end_plates = draw.chance(0.4)  # hardly an initial positive phase
    total = np.zeros(samples)
    t_ms = (np.arange(samples) - samples / 2) / rate_hz * 1000
    for radius, arrival, velocity in zip(radii, arrivals, velocities, strict=True):
        along = passing_fibre(float(radius), surface, near_end_plates)
        middle = int(np.argmin(along))
        total += np.interp((t_ms - arrival) * velocity / STEP_MM + middle, np.arange(len(along)), along, 0.0, 0.0)
    return _unit(_lasting(trim(total), duration_ms, rate_hz, 0.6, 2.2))


def sharp_motor_unit_shape(draw: Draw, rate_hz: float, duration_ms: float) -> np.ndarray:
    """Return a motor unit's potential that looks like a positive sharp wave: its fibres end at the needle.

    Found in 7 % of recordings from healthy muscle (EMG.md). Several fibres arrive one after another, so it is blunter.
    """
    count = draw.integer(3, 7)
    shapes = [positive_sharp_wave_shape(draw, rate_hz, duration_ms) for _ in range(count)]
    delays = [round(abs(draw.rng.normal(0, 0.8)) * rate_hz / 1000) for _ in range(count)]
    total = np.zeros(max(len(s) + d for s, d in zip(shapes, delays, strict=True)))
    for shape, delay in zip(shapes, delays, strict=True):
        total[delay : delay + len(shape)] += shape * draw.between(0.3, 1)
    return _unit(total)


def repetitive_shape(draw: Draw, rate_hz: float, duration_ms: float) -> np.ndarray:
    """Return one cycle of a complex repetitive discharge: several single fibres that drive one another, polyphasic."""
    samples = int(duration_ms * rate_hz / 1000)
    total = np.zeros(samples + int(0.02 * rate_hz))
    for _ in range(draw.integer(4, 12)):
        one = fibrillation_shape(draw, rate_hz, draw.between(1.2, 4)) * draw.between(0.15, 1)
        at = int(draw.rng.random() * max(1, samples - len(one) * 0.6))
        stop = min(len(total), at + len(one))
        total[at:stop] += one[: stop - at]
    return _unit(trim(total))


def _lasting(
    shape: np.ndarray, duration_ms: float, rate_hz: float, least: float = 0.3, most: float = 3.0
) -> np.ndarray:
    """Return the shape stretched to a duration (slower or faster conduction), within bounds."""
    first, last = extent(shape)
    return stretched(shape, float(np.clip(duration_ms * rate_hz / 1000 / max(1, last - first), least, most)))


def _to_last(shape: np.ndarray, duration_ms: float, rate_hz: float) -> np.ndarray:
    """Return the shape resampled so that it lasts ``duration_ms`` from first to last 5 % of its largest deflection."""
    for ease in (trim, np.asarray):  # easing the ends in takes a little off a sharp one
        first, last = extent(shape)
        shape = ease(stretched(shape, duration_ms * rate_hz / 1000 / max(1, last - first)))
    return shape


def _free(draw: Draw) -> ModuleType | None:
    """Return the way in which a potential is drawn with no fibre behind it, or None: by a fibre."""
    at = draw.rng.random()
    for way, share in FREE:
        if at < share:
            return way
        at -= share
    return None


def _unit(shape: np.ndarray) -> np.ndarray:
    return shape / (shape.max() - shape.min())
