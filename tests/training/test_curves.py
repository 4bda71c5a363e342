"""Pictures drawn with and without their curves, and the network that learns from the difference."""

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from training.curves.pictures import SHARES, _draw, compared, inked
from training.curves.train import _crop, batches, f1, loss, run
from training.job import Job
from training.simulate.curves_left_out import curves_left_out, left_out
from viewer.models.bundle import load_bundle, verify_bundle
from viewer.models.networks.curve_finder import CurveFinder

PART = {"name": "only", "stream": 0, "epochs": 1, "steps": 2, "batch": 3, "rate": 1e-3, "weight_decay": 0.0}
RECIPE = {"id": "screen-curves", "version": "0.1", "seed": 1, "validation": 1, "test": 6, "widths": [4, 4, 6, 8]}


@pytest.mark.parametrize("source", SHARES)
def test_the_same_numbers_draw_the_same_picture_but_for_its_curves(source):
    whole, again = (_draw(source, "train", 7) for _ in range(2))
    with curves_left_out():
        empty = _draw(source, "train", 7)
    np.testing.assert_array_equal(whole, again)
    assert whole.shape == empty.shape
    assert 0 < (whole != empty).any(2).mean() < 0.9
    assert not left_out()


def test_the_pixels_that_differ_are_the_curves():
    import cv2

    without = np.full((120, 300, 3), 30, np.uint8)
    without[::20] = 80
    whole = without.copy()
    cv2.line(whole, (10, 55), (290, 65), (250, 250, 90), 2)
    one = compared(whole, without, 1300)
    line = (whole != without).any(2)
    assert (one.curves[line] == 1).mean() > 0.95
    assert not (one.curves[~cv2.dilate(line.astype(np.uint8), np.ones((5, 5))).astype(bool)] == 1).any()
    assert one.shown is whole
    assert compared(whole, without, 150).curves.shape == (60, 150)


@pytest.mark.parametrize("source", SHARES)
def test_every_source_gives_curves_that_fill_a_part_of_the_picture(source):
    shares = [float((inked([3, n], "train", source).curves == 1).mean()) for n in range(4)]
    assert 0 < np.median(shares) < 0.4


def test_a_batch_is_drawn_again_from_its_numbers():
    (first,), (again,) = (list(batches(PART | {"steps": 1}, [1], 0)) for _ in range(2))
    assert first[0].shape == (3, 3, 320, 320)
    assert first[1].shape == (3, 320, 320)
    assert torch.equal(first[0], again[0])
    assert torch.equal(first[1], again[1])
    assert set(first[1].unique().tolist()) <= {-1.0, 0.0, 1.0}


def test_a_crop_turns_picture_and_curves_alike():
    one = inked([5, 1], "validation", "screens")
    for seed in range(6):
        seen, curves = _crop(one, np.random.default_rng(seed))
        bright = seen[0].numpy().max(0)
        here, none = curves == 1, curves == 0
        if here.sum() > 200:  # curves differ from their ground wherever the piece came to lie
            assert abs(float(np.median(bright[here])) - float(np.median(bright[none]))) > 0.02


def test_the_loss_falls_as_the_pixels_come_right():
    wanted = torch.zeros(1, 32, 32)
    wanted[0, 10:12] = 1
    wanted[0, 20:] = -1
    right = (wanted[:, None] > 0.5).float() * 12 - 6
    assert float(loss(right, wanted)) < 0.1
    assert float(loss(-right, wanted)) > 1
    anything = right.clone()
    anything[:, :, 20:] = 9  # where either will do, nothing counts
    assert float(loss(anything, wanted)) == pytest.approx(float(loss(right, wanted)), abs=1e-6)
    assert f1(np.array([[10, 10, 10], [10, 0, 0]])) == 0.5


def test_the_trainer_writes_a_sound_bundle_and_goes_on_from_weights(tmp_path):
    torch.manual_seed(5)
    save_file(CurveFinder(widths=RECIPE["widths"]).state_dict(), tmp_path / "begun.safetensors")
    recipe = RECIPE | {"part": [PART | {"average": 0.5}]}
    bundle = run(Job(recipe, tmp_path, tmp_path / "out", "cpu", tmp_path / "begun.safetensors", 1))
    own = load_bundle(bundle)
    assert own.card.role == "curves"
    assert verify_bundle(bundle).passed
    assert {f.data.split(",")[0] for f in own.card.figures} >= {"drawn screens in looks never trained on"}
