"""Puts templates on a time line: trains, companions, noise, mains, drift, then the machine's own filters."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import signal

from training.simulate.emg_hands.templates import shapes
from training.simulate.emg_hands.templates.shapes import RATE, Signal, Template

Maker = Callable[[np.random.Generator], Template]


@dataclass(frozen=True)
class Habit:
    """How a generator shows itself: shape, amplitude (uV, median and log sd, bounds), rate (Hz), interval CV, how many
    potentials a picture needs, the time in view (ms, least and most) and the least px per ms that keep its shape."""

    shape: Maker
    amplitude: tuple[float, float, float, float]
    rate: tuple[float, float]
    variation: tuple[float, float]
    need: int
    view: tuple[float, float]
    px_per_ms: float


# Numbers: shared/EMG.md. View and px_per_ms: what an electromyographer needs to tell the kind from the picture.
HABITS: dict[str, Habit] = {
    "positive sharp wave": Habit(
        shapes.positive_wave, (150, 0.8, 25, 1000), (0.5, 15), (0.01, 0.05), 1, (22, 2500), 0.9
    ),
    "fibrillation": Habit(shapes.fibrillation, (130, 0.8, 20, 950), (0.5, 15), (0.01, 0.05), 1, (8, 1500), 2.2),
    "end-plate spike": Habit(shapes.end_plate_spike, (170, 0.4, 80, 400), (8, 60), (0.6, 1.2), 4, (80, 1000), 2.0),
    "end-plate noise": Habit(shapes.end_plate_spike, (28, 0.3, 12, 45), (200, 450), (0.8, 1.1), 0, (40, 600), 1.0),
    "fasciculation": Habit(shapes.fasciculation, (500, 0.6, 123, 2500), (0.1, 8), (0.5, 1.0), 1, (16, 2000), 0.9),
    "normal MUAP": Habit(shapes.normal_unit, (370, 0.5, 100, 2000), (5, 15), (0.1, 0.3), 1, (14, 1200), 0.9),
    "neurogenic MUAP": Habit(shapes.neurogenic_unit, (830, 0.6, 250, 7000), (5, 20), (0.1, 0.3), 1, (20, 1200), 0.8),
    "myopathic MUAP": Habit(shapes.myopathic_unit, (240, 0.4, 70, 900), (7, 18), (0.1, 0.3), 4, (220, 1000), 1.2),
    "regular motor unit": Habit(shapes.normal_unit, (370, 0.5, 80, 2000), (3, 12), (0.02, 0.05), 5, (450, 2500), 0.7),
    "complex repetitive discharge": Habit(
        shapes.complex_cycle, (350, 0.6, 100, 1500), (5, 80), (0.001, 0.006), 4, (80, 1000), 0.9
    ),
    "myotonic spikes": Habit(shapes.fibrillation, (250, 0.6, 60, 1000), (25, 120), (0.02, 0.04), 14, (180, 1500), 1.4),
    "myotonic positive waves": Habit(
        shapes.positive_wave, (250, 0.6, 60, 1000), (25, 70), (0.02, 0.04), 12, (250, 1500), 0.8
    ),
    "myokymia": Habit(shapes.normal_unit, (400, 0.5, 100, 1500), (15, 55), (0.05, 0.15), 6, (300, 2500), 0.7),
    "neuromyotonia": Habit(shapes.normal_unit, (400, 0.5, 100, 1500), (150, 260), (0.01, 0.05), 12, (80, 600), 0.9),
    "insertional activity": Habit(
        shapes.fibrillation, (300, 0.5, 80, 1200), (60, 250), (0.7, 1.2), 10, (400, 1500), 0.5
    ),
    "quiet": Habit(shapes.fibrillation, (30, 0.2, 20, 60), (1, 2), (0, 0.1), 0, (20, 1500), 0.3),
    "artefact": Habit(shapes.fibrillation, (200, 0.6, 40, 1500), (1, 2), (0, 0.1), 0, (60, 1500), 0.4),
}
LABELS = {"positive sharp wave": "PSW", "fibrillation": "Fibs"}


@dataclass(frozen=True)
class Event:
    """One potential: from `start` to `end` (ms of the scene), its peak to peak in uV and the generator it came from."""

    start: float
    end: float
    amplitude: float
    generator: str

    @property
    def label(self) -> str:
        return LABELS.get(self.generator, "Others")


@dataclass(frozen=True)
class Scene:
    """The recorded signal (n,) in uV, negative up, at RATE; its potentials; the leading one's peak to peak in uV."""

    up: Signal
    events: tuple[Event, ...]
    leading: float


