"""The trainer ``emg-screens-tuned``: the shipped screen network learns on from a person's own labelled pictures.

It ends in a bundle of its own, measured on recordings and patients it never learned from, beside the network that it
started from on the same pictures.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from training import ranks
from training.emg.gather import Pictures, gather, tell
from training.job import Job
from training.loop import fit
from viewer.errors import LeadlightError
from viewer.formats import study_from_array
from viewer.models.bundle import ModelBundle, load_bundle
from viewer.models.catalogue import find_card
from viewer.models.networks import Network
from viewer.models.preprocessing import prepare


class Steady(nn.Module):
    """A network whose batch statistics stay those it was shipped with: a few pictures would only blur them."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.network = network

    def train(self, mode: bool = True) -> "Steady":
        """Train all but the normalisation's statistics."""
        super().train(mode)
        for module in self.modules():
            if isinstance(module, nn.modules.batchnorm._BatchNorm):
                module.eval()
        return self

    def forward(self, x: Tensor) -> Tensor:
        """Return the logits."""
        return self.network(x)


def tune(job: Job) -> Path:
    """Train further by the recipe, measure on the test part, and write the bundle; return its folder."""
    recipe = job.recipe
    begun = _start(job)
    with ranks.first_alone():
        own = gather(job.data, job.out / "data", recipe["seed"], recipe["parts"])
        if ranks.is_first():
            print("\n".join(tell(own, job.out)), flush=True)
    network = learn(begun, own, recipe, job.out, job.device)
    if ranks.is_first():
        from training.emg.tuned import finish

        before = load_bundle(begun.card.folder).network
        finish(network, before, begun.card, own, recipe, job.bundle)
    return job.bundle


def learn(begun: ModelBundle, own: Pictures, recipe: dict, out: Path, device: str = "cpu") -> Network:
    """Return the network in its best state on the validation part; as it began, where no epoch is better there."""
    settings, rows = recipe["training"], own.rows("train")
    counts = np.bincount(own.labels[rows], minlength=3)
    odds = 1 / np.sqrt(counts[own.labels[rows]])  # a rare class is shown more often, by the root of its rarity
    steps = max(settings["least_steps"], len(rows) // settings["batch"])
    check = own.rows("validation")
    truth = torch.from_numpy(own.labels[check])

    def batches(epoch: int) -> Iterator[tuple[Tensor, Tensor]]:
        rng = np.random.default_rng([recipe["seed"], epoch])
        for _ in range(steps):
            drawn = rng.choice(rows, settings["batch"], p=odds / odds.sum())
            inputs = [input_of(begun, varied(own[row], rng)) for row in drawn]
            yield torch.cat(inputs), torch.from_numpy(own.labels[drawn])

    def validate(model: nn.Module) -> float:
        return -float(functional.cross_entropy(torch.from_numpy(outputs(begun, model, own, check)), truth))

    both = Steady(begun.network)
    untouched = {k: v.clone() for k, v in both.state_dict().items()}
    before = validate(both.eval())
    fit(
        both,
        batches,
        nn.CrossEntropyLoss(label_smoothing=settings["label_smoothing"]),
        out / "tuning",
        epochs=settings["epochs"],
        steps_per_epoch=steps,
        rate=settings["rate"],
        weight_decay=settings["weight_decay"],
        average=settings["average"],
        validate=validate,
        device=device,
        patience=settings["patience"],
        checkpoint_every_s=settings.get("checkpoint_every_s", 300.0),
        log=lambda line: print(line, flush=True),
    )
    if validate(both.cpu().eval()) <= before:
        both.load_state_dict(untouched)
        if ranks.is_first():
            print("No epoch was better on the validation pictures: the weights stay as they were", flush=True)
    return begun.network


def input_of(bundle: ModelBundle, picture: np.ndarray) -> Tensor:
    """Return a picture (RGB) as the viewer prepares it for the bundle's network."""
    card = bundle.card
    return prepare(card.preprocessing, card.preprocessing_arguments, study_from_array(picture, "picture")).inputs


def outputs(bundle: ModelBundle, network: nn.Module, own: Pictures, rows: np.ndarray, size: int = 16) -> np.ndarray:
    """Return the logits (n, classes) in evaluation mode."""
    found = []
    with torch.inference_mode():
        for first in range(0, len(rows), size):
            inputs = torch.cat([input_of(bundle, own[row]) for row in rows[first : first + size]])
            found.append(network(inputs).float())
    return torch.cat(found).numpy()


def varied(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return a picture a little shifted and scaled, in other light, at times as a negative, blurred or noisy.

    Never mirrored, turned or cut by more than 4 % of a side: time and polarity have a direction, and a waveform must
    not be lost.
    """
    import cv2

    height, width = picture.shape[:2]
    scale = rng.uniform(0.85, 1.04)
    spare = (1 - scale) / 2
    shift = rng.uniform(-1, 1, 2) * abs(spare) + spare
    move = np.array([(scale, 0, shift[0] * width), (0, scale, shift[1] * height)])
    values = cv2.warpAffine(picture, move, (width, height), flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REPLICATE)
    values = values.astype(np.float32)
    if rng.random() < 0.2:
        values = 255 - values
    values = (values - 128) * rng.uniform(0.7, 1.2) + 128 + rng.uniform(-30, 30)
    if rng.random() < 0.2:
        values = cv2.GaussianBlur(values, (0, 0), rng.uniform(0.4, 1.2))
    if rng.random() < 0.3:
        values = values + rng.normal(0, rng.uniform(1, 10), values.shape)
    return np.clip(values, 0, 255).astype(np.uint8)


def _start(job: Job) -> ModelBundle:
    """Return the bundle to start from: the recipe's model, or the one that the given weights lie in."""
    folder = find_card(job.recipe["start"]).folder if job.weights is None else job.weights.parent
    bundle = load_bundle(folder)
    if bundle.card.classes != ("PSW", "Fibs", "Others") or "emg-image" not in bundle.card.reads:
        raise LeadlightError(
            "unsupported", f"{bundle.card.id} does not read EMG pictures", "start from emg-screens, or one made from it"
        )
    return bundle
