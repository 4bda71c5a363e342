"""Splits, targets and changes of the ECG records, and the drawing of whole folders."""

import numpy as np
import pytest
import torch

from training.ecg.augment import covered, lift_st, vary
from training.ecg.beats import beat_times
from training.ecg.figures import f1, operating_points
from training.ecg.records import CLASSES, Record
from training.ecg.render import render
from training.ecg.sheets import twelve_leads
from training.ecg.simulated import simulated_records
from training.ecg.splits import split
from training.ecg.train_records import NORMAL, STD, STE, as_input, lifted_labels, masked_loss
from training.simulate.ecg import simulate
from viewer.models.preprocessing.ecg import NETWORK_LEADS
from viewer.study import TWELVE_LEADS

SHARES = {"ptbxl": (0.6, 0.15, 0.25)}


def record(number, group, classes, origin="ptbxl"):
    labels = np.array([float(c in classes) for c in CLASSES], np.float32)
    return Record(f"r{number}", origin, group, 100.0, np.zeros((12, 10), np.float32), labels, np.ones(9, np.float32))


@pytest.fixture(scope="module")
def records():
    rng = np.random.default_rng(0)
    made = [record(i, f"p{i // 2}", ["Normal"] if rng.random() < 0.6 else []) for i in range(300)]
    return [*made, *(record(1000 + i, f"q{i}", ["LBBB"]) for i in range(12)), record(2000, "z", ["SB"], "ludb")]


def test_no_patient_is_on_two_sides(records):
    side = split(records, SHARES)
    owners = {}
    for r in records:
        owners.setdefault(r.group, set()).add(side[r.id])
    assert all(len(sides) == 1 for sides in owners.values())


def test_rare_classes_are_shared_out_and_other_origins_are_test_alone(records):
    side = split(records, SHARES)
    rare = [side[r.id] for r in records if r.labels[CLASSES.index("LBBB")]]
    assert [rare.count(s) for s in ("train", "validation", "test")] == pytest.approx([7, 2, 3], abs=1)
    assert side["r2000"] == "test"
    share = np.mean([side[r.id] == "train" for r in records])
    assert share == pytest.approx(0.6, abs=0.05)


def test_the_split_stays_the_same(records):
    assert split(records, SHARES) == split(list(reversed(records)), SHARES)


def test_lifted_st_is_elevation_where_it_is_said_to_be():
    ecg = next(r for r in simulated_records(9, 1) if r.labels[NORMAL])
    x, beats = as_input(ecg), beat_times(ecg.signals, ecg.rate_hz)
    raised = lift_st(x, beats, np.random.default_rng(3)) - x
    at = [round((b + 0.12) * 400) for b in beats if 0.5 < b < 9]
    before = [round((b - 0.1) * 400) for b in beats if 0.5 < b < 9]
    assert raised[:, at].max() > 0.1  # the smallest elevation that counts (Thygesen et al. 2018)
    assert np.abs(raised[:, before]).max() < 0.02
    labels, known = lifted_labels(np.stack([ecg.labels, ecg.known]))
    assert (labels[STE], labels[NORMAL], known[STD]) == (1, 0, 0)


def test_changes_keep_length_and_finite_values():
    x = as_input(simulated_records(1, 2)[0])
    for seed in range(20):
        rng = np.random.default_rng(seed)
        y = covered(vary(x, rng, 2800), rng)
        assert y.shape == (8, 2800)
        assert np.isfinite(y).all()


def test_unknown_labels_do_not_count():
    logits = torch.zeros(1, 9, requires_grad=True)
    targets = torch.stack([torch.ones(9), torch.zeros(9)])[None].clone()
    targets[0, 1, 4] = 1
    masked_loss(logits, targets).backward()
    assert torch.nonzero(logits.grad[0]).flatten().tolist() == [4]


def test_eight_leads_give_the_twelve_back():
    ecg = simulated_records(1, 5)[0]
    indices = [TWELVE_LEADS.index(name) for name in NETWORK_LEADS]
    np.testing.assert_allclose(twelve_leads(ecg.signals[indices]), ecg.signals, atol=1e-4)


def test_f1_and_its_operating_point():
    truth = np.array([1, 1, 1, 0, 0, 0], bool)
    assert f1(truth, np.array([1, 1, 0, 1, 0, 0], bool)) == pytest.approx(2 / 3)
    rng = np.random.default_rng(0)
    labels = np.repeat(np.arange(250)[:, None] < 40, 9, 1).astype(float)
    logits = rng.normal(np.where(labels, 2.0, -2.0), 0.6)
    points = operating_points(1 / (1 + np.exp(-logits)), labels, np.ones((250, 9)), rounds=50)
    assert all(0.3 < point < 0.75 for point in points.values())  # between the two, where nobody is


def test_a_folder_of_records_becomes_sheets_with_counts(tmp_path):
    counts = simulate(tmp_path / "records", 2, seed=3)
    drawn = render(tmp_path / "records", tmp_path / "sheets", jobs=1)
    assert {k: v for k, v in drawn.items() if v} == {k: v for k, v in counts.items() if v}
    assert len(list((tmp_path / "sheets").glob("*.png"))) == 2
    assert (tmp_path / "sheets" / "sheets.csv").read_text().count("\n") == 3
