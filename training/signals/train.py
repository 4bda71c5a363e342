"""How the network that judges the sweeps of an EMG picture learns.

Beside the picture's class it learns which waveforms are where, and which generator leads.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from training.emg.train import GENERATOR_WEIGHT, NAMES, SCALE_ERROR, SCALED, TIMES, WRONG
from training.signals.drawn import KNOWN, Signals
from training.simulate.emg.parameters import LABELS
from viewer.models.networks.sweep_signals import CELL, FEATURES, SweepSignals
from viewer.reading.signals import LEAST_COLUMNS, MOST_COLUMNS, enlarging, padded, stretched

COLUMNS, PICTURES = 49152, 40  # of a batch, at most
STRETCHED = (0.7, 1.5)  # in training
PRESENT_WEIGHT = 3.0  # most cells are empty
CELL_WEIGHT = 0.5
NOISE = 0.06
UNTOLD = 0.1  # of the pictures do not tell how many strokes lie in a column
HEAD = len(LABELS) + 1


class WithMore(nn.Module):
    """The network with what else it learns laid out behind its own logits; only the network is shipped."""

    def __init__(self, network: SweepSignals) -> None:
        super().__init__()
        self.network = network
        self.told = nn.Linear(FEATURES, len(NAMES))

    def forward(self, x: Tensor) -> Tensor:
        """Return (batch, classes + names + classes * cells)."""
        features = self.network.features(x)
        cells, summary = self.network.cells(features), self.network.summary(features)
        own = self.network.pool(cells, features, summary)
        return torch.cat([own.float(), self.told(summary).float(), cells.flatten(1).float()], 1)


def loss(output: Tensor, target: Tensor) -> Tensor:
    """Cross-entropy of the class shares; of the generator and the cells where those are known."""
    classes = len(LABELS)
    told = classes + len(NAMES)
    own = functional.cross_entropy(output[:, :classes], target[:, :classes])
    named = functional.cross_entropy(
        output[:, classes:told], target[:, classes].long(), reduction="none", ignore_index=-1
    )
    cells, truth = output[:, told:], target[:, HEAD:]
    each = functional.binary_cross_entropy_with_logits(cells, truth.clamp(min=0), reduction="none")
    weights = (truth >= 0) * (1 + (PRESENT_WEIGHT - 1) * truth.clamp(min=0))
    in_cells = (each * weights).sum() / weights.sum().clamp(min=1)
    return own + GENERATOR_WEIGHT * named.mean() + CELL_WEIGHT * in_cells


def batches(own: Sequence[Signals], seed: list[int], steps: int, epoch: int) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield an epoch's batches of pictures about as long: inputs (n, 9, 1, columns), and targets."""
    rng = np.random.default_rng([*seed, epoch])
    order = rng.permutation(len(own))
    rows: list[list[int]] = []
    while len(rows) < steps:
        for chunk in np.split(order, range(400, len(order), 400)):
            rows += grouped([length(own[i]) for i in chunk], chunk)
        order = rng.permutation(len(own))
    for at in rng.permutation(len(rows))[:steps]:
        yield together([varied(own[i], rng) for i in rows[at]])


def length(one: Signals) -> float:
    """Return how many columns the network sees of a picture."""
    return one.seen.shape[1] * enlarging(one.seen.shape[1])


def grouped(lengths: Sequence[float], names: np.ndarray) -> list[list[int]]:
    """Return groups of pictures about as long, none with more columns than a batch may have."""
    groups: list[list[int]] = [[]]
    for i in np.argsort(lengths):
        longest = max(LEAST_COLUMNS, lengths[i])
        if len(groups[-1]) >= PICTURES or (len(groups[-1]) + 1) * longest > COLUMNS:
            groups.append([])
        groups[-1].append(int(names[i]))
    return [g for g in groups if g]


