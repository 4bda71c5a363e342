"""The ECG sheet network on real print-outs (against the printed rate) and on held-out records drawn in unseen looks."""

import csv
import os
from pathlib import Path

import numpy as np
import pytest
import torch

from training.ecg.export_sheets import HELD_FONTS, HELD_PAPERS
from training.ecg.records import CLASSES, load_records
from training.ecg.splits import split
from training.ecg.train_sheets import predict
from training.job import load_recipe
from training.metrics import auc
from training.simulate.ecg_sheet import render_sheet
from training.simulate.ecg_sheet_style import random_style
from viewer.formats import open_study
from viewer.models.bundle import load_bundle
from viewer.models.preprocessing import prepare
from viewer.models.preprocessing.ecg_sheet import sheet_planes
from viewer.resources import resources_dir

DATA = Path(os.environ.get("LEADLIGHT_REAL_DATA") or Path(__file__).parents[3] / "shared" / "data")
SHEETS = DATA / "ecg" / "sheets_edan"
pytestmark = pytest.mark.skipif(not SHEETS.is_dir(), reason=f"no real ECG sheets at {DATA}; set LEADLIGHT_REAL_DATA")


@pytest.fixture(scope="module")
def bundle():
    torch.set_num_threads(1)
    return load_bundle(resources_dir() / "models" / "ecg-sheets")


def test_slow_and_fast_hearts_on_real_print_outs(bundle):
    with (SHEETS / "labels.csv").open(newline="", encoding="utf-8") as stream:
        rows = [row for row in csv.DictReader(stream) if row["heart_rate_printed"].strip().isdigit()]
    rate = {row["file"]: int(row["heart_rate_printed"]) for row in rows}
    slow, fast = ([f for f in rate if low <= rate[f] <= high][:15] for low, high in ((0, 59), (101, 300)))
    usual = [f for f in rate if 60 <= rate[f] <= 100][:25]
    files = [*slow, *fast, *usual]
    card = bundle.card
    inputs = [prepare(card.preprocessing, card.preprocessing_arguments, open_study(SHEETS / f)).inputs for f in files]
    with torch.inference_mode():
        logits = bundle.network(torch.cat(inputs)).numpy()
    rates = np.array([rate[f] for f in files])
    assert auc(rates < 60, logits[:, CLASSES.index("SB")]) > 0.85
    assert auc(rates > 100, logits[:, CLASSES.index("ST")]) > 0.9


def test_held_out_records_in_unseen_looks(bundle):
    recipe = load_recipe("ecg-sheets")
    records = load_records(DATA)
    side = split(records, recipe["split"], recipe["seed"])
    test = [r for r in records if side[r.id] == "test" and r.origin == "ptbxl"]
    names = ("LBBB", "ST", "AF")
    chosen = [r for r in test if any(r.labels[CLASSES.index(n)] for n in names)]
    chosen += [r for r in test if r.labels[CLASSES.index("Normal")]][:30]
    size = recipe["sheets"]["height"], recipe["sheets"]["width"]
    planes = []
    for i, record in enumerate(chosen):
        rng = np.random.default_rng(i)
        style = random_style(rng, (4.0, 7.0), HELD_PAPERS, HELD_FONTS)
        planes.append(sheet_planes(render_sheet(record.signals, record.rate_hz, style, rng)[0], *size)[0])
    logits = predict(bundle.network, np.stack(planes))
    for name, least in zip(names, (0.9, 0.8, 0.75), strict=True):
        c = CLASSES.index(name)
        assert auc(np.array([r.labels[c] for r in chosen]), logits[:, c]) > least
