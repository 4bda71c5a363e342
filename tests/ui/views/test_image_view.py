"""The image view, driven with mouse and keys, measured in its own pixels."""

import json
import time

import numpy as np
import pytest
from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt, QThreadPool
from PySide6.QtWidgets import QApplication

from viewer.reading.values import Box, Finding, HeatMap
from viewer.study import DisplayWindow, Kind, Region, ToneTable
from viewer.study.display import apply_window, grey8

LEFT, RIGHT, MIDDLE = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton, Qt.MouseButton.MiddleButton


def ramp(rows=400, columns=600):
    """A 12-bit film that rises from left to right."""
    return np.broadcast_to(np.linspace(0, 4095, columns).astype(np.uint16), (rows, columns)).copy()


def at_picture(view, x, y):
    """The view's point over a picture's point."""
    return view.placement.transform(QSizeF(view.size())).map(QPointF(x, y))


def shown_at(hands, view, x, y):
    """The colour shown over a picture's point, overlays' words aside."""
    p = at_picture(view, x, y)
    return hands.rgb(view.picture())[int(p.y()), int(p.x())].astype(int)


@pytest.fixture
def ramp_view(shown, hands):
    return shown(hands.film(ramp(), windows=(DisplayWindow(2048, 4096), DisplayWindow(1000, 500))))


def test_greys_are_those_of_the_standards_window(ramp_view, hands):
    expected = grey8(ramp_view.image)
    for x in (120.5, 300.5, 480.5):
        assert abs(shown_at(hands, ramp_view, x, 200.5)[0] - int(expected[200, int(x)])) <= 1


def test_right_drag_changes_width_across_and_centre_down(ramp_view, hands, qtbot):
    before = ramp_view.window_shown
    middle = QPointF(400, 300)
    hands.drag(qtbot, ramp_view, middle, middle + QPointF(100, 0), RIGHT)
    wider = ramp_view.window_shown
    assert wider.width > before.width
    assert wider.center == before.center
    hands.drag(qtbot, ramp_view, middle, middle + QPointF(0, 50), RIGHT)
    darker = ramp_view.window_shown
    assert darker.center == pytest.approx(before.center + wider.width * 50 / 250)
    stored = float(ramp()[200, 300])
    expected = float(apply_window(np.array([stored]), darker)[0]) * 255
    assert abs(shown_at(hands, ramp_view, 300.5, 200.5)[0] - expected) <= 1.5


def test_window_tool_drags_with_the_left_button(ramp_view, hands, qtbot):
    qtbot.keyClick(ramp_view, Qt.Key.Key_L)
    width = ramp_view.window_shown.width
    hands.drag(qtbot, ramp_view, QPointF(300, 300), QPointF(250, 300))
    assert ramp_view.window_shown.width < width


def test_presets_run_through_the_files_windows_then_automatic_then_full(ramp_view, qtbot):
    seen = []
    for _ in range(4):
        qtbot.keyClick(ramp_view, Qt.Key.Key_W)
        seen.append((ramp_view.window_shown.center, ramp_view.window_shown.name))
    assert seen[0][0] == 1000
    assert seen[1][1] == "auto"
    assert seen[2] == (2047.5, "full range")
    assert seen[3][0] == 2048


def test_invert_key_swaps_black_and_white_also_of_monochrome1(shown, hands, qtbot):
    view = shown(hands.film(ramp(), inverted=True, windows=(DisplayWindow(2048, 4096),)))
    dark_end = shown_at(hands, view, 60.5, 200)[0]
    assert dark_end > 200  # MONOCHROME1: the lowest value is white
    qtbot.keyClick(view, Qt.Key.Key_I)
    assert shown_at(hands, view, 60.5, 200)[0] == pytest.approx(255 - dark_end, abs=1)


def test_padding_stays_black_whatever_the_window_and_does_not_bleed(shown, hands, qtbot):
    pixels = np.full((300, 300), 1000, np.uint16)
    pixels[:, :100] = 65535
    view = shown(hands.film(pixels, padding=(65535, 65535), inverted=True, windows=(DisplayWindow(1000, 10),)))
    image = hands.rgb(view.picture())
    y = int(at_picture(view, 0, 150).y())
    row = image[y, int(at_picture(view, 20, 0).x()) : int(at_picture(view, 280, 0).x()), 0]
    assert set(row.tolist()) <= {0, 127, 128, 113, 114, 142, 141}  # padding or mid-grey, nothing mixed from both
    assert row[0] == 0
    assert row[-1] > 100


