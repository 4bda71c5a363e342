"""From a study to the ECG networks' inputs: leads, millivolts, rate, windows, refusals."""

from pathlib import Path

import numpy as np
import pytest
import torch

from training.simulate.ecg import Plan, simulate_ecg
from training.simulate.ecg_sheet import draw_sheet
from training.simulate.ecg_sheet_style import PAPERS, clean_style
from viewer.models.networks import build_network
from viewer.models.preprocessing import prepare
from viewer.models.preprocessing.ecg import NETWORK_LEADS, known_leads
from viewer.models.preprocessing.ecg_sheet import sheet_planes
from viewer.study import TWELVE_LEADS, Kind, KindFrom, Source, Study, Waveform

ECG = simulate_ecg(Plan(rate_bpm=66), 4, seconds=10.0)


def study(samples, channels=TWELVE_LEADS, rate_hz=500.0, unit="mV"):
    wave = Waveform(np.array(samples, np.float32), rate_hz, tuple(channels), (unit,) * len(channels))
    return Study(Source(Path("x.hea"), "0" * 64, "wfdb"), Kind.ECG_TRACE, KindFrom.FILE, wave)


def codes(prepared):
    return {note.code for note in prepared.notes}


def test_ten_seconds_become_eight_leads_at_400_hz():
    prepared = prepare("ecg-record", {}, study(ECG.signals_mv))
    assert prepared.inputs.shape == (1, 8, 4000)
    assert (prepared.extents[0].start_s, prepared.extents[0].end_s) == (0.0, 10.0)
    assert not prepared.notes
    v5 = prepared.inputs[0, NETWORK_LEADS.index("V5")].numpy()
    own = ECG.signals_mv[TWELVE_LEADS.index("V5")]
    assert np.ptp(v5) == pytest.approx(np.ptp(own), rel=0.1)  # millivolts stay millivolts


@pytest.mark.parametrize("rate", [100, 250, 257, 360, 1000])
def test_any_rate_gives_the_same_input(rate):
    ecg = simulate_ecg(Plan(rate_bpm=66), 4, rate_hz=rate, noise=0)
    same = simulate_ecg(Plan(rate_bpm=66), 4, rate_hz=400, noise=0)
    a = prepare("ecg-record", {}, study(ecg.signals_mv, rate_hz=rate)).inputs[0]
    b = prepare("ecg-record", {}, study(same.signals_mv, rate_hz=400)).inputs[0]
    samples = min(a.shape[1], b.shape[1])
    assert samples == pytest.approx(4000, abs=2)
    for one, other in zip(a[:, 100 : samples - 100], b[:, 100 : samples - 100], strict=True):
        assert np.corrcoef(one, other)[0, 1] > 0.98


def test_microvolt_and_millivolt_are_told_apart():
    milli = prepare("ecg-record", {}, study(ECG.signals_mv)).inputs
    micro = prepare("ecg-record", {}, study(ECG.signals_mv * 1000, unit="uV")).inputs
    torch.testing.assert_close(milli, micro, atol=1e-4, rtol=1e-4)


def test_missing_limb_leads_are_computed_by_einthoven_and_goldberger():
    kept = [0, 1, *range(6, 12)]  # I, II and the chest
    prepared = prepare("ecg-record", {}, study(ECG.signals_mv[kept], [TWELVE_LEADS[i] for i in kept]))
    whole = prepare("ecg-record", {}, study(ECG.signals_mv))
    torch.testing.assert_close(prepared.inputs, whole.inputs, atol=1e-4, rtol=1e-3)
    assert codes(prepared) == {"lead-derived"}
    some = [2, 3, 9, 10, 11]  # III and aVR give the others too
    leads, _ = known_leads(study(ECG.signals_mv[some], [TWELVE_LEADS[i] for i in some]).waveform)
    for name in TWELVE_LEADS[:6]:
        np.testing.assert_allclose(leads[name], ECG.signals_mv[TWELVE_LEADS.index(name)], atol=1e-4)


def test_a_missing_chest_lead_is_zero_and_said():
    kept = [i for i in range(12) if TWELVE_LEADS[i] != "V4"]
    prepared = prepare("ecg-record", {}, study(ECG.signals_mv[kept], [TWELVE_LEADS[i] for i in kept]))
    assert codes(prepared) == {"lead-missing"}
    assert "V4" in prepared.notes[0].message
    assert not prepared.inputs[0, NETWORK_LEADS.index("V4")].any()


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"samples": ECG.signals_mv[:1], "channels": ("II",)}, "lead-missing"),
        ({"samples": ECG.signals_mv[:, :1000]}, "too-short"),
        ({"samples": ECG.signals_mv, "unit": ""}, "scale-unknown"),
    ],
)
def test_what_cannot_be_read_is_refused(changed, code):
    prepared = prepare("ecg-record", {}, study(**changed))
    assert prepared.refusal is not None
    assert prepared.refusal.code == code


