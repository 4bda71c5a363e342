"""The trainer ``screen-sweeps``: the network that spots potentials on the sweeps of a picture, to its bundle.

Simulated screens and sheets only; each of their sweeps, as the viewer finds it, is learned from again and again,
stretched and turned over anew.
"""

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from training.export import export_bundle, figure, show
from training.job import Job
from training.loop import fit_part
from training.metrics import bootstrap
from training.sweeps.curves import Curve, curves
from viewer.models.networks.sweep_waves import CHANNELS, SweepWaves
from viewer.reading.spotting import spans, together

STRETCHED = (0.5, 1.8)  # in training
TURNED = 0.3  # of the curves: negative down
MOST_COLUMNS = 1400  # of a curve in training
PEAK_SHARE, PEAK_LEAST = 0.05, 0.8  # a peak's tolerance, in columns: of its potential's, and at least
EITHER = -1.0  # a column that may be a peak or none
EXTENT_WEIGHT = 0.5
OVERLAPS = (0.3, 0.5)  # intersection over union, in columns
THRESHOLDS = np.arange(0.15, 0.65, 0.05)


def run(job: Job) -> Path:
    """Train by the recipe, measure on looks and ranges never trained on, and write the bundle; return its folder."""
    recipe = job.recipe
    torch.manual_seed(recipe["seed"])
    drawn = partial(curves, job.out / "curves", pictures=recipe["piece"], jobs=job.jobs)
    check = drawn("validation", pieces=recipe["validation"])
    network = SweepWaves().to(memory_format=torch.channels_last)
    for number, part in enumerate(recipe["part"]):
        fit_part(
            network,
            partial(batches, drawn("ends", pieces=part["pieces"]), part, [recipe["seed"], number]),
            loss,
            part,
            job,
            lambda net: _best(told(net, check), check)[1],
        )
    network = network.cpu().eval()
    least, _ = _best(told(network, check), check)
    test = drawn("test", pieces=recipe["test"])
    figures = measured(told(network, test), test, least)
    show(figures)
    golden = together([torch.from_numpy(check[0].seen.astype(np.float32))])
    export_bundle(network, golden, card(recipe, figures, least), job.bundle)
    return job.bundle


def batches(own: Sequence[Curve], part: dict, seed: list[int], epoch: int) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield an epoch's batches: inputs (n, 6, 1, columns), and targets (n, 4, columns)."""
    rng = np.random.default_rng([*seed, epoch])
    for _ in range(part["steps"]):
        pairs = [varied(own[i], rng) for i in rng.integers(0, len(own), part["batch"])]
        inputs = together([torch.from_numpy(seen) for seen, _ in pairs])
        targets = torch.full((len(pairs), 4, inputs.shape[3]), 0.0)
        for row, (seen, rows) in zip(targets, pairs, strict=True):
            row[:, : seen.shape[1]] = torch.from_numpy(target(rows, seen.shape[1]))
        yield inputs, targets


