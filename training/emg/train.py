"""``python -m training.emg.train --data DATA --out OUT``: the EMG screen network, from simulation to a bundle.

Beside the picture's class the network learns, while it is trained, what a specialist sees as well: which waveforms are
in each cell of its grid (the maps then point at waveforms, and a small one on a large screen is not drowned), which
generator leads, and how long a millisecond is on the screen. Pictures are seen once or twice, then new ones are drawn.
"""

import argparse
import os
import tomllib
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional

from training.emg.patches import patch_batches
from training.emg.pictures import HEIGHT, STRIDE, UNKNOWN, WIDTH, Shard, forget, shard
from training.emg.real import TRAIN
from training.loop import fit
from training.simulate.emg.draws import Part
from training.simulate.emg.parameters import GENERATORS, LABELS
from viewer.models.networks.screen_waves import FEATURES, ScreenWaves, scale_plane
from viewer.models.preprocessing.picture import to_tensor

RECIPE = Path(__file__).parents[1] / "recipes" / "emg-screens.toml"
MEAN, STD = (0.5,), (0.25,)
PRESENT_WEIGHT = 4.0  # most cells are empty
NAMES = (*GENERATORS, "quiet", "artefact")
TOLD = len(NAMES) + 1  # beside the classes: the generators' logits, and the logarithm (to 2) of pixels a millisecond
HEAD = len(LABELS) + 2  # a target's first numbers: class shares, the generator's index or -1, that logarithm or nan
GENERATOR_WEIGHT, SCALE_WEIGHT = 0.3, 0.05
SCALED = 0.55  # of the pictures in training come with their scale,
SCALE_ERROR, WRONG, TIMES = 0.08, 0.03, (0.1, 0.2, 0.5, 2, 5, 10)  # not quite right, and now and then wrong
BEFORE = 1000  # the recipe's ``before`` has random streams and shards of its own
Batches = Iterable[tuple[Tensor, Tensor]]


