"""``python -m training.emg.train --data DATA --out OUT``: the EMG screen network, from simulation to a bundle.

Beside the picture's class, each cell of the network's grid learns which waveforms are in it: the maps then point at
waveforms, and a small one on a large screen is not drowned.
"""

import argparse
import tomllib
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from training.emg.pictures import HEIGHT, STRIDE, UNKNOWN, WIDTH, Shard, shard
from training.emg.real import TRAIN
from training.loop import fit
from training.simulate.emg.parameters import LABELS
from viewer.models.networks.screen_events import ScreenEvents
from viewer.models.preprocessing.picture import to_tensor

RECIPE = Path(__file__).parents[1] / "recipes" / "emg-screens.toml"
MEAN, STD = (0.5,), (0.25,)
GRID = (HEIGHT // STRIDE, WIDTH // STRIDE)
PRESENT_WEIGHT = 4.0  # most cells are empty


def main() -> None:
    """Train by the recipe, measure, and write the bundle. A run that was cut off goes on where it was."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--data", type=Path, required=True, help="folder with emg/ (two real recordings are trained on)"
    )
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--recipe", type=Path, default=RECIPE)
    parser.add_argument("--jobs", type=int, default=1, help="processes that draw pictures")
    parser.add_argument("--threads", type=int, default=1)
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    recipe = tomllib.loads(given.recipe.read_text("utf-8"))
    network = train(recipe, given.data, given.out, given.jobs)
    from training.emg.measure import finish

    finish(network, recipe, given.data, given.out, given.jobs)


class WithCells(nn.Module):
    """The network with its cells' logits laid out behind its own, for training."""

    def __init__(self, network: ScreenEvents) -> None:
        super().__init__()
        self.network = network

    def forward(self, x: Tensor) -> Tensor:
        """Return (batch, classes + classes * cells)."""
        features = self.network.features(x)
        cells = self.network.cells(features)
        return torch.cat([self.network.pool(cells, features), cells.flatten(1).float()], 1)


def train(recipe: dict, data: Path, out: Path, jobs: int) -> ScreenEvents:
    """Return the trained network (in its best state on the validation pictures)."""
    how, counts = recipe["training"], recipe["pictures"]
    torch.manual_seed(how["seed"])
    network = ScreenEvents(len(LABELS))
    validation = shard(out / "pictures", 0, counts["validation"], "validation", None, (), jobs)

    def batches(epoch: int) -> Iterable[tuple[Tensor, Tensor]]:
        own = shard(out / "pictures", epoch % counts["shards"], counts["shard"], "train", data, TRAIN, jobs)
        return _batches(own, how["batch"], np.random.default_rng([how["seed"], epoch]))

    fit(
        WithCells(network).to(memory_format=torch.channels_last),
        batches,
        lambda output, target: loss(output, target, how["cell_weight"]),
        out,
        epochs=how["epochs"],
        steps_per_epoch=counts["shard"] // how["batch"],
        rate=how["rate"],
        weight_decay=how["weight_decay"],
        average=how["average"],
        validate=lambda net: -_log_loss(net, validation, min(600, counts["validation"])),
        log=lambda line: print(line, flush=True),
    )
    return network.eval()


def loss(output: Tensor, target: Tensor, cell_weight: float) -> Tensor:
    """Cross-entropy of the picture's class shares, and of what is in each cell where that is known (-1: it is not)."""
    classes = len(LABELS)
    own = functional.cross_entropy(output[:, :classes], target[:, :classes])
    cells, truth = output[:, classes:], target[:, classes:]
    known = truth >= 0
    each = functional.binary_cross_entropy_with_logits(cells, truth.clamp(min=0), reduction="none")
    weights = known * (1 + (PRESENT_WEIGHT - 1) * truth.clamp(min=0))
    return own + cell_weight * (each * weights).sum() / weights.sum().clamp(min=1)


def tensors(own: Shard, rows: np.ndarray) -> tuple[Tensor, Tensor]:
    """Return inputs (n, 1, 256, 352), and targets (n, 3 + 3 * 352): class shares, then each class's cells."""
    inputs = torch.stack([to_tensor(own.pictures[r].copy(), 1, MEAN, STD) for r in rows])
    cells = np.asarray(own.cells[rows])
    bits = np.stack([(cells >> c) & 1 for c in range(len(LABELS))], 1).astype(np.float32)
    bits[np.broadcast_to((cells == UNKNOWN)[:, None], bits.shape)] = -1
    targets = np.concatenate([own.targets[rows], bits.reshape(len(rows), -1)], 1)
    return inputs, torch.from_numpy(targets)


def _batches(own: Shard, size: int, rng: np.random.Generator) -> Iterable[tuple[Tensor, Tensor]]:
    order = rng.permutation(len(own.pictures))
    for first in range(0, len(order) - size + 1, size):
        inputs, targets = tensors(own, np.sort(order[first : first + size]))
        yield _varied(inputs, rng), targets


def _varied(x: Tensor, rng: np.random.Generator) -> Tensor:
    """Return the batch with other brightness, contrast, sign and noise. Never mirrored: that would reverse time."""
    n = (len(x), 1, 1, 1)
    contrast = torch.from_numpy(rng.uniform(0.6, 1.3, n) * rng.choice((-1, 1), n, p=(0.25, 0.75))).float()
    noise = torch.from_numpy((rng.random(n) < 0.3) * rng.uniform(0, 0.25, n)).float()
    return x * contrast + torch.from_numpy(rng.uniform(-0.3, 0.3, n)).float() + noise * torch.randn_like(x)


def outputs(network: nn.Module, own: Shard, rows: np.ndarray, size: int = 32) -> np.ndarray:
    """Return the logits (n, 3) in evaluation mode."""
    parts = []
    with torch.inference_mode():
        for first in range(0, len(rows), size):
            inputs, _ = tensors(own, rows[first : first + size])
            parts.append(network(inputs)[:, : len(LABELS)].float())
    return torch.cat(parts).numpy()


def _log_loss(network: nn.Module, own: Shard, count: int) -> float:
    rows = np.arange(count)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        logits = torch.from_numpy(outputs(network, own, rows))
    target = torch.from_numpy(np.asarray(own.targets[rows]))
    right = (logits.argmax(1) == target.argmax(1)).float().mean()
    print(f"validation accuracy {float(right):.4f}", flush=True)
    return float(functional.cross_entropy(logits, target))


if __name__ == "__main__":
    main()
