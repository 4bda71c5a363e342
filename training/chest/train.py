"""``python -m training.chest.train --data DATA --out OUT``: the chest film network, from films to a bundle.

DATA holds ``cxr`` and, to measure on another hospital's films, ``cxr_jsrt``.
"""

import argparse
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from training.chest.augment import cells, vary
from training.chest.films import LABELS, UNBIASED, Films, read_films, split
from training.chest.inputs import predict, shrunk
from training.chest.loss import WithMaps, offsets, pack, packed_loss, soft_targets, unbiased_odds
from training.chest.report import finish
from training.loop import fit
from training.metrics import auc
from training.pretrained import efficientnet_lite0
from viewer.models.networks import Network
from viewer.models.preprocessing.picture import to_tensor

RECIPE = Path(__file__).parents[1] / "recipes" / "chest-films.toml"


def main() -> None:
    """Train by the recipe; resumes a run that was cut off."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--recipe", type=Path, default=RECIPE)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--device", default="cpu")
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    recipe = tomllib.loads(given.recipe.read_text("utf-8"))
    films = cached_films(given.data / "cxr", given.out)
    network = train(films, recipe, given.out, given.device)
    torch.save(network.state_dict(), given.out / "network.pt")
    finish(network, films, recipe, given.data, given.out)


def cached_films(folder: Path, out: Path) -> Films:
    """Read the films; their pixels stay in a memory-mapped file under ``out``."""
    out.mkdir(parents=True, exist_ok=True)
    stored = out / "pixels.npy"
    films = read_films(folder)
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


if __name__ == "__main__":
    main()
