"""Radiographs: even borders off, stretched to the network's square, grey levels spread."""

import numpy as np

from viewer.models.preprocessing.base import Extent, Prepared, preparation
from viewer.models.preprocessing.picture import fit_picture, to_tensor
from viewer.study import Study
from viewer.study.display import grey8

EVEN = 10  # grey levels: a border line whose middle 90 % differ by less shows nothing
MOST = 0.3  # of the picture's side may be trimmed at each end


@preparation("film")
def prepare_film(study: Study, size: int) -> Prepared:
    """Show the film in its file's own window and bring it to (1, 3, size, size) in -1..1.

    Even borders (collimation, a scanner's bed, a frame) are trimmed, the rest is stretched to a square as the NIH films
    of ChestX-ray14 were, and the 1st to 99th percentile of the grey levels spread over the whole range, so that films
    of differing exposure, window and origin look alike to the network.
    """
    import cv2

    shown = grey8(study.image)
    if shown.ndim == 3:
        shown = cv2.cvtColor(shown, cv2.COLOR_RGB2GRAY)
    top, bottom, left, right = inner_part(shown)
    fitted, _ = fit_picture(shown[top:bottom, left:right], size, size, "stretch", False)
    extent = Extent(left, top, right - left, bottom - top)
    return Prepared(to_tensor(spread(fitted), 3, (0.5,), (0.5,))[None], (extent,))


def inner_part(shown: np.ndarray) -> tuple[int, int, int, int]:
    """Return (top, bottom, left, right) of a grey picture without its even borders (bottom and right exclusive)."""
    step = max(1, max(shown.shape) // 512)
    small = shown[::step, ::step]
    top, bottom = _inner(small)
    left, right = _inner(small[top:bottom].T)
    rows, columns = shown.shape
    return (
        top * step,
        rows if bottom == small.shape[0] else bottom * step,
        left * step,
        columns if right == small.shape[1] else right * step,
    )


def spread(fitted: np.ndarray) -> np.ndarray:
    """Spread the 1st to 99th percentile of a uint8 picture over 0..255."""
    low, high = np.percentile(fitted, (1, 99))
    ramp = (np.arange(256, dtype=np.float32) - low) * (255 / max(1.0, high - low))
    return np.clip(np.rint(ramp), 0, 255).astype(np.uint8)[fitted]


def _inner(lines: np.ndarray) -> tuple[int, int]:
    low, high = np.percentile(lines, (5, 95), axis=1)
    busy = np.flatnonzero(high - low >= EVEN)
    most = int(len(lines) * MOST)
    if not busy.size:
        return 0, len(lines)
    return min(int(busy[0]), most), max(int(busy[-1]) + 1, len(lines) - most)
