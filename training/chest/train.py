"""The trainer ``chest-films``: the chest film network, from films to a bundle.

The data folder holds ``cxr`` and, to measure on another hospital's films, ``cxr_jsrt``.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from training import ranks
from training.chest.augment import cells, vary
from training.chest.films import LABELS, UNBIASED, Films, read_films, split
from training.chest.inputs import predict, shrunk
from training.chest.loss import WithMaps, offsets, pack, packed_loss, soft_targets, unbiased_odds
from training.chest.report import finish
from training.job import Job
from training.loop import fit
from training.metrics import auc
from training.pretrained import efficientnet_lite0
from viewer.models.networks import Network
from viewer.models.preprocessing.picture import to_tensor


def run(job: Job) -> Path:
    """Train by the recipe, measure, and write the bundle; return its folder."""
    with ranks.first_alone():
        films = cached_films(job.data / "cxr", job.out)
    network = train(films, job.recipe, job.out, job.device)
    if ranks.is_first():
        finish(network, films, job.recipe, job.data, job.bundle.parent)
    return job.bundle


def cached_films(folder: Path, out: Path) -> Films:
    """Read the films; their pixels stay in a memory-mapped file under ``out``."""
    out.mkdir(parents=True, exist_ok=True)
    stored = out / "pixels.npy"
    films = read_films(folder)
    if ranks.is_first():
        np.save(stored, films.pixels)
    return replace(films, pixels=np.load(stored, mmap_mode="r"))


def train(films: Films, recipe: dict, out: Path, device: str = "cpu") -> Network:
    """Return the trained network, its logits those of the unbiased sample's shares."""
    parts = split(films, recipe["split"], recipe["seed"])
    settings = recipe["training"]
    learn, check = films.take(parts["train"]), films.take(parts["validation"])
    targets = soft_targets(learn, settings["teacher_trust"])
    order = _order(learn, settings["repeat_unbiased"])
    steps = len(order) // settings["batch"]
    network = efficientnet_lite0(len(LABELS), settings["dropout"])
    for module in (network.stem, *network.blocks[: recipe["frozen_blocks"]]):
        module.requires_grad_(False)
    torch.nn.init.normal_(network.dense.weight, std=0.01)
    torch.nn.init.zeros_(network.dense.bias)
    print(
        f"{len(learn.names)} films to learn from, {len(order)} an epoch; {len(check.names)} to validate on", flush=True
    )
    inputs = shrunk(check.pixels, recipe["size"])

    def batches(epoch: int) -> Iterator[tuple[Tensor, Tensor]]:
        yield from _batches(learn, targets, order, recipe, epoch, steps)

    def validate(model: torch.nn.Module) -> float:
        logits = predict(model.network, inputs, device)  # type: ignore[arg-type]
        inside = check.sources == UNBIASED
        plain = [auc(check.labels[inside, c], logits[inside, c]) for c in range(len(LABELS))]
        within = [within_source_auc(check.labels[:, c], logits[:, c], check.sources) for c in range(len(LABELS))]
        print("  unbiased", np.round(plain, 3), "within sources", np.round(within, 3), flush=True)
        return float(np.nanmean(within))

    fit(
        WithMaps(network),
        batches,
        packed_loss(len(LABELS), settings["box_weight"]),
        out,
        epochs=settings["epochs"],
        steps_per_epoch=steps,
        rate=settings["rate"],
        head_rate=settings["head_rate"],
        head="network.dense",
        weight_decay=settings["weight_decay"],
        average=settings["average"],
        validate=validate,
        device=device,
        log=lambda line: print(line, flush=True),
    )
    with torch.no_grad():
        network.dense.bias.add_(torch.from_numpy(unbiased_odds(learn, targets)).float().to(device))
    return network.cpu().eval()


def within_source_auc(truth: np.ndarray, score: np.ndarray, sources: np.ndarray) -> float:
    """Return the AUC over pairs of films from the same source only (weights: the number of such pairs)."""
    total, weight = 0.0, 0.0
    for source in np.unique(sources):
        inside = sources == source
        pairs = float(truth[inside].sum() * (1 - truth[inside]).sum())
        if pairs:
            total, weight = total + pairs * auc(truth[inside], score[inside]), weight + pairs
    return total / weight if weight else float("nan")


def _order(films: Films, repeat: int) -> np.ndarray:
    often = (films.sources == UNBIASED) | np.isfinite(films.teacher[:, 0])
    return np.concatenate([np.arange(len(often)), *([np.flatnonzero(often)] * (repeat - 1))])


def _batches(
    films: Films, targets: np.ndarray, order: np.ndarray, recipe: dict, epoch: int, steps: int
) -> Iterator[tuple[Tensor, Tensor]]:
    rng = np.random.default_rng([epoch, 7])
    shuffled, batch = rng.permutation(order), recipe["training"]["batch"]
    size = recipe["training"]["sizes"][epoch]
    shares = offsets(films, targets)
    for step in range(steps):
        inputs, packed = [], []
        for i in shuffled[step * batch : (step + 1) * batch]:
            film, boxes = vary(films.pixels[i], films.boxes[i], size, rng)
            inputs.append(to_tensor(film, 3, (0.5,), (0.5,)))
            packed.append(torch.from_numpy(pack(targets[i], shares[i], cells(boxes, len(LABELS), size // 32))))
        yield torch.stack(inputs), torch.stack(packed)
