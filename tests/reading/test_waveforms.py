"""Waveforms found in pictures drawn here, so that their places are known to the pixel."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from tests.reading.small import card, study_of
from viewer.models.bundle import load_bundle
from viewer.models.catalogue import catalogue
from viewer.models.networks.screen_waves import ScreenWaves
from viewer.reading.emg_picture import PictureRead, concluded, is_sheet
from viewer.reading.engine import Engine
from viewer.reading.traces import Trace, _joined, find_traces
from viewer.reading.values import Finding, Reading
from viewer.reading.waveforms import Found, Panel, Waveform, find_waveforms, look
from viewer.study import Image, Kind, KindFrom, Region

DARK, LIGHT = ((8, 12, 30), (90, 255, 120), (40, 60, 60)), ((255, 255, 255), (10, 10, 40), (205, 205, 205))
WIDTH = 900
PLACES = (150, 420, 700)


def spike(x, at, height=60.0, width=14.0):
    """A biphasic potential, its first phase downward (positive)."""
    t = (np.arange(x) - at) / width
    return height * (np.exp(-((t / 0.25) ** 2)) - 1.4 * np.exp(-(((t - 0.6) / 0.25) ** 2)))


def sharp_wave(x, at, height=60.0, length=70.0):
    """A steep fall, then a slow return with a low negative end."""
    t = (np.arange(x) - at) / length
    return np.where(t > 0, height * (np.exp(-t * 9) - 0.3 * (t * 4) * np.exp(-t * 4)), 0.0)


def draw(picture, rows, colour, x0=0):
    import cv2

    points = np.stack([x0 + np.arange(len(rows)), rows], 1)
    cv2.polylines(picture, [np.round(points * 16).astype(np.int32)], False, colour, 1, cv2.LINE_AA, 4)


def screen(waves, look=DARK, grid=True, noise=1.0, rows=500):
    """Return a picture of sweeps (each a deflection in pixels, downward positive), with a grid of 10 x 8 divisions."""
    ground, trace, line = look
    picture = np.empty((rows, WIDTH, 3), np.uint8)
    picture[:] = ground
    if grid:
        picture[np.linspace(0, rows - 1, 9).astype(int)] = line
        picture[:, np.linspace(0, WIDTH - 1, 11).astype(int)] = line
    rng = np.random.default_rng(1)
    for n, wave in enumerate(waves):
        curve = rows * (n + 0.5) / len(waves) + wave + rng.normal(0, noise, WIDTH)
        draw(picture, np.clip(curve, 2, rows - 3), trace)
    return picture


def middles(found):
    return sorted(w.x + w.w / 2 for w in found.waveforms)


@pytest.mark.parametrize("look", [DARK, LIGHT], ids=["dark", "light"])
@pytest.mark.parametrize("grid", [True, False], ids=["grid", "plain"])
def test_each_potential_has_a_box_round_it(look, grid):
    found = find_waveforms(screen([sum(spike(WIDTH, at) for at in PLACES)], look, grid))
    assert middles(found) == pytest.approx([at + 4 for at in PLACES], abs=8)
    for wave in found.waveforms:
        assert 15 <= wave.w <= 50
        assert wave.y == pytest.approx(250 - 75, abs=14)
        assert wave.y + wave.h == pytest.approx(250 + 50, abs=18)
        assert not wave.clipped
    assert len(found.panels) == 1


def test_a_large_screen_is_looked_at_reduced_and_its_boxes_are_where_its_waves_are():
    import cv2

    small = screen([sum(spike(WIDTH, at) for at in PLACES)], grid=False)
    large = cv2.resize(small, None, fx=2.5, fy=2.5, interpolation=cv2.INTER_CUBIC)
    looked = look(large)
    assert max(looked.ink.strength.shape) <= 1300
    assert looked.fine.shape == large.shape
    found = find_waveforms(large, looked)
    for at in PLACES:
        (wave,) = (w for w in found.waveforms if w.x < 2.5 * (at + 4) < w.x + w.w)
        assert wave.y + wave.h == pytest.approx(2.5 * (250 + 60), abs=20)
    page = np.vstack([large] * 3)  # higher than wide: a sheet, looked at as it is
    assert look(page).zoom == look(page).fine_zoom


def test_the_slow_end_of_a_sharp_wave_is_in_its_box():
    (wave,) = find_waveforms(screen([sharp_wave(WIDTH, 400)], noise=0.6)).waveforms
    assert wave.x == pytest.approx(400, abs=5)
    assert wave.x + wave.w > 445  # the fall alone ends at 418


def test_sweeps_are_told_apart():
    waves = [spike(WIDTH, 200, 25), np.zeros(WIDTH), spike(WIDTH, 600, 25)]
    found = find_waveforms(screen(waves))
    assert [p.sweeps for p in found.panels] == [3]
    assert sorted((w.sweep, round((w.x + w.w / 2) / 100)) for w in found.waveforms) == [(0, 2), (2, 6)]


def test_a_low_sweep_of_ragged_noise_is_no_line_of_words():
    import cv2

    ragged = np.zeros((120, WIDTH), bool)
    ragged[53:68] = np.random.default_rng(3).random((15, WIDTH)) < 0.5  # several strokes in each column, as words have
    (trace,) = find_traces(ragged)
    assert trace.row == pytest.approx(60, abs=4)
    assert trace.x1 - trace.x0 > 0.95 * WIDTH
    words = np.zeros((120, WIDTH), np.uint8)
    cv2.putText(words, "Tibialis anterior, right: no spontaneous activity at rest", (20, 66), 0, 0.8, 255, 2)
    assert find_traces(words > 0) == []


def test_a_crumb_within_a_sweeps_end_is_not_joined_to_it():
    """Such a picture was refused: joining it left nothing of the crumb to join."""

    def trace(x0: int, columns: int) -> Trace:
        level = np.full(columns, 50.0)
        return Trace(x0, level, level - 1, level + 1, np.ones(columns, int), ruled=False, thickness=2.0)

    (sweep,) = (t for t in _joined([trace(3, 68), trace(69, 1), trace(72, 80)]) if len(t.base) > 1)
    assert (sweep.x0, sweep.x1) == (3, 152)
    assert len(sweep.base) == len(sweep.top) == len(sweep.strokes) == 149


def test_a_flat_trace_is_quiet():
    found = find_waveforms(screen([np.zeros(WIDTH)]))
    assert found.waveforms == ()
    assert found.quiet
    assert not find_waveforms(screen([spike(WIDTH, 400)])).quiet


def test_a_wave_cut_off_at_the_screens_edge_is_clipped():
    picture = screen([spike(WIDTH, 400, 300, 60)], grid=False)
    assert [w.clipped for w in find_waveforms(picture).waveforms] == [True]


@pytest.mark.parametrize("limit", [20, 45])
@pytest.mark.parametrize("look", [DARK, LIGHT], ids=["dark", "light"])
def test_a_wave_that_leaves_the_amplifiers_range_is_clipped_a_whole_one_is_not(look, limit):
    wave = spike(WIDTH, 400, 60, 40)
    whole, cut = (find_waveforms(screen([y], look)).waveforms for y in (wave, np.clip(wave, -limit, limit)))
    assert [w.clipped for w in whole] == [False]
    assert [w.clipped for w in cut] == [True]


def test_words_and_tables_hold_no_waveform():
    import cv2

    page = np.full((1000, 800, 3), 255, np.uint8)
    for row in range(8):
        for column in range(4):
            cv2.putText(page, f"Amp {row}.{column}", (60 + 170 * column, 90 + 40 * row), 0, 0.5, (0, 0, 0), 1, 16)
        cv2.line(page, (50, 100 + 40 * row), (740, 100 + 40 * row), (0, 0, 0), 1)
    assert find_waveforms(page).waveforms == ()


def report_sheet():
    """Return a page with a head and two panels one under the other, and the columns of their potentials."""
    import cv2

    page = np.full((1100, 900, 3), 255, np.uint8)
    cv2.putText(page, "ELECTROMYOGRAPHY REPORT", (60, 60), 0, 1, (0, 0, 0), 2, 16)
    rng = np.random.default_rng(2)
    for top, at in ((200, 300), (600, 600)):
        cv2.putText(page, "R TIB ANT 100 uV/D 10 ms/D", (60, top - 20), 0, 0.5, (0, 0, 0), 1, 16)
        draw(page, top + 120 + spike(780, at - 60) + rng.normal(0, 0.8, 780), (20, 20, 20), 60)
    return page


def test_a_sheets_panels_are_parted_by_their_captions():
    page = report_sheet()
    found = find_waveforms(page)
    assert len(found.panels) == 2
    assert is_sheet(found, page.shape)
    assert middles(found) == pytest.approx([304, 604], abs=8)
    for panel, top in zip(found.panels, (200, 600), strict=True):
        assert panel.y <= top + 60
        assert panel.y + panel.h >= top + 160
        assert panel.h < 400


NAVY = (0, 0, 130)


def beside(curves, traces, ground=NAVY, wide=300, gap=14):
    """Return a page with a ruled head and fields of their own ground side by side, with a caption above each.

    ``curves``: of each field, rows of its middle's deflection (downward positive); ``traces``: colour and thickness.
    """
    import cv2

    page = np.full((700, 60 + len(curves) * (wide + gap), 3), 255, np.uint8)
    cv2.line(page, (30, 165), (page.shape[1] - 30, 165), (0, 0, 0), 1)
    for n, (curve, (colour, thick)) in enumerate(zip(curves, traces, strict=True)):
        x = 30 + n * (wide + gap)
        cv2.putText(page, "R TIB ANT  100uV  10ms", (x, 190), 0, 0.45, (0, 0, 0), 1, 16)
        page[200:400, x : x + wide] = ground
        points = np.stack([x + np.arange(wide), np.clip(300 + curve, 202, 397)], 1)
        cv2.polylines(page, [np.round(points).astype(np.int32)], False, colour, thick, cv2.LINE_AA)
    return page


@pytest.mark.parametrize("gap", [6, 14])
def test_fields_beside_one_another_are_panels_of_their_own_though_their_sweeps_are_in_line(gap):
    curves = [spike(300, at, 50) + noisy(n, 1.0, 300) for n, at in enumerate((80, 150, 220))]
    found = find_waveforms(beside(curves, [((240, 240, 90), 1)] * 3, gap=gap))
    panels = sorted(found.panels, key=lambda p: p.x)
    assert [p.x for p in panels] == pytest.approx([30 + n * (300 + gap) for n in range(3)], abs=8)
    assert [p.w for p in panels] == pytest.approx([300] * 3, abs=10)
    assert sorted(w.panel for w in found.waveforms) == [0, 1, 2]


def test_a_trace_as_white_as_the_page_and_as_thick_as_noise_does_not_part_its_field():
    curves = [noisy(n, 4.0, 300) + spike(300, 150, 60) for n in range(2)]
    found = find_waveforms(beside(curves, [((255, 255, 255), 10)] * 2))
    assert len(found.panels) == 2
    for panel, x in zip(sorted(found.panels, key=lambda p: p.x), (30, 344), strict=True):
        assert x - 5 <= panel.x < panel.x + panel.w <= x + 305
        assert panel.y < 300 < panel.y + panel.h


def test_a_bold_sweep_without_noise_is_no_line_of_a_table():
    found = find_waveforms(beside([np.zeros(300), noisy(1, 1.0, 300)], [((255, 240, 240), 1)] * 2))
    assert [p.sweeps for p in found.panels] == [1, 1]
    assert found.waveforms == ()
    assert found.quiet


def test_a_small_picture_is_no_sheet():
    panels = Panel(0, 0, 300, 90, 1), Panel(0, 120, 300, 90, 1)
    waves = Waveform(50, 20, 9, 40, 0, 0), Waveform(50, 140, 9, 40, 1, 0)
    assert is_sheet(Found(panels, waves), (700, 900))
    assert not is_sheet(Found(panels, waves), (300, 400))


def test_photographs_of_something_else_have_no_trace():
    import cv2

    rng = np.random.default_rng(3)
    cloud = cv2.GaussianBlur(rng.uniform(0, 255, (600, 800, 3)).astype(np.float32), (0, 0), 40)
    cloud = cv2.normalize(cloud, None, 20, 230, cv2.NORM_MINMAX).astype(np.uint8)
    assert find_waveforms(cloud).waveforms == ()


@pytest.fixture
def emg_engine(make_bundle, models):
    """An engine with a small untrained network of the shipped kind for EMG pictures."""
    torch.manual_seed(0)
    content = card("emg-screens", Kind.EMG_IMAGE, ["PSW", "Fibs", "Others"], exclusive=True, uncertain_below=0.6)
    content |= {"operating_points": {"PSW": 0.9, "Fibs": 0.9, "Others": 0.5}}
    content |= {"architecture": {"name": "screen-waves", "arguments": {"classes": 3}}}
    content |= {"preprocessing": {"name": "picture", "arguments": {"height": 96, "width": 128, "channels": 1}}}
    make_bundle(content, ScreenWaves(3).eval(), (1, 96, 128))
    return Engine("cpu", [models])


def emg_study(picture):
    return study_of(Image(picture)).as_kind(Kind.EMG_IMAGE, KindFrom.PERSON)


def test_a_sheet_is_read_panel_by_panel_and_says_so(emg_engine):
    reading = emg_engine.read(emg_study(report_sheet()), kind=Kind.EMG_IMAGE)
    codes = [n.code for n in reading.warnings]
    assert "several-panels" in codes
    assert "waveforms-found" in codes
    said = next(n.message for n in reading.warnings if n.code == "several-panels")
    assert said.startswith("The picture has 2 panels, each read by itself: 1 ")


def test_boxes_of_a_marked_part_are_in_pixels_of_the_whole(emg_engine):
    page = report_sheet()
    found = find_waveforms(page[520:800, 400:800])
    whole = emg_engine.read(emg_study(page), region=Region(400, 520, 400, 280), kind=Kind.EMG_IMAGE)
    boxes = [b for f in whole.findings for b in f.boxes]
    assert len(found.waveforms) == 1
    for b in boxes:
        assert b.x + b.w / 2 == pytest.approx(604, abs=8)
        assert 600 < b.y + b.h / 2 < 800


def test_nothing_is_named_in_a_flat_trace(emg_engine):
    reading = emg_engine.read(emg_study(screen([np.zeros(WIDTH)])), kind=Kind.EMG_IMAGE)
    assert reading.abstained
    assert "no-event" in [n.code for n in reading.warnings]


def test_without_a_trace_no_class_is_sure(emg_engine):
    blobs = np.random.default_rng(0).integers(0, 255, (12, 16, 3)).repeat(40, 0).repeat(40, 1).astype(np.uint8)
    reading = emg_engine.read(emg_study(blobs), kind=Kind.EMG_IMAGE)
    assert "no-trace" in [n.code for n in reading.warnings]
    assert reading.predicted == "uncertain"
    assert not any(f.positive for f in reading.findings)


@pytest.mark.skipif(not any(c.id == "emg-screens" for c in catalogue()), reason="the EMG screen network is not here")
def test_sharp_waves_drawn_upside_down_are_doubted():
    waves = sum(sharp_wave(WIDTH, at, 90) for at in PLACES)
    engine = Engine("cpu")
    upright, inverted = (
        engine.read(emg_study(screen([way * waves], noise=1.5)), kind=Kind.EMG_IMAGE) for way in (1, -1)
    )
    assert upright.predicted == "PSW"
    assert len(next(f for f in upright.findings if f.label == "PSW").boxes) == 3
    assert "polarity-doubted" in [n.code for n in inverted.warnings]
    assert inverted.predicted == "uncertain"


def test_the_shipped_network_gives_its_cells():
    shipped = next((c for c in catalogue() if c.id == "emg-screens"), None)
    if shipped is None:
        pytest.skip("the EMG screen network is not here")
    network = load_bundle(shipped.folder).network
    arguments = shipped.preprocessing_arguments
    features = network.features(torch.zeros(1, 1, arguments["height"], arguments["width"]))
    assert network.cells(features).shape[:2] == (1, 3)


def noisy(seed, noise=0.8, columns=780):
    return np.random.default_rng(seed).normal(0, noise, columns)


def figure(waves, wide=780):
    """Return a page of axes under one another as a plotting library draws them: frames, ticks and numbers, no grid."""
    import cv2

    page = np.full((80 + 260 * len(waves), 900, 3), 255, np.uint8)
    cv2.putText(page, "Needle EMG, tibialis anterior", (280, 22), 0, 0.6, (0, 0, 0), 1, 16)
    for n, wave in enumerate(waves):
        top, bottom = 40 + 260 * n, 240 + 260 * n
        draw(page, (top + bottom) / 2 + wave + noisy(n), (31, 119, 180), 70)
        cv2.rectangle(page, (70, top), (70 + wide, bottom), (0, 0, 0), 1)
        for tick in range(6):
            x = 70 + tick * wide // 5
            cv2.line(page, (x, bottom), (x, bottom + 5), (0, 0, 0), 1)
            cv2.putText(page, str(20 * tick), (x - 10, bottom + 22), 0, 0.45, (0, 0, 0), 1, 16)
    return page


def test_the_axes_of_a_figure_are_one_picture_and_their_frames_no_waveforms():
    page = figure([spike(780, 300), spike(780, 500)])
    found = find_waveforms(page)
    assert not is_sheet(found, page.shape)
    assert middles(found) == pytest.approx([374, 574], abs=8)


def test_a_sweep_that_a_steep_wave_cuts_is_one_sweep():
    """As a fast sweep at high sensitivity draws it: the fall's stroke is too faint to be seen."""
    picture = screen([sharp_wave(WIDTH, 400, 200, 200)], noise=1.0)
    picture[255:420, 396:406] = DARK[0]
    found = find_waveforms(picture)
    assert [p.sweeps for p in found.panels] == [1]
    assert not is_sheet(found, picture.shape)
    assert len(found.waveforms) == 1


