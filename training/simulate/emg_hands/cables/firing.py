"""When potentials fire and how large: rates as curves over time, regularity as the scatter of intervals below them.

Every pattern takes a generator and a length (ms) and gives the times (ms, at least one) and the gains of its firings.
"""

from collections.abc import Callable

import numpy as np

from training.simulate.emg_hands.cables.fibre import Array, Rng
from training.simulate.emg_hands.cables.potentials import log_uniform

Firings = tuple[Array, Array]
Pattern = Callable[[Rng, float], Firings]
Range = tuple[float, float]


def _clock(length: float) -> Array:
    """Times (ms) at which rates are given: every 2 ms from 0 to length."""
    return np.linspace(0, length, max(2, int(length / 2)))


def _fire(rng: Rng, rate_hz: float | Array, length: float, cv: float, dead: float = 0.0, vary: float = 0.02) -> Firings:
    """Firings at a constant rate or one given at `_clock`.

    cv: coefficient of variation of the intervals while the rate stands still (0-1.2); dead: shortest interval as a
    share of the mean one (0-0.5); vary: sd of the gains.
    """
    t = _clock(length)
    rate = rate_hz * np.ones(len(t))
    beats = np.concatenate([[0.0], np.cumsum((rate[1:] + rate[:-1]) / 2 * np.diff(t) / 1000)])
    spread = cv / (1 - dead)
    gaps = dead + (1 - dead) * rng.gamma(spread**-2, spread**2, int(beats[-1] * (1 + cv)) + 20)
    due = np.cumsum(gaps) - rng.random() * gaps[0]
    times = np.interp(due[due < beats[-1]], beats, t)
    if not len(times):
        times = rng.uniform(0, length, 1)
    return times, np.maximum(rng.normal(1, vary, len(times)), 0.05)


def _wander(rng: Rng, length: float, sd: float, every_ms: float) -> Array:
    """A factor around 1 that drifts: sd of its logarithm, ms between its turns."""
    knots = rng.normal(0, sd, int(length / every_ms) + 3)
    return np.exp(np.interp(_clock(length) / every_ms + rng.random(), np.arange(len(knots)), knots))


def _swell(rng: Rng, length: float, period_ms: float) -> Array:
    """A factor from 0 to 1 that waxes and wanes unevenly, about once in period_ms."""
    phase = np.cumsum(_wander(rng, length, 0.3, period_ms)) * (4 * np.pi / period_ms) + rng.uniform(0, 2 * np.pi)
    return np.asarray(0.5 - 0.5 * np.cos(phase))


def _runs(rng: Rng, length: float, on_ms: Range, off_ms: Range) -> tuple[Array, Array]:
    """Where runs are on (0 or 1) and ms since each began; runs and pauses are log-uniform in their ranges."""
    t, start = _clock(length), rng.uniform(-0.6, 0.2) * min(on_ms[1], length)
    on, since = np.zeros(len(t)), np.zeros(len(t))
    while start < length:
        stop = max(start, 0) + log_uniform(rng, *on_ms)
        inside = (t >= start) & (t < stop)
        on[inside], since[inside] = 1, t[inside] - start
        start = stop + log_uniform(rng, *off_ms)
    return on, since


def steady(rate_hz: Range, cv: Range, dead: float = 0.0, vary: float = 0.03, drift: float = 0.0) -> Pattern:
    """One rate (log-uniform in its range) and regularity all along; drift: sd of the rate's logarithm, 0-0.5."""

    def pattern(rng: Rng, length: float) -> Firings:
        rate = log_uniform(rng, *rate_hz) * _wander(rng, length, drift, rng.uniform(300, 3000))
        return _fire(rng, rate, length, rng.uniform(*cv), dead, vary)

    return pattern


