"""The trainer ``emg-inception-v4``: the published Inception v4 for EMG images, both of its stages.

What the source says, and TF-Slim's defaults where it says nothing, are in the recipe. Its command excludes only
``InceptionV4/Logits`` from the checkpoint, which TF-Slim's auxiliary head of 1,001 classes would not survive; here that
head begins fresh.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from training import ranks
from training.dataset import LABELS
from training.emg.folders import training_picture
from training.emg.gather import Pictures, gather, tell
from training.export import export_bundle, figure, made_input
from training.job import Job
from training.loop import fit
from training.metrics import bootstrap
from training.rmsprop import RmspropTf
from viewer.errors import LeadlightError
from viewer.formats import study_from_array
from viewer.models.networks.inception_v4 import InceptionV4, from_timm
from viewer.models.preprocessing.picture import prepare_picture

STAGES = ("classifier", "all")
BESIDE = 18  # the auxiliary head reads what the second blocks give (Mixed_6h)
STEPS = 1000  # at most, between two entries of epochs.jsonl


def run(job: Job) -> Path:
    """Train both stages, evaluate on what was held out, and write the bundle; return its folder."""
    recipe, by_picture = job.recipe, job.recipe["split"] == "image"
    shares = {"train": 1 - recipe["held_out"], "test": recipe["held_out"]}
    with ranks.first_alone():
        own = gather(job.data, job.out / "data", recipe["seed"], shares, whole_groups=not by_picture)
        if ranks.is_first():
            print("\n".join(tell(own, job.out)), flush=True)
    network = learn(own, recipe, job.out, job.weights, job.device)
    if ranks.is_first():
        figures, rows = evaluate(network, own, recipe)
        (job.out / "figures.json").write_text(json.dumps(figures, indent=1))
        print("\n".join(f"{name}: {value:.4f}" for name, value in figures.items()), flush=True)
        _export(network, recipe, own, rows, job.weights, job.bundle)
    return job.bundle


class WithAuxiliary(nn.Module):
    """The network with TF-Slim's second head beside it, for training alone."""

    def __init__(self, network: InceptionV4, size: int) -> None:
        super().__init__()
        self.network = network
        kernel = (_grid(size) - 5) // 3 + 1
        self.auxiliary = nn.Sequential(
            nn.AvgPool2d(5, 3),
            *_conv(1024, 128, 1),
            *_conv(128, 768, kernel),
            nn.Flatten(),
            nn.Linear(768, len(LABELS)),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Return both heads' logits side by side (batch, 2 * classes)."""
        middle = self.network.layers[:BESIDE](x.contiguous(memory_format=torch.channels_last))
        pooled = self.network.layers[BESIDE:](middle).flatten(2).mean(2)
        return torch.cat([self.network.classify(pooled), self.auxiliary(middle)], 1)


def learn(own: Pictures, recipe: dict, out: Path, weights: Path | None, device: str) -> InceptionV4:
    """Return the network after both stages, each going on from its last checkpoint."""
    torch.manual_seed(recipe["seed"])
    network = start(recipe, weights)
    both = WithAuxiliary(network, recipe["size"])
    for module in both.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = 1 - recipe["network"]["batch_norm_decay"]
    rms, share = recipe["optimiser"], recipe["network"]["auxiliary"]

    def loss(logits: Tensor, truth: Tensor) -> Tensor:
        head, beside = logits.split(len(LABELS), 1)
        return functional.cross_entropy(head, truth) + share * functional.cross_entropy(beside, truth)

    for number, stage in enumerate(STAGES):
        how = recipe[stage]
        for name, parameter in both.named_parameters():
            parameter.requires_grad_(stage == "all" or name.startswith("network.last_linear."))
        steps = _divisor(how["steps"])

        def batches(epoch: int, number: int = number, size: int = how["batch"], steps: int = steps) -> Iterator:
            for step in range(epoch * steps, (epoch + 1) * steps):
                yield batch_of(own, size, step, recipe, number)

        fit(
            both,
            batches,
            loss,
            out / stage,
            epochs=how["steps"] // steps,
            steps_per_epoch=steps,
            rate=how["rate"],
            weight_decay=rms["weight_decay"],
            optimiser=lambda groups, lr=how["rate"]: RmspropTf(  # type: ignore[misc]
                groups, lr, rms["decay"], rms["momentum"], rms["epsilon"]
            ),
            fixed_rate=True,
            clip=None,
            mixed=recipe["mixed"],
            checkpoint_every_s=rms["checkpoint_every_s"],
            device=device,
            log=lambda line: print(line, flush=True),
        )
    return network.cpu().eval()


def start(recipe: dict, weights: Path | None) -> InceptionV4:
    """Return the network with ImageNet weights where a file of them is given, from scratch otherwise; say which.

    Raises LeadlightError where the file holds others than timm's ``inception_v4``.
    """
    network = InceptionV4(len(LABELS), recipe["network"]["dropout"])
    if weights is None:
        _say("No weights were given: Inception v4 starts from scratch, not from ImageNet as published")
        return network
    try:
        if weights.suffix == ".safetensors":
            from safetensors.torch import load_file

            state = load_file(weights)
        else:
            state = torch.load(weights, map_location="cpu", weights_only=True)
        missing, surplus = network.load_state_dict(from_timm(state), strict=False)
        if surplus or any(not name.startswith("last_linear.") for name in missing):
            raise ValueError("names differ")
    except Exception as error:  # a file of any content
        raise LeadlightError(
            "unsupported",
            f"{weights.name} does not hold timm's inception_v4 weights",
            "give inception_v4.tf_in1k as .safetensors or .pth",
            weights,
        ) from error
    _say(f"Inception v4 starts from the weights in {weights.name}; its classifier is fresh")
    return network


def _say(line: str) -> None:
    if ranks.is_first():
        print(line, flush=True)


def batch_of(own: Pictures, size: int, step: int, recipe: dict, stage: int) -> tuple[Tensor, Tensor]:
    """Return a step's pictures and classes: every training picture once in each pass, in another order."""
    rows = own.rows("train")
    chosen = []
    for place in range(step * size, (step + 1) * size):
        order = np.random.default_rng([recipe["seed"], stage, 1, place // len(rows)]).permutation(len(rows))
        chosen.append(rows[order[place % len(rows)]])
    rng = np.random.default_rng([recipe["seed"], stage, 2, step])
    inputs = torch.stack([training_picture(own[row], recipe["size"], recipe["crop"], rng) for row in chosen])
    return inputs, torch.from_numpy(own.labels[chosen])


def preparation(recipe: dict) -> dict[str, Any]:
    """Return the arguments of the evaluation's preparation, for the card too."""
    size, half = recipe["size"], [0.5]
    return {
        "height": size,
        "width": size,
        "fit": "stretch",
        "colour": True,
        "mean": half,
        "std": half,
        "central": recipe["crop"]["central"],
    }


def evaluate(network: InceptionV4, own: Pictures, recipe: dict) -> tuple[dict[str, float], np.ndarray]:
    """Return the held-out figures, and rows of (truth, called). One picture at a time, as published.

    ``not-PSW against PSW``: precision and recall of class ids cast to booleans, which the published ones probably are.
    """
    called = []
    with torch.inference_mode():
        for row in own.rows("test"):
            study = study_from_array(own[row], "picture")
            inputs = prepare_picture(study, **preparation(recipe)).inputs
            called.append((int(own.labels[row]), int(network(inputs).argmax())))
    rows = np.array(called)
    figures = {"accuracy": float((rows[:, 0] == rows[:, 1]).mean())}
    for index, label in enumerate(LABELS):
        figures[f"precision {label}"], figures[f"recall {label}"] = _rates(rows == index)
    for name in ("precision", "recall"):
        figures[f"{name}, macro"] = float(np.mean([figures[f"{name} {label}"] for label in LABELS]))
    figures["precision, not-PSW against PSW"], figures["recall, not-PSW against PSW"] = _rates(rows != 0)
    return figures, rows


def _rates(said: np.ndarray) -> tuple[float, float]:
    """Return precision and recall of two columns, what is and what was said; 0 where nothing was."""
    both = float((said[:, 0] & said[:, 1]).sum())
    return both / max(1, said[:, 1].sum()), both / max(1, said[:, 0].sum())


def _conv(inputs: int, outputs: int, kernel: int) -> tuple[nn.Module, ...]:
    return nn.Conv2d(inputs, outputs, kernel, bias=False), nn.BatchNorm2d(outputs, eps=1e-3), nn.ReLU()


def _grid(size: int) -> int:
    """Return the side of the grid after the second blocks: 17 for 299 pixels."""
    stem = (size - 3) // 2 - 1
    return (((stem - 3) // 2 - 1 - 3) // 2 - 2) // 2 + 1


def _divisor(steps: int) -> int:
    """Return the largest number up to ``STEPS`` that divides ``steps``."""
    return max(n for n in range(1, min(STEPS, steps) + 1) if steps % n == 0)


def _export(
    network: InceptionV4, recipe: dict, own: Pictures, rows: np.ndarray, weights: Path | None, bundle: Path
) -> None:
    test = own.rows("test")
    right, groups = rows[:, 0] == rows[:, 1], own.groups[test]
    data = f"held-out fifth of the given pictures, divided by {recipe['split']}"
    figures = [figure("accuracy", bootstrap(lambda i: float(right[i].mean()), groups), data, len(right))]
    for index, label in enumerate(LABELS):
        truth, said = rows[:, 0] == index, rows[:, 1] == index
        for name, hits, of in (("precision", truth, said), ("recall", said, truth)):
            value = bootstrap(lambda i, h=hits, o=of: float(h[i][o[i]].mean()) if o[i].any() else np.nan, groups)  # type: ignore[misc]
            if np.isfinite(value[0]):
                figures.append(figure(name, value, data, int(of.sum()), label))
    begun = "ImageNet weights" if weights is not None else "scratch, where the published one starts from ImageNet"
    card = {
        "id": recipe["id"],
        "version": recipe["version"],
        "title": "Needle EMG images: Inception v4 as published",
        "role": "read",
        "reads": ["emg-image"],
        "classes": list(LABELS),
        "exclusive": True,
        "validated": False,
        "operating_points": dict.fromkeys(LABELS, 0.5),
        "operating_points_from": "not chosen: the most probable class, as published",
        "intended_use": "Research: to reproduce the published system",
        "limits": [
            "Trained with mirrored pictures and small crops, as published: time reversed, waveforms cut off",
            f"Started from {begun}",
            *own.notes,
        ],
        "recipe": "training/recipes/emg-inception-v4.toml",
        "architecture": {"name": "inception-v4", "arguments": {"classes": len(LABELS)}},
        "preprocessing": {"name": "picture", "arguments": preparation(recipe)},
        "data": [{"name": "pictures labelled by the person", "licence": "theirs", "count": len(own.rows("train"))}],
        "figures": figures,
        "maps": {"faithful": False, "note": "not measured"},
    }
    export_bundle(network, made_input(3, recipe["size"], recipe["size"]), card, bundle)
