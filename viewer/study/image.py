"""A picture as stored, with what the file says about showing it."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class DisplayWindow:
    """A VOI window in modality units (DICOM PS3.3 C.11.2). ``function``: LINEAR, LINEAR_EXACT or SIGMOID."""

    center: float
    width: float
    function: str = "LINEAR"
    name: str = ""


@dataclass(frozen=True, eq=False)
class ToneTable:
    """A VOI LUT (DICOM PS3.3 C.11.2.1.1): ``table[i]`` is shown for the modality value ``first + i``.

    ``table`` is uint16 with ``bits`` significant bits; values beyond its ends take its ends.
    """

    first: int
    table: np.ndarray
    bits: int
    name: str = ""


@dataclass(frozen=True, eq=False)
class Image:
    """A picture, upright, as stored.

    Attributes
    ----------
    pixels : ndarray
        (rows, columns) of uint8, int16, uint16, int32 or float32 (grey), or (rows, columns, 3) of uint8 or uint16
        (RGB).
        Never squashed to 8 bits on opening; EXIF orientation applied.
    bits : int
        Significant bits of a stored value.
    slope, intercept : float
        The linear modality transform: modality value = stored * slope + intercept.
    inverted : bool
        The lowest value is shown white (MONOCHROME1); applied after windowing.
    padding : (int, int) or None
        Inclusive range of stored values outside the picture (``PixelPaddingValue``), shown black.
    spacing_mm : (float, float) or None
        Distance between rows and between columns.
    spacing_from : str
        Where the spacing comes from (``PixelSpacing``, ``ImagerPixelSpacing`` at the detector, ``resolution`` ...).
    windows : tuple
        The display windows and tables that the file proposes, its first choice first.
    """

    pixels: np.ndarray
    bits: int = 8
    slope: float = 1.0
    intercept: float = 0.0
    inverted: bool = False
    padding: tuple[int, int] | None = None
    spacing_mm: tuple[float, float] | None = None
    spacing_from: str = ""
    windows: tuple[DisplayWindow | ToneTable, ...] = ()

    def __post_init__(self) -> None:
        self.pixels.flags.writeable = False

    @property
    def rows(self) -> int:
        """Height in pixels."""
        return self.pixels.shape[0]

    @property
    def columns(self) -> int:
        """Width in pixels."""
        return self.pixels.shape[1]

    @property
    def is_colour(self) -> bool:
        """Whether it is RGB."""
        return self.pixels.ndim == 3
