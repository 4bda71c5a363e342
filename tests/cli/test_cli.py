"""The command line through its real ``main``: words, JSON lines, exit statuses."""

import json
import subprocess
import sys
from pathlib import Path

import cv2
import jsonschema
import numpy as np
import pytest

from tests.reading.small import TinyPicture, card, film
from viewer.cli import main
from viewer.models.catalogue import install
from viewer.reading.json_form import SCHEMA_FILE, from_json, to_json
from viewer.resources import resources_dir
from viewer.study import Kind

SCHEMA = json.loads(SCHEMA_FILE.read_text("utf-8"))
SAMPLES = resources_dir() / "samples"
FILM = str(SAMPLES / "chest_film.dcm")


@pytest.fixture
def only_small_models(models, chest_bundle, monkeypatch):
    """The program knows the small chest bundle and nothing else."""
    monkeypatch.setattr("viewer.models.catalogue.model_folders", lambda: (models,))
    return models


def lines(capsys):
    """The JSON lines printed, each valid, none with NaN."""
    out = capsys.readouterr().out
    values = [json.loads(line, parse_constant=pytest.fail) for line in out.splitlines()]
    for value in values:
        jsonschema.validate(value, SCHEMA)
    return values


def test_a_film_is_read(only_small_models, capsys, tmp_path):
    assert main(["read", FILM, "--json", "--device", "cpu", "--heatmaps", str(tmp_path / "maps")]) == 0
    (value,) = lines(capsys)
    assert value["file"] == FILM
    assert value["kind"] == "chest-xray"
    assert value["kind_from"] == "file"
    assert value["format"] == "dicom"
    assert value["frame"] is None
    assert [f["label"] for f in value["findings"]] == ["Effusion", "Mass", "No Finding"]
    assert all(f["positive"] == (f["probability"] >= f["threshold"]) for f in value["findings"])
    assert value["timing_ms"]["open"] > 0
    assert to_json(from_json(value)) == value
    assert len(list((tmp_path / "maps").glob("*.png"))) == 3


def test_a_folder_for_maps_that_cannot_be_made_is_said_at_once(only_small_models, capsys, tmp_path):
    (tmp_path / "file").write_text("")
    assert main(["read", FILM, "--json", "--heatmaps", str(tmp_path / "file" / "maps")]) == 1
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "cannot be written" in shown.err


def test_progress_is_shown_on_a_terminal(only_small_models, capsys, monkeypatch):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    assert main(["read", FILM, "--json"]) == 0
    shown = capsys.readouterr()
    assert len(shown.out.splitlines()) == 1
    steps = [step for step in shown.err.split("\r\x1b[K") if step]
    assert steps[0] == "chest_film.dcm: opening 0%"
    assert any(step.startswith("chest_film.dcm: network") for step in steps)
    assert shown.err.endswith("\x1b[K")


def test_the_others_go_on_in_the_order_given(only_small_models, capsys, tmp_path):
    empty, photo = tmp_path / "empty.dcm", tmp_path / "naïve 胸部.png"
    empty.write_bytes(b"")
    photo.write_bytes(cv2.imencode(".png", film().pixels)[1].tobytes())
    paths = [str(tmp_path / "not there.dcm"), str(photo), str(empty), FILM]
    assert main(["read", *paths, "--json"]) == 1
    values = lines(capsys)
    assert [v["file"] for v in values] == paths
    assert [v.get("error", {}).get("code") for v in values] == ["not-found", None, "empty", None]
    assert values[1]["abstained"]
    assert values[1]["kind"] == "unknown"
    assert values[1]["model"] is None
    assert not values[3]["abstained"]


def test_a_person_gives_the_kind(only_small_models, capsys, tmp_path):
    photo = tmp_path / "photo.png"
    photo.write_bytes(cv2.imencode(".png", film().pixels)[1].tobytes())
    assert main(["read", str(photo), "--kind", "chest-xray", "--json"]) == 0
    (value,) = lines(capsys)
    assert (value["kind"], value["kind_from"], value["abstained"]) == ("chest-xray", "person", False)
    assert "kind-overruled" in [w["code"] for w in value["warnings"]]


