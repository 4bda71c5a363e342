"""``python -m training.emg.published --data FOLDER --out OUT``: the published Inception v4, both of its stages.

Resumable. Losses of every step are in ``steps.jsonl`` and, as a curve, in ``loss.png``; the bundle is in ``bundle/``.
"""

import argparse
import json
import time
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from training.emg.folders import Split, load, split_folders, training_picture
from training.export import export_bundle, figure
from training.metrics import bootstrap
from training.simulate.emg.parameters import LABELS
from viewer.models.networks.inception_v4 import InceptionV4, from_timm
from viewer.models.preprocessing.base import PREPARATIONS
from viewer.models.preprocessing.picture import prepare_picture
from viewer.study import Image, Kind, KindFrom, Source, Study

RECIPE = Path(__file__).parents[1] / "recipes" / "emg-inception-v4.toml"
STAGES = ("classifier", "all")


def main() -> None:
    """Train by the recipe, evaluate on the held-out fifth, and write the bundle."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with 001.PSW, 002.Fibs, 003.Others")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--recipe", type=Path, default=RECIPE)
    parser.add_argument("--weights", type=Path, help="timm's inception_v4 weights, .safetensors or .pth")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    given = parser.parse_args()
    train(tomllib.loads(given.recipe.read_text("utf-8")), given.data, given.out, given.weights, given.device)


def train(recipe: dict, data: Path, out: Path, weights: Path | None, device: str) -> dict[str, float]:
    """Train both stages, going on from a checkpoint where there is one; return the held-out figures."""
    out.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(recipe["seed"])
    split = split_folders(data, recipe["held_out"], recipe["seed"], recipe["split"])
    network = _start(recipe, weights).to(device)
    for stage in STAGES:
        _stage(network, stage, recipe, split, out, device)
    _draw_curve(out)
    figures, rows = evaluate(network, split, recipe, device)
    (out / "figures.json").write_text(json.dumps(figures, indent=1))
    print("\n".join(f"{name}: {value:.4f}" for name, value in figures.items()))
    _export(network.cpu(), recipe, split, rows, out)
    return figures


def _start(recipe: dict, weights: Path | None) -> InceptionV4:
    network = InceptionV4(len(LABELS), recipe["network"]["dropout"])
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = 1 - recipe["network"]["batch_norm_decay"]
    if weights is not None:
        if weights.suffix == ".safetensors":
            from safetensors.torch import load_file

            state = load_file(weights)
        else:
            state = torch.load(weights, map_location="cpu", weights_only=True)
        missing, surplus = network.load_state_dict(from_timm(state), strict=False)
        if surplus or any(not name.startswith("last_linear.") for name in missing):
            raise ValueError(f"{weights} are not timm's inception_v4 weights")
    return network


def _stage(network: InceptionV4, stage: str, recipe: dict, split: Split, out: Path, device: str) -> None:
    from timm.optim import RMSpropTF

    how, rms = recipe[stage], recipe["optimiser"]
    learned = network.last_linear if stage == "classifier" else network
    optimiser = RMSpropTF(
        learned.parameters(),
        lr=how["rate"],
        alpha=rms["decay"],
        eps=rms["epsilon"],
        momentum=rms["momentum"],
        weight_decay=rms["weight_decay"],
    )
    for parameter in network.parameters():
        parameter.requires_grad_(stage == "all")
    for parameter in network.last_linear.parameters():
        parameter.requires_grad_(True)
    first = _resume(network, optimiser, stage, out, device)
    network.train()
    saved = time.monotonic()
    with (out / "steps.jsonl").open("a") as log:
        for step in range(first, how["steps"]):
            rng = np.random.default_rng([recipe["seed"], STAGES.index(stage), step])
            inputs, targets = _batch(split, how["batch"], recipe, rng)
            loss = functional.cross_entropy(network(inputs.to(device)), targets.to(device))
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            optimiser.step()
            log.write(json.dumps({"stage": stage, "step": step, "loss": round(float(loss.detach()), 5)}) + "\n")
            if time.monotonic() - saved > rms["checkpoint_every_s"] or step == how["steps"] - 1:
                _save(network, optimiser, stage, step + 1, out)
                saved = time.monotonic()


def _batch(split: Split, size: int, recipe: dict, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
    chosen = [split.train[i] for i in rng.integers(0, len(split.train), size)]
    inputs = torch.stack([training_picture(path, recipe["size"], recipe["crop"], rng) for path, _ in chosen])
    return inputs, torch.tensor([index for _, index in chosen])


def _save(network: nn.Module, optimiser: torch.optim.Optimizer, stage: str, step: int, out: Path) -> None:
    parts = {"network": network.state_dict(), "optimiser": optimiser.state_dict(), "stage": stage, "step": step}
    torch.save(parts, out / "checkpoint.new")
    (out / "checkpoint.new").replace(out / "checkpoint.pt")


def _resume(network: nn.Module, optimiser: torch.optim.Optimizer, stage: str, out: Path, device: str) -> int:
    """Return the step to go on from; 0 where the checkpoint is of the stage before, or is not there."""
    path = out / "checkpoint.pt"
    if not path.exists():
        return 0
    saved = torch.load(path, map_location=device, weights_only=True)
    network.load_state_dict(saved["network"])
    if saved["stage"] != stage:
        return 0 if STAGES.index(saved["stage"]) < STAGES.index(stage) else 1 << 62
    optimiser.load_state_dict(saved["optimiser"])
    return saved["step"]


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


def evaluate(network: InceptionV4, split: Split, recipe: dict, device: str) -> tuple[dict[str, float], np.ndarray]:
    """Return the held-out figures, and rows of (truth, called).

    ``not-PSW against PSW``: precision and recall of class ids cast to booleans, which the published ones probably are.
    """
    network.eval()
    rows = []
    with torch.inference_mode():
        for path, truth in split.held_out:
            study = Study(Source(path, "0" * 64, "png"), Kind.EMG_IMAGE, KindFrom.PERSON, Image(load(path)))
            inputs = prepare_picture(study, **preparation(recipe)).inputs
            rows.append((truth, int(network(inputs.to(device)).argmax())))
    called = np.array(rows)
    figures = {"accuracy": float((called[:, 0] == called[:, 1]).mean())}
    for index, label in enumerate(LABELS):
        figures[f"precision {label}"], figures[f"recall {label}"] = _rates(called == index)
    for name in ("precision", "recall"):
        figures[f"{name}, macro"] = float(np.nanmean([figures[f"{name} {label}"] for label in LABELS]))
    figures["precision, not-PSW against PSW"], figures["recall, not-PSW against PSW"] = _rates(called != 0)
    return figures, called


def _rates(said: np.ndarray) -> tuple[float, float]:
    both = float((said[:, 0] & said[:, 1]).sum())
    return tuple(both / n if n else float("nan") for n in (said[:, 1].sum(), said[:, 0].sum()))  # type: ignore[return-value]


def _draw_curve(out: Path) -> None:
    import cv2

    losses = [json.loads(line)["loss"] for line in (out / "steps.jsonl").read_text().splitlines()]
    groups = np.array_split(np.array(losses), min(len(losses), 600))
    means = np.array([g.mean() for g in groups])
    top = max(1.2, float(means.max()))
    picture = np.full((320, 680, 3), 255, np.uint8)
    for level in np.arange(0, top, 0.2 if top < 3 else 1):
        y = int(290 - level / top * 260)
        picture[y, 50:650] = 220
        cv2.putText(picture, f"{level:.1f}", (8, y + 4), cv2.FONT_HERSHEY_PLAIN, 0.9, (90, 90, 90), 1, cv2.LINE_AA)
    points = np.stack([np.linspace(50, 650, len(means)), 290 - means / top * 260], 1).astype(np.int32)
    cv2.polylines(picture, [points], False, (160, 80, 20), 1, cv2.LINE_AA)
    cv2.putText(picture, f"total loss over {len(losses)} steps", (50, 312), cv2.FONT_HERSHEY_PLAIN, 1, (60, 60, 60), 1)
    cv2.imwrite(str(out / "loss.png"), picture)


def _export(network: InceptionV4, recipe: dict, split: Split, rows: np.ndarray, out: Path) -> None:
    right = rows[:, 0] == rows[:, 1]
    data = f"held-out fifth of the given class folders, split by {recipe['split']}"
    accuracy = bootstrap(lambda i: float(right[i].mean()), range(len(right)))
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
        "limits": ["Trained with mirrored pictures and small crops, as published: time reversed, waveforms cut off"],
        "recipe": "training/recipes/emg-inception-v4.toml",
        "architecture": {"name": "inception-v4", "arguments": {"classes": len(LABELS)}},
        "preprocessing": {"name": "picture", "arguments": preparation(recipe)},
        "data": [{"name": "class folders given by the person", "licence": "theirs", "count": len(split.train)}],
        "figures": [figure("accuracy", accuracy, data, len(right))],
        "maps": {"faithful": False, "note": "not measured"},
    }
    study = Study(Source(out, "0" * 64, "png"), Kind.EMG_IMAGE, KindFrom.PERSON, Image(load(split.held_out[0][0])))
    golden = PREPARATIONS["picture"](study, **preparation(recipe)).inputs
    export_bundle(network, golden, card, out / "bundle" / recipe["id"])


if __name__ == "__main__":
    main()
