"""The shipped EMG screen network on pictures it has never seen, and on the bundled sample."""

import numpy as np
import pytest
import torch

from training.simulate.emg.parameters import LABELS
from training.simulate.emg_screen import render_screen
from viewer.models.bundle import load_bundle, verify_bundle
from viewer.models.preprocessing import prepare
from viewer.reading.networks import probabilities
from viewer.resources import resources_dir
from viewer.study import Image, Kind, KindFrom, Source, Study

FOLDER = resources_dir() / "models" / "emg-screens"


@pytest.fixture(scope="module")
def bundle():
    return load_bundle(FOLDER)


def study_of(picture: np.ndarray) -> Study:
    source = Source(FOLDER, "0" * 64, "array")
    return Study(source, Kind.EMG_IMAGE, KindFrom.PERSON, Image(np.ascontiguousarray(picture)))


def read(bundle, picture: np.ndarray) -> np.ndarray:
    card = bundle.card
    prepared = prepare(card.preprocessing, card.preprocessing_arguments, study_of(picture))
    with torch.inference_mode():
        return probabilities(card, bundle.network(prepared.inputs))[0].numpy()


def test_its_golden_output_comes_back():
    assert verify_bundle(FOLDER).passed


def test_it_is_small_and_says_that_it_is_not_validated(bundle):
    assert (FOLDER / "weights.safetensors").stat().st_size < 8 << 20
    assert not bundle.card.validated
    assert bundle.card.exclusive
    assert bundle.card.classes == LABELS
    assert any("simulation" in limit for limit in bundle.card.limits)


def test_unseen_looks_are_read_right(bundle):
    right = 0
    for number in range(45):
        label = LABELS[number % 3]
        rng = np.random.default_rng([2026, number])
        picture, _ = render_screen(rng, label, "test", inverted=False)
        right += LABELS[int(read(bundle, picture).argmax())] == label
    assert right >= 39


def test_the_sample_screen_shows_fibrillations(bundle):
    import cv2

    picture = cv2.imread(str(resources_dir() / "samples" / "emg_screen.png"))
    assert picture is not None
    shares = read(bundle, picture[..., ::-1])
    assert LABELS[int(shares.argmax())] == "Fibs"
    assert shares[1] > bundle.card.uncertain_below


@pytest.mark.parametrize("ground", [0, 255])
def test_a_screen_without_any_wave_is_no_psw_and_no_fibs(bundle, ground):
    picture = np.full((480, 640, 3), ground, np.uint8)
    picture[240] = 255 - ground
    shares = read(bundle, picture)
    points = bundle.card.operating_points
    assert shares[0] < points["PSW"]
    assert shares[1] < points["Fibs"]


def test_its_card_names_what_issue_5_asks_for(bundle):
    names = {(f.name, f.label) for f in bundle.card.figures}
    assert ("accuracy", "") in names
    assert ("precision, operating point", "PSW") in names
    assert ("recall, operating point", "PSW") in names
    assert ("end-plate spikes called Fibs", "Fibs") in names
    assert any("healthy" in f.data and f.name == "motor units called PSW or Fibs" for f in bundle.card.figures)
    assert any(f.name == "pointing game" for f in bundle.card.faithfulness)
