"""``python -m training.chest.deep_media --data DATA --out OUT``: the published recipe of Deep MedIA, film to bundle.

Plain binary cross-entropy on the mined labels. Kept to compare with; the shipped recipe is ``chest-films.toml``.
"""

import argparse
import tomllib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from training.chest.films import Films, read_films, split
from training.chest.inputs import predict, shrunk, tensors
from training.chest.report import finish
from training.loop import fit
from viewer.models.networks import Network, build_network

RECIPE = Path(__file__).parents[1] / "recipes" / "chest-deep-media.toml"


def main() -> None:
    """Train by the recipe; resumes a run that was cut off."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--recipe", type=Path, default=RECIPE)
    parser.add_argument("--start", type=Path, help="a torchvision ResNet-18 state (.pth)")
    parser.add_argument("--device", default="cpu")
    given = parser.parse_args()
    recipe = tomllib.loads(given.recipe.read_text("utf-8"))
    films = read_films(given.data / "cxr", min(recipe["size"], 1024))
    network = train(films, recipe, given.out, given.device, given.start)
    finish(network, films, recipe, given.data, given.out)


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


if __name__ == "__main__":
    main()
