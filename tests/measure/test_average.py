"""A train's averaged potential is its own, whatever else fires."""

import numpy as np
import pytest

from viewer.measure import average_potential, measure_train

RATE = 10000.0


def shape():
    t = np.arange(0, 3, 1000 / RATE)
    return np.interp(t, [0, 0.5, 1.5, 2.5, 3], [0, 60, -100, 40, 0])


def mixture(noise=10.0):
    """A train at 6 Hz among a larger one at 13 Hz, in noise; the times of the smaller one's peaks."""
    rng = np.random.default_rng(3)
    samples = noise * rng.standard_normal(200000)
    mine = np.cumsum(rng.gamma(400, 1 / 6 / 400, 110)) + 0.2
    other = np.cumsum(rng.gamma(25, 1 / 13 / 25, 250)) + 0.2
    for times, scale in ((mine, 1.0), (other, -4.0)):
        for time in times:
            first = round(time * RATE)
            samples[first : first + len(shape())] += scale * shape()
    return samples, mine + 0.0015


def test_noise_and_other_trains_go():
    samples, times = mixture()
    own = measure_train(samples, RATE, times)
    assert own.amplitude_uv == pytest.approx(160, rel=0.1)
    assert own.duration_ms == pytest.approx(3, abs=0.6)
    assert (own.phases, own.turns, own.first_phase) == (3, 3, "positive")
    assert own.rise_time_ms == pytest.approx(1, abs=0.2)


def test_times_that_are_not_quite_the_peaks_are_aligned():
    samples, times = mixture(2.0)
    shaken = times + np.random.default_rng(1).uniform(-6e-4, 6e-4, len(times))
    assert measure_train(samples, RATE, shaken).amplitude_uv == pytest.approx(160, rel=0.1)


def test_too_few_discharges():
    samples, times = mixture()
    assert average_potential(samples, RATE, times[:7]) is None
    assert measure_train(samples, RATE, []) is None


def test_a_discharge_faster_than_its_potentials_end_has_no_duration():
    wave = 100 * np.sin(np.linspace(0, 2 * np.pi, 60))  # 6 ms, at 200/s
    samples = np.random.default_rng(1).standard_normal(60000)
    times = np.concatenate([np.arange(0, 0.04, 0.005) + burst for burst in np.arange(0.2, 5.5, 0.4)])
    for time in times:
        samples[round(time * RATE) : round(time * RATE) + len(wave)] += wave
    own = measure_train(samples, RATE, times + 0.0015)
    assert own.duration_ms is own.phases is own.turns is None
    assert 150 < own.amplitude_uv < 210
