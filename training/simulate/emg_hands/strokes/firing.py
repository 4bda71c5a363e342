"""When sources fire: rates that wander, start, pause and stop, and intervals more or less regular about them."""

import numpy as np
from scipy.integrate import cumulative_trapezoid

from training.simulate.emg_hands.strokes.draws import Floats, Range, Rng, happens, ratio

STEP_MS = 5.0  # between points of a rate's course


def clock(length_ms: float) -> Floats:
    """The times (ms) at which rates are given."""
    return np.linspace(0.0, length_ms, max(int(length_ms / STEP_MS), 1) + 1)


def wander(rng: Rng, grid: Floats, spread: float, pace_ms: float) -> Floats:
    """A slowly changing factor about 1 at each time of the grid; `spread` is its sd, `pace_ms` between turns."""
    knots = np.arange(-pace_ms * rng.random(), grid[-1] + 2 * pace_ms, pace_ms)
    return np.asarray(np.exp(np.interp(grid, knots, spread * rng.standard_normal(knots.size))))


def life(rng: Rng, length_ms: float, lasting_ms: float) -> Range:
    """Start and stop (ms) of a train this long, cut anywhere by the recording, which shows a third of the shorter."""
    seen = min(lasting_ms, length_ms) / 3
    start = float(rng.uniform(seen - lasting_ms, length_ms - seen))
    return start, start + lasting_ms


def within(grid: Floats, *spans: Range) -> Floats:
    """1 where the grid lies within one of the spans, else 0."""
    return np.asarray(np.any([(grid >= start) & (grid < stop) for start, stop in spans], axis=0), np.float64)


def fire(rng: Rng, grid: Floats, rate_hz: Floats, cv: float, dead_ms: float = 2.0) -> Floats:
    """Firing times (ms) at the rate given on the grid, with intervals of this coefficient of variation; one or more."""
    due = cumulative_trapezoid(rate_hz / 1000, grid, initial=0)
    n = int(due[-1] * 1.2 + 8 * (1 + cv) * np.sqrt(due[-1] + 1)) + 4
    width = np.sqrt(np.log1p(cv**2))
    beats: Floats = rng.gamma(cv**-2, cv**2, n) if happens(rng, 0.5) else rng.lognormal(-(width**2) / 2, width, n)
    count = np.cumsum(beats) - rng.random() * beats[0]
    times = np.interp(count[count < due[-1]], due, grid)
    times = times[np.diff(times, prepend=-np.inf) >= dead_ms]
    return np.asarray(times if times.size else rng.choice(grid[rate_hz > 0] if rate_hz.any() else grid, 1))


def spontaneous(rng: Rng, length_ms: float) -> Floats:
    """A denervated fibre: 0.5-15 Hz, slowing over seconds before it stops; 57 % of trains regular (CV <= 5 %)."""
    grid, regular = clock(length_ms), happens(rng, 0.57)
    start, stop = life(rng, length_ms, ratio(rng, 2e3, 6e4))
    slows = 1 - rng.uniform(0.2, 0.7) * np.exp(-np.maximum(stop - grid, 0) / ratio(rng, 500.0, 4000.0))
    rate = ratio(rng, 0.5, 15.0) * slows * within(grid, (start, stop))
    rate *= wander(rng, grid, rng.uniform(0, 0.04) if regular else rng.uniform(0.1, 0.5), 2500.0)
    if happens(rng, 0.05 if regular else 0.2):
        pause = float(rng.uniform(0, length_ms))
        rate *= 1 - within(grid, (pause, pause + ratio(rng, 200.0, 3000.0)))
    return fire(rng, grid, rate, rng.uniform(0.005, 0.05) if regular else rng.uniform(0.2, 0.6), 20.0)


def paced(rng: Rng, length_ms: float, rate_hz: float, cv: float, spread: float, dead_ms: float) -> Floats:
    """About this rate, wandering by `spread`; one train in five starts or stops while it is watched."""
    grid = clock(length_ms)
    rate = rate_hz * wander(rng, grid, spread, ratio(rng, 300.0, 3000.0))
    if happens(rng, 0.2):
        rate *= within(grid, life(rng, length_ms, ratio(rng, 500.0, 10e3)))
    return fire(rng, grid, rate, cv, dead_ms)


def bursts(rng: Rng, length_ms: float, rate_hz: float, burst_ms: float, cv: float) -> list[Range]:
    """Start and stop (ms) of bursts that recur at this rate and last about this long; one or more."""
    grid = clock(length_ms)
    starts = fire(rng, grid, np.full(grid.size, rate_hz), cv, 1.3 * burst_ms)
    if starts[0] > length_ms - burst_ms / 2:
        starts = rng.uniform(-burst_ms / 2, max(length_ms - burst_ms / 2, 0), 1)
    return [(float(start), float(start + burst_ms * rng.uniform(0.8, 1.2))) for start in starts]
