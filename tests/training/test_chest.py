"""The chest recipe: patients stay in one part, sources teach nothing of themselves, boxes pull the maps."""

import tomllib
from pathlib import Path

import numpy as np
import pytest
import torch

from training.chest import deep_media
from training.chest.augment import cells, vary
from training.chest.films import LABELS, Films, read_films, split
from training.chest.loss import WithMaps, offsets, pack, packed_loss, soft_targets, unbiased_odds
from training.chest.maps import mean_boxes
from training.chest.report import balanced_threshold, finish
from training.chest.train import within_source_auc
from viewer.models.bundle import load_bundle, verify_bundle
from viewer.models.networks import build_network
from viewer.reading.gradcam import class_maps

torch.set_num_threads(1)
RECIPE = tomllib.loads((Path(__file__).parents[2] / "training/recipes/chest-films.toml").read_text("utf-8"))


def made_films(count: int = 600) -> Films:
    """Films of 200 patients: one source unbiased, one all Pneumonia or No Finding, one with findings only."""
    rng = np.random.default_rng(0)
    sources = np.array(["jrzech", "darkcovid", "radSIM"])[np.arange(count) % 3]
    labels = (rng.random((count, 9)) < 0.15).astype(np.float32)
    ill = rng.random(count) < 0.5
    labels[sources == "darkcovid"] = 0
    labels[sources == "darkcovid", 6] = ill[sources == "darkcovid"]
    labels[sources == "darkcovid", 8] = ~ill[sources == "darkcovid"]
    labels[sources == "radSIM", 8] = 0
    teacher = np.full((count, 9), np.nan, np.float32)
    teacher[:90, :8] = rng.random((len(teacher[:90]), 8)) * 0.2
    return Films(
        rng.integers(0, 256, (count, 32, 32), dtype=np.uint8),
        labels,
        teacher,
        np.array([str(i % 200) for i in range(count)]),
        sources,
        np.array(["PA", "AP"])[np.arange(count) % 2],
        np.array([f"{i}.jpg" for i in range(count)]),
        tuple(np.array([[3, 0.1, 0.2, 0.3, 0.3]], np.float32) for _ in range(count)),
    )


def test_no_patient_is_in_two_parts() -> None:
    films = made_films()
    parts = split(films, RECIPE["split"], RECIPE["seed"])
    owners = [set(films.patients[parts[p]]) for p in ("train", "validation", "test")]
    assert sum(len(o) for o in owners) == 200 == len(set.union(*owners))
    assert sum(len(p) for p in parts.values()) == len(films.names)


def test_a_patients_place_does_not_depend_on_the_other_films() -> None:
    films = made_films()
    alone = films.take(np.arange(0, 600, 3))
    whole = split(films, RECIPE["split"], RECIPE["seed"])
    few = split(alone, RECIPE["split"], RECIPE["seed"])
    assert set(alone.patients[few["test"]]) <= set(films.patients[whole["test"]])


def test_offsets_are_the_log_odds_of_a_source_and_view() -> None:
    films = made_films()
    found = offsets(films, films.labels)
    group = (films.sources == "darkcovid") & (films.views == "PA")
    share = films.labels[group, 6].mean()
    assert found[group, 6] == pytest.approx(np.log(share / (1 - share)))
    assert found[films.sources == "radSIM", 8] == pytest.approx(np.log(0.01 / 0.99))


def test_recognising_the_source_gains_nothing() -> None:
    """At logits of 0 the loss has no gradient along any direction that only tells sources apart."""
    films = made_films()
    targets = films.labels
    packed = torch.from_numpy(
        np.stack([pack(t, o, np.zeros((9, 1, 1))) for t, o in zip(targets, offsets(films, targets), strict=True)])
    )
    logits = torch.zeros(len(targets), 9, requires_grad=True)
    packed_loss(9, 0.0)(torch.cat([logits, torch.zeros(len(targets), 9)], 1), packed).backward()
    assert logits.grad is not None
    pull = torch.stack([logits.grad[films.sources == s].sum(0).abs() for s in ("jrzech", "darkcovid")])
    plain = torch.stack(
        [torch.from_numpy(0.5 - targets[films.sources == s]).sum(0).abs() for s in ("jrzech", "darkcovid")]
    )
    assert pull[:, [6, 8]].max() < 1e-6
    assert (pull / (plain / targets.size)).max() < 0.03  # a class that a source lacks keeps a hundredth


def test_the_teacher_is_shifted_to_the_labels_share_and_says_nothing_of_no_finding() -> None:
    films = made_films()
    targets = soft_targets(films, 1.0)
    base = (films.sources == "jrzech") & np.isfinite(films.teacher[:, 0])
    assert targets[base][:, :8].mean(0) == pytest.approx(films.labels[base][:, :8].mean(0), abs=1e-3)
    assert set(np.round(targets[:, 8].astype(float), 3)) == {0.02, 0.96}
    assert unbiased_odds(films, targets).shape == (9,)


def test_a_box_pulls_the_map_of_its_class_alone() -> None:
    inside = cells(np.array([[3, 0.5, 0.5, 1.0, 1.0]]), 9, 4)
    assert inside[3, 2:, 2:].min() == 1
    assert inside.sum() == 4
    outputs = torch.zeros(1, 9 * 17, requires_grad=True)
    packed = torch.from_numpy(pack(np.zeros(9), np.zeros(9), inside))[None]
    packed_loss(9, 1.0)(outputs, packed).backward()
    assert outputs.grad is not None
    pull = -outputs.grad[0, 9:].view(9, 4, 4)
    assert pull[3, 2:, 2:].min() > 0 > pull[3, :2].max()
    assert pull[[c for c in range(9) if c != 3]].abs().max() == 0


