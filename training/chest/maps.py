"""Where the chest network looks: mean boxes, boxes against radiologists', faithfulness, the pointing game."""

import numpy as np
import torch
from torch import Tensor

from training.chest.films import LABELS, Films
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


def box_figures(network: Network, inputs: Tensor, films: Films, sizes: dict[str, tuple[float, float]]) -> list[dict]:
    """Return the share of the test patients' marked findings whose box from the map has IoU at least .1 and .25."""
    overlaps: dict[str, list[float]] = {label: [] for label in sizes}
    owners: dict[str, list[str]] = {label: [] for label in sizes}
    for i in (k for k, boxes in enumerate(films.boxes) if len(boxes)):
        maps = maps_of(network, inputs[i : i + 1])[0].numpy()
        for c in np.unique(films.boxes[i][:, 0]).astype(int):
            found = boxes_from_map(maps[c], Extent(0, 0, UNIT, UNIT), (UNIT, UNIT), sizes[LABELS[c]])
            true = films.boxes[i][films.boxes[i][:, 0] == c][:, 1:] * UNIT
            best = max((_iou((b.x, b.y, b.x + b.w, b.y + b.h), t) for b in found for t in true), default=0.0)
            overlaps[LABELS[c]].append(best)
            owners[LABELS[c]].append(str(films.patients[i]))
    figures = []
    data = "findings that radiologists boxed, test patients"
    for least in (0.1, 0.25):
        values = np.array([v for own in overlaps.values() for v in own]) >= least
        who = [o for own in owners.values() for o in own]
        name = f"share of boxes with IoU at least {least:g}"
        figures.append(figure(name, bootstrap(lambda i, v=values: float(v[i].mean()), who), data, len(who)))
        for label, own in overlaps.items():
            if len(own) >= 5:
                hits = np.array(own) >= least
                value = bootstrap(lambda i, h=hits: float(h[i].mean()), owners[label])
                figures.append(figure(name, value, data, len(own), label))
    return figures


def measured_maps(network: Network, inputs: Tensor, films: Films) -> dict:
    """Return the card's ``maps``: faithfulness on findings that are there, and the pointing game on the boxes."""
    rng = np.random.default_rng(0)
    pairs = [(i, c) for i in range(len(films.names)) for c in np.flatnonzero(films.labels[i][:8])]
    chosen = [pairs[k] for k in rng.permutation(len(pairs))[:MOST]]
    rows, classes = zip(*chosen, strict=True)
    told = measure_faithfulness(
        network, inputs[list(rows)], [int(c) for c in classes], data="findings of test patients"
    )
    marked = [(i, int(c)) for i, b in enumerate(films.boxes) for c in np.unique(b[:, 0])]
    truths = torch.stack([_mask(films.boxes[i], c, inputs.shape[-1]) for i, c in marked])
    data = "findings that radiologists boxed, test patients"
    points = pointing_game(network, inputs[[i for i, _ in marked]], [c for _, c in marked], truths, data=data)
    return {"faithful": told.faithful, "note": told.note, "figures": [*told.figures, *points]}


@torch.inference_mode()
def maps_of(network: Network, inputs: Tensor) -> Tensor:
    """Return raw Grad-CAM maps (n, 9, height, width)."""
    return class_maps(network, network.features(inputs))


def _mask(boxes: np.ndarray, label: int, size: int) -> Tensor:
    mask = torch.zeros(size, size, dtype=torch.bool)
    for c, x0, y0, x1, y1 in boxes:
        if int(c) == label:
            mask[
                int(y0 * size) : max(int(y0 * size) + 1, int(np.ceil(y1 * size))),
                int(x0 * size) : int(np.ceil(x1 * size)),
            ] = True
    return mask


def _iou(a: tuple[float, float, float, float], b: np.ndarray) -> float:
    w = min(a[2], b[2]) - max(a[0], b[0])
    h = min(a[3], b[3]) - max(a[1], b[1])
    if w <= 0 or h <= 0:
        return 0.0
    both = w * h
    return float(both / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - both))
