"""Potentials of known shape have the amplitude, duration, rise time, phases and turns that a hand would measure."""

import numpy as np
import pytest

from training.simulate.emg import Amplifier, Draw, make, record
from training.simulate.emg.backgrounds import amplifier_noise
from viewer.measure import measure_potential

RATE = 20000.0


def recording(shape, noise=0.0, level=0.0, length_s=0.5, at_s=0.2, rate=RATE, seed=0):
    """A shape that begins at ``at_s`` in noise."""
    samples = level + noise * np.random.default_rng(seed).standard_normal(round(length_s * rate))
    first = round(at_s * rate)
    samples[first : first + len(shape)] += shape
    return samples


def triangle(height, ms, rate=RATE):
    half = round(ms * rate / 2000)
    return height * np.concatenate([np.arange(half), np.arange(half, -1, -1)]) / half


def half_sines(heights, ms, rate=RATE):
    """Half sine waves one after another, each ``ms`` long: as many phases, as many turns."""
    t = np.arange(round(ms * rate / 1000)) / round(ms * rate / 1000)
    return np.concatenate([h * np.sin(np.pi * t) for h in heights] + [np.zeros(1)])


@pytest.mark.parametrize("rate", [4000.0, 10000.0, 48000.0])
def test_a_triangle(rate):
    own = measure_potential(recording(triangle(100, 4, rate), rate=rate), rate, at_s=0.202)
    assert own.amplitude_uv == pytest.approx(100, rel=0.001)
    assert own.duration_ms == pytest.approx(4, abs=0.5)
    assert own.onset_s == pytest.approx(0.2, abs=3e-4)
    assert own.peak_s == pytest.approx(0.202, abs=1 / rate)
    assert own.offset_s == pytest.approx(0.204, abs=3e-4)
    assert (own.phases, own.turns, own.first_phase) == (1, 1, "positive")
    assert own.rise_time_ms == pytest.approx(2, abs=0.3)
    assert own.area_uv_ms == pytest.approx(200, rel=0.03)
    assert own.baseline_uv == pytest.approx(0, abs=1e-6)


def test_a_biphasic_potential():
    own = measure_potential(recording(half_sines((100, -100), 2)), RATE, at_s=0.201)
    assert own.amplitude_uv == pytest.approx(200, rel=0.001)
    assert own.duration_ms == pytest.approx(4, abs=0.15)
    assert own.rise_time_ms == pytest.approx(2, abs=0.06)  # from the positive peak to the negative one
    assert (own.phases, own.turns, own.first_phase) == (2, 2, "positive")


def test_an_end_plate_spike_begins_negative():
    own = measure_potential(recording(half_sines((-150, 100), 1)), RATE, at_s=0.2005)
    assert (own.phases, own.first_phase) == (2, "negative")
    assert own.rise_time_ms == pytest.approx(0.5, abs=0.1)  # from the baseline: no positive peak before


def test_a_triphasic_fibrillation():
    own = measure_potential(recording(half_sines((60, -100, 40), 1)), RATE, at_s=0.2015)
    assert own.amplitude_uv == pytest.approx(160, rel=0.001)
    assert own.duration_ms == pytest.approx(3, abs=0.1)
    assert own.rise_time_ms == pytest.approx(1, abs=0.06)
    assert (own.phases, own.turns) == (3, 3)


def test_a_polyphasic_potential_in_noise():
    shape = half_sines((200, -300, 400, -500, 300, -200, 100), 1.5)
    for seed in range(10):
        own = measure_potential(recording(shape, noise=5, seed=seed), RATE, at_s=0.2 + 0.00525)
        assert (own.phases, own.turns) == (7, 7)
        assert own.duration_ms == pytest.approx(10.5, abs=0.5)
        assert own.amplitude_uv == pytest.approx(900, abs=30)


def test_a_serrated_potential_has_turns_without_phases():
    at = np.array([0, 1, 1.5, 2.5, 4])
    shape = np.interp(np.arange(0, 4, 1000 / RATE), at, [0, 500, 350, 450, 0])
    own = measure_potential(recording(shape), RATE, at_s=0.201)
    assert (own.phases, own.turns) == (1, 3)
    shallow = np.interp(np.arange(0, 4, 1000 / RATE), at, [0, 500, 470, 490, 0])  # a notch under 50 uV is no turn
    assert measure_potential(recording(shallow), RATE, at_s=0.201).turns == 1


def test_a_phase_counts_from_25_uv_on():
    large = half_sines((1000, -20, 60), 2)
    assert measure_potential(recording(large), RATE, at_s=0.201).phases == 1
    large = half_sines((1000, -40, 60), 2)
    assert measure_potential(recording(large), RATE, at_s=0.201).phases == 3
    small = half_sines((40, -20), 1)  # a small fibrillation has phases too
    assert measure_potential(recording(small), RATE, at_s=0.2005).phases == 2