def test_the_maps_trained_on_are_the_maps_shown() -> None:
    torch.manual_seed(0)
    network = build_network("efficientnet-lite0", classes=9).eval()
    x = torch.randn(1, 3, 64, 64)
    with torch.inference_mode():
        outputs = WithMaps(network)(x)
        shown = class_maps(network, network.features(x))
    own = outputs[:, 9:].view(shown.shape).clamp(min=0)
    own, shown = own / own.amax(), shown / shown.amax()
    assert torch.allclose(own, shown, atol=1e-4)


def test_a_varied_film_keeps_its_boxes_on_what_they_mark() -> None:
    film = np.full((128, 128), 40, np.uint8)
    film[::8] = 70
    film[50:70, 60:90] = 230
    boxes = np.array([[2, 60 / 128, 50 / 128, 90 / 128, 70 / 128]], np.float32)
    hits = 0
    for seed in range(12):
        seen, moved = vary(film, boxes, 96, np.random.default_rng(seed))
        _, x0, y0, x1, y1 = moved[0]
        part = seen[int(y0 * 96) + 3 : int(y1 * 96) - 2, int(x0 * 96) + 3 : int(x1 * 96) - 2].astype(float)
        hits += abs(part.mean() - np.median(seen)) > 60
    assert hits >= 11


def test_operating_points_balance_sensitivity_and_specificity() -> None:
    truth = np.array([0] * 80 + [1] * 20)
    share = np.concatenate([np.linspace(0, 0.8, 80), np.linspace(0.4, 1.0, 20)])
    point = balanced_threshold(truth, share)
    called = share >= point
    assert called[80:].mean() == pytest.approx((~called[:80]).mean(), abs=0.05)


def test_auc_within_sources_ignores_what_separates_sources() -> None:
    truth = np.array([0, 0, 0, 1, 0, 1, 1, 1])
    sources = np.array(["a"] * 4 + ["b"] * 4)
    score = (sources == "b").astype(float)
    assert within_source_auc(truth, score, sources) == pytest.approx(0.5)


def test_mean_boxes_are_fractions_of_the_film() -> None:
    assert mean_boxes(made_films(4)) == {"Nodule": (pytest.approx(0.2), pytest.approx(0.1))}


@pytest.fixture
def small_data(tmp_path: Path) -> Path:
    """A folder laid out as the real one: 90 films of noise, boxes, a teacher, and ten films of another country."""
    import cv2

    rng = np.random.default_rng(1)
    films, other = tmp_path / "cxr/films", tmp_path / "cxr_jsrt/films"
    films.mkdir(parents=True)
    other.mkdir(parents=True)
    names = [label.replace(" ", "_") for label in LABELS]
    table, boxes, taught = (
        [],
        ["file,label,x,y,w,h,source,px"],
        ["Image Index," + ",".join(f"prob_{n}" for n in names[:8])],
    )
    for i in range(90):
        cv2.imwrite(str(films / f"{i}.jpg"), rng.integers(0, 256, (64, 64), dtype=np.uint8))
        source = ("jrzech", "radSIM", "darkcovid")[i % 3]
        found = ",".join(str(int(rng.random() < 0.5)) for _ in names)
        table.append(f"{i}.jpg,{i}.png,{i},{source},PA,{found}")
        boxes.append(f"{i}.jpg,{LABELS[i % 8]},100,200,400,300,NIH,1024")
        taught.append(f"{i}.png," + ",".join(f"{p:.3f}" for p in rng.random(8)))
    (tmp_path / "cxr/labels.csv").write_text("\n".join(["file,image,patient,source,view," + ",".join(names), *table]))
    (tmp_path / "cxr/boxes.csv").write_text("\n".join(boxes))
    (tmp_path / "cxr/teacher_chexnet_probabilities.csv").write_text("\n".join(taught))
    for i in range(10):
        cv2.imwrite(str(other / f"{i}.jpg"), rng.integers(0, 256, (64, 64), dtype=np.uint8))
    rows = [f"{i}.jpg,{i % 2}" for i in range(10)]
    (tmp_path / "cxr_jsrt/labels.csv").write_text("\n".join(["file,nodule", *rows]))
    return tmp_path


@pytest.mark.filterwarnings("ignore:.*invalid value.*")
def test_the_published_recipe_runs_from_films_to_a_bundle(
    small_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = tomllib.loads((Path(__file__).parents[2] / "training/recipes/chest-deep-media.toml").read_text("utf-8"))
    recipe |= {"size": 64, "split": {part: {"test": 0.4, "validation": 0.3} for part in ("unbiased", "chosen")}}
    recipe["training"] |= {"epochs": 1, "batch": 16}
    monkeypatch.setattr("training.chest.maps.MOST", 4)
    films = read_films(small_data / "cxr", 64)
    network = deep_media.train(films, recipe, tmp_path / "out")
    finish(network, films, recipe, small_data, tmp_path / "out")
    bundle = load_bundle(tmp_path / "out/chest-deep-media")
    assert bundle.card.classes == LABELS
    assert bundle.card.architecture == "resnet-18-deep-media"
    assert bundle.card.mean_boxes["Mass"] == pytest.approx((400 / 1024, 300 / 1024), abs=1e-3)
    assert {f.label for f in bundle.card.figures if f.name == "AUC"} == set(LABELS)
    assert bundle.network.features(torch.zeros(1, 3, 1024, 1024)).shape == (1, 512, 32, 32)
    assert verify_bundle(tmp_path / "out/chest-deep-media").passed
