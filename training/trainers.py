"""``leadlight train``: from a recipe to the trainer that it names.

A trainer is a function (job) -> Path, which trains, measures, and returns the bundle's folder. A recipe can name those
of this table and nothing else.
"""

from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import torch

from training import ranks
from training.curve import draw_curve
from training.job import Job, begin, load_recipe
from viewer.errors import LeadlightError

TRAINERS = {
    "chest-deep-media": "training.chest.deep_media:run",
    "chest-films": "training.chest.train:run",
    "ecg-records": "training.ecg.train_records:run",
    "ecg-sheets": "training.ecg.train_sheets:run",
    "emg-inception-v4": "training.emg.published:run",
    "emg-screens": "training.emg.start:screens",
    "emg-screens-tuned": "training.emg.tune:tune",
    "emg-traces": "training.emg.start:traces",
    "kind-pictures": "training.kind.train:run",
    "screen-curves": "training.curves.train:run",
    "screen-lines": "training.words.find:run",
    "screen-signals": "training.signals.run:run",
    "screen-sweeps": "training.sweeps.train:run",
    "screen-words": "training.words.train:run",
}
ALONE = (
    "kind-pictures",
    "screen-curves",
    "screen-lines",
    "screen-signals",
    "screen-sweeps",
    "screen-words",
)  # one process is enough: few layers learn, or a small network


def train(
    name: str,
    data: Path,
    out: Path,
    resume: bool = False,
    device: str = "auto",
    threads: int | None = None,
    weights: Path | None = None,
    jobs: int = 1,
) -> Path | None:
    """Train by a recipe (a shipped one's name, or a file); return the bundle's folder (in the first process).

    Raises LeadlightError with what is missing, wrong or in the way.
    """
    recipe = load_recipe(name)
    trainer = TRAINERS.get(recipe["trainer"])
    if trainer is None:
        known = ", ".join(TRAINERS)
        raise LeadlightError("not-found", f"There is no trainer {recipe['trainer']!r}", f"there are: {known}")
    for path in (data, weights):
        if path is not None and not path.exists():
            raise LeadlightError("not-found", f"{path} is not there", "check the path", path)
    if threads is not None:
        torch.set_num_threads(threads)
    with ranks.gathered(_device(device)) as own:
        if ranks.count() > 1 and recipe["trainer"] in ALONE:
            raise LeadlightError("unsupported", f"{recipe['id']} trains in one process", "start it without torchrun")
        _begin_once(recipe, out, resume, own)
        try:
            bundle = _run(trainer)(Job(recipe, data, out, own, weights, jobs))
        except ModuleNotFoundError as error:
            raise LeadlightError(
                "unsupported", f"This recipe needs the package {error.name}", "pip install 'leadlight[train]'"
            ) from error
        except FileNotFoundError as error:
            missing = error.filename or error
            raise LeadlightError("not-found", f"{missing} is not there", "give --data the folder it is in") from error
        except torch.OutOfMemoryError as error:
            raise LeadlightError(
                "memory", f"The batch does not fit into the memory of {own}", "make it smaller in a copy of the recipe"
            ) from error
        if ranks.is_first():
            parts = sorted(out.rglob("steps.jsonl"), key=lambda path: path.stat().st_mtime)
            draw_curve([path.parent for path in parts], out / "loss.png")
        return bundle if ranks.is_first() else None


def _run(trainer: str) -> Callable[[Job], Path]:
    module, name = trainer.split(":")
    return getattr(import_module(module), name)


def _device(wanted: str) -> str:
    from viewer.reading.device import choose_device

    device, reason = choose_device(wanted)
    if wanted not in ("auto", device):
        raise LeadlightError("unsupported", f"There is no {wanted} device here ({reason})", "give --device auto or cpu")
    return "cpu" if device == "mps" else device


def _begin_once(recipe: dict, out: Path, resume: bool, device: str) -> None:
    """Let the first process begin; where it may not, all of them end."""
    refused: LeadlightError | None = None
    if ranks.is_first():
        try:
            begin(recipe, out, resume)
        except LeadlightError as error:
            refused = error
    may = ranks.said_by_first(float(refused is None), device)
    if refused is not None:
        raise refused
    if not may:
        raise SystemExit(1)
