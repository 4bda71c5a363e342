"""From the trained detector to its bundle: threshold, heads, operating points, figures, faithful maps or not."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from training.emg.event_figures import HELD_OUT, by_generator, mixture_figures, mixtures, tell
from training.emg.heads import choose_threshold, fit_heads
from training.emg.real import TEST, TRAIN
from training.emg.recording_figures import (
    alone_figures,
    quiet_figures,
    real_figures,
    real_windows,
    recording_figures,
    robust_figures,
    train_figures,
)
from training.emg.stranger_traces import stranger_figures
from training.emg.trace_card import card_of
from training.emg.traces import random_recording, shard
from training.emg.train_traces import CELLS, batches
from training.export import export_bundle, made_input, show
from training.faithfulness import measure_faithfulness, pointing_game
from training.simulate.emg.draws import Draw
from training.simulate.emg.parameters import LABELS
from viewer.models.networks.trace_events import CELL, TraceEvents

UNSEEN = "simulated mixtures of 1-4 generators, parameter ranges never used in training"
USUAL = "simulated mixtures of 1-4 generators, whole parameter ranges (as leadlight simulate emg), unseen recordings"
PRECISION_WANTED = {"PSW": 0.95, "Fibs": 0.95}
SURE, FALSE_CALLS = 0.97, 0.015
OTHERS = LABELS.index("Others")


def finish(network: TraceEvents, recipe: dict, data: Path, out: Path) -> None:
    """Fit what follows the network, measure it as it ships (in half precision), write its bundle to ``out/bundle``."""
    how = recipe["measuring"]
    out.mkdir(parents=True, exist_ok=True)
    network = network.half().float().eval()
    with torch.no_grad():
        choose_threshold(network, how["threshold"])
        fit_heads(network, how["heads"], data)
        network = network.half().float().eval()
        torch.save(network.state_dict(), out / "finished.pt")
        measure(network, recipe, data, out)


def measure(network: TraceEvents, recipe: dict, data: Path, out: Path) -> None:
    """Measure a finished network and write its bundle."""
    how = recipe["measuring"]
    units = np.concatenate([real_windows(network, name, data)[0] for name in TRAIN])
    points, sure = operating_points(validation_strengths(network, how["validation"]), units)
    print(f"operating points {points}, uncertain below {sure:.2f}", flush=True)
    told = [tell(network, r) for r in mixtures(HELD_OUT, how["mixtures"], 33)]
    print(by_generator(told), flush=True)
    usual = [tell(network, r) for r in mixtures("any", how["usual"], 74)]
    figures = mixture_figures(told, UNSEEN)
    figures += train_figures(told, UNSEEN)
    figures += mixture_figures(usual, USUAL) + train_figures(usual, USUAL)
    figures += recording_figures(told, points, sure, UNSEEN)
    figures += alone_figures(network, how["alone"])
    figures += stranger_figures(network, how["stranger"], how["stranger_alone"], points, sure)
    figures += quiet_figures(network, how["quiet"])
    figures += robust_figures(network, how["robust"])
    for name in (*TRAIN, *TEST):  # those held out last
        figures += real_figures(network, name, data, points, sure)
    inputs, classes, truths = with_waves(shard(out / "recordings", 1, 64, HELD_OUT, None, (), 1), 24)
    maps = measure_faithfulness(network, inputs, classes, seed=1, exclusive=True, data="simulated, unseen ranges")
    pointing = pointing_game(network, inputs, classes, truths, data="simulated, unseen ranges")
    about_maps: dict[str, Any] = {"figures": [*maps.figures, *pointing], "faithful": maps.faithful, "note": maps.note}
    show(figures + about_maps["figures"])
    print(maps.note, flush=True)
    (out / "figures.json").write_text(json.dumps(figures + about_maps["figures"], indent=1, default=float))
    figures = [f for f in figures if np.isfinite(f["value"])]
    card = card_of(recipe, points, sure, figures, about_maps)
    export_bundle(network, made_input(2, CELLS * CELL), card, out / "bundle" / recipe["id"])


def validation_strengths(network: TraceEvents, count: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return, for validation recordings that hold events, each class's highest window probability and what is there."""
    made = []
    for number in range(count):
        draw = Draw(np.random.default_rng([31, number]), "validation")
        recording = random_recording(draw)
        told = tell(network, recording, "uV" if draw.chance(0.8) else "")
        if len(told.windows):
            made.append((told.strengths, np.array([any(e.label == k for e in recording.events) for k in LABELS])))
    return made


def operating_points(
    made: Sequence[tuple[np.ndarray, np.ndarray]], units: np.ndarray | None = None
) -> tuple[dict[str, float], float]:
    """Return each class's threshold, and the level under which no class is said.

    A threshold is the lowest from 0.5 on at which so many of the recordings over it hold the class; at or over the
    level 97 % of the recordings hold what is said (Others: neither of the other two). Of ``units`` (w, classes), the
    windows of real motor units trained on, at most 1.5 % reach a threshold, or are called anything but Others.
    """
    strengths, there = np.stack([s for s, _ in made]), np.stack([t for _, t in made])
    there[:, OTHERS] = ~there[:, :OTHERS].any(1)
    units = np.zeros((1, len(LABELS))) if units is None else units
    points = {}
    for c, label in enumerate(LABELS):
        levels = np.arange(0.5, 0.991, 0.01)
        wanted = PRECISION_WANTED.get(label)
        good = [
            v
            for v in levels
            if wanted is None
            or (_precise(strengths[:, c] >= v, there[:, c]) >= wanted and (units[:, c] >= v).mean() <= FALSE_CALLS)
        ]
        points[label] = round(float(good[0]) if good else 0.99, 2)
    alarms = np.where(units.argmax(1) != OTHERS, units.max(1), 0.0)
    best = strengths.argmax(1)
    right = there[np.arange(len(best)), best]
    for level in np.arange(0.5, 0.96, 0.01):
        if _precise(strengths.max(1) >= level, right) >= SURE and (alarms >= level).mean() <= FALSE_CALLS:
            return points, round(float(level), 2)
    return points, 0.95


def _precise(said: np.ndarray, there: np.ndarray) -> float:
    return float(there[said].mean()) if said.any() else 1.0


def with_waves(own: Any, count: int) -> tuple[torch.Tensor, list[int], torch.Tensor]:
    """Return windows that hold one of sharp waves and fibrillations, which, and where in the input they are."""
    inputs, classes, truths = [], [], []
    for x, wanted in batches(own, 16, 40, np.random.default_rng(4), calm=True):
        for row, target in zip(x, wanted.numpy(), strict=True):
            if not (target[: len(LABELS)] == 1)[:OTHERS].any():
                continue
            c = int(target[:OTHERS].argmax())
            label = target[len(LABELS) :].reshape(5, -1)[1]
            near = np.convolve(label == c, np.ones(9), "same") > 0  # 4 ms to either side
            inputs.append(row)
            classes.append(c)
            truths.append(torch.from_numpy(np.repeat(near, CELL)))
        if len(inputs) >= count:
            break
    return torch.stack(inputs[:count]), classes[:count], torch.stack(truths[:count])
