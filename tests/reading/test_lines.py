"""Lines of words that a network finds among strokes: what it tells, as lines in pixels."""

import numpy as np
import pytest

from training.simulate.emg_artwork import draw_words
from training.words.find import target
from viewer.models.bundle import load_bundle
from viewer.reading.lines import FIND_PX, Line, find_lines, find_strokes, lines_told, strokes_input
from viewer.reading.writing import LINE_PX, seen_line
from viewer.resources import resources_dir

SHAPE = 60, 100  # cells: 120 rows and 400 columns of pixels


@pytest.fixture(scope="module")
def finder():
    return load_bundle(resources_dir() / "models" / "screen-lines")


def corners(x: float, y: float, w: float, h: float, slope: float = 0.0) -> np.ndarray:
    fall = slope * w
    return np.array([(x, y), (x + w, y + fall), (x + w, y + fall + h), (x, y + h)])


def told(*lines: tuple[np.ndarray, bool, bool]) -> np.ndarray:
    """What a network says that is always right: logits."""
    wanted = target(lines, SHAPE)
    wanted[:2] = 20 * wanted[:2] - 10
    return wanted


def test_strokes_are_bright_or_dark():
    page = np.full((60, 200), 128, np.uint8)
    page[20:40, 50:53], page[20:40, 100:103] = 255, 0
    bright, dark = find_strokes(page)
    assert bright[30, 51] == 127
    assert bright[30, 101] == 0
    assert (dark[30, 101], dark[30, 51]) == (128, 0)


@pytest.mark.parametrize(("x", "y", "w", "h"), [(40, 30, 120, 12), (12, 80, 300, 24), (200, 50, 16, 9), (8, 8, 60, 6)])
def test_a_line_that_is_told_is_a_rectangle_round_it(x, y, w, h):
    (found,) = lines_told(told((corners(x, y, w, h), True, True)))
    assert (found.line.x, found.line.y) == pytest.approx((x, y), abs=3)
    assert (found.line.w, found.line.h) == pytest.approx((w, h), abs=5)
    assert found.bright
    assert found.sure > 0.99


def test_a_line_on_a_turned_picture_slopes():
    (found,) = lines_told(told((corners(40, 30, 240, 14, slope=0.1), False, True)))
    assert found.line.slope == pytest.approx(0.1, abs=0.01)
    assert found.line.height == pytest.approx(14, abs=1.5)
    assert (found.line.y, found.line.h) == pytest.approx((30, 38), abs=3)
    assert not found.bright


def test_lines_over_one_another_are_two_however_close():
    upper, lower = corners(40, 30, 120, 8), corners(40, 40, 120, 8)
    found = lines_told(told((upper, True, True), (lower, False, True)))
    assert sorted(round(f.line.y) for f in found) == pytest.approx([30, 40], abs=2)
    assert {f.bright for f in found} == {True, False}


def test_what_was_seen_reduced_is_told_in_pixels_of_the_picture():
    (found,) = lines_told(told((corners(40, 30, 120, 12), True, True)), zoom=0.5)
    assert (found.line.x, found.line.y) == pytest.approx((80, 60), abs=6)
    assert (found.line.w, found.line.h) == pytest.approx((240, 24), abs=10)
    seen, zoom = strokes_input((np.zeros((100, 2 * FIND_PX), np.uint8),) * 2)
    assert zoom == 0.5
    assert seen.shape == (1, 2, 56, FIND_PX)


def test_a_line_that_may_be_found_or_not_hides_none_that_must():
    open_, plain = corners(40, 30, 120, 12), corners(100, 30, 60, 12)
    wanted = target([(plain, True, True), (open_, True, False)], SHAPE)
    assert wanted[0, 18, 32] == 1
    assert wanted[0, 18, 14] == -1
    assert wanted[0, 50, 14] == 0


def test_a_sloping_line_is_seen_level():
    page = np.zeros((120, 400), np.uint8)
    columns = np.arange(40, 340)
    for row in range(4):
        page[(40 + 0.1 * (columns - 40)).astype(int) + row, columns] = 255
    level = seen_line(page, Line(40, 36, 300, 42, 0.1))
    rows = (level * np.arange(LINE_PX)[:, None]).sum(0) / level.sum(0).clip(1e-3)
    inside = rows[10 : level.shape[1] - 10]
    assert np.ptp(inside) < 3  # of 24; as it stands it falls by 30 of 42 rows
    assert level[:, 10:-10].max(0).min() > 0.8


@pytest.mark.parametrize(("ground", "ink"), [((255, 255, 255), (0, 0, 0)), ((10, 20, 60), (250, 220, 90))])
def test_lines_are_found_on_a_grid_and_beside_a_bold_curve(finder, ground, ink):
    page = np.empty((400, 700, 3), np.uint8)
    page[:] = ground
    faint = np.array(ground) * 0.8 + np.array(ink) * 0.2
    page[::25], page[:, ::35] = faint, faint
    rows = 240 + np.round(40 * np.sin(np.arange(700) / 9)).astype(int)
    for step in range(3):
        page[rows + step, np.arange(700)] = ink
    draw_words(page, "Time: 20 ms/DIV", (130, 22), ink, "sans", 14)
    draw_words(page, "20 uV/Div", (20, 344), ink, "sans", 14)
    found = find_lines(finder, page).lines
    written = [f for f in found if round(f.line.y / 10) in (2, 34)]
    assert len(written) == 2
    assert len(found) <= 4  # a curve's turn may be taken for letters: nothing is read there
    assert all(f.bright == (sum(ink) > sum(ground)) for f in written)