def test_a_voi_table_is_applied_and_dragging_turns_it_into_a_window(shown, hands, qtbot):
    table = ToneTable(0, np.linspace(0, 255, 4096).astype(np.uint16) ** 2 // 255, 8, "squared")
    view = shown(hands.film(ramp(), windows=(table,)))
    assert shown_at(hands, view, 300.5, 200)[0] == pytest.approx(127**2 // 255, abs=2)
    assert "squared" in " ".join(view.corners().bottom_left)
    hands.drag(qtbot, view, QPointF(400, 300), QPointF(420, 300), RIGHT)
    assert isinstance(view.window_shown, DisplayWindow)


def test_wheel_zooms_at_the_cursor(ramp_view, hands):
    at = QPointF(250, 220)
    before = ramp_view.to_picture(at)
    scale = ramp_view.placement.scale
    hands.wheel(ramp_view, at, 240)
    after = ramp_view.to_picture(at)
    assert ramp_view.placement.scale > scale * 1.3
    assert (after - before).manhattanLength() < 1e-6


def test_left_middle_and_space_drag_move_the_picture(ramp_view, hands, qtbot):
    hands.wheel(ramp_view, QPointF(400, 300), 480)
    for tool, button in ((Qt.Key.Key_V, LEFT), (Qt.Key.Key_D, MIDDLE)):
        qtbot.keyClick(ramp_view, tool)
        before = ramp_view.to_picture(QPointF(300, 300))
        hands.drag(qtbot, ramp_view, QPointF(300, 300), QPointF(340, 290), button)
        assert (ramp_view.to_picture(QPointF(340, 290)) - before).manhattanLength() < 1e-6
    qtbot.keyClick(ramp_view, Qt.Key.Key_D)
    qtbot.keyPress(ramp_view, Qt.Key.Key_Space)
    before = ramp_view.to_picture(QPointF(300, 300))
    hands.drag(qtbot, ramp_view, QPointF(300, 300), QPointF(320, 310))
    qtbot.keyRelease(ramp_view, Qt.Key.Key_Space)
    assert (ramp_view.to_picture(QPointF(320, 310)) - before).manhattanLength() < 1e-6
    assert not ramp_view.measures


def test_fit_follows_the_window_and_one_to_one_is_exact(shown, hands, qtbot):
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (400, 500), dtype=np.uint8)
    view = shown(hands.film(pixels), 800, 600)
    assert view.placement.scale == pytest.approx(1.5)
    view.resize(400, 600)
    QApplication.processEvents()
    assert view.placement.scale == pytest.approx(0.8)
    view.resize(700, 600)
    qtbot.keyClick(view, Qt.Key.Key_O)
    QApplication.processEvents()
    picture = hands.rgb(view.picture())
    top_left = at_picture(view, 0, 0)
    x, y = round(top_left.x()), round(top_left.y())
    np.testing.assert_array_equal(picture[y + 120 : y + 280, x + 120 : x + 380, 0], pixels[120:280, 120:380])


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int16, np.int32, np.float32])
def test_every_stored_type_is_shown_like_grey8(shown, hands, dtype):
    pixels = np.linspace(0, 250, 300 * 200).reshape(200, 300).astype(dtype)
    view = shown(hands.film(pixels, slope=2.0, intercept=-30.0, windows=(DisplayWindow(220, 400, "LINEAR_EXACT"),)))
    expected = grey8(view.image)
    for x, y in ((60, 60), (150, 100), (240, 140)):
        assert abs(shown_at(hands, view, x + 0.5, y + 0.5)[0] - int(expected[y, x])) <= 2


def test_rotation_and_flip_move_the_left_edge_where_hands_expect_it(shown, hands, qtbot):
    pixels = np.zeros((300, 400), np.uint8)
    pixels[:, :40] = 255  # white on the left
    pixels[:30, :] = 128  # grey at the top
    view = shown(hands.film(pixels), 700, 700)

    def sides():
        image = hands.rgb(view.picture())[..., 0].astype(int)
        to_view = view.placement.transform(QSizeF(view.size())).mapRect
        box = to_view(QRectF(0, 0, 400, 300))
        cx, cy = int(box.center().x()) + 190, int(box.center().y())
        return {
            "left": image[cy, int(box.left()) + 8], "right": image[cy, int(box.right()) - 8],
            "top": image[int(box.top()) + 8, cx], "bottom": image[int(box.bottom()) - 8, cx],
        }  # fmt: skip

    assert sides() == {"left": 255, "right": 0, "top": 128, "bottom": 0}
    qtbot.keyClick(view, Qt.Key.Key_R)
    assert sides() == {"left": 0, "right": 128, "top": 255, "bottom": 0}
    qtbot.keyClick(view, Qt.Key.Key_X)
    assert sides() == {"left": 128, "right": 0, "top": 255, "bottom": 0}
    assert "90°" in view.corners().notice[0] or "270°" in view.corners().notice[0]
    qtbot.keyClick(view, Qt.Key.Key_Y)
    assert sides() == {"left": 128, "right": 0, "top": 0, "bottom": 255}
    qtbot.keyClick(view, Qt.Key.Key_U)
    assert sides() == {"left": 255, "right": 0, "top": 128, "bottom": 0}
    assert not view.corners().notice


