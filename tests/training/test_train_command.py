"""``leadlight train``: a specialist's folder becomes a model in the viewer; refusals, cuts, several processes."""

import json
import os
import signal
import subprocess
import sys
import time
import tomllib
from pathlib import Path

import pytest
import tomli_w
import torch

from training.job import RECIPES, load_recipe
from training.trainers import TRAINERS, _run
from viewer.cli import main
from viewer.errors import LeadlightError
from viewer.models.card import read_card

ROOT = Path(__file__).parents[2]
ALL_DRAWN = ("screen-curves", "screen-sweeps")  # recipes that need no data

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """What a specialist has: screens in class folders, here from the simulator."""
    out = tmp_path_factory.mktemp("simulated")
    assert main(["simulate", "emg", "--out", str(out), "--count", "30", "--seed", "5"]) == 0
    return out


@pytest.fixture
def tiny(tmp_path):
    """Return the path of the shipped recipe at a size that trains in seconds."""
    recipe = tomllib.loads((RECIPES / "emg-screens-tuned.toml").read_text("utf-8"))
    recipe["training"] |= {"epochs": 2, "least_steps": 3, "batch": 6, "checkpoint_every_s": 0.0}
    path = tmp_path / "tiny.toml"
    path.write_text(tomli_w.dumps(recipe))
    return path


def command(recipe, data, out, *more):
    return ["train", str(recipe), "--data", str(data), "--out", str(out), "--device", "cpu", "--threads", "1", *more]


def weights(out: Path) -> dict:
    return torch.load(out / "tuning" / "checkpoint.pt", weights_only=True)["network"]


