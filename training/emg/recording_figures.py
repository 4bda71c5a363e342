"""The detector's figures on whole recordings: trains, quiet baselines, single generators, rates and hum, real ones."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from training.emg.event_figures import HELD_OUT, LENGTH_S, Told, f1_of, mixtures, tell
from training.emg.figures import measured, share
from training.emg.real import TEST, load_real
from training.emg.traces import background, drift
from training.simulate.emg import backgrounds as bg
from training.simulate.emg.draws import Draw
from training.simulate.emg.parameters import LABELS
from training.simulate.emg.recording import Amplifier, Recording, record, work_rate
from training.simulate.emg.scene import simulate_mixture
from viewer.models.networks.trace_events import TraceEvents

OTHERS, FIBS = LABELS.index("Others"), LABELS.index("Fibs")
QUIET_RATES_HZ = (4000.0, 10000.0, 20000.0, 48000.0)
ALONE = "simulated, one generator alone, parameter ranges never used in training"


def train_figures(told: list[Told], data: str) -> list[dict[str, Any]]:
    """Return how often a train's class is right, and its rate, for trains that are mostly one true train's."""
    right, rate_right, owner = [], [], []
    for i, t in enumerate(told):
        for label, truth, rate_error in t.judged:
            right.append(label == truth)
            rate_right.append(abs(rate_error) < 0.1)
            owner.append(i)
    figures = []
    for name, values in (("trains of the right class", right), ("trains whose rate is right to a tenth", rate_right)):
        figures.append(_grouped(name, np.array(values, float), np.array(owner), data))
    return figures


def recording_figures(told: list[Told], points: dict[str, float], sure: float, data: str) -> list[dict[str, Any]]:
    """Return, of whole recordings, precision and recall of sharp waves and fibrillations at their operating points."""
    figures = []
    for c, label in enumerate(LABELS[:OTHERS]):
        said = np.array([len(t.windows) and t.windows[:, c].max() >= points[label] for t in told], bool)
        there = np.array([t.holds[c] for t in told])
        figures.append(share("recordings, precision at the operating point", there, data, label, of=said))
        figures.append(share("recordings, recall at the operating point", said, data, label, of=there))
    settled = [t.strengths for t in told if len(t.windows)]
    truth = [np.append(t.holds[:OTHERS], not t.holds[:OTHERS].any()) for t in told if len(t.windows)]
    called = np.array([s.max() >= sure for s in settled])
    right = np.array([t[s.argmax()] for s, t in zip(settled, truth, strict=True)], bool)
    figures.append(share("recordings called, not uncertain", called, data))
    return [*figures, share("recordings called that hold what is said", right, data, of=called)]


def alone_figures(network: TraceEvents, count: int) -> list[dict[str, Any]]:
    """Return what is made of generators alone: end-plate spikes, sharp waves, fibrillations, very regular units."""
    figures = []
    for name, wrong in (
        ("end-plate spike", "Fibs"),
        ("regular motor unit", "Fibs"),
        ("PSW-shaped MUAP", "PSW"),
        ("fibrillation", "Fibs"),
        ("positive sharp wave", "PSW"),
    ):
        told = []
        for number in range(count):
            draw = Draw(np.random.default_rng([54, number]), HELD_OUT)
            told.append(tell(network, simulate_mixture(draw, [name], draw.pick(QUIET_RATES_HZ), LENGTH_S)))
        c = LABELS.index(wrong)
        counts = np.array([[t.called.get(name, np.zeros(4))[c], sum(t.called.get(name, np.zeros(4)))] for t in told])
        figures.append(
            measured(
                f"{name}s: events called {wrong}",
                lambda i, n=counts: float(n[i, 0].sum() / max(1, n[i, 1].sum())),
                count,
                ALONE,
                wrong,
            )
        )
        best = np.array([bool(len(t.windows)) and t.windows[:, c].max() >= 0.5 for t in told])
        figures.append(share(f"{name}s: recordings called {wrong}", best, ALONE, wrong))
    return figures


def quiet_recording(draw: Draw, kind: str, rate_hz: float, length_s: float = 20.0) -> Recording:
    """Return a baseline without potentials: ``noise``, ``mains``, ``drift`` or ``hiss`` (12 uV rms)."""
    work_hz, _ = work_rate(rate_hz)
    count = int(length_s * work_hz)
    total = bg.amplifier_noise(draw, work_hz, count, 12.0 if kind == "hiss" else draw.between(1.5, 10))
    if kind == "mains":
        total += bg.mains(draw, work_hz, count, draw.between(20, 200), draw.pick((50.0, 60.0)))
    if kind == "drift":
        total += drift(draw, work_hz, count, draw.between(50, 1000))
    return record([], total, rate_hz, Amplifier(draw.pick((2.0, 10.0, 20.0)), 10000.0), (kind,))


def quiet_figures(network: TraceEvents, count: int) -> list[dict[str, Any]]:
    """Return false events a minute on quiet baselines, and with hearts, pacemakers and a moving needle."""
    figures = []
    for kind in ("noise", "mains", "drift", "hiss"):
        told = []
        for number in range(count):
            draw = Draw(np.random.default_rng([67, number]), HELD_OUT)
            told.append(tell(network, quiet_recording(draw, kind, draw.pick(QUIET_RATES_HZ))))
        figures.append(_a_minute(f"false events a minute, {kind}", told, "simulated quiet baseline, unseen ranges"))
    told = []
    for number in range(count):
        draw = Draw(np.random.default_rng([68, number]), HELD_OUT)
        rate = draw.pick(QUIET_RATES_HZ)
        work_hz, _ = work_rate(rate)
        total, names = background(draw, work_hz, int(20 * work_hz), 0.0)
        told.append(tell(network, record([], total, rate, Amplifier(), names)))
    data = "simulated baseline with hearts, pacemakers, moving needles among the rest, unseen ranges"
    return [*figures, _a_minute("false events a minute, any background", told, data)]


def _a_minute(name: str, told: list[Told], data: str) -> dict[str, Any]:
    events, minutes = np.array([len(t.events) for t in told]), np.array([t.duration_s / 60 for t in told])
    return measured(name, lambda i: float(events[i].sum() / minutes[i].sum()), len(told), data)


def robust_figures(network: TraceEvents, count: int) -> list[dict[str, Any]]:
    """Return F1 of the same mixtures at several rates, and with hum or drift added."""
    figures = []
    for rate in (4000.0, 10000.0, 20000.0, 48000.0):
        told = [tell(network, r) for r in mixtures(HELD_OUT, count, 27, rate)]
        data = f"simulated mixtures, unseen ranges, at {rate / 1000:g} kHz"
        figures.append(measured("events found within 5 ms, F1", f1_of([t.found for t in told]), count, data))
    for name in ("hum of 50 or 60 Hz, 50-200 uV", "drift of 100-1000 uV"):
        told = []
        for number, own in enumerate(mixtures(HELD_OUT, count, 27, 10000.0)):
            draw = Draw(np.random.default_rng([32, number]), HELD_OUT)
            size = len(own.samples_uv)
            if name.startswith("hum"):
                more = bg.mains(draw, own.rate_hz, size, draw.between(50, 200), draw.pick((50.0, 60.0)))
            else:
                more = drift(draw, own.rate_hz, size, draw.between(100, 1000))
            told.append(tell(network, replace(own, samples_uv=(own.samples_uv + more).astype(np.float32))))
        data = f"simulated mixtures, unseen ranges, at 10 kHz with {name}"
        figures.append(measured("events found within 5 ms, F1", f1_of([t.found for t in told]), count, data))
    told = [tell(network, r, "") for r in mixtures(HELD_OUT, count, 27, 10000.0)]
    for c, label in enumerate(LABELS):
        data = "simulated mixtures, unseen ranges, at 10 kHz, scale unknown"
        counts = [t.classes[c] for t in told]
        if sum(own.hits + own.missed for own in counts):  # else there is none to find
            figures.append(measured("events found and named, F1", f1_of(counts), count, data, label))
    return figures


def real_figures(
    network: TraceEvents, name: str, data: Path, points: dict[str, float], sure: float
) -> list[dict[str, Any]]:
    """Return how often windows (2 s, a step of 1 s) and events of a real recording are called PSW or Fibs.

    It is read both ways up: which way round it was stored is not known.
    Windows of one recording are not independent: the intervals are too narrow.
    """
    shares, called = real_windows(network, name, data)
    best = shares.argmax(1)
    role = "not trained on" if name in TEST else "trained on"
    where = f"real recording {name} ({role}), both ways up"
    over = np.any([shares[:, c] >= points[k] for c, k in enumerate(LABELS[:OTHERS])], 0)
    return [
        share("windows of motor units called PSW or Fibs", (best != OTHERS) & (shares.max(1) >= sure), where),
        share("windows of motor units over an operating point", over, where),
        share("motor unit potentials called PSW or Fibs", called, where),
    ]


def real_windows(network: TraceEvents, name: str, data: Path) -> tuple[np.ndarray, np.ndarray]:
    """Return a real recording's windows' probabilities, and whether each event is called PSW or Fibs; both ways up."""
    real = load_real(data, (name,))[0].recording
    told = [tell(network, replace(real, samples_uv=real.samples_uv * np.float32(sign), events=())) for sign in (1, -1)]
    called = [e.label != "Others" for t in told for e in t.events]
    return np.concatenate([t.windows for t in told]), np.array(called, bool)


def _grouped(name: str, values: np.ndarray, owner: np.ndarray, data: str) -> dict[str, Any]:
    """Return a mean over trains, resampled by recording."""
    recordings = np.unique(owner)
    rows = [values[owner == r] for r in recordings]
    return measured(
        name, lambda i: float(np.concatenate([rows[j] for j in i]).mean()), len(rows), data, "", len(values)
    )
