"""What a pixel of an EMG screen capture means: milliseconds across, microvolts down."""

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from viewer.ui.views.scales import time_words, voltage_words


@dataclass(frozen=True)
class ScreenScale:
    """Milliseconds and microvolts a pixel; None where that is not known.

    ``division_px``: the size of a division where the scale is from the grid, with a line at ``origin_px``; (0, 0) where
    it is from two points.
    """

    ms_per_px: float | None = None
    uv_per_px: float | None = None
    division_px: tuple[float, float] = (0.0, 0.0)
    origin_px: tuple[float, float] = (0.0, 0.0)

    @property
    def known(self) -> bool:
        """Whether anything can be measured."""
        return self.ms_per_px is not None or self.uv_per_px is not None

    def words(self, tr: Callable[[str], str]) -> str:
        """Return the scale as it is written on the screen."""
        if not self.known:
            return tr("not calibrated")
        across, down = self.division_px
        time = voltage = ""
        if self.ms_per_px is not None:
            time = time_words(self.ms_per_px * across / 1000) if across else f"{self.ms_per_px:.4g} ms/px"
        if self.uv_per_px is not None:
            voltage = voltage_words(float(f"{self.uv_per_px * down:.4g}"), ("µV",)) if down else ""
            voltage = voltage or f"{self.uv_per_px:.4g} µV/px"
        source = tr("by the grid") if across or down else tr("by two points")
        parts = [time or tr("time unknown"), voltage or tr("voltage unknown")]
        return "   ".join(parts) + f"   ({source})"

    def state(self) -> dict[str, Any]:
        """Return it as values that JSON can hold."""
        return asdict(self)


def scale_from(state: Any) -> ScreenScale:
    """Return the scale that ``state`` wrote. Raises KeyError, TypeError or ValueError where it did not."""

    def number(value: Any) -> float:
        found = float(value)
        if not (math.isfinite(found) and found >= 0):
            raise ValueError("not a size")
        return found

    per_px = [None if state[name] is None else number(state[name]) or None for name in ("ms_per_px", "uv_per_px")]
    pairs = [(number(state[name][0]), number(state[name][1])) for name in ("division_px", "origin_px")]
    return ScreenScale(per_px[0], per_px[1], pairs[0], pairs[1])


def between(start: tuple[float, float], end: tuple[float, float], scale: ScreenScale, tr: Callable[[str], str]) -> str:
    """Return time, rate and amplitude between two points of the picture; pixels where the scale is not known."""
    across, down = abs(end[0] - start[0]), abs(end[1] - start[1])
    parts = []
    if scale.ms_per_px is not None:
        ms = across * scale.ms_per_px
        parts.append(f"{ms:.0f} ms" if ms >= 100 else f"{ms:.3g} ms")
        if ms > 0:
            parts.append(f"{1000 / ms:.3g} Hz")
    else:
        parts.append(f"{across:.0f} px")
    parts.append(f"{down * scale.uv_per_px:.3g} µV" if scale.uv_per_px is not None else f"{down:.0f} px")
    if not scale.known:
        parts.append(tr("not calibrated"))
    return "   ".join(parts)
