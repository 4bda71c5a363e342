"""The detector's training: recordings and targets, loss, matching, heads; and the shipped detector's own figures."""

from pathlib import Path

import numpy as np
import pytest
import torch

from training.emg.event_figures import coincident, judged_trains, mixtures, tell
from training.emg.heads import example, group_truth, window_truth
from training.emg.matching import Counts, by_class, detection, matched
from training.emg.measure_traces import operating_points
from training.emg.recording_figures import quiet_recording
from training.emg.traces import OPEN, UPSIDE_DOWN, random_recording, scaled, shard
from training.emg.train_traces import CELLS, batches, loss, target, train
from training.simulate.emg.draws import Draw
from training.simulate.emg.parameters import LABELS
from training.simulate.emg.recording import Amplifier, Recording, TrueEvent
from training.simulate.emg.scene import simulate_mixture
from training.wider import take_over
from viewer.models.bundle import load_bundle, verify_bundle
from viewer.models.networks.trace_events import CELL, TraceEvents
from viewer.reading.trains import firing
from viewer.reading.values import Event, Train
from viewer.resources import resources_dir

torch.set_num_threads(1)
SHIPPED = resources_dir() / "models" / "emg-traces"


def draw(seed: int, part="train") -> Draw:
    return Draw(np.random.default_rng(seed), part)


class TestMatching:
    def test_each_event_is_used_once_the_nearest_first(self):
        assert matched(np.array([0.100, 0.103]), np.array([0.102])).tolist() == [-1, 0]
        assert matched(np.array([0.1]), np.array([0.106])).tolist() == [-1]

    def test_f1_by_hand(self):
        counts = detection(np.array([0.1, 0.2, 0.5]), np.array([0.101, 0.2, 0.3, 0.4]))
        assert counts == Counts(2, 1, 2)
        assert counts.f1 == pytest.approx(4 / 7)

    def test_what_is_left_out_counts_neither_way(self):
        counts = detection(np.array([0.1, 0.2]), np.array([0.1, 0.2, 0.3]), np.array([False, True, True]))
        assert counts == Counts(1, 0, 0)

    def test_a_wrong_name_is_false_for_one_class_and_missed_for_the_other(self):
        times = np.array([0.1, 0.2])
        assert by_class(times, np.array([0, 1]), times, np.array([0, 0]), 2) == [Counts(1, 0, 1), Counts(0, 1, 0)]


class TestTargets:
    def test_heat_is_one_at_an_events_cell_and_falls_beside_it(self):
        rows = np.array([[100.4, 98.0, 104.0, 1, 1, 1.0]], np.float32)
        made = target(rows, 0.0, real=False)
        heat, label, _, since, until = made[3:].reshape(5, CELLS)
        assert heat[100] == 1
        assert 0 < heat[99] < 1
        assert heat[:97].max() == 0
        assert label[99:102].tolist() == [1, 1, 1]
        assert label[98] == OPEN
        assert (since[100], until[100]) == (pytest.approx(2.4, abs=1e-4), pytest.approx(3.6, abs=1e-4))
        assert made[:3].tolist() == [0, 1, 0]

    def test_what_hides_in_the_noise_is_left_open(self):
        made = target(np.array([[50.0, 49, 52, 2, 0, 1.0]], np.float32), 0.0, real=False)
        assert made[3 + 50] == -1
        assert made[:3].tolist() == [0, 0, 1]

    def test_real_recordings_say_nothing_of_where_no_event_is(self):
        made = target(np.array([[50.0, 49, 52, 2, 1, 1.0]], np.float32), 0.0, real=True)
        assert (made[3 : 3 + CELLS] == -1).all()

    def test_upside_down_no_class_is_taught_with_confidence(self):
        recording = simulate_mixture(draw(1), ["positive sharp wave", "fibrillation"], 8000.0, 10.0)
        _, rows = scaled(recording, inverted=True)
        assert set(rows[:, 3].astype(int)) == {UPSIDE_DOWN, OPEN}
        assert target(rows, 0.0, real=False)[:3].max() <= 0.5

    def test_signals_are_in_units_of_their_noise(self):
        recording = quiet_recording(draw(2), "noise", 10000.0, 10.0)
        signal, rows = scaled(recording)
        assert signal.dtype == np.float16
        assert signal.astype(float).std() == pytest.approx(1, abs=0.2)
        assert len(rows) == 0

    def test_loss_is_least_for_what_is_wanted(self):
        wanted = torch.from_numpy(target(np.array([[100.4, 98, 104, 1, 1, 1.0]], np.float32), 0.0, False))[None]
        right = torch.full((1, 7, CELLS), -8.0)
        right[0, 0, 100] = 8
        right[0, 1:5] = torch.tensor([-8.0, 8, -8, -8])[:, None]
        right[0, 5:] = 3.0
        wrong = right.clone()
        wrong[0, 0, 100], wrong[0, 0, 700] = -8, 8
        head = torch.tensor([[-8.0, 8, -8]])
        values = [float(loss(torch.cat([head, told.flatten(1)], 1), wanted)) for told in (right, wrong)]
        assert values[0] < 0.2 < values[1]


