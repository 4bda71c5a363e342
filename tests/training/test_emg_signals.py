"""Simulated EMG against the published numbers (shared EMG.md; L there: read in a source)."""

import numpy as np
import pytest

from training.simulate.emg import GENERATORS, Amplifier, Draw, Firing, make, record, simulate_mixture
from training.simulate.emg.backgrounds import amplifier_noise, electrocardiogram, mains
from training.simulate.emg.draws import BANDS, Range, own_options
from training.simulate.emg.fibre import Fibre, count_phases, extent, fibre_potential
from training.simulate.emg.firing import spontaneous, steady
from training.simulate.emg.potentials import fibrillation_shape, positive_sharp_wave_shape

RATE = 20000.0


def draw(seed: int = 0, part="any") -> Draw:
    return Draw(np.random.default_rng(seed), part)


def shapes_of(generator: str, count: int = 120) -> list[np.ndarray]:
    own = draw(1)
    return [make(generator, own, RATE, 1.0).shapes[0] for _ in range(count)]


def durations_ms(shapes: list[np.ndarray]) -> np.ndarray:
    return np.array([(extent(s)[1] - extent(s)[0]) / RATE * 1000 for s in shapes])


def first_phase(shape: np.ndarray) -> float:
    """Sign of the first excursion over a tenth of the largest."""
    return float(np.sign(shape[np.argmax(np.abs(shape) > 0.1 * np.abs(shape).max())]))


class TestFibre:
    def test_a_passing_wave_is_triphasic_and_begins_positive(self):
        shape = fibre_potential(Fibre(), RATE)
        assert count_phases(shape) == 3
        assert first_phase(shape) == 1

    def test_a_wave_that_starts_at_the_needle_begins_negative(self):
        shape = fibre_potential(Fibre(origin_mm=0.0), RATE)
        assert first_phase(shape) == -1
        assert count_phases(shape) == 2

    def test_a_wave_blocked_at_the_needle_is_a_positive_sharp_wave(self):
        shape = fibre_potential(Fibre(end_mm=0.0, after=3.0), RATE)
        assert first_phase(shape) == 1
        assert shape.max() > 2.5 * -shape.min()
        assert np.argmin(shape) > np.argmax(shape)

    def test_slower_conduction_lasts_longer_in_proportion(self):
        fast, slow = (durations_ms([fibre_potential(Fibre(velocity_m_s=v), RATE)])[0] for v in (4.0, 2.0))
        assert slow / fast == pytest.approx(2, rel=0.03)

    def test_a_near_fibre_is_larger_and_sharper_than_a_far_one(self):
        near, far = (durations_ms([fibre_potential(Fibre(radius_mm=r), RATE)])[0] for r in (0.1, 0.8))
        assert near < far


