"""What is checked before memory is asked for (a header may lie), and what of a decoder's complaint is told."""

import numpy as np

from viewer.errors import FormatError
from viewer.study import Note

MAX_PIXELS = 400_000_000
"""Pixels of one frame (a 50 x 60 cm film at 0.03 mm has 330 million)."""

MAX_SAMPLES = 500_000_000
"""Samples of all channels together: 2 GB as float32."""

MAX_MEMBER_BYTES = 2_000_000_000
"""Size of one file inside an archive, unpacked."""


def check_pixels(columns: int, rows: int, what: str = "This picture") -> None:
    """Raise FormatError where a frame has no pixels or more than ``MAX_PIXELS``."""
    if columns < 1 or rows < 1:
        raise FormatError("damaged", f"{what} has no pixels (its header says {columns} x {rows})", "export it again")
    if columns * rows > MAX_PIXELS:
        size = f"{columns} x {rows}, {columns * rows / 1e6:.0f} megapixels"
        raise FormatError(
            "too-large",
            f"{what} is too large to open ({size}; the limit is {MAX_PIXELS // 1_000_000})",
            "save a smaller copy or a part of it",
        )


def check_samples(channels: int, samples: int, what: str = "This recording") -> None:
    """Raise FormatError where a recording has no channels, no samples or more than ``MAX_SAMPLES``."""
    if channels < 1:
        raise FormatError("damaged", f"{what} has no signal channels", "export the recording again, with its signals")
    if samples < 1:
        raise FormatError("damaged", f"{what} has no samples", "export the recording again")
    if channels * samples > MAX_SAMPLES:
        raise FormatError(
            "too-large",
            f"{what} is too long to open ({channels} channels of {samples} samples)",
            "cut it into shorter parts",
        )


def check_rate(rate_hz: float, what: str = "This recording") -> None:
    """Raise FormatError for a sampling rate that no recording of a person has (0, not a number, over 10 MHz)."""
    if not 0 < rate_hz <= 1e7:
        raise FormatError("damaged", f"{what} gives an impossible sampling rate ({rate_hz:g} Hz)", "export it again")


def detail_of(error: BaseException) -> str:
    """Return a library's complaint as part of a sentence: its first line, short, without traces or full stop."""
    lines = [line for line in str(error).splitlines() if line.strip()]
    lines = lines[1:] if len(lines) > 1 and lines[0].endswith(":") else lines  # a heading over several complaints
    return " ".join(lines[0].split())[:140].rstrip(". ") if lines else type(error).__name__


def finite(pixels: np.ndarray, notes: list[Note]) -> np.ndarray:
    """Return a picture without NaN and infinity: they become 0, and that is noted."""
    if pixels.dtype.kind != "f" or np.isfinite(pixels).all():
        return pixels
    notes.append(Note("not-finite", "Some pixel values are not numbers; they are shown as 0."))
    return np.nan_to_num(pixels, nan=0.0, posinf=0.0, neginf=0.0)


def storable(pixels: np.ndarray) -> np.ndarray:
    """Bring a grey picture's type to one that ``Image`` holds, without losing a value where that is possible."""
    pixels = pixels.astype(pixels.dtype.newbyteorder("="), copy=False)
    if pixels.dtype in (np.uint8, np.int16, np.uint16, np.int32, np.float32):
        return pixels
    if pixels.dtype.kind == "b" or pixels.dtype == np.int8:
        return pixels.astype(np.int16)
    if pixels.dtype.kind in "iu" and int(pixels.max(initial=0)) < 2**31 and int(pixels.min(initial=0)) >= -(2**31):
        return pixels.astype(np.int32)
    return pixels.astype(np.float32)
