"""What the chest network reaches on held-out patients, and its bundle.

Films go through the viewer's own preparation, and the network as it ships: its weights rounded to half precision.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from training.chest.card import card
from training.chest.films import LABELS, UNBIASED, Films, split
from training.chest.inputs import predict, prepared
from training.chest.maps import box_figures, mean_boxes, measured_maps
from training.export import export_bundle, figure, made_input, show
from training.metrics import auc, bootstrap, fit_temperature
from viewer.models.networks import Network

EIGHT = range(8)  # the findings, without No Finding


def finish(network: Network, films: Films, recipe: dict, data: Path, out: Path) -> None:
    """Calibrate and choose operating points on validation patients, measure on test patients, write ``out/<id>``."""
    network = network.half().float().eval()
    parts = split(films, recipe["split"], recipe["seed"])
    learn, check, test = (films.take(parts[p]) for p in ("train", "validation", "test"))
    checked = predict(network, prepared([data / "cxr/films" / n for n in check.names], recipe["size"]))
    plain = check.sources == UNBIASED
    temperature = fit_temperature(checked[plain], check.labels[plain], False)
    shares = sigmoid(checked / temperature)
    points = {label: balanced_threshold(check.labels[:, c], shares[:, c]) for c, label in enumerate(LABELS)}
    inputs = prepared([data / "cxr/films" / n for n in test.names], recipe["size"])
    logits = predict(network, inputs)
    boxes = mean_boxes(learn)
    figures = [
        *unbiased_figures(test, logits, sigmoid(logits / temperature), points),
        *pooled_figures(test, logits),
        *jsrt_figures(network, data / "cxr_jsrt", recipe["size"]),
        *box_figures(network, inputs, test, boxes),
    ]
    maps = measured_maps(network, inputs, test)
    show(figures + maps["figures"])
    print(maps["faithful"], maps["note"], "\n", points, temperature, flush=True)
    content = card(recipe, learn, points, temperature, boxes, figures, maps)
    export_bundle(network, made_input(3, 96, 96), content, out / recipe["id"])


def sigmoid(x: np.ndarray) -> np.ndarray:
    """Return 1 / (1 + exp(-x))."""
    return 1 / (1 + np.exp(-x))


def balanced_threshold(truth: np.ndarray, probability: np.ndarray) -> float:
    """Return the probability at which sensitivity and specificity are nearest to each other."""
    candidates = np.unique(probability)
    middles = (candidates[1:] + candidates[:-1]) / 2
    found = probability[truth > 0]
    free = probability[truth == 0]
    gaps = [abs((found >= t).mean() - (free < t).mean()) for t in middles]
    return float(middles[int(np.argmin(gaps))])


def unbiased_figures(test: Films, logits: np.ndarray, shares: np.ndarray, points: dict[str, float]) -> list[dict]:
    """Return the AUC a class and of the eight, the teacher's beside it, sensitivity and specificity."""
    inside = test.sources == UNBIASED
    truth, score, share = test.labels[inside], logits[inside], shares[inside]
    who, data = test.patients[inside], "test patients, one unbiased sample of NIH films"
    teacher = test.teacher[inside]
    figures = [
        _by_patient("mean AUC of the eight findings", lambda i: _mean_auc(truth[i], score[i]), who, data),
        _by_patient("mean AUC of the eight findings, CheXNet", lambda i: _mean_auc(truth[i], teacher[i]), who, data),
    ]
    for c, label in enumerate(LABELS):
        figures.append(_by_patient("AUC", lambda i, c=c: auc(truth[i, c], score[i, c]), who, data, label))
    for c, label in enumerate(LABELS):
        called = share[:, c] >= points[label]
        yes, no = truth[:, c] > 0, truth[:, c] == 0
        figures.append(_by_patient("sensitivity", lambda i, y=yes, k=called: _rate(k[i], y[i]), who, data, label))
        figures.append(_by_patient("specificity", lambda i, n=no, k=~called: _rate(k[i], n[i]), who, data, label))
    return figures


def pooled_figures(test: Films, logits: np.ndarray) -> list[dict]:
    """Return AUCs over all test films, of whichever source; they flatter where a source was chosen by label."""
    truth, who, data = test.labels, test.patients, "test patients, films of all sources pooled"
    figures = [_by_patient("mean AUC of the eight findings", lambda i: _mean_auc(truth[i], logits[i]), who, data)]
    for c, label in enumerate(LABELS):
        figures.append(_by_patient("AUC", lambda i, c=c: auc(truth[i, c], logits[i, c]), who, data, label))
    return figures


def jsrt_figures(network: Network, folder: Path, size: int) -> list[dict]:
    """Return the nodule AUC on the films of another country, none of which was learned from."""
    import csv

    with (folder / "labels.csv").open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    truth = np.array([int(r["nodule"]) for r in rows])
    logits = predict(network, prepared([folder / "films" / r["file"] for r in rows], size))
    c, free = LABELS.index("Nodule"), LABELS.index("No Finding")
    who, data = range(len(rows)), "JSRT films (Japan), a nodule or none"
    return [
        _by_patient("AUC", lambda i: auc(truth[i], logits[i, c]), who, data, "Nodule"),
        _by_patient("AUC", lambda i: auc(1 - truth[i], logits[i, free]), who, data, "No Finding"),
    ]


def _mean_auc(truth: np.ndarray, score: np.ndarray) -> float:
    return float(np.mean([auc(truth[:, c], score[:, c]) for c in EIGHT]))


def _rate(called: np.ndarray, among: np.ndarray) -> float:
    return float(called[among].mean()) if among.any() else float("nan")


def _by_patient(name: str, value, who: Sequence | np.ndarray, data: str, label: str = "") -> dict:  # type: ignore[no-untyped-def]
    return figure(name, bootstrap(value, list(who)), data, len(who), label)