def test_several_models_and_several_pages(only_small_models, make_bundle, capsys, tmp_path):
    make_bundle(card("second", Kind.CHEST_XRAY, ["Mass"]), TinyPicture(1), (1, 64, 64))
    from PIL import Image

    first, second = (Image.fromarray(film(seed=seed).pixels) for seed in (1, 2))
    first.save(tmp_path / "two.tiff", save_all=True, append_images=[second])
    words = ["--kind", "chest-xray", "--model", "second", "--model", "chest-films", "--json"]
    assert main(["read", str(tmp_path / "two.tiff"), *words]) == 0
    (value,) = lines(capsys)
    assert value["frame"] == 0
    assert value["model"]["id"] == "second"
    assert [(a["model"]["id"], a.get("frame", 0)) for a in value["also"]] == [
        ("chest-films", 0),
        ("second", 1),
        ("chest-films", 1),
    ]


def test_text_for_people(only_small_models, capsys):
    assert main(["read", FILM, "/nowhere.dcm"]) == 1
    shown = capsys.readouterr()
    assert "a chest X-ray (the file says so)" in shown.out
    assert "operating point 40.0%" in shown.out
    assert "not validated" in shown.out
    assert "Research use, not a medical device" in shown.out
    assert "There is no such file" in shown.err
    assert "\x1b" not in shown.err  # progress is for terminals


@pytest.mark.parametrize(
    "words",
    [
        ["read"],
        ["read", FILM, "--kind", "hand"],
        ["read", FILM, "--device", "tpu"],
        ["read", FILM, "--model", "nothing"],
        ["read", FILM, "--colour"],
        ["read", FILM, "--full-scale", "0"],
        ["models"],
        ["models", "show"],
        ["report", FILM],
        ["report", FILM, "--out", "x.docx"],
        ["raed"],
        ["--nonsense"],
    ],
    ids=lambda words: " ".join(Path(w).name for w in words),
)
def test_wrong_words(words, only_small_models, capsys):
    assert main(words) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "Traceback" not in shown.err
    assert shown.err


def test_reports(only_small_models, capsys, tmp_path):
    assert main(["report", FILM, "--out", str(tmp_path / "r.json"), "--device", "cpu"]) == 0
    value = json.loads((tmp_path / "r.json").read_text("utf-8"))
    jsonschema.validate(value, SCHEMA)
    assert main(["report", FILM, "--out", str(tmp_path / "r.pdf")]) == 0
    assert (tmp_path / "r.pdf").read_bytes().startswith(b"%PDF")
    assert sorted(p.name for p in tmp_path.iterdir() if p.name.startswith(("r.", ".r"))) == ["r.json", "r.pdf"]
    assert main(["report", FILM, "--out", str(tmp_path / "no" / "r.pdf")]) == 1
    assert "cannot be written" in capsys.readouterr().err


def test_models(only_small_models, capsys):
    assert main(["models", "list"]) == 0
    assert "chest-films" in capsys.readouterr().out
    assert main(["models", "list", "--json"]) == 0
    (listed,) = json.loads(capsys.readouterr().out)
    assert listed["operating_points"] == {"Effusion": 0.4, "Mass": 0.4, "No Finding": 0.4}
    assert main(["models", "show", "chest-films"]) == 0
    assert "not validated clinically" in capsys.readouterr().out
    assert main(["models", "show", "nothing"]) == 1
    assert "There is no model 'nothing'; installed models: chest-films." in capsys.readouterr().err
    assert main(["models", "verify"]) == 0
    assert "ok     chest-films" in capsys.readouterr().out


