"""The detector's small heads, fitted after the network: a train's class, and what a window of the recording holds.

Both learn from what the reading measures (``reading.trains.numbers``, ``reading.events``) on simulated recordings that
the network was not trained on, so that they know how sure the network really is there.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional

from training.emg.matching import detection, matched
from training.emg.real import TRAIN, load_real
from training.emg.traces import LENGTH_S, OPEN, UPSIDE_DOWN, random_recording, real_stretch, true_label
from training.simulate.emg.draws import Draw, Part
from training.simulate.emg.parameters import LABELS
from training.simulate.emg.recording import Recording
from viewer.models.networks.trace_events import Numbers, TraceEvents
from viewer.reading import trains as tr
from viewer.reading.events import HOP_S, WINDOW_S, Channel, read_channel
from viewer.study import Waveform

UNIT_KNOWN = 0.8  # share of the recordings that come with their unit
INVERTED, REAL = 0.06, 0.15
FALSE_A_MINUTE, BASELINE = 0.5, {"noise", "mains", "drift"}


@dataclass(frozen=True, eq=False)
class Example:
    """A simulated recording as it is read, and of each true event its time, label (or UPSIDE_DOWN, OPEN) and size."""

    channel: Channel
    true_s: np.ndarray
    truth: np.ndarray
    over_noise: np.ndarray
    generators: tuple[str, ...]
    backgrounds: tuple[str, ...]
    real: bool


def examples(
    network: TraceEvents, part: Part, count: int, seed: int, data: Path | None, threshold: float | None = None
) -> Iterator[Example]:
    """Yield recordings of a part, read by the network."""
    real = load_real(data, TRAIN) if data else []
    for number in range(count):
        draw = Draw(np.random.default_rng([seed, number]), part)
        is_real = bool(real) and draw.chance(REAL)
        recording = real_stretch(draw, draw.pick(real)) if is_real else random_recording(draw)
        inverted = draw.chance(0.5 if is_real else INVERTED)
        yield example(network, recording, inverted, draw.chance(UNIT_KNOWN), is_real)


def example(
    network: TraceEvents, recording: Recording, inverted: bool = False, unit_known: bool = True, real: bool = False
) -> Example:
    """Read one recording, upside down or of unknown scale where asked."""
    samples = recording.samples_uv * np.float32(-1 if inverted else 1)
    wave = Waveform(samples[None], recording.rate_hz, ("EMG",), ("uV" if unit_known else "",))
    channel = read_channel(network, wave, 0)
    noise = float(channel.found.noise.mean()) if len(channel.found) else 1.0
    return Example(
        channel,
        np.array([e.time_s for e in recording.events]),
        np.array([true_label(e.label, e.generator, inverted) for e in recording.events], int),
        np.array([e.amplitude_uv / noise for e in recording.events]),
        tuple(e.generator for e in recording.events),
        recording.backgrounds,
        real,
    )


def choose_threshold(network: TraceEvents, count: int, seed: int = 3) -> float:
    """Return the event threshold of the highest F1 on validation recordings, of those tried; the network keeps it.

    On recordings that hold nothing but noise, hum and drift at most ``FALSE_A_MINUTE`` events are found at it.
    """
    network.threshold.fill_(0.12)
    read = [e for e in examples(network, "validation", count, seed, None)]
    quiet = [e.channel.found.event for e in read if not len(e.true_s) and set(e.backgrounds) <= BASELINE]
    best, best_f1 = 0.5, -1.0
    for threshold in np.arange(0.12, 0.51, 0.03):
        false = sum(int((event >= threshold).sum()) for event in quiet)
        if false > FALSE_A_MINUTE * len(quiet) * LENGTH_S / 60:
            continue
        total = detection(np.zeros(0), np.zeros(0))
        for e in read:
            kept = e.channel.found.event >= threshold
            hiss = np.array([g == "end-plate noise" for g in e.generators], bool)
            total += detection(e.channel.found.time_s[kept], e.true_s, hiss)
        print(f"threshold {threshold:.2f}: F1 {total.f1:.4f}, {false} false events in {len(quiet)} quiet recordings")
        if total.f1 > best_f1:
            best, best_f1 = float(threshold), total.f1
    network.threshold.fill_(best)
    print(f"event threshold {best:.2f}: F1 on validation recordings {best_f1:.4f}", flush=True)
    return best


def fit_heads(network: TraceEvents, count: int, data: Path | None, seed: int = 5) -> None:
    """Fit both heads: the trains' on recordings of the training ranges, then the windows' on the validation's."""
    fit_trains(network, count, data, seed)
    fit_windows(network, count // 2, data, seed + 1)


def fit_trains(network: TraceEvents, count: int, data: Path | None, seed: int) -> None:
    """Fit the trains' head on recordings of the training ranges, to their ends."""
    rows, labels, weights = [], [], []
    for e in examples(network, "ends", count, seed, data):
        if len(e.channel.found):
            measured = tr.numbers(e.channel.found, e.channel.owner)
            own, weight = group_truth(e)
            rows.append(measured)
            labels.append(own)
            weights.append(weight)
    x, y, w = np.concatenate(rows), np.concatenate(labels), np.concatenate(weights)
    known = y >= 0
    _fit_classes(network.train_class, x[known], y[known], w[known])


def fit_windows(network: TraceEvents, count: int, data: Path | None, seed: int) -> None:
    """Fit the windows' head on recordings of the validation ranges."""
    numbers, there = [], []
    for e in examples(network, "validation", count, seed, data):
        if len(e.channel.windows):
            truth, sure = window_truth(e)
            numbers.append(e.channel.numbers[sure])
            there.append(truth[sure])
    _fit_presence(network.window_class, np.concatenate(numbers), np.concatenate(there))


def group_truth(e: Example) -> tuple[np.ndarray, np.ndarray]:
    """Return each group's class (the one most of its events have; OPEN where under 60 % have it) and its weight."""
    owner = matched(e.channel.found.time_s, e.true_s)
    said = np.where(owner >= 0, e.truth[owner] if len(e.truth) else -2, -2)
    if e.real:
        said[:] = LABELS.index("Others")
    groups = int(e.channel.owner.max()) + 1
    labels, weights = np.full(groups, OPEN), np.zeros(groups)
    for g in range(groups):
        own = said[e.channel.owner == g]
        own = own[own > -2]
        if not own.size:  # nothing is there: a false event is no sharp wave and no fibrillation
            labels[g], weights[g] = LABELS.index("Others"), 0.5
            continue
        values, counts = np.unique(own, return_counts=True)
        if counts.max() >= 0.6 * own.size:
            labels[g] = values[counts.argmax()]
        weights[g] = own.size**0.5 if own.size >= tr.LEAST else 0.5 * own.size
    return labels, weights


def window_truth(e: Example) -> tuple[np.ndarray, np.ndarray]:
    """Return whether each window holds a sharp wave, a fibrillation (w, 2), and which windows are known (w,)."""
    truth, sure = [], []
    for start, _ in e.channel.windows:
        inside = (e.true_s >= start) & (e.true_s < start + WINDOW_S)
        own = e.truth[inside] if not e.real else np.array([2])
        truth.append([(own == c).any() for c in range(len(LABELS) - 1)])
        sure.append(not np.isin(own, (OPEN, UPSIDE_DOWN)).any())
    assert HOP_S <= WINDOW_S
    return np.array(truth, bool), np.array(sure, bool)


def _fit_classes(head: Numbers, x: np.ndarray, y: np.ndarray, w: np.ndarray, steps: int = 1500) -> None:
    """Fit a head to classes by weighted cross-entropy; a fifth of the groups says when to stop."""
    torch.manual_seed(0)
    _standardise(head, x)
    inputs, labels, weights = torch.from_numpy(x), torch.from_numpy(y).long(), torch.from_numpy(w).float()
    held = torch.rand(len(x)) < 0.2
    with torch.inference_mode(False), torch.enable_grad():
        optimiser = torch.optim.AdamW(head.parameters(), 5e-3, weight_decay=1e-2)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
        free = torch.nonzero(~held)[:, 0]
        best, state = np.inf, None
        for step in range(steps):
            rows = free[torch.randint(len(free), (1024,))]
            noisy = inputs[rows] + 0.05 * head.spread * torch.randn(len(rows), inputs.shape[1])
            each = functional.cross_entropy(head(noisy), labels[rows], reduction="none")
            value = (each * weights[rows]).sum() / weights[rows].sum()
            optimiser.zero_grad()
            value.backward()
            optimiser.step()
            schedule.step()
            if step % 100 == 99:
                with torch.no_grad():
                    each = functional.cross_entropy(head(inputs[held]), labels[held], reduction="none")
                    own = float((each * weights[held]).sum() / weights[held].sum())
                if own < best:
                    best, state = own, {k: v.clone() for k, v in head.state_dict().items()}
    assert state is not None
    head.load_state_dict(state)
    right = (head(inputs[held]).argmax(1) == labels[held]).float() * weights[held]
    print(f"trains: {len(x)} groups, held out: loss {best:.4f}, right {float(right.sum() / weights[held].sum()):.4f}")


def _fit_presence(head: Numbers, x: np.ndarray, there: np.ndarray) -> None:
    """Fit a linear head to what is there, by logistic regression."""
    _standardise(head, x)
    inputs, wanted = torch.from_numpy(x).float(), torch.from_numpy(there.astype(np.float32))
    with torch.inference_mode(False), torch.enable_grad():
        optimiser = torch.optim.LBFGS(head.parameters(), max_iter=200, line_search_fn="strong_wolfe")

        def closure() -> torch.Tensor:
            optimiser.zero_grad()
            penalty = sum((p**2).sum() for p in head.parameters())
            value = functional.binary_cross_entropy_with_logits(head(inputs), wanted) + 1e-4 * penalty
            value.backward()
            return value

        optimiser.step(closure)
    right = ((head(inputs) > 0) == wanted.bool()).float().mean(0)
    print(f"windows: {len(x)}, right {[round(float(r), 4) for r in right]}", flush=True)


def _standardise(head: Numbers, x: np.ndarray) -> None:
    head.mean.copy_(torch.from_numpy(x.mean(0)))
    head.spread.copy_(torch.from_numpy(x.std(0) + 1e-3))
