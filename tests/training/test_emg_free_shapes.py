"""Potentials drawn with no fibre behind them, as lobes or through corners, against the same published numbers."""

import numpy as np
import pytest

from training.simulate.emg import lobes, potentials, traced
from training.simulate.emg.draws import Draw
from training.simulate.emg.fibre import count_phases, extent

RATE = 20000.0


@pytest.fixture(autouse=True, params=[lobes, traced], ids=["lobes", "traced"])
def only_one_way(request, monkeypatch):
    monkeypatch.setattr(potentials, "FREE", ((request.param, 1.0),))


def first_phase(shape: np.ndarray) -> float:
    """Sign of the first excursion over a tenth of the largest."""
    return float(np.sign(shape[np.argmax(np.abs(shape) > 0.1 * np.abs(shape).max())]))


def lasts_ms(shape: np.ndarray) -> float:
    first, last = extent(shape)
    return (last - first) / RATE * 1000


@pytest.mark.parametrize("duration_ms", [1.0, 3.0, 5.0])
def test_a_fibrillation_begins_positive_with_two_or_three_phases_and_lasts_as_long_as_it_should(duration_ms):
    draw = Draw(np.random.default_rng(1))
    shapes = [potentials.fibrillation_shape(draw, RATE, duration_ms) for _ in range(60)]
    assert {first_phase(s) for s in shapes} == {1.0}
    assert {count_phases(s) for s in shapes} == {2, 3}
    assert np.array([lasts_ms(s) for s in shapes]) == pytest.approx(duration_ms, rel=0.1, abs=0.12)
    assert [float(np.ptp(s)) for s in shapes] == pytest.approx([1.0] * 60)


def test_only_at_its_origin_does_a_fibrillation_begin_negative_as_an_end_plate_spike_does():
    draw = Draw(np.random.default_rng(2))
    at_origin = [potentials.fibrillation_shape(draw, RATE, 3.0, at_origin=True) for _ in range(20)]
    spikes = [potentials.end_plate_spike_shape(draw, RATE, 3.0) for _ in range(20)]
    assert {first_phase(s) for s in at_origin + spikes} == {-1.0}
    assert {count_phases(s) for s in spikes} == {2}


@pytest.mark.parametrize(("form", "published"), [("normal", 2.6), ("neurogenic", 4.0), ("myopathic", 2.7)])
def test_motor_units_have_the_published_number_of_phases(form, published):
    draw = Draw(np.random.default_rng(3))
    phases = [count_phases(potentials.motor_unit_shape(draw, RATE, 10.0, form)) for _ in range(300)]
    assert np.mean(phases) == pytest.approx(published, abs=0.4)


def test_a_purely_positive_wave_returns_slowly_and_never_crosses():
    draw = Draw(np.random.default_rng(4))
    shapes = [potentials.positive_sharp_wave_shape(draw, RATE, 15.0, purely_positive=True) for _ in range(40)]
    assert min(float(s.min()) for s in shapes) > -0.01
    falls = [(np.argmax(s) - np.argmax(s > 0.1 * s.max())) / RATE * 1000 for s in shapes]
    assert max(falls) < 1.0
    assert 2 < np.median([lasts_ms(s) for s in shapes]) < 13
