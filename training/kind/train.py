"""The trainer ``kind-pictures``: the kind network, from pictures to a bundle.

The first layers keep their ImageNet weights, and what they make of each look is kept in a file; the layers after them
are learned further, with a new dense layer. That costs a quarter of learning all of them, and the first ones know
edges and grain already.
"""

import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from training.job import Job
from training.kind.looks import vary
from training.kind.maps import kept_maps
from training.kind.pictures import KINDS, Picture, gather
from training.loop import fit
from training.pretrained import efficientnet_lite0
from viewer.models.networks.efficientnet_lite import EfficientNetLite0
from viewer.models.preprocessing.picture import fit_picture, to_tensor


def run(job: Job) -> Path:
    """Train by the recipe, measure, and write the bundle; return its folder."""
    from training.kind.report import finish

    network = efficientnet_lite0(len(KINDS)).eval()
    looks = looks_at(gather(job.data, job.recipe["counts"]))
    maps = first_maps(network, looks, job.recipe, job.out)
    tune(network, looks, maps, job.recipe, job.out / "tail", job.device)
    finish(network, samples_of(network, looks, maps, job.recipe), job.recipe, job.bundle.parent)
    return job.bundle


@dataclass(frozen=True, eq=False)
class Samples:
    """Looks at pictures: ``features`` (n, 1280), ``truth`` index of the kind, ``sources``, ``parts``."""

    features: np.ndarray
    truth: np.ndarray
    sources: np.ndarray
    parts: np.ndarray

    def part(self, *names: str) -> "Samples":
        """Return those of some parts."""
        keep = np.isin(self.parts, names)
        return Samples(self.features[keep], self.truth[keep], self.sources[keep], self.parts[keep])


@dataclass(frozen=True)
class Look:
    """One look at a picture, as it is or ``varied``; ``part``: train, validation, test or test-varied."""

    picture: Picture
    name: str
    varied: bool
    part: str

    def shown(self, recipe: dict) -> np.ndarray:
        """Return the look's pixels, fitted to the network."""
        seed = zlib.crc32(self.name.rsplit("/", 1)[0].encode())
        rng = np.random.default_rng([recipe["seed"], seed])
        pixels = self.picture.load(rng)
        return fitted(vary(pixels, self.picture.film, rng) if self.varied else pixels, recipe["size"])


def looks_at(pictures: list[Picture]) -> list[Look]:
    """Return the looks: in training varied ones, in validation and test as they are and varied."""
    todo, counted = [], Counter[str]()
    for picture in pictures:
        group = f"{picture.source}/{picture.part}"
        counted[group] += 1
        for look in range(picture.looks):
            name = f"{group}/{counted[group]}/{look}"
            if picture.part != "train":
                todo.append(Look(picture, f"{name}/as it is", False, picture.part))
            again = "test-varied" if picture.part == "test" else picture.part
            todo.append(Look(picture, f"{name}/varied", True, again))
    return todo


def fitted(pixels: np.ndarray, size: int) -> np.ndarray:
    """Return a picture as the viewer's preparation ``picture`` brings it to the network, before scaling."""
    return fit_picture(pixels, size, size, "letterbox", True)[0]


def first_maps(network: EfficientNetLite0, looks: list[Look], recipe: dict, out: Path) -> np.ndarray:
    """Return what the layers that stay as they are make of each look (n, channels, rows, columns), float16."""
    first = network.blocks[: recipe["tail"]["from_block"]]

    def made(own: list[Look]) -> np.ndarray:
        x = torch.stack([to_tensor(look.shown(recipe), 3, (0.5,), (0.5,)) for look in own])
        with torch.inference_mode(), torch.autocast("cpu", dtype=torch.bfloat16):
            return first(network.stem(x.contiguous(memory_format=torch.channels_last))).half().numpy()

    about = [recipe["size"], recipe["seed"], recipe["tail"]["from_block"], [look.name for look in looks]]
    return kept_maps(made, looks, about, out)