class TestPublishedNumbers:
    def test_fibrillations_last_1_to_5_ms_and_begin_positive(self):
        shapes = shapes_of("fibrillation")
        lasting = durations_ms(shapes)
        assert lasting.min() >= 0.9
        assert lasting.max() <= 5.1
        assert np.mean([first_phase(s) for s in shapes]) == 1
        assert {count_phases(s) for s in shapes} <= {2, 3}

    def test_fibrillations_and_sharp_waves_are_20_uV_to_1_mV(self):
        for name in ("fibrillation", "positive sharp wave"):
            sizes = [float(np.ptp(s)) for s in shapes_of(name)]
            assert min(sizes) >= 20
            assert max(sizes) <= 1000

    def test_sharp_waves_fall_within_1_ms_and_are_positive_under_5_ms(self):
        for seed in range(60):
            shape = positive_sharp_wave_shape(draw(seed), RATE, 18.0)
            peak = int(np.argmax(shape))
            onset = peak - int(np.argmax(shape[peak::-1] < 0.1 * shape[peak]))
            back = int(np.argmax(shape[peak:] < 0.05 * shape[peak]))
            assert (peak - onset) / RATE * 1000 <= 1.05
            assert (peak - onset + back) / RATE * 1000 < 5.0
            assert first_phase(shape) == 1
            assert -shape.min() < 0.5 * shape.max()

    def test_sharp_waves_last_10_to_30_ms(self):
        lasting = durations_ms([s for s in shapes_of("positive sharp wave") if s.min() < -0.05 * s.max()])
        assert np.mean((lasting > 8) & (lasting < 33)) > 0.9
        assert 12 < lasting.mean() < 22

    def test_a_purely_positive_sharp_wave_has_no_negative_phase(self):
        shape = positive_sharp_wave_shape(draw(3), RATE, 15.0, purely_positive=True)
        assert -shape.min() < 0.05 * shape.max()

    def test_57_percent_of_trains_are_regular(self):
        own, cvs = draw(2), []
        for _ in range(300):
            times = spontaneous(own, 30.0, 6.0, 0.02, 0.4)
            intervals = np.diff(times)
            cvs.append(
                np.std(np.diff(intervals)) / np.mean(intervals) / np.sqrt(2)
            )  # slowing trains drift: differences
        assert np.mean(np.array(cvs) < 0.1) == pytest.approx(0.57, abs=0.07)

    def test_fibrillations_fire_at_half_to_15_hz(self):
        rates = [1 / np.median(np.diff(f.times_s)) for f in _trains("fibrillation", 20.0, 80) if len(f.times_s) > 8]
        assert min(rates) > 0.3
        assert max(rates) < 22

    @pytest.mark.parametrize(
        ("generator", "duration_ms", "amplitude_uv", "phases"),
        [
            ("normal MUAP", 9.6, 370, 2.6),
            ("neurogenic MUAP", 13.4, 830, 4.0),
            ("myopathic MUAP", 7.2, 240, 2.7),
            ("fasciculation", 12.6, 561, 3.25),
        ],
    )
    def test_motor_units_have_the_published_means(self, generator, duration_ms, amplitude_uv, phases):
        shapes = shapes_of(generator, 200)
        assert durations_ms(shapes).mean() == pytest.approx(duration_ms, rel=0.1)
        assert np.mean([np.ptp(s) for s in shapes]) == pytest.approx(amplitude_uv, rel=0.15)
        seen = [count_phases(s, min(0.5, 25 / np.abs(s).max())) for s in shapes]  # phases of more than 25 uV
        assert np.mean(seen) == pytest.approx(phases, abs=0.8)

    def test_a_very_regular_motor_unit_fires_as_regularly_as_a_fibrillation(self):
        trains = [f for f in _trains("regular motor unit", 20.0, 80) if len(f.times_s) > 20]
        cvs = [np.std(np.diff(f.times_s)) / np.mean(np.diff(f.times_s)) for f in trains]
        assert np.mean(cvs) == pytest.approx(0.035, abs=0.012)
        assert np.mean([len(f.times_s) / 20 for f in trains]) == pytest.approx(6.3, abs=1.2)

    def test_end_plate_noise_is_negative_monophasic_and_low(self):
        shapes = shapes_of("end-plate noise", 30)
        assert {count_phases(s) for s in shapes} == {1}
        assert {first_phase(s) for s in shapes} == {-1}
        assert max(np.ptp(s) for s in shapes) <= 40

    def test_end_plate_spikes_begin_negative_and_are_irregular(self):
        shapes = shapes_of("end-plate spike")
        assert {first_phase(s) for s in shapes} == {-1}
        assert {count_phases(s) for s in shapes} == {2}
        intervals = np.diff(make("end-plate spike", draw(4), RATE, 20.0).times_s)
        assert np.std(intervals) / np.mean(intervals) > 0.4

    def test_a_complex_repetitive_discharge_repeats_itself_exactly(self):
        train = make("complex repetitive discharge", draw(6), RATE, 5.0, rate_hz=30.0)
        assert np.mean([count_phases(s) for s in shapes_of("complex repetitive discharge", 40)]) > 5
        middle = np.diff(train.times_s)
        assert np.std(middle) / np.mean(middle) < 0.03

    def test_myotonic_discharges_wax_and_wane_at_20_to_150_hz(self):
        train = make("myotonic spikes", draw(7), RATE, 6.0, rate_hz=60.0)
        rates = 1 / np.diff(train.times_s)
        assert rates.min() > 20
        assert rates.max() < 150
        assert rates.max() / rates.min() > 1.3
        assert train.gains.max() / train.gains.min() > 1.3

    def test_neuromyotonia_fires_at_150_to_300_hz_and_wanes(self):
        train = make("neuromyotonia", draw(8), RATE, 3.0)
        assert 140 < 1 / np.mean(np.diff(train.times_s)) < 310
        assert train.gains[-1] < 0.75 * train.gains[0]

    def test_insertional_activity_stops_within_half_a_second(self):
        for seed in range(20):
            times = make("insertional activity", draw(seed), RATE, 4.0).times_s
            assert np.ptp(times) <= 0.5

    def test_every_generator_has_a_label_and_ranges(self):
        assert {g.label for g in GENERATORS.values()} == {"PSW", "Fibs", "Others"}
        assert [n for n, g in GENERATORS.items() if g.label == "Fibs"] == ["fibrillation"]
        assert [n for n, g in GENERATORS.items() if g.label == "PSW"] == ["positive sharp wave"]