def test_a_fifth_of_a_minute_of_training(tmp_path: Path, capsys):
    """Shards are the same when made anew; a run that has ended is not trained again."""
    part = {
        "seed": 1,
        "first_shard": 0,
        "shards": 1,
        "views": 1,
        "epochs": 1,
        "steps": 2,
        "batch": 4,
        "rate": 1e-3,
        "weight_decay": 1e-2,
        "average": 0.5,
        "least_weight": 0.2,
    }
    counts = {"shard": 6, "validation": 16}
    recipe = {"seed": 1, "before": [], "parts": ["first"], "recordings": counts, "first": part}
    network = train(recipe, None, tmp_path)
    assert not network.training
    again = shard(tmp_path / "anew", 0, 6, "train", None, (), 1)
    first = shard(tmp_path / "recordings", 0, 6, "train", None, (), 1)
    assert np.array_equal(first.signals, again.signals)
    assert np.array_equal(first.events, again.events)
    inputs, _ = next(iter(batches(first, 2, 1, np.random.default_rng(0))))
    assert inputs.shape == (2, 2, CELLS * CELL)
    assert train(recipe, None, tmp_path).state_dict()["cell.bias"].equal(network.state_dict()["cell.bias"])
    assert capsys.readouterr().out.count("epoch 1/1") == 1  # it was not trained again
    network_of_its_size = load_bundle(SHIPPED).card.architecture_arguments
    recipe |= {
        "before": ["first"],
        "parts": [],
        "network": {k: v for k, v in network_of_its_size.items() if k != "classes"},
    }
    begun = train(recipe, None, tmp_path / "begun", start=SHIPPED).state_dict()  # nothing is left but to go on from it
    assert all(value.equal(begun[key]) for key, value in load_bundle(SHIPPED).network.state_dict().items())


def test_a_larger_network_says_what_the_smaller_one_said():
    torch.manual_seed(2)
    small = TraceEvents(len(LABELS), width=16, coarse=24, filters=16, reach=3)
    small.threshold.fill_(0.3)
    for module in small.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            torch.nn.init.uniform_(module.weight, 0.5, 2)
            torch.nn.init.uniform_(module.running_mean, -1, 1)
    large = TraceEvents(len(LABELS), width=24, coarse=32, filters=20, reach=4)
    take_over(large, small.state_dict())
    x = torch.randn(2, 2, 640)
    with torch.inference_mode():
        before, after = (n.cells(n.features(x)) for n in (small.eval(), large.eval()))
    for one, other in zip(before, after, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-5)
    assert float(large.threshold) == pytest.approx(0.3)


def test_groups_learn_the_class_most_of_their_events_have():
    torch.manual_seed(0)
    network = TraceEvents(len(LABELS)).eval()
    network.threshold.fill_(0.0)  # every local maximum is an event: most are false
    made = example(network, random_recording(draw(3), 4000.0, 3.0))
    labels, weights = group_truth(made)
    assert len(labels) == len(weights) == made.channel.owner.max() + 1
    truth, sure = window_truth(made)
    assert truth.shape == (len(made.channel.windows), 2)
    assert sure.all()


def test_operating_points_keep_their_precision():
    rng = np.random.default_rng(0)
    made = []
    for _ in range(200):
        there = np.array([rng.random() < 0.4, False, True])
        strength = np.array([np.clip(there[0] * 0.6 + rng.normal(0.25, 0.12), 0, 1), 0.1, 0.3])
        made.append((strength, there))
    points, sure = operating_points(made)
    said = [t[0] for s, t in made if s[0] >= points["PSW"]]
    assert np.mean(said) >= 0.9
    assert 0.5 <= sure <= 0.95


def test_potentials_under_a_millisecond_apart_are_one_deflection():
    """Of a group only the largest counts: 40 and 90 uV half a millisecond apart are one, 2 ms later is another."""
    events = [
        TrueEvent("Others", "normal MUAP", n, at, at - 0.003, at + 0.003, size)
        for n, (at, size) in enumerate([(0.1, 40.0), (0.1005, 90.0), (0.1025, 20.0), (0.3, 50.0), (0.3, 60.0)])
    ]
    recording = Recording(np.zeros(4000, np.float32), 8000.0, tuple(events), Amplifier())
    assert coincident(recording).tolist() == [True, False, False, True, False]


def test_trains_are_judged_against_the_true_train():
    recording = simulate_mixture(draw(4), ["fibrillation"], 8000.0, 10.0)
    events = [Event("Fibs", e.time_s, e.start_s, e.end_s, "EMG", 0.9, 1) for e in recording.events]
    fires = firing(np.array([e.time_s for e in events]))
    judged = judged_trains([Train(1, "Fibs", len(events), fires.rate_hz, 0.1)], events, recording)
    assert judged == [("Fibs", "Fibs", pytest.approx(0))]


@pytest.fixture(scope="module")
def network() -> TraceEvents:
    """The shipped detector."""
    shipped = load_bundle(SHIPPED).network
    assert isinstance(shipped, TraceEvents)
    return shipped


class TestShipped:
    def test_bundle_is_small_and_gives_its_golden_output(self):
        assert (SHIPPED / "weights.safetensors").stat().st_size < 4e6
        assert verify_bundle(SHIPPED).passed

    def test_events_of_mixtures(self, network):
        told = [tell(network, r) for r in mixtures("any", 14, 91)]
        assert np.median([t.found.f1 for t in told]) >= 0.9
        assert sum((t.found for t in told), Counts()).f1 >= 0.8  # two fast trains over others hold half of all events

    def test_a_quiet_baseline_holds_next_to_nothing(self, network):
        told = [tell(network, quiet_recording(draw(i, "test"), k, 10000.0)) for i, k in enumerate(("noise", "mains"))]
        assert sum(len(t.events) for t in told) <= 1
