"""Events found against true ones: which belong together, F1 within 5 ms, false events a minute."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from training.evaluation.data import TrueEvent
from training.export import figure
from training.metrics import interval, resamples
from viewer.measure.baseline import find_baseline
from viewer.reading.values import Event

TOLERANCE_S = 0.005
VISIBLE = 6.0  # of the noise's standard deviation, peak to peak: what is smaller need not be found, and may be


@dataclass(frozen=True, eq=False)
class Tally:
    """One recording's counts: for each class, and for events of any class (the last), hits, misses, false events."""

    hits: np.ndarray
    misses: np.ndarray
    false: np.ndarray
    minutes: float
    true_events: int

    @property
    def f1(self) -> float:
        """F1 of events of the right class, all classes together; NaN where there is none at all."""
        return f1(*(float(counts[:-1].sum()) for counts in (self.hits, self.misses, self.false)))


def f1(hits: float, misses: float, false: float) -> float:
    """Return F1 from counts, NaN where there is nothing."""
    total = 2 * hits + misses + false
    return 2 * hits / total if total else float("nan")


def matched(found_s: np.ndarray, true_s: np.ndarray, tolerance_s: float = TOLERANCE_S) -> list[tuple[int, int]]:
    """Return pairs (found, true), each index once, no further apart than the tolerance, nearest ones first."""
    order = np.argsort(true_s)
    first = np.searchsorted(true_s[order], found_s - tolerance_s - 1e-9, "left")
    last = np.searchsorted(true_s[order], found_s + tolerance_s + 1e-9, "right")
    pairs = [
        (abs(found_s[i] - true_s[order[j]]), i, int(order[j]))
        for i in range(len(found_s))
        for j in range(first[i], last[i])
    ]
    taken_found, taken_true, chosen = set(), set(), []
    for _, i, j in sorted(pairs):
        if i not in taken_found and j not in taken_true:
            taken_found.add(i)
            taken_true.add(j)
            chosen.append((i, j))
    return chosen


def tally(
    found: Sequence[Event], true: Sequence[TrueEvent], classes: Sequence[str], minutes: float, noise_uv: float | None
) -> Tally:
    """Count one recording's hits, misses and false events.

    A true event that does not stand out of the noise is not missed where it is not found; an event found within the
    tolerance of it is not false.
    """
    hits, misses, false = (np.zeros(len(classes) + 1) for _ in range(3))
    for c, label in enumerate((*classes, None)):
        own_found = np.array([e.time_s for e in found if label is None or e.label == label])
        own_true = [e for e in true if label is None or e.label == label]
        must = np.array([_visible(e, noise_uv) for e in own_true], bool)
        at = np.array([e.time_s for e in own_true])
        pairs = matched(own_found, at[must])
        left = np.setdiff1d(np.arange(len(own_found)), [i for i, _ in pairs])
        excused = len(matched(own_found[left], at[~must]))
        hits[c], misses[c] = len(pairs), int(must.sum()) - len(pairs)
        false[c] = len(left) - excused
    return Tally(hits, misses, false, minutes, len(true))


def _visible(event: TrueEvent, noise_uv: float | None) -> bool:
    return noise_uv is None or event.amplitude_uv is None or event.amplitude_uv >= VISIBLE * noise_uv


def noise_of(samples: np.ndarray, rate_hz: float, scale_uv: float | None) -> float | None:
    """Return a channel's noise in uV (standard deviation), None where its unit is unknown."""
    baseline = find_baseline(np.asarray(samples[: round(60 * rate_hz)], np.float64), rate_hz)
    return None if baseline is None or scale_uv is None else baseline.noise * scale_uv


def event_figures(tallies: Sequence[Tally], groups: Sequence[str], classes: Sequence[str], data: str) -> list[dict]:
    """Return F1, precision, recall of events and false ones a minute, intervals bootstrapped by recording."""
    hits, misses, false = (np.array([getattr(t, name) for t in tallies]) for name in ("hits", "misses", "false"))
    minutes = np.array([t.minutes for t in tallies])
    quiet = np.array([t.true_events == 0 for t in tallies])
    drawn = resamples(groups)
    figures: list[dict[str, Any]] = []

    def add(name: str, of: Any, count: int, label: str = "") -> None:
        figures.append(figure(name, interval(of, len(tallies), drawn), data, count, label))

    def sums(i: np.ndarray, c: Any) -> tuple[float, float, float]:
        return float(hits[i][:, c].sum()), float(misses[i][:, c].sum()), float(false[i][:, c].sum())

    every, any_class = slice(0, len(classes)), slice(len(classes), None)
    total = int((hits + misses)[:, -1].sum())
    add("events within 5 ms, right class: F1", lambda i: f1(*sums(i, every)), total)
    add("events within 5 ms, any class: F1", lambda i: f1(*sums(i, any_class)), total)
    for c, label in enumerate(classes):
        own = int((hits + misses)[:, c].sum())
        add("events within 5 ms: F1", lambda i, c=c: f1(*sums(i, slice(c, c + 1))), own, label)
        add("events within 5 ms: recall", lambda i, c=c: _share(hits[i, c].sum(), misses[i, c].sum()), own, label)
        add("events within 5 ms: precision", lambda i, c=c: _share(hits[i, c].sum(), false[i, c].sum()), own, label)
    add("false events a minute", lambda i: _rate(false[i, -1].sum(), minutes[i].sum()), len(tallies))
    add(
        "false events a minute where there is none",
        lambda i: _rate(false[i, -1][quiet[i]].sum(), minutes[i][quiet[i]].sum()),
        int(quiet.sum()),
    )
    return figures


def _share(part: float, rest: float) -> float:
    return float(part / (part + rest)) if part + rest else float("nan")


def _rate(count: float, minutes: float) -> float:
    return float(count / minutes) if minutes else float("nan")
