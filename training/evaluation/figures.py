"""The figures of classes: accuracy, precision, recall, AUC, calibration, each with its 95 % interval."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from training.evaluation.run import Done
from training.export import figure
from training.metrics import auc, expected_calibration_error, interval, resamples
from viewer.models.card import Card


class Classified:
    """The examples that have probabilities: ``probability`` (n, classes), ``truth`` 0/1 (n, classes), who predicted.

    ``said`` (n,): the index of what the reading says, -1 where it is uncertain; only where classes exclude each other.
    """

    def __init__(self, card: Card, done: Sequence[Done]) -> None:
        self.card = card
        self.rows = [d for d in done if d.probability is not None and not d.example.aside]
        classes = card.classes
        self.probability = np.array([d.probability for d in self.rows]).reshape(-1, len(classes))
        self.truth = np.array([[c in d.example.labels for c in classes] for d in self.rows]).reshape(-1, len(classes))
        self.groups = [d.example.group for d in self.rows]
        self.best = self.probability.argmax(1) if self.rows else np.zeros(0, int)
        self.true = self.truth.argmax(1) if self.rows else np.zeros(0, int)
        self.said = np.array([classes.index(d.predicted) if d.predicted in classes else -1 for d in self.rows], int)
        self.points = np.array([card.operating_points[c] for c in classes])
        self.positive = self.probability >= self.points

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def wrong(self) -> np.ndarray:
        """Whether an example is misread (n,): another class most probable, or on the wrong side of a threshold."""
        if self.card.exclusive:
            return np.asarray(self.best != self.true)
        return np.asarray((self.positive != self.truth).any(1))

    @property
    def confidence(self) -> np.ndarray:
        """How sure the reading is (n,): its highest probability, or the furthest from an operating point."""
        if self.card.exclusive:
            return np.asarray(self.probability.max(1))
        return np.asarray(np.abs(self.probability - self.points).max(1))


def class_figures(own: Classified, data: str) -> list[dict[str, Any]]:
    """Return the figures, those of the whole first, then those of each class."""
    if not len(own):
        return []
    drawn = resamples(own.groups)

    def add(name: str, of: Callable[[np.ndarray], float], count: int | None = None, label: str = "") -> None:
        value = interval(of, len(own), drawn)
        if np.isfinite(value[0]):
            figures.append(figure(name, value, data, len(own) if count is None else count, label))

    figures: list[dict[str, Any]] = []
    if own.card.exclusive:
        _exclusive(own, add)
    else:
        add("macro AUC", lambda i: _macro_auc(own, i))
        add("mean expected calibration error", lambda i: _mean_calibration(own, i))
    for c, label in enumerate(own.card.classes):
        truth, score = own.truth[:, c], own.probability[:, c]
        if own.card.exclusive:
            _both(add, label, "most probable", own.best == c, truth)
        _both(add, label, f"at {own.points[c]:.3g}", own.positive[:, c], truth)
        add("specificity, at operating point", _share(~own.positive[:, c], ~truth), int((~truth).sum()), label)
        add("AUC", partial(_auc, truth, score), int(truth.sum()), label)
    return figures


def _exclusive(own: Classified, add: Callable[..., None]) -> None:
    right, called = own.best == own.true, own.said >= 0
    everyone = np.ones(len(own), bool)
    add("accuracy", _share(right, everyone))
    if len(set(own.true.tolist())) > 1:
        add("macro F1", lambda i: _macro_f1(own, i))
    add("macro AUC", lambda i: _macro_auc(own, i))
    add(
        "expected calibration error",
        lambda i: expected_calibration_error(own.confidence[i], right[i].astype(float)),
    )
    add("called, not uncertain", _share(called, everyone))
    add("accuracy where not uncertain", _share(right, called), int(called.sum()))
    wrong = called & (own.said != own.true)
    add("called a wrong class", _share(wrong, everyone))
    for c, label in enumerate(own.card.classes):
        add("called a wrong class", _share(wrong, own.true == c), int((own.true == c).sum()), f"true {label}")
    generators = np.array([d.example.generator for d in own.rows])
    for name in sorted(set(generators.tolist()) - {""}):
        add("called a wrong class", _share(wrong, generators == name), int((generators == name).sum()), name)


def _both(add: Callable[..., None], label: str, way: str, said: np.ndarray, truth: np.ndarray) -> None:
    add(f"precision, {way}", _share(truth, said), int(said.sum()), label)
    add(f"recall, {way}", _share(said, truth), int(truth.sum()), label)


def _share(hits: np.ndarray, of: np.ndarray) -> Callable[[np.ndarray], float]:
    def share(i: np.ndarray) -> float:
        kept = of[i]
        return float(hits[i][kept].mean()) if kept.any() else float("nan")

    return share


def _auc(truth: np.ndarray, score: np.ndarray, i: np.ndarray) -> float:
    return auc(truth[i], score[i])


def _macro_f1(own: Classified, i: np.ndarray) -> float:
    best, true = own.best[i], own.true[i]
    there = [c for c in range(len(own.card.classes)) if (true == c).any() or (best == c).any()]
    return float(
        np.mean([2 * ((best == c) & (true == c)).sum() / ((best == c).sum() + (true == c).sum()) for c in there])
    )


def _macro_auc(own: Classified, i: np.ndarray) -> float:
    areas = [auc(own.truth[i, c], own.probability[i, c]) for c in range(len(own.card.classes))]
    known = [a for a in areas if np.isfinite(a)]
    return float(np.mean(known)) if known else float("nan")


def _mean_calibration(own: Classified, i: np.ndarray) -> float:
    columns = range(len(own.card.classes))
    return float(
        np.mean([expected_calibration_error(own.probability[i, c], own.truth[i, c].astype(float)) for c in columns])
    )


def confusion(own: Classified, done: Sequence[Done]) -> tuple[list[str], list[list[int]]]:
    """Return the columns' names and the counts: a row a true class; uncertain and not read are columns too."""
    classes = own.card.classes
    unread = [d for d in done if d.probability is None and d.predicted is None and not d.example.aside]
    rows = []
    for t, label in enumerate(classes):
        said = own.said[own.true == t]
        rows.append(
            [int((said == c).sum()) for c in range(len(classes))]
            + [int((said < 0).sum()), sum(d.example.labels == {label} for d in unread)]
        )
    return [*classes, "uncertain", "not read"], rows
