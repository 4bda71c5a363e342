"""Potentials as closed-form templates: sums of Gaussians, gamma functions, damped shapes, random phases and turns.

Time in ms; values point as the display does (negative voltage is up, so `up` > 0 is negative). Each template has
peak to peak 1. Durations are those of shared/EMG.md unless a comment says otherwise.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

RATE = 20.0  # samples per ms (20 kHz, as modern machines)
Signal = NDArray[np.float64]


@dataclass(frozen=True)
class Template:
    """`up` (n,) at RATE, peak to peak 1; the potential lies between `onset` and `end` (ms from the first sample)."""

    up: Signal
    onset: float
    end: float


def finish(values: Signal, floor: float = 0.025) -> Template:
    """Scales to peak to peak 1 and finds where the potential leaves and rejoins the baseline (`floor` of it)."""
    values = values / (np.ptp(values) + 1e-12)
    seen = np.flatnonzero(np.abs(values) > floor)
    return Template(values, float(seen[0]) / RATE, float(seen[-1] + 1) / RATE)


def axis(duration: float, margin: float = 0.6) -> Signal:
    """Time (n,) in ms from -margin to 1 + margin of the duration."""
    return np.arange(-margin * duration, (1 + margin) * duration, 1 / RATE)


def bump(time: Signal, centre: float, width: float) -> Signal:
    """A Gaussian of standard deviation `width`."""
    return np.exp(-0.5 * ((time - centre) / width) ** 2)


def gamma(time: Signal, order: float, scale: float) -> Signal:
    """(t/s)^k e^(-t/s) of peak 1 at t = k s, 0 before 0."""
    x = np.maximum(time, 0) / scale
    return (x / order) ** order * np.exp(order - x)


def plain(template: Template) -> bool:
    """Begins positive (down) and has at most three phases: without a time scale it could be a fibrillation."""
    strong = np.sign(template.up[np.abs(template.up) > 0.06])
    return bool(strong[0] < 0 and np.count_nonzero(np.diff(strong)) < 3)


def fibrillation(rng: np.random.Generator) -> Template:
    """Bi- or triphasic, first phase positive (down) and small, 1-5 ms in all."""
    duration = float(np.clip(rng.lognormal(np.log(2.6), 0.38), 1.0, 5.0))
    time = axis(duration)
    kind = rng.integers(6)
    unit = duration / 6
    if kind == 0:  # three Gaussians, each with its own width
        lead, tail = rng.uniform(0.12, 0.5), rng.uniform(0.15, 0.8)
        up = bump(time, 2.6 * unit, unit * rng.uniform(0.5, 0.8))
        up -= lead * bump(time, unit * rng.uniform(1.1, 1.5), unit * rng.uniform(0.4, 0.6))
        up -= tail * bump(time, unit * rng.uniform(3.9, 4.5), unit * rng.uniform(0.6, 1.0))
    elif kind == 1:  # second derivative of a Gaussian on a time that slows down behind the spike
        x = time - 2.7 * unit
        x = x / (unit * np.where(x > 0, rng.uniform(0.9, 1.4), rng.uniform(0.65, 0.9)))
        up = (1 - x**2) * np.exp(-0.5 * x**2) * np.where(x < 0, rng.uniform(0.4, 1.0), rng.uniform(0.5, 1.3))
        up = np.where((np.abs(x) < 1), (1 - x**2) * np.exp(-0.5 * x**2), up)
    elif kind == 2:  # biphasic: down, then a larger up
        up = bump(time, 3.4 * unit, unit * rng.uniform(0.65, 1.1))
        up -= rng.uniform(0.3, 0.85) * bump(time, unit * 1.7, unit * rng.uniform(0.45, 0.6))
    elif kind == 3:  # a needle-sharp spike between hardly visible positive phases
        sharp = unit * rng.uniform(0.28, 0.5)
        up = np.exp(-(np.abs((time - 2.4 * unit) / sharp) ** rng.uniform(1.2, 1.8)))
        up -= rng.uniform(0.06, 0.2) * bump(time, 1.3 * unit, unit * 0.45)
        up -= rng.uniform(0.1, 0.5) * gamma(time - 2.7 * unit, 1.5, unit * rng.uniform(0.4, 0.8))
    elif kind == 4:  # both positive phases nearly as tall as the negative one, uneven widths, a notch on the way back
        up = bump(time, 2.5 * unit, unit * rng.uniform(0.4, 0.7))
        up -= rng.uniform(0.5, 0.85) * bump(time, unit * rng.uniform(1.2, 1.6), unit * rng.uniform(0.35, 0.55))
        up -= rng.uniform(0.4, 0.9) * bump(time, unit * rng.uniform(3.4, 4.0), unit * rng.uniform(0.4, 0.9))
        up += rng.uniform(0, 0.3) * bump(time, unit * 4.2, unit * 0.3)
    else:  # difference of gamma functions with a long last phase
        up = gamma(time - 1.5 * unit, rng.uniform(2, 4), unit * 0.35)
        up -= rng.uniform(0.15, 0.45) * bump(time, unit * 1.3, unit * 0.4)
        up -= rng.uniform(0.2, 0.6) * gamma(time - 2.6 * unit, 2.5, unit * rng.uniform(0.5, 0.75))
    return finish(up)


def positive_wave(rng: np.random.Generator, longest: float = 100.0) -> Template:
    """Sharp positive fall (< 1 ms), positive phase < 5 ms, long low negative phase; 10-100 ms, most 10-30 ms."""
    duration = float(np.clip(rng.lognormal(np.log(24), 0.55), 10.0, longest))
    time = axis(duration, 0.1)
    fall = rng.uniform(0.2, 0.9)
    width = min(rng.uniform(1.2, 4.8), duration / 4)
    kind = rng.integers(4)
    if kind == 0:  # two gamma functions
        up = -gamma(time, fall / 0.3, 0.3) - rng.uniform(0.5, 1) * gamma(time, 1.2, width / 3)
        up += rng.uniform(0.1, 0.5) * gamma(time - width * 0.5, 1.5, duration / 9)
    elif kind == 1:  # a straight fall, an exponential return that overshoots, a slow settling
        drop = np.clip(time / fall, 0, 1)
        up = -drop * np.exp(-np.maximum(time - fall, 0) / (width / 2.2))
        late = np.maximum(time - fall, 0)
        up += rng.uniform(0.1, 0.4) * (1 - np.exp(-late / (width * 0.7))) * np.exp(-((late / (duration * 0.45)) ** 2))
    elif kind == 2:  # damped cosine in stretched time
        x = np.maximum(time, 0)
        turn = np.pi / 2 * (1 + 2 * (1 - np.exp(-np.maximum(x - width, 0) / (duration * 0.5))))
        turn = np.where(x < width, np.pi / 2 * (x / width) ** rng.uniform(0.8, 1.4), turn)
        up = -np.clip(time / fall, 0, 1) * np.cos(turn) * np.where(x < width, 1, rng.uniform(0.12, 0.4))
        up *= np.exp(-((x / (duration * 0.62)) ** 4))
    else:  # purely positive, or nearly: a fall and a slow return
        up = -np.clip(time / fall, 0, 1) * np.exp(-np.maximum(time - fall, 0) / (width * 0.75))
        up += rng.uniform(0.02, 0.1) * gamma(time - width, 1.5, duration / 8)
    hump = up.max() / -up.min()  # the negative phase is low: 4-38 % of the positive one
    up = np.where(up > 0, up * min(1.0, rng.uniform(0.04, 0.38) / max(hump, 1e-6)), up)
    if rng.random() < 0.2:  # a small negative spike just ahead, as the propagating fibre stops
        up += rng.uniform(0.05, 0.2) * bump(time, -0.3, 0.2)
    return finish(up)


def end_plate_spike(rng: np.random.Generator) -> Template:
    """Biphasic, first phase negative (up), 2-5 ms."""
    duration = rng.uniform(2, 5)
    time = axis(duration)
    if rng.random() < 0.5:
        up = bump(time, duration * 0.25, duration * rng.uniform(0.07, 0.1))
        up -= rng.uniform(0.3, 1.0) * bump(time, duration * rng.uniform(0.48, 0.58), duration * rng.uniform(0.1, 0.16))
    else:
        up = gamma(time, rng.uniform(1.5, 3), duration * 0.07)
        up -= rng.uniform(0.5, 1.0) * gamma(time - duration * 0.22, 2.0, duration * rng.uniform(0.07, 0.11))
    return finish(up)


def unit(rng: np.random.Generator, duration: float, phases: int, rough: float = 0.3) -> Template:
    """A motor unit potential: `phases` alternate under an envelope, `rough` (0-1) adds turns inside them, a slow tail
    ends it. The envelope starts and ends low, so that no phase is as abrupt as a positive wave's."""
    duration *= 1.12  # what is seen above the baseline is shorter than the sum of the phases
    time = axis(duration, 0.5)
    shares = np.cumsum(rng.uniform(0.6, 1.4, phases))
    centres = duration * (0.12 + 0.66 * (shares - shares[0] / 2) / shares[-1])
    main = rng.integers(max(phases // 3, 0), max(2 * phases // 3, 1) + (phases < 3))
    sign = 1.0 if (main % 2 == 0) else -1.0  # the tallest phase is negative
    if rng.random() < 0.12:
        sign = -sign
    up = np.zeros_like(time)
    for index, centre in enumerate(centres):
        height = sign * (-1) ** index * rng.uniform(0.6, 1.0) * np.exp(-(((index - main) / (0.45 * phases + 0.4)) ** 2))
        width = duration / (3.2 * phases + 2.5) * rng.uniform(0.75, 1.15)
        up += height * bump(time, float(centre), width)
        if rng.random() < rough:  # a turn: a notch on the phase's flank
            side = width * rng.choice([-1, 1]) * rng.uniform(0.3, 1)
            up -= 0.45 * height * bump(time, float(centre) + side, width * 0.28)
    tail = -np.sign(up[np.abs(up).argmax()]) * rng.uniform(0, 0.14)
    up += tail * bump(time, duration * 0.8, duration * 0.12)
    if duration > 9 and rng.random() < rough * 0.4:  # a satellite
        late = duration * rng.uniform(1.05, 1.3)
        up += rng.uniform(0.06, 0.2) * (bump(time, late, 0.35) - 0.6 * bump(time, late + 0.9, 0.45))
    return finish(up)


def normal_unit(rng: np.random.Generator) -> Template:
    """9.6 ms, 2.6 phases."""
    return unit(rng, float(np.clip(rng.normal(9.6, 2.2), 6, 16)), int(rng.choice([2, 3, 4], p=[0.4, 0.48, 0.12])), 0.2)


def neurogenic_unit(rng: np.random.Generator) -> Template:
    """13.4 ms, 4 phases, turns and satellites."""
    return unit(rng, float(np.clip(rng.normal(13.4, 3.5), 8, 28)), int(rng.integers(3, 7)), 0.5)


def myopathic_unit(rng: np.random.Generator) -> Template:
    """7.2 ms and as short as 3.5, 2.7 phases and often many."""
    return unit(rng, float(np.clip(rng.normal(7.0, 1.8), 3.5, 12)), int(rng.choice([2, 3, 4, 5, 6])), 0.45)


def fasciculation(rng: np.random.Generator) -> Template:
    """12.6 +- 4.4 ms, 3.25 phases."""
    return unit(rng, float(np.clip(rng.normal(12.6, 4.0), 6.5, 26)), int(rng.choice([2, 3, 4, 5, 6])), 0.4)


def complex_cycle(rng: np.random.Generator) -> Template:
    """One cycle of a complex repetitive discharge: several fibre spikes one behind the other, 4-30 ms."""
    spikes = int(rng.integers(3, 9))
    duration = float(np.clip(spikes * rng.uniform(1.2, 4), 5, 30))
    time = axis(duration, 0.3)
    up = np.zeros_like(time)
    for centre in np.sort(rng.uniform(0.05, 0.95, spikes)) * duration:
        height, width = rng.uniform(0.2, 1), rng.uniform(0.25, 0.6)
        up += height * bump(time, centre, width)
        up -= height * rng.uniform(0.2, 0.8) * bump(time, centre + 2.2 * width, width * 1.2)
        up -= height * rng.uniform(0, 0.4) * bump(time, centre - 2.0 * width, width)
    return finish(up)