def denervated(rng: Rng, length: float) -> Firings:
    """0.5-15 Hz, slowing, one in eight starts or stops; 57 % regular (cv to 5 %), the others 20-60 %."""
    t, turn, regular = _clock(length), rng.uniform(0.2, 0.8) * length, rng.random() < 0.57
    on = [t >= 0, t > turn, t < turn][rng.choice(3, p=[0.875, 0.05, 0.075])]
    rate = np.clip(np.exp(rng.normal(1.5, 0.8)), 0.5, 15) * np.exp(-t / log_uniform(rng, 5_000, 100_000)) * on
    rate = rate * (_wander(rng, length, 0.02, 3000) if regular else _wander(rng, length, 0.15, 1500))
    cv, dead = (rng.uniform(0.003, 0.05), 0.0) if regular else (rng.uniform(0.2, 0.6), 0.15)
    times, gains = _fire(rng, rate, length, cv, dead, rng.uniform(0.005, 0.04))
    return times, gains * np.exp(-times / log_uniform(rng, 20_000, 300_000))


def circular(rng: Rng, length: float) -> Firings:
    """Complex repetitive discharges: 5-100 Hz, cv to 1 %; start, stop and jump abruptly."""
    first, (on, _) = log_uniform(rng, 5, 100), _runs(rng, length, (400, 20_000), (200, 3000))
    second = np.clip(first * log_uniform(rng, 0.5, 2), 5, 100)
    jumped = _clock(length) > rng.uniform(0.2, 3) * max(length, 2000)
    return _fire(rng, np.where(jumped, second, first) * on, length, rng.uniform(0.002, 0.01), vary=0.005)


def myotonic(rng: Rng, length: float) -> Firings:
    """20-150 Hz; rate and amplitude wax and wane or, one in four, only wane."""
    (on, since), wave = _runs(rng, length, (600, 8000), (300, 3000)), _swell(rng, length, rng.uniform(800, 5000))
    if rng.random() < 0.25:
        wave = np.exp(-since / rng.uniform(400, 3000))
    low, high = log_uniform(rng, 20, 70), log_uniform(rng, 70, 150)
    times, gains = _fire(rng, low * (high / low) ** wave * on, length, rng.uniform(0.01, 0.06))
    size = rng.uniform(0.2, 0.6) + 0.6 * wave + 0.4 * _swell(rng, length, rng.uniform(1000, 4000))
    return times, gains * np.interp(times, _clock(length), size)


def grouped(rng: Rng, length: float) -> Firings:
    """Myokymia: groups of 2-15 potentials at 5-60 Hz, 0.1-5 groups a second; now and then one is missing."""
    gap, size = 1000 / log_uniform(rng, 5, 60), int(rng.integers(2, 16))
    groups_hz = log_uniform(rng, 0.1, max(0.12, min(5, 700 / (size * gap))))  # leaves a pause
    starts, _ = _fire(rng, groups_hz, length, rng.uniform(0.05, 0.35), 0.4)
    steps = rng.normal(gap, 0.08 * gap, (len(starts), size))
    steps[:, 0] = 0
    times = (starts[:, None] + np.cumsum(steps, axis=1))[(steps == 0) | (rng.random(steps.shape) > 0.05)]
    times = np.sort(times[times < length])
    return times, np.maximum(rng.normal(1, 0.04, len(times)), 0.05)


def waning(rng: Rng, length: float) -> Firings:
    """Neuromyotonia: 150-300 Hz in runs of 0.2-5 s whose amplitude wanes."""
    on, since = _runs(rng, length, (200, 5000), (200, 3000))
    rate = np.maximum(rng.uniform(160, 300) * np.exp(-since / rng.uniform(10_000, 60_000)), 150) * on
    times, gains = _fire(rng, rate, length, rng.uniform(0.01, 0.05))
    since = np.interp(times, _clock(length), since)
    return times, gains * (0.15 + 0.85 * np.exp(-since / log_uniform(rng, 300, 4000)))


def inserted(rng: Rng, length: float) -> Firings:
    """60-200 Hz for 300-500 ms at each movement of the needle, slowing."""
    on, since = _runs(rng, length, (300, 500), (600, 4000))
    rate = rng.uniform(60, 200) * np.exp(-since / rng.uniform(200, 2000)) * on
    return _fire(rng, rate, length, rng.uniform(0.5, 1.0), vary=0.35)