def firing(rng: np.random.Generator, generator: str, first: float, span: float) -> tuple[Signal, Signal]:
    """Times (ms, the first at `first`) and relative heights of one train; rate and regularity as the generator's."""
    habit = HABITS[generator]
    least = 1.25e3 * (habit.need - 0.5) / max(span - first, 1)
    if habit.need == 1:  # one in view is enough; half the time several
        least = rng.choice([0, 1]) * 1e3 * rng.uniform(1, 6) / span
    low, high = min(max(habit.rate[0], least), habit.rate[1]), habit.rate[1]
    interval = 1e3 / np.exp(rng.uniform(np.log(low), np.log(high)))
    cv = rng.uniform(*habit.variation)
    if habit.need == 1 and generator in LABELS and rng.random() < 0.4:  # 57 % of fibrillation trains are regular
        cv = rng.uniform(0.2, 0.6)
    count = int(np.clip(2 * span / interval + 6, 1, 4000))
    gaps = interval * rng.gamma(1 / cv**2, cv**2, count)
    gaps *= np.linspace(1, rng.uniform(1, 1.3), count)
    times = first + np.concatenate([[0.0], np.cumsum(np.maximum(gaps, 1.2))])
    heights = rng.normal(1, 0.02, len(times))
    if generator.startswith("myotonic"):  # waxes and wanes
        turn = 2 * np.pi * (times / (span * rng.uniform(0.7, 1.6)) + rng.random())
        heights *= 0.62 + 0.38 * np.sin(turn)
        times = first + (times - first) * (1 + 0.15 * np.sin(times / span * 3))
    elif generator == "neuromyotonia":
        heights *= np.exp(-(times - first) / (span * rng.uniform(0.4, 2)))
    elif generator == "end-plate spike":
        heights *= rng.uniform(0.75, 1.1, len(times))
    elif generator == "myokymia":  # bursts of 2-9, 120-700 ms apart
        size, pause = int(rng.integers(2, 10)), rng.uniform(120, 700)
        times = times + pause * (np.arange(len(times)) // size)
    elif generator == "insertional activity":
        heights *= np.exp(-(((times - first) / rng.uniform(250, 450)) ** 4)) * rng.uniform(0.2, 1.0, len(times))
    keep = (times < span) & (heights > 0.06)
    return times[keep], heights[keep]


def put(up: Signal, template: Template, time: float, amplitude: float) -> None:
    """Adds the template, its onset at `time` ms, to the signal; what lies outside is lost."""
    at = round((time - template.onset) * RATE)
    low, high = max(at, 0), min(at + len(template.up), len(up))
    if low < high:
        up[low:high] += amplitude * template.up[low - at : high - at]


def train(
    rng: np.random.Generator,
    up: Signal,
    generator: str,
    amplitude: float,
    template: Template,
    first: float,
    apart: tuple[Event, ...] = (),
) -> list[Event]:
    """Adds one train to the signal and returns its potentials; none falls on one of `apart`."""
    times, heights = firing(rng, generator, first, len(up) / RATE)
    for _ in range(8):  # chance may leave too few to show the rhythm
        if len(times) >= HABITS[generator].need - 1:
            break
        times, heights = firing(rng, generator, first, len(up) / RATE)
    events = []
    taken = np.array([[e.start, e.end] for e in apart]).reshape(-1, 2)
    for time, height in zip(times, heights, strict=True):
        if np.any((time < taken[:, 1] + 1) & (time + template.end - template.onset > taken[:, 0] - 1)):
            continue
        if generator == "insertional activity":
            template = [shapes.fibrillation, shapes.end_plate_spike, shapes.myopathic_unit][rng.integers(3)](rng)
        put(up, template, float(time), amplitude * float(height))
        end = float(time) + template.end - template.onset
        events.append(Event(float(time), end, amplitude * float(height), generator))
    return events


def hiss(rng: np.random.Generator, up: Signal, amplitude: float) -> None:
    """End-plate noise: a few hundred small negative monophasic potentials of 0.5-3 ms a second."""
    count = rng.poisson(len(up) / RATE * rng.uniform(0.15, 0.5))
    rain = np.zeros_like(up)
    np.add.at(rain, rng.integers(0, len(up), count), rng.uniform(0.4, 1, count))
    width = rng.uniform(0.15, 0.5)
    kernel = shapes.gamma(np.arange(0, 3, 1 / RATE), 2.0, width)
    up += amplitude * np.convolve(rain, kernel)[: len(up)]


def surroundings(rng: np.random.Generator, count: int, rms: float) -> Signal:
    """Noise of the given rms in uV (white to pink), now and then mains hum and drift on top."""
    noise = rng.normal(0, 1, count)
    if rng.random() < 0.5:  # coloured: what a needle's impedance and far muscle add
        noise = noise * 0.5 + signal.lfilter([1], [1, -rng.uniform(0.5, 0.95)], noise) * rng.uniform(0.2, 0.6)
    noise *= rms / noise.std()
    time = np.arange(count) / RATE
    if rng.random() < 0.2:
        mains = 2 * np.pi * rng.choice([0.05, 0.06]) * time + rng.uniform(0, 6)
        noise += rms * rng.uniform(0.3, 1.4) * (np.sin(mains) + rng.uniform(0, 0.5) * np.sin(3 * mains))
    if rng.random() < 0.25:
        noise += rms * rng.uniform(0.5, 4) * np.sin(2 * np.pi * time / rng.uniform(300, 2000) + rng.uniform(0, 6))
    return noise


def filters(rng: np.random.Generator, up: Signal) -> Signal:
    """The machine's band: high-pass 2-30 Hz and low-pass 2-10 kHz (first or second order), causal as in machines."""
    low = signal.butter(1, rng.choice([2, 3, 10, 20, 20, 30]), "highpass", fs=RATE * 1e3, output="sos")
    high = signal.butter(int(rng.integers(1, 3)), rng.choice([2e3, 3e3, 5e3, 8e3]), fs=RATE * 1e3, output="sos")
    return np.asarray(signal.sosfilt(np.vstack([low, high]), up))
