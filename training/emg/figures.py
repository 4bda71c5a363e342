"""The EMG screen network's figures, each with its 95 % interval."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from training.emg.real import TEST
from training.export import figure
from training.metrics import auc, bootstrap, expected_calibration_error
from training.simulate.emg.parameters import LABELS

OTHERS = LABELS.index("Others")
UNSEEN = "simulated, looks and parameter ranges never used in training"
STRANGER = "drawn by another simulator, never trained on (training/simulate/emg_hands/stranger)"


@dataclass(frozen=True, eq=False)
class Results:
    """Calibrated probabilities (n, 3) and the truth (n,) of some pictures, and what the pictures were."""

    probability: np.ndarray
    truth: np.ndarray
    facts: list[dict]

    def where(self, keep: np.ndarray) -> "Results":
        """Return those that ``keep`` says."""
        return Results(
            self.probability[keep], self.truth[keep], [f for f, k in zip(self.facts, keep, strict=True) if k]
        )

    def fact(self, name: str) -> np.ndarray:
        """Return one fact of every picture."""
        return np.array([f[name] for f in self.facts])

    @property
    def called(self) -> np.ndarray:
        """The most probable class (n,)."""
        return self.probability.argmax(1)


def simulated_figures(unseen: Results, points: dict[str, float], sure: float) -> list[dict[str, Any]]:
    """Return the figures on simulated pictures. Each shows another simulated recording: pictures are resampled."""
    own = unseen.where(~unseen.fact("inverted"))
    right = own.called == own.truth
    figures = [
        *picture_figures(own, points, sure, UNSEEN),
        measured(
            "macro F1", lambda i: float(np.mean([_f1(own, i, c) for c in range(len(LABELS))])), len(right), UNSEEN
        ),
        measured("expected calibration error", lambda i: _calibration(own, i), len(right), UNSEEN),
    ]
    cut, stacked = own.fact("cut_out"), own.fact("sweeps") > 1
    for kind, those in (
        ("cut-outs", cut),
        ("screens of one sweep", ~cut & ~stacked),
        ("stacked sweeps", ~cut & stacked),
    ):
        figures.append(share("accuracy", right, f"{UNSEEN}: {kind}", of=those))
    spikes = own.fact("generator") == "end-plate spike"
    figures.append(share("end-plate spikes called Fibs", own.called == LABELS.index("Fibs"), UNSEEN, "Fibs", spikes))
    waves = unseen.where(unseen.fact("inverted") & (unseen.truth != OTHERS))
    data = "simulated, unseen looks, drawn upside down"
    figures.append(share("PSW or Fibs called any class with confidence", waves.probability.max(1) >= sure, data))
    return figures


def picture_figures(own: Results, points: dict[str, float], sure: float, data: str) -> list[dict[str, Any]]:
    """Return accuracy, how much is called, and each class's precision, recall and AUC on any pictures."""
    right, told = own.called == own.truth, own.probability.max(1) >= sure
    figures = [
        share("accuracy", right, data),
        share("called, not uncertain", told, data),
        share("accuracy where not uncertain", right, data, of=told),
    ]
    for index, label in enumerate(LABELS):
        truth, score = own.truth == index, own.probability[:, index]
        for way, said in (("most probable", own.called == index), ("operating point", score >= points[label])):
            figures.append(share(f"precision, {way}", truth, data, label, of=said))
            figures.append(share(f"recall, {way}", said, data, label, of=truth))
        figures.append(measured("AUC", lambda i, t=truth, p=score: auc(t[i], p[i]), len(truth), data, label))  # type: ignore[misc]
    return figures


def scale_figures(told: Results) -> list[dict[str, Any]]:
    """Return what the network gets where the true time scale is told with each picture, as a screen's words may."""
    own = told.where(~told.fact("inverted"))
    data = f"{UNSEEN}; the time scale told"
    figures = [share("accuracy, scale told", own.called == own.truth, data)]
    for name in ("myopathic MUAP", "regular motor unit", "fasciculation"):
        those = own.fact("generator") == name
        figures.append(share(f"{name}s called Fibs, scale told", own.called == LABELS.index("Fibs"), data, of=those))
    return figures


def real_figures(own: Results, name: str, points: dict[str, float], sure: float) -> list[dict[str, Any]]:
    """Return how often real motor units are called PSW or Fibs. Stretches of one recording are not independent."""
    role = "not trained on" if name in TEST else "trained on"
    data = f"real recording {name} ({role}), its stretches as screens in unseen looks"
    called = (own.called != OTHERS) & (own.probability.max(1) >= sure)
    over = np.any([own.probability[:, i] >= points[label] for i, label in enumerate(LABELS) if i != OTHERS], 0)
    return [
        share("motor units called PSW or Fibs", called, data),
        share("motor units over an operating point of PSW or Fibs", over, data),
    ]


def share(name: str, hits: np.ndarray, data: str, label: str = "", of: np.ndarray | None = None) -> dict[str, Any]:
    """Return the share of ``hits`` (among those that ``of`` says) as a figure."""
    kept = np.ones(len(hits), bool) if of is None else of
    return measured(name, lambda i: _mean(hits[i][kept[i]]), len(hits), data, label, int(kept.sum()))


def measured(name: str, of, size: int, data: str, label: str = "", count: int | None = None) -> dict[str, Any]:  # type: ignore[no-untyped-def]
    """Return ``of(indices)`` with its bootstrap interval as a figure."""
    return figure(name, bootstrap(of, range(size)), data, size if count is None else count, label)


def _mean(values: np.ndarray) -> float:
    return float(values.mean()) if values.size else float("nan")


def _f1(own: Results, rows: np.ndarray, index: int) -> float:
    said, truth = own.called[rows] == index, own.truth[rows] == index
    return float(2 * (said & truth).sum() / max(1, said.sum() + truth.sum()))


def _calibration(own: Results, rows: np.ndarray) -> float:
    return expected_calibration_error(own.probability.max(1)[rows], (own.called == own.truth)[rows].astype(float))


def confusion(own: Results) -> str:
    """Return the confusion matrix as text: rows the truth, columns what was called."""
    rows = [[int(((own.truth == t) & (own.called == c)).sum()) for c in range(3)] for t in range(3)]
    return "\n".join(f"{label:>7} {row}" for label, row in zip(LABELS, rows, strict=True))


def print_figures(figures: list[dict[str, Any]]) -> None:
    """Print figures, one a line."""
    for f in figures:
        span = "" if f["low"] is None else f" [{f['low']:.3f}, {f['high']:.3f}]"
        print(f"{f['name']} {f['label']}: {f['value']:.4f}{span} n={f['count']} ({f['data']})")


def by_generator(own: Results) -> str:
    """Return, for each generator, how many pictures there are and how often each class was called."""
    lines = []
    generators = own.fact("generator")
    for name in sorted(set(generators)):
        called = own.called[generators == name]
        shares = ", ".join(f"{label} {np.mean(called == i):.3f}" for i, label in enumerate(LABELS))
        lines.append(f"{name:>30} n={len(called):<4} {shares}")
    return "\n".join(lines)
