"""The training loop: what it tells, that a killed run goes on as if nothing had been, several processes as one."""

import json
import os
import struct
import subprocess
import sys
from pathlib import Path

import cv2
import pytest
import torch
from torch import nn
from torch.nn import functional

from training import ranks
from training.loop import fit
from viewer.errors import LeadlightError

ROOT = Path(__file__).parents[2]
STEPS, EPOCHS = 5, 3


def network():
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(1, 6, 3), nn.BatchNorm2d(6), nn.ReLU(), nn.Dropout(0.2), nn.Flatten(), nn.Linear(216, 3)
    )


def batches(epoch):
    """Draw from torch's generator, as augmentation does, between the steps' own dropout."""
    for _ in range(STEPS):
        yield torch.randn(6, 1, 8, 8), torch.randint(0, 3, (6,))


def train(out, **more):
    settings = {"epochs": EPOCHS, "steps_per_epoch": STEPS, "rate": 1e-2, "average": 0.9, "log": lambda line: None}
    return fit(network(), batches, functional.cross_entropy, out, **settings | more).state_dict()


def same(one, two):
    return all(torch.equal(one[k], two[k]) for k in one)


def lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


pytestmark = pytest.mark.usefixtures("one_thread")


class Killed(Exception):
    """Stands for the moment at which a process ends."""


def dying(at):
    """Return batches that end the run at a step of the second epoch."""

    def own(epoch):
        for step, batch in enumerate(batches(epoch)):
            if epoch == 1 and step == at:
                raise Killed
            yield batch

    return own


class TestResume:
    @pytest.mark.parametrize("every_s", [1e9, 0.0], ids=["after the last epoch", "in the middle of an epoch"])
    def test_a_run_that_was_cut_off_ends_with_the_same_weights(self, tmp_path, every_s):
        whole = train(tmp_path / "whole")
        with pytest.raises(Killed):
            fit(
                network(), dying(3), functional.cross_entropy, tmp_path / "cut",
                epochs=EPOCHS, steps_per_epoch=STEPS, rate=1e-2, average=0.9, checkpoint_every_s=every_s,
                log=lambda line: None,
            )  # fmt: skip
        saved = torch.load(tmp_path / "cut" / "checkpoint.pt", weights_only=True)
        assert (saved["epoch"], saved["step"]) == ((1, 0) if every_s else (1, 3))
        assert same(whole, train(tmp_path / "cut"))
        told, again = (lines(tmp_path / name / "steps.jsonl") for name in ("whole", "cut"))
        assert told == again
        assert [line["step"] for line in told] == list(range(EPOCHS * STEPS))

    def test_a_finished_run_is_not_trained_again(self, tmp_path):
        first = train(tmp_path)
        written = (tmp_path / "checkpoint.pt").stat().st_mtime_ns
        assert same(first, train(tmp_path))
        assert (tmp_path / "checkpoint.pt").stat().st_mtime_ns == written

    def test_a_damaged_checkpoint_is_told_in_a_sentence(self, tmp_path):
        (tmp_path / "checkpoint.pt").write_bytes(b"PK not a checkpoint")
        with pytest.raises(LeadlightError, match=r"cannot be read; delete it to begin this part again\.$"):
            train(tmp_path)


class TestWhatIsTold:
    def test_steps_epochs_and_a_curve(self, tmp_path):
        train(tmp_path, validate=lambda net: float(net(torch.ones(1, 1, 8, 8))[0, 0]))
        steps, epochs = lines(tmp_path / "steps.jsonl"), lines(tmp_path / "epochs.jsonl")
        assert len(steps) == EPOCHS * STEPS
        first = sum(line["loss"] for line in steps[:STEPS]) / STEPS
        assert epochs[0]["loss"] == pytest.approx(first)
        assert [e["step"] for e in epochs] == [5, 10, 15]
        picture = cv2.imread(str(tmp_path / "loss.png"))
        assert picture is not None
        assert picture.shape[0] == 600  # the loss, and under it the validation
        assert (picture != 255).any(2).mean() > 0.01

    def test_tensorboard_reads_the_same_losses(self, tmp_path):
        pytest.importorskip("tensorboardX", reason="event files are written where tensorboardX is installed")
        from tensorboardX.proto.event_pb2 import Event

        train(tmp_path)
        (path,) = (tmp_path / "tensorboard").iterdir()
        data, at, losses = path.read_bytes(), 0, {}
        while at < len(data):  # TFRecord: length, its checksum, data, its checksum
            (size,) = struct.unpack("<Q", data[at : at + 8])
            event = Event.FromString(data[at + 12 : at + 12 + size])
            for value in event.summary.value:
                if value.tag == "loss":
                    losses[event.step] = value.simple_value
            at += 16 + size
        assert losses == pytest.approx({line["step"]: line["loss"] for line in lines(tmp_path / "steps.jsonl")})

    def test_a_terminal_sees_a_bar_and_a_file_does_not(self, tmp_path, capsys, monkeypatch):
        train(tmp_path / "quiet")
        assert capsys.readouterr().err == ""
        monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
        train(tmp_path / "seen")
        assert "15/15" in capsys.readouterr().err


