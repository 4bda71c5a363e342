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


def operating_points(
    probabilities: np.ndarray, labels: np.ndarray, known: np.ndarray, share_of_class: float = 0.1, rounds: int = 300
) -> dict[str, float]:
    """Return the probability of each class at which F1 is highest among records of which a tenth or more have it.

    A rare class has a handful of validation records, and the best point of one sample of them would be luck. So the
    records are drawn again and again, each logit moved by Silverman's bandwidth (smoothed bootstrap, Efron 1979), and
    the median of the best points is taken. ``share_of_class``: a class rarer than this is drawn as often as this;
    at its own share of one or two per cent F1 would buy few false alarms with many missed findings.
    """
    rng = np.random.default_rng(0)
    points = {}
    for c, name in enumerate(CLASSES):
        k = np.flatnonzero(known[:, c] > JUDGED)
        share = np.clip(probabilities[k, c], 1e-6, 1 - 1e-6)
        logits, truth = np.log(share / (1 - share)), labels[k, c] > 0.5
        width = np.where(truth, _bandwidth(logits[truth]), _bandwidth(logits[~truth]))
        odds = np.where(truth, max(share_of_class, truth.mean()) / max(1, truth.sum()), 0.0)
        odds = np.where(truth, odds, (1 - odds.sum()) / max(1, (~truth).sum()))
        found = []
        for _ in range(rounds):
            d = rng.choice(len(k), len(k), p=odds / odds.sum())
            if truth[d].any():
                moved = logits[d] + width[d] * rng.standard_normal(len(d))
                found.append(f1_threshold(truth[d], 1 / (1 + np.exp(-moved))))
        points[name] = float(np.clip(np.median(found), 0.03, 0.9)) if found else 0.5
    return points


def _bandwidth(values: np.ndarray) -> float:
    """Silverman's rule; where there are too few values to see their spread, that of one and a half logits."""
    spread = float(values.std()) if len(values) >= 5 else 1.5
    return 1.06 * max(spread, 0.5) * max(1, len(values)) ** -0.2


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