def main() -> None:
    """Train by the recipe, measure, and write the bundle. A run that was cut off goes on where it was."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--data", type=Path, required=True, help="folder with emg/ (two real recordings are trained on)"
    )
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--recipe", type=Path, default=RECIPE)
    parser.add_argument("--start", type=Path, help="bundle to go on from, in place of the recipe's ``before``")
    parser.add_argument("--jobs", type=int, default=1, help="processes that draw pictures")
    parser.add_argument("--threads", type=int, default=1)
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    recipe = tomllib.loads(given.recipe.read_text("utf-8"))
    network = train(recipe, given.data, given.out, given.jobs, given.start)
    from training.emg.measure import finish

    finish(network, recipe, given.data, given.out, given.jobs, given.start)


class WithMore(nn.Module):
    """The network with what else it learns laid out behind its own logits; only the network is shipped."""

    def __init__(self, network: ScreenWaves) -> None:
        super().__init__()
        self.network = network
        self.told = nn.Linear(FEATURES, TOLD)

    def forward(self, x: Tensor) -> Tensor:
        """Return (batch, classes + TOLD + classes * cells)."""
        features = self.network.features(x)
        cells, summary = self.network.cells(features), self.network.summary(features)
        own = self.network.pool(cells, features, summary)
        return torch.cat([own, self.told(summary).float(), cells.flatten(1).float()], 1)


class Ahead:
    """Shards drawn by a process of its own, one ahead of that which is learned from, and removed behind it."""

    def __init__(self, folder: Path, count: int, data: Path, jobs: int) -> None:
        self.folder, self.count = folder, count
        self._more = (data, TRAIN, jobs)
        # a session of its own: Linux shares the processor between sessions before it looks at priorities
        self._pool = ProcessPoolExecutor(1, get_context("spawn"), initializer=getattr(os, "setsid", None))
        self._drawn: dict[tuple[int, Part], Future] = {}
        self._held: tuple[int, Part] | None = None

    def __call__(self, index: int, part: Part, more: bool) -> Shard:
        """Return a shard of a part, begin to draw the next where there is ``more``, remove the one before."""
        for wanted in (index, index + 1) if more else (index,):
            if (wanted, part) not in self._drawn:
                own = self._pool.submit(_draw, self.folder, wanted, self.count, part, *self._more)
                self._drawn[wanted, part] = own
        self._drawn[index, part].result()
        for before in {(index - 1, part), self._held or (index - 1, part)} - {(index, part)}:
            forget(self.folder, before[0], self.count, before[1])
        self._held = index, part
        return shard(self.folder, index, self.count, part, *self._more)

    def close(self) -> None:
        """Stop drawing."""
        self._pool.shutdown(cancel_futures=True)


def _draw(folder: Path, index: int, count: int, part: Part, data: Path, names: tuple[str, ...], jobs: int) -> None:
    shard(folder, index, count, part, data, names, jobs)


def train(
    recipe: dict, data: Path, out: Path, jobs: int, start: Path | None = None, device: str = "cpu"
) -> ScreenWaves:
    """Return the trained network: first patches round single waveforms, then smaller pictures, then whole ones.

    What costs less comes first. ``start``: an earlier version's bundle, whose weights are gone on from in place of the
    recipe's ``before``. Each part keeps its best state on validation pictures.
    """
    counts = recipe["pictures"]
    torch.manual_seed(recipe["seed"])
    network = ScreenWaves(len(LABELS))
    both = WithMore(network).to(memory_format=torch.channels_last)
    validation = shard(out / "pictures", 0, counts["validation"], "validation", None, (), jobs)
    own = Ahead(out / "pictures", counts["shard"], data, jobs)
    if start is None:
        _parts(both, recipe, recipe["before"], BEFORE, own, validation, out, device)
    else:
        go_on_from(network, start)
    begun = {k: v.clone() for k, v in network.state_dict().items()}
    _parts(both, recipe, recipe["part"], counts["first_shard"], own, validation, out, device)
    own.close()
    return between(network.cpu(), begun, recipe.get("share", 1.0)).eval()


def between(network: ScreenWaves, begun: dict[str, Tensor], share: float) -> ScreenWaves:
    """Move the weights back to ``share`` of their way from where they began (Wortsman et al. 2022)."""
    moved = {k: torch.lerp(begun[k], v, share) if v.is_floating_point() else v for k, v in network.state_dict().items()}
    network.load_state_dict(moved)
    return network


def _parts(
    both: nn.Module,
    recipe: dict,
    parts: list[dict],
    first: int,
    own: Ahead,
    validation: Shard,
    out: Path,
    device: str,
) -> None:
    """Train part after part; ``first`` numbers their random streams and their shards."""
    drawn = first
    for number, part in enumerate(parts, first):

        def batches(epoch: int, number: int = number, part: dict = part, drawn: int = drawn) -> Batches:
            rng = np.random.default_rng([recipe["seed"], number, epoch])
            at = epoch // part["views"]
            pictures = own(drawn + at, part.get("ranges", "train"), at < (part["epochs"] - 1) // part["views"])
            if part.get("patches"):
                return _patches(pictures, part["batch"], part["patches"], rng)
            return _batches(pictures, part["batch"], rng, part["size"])

        def validate(net: nn.Module, part: dict = part) -> float:
            return -(_patch_loss(net, validation) if part.get("patches") else _log_loss(net, validation, part["size"]))

        steps = part.get("patches") or recipe["pictures"]["shard"] // part["batch"]
        _fit(both, batches, out / part["name"], part, steps, validate, device)
        drawn += -(-part["epochs"] // part["views"])


def go_on_from(network: ScreenWaves, bundle: Path) -> None:
    """Take over a bundle's weights; what the network has beyond them stays as it begins. Raises ValueError."""
    known = load_file(bundle / "weights.safetensors")
    missing, surplus = network.load_state_dict({k: v.float() for k, v in known.items()}, strict=False)
    beyond = ("far.", "back.", "look.", "sum_up.", "more.", "scale.")
    if surplus or any(not (key.startswith(beyond) or ".gate." in key or ".tilt." in key) for key in missing):
        raise ValueError(f"{bundle} holds no network of the first version's kind; give its bundle")