def test_length_is_in_mm_where_spacing_is_known_else_in_px(shown, hands, qtbot):
    for spacing, words in (((0.2, 0.1), "mm"), (None, "px")):
        view = shown(hands.film(ramp(), spacing_mm=spacing, spacing_from="PixelSpacing"))
        qtbot.keyClick(view, Qt.Key.Key_D)
        hands.drag(qtbot, view, at_picture(view, 100, 100), at_picture(view, 400, 100))
        length, unit = view.measures[0].words(view.image).split()
        assert unit == words
        # 300 columns of 0.1 mm; mouse positions are whole pixels of the view
        assert float(length) == pytest.approx(30.0 if spacing else 300.0, rel=0.02)
    assert "lengths in px" in " ".join(view.corners().bottom_right)


def test_lengths_at_the_detector_say_so(shown, hands):
    view = shown(hands.film(ramp(), spacing_mm=(0.1, 0.1), spacing_from="ImagerPixelSpacing"))
    from viewer.ui.views.measuring import Measure

    assert Measure(((0, 0), (30, 40))).words(view.image) == "5.0 mm at the detector"


def test_three_clicks_measure_an_angle(ramp_view, qtbot):
    qtbot.keyClick(ramp_view, Qt.Key.Key_G)
    for x, y in ((100, 100), (100, 300), (300, 300)):
        qtbot.mouseMove(ramp_view, pos=at_picture(ramp_view, x, y).toPoint())
        qtbot.mouseClick(ramp_view, LEFT, pos=at_picture(ramp_view, x, y).toPoint())
    assert float(ramp_view.measures[0].words(ramp_view.image)[:-1]) == pytest.approx(90, abs=0.6)
    qtbot.keyClick(ramp_view, Qt.Key.Key_Escape)
    assert not ramp_view.measures


@pytest.mark.parametrize("keys", ["", "R", "RR", "X", "RX", "Y", "RRRY"])
def test_a_region_is_in_upright_pixels_under_rotation_mirror_and_zoom(shown, hands, qtbot, keys):
    view = shown(hands.film(ramp()), 900, 700)
    for key in keys:
        qtbot.keyClick(view, key)
    hands.wheel(view, QPointF(450, 350), 120)
    qtbot.keyClick(view, Qt.Key.Key_B)
    with qtbot.waitSignal(view.region_marked) as caught:
        hands.drag(qtbot, view, at_picture(view, 200, 150), at_picture(view, 330, 250))
    region = caught.args[0]
    tolerance = 1.0 / view.placement.scale + 0.5
    assert isinstance(region, Region)
    np.testing.assert_allclose((region.x, region.y, region.w, region.h), (200, 150, 130, 100), atol=2 * tolerance)
    assert view.region is region


def test_a_region_beyond_the_picture_ends_at_it_and_a_tiny_one_is_none(shown, hands, qtbot):
    view = shown(hands.film(ramp()), 900, 700)
    qtbot.keyClick(view, Qt.Key.Key_B)
    with qtbot.assertNotEmitted(view.region_marked):
        hands.drag(qtbot, view, at_picture(view, 200, 150), at_picture(view, 203, 152))
    with qtbot.waitSignal(view.region_marked) as caught:
        qtbot.keyClick(view, Qt.Key.Key_Minus)
        hands.drag(qtbot, view, at_picture(view, 500, 300), QPointF(899, 699))
    region = caught.args[0]
    assert region.x + region.w == 600
    assert region.y + region.h == 400


