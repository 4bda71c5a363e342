"""A regular train's missed potentials are found where they were due."""

import numpy as np
import pytest

from viewer.reading.rhythm import filled, together, train_rate
from viewer.reading.trains import AFTER, BEFORE, Found


def events(times_s: np.ndarray, widths_ms: np.ndarray) -> Found:
    """Monophasic potentials of 30 times the noise, each of a width of its own."""
    t = np.arange(-BEFORE, AFTER) / 8
    shapes = -30 * np.exp(-0.5 * (t / widths_ms[:, None]) ** 2)
    shapes += np.random.default_rng(0).normal(0, 1, shapes.shape)
    n, ones = len(times_s), np.ones(len(times_s))
    return Found(
        times_s, times_s - 0.001, times_s + 0.003, ones, np.zeros((n, 4)), shapes.astype(np.float32), ones, 1.0
    )


def train(slowing: float, missed: list[int], width_ms: float = 0.5) -> tuple[Found, np.ndarray]:
    """Fifty potentials at 8/s, slowing to 8/(1 + slowing); those missed are a group of their own, a little wider."""
    times = np.cumsum(np.linspace(0.125, 0.125 * (1 + slowing), 50))
    owner = np.zeros(50, int)
    owner[missed] = 1
    return events(times, np.where(owner == 1, width_ms, 0.4)), owner


@pytest.mark.parametrize("slowing", [0.0, 0.6])
def test_the_gaps_of_a_regular_train_are_filled_even_where_it_slows(slowing: float) -> None:
    found, owner = train(slowing, [9, 14, 15, 20, 27, 31, 33, 40])
    assert (filled(found, owner) == 0).all()


def test_a_unit_that_fires_when_none_was_due_stays_by_itself() -> None:
    found, owner = train(0.0, [])
    extra = found.time_s[[5, 12, 19, 26, 33, 40]] + 0.06
    times = np.append(found.time_s, extra)
    order = np.argsort(times)
    both, groups = events(times[order], np.full(56, 0.4)), np.append(owner, np.full(6, 1))[order]
    assert (filled(both, groups) == groups).all()


def test_another_waveform_in_the_gaps_is_another_unit() -> None:
    found, owner = train(0.0, [9, 14, 20, 27, 33, 40])
    t = np.arange(-BEFORE, AFTER) / 8
    found.shapes[owner == 1] = 30 * np.exp(-0.5 * (t / 0.4) ** 2)  # the other way up
    assert (filled(found, owner) == owner).all()


def test_pieces_of_a_train_that_wanes_are_one() -> None:
    """A myotonic run at 40 a second that falls to a third: split by size into three, one after another."""
    gains = np.linspace(1, 0.35, 90)
    times = np.cumsum(np.full(90, 0.025))
    whole = events(times, np.full(90, 0.4))
    whole.shapes[:] *= gains[:, None].astype(np.float32)
    owner = np.repeat([0, 1, 2], [40, 30, 20])
    assert (together(whole, owner) == 0).all()


def test_pieces_scattered_over_a_trains_gaps_are_one() -> None:
    found, owner = train(0.0, [4, 9, 14, 15, 16, 20, 27, 31, 33, 40], width_ms=0.45)
    assert (together(found, owner) == 0).all()


def test_two_alike_units_that_fire_at_once_stay_two() -> None:
    """Two fibres at 8 and at 7 a second, with the same waveform: whoever joined them would tell 15 a second."""
    times = np.concatenate([np.arange(60) / 8, 0.03 + np.arange(50) / 7])
    order = np.argsort(times)
    owner = np.repeat([0, 1], [60, 50])[order]
    found = events(times[order], np.full(110, 0.4))
    assert (together(found, owner) == owner).all()


def test_a_much_larger_unit_with_the_same_waveform_stays_by_itself() -> None:
    found, owner = train(0.0, [9, 14, 20, 27, 33, 40], width_ms=0.4)
    found.shapes[owner == 1] *= 2.5
    assert (together(found, owner) == owner).all()


def test_nothing_is_put_together_where_nothing_was_found() -> None:
    nothing = events(np.zeros(0), np.zeros(0))
    assert together(nothing, np.zeros(0, int)).size == 0


def test_an_irregular_unit_has_no_gaps() -> None:
    rng = np.random.default_rng(2)
    _, owner = train(0.0, [9, 14, 20, 27, 33, 40])
    times = np.cumsum(rng.uniform(0.03, 0.3, 50))
    again = events(times, np.full(50, 0.4))
    assert (filled(again, owner) == owner).all()


def test_a_regular_trains_rate_is_that_between_neighbours() -> None:
    times = np.arange(60) / 12.5
    missed = np.delete(times, np.random.default_rng(1).choice(np.arange(1, 59), 20, replace=False))
    bursts = np.concatenate([times, times + 20.0])
    for own in (times, missed, bursts):
        assert train_rate(own) == pytest.approx(12.5, rel=0.01)
    assert train_rate(np.array([0.0, 0.25])) == pytest.approx(4.0)


def test_an_irregular_units_rate_is_the_mean_rate() -> None:
    intervals = np.random.default_rng(3).gamma(1 / 0.5**2, 0.5**2 / 10, 300)  # CV 0.5 at about 10/s
    assert train_rate(np.cumsum(intervals)) == pytest.approx(1 / intervals.mean(), rel=0.01)