def _fit(
    both: nn.Module,
    batches: Callable[[int], Batches],
    out: Path,
    how: dict[str, Any],
    steps: int,
    validate: Callable[[nn.Module], float],
    device: str,
) -> None:
    fit(
        both,
        batches,
        lambda output, target: loss(output, target, how["cell_weight"]),
        out,
        epochs=how["epochs"],
        steps_per_epoch=steps,
        rate=how["rate"],
        weight_decay=how["weight_decay"],
        warmup=how["warmup"],
        average=how["average"],
        validate=validate,
        device=device,
        log=lambda line: print(line, flush=True),
    )


def loss(output: Tensor, target: Tensor, cell_weight: float) -> Tensor:
    """Cross-entropy of the class shares; of the generator, the scale and the cells where those are known."""
    classes = len(LABELS)
    own = functional.cross_entropy(output[:, :classes], target[:, :classes])
    named = functional.cross_entropy(
        output[:, classes : classes + len(NAMES)], target[:, classes].long(), reduction="none", ignore_index=-1
    )
    scale, true_scale = output[:, classes + len(NAMES)], target[:, classes + 1]
    off = functional.smooth_l1_loss(scale, true_scale.nan_to_num(), reduction="none") * ~true_scale.isnan()
    cells, truth = output[:, classes + TOLD :], target[:, HEAD:]
    known = truth >= 0
    each = functional.binary_cross_entropy_with_logits(cells, truth.clamp(min=0), reduction="none")
    weights = known * (1 + (PRESENT_WEIGHT - 1) * truth.clamp(min=0))
    in_cells = (each * weights).sum() / weights.sum().clamp(min=1)
    return own + GENERATOR_WEIGHT * named.mean() + SCALE_WEIGHT * off.mean() + cell_weight * in_cells


