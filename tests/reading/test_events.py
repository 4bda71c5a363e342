"""Events and trains of an EMG recording: grouping, firing, conditioning, and the shipped detector on plain cases."""

from itertools import pairwise

import numpy as np
import pytest
import torch

from viewer.models.networks import build_network
from viewer.models.preprocessing.emg_trace import MARGIN_S, RATE_HZ, conditioned, noise_level, pieces, without_hum
from viewer.reading import trains as tr
from viewer.reading.checks_emg import is_cut_off
from viewer.reading.events import _events
from viewer.reading.gradcam import filter_weights
from viewer.study import Waveform

torch.set_num_threads(1)


def spike(width_ms: float = 2.0, rate_hz: float = RATE_HZ) -> np.ndarray:
    """A triphasic potential, its first phase positive, its largest deflection -1 in the middle."""
    t = np.linspace(-2, 2, round(2 * width_ms * rate_hz / 1000) | 1)
    return (-(1 - 2 * t**2) * np.exp(-(t**2))).astype(np.float32)


def sharp_wave(rate_hz: float = RATE_HZ) -> np.ndarray:
    """A sharp positive fall, back within 3 ms, then a low negative phase of 15 ms."""
    t = np.arange(round(0.02 * rate_hz)) / rate_hz * 1000
    return (np.exp(-t / 1.1) * (t > 0) - 0.18 * (1 - np.exp(-t / 2)) * np.exp(-t / 6)).astype(np.float32)


def laid(shape: np.ndarray, times_s, length_s: float, rate_hz: float, size_uv: float = 100.0, seed: int = 0, noise=3.0):
    samples = np.random.default_rng(seed).normal(0, noise, round(length_s * rate_hz)).astype(np.float32)
    for time in times_s:
        at = round(time * rate_hz)
        end = min(len(samples), at + len(shape))
        samples[at:end] += size_uv * shape[: end - at]
    return samples


def found_of(times_s: np.ndarray, shapes: np.ndarray) -> tr.Found:
    order = np.argsort(times_s)
    count = len(times_s)
    told = np.log(np.full((count, 4), 0.25, np.float32))
    ones = np.ones(count)
    return tr.Found(
        times_s[order], times_s[order], times_s[order] + 0.004, ones, told, shapes[order].astype(np.float32), ones, 1.0
    )


def shaped(kind: int, count: int, seed: int) -> np.ndarray:
    """``count`` noisy copies of one of three potentials, in units of the noise."""
    rng = np.random.default_rng(seed)
    t = np.arange(-tr.BEFORE, tr.AFTER) / RATE_HZ * 1000
    shape = (
        -np.exp(-(t**2) / 0.1) + 0.5 * np.exp(-((t - 0.8) ** 2) / 0.2),
        np.exp(-np.abs(t) / 1.2) - 0.3 * np.exp(-((t - 5) ** 2) / 6),
        np.sin(2 * t) * np.exp(-(t**2) / 8),
    )[kind]
    return 30 * shape * (1 + 0.03 * rng.standard_normal((count, 1))) + rng.standard_normal((count, len(t)))


