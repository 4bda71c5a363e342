"""Potentials on sweeps, as the shipped network spots them on pictures drawn here."""

from functools import partial

import numpy as np
import pytest

from tests.reading.test_waveforms import DARK, LIGHT, PLACES, WIDTH, middles, screen, sharp_wave, spike
from viewer.models.bundle import load_bundle, verify_bundle
from viewer.reading.spotting import spans, spot, sweep_input, together
from viewer.reading.waveforms import find_sweeps, find_waveforms, look
from viewer.resources import resources_dir

SHIPPED = resources_dir() / "models" / "screen-sweeps"


@pytest.fixture(scope="module")
def spotter():
    return partial(spot, load_bundle(SHIPPED))


def test_the_bundle_gives_its_golden_output():
    assert verify_bundle(SHIPPED).passed


@pytest.mark.parametrize("look", [DARK, LIGHT], ids=["dark", "light"])
@pytest.mark.parametrize("grid", [True, False], ids=["grid", "plain"])
def test_each_potential_has_one_box_round_it(spotter, look, grid):
    found = find_waveforms(screen([sum(spike(WIDTH, at) for at in PLACES)], look, grid), spot=spotter)
    assert middles(found) == pytest.approx([at + 4 for at in PLACES], abs=8)
    for wave in found.waveforms:
        assert 12 <= wave.w <= 50
        assert wave.y == pytest.approx(250 - 75, abs=14)
        assert wave.y + wave.h == pytest.approx(250 + 50, abs=18)


def test_the_slow_end_of_a_sharp_wave_is_in_its_box(spotter):
    (wave,) = find_waveforms(screen([sharp_wave(WIDTH, 400)], noise=0.6), spot=spotter).waveforms
    assert wave.x == pytest.approx(400, abs=8)
    assert wave.x + wave.w > 440  # the fall alone ends at 418


def test_low_potentials_that_noise_nearly_hides_are_found_beside_a_high_one(spotter):
    waves = spike(WIDTH, 150, 20) + spike(WIDTH, 420, 90) + spike(WIDTH, 700, 20)
    found = find_waveforms(screen([waves], noise=3.0), spot=spotter)
    assert middles(found) == pytest.approx([at + 4 for at in PLACES], abs=10)


def test_a_flat_sweep_stays_quiet(spotter):
    found = find_waveforms(screen([np.zeros(WIDTH)]), spot=spotter)
    assert found.quiet
    assert found.waveforms == ()


def test_where_the_network_finds_nothing_the_rules_do():
    picture = screen([spike(WIDTH, 400)])
    assert find_waveforms(picture, spot=lambda sweeps: [[] for _ in sweeps]) == find_waveforms(picture)


def test_a_sweep_is_seen_in_units_of_its_own_noise_and_height():
    low, high = (
        sweep_input(find_sweeps(look(screen([spike(WIDTH, 400, size)], noise=size / 40)))[0]) for size in (50.0, 100.0)
    )
    assert low.shape[0] == 6
    for row in (2, 3):  # in units of the largest deflection
        assert np.max(low[row]) == pytest.approx(np.max(high[row]), abs=0.15)


def test_sweeps_of_any_length_go_together_and_spans_do_not_overlap():
    import torch

    batch = together([torch.ones(6, 70), torch.ones(6, 33)])
    assert batch.shape == (2, 6, 1, 96)
    assert batch[1, :, :, 33:].abs().sum() == 0
    told = np.full((3, 60), -9.0)
    told[:, [20, 22, 45]] = [[3.0, 2.0, 1.0], [1.8, 1.8, 1.8], [1.8, 1.8, 1.8]]
    assert spans(told, 0.5) == [(15, 26), (40, 51)]