def tensors(own: Shard, rows: np.ndarray, size: float = 1.0) -> tuple[Tensor, Tensor]:
    """Return inputs (n, 1, 384, 528), and targets (n, HEAD + 3 * 792); or smaller ones, by the factor ``size``."""
    import cv2

    height, width = round(HEIGHT * size), round(WIDTH * size)
    pictures = [own.pictures[r].copy() for r in rows]
    if size != 1:
        pictures = [cv2.resize(p, (width, height), interpolation=cv2.INTER_AREA) for p in pictures]
    inputs = torch.stack([to_tensor(p, 1, MEAN, STD) for p in pictures])
    cells = np.asarray(own.cells[rows])
    bits = np.stack([(cells >> c) & 1 for c in range(len(LABELS))], 1).astype(np.float32)
    bits[np.broadcast_to((cells == UNKNOWN)[:, None], bits.shape)] = -1
    grid = -(-height // STRIDE), -(-width // STRIDE)
    if size != 1:
        bits = functional.adaptive_max_pool2d(torch.from_numpy(bits), grid).numpy()
    facts = [own.facts[r] for r in rows]
    names = [NAMES.index(f["generator"]) if f["generator"] in NAMES and not f["inverted"] else -1 for f in facts]
    scales = [np.log2(f["px_per_ms"] * size) if f["px_per_ms"] > 0 else np.nan for f in facts]
    targets = np.concatenate([own.targets[rows], np.stack([names, scales], 1), bits.reshape(len(rows), -1)], 1)
    return inputs, torch.from_numpy(targets.astype(np.float32))


def _patches(own: Shard, count: int, steps: int, rng: np.random.Generator) -> Batches:
    for x, target in patch_batches(own, count, steps, rng):
        yield _varied((x - MEAN[0]) / STD[0], rng), target


def _batches(own: Shard, count: int, rng: np.random.Generator, size: float) -> Batches:
    order = rng.permutation(len(own.pictures))
    for first in range(0, len(order) - count + 1, count):
        rows = np.sort(order[first : first + count])
        inputs, targets = tensors(own, rows, size)
        known = true_scales(own, rows) * size * (rng.random(count) < SCALED) * np.exp(rng.normal(0, SCALE_ERROR, count))
        wrong = rng.random(count) < WRONG
        known[wrong] *= rng.choice(TIMES, int(wrong.sum()))
        yield scaled(_varied(inputs, rng), known), targets


def _varied(x: Tensor, rng: np.random.Generator) -> Tensor:
    """Return the batch with other brightness, contrast, sign and noise. Never mirrored: that would reverse time."""
    n = (len(x), 1, 1, 1)
    contrast = torch.from_numpy(rng.uniform(0.6, 1.3, n) * rng.choice((-1, 1), n, p=(0.25, 0.75))).float()
    x = x * contrast + torch.from_numpy(rng.uniform(-0.3, 0.3, n)).float()
    for row in np.flatnonzero(rng.random(len(x)) < 0.3):
        x[row] += float(rng.uniform(0, 0.25)) * torch.randn_like(x[row])
    return x


def true_scales(own: Shard, rows: np.ndarray) -> np.ndarray:
    """Return the pixels of a millisecond (n,) in the fitted pictures."""
    return np.array([own.facts[r]["px_per_ms"] for r in rows], float)


def scaled(inputs: Tensor, px_per_ms: np.ndarray) -> Tensor:
    """Return inputs (n, 2, height, width) that tell their scale as well; 0 where it is not known."""
    plane = scale_plane(torch.from_numpy(np.asarray(px_per_ms, np.float32)), *inputs.shape[2:])
    return torch.cat([inputs, plane], 1)


def outputs(
    network: nn.Module,
    own: Shard,
    rows: np.ndarray,
    count: int = 32,
    size: float = 1.0,
    px_per_ms: np.ndarray | None = None,
) -> np.ndarray:
    """Return the logits (n, 3) in evaluation mode; ``px_per_ms`` (n,) in the fitted pictures, none where None."""
    known = np.zeros(len(rows)) if px_per_ms is None else px_per_ms
    parts = []
    with torch.inference_mode():
        for first in range(0, len(rows), count):
            inputs, _ = tensors(own, rows[first : first + count], size)
            own_scale = known[first : first + count] * size
            parts.append(network(scaled(inputs, own_scale))[:, : len(LABELS)].float())
    return torch.cat(parts).numpy()


def _patch_loss(network: nn.Module, own: Shard) -> float:
    pieces = list(patch_batches(own, 96, 8, np.random.default_rng(1)))
    with torch.autocast("cpu", dtype=torch.bfloat16):
        logits = torch.cat([network((x - MEAN[0]) / STD[0])[:, : len(LABELS)].float() for x, _ in pieces])
    return float(functional.cross_entropy(logits, torch.cat([t[:, : len(LABELS)] for _, t in pieces])))


def _log_loss(network: nn.Module, own: Shard, size: float) -> float:
    rows = np.arange(len(own.facts))
    known = true_scales(own, rows) * (rows % 2)  # of every second picture
    with torch.autocast("cpu", dtype=torch.bfloat16):
        logits = torch.from_numpy(outputs(network, own, rows, size=size, px_per_ms=known))
    target = torch.from_numpy(np.asarray(own.targets[rows]))
    right = (logits.argmax(1) == target.argmax(1)).float().numpy()
    shares = right[rows % 2 == 1].mean(), right[rows % 2 == 0].mean()
    print(f"validation accuracy {shares[0]:.4f} with the scale, {shares[1]:.4f} without", flush=True)
    return float(functional.cross_entropy(logits, target))


if __name__ == "__main__":
    main()
