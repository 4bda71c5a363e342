"""How well the detector finds and names events: counts a recording, so that figures can be resampled by recording."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from training.emg.figures import measured
from training.emg.matching import Counts, by_class, detection, matched
from training.simulate.emg.draws import Draw, Part
from training.simulate.emg.files import RATES_HZ
from training.simulate.emg.parameters import GENERATORS, LABELS
from training.simulate.emg.recording import Recording
from training.simulate.emg.scene import simulate_mixture
from viewer.models.networks.trace_events import TraceEvents
from viewer.reading.events import named, read_channel, window_probabilities
from viewer.reading.rhythm import train_rate
from viewer.reading.values import Event, Train
from viewer.study import Waveform

HISS = "end-plate noise"  # hundreds of overlapping potentials a second: nobody marks each one
LENGTH_S = 10.0
ONE_S = 0.001  # potentials less apart are one deflection, of which the largest is counted
HELD_OUT: Part = "inner"  # the ranges that the detector is never trained on


@dataclass(frozen=True, eq=False)
class Told:
    """What was found in one recording, against its truth.

    ``found`` counts events of any class (end-plate noise left out), ``whole`` with end-plate noise, ``classes`` each
    class's; ``holds`` which classes are there; ``judged`` as ``judged_trains``; ``called`` is, for each generator, how
    many of its events were called each class, or missed (last); ``clear`` counts as ``found`` does, leaving out what
    ``hidden`` says, ``apart`` what ``coincident`` says.
    """

    found: Counts
    whole: Counts
    classes: list[Counts]
    called: dict[str, np.ndarray]
    clear: Counts
    apart: Counts
    rate_hz: float
    backgrounds: tuple[str, ...]
    duration_s: float
    windows: np.ndarray
    holds: np.ndarray
    judged: list[tuple[str, str, float]]
    events: list[Event] = field(repr=False)
    trains: list[Train] = field(repr=False)

    @property
    def strengths(self) -> np.ndarray:
        """What decides the recording's class (classes,): the highest window probability, of Others the lowest."""
        return np.append(self.windows[:, :-1].max(0), self.windows[:, -1].min())


def tell(network: TraceEvents, recording: Recording, unit: str = "uV") -> Told:
    """Read a recording and compare."""
    wave = Waveform(recording.samples_uv[None], recording.rate_hz, ("EMG",), (unit,))
    channel = read_channel(network, wave, 0)
    events, trains = named(channel, "EMG", LABELS)
    found_s = np.array([e.time_s for e in events])
    said = np.array([LABELS.index(e.label) for e in events], int)
    true_s = np.array([e.time_s for e in recording.events])
    truth = np.array([LABELS.index(e.label) for e in recording.events], int)
    generators = np.array([e.generator for e in recording.events], object)
    hiss = generators == HISS
    owner = matched(found_s, true_s)
    of = np.full(len(true_s), len(LABELS))
    of[owner[owner >= 0]] = said[owner >= 0]
    called = {g: np.bincount(of[generators == g], minlength=len(LABELS) + 1) for g in set(generators)}
    noise = float(channel.found.noise.mean()) if len(channel.found) else 0.0
    windows = window_probabilities(network, channel.numbers) if len(channel.windows) else np.zeros((0, len(LABELS)))
    real = found_s[(owner < 0) | ~hiss[owner]] if len(true_s) else found_s
    named_as = said[(owner < 0) | ~hiss[owner]] if len(true_s) else said
    return Told(
        detection(found_s, true_s, hiss),
        detection(found_s, true_s),
        by_class(real, named_as, true_s[~hiss], truth[~hiss], len(LABELS)),
        called,
        detection(found_s, true_s, hiss | hidden(recording, noise)),
        detection(found_s, true_s, hiss | coincident(recording)),
        recording.rate_hz,
        recording.backgrounds,
        recording.duration_s,
        windows,
        np.array([any(e.label == k for e in recording.events) for k in LABELS]),
        judged_trains(trains, events, recording),
        events,
        trains,
    )


