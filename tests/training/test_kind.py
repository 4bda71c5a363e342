"""The kind recipe: looks, disarranged films, drawn pictures, the head, and the card it writes."""

import tomllib
from pathlib import Path

import numpy as np
import pytest
import torch

from training.chest.films import place
from training.kind.drawn import SORTS, draw
from training.kind.looks import disarrange, vary
from training.kind.pictures import KINDS, SEED, SHARE, _drawn
from training.kind.report import UNKNOWN, finish, logits_of, softmax
from training.kind.train import Samples, train_head
from training.pretrained import efficientnet_lite0
from viewer.models.bundle import load_bundle, verify_bundle

torch.set_num_threads(1)
RECIPE = tomllib.loads((Path(__file__).parents[2] / "training/recipes/kind-pictures.toml").read_text("utf-8"))


def scene() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (300, 240, 3), dtype=np.uint8)


@pytest.mark.parametrize("film", [True, False])
def test_looks_differ_and_stay_pictures(film: bool) -> None:
    looks = [vary(scene(), film, np.random.default_rng(s)) for s in range(12)]
    assert all(p.dtype == np.uint8 and p.ndim == 3 and min(p.shape[:2]) >= 100 for p in looks)
    assert len({p.tobytes() for p in looks}) == 12
    assert np.array_equal(looks[3], vary(scene(), film, np.random.default_rng(3)))


def test_a_disarranged_film_has_its_tones_but_not_its_layout() -> None:
    film = np.tile(np.linspace(0, 255, 256).astype(np.uint8)[:, None], (1, 256))
    for seed in range(10):
        other = disarrange(film, np.random.default_rng(seed))
        assert other.shape != film.shape or not np.array_equal(other, film)


@pytest.mark.parametrize("sort", SORTS)
def test_each_sort_of_drawn_picture(sort: str) -> None:
    one, two = (SORTS[sort](np.random.default_rng(s)) for s in (1, 2))
    assert one.dtype == np.uint8
    assert one.shape[2] == 3
    assert one.tobytes() != two.tobytes()


def test_drawn_pictures_of_two_parts_are_not_the_same() -> None:
    pictures = list(_drawn(10, 0, 0))
    parts = {p.part for p in pictures}
    made = [p.load(np.random.default_rng(0)).tobytes() for p in pictures]
    assert parts == {"train", "validation", "test"}
    assert len(set(made)) == len(made)
    assert draw(np.random.default_rng(0))[0] in SORTS


def test_a_patient_has_one_place() -> None:
    places = [place(str(i), SHARE, SEED) for i in range(1000)]
    assert places == [place(str(i), SHARE, SEED) for i in range(1000)]
    assert 0.15 < places.count("test") / 1000 < 0.25


def test_the_head_learns_and_its_bundle_gives_the_same_output_again(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    centres = rng.normal(0, 1, (4, 1280)).astype(np.float32)
    truth = rng.integers(0, 4, 600)
    samples = Samples(
        np.maximum(centres[truth] + rng.normal(0, 0.5, (600, 1280)).astype(np.float32), 0),
        truth,
        np.array(["drawn screens", "drawn sheets", "NIH films", "drawn others"])[truth],
        np.array(["train", "validation", "test", "test-varied"])[np.arange(600) % 4],
    )
    recipe = RECIPE | {"head": RECIPE["head"] | {"steps": 60}}
    network = train_head(efficientnet_lite0(len(KINDS)), samples, recipe)
    test = samples.part("test")
    assert (logits_of(network, test.features).argmax(1) == test.truth).mean() > 0.95
    finish(network, samples, recipe, tmp_path)
    bundle = load_bundle(tmp_path / "kind-pictures")
    assert bundle.card.role == "kind"
    assert bundle.card.classes == KINDS
    assert 0.6 <= bundle.card.uncertain_below <= 0.85
    assert verify_bundle(tmp_path / "kind-pictures").passed


def test_a_doubtful_picture_counts_as_unknown() -> None:
    share = softmax(np.array([[0.1, 0.0, 0.2, 0.0], [9.0, 0, 0, 0]]))
    called = np.where(share.max(1) < 0.5, UNKNOWN, share.argmax(1))
    assert [KINDS[c] for c in called] == ["unknown", "emg-image"]
