"""Hum and drift leave a potential's numbers as they are without them; both are what was added."""

import numpy as np
import pytest

from training.simulate.emg import Draw, make
from training.simulate.emg.backgrounds import mains
from viewer.measure import measure_clean, measure_potential, measure_train, without_interference
from viewer.measure.interference import cut_out

RATES = (4000.0, 10000.0, 20000.0, 48000.0)
EVERY_S, COUNT = 0.43, 10
TIMES_S = 0.3 + EVERY_S * np.arange(COUNT)


def fibrillation(ms):
    """300 uV, triphasic, 2.6 ms."""
    at = [-1.0, 0.7, 1.7, 2.6]
    return sum(
        h * np.sin(np.pi * np.clip((ms - a) / (b - a), 0, 1))
        for h, a, b in zip((100, -200, 60), (0.0, *at[1:]), (*at[1:], 2.6), strict=False)
    )


def positive_sharp_wave(ms):
    """200 uV, 24 ms: up within 0.6 ms, its slow negative phase from 4 ms on, at its maximum at 8 ms."""
    fall = np.interp(ms, [0, 0.6, 4], [0, 174, 0], 0, 0)
    return fall - 26 * np.sin(np.pi * np.clip((ms - 4) / 20, 0, 1) ** 0.43)


def motor_unit(ms):
    """370 uV, 9.6 ms."""
    rise, spike, end = ((ms - a) / (b - a) for a, b in ((0, 3), (3, 5), (5, 9.6)))
    parts = ((85, rise), (-270, spike), (100, end))
    return sum(h * np.sin(np.pi * np.clip(u, 0, 1)) ** 1.2 for h, u in parts)


SHAPES = {fibrillation: 2.6, positive_sharp_wave: 24.0, motor_unit: 9.6}


def train(shape, rate_hz, noise_uv=1.0):
    """A train at 2.3 Hz, its potentials' beginnings at TIMES_S."""
    times = np.arange(round((TIMES_S[-1] + 0.6) * rate_hz)) / rate_hz
    lasting = SHAPES[shape]
    samples = noise_uv * np.random.default_rng(7).standard_normal(len(times))
    for start in TIMES_S:
        ms = 1000 * (times - start)
        inside = (ms >= 0) & (ms <= lasting)
        samples[inside] += shape(ms[inside])
    ms = np.arange(0, lasting, 0.001)
    return times, samples, TIMES_S + np.abs(shape(ms)).argmax() * 1e-6


def hum_of(times, mains_hz, size_uv):
    """Mains with its 3rd, 5th and 7th harmonic."""
    waves = zip((1, 3, 5, 7), (1, 0.25, 0.15, 0.1), (0.3, 1.0, 2.0, 4.0), strict=True)
    return sum(size_uv * h * np.sin(2 * np.pi * k * mains_hz * times + phase) for k, h, phase in waves)


ADDED = {
    "20 uV of 50 Hz": lambda t: hum_of(t, 50, 20),
    "80 uV of 50 Hz": lambda t: hum_of(t, 50, 80),
    "80 uV of 60 Hz": lambda t: hum_of(t, 60, 80),
    "80 uV of 49.95 Hz": lambda t: hum_of(t, 49.95, 80),
    "80 uV of 60.2 Hz": lambda t: hum_of(t, 60.2, 80),
    "a drift of 100 uV": lambda t: 100 * np.sin(np.pi * t + 0.5),
    "a drift of 800 uV": lambda t: 800 * np.sin(np.pi * t + 2.0),
    "hum and drift": lambda t: hum_of(t, 60, 60) + 400 * np.sin(np.pi * t),
}


@pytest.mark.parametrize("added", ADDED)
@pytest.mark.parametrize("shape", SHAPES)
def test_the_numbers_are_those_without_hum_and_drift(shape, added):
    for rate_hz in RATES:
        times, clean, at = train(shape, rate_hz)
        dirty = clean + ADDED[added](times)
        pairs = [tuple(measure_potential(s, rate_hz, at_s=t) for s in (clean, dirty)) for t in at[3:6]]
        pairs.append(tuple(measure_train(s, rate_hz, at) for s in (clean, dirty)))
        for without, own in pairs:
            assert own.amplitude_uv == pytest.approx(without.amplitude_uv, rel=0.05)
            assert own.duration_ms == pytest.approx(without.duration_ms, rel=0.1, abs=0.5)
            assert own.first_phase == without.first_phase == "positive"
            assert own.phases == without.phases


