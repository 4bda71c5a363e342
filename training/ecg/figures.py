"""Figures of an ECG network for its card: AUC and F1 a class with intervals, operating points, calibration."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from training.ecg.records import CLASSES
from training.export import figure
from training.metrics import auc, bootstrap, expected_calibration_error, f1_threshold, fit_temperature

JUDGED = 0.1  # labels known less than this are not judged at all
FEWEST = 3  # a figure of a class with fewer records is not worth its digits


def temperatures(logits: np.ndarray, labels: np.ndarray, known: np.ndarray) -> list[float]:
    """Return one temperature a class, fitted on validation records; all classes' where a class has too few."""
    judged = known > JUDGED
    every = np.concatenate([logits[judged[:, c], c] for c in range(len(CLASSES))])[:, None]
    truth = np.concatenate([labels[judged[:, c], c] for c in range(len(CLASSES))])[:, None]
    common = fit_temperature(every, truth, exclusive=False)
    found = []
    for c in range(len(CLASSES)):
        k = judged[:, c]
        enough = labels[k, c].sum() >= 10
        found.append(fit_temperature(logits[k, c][:, None], labels[k, c][:, None], False) if enough else common)
    return [float(np.clip(t, 0.3, 4.0)) for t in found]


def operating_points(probabilities: np.ndarray, labels: np.ndarray, known: np.ndarray) -> dict[str, float]:
    """Return the probability of each class at which F1 is highest: the median over 300 resamples of the records.

    A rare class has a handful of validation records; the best point of one sample of them alone would be luck.
    """
    rng = np.random.default_rng(0)
    points = {}
    for c, name in enumerate(CLASSES):
        k = np.flatnonzero(known[:, c] > JUDGED)
        drawn = [k[rng.integers(0, len(k), len(k))] for _ in range(300)]
        found = [f1_threshold(labels[d, c], probabilities[d, c]) for d in drawn if labels[d, c].any()]
        points[name] = float(np.clip(np.median(found), 0.03, 0.9))
    return points


def class_figures(
    probabilities: np.ndarray,
    labels: np.ndarray,
    known: np.ndarray,
    groups: Sequence[str],
    points: dict[str, float],
    data: str,
) -> list[dict[str, Any]]:
    """Return AUC, F1, sensitivity and specificity of each class that has records enough, and the means of AUC and F1.

    Intervals are bootstrapped over ``groups`` (patients, or records where patients are not known).
    """
    owner = np.asarray(groups)
    everyone = owner.tolist()
    figures, judged = [], known > JUDGED
    shown = [c for c in range(len(CLASSES)) if labels[judged[:, c], c].sum() >= FEWEST]
    for c in shown:
        name, k = CLASSES[c], np.flatnonzero(judged[:, c])
        truth, share = labels[k, c] > 0.5, probabilities[k, c]
        called = share >= points[name]
        for measure, value in (
            ("AUC", lambda i, t=truth, s=share: auc(t[i], s[i])),
            ("F1", lambda i, t=truth, p=called: f1(t[i], p[i])),
            ("sensitivity", lambda i, t=truth, p=called: _share(p[i][t[i]])),
            ("specificity", lambda i, t=truth, p=called: _share(~p[i][~t[i]])),
        ):
            count = int(truth.sum()) if measure != "specificity" else int((~truth).sum())
            figures.append(figure(measure, bootstrap(value, owner[k].tolist(), 300), data, count, name))

    def mean_auc(i: np.ndarray) -> float:
        return float(np.nanmean([auc(labels[i, c][judged[i, c]], probabilities[i, c][judged[i, c]]) for c in shown]))

    def mean_f1(i: np.ndarray) -> float:
        return float(
            np.nanmean(
                [
                    f1(labels[i, c][judged[i, c]] > 0.5, probabilities[i, c][judged[i, c]] >= points[CLASSES[c]])
                    for c in shown
                ]
            )
        )

    figures.append(figure(f"mean AUC of {len(shown)} classes", bootstrap(mean_auc, everyone, 300), data, len(labels)))
    figures.append(figure(f"mean F1 of {len(shown)} classes", bootstrap(mean_f1, everyone, 300), data, len(labels)))
    flat, truth = probabilities[judged], labels[judged]
    error = expected_calibration_error(flat, truth)
    figures.append(figure("expected calibration error", (error, float("nan"), float("nan")), data, len(labels)))
    return figures


def f1(truth: np.ndarray, called: np.ndarray) -> float:
    """Return F1; NaN where the class is not there."""
    hits = float((truth & called).sum())
    return 2 * hits / float(truth.sum() + called.sum()) if truth.any() else float("nan")


def _share(called: np.ndarray) -> float:
    return float(called.mean()) if len(called) else float("nan")
