"""When potentials fire: times in seconds of one train."""

import numpy as np

from training.simulate.emg.draws import Draw

REGULAR_SHARE = 0.57  # of 553 trains of fibrillations and positive sharp waves (EMG.md, L)


def steady(draw: Draw, duration_s: float, rate_hz: float, cv: float, start_s: float | None = None) -> np.ndarray:
    """Return times whose intervals have a mean of 1/rate and a coefficient of variation ``cv`` (gamma intervals)."""
    count = int(duration_s * rate_hz * 1.5 + 20)
    shape = 1 / max(cv, 1e-3) ** 2
    intervals = draw.rng.gamma(shape, 1 / (shape * rate_hz), count)
    first = draw.rng.random() / rate_hz if start_s is None else start_s
    times = first + np.concatenate([[0.0], np.cumsum(intervals)])
    return times[times < duration_s]


def spontaneous(draw: Draw, duration_s: float, rate_hz: float, cv: float, irregular_cv: float = 0.4) -> np.ndarray:
    """Return the times of a denervated fibre: regular in 57 % of trains, else irregular; some slow down and stop."""
    regular = draw.chance(REGULAR_SHARE)
    times = steady(draw, duration_s, rate_hz, cv if regular else irregular_cv)
    if draw.chance(0.15) and len(times) > 6:  # slows over seconds before it stops: intervals grow steadily
        intervals = np.diff(times) * np.linspace(1, draw.between(1.3, 2.5), len(times) - 1)
        times = times[0] + np.concatenate([[0.0], np.cumsum(intervals)])
        times = times[times < duration_s * draw.between(0.6, 1.0)]
    return times


def bursts(draw: Draw, duration_s: float, rate_hz: float, cv: float, burst_rate_hz: float) -> np.ndarray:
    """Return times in groups of 2 to 10, the groups semi-rhythmic."""
    groups = steady(draw, duration_s, burst_rate_hz, 0.15)
    times = [g + steady(draw, draw.integer(2, 10) / rate_hz, rate_hz, cv, 0.0) for g in groups]
    together = np.sort(np.concatenate(times)) if times else np.zeros(0)
    return together[together < duration_s]


def waxing(
    draw: Draw, duration_s: float, rate_hz: float, cv: float, depth: float = 0.5
) -> tuple[np.ndarray, np.ndarray]:
    """Return times and gains of a discharge whose rate and amplitude wax and wane over seconds."""
    period, phase = draw.between(0.8, 4.0), draw.rng.random() * 2 * np.pi
    times, t = [], draw.rng.random() / rate_hz
    while t < duration_s:
        times.append(t)
        swing = np.sin(2 * np.pi * t / period + phase)
        t += max(0.2, 1 + cv * draw.rng.standard_normal()) / (rate_hz * (1 + depth * 0.8 * swing))
    at = np.asarray(times)
    return at, 1 + depth * np.sin(2 * np.pi * at / period + phase + 0.4)


def stretch_of(draw: Draw, times: np.ndarray, duration_s: float) -> np.ndarray:
    """Return only the times of one stretch: abrupt start and stop."""
    start, stop = sorted((draw.rng.uniform(-0.3, 0.6), draw.rng.uniform(0.5, 1.4)))
    return times[(times >= start * duration_s) & (times < stop * duration_s)]
