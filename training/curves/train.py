"""The trainer ``screen-curves``: the network that tells curves from all else on EMG pictures, to its bundle."""

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional

from training.curves.pictures import SHARES, Inked, inked
from training.export import export_bundle, figure, made_input, show
from training.job import Job
from training.loop import fit_part
from training.metrics import bootstrap
from training.words.drawing import in_turn
from viewer.models.networks.curve_finder import CurveFinder
from viewer.reading.curves import curves_input

CROP = 320  # rows and columns, in training
CROPS = 3  # of each picture
ON_CURVES = 0.8  # of the crops lie about a curve's pixel
LEAST = 0.5  # a pixel's probability to count as a curve's


def run(job: Job) -> Path:
    """Train by the recipe, measure on looks and a hand never trained on, and write the bundle; return its folder."""
    recipe = job.recipe
    torch.manual_seed(recipe["seed"])
    network = CurveFinder(widths=recipe["widths"])
    if job.weights is not None:
        network.load_state_dict(load_file(job.weights))
    check = [inked([recipe["seed"], 1, n], "validation") for n in range(recipe["validation"])]
    for part in (*(recipe.get("before", ()) if job.weights is None else ()), *recipe["part"]):
        fit_part(
            network,
            partial(batches, part, [recipe["seed"], 3, part["stream"]], jobs=job.jobs),
            loss,
            part,
            job,
            lambda net: f1(counted(net, check)),
        )
    network = network.cpu().eval()
    figures = measured(network, [recipe["seed"], 2], recipe["test"])
    show(figures)
    export_bundle(network, made_input(3, 96, 128) / 2, card(recipe, figures), job.bundle)
    return job.bundle


def batches(part: dict, seed: list[int], epoch: int, jobs: int = 1) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield an epoch's batches: inputs (n, 3, 320, 320), and targets (n, 320, 320) of 1, 0 or -1 (either)."""
    seeds = [[*seed, epoch, step] for step in range(part["steps"])]
    yield from in_turn(partial(_batch, part["batch"]), seeds, jobs)


def _batch(size: int, seed: list[int]) -> tuple[Tensor, Tensor]:
    rng = np.random.default_rng([*seed, 0])
    pairs = []
    for n in range(-(-size // CROPS)):
        one = inked([*seed, n + 1], "train")
        pairs += [_crop(one, rng) for _ in range(CROPS)]
    inputs, targets = zip(*pairs[:size], strict=True)
    return torch.cat(inputs), torch.from_numpy(np.stack(targets))


def _crop(one: Inked, rng: np.random.Generator) -> tuple[Tensor, np.ndarray]:
    """Return a piece as it is or mirrored, in its colours or with others in their place."""
    rows, columns = one.curves.shape
    y, x = (int(rng.integers(0, max(1, n - CROP + 1))) for n in (rows, columns))
    on = np.argwhere(one.curves == 1) if rng.random() < ON_CURVES else ()
    if len(on):
        at = on[rng.integers(len(on))]
        y, x = (
            int(np.clip(a - rng.integers(CROP), 0, max(0, n - CROP))) for a, n in zip(at, (rows, columns), strict=True)
        )
    own = np.s_[y : y + CROP, x : x + CROP]
    short = [(0, CROP - min(CROP, n)) for n in (rows, columns)]
    shown = np.pad(one.shown[own], (*short, (0, 0)), "edge")
    curves = np.pad(one.curves[own], short, constant_values=-1)
    if rng.random() < 0.3:
        shown = 255 - shown
    shown = shown[..., rng.permutation(3)]
    for axis in (0, 1):
        if rng.random() < 0.5:
            shown, curves = np.flip(shown, axis), np.flip(curves, axis)
    return curves_input(shown), curves.astype(np.float32)


def loss(output: Tensor, target: Tensor) -> Tensor:
    """Cross-entropy where it is known, and overlap (Milletari et al. 2016)."""
    here, known = (target > 0.5).float(), (target >= 0).float()
    each = functional.binary_cross_entropy_with_logits(output[:, 0], here, reduction="none") * known
    p = output[:, 0].sigmoid() * known
    dice = 1 - (2 * (p * here).sum() + 1) / ((p**2).sum() + here.sum() + 1)
    return 5 * each.sum() / known.sum() + dice


def counted(network: nn.Module, pictures: Sequence[Inked]) -> np.ndarray:
    """Return of each picture (pictures, 3): pixels of curves, pixels told to be (or either), those that are both."""
    rows = []
    with torch.inference_mode():
        for one in pictures:
            told = network(curves_input(one.shown))[0, 0, : one.curves.shape[0], : one.curves.shape[1]].sigmoid()
            said = (told.float().numpy() > LEAST) & (one.curves >= 0)
            rows.append(((one.curves == 1).sum(), said.sum(), (said & (one.curves == 1)).sum()))
    return np.array(rows)


def f1(counts: np.ndarray) -> float:
    """Return the mean over pictures of the pixels' F1."""
    wanted, said, both = counts.T
    return float((2 * both / np.maximum(1, wanted + said)).mean())


def _f1_of(counts: np.ndarray, own: Sequence[int]) -> float:
    return f1(counts[own])


def measured(network: nn.Module, seed: list[int], count: int) -> list[dict]:
    """Return the figures, with their intervals by picture."""
    figures = []
    for source, share in SHARES.items():
        own = [inked([*seed, n], "test", source) for n in range(round(count * share))]
        counts = counted(network, own)
        value = bootstrap(partial(_f1_of, counts), range(len(counts)))
        name = "by another simulator, never trained on (training/simulate/emg_hands/stranger)"
        data = name if source == "hands" else f"drawn {source} in looks never trained on"
        figures.append(figure("pixels of curves, mean F1 of a picture", value, data, len(counts)))
    return figures


def card(recipe: dict, figures: list[dict]) -> dict:
    """Return the card's content without its weights."""
    return {
        "id": recipe["id"],
        "version": recipe["version"],
        "title": "Curves on EMG pictures",
        "role": "curves",
        "reads": [],
        "classes": ["curve"],
        "exclusive": False,
        "validated": False,
        "uncertain_below": 0.5,
        "intended_use": "Tells which pixels of a picture of needle EMG are curves, for what measures and judges them",
        "limits": [
            "No machine's own pictures were at hand: looks and cameras are drawn",
            "Where a curve has the colour of a grid's line, a word or a cursor that it crosses, it may be cut",
        ],
        "recipe": "training/recipes/screen-curves.toml",
        "architecture": {"name": "curve-finder", "arguments": {"widths": recipe["widths"]}},
        "preprocessing": {"name": "colours"},
        "data": [
            {
                "name": "Drawn EMG screens, sheets and figures (training/simulate, training/kind)",
                "licence": "MIT",
                "count": sum(
                    p["epochs"] * p["steps"] * -(-p["batch"] // CROPS)
                    for p in (*recipe.get("before", ()), *recipe["part"])
                ),
                "note": "a fifth by three other simulators (training/simulate/emg_hands)",
            }
        ],
        "figures": figures,
        "maps": {"faithful": False, "note": "no maps"},
    }