def test_verify_fails_where_a_weight_was_changed(only_small_models, chest_bundle, capsys):
    weights = chest_bundle / "weights.safetensors"
    data = bytearray(weights.read_bytes())
    data[-1] ^= 1
    weights.write_bytes(data)
    assert main(["models", "verify"]) == 1
    assert "not those its card names" in capsys.readouterr().out
    assert main(["read", FILM, "--json"]) == 1
    (value,) = lines(capsys)
    assert value["error"]["code"] == "bundle-mismatch"


def test_a_model_is_installed_and_removed(tmp_path, make_bundle, capsys):
    folder = make_bundle(card("mine", Kind.CHEST_XRAY, ["Mass"]), TinyPicture(1), (1, 64, 64))
    assert main(["models", "install", str(folder)]) == 0
    assert main(["models", "list"]) == 0
    assert "mine" in capsys.readouterr().out
    assert main(["models", "remove", "mine"]) == 0
    assert main(["models", "remove", "mine"]) == 1
    assert "There is no model 'mine'" in capsys.readouterr().err


def test_self_test_reads_and_draws_every_sample(only_small_models, capsys):
    assert main(["selftest", "--device", "cpu"]) == 0
    out = capsys.readouterr().out
    for sample in SAMPLES.iterdir():
        assert f"ok     {sample.name}: " in out
    assert "ok     chest-films" in out
    assert out.splitlines()[-1] == "all passed"


def test_each_line_comes_as_soon_as_its_file_is_done(tmp_path):
    broken = tmp_path / "broken.dcm"
    broken.write_bytes(b"")
    words = [sys.executable, "-m", "viewer", "read", str(tmp_path / "naïve"), str(broken), "--json"]
    done = subprocess.run(words, capture_output=True, cwd=Path(__file__).parents[2], check=False)
    assert done.returncode == 1
    values = [json.loads(line) for line in done.stdout.decode("utf-8").splitlines()]
    assert [Path(v["file"]).name for v in values] == ["naïve", "broken.dcm"]
    assert done.stderr == b""


def test_help_needs_neither_torch_nor_qt():
    check = (
        "import sys; from viewer.cli import main; main(['read', '--help']); main(['--help']); main(['read']);"
        "print([m for m in ('torch', 'PySide6', 'scipy', 'cv2', 'pydicom', 'reportlab') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.filterwarnings("ignore:The inplace keyword")  # wfdb's annotation writer on pandas 3.1
def test_simulated_studies_and_sheets_drawn_from_them(capsys, tmp_path):
    assert main(["simulate", "ecg", "--out", str(tmp_path / "records"), "--count", "2", "--seed", "3"]) == 0
    counts = dict(line.split(",") for line in capsys.readouterr().out.splitlines())
    assert counts.pop("class") == "count"
    assert sum(map(int, counts.values())) >= 2
    assert main(["render-ecg", str(tmp_path / "records"), "--out", str(tmp_path / "sheets"), "-j", "1"]) == 0
    drawn = dict(line.split(",") for line in capsys.readouterr().out.splitlines())
    assert {k: drawn[k] for k in counts} == counts
    assert len(list((tmp_path / "sheets").glob("*.png"))) == 2
    assert main(["simulate", "emg", "--out", str(tmp_path / "emg"), "--count", "3"]) == 0
    assert len(list((tmp_path / "emg").glob("0*/*.png"))) == 3
    assert main(["simulate", "emg", "--out", str(tmp_path / "emg"), "--count", "0"]) == 2


def test_install_does_not_take_what_does_not_verify(tmp_path, make_bundle):
    from viewer.errors import BundleError

    folder = make_bundle(card("mine", Kind.CHEST_XRAY, ["Mass"]), TinyPicture(1), (1, 64, 64))
    golden = folder / "golden.safetensors"
    from safetensors.numpy import load_file, save_file

    content = load_file(golden)
    save_file(content | {"logits": content["logits"] + np.float32(1)}, golden)
    with pytest.raises(BundleError, match="golden output"):
        install(folder, tmp_path / "installed")
    assert not (tmp_path / "installed").exists()
