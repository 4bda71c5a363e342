"""Rate, regularity and slowing of trains whose intervals are known."""

import numpy as np
import pytest

from viewer.measure import interval_statistics


def test_a_clock():
    own = interval_statistics(np.arange(0, 10, 0.1))
    assert own.count == 100
    assert own.rate_hz == pytest.approx(10)
    assert own.mean_interval_ms == pytest.approx(100)
    assert own.cv == pytest.approx(0, abs=1e-9)
    assert own.consecutive_difference_ms == pytest.approx(0, abs=1e-6)
    assert own.slowing == pytest.approx(0, abs=1e-9)


def test_intervals_of_100_and_200_ms_in_turn():
    own = interval_statistics(np.concatenate([[0], np.cumsum([0.1, 0.2] * 20)]))
    assert own.rate_hz == pytest.approx(1 / 0.15)
    assert own.cv == pytest.approx(1 / 3, rel=0.02)
    assert own.consecutive_difference_ms == pytest.approx(100)


def test_a_train_that_slows_down_is_told_from_one_that_is_irregular():
    slowing = np.concatenate([[0], np.cumsum(np.linspace(0.1, 0.2, 60))])
    irregular = np.concatenate([[0], np.cumsum(np.random.default_rng(1).permutation(np.linspace(0.1, 0.2, 60)))])
    one, other = interval_statistics(slowing), interval_statistics(irregular)
    assert one.cv == pytest.approx(other.cv, rel=0.01)
    assert one.slowing == pytest.approx(0.57, abs=0.03)
    assert abs(other.slowing) < 0.25
    assert one.consecutive_difference_ms < 0.1 * other.consecutive_difference_ms


def test_the_cv_that_gamma_intervals_were_drawn_with():
    intervals = np.random.default_rng(2).gamma(1 / 0.2**2, 0.2**2 / 6, 4000)
    own = interval_statistics(np.cumsum(intervals))
    assert own.cv == pytest.approx(0.2, abs=0.01)
    assert own.rate_hz == pytest.approx(6, rel=0.02)


def test_too_few():
    assert interval_statistics([1.0]) is None
    assert interval_statistics([1.0, 1.0]) is None
    two = interval_statistics([1.5, 1.0])
    assert two.rate_hz == pytest.approx(2)
    assert two.cv is two.slowing is two.consecutive_difference_ms is None
    with pytest.raises(ValueError, match="finite"):
        interval_statistics([0.0, np.nan])