def test_a_row_of_buttons_is_neither_a_panel_nor_a_waveform():
    import cv2

    picture = screen([spike(WIDTH, 300, 30), spike(WIDTH, 600, 30)], rows=700)
    picture[620:] = DARK[0]
    for n in range(6):
        cv2.rectangle(picture, (n * 150 + 2, 650), (n * 150 + 146, 697), (150, 150, 150), -1)
        cv2.putText(picture, "Sweep", (n * 150 + 20, 680), 0, 0.5, (20, 20, 20), 1, 16)
    found = find_waveforms(picture)
    assert not is_sheet(found, picture.shape)
    assert all(w.y + w.h < 640 for w in found.waveforms)
    assert len(found.waveforms) == 2


def test_waves_without_a_resting_baseline_are_not_quiet():
    """A myotonic discharge at 90 a second on 200 ms: eighteen positive waves, one running into the next."""
    at = np.arange(1200) % 66 / 66
    page = np.full((480, 1300, 3), 255, np.uint8)
    draw(page, 200 + 60 * np.exp(-3 * at) * np.where(at < 0.03, at / 0.03, 1), (31, 119, 180), 50)
    assert not find_waveforms(page).quiet


def sums(reading):
    return sum(f.probability for f in reading.findings)


def test_the_classes_of_one_picture_exclude_each_other_those_of_a_sheet_do_not(emg_engine):
    page = figure([spike(780, 300), spike(780, 500)])
    reading = emg_engine.read(emg_study(page), kind=Kind.EMG_IMAGE)
    assert reading.exclusive
    assert sums(reading) <= 1.001
    assert not emg_engine.read(emg_study(report_sheet()), kind=Kind.EMG_IMAGE).exclusive


