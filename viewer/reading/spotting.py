"""Potentials on the sweeps of a picture, spotted by a network along each sweep."""

from collections.abc import Sequence

import numpy as np
import torch
from torch.nn import functional

from viewer.models.bundle import ModelBundle
from viewer.models.networks.sweep_waves import MULTIPLE
from viewer.reading.traces import Trace, excursions, spread

BATCH = 16
SAME = 0.5  # of the shorter one: two spans that share so much are one potential
LONGEST = 8.0  # the logarithm of the longest reach, in columns


def sweep_input(trace: Trace) -> np.ndarray:
    """Return a sweep as the network sees it, (6, columns) float32.

    How far the curve goes above and below its baseline, in units of its restlessness (compressed) and of its largest
    deflection; how many strokes lie in a column; the stroke's thickness.
    """
    up, down = excursions(trace)
    rest = max(0.5, spread(up), spread(down))
    most = max(4.0, float(up.max()), float(down.max()))
    strokes = np.minimum(trace.strokes, 4) - 1
    thick = np.full(len(up), np.log(max(1.0, trace.thickness)))
    rows = np.arcsinh(up / rest), np.arcsinh(down / rest), 2 * up / most, 2 * down / most, strokes, thick
    return np.stack(rows).astype(np.float32)


def spot(bundle: ModelBundle, traces: Sequence[Trace], device: str = "cpu") -> list[list[tuple[int, int]]]:
    """Return of each sweep the columns (first, after the last) of each potential on it, from left to right."""
    inputs = [torch.from_numpy(sweep_input(t)) for t in traces]
    order = sorted(range(len(inputs)), key=lambda i: inputs[i].shape[1])
    found: list[list[tuple[int, int]]] = [[] for _ in traces]
    with torch.inference_mode():
        for first in range(0, len(order), BATCH):
            rows = order[first : first + BATCH]
            told = bundle.network(together([inputs[i] for i in rows]).to(device)).float().cpu().numpy()
            for i, own in zip(rows, told, strict=True):
                found[i] = spans(own[:, : inputs[i].shape[1]], bundle.card.uncertain_below)
    return found


def together(inputs: Sequence[torch.Tensor]) -> torch.Tensor:
    """Return sweeps (6, columns) as one input (n, 6, 1, longest), 0 beyond their ends."""
    longest = -(-max(x.shape[1] for x in inputs) // MULTIPLE) * MULTIPLE
    return torch.stack([functional.pad(x, (0, longest - x.shape[1])) for x in inputs])[:, :, None]


def spans(told: np.ndarray, least: float) -> list[tuple[int, int]]:
    """Return the potentials' columns from the network's logits (3, columns); ``least``: the probability of a peak."""
    p = 1 / (1 + np.exp(-told[0]))
    beside = np.r_[p[1:], 0], np.r_[0, p[:-1]]
    peaks = np.flatnonzero((p >= least) & (p >= beside[0]) & (p > beside[1]))
    kept: list[tuple[int, int]] = []
    for at in peaks[np.argsort(-p[peaks])]:
        back, on = np.exp(np.clip(told[1:, at], 0, LONGEST)) - 1
        a, b = max(0, round(at - back)), min(len(p), round(at + on) + 1)
        if b - a >= 1 and all(min(b, d) - max(a, c) <= SAME * min(b - a, d - c) for c, d in kept):
            kept.append((a, b))
    return sorted(kept)
