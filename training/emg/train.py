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

from training.emg.patches import patch_batches
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
    """Return the trained network: first on patches round single waveforms, then on whole pictures.

    Patches teach the waveforms at a tenth of the cost; whole pictures teach how often they come, and what else a screen
    shows. Each part keeps its best state on validation pictures.
    """
    counts, patches = recipe["pictures"], recipe["patches"]
    torch.manual_seed(recipe["seed"])
    network = ScreenEvents(len(LABELS))
    both = WithCells(network).to(memory_format=torch.channels_last)
    validation = shard(out / "pictures", 0, counts["validation"], "validation", None, (), jobs)
    pieces = list(patch_batches(validation, 96, 8, np.random.default_rng(recipe["seed"])))

    def own(epoch: int) -> Shard:
        return shard(out / "pictures", epoch % counts["shards"], counts["shard"], "train", data, TRAIN, jobs)

    def seen(epoch: int, part: int) -> np.random.Generator:
        return np.random.default_rng([recipe["seed"], part, epoch])

    def cut(epoch: int) -> Iterable[tuple[Tensor, Tensor]]:
        rng = seen(epoch, 1)
        for x, target in patch_batches(own(epoch), patches["batch"], patches["steps"], rng):
            yield _varied(_scaled(x), rng), target

    _fit(both, cut, out / "patches", patches, patches["steps"], lambda net: -_patch_loss(net, pieces))
    for part, name in enumerate(("whole", "again"), 2):
        how = recipe[name]

        def pictures(epoch: int, part: int = part, size: int = how["batch"]) -> Iterable[tuple[Tensor, Tensor]]:
            return _batches(own(epoch + patches["epochs"]), size, seen(epoch, part))

        steps = counts["shard"] // how["batch"]
        _fit(both, pictures, out / name, how, steps, lambda net: -_log_loss(net, validation, counts["validation"]))
    return network.eval()


def _fit(both: nn.Module, batches, out: Path, how: dict, steps: int, validate) -> None:  # type: ignore[no-untyped-def]
    fit(
        both,
        batches,
        lambda output, target: loss(output, target, how["cell_weight"]),
        out,
        epochs=how["epochs"],
        steps_per_epoch=steps,
        rate=how["rate"],
        weight_decay=how["weight_decay"],
        average=how["average"],
        validate=validate,
        log=lambda line: print(line, flush=True),
    )


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


def _scaled(x: Tensor) -> Tensor:
    return (x - MEAN[0]) / STD[0]


def _patch_loss(network: nn.Module, pieces: list[tuple[Tensor, Tensor]]) -> float:
    classes = len(LABELS)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        logits = torch.cat([network(_scaled(x))[:, :classes].float() for x, _ in pieces])
    return _told("patches", logits, torch.cat([t[:, :classes] for _, t in pieces]))


def _told(name: str, logits: Tensor, target: Tensor) -> float:
    right = (logits.argmax(1) == target.argmax(1)).float().mean()
    print(f"{name}: validation accuracy {float(right):.4f}", flush=True)
    return float(functional.cross_entropy(logits, target))


def _log_loss(network: nn.Module, own: Shard, count: int) -> float:
    rows = np.arange(count)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        logits = torch.from_numpy(outputs(network, own, rows))
    return _told("pictures", logits, torch.from_numpy(np.asarray(own.targets[rows])))


if __name__ == "__main__":
    main()
