"""Every generator's durations, amplitudes, phases, rates and regularity lie where EMG.md's table has them."""

from functools import cache

import numpy as np
import pytest

from training.simulate.emg import Draw, make
from training.simulate.emg.fibre import count_phases, extent
from training.simulate.emg.firing import spontaneous
from training.simulate.emg.parameters import AMPLIFIER_NOISE_UV, ECG_RATE_HZ, ECG_UV, INSERTION_MS, PACEMAKER_MS, QRS_MS
from viewer.measure import interval_statistics

RATE = 20000.0
TRAINS, LENGTH_S = 60, 10.0


@cache
def trains(generator):
    return [make(generator, Draw(np.random.default_rng([11, seed])), RATE, LENGTH_S) for seed in range(TRAINS)]


def durations_ms(generator):
    marks = [extent(shape) for train in trains(generator) for shape in train.shapes[:3]]
    return np.array([(last - first) / RATE * 1000 for first, last in marks])


def amplitudes_uv(generator):
    return np.array([np.ptp(shape) for train in trains(generator) for shape in train.shapes[:3]])


def phases(generator):
    shapes = [shape for train in trains(generator) for shape in train.shapes[:3]]
    return np.array([count_phases(s, min(0.5, 25 / np.abs(s).max())) for s in shapes])


def firing(generator):
    return [s for t in trains(generator) if len(t.times_s) > 4 and (s := interval_statistics(t.times_s))]


@pytest.mark.parametrize(
    ("generator", "low", "high"),
    [
        ("fibrillation", 1, 5),
        ("end-plate noise", 0.5, 3),
        ("end-plate spike", 2, 5),
        ("myotonic spikes", 1, 5),
        ("myotonic positive waves", 5, 20),
    ],
)
def test_durations_within_the_published_range(generator, low, high):
    own = durations_ms(generator)
    assert low * 0.9 <= np.percentile(own, 5)
    assert np.percentile(own, 95) <= high * 1.05
    assert np.ptp(own) > 0.5 * (high - low)  # the range is used


@pytest.mark.parametrize(
    ("generator", "low", "high"),
    [
        ("fibrillation", 20, 1000),
        ("positive sharp wave", 20, 1000),
        ("end-plate noise", 10, 40),
        ("end-plate spike", 100, 300),
        ("fasciculation", 123, 1480),
        ("complex repetitive discharge", 100, 1000),
    ],
)
def test_amplitudes_within_the_published_range(generator, low, high):
    own = amplitudes_uv(generator)
    assert low * 0.99 <= own.min()
    assert own.max() <= high * 1.01


@pytest.mark.parametrize(
    ("generator", "duration", "amplitude", "phase_count"),
    [
        ("normal MUAP", 9.6, 370, 2.6),
        ("neurogenic MUAP", 13.4, 830, 4.0),
        ("myopathic MUAP", 7.2, 240, 2.7),
        ("fasciculation", 12.6, 561, 3.25),
    ],
)
def test_motor_units_about_the_published_means(generator, duration, amplitude, phase_count):
    assert durations_ms(generator).mean() == pytest.approx(duration, rel=0.1)
    assert amplitudes_uv(generator).mean() == pytest.approx(amplitude, rel=0.2)
    assert phases(generator).mean() == pytest.approx(phase_count, abs=0.6)


def test_fasciculations_spread_as_published():
    assert durations_ms("fasciculation").std() == pytest.approx(4.4, abs=1.5)
    assert amplitudes_uv("fasciculation").std() == pytest.approx(367, abs=120)


@pytest.mark.parametrize(
    ("generator", "low", "high"),
    [
        ("fibrillation", 0.5, 15),
        ("positive sharp wave", 0.5, 15),
        ("fasciculation", 0.1, 10),
        ("normal MUAP", 5, 15),
        ("regular motor unit", 2, 15),
        ("complex repetitive discharge", 5, 100),
        ("myotonic spikes", 20, 150),
        ("neuromyotonia", 150, 300),
    ],
)
def test_rates_within_the_published_range(generator, low, high):
    rates = np.array([s.rate_hz for s in firing(generator)])
    assert np.mean((rates >= low) & (rates <= high)) > 0.8
    assert rates.min() > 0.6 * low
    assert rates.max() < 1.6 * high


def test_end_plate_spikes_reach_50_hz():
    rates = [s.rate_hz for s in firing("end-plate spike")]
    assert max(rates) > 35
    assert max(rates) < 80


