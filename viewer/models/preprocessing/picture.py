"""Pictures: the shown grey, fitted into the network's rectangle."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch

from viewer.models.preprocessing.base import Extent, Prepared, preparation
from viewer.study import Study
from viewer.study.display import grey8


@preparation("picture")
def prepare_picture(
    study: Study,
    height: int,
    width: int,
    fit: str = "letterbox",
    channels: int = 3,
    colour: bool = False,
    mean: Sequence[float] = (0.5,),
    std: Sequence[float] = (0.5,),
    central: float = 1.0,
) -> Prepared:
    """Show the picture in its file's own window, fit it, and scale 0..1 by ``mean`` and ``std``.

    ``fit``: ``letterbox`` keeps the aspect and pads with the border's median; ``stretch`` does not keep it.
    ``colour`` keeps RGB; otherwise grey is repeated over ``channels``. ``central``: the share of each side that is kept
    about the middle (TF-Slim's evaluation crop is 0.875).
    """
    shown = grey8(study.image)
    top, left = (round(side * (1 - central) / 2) for side in shown.shape[:2])
    kept = shown[top : shown.shape[0] - top, left : shown.shape[1] - left]
    fitted, extent = fit_picture(kept, height, width, fit, colour)
    extent = replace(extent, x=extent.x + left, y=extent.y + top)
    return Prepared(to_tensor(fitted, channels, mean, std)[None], (extent,))


def fit_picture(shown: np.ndarray, height: int, width: int, fit: str, colour: bool) -> tuple[np.ndarray, Extent]:
    """Return uint8 (height, width) or (height, width, 3), and the part of the picture that this rectangle covers."""
    import cv2

    if shown.ndim == 3 and not colour:
        shown = cv2.cvtColor(shown, cv2.COLOR_RGB2GRAY)
    elif shown.ndim == 2 and colour:
        shown = cv2.cvtColor(shown, cv2.COLOR_GRAY2RGB)
    rows, columns = shown.shape[:2]
    if fit == "stretch":
        return _resize(shown, height, width), Extent(0, 0, columns, rows)
    if fit != "letterbox":
        raise ValueError(f"unknown fit {fit!r}")
    scale = min(height / rows, width / columns)
    inner_h, inner_w = max(1, round(rows * scale)), max(1, round(columns * scale))
    inner = _resize(shown, inner_h, inner_w)
    border = np.concatenate([inner[0], inner[-1], inner[:, 0], inner[:, -1]])
    fill = np.median(border, axis=0).astype(np.uint8)
    canvas = np.empty((height, width, *shown.shape[2:]), np.uint8)
    canvas[:] = fill
    top, left = (height - inner_h) // 2, (width - inner_w) // 2
    canvas[top : top + inner_h, left : left + inner_w] = inner
    sx, sy = columns / inner_w, rows / inner_h
    return canvas, Extent(-left * sx, -top * sy, width * sx, height * sy)


def to_tensor(fitted: np.ndarray, channels: int, mean: Sequence[float], std: Sequence[float]) -> torch.Tensor:
    """Return (channels, height, width) float32 from uint8 (height, width) or (height, width, 3)."""
    planes = fitted[None] if fitted.ndim == 2 else fitted.transpose(2, 0, 1)
    x = torch.from_numpy(np.ascontiguousarray(planes)).float().div_(255)
    if x.shape[0] == 1 and channels > 1:
        x = x.expand(channels, -1, -1)
    mean_t = torch.tensor(list(mean), dtype=torch.float32).view(-1, 1, 1)
    return (x - mean_t) / torch.tensor(list(std), dtype=torch.float32).view(-1, 1, 1)


def _resize(picture: np.ndarray, height: int, width: int) -> np.ndarray:
    import cv2

    shrinks = height * width < picture.shape[0] * picture.shape[1]
    return cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
