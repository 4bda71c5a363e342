"""Pictures in class folders, as the published system reads them: crops, mirroring and colours of TF-Slim."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from training.simulate.emg.files import FOLDERS
from training.simulate.emg.parameters import LABELS

ENDINGS = {".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp"}


@dataclass(frozen=True)
class Split:
    """(path, class index) of the pictures to learn from and of those held out."""

    train: list[tuple[Path, int]]
    held_out: list[tuple[Path, int]]


def split_folders(folder: Path, held_out: float, seed: int, by: str) -> Split:
    """Split class folders at random. ``by`` ``image``, or ``recording``: the file name up to its last ``_`` or ``-``.

    Raises ValueError where a class has no picture.
    """
    pictures = []
    for index, label in enumerate(LABELS):
        own = sorted(p for p in (folder / FOLDERS[label]).glob("*") if p.suffix.lower() in ENDINGS)
        if not own:
            raise ValueError(f"{folder / FOLDERS[label]} holds no picture")
        pictures += [(path, index) for path in own]
    names = [str(path) if by == "image" else _recording(path) for path, _ in pictures]
    unique = sorted(set(names))
    order = np.random.default_rng(seed).permutation(len(unique))
    kept = {unique[i] for i in order[: round(len(unique) * held_out)]}
    return Split(
        [p for p, name in zip(pictures, names, strict=True) if name not in kept],
        [p for p, name in zip(pictures, names, strict=True) if name in kept],
    )


def _recording(path: Path) -> str:
    for sign in ("_", "-"):
        if sign in path.stem:
            return path.stem.rpartition(sign)[0]
    return path.stem


def training_picture(path: Path, size: int, crop: dict, rng: np.random.Generator) -> Tensor:
    """Return (3, size, size) in [-1, 1]: a random crop, mirrored half the time, brightness and saturation varied."""
    import cv2

    picture = load(path)
    h, w = picture.shape[:2]
    for _ in range(10):
        area, aspect = h * w * rng.uniform(crop["least_area"], 1), rng.uniform(*crop["aspect"])
        ch, cw = round((area / aspect) ** 0.5), round((area * aspect) ** 0.5)
        if 0 < ch <= h and 0 < cw <= w:
            y, x = rng.integers(h - ch + 1), rng.integers(w - cw + 1)
            picture = picture[y : y + ch, x : x + cw]
            break
    values = cv2.resize(picture, (size, size), interpolation=cv2.INTER_LINEAR).astype(np.float32) / 255
    if rng.random() < 0.5:
        values = values[:, ::-1]
    values = values + rng.uniform(-32 / 255, 32 / 255)
    grey = values.mean(2, keepdims=True)
    values = np.clip(grey + (values - grey) * rng.uniform(0.5, 1.5), 0, 1)
    return torch.from_numpy(np.ascontiguousarray(values.transpose(2, 0, 1))) * 2 - 1


def load(path: Path) -> np.ndarray:
    """Return a picture as RGB. Raises ValueError where it cannot be read."""
    import cv2

    picture = cv2.imread(str(path), cv2.IMREAD_COLOR_RGB)
    if picture is None:
        raise ValueError(f"{path} is not a picture that OpenCV reads")
    return np.asarray(picture)