def test_each_end_plate_hisses_at_20_to_40_hz():
    rates = []
    for train in trains("end-plate noise")[:20]:
        rates += (np.bincount(train.which) / LENGTH_S).tolist()
    assert np.mean(rates) == pytest.approx(30, abs=3)
    assert 10 < min(rates) < max(rates) < 55


def test_voluntary_motor_units_have_a_cv_of_10_to_30_percent():
    for generator in ("normal MUAP", "neurogenic MUAP", "myopathic MUAP"):
        cvs = [s.cv for s in firing(generator)]
        assert 0.08 < min(cvs) < max(cvs) < 0.36


def test_very_regular_motor_units_have_the_published_rate_and_cv():
    own = firing("regular motor unit")
    assert np.mean([s.rate_hz for s in own]) == pytest.approx(6.3, abs=1.5)
    assert np.mean([s.cv for s in own]) == pytest.approx(0.035, abs=0.01)
    assert np.std([s.cv for s in own]) == pytest.approx(0.017, abs=0.008)


def test_regular_fibrillations_have_a_cv_up_to_5_percent_and_irregular_ones_of_20_to_60():
    draw, regular, irregular = Draw(np.random.default_rng(3)), [], []
    for _ in range(200):
        own = interval_statistics(spontaneous(draw, 60.0, 6.0, draw.between(0.005, 0.05), draw.between(0.2, 0.6)))
        # a train that slows has a large CV and small consecutive differences: these tell regular from irregular
        jumpy = own.consecutive_difference_ms / own.mean_interval_ms * np.sqrt(np.pi) / 2
        (regular if jumpy < 0.1 else irregular).append(jumpy)
    assert len(regular) / 200 == pytest.approx(0.57, abs=0.1)
    assert max(regular) < 0.065
    assert 0.15 < min(irregular) < max(irregular) < 0.75


def test_some_fibrillations_slow_over_seconds_before_they_stop():
    draw = Draw(np.random.default_rng(4))
    own = [spontaneous(draw, 30.0, 6.0, 0.02, 0.3) for _ in range(200)]
    slowing = [s.slowing for t in own if (s := interval_statistics(t)) and s.consecutive_difference_ms < 20]
    assert 0.05 < np.mean(np.array(slowing) > 0.15) < 0.3


def test_end_plate_spikes_are_told_from_regular_fibrillations_by_consecutive_intervals():
    """Heckmann & Ludin 1982: differences of consecutive intervals separate 90 %."""
    spikes = [s.consecutive_difference_ms / s.mean_interval_ms for s in firing("end-plate spike")]
    fibs = [s.consecutive_difference_ms / s.mean_interval_ms for s in firing("fibrillation")]
    best = max((np.mean(np.array(spikes) > t) + np.mean(np.array(fibs) <= t)) / 2 for t in np.linspace(0, 1.5, 150))
    assert best > 0.9


def test_complex_repetitive_discharges_are_polyphasic_and_regular():
    assert np.median(phases("complex repetitive discharge")) > 4
    cvs = [interval_statistics(t.times_s).cv for t in trains("complex repetitive discharge") if len(t.times_s) > 4]
    assert max(cvs) < 0.03


def test_myokymia_fires_in_bursts():
    within, between = [], []
    for train in trains("myokymia"):
        intervals = np.diff(train.times_s)
        if len(intervals) < 6:
            continue
        gap = 4 * np.median(intervals)
        within += (1 / np.median(intervals[intervals <= gap]),)
        between += ((np.count_nonzero(intervals > gap) + 1) / LENGTH_S,)
    assert 5 * 0.8 < np.percentile(within, 5) < np.percentile(within, 95) < 60 * 1.2
    assert max(between) < 6


def test_insertional_activity_lasts_300_to_500_ms():
    lasting = np.array([np.ptp(t.times_s) * 1000 for t in trains("insertional activity") if len(t.times_s) > 20])
    assert lasting.max() <= 500
    assert np.median(lasting) > 250
    assert (INSERTION_MS.low, INSERTION_MS.high) == (300, 500)


def test_backgrounds_have_the_published_ranges():
    assert AMPLIFIER_NOISE_UV.low <= 3  # the amplifier's 3-4 uV
    assert AMPLIFIER_NOISE_UV.high >= 10  # with the needle
    assert (QRS_MS.low, QRS_MS.high) == (60, 100)
    assert (ECG_RATE_HZ.low, ECG_RATE_HZ.high) == (1.0, 1.7)
    assert (ECG_UV.low, ECG_UV.high) == (5, 200)
    assert PACEMAKER_MS.high <= 1