def _trains(generator: str, length_s: float, count: int) -> list[Firing]:
    own = draw(9)
    return [make(generator, own, 2000.0, length_s) for _ in range(count)]


class TestRecording:
    @pytest.mark.parametrize("rate_hz", [4000.0, 10000.0, 48000.0])
    def test_truth_is_where_the_wave_is_largest(self, rate_hz):
        train = make(
            "fibrillation", draw(3), 20000.0 if rate_hz < 20000 else rate_hz, 3.0, amplitude_uv=200.0, rate_hz=4.0
        )
        made = record([train], np.zeros(int(3 * max(20000, rate_hz))), rate_hz, Amplifier())
        assert len(made.events) >= 8
        for event in made.events:
            first, last = round((event.time_s - 0.004) * rate_hz), round((event.time_s + 0.004) * rate_hz)
            around = np.abs(made.samples_uv[max(0, first) : last])
            at = (max(0, first) + int(np.argmax(around))) / rate_hz
            assert abs(at - event.time_s) < 0.0006
            assert event.start_s < event.time_s < event.end_s

    def test_amplitude_is_that_asked_for(self):
        train = make("positive sharp wave", draw(3), 20000.0, 3.0, amplitude_uv=200.0, rate_hz=2.0)
        made = record([train], np.zeros(60000), 20000.0, Amplifier(2.0, 10000.0))
        assert [e.amplitude_uv for e in made.events] == pytest.approx([200] * len(made.events), rel=0.15)

    def test_a_clipping_amplifier_clips(self):
        train = make("normal MUAP", draw(3), 20000.0, 2.0, amplitude_uv=500.0)
        made = record([train], np.zeros(40000), 20000.0, Amplifier(clip_uv=100.0))
        assert np.abs(made.samples_uv).max() == 100

    def test_several_generators_at_once_have_a_train_each(self):
        made = simulate_mixture(draw(5), ("fibrillation", "positive sharp wave", "end-plate spike"), 10000.0, 8.0)
        labels = {(e.train, e.label) for e in made.events}
        assert labels == {(1, "Fibs"), (2, "PSW"), (3, "Others")}
        assert len(made.samples_uv) == 80000
        assert made.backgrounds[0] == "noise"

    def test_mains_is_at_50_hz_and_odd_harmonics(self):
        hum = mains(draw(1), 10000.0, 10000, 100.0, 50.0)
        spectrum = np.abs(np.fft.rfft(hum))
        assert np.ptp(hum) == pytest.approx(100)
        assert int(np.argmax(spectrum)) == 50
        loud = np.flatnonzero(spectrum > 0.01 * spectrum.max())
        assert set(loud) <= {50, 150, 250, 350, 450}

    def test_the_heart_beats_at_the_rate_asked_for(self):
        heart = electrocardiogram(draw(1), 2000.0, 40000, 150.0, 1.2, 80.0)
        beats = np.flatnonzero(np.diff((np.abs(heart) > 0.6 * np.abs(heart).max()).astype(int)) == 1)
        assert len(beats) / 20 == pytest.approx(1.2, abs=0.15)

    def test_noise_has_the_rms_asked_for(self):
        assert amplifier_noise(draw(1), 20000.0, 40000, 4.0).std() == pytest.approx(4.0, rel=0.01)


class TestBands:
    def test_no_part_shares_a_band_with_another(self):
        grid = np.linspace(0, 1, 1001)[1:-1]
        owners = [sum(any(a < u < b for a, b in BANDS[p]) for p in ("train", "validation", "test")) for u in grid]
        assert max(owners) == 1

    def test_training_never_draws_from_the_test_s_bands(self):
        for part in ("train", "validation", "test"):
            own = draw(1, part)
            values = np.array([own.of(Range(10, 20)) for _ in range(2000)])
            inside = [any(a <= (v - 10) / 10 <= b for a, b in BANDS[part]) for v in values]
            assert all(inside)

    def test_looks_are_split_too(self):
        parts = [set(own_options(24, p, "palette").tolist()) for p in ("train", "validation", "test")]
        assert not parts[0] & parts[1]
        assert not parts[0] & parts[2]
        assert not parts[1] & parts[2]
        assert len(set.union(*parts)) == 24

    def test_a_steady_train_has_the_cv_asked_for(self):
        intervals = np.diff(steady(draw(1), 200.0, 10.0, 0.2))
        assert np.std(intervals) / np.mean(intervals) == pytest.approx(0.2, abs=0.02)
        assert 1 / np.mean(intervals) == pytest.approx(10, rel=0.03)

    def test_shapes_repeat_for_the_same_seed(self):
        one, other = (fibrillation_shape(draw(4), RATE, 3.0) for _ in range(2))
        assert np.array_equal(one, other)
