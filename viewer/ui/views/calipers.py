"""Calipers: a time and an amplitude between two points of a lead."""

from dataclasses import dataclass, replace

import numpy as np


@dataclass(frozen=True)
class Caliper:
    """Two points on one channel: seconds from the first sample, and values in ``unit``."""

    channel: int
    start_s: float
    end_s: float
    start_value: float
    end_value: float
    unit: str

    def words(self, in_hz: bool = False) -> str:
        """Return interval, its rate (a minute, or a second) and the amplitude."""
        interval = abs(self.end_s - self.start_s)
        digits = ".2f" if interval < 0.01 else ".3g" if interval < 0.1 else ".0f"
        parts = [f"{1000 * interval:{digits}} ms"]
        if interval > 0:
            parts.append(f"{1 / interval:.3g} Hz" if in_hz else f"{60 / interval:.0f}/min")
        amplitude = abs(self.end_value - self.start_value)
        if np.isfinite(amplitude):
            parts.append(
                f"{amplitude:.2f} {self.unit}" if self.unit == "mV" else f"{amplitude:.4g} {self.unit}".strip()
            )
        return "   ".join(parts)

    def moved(self, end: bool, time_s: float, value: float) -> "Caliper":
        """Return it with one end elsewhere."""
        return replace(self, end_s=time_s, end_value=value) if end else replace(self, start_s=time_s, start_value=value)

    def marches(self, first_s: float, last_s: float) -> np.ndarray:
        """Return the times at which the interval repeats between two times; none under 40 ms (a curtain)."""
        step = abs(self.end_s - self.start_s)
        if step < 0.04:
            return np.zeros(0)
        start = min(self.start_s, self.end_s)
        return start + step * np.arange(np.ceil((first_s - start) / step), np.floor((last_s - start) / step) + 1)


def snap(
    samples: np.ndarray, rate_hz: float, time_s: float, value: float, reach_s: float, reach_value: float
) -> int | None:
    """Return the index of the local extremum that a hand meant, or None.

    The highest and the lowest sample within ``reach_s`` count where the signal falls off (or rises) on both sides of
    them within the reach; of a plateau its middle. The nearer of the two is meant, distances in parts of the reach.
    """
    reach = max(1, int(np.ceil(reach_s * rate_hz)))
    middle = round(time_s * rate_hz)
    a, b = max(0, middle - reach), min(len(samples), middle + reach + 1)
    piece = samples[a:b].astype(np.float64)
    if b - a < 3 or not np.isfinite(piece).all():
        return None
    best, least = None, np.inf
    for sign in (1, -1):
        top = float((sign * piece).max())
        at = np.flatnonzero(sign * piece >= top)
        if sign * piece[0] >= top or sign * piece[-1] >= top:
            continue
        index = int(at[len(at) // 2]) + a
        distance = abs(index - middle) / reach + abs(sign * top - value) / max(reach_value, 1e-12)
        if distance < least:
            best, least = index, distance
    return best