class TestTrains:
    def test_three_units_are_three_trains(self):
        rng = np.random.default_rng(3)
        times = [np.cumsum(rng.uniform(0.8, 1.2, 40) / rate) for rate in (4, 7, 11)]
        shapes = np.concatenate([shaped(kind, 40, kind) for kind in range(3)])
        at = np.concatenate(times)
        found, owner = tr.grouped(found_of(at, shapes))
        assert len(found) == 120
        truth = np.repeat(np.arange(3), 40)[np.argsort(at)]
        assert len(np.unique(owner)) == 3
        assert len(set(zip(owner.tolist(), truth.tolist(), strict=True))) == 3
        assert owner[0] == 0  # numbered by their first events

    def test_two_units_of_one_waveform_but_of_two_sizes_are_two_trains(self):
        at = np.concatenate([np.arange(40) * 0.16, 0.05 + np.arange(25) * 0.27])
        shapes = np.concatenate([shaped(0, 40, 1), shaped(0, 25, 2) * 0.7])
        _, owner = tr.grouped(found_of(at, shapes))
        truth = np.repeat([0, 1], [40, 25])[np.argsort(at)]
        assert len(set(zip(owner.tolist(), truth.tolist(), strict=True))) == 2

    def test_a_unit_that_waxes_and_wanes_is_one_train(self):
        at = np.arange(120) * 0.03
        shapes = shaped(0, 120, 1) * (1 + 0.5 * np.sin(2 * np.pi * at / 1.5))[:, None]
        _, owner = tr.grouped(found_of(at, shapes))
        assert np.bincount(owner).max() >= 100

    def test_further_peaks_of_a_waveform_are_not_events(self):
        """A complex repetitive discharge: the same second peak 6 ms after the first, each cycle."""
        first = np.arange(30) * 0.05
        shapes = np.concatenate([shaped(0, 30, 1), 0.6 * shaped(1, 30, 2)])
        found, owner = tr.grouped(found_of(np.concatenate([first, first + 0.006]), shapes))
        assert len(found) == 30
        assert found.time_s == pytest.approx(first)
        assert set(owner) == {0}

    def test_units_that_fire_by_themselves_are_kept(self):
        rng = np.random.default_rng(5)
        a, b = np.arange(60) * 0.1, np.cumsum(rng.uniform(0.05, 0.16, 60))
        found, owner = tr.grouped(
            found_of(np.concatenate([a, b]), np.concatenate([shaped(0, 60, 1), shaped(1, 60, 2)]))
        )
        assert len(found) == 120
        assert len(np.unique(owner)) == 2


class TestFiring:
    def test_a_regular_train(self):
        fires = tr.firing(np.arange(40) * 0.2)
        assert fires.rate_hz == pytest.approx(5)
        assert fires.interval_cv == pytest.approx(0, abs=1e-9)
        assert fires.slowing == pytest.approx(0)

    def test_interval_cv_is_the_standard_deviation_over_the_mean(self):
        intervals = np.random.default_rng(1).gamma(1 / 0.3**2, 0.3**2 / 8, 400)
        fires = tr.firing(np.cumsum(intervals))
        assert fires.interval_cv == pytest.approx(0.3, abs=0.03)
        assert fires.rate_hz == pytest.approx(8, rel=0.05)

    def test_a_hidden_event_does_not_make_a_regular_train_irregular(self):
        times = np.delete(np.arange(40) * 0.2, [7, 8, 20])
        fires = tr.firing(times)
        assert fires.rate_hz == pytest.approx(5, rel=0.01)
        assert fires.interval_cv < 0.01

    def test_a_train_that_slows_before_it_stops(self):
        fires = tr.firing(np.cumsum(np.linspace(0.1, 0.2, 30)))
        assert fires.slowing == pytest.approx(0.5, abs=0.1)  # thirds: 0.117 and 0.183 s

    def test_two_or_three_events_have_no_slowing(self):
        assert tr.firing(np.array([0.0, 0.2, 0.4])).slowing is None


