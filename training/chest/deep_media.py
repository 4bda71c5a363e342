"""The trainer ``chest-deep-media``: the published recipe of Deep MedIA, from films to a bundle.

Plain binary cross-entropy on the mined labels. Kept to compare with; the shipped recipe is ``chest-films.toml``.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from training import ranks
from training.chest.films import Films, read_films, split
from training.chest.inputs import predict, shrunk, tensors
from training.chest.report import finish
from training.job import Job
from training.loop import fit
from viewer.models.networks import Network, build_network


def run(job: Job) -> Path:
    """Train by the recipe (from a torchvision ResNet-18 where weights are given), measure, and write the bundle."""
    films = read_films(job.data / "cxr", min(job.recipe["size"], 1024))
    network = train(films, job.recipe, job.out, job.device, job.weights)
    if ranks.is_first():
        finish(network, films, job.recipe, job.data, job.bundle.parent)
    return job.bundle


def train(films: Films, recipe: dict, out: Path, device: str = "cpu", start: Path | None = None) -> Network:
    """Return the network in the state of its lowest validation loss."""
    settings, size = recipe["training"], recipe["size"]
    parts = split(films, recipe["split"], recipe["seed"])
    learn = films.take(few_a_class(films, parts["train"], settings["most_a_class"]))
    check = films.take(parts["validation"])
    network = build_network(recipe["network"]["name"], **recipe["network"]["arguments"])
    if start is not None:
        own = network.state_dict()
        given = {f"body.{k}": v for k, v in torch.load(start, map_location="cpu", weights_only=True).items()}
        network.load_state_dict(own | {k: v for k, v in given.items() if k in own})
    steps = max(1, len(learn.names) // settings["batch"])

    def batches(epoch: int) -> Iterator[tuple[Tensor, Tensor]]:
        order = np.random.default_rng([epoch, 3]).permutation(len(learn.names))
        for step in range(steps):
            rows = order[step * settings["batch"] : (step + 1) * settings["batch"]]
            yield tensors(shrunk(learn.pixels[rows], size)), torch.from_numpy(learn.labels[rows])

    def validate(model: torch.nn.Module) -> float:
        logits = predict(model, shrunk(check.pixels, size), device, settings["batch"])  # type: ignore[arg-type]
        return -float(
            functional.binary_cross_entropy_with_logits(torch.from_numpy(logits), torch.from_numpy(check.labels))
        )

    fit(
        network,
        batches,
        functional.binary_cross_entropy_with_logits,
        out,
        epochs=settings["epochs"],
        steps_per_epoch=steps,
        rate=settings["rate"],
        weight_decay=settings["weight_decay"],
        validate=validate,
        patience=settings["patience"],
        device=device,
    )
    return network.cpu().eval()


def few_a_class(films: Films, indices: np.ndarray, most: int) -> np.ndarray:
    """Return those of ``indices`` that come first with each class, up to ``most`` films a class."""
    kept: set[int] = set()
    for c in range(films.labels.shape[1]):
        kept.update(int(i) for i in indices[films.labels[indices, c] > 0][:most])
    return np.array(sorted(kept))
