"""The potential of one muscle fibre at a needle, as a convolution along it: mm, ms, positive is +."""

from dataclasses import dataclass

import numpy as np
from scipy.signal import fftconvolve

STEP_MS = 0.05  # 20 kHz
ANISOTROPY = 2.2  # sqrt of axial over radial conductivity, about 5 in muscle (Andreassen & Rosenfalck 1981)


@dataclass(frozen=True)
class Fibre:
    """One fibre: velocity mm/ms (1.5-5), distance of the needle from its axis mm, the needle's place from the
    end-plate mm, the two half lengths mm (the needle's side first), the spike's length scale mm (Rosenfalck 1),
    its start ms."""

    velocity: float
    distance: float
    needle: float
    ends: tuple[float, float]
    spike: float = 1.0
    start: float = 0.0


def lead(place: np.ndarray, distance: float, core: float) -> np.ndarray:
    """Derivative along the fibre of the field of a recording line `core` mm long, at `place` mm from its middle."""
    radius = distance * ANISOTROPY
    return (1 / np.hypot(place + core / 2, radius) - 1 / np.hypot(place - core / 2, radius)) / core


def passing(fibre: Fibre, core: float, span: float) -> np.ndarray:
    """Potential (arbitrary unit, `span` ms) of a spike that leaves the end-plate both ways and dies at the two ends."""
    count = int(span / STEP_MS)
    step = fibre.velocity * STEP_MS
    z = np.arange(count) * step / fibre.spike
    slope = z**2 * (3 - z) * np.exp(-z)  # of Rosenfalck's 96 z^3 exp(-z) - 90
    total = np.zeros(count)
    for end, needle in zip(fibre.ends, (fibre.needle, -fibre.needle), strict=True):
        place = np.arange(0.0, max(end, 2 * step), step)[:count]
        total += fftconvolve(slope, lead(place - needle, fibre.distance, core))[:count]
    late = int(fibre.start / STEP_MS)
    return np.concatenate([np.zeros(late), total[: count - late]])


def blocked(
    velocity: float,
    distance: float,
    gap: float,
    core: float,
    times: tuple[float, float, float],
    injury: float,
    span: float,
) -> np.ndarray:
    """Potential of a spike that stops `gap` mm short of the needle: only the near side of the lead field is left, so
    the upstroke is heard as a sharp positive wave, the slow repolarisation of the hurt membrane as a long negative one.
    times: ms of the upstroke's creep (0.3-2.2), the turn (0.8-3) and the repolarisation (2.5-70); injury: its gain."""
    t = np.arange(int(span / STEP_MS)) * STEP_MS
    creep, turn, slow = times
    slope = np.exp(-t / creep) / creep - injury * (np.exp(-t / slow) - np.exp(-t / turn)) / max(slow - turn, 0.5)
    place = np.arange(-6.0, -gap, velocity * STEP_MS)
    return fftconvolve(slope, lead(place, distance, core))[: len(t)]