class TestConditioning:
    @pytest.mark.parametrize("rate_hz", [4000.0, 10000.0, 44100.0, 48000.0])
    def test_a_potential_keeps_its_place_and_height_at_any_rate(self, rate_hz):
        at, shape = 0.61234, spike(4.0, rate_hz)
        piece = conditioned(laid(shape, [at], 1.5, rate_hz, noise=0.5), rate_hz)
        largest = int(np.abs(piece.signal).argmax())
        assert largest / RATE_HZ == pytest.approx(at + len(shape) / 2 / rate_hz, abs=4e-4)
        assert -piece.signal[largest] == pytest.approx(100, rel=0.12)

    @pytest.mark.parametrize("mains_hz", [50, 60])
    def test_hum_is_taken_away_and_potentials_are_left(self, mains_hz):
        rng = np.random.default_rng(0)
        clean = laid(spike(), np.arange(0.3, 9.5, 0.171), 10, RATE_HZ)
        t = np.arange(len(clean)) / RATE_HZ
        hum = 80 * np.sin(2 * np.pi * mains_hz * t) + 25 * np.sin(2 * np.pi * 3 * mains_hz * t + rng.random())
        without, said = without_hum((clean + hum).astype(np.float32))
        assert said == mains_hz
        assert np.std(without - clean) < 0.06 * np.std(hum)

    def test_nothing_is_taken_where_there_is_no_hum(self):
        clean = laid(spike(), np.arange(0.3, 9.5, 0.1), 10, RATE_HZ)
        without, said = without_hum(clean)
        assert said == 0
        assert without is clean

    def test_potentials_do_not_count_as_noise(self):
        quiet, busy = (noise_level(laid(spike(), times, 5, RATE_HZ, 500)) for times in ([], np.arange(0.1, 4.9, 0.05)))
        assert quiet == pytest.approx(3, rel=0.1)
        assert busy == pytest.approx(3, rel=0.15)

    def test_gaps_stay_gaps(self):
        samples = laid(spike(), [0.5], 2, RATE_HZ)
        samples[8000:9600] = np.nan
        piece = conditioned(samples, RATE_HZ)
        assert np.isfinite(piece.signal).all()
        assert not piece.known[8000:9600].any()
        assert piece.known[:8000].all()

    def test_pieces_cover_a_long_recording_once_and_overlap(self):
        wave = Waveform(
            np.zeros((1, 4000 * 47), np.float32) + np.random.rand(4000 * 47).astype(np.float32), 4000.0, ("a",), ("uV",)
        )
        made = list(pieces(wave, 0))
        assert made[0].core_s[0] == 0
        assert made[-1].core_s[1] == pytest.approx(47)
        assert all(a.core_s[1] == b.core_s[0] for a, b in pairwise(made))
        assert made[1].start_s == pytest.approx(made[1].core_s[0] - MARGIN_S)
        assert max(len(p.signal) for p in made) <= 15 * RATE_HZ


def test_an_events_time_is_its_largest_deflection_and_gaps_hold_none():
    piece = conditioned(laid(spike(), [0.5, 1.0], 1.5, RATE_HZ), RATE_HZ)
    true_s = np.array([0.5, 1.0]) + (len(spike()) // 2) / RATE_HZ
    probability = np.zeros(1500)
    probability[(true_s * 1000).astype(int) + np.array([1, -1])] = 0.9  # each told a cell beside
    told, extent = np.zeros((4, 1500), np.float32), np.full((2, 1500), 0.002, np.float32)
    found = _events(piece, probability, told, extent, 0.5, 1.0)
    assert found.time_s == pytest.approx(true_s, abs=2 / RATE_HZ)
    assert (found.start_s < found.time_s).all()
    piece.known[round(0.95 * RATE_HZ) : round(1.1 * RATE_HZ)] = False
    assert len(_events(piece, probability, told, extent, 0.5, 1.0)) == 1


def test_the_network_builds_without_memory_and_refuses_odd_lengths():
    with torch.device("meta"):
        build_network("trace-events", classes=3)
    network = build_network("trace-events", classes=3).eval()
    with torch.inference_mode():
        assert network.features(torch.zeros(1, 2, 320)).shape == (1, 96, 40)
        with pytest.raises(ValueError, match="multiple of 32"):
            network.features(torch.zeros(1, 2, 100))


@pytest.mark.parametrize(("clip", "cut"), [(None, False), (0.4, True)])
def test_a_trace_cut_off_at_the_amplifiers_range(clip, cut):
    samples = laid(spike(), np.arange(0.1, 2.9, 0.2), 3, 10000.0, 400)
    if clip:
        samples = np.clip(samples, -clip * 400, clip * 400)
    assert is_cut_off(samples, 10000.0) == cut


def test_the_closed_form_of_the_maps_weights_is_autograds():
    torch.manual_seed(1)
    network = build_network("trace-events", classes=3).eval()
    features = torch.rand(2, 96, 60, requires_grad=True)
    logits = network.head(features)
    for c in range(3):
        (gradient,) = torch.autograd.grad(logits[:, c].sum(), features, retain_graph=True)
        closed = filter_weights(network, features.detach())[:, c]
        assert torch.allclose(closed, gradient.mean(2), atol=1e-7, rtol=1e-4)