@pytest.mark.parametrize("rate_hz", RATES)
def test_hum_and_drift_are_what_was_added(rate_hz):
    times, samples, at = train(motor_unit, rate_hz)
    drift = 400 * np.sin(np.pi * times)
    first, last = (round(s * rate_hz) for s in (at[4] - 0.1, at[4] + 0.1))
    left, found = cut_out(samples + drift + hum_of(times, 50, 80), rate_hz, first, last)
    assert found == pytest.approx(drift[first:last], abs=2)
    assert left == pytest.approx(samples[first:last], abs=2)


def test_where_there_is_no_hum_none_is_taken_away():
    """Not even from a train that fires at the mains' own frequency."""
    times = np.arange(20000) / 20000
    ms = 1000 * (times % 0.02) - 5
    samples = np.where((ms > 0) & (ms < 2.6), fibrillation(ms), 0.0)
    samples += np.random.default_rng(1).standard_normal(len(times))
    left, drift = cut_out(samples, 20000.0, 8000, 12000)
    assert left + drift == pytest.approx(samples[8000:12000], abs=1e-9)
    assert np.abs(drift).max() < 2


def test_gaps_and_what_is_too_short_or_too_long():
    times, samples, at = train(fibrillation, 10000.0)
    dirty = samples + hum_of(times, 50, 80)
    dirty[: round(0.2 * 10000)] = np.nan
    assert measure_potential(dirty, 10000.0, at_s=at[0]).amplitude_uv == pytest.approx(300, rel=0.05)
    short, _ = cut_out(samples[:1500], 10000.0, 0, 1500)
    assert short == pytest.approx(samples[:1500])
    endless = np.tile(samples, 3)
    long, drift = cut_out(endless, 10000.0, 0, len(endless))
    assert long == pytest.approx(endless)
    assert not drift.any()


def test_simulated_motor_units_with_mains():
    draw = Draw(np.random.default_rng(5))
    unit = make("normal MUAP", draw, 20000.0, 8.0, rate_hz=6.0, cv=0.1, amplitude_uv=370.0)
    samples = np.random.default_rng(2).standard_normal(160000) * 2
    for start, which in zip(unit.times_s, unit.which, strict=True):
        shape = unit.shapes[which]
        first = round(start * 20000)
        room = samples[first : first + len(shape)]
        room += shape[: len(room)]
    hum = mains(draw, 20000.0, len(samples), 100.0, 50.0)
    at = unit.times_s + np.abs(unit.shapes[0]).argmax() / 20000
    without, own = (measure_train(s, 20000.0, at) for s in (samples, samples + hum))
    assert own.amplitude_uv == pytest.approx(without.amplitude_uv, rel=0.05)
    assert own.duration_ms == pytest.approx(without.duration_ms, rel=0.1, abs=0.5)
    assert own.duration_ms < 16


@pytest.mark.parametrize("rate_hz", [4000.0, 48000.0])
def test_a_whole_channel(rate_hz):
    """Cleaned once it gives the numbers that each potential's own surroundings give."""
    times, samples, at = train(positive_sharp_wave, rate_hz)
    dirty = samples + ADDED["hum and drift"](times)
    clean = without_interference(dirty, rate_hz)
    assert clean == pytest.approx(samples, abs=4)
    assert np.std(clean - samples) < 0.7
    for t in at:
        alone, own = measure_potential(dirty, rate_hz, at_s=t), measure_clean(clean, rate_hz, t - 0.2, t + 0.2, t)
        assert own.amplitude_uv == pytest.approx(alone.amplitude_uv, rel=0.03)
        assert own.duration_ms == pytest.approx(alone.duration_ms, rel=0.1, abs=0.5)
    alone, own = measure_train(dirty, rate_hz, at), measure_train(clean, rate_hz, at, clean=True)
    assert own.amplitude_uv == pytest.approx(alone.amplitude_uv, rel=0.03)
