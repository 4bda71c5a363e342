"""What a screen network trained further has become: calibration, operating points, figures, card, bundle."""

from pathlib import Path
from typing import Any

import numpy as np
import torch

from training.emg.gather import Pictures
from training.emg.tune import input_of, outputs
from training.export import export_bundle, figure, made_input, show
from training.faithfulness import measure_faithfulness
from training.metrics import auc, bootstrap, expected_calibration_error, fit_temperature
from viewer.models.bundle import ModelBundle
from viewer.models.card import Card
from viewer.models.networks import Network

SURE = 0.95  # of the validation pictures at or above ``uncertain_below`` are right
FEWEST = 20  # validation pictures of a class from which its operating point is chosen
MAPS = 24  # test pictures on which the maps' faithfulness is measured; with under half of them it is not


def finish(network: Network, before: Network, card: Card, own: Pictures, recipe: dict, folder: Path) -> None:
    """Calibrate on the validation part, measure on the test part (also the network before), write the bundle."""
    network = network.half().float().eval()
    bundle = ModelBundle(card, network)
    check, test = own.rows("validation"), own.rows("test")
    logits, truth = outputs(bundle, network, own, check), own.labels[check]
    temperature = float(np.clip(fit_temperature(logits, truth, exclusive=True), 0.25, 4.0))
    checked = _softmax(logits / temperature)
    points = operating_points(checked, truth, card.classes, recipe["points"])
    sure = uncertain_below(checked, truth)
    told = _softmax(outputs(bundle, network, own, test) / temperature)
    earlier = _softmax(outputs(bundle, before, own, test) / np.array(card.temperature))
    data = f"own pictures, {recipe['parts']['test']:.0%} of the recordings and patients held out"
    truth, groups = own.labels[test], own.groups[test]
    figures = _figures(told, truth, groups, card.classes, points, sure, data)
    figures += _whole(earlier, truth, groups, card.classes, f"{data}; {card.id} {card.version}, before")
    gain = bootstrap(
        lambda i: float(((told.argmax(1) == truth)[i] * 1.0 - (earlier.argmax(1) == truth)[i]).mean()), groups
    )
    figures.append(figure("accuracy gained by training further", gain, data, len(truth)))
    better = gain[1] > 0
    show(figures)
    maps = _maps(bundle, own, test[(told.argmax(1) == truth) & (truth < 2)])
    content = _card(card, recipe, own, points, temperature, sure, figures, maps, better)
    export_bundle(network, made_input(*input_of(bundle, own[0]).shape[1:]), content, folder)
    print(_advice(better, gain, card), flush=True)


def operating_points(
    probability: np.ndarray, truth: np.ndarray, classes: tuple[str, ...], wanted: dict[str, float]
) -> dict[str, float]:
    """Return each class's threshold: the lowest with the wanted precision; 0.5 where none is wanted, or few are."""
    points = {}
    for index, label in enumerate(classes):
        own, positive = probability[:, index], truth == index
        order = np.argsort(-own)
        precision = np.cumsum(positive[order]) / np.arange(1, len(order) + 1)
        good = np.flatnonzero(precision >= wanted.get(label, 2.0))
        if positive.sum() < FEWEST or not good.size:
            points[label] = 0.5
            continue
        last = int(good[-1])
        below = own[order[last + 1]] if last + 1 < len(order) else 0.0
        points[label] = float(np.clip((own[order[last]] + below) / 2, 0.5, 0.99))
    return points


def uncertain_below(probability: np.ndarray, truth: np.ndarray) -> float:
    """Return the probability under which no class is said: at or above it ``SURE`` of the pictures are right."""
    best, right = probability.max(1), probability.argmax(1) == truth
    levels = (float(level) for level in np.arange(0.5, 0.951, 0.01))
    return next((level for level in levels if (best >= level).any() and right[best >= level].mean() >= SURE), 0.95)


def _whole(told: np.ndarray, truth: np.ndarray, groups: np.ndarray, classes: tuple[str, ...], data: str) -> list[dict]:
    right = told.argmax(1) == truth
    f1 = bootstrap(lambda i: float(np.mean([_f1(told, truth, i, c) for c in range(len(classes))])), groups)
    return [
        figure("accuracy", bootstrap(lambda i: float(right[i].mean()), groups), data, len(right)),
        figure("macro F1", f1, data, len(right)),
    ]


