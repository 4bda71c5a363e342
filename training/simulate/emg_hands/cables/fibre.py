"""Muscle fibres as lines of current in an anisotropic medium, led off by a needle of finite size.

A wave e(t) leaves its origin both ways at speed v. With W(z), the needle's potential for a unit source at z on the
fibre, phi = 1/v * (de/dt convolved with dF/dt), F(t) = W(origin + vt) + W(origin - vt): the line source of Plonsey
1977, integrated by parts. To stop vt at the fibre's end makes a sealed end; past a crush the membrane only follows
passively, a steady slope of F. So one convolution has waves start, pass, end or be blocked, in any number of fibres.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Rng = np.random.Generator

PER_MS = 25.0  # samples a millisecond of every shape
ANISOTROPY = 0.33 / 0.063  # conductivity along / across muscle, S/m (Andreassen & Rosenfalck 1981)
CORE = 0.29, 0.075  # mm, half axes of a concentric needle's core (0.07 mm2, 580 x 150 um as sold)
SHAFT = 0.23  # mm, radius of its cannula
PASSIVE = -np.log((np.arange(25) + 0.5) / 25)  # midpoints of equal shares of an exponential decay


@dataclass(frozen=True, eq=False)
class Needle:
    """Leading-off points (k x 3: x, y, z in mm, z along the fibres, the core facing x > 0) and their weights (k)."""

    points: Array
    weights: Array

    def lead(self, x: Array, y: Array, z: Array) -> Array:
        """Potential (1/mm) for unit sources at x, y (mm; n x 1) and z (mm; n x times)."""
        total = np.zeros(z.shape, np.float32)  # single precision: enough, and twice as fast
        z = z.astype(np.float32)
        for (px, py, pz), weight in zip(self.points.astype(np.float32), self.weights, strict=True):
            far = z - pz
            far *= far
            far += (ANISOTROPY * ((x - px) ** 2 + (y - py) ** 2)).astype(np.float32)
            total += np.divide(np.float32(weight), np.sqrt(far, out=far), out=far)
        return total.astype(np.float64)


def needle(rng: Rng) -> Needle:
    """A concentric needle (core against cannula) or, three times in ten, a monopolar cone against a far reference."""
    share, angle = (np.arange(8) + 0.5) / 8, 2.4 * np.arange(8)  # golden angle: an even spread
    if rng.random() < 0.3:
        radius = rng.uniform(0.1, 0.17) * np.sqrt(share)  # mm; 0.4-0.9 mm long
        points = np.stack([radius * (np.cos(angle) - 1), (share - 0.5) * rng.uniform(0.4, 0.9), radius * np.sin(angle)])
        weights = np.full(8, 1 / 8)
    else:
        small = rng.choice([1.0, 0.6], p=[0.75, 0.25])  # standard or facial needle
        (a, b), depth = CORE, np.array([0.5, 0.9, 1.6, 3.0, 6.0])  # mm up the shaft
        core = np.stack([0 * share, a * np.sqrt(share) * np.cos(angle), b * np.sqrt(share) * np.sin(angle)])
        shaft = np.stack([np.full(5, -SHAFT), depth, SHAFT * np.array([1, -1, 1, -1, 0])])
        points = small * np.hstack([core, shaft])
        weights = np.concatenate([np.full(8, 1 / 8), -np.gradient(depth) / np.gradient(depth).sum()])
    tilt = rng.uniform(-0.7, 0.7)  # rad, from the plane across the fibres
    turn = np.array([[1, 0, 0], [0, np.cos(tilt), -np.sin(tilt)], [0, np.sin(tilt), np.cos(tilt)]])
    return Needle((turn @ points).T, weights)


@dataclass(frozen=True, eq=False)
class Fibres:
    """n fibres; every field n x 1."""

    x: Array  # mm across the fibres, away from the core's surface
    y: Array  # mm along the needle
    origin: Array  # mm along the fibre from the needle to where the wave starts
    ahead: Array  # mm the wave runs towards +z
    behind: Array  # mm it runs towards -z
    speed: Array  # mm/ms
    delay: Array  # ms until it starts
    size: Array  # relative cross-section
    leak: Array  # mm, length constant of the passive stretch past the end at +z; 0: a sealed end


def action(rng: Rng, rise_ms: float, after: float, after_ms: float, length_ms: float, injured: bool = False) -> Array:
    """Rate of change (1/ms) of an intracellular action potential of height 1, by one of three descriptions.

    rise_ms: onset to peak, 0.3-2; after: height of an after-potential (-0.4..0.3, below 0 hyperpolarised) and its
    time constant after_ms (1-40); injured: recovers more slowly.
    """
    t = np.arange(round(length_ms * PER_MS)) / PER_MS
    kind = 2 if injured else rng.integers(3)
    if kind == 0:  # Rosenfalck 1969: z^3 exp(-z)
        spike = t**3 * np.exp(-3 * t / rise_ms)
    elif kind == 1:  # Clark & Plonsey 1968: three Gaussians, z in mm, foot at 1 mm, peak near 6 mm
        gauss = [(51, 0.8, 5.4), (72, 0.45, 6.6), (18, 0.3, 9.2)]
        spike = np.sum([a * np.exp(-((b * (5 * t / rise_ms + 1 - c)) ** 2)) for a, b, c in gauss], axis=0)
    else:  # a rise and an exponential recovery
        fall = rise_ms * (rng.uniform(2, 7) if injured else rng.uniform(0.7, 2.5))
        spike = (1 - np.exp(-3 * t / rise_ms)) ** 3 * np.exp(-t / fall)
    slow = (1 - np.exp(-t / (2 * rise_ms))) ** 2 * np.exp(-t / after_ms)
    return np.asarray(np.diff(spike / spike.max() + after * slow / slow.max(), prepend=0) * PER_MS)


def potential(fibres: Fibres, lead_off: Needle, wave: Array) -> Array:
    """Potential of the fibres (any unit, positive where the needle is), as long as `wave` from `action`."""
    f = fibres
    run = f.speed * np.maximum(np.arange(len(wave) + 1) / PER_MS - f.delay, 0)
    field = lead_off.lead(f.x, f.y, f.origin + np.minimum(run, f.ahead))
    field += lead_off.lead(f.x, f.y, f.origin - np.minimum(run, f.behind))
    if f.leak.any():
        end, reach = f.origin + f.ahead, np.maximum(f.leak, 1e-6)
        past = lead_off.lead(f.x, f.y, end + reach * PASSIVE).mean(axis=1, keepdims=True) - lead_off.lead(f.x, f.y, end)
        field += np.where(f.leak > 0, past / reach, 0) * np.maximum(run - f.ahead, 0)
    kernel = np.diff((f.size / f.speed * field).sum(axis=0))
    n = 2 * len(wave)
    return np.asarray(np.fft.irfft(np.fft.rfft(wave, n) * np.fft.rfft(kernel, n), n)[: len(wave)])
