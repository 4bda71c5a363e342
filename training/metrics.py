"""Figures with 95 % intervals, bootstrapped over patients or recordings, and what follows from them."""

from collections.abc import Callable, Sequence

import numpy as np


def bootstrap(
    figure: Callable[[np.ndarray], float], groups: Sequence | np.ndarray, rounds: int = 500, seed: int = 0
) -> tuple[float, float, float]:
    """Return (value, low, high) of ``figure(indices)``, resampling whole groups (patients, recordings).

    A resample in which the figure cannot be computed (NaN or ValueError: one class only) is drawn again.
    """
    _, owner = np.unique(np.asarray(groups), return_inverse=True)
    members = [np.flatnonzero(owner == g) for g in range(owner.max() + 1)]
    rng = np.random.default_rng(seed)
    values: list[float] = []
    for _ in range(rounds * 4):
        drawn = np.concatenate([members[g] for g in rng.integers(0, len(members), len(members))])
        try:
            value = figure(drawn)
        except ValueError:
            continue
        if np.isfinite(value):
            values.append(value)
        if len(values) == rounds:
            break
    low, high = np.percentile(values, (2.5, 97.5)) if values else (np.nan, np.nan)
    return float(figure(np.arange(len(owner)))), float(low), float(high)


def auc(truth: np.ndarray, score: np.ndarray) -> float:
    """Area under the ROC curve (Mann-Whitney), NaN where only one class is there."""
    from scipy.stats import rankdata

    truth = np.asarray(truth, bool)
    positives, negatives = int(truth.sum()), int((~truth).sum())
    if not positives or not negatives:
        return float("nan")
    ranks = rankdata(score)
    return float((ranks[truth].sum() - positives * (positives + 1) / 2) / (positives * negatives))


def youden_threshold(truth: np.ndarray, probability: np.ndarray) -> float:
    """Return the probability at which sensitivity + specificity is highest (midway to the next score below)."""
    order = np.argsort(-probability)
    hits = np.cumsum(truth[order]) / max(1, truth.sum())
    alarms = np.cumsum(1 - truth[order]) / max(1, (1 - truth).sum())
    best = int(np.argmax(hits - alarms))
    scores = probability[order]
    below = scores[best + 1] if best + 1 < len(scores) else 0.0
    return float((scores[best] + below) / 2)


def f1_threshold(truth: np.ndarray, probability: np.ndarray) -> float:
    """Return the probability at which F1 is highest (midway to the next score below)."""
    order = np.argsort(-probability)
    hits = np.cumsum(truth[order])
    f1 = 2 * hits / (np.arange(1, len(order) + 1) + truth.sum())
    best = int(np.argmax(f1))
    scores = probability[order]
    below = scores[best + 1] if best + 1 < len(scores) else 0.0
    return float((scores[best] + below) / 2)


def fit_temperature(logits: np.ndarray, truth: np.ndarray, exclusive: bool) -> float:
    """Return the temperature that minimises the log-loss (Guo et al. 2017) on validation data.

    ``logits`` (n, classes); ``truth`` class indices (n,) where exclusive, else 0/1 (n, classes).
    """
    from scipy.optimize import minimize_scalar
    from scipy.special import log_expit, log_softmax

    def log_loss(log_t: float) -> float:
        z = logits / np.exp(log_t)
        if exclusive:
            return -float(log_softmax(z, axis=1)[np.arange(len(z)), truth].mean())
        return -float((truth * log_expit(z) + (1 - truth) * log_expit(-z)).mean())

    return float(np.exp(minimize_scalar(log_loss, bounds=(-3, 3), method="bounded").x))


def expected_calibration_error(confidence: np.ndarray, correct: np.ndarray, bins: int = 10) -> float:
    """Return the expected calibration error over equally wide bins (Naeini et al. 2015)."""
    index = np.clip((confidence * bins).astype(int), 0, bins - 1)
    return float(
        sum(
            np.mean(index == b) * abs(confidence[index == b].mean() - correct[index == b].mean())
            for b in range(bins)
            if np.any(index == b)
        )
    )


def resamples(groups: Sequence | np.ndarray, rounds: int = 500, seed: int = 0) -> list[np.ndarray]:
    """Return the indices of ``rounds`` resamples of whole groups (patients, recordings), for ``interval``."""
    _, owner = np.unique(np.asarray(groups), return_inverse=True)
    order = np.argsort(owner, kind="stable")
    members = np.split(order, np.cumsum(np.bincount(owner))[:-1])
    rng = np.random.default_rng(seed)
    return [np.concatenate([members[g] for g in rng.integers(0, len(members), len(members))]) for _ in range(rounds)]


def interval(
    figure: Callable[[np.ndarray], float], count: int, drawn: Sequence[np.ndarray]
) -> tuple[float, float, float]:
    """Return (value, low, high) of ``figure(indices)`` by resamples that several figures share.

    Resamples in which the figure cannot be computed (NaN) are left out; with fewer than half of them there is no
    interval (NaN).
    """
    values = np.array([figure(indices) for indices in drawn], np.float64)
    values = values[np.isfinite(values)]
    low, high = np.percentile(values, (2.5, 97.5)) if 2 * len(values) > len(drawn) else (np.nan, np.nan)
    return float(figure(np.arange(count))), float(low), float(high)


def roc(truth: np.ndarray, score: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return false-positive and true-positive rates from (0, 0) to (1, 1), one point a distinct score."""
    truth, score = np.asarray(truth, bool), np.asarray(score, np.float64)
    order = np.argsort(-score, kind="stable")
    last = np.flatnonzero(np.append(np.diff(score[order]) != 0, True)) if len(score) else np.zeros(0, int)
    hits, alarms = np.cumsum(truth[order])[last], np.cumsum(~truth[order])[last]
    return (
        np.concatenate([[0.0], alarms / max(1, (~truth).sum())]),
        np.concatenate([[0.0], hits / max(1, truth.sum())]),
    )


def reliability(confidence: np.ndarray, correct: np.ndarray, bins: int = 10) -> list[dict[str, float]]:
    """Return, for each of equally wide bins that holds something, its bounds, count, mean confidence, share correct."""
    index = np.clip((confidence * bins).astype(int), 0, bins - 1)
    return [
        {
            "low": b / bins,
            "high": (b + 1) / bins,
            "count": int((index == b).sum()),
            "confidence": float(confidence[index == b].mean()),
            "correct": float(correct[index == b].mean()),
        }
        for b in range(bins)
        if np.any(index == b)
    ]
