"""When potentials fire: times in ms and gains over a stretch, by generator. Rates are per second."""

import numpy as np

Firing = tuple[np.ndarray, np.ndarray]


def renewal(rng: np.random.Generator, rate: float, variation: float, total: float) -> np.ndarray:
    """Times in -100..total of a train with gamma intervals (mean 1/rate, coefficient `variation`)."""
    shape = 1 / max(variation, 0.005) ** 2
    number = int(rate * (total + 100) / 1000 * 1.5) + 8
    gaps = rng.gamma(shape, 1000 / rate / shape, number)
    times = -100 - rng.random() * gaps[0] + np.cumsum(gaps)
    return times[times < total]


def log_uniform(rng: np.random.Generator, low: float, high: float) -> float:
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def steady(rng: np.random.Generator, times: np.ndarray, spread: float = 0.02) -> Firing:
    return times, 1 + rng.normal(0, spread, len(times))


def waxing(rng: np.random.Generator, total: float) -> Firing:
    """Myotonia: 20-150 a second, rate and size wax and wane together over the stretch."""
    period, phase, depth = total * rng.uniform(0.5, 1.6), rng.uniform(0, 6.3), rng.uniform(0.3, 0.75)
    least = log_uniform(rng, 20, 70)
    most = min(least * rng.uniform(1.5, 3), 150)
    times, now = [], -100.0
    while now < total:
        swell = 0.5 + 0.5 * np.sin(2 * np.pi * now / period + phase)
        now += 1000 / (least + (most - least) * swell) * rng.uniform(0.97, 1.03)
        times.append(now)
    at = np.array(times)
    return at, 1 - depth * (0.5 - 0.5 * np.sin(2 * np.pi * at / period + phase))


def grouped(rng: np.random.Generator, total: float) -> Firing:
    """Myokymia: bursts of 2-10 potentials at 5-60 a second within, bursts 0.5-5 a second."""
    size, within = int(rng.integers(2, 10)), log_uniform(rng, 20, 60)
    every = max(log_uniform(rng, 200, 1200), size * 1000 / within * 1.5)
    starts = np.arange(-every * rng.random(), total, every)
    times = [s + renewal(rng, within, 0.12, 20000)[:size] + 100 for s in starts]
    at = np.concatenate(times) if times else np.array([0.0])
    return steady(rng, at[at < total], 0.03)


def firing(rng: np.random.Generator, generator: str, total: float) -> Firing:
    """Times and gains of one train of a generator over `total` ms."""
    if generator in ("positive sharp wave", "fibrillation"):
        regular = rng.random() < 0.65  # 57 % of 553 trains regular, the rest irregular
        rate = log_uniform(rng, 0.5, 15) if rng.random() < 0.6 else rng.uniform(5, 15)
        return steady(rng, renewal(rng, rate, rng.uniform(0.005, 0.05) if regular else rng.uniform(0.2, 0.6), total))
    if generator == "end-plate spike":
        return steady(rng, renewal(rng, log_uniform(rng, 8, 60), rng.uniform(0.5, 1.0), total), 0.08)
    if generator == "fasciculation":
        return steady(rng, renewal(rng, log_uniform(rng, 0.2, 5), rng.uniform(0.6, 1.0), total), 0.05)
    if generator == "regular motor unit":
        return steady(
            rng, renewal(rng, np.clip(rng.normal(6.3, 4), 2, 15), np.clip(rng.normal(0.035, 0.017), 0.01, 0.08), total)
        )
    if generator == "complex repetitive discharge":
        times = renewal(rng, log_uniform(rng, 12, 100), rng.uniform(0.003, 0.012), total)
        if rng.random() < 0.3:  # abrupt start or stop
            cut = total * rng.uniform(0.35, 0.7)
            times = times[times < cut] if rng.random() < 0.5 else times[times > total - cut]
        return steady(rng, times, 0.01)
    if generator in ("myotonic spikes", "myotonic positive waves"):
        return waxing(rng, total)
    if generator == "myokymia":
        return grouped(rng, total)
    if generator == "neuromyotonia":
        times = renewal(rng, rng.uniform(150, 300), 0.03, total)
        start, fall = total * rng.uniform(-0.1, 0.2), total * rng.uniform(0.25, 0.8)
        times = times[times > start]
        return times, np.exp(-(times - start) / fall)
    if generator == "insertional activity":
        times = renewal(rng, rng.uniform(60, 160), 0.7, total)
        start = total * rng.uniform(0.05, 0.4)
        stop = start + min(rng.uniform(150, 450), total * 0.5)
        times = times[(times > start) & (times < stop)]
        return times, rng.lognormal(-0.5, 0.5, len(times)).clip(0.1, 1.3) * np.linspace(1.0, 0.6, len(times))
    return steady(rng, renewal(rng, rng.uniform(5, 15), rng.uniform(0.1, 0.3), total), 0.03)
