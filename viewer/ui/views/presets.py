"""The windows that a picture offers by itself."""

from dataclasses import dataclass, replace

import numpy as np

from viewer.study.display import default_window
from viewer.study.image import DisplayWindow, Image, ToneTable

_ENOUGH = 500_000
"""Values that percentiles are taken from."""


@dataclass(frozen=True)
class Presets:
    """``first``: what it is shown through; ``auto``: from its own values; ``full``: every value visible."""

    first: DisplayWindow | ToneTable
    auto: DisplayWindow
    full: DisplayWindow

    def all(self, image: Image) -> list[DisplayWindow | ToneTable]:
        """Return the file's own windows, then the automatic one, then the full range."""
        return [*image.windows, self.auto, self.full]


def presets(image: Image) -> Presets:
    """Return the windows, leaving padding and values that are no numbers aside."""
    automatic = _automatic(image)
    first = automatic if not image.windows and image.pixels.dtype != np.uint8 else default_window(image)
    return Presets(first, automatic, _full(image))


def same_window(a: DisplayWindow | ToneTable, b: DisplayWindow | ToneTable) -> bool:
    """Whether two windows show the same."""
    if isinstance(a, DisplayWindow) and isinstance(b, DisplayWindow):
        return a == b
    return a is b


def _automatic(image: Image) -> DisplayWindow:
    """From the 0.5th to the 99.5th percentile, as the house does it for pictures whose file proposes no window."""
    if image.pixels.dtype == np.uint8:
        low, high = np.percentile(image.pixels.reshape(-1)[:: max(1, image.pixels.size // _ENOUGH)], (0.5, 99.5))
        return DisplayWindow(float(low + high) / 2, max(float(high - low), 1.0), "LINEAR_EXACT", "auto")
    window = default_window(replace(image, windows=()))
    assert isinstance(window, DisplayWindow)
    return window


def _full(image: Image) -> DisplayWindow:
    pixels = image.pixels
    if image.padding is not None:
        pixels = pixels[(pixels < image.padding[0]) | (pixels > image.padding[1])]
    if pixels.dtype.kind == "f":
        pixels = pixels[np.isfinite(pixels)]
    low, high = (float(pixels.min()), float(pixels.max())) if pixels.size else (0.0, 1.0)
    low, high = sorted((low * image.slope + image.intercept, high * image.slope + image.intercept))
    return DisplayWindow((low + high) / 2, max(high - low, 1e-6), "LINEAR_EXACT", "full range")
