"""Curves told from grids, words and frames by the shipped network, on pictures drawn here, so that each is known."""

import numpy as np
import pytest
import torch

from tests.reading.test_waveforms import DARK, LIGHT, WIDTH, draw, screen, spike
from viewer.models.bundle import load_bundle, verify_bundle
from viewer.models.networks.curve_finder import MULTIPLE, CurveFinder
from viewer.reading.curves import curves_input, find_curves
from viewer.reading.waveforms import find_sweeps, find_waveforms, look
from viewer.resources import resources_dir

SHIPPED = resources_dir() / "models" / "screen-curves"


@pytest.fixture(scope="module")
def bundle():
    return load_bundle(SHIPPED)


@pytest.fixture(scope="module")
def tell(bundle):
    return lambda shown: find_curves(bundle, shown)


def test_the_shipped_bundle_is_sound():
    assert verify_bundle(SHIPPED).passed


@pytest.mark.parametrize("colours", [DARK, LIGHT], ids=["dark", "light"])
def test_a_curve_is_told_from_its_grid(tell, colours):
    rows = sum(spike(WIDTH, at) for at in (150, 420, 700))
    with_curve, without = screen([rows], colours), screen([rows * 0], (colours[0], colours[0], colours[2]), noise=0.0)
    told = tell(with_curve) > 0.5
    ink = np.abs(with_curve.astype(int) - without).max(2) > 100
    assert (told & ink).sum() > 0.8 * ink.sum()
    assert (tell(without) > 0.5).mean() < 0.001  # a grid alone is no curve


def test_words_and_frames_are_no_curves(tell):
    import cv2

    page = np.full((500, WIDTH, 3), 250, np.uint8)
    for row in range(40, 480, 40):
        cv2.putText(page, "R. Tibialis anterior 100 uV 10 ms/div", (30, row), 0, 0.6, (20, 20, 20), 1, cv2.LINE_AA)
    cv2.rectangle(page, (10, 10), (WIDTH - 10, 490), (0, 0, 0), 1)
    told = tell(page) > 0.5
    assert told.sum() < 0.3 * (page.min(2) < 128).sum()
    assert find_waveforms(page, look(page, tell=tell)).waveforms == ()


def test_a_sweep_goes_on_through_a_grid_as_strong_as_itself(tell):
    ground, trace, _ = DARK
    picture = screen([sum(spike(WIDTH, at) for at in (200, 600))], (ground, trace, (130, 140, 140)))
    (sweep,) = find_sweeps(look(picture, tell=tell))
    assert sweep.x0 <= 4
    assert sweep.x1 >= WIDTH - 4
    up = sweep.base - sweep.top
    for at in (200, 600):  # the negative phase is 1.4 x 60 px high, 0.6 x 14 px after its place
        assert up[at - sweep.x0 : at - sweep.x0 + 25].max() == pytest.approx(80, abs=12)


def test_without_a_curve_the_rules_look_themselves(bundle):
    picture = screen([spike(WIDTH, 400)])
    blind = find_waveforms(picture, look(picture, tell=lambda shown: np.zeros(shown.shape[:2], np.float32)))
    assert blind == find_waveforms(picture)


@pytest.mark.parametrize("shape", [(33, 47), (48, 64, 3), (200, 31, 3)])
def test_any_size_of_picture_is_told_pixel_by_pixel(bundle, shape):
    told = find_curves(bundle, np.random.default_rng(0).integers(0, 256, shape, np.uint8))
    assert told.shape == shape[:2]
    assert 0 <= told.min() <= told.max() <= 1
    assert curves_input(np.zeros(shape, np.uint8)).shape[2] % MULTIPLE == 0


def test_its_pixels_do_not_depend_on_what_is_far_away(bundle):
    """A curve at the left is told the same, whatever stands a thousand pixels to the right."""
    page = np.full((160, 1600, 3), 255, np.uint8)
    draw(page, 80 + spike(300, 150), (0, 0, 0), 20)
    other = page.copy()
    other[:, 1500:] = 0
    assert np.abs(find_curves(bundle, page) - find_curves(bundle, other))[:, :400].max() < 1e-4


def test_the_network_has_the_size_of_its_input():
    with torch.inference_mode():
        assert CurveFinder(widths=[4, 4, 6, 8])(torch.zeros(2, 3, 64, 96)).shape == (2, 1, 64, 96)
