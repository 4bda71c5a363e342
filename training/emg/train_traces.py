"""``python -m training.emg.train_traces --out OUT --data DATA``: the detector for EMG recordings, to its bundle."""

import argparse
import tomllib
from collections.abc import Iterable
from functools import partial
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional

from training.emg.real import TRAIN
from training.emg.traces import OPEN, UPSIDE_DOWN, Shard, shard
from training.loop import fit
from training.simulate.emg.parameters import LABELS
from training.wider import take_over
from viewer.models.networks.trace_events import CELL, TraceEvents
from viewer.models.preprocessing.emg_trace import network_input

RECIPE = Path(__file__).parents[1] / "recipes" / "emg-traces.toml"
CELLS = 2048  # of a training window: 2 s
PARTS = 1 + (len(LABELS) + 1) + 2  # what each cell says
NOWHERE, HERE = 0.0, 1.0


def main() -> None:
    """Train by the recipe, measure, and write the bundle. A run that was cut off goes on where it was."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--data", type=Path, required=True, help="folder with emg/ (two real recordings are trained on)"
    )
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--recipe", type=Path, default=RECIPE)
    parser.add_argument("--start", type=Path, help="bundle to go on from, in place of the recipe's ``before``")
    parser.add_argument("--jobs", type=int, default=1, help="processes that simulate")
    parser.add_argument("--threads", type=int, default=1)
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    recipe = tomllib.loads(given.recipe.read_text("utf-8"))
    network = train(recipe, given.data, given.out, given.jobs, start=given.start)
    from training.emg.measure_traces import finish

    finish(network, recipe, given.data, given.out)


class WithCells(nn.Module):
    """The network with what its cells say laid out behind its logits, for training."""

    def __init__(self, network: TraceEvents) -> None:
        super().__init__()
        self.network = network

    def forward(self, x: Tensor) -> Tensor:
        """Return (batch, classes + 7 * cells)."""
        features = self.network.features(x)
        told = self.network.cells(features)
        cells = torch.cat([told.event[:, None], told.classes, told.extent_ms], 1)
        return torch.cat([self.network.classify(features), cells.flatten(1)], 1)


def train(
    recipe: dict, data: Path | None, out: Path, jobs: int = 1, device: str = "cpu", start: Path | None = None
) -> TraceEvents:
    """Return the trained network: its parts one after another, each in its best state on validation recordings.

    ``start``: a bundle, whose weights are gone on from in place of the recipe's parts ``before``; its
    network may be smaller than the recipe's.
    """
    counts = recipe["recordings"]
    torch.manual_seed(recipe["seed"])
    network = TraceEvents(len(LABELS), **recipe.get("network", {}))
    if start is not None:
        take_over(network, load_file(start / "weights.safetensors"))
    both = WithCells(network).to(memory_format=torch.channels_last)
    validation = shard(out / "recordings", 0, counts["validation"], "validation", None, (), jobs)
    windows = list(batches(validation, 16, counts["validation"] // 16, np.random.default_rng(0), calm=True))
    names = TRAIN if data else ()
    for part in (*(recipe["before"] if start is None else ()), *recipe["parts"]):
        how = recipe[part]

        def drawn(epoch: int, how: dict = how) -> Iterable[tuple[Tensor, Tensor]]:
            index = how["first_shard"] + epoch // how["views"] % how["shards"]
            own = shard(out / "recordings", index, counts["shard"], how.get("ranges", "train"), data, names, jobs)
            return batches(own, how["batch"], how["steps"], np.random.default_rng([how["seed"], epoch]))

        fit(
            both,
            drawn,
            partial(loss, least=how["least_weight"]),
            out / part,
            epochs=how["epochs"],
            steps_per_epoch=how["steps"],
            rate=how["rate"],
            weight_decay=how["weight_decay"],
            average=how["average"],
            validate=partial(_validated, windows=windows, least=how["least_weight"]),
            device=device,
            log=lambda line: print(line, flush=True),
        )
    return network.cpu().eval()


def batches(
    own: Shard, size: int, steps: int, rng: np.random.Generator, calm: bool = False
) -> Iterable[tuple[Tensor, Tensor]]:
    """Yield windows of 2 s from anywhere, some with noise added; ``calm``: as they are, for validation."""
    samples = CELLS * CELL
    for _ in range(steps):
        inputs, targets = [], []
        for row in rng.integers(0, len(own.signals), size):
            at = int(rng.integers(0, (own.signals.shape[1] - samples) // CELL + 1)) * CELL
            x = own.signals[row, at : at + samples].astype(np.float32)
            more = 1.0
            if not calm and rng.random() < 0.3:  # noise beyond the recording's own: by so much is a unit less
                extra = rng.uniform(0.2, 1.2)
                x, more = x + extra * rng.standard_normal(samples).astype(np.float32), np.sqrt(1 + extra**2)
            scale = 1.0 if calm else np.exp(rng.normal(0, 0.12))  # the noise is not measured exactly
            inputs.append(network_input(x / more * scale))
            rows = own.events[own.first[row] : own.first[row + 1]]
            targets.append(target(rows, at / CELL, bool(own.real[row])))
        yield torch.stack(inputs), torch.from_numpy(np.stack(targets))


def target(rows: np.ndarray, start_ms: float, real: bool, cells: int = CELLS) -> np.ndarray:
    """Return what a window should say: class shares (3), then five rows of ``cells``.

    The rows: heat (1 at an event's cell, falling beside it; -1 where either will do), class (-1: not asked), its
    weight, ms from the onset and to the end.
    """
    heat = np.zeros((5, cells), np.float32)
    heat[1] = OPEN
    inside = rows[(rows[:, 0] >= start_ms) & (rows[:, 0] < start_ms + cells)]
    for time, start, end, label, visible, weight in inside:
        at = int(time - start_ms)
        near = slice(max(0, at - 2), at + 3)
        fall = np.exp(-0.5 * ((np.arange(cells)[near] - at) / 0.8) ** 2)
        if not visible:
            quiet = heat[0, near] < 0.1
            heat[0, near][quiet] = -1
            continue
        heat[0, near] = np.maximum(heat[0, near], fall)
        heat[0, at] = HERE
        for beside in (at - 1, at + 1, at):  # a peak may be found a cell beside
            if beside == at or (0 <= beside < cells and heat[1, beside] == OPEN):
                heat[1:, beside] = label, weight * (1.0 if beside == at else 0.3), time - start, end - time
    if real:
        heat[0] = -1
    return np.concatenate([_shares(inside), heat.ravel()]).astype(np.float32)


def _shares(inside: np.ndarray) -> np.ndarray:
    """Return the window's class shares: Others only where no sharp wave and no fibrillation is."""
    seen = set(inside[inside[:, 4] == 1, 3].astype(int).tolist())
    if seen & {0, 1}:
        return np.array([0 in seen, 1 in seen, False]) / len(seen & {0, 1})
    if UPSIDE_DOWN in seen:
        return np.array([0.34, 0.16, 0.5])
    return np.array([0.0, 0.5, 0.5]) if OPEN in seen else np.array([0.0, 0.0, 1.0])


def loss(output: Tensor, target: Tensor, least: float = 0.2) -> Tensor:
    """Sum of the window's cross-entropy, the events' focal loss, their classes' cross-entropy and their extents' error.

    The focal loss is that of centre points (Zhou et al. 2019, after Lin et al. 2017 and Law & Deng 2018). Events of
    trains that fire fast weigh less, in finding them not less than ``least``.
    """
    classes = len(LABELS)
    told = output[:, classes:].view(len(output), PARTS, -1)
    wanted = target[:, classes:].view(len(target), 5, -1)
    window = functional.cross_entropy(output[:, :classes], target[:, :classes])
    heat, label, weight, since, until = wanted.unbind(1)
    here = heat == HERE
    event, p = told[:, 0], told[:, 0].sigmoid()
    found = -functional.logsigmoid(event) * (1 - p) ** 2 * here * weight.clamp(least, 1)
    empty = -functional.logsigmoid(-event) * p**2 * (1 - heat.clamp(0, 1)) ** 4 * (~here & (heat >= 0))
    focal = (found.sum() + empty.sum()) / (here * weight.clamp(least, 1)).sum().clamp(min=16)
    known = label >= 0
    each = functional.cross_entropy(told[:, 1 : 2 + classes], label.clamp(min=0).long(), reduction="none")
    named = (each * known * weight).sum() / (known * weight).sum().clamp(min=1)
    extent = _extent_error(told[:, -2], since) + _extent_error(told[:, -1], until)
    extents = (extent * known).sum() / known.sum().clamp(min=1)
    return 0.3 * window + focal + named + 0.1 * extents


def _extent_error(told: Tensor, wanted: Tensor) -> Tensor:
    return (told.log1p() - wanted.clamp(min=0).log1p()).abs()


def _validated(network: nn.Module, windows: list[tuple[Tensor, Tensor]], least: float) -> float:
    values, right, count = [], 0.0, 0.0
    for inputs, wanted in windows:
        with torch.autocast("cpu", dtype=torch.bfloat16):
            output = network(inputs)
        values.append(float(loss(output.float(), wanted, least)))
        told = output[:, 3:].view(len(output), PARTS, -1)
        label = wanted[:, 3:].view(len(wanted), 5, -1)[:, 1]
        right += float(((told[:, 1:4].argmax(1) == label) & (label >= 0) & (label < 3)).sum())
        count += float(((label >= 0) & (label < 3)).sum())
    print(f"validation: loss {np.mean(values):.4f}, events' classes right {right / max(1, count):.4f}", flush=True)
    return -float(np.mean(values))


if __name__ == "__main__":
    main()