def varied(curve: Curve, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return a stretch of a curve, stretched or shrunk, perhaps turned over, with its spans. Never mirrored."""
    seen, rows = curve.seen.astype(np.float32), curve.spans.copy()
    factor = float(np.exp(rng.uniform(*np.log(STRETCHED))))
    columns = max(16, round(seen.shape[1] * factor))
    at = np.linspace(0, seen.shape[1] - 1, columns)
    rows[:, :3] *= columns / seen.shape[1]
    seen = np.stack([np.interp(at, np.arange(seen.shape[1]), channel) for channel in seen]).astype(np.float32)
    if columns > MOST_COLUMNS:
        first = int(rng.integers(0, columns - MOST_COLUMNS))
        seen = seen[:, first : first + MOST_COLUMNS]
        rows[:, :3] -= first
    rows = rows[(rows[:, 1] > 1) & (rows[:, 0] < seen.shape[1] - 1)]
    rows[(rows[:, 0] < 0) | (rows[:, 1] > seen.shape[1]), 3] = 0
    if rng.random() < TURNED:
        seen = seen[[1, 0, 3, 2, *range(4, CHANNELS)]]
    return seen, rows


def target(rows: np.ndarray, columns: int) -> np.ndarray:
    """Return what the network should say (4, columns) float32.

    The rows: heat (1 at a peak, falling beside it, EITHER where either will do), the logarithms of the columns back to
    the start and on to the end, and 1 where these are known.
    """
    wanted = np.zeros((4, columns), np.float32)
    at = np.arange(columns)
    for first, last, peak, plain in rows:
        own = slice(max(0, round(first)), max(0, min(columns, round(last))))
        if not plain:
            empty = wanted[0, own] == 0
            wanted[0, own][empty] = EITHER
            continue
        middle = int(np.clip(round(peak), 0, columns - 1))
        sd = max(PEAK_LEAST, PEAK_SHARE * (last - first))
        fall = np.exp(-0.5 * ((at - middle) / sd) ** 2).astype(np.float32)
        near = (fall > 0.05) & (fall > wanted[0])
        wanted[0, near] = fall[near]
        wanted[0, middle] = 1
        beside = slice(max(0, middle - 1), middle + 2)
        wanted[1, beside] = np.log1p(np.maximum(at[beside] - first, 0))
        wanted[2, beside] = np.log1p(np.maximum(last - 1 - at[beside], 0))
        wanted[3, beside] = 1
    return wanted


def loss(output: Tensor, target: Tensor) -> Tensor:
    """Sum of the peaks' focal loss (Zhou et al. 2019, as in the detector of recordings) and the extents' error."""
    heat, known = target[:, 0], target[:, 3]
    here = heat == 1
    peak, p = output[:, 0], output[:, 0].sigmoid()
    found = -functional.logsigmoid(peak) * (1 - p) ** 2 * here
    empty = -functional.logsigmoid(-peak) * p**2 * (1 - heat.clamp(0, 1)) ** 4 * (~here & (heat >= 0))
    focal = (found.sum() + empty.sum()) / here.sum().clamp(min=4)
    off = functional.smooth_l1_loss(output[:, 1:], target[:, 1:3], reduction="none", beta=0.3).sum(1)
    return focal + EXTENT_WEIGHT * (off * known).sum() / known.sum().clamp(min=4)


def told(network: nn.Module, own: Sequence[Curve]) -> list[np.ndarray]:
    """Return the network's logits (3, columns) on each curve."""
    said = []
    with torch.inference_mode():
        for curve in own:
            seen = torch.from_numpy(curve.seen.astype(np.float32))
            said.append(network(together([seen]))[0, :, : seen.shape[1]].float().numpy())
    return said


def counts(said: np.ndarray, curve: Curve, least: float, overlap: float) -> tuple[int, int, int]:
    """Return of one curve: potentials to be found, those found, and spans that are none (nor where either will do)."""
    found = spans(said, least)
    plain, open_ = curve.spans[curve.spans[:, 3] == 1], curve.spans[curve.spans[:, 3] == 0]
    free, hits = set(range(len(found))), 0
    for first, last, *_ in plain:
        best = max(free, key=lambda i: _iou(found[i], (first, last)), default=None)
        if best is not None and _iou(found[best], (first, last)) >= overlap:
            free.discard(best)
            hits += 1
    false = [i for i in free if not any(a - 4 <= sum(found[i]) / 2 <= b + 4 for a, b, *_ in open_)]
    return len(plain), hits, len(false)


def _iou(a: tuple[float, float], b: tuple[float, float]) -> float:
    both = min(a[1], b[1]) - max(a[0], b[0])
    return max(0.0, both) / max(1e-9, a[1] - a[0] + b[1] - b[0] - both)


def _best(said: Sequence[np.ndarray], own: Sequence[Curve]) -> tuple[float, float]:
    """Return the threshold with the highest F1, and that."""
    scores = [_f1(said, own, t) for t in THRESHOLDS]
    return float(THRESHOLDS[int(np.argmax(scores))]), max(scores)


def _f1(said: Sequence[np.ndarray], own: Sequence[Curve], least: float) -> float:
    wanted, hits, false = np.array([counts(s, c, least, OVERLAPS[0]) for s, c in zip(said, own, strict=True)]).sum(0)
    return float(2 * hits / max(1, wanted + hits + false))


def measured(said: Sequence[np.ndarray], own: Sequence[Curve], least: float) -> list[dict]:
    """Return the figures, with their intervals by sweep."""
    data = "sweeps found on simulated screens and sheets, unseen looks and ranges"
    figures = []
    for overlap in OVERLAPS:
        each = np.array([counts(s, c, least, overlap) for s, c in zip(said, own, strict=True)])
        wanted, hits, false = each.T

        def share(above: np.ndarray, below: np.ndarray) -> tuple[float, float, float]:
            return bootstrap(lambda i: float(above[i].sum() / max(1, below[i].sum())), range(len(above)))

        figures.append(
            figure(f"potentials spotted, IoU {overlap:g} along the sweep", share(hits, wanted), data, int(wanted.sum()))
        )
        right = share(hits, hits + false)
        figures.append(figure(f"spans right, IoU {overlap:g} along the sweep", right, data, int((hits + false).sum())))
    return figures


def card(recipe: dict, figures: list[dict], least: float) -> dict:
    """Return the card's content without its weights."""
    return {
        "id": recipe["id"],
        "version": recipe["version"],
        "title": "Potentials on the sweeps of EMG pictures",
        "role": "sweeps",
        "reads": [],
        "classes": ["potential"],
        "exclusive": False,
        "validated": False,
        "uncertain_below": least,
        "intended_use": "Finds where each potential on a sweep of an EMG screen or report sheet starts and ends",
        "limits": [
            "Trained on simulated screens and sheets alone",
            "Sweeps are found by rules before: where these join two sweeps or lose one, its potentials are lost",
            "Potentials that overlap on a sweep are one",
            "A cycle of a complex repetitive discharge may be taken for several; fast trains are found in part",
            "Half of the test's pictures were looked at once before, with the network of the first part; nothing was "
            "chosen by them",
        ],
        "recipe": "training/recipes/screen-sweeps.toml",
        "architecture": {"name": "sweep-waves", "arguments": {"classes": 1}},
        "preprocessing": {"name": "sweeps"},
        "data": [
            {
                "name": "Simulated EMG screens and report sheets (training/simulate)",
                "licence": "MIT",
                "count": max(part["pieces"] for part in recipe["part"]) * recipe["piece"],
                "note": "a quarter of them sheets; their sweeps as the viewer finds them",
            }
        ],
        "figures": figures,
        "maps": {"faithful": False, "note": "no maps"},
    }
