"""The shipped ECG networks on simulated ECGs, whose truth is known."""

import pytest

from training.simulate.ecg import Plan, simulate, simulate_ecg
from viewer.formats import open_study
from viewer.reading.engine import Engine
from viewer.resources import resources_dir
from viewer.study import TWELVE_LEADS, Kind, KindFrom, Source, Study, Waveform


@pytest.fixture(scope="module")
def engine():
    return Engine(device="cpu")


def read(engine, tmp_path, plan):
    ecg = simulate_ecg(plan, 12)
    wave = Waveform(ecg.signals_mv, ecg.rate_hz, TWELVE_LEADS, ("mV",) * 12)
    study = Study(Source(tmp_path / "x.hea", "0" * 64, "wfdb"), Kind.ECG_TRACE, KindFrom.FILE, wave)
    return engine.read(study)


@pytest.mark.parametrize(
    ("plan", "label"),
    [
        (Plan(rate_bpm=46), "SB"),
        (Plan(rate_bpm=128), "ST"),
        (Plan(rhythm="af", rate_bpm=95), "AF"),
        (Plan(conduction="lbbb"), "LBBB"),
        (Plan(conduction="rbbb"), "RBBB"),
        (Plan(), "Normal"),
    ],
)
def test_what_was_simulated_is_found(engine, tmp_path, plan, label):
    reading = read(engine, tmp_path, plan)
    assert label in {f.label for f in reading.findings if f.positive}
    assert len(reading.maps) == 9
    found = next(f for f in reading.findings if f.label == label)
    assert all(span.channel is None and 0 <= span.start_s < span.end_s <= 10.01 for span in found.spans)
    assert found.spans or label == "Normal"


def test_simulated_files_are_read_from_disk(engine, tmp_path):
    simulate(tmp_path, 1, seed=1)
    reading = engine.read(open_study(tmp_path / "sim00000.hea"))
    assert reading.kind == Kind.ECG_TRACE
    assert not reading.abstained
    assert [f.label for f in reading.findings] == ["1dAVb", "RBBB", "LBBB", "SB", "AF", "ST", "STD", "STE", "Normal"]


def test_the_sample_sheet_is_read_as_left_bundle_branch_block():
    study = open_study(resources_dir() / "samples" / "ecg_sheet.png")
    reading = Engine(device="cpu").read(study, kind=Kind.ECG_IMAGE)
    assert not reading.abstained
    positive = {f.label for f in reading.findings if f.positive}
    assert "LBBB" in positive
    assert "Normal" not in positive
