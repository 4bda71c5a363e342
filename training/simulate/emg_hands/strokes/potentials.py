"""Potentials of muscle fibres and end-plates: curves of height about 1, positive where the needle is positive."""

import numpy as np

from training.simulate.emg_hands.strokes.curves import Sketch, overlay, sketch
from training.simulate.emg_hands.strokes.draws import Floats, Rng, around, happens, ratio

KRAFT_UV = (612.0, 512.0, 320.0, 90.0)  # mean 0-2, 3-4, 5-6, > 12 months after denervation (Kraft 1990)


def fibre_uv(rng: Rng) -> float:
    """Peak-to-peak size of a denervated fibre's potential: 20-200 uV, or by its age (Kraft 1990), < 1 mV."""
    mean = float(rng.choice(KRAFT_UV))
    return ratio(rng, 20.0, 200.0) if happens(rng, 0.5) else around(rng, mean, 0.6 * mean, 20.0, 1000.0)


def fibre_spike(rng: Rng, shortest_ms: float = 1.0, longest_ms: float = 4.7) -> Floats:
    """Bi- or triphasic: positive, sharp negative, often positive again; one in 16, at its origin, negative first."""
    first = rng.uniform(0.5, 1.1) if happens(rng, 0.12) else ratio(rng, 0.1, 0.6)
    last = ratio(rng, 0.06, 0.7)
    if happens(rng, 1 / 16):
        drawn = sketch(rng, (0.5, 0.6, 1.3), (-1.0, last, 0.0))
    elif happens(rng, 0.6):
        drawn = sketch(rng, (0.7, 0.5, 0.6, 1.3), (first, -1.0, last, 0.0))
    else:
        drawn = sketch(rng, (0.8, 0.5, 1.0), (first, -1.0, 0.0))
    drawn = drawn.turned(rng) if happens(rng, 0.25) else drawn
    return (
        drawn.balanced(rng.uniform(0.2, 0.6))
        .lasting(shortest_ms + (longest_ms - shortest_ms) * rng.beta(1.7, 2.3))
        .curve()
    )


def sharp_wave(rng: Rng, total_ms: float, slowest_fall_ms: float = 0.9) -> Sketch:
    """Abrupt positive fall, tip pointed or rounded, back to 0 within 5 ms, then a low long negative tail or none."""
    fall, tip, top = rng.uniform(0.25, 1) * slowest_fall_ms, ratio(rng, 0.05, 0.8), rng.uniform(0.8, 1)
    cross = rng.uniform(2, min(4.8, total_ms / 2))  # ms, end of the positive phase
    tail, depth = total_ms - cross, ratio(rng, 0.08, 0.5)
    trough = tail * rng.uniform(0.08, 0.35)
    strokes = [(fall, 1.0, 0.5), (tip, top, 0.5)]  # width, height reached, lean
    if happens(rng, 0.12):  # purely positive
        strokes += [(min(ratio(rng, 3.0, 12.0), total_ms), 0.0, rng.uniform(0.5, 0.8))]
    else:
        strokes += [(max(cross - fall - tip, 0.6), 0.0, rng.uniform(0.45, 0.75))]
        if happens(rng, 0.15):  # a blunt negative peak before the tail, on the way to a fibrillation
            strokes += [(rng.uniform(0.5, 1.5), -1.5 * depth, 0.5)]
        strokes += [(trough, -depth, 0.5), (tail - trough, 0.0, rng.uniform(0.55, 0.85))]
    widths, heights, lean = np.array(strokes).T
    edge = np.array([rng.uniform(0.2, 1), *[rng.uniform(0, 0.9)] * 2, *rng.uniform(0, 0.3, lean.size - 3)])
    drawn = Sketch(np.cumsum([0.0, *widths]), np.array([0.0, *heights]), lean, edge)
    return drawn.turned(rng) if happens(rng, 0.35) else drawn


def wave_ms(rng: Rng) -> float:
    """Whole length of a positive sharp wave: 10-30 ms, with a long tail up to 100 ms."""
    return float(rng.uniform(10, 30)) if happens(rng, 0.85) else ratio(rng, 30.0, 100.0)


def end_plate_spike(rng: Rng) -> Floats:
    """Biphasic, 2-5 ms, the sharp negative phase first."""
    drawn = sketch(rng, (0.5, 0.7, 1.3), (-1.0, ratio(rng, 0.2, 0.95), 0.0)).balanced(0.8)
    return (drawn.turned(rng) if happens(rng, 0.25) else drawn).lasting(rng.uniform(2, 4.7)).curve()


def chain(rng: Rng, span_ms: float, fibres: int) -> list[Floats]:
    """A polyphasic complex of about this span: spikes of fibres one after another; the same with one fibre silent."""
    spikes = [fibre_spike(rng, 1.0, 3.5) * ratio(rng, 0.15, 1.0) for _ in range(fibres)]
    starts = np.cumsum(rng.uniform(0.3, 1, fibres))
    starts = (starts - starts[0]) / (starts[-1] - starts[0]) * max(span_ms - 3.5, 0.5)
    return [overlay(spikes, [*starts]), overlay(spikes[:-1], [*starts[:-1]])]
