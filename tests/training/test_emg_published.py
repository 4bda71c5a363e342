"""The published Inception v4 recipe: its network is timm's, its two stages run, go on, and give a bundle."""

import dataclasses
import json
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from training.emg.folders import saturated, training_picture
from training.emg.gather import gather
from training.emg.published import WithAuxiliary, batch_of, learn, run, start
from training.job import Job, load_recipe
from training.rmsprop import RmspropTf
from training.simulate.emg.files import FOLDERS
from viewer.errors import LeadlightError
from viewer.models.bundle import load_bundle
from viewer.models.networks.inception_v4 import InceptionV4, from_timm
from viewer.models.preprocessing.picture import prepare_picture
from viewer.study import Image, Kind, KindFrom, Source, Study

NO_TIMM = "timm is a training extra: its RMSpropTF and its Inception v4 are the peers here"

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture
def recipe():
    return load_recipe("emg-inception-v4")


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


def test_training_pictures_are_crops_scaled_to_one(recipe):
    rng = np.random.default_rng(1)
    picture = rng.integers(0, 255, (90, 120, 3), dtype=np.uint8)
    pictures = [training_picture(picture, 64, recipe["crop"], rng) for _ in range(5)]
    assert all(p.shape == (3, 64, 64) for p in pictures)
    assert min(float(p.min()) for p in pictures) >= -1
    assert max(float(p.max()) for p in pictures) <= 1
    assert not torch.equal(pictures[0], pictures[1])


@pytest.mark.parametrize("factor", [0.5, 1.0, 1.5])
def test_saturation_is_that_of_hsv(factor):
    import colorsys

    for colour in ((0.2, 0.5, 0.9), (0.8, 0.75, 0.7), (0.4, 0.4, 0.4), (1.0, 0.0, 0.0)):
        hue, saturation, value = colorsys.rgb_to_hsv(*colour)
        wanted = colorsys.hsv_to_rgb(hue, min(1.0, saturation * factor), value)
        found = saturated(np.array([[colour]], np.float32), factor)[0, 0]
        assert found == pytest.approx(wanted, abs=1e-6)


def test_the_optimiser_is_tensorflow_s():
    timm_optim = pytest.importorskip("timm.optim", reason=NO_TIMM)
    torch.manual_seed(0)
    ours, theirs = torch.nn.Linear(5, 4), torch.nn.Linear(5, 4)
    theirs.load_state_dict(ours.state_dict())
    steps = (
        (ours, RmspropTf([{"params": ours.parameters(), "weight_decay": 0.1}], 0.02)),
        (theirs, timm_optim.RMSpropTF(theirs.parameters(), 0.02, 0.9, 1.0, 0.1, 0.9)),
    )
    for _ in range(6):
        x = torch.randn(3, 5)
        for network, optimiser in steps:
            optimiser.zero_grad()
            network(x).square().sum().backward()
            optimiser.step()
    assert torch.allclose(ours.weight, theirs.weight, atol=1e-6)


def test_every_picture_is_shown_once_in_a_pass(folder, recipe, tmp_path):
    own = gather(folder, tmp_path / "held", 0, {"train": 0.7, "test": 0.3})
    rows = own.rows("train")
    shown = []
    own = dataclasses.replace(own, labels=np.arange(len(own)))  # each its own class, to tell them apart
    for step in range(len(rows) // 2):
        shown += batch_of(own, 2, step, recipe | {"size": 32}, 1)[1].tolist()
    assert sorted(shown) == sorted(rows.tolist())


def test_evaluation_keeps_the_middle_of_the_picture():
    pixels = np.zeros((80, 160), np.uint8)
    pixels[5:75, 10:150] = 255
    study = Study(Source(Path("picture.png"), "0" * 64, "png"), Kind.EMG_IMAGE, KindFrom.PERSON, Image(pixels))
    prepared = prepare_picture(study, height=32, width=32, fit="stretch", central=0.875)
    assert float(prepared.inputs.min()) == 1
    extent = prepared.extents[0]
    assert (extent.x, extent.y, extent.w, extent.h) == (10, 5, 140, 70)


def test_the_second_head_reads_seventeen_cells_and_is_not_shipped(recipe):
    with torch.device("meta"):
        both = WithAuxiliary(InceptionV4(3), 299)
        assert both(torch.empty(2, 3, 299, 299)).shape == (2, 6)
        assert both.auxiliary[4].kernel_size == (5, 5)
    assert recipe["network"]["auxiliary"] == 0.4


def test_both_stages_run_go_on_and_give_a_bundle(folder, recipe, tmp_path):
    recipe |= {"size": 107, "classifier": recipe["classifier"] | {"steps": 1, "batch": 2}}
    recipe["all"] |= {"steps": 1, "batch": 2}
    out = tmp_path / "out"
    job = Job(recipe, folder, out)
    bundle = load_bundle(run(job))
    assert bundle.card.id == "emg-inception-v4"
    assert any("scratch" in limit for limit in bundle.card.limits)
    assert 0 <= json.loads((out / "figures.json").read_text())["accuracy"] <= 1

    torch.manual_seed(recipe["seed"])
    begun = {f"network.{k}": v for k, v in start(recipe, None).state_dict().items()}
    stage1 = torch.load(out / "classifier" / "checkpoint.pt", weights_only=True)["network"]
    changed = {name for name in begun if not torch.equal(begun[name], stage1[name])}
    assert {"network.last_linear.weight", "network.last_linear.bias"} <= changed
    assert all("running" in n or "num_batches" in n for n in changed if "last_linear" not in n)
    assert "network.layers.0.bn.running_mean" in changed  # batch normalisation goes on counting
    shipped = bundle.network.state_dict()["layers.0.conv.weight"]
    assert (shipped - stage1["network.layers.0.conv.weight"]).abs().max() > 1e-6  # stage 2 trains all layers

    written = (out / "classifier" / "checkpoint.pt").stat().st_mtime_ns
    (out / "all" / "checkpoint.pt").unlink()  # cut off before stage 2 had one
    again = learn(gather(folder, out / "data", 0, {"train": 0.8, "test": 0.2}), recipe, out, None, "cpu")
    assert (out / "classifier" / "checkpoint.pt").stat().st_mtime_ns == written
    assert torch.equal(again.half().float().state_dict()["layers.0.conv.weight"], shipped)
    steps = [json.loads(line) for line in (out / "all" / "steps.jsonl").read_text().splitlines()]
    assert [s["step"] for s in steps] == [0]
    shutil.rmtree(out)  # more than a gigabyte of checkpoints


def test_it_starts_from_imagenet_weights_of_either_kind(recipe, tmp_path):
    from safetensors.torch import save_file

    state = {
        f"features.{k.removeprefix('layers.')}": v for k, v in InceptionV4(3).state_dict().items() if "layers" in k
    }
    save_file(state, tmp_path / "w.safetensors")
    torch.save(state, tmp_path / "w.pth")
    for name in ("w.safetensors", "w.pth"):
        begun = start(recipe, tmp_path / name).state_dict()
        assert torch.equal(begun["layers.3.conv.conv.weight"], state["features.3.conv.conv.weight"])
    torch.save({"other": torch.ones(1)}, tmp_path / "other.pth")
    with pytest.raises(LeadlightError, match=r"does not hold timm's inception_v4 weights; give inception_v4\.tf_in1k"):
        start(recipe, tmp_path / "other.pth")
