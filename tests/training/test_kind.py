"""The kind recipe: looks, disarranged films, drawn pictures, the head, and the card it writes."""

import tomllib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from training.chest.films import place
from training.kind.drawn import SORTS, draw
from training.kind.emg_figures import draw_emg_figure
from training.kind.looks import disarrange, vary
from training.kind.maps import kept_maps
from training.kind.other_signals import SIGNALS, draw_ecg_figure, draw_other_signal
from training.kind.pictures import KINDS, SEED, SHARE, _drawn
from training.kind.plots import FAMILIES, Words
from training.kind.report import UNKNOWN, finish, softmax
from training.kind.train import Samples, first_maps, looks_at, samples_of, tune
from training.pretrained import efficientnet_lite0
from training.simulate.emg.draws import Draw
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
    pictures = list(_drawn({"drawn": 10, "emg_figures": 10, "other_signals": 10}))
    parts = {p.part for p in pictures}
    made = [p.load(np.random.default_rng(0)).tobytes() for p in pictures]
    assert {p.source for p in pictures} == {"drawn others", "EMG figures", "other signals"}
    assert parts == {"train", "validation", "test"}
    assert len(set(made)) == len(made)
    assert draw(np.random.default_rng(0))[0] in SORTS


@pytest.mark.parametrize("family", FAMILIES)
def test_each_family_draws_its_rows(family: str) -> None:
    t = np.linspace(0, 1, 500)
    words = Words("Title", "ms", 100.0, "uV", 500.0, ("A", "B", "C"))
    for part in ("train", "validation", "test"):
        for rows in (1, 3, 12):
            draw = Draw(np.random.default_rng(rows), part)  # type: ignore[arg-type]
            flat = FAMILIES[family][0](Draw(np.random.default_rng(rows), part), [0 * t + 1] * rows, words)  # type: ignore[arg-type]
            waves = FAMILIES[family][0](draw, [np.sin(40 * t)] * rows, words)
            assert waves.dtype == np.uint8
            assert (waves != flat).any(axis=2).mean() > 0.003  # what is drawn is the signal


def test_validation_and_test_have_families_of_their_own() -> None:
    parts = [part for _, _, part in FAMILIES.values()]
    assert {"any", "validation", "test"} == set(parts)


@pytest.mark.parametrize("signal", SIGNALS)
def test_other_signals_are_finite_and_vary(signal: str) -> None:
    one, two = (SIGNALS[signal][0](Draw(np.random.default_rng(s))) for s in (1, 2))
    assert np.isfinite(one).all()
    assert np.ptp(one) > 0
    assert not np.array_equal(one, two)


@pytest.mark.parametrize("make", [draw_emg_figure, draw_ecg_figure, draw_other_signal])
def test_figures_repeat_and_differ(make: Callable) -> None:
    made = [make(np.random.default_rng(s), "test") for s in (1, 1, 2, 3)]
    assert np.array_equal(made[0], made[1])
    assert len({m.tobytes() for m in made}) == 3


def test_maps_known_from_an_earlier_run_are_taken_over(tmp_path: Path) -> None:
    asked: list[int] = []

    def made(items: list[int]) -> np.ndarray:
        asked.extend(items)
        return np.array(items, np.float16)[:, None, None, None] * np.ones((1, 2, 3, 3), np.float16)

    first = np.array(kept_maps(made, range(40), ["a"], tmp_path))
    assert (first[:, 0, 0, 0] == np.arange(40)).all()
    asked.clear()
    assert np.array_equal(kept_maps(made, range(40), ["a"], tmp_path), first)
    assert not asked
    progress = tmp_path / "maps.json"
    progress.write_text(progress.read_text("utf-8").replace('"done": 40', '"done": 32'), "utf-8")
    assert np.array_equal(kept_maps(made, range(40), ["a"], tmp_path), first)
    assert asked == list(range(32, 40))
    kept_maps(made, range(40), ["another recipe"], tmp_path)
    assert asked[8:] == [0, *range(40)]


def test_a_patient_has_one_place() -> None:
    places = [place(str(i), SHARE, SEED) for i in range(1000)]
    assert places == [place(str(i), SHARE, SEED) for i in range(1000)]
    assert 0.15 < places.count("test") / 1000 < 0.25


def test_the_last_layers_learn_and_the_first_stay(tmp_path: Path) -> None:
    recipe = RECIPE | {"size": 64, "tail": RECIPE["tail"] | {"epochs": 1, "steps": 12, "batch": 8, "average": 0.5}}
    network = efficientnet_lite0(len(KINDS)).eval()
    before = {k: v.clone() for k, v in network.state_dict().items()}
    looks = looks_at(list(_drawn({"drawn": 10, "other_signals": 5, "emg_figures": 10})))
    maps = first_maps(network, looks, recipe, tmp_path)
    tune(network, looks, maps, recipe, tmp_path / "tail")
    moved = {k for k, v in network.state_dict().items() if not torch.equal(v, before[k])}
    first = recipe["tail"]["from_block"]
    assert f"blocks.{first}.project.0.weight" in moved
    assert "dense.weight" in moved
    assert not any(k.startswith(("stem.", *(f"blocks.{b}." for b in range(first)))) for k in moved)
    samples = samples_of(network, looks, maps, recipe)
    x = torch.from_numpy(np.stack([look.shown(recipe) for look in looks[:10]])).permute(0, 3, 1, 2) / 127.5 - 1
    with torch.inference_mode():
        whole = network.features(x.float()).flatten(2).mean(2).numpy()
    assert np.corrcoef(whole.ravel(), samples.features[:10].ravel())[0, 1] > 0.99  # in half precision on the way


def test_its_bundle_gives_the_same_output_again(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    centres = rng.normal(0, 1, (4, 1280)).astype(np.float32)
    truth = rng.integers(0, 4, 600)
    samples = Samples(
        np.maximum(centres[truth] + rng.normal(0, 0.5, (600, 1280)).astype(np.float32), 0),
        truth,
        np.array(["EMG figures", "drawn sheets", "NIH films", "other signals"])[truth],
        np.array(["train", "validation", "test", "test-varied"])[np.arange(600) % 4],
    )
    network = efficientnet_lite0(len(KINDS)).eval()
    with torch.no_grad():
        network.dense.weight.copy_(torch.from_numpy(np.maximum(centres, 0) / 100))
    finish(network, samples, RECIPE, tmp_path)
    bundle = load_bundle(tmp_path / "kind-pictures")
    assert bundle.card.role == "kind"
    assert bundle.card.classes == KINDS
    assert 0.6 <= bundle.card.uncertain_below <= 0.85
    assert verify_bundle(tmp_path / "kind-pictures").passed


def test_a_doubtful_picture_counts_as_unknown() -> None:
    share = softmax(np.array([[0.1, 0.0, 0.2, 0.0], [9.0, 0, 0, 0]]))
    called = np.where(share.max(1) < 0.5, UNKNOWN, share.argmax(1))
    assert [KINDS[c] for c in called] == ["unknown", "emg-image"]
