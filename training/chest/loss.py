"""What the chest network learns from: labels within a source, the teacher, and the boxes."""

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from training.chest.films import UNBIASED, Films
from viewer.models.networks.efficientnet_lite import EfficientNetLite0


class WithMaps(nn.Module):
    """The network giving (batch, classes * (1 + cells)): logits, then class maps."""

    def __init__(self, network: EfficientNetLite0) -> None:
        super().__init__()
        self.network = network

    def forward(self, x: Tensor) -> Tensor:
        """Return logits and class maps side by side; a logit is its map's mean (but for dropout and bias)."""
        features = self.network.features(x)
        maps = torch.einsum("ck,bkhw->bchw", self.network.dense.weight, features)
        return torch.cat([self.network.head(features), maps.flatten(1).float()], 1)


def soft_targets(films: Films, trust: float) -> np.ndarray:
    """Return (n, 9) targets: the mined labels, and where the teacher read the film, ``trust`` parts of the teacher.

    The teacher's logits are shifted, a class at a time, so that its mean over the unbiased films is the label's share
    there (it was trained to other shares). It knows no "No Finding"; that label stays as mined.
    """
    targets = films.labels * 0.94 + 0.02  # mined labels are about 90 % right
    taught = np.isfinite(films.teacher)
    for c in range(targets.shape[1]):
        known = taught[:, c]
        base = known & (films.sources == UNBIASED)
        if not base.any():
            continue
        logit = _logit(films.teacher[known, c])
        shift = _shift(_logit(films.teacher[base, c]), float(films.labels[base, c].mean()))
        targets[known, c] = (1 - trust) * targets[known, c] + trust / (1 + np.exp(-(logit + shift)))
    return targets


def offsets(films: Films, targets: np.ndarray, least: float = 0.01) -> np.ndarray:
    """Return (n, 9): the log odds of each class's share among the films of the same source and view.

    Added to a logit in training, they take away what could be gained by recognising the source or the view: a film
    chosen because of its label teaches only what tells it from others chosen by the same people. A source without a
    class (or with nothing else) then teaches next to nothing about it.
    """
    groups = np.char.add(np.char.add(films.sources.astype(str), "/"), films.views.astype(str))
    found = np.empty_like(targets)
    for group in np.unique(groups):
        inside = groups == group
        found[inside] = _logit(np.clip(targets[inside].mean(0), least, 1 - least))
    return found


def unbiased_odds(films: Films, targets: np.ndarray) -> np.ndarray:
    """Return (9,) the log odds of each class among the unbiased films: what the shipped network adds to its logits."""
    return _logit(targets[films.sources == UNBIASED].mean(0))


def pack(target: np.ndarray, offset: np.ndarray, cells: np.ndarray) -> np.ndarray:
    """Return what ``packed_loss`` takes for one film: targets, offsets, and the boxes' cells, one after another."""
    return np.concatenate([target, offset, cells.ravel()]).astype(np.float32)


def packed_loss(classes: int, box_weight: float):  # type: ignore[no-untyped-def]
    """Return the loss(outputs of ``WithMaps``, packed targets).

    Cross-entropy of the offset logits, plus ``box_weight`` times minus the log of the share that a class map's softmax
    puts inside that class's boxes, over the films that have some.
    """

    def loss(outputs: Tensor, packed: Tensor) -> Tensor:
        logits, maps = outputs[:, :classes], outputs[:, classes:].reshape(len(outputs), classes, -1)
        target, offset = packed[:, :classes], packed[:, classes : 2 * classes]
        cells = packed[:, 2 * classes :].reshape(maps.shape)
        value = functional.binary_cross_entropy_with_logits(logits + offset, target)
        marked = cells.amax(2) > 0
        if bool(marked.any()):
            inside = (maps[marked].softmax(1) * cells[marked]).sum(1)
            value = value - box_weight * inside.clamp(min=1e-4).log().mean()
        return value

    return loss


def _logit(p: np.ndarray) -> np.ndarray:
    p = np.clip(p, 1e-5, 1 - 1e-5)
    return np.log(p / (1 - p))


def _shift(logits: np.ndarray, mean: float) -> float:
    from scipy.optimize import brentq

    mean = min(max(mean, 1e-3), 1 - 1e-3)
    return float(brentq(lambda s: float((1 / (1 + np.exp(-(logits + s)))).mean()) - mean, -30, 30))
