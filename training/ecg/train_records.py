"""The trainer ``ecg-records``: the ECG record network."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from training import ranks
from training.ecg.augment import covered, lift_st, vary
from training.ecg.beats import beat_times
from training.ecg.records import CLASSES, Record, load_records
from training.ecg.simulated import simulated_records
from training.ecg.splits import split
from training.ecg.start import start_from_ahus
from training.job import Job
from training.loop import fit
from training.metrics import auc
from viewer.models.networks.inception_ecg import InceptionEcg
from viewer.models.preprocessing.ecg import RATE_HZ, network_input
from viewer.reading.findings import strongest
from viewer.study import TWELVE_LEADS

NORMAL, STE, STD = CLASSES.index("Normal"), CLASSES.index("STE"), CLASSES.index("STD")


def run(job: Job) -> Path:
    """Train by the recipe (from the Ahus-AIM fold where its weights are given), measure, and write the bundle."""
    records = load_records(job.data)
    network = train(records, job.recipe, job.out, job.weights, job.device)
    if ranks.is_first():
        from training.ecg.export_records import export

        side = split(records, job.recipe["split"], job.recipe["seed"])
        export(network.half().float().eval(), records, side, job.bundle)
    return job.bundle


def train(
    records: Sequence[Record], recipe: dict, out: Path, start: Path | None = None, device: str = "cpu"
) -> InceptionEcg:
    """Return the trained network; each stage goes on from the best state of the one before."""
    side = split(records, recipe["split"], recipe["seed"])
    learn = [r for r in records if side[r.id] == "train"]
    check = [r for r in records if side[r.id] == "validation"]
    network = InceptionEcg(len(CLASSES), dropout=recipe["dropout"])
    torch.nn.init.zeros_(network.dense.bias)
    if start is not None:
        start_from_ahus(network, start)
    for number, stage in enumerate(recipe["stages"], 1):
        simulated = simulated_records(stage["simulated"], recipe["seed"])
        print(
            f"stage {number}: {len(learn)} records, {len(simulated)} simulated; {len(check)} to validate on", flush=True
        )
        _train_stage(network, [*learn, *simulated], check, stage, recipe["seed"], out / f"stage{number}", device)
    return network.cpu()


def _train_stage(
    network: InceptionEcg,
    learn: Sequence[Record],
    check: Sequence[Record],
    stage: dict,
    seed: int,
    out: Path,
    device: str,
) -> None:
    inputs, beats = [as_input(r) for r in learn], [beat_times(r.signals, r.rate_hz) for r in learn]
    held = [as_input(r) for r in check]
    labels, known = np.stack([r.labels for r in check]), np.stack([r.known for r in check])
    odds = chances(learn)
    steps = len(learn) // stage["batch"]

    def batches(epoch: int) -> Iterator[tuple[Tensor, Tensor]]:
        rng = np.random.default_rng((seed, epoch))
        for _ in range(steps):
            length = round(rng.uniform(*stage["window_s"]) * RATE_HZ) // 4 * 4
            drawn = rng.choice(len(learn), stage["batch"], p=odds)
            made = [_example(learn[i], inputs[i], beats[i], rng, length, stage) for i in drawn]
            yield torch.from_numpy(np.stack([m[0] for m in made])), torch.from_numpy(np.stack([m[1] for m in made]))

    def validate(model: torch.nn.Module) -> float:
        logits = predict(model, held, device)
        each = [auc(labels[k, c], logits[k, c]) for c in range(len(CLASSES)) for k in [known[:, c] > 0.1]]
        print(" ", " ".join(f"{n} {v:.3f}" for n, v in zip(CLASSES, each, strict=True)), flush=True)
        return float(np.nanmean(each))

    fit(
        network,
        batches,
        masked_loss,
        out,
        epochs=stage["epochs"],
        steps_per_epoch=steps,
        rate=stage["rate"],
        head_rate=stage["head_rate"],
        weight_decay=stage["weight_decay"],
        average=stage["average"],
        validate=validate,
        device=device,
        log=lambda line: print(line, flush=True),
    )


def as_input(record: Record) -> np.ndarray:
    """Return a record as the viewer's preparation gives it: (8, samples) in mV at 400 Hz."""
    return network_input(dict(zip(TWELVE_LEADS, record.signals, strict=True)), record.rate_hz)


def masked_loss(logits: Tensor, targets: Tensor) -> Tensor:
    """Return the binary cross-entropy weighted by how far each label is known; targets (batch, 2, classes)."""
    each = torch.nn.functional.binary_cross_entropy_with_logits(logits, targets[:, 0], reduction="none")
    return (each * targets[:, 1]).sum() / targets[:, 1].sum().clamp_min(1)


def predict(
    network: torch.nn.Module, inputs: Sequence[np.ndarray], device: str = "cpu", window_s: float = 10.0
) -> np.ndarray:
    """Return the logits (n, classes): of a longer record the highest of its windows, of Normal the lowest."""
    length = round(window_s * RATE_HZ)
    found = []
    with torch.inference_mode():
        for x in inputs:
            count = max(1, int(np.ceil(x.shape[1] / length - 0.05)))
            starts = [max(0, min(i * length, x.shape[1] - length)) for i in range(count)]
            windows = torch.from_numpy(np.stack([x[:, s : s + length] for s in starts]))
            found.append(strongest(network(windows.to(device)).float().cpu().numpy(), CLASSES))
    return np.stack(found)


def _example(
    record: Record, x: np.ndarray, beats_s: np.ndarray, rng: np.random.Generator, length: int, stage: dict
) -> tuple[np.ndarray, np.ndarray]:
    target = np.stack([record.labels, record.known])
    if record.labels[NORMAL] and rng.random() < stage["lifted"]:
        x, target = lift_st(x, beats_s, rng), lifted_labels(target)
    x = vary(x, rng, length)
    return (covered(x, rng) if rng.random() < stage["covered"] else x), target


def lifted_labels(target: np.ndarray) -> np.ndarray:
    """Return (labels, known) after `lift_st`: ST elevation, no longer normal; reciprocal depression is left open."""
    labels, known = target.copy()
    labels[STE], labels[NORMAL], known[STE], known[STD] = 1, 0, 1, 0
    return np.stack([labels, known])


def chances(records: Sequence[Record]) -> np.ndarray:
    """How often each record is drawn: rare findings up to eight times as often as the rest."""
    labels = np.stack([r.labels for r in records])
    often = np.clip(150 / np.maximum(1, labels.sum(0)), 1, 8)
    weights = np.maximum(1, (labels * often).max(1))
    return weights / weights.sum()
