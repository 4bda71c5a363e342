"""Patches round single waveforms, for the first part of training: a tenth of a picture's cost, all of its sense.

A patch is cut from a shard's picture either at two thirds of its size or scaled so that the waveform fills it; a fifth
hold none. From whole pictures alone a network begins to learn only after thousands of steps.
"""

from collections.abc import Iterable

import numpy as np
import torch
from torch import Tensor

from training.emg.pictures import HEIGHT, STRIDE, UNKNOWN, WIDTH, Shard
from training.simulate.emg.parameters import LABELS

SIZE, SCALE = 96, 2 / 3
GRID = SIZE // STRIDE
EMPTY_SHARE = 0.2


def patch_batches(own: Shard, size: int, steps: int, rng: np.random.Generator) -> Iterable[tuple[Tensor, Tensor]]:
    """Yield (patches (n, 1, 96, 96) of 0..1, targets (n, HEAD + 3 * 36)): as ``train.tensors``, -1 where unknown."""
    for _ in range(steps):
        made = [patch(own, int(row), rng) for row in rng.integers(0, len(own.facts), size)]
        pictures = torch.from_numpy(np.stack([m[0] for m in made])[:, None]).float() / 255
        targets = np.stack([np.concatenate([m[1], (-1, np.nan), m[2].ravel()]) for m in made])
        yield pictures, torch.from_numpy(targets.astype(np.float32))


def patch(own: Shard, row: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return one patch (96, 96) uint8, its class shares (3,) and its cells (3, 6, 6)."""
    import cv2

    boxes = np.array(own.facts[row]["boxes"], float).reshape(-1, 4)
    empty = not len(boxes) or rng.random() < EMPTY_SHARE
    if empty:
        side = rng.uniform(64, 200) / SCALE
        x, y = rng.uniform(0, WIDTH), rng.uniform(0, HEIGHT)
    else:
        bx, by, bw, bh = boxes[rng.integers(len(boxes))]
        fitting = max(bw * rng.uniform(1.0, 2.5), bh * rng.uniform(1.1, 2.0), 40 / SCALE)
        plain = SIZE / SCALE
        side = plain if rng.random() < 0.5 and fitting < 1.3 * plain else min(fitting, 300 / SCALE)
        x, y = bx + bw * rng.uniform(0.1, 0.7), by + bh / 2 + rng.uniform(-0.2, 0.2) * side
    left, top, scale = x - side / 2, y - side / 2, SIZE / side
    move = np.array([(scale, 0, -left * scale), (0, scale, -top * scale)])
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    cut = cv2.warpAffine(own.pictures[row].copy(), move, (SIZE, SIZE), flags=way, borderMode=cv2.BORDER_REPLICATE)
    cells = _cells(own, row, boxes, left, top, side)
    target = np.array(own.targets[row], np.float32)
    index = LABELS.index(own.facts[row]["label"])
    if empty and np.any(cells == -1):
        return cut, target, cells
    if empty and not np.any(cells[index] == 1):
        target = np.eye(len(LABELS), dtype=np.float32)[LABELS.index("Others")]
    return cut, target, cells


def _cells(own: Shard, row: int, boxes: np.ndarray, left: float, top: float, side: float) -> np.ndarray:
    """Return (3, 6, 6): 1 where a wave of the class is, -1 where that is not known (another wave, a real one)."""
    known = np.asarray(own.cells[row])
    cells = np.zeros((len(LABELS), GRID, GRID), np.float32)
    if (known == UNKNOWN).all():
        return cells - 1
    at = (np.arange(GRID) + 0.5) * side / GRID
    rows = np.clip((top + at) // STRIDE, 0, known.shape[0] - 1).astype(int)
    columns = np.clip((left + at) // STRIDE, 0, known.shape[1] - 1).astype(int)
    there = known[np.ix_(rows, columns)]
    cells[:, there > 0] = -1
    index = LABELS.index(own.facts[row]["label"])
    step = side / GRID
    for x, y, w, h in boxes:
        c0, c1 = int((x + 0.1 * w - left) // step), int((x + 0.9 * w - left) // step)
        r0, r1 = int((y + 0.1 * h - top) // step), int((y + 0.9 * h - top) // step)
        if c1 >= 0 and r1 >= 0 and c0 < GRID and r0 < GRID:
            cells[:, max(0, r0) : r1 + 1, max(0, c0) : c1 + 1] = 0
            cells[index, max(0, r0) : r1 + 1, max(0, c0) : c1 + 1] = 1
    return cells
