"""The ECG bundles on a fixed small part of the real records that no network learned from."""

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from training.ecg.records import CLASSES, load_records
from training.ecg.splits import split
from training.ecg.train_records import as_input, predict
from training.job import load_recipe
from training.metrics import auc
from viewer.models.bundle import load_bundle
from viewer.resources import resources_dir

DATA = Path(os.environ.get("LEADLIGHT_REAL_DATA", Path(__file__).parents[3] / "shared" / "data"))
pytestmark = pytest.mark.skipif(not (DATA / "ecg" / "records").is_dir(), reason=f"no real ECG records at {DATA}")


@pytest.fixture(scope="module")
def records():
    return load_records(DATA)


@pytest.fixture(scope="module")
def test_records(records):
    recipe = load_recipe("ecg-records")
    side = split(records, recipe["split"], recipe["seed"])
    return [r for r in records if side[r.id] == "test"]


@pytest.fixture(scope="module")
def judged(test_records):
    """Every test record with an abnormality and 80 without; the network's logits for them."""
    torch.set_num_threads(1)
    ill = [r for r in test_records if r.labels[:8].any() and r.origin == "ptbxl"]
    well = [r for r in test_records if not r.labels[:8].any() and r.origin == "ptbxl"][:80]
    chosen = [*ill, *well]
    network = load_bundle(resources_dir() / "models" / "ecg-records").network
    return chosen, predict(network, [as_input(r) for r in chosen])


def test_records_are_read_whole_and_once(records):
    assert len(records) == 1864
    assert len({r.id for r in records}) == len(records)
    assert all(r.signals.shape[0] == 12 and np.isfinite(r.signals).all() for r in records)
    lengths = {r.signals.shape[1] / r.rate_hz for r in records if r.origin == "ptbxl"}
    assert lengths == {10.0}


def test_leads_are_in_order_and_in_millivolt(records):
    for record in [r for r in records if r.origin != "ludb"][::50]:  # LUDB's leads were not sampled together
        one, two, three, avr, avl, avf = record.signals[:6]
        np.testing.assert_allclose(three, two - one, atol=0.01)  # Einthoven
        np.testing.assert_allclose(avr, -(one + two) / 2, atol=0.01)
        np.testing.assert_allclose(avl, one - two / 2, atol=0.01)
        np.testing.assert_allclose(avf, two - one / 2, atol=0.01)
        assert 0.2 < np.ptp(np.percentile(record.signals[7:], (0.1, 99.9))) < 12


@pytest.mark.parametrize(
    ("label", "least"),
    [("1dAVb", 0.9), ("RBBB", 0.95), ("LBBB", 0.97), ("SB", 0.9), ("AF", 0.96), ("ST", 0.95), ("STD", 0.8)],
)
def test_held_out_records_are_told_apart(judged, label, least):
    records, logits = judged
    c = CLASSES.index(label)
    assert auc(np.array([r.labels[c] for r in records]), logits[:, c]) > least


def test_the_same_recording_at_100_and_500_hz_reads_alike(test_records):
    network = load_bundle(resources_dir() / "models" / "ecg-records").network
    fast = [r for r in test_records if r.rate_hz == 500 and r.origin == "ptbxl"][:12]
    with np.load(DATA / "ecg" / "records" / "ptbxl_100hz_a.npz") as packed:
        slow = {str(i): x for i, x in zip(packed["id"], packed["x"], strict=True)}
    for record in fast:
        same = replace(record, rate_hz=100.0, signals=slow[record.id].astype(np.float32) / 1000)
        a, b = (predict(network, [as_input(r)])[0] for r in (record, same))
        assert np.abs(1 / (1 + np.exp(-a)) - 1 / (1 + np.exp(-b))).mean() < 0.06