def varied(one: Signals, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, float, Signals]:
    """Return a picture's rows and bits stretched, with noise, and its scale as the viewer may know it (0: unknown)."""
    factor = float(np.exp(rng.uniform(*np.log(STRETCHED)))) * enlarging(one.seen.shape[1])
    seen, bits, factor = _at(one, min(factor, MOST_COLUMNS / one.seen.shape[1]))
    on = seen[-1] > 0
    seen[:2] += rng.normal(0, 0.3) * np.tanh(seen[:2])  # a little more or less restless
    seen[:4] += rng.normal(0, NOISE * rng.random(), (4, seen.shape[1])).astype(np.float32)
    seen[5] += rng.normal(0, 0.2)
    if rng.random() < UNTOLD:
        seen[4] = 0
    seen[:-1] *= on
    known = one.px_per_ms * factor * (rng.random() < SCALED) * float(np.exp(rng.normal(0, SCALE_ERROR)))
    if rng.random() < WRONG:
        known *= rng.choice(TIMES)
    return seen, bits, known, one


def plain(one: Signals, scaled: bool) -> tuple[np.ndarray, np.ndarray, float, Signals]:
    """Return a picture as the viewer shows it to the network, with its scale or without."""
    seen, bits, factor = _at(one, enlarging(one.seen.shape[1]))
    return seen, bits, one.px_per_ms * factor * scaled, one


def _at(one: Signals, factor: float) -> tuple[np.ndarray, np.ndarray, float]:
    """Return a picture's rows and bits with about ``factor`` times as many columns, and by how much exactly."""
    had = one.seen.shape[1]
    if not had:
        return one.seen.astype(np.float32), one.bits, 1.0
    seen = stretched(one.seen.astype(np.float32), max(4, round(had * factor)) / had)
    columns = seen.shape[1]
    here = np.clip((np.arange(columns) * had / columns).round().astype(int), 0, had - 1)
    return seen, one.bits[here], columns / had


def together(pictures: Sequence[tuple[np.ndarray, np.ndarray, float, Signals]]) -> tuple[Tensor, Tensor]:
    """Return inputs (n, 9, 1, columns), and targets (n, HEAD + 3 cells)."""
    inputs = padded([p[0] for p in pictures], [p[2] for p in pictures])
    longest = inputs.shape[3]
    cells = np.full((len(pictures), len(LABELS), longest // CELL), -1, np.float32)
    heads = np.zeros((len(pictures), HEAD), np.float32)
    for i, (_, bits, _, one) in enumerate(pictures):
        laid = np.zeros(longest, np.uint8)
        laid[: len(bits)] = bits
        own = np.bitwise_or.reduce(laid.reshape(-1, CELL), 1)
        present = np.stack([(own >> c) & 1 for c in range(len(LABELS))]).astype(np.float32)
        cells[i] = np.where((own >> KNOWN) & 1, present, -1)
        name = one.facts["generator"]
        heads[i] = *one.shares, NAMES.index(name) if name in NAMES and not one.facts["inverted"] else -1
    return inputs, torch.from_numpy(np.concatenate([heads, cells.reshape(len(pictures), -1)], 1))


def logits(network: nn.Module, own: Sequence[Signals], scaled: Sequence[bool]) -> np.ndarray:
    """Return the network's logits (n, classes) of pictures as they are."""
    said = np.zeros((len(own), len(LABELS)), np.float32)
    with torch.inference_mode():
        for rows in grouped([length(o) for o in own], np.arange(len(own))):
            inputs, _ = together([plain(own[i], scaled[i]) for i in rows])
            said[rows] = network(inputs)[:, : len(LABELS)].float().numpy()
    return said


def log_loss(network: nn.Module, own: Sequence[Signals]) -> float:
    """Return the cross-entropy on pictures of which every second one comes with its scale; tell the accuracy."""
    odd = [bool(i % 2) for i in range(len(own))]
    with torch.autocast("cpu", dtype=torch.bfloat16):
        said = logits(network, own, odd)
    shares = np.stack([o.shares for o in own])
    right = said.argmax(1) == shares.argmax(1)
    print(f"validation accuracy {right[1::2].mean():.4f} with the scale, {right[::2].mean():.4f} without", flush=True)
    return float(functional.cross_entropy(torch.from_numpy(said), torch.from_numpy(shares)))