@pytest.fixture
def read_view(shown, hands):
    """A grey film whose map is hot in one cell of a 10 x 10 map over a padded square, with a box."""
    view = shown(hands.film(np.full((400, 600), 120, np.uint8)), 900, 700)
    values = np.zeros((10, 10), np.float32)
    values[6, 3] = 2.5
    finding = Finding("Effusion", 0.8, 0.3, boxes=(Box(120, 200, 100, 80, 0.75),))
    other = Finding("Mass", 0.1, 0.3)
    heat = HeatMap("Effusion", values, 0, -100, 600, 600)  # rows beyond the picture: the input was padded
    reading = hands.a_reading(
        Kind.CHEST_XRAY, (finding, other), (heat, HeatMap("Mass", np.zeros((10, 10), np.float32)))
    )
    view.set_reading(reading)
    return view


@pytest.mark.parametrize("keys", ["", "R", "X"])
def test_the_heat_map_lies_over_the_right_pixels(read_view, hands, qtbot, keys):
    for key in keys:
        qtbot.keyClick(read_view, key)
    before = hands.rgb(read_view.picture()).astype(int)
    read_view.set_label("Effusion")
    after = hands.rgb(read_view.picture()).astype(int)
    boxed = np.abs(after - before).sum(2)
    # The middle of cell (6, 3): x = 3.5 * 60, y = 6.5 * 60 - 100
    hot = at_picture(read_view, 210, 290)
    assert boxed[int(hot.y()), int(hot.x())] > 150
    away = at_picture(read_view, 450, 120)
    assert boxed[int(away.y()), int(away.x())] == 0
    disc = boxed[int(hot.y()) - 60 : int(hot.y()) + 60, int(hot.x()) - 60 : int(hot.x()) + 60] > 60
    ys, xs = np.nonzero(disc)
    assert abs(ys.mean() - 60) < 25
    assert abs(xs.mean() - 60) < 25


def test_boxes_are_drawn_at_their_edges(read_view, hands):
    read_view.set_label("Effusion")
    find = read_view.colours.colour("find")
    for x, y in ((120, 260), (220, 260), (190, 240)):
        p = at_picture(read_view, x, y)
        patch = hands.rgb(read_view.picture())[int(p.y()) - 2 : int(p.y()) + 3, int(p.x()) - 2 : int(p.x()) + 3].astype(
            int
        )
        distance = np.abs(patch - (find.red(), find.green(), find.blue())).sum(2).min()
        assert (distance < 60) == (x != 190)


def test_holding_h_hides_overlays_and_letting_go_shows_them(read_view, hands, qtbot):
    plain = hands.rgb(read_view.picture())
    read_view.set_label("Effusion")
    drawn = hands.rgb(read_view.picture())
    qtbot.keyPress(read_view, Qt.Key.Key_H)
    np.testing.assert_array_equal(hands.rgb(read_view.picture()), plain)
    qtbot.keyRelease(read_view, Qt.Key.Key_H)
    np.testing.assert_array_equal(hands.rgb(read_view.picture()), drawn)
    read_view.set_overlays_visible(False)
    np.testing.assert_array_equal(hands.rgb(read_view.picture()), plain)


def test_an_empty_map_draws_nothing(read_view, hands):
    plain = hands.rgb(read_view.picture())
    read_view.set_label("Mass")
    np.testing.assert_array_equal(hands.rgb(read_view.picture()), plain)


def test_opacity_keys_change_the_map(read_view, hands, qtbot):
    read_view.set_label("Effusion")
    hot = at_picture(read_view, 210, 290)
    values = []
    for _ in range(3):
        values.append(hands.rgb(read_view.picture())[int(hot.y()), int(hot.x())].astype(int).sum())
        qtbot.keyClick(read_view, Qt.Key.Key_BracketRight)
    assert values[0] < values[1] < values[2]


def test_on_a_white_sheet_more_is_darker(shown, hands):
    view = shown(hands.film(np.full((400, 600), 250, np.uint8), Kind.ECG_IMAGE))
    view.set_dark(False)
    values = np.zeros((4, 6), np.float32)
    values[2, 2] = 1
    reading = hands.a_reading(Kind.ECG_IMAGE, (Finding("AF", 0.8, 0.3),), (HeatMap("AF", values, 0, 0, 600, 400),))
    view.set_reading(reading)
    view.set_label("AF")
    assert shown_at(hands, view, 250, 250).sum() < 0.75 * shown_at(hands, view, 550, 50).sum()


def test_the_value_under_the_cursor_is_in_modality_units(shown, hands, qtbot):
    view = shown(hands.film(ramp(), slope=2.0, intercept=-1000.0))
    qtbot.mouseMove(view, pos=at_picture(view, 300.5, 200.5).toPoint())
    column, row = (int(v) for v in view.corners().bottom_left[0].split(")")[0][1:].split(","))
    stored = float(ramp()[row, column])
    assert abs(column - 300) <= 1
    assert float(view.corners().bottom_left[0].split()[-1]) == pytest.approx(2 * stored - 1000)


