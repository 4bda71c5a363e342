"""The same potentials as a person traces them from an atlas: a smooth curve through a few corner points.

A third way to draw them, beside fibres and lobes, for the same reason as ``lobes``: what a network learns must not be
one drawing's fine shape. Corners are in ms of any unit, positive where the needle is positive; not normalised.
"""

import numpy as np

from training.simulate.emg.draws import Draw
from training.simulate.emg.lobes import PHASES

SAMPLES = 400


def fibrillation(draw: Draw, at_origin: bool = False) -> np.ndarray:
    """Return a rise, a steep fall, and a return over or to the baseline; at its origin the fall comes first."""
    rise, fall, back = draw.between(0.2, 0.9), draw.between(0.2, 0.8), draw.between(0.2, 0.8)
    last = draw.between(0.05, 0.6) if draw.chance(0.65) else 0.0
    corners = [(0.0, 0.0)] if at_origin else [(0.0, 0.0), (rise, draw.between(0.2, 0.9))]
    at = corners[-1][0]
    corners += [(at + fall, -1.0), (at + fall + back, last)]
    at += fall + back
    fade = draw.between(0.3, 1.4)
    corners += [(at + draw.between(0.3, 0.6) * fade, last * draw.between(0.25, 0.6)), (at + fade, 0.0)]
    return _curve(corners, draw.between(0.03, 0.16))


def end_plate_spike(draw: Draw) -> np.ndarray:
    """Return a fall from the baseline, then a positive phase that fades."""
    fall, back, fade = draw.between(0.25, 0.7), draw.between(0.4, 1.1), draw.between(0.6, 2.2)
    last = draw.between(0.25, 0.9)
    at = fall + back
    corners = [(0.0, 0.0), (fall, -1.0), (at, last), (at + 0.5 * fade, last * draw.between(0.25, 0.5))]
    return _curve([*corners, (at + fade, 0.0)], draw.between(0.03, 0.14))


def motor_unit(draw: Draw, form: str) -> np.ndarray:
    """Return two to six phases round a negative spike, some with a turn on their flanks."""
    count = draw.pick(*PHASES[form])
    spike = draw.integer(0, min(2, count - 1))
    corners, at = [(0.0, 0.0)], 0.0
    for i in range(count):
        away = abs(i - spike)
        height = (draw.between(0.25, 0.95) ** min(away, 2) if away else 1.0) * (-1 if away % 2 == 0 else 1)
        slow = draw.between(1.2, 3.0) if i in (0, count - 1) and away else 1.0
        step = slow * draw.between(0.5, 1.6)
        if form != "normal" and draw.chance(0.3):  # a turn: a fibre that arrives by itself
            share = draw.between(0.3, 0.6)
            value = corners[-1][1] + share * (height - corners[-1][1])
            corners.append((at + share * step, value))
            corners.append((at + (share + 0.12) * step, value - draw.between(0.05, 0.2) * np.sign(height)))
        at += step
        corners.append((at, height))
    fade = draw.between(0.8, 3.0)
    corners += [(at + 0.45 * fade, corners[-1][1] * draw.between(0.2, 0.5)), (at + fade, 0.0)]
    return _curve(corners, draw.between(0.03, 0.12))


def positive_sharp_wave(draw: Draw, rate_hz: float, duration_ms: float, purely_positive: bool) -> np.ndarray:
    """Return a fall under 1 ms, a bent return under 5, then low negative; purely positive, it fades in up to 14 ms."""
    fall = draw.between(0.2, 0.8)
    if purely_positive:
        end = fall + draw.between(6, 14)
        shares = sorted((draw.between(0.05, 0.2), draw.between(0.25, 0.45)))
        bends = draw.between(0.4, 0.6), draw.between(0.12, 0.25)
        corners = [(fall + s * (end - fall), b) for s, b in zip(shares, bends, strict=True)] + [(end, 0.0)]
    else:
        cross = fall + draw.between(1.0, 4.0)
        bend = fall + (cross - fall) * draw.between(0.3, 0.55), draw.between(0.25, 0.65)
        depth, lowest = draw.between(0.08, 0.4), cross + draw.between(1.0, 7.0)
        end = max(lowest + 4, 1.25 * duration_ms)
        corners = [bend, (cross, 0.0), (lowest, -depth)]
        corners += [(lowest + 0.35 * (end - lowest), -depth * draw.between(0.45, 0.75))]
        corners += [(lowest + 0.7 * (end - lowest), -depth * draw.between(0.08, 0.3)), (end, 0.0)]
    corners = [(0.0, 0.0), (fall, 1.0), *corners]
    return _curve(corners, draw.between(0.04, 0.18), max(16, round(1.2 * corners[-1][0] * rate_hz / 1000)))


def _curve(corners: list[tuple[float, float]], smooth: float, samples: int = SAMPLES) -> np.ndarray:
    """Return a monotone curve between corners (Fritsch & Carlson 1980), with a tenth of rest at either end.

    ``smooth``: the standard deviation of the smoothing, in the corners' units.
    """
    from scipy.interpolate import PchipInterpolator
    from scipy.ndimage import gaussian_filter1d

    x, y = np.array(corners).T
    length = 1.2 * x[-1]
    t = np.linspace(-length / 12, length * 11 / 12, samples)
    shape = np.where((t >= 0) & (t <= x[-1]), PchipInterpolator(x, y)(np.clip(t, 0, x[-1])), 0.0)
    return gaussian_filter1d(shape, max(0.3, smooth * samples / length))
