"""Pages that were photographed or scanned a little turned: laid level, read, and told where things are as they lie."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from training.simulate.emg_artwork import draw_words
from viewer.models.bundle import load_bundle
from viewer.models.preprocessing import Extent
from viewer.reading.emg_picture import PictureRead, turned_back, turned_map
from viewer.reading.engine import Engine
from viewer.reading.lines import Line, find_lines
from viewer.reading.tilt import Tilt, find_tilt, laid_level, levelled
from viewer.reading.values import Box
from viewer.reading.waveforms import Found, Panel, Waveform, find_waveforms, look
from viewer.resources import resources_dir
from viewer.study import Image, Kind, KindFrom, Source, Study
from viewer.study.display import grey8

ROWS, COLUMNS = 1000, 800
PANELS = ((150, "R TIBIALIS ANTERIOR  at rest"), (430, "L DELTOID  10 ms/D  100 uV/D"), (710, "VASTUS LAT  at rest"))
HEAD = (
    (20, "Department of Clinical Neurophysiology"),
    (55, "Needle EMG report, page 1 of 2"),
    (85, "Physician: Dr. A. Roe"),
)


@pytest.fixture(scope="module")
def finder():
    return load_bundle(resources_dir() / "models" / "screen-lines")


def lines(slope: float, change: float = 0.0, count: int = 12, off: float = 0.0) -> list[Line]:
    rng = np.random.default_rng(4)
    told = []
    for y in np.linspace(50, 950, count):
        own = slope + change * (y - ROWS / 2) + rng.normal(0, off)
        told.append(Line(100, y, 200, 14 + abs(own) * 200, own))
    return told


def page() -> np.ndarray:
    """Three panels of three sweeps, each with a caption over it, a head and a foot."""
    shown = np.full((ROWS, COLUMNS, 3), 255, np.uint8)
    rng = np.random.default_rng(2)
    for y, text in (*HEAD, (950, "No abnormality of the paraspinal muscles")):
        draw_words(shown, text, (80, y), (0, 0, 0), "sans", 15)
    for top, caption in PANELS:
        draw_words(shown, caption, (80, top - 30), (0, 0, 0), "sans", 16)
        for sweep in range(3):
            ys = rng.normal(0, 1.0, 640)
            for at in (150, 330, 520):
                ys[at : at + 8] -= np.hanning(8) * 45
            rows = top + 35 + 60 * sweep + np.round(ys).astype(int)
            for step in (0, 1):
                shown[rows + step, np.arange(80, 720)] = 0
            for x in range(80, 719):  # joined up
                a, b = sorted((rows[x - 80], rows[x - 79]))
                shown[a : b + 1, x] = 0
    return shown


def spikes_of(degrees: float) -> np.ndarray:
    """The middles (27, 2) of the page's spikes where it is turned."""
    turn = Tilt(float(np.tan(np.deg2rad(degrees))), 0.0, COLUMNS / 2, ROWS / 2)
    tops = [top + 35 + 60 * sweep for top, _ in PANELS for sweep in range(3)]
    return np.array([turn.at(80 + at + 4, y - 22) for y in tops for at in (150, 330, 520)])


def turned(shown: np.ndarray, degrees: float) -> np.ndarray:
    import cv2

    matrix = cv2.getRotationMatrix2D((COLUMNS / 2, ROWS / 2), -degrees, 1)
    return cv2.warpAffine(shown, matrix, (COLUMNS, ROWS), borderValue=(255, 255, 255))


def study(shown: np.ndarray) -> Study:
    return Study(Source(Path("page.png"), "0" * 64, "png"), Kind.EMG_IMAGE, KindFrom.PERSON, Image(shown))


def test_a_level_page_stays_as_it_is():
    assert find_tilt(lines(0.0, off=0.002), (ROWS, COLUMNS)) is None
    assert find_tilt(lines(0.003), (ROWS, COLUMNS)) is None
    assert find_tilt([], (ROWS, COLUMNS)) is None


@pytest.mark.parametrize("slope", [0.02, -0.05, 0.1])
def test_the_lines_of_words_tell_how_a_page_is_turned(slope):
    tilt = find_tilt(lines(slope, off=0.003), (ROWS, COLUMNS))
    assert tilt.slope == pytest.approx(slope, abs=0.003)
    assert tilt.change == 0


def test_a_page_seen_at_an_angle_is_turned_more_at_one_end():
    tilt = find_tilt(lines(0.02, change=4e-5, count=30, off=0.001), (ROWS, COLUMNS))
    assert tilt.slope == pytest.approx(0.02, abs=0.002)
    assert tilt.change == pytest.approx(4e-5, rel=0.15)


