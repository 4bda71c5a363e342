"""``python -m training.emg.stranger_traces BUNDLE``: what a detector makes of recordings by the stranger.

The stranger is a simulator that nothing is trained on.
"""

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy.signal import butter

from training.emg.event_figures import LENGTH_S, Told, f1_of, mixture_figures, tell
from training.emg.figures import STRANGER as DATA
from training.emg.figures import measured, share
from training.emg.recording_figures import recording_figures, train_figures
from training.export import show
from training.simulate.emg.draws import Draw
from training.simulate.emg.files import RATES_HZ
from training.simulate.emg.parameters import LABELS
from training.simulate.emg.recording import Recording, record, work_rate
from training.simulate.emg.scene import LEADING, random_amplifier
from training.simulate.emg_hands.stranger.fibres import FS
from training.simulate.emg_hands.stranger.recording import background, floor_for
from training.simulate.emg_hands.trains import NAMES, STRANGER, firings
from viewer.models.bundle import load_bundle
from viewer.models.networks.trace_events import TraceEvents

SHARES = (0.3, 0.3, 0.4)  # of PSW, Fibs, Others among recordings of one generator
SMOOTH_HZ = 6000.0  # of its noise
MIXTURES, ALONE = 91, 92  # seeds


def stranger_recording(draw: Draw, generators: Sequence[str], rate_hz: float, length_s: float = LENGTH_S) -> Recording:
    """Return a recording in which a train of each generator (of ``trains.NAMES``) fires, over the stranger's noise."""
    work_hz, _ = work_rate(rate_hz)
    fired = [f for name in generators for f in firings(STRANGER, draw.rng, name, work_hz, length_s)]
    least = min((float(np.ptp(s)) for f in fired for s in f.shapes), default=50.0)
    clock = np.arange(0, 1000 * length_s, 1 / FS)
    own = floor_for(draw.rng, generators[0], least)
    noise = background(draw.rng, own, clock, butter(1, SMOOTH_HZ / (FS * 500)), 0.0)
    at = np.arange(int(length_s * work_hz)) * (1000 / work_hz)
    return record(fired, np.interp(at, clock, noise), rate_hz, random_amplifier(draw, 0.0), ("noise",))


def stranger_mixtures(count: int, seed: int = MIXTURES) -> Iterator[Recording]:
    """Yield recordings in which one to four generators fire at once."""
    for number in range(count):
        draw = Draw(np.random.default_rng([seed, number]), "any")
        names = [draw.pick(NAMES) for _ in range(draw.integer(1, 4))]
        yield stranger_recording(draw, names, draw.pick(RATES_HZ))


def stranger_alone(count: int, seed: int = ALONE) -> Iterator[tuple[int, Recording]]:
    """Yield recordings of one generator, each with its class as an index of the labels."""
    rest = tuple(n for n in NAMES if n not in LEADING.values())
    for number in range(count):
        draw = Draw(np.random.default_rng([seed, number]), "any")
        label = draw.pick(LABELS, SHARES)
        name = LEADING.get(label) or draw.pick(rest)
        yield LABELS.index(label), stranger_recording(draw, [name], draw.pick(RATES_HZ))


def stranger_figures(
    network: TraceEvents, mixed: int, alone: int, points: dict[str, float], sure: float
) -> list[dict[str, Any]]:
    """Return the figures on the stranger's mixtures, and how often its recordings of one generator are called right."""
    told = [tell(network, r) for r in stranger_mixtures(mixed)]
    figures = mixture_figures(told, DATA) + train_figures(told, DATA) + recording_figures(told, points, sure, DATA)
    made = [(label, tell(network, r)) for label, r in stranger_alone(alone)]
    return figures + alone_figures(made, sure)


def alone_figures(made: list[tuple[int, Told]], sure: float) -> list[dict[str, Any]]:
    """Return, of recordings of one generator, how many are of the most probable class, called, and called right."""
    data = f"{DATA}; one generator alone"
    said = np.array([t.strengths if len(t.windows) else np.zeros(len(LABELS)) for _, t in made])
    truth = np.array([label for label, _ in made])
    best, called = said.argmax(1), said.max(1) >= sure
    right = (best == truth) & (said.max(1) > 0)
    figures = [
        share("recordings whose most probable class is right", right, data),
        share("recordings called, not uncertain", called, data),
        share("recordings called that are called right", right, data, of=called),
    ]
    for c, label in enumerate(LABELS):
        figures.append(share("recordings, recall", right, data, label, of=truth == c))
        figures.append(share("recordings, precision", truth == c, data, label, of=best == c))
    for c, label in enumerate(LABELS[:2]):
        named = [t.classes[c] for _, t in made]
        figures.append(measured("events found and named, F1", f1_of(named), len(made), data, label))
    return figures


def main(arguments: Sequence[str] | None = None) -> None:
    """Print a bundle's figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("bundle", type=Path)
    parser.add_argument("--mixed", type=int, default=90, help="recordings of one to four generators")
    parser.add_argument("--alone", type=int, default=200, help="recordings of one")
    given = parser.parse_args(arguments)
    bundle = load_bundle(given.bundle)
    card, network = bundle.card, bundle.network
    if not isinstance(network, TraceEvents):
        parser.error(f"{given.bundle} is no detector of events on recordings")
    show(stranger_figures(network, given.mixed, given.alone, dict(card.operating_points), card.uncertain_below))


if __name__ == "__main__":
    main()
