"""How the published system varies its training pictures: TF-Slim's Inception preprocessing in its fast mode."""

import numpy as np
import torch
from torch import Tensor

ATTEMPTS = 100  # at a crop of the drawn area and aspect that fits; then the whole picture is taken


def training_picture(picture: np.ndarray, size: int, crop: dict, rng: np.random.Generator) -> Tensor:
    """Return (3, size, size) in [-1, 1] of an RGB picture: a random crop, mirrored half the time, other colours.

    The crop has 5 to 100 % of the area and an aspect of 0.75 to 1.33; brightness moves by up to 32/255, then the
    saturation (of HSV) is multiplied by 0.5 to 1.5.
    """
    import cv2

    h, w = picture.shape[:2]
    for _ in range(ATTEMPTS):
        area, aspect = h * w * rng.uniform(crop["least_area"], 1), rng.uniform(*crop["aspect"])
        ch, cw = round((area / aspect) ** 0.5), round((area * aspect) ** 0.5)
        if 0 < ch <= h and 0 < cw <= w:
            y, x = rng.integers(h - ch + 1), rng.integers(w - cw + 1)
            picture = picture[y : y + ch, x : x + cw]
            break
    values = cv2.resize(picture, (size, size), interpolation=cv2.INTER_LINEAR).astype(np.float32) / 255
    if rng.random() < 0.5:
        values = values[:, ::-1]
    values = values + np.float32(rng.uniform(-32 / 255, 32 / 255))
    values = np.clip(saturated(values, rng.uniform(0.5, 1.5)), 0, 1)
    return torch.from_numpy(np.ascontiguousarray(values.transpose(2, 0, 1))) * 2 - 1


def saturated(values: np.ndarray, factor: float) -> np.ndarray:
    """Return RGB with the saturation of HSV multiplied: each channel's distance from the largest, at most to zero."""
    largest = values.max(2, keepdims=True)
    away = largest - values
    most = away.max(2, keepdims=True)
    full = np.where(most > 0, np.maximum(largest, 0) / np.maximum(most, 1e-12), 1.0)  # at which saturation is one
    return (largest - away * np.minimum(factor, np.maximum(full, 0))).astype(np.float32)