def test_a_positive_sharp_wave_lasts_until_its_slow_negative_phase_ends():
    fall = np.interp(np.arange(0, 4, 1000 / RATE), [0, 0.6, 4], [0, 200, 0])
    tail = -30 * np.sin(np.pi * np.arange(0, 1, 1000 / RATE / 20)) ** 0.7
    for seed in range(10):
        own = measure_potential(recording(np.concatenate([fall, tail]), noise=4, seed=seed), RATE, at_s=0.2006)
        assert own.duration_ms == pytest.approx(24, abs=1.5)
        assert (own.phases, own.first_phase) == (2, "positive")
        assert own.onset_s == pytest.approx(0.2, abs=2e-4)


@pytest.mark.parametrize("rate", [4000.0, 10000.0, 20000.0, 48000.0])
@pytest.mark.parametrize(("size", "depth"), [(200, 30), (400, 100)])
def test_the_rise_of_a_positive_sharp_wave_ends_at_the_maximum_of_its_slow_negative_phase(rate, size, depth):
    """Up within 0.6 ms, the slow phase from 4 ms to 24 ms, its maximum at 8 ms: 7.4 ms."""
    ms = np.arange(0, 24, 1000 / rate)
    slow = -depth * np.sin(np.pi * np.clip((ms - 4) / 20, 0, 1) ** (np.log(0.5) / np.log(4 / 20)))
    shape = np.interp(ms, [0, 0.6, 4], [0, size, 0], 0, 0) + slow
    clean = measure_potential(recording(shape, rate=rate), rate, at_s=0.2006)
    assert clean.rise_time_ms == pytest.approx(7.4, abs=0.5)
    noisy = [measure_potential(recording(shape, noise=3, rate=rate, seed=s), rate, at_s=0.2006) for s in range(20)]
    assert np.median([p.rise_time_ms for p in noisy]) == pytest.approx(7.4, abs=1.0)
    assert max(p.rise_time_ms for p in noisy) < 12


def test_a_purely_positive_sharp_wave_rises_to_its_end():
    fall = np.interp(np.arange(0, 8, 1000 / RATE), [0, 0.6, 8], [0, 200, 0])
    own = measure_potential(recording(fall, noise=2), RATE, at_s=0.2006)
    assert own.rise_time_ms == pytest.approx(1000 * (own.offset_s - own.peak_s), abs=0.3)


@pytest.mark.parametrize("rise_ms", [0.2, 0.3, 0.5, 1.0, 2.0])
@pytest.mark.parametrize("noise", [0, 3, 8, 15])
def test_white_noise_does_not_raise_the_amplitude(rise_ms, noise):
    shape = half_sines((113, -227, 68), rise_ms)
    shape = np.interp(np.arange(0, 3 * rise_ms, 1 / 48), np.arange(len(shape)) * 1000 / RATE, shape)
    shape *= 340 / np.ptp(shape)
    found = [
        measure_potential(recording(shape, noise, rate=48000.0, seed=s), 48000.0, at_s=0.2 + 1.5e-3 * rise_ms)
        for s in range(20)
    ]
    assert 0.97 < np.median([p.amplitude_uv for p in found]) / 340 < 1.04


def test_the_noise_beside_a_monophasic_potential_is_no_part_of_it():
    shape = triangle(100, 4, 48000.0)
    found = [measure_potential(recording(shape, 8, rate=48000.0, seed=s), 48000.0, at_s=0.202) for s in range(20)]
    assert np.median([p.amplitude_uv for p in found]) == pytest.approx(100, rel=0.05)


def test_units_and_level():
    shape = half_sines((100, -100), 2)
    plain = measure_potential(recording(shape), RATE, at_s=0.201)
    lifted = measure_potential(recording(shape, level=40), RATE, at_s=0.201)
    milli = measure_potential(recording(shape) / 1000, RATE, at_s=0.201, unit="mV")
    unknown = measure_potential(recording(shape) * 7, RATE, at_s=0.201, unit="")
    assert lifted.baseline_uv == pytest.approx(40, abs=0.01)
    for other in (lifted, milli, unknown):
        assert (other.phases, other.turns) == (plain.phases, plain.turns)
        assert other.duration_ms == pytest.approx(plain.duration_ms, abs=0.06)
    assert milli.amplitude_uv == pytest.approx(200, rel=0.001)
    assert milli.amplitude == pytest.approx(0.2, rel=0.001)
    assert unknown.amplitude == pytest.approx(1400, rel=0.001)
    assert unknown.amplitude_uv is unknown.baseline_uv is unknown.area_uv_ms is None


