"""The same potentials as an atlas draws them: lobes of free width and height, with no fibre behind them.

What a network learns from one model of the volume conductor is that model's fine shape as well; recordings, and other
people's simulations, have others. Positive where the needle is positive, time in the units of ``t``; not normalised.
"""

import itertools

import numpy as np

from training.simulate.emg.draws import Draw

SAMPLES = 400
# phases of a motor unit's potential with their shares: means 2.6, 4.0 and 2.7 (EMG.md, L)
PHASES = {
    "normal": ((2, 3, 4), (45, 48, 7)),
    "neurogenic": ((2, 3, 4, 5, 6), (8, 25, 35, 22, 10)),
    "myopathic": ((2, 3, 4), (42, 46, 12)),
}


def fibrillation(draw: Draw, at_origin: bool = False) -> np.ndarray:
    """Return a positive lobe, a negative one, and in two of three a last positive one; at its origin negative first."""
    first, last = draw.between(0.25, 0.9), draw.between(0.08, 0.75)
    heights = [-1.0, last] if at_origin else [first, -1.0] + ([last] if draw.chance(0.65) else [])
    return lobes(draw, heights, [draw.between(0.7, 1.5) for _ in heights])


def end_plate_spike(draw: Draw) -> np.ndarray:
    """Return a negative lobe and a positive one."""
    return lobes(draw, [-1.0, draw.between(0.25, 0.9)], [1.0, draw.between(1.0, 2.2)])


def motor_unit(draw: Draw, form: str) -> np.ndarray:
    """Return two to six lobes round a negative spike; the first and the last, of far fibres, are slow and low."""
    count = draw.pick(*PHASES[form])
    spike = draw.integer(0, min(2, count - 1))
    heights, widths = [], []
    for i in range(count):
        away = abs(i - spike)
        height = draw.between(0.2, 0.9) ** away if away else 1.0
        heights.append(-height if away % 2 == 0 else height)
        outer = i in (0, count - 1) and away > 0
        widths.append(draw.between(1.4, 4.0, log=True) if outer else draw.between(0.7, 1.5))
    shape = lobes(draw, heights, widths)
    if form != "normal" and draw.chance(0.6):  # turns: fibres that arrive by themselves
        t = np.linspace(0, 1, len(shape))
        for _ in range(draw.integer(1, 3)):
            at, width = draw.between(0.25, 0.75), draw.between(0.012, 0.04)
            shape = shape + draw.between(0.1, 0.4) * draw.pick((-1, 1)) * np.exp(-0.5 * ((t - at) / width) ** 2)
    return shape


def positive_sharp_wave(draw: Draw, rate_hz: float, duration_ms: float, purely_positive: bool) -> np.ndarray:
    """Return a fall under 1 ms and a return under 5, then low negative; purely positive, it returns in up to 12 ms."""
    fall_ms = draw.between(0.2, 0.9)
    back_ms = draw.between(3.0, 12.0) if purely_positive else draw.between(1.2, 4.0)
    t = np.arange(-1.0, 1.35 * duration_ms, 1000 / rate_hz)
    falling = np.clip(t / fall_ms, 0, 1) ** draw.between(0.8, 2.0)
    late = np.maximum(t - fall_ms, 0)
    if purely_positive:
        return falling * np.exp(-((3 * late / back_ms) ** draw.between(0.8, 1.6)))
    positive = falling * np.maximum(1 - (late / back_ms) ** draw.between(0.6, 1.4), 0)
    after = np.maximum(t - fall_ms - back_ms, 0) / max(3.0, duration_ms - fall_ms - back_ms)
    low = (1 - np.exp(-after / draw.between(0.03, 0.15))) * np.exp(-after * draw.between(1.5, 4.0))
    low = low * np.clip((1.3 - after) / 0.5, 0, 1)
    return positive - draw.between(0.08, 0.35) * float(positive.max()) * low / max(float(low.max()), 1e-9)


def lobes(draw: Draw, heights: list[float], widths: list[float]) -> np.ndarray:
    """Return lobes one after another, (400,): each rises and falls at its own pace, neighbours overlap."""
    centres = [0.0]
    for before, after in itertools.pairwise(widths):
        centres.append(centres[-1] + draw.between(1.05, 1.4) * (before + after))
    t = np.linspace(-4 * widths[0], centres[-1] + 4 * widths[-1], SAMPLES)
    total = np.zeros(SAMPLES)
    for centre, height, width in zip(centres, heights, widths, strict=True):
        lean, power = draw.between(0.75, 1.33), draw.between(1.8, 2.6)
        pace = np.where(t < centre, width * lean, width / lean)
        total += height * np.exp(-0.7 * np.abs((t - centre) / pace) ** power)
    return total