def train_together(folder):
    """Train on this process's part; the first one's results lie in ``folder``."""

    def own(epoch):
        for _ in range(4):
            yield torch.randn(5, 7), torch.randint(0, 3, (5,))

    torch.set_num_threads(1)
    with ranks.gathered("cpu") as device:
        torch.manual_seed(0 if ranks.is_first() else 9)  # the first process's weights are what all begin with
        out = folder if ranks.is_first() else folder / "other"
        out.mkdir(parents=True, exist_ok=True)
        trained = fit(
            nn.Linear(7, 3), own, functional.cross_entropy, out, epochs=2, steps_per_epoch=4, rate=1e-2, mixed=False,
            validate=lambda net: float(net.weight.sum()), device=device, log=lambda line: None,
        )  # fmt: skip
        torch.save(trained.state_dict(), out / "end.pt")


def test_two_processes_train_as_one_does(tmp_path):
    """torchrun with gloo: each batch is divided, gradients are averaged, and the first process alone writes."""
    script = tmp_path / "script.py"
    script.write_text(
        f"import sys\nfrom pathlib import Path\nsys.path[:0] = [{str(Path(__file__).parent)!r}, {str(ROOT)!r}]\n"
        "import test_loop\ntest_loop.train_together(Path(sys.argv[1]))\n"
    )
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    run = [sys.executable, "-m", "torch.distributed.run", "--nproc_per_node=2", "--standalone", str(script)]
    subprocess.run([*run, str(tmp_path / "two")], check=True, env=environment, cwd=ROOT, capture_output=True)
    train_together(tmp_path / "one")
    one, two, other = (
        torch.load(tmp_path / name / "end.pt", weights_only=True) for name in ("one", "two", "two/other")
    )
    assert all(torch.allclose(one[k], two[k], atol=1e-6) for k in one)
    assert same(two, other)
    assert [p.name for p in (tmp_path / "two" / "other").iterdir()] == ["end.pt"]
    losses = [[line["loss"] for line in lines(tmp_path / n / "steps.jsonl")] for n in ("one", "two")]
    assert losses[0] == pytest.approx(losses[1], abs=1e-5)


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs an NVIDIA GPU")
@pytest.mark.parametrize("bfloat16", [True, False], ids=["bfloat16", "float16 with scaled gradients"])
def test_on_a_gpu_it_learns_in_half_precision_and_goes_on(tmp_path, monkeypatch, bfloat16):
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda: bfloat16)

    def own(epoch):
        for _ in range(20):
            x = torch.randn(16, 7)
            yield x, x[:, :3].argmax(1)

    def learn(out, epochs):
        torch.manual_seed(0)
        network = nn.Linear(7, 3)
        fit(
            network, own, functional.cross_entropy, out, epochs=epochs, steps_per_epoch=20, rate=3e-2, fixed_rate=True,
            device="cuda", log=lambda line: None,
        )  # fmt: skip
        return network.cpu().state_dict()

    whole = learn(tmp_path / "whole", 3)
    learn(tmp_path / "cut", 2)
    assert same(whole, learn(tmp_path / "cut", 3))
    losses = [line["loss"] for line in lines(tmp_path / "whole" / "steps.jsonl")]
    assert sum(losses[-10:]) < 0.7 * sum(losses[:10])