class Tail(nn.Module):
    """The network's layers from a block on, its own: what changes here changes there."""

    def __init__(self, network: EfficientNetLite0, from_block: int) -> None:
        super().__init__()
        self.blocks, self.last = network.blocks[from_block:], network.last
        self.dropout, self.dense = network.dropout, network.dense

    def pooled(self, maps: Tensor) -> Tensor:
        """Return (n, 1280) from the maps (n, channels, rows, columns)."""
        x = maps.float().contiguous(memory_format=torch.channels_last)
        return self.last(self.blocks(x)).float().flatten(2).mean(2)

    def forward(self, maps: Tensor) -> Tensor:
        """Return the logits (n, kinds)."""
        return self.dense(self.dropout(self.pooled(maps)))


def tune(
    network: EfficientNetLite0, looks: list[Look], maps: np.ndarray, recipe: dict, out: Path, device: str = "cpu"
) -> None:
    """Learn the layers from ``from_block`` on; those of the best log-loss on validation looks are kept.

    Each source within a kind, and each kind, is drawn by the root of its count.
    """
    how = recipe["tail"]
    truth = torch.tensor([KINDS.index(look.picture.kind) for look in looks])
    parts = np.array([look.part for look in looks])
    rows, chance = _chances(looks, parts == "train", truth.numpy())
    check = np.flatnonzero(parts == "validation")
    network.dense.reset_parameters()
    tail = Tail(network, how["from_block"]).to(memory_format=torch.channels_last)

    def batches(epoch: int) -> Iterator[tuple[Tensor, Tensor]]:
        rng = np.random.default_rng([recipe["seed"], epoch])
        for _ in range(how["steps"]):
            own = np.sort(rng.choice(rows, how["batch"], p=chance))
            yield torch.from_numpy(maps[own]), truth[own]

    def validate(net: nn.Module) -> float:
        logits = torch.cat([net(torch.from_numpy(maps[check[a : a + 32]])).float() for a in range(0, len(check), 32)])
        return -float(functional.cross_entropy(logits, truth[check]))

    torch.manual_seed(recipe["seed"])
    fit(
        tail,
        batches,
        lambda logits, own: functional.cross_entropy(logits, own, label_smoothing=how["label_smoothing"]),
        out,
        epochs=how["epochs"],
        steps_per_epoch=how["steps"],
        rate=how["rate"],
        head_rate=how["head_rate"],
        weight_decay=how["weight_decay"],
        average=how["average"],
        validate=validate,
        device=device,
        log=lambda line: print(line, flush=True),
    )
    network.cpu().eval()


def _chances(looks: list[Look], learn: np.ndarray, truth: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    rows = np.flatnonzero(learn)
    _, which, counts = np.unique([looks[row].picture.source for row in rows], return_inverse=True, return_counts=True)
    chance = 1 / np.sqrt(counts[which])
    for kind in range(len(KINDS)):
        own = truth[rows] == kind
        chance[own] /= max(chance[own].sum(), 1e-9)
    return rows, chance / chance.sum()


def samples_of(network: EfficientNetLite0, looks: list[Look], maps: np.ndarray, recipe: dict) -> Samples:
    """Return the looks with the features that the network makes of them."""
    tail = Tail(network, recipe["tail"]["from_block"]).eval()
    with torch.inference_mode(), torch.autocast("cpu", dtype=torch.bfloat16):
        pooled = [tail.pooled(torch.from_numpy(maps[a : a + 32])).numpy() for a in range(0, len(maps), 32)]
    return labelled(looks, np.concatenate(pooled).astype(np.float32))


def labelled(looks: list[Look], features: np.ndarray) -> Samples:
    """Return the looks' features with what is known of them."""
    return Samples(
        features,
        np.array([KINDS.index(look.picture.kind) for look in looks]),
        np.array([look.picture.source for look in looks]),
        np.array([look.part for look in looks]),
    )
