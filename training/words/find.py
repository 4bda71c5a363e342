"""The trainer ``screen-lines``: the network that finds lines of words on screens, from fonts to a bundle.

Every screen is drawn once and never again; a fifth of the fonts and looks is kept for the test, a sixth for validation.
"""

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional

from training.export import export_bundle, figure, made_input, show
from training.job import Job
from training.loop import fit_part
from training.metrics import bootstrap
from training.simulate.emg.draws import Draw, Part
from training.words.drawing import in_turn
from training.words.lines import found_fonts
from training.words.scenes import TrueLine, a_scene
from viewer.models.networks.line_finder import CELL, TOLD, LineFinder
from viewer.reading.lines import SHORTER, FoundLine, Line, find_strokes, lines_told, strokes_input

CROP = 320, 480  # rows and columns, in training
CROPS = 2  # of each screen
EITHER = -1.0  # a cell in which a line may be found or not
CORE = 0.25  # of a line's height, above and below its middle
EDGES = 0.5  # the weight of the edges' loss, and of the letters' brightness
OVERLAP = 0.5  # intersection over union of the rectangles, for a line to count as found


def run(job: Job) -> Path:
    """Train by the recipe, measure on fonts and looks never trained on, and write the bundle; return its folder."""
    recipe, fonts = job.recipe, found_fonts(job.data)
    torch.manual_seed(recipe["seed"])
    network = LineFinder(widths=recipe["widths"])
    if job.weights is not None:
        network.load_state_dict(load_file(job.weights))
    check = drawn(recipe["validation"], [recipe["seed"], 1], "validation", fonts)
    for part in recipe["part"]:
        fit_part(
            network,
            partial(batches, part, [recipe["seed"], 3, part["stream"]], fonts, jobs=job.jobs),
            loss,
            part,
            job,
            lambda net: f1(counted(net, check)),
        )
    network = network.cpu().eval()
    figures = measured(counted(network, drawn(recipe["test"], [recipe["seed"], 2], "test", fonts)))
    show(figures)
    export_bundle(network, made_input(2, 64, 96).abs(), card(recipe, figures, len(fonts)), job.bundle)
    return job.bundle


Scene = tuple[tuple[np.ndarray, np.ndarray], list[TrueLine]]


def drawn(count: int, seed: list[int], part: Part, fonts: tuple[str, ...]) -> list[Scene]:
    """Return the strokes of screens, and their lines."""
    scenes = []
    for n in range(count):
        picture, lines = a_scene(Draw(np.random.default_rng([*seed, n]), part), fonts)
        scenes.append((find_strokes(picture), lines))
    return scenes


def batches(
    part: dict, seed: list[int], fonts: tuple[str, ...], epoch: int, jobs: int = 1
) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield an epoch's batches: inputs (n, 2, 320, 480), and targets (n, 4, 160, 120) of ``target``."""
    seeds = [[*seed, epoch, step] for step in range(part["steps"])]
    yield from in_turn(partial(_batch, part["batch"], fonts), seeds, jobs)


