"""Events found against true ones: F1 within 5 ms as the detector's card has it, false events a minute."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np

from training.emg.event_figures import HISS
from training.emg.matching import Counts, by_class, detection, matched
from training.evaluation.data import TrueEvent
from training.export import figure
from training.metrics import interval, resamples
from viewer.measure.baseline import find_baseline
from viewer.reading.values import Event

VISIBLE = 6.0  # of the noise's standard deviation, peak to peak: what stands out of it


@dataclass(frozen=True, eq=False)
class Tally:
    """One recording's counts.

    ``found`` are events of any class (of end-plate noise, whose potentials overlap, none is asked for), ``whole`` with
    end-plate noise, ``visible`` without those true events that do not stand out of the noise, None where the noise is
    not known in uV; ``classes`` are each class's, the class being right; ``generators``, where the truth tells them,
    each one's events, those of them that are missed and those that are called a wrong class.
    """

    found: Counts
    whole: Counts
    visible: Counts | None
    classes: tuple[Counts, ...]
    minutes: float
    quiet: bool
    generators: dict[str, tuple[int, int, int]] = field(default_factory=dict)


def tally(
    found: Sequence[Event], true: Sequence[TrueEvent], classes: Sequence[str], minutes: float, noise_uv: float | None
) -> Tally:
    """Count one recording's hits, false events and misses."""
    found_s, true_s = np.array([e.time_s for e in found]), np.array([e.time_s for e in true])
    said = np.array([classes.index(e.label) for e in found], int)
    truth = np.array([classes.index(e.label) for e in true], int)
    hiss = np.array([e.generator == HISS for e in true], bool)
    owner = matched(found_s, true_s)
    asked = (owner < 0) | ~hiss[owner] if len(true) else np.ones(len(found), bool)
    faint = np.array([noise_uv is not None and (e.amplitude_uv or np.inf) < VISIBLE * noise_uv for e in true], bool)
    missed, wrong = np.ones(len(true), bool), np.zeros(len(true), bool)
    hit = owner >= 0
    missed[owner[hit]] = False
    wrong[owner[hit]] = said[hit] != truth[owner[hit]]
    names = np.array([e.generator for e in true])
    generators = {
        str(name): (int((names == name).sum()), int(missed[names == name].sum()), int(wrong[names == name].sum()))
        for name in set(names.tolist()) - {""}
    }
    return Tally(
        detection(found_s, true_s, hiss),
        detection(found_s, true_s),
        None if noise_uv is None else detection(found_s, true_s, hiss | faint),
        tuple(by_class(found_s[asked], said[asked], true_s[~hiss], truth[~hiss], len(classes))),
        minutes,
        not len(true),
        generators,
    )


def noise_of(samples: np.ndarray, rate_hz: float, scale_uv: float | None) -> float | None:
    """Return a channel's noise in uV (standard deviation), None where its unit is unknown."""
    baseline = find_baseline(np.asarray(samples[: round(60 * rate_hz)], np.float64), rate_hz)
    return None if baseline is None or scale_uv is None else baseline.noise * scale_uv


def event_figures(tallies: Sequence[Tally], groups: Sequence[str], classes: Sequence[str], data: str) -> list[dict]:
    """Return F1, precision, recall of events and false ones a minute, intervals bootstrapped by recording."""
    drawn = resamples(groups)
    figures: list[dict[str, Any]] = []

    def add(name: str, of: Callable[[np.ndarray], float], count: int, label: str = "") -> None:
        figures.append(figure(name, interval(of, len(tallies), drawn), data, count, label))

    def scored(name: str, counts: Sequence[Counts], label: str = "", whole: bool = True) -> None:
        table = np.array([(c.hits, c.false, c.missed) for c in counts])
        size = int(table[:, 0].sum() + table[:, 2].sum())
        if size:
            add(f"{name}, F1", partial(_f1, table), size, label)
        if size and not whole:
            add(f"{name}, recall", partial(_ratio, table[:, 0], table[:, 0] + table[:, 2]), size, label)
            add(f"{name}, precision", partial(_ratio, table[:, 0], table[:, 0] + table[:, 1]), size, label)

    scored("events found within 5 ms", [t.found for t in tallies])
    scored("events found within 5 ms, end-plate noise counted", [t.whole for t in tallies])
    if all(t.visible is not None for t in tallies):
        scored("events found within 5 ms, those over 6 times the noise", [t.visible or Counts() for t in tallies])
    for c, label in enumerate(classes):
        scored("events found and named", [t.classes[c] for t in tallies], label, whole=False)
    for name in sorted({name for t in tallies for name in t.generators}):
        table = np.array([t.generators.get(name, (0, 0, 0)) for t in tallies])
        for column, what in ((1, "missed"), (2, "called a wrong class")):
            add(f"events {what}", partial(_ratio, table[:, column], table[:, 0]), int(table[:, 0].sum()), name)
    false, minutes = np.array([t.found.false for t in tallies]), np.array([t.minutes for t in tallies])
    quiet = np.array([t.quiet for t in tallies])
    add("false events a minute", partial(_ratio, false, minutes), len(tallies))
    add("false events a minute where there is none", partial(_ratio, false * quiet, minutes * quiet), int(quiet.sum()))
    return figures


def _f1(table: np.ndarray, rows: np.ndarray) -> float:
    hits, false, missed = (int(v) for v in table[rows].sum(0))
    return Counts(hits, false, missed).f1


def _ratio(part: np.ndarray, whole: np.ndarray, rows: np.ndarray) -> float:
    total = float(whole[rows].sum())
    return float(part[rows].sum()) / total if total else float("nan")
