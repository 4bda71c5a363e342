"""Where the chest network looks: mean boxes, boxes against radiologists', faithfulness, the pointing game."""

import numpy as np
import torch
from torch import Tensor

from training.chest.films import LABELS, Films
from training.chest.inputs import tensors
from training.export import figure
from training.faithfulness import measure_faithfulness, pointing_game
from training.metrics import bootstrap
from viewer.models.networks import Network
from viewer.models.preprocessing import Extent
from viewer.reading.boxes import boxes_from_map
from viewer.reading.gradcam import class_maps

MOST = 36  # films that faithfulness is measured on
UNIT = 1000  # boxes are compared in thousandths of the film's sides


def mean_boxes(films: Films) -> dict[str, tuple[float, float]]:
    """Return each finding's mean box, as fractions of the film's width and height."""
    rows = np.concatenate([b for b in films.boxes if len(b)])
    found = {}
    for c, label in enumerate(LABELS):
        own = rows[rows[:, 0] == c]
        if len(own):
            found[label] = (float((own[:, 3] - own[:, 1]).mean()), float((own[:, 4] - own[:, 2]).mean()))
    return found


def box_figures(
    network: Network, inputs: np.ndarray, films: Films, sizes: dict[str, tuple[float, float]]
) -> list[dict]:
    """Return how the map's box of each finding that a radiologist boxed overlaps it, over the test patients.

    Shares with intersection over union at least .1 and .25, a finding and all; and over all, the same of the
    intersection over the predicted box, which NIH 2017 tabled.
    """
    found: list[tuple[str, str, float, float]] = []
    for i in (k for k, boxes in enumerate(films.boxes) if len(boxes)):
        maps = maps_of(network, inputs[i : i + 1])[0]
        for c in np.unique(films.boxes[i][:, 0]).astype(int):
            own = boxes_from_map(maps[c], Extent(0, 0, UNIT, UNIT), (UNIT, UNIT), sizes[LABELS[c]])
            true = films.boxes[i][films.boxes[i][:, 0] == c][:, 1:] * UNIT
            pairs = [_overlaps((b.x, b.y, b.x + b.w, b.y + b.h), t) for b in own for t in true] or [(0.0, 0.0)]
            union, predicted = (max(values) for values in zip(*pairs, strict=True))
            found.append((LABELS[c], str(films.patients[i]), union, predicted))
    data, figures = "findings that radiologists boxed, test patients", []
    who = [owner for _, owner, _, _ in found]
    for least in (0.1, 0.25):
        for name, at in (("IoU", 2), ("intersection over the predicted box", 3)):
            hits = np.array([row[at] for row in found]) >= least
            figures.append(figure(f"share of boxes with {name} at least {least:g}", _share(hits, who), data, len(hits)))
        for label in sizes:
            rows = [row for row in found if row[0] == label]
            if len(rows) >= 5:
                hits = np.array([row[2] for row in rows]) >= least
                value = _share(hits, [row[1] for row in rows])
                figures.append(figure(f"share of boxes with IoU at least {least:g}", value, data, len(rows), label))
    return figures


def measured_maps(network: Network, inputs: np.ndarray, films: Films) -> dict:
    """Return the card's ``maps``: faithfulness on findings that are there, and the pointing game on the boxes."""
    rng = np.random.default_rng(0)
    pairs = [(i, c) for i in range(len(films.names)) for c in np.flatnonzero(films.labels[i][:8])]
    chosen = [pairs[k] for k in rng.permutation(len(pairs))[:MOST]]
    rows, classes = zip(*chosen, strict=True)
    told = measure_faithfulness(
        network, tensors(inputs[list(rows)]), [int(c) for c in classes], data="findings of test patients"
    )
    marked = [(i, int(c)) for i, b in enumerate(films.boxes) for c in np.unique(b[:, 0])]
    truths = torch.stack([_mask(films.boxes[i], c, inputs.shape[-1]) for i, c in marked])
    data = "findings that radiologists boxed, test patients"
    points = pointing_game(network, tensors(inputs[[i for i, _ in marked]]), [c for _, c in marked], truths, data=data)
    return {"faithful": told.faithful, "note": told.note, "figures": [*told.figures, *points]}


@torch.inference_mode()
def maps_of(network: Network, films: np.ndarray) -> np.ndarray:
    """Return raw Grad-CAM maps (n, 9, height, width) of uint8 (n, size, size) films."""
    return class_maps(network, network.features(tensors(films))).numpy()


def _share(hits: np.ndarray, who: list[str]) -> tuple[float, float, float]:
    return bootstrap(lambda i: float(hits[i].mean()), who)


def _mask(boxes: np.ndarray, label: int, size: int) -> Tensor:
    mask = torch.zeros(size, size, dtype=torch.bool)
    for c, x0, y0, x1, y1 in boxes:
        if int(c) == label:
            mask[
                int(y0 * size) : max(int(y0 * size) + 1, int(np.ceil(y1 * size))),
                int(x0 * size) : int(np.ceil(x1 * size)),
            ] = True
    return mask


def _overlaps(a: tuple[float, float, float, float], b: np.ndarray) -> tuple[float, float]:
    """Return the intersection of boxes (x0, y0, x1, y1) over their union, and over ``a``."""
    w, h = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    if w <= 0 or h <= 0:
        return 0.0, 0.0
    own = (a[2] - a[0]) * (a[3] - a[1])
    return float(w * h / (own + (b[2] - b[0]) * (b[3] - b[1]) - w * h)), float(w * h / own)