def test_identity_is_hidden_from_view_and_picture(ramp_view, hands):
    with_name = hands.rgb(ramp_view.picture())
    ramp_view.set_identity_visible(False)
    without = hands.rgb(ramp_view.picture())
    assert not np.array_equal(with_name[:80, :200], without[:80, :200])
    from viewer.ui.views.facts import study_corners

    hidden = study_corners(ramp_view.study, False, str)
    everything = " ".join(hidden.top_left + hidden.top_right + hidden.bottom_left + hidden.bottom_right)
    for secret in ("Ada", "4711", "1960", "2021", "study.dat"):
        assert secret not in everything
    assert "CHEST PA left" in everything


def test_a_screen_reader_hears_what_is_written_in_the_corners(ramp_view):
    assert ramp_view.accessibleName() == "Study study.dat"
    ramp_view.clearFocus()
    ramp_view.setFocus()
    assert "CHEST PA left" in ramp_view.accessibleDescription()
    assert "C 2048" in ramp_view.accessibleDescription()


def test_a_childs_study_says_that_networks_learned_from_adults(hands):
    from viewer.study import Patient
    from viewer.ui.views.facts import study_corners

    child = hands.film(ramp(), study={"patient": Patient(age_years=6)})
    assert "adults" in study_corners(child, True, str).notice[0]
    assert not study_corners(hands.film(ramp()), True, str).notice


def test_sides_turn_with_the_picture(shown, hands):
    from viewer.study import Acquisition
    from viewer.ui.views.image_paint import opposite, side_letters

    view = shown(hands.film(ramp(), study={"acquisition": Acquisition(facts=(("Orientation", "L\\F"),))}))
    assert side_letters(view) == {"right": "L", "left": "R", "bottom": "F", "top": "H"}
    view.turn(1)
    assert side_letters(view) == {"bottom": "L", "top": "R", "left": "F", "right": "H"}
    view.upright()
    view.flip(False)
    assert side_letters(view)["left"] == "L"
    assert opposite("LF") == "RH"


def test_state_survives_json(ramp_view, shown, hands, qtbot):
    for key in ("R", "I", "W", "B"):
        qtbot.keyClick(ramp_view, key)
    hands.wheel(ramp_view, QPointF(300, 200), 240)
    state = json.loads(json.dumps(ramp_view.view_state()))
    other = shown(ramp_view.study)
    other.restore_view_state(state)
    assert other.view_state() == ramp_view.view_state()
    other.restore_view_state({"centre": "nonsense"})
    other.restore_view_state(state | {"scale": float("nan")})
    assert other.view_state() == ramp_view.view_state()


def test_every_action_has_words_a_tip_and_a_key_of_its_own(ramp_view):
    keys = [k.toString() for a in ramp_view.actions() for k in a.shortcuts()]
    assert len(keys) == len(set(keys))
    assert not {str(n) for n in range(10)} & set(keys)  # the classes' keys
    assert all(a.text() and a.toolTip() for a in ramp_view.actions())
    grouped = [a for actions in ramp_view.action_groups().values() for a in actions]
    assert set(map(id, grouped)) == {id(a) for a in ramp_view.actions() if a.isVisible()}


def test_a_hundred_megapixels_do_not_hold_up_the_window(shown, hands, qtbot):
    pixels = np.zeros((10_000, 10_000), np.uint8)
    pixels[2000:8000, 3000:6000] = 200
    view = shown(hands.film(np.zeros((10, 10), np.uint8)))
    study = hands.film(pixels)
    before = time.thread_time()
    view.set_study(study)
    view.picture()
    # Time of this thread alone, so that a busy machine does not count.
    assert time.thread_time() - before < 0.05
    qtbot.waitUntil(lambda: view.pixels.ready)
    assert shown_at(hands, view, 4000, 5000)[0] == 200
    assert shown_at(hands, view, 8000, 5000)[0] == 0
    before = time.thread_time()
    view.zoom(3)
    view.picture()
    assert time.thread_time() - before < 0.05


def test_a_view_closed_while_it_prepares_leaves_nothing_behind(hands, qtbot):
    from viewer.ui.views import view_for

    view = view_for(hands.film(np.zeros((4000, 4000), np.uint16)))
    view.deleteLater()
    del view
    QApplication.processEvents()
    assert QThreadPool.globalInstance().waitForDone(10_000)
    QApplication.processEvents()