def hidden(recording: Recording, noise_uv: float) -> np.ndarray:
    """Return which events nobody could mark: under six times the noise's rms, or under a potential five times larger.

    The noise is that of the conditioned signal, dense end-plate noise included.
    """
    start, end, size = (
        np.array([getattr(e, k) for e in recording.events]) for k in ("start_s", "end_s", "amplitude_uv")
    )
    made = size < 6 * noise_uv
    peak = np.array([e.time_s for e in recording.events])
    for i in range(len(peak)):
        first, last = np.searchsorted(peak, (peak[i] - 0.05, peak[i] + 0.05))
        over = (start[first:last] <= peak[i]) & (end[first:last] >= peak[i]) & (size[first:last] > 5 * size[i])
        made[i] |= bool(over.any())
    return made


def coincident(recording: Recording) -> np.ndarray:
    """Return which events are one deflection with a larger one: their peaks are less than 1 ms apart."""
    time, size = (np.array([getattr(e, k) for e in recording.events]) for k in ("time_s", "amplitude_uv"))
    made = np.zeros(len(time), bool)
    for i in np.argsort(size, kind="stable"):
        near = (np.abs(time - time[i]) < ONE_S) & ~made
        made[i] = near.sum() > 1
    return made


def judged_trains(trains: list[Train], events: list[Event], recording: Recording) -> list[tuple[str, str, float]]:
    """Return, for trains of five and more of which 80 % are one true train's: class, true class, error of the rate."""
    true_s = np.array([e.time_s for e in recording.events])
    found_s = np.array([e.time_s for e in events])
    owner = matched(found_s, true_s)
    judged = []
    for train in trains:
        rows = [i for i, e in enumerate(events) if e.train == train.train]
        truths = [recording.events[owner[i]].train for i in rows if owner[i] >= 0]
        if train.events < 5 or not truths:
            continue
        values, counts = np.unique(truths, return_counts=True)
        if counts.max() < 0.8 * len(rows):
            continue
        own = [e for e in recording.events if e.train == values[counts.argmax()]]
        if own[0].generator == HISS or len(own) < 5:
            continue
        true_hz = train_rate(np.array([e.time_s for e in own]))
        judged.append((train.label, own[0].label, train.rate_hz / true_hz - 1))
    return judged


def mixtures(part: Part, count: int, seed: int, rate_hz: float | None = None) -> Iterator[Recording]:
    """Yield recordings in which one to four generators fire at once."""
    for number in range(count):
        draw = Draw(np.random.default_rng([seed, number]), part)
        names = [draw.pick(tuple(GENERATORS)) for _ in range(draw.integer(1, 4))]
        rate = draw.pick(RATES_HZ)
        yield simulate_mixture(draw, names, rate_hz or rate, LENGTH_S)


def f1_of(counts: Sequence[Counts]) -> Callable[[np.ndarray], float]:
    """Return a figure over rows: the F1 of all their counts together."""
    return lambda rows: sum((counts[i] for i in rows), Counts()).f1


def mixture_figures(told: list[Told], data: str) -> list[dict[str, Any]]:
    """Return F1 of finding and of each class, with intervals by recording."""
    n = len(told)
    figures = [
        measured("events found within 5 ms, F1", f1_of([t.found for t in told]), n, data),
        measured("events found within 5 ms, F1, hidden ones left out", f1_of([t.clear for t in told]), n, data),
        measured(
            "events found within 5 ms, F1, those under 1 ms apart counted once", f1_of([t.apart for t in told]), n, data
        ),
        measured("events found within 5 ms, F1, end-plate noise counted", f1_of([t.whole for t in told]), n, data),
    ]
    for c, label in enumerate(LABELS):
        figures.append(measured("events found and named, F1", f1_of([t.classes[c] for t in told]), n, data, label))
    return figures


def by_generator(told: list[Told]) -> str:
    """Return, for each generator, how many events there are, and the shares called each class and missed."""
    total: dict[str, np.ndarray] = defaultdict(lambda: np.zeros(len(LABELS) + 1))
    for t in told:
        for name, counts in t.called.items():
            total[name] = total[name] + counts
    lines = []
    for name, counts in sorted(total.items()):
        shares = "  ".join(f"{k} {v / counts.sum():.3f}" for k, v in zip((*LABELS, "missed"), counts, strict=True))
        lines.append(f"{name:>30} n={int(counts.sum()):<6} {shares}")
    return "\n".join(lines)
