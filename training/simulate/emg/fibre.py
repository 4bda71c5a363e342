"""The potential of one muscle fibre at a needle: a line source seen by a leading-off surface of finite size.

Membrane potential: Rosenfalck 1969, V(s) = 96 s^3 exp(-s) mV with s in mm behind the front, here stretched and with an
after-depolarisation. In a volume conductor the potential of a line source is the integral of the membrane current,
d2V/dz2, over the distance to the needle (Plonsey 1974; Nandedkar & Stalberg 1983). Integrated once by parts, with no
current leaving a fibre at its ends, it is the integral of dV/dz along the fibre weighted by the slope of 1/distance: so
origin, end and block of a fibre need no special case. A wave that goes past the needle is biphasic or triphasic, its
first phase positive; one that starts there begins negative; one that is blocked there is a positive sharp wave (Dumitru
1996). Values are positive where the needle is positive; a display draws negative upward.
"""

from dataclasses import dataclass, replace
from functools import cache

import numpy as np

STEP_MM = 0.05
ANISOTROPY = 5.0  # conductivity along the fibres over that across them (Andreassen & Rosenfalck 1981: about 5)


@dataclass(frozen=True)
class Fibre:
    """A fibre and a needle beside it (at 0 mm along the fibre).

    Attributes
    ----------
    radius_mm : float
        Distance from the fibre's axis to the middle of the leading-off surface.
    velocity_m_s : float
        Conduction velocity (mm a ms).
    origin_mm, end_mm : float
        Where the wave starts and where the fibre ends or is blocked, along the fibre (negative: before the needle).
    spike_mm : float
        Length scale of the depolarisation (1: Rosenfalck's).
    after, after_mm : float
        The after-depolarisation's size (of the spike's) and length.
    surface_mm : float
        Half the leading-off surface's length along the fibre.
    """

    radius_mm: float = 0.2
    velocity_m_s: float = 3.5
    origin_mm: float = -20.0
    end_mm: float = 40.0
    spike_mm: float = 1.0
    after: float = 0.0
    after_mm: float = 10.0
    surface_mm: float = 0.15


def fibre_potential(fibre: Fibre, rate_hz: float) -> np.ndarray:
    """Return the potential at the needle, sampled, its largest deflection 1 (absolute)."""
    along = _along(replace(fibre, velocity_m_s=1.0))
    samples = max(8, int(len(along) * STEP_MM / fibre.velocity_m_s * rate_hz / 1000))
    at = np.arange(samples) * (fibre.velocity_m_s * 1000 / rate_hz) / STEP_MM
    return trim(np.interp(at, np.arange(len(along)), along))


@cache
def _passing(radius_step: int, surface_mm: float, origin_mm: float) -> np.ndarray:
    return _along(Fibre(radius_step / 20, 1.0, origin_mm, 12.0, surface_mm=surface_mm), normalised=False)


def passing_fibre(radius_mm: float, surface_mm: float = 0.15, near_end_plate: bool = False) -> np.ndarray:
    """Return a passing wave's potential against its way (steps of STEP_MM), not normalised: near fibres are larger."""
    return _passing(max(1, round(radius_mm * 20)), round(surface_mm, 1), -1.5 if near_end_plate else -12.0)


def _along(fibre: Fibre, normalised: bool = True) -> np.ndarray:
    """Return the potential against the front's way since the origin, in steps of STEP_MM."""
    z = np.arange(fibre.origin_mm, min(fibre.end_mm, 30.0), STEP_MM) + STEP_MM / 2
    behind = np.arange(0, 14 * fibre.spike_mm + (4 * fibre.after_mm if fibre.after else 0), STEP_MM)
    s = behind / fibre.spike_mm
    slope = (3 * s**2 - s**3) * np.exp(-s) / 1.3443 / fibre.spike_mm
    if fibre.after:
        rise = 1 - np.exp(-behind / (2 * fibre.spike_mm))
        tail = rise**3 * np.exp(-behind / fibre.after_mm)
        slope += fibre.after * np.gradient(tail, STEP_MM)
    seen = np.convolve(slope, _slope_of_inverse_distance(z, fibre)) * STEP_MM
    return seen / np.abs(seen).max() if normalised else seen


def _slope_of_inverse_distance(z: np.ndarray, fibre: Fibre) -> np.ndarray:
    """Mean over the leading-off surface of d/dz of 1/distance: closed form, the mean of a slope is a difference."""
    h, across = fibre.surface_mm, ANISOTROPY * fibre.radius_mm**2
    return (1 / np.sqrt((z + h) ** 2 + across) - 1 / np.sqrt((z - h) ** 2 + across)) / (2 * h)


def trim(shape: np.ndarray, share: float = 0.004) -> np.ndarray:
    """Cut the quiet ends (below ``share`` of the largest deflection), and ease what is left in and out."""
    size = np.abs(shape)
    loud = np.flatnonzero(size > share * size.max())
    cut = shape[max(0, loud[0] - 1) : loud[-1] + 2].copy()
    ease = min(len(cut) // 8, 12)
    if ease > 1:
        ramp = np.sin(np.linspace(0, np.pi / 2, ease)) ** 2
        cut[:ease] *= ramp
        cut[-ease:] *= ramp[::-1]
    return cut


def extent(shape: np.ndarray, share: float = 0.05) -> tuple[int, int]:
    """Return the first and last sample above ``share`` of the largest deflection: a potential's start and end."""
    size = np.abs(shape)
    loud = np.flatnonzero(size > share * size.max())
    return int(loud[0]), int(loud[-1])


def stretched(shape: np.ndarray, factor: float) -> np.ndarray:
    """Return the shape with its time stretched: the same fibre conducting ``factor`` times slower."""
    count = max(8, round(len(shape) * factor))
    return np.interp(np.linspace(0, len(shape) - 1, count), np.arange(len(shape)), shape)


def count_phases(shape: np.ndarray, share: float = 0.07) -> int:
    """Return the number of phases: baseline crossings plus one, of excursions above ``share`` of the largest."""
    sign = np.sign(shape) * (np.abs(shape) > share * np.abs(shape).max())
    signs = sign[sign != 0]
    return int(1 + np.count_nonzero(signs[1:] != signs[:-1]))
