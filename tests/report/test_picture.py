"""Drawings without a window: what lies where."""

import numpy as np
import pytest

from tests.reading.small import film, reading_of, study_of
from viewer.reading.values import Box, Finding, HeatMap
from viewer.report.ecg_paper import ecg_sheet
from viewer.report.emg_paper import emg_sheet
from viewer.report.heatmaps import make_folder, save_heat_maps
from viewer.report.picture import overlay, render
from viewer.report.sheet import rasterise
from viewer.study import TWELVE_LEADS, Image, Kind, Waveform


def test_a_map_lies_where_its_rectangle_says():
    values = np.zeros((4, 4), np.float32)
    values[1, 2] = 3.0
    plain = np.full((100, 200, 3), 100, np.uint8)
    shown = overlay(plain, HeatMap("A", values, x=-100, y=0, w=600, h=200), scale=0.5)
    changed = np.abs(shown.astype(int) - 100).max(2) > 10
    rows, columns = np.nonzero(changed)
    # the hot cell covers x 200..350, y 50..100 of the study: at half scale 100..175, 25..50
    assert rows.mean() == pytest.approx(37.5, abs=1)
    assert columns.mean() == pytest.approx(137.5, abs=1)
    assert changed[37, 137]
    assert not changed[:, :30].any()


def test_nothing_is_laid_beyond_the_map():
    plain = np.full((100, 100, 3), 100, np.uint8)
    shown = overlay(plain, HeatMap("A", np.ones((2, 2), np.float32), x=50, y=50, w=50, h=50), scale=1.0)
    assert (shown[:50] == 100).all()
    assert (shown[52:, 52:] != 100).any(2).all()


def test_boxes_are_drawn_at_their_place():
    study = study_of(Image(np.zeros((400, 300), np.uint8)), Kind.CHEST_XRAY)
    reading = reading_of(study, (Finding("Mass", 0.9, 0.5, boxes=(Box(60, 120, 90, 60, 0.7),)),))
    shown = render(study, reading, "Mass", (150, 200))
    assert shown.shape == (200, 150, 3)
    assert shown[60:90, 30].max(1).min() > 100  # the left side, at half scale
    assert shown[70:85, 40:70].max() == 0
    assert render(study, reading, None, (150, 200)).max() == 0


def test_negative_is_up_on_emg_paper():
    samples = np.zeros((1, 20000), np.float32)
    samples[0, 1000:1010] = -100  # 100 ms into the first sweep
    sheet = emg_sheet(Waveform(samples, 10000.0, ("EMG 1",), ("uV",)), 0.0, None, ())
    first = rasterise(sheet, 4)[: 4 * (14 + 20)]
    rows, columns = np.nonzero(first.max(2) < 90)
    baseline = np.median(rows)
    assert rows.min() < baseline - 35
    assert rows.max() < baseline + 6
    assert columns[rows.argmin()] == pytest.approx(4 * (4 + 90), abs=4)
    assert "100 uV/div" in sheet.marks[-1].text


def test_missing_leads_keep_their_place_and_unknown_scale_is_said():
    rng = np.random.default_rng(0)
    names = tuple(n for n in TWELVE_LEADS if n != "V2")
    wave = Waveform(rng.normal(0, 0.3, (11, 2500)).astype(np.float32), 250.0, names, ("mV",) * 10 + ("",))
    words = [m.text for m in ecg_sheet(wave, 0, None, ()).marks if hasattr(m, "text")]
    assert "V2" in words
    assert "V6 (scale unknown)" in words


def test_heat_maps_are_saved_under_names_that_identify_nobody(tmp_path):
    study = study_of(film(), Kind.CHEST_XRAY)
    maps = tuple(HeatMap(label, np.eye(8, dtype=np.float32), 0, 0, 200, 240) for label in ("Mass", "No Finding"))
    reading = reading_of(study, (Finding("Mass", 0.9, 0.5), Finding("No Finding", 0.1, 0.5)), maps=maps)
    make_folder(tmp_path / "new")
    saved = save_heat_maps(study, reading, tmp_path / "new")
    assert [p.name for p in saved] == [
        "abababababab_chest-films_mass.png",
        "abababababab_chest-films_no-finding.png",
    ]
    import cv2

    picture = cv2.imread(str(saved[0]))
    assert picture.shape[0] == 1024
    hue = picture.astype(int)
    assert np.abs(hue[..., 0] - hue[..., 2]).max() > 60  # coloured over grey