def test_as_a_person_set_the_cursors():
    own = measure_potential(recording(half_sines((100, -100), 2), noise=1), RATE, start_s=0.198, end_s=0.206)
    assert (own.onset_s, own.offset_s) == pytest.approx((0.198, 0.206), abs=1e-4)
    assert own.duration_ms == pytest.approx(8, abs=0.06)
    assert own.phases == 2
    with pytest.raises(ValueError, match="give at_s"):
        measure_potential(np.zeros(100), RATE, start_s=0.0)


def test_what_cannot_be_measured_is_none():
    assert measure_potential(recording(np.zeros(1), noise=3), RATE, at_s=0.3) is None  # only noise
    assert measure_potential(np.zeros(10000), RATE, at_s=0.3) is None
    gap = recording(triangle(100, 2))
    gap[4010:4020] = np.nan
    assert measure_potential(gap, RATE, at_s=0.201) is None
    assert measure_potential(recording(triangle(100, 2)), RATE, at_s=20.0) is None
    two = recording(np.concatenate([triangle(100, 4), triangle(-100, 4)]), noise=1)
    own = measure_potential(two, RATE, start_s=0.19, end_s=0.2041, at_s=0.202)  # a neighbour begins before it ends
    assert own.duration_ms is own.phases is own.turns is None
    assert own.amplitude_uv == pytest.approx(100, abs=8)


def test_beside_other_potentials_of_a_train():
    shape = half_sines((60, -100, 40), 1)
    samples = sum(recording(shape, at_s=at, noise=1, seed=round(1000 * at)) for at in np.arange(0.05, 0.45, 0.02))
    own = measure_potential(samples, RATE, at_s=0.2515)
    assert own.duration_ms == pytest.approx(3, abs=0.8)
    assert own.phases == 3


def simulated(generator, noise_uv, **fixed):
    """(true event, its first phase, measured) of potentials whose truth is known exactly."""
    pairs = []
    for seed in range(25):
        draw = Draw(np.random.default_rng([5, seed]))
        train = make(generator, draw, RATE, 2.0, rate_hz=4.0, cv=0.05, **fixed)
        background = amplifier_noise(draw, RATE, 40000, noise_uv)
        made = record([train], background, RATE, Amplifier(2.0, 10000.0))
        for i, event in enumerate(made.events[1:4], 1):
            shape = train.shapes[train.which[i]]
            over = np.abs(shape) > 0.1 * np.abs(shape).max()
            first = "positive" if shape[np.argmax(over)] > 0 else "negative"
            pairs.append((event, first, measure_potential(made.samples_uv, RATE, at_s=event.time_s)))
    return pairs


@pytest.mark.parametrize(
    ("generator", "amplitude_uv", "edge_ms"),
    [
        ("fibrillation", 150, 0.5),
        ("end-plate spike", 150, 0.5),
        ("myopathic MUAP", 240, 1.0),
        ("normal MUAP", 370, 1.0),
        ("neurogenic MUAP", 830, 1.5),
        ("fasciculation", 561, 1.3),
        ("positive sharp wave", 200, 3.0),
    ],
)
def test_simulated_potentials_are_measured_as_they_were_made(generator, amplitude_uv, edge_ms):
    told = [
        (e, first, p) for e, first, p in simulated(generator, 3.0, amplitude_uv=amplitude_uv) if p and p.duration_ms
    ]
    assert len(told) >= 72  # of 75
    pairs = [(e, p) for e, _, p in told]
    size = [p.amplitude_uv / e.amplitude_uv for e, p in pairs]
    assert 0.97 < np.percentile(size, 5) < np.percentile(size, 95) < 1.2
    assert max(abs(p.peak_s - e.time_s) for e, p in pairs) < 0.003
    assert abs(np.median([p.onset_s - e.start_s for e, p in pairs])) < edge_ms / 1000
    assert abs(np.median([p.offset_s - e.end_s for e, p in pairs])) < edge_ms / 1000
    assert np.mean([p.first_phase == first for _, first, p in told]) > 0.9
    positive = np.mean([p.first_phase == "positive" for _, p in pairs])
    if generator in ("fibrillation", "positive sharp wave"):
        assert positive > 0.95
    if generator == "end-plate spike":
        assert positive < 0.02


def test_noise_alone_is_seldom_measured():
    draw = Draw(np.random.default_rng(8))
    noise = amplifier_noise(draw, RATE, 200000, 4.0)
    found = [measure_potential(noise, RATE, at_s=at) for at in np.linspace(0.5, 9.5, 100)]
    assert sum(p is not None for p in found) <= 2
