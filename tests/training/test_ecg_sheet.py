"""Sheets: every lead at its place and scale in px per mm, and pictures that a person could have been handed."""

import numpy as np
import pytest

from training.simulate.ecg import Plan, simulate_ecg
from training.simulate.ecg_sheet import draw_sheet, render_sheet
from training.simulate.ecg_sheet_style import LAYOUTS, austere_style, clean_style, random_style
from viewer.study import TWELVE_LEADS

RATE = 500.0


def pulse_signal():
    """One rectangle of 1 mV from 1.0 to 1.4 s in every lead, nothing else."""
    x = np.zeros((12, 5000), np.float32)
    x[:, 500:700] = 1.0
    return x


def ink_of(sheet, style):
    return np.all(np.abs(sheet.astype(int) - style.ink) < 60, axis=2)


@pytest.mark.parametrize(("mm_s", "mm_mv"), [(25, 10), (50, 10), (25, 5), (25, 20)])
def test_a_millivolt_and_a_second_have_their_millimetres(mm_s, mm_mv):
    style = clean_style(mm_s=mm_s, mm_mv=mm_mv, header_mm=0.0, named=False, footer=False, pulse="none", grid="none",
                        layout="12x1", row_mm=30.0, px_per_mm=5.0)  # fmt: skip
    sheet, truth = draw_sheet(pulse_signal(), RATE, style)
    assert truth.px_per_s == mm_s * style.px_per_mm
    assert truth.px_per_mv == mm_mv * style.px_per_mm
    ink = ink_of(sheet, style)
    for place in truth.places:
        up = round(place.x + 1.2 * truth.px_per_s)  # in the middle of the rectangle
        column = np.flatnonzero(ink[:, up])
        own = column[np.abs(column - (place.y - truth.px_per_mv)) < 3]
        assert len(own), f"{place.lead} has no ink 1 mV above its baseline"
        edges = np.flatnonzero(ink[round(place.y - truth.px_per_mv / 2)])
        edges = edges[(edges > place.x) & (edges < place.x + place.w)]
        assert np.ptp(edges) == pytest.approx(0.4 * truth.px_per_s, abs=4)


def test_grid_is_a_millimetre_and_five():
    style = clean_style(px_per_mm=10.0, header_mm=0.0, named=False, footer=False, pulse="none", bordered=False)
    sheet, _ = draw_sheet(np.full((12, 10), np.nan, np.float32), RATE, style)
    row = np.all(sheet[5] == style.major, axis=1)
    assert set(np.diff(np.flatnonzero(row[1:] & ~row[:-1]))) == {50}
    minor = np.all(sheet[5] == style.minor, axis=1)
    starts = np.flatnonzero(minor[1:] & ~minor[:-1])
    assert set(np.diff(starts)) <= {10, 20}  # 20 over a stronger line


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_lead_is_on_every_layout(layout):
    x = simulate_ecg(Plan(), 1, noise=0).signals_mv
    sheet, truth = draw_sheet(x, RATE, clean_style(layout=layout, px_per_mm=4.0))
    assert {p.lead for p in truth.places} == set(TWELVE_LEADS)
    height, width = sheet.shape[:2]
    assert all(p.x >= 0 and p.x + p.w <= width and 0 < p.y < height for p in truth.places)
    strips = [p for p in truth.places[12:]]
    assert all(p.end_s == pytest.approx(10.0) for p in strips)


def test_three_by_four_goes_on_in_time():
    _, truth = draw_sheet(np.zeros((12, 5000), np.float32), RATE, clean_style(layout="3x4+1", px_per_mm=4.0))
    starts = {p.lead: p.start_s for p in truth.places[:12]}
    assert [starts[name] for name in ("I", "aVR", "V1", "V4")] == [0.0, 2.5, 5.0, 7.5]
    assert starts["II"] == starts["III"] == 0.0


def test_the_austere_look_is_the_published_one():
    # 4 rows x 3 columns, 2.5 s a lead, +-3 mV, major grid 0.2 s and 0.5 mV, minor 0.04 s and 0.1 mV, #CCCCCC
    style = austere_style(4.0)
    sheet, truth = draw_sheet(np.zeros((12, 1250), np.float32), RATE, style)
    assert sheet.shape == (4 * 6 * 10 * 4, round(7.5 * 25 * 4), 3)
    assert [p.lead for p in truth.places[:3]] == ["I", "II", "III"]
    assert style.major == (204, 204, 204)


def test_the_homography_leads_from_sheet_to_picture():
    x = np.zeros((12, 5000), np.float32)
    style = clean_style(px_per_mm=4.0, grid="none", named=False, footer=False, header_mm=0.0, pulse="none")
    for seed in range(6):
        picture, truth = render_sheet(x, RATE, style, np.random.default_rng(seed))
        place = truth.places[5]
        x_, y_, w = truth.homography @ (place.x + place.w / 2, place.y, 1)
        column = picture[:, round(x_ / w)].astype(int).sum(1)
        near = column[max(0, round(y_ / w) - 4) : round(y_ / w) + 5]
        far = np.median(column[max(0, round(y_ / w) - 40) : round(y_ / w) + 40])
        assert near.min() < far - 60


def test_looks_vary_and_repeat_with_the_seed():
    x = simulate_ecg(Plan(), 1).signals_mv
    sizes = set()
    for seed in range(8):
        style = random_style(np.random.default_rng(seed), (3.0, 5.0))
        picture, _ = render_sheet(x, RATE, style, np.random.default_rng(seed))
        again, _ = render_sheet(x, RATE, style, np.random.default_rng(seed))
        assert picture.dtype == np.uint8
        np.testing.assert_array_equal(picture, again)
        sizes.add(picture.shape)
    assert len(sizes) > 5