def concluded_on(found, shares, because=()):
    """Return the reading of one picture of which the network said ``shares`` of PSW, Fibs and Others."""
    points = {"PSW": 0.99, "Fibs": 0.65, "Others": 0.5}
    own = SimpleNamespace(
        classes=tuple(points), exclusive=True, temperature=1.0, uncertain_below=0.95, operating_points=points
    )
    read = PictureRead(np.log(np.array([shares])), None, (), dict.fromkeys(points, ()), found, because=because)
    said = tuple(Finding(c, p, points[c]) for c, p in zip(points, shares, strict=True))
    blank = Reading("f", "0", Kind.EMG_IMAGE, KindFrom.PERSON, "png", None, None, "cpu", "float32", False, True)
    return concluded(read, own, replace(blank, findings=said), 0, 0)


def test_without_a_waveform_no_class_is_sure():
    nothing = Found((Panel(0, 0, 900, 200, 1),))
    for shares in ((0.996, 0.003, 0.001), (0.001, 0.001, 0.998)):
        said = concluded_on(nothing, shares)
        assert said.predicted == "uncertain"
        assert not any(f.positive for f in said.findings)
        assert [n.code for n in said.warnings] == ["probability-capped"]


def test_a_probability_that_is_held_back_says_why():
    wave = Waveform(10, 10, 30, 60, 0, 0)
    found = Found((Panel(0, 0, 900, 200, 1),), (wave,))
    (note,) = concluded_on(found, (0.1, 0.88, 0.02), ("most waveforms are cut off flat",)).warnings
    assert note.message == "PSW, Fibs, Others: 49% is the most that is said, because most waveforms are cut off flat."
    assert concluded_on(found, (0.1, 0.45, 0.45), ("most waveforms are cut off flat",)).warnings == ()


@pytest.mark.parametrize(
    ("second", "waves"),
    [
        (Panel(800, 20, 120, 40, 1), 1),  # a menu
        (Panel(10, 5, 780, 30, 1), 1),  # a line of words
        (Panel(20, 700, 760, 200, 1), 0),  # an empty field
        (Panel(60, 150, 500, 300, 1), 2),  # a part of the same sweep, found twice
    ],
)
def test_what_stands_beside_one_panel_makes_no_sheet_of_a_screen(second, waves):
    own = Waveform(100, 200, 20, 90, 0, 0), Waveform(300, 200, 20, 90, 0, 0)
    beside = tuple(Waveform(second.x + 5 + 30 * n, second.y + 2, 9, 20, 1, 0) for n in range(waves))
    assert not is_sheet(Found((Panel(20, 100, 760, 500, 2), second), own + beside), (1000, 1000))