def test_a_long_recording_is_read_in_windows_to_its_end():
    long = np.tile(ECG.signals_mv, 3)[:, : round(26.4 * 500)]
    prepared = prepare("ecg-record", {}, study(long))
    assert prepared.inputs.shape == (3, 8, 4000)
    assert [round(e.start_s, 2) for e in prepared.extents] == [0.0, 10.0, 16.4]
    assert prepared.extents[-1].end_s == pytest.approx(26.4)


def test_a_short_one_is_read_as_long_as_it_is():
    prepared = prepare("ecg-record", {}, study(ECG.signals_mv[:, :2500]))
    assert prepared.inputs.shape == (1, 8, 2000)
    assert prepared.extents[0].end_s == 5.0


def test_gaps_do_not_reach_the_network():
    x = ECG.signals_mv.copy()
    x[3:, 700:1300] = np.nan
    assert torch.isfinite(prepare("ecg-record", {}, study(x)).inputs).all()


def test_pacemaker_spikes_are_noticed():
    x = ECG.signals_mv.copy()
    for beat in ECG.beats_s:
        at = round((beat - 0.2) * 500)
        if 0 < at < x.shape[1]:
            x[:, at] += 1.5
    assert "pacemaker" in codes(prepare("ecg-record", {}, study(x)))
    assert "pacemaker" not in codes(prepare("ecg-record", {}, study(ECG.signals_mv)))


def test_drift_is_removed_and_st_stays():
    quiet = simulate_ecg(Plan(rate_bpm=60, st_mv=0.3), 6, noise=0)
    t = np.arange(5000) / 500
    drifting = quiet.signals_mv + (0.8 * np.sin(2 * np.pi * 0.08 * t)).astype(np.float32)
    x = prepare("ecg-record", {}, study(drifting)).inputs[0].numpy()
    beats = [b for b in quiet.beats_s if 1 < b < 9]
    shift = [x[:, round((b + 0.1) * 400)] - x[:, round((b - 0.09) * 400)] for b in beats]
    assert np.median(shift, axis=0).max() == pytest.approx(0.27, abs=0.12)
    assert np.abs(x.mean(1)).max() < 0.05


def test_the_record_network_takes_any_length():
    network = build_network("inception-ecg", classes=9).eval()
    with torch.inference_mode():
        for samples in (1200, 4000):
            features = network.features(torch.randn(2, 8, samples) * 0.2)
            assert features.shape == (2, 128, samples // 4)
            assert network.head(features).shape == (2, 9)


@pytest.mark.parametrize("paper", ["red", "blue", "green", "grey"])
def test_ink_stays_and_coloured_grids_vanish(paper):
    ground, minor, major = PAPERS[paper]
    style = clean_style(paper=ground, minor=minor, major=major, px_per_mm=6.0, header_mm=0.0)
    sheet, truth = draw_sheet(ECG.signals_mv, 500.0, style)
    (ink, drawn), extent = sheet_planes(sheet, 448, 704)
    place, scale = truth.places[1], 704 / extent.w
    row = round((place.y - extent.y) * scale)
    band = ink[row - 8 : row + 8, round((place.x - extent.x) * scale) :][:, : round(place.w * scale)]
    assert (band.max(0) > 120).mean() > 0.9  # the trace is there in nearly every column
    empty = ink[round((truth.places[0].y + 14 * 6 - extent.y) * scale)]
    limit = 120 if paper == "grey" else 70
    assert np.median(empty) < limit
    assert drawn.mean() >= ink.mean() - 1


def test_sheet_extent_maps_the_input_back_to_the_picture():
    sheet = np.full((300, 1000, 3), 255, np.uint8)
    sheet[100:110, 200:800] = 0
    (ink, _), extent = sheet_planes(sheet, 448, 704)
    rows, columns = np.nonzero(ink > 128)
    x = extent.x + (columns.mean() + 0.5) * extent.w / 704
    y = extent.y + (rows.mean() + 0.5) * extent.h / 448
    assert (x, y) == (pytest.approx(500, abs=3), pytest.approx(105, abs=3))
