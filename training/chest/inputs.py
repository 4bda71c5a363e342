"""From films to a network's input and out again: the viewer's own preparation, kept in 8 bits until it is needed."""

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from viewer.models.networks import Network
from viewer.models.preprocessing.film import prepare_film, spread
from viewer.models.preprocessing.picture import fit_picture, to_tensor
from viewer.study import Image, Kind, KindFrom, Source, Study


def prepared(paths: list[Path], size: int) -> np.ndarray:
    """Return film files as the viewer prepares them, uint8 (n, size, size)."""
    import cv2

    found = np.empty((len(paths), size, size), np.uint8)
    for i, path in enumerate(paths):
        grey = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
        if grey is None:
            raise FileNotFoundError(path)
        study = Study(Source(path, "", "jpeg"), Kind.CHEST_XRAY, KindFrom.FILE, Image(grey))
        plane = prepare_film(study, size).inputs[0, 0]
        found[i] = ((plane + 1) * 127.5).round().to(torch.uint8).numpy()
    return found


def shrunk(pixels: np.ndarray, size: int) -> np.ndarray:
    """Return films whose borders are off already, as the viewer would prepare them, uint8 (n, size, size)."""
    return np.stack([spread(fit_picture(film, size, size, "stretch", False)[0]) for film in pixels])


def tensors(films: np.ndarray) -> Tensor:
    """Return (n, 3, size, size) in -1..1 from uint8 (n, size, size)."""
    return torch.stack([to_tensor(f, 3, (0.5,), (0.5,)) for f in films])


def predict(network: Network, films: np.ndarray, device: str = "cpu", batch: int = 16) -> np.ndarray:
    """Return the logits (n, classes) of uint8 (n, size, size) films."""
    found = []
    with torch.inference_mode():
        for start in range(0, len(films), batch):
            found.append(network(tensors(films[start : start + batch]).to(device)).float().cpu().numpy())
    return np.concatenate(found)
