"""Curves through drawn turning points, and the amplifier that rounds them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from scipy.signal import bessel, butter, sosfilt

from training.simulate.emg_hands.strokes.draws import Floats, Rng, happens

PER_MS = 40.0  # samples a millisecond of every curve: twice the 20 kHz of usual recorders
FADE_MS = 20.0  # the filters settle for this long, then are faded out over as long again
TRIM = 0.003  # of the largest deflection: less than this is cut off at both ends


@dataclass(frozen=True, eq=False)
class Sketch:
    """Turning points and the strokes between them: n + 1 points, n strokes.

    times: ms, rising from 0.  heights: any unit, positive where the needle is positive, 0 at both ends.
    lean: 0..1 for each stroke; 0.5 is even, more leaves its first point faster.
    edge: 0..1 for each stroke; 0 is smooth, 1 a straight line that leaves its turning points pointed.
    """

    times: Floats
    heights: Floats
    lean: Floats
    edge: Floats

    def curve(self) -> Floats:
        """The drawn curve, PER_MS samples a ms: monotone cubic strokes, leaning and straightened."""
        widths, steps = np.diff(self.times), np.diff(self.heights)
        before, after = (steps / widths)[:-1], (steps / widths)[1:]
        through = before * after > 0  # elsewhere a turning point, of slope 0
        slopes = np.zeros(self.times.size)
        slopes[1:-1][through] = (2 * before * after)[through] / (before + after)[through]
        x = np.arange(int(self.times[-1] * PER_MS) + 1) / PER_MS
        i = np.clip(np.searchsorted(self.times, x, "right") - 1, 0, widths.size - 1)
        u = (x - self.times[i]) / widths[i]
        u = u / ((1 / self.lean[i] - 2) * (1 - u) + 1)  # Schlick's bias
        smooth = steps[i] * u * u * (3 - 2 * u) + widths[i] * u * (1 - u) * (slopes[i] * (1 - u) - slopes[i + 1] * u)
        return np.asarray(self.heights[i] + smooth + self.edge[i] * (steps[i] * u - smooth))

    def lasting(self, duration_ms: float) -> "Sketch":
        """The same drawing stretched to this duration, at 5 % of the largest deflection."""
        loud = np.flatnonzero(np.abs(curve := self.curve()) > 0.05 * np.abs(curve).max())
        return replace(self, times=self.times * duration_ms * PER_MS / (loud[-1] - loud[0] + 1))

    def balanced(self, limit: float) -> "Sketch":
        """The same drawing, its weaker polarity raised to this part of the largest height or to equal areas."""
        curve = self.curve()
        areas = np.maximum(curve, 0).sum(), -np.minimum(curve, 0).sum()
        weak = np.sign(self.heights) == (1 if areas[0] < areas[1] else -1)
        raised = self.heights * min((max(areas) / max(min(areas), 1e-9)) ** 0.9, 3.5)
        limits = np.maximum(limit * np.abs(self.heights).max(), np.abs(self.heights))
        return replace(self, heights=np.where(weak, np.clip(raised, -limits, limits), self.heights))

    def turned(self, rng: Rng) -> "Sketch":
        """The same drawing with a shoulder, notch or serration in one of its larger strokes."""
        steps, widths = np.diff(self.heights), np.diff(self.times)
        chance = np.abs(steps) * np.sqrt(widths)
        i = int(rng.choice(steps.size, p=chance / chance.sum()))
        first, height = rng.uniform(0.15, 0.6), rng.uniform(0.2, 0.85)
        times = self.times[i] + widths[i] * np.array([first, first + rng.uniform(0.1, 0.3)])
        heights = self.heights[i] + steps[i] * np.array([height, height - rng.uniform(-0.15, 0.25)])
        pens = [np.insert(pen, i, [pen[i]] * 2) for pen in (self.lean, self.edge)]
        return Sketch(np.insert(self.times, i + 1, times), np.insert(self.heights, i + 1, heights), *pens)

    def shaken(self, rng: Rng, amount: float) -> "Sketch":
        """The same drawing by a less steady hand: each width and height changed by about the part `amount`."""
        widths = np.diff(self.times) * np.exp(amount * rng.standard_normal(self.lean.size))
        heights = self.heights * (1 + amount * rng.standard_normal(self.heights.size))
        return replace(self, times=np.cumsum([0.0, *widths]), heights=heights)


def sketch(rng: Rng, widths_ms: Sequence[float], heights: Sequence[float], sharpest: float = 0.7) -> Sketch:
    """From 0 to each height in turn, after about each width (scattered 1.4-fold), by strokes of random character."""
    n = len(widths_ms)
    widths = np.array(widths_ms) * np.exp(0.35 * rng.standard_normal(n))
    lean, edge = rng.uniform(0.35, 0.65, n), rng.uniform(0, sharpest, n)
    return Sketch(np.cumsum([0.0, *widths]), np.array([0.0, *heights]), lean, edge)


def overlay(curves: Sequence[Floats], starts_ms: Sequence[float]) -> Floats:
    """The sum of curves, each starting so long (ms, >= 0) after the onset."""
    first = [int(start * PER_MS) for start in starts_ms]
    total = np.zeros(max(i + curve.size for i, curve in zip(first, curves, strict=True)))
    for i, curve in zip(first, curves, strict=True):
        total[i : i + curve.size] += curve
    return total


@lru_cache(maxsize=512)
def _filters(low_hz: float, low_order: int, high_hz: float, high_order: int, rings: bool) -> Floats:
    low = butter(low_order, low_hz, "highpass", output="sos", fs=1000 * PER_MS)
    high = (butter if rings else bessel)(high_order, high_hz, output="sos", fs=1000 * PER_MS)
    return np.vstack((low, high))


def record(rng: Rng, curves: Sequence[Floats], size_uv: float) -> tuple[Floats, ...]:
    """Variants of one potential as one amplifier shows them, in uV; the first is this large, peak to peak."""
    low = rng.choice((1.0, 2.0, 5.0, 10.0, 20.0, 30.0), p=(0.25, 0.35, 0.2, 0.12, 0.07, 0.01))  # Hz, usual settings
    high = rng.choice((2e3, 3e3, 5e3, 8e3, 10e3), p=(0.05, 0.15, 0.25, 0.15, 0.4))
    order = rng.choice((1, 2, 4, 8), p=(0.3, 0.35, 0.25, 0.1))
    setting = _filters(float(low), 1 + happens(rng, 0.15), float(high), int(order), happens(rng, 0.7))
    fade = int(FADE_MS * PER_MS)
    shown = []
    for curve in curves:
        out = sosfilt(setting, np.concatenate((curve, np.zeros(2 * fade))))
        out[-fade:] *= np.linspace(1, 0, fade)
        kept = np.flatnonzero(np.abs(out) > TRIM * np.abs(out).max())
        shown.append(out[kept[0] : kept[-1] + 2])
    return tuple(out * (size_uv / np.ptp(shown[0])) for out in shown)
