"""The published Inception v4 recipe: its network is timm's, its two stages run, go on, and give a bundle."""

import json
import tomllib

import cv2
import numpy as np
import pytest
import torch

from training.emg.folders import split_folders, training_picture
from training.emg.published import RECIPE, train
from training.simulate.emg.files import FOLDERS
from viewer.models.bundle import load_bundle
from viewer.models.networks.inception_v4 import InceptionV4, from_timm
from viewer.models.preprocessing.picture import prepare_picture
from viewer.study import Image, Kind, KindFrom, Source, Study

NO_TIMM = "timm is a training extra: its RMSpropTF and its Inception v4 are used here"


@pytest.fixture
def recipe():
    return tomllib.loads(RECIPE.read_text("utf-8"))


@pytest.fixture
def folder(tmp_path):
    rng = np.random.default_rng(0)
    for name in FOLDERS.values():
        (tmp_path / "data" / name).mkdir(parents=True)
        for recording in range(3):
            for image in range(2):
                picture = rng.integers(0, 255, (90, 120, 3), dtype=np.uint8)
                cv2.imwrite(str(tmp_path / "data" / name / f"rec{recording}_{image}.png"), picture)
    return tmp_path / "data"


def test_the_network_is_timm_s():
    timm = pytest.importorskip("timm", reason=NO_TIMM)
    torch.manual_seed(0)
    theirs = timm.create_model("inception_v4", num_classes=3).eval()
    ours = InceptionV4(3).eval()
    state = from_timm(theirs.state_dict())
    state["last_linear.weight"], state["last_linear.bias"] = theirs.last_linear.weight, theirs.last_linear.bias
    ours.load_state_dict(state, strict=True)
    x = torch.randn(1, 3, 107, 107)
    with torch.inference_mode():
        assert torch.allclose(ours(x), theirs(x), atol=1e-6)


def test_the_recipe_is_the_published_one(recipe):
    assert (recipe["classifier"]["steps"], recipe["classifier"]["batch"], recipe["classifier"]["rate"]) == (
        1000,
        16,
        0.01,
    )
    assert (recipe["all"]["steps"], recipe["all"]["batch"], recipe["all"]["rate"]) == (200000, 10, 5e-5)
    assert recipe["optimiser"]["weight_decay"] == 4e-5
    assert (recipe["optimiser"]["decay"], recipe["optimiser"]["momentum"], recipe["optimiser"]["epsilon"]) == (
        0.9,
        0.9,
        1,
    )
    assert (recipe["held_out"], recipe["seed"], recipe["size"], recipe["crop"]["central"]) == (0.2, 0, 299, 0.875)


def test_a_split_by_recording_keeps_recordings_whole(folder):
    for seed in range(5):
        split = split_folders(folder, 0.34, seed, "recording")
        names = [{(p.parent.name, p.stem.split("_")[0]) for p, _ in part} for part in (split.train, split.held_out)]
        assert len(split.train) + len(split.held_out) == 18
        assert not {n for _, n in names[0]} & {n for _, n in names[1]}


def test_a_split_by_image_holds_out_a_fifth(folder):
    split = split_folders(folder, 0.2, 0, "image")
    assert len(split.held_out) == 4
    assert not set(split.train) & set(split.held_out)


def test_training_pictures_are_crops_scaled_to_one(folder, recipe):
    rng = np.random.default_rng(1)
    path = folder / "001.PSW" / "rec0_0.png"
    pictures = [training_picture(path, 64, recipe["crop"], rng) for _ in range(5)]
    assert all(p.shape == (3, 64, 64) for p in pictures)
    assert min(float(p.min()) for p in pictures) >= -1
    assert max(float(p.max()) for p in pictures) <= 1
    assert not torch.equal(pictures[0], pictures[1])


def test_evaluation_keeps_the_middle_of_the_picture():
    pixels = np.zeros((80, 160), np.uint8)
    pixels[5:75, 10:150] = 255
    study = Study(Source(RECIPE, "0" * 64, "png"), Kind.EMG_IMAGE, KindFrom.PERSON, Image(pixels))
    prepared = prepare_picture(study, height=32, width=32, fit="stretch", central=0.875)
    assert float(prepared.inputs.min()) == 1
    extent = prepared.extents[0]
    assert (extent.x, extent.y, extent.w, extent.h) == (10, 5, 140, 70)


def test_both_stages_run_go_on_and_give_a_bundle(folder, recipe, tmp_path):
    pytest.importorskip("timm", reason=NO_TIMM)
    recipe |= {"size": 107, "classifier": recipe["classifier"] | {"steps": 1, "batch": 2}}
    recipe["all"] |= {"steps": 1, "batch": 2}
    out = tmp_path / "out"
    train(recipe, folder, out, None, "cpu")
    dense = load_bundle(out / "bundle" / "emg-inception-v4").network.state_dict()
    recipe["all"]["steps"] = 2
    figures = train(recipe, folder, out, None, "cpu")
    steps = [json.loads(line) for line in (out / "steps.jsonl").read_text().splitlines()]
    assert [(s["stage"], s["step"]) for s in steps] == [("classifier", 0), ("all", 0), ("all", 1)]
    assert 0 <= figures["accuracy"] <= 1
    assert (out / "loss.png").stat().st_size > 0
    again = load_bundle(out / "bundle" / "emg-inception-v4").network.state_dict()
    assert not torch.equal(dense["layers.0.conv.weight"], again["layers.0.conv.weight"])
