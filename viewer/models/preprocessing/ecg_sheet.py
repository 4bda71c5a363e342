"""Pictures of ECG sheets: ink and grid as two planes, whatever the paper's colour and the light."""

import numpy as np
import torch

from viewer.models.preprocessing.base import Extent, Prepared, preparation
from viewer.models.preprocessing.picture import fit_picture
from viewer.study import Note, Study
from viewer.study.display import grey8

COARSE_PX = 500  # below this width a usual sheet has under two pixels a millimetre


@preparation("ecg-sheet")
def prepare_sheet(study: Study, height: int, width: int) -> Prepared:
    """Return (1, 2, height, width) of 0..1: how dark the ink is, and how dark everything drawn is (grid included)."""
    shown = grey8(study.image)
    planes, extent = sheet_planes(shown, height, width)
    notes: tuple[Note, ...] = ()
    if max(shown.shape[:2]) < COARSE_PX:
        size = f"{shown.shape[1]} x {shown.shape[0]} pixels"
        notes = (Note("small-picture", f"{size} are too few to show P waves or ST shifts on a sheet"),)
    return Prepared(torch.from_numpy(planes).float().div_(255)[None], (extent,), notes)


def sheet_planes(shown: np.ndarray, height: int, width: int) -> tuple[np.ndarray, Extent]:
    """Return uint8 (2, height, width) and the part of the picture it covers, from uint8 grey or RGB.

    The first plane takes each pixel's brightest colour, in which red, blue and green grids all but vanish and black ink
    stays; the second its grey. Both are measured against the paper around them, so that shade and tint drop out.
    """
    import cv2

    work = _shrunk(shown, 2 * height, 2 * width)
    if work.ndim == 2:
        brightest = grey = work
    else:
        brightest, grey = work.max(2), cv2.cvtColor(work, cv2.COLOR_RGB2GRAY)
    if np.median(grey) < 90:  # light on dark, as monitors show it
        brightest = grey = 255 - grey
    ink, extent = fit_picture(_darkness(brightest), height, width, "letterbox", False)
    drawn, _ = fit_picture(_darkness(grey), height, width, "letterbox", False)
    to_picture = shown.shape[1] / work.shape[1], shown.shape[0] / work.shape[0]
    wide, high = to_picture
    return np.stack([ink, drawn]), Extent(extent.x * wide, extent.y * high, extent.w * wide, extent.h * high)


def _shrunk(shown: np.ndarray, height: int, width: int) -> np.ndarray:
    import cv2

    scale = min(height / shown.shape[0], width / shown.shape[1])
    if scale >= 1:
        return shown
    size = max(1, round(shown.shape[1] * scale)), max(1, round(shown.shape[0] * scale))
    return cv2.resize(shown, size, interpolation=cv2.INTER_AREA)


def _darkness(plane: np.ndarray) -> np.ndarray:
    """How much darker than the paper around it each pixel is; the darkest half per cent is 255."""
    import cv2

    small = cv2.resize(plane, (max(1, plane.shape[1] // 8), max(1, plane.shape[0] // 8)), interpolation=cv2.INTER_AREA)
    paper = cv2.GaussianBlur(cv2.dilate(small, np.ones((5, 5), np.uint8)), (0, 0), 4)
    paper = cv2.resize(paper, (plane.shape[1], plane.shape[0]), interpolation=cv2.INTER_LINEAR)
    dark = 255 - np.clip(plane.astype(np.float32) * 255 / np.maximum(paper, 1), 0, 255)
    deepest = max(40.0, float(np.percentile(dark[::2, ::2], 99.5)))
    return np.clip(dark * (255 / deepest), 0, 255).astype(np.uint8)
