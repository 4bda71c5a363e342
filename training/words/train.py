"""The trainer ``screen-words``: the network that reads lines of words, from fonts to a bundle.

Every line is drawn once and never again; a fifth of the fonts is kept for the test, a sixth for validation.
"""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional

from training.export import export_bundle, figure, show
from training.job import Job
from training.loop import fit_part
from training.metrics import bootstrap
from training.simulate.emg.draws import Draw, Part
from training.wider import take_over
from training.words.drawing import in_turn
from training.words.lines import a_line, found_fonts
from training.words.scenes import scene_lines
from viewer.models.networks.word_lines import WordLines
from viewer.reading.writing import CHARACTERS, said, together

AT_ONCE = 4  # batches drawn at once, and divided by how long their lines are
ALONE = "drawn lines 6 to 30 px high, many blurred or compressed, in fonts never trained on"
ON_SCREENS = "lines 5 px high and more on drawn screens, among grids and curves, in fonts and looks never trained on"


def run(job: Job) -> Path:
    """Train by the recipe, measure on fonts never trained on, and write the bundle; return its folder."""
    recipe, fonts = job.recipe, found_fonts(job.data)
    torch.manual_seed(recipe["seed"])
    network = WordLines(len(CHARACTERS), recipe["widths"], recipe["context"])
    parts = [*recipe["before"], *recipe["part"]]
    if job.weights is not None:
        take_over(network, load_file(job.weights))
        parts = recipe["part"]
    check = from_screens(recipe["validation"], [recipe["seed"], 1], "validation", fonts)
    for part in parts:
        fit_part(
            network,
            partial(batches, part, [recipe["seed"], 3, part["stream"]], fonts, jobs=job.jobs),
            ctc,
            part,
            job,
            lambda net: float(np.mean(right(net, check))),
        )
    lines = drawn(recipe["test"], [recipe["seed"], 2], "test", fonts)
    figures = measured(network, lines, ALONE)
    figures += measured(network, from_screens(recipe["test"], [recipe["seed"], 2], "test", fonts), ON_SCREENS)
    show(figures)
    export_bundle(network, together([lines[0][0]]), card(recipe, figures, len(fonts)), job.bundle)
    return job.bundle


Lines = list[tuple[np.ndarray, str]]


def drawn(count: int, seed: list[int], part: Part, fonts: tuple[str, ...]) -> Lines:
    """Return lines with what they say."""
    return [a_line(Draw(np.random.default_rng([*seed, n]), part), fonts) for n in range(count)]


def from_screens(count: int, seed: list[int], part: Part, fonts: tuple[str, ...]) -> Lines:
    """Return lines that stand on drawn screens, with what they say."""
    lines: Lines = []
    draw = Draw(np.random.default_rng([*seed, 1, 0]), part)
    while len(lines) < count:
        lines += scene_lines(draw, fonts)
    return lines[:count]


def _mixed(count: int, screens: float, fonts: tuple[str, ...], seed: list[int]) -> Lines:
    """Return lines to learn from, a share of them from screens."""
    there = round(screens * count)
    return drawn(count - there, seed, "train", fonts) + from_screens(there, seed, "train", fonts)


def batches(
    part: dict, seed: list[int], fonts: tuple[str, ...], epoch: int, jobs: int = 1
) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield an epoch's batches: inputs (n, 1, 24, width), and targets (n, longest), characters from 1, 0 beyond."""
    size, left = part["batch"], part["steps"]
    seeds = [[*seed, epoch, group] for group in range(-(-left // AT_ONCE))]
    draw = partial(_mixed, size * AT_ONCE, part.get("screens", 0.0), fonts)
    for group, lines in enumerate(in_turn(draw, seeds, jobs)):
        lines.sort(key=lambda line: line[0].shape[1])
        for k in np.random.default_rng([*seed, epoch, group]).permutation(AT_ONCE)[: left - group * AT_ONCE]:
            own = lines[k * size : (k + 1) * size]
            yield together([seen for seen, _ in own]), _targets([text for _, text in own])


def _targets(texts: list[str]) -> Tensor:
    targets = torch.zeros(len(texts), max(1, *map(len, texts)), dtype=torch.long)
    for row, text in enumerate(texts):
        targets[row, : len(text)] = torch.tensor([CHARACTERS.index(c) + 1 for c in text], dtype=torch.long)
    return targets


def ctc(logits: Tensor, targets: Tensor) -> Tensor:
    """Connectionist temporal classification's loss, per character."""
    steps = torch.full((len(logits),), logits.shape[2])
    lengths = (targets > 0).sum(1)
    told = logits.permute(2, 0, 1).log_softmax(2)
    return functional.ctc_loss(told, targets, steps, lengths, zero_infinity=True)


def right(network: nn.Module, lines: Lines) -> list[bool]:
    """Return of each line whether it is read without any mistake."""
    answers = []
    with torch.inference_mode():
        for seen, text in lines:
            answers.append(said(network(together([seen])))[0][0] == text)
    return answers


def measured(network: nn.Module, lines: Lines, data: str) -> list[dict]:
    """Return the figures, with their intervals."""
    whole = np.array(right(network, lines), float)
    settings = np.array(["ms" in text and any(c.isdigit() for c in text) for _, text in lines])

    def of(rows: np.ndarray) -> tuple[float, float, float]:
        return bootstrap(lambda i: float(whole[rows][i].mean()), range(int(rows.sum())))

    every = np.ones(len(lines), bool)
    return [
        figure("lines without any mistake", of(every), data, len(lines)),
        figure("lines with milliseconds without any mistake", of(settings), data, int(settings.sum())),
    ]


def card(recipe: dict, figures: list[dict], fonts: int) -> dict:
    """Return the card's content without its weights."""
    return {
        "id": recipe["id"],
        "version": recipe["version"],
        "title": "Words on EMG screens",
        "role": "words",
        "reads": [],
        "classes": list(CHARACTERS),
        "exclusive": True,
        "validated": False,
        "uncertain_below": recipe["uncertain_below"],
        "intended_use": "Reads the time scale off a picture of needle EMG: settings, scale bars, an axis's numbers",
        "limits": [
            "Latin letters, digits and common marks; capitals are read as small letters, the micro sign as u",
            "No machine's own pictures were at hand: fonts, grounds and cameras are drawn",
            "Handwriting and words that stand on end are not read",
        ],
        "recipe": "training/recipes/screen-words.toml",
        "architecture": {
            "name": "word-lines",
            "arguments": {"classes": len(CHARACTERS), "widths": recipe["widths"], "context": recipe["context"]},
        },
        "preprocessing": {"name": "lines"},
        "data": [
            {
                "name": "Drawn lines of words (training/words)",
                "licence": "MIT",
                "count": sum(p["epochs"] * p["steps"] * p["batch"] for p in (*recipe["before"], *recipe["part"])),
                "note": f"in {fonts} free fonts of a Debian machine, a third of them held out, and three of OpenCV",
            }
        ],
        "figures": figures,
        "maps": {"faithful": False, "note": "no maps"},
    }