def test_few_lines_or_lines_that_disagree_tell_nothing():
    assert find_tilt(lines(0.05, count=3), (ROWS, COLUMNS)) is None
    assert find_tilt(lines(0.03, off=0.08), (ROWS, COLUMNS)) is None
    short = [replace(line, w=30, h=14 + 0.05 * 30) for line in lines(0.05)]
    assert find_tilt(short, (ROWS, COLUMNS)) is None
    assert find_tilt(lines(0.4), (ROWS, COLUMNS)) is None  # no page: words written at a slant


def test_what_is_level_was_where_it_says():
    tilt = Tilt(0.03, 2e-5, COLUMNS / 2, ROWS / 2)
    shown = np.zeros((ROWS, COLUMNS), np.uint8)
    x, y = (round(v) for v in tilt.at(600, 200))
    shown[y - 2 : y + 3, x - 2 : x + 3] = 255
    level = levelled(shown, tilt)
    rows, columns = np.nonzero(level > 128)
    assert (columns.mean(), rows.mean()) == pytest.approx((600, 200), abs=1)
    assert tilt.level(np.array(x), np.array(y)) == pytest.approx((600, 200), abs=2)


def test_a_turned_page_is_laid_level_and_its_panels_are_found(finder):
    shown = turned(page(), 2.0)
    level, written, tilt = laid_level(study(shown), lambda seen: find_lines(finder, seen))
    assert tilt.slope == pytest.approx(np.tan(np.deg2rad(2.0)), abs=0.004)
    flat = grey8(level.image)
    found = find_waveforms(flat, look(flat, words=written.places))
    assert [panel.sweeps for panel in found.panels] == [3, 3, 3]
    spikes = [w for w in found.waveforms if w.h > 25]
    assert len(spikes) >= 24  # of 27
    places = np.array([tilt.at(w.x + w.w / 2, w.y + w.h / 2) for w in spikes])
    away = np.hypot(*(places[:, None] - spikes_of(2.0)[None]).transpose(2, 0, 1)).min(1)
    assert away.max() < 6


def test_a_turned_sheet_is_read_panel_by_panel_and_its_boxes_lie_on_the_page_as_it_is():
    reading = Engine("cpu").read(study(turned(page(), 2.0)))
    notes = {note.code: note.message for note in reading.warnings}
    assert "2.0 degrees" in notes["page-turned"]
    assert "3 panels" in notes["several-panels"]
    boxes = np.array([(b.x, b.y, b.w, b.h) for f in reading.findings for b in f.boxes])
    assert len(boxes)  # the others are uncertain: nothing tells the scale
    assert (boxes[:, 2:] < (20, 60)).all()
    off = np.abs(boxes[:, None, :2] + boxes[:, None, 2:] / 2 - spikes_of(2.0)[None])  # a spike is 8 x 45 pixels
    assert (off < boxes[:, None, 2:] / 2).all(2).any(1).all()  # each box is about a spike
    assert np.median(np.hypot(*off.transpose(2, 0, 1)).min(1)) < 3
    assert "page-turned" not in {note.code for note in Engine("cpu").read(study(page())).warnings}


def test_captions_part_panels_and_words_beside_them_do_not():
    shown = page()
    captions = tuple(Line(80, top - 30, 240, 16) for top, _ in PANELS)
    assert len(find_waveforms(shown, look(shown, words=captions)).panels) == 3
    assert len(find_waveforms(shown, look(shown, words=captions[:2])).panels) == 2
    beside = tuple(Line(730, top - 30, 60, 10) for top, _ in PANELS)
    assert len(find_waveforms(shown, look(shown, words=beside)).panels) == 1


def test_what_was_read_level_is_told_where_it_lies():
    tilt = Tilt(0.05, 0.0, 400, 500)
    wave, panel = Waveform(600, 300, 20, 40, 0, 0), Panel(100, 250, 600, 100, 1)
    maps = np.zeros((1, 3, 10, 30), np.float32)
    maps[0, 0, 5, 25] = 1.0  # at the right, half way down
    level = Extent(100, 250, 600, 100)
    read = PictureRead(
        np.zeros((1, 3)), maps, (level,), {"PSW": (Box(600, 300, 20, 40, 0.9),)}, Found((panel,), (wave,))
    )
    back = turned_back(read, tilt)
    assert (back.boxes["PSW"][0].x, back.boxes["PSW"][0].y) == pytest.approx((609, 310.5))
    assert (back.found.waveforms[0].x, back.found.waveforms[0].y) == pytest.approx((609, 310.5))
    there = back.extents[0]
    assert (there.x, there.y) == pytest.approx((110, 250))
    row, column = np.unravel_index(back.maps[0, 0].argmax(), (10, 30))
    x, y = there.x + (column + 0.5) / 30 * there.w, there.y + (row + 0.5) / 10 * there.h
    assert (x, y) == pytest.approx(tilt.at(610, 305), abs=20)
    assert back.notes[0].code == "page-turned"
    assert "2.9 degrees" in back.notes[0].message
    assert np.array_equal(turned_map(maps[0], Tilt(0, 0, 400, 500), level, level), maps[0])
