"""What speaks for a waveform's class in a picture.

The network on it cut out with some surroundings (as the paper's specialist did), and the network's cells at its place;
alike waveforms of a panel are judged together.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from viewer.models.bundle import ModelBundle
from viewer.models.card import Card
from viewer.models.networks.screen_waves import scale_plane
from viewer.models.preprocessing import Extent
from viewer.models.preprocessing.picture import fit_picture, to_tensor
from viewer.reading.networks import probabilities
from viewer.reading.values import Box
from viewer.reading.waveforms import Waveform

NAMED_FROM = 0.6  # a waveform's probability, under which it is called uncertain
CUT_OUTS = {False: 2, True: 48}  # waveforms cut out at most: from a screen (more were no better), from a sheet
WIDER, TALLER = 3.0, 1.6  # a cut-out, in the waveform's width and height
LEAST_WIDE_PX, LEAST_TALL_PX = 60, 36
ALIKE = 0.3  # two waveforms of a panel whose sizes differ by less (as a share) are judged together


def fitted(shown: np.ndarray, bounds: tuple[float, float, float, float], arguments: dict) -> tuple[Tensor, Extent]:
    """Return a part of the picture as the network's input, and what it covers."""
    rows, columns = shown.shape[:2]
    x0, y0 = max(0, int(bounds[0])), max(0, int(bounds[1]))
    x1, y1 = min(columns, max(x0 + 8, int(np.ceil(bounds[2])))), min(rows, max(y0 + 8, int(np.ceil(bounds[3]))))
    colour = bool(arguments.get("colour", False))
    fit = arguments.get("fit", "letterbox")
    own, extent = fit_picture(shown[y0:y1, x0:x1], arguments["height"], arguments["width"], fit, colour)
    channels = arguments.get("channels", 3)
    tensor = to_tensor(own, channels, arguments.get("mean", (0.5,)), arguments.get("std", (0.5,)))
    return tensor, replace(extent, x=extent.x + x0, y=extent.y + y0)


def with_scale(
    bundle: ModelBundle, inputs: Tensor, extents: Sequence[Extent], px_per_ms: Sequence[float | None]
) -> Tensor:
    """Return the inputs with a plane that tells each one's scale, 0 where none is known, if the network takes it."""
    if not getattr(bundle.network, "takes_scale", False):
        return inputs
    height, width = inputs.shape[2:]
    own = torch.tensor([(px or 0.0) * width / extent.w for px, extent in zip(px_per_ms, extents, strict=True)])
    return torch.cat([inputs, scale_plane(own, height, width)], 1)


def chosen_waveforms(groups: Sequence[Sequence[int]], sheet: bool) -> list[int]:
    """Return which waveforms are cut out: two at most of each group of alike ones."""
    return [members[k] for k in (0, 1) for members in groups if len(members) > k][: CUT_OUTS[sheet]]


def cut_out_waveforms(
    bundle: ModelBundle, shown: np.ndarray, waveforms: Sequence[Waveform], px_per_ms: Sequence[float | None]
) -> Tensor:
    """Return waveforms with their surroundings as the network's inputs."""
    parts = [fitted(shown, _surroundings(w), bundle.card.preprocessing_arguments) for w in waveforms]
    return with_scale(bundle, torch.stack([p[0] for p in parts]), [p[1] for p in parts], px_per_ms)


def by_cut_outs(card: Card, groups: Sequence[Sequence[int]], chosen: Sequence[int], logits: Tensor) -> list[np.ndarray]:
    """Return each waveform's log-probabilities (classes,), from those of its group that were cut out."""
    told = dict(zip(chosen, np.log(probabilities(card, logits).numpy() + 1e-6), strict=True))
    said = [np.zeros(len(card.classes))] * sum(map(len, groups))
    for members in groups:
        heard = [told[i] for i in members if i in told]
        for i in members:
            if heard:
                said[i] = np.mean(heard, axis=0)
    return said


def alike(waveforms: Sequence[Waveform]) -> list[list[int]]:
    """Return groups of waveforms of one panel that are about as wide and as high and lie alike about their baseline."""
    groups: list[list[int]] = []
    for i, wave in enumerate(waveforms):
        for members in groups:
            first = waveforms[members[0]]
            same = first.panel == wave.panel and first.cut == wave.cut and abs(first.rise - wave.rise) < ALIKE
            if same and max(abs(np.log(wave.w / first.w)), abs(np.log(wave.h / first.h))) < ALIKE:
                members.append(i)
                break
        else:
            groups.append([i])
    return groups


def _surroundings(wave: Waveform) -> tuple[float, float, float, float]:
    wide = max(WIDER * wave.w, wave.h / 2.5, LEAST_WIDE_PX)
    tall = min(max(TALLER * wave.h, LEAST_TALL_PX), max(2.5 * wide, wave.h + 4))
    x, y = wave.x + wave.w / 2 + 0.1 * wide, wave.y + wave.h / 2
    return x - wide / 2, y - tall / 2, x + wide / 2, y + tall / 2


def from_cells(
    cells: Tensor, extents: Sequence[Extent], waveforms: Sequence[Waveform], sheet: bool
) -> list[np.ndarray]:
    """Return each waveform's log-probabilities (classes,) from the cells that it covers."""
    shares = torch.softmax(cells, 1).numpy()
    rows, columns = shares.shape[2:]
    said = []
    for wave in waveforms:
        part = wave.panel if sheet else 0
        extent = extents[part]

        def at(value: float, start: float, length: float, count: int) -> int:
            return int(np.clip((value - start) / length * count, 0, count - 1))

        x0, x1 = (at(v, extent.x, extent.w, columns) for v in (wave.x, wave.x + wave.w))
        y0, y1 = (at(v, extent.y, extent.h, rows) for v in (wave.y, wave.y + wave.h))
        said.append(np.log(shares[part, :, y0 : y1 + 1, x0 : x1 + 1].mean((1, 2)) + 1e-6))
    return said


def named_boxes(classes: Sequence[str], waveforms: Sequence[Waveform], logs: np.ndarray) -> dict[str, tuple[Box, ...]]:
    """Return each class's boxes, the surest first; ``logs`` (waveforms, classes). Uncertain ones are in none."""
    shares = np.exp(logs - logs.max(1, keepdims=True))
    shares /= shares.sum(1, keepdims=True)
    best = shares.argmax(1)
    boxes: dict[str, list[Box]] = {label: [] for label in classes}
    for wave, own, c in zip(waveforms, shares, best, strict=True):
        if own[c] >= NAMED_FROM:
            boxes[classes[c]].append(
                Box(float(wave.x), float(wave.y), float(wave.w), float(wave.h), round(float(own[c]), 4))
            )
    return {label: tuple(sorted(own, key=lambda b: -b.score)) for label, own in boxes.items()}
