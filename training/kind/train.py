"""The trainer ``kind-pictures``: the kind network, from pictures to a bundle.

The convolutions keep their ImageNet weights; what is learned is the dense layer on their pooled features.
"""

import zlib
from collections import Counter
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
        return fit(vary(pixels, self.picture.film, rng) if self.varied else pixels, recipe["size"])


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


def samples_of(pictures: list[Picture], network: EfficientNetLite0, recipe: dict, out: Path) -> Samples:
    """Return the features of all looks at the pictures.

    Those that ``out`` holds from an earlier, perhaps interrupted run are taken over: empty it where the drawing or the
    size has changed since.
    """
    out.mkdir(parents=True, exist_ok=True)
    todo = looks_at(pictures)
    known = _known(out / "features.npz")
    names = [look.name for look in todo]
    features = np.zeros((len(todo), network.dense.in_features), np.float32)
    rows = [row for row, look in enumerate(todo) if look.name not in known]
    for row, name in enumerate(names):
        features[row] = known.get(name, 0.0)
    print(f"{len(todo)} looks, {len(todo) - len(rows)} of them known already", flush=True)
    for start in range(0, len(rows), 16):
        batch = rows[start : start + 16]
        features[batch] = pooled(network, [todo[row].shown(recipe) for row in batch])
        if start % 800 == 0:
            print(f"{start + len(batch)} of {len(rows)} looks", flush=True)
            waiting = set(rows[start + 16 :])
            done = [row for row in range(len(todo)) if row not in waiting]
            np.savez(out / "features.npz", names=[names[row] for row in done], features=features[done])
    samples = Samples(
        features,
        np.array([KINDS.index(look.picture.kind) for look in todo]),
        np.array([look.picture.source for look in todo]),
        np.array([look.part for look in todo]),
    )
    np.savez(out / "features.npz", names=names, **asdict(samples))
    return samples


def _known(path: Path) -> dict[str, np.ndarray]:
    """Return features that an earlier run over the same pictures left, by name."""
    if not path.is_file():
        return {}
    with np.load(path) as stored:
        return dict(zip(stored["names"].tolist(), stored["features"], strict=True))


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