def _batch(size: int, fonts: tuple[str, ...], seed: list[int]) -> tuple[Tensor, Tensor]:
    rng = np.random.default_rng([*seed, 0])
    inputs, targets = [], []
    for strokes, lines in drawn(-(-size // CROPS), seed, "train", fonts):
        seen, zoom = strokes_input(strokes)
        rows, columns = seen.shape[2:]
        for _ in range(CROPS):
            y, x = int(rng.integers(0, max(1, rows - CROP[0] + 1))), int(rng.integers(0, max(1, columns - CROP[1] + 1)))
            piece = seen[0, :, y : y + CROP[0], x : x + CROP[1]]
            room = CROP[1] - piece.shape[2], CROP[0] - piece.shape[1]
            inputs.append(functional.pad(piece, (0, room[0], 0, room[1])))
            moved = [(line.corners * zoom - (x, y), line.bright, line.plain) for line in lines]
            targets.append(torch.from_numpy(target(moved, (CROP[0] // CELL[0], CROP[1] // CELL[1]))))
    return torch.stack(inputs[:size]), torch.stack(targets[:size])


def target(lines: Sequence[tuple[np.ndarray, bool, bool]], shape: tuple[int, int]) -> np.ndarray:
    """Return what the network should say (4, rows, columns) float32 of lines (corners, bright, plain).

    The rows: the middle of a line (1, 0, or EITHER), bright letters, and the logarithms of the pixels up to its upper
    edge and down to its lower one.
    """
    wanted = np.zeros((TOLD, *shape), np.float32)
    for corners, bright, plain in sorted(lines, key=lambda line: line[2]):
        (x0, y0), (x1, y1), (x2, y2), (x3, y3) = corners
        left, right = (x0 + x3) / 2, (x1 + x2) / 2
        tall = (y3 - y0 + y2 - y1) / 2
        if right - left < 1 or tall < 1:
            continue
        short = SHORTER * tall if plain else -2.0
        columns = np.arange(int(max(0, np.floor((left + short) / CELL[1]))), int(np.ceil((right - short) / CELL[1])))
        columns = columns[columns < shape[1]]
        share = np.clip(((columns + 0.5) * CELL[1] - left) / (right - left), 0, 1)
        top, bottom = y0 + share * (y1 - y0), y3 + share * (y2 - y3)
        reach = CORE * tall if plain else 0.5 * tall + 2
        first, last = (top + bottom) / 2 - reach, (top + bottom) / 2 + reach
        for column, t, b, lo, hi in zip(columns, top, bottom, first, last, strict=True):
            a, z = round(lo / CELL[0] - 0.5), round(hi / CELL[0] - 0.5) + 1
            rows = np.arange(max(0, a), min(shape[0], max(z, a + 1)))
            wanted[0, rows, column] = 1 if plain else EITHER
            if plain:
                y = (rows + 0.5) * CELL[0]
                wanted[1, rows, column] = bright
                wanted[2, rows, column] = np.log(np.maximum(y - t, 0.5))
                wanted[3, rows, column] = np.log(np.maximum(b - y, 0.5))
    return wanted


def loss(output: Tensor, target: Tensor) -> Tensor:
    """Sum of the middles' cross-entropy and overlap (Milletari et al. 2016), and of the edges' and the brightness'."""
    here, known = (target[:, 0] > 0.5).float(), (target[:, 0] >= 0).float()
    each = functional.binary_cross_entropy_with_logits(output[:, 0], here, reduction="none") * known
    p = output[:, 0].sigmoid() * known
    dice = 1 - (2 * (p * here).sum() + 1) / ((p**2).sum() + here.sum() + 1)
    count = here.sum().clamp(min=16)
    bright = functional.binary_cross_entropy_with_logits(output[:, 1], target[:, 1], reduction="none")
    edges = functional.smooth_l1_loss(output[:, 2:], target[:, 2:], reduction="none", beta=0.2).sum(1)
    return 10 * each.sum() / known.sum() + dice + EDGES * ((edges + bright) * here).sum() / count


def counted(network: nn.Module, scenes: Sequence[Scene]) -> np.ndarray:
    """Return of each screen (screens, 4): lines to be found, found, boxes, and boxes that are right (or either)."""
    rows = []
    with torch.inference_mode():
        for strokes, lines in scenes:
            seen, zoom = strokes_input(strokes)
            found = lines_told(network(seen)[0].float().numpy(), zoom)
            rows.append(matched(found, lines))
    return np.array(rows)


def matched(found: Sequence[FoundLine], lines: Sequence[TrueLine]) -> tuple[int, int, int, int]:
    """Return lines to be found, those found, boxes, and boxes that are right or where either will do."""
    wanted = [line for line in lines if line.plain]
    free = list(found)
    hits = 0
    for line in wanted:
        best = max(free, key=lambda f: _iou(f.line, line.corners), default=None)
        if best is not None and _iou(best.line, line.corners) >= OVERLAP:
            free.remove(best)
            hits += 1
    unclear = [line.corners for line in lines if not line.plain]
    either = sum(any(_iou(f.line, c) > 0 for c in unclear) for f in free)
    return len(wanted), hits, len(found) - either, hits


def _iou(line: Line, corners: np.ndarray) -> float:
    (x0, y0), (x1, y1) = corners.min(0), corners.max(0)
    wide = max(0.0, min(line.x + line.w, x1) - max(line.x, x0))
    tall = max(0.0, min(line.y + line.h, y1) - max(line.y, y0))
    both = wide * tall
    return float(both / max(1e-9, line.w * line.h + (x1 - x0) * (y1 - y0) - both))


def f1(counts: np.ndarray) -> float:
    """Return the F1 over all screens."""
    wanted, hits, boxes, right = counts.sum(0)
    return float((hits + right) / max(1, wanted + boxes))


def measured(counts: np.ndarray) -> list[dict]:
    """Return the figures, with their intervals by screen."""
    data = "drawn screens in fonts and looks never trained on"
    wanted, hits, boxes, right = counts.T

    def share(above: np.ndarray, below: np.ndarray) -> tuple[float, float, float]:
        return bootstrap(lambda i: float(above[i].sum() / max(1, below[i].sum())), range(len(above)))

    return [
        figure(f"lines found, IoU {OVERLAP:g}", share(hits, wanted), data, int(wanted.sum())),
        figure(f"boxes right, IoU {OVERLAP:g}", share(right, boxes), data, int(boxes.sum())),
    ]


def card(recipe: dict, figures: list[dict], fonts: int) -> dict:
    """Return the card's content without its weights."""
    return {
        "id": recipe["id"],
        "version": recipe["version"],
        "title": "Lines of words on EMG screens",
        "role": "lines",
        "reads": [],
        "classes": ["line"],
        "exclusive": False,
        "validated": False,
        "uncertain_below": 0.5,
        "intended_use": "Finds where words stand on a picture of needle EMG, for the model that reads them",
        "limits": [
            "No machine's own pictures were at hand: fonts, looks and cameras are drawn",
            "Words that stand on end are not found, nor lines that are written over",
            "Two lines side by side that are less than two letters apart may be found as one",
        ],
        "recipe": "training/recipes/screen-lines.toml",
        "architecture": {"name": "line-finder", "arguments": {"widths": recipe["widths"]}},
        "preprocessing": {"name": "strokes"},
        "data": [
            {
                "name": "Drawn screens (training/words)",
                "licence": "MIT",
                "count": sum(p["epochs"] * p["steps"] * p["batch"] // CROPS for p in recipe["part"]),
                "note": f"in {fonts} free fonts of a Debian machine, a third of them held out, and three of OpenCV",
            }
        ],
        "figures": figures,
        "maps": {"faithful": False, "note": "no maps"},
    }