def lines(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_a_specialist_s_folder_becomes_a_model_that_reads(folder, tiny, tmp_path, capsys):
    out = tmp_path / "run"
    assert main(command(tiny, folder, out)) == 0
    said = capsys.readouterr()
    assert "PSW,train,6,6" in said.out
    assert "leadlight models install takes it" in said.out
    assert said.err == ""  # the bar is for terminals alone
    for name in ("run.json", "counts.csv", "split.csv", "contact-sheet.png", "loss.png", "tuning/steps.jsonl"):
        assert (out / name).stat().st_size > 0
    assert len(lines(out / "tuning" / "steps.jsonl")) == 6

    card = read_card(out / "bundle" / "emg-screens-tuned")
    assert not card.validated
    figures = {(f.name, f.data) for f in card.figures}
    held_out = "own pictures, 15% of the recordings and patients held out"
    assert ("accuracy", held_out) in figures
    assert any(name == "accuracy" and data.endswith("before") for name, data in figures)
    assert ("accuracy gained by training further", held_out) in figures
    assert card.limits[0].startswith("Trained further on 18 pictures of 18 recordings or patients")
    assert "Operating points of PSW, Fibs, Others are 0.5: too few validation pictures to choose by" in card.limits
    assert any("simulation" in limit for limit in card.limits)  # what held of the network before still holds

    assert main(["models", "install", str(out / "bundle" / "emg-screens-tuned")]) == 0
    assert main(["models", "verify", "emg-screens-tuned"]) == 0
    capsys.readouterr()
    picture = str(folder / "001.PSW" / "000000.png")
    assert (
        main(["read", picture, "--kind", "emg-image", "--model", "emg-screens-tuned", "--device", "cpu", "--json"]) == 0
    )
    reading = json.loads(capsys.readouterr().out)
    assert reading["model"]["id"] == "emg-screens-tuned"

    assert main(command(tiny, folder, out)) == 1
    assert "already holds a training run; go on with it by --resume, or give another folder." in capsys.readouterr().err
    before = weights(out)
    assert main(command(tiny, folder, out, "--resume")) == 0  # nothing is left to train
    assert all(torch.equal(before[k], v) for k, v in weights(out).items())
    recipe = tomllib.loads(tiny.read_text()) | {"seed": 7}
    tiny.write_text(tomli_w.dumps(recipe))
    assert main(command(tiny, folder, out, "--resume")) == 1
    assert "was begun with another recipe; go on with that one" in capsys.readouterr().err


def test_killed_and_resumed_by_the_command_it_ends_the_same(folder, tiny, tmp_path):
    """kill -9 while a checkpoint is written after every step, then --resume."""
    cut, whole = tmp_path / "cut", tmp_path / "whole"
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    run = [sys.executable, "-m", "viewer", *command(tiny, folder, cut)]
    process = subprocess.Popen(run, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
    told = cut / "tuning" / "steps.jsonl"
    until = time.monotonic() + 120
    while not (told.exists() and told.read_text().count("\n") >= 2) and time.monotonic() < until:
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    assert told.read_text().count("\n") < 6
    assert not (cut / "bundle").exists()
    assert main(command(tiny, folder, cut, "--resume")) == 0
    assert main(command(tiny, folder, whole)) == 0
    assert lines(told) == lines(whole / "tuning" / "steps.jsonl")
    one, two = weights(cut), weights(whole)
    assert all(torch.equal(one[k], two[k]) for k in one)
    shipped = [(p / "bundle" / "emg-screens-tuned" / "weights.safetensors").read_bytes() for p in (cut, whole)]
    assert shipped[0] == shipped[1]


def test_torchrun_starts_the_command_in_two_processes(folder, tiny, tmp_path):
    out = tmp_path / "two"
    run = ["-m", "torch.distributed.run", "--standalone", "--nproc_per_node=2", "-m", "viewer"]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    words = [sys.executable, *run, *command(tiny, folder, out)]
    done = subprocess.run(words, cwd=ROOT, env=environment, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("leadlight models install takes it") == 1
    assert len(lines(out / "tuning" / "steps.jsonl")) == 6
    assert read_card(out / "bundle" / "emg-screens-tuned").id == "emg-screens-tuned"


class TestRecipes:
    @pytest.mark.parametrize("path", sorted(RECIPES.glob("*.toml")), ids=lambda p: p.stem)
    def test_each_names_a_trainer_that_is_there(self, path):
        recipe = load_recipe(path.stem)
        assert recipe["id"] == path.stem
        assert callable(_run(TRAINERS[recipe["trainer"]]))

    @pytest.mark.parametrize("name", [p.stem for p in sorted(RECIPES.glob("*.toml")) if p.stem not in ALL_DRAWN])
    def test_without_its_data_each_ends_in_a_sentence(self, name, tmp_path, capsys):
        (tmp_path / "empty").mkdir()
        assert main(command(name, tmp_path / "empty", tmp_path / "out")) == 1
        said = capsys.readouterr().err
        assert "Traceback" not in said
        assert said.strip().endswith(".")
        assert "is not there" in said or "holds nothing labelled" in said or "needs the package" in said

    def test_an_unknown_recipe_is_told_with_those_there_are(self, tmp_path, capsys):
        assert main(command("emg-screen", tmp_path, tmp_path / "out")) == 1
        assert "There is no recipe 'emg-screen'; give one of chest-deep-media, chest-films," in capsys.readouterr().err

    def test_a_recipe_names_no_module_but_those_of_the_table(self, tmp_path, capsys):
        (tmp_path / "own.toml").write_text('id = "own"\ntrainer = "os:system"\n')
        assert main(command(tmp_path / "own.toml", tmp_path, tmp_path / "out")) == 1
        assert "There is no trainer 'os:system'; there are: chest-deep-media," in capsys.readouterr().err

    def test_a_broken_recipe_is_told(self, tmp_path):
        (tmp_path / "own.toml").write_text("id = ")
        with pytest.raises(
            LeadlightError, match=r"The recipe own\.toml cannot be read .* mend it, or copy a shipped one"
        ):
            load_recipe(str(tmp_path / "own.toml"))

    def test_the_shipped_screen_recipe_takes_a_folder_of_labelled_pictures(self, folder, tmp_path, monkeypatch):
        import training.emg.tune

        asked = []
        monkeypatch.setattr(training.emg.tune, "tune", lambda job: asked.append(job) or job.bundle)
        assert main(command("emg-screens", folder, tmp_path / "out")) == 0
        assert asked[0].recipe["id"] == "emg-screens-tuned"


def test_the_dataset_command_counts_and_shows(folder, tmp_path, capsys):
    assert main(["dataset", str(folder), "--out", str(tmp_path / "out")]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "class,part,pictures,groups"
    assert sum(int(line.split(",")[2]) for line in said[1:10]) == 30
    assert (tmp_path / "out" / "contact-sheet.png").exists()


def test_a_device_that_is_not_there_is_told(folder, tmp_path, capsys):
    if torch.cuda.is_available():
        pytest.skip("this machine has an NVIDIA GPU")
    words = ["train", "emg-screens", "--data", str(folder), "--out", str(tmp_path / "out"), "--device", "cuda"]
    assert main(words) == 1
    assert "There is no cuda device here" in capsys.readouterr().err