def _figures(
    told: np.ndarray,
    truth: np.ndarray,
    groups: np.ndarray,
    classes: tuple[str, ...],
    points: dict[str, float],
    sure: float,
    data: str,
) -> list[dict[str, Any]]:
    right, kept = told.argmax(1) == truth, told.max(1) >= sure
    figures = _whole(told, truth, groups, classes, data)
    error = bootstrap(lambda i: expected_calibration_error(told.max(1)[i], right[i].astype(float)), groups)
    figures += [
        figure("expected calibration error", error, data, len(right)),
        figure("called, not uncertain", _share(kept, np.ones_like(kept), groups), data, len(right)),
        figure("accuracy where not uncertain", _share(right, kept, groups), data, int(kept.sum())),
    ]
    for index, label in enumerate(classes):
        own, score = truth == index, told[:, index]
        for way, said in (("most probable", told.argmax(1) == index), ("operating point", score >= points[label])):
            figures.append(figure(f"precision, {way}", _share(own, said, groups), data, int(said.sum()), label))
            figures.append(figure(f"recall, {way}", _share(said, own, groups), data, int(own.sum()), label))
        area = bootstrap(lambda i, t=own, s=score: auc(t[i], s[i]), groups)  # type: ignore[misc]
        figures.append(figure("AUC", area, data, len(own), label))
    return [f for f in figures if np.isfinite(f["value"])]


def _share(hits: np.ndarray, of: np.ndarray, groups: np.ndarray) -> tuple[float, float, float]:
    return bootstrap(lambda i: float(hits[i][of[i]].mean()) if of[i].any() else float("nan"), groups)


def _f1(told: np.ndarray, truth: np.ndarray, rows: np.ndarray, index: int) -> float:
    said, own = told[rows].argmax(1) == index, truth[rows] == index
    return float(2 * (said & own).sum() / max(1, said.sum() + own.sum()))


def _softmax(logits: np.ndarray) -> np.ndarray:
    return torch.from_numpy(np.asarray(logits, np.float32)).softmax(1).numpy()


def _maps(bundle: ModelBundle, own: Pictures, rows: np.ndarray) -> dict[str, Any]:
    if len(rows) < MAPS // 2:
        return {"faithful": False, "note": f"not measured: {len(rows)} test pictures of PSW and Fibs are too few"}
    chosen = rows[:MAPS]
    inputs = torch.cat([input_of(bundle, own[row]) for row in chosen])
    classes = [int(c) for c in own.labels[chosen]]
    found = measure_faithfulness(bundle.network, inputs, classes, exclusive=True, data="own test pictures")
    return {"faithful": found.faithful, "note": found.note, "figures": found.figures}


def _advice(better: bool, gain: tuple[float, float, float], card: Card) -> str:
    told = f"accuracy on the held-out pictures {gain[0]:+.3f} [{gain[1]:+.3f}, {gain[2]:+.3f}] against {card.id}"
    if better:
        return f"Better than before: {told}"
    return f"Not shown to be better than before: {told}; keep {card.id}, or label more recordings"


def _card(
    card: Card,
    recipe: dict,
    own: Pictures,
    points: dict[str, float],
    temperature: float,
    sure: float,
    figures: list[dict],
    maps: dict,
    better: bool,
) -> dict[str, Any]:
    count = {name: len(own.rows(name)) for name in own.names()}
    groups = {name: len(set(own.groups[own.rows(name)].tolist())) for name in own.names()}
    few = [k for i, k in enumerate(card.classes) if (own.labels[own.rows("validation")] == i).sum() < FEWEST]
    limits = [
        f"Trained further on {count['train']} pictures of {groups['train']} recordings or patients, of one source; "
        f"tested on {count['test']} pictures of {groups['test']} others of the same source",
        *own.notes,
        *([f"Operating points of {', '.join(few)} are 0.5: too few validation pictures to choose by"] if few else []),
        *(
            [f"Intervals rest on {groups['test']} recordings or patients and may be too narrow"]
            if groups["test"] < 30
            else []
        ),
        *([] if better else [f"Not shown to be better than {card.id} {card.version} on the held-out pictures"]),
        f"What {card.id} {card.version} reached on its own test pictures was not measured again",
        *card.limits,
    ]
    return {
        "id": recipe["id"],
        "version": recipe["version"],
        "title": f"{card.title}, trained further on own pictures",
        "role": "read",
        "reads": [str(kind) for kind in card.reads],
        "classes": list(card.classes),
        "exclusive": True,
        "validated": False,
        "operating_points": points,
        "operating_points_from": f"{count['validation']} own validation pictures of {groups['validation']} recordings "
        "or patients: the lowest threshold with precision "
        + " and ".join(f"{v:g} for {k}" for k, v in recipe["points"].items()),
        "uncertain_below": sure,
        "intended_use": card.intended_use,
        "limits": limits,
        "recipe": "training/recipes/emg-screens-tuned.toml",
        "architecture": {"name": card.architecture, "arguments": card.architecture_arguments},
        "preprocessing": {"name": card.preprocessing, "arguments": card.preprocessing_arguments},
        "calibration": {"temperature": temperature, "from": "own validation pictures (temperature scaling)"},
        "data": [
            {"name": "Pictures labelled by the person", "licence": "theirs", "count": count["train"]},
            *({"name": d.name, "licence": d.licence, "count": d.count, "note": d.note} for d in card.data),
        ],
        "figures": figures,
        "maps": maps,
    }
