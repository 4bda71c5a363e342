"""Shapes of needle-EMG potentials: uV, PER_MS samples a millisecond, positive where the needle is positive."""

import numpy as np

from training.simulate.emg_hands.cables.fibre import PER_MS, Array, Fibres, Rng, action, needle, potential


def log_uniform(rng: Rng, low: float, high: float) -> float:
    """A number from low to high whose logarithm is evenly spread."""
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def span(shape: Array, share: float) -> tuple[int, int]:
    """First and one past the last sample above `share` of the largest deflection."""
    high = np.flatnonzero(np.abs(shape) > share * np.abs(shape).max())
    return int(high[0]), int(high[-1]) + 1


def duration(shape: Array) -> float:
    """Duration in ms at 5 % of the largest deflection."""
    return float(np.diff(span(shape, 0.05))[0]) / PER_MS


def trim(shape: Array, uv: float) -> Array:
    """From onset to end (1 % of the largest deflection) with both ends faded to 0 and `uv` peak-to-peak."""
    first, last = span(shape, 0.01)
    cut = shape[max(first - 8, 0) : last + 25].copy()
    fade = min(round(0.15 * len(cut)), 200)  # at most 8 ms
    cut[:8] *= np.linspace(0, 1, 8)
    cut[-fade:] *= 0.5 + 0.5 * np.cos(np.linspace(0, np.pi, fade))
    return np.asarray(cut * (uv / np.ptp(cut)))


def _one(rng: Rng, origin: float, ahead: float, behind: float, speed: float, leak: float = 0.0) -> Fibres:
    """One fibre 0.03-0.45 mm from the needle; the rest as in Fibres."""
    row = (log_uniform(rng, 0.03, 0.45), rng.uniform(-0.35, 0.25), origin, ahead, behind, speed, 0.0, 1.0, leak)
    return Fibres(*(np.full((1, 1), value) for value in row))


def fibrillation(rng: Rng, uv: float, at_origin: float = 0.08) -> Array:
    """One fibre's potential, 1-5 ms: first phase positive, or negative with probability at_origin."""
    starts_here = rng.random() < at_origin
    while True:
        wave = action(rng, log_uniform(rng, 0.3, 1.4), rng.uniform(-0.05, 0.08), rng.uniform(1, 6), 30)
        origin = rng.uniform(-0.15, 0.15) if starts_here else -log_uniform(rng, 2, 25)
        beyond = log_uniform(rng, 0.2, 40)  # mm from needle to fibre end
        fibre = _one(rng, origin, beyond - origin, log_uniform(rng, 3, 40), rng.uniform(1.2, 4.2))
        shape = potential(fibre, needle(rng), wave)
        if 1 <= duration(shape) <= 5 and (shape[span(shape, 0.08)[0]] < 0) == starts_here:
            return trim(shape, uv)


def sharp_wave(rng: Rng, uv: float, shortest: float = 8, longest: float = 35) -> Array:
    """A wave blocked short of the needle: sharp positive fall (< 1 ms), positive phase < 5 ms, long low negative one.

    shortest, longest: ms; one in ten has no negative phase and lasts 4-12 ms.
    """
    pure = rng.random() < 0.1
    while True:
        after, slow = rng.uniform(0, 0.1) if pure else -log_uniform(rng, 0.08, 0.4), log_uniform(rng, 2, longest / 2.5)
        wave = action(rng, log_uniform(rng, 0.3, 1), after, slow, 20 + 5 * slow, injured=rng.random() < 0.8)
        origin, gap = -log_uniform(rng, 3, 25), log_uniform(rng, 0.15, 0.9)  # mm from needle to origin, to crush
        fibre = _one(rng, origin, -origin - gap, 20, rng.uniform(1.5, 4.2), gap * rng.uniform(0.3, 1.3))
        shape = potential(fibre, needle(rng), wave)
        peak, top, first = shape.max(), int(shape.argmax()), span(shape, 0.1)[0]
        back = int(np.argmax(shape[top:] < 0.05 * peak))  # samples from peak to the end of the positive phase
        sharp = 0 < top - first < min(PER_MS, 1.5 * back) and top - first + back < PER_MS * (12 if pure else 5)
        depth = -shape.min() / peak
        deep = depth < 0.05 if pure else 0.05 < depth < 0.6
        if sharp and deep and (4 if pure else shortest) <= duration(shape) <= longest:
            return trim(shape, uv)


def endplate_spike(rng: Rng, uv: float) -> Array:
    """A wave that starts at the needle: biphasic, first phase negative, 2-5 ms."""
    while True:
        wave = action(rng, log_uniform(rng, 0.35, 1.5), rng.uniform(-0.06, 0.06), rng.uniform(1, 5), 25)
        fibre = _one(rng, rng.normal(0, 0.3), log_uniform(rng, 2, 60), log_uniform(rng, 2, 60), rng.uniform(2, 4.8))
        shape = potential(fibre, needle(rng), wave)
        low, top = int(shape.argmin()), int(shape.argmax())
        first = low < top and shape[:low].max(initial=0) < -0.05 * shape[low]
        if first and 0.1 < -shape[top] / shape[low] < 1 and 2 <= duration(shape) <= 5:
            return trim(shape, uv)


def chain(rng: Rng, uv: float) -> Array:
    """A loop of 2-10 fibres that fire one another."""
    n = int(rng.integers(2, 11))
    x, y = np.exp(rng.uniform(np.log(0.05), np.log(0.6), (n, 1))), rng.uniform(-0.6, 0.4, (n, 1))
    origin, ahead, behind = (rng.uniform(low, high, (n, 1)) for low, high in ((-10, -0.5), (12, 60), (5, 40)))
    delay = np.minimum(np.cumsum(rng.exponential(log_uniform(rng, 0.3, 2.5), (n, 1)), axis=0), 30)
    size, speed = np.exp(rng.normal(0, 0.5, (n, 1))), rng.uniform(1.5, 4.5, (n, 1))
    fibres = Fibres(x, y, origin, ahead, behind, speed, delay, size, np.zeros((n, 1)))
    wave = action(rng, rng.uniform(0.4, 1.2), rng.uniform(0, 0.08), rng.uniform(2, 6), 60)
    return trim(potential(fibres, needle(rng), wave), uv)
