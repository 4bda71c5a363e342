"""From stored values to 8-bit grey: modality transform, VOI window or table, then inversion (DICOM PS3.4 N.2)."""

import numpy as np

from viewer.study.image import DisplayWindow, Image, ToneTable


def default_window(image: Image) -> DisplayWindow | ToneTable:
    """Return the file's first window, else the full range of 8-bit pictures, else the 0.5th to 99.5th percentile."""
    if image.windows:
        return image.windows[0]
    if image.pixels.dtype == np.uint8:
        return DisplayWindow(127.5, 255.0, "LINEAR_EXACT", "full range")
    step = image.pixels.size // 200_000 | 1  # odd, so that it does not fall on the same columns of each row
    values = image.pixels.reshape(-1)[::step].astype(np.float64)
    if image.padding is not None:
        inside = values[(values < image.padding[0]) | (values > image.padding[1])]
        values = inside if inside.size else values
    values = values[np.isfinite(values)]
    low, high = np.percentile(values, (0.5, 99.5)) * image.slope + image.intercept if values.size else (0.0, 1.0)
    low, high = min(low, high), max(low, high)
    return DisplayWindow(float(low + high) / 2, max(float(high - low), 1e-6), "LINEAR_EXACT", "auto")


def apply_window(values: np.ndarray, window: DisplayWindow | ToneTable) -> np.ndarray:
    """Map modality values to 0..1 (float32) by a window or table (DICOM PS3.3 C.11.2.1.2 and C.11.2.1.1)."""
    if isinstance(window, ToneTable):
        index = np.clip(values - window.first, 0, len(window.table) - 1).astype(np.int64)
        return window.table[index].astype(np.float32) / np.float32(2**window.bits - 1)
    center, width = window.center, max(window.width, 1e-6)
    if window.function == "SIGMOID":
        return (1 / (1 + np.exp(np.clip(-4 * (values - center) / width, -80, 80)))).astype(np.float32)
    if window.function == "LINEAR" and width > 1:
        scaled = (values - (center - 0.5)) / (width - 1) + 0.5
    else:
        scaled = (values - center) / width + 0.5
    return np.clip(scaled, 0, 1).astype(np.float32)


def grey8(image: Image, window: DisplayWindow | ToneTable | None = None, inverted: bool | None = None) -> np.ndarray:
    """Return the picture as it is shown: uint8 (rows, columns), or (rows, columns, 3) for colour.

    Integer pictures go through one table of 256 or 65,536 entries; padding is black whatever the window.
    """
    window = window or default_window(image)
    flip = image.inverted if inverted is None else inverted
    pixels = image.pixels
    if pixels.dtype in (np.uint8, np.uint16, np.int16):
        return _through_table(image, display_table(image, window, flip))
    finite = np.nan_to_num(pixels.astype(np.float64), posinf=1e30, neginf=-1e30)
    shown = apply_window(finite * image.slope + image.intercept, window)
    grey = np.rint(255 * (1 - shown if flip else shown)).astype(np.uint8)
    grey[np.isnan(pixels)] = 0  # what is not known is black, as padding is
    if image.padding is not None:
        grey[(pixels >= image.padding[0]) & (pixels <= image.padding[1])] = 0
    return grey


def display_table(image: Image, window: DisplayWindow | ToneTable, inverted: bool) -> np.ndarray:
    """Return the 8-bit grey of each stored value, in order of the value's unsigned bit pattern (256 or 65,536)."""
    size = 256 if image.pixels.dtype == np.uint8 else 65536
    stored = np.arange(size, dtype=np.uint16).view(np.int16) if image.pixels.dtype == np.int16 else np.arange(size)
    shown = apply_window(stored.astype(np.float64) * image.slope + image.intercept, window)
    table = np.rint(255 * (1 - shown if inverted else shown)).astype(np.uint8)
    if image.padding is not None:
        table[(stored >= image.padding[0]) & (stored <= image.padding[1])] = 0
    return table


def _through_table(image: Image, table: np.ndarray) -> np.ndarray:
    import cv2

    pixels = image.pixels
    unsigned = pixels.view(np.uint16) if pixels.dtype == np.int16 else pixels
    if len(table) == 65536 and int(cv2.__version__.split(".")[0]) < 5:
        return table[unsigned]
    return cv2.LUT(np.ascontiguousarray(unsigned), table)
