"""The trainer ``kind-pictures``: the kind network, from pictures to a bundle.

The convolutions keep their ImageNet weights; what is learned is the dense layer on their pooled features.
"""

import zlib
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch

from training.job import Job
from training.kind.looks import vary
from training.kind.pictures import KINDS, Picture, gather
from training.pretrained import efficientnet_lite0
from viewer.models.networks.efficientnet_lite import EfficientNetLite0
from viewer.models.preprocessing.picture import fit_picture, to_tensor


def run(job: Job) -> Path:
    """Train by the recipe, measure, and write the bundle; return its folder."""
    from training.kind.report import finish

    network = efficientnet_lite0(len(KINDS)).eval()
    samples = samples_of(gather(job.data, job.recipe["counts"]), network, job.recipe, job.out)
    finish(train_head(network, samples, job.recipe), samples, job.recipe, job.bundle.parent)
    return job.bundle


@dataclass(frozen=True, eq=False)
class Samples:
    """Features of looks at pictures: ``features`` (n, 1280), ``truth`` index of the kind, ``sources``, ``parts``."""

    features: np.ndarray
    truth: np.ndarray
    sources: np.ndarray
    parts: np.ndarray

    def part(self, *names: str) -> "Samples":
        """Return those of some parts."""
        return self.where(np.isin(self.parts, names))

    def where(self, keep: np.ndarray) -> "Samples":
        """Return those that ``keep`` says."""
        return Samples(self.features[keep], self.truth[keep], self.sources[keep], self.parts[keep])


def samples_of(pictures: list[Picture], network: EfficientNetLite0, recipe: dict, out: Path) -> Samples:
    """Return the features of all pictures: in training as varied looks, in validation and test as they are and varied.

    A varied test or validation picture belongs to the part ``test-varied`` or ``validation``.
    """
    out.mkdir(parents=True, exist_ok=True)
    todo: list[tuple[Picture, str, bool, str]] = []
    for i, picture in enumerate(pictures):
        for look in range(picture.looks):
            if picture.part == "train":
                todo.append((picture, f"{i}/{look}", True, "train"))
            else:
                todo.append((picture, f"{i}/{look}", False, picture.part))
                again = "test-varied" if picture.part == "test" else "validation"
                todo.append((picture, f"{i}/{look}", True, again))
    features = np.empty((len(todo), network.dense.in_features), np.float32)
    waiting: list[np.ndarray] = []
    for row, (picture, name, look_varied, _) in enumerate(todo):
        rng = np.random.default_rng([recipe["seed"], zlib.crc32(f"{picture.source}/{picture.part}/{name}".encode())])
        pixels = picture.load(rng)
        waiting.append(fit(vary(pixels, picture.film, rng) if look_varied else pixels, recipe["size"]))
        if len(waiting) == 16 or row == len(todo) - 1:
            features[row + 1 - len(waiting) : row + 1] = pooled(network, waiting)
            waiting = []
            if row % 800 < 16:
                print(f"{row + 1} of {len(todo)} looks", flush=True)
    samples = Samples(
        features,
        np.array([KINDS.index(p.kind) for p, *_ in todo]),
        np.array([p.source for p, *_ in todo]),
        np.array([part for *_, part in todo]),
    )
    np.savez(out / "features.npz", **asdict(samples))
    return samples


def fit(pixels: np.ndarray, size: int) -> np.ndarray:
    """Return a picture as the viewer's preparation ``picture`` brings it to the network, before scaling."""
    return fit_picture(pixels, size, size, "letterbox", True)[0]


def pooled(network: EfficientNetLite0, fitted: list[np.ndarray]) -> np.ndarray:
    """Return the pooled features (n, 1280) of fitted pictures."""
    x = torch.stack([to_tensor(f, 3, (0.5,), (0.5,)) for f in fitted])
    with torch.inference_mode(), torch.autocast("cpu", dtype=torch.bfloat16):
        return network.features(x).float().flatten(2).mean(2).numpy()


def train_head(network: EfficientNetLite0, samples: Samples, recipe: dict) -> EfficientNetLite0:
    """Learn the dense layer; each source within a kind, and each kind, weighs by the root of its count."""
    learn, settings = samples.part("train"), recipe["head"]
    torch.manual_seed(recipe["seed"])
    x, y = torch.from_numpy(learn.features), torch.from_numpy(learn.truth)
    names, which, counts = np.unique(learn.sources, return_inverse=True, return_counts=True)
    chance = torch.from_numpy(1 / np.sqrt(counts[which]))
    for kind in range(len(KINDS)):
        chance[y == kind] /= chance[y == kind].sum()
    dense = torch.nn.Linear(x.shape[1], len(KINDS))
    torch.nn.init.zeros_(dense.weight)
    torch.nn.init.zeros_(dense.bias)
    optimiser = torch.optim.AdamW(dense.parameters(), settings["rate"], weight_decay=settings["weight_decay"])
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, settings["steps"])
    loss = torch.nn.CrossEntropyLoss(label_smoothing=settings["label_smoothing"])
    for _ in range(settings["steps"]):
        drawn = torch.multinomial(chance, 256, replacement=True)
        value = loss(dense(torch.nn.functional.dropout(x[drawn], 0.2)), y[drawn])
        optimiser.zero_grad()
        value.backward()
        optimiser.step()
        schedule.step()
    print(f"{len(names)} sources, {len(y)} looks; loss at the end {float(value.detach()):.4f}", flush=True)
    network.dense.load_state_dict(dense.state_dict())
    return network.eval()
