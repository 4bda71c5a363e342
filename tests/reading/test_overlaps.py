"""Potentials under others' go to the train whose waveform is in them."""

import numpy as np

from viewer.reading.overlaps import taken_in
from viewer.reading.trains import AFTER, BEFORE, Found

RATE_HZ = 8000


def shape(peak_ms: float, size: float, width_ms: float) -> np.ndarray:
    """A biphasic potential: negative, then positive."""
    t = (np.arange(-BEFORE, AFTER) / RATE_HZ * 1000 - peak_ms) / width_ms
    return -size * np.exp(-0.5 * t**2) + 0.5 * size * np.exp(-0.5 * (t - 2) ** 2)


def found(times_s: np.ndarray, shapes: np.ndarray) -> Found:
    n = len(times_s)
    ones = np.ones(n)
    return Found(
        times_s, times_s - 0.001, times_s + 0.003, ones, np.zeros((n, 4)), shapes.astype(np.float32), ones, 1.0
    )


def two_units(gap_s: float) -> tuple[Found, np.ndarray]:
    """A large unit at 10 Hz, a small one at 4 Hz; the last potential of the small one lies ``gap_s`` after a large."""
    large, small = np.arange(0.1, 2.0, 0.1), np.append(np.arange(0.05, 1.6, 0.25), 1.7 + gap_s)
    times, kinds = np.append(large, small), np.append(np.zeros(len(large), int), np.ones(len(small), int))
    order = np.argsort(times)
    times, kinds = times[order], kinds[order]
    shapes = np.stack([shape(0, 60, 0.8) if k == 0 else shape(0, 20, 0.35) for k in kinds])
    noise = np.random.default_rng(0).normal(0, 1, shapes.shape)
    owner = kinds.copy()
    hidden = int(np.flatnonzero(np.isclose(times, 1.7 + gap_s))[0])
    shapes[hidden] += shape(-1000 * gap_s, 60, 0.8)  # what the large one left there
    owner[hidden] = 2  # it looked like neither
    return found(times, shapes + noise), owner


def test_a_potential_on_the_slope_of_a_larger_one_goes_to_its_own_train():
    events, owner = two_units(0.0045)
    made = taken_in(events, owner)
    assert (made == 2).sum() == 0
    assert (made == 1).sum() == (owner == 1).sum() + 1
    assert (made == 0).sum() == (owner == 0).sum()


def test_a_potential_like_none_stays_by_itself():
    events, owner = two_units(0.0045)
    alone = int(np.flatnonzero(owner == 2)[0])
    events.shapes[alone] = 30 * np.sin(np.arange(BEFORE + AFTER) / 2.0)
    assert (taken_in(events, owner) == owner).all()


def test_a_unit_does_not_fire_twice_within_3_ms():
    events, owner = two_units(0.0045)
    times = events.time_s.copy()
    alone = int(np.flatnonzero(owner == 2)[0])
    times[np.flatnonzero(owner == 1)[-1]] = times[alone] - 0.002
    order = np.argsort(times)
    again = found(times[order], events.shapes[order])
    assert (taken_in(again, owner[order]) == 2).sum() == 1


def test_few_events_are_left_as_they_are():
    events, _ = two_units(0.0045)
    owner = np.arange(len(events))
    assert (taken_in(events, owner) == owner).all()
