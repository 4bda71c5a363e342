"""The scale of an EMG screen capture: from its grid, from two points; cursors in ms and µV; kept, and warned about."""

import json

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt, QThreadPool
from PySide6.QtWidgets import QApplication

from training.simulate.emg_artwork import draw_words
from viewer.reading.values import Box, Finding
from viewer.study import Kind
from viewer.ui.views.palette import LIGHT
from viewer.ui.views.scale_bar import number
from viewer.ui.views.screen_scale import ScreenScale, between, scale_from


def screen() -> np.ndarray:
    """Return a white screen of 600 x 400 px with lines each 50 px across and 40 px down, and one spike."""
    picture = np.full((400, 600, 3), 255, np.uint8)
    picture[::40], picture[:, ::50] = (190, 200, 210), (190, 200, 210)
    picture[200:202] = (0, 0, 160)
    picture[120:200, 300:302] = (0, 0, 160)
    return picture


@pytest.fixture
def emg(shown, hands):
    view = shown(hands.film(screen(), Kind.EMG_IMAGE), 900, 700)
    view.set_dark(False)
    return view


def words(view) -> str:
    corners = view.corners()
    return " ".join((*corners.bottom_right, *corners.notice))


def settled() -> None:
    QThreadPool.globalInstance().waitForDone()
    QApplication.processEvents()


def calibrated(view, ms: str = "10", uv: str = "100") -> None:
    view.screen_measuring.calibrate()
    settled()
    bar = view.screen_measuring.bar
    bar.fields[0].setCurrentText(ms)
    bar.fields[1].setCurrentText(uv)
    bar._apply()


def at(view, x: float, y: float) -> QPointF:
    return view.placement.transform(view.view_size).map(QPointF(x, y))


def test_until_it_is_calibrated_the_scale_is_unknown_and_that_is_said(emg, hands):
    assert "Not calibrated" in words(emg)
    emg.set_tool("cursors")
    emg.screen_measuring.press("cursors", QPointF(100, 100))
    emg.screen_measuring.drag("cursors", QPointF(200, 180))
    said = between(*emg.screen_measuring.cursors, emg.screen_measuring.scale, emg.tr)
    assert said == "100 px   80 px   not calibrated"


def test_what_is_written_on_the_screen_is_offered(shown, hands):
    """A person still says yes: the words may be read wrongly."""
    picture = screen()
    draw_words(picture, "5 ms/div  200 uV/div", (20, 12), (0, 0, 0), "sans", 17)
    view = shown(hands.film(picture, Kind.EMG_IMAGE), 900, 700)
    view.screen_measuring.calibrate()
    settled()
    assert "50.0 × 40.0 px" in view.screen_measuring.bar.words.text()
    assert view.screen_measuring.bar.fields[0].currentText() == "5"
    assert not view.screen_measuring.scale.known
    view.screen_measuring.bar._apply()
    assert view.screen_measuring.scale.ms_per_px == pytest.approx(0.1, rel=2e-3)


def test_where_there_is_no_grid_a_scale_bar_is_offered(shown, hands):
    picture = np.full((400, 600, 3), 255, np.uint8)
    picture[200 + (10 * np.sin(np.arange(500) / 9)).astype(int), np.arange(50, 550)] = 0
    picture[350:353, 400:500] = 0
    draw_words(picture, "20 ms", (428, 358), (0, 0, 0), "sans", 17)
    view = shown(hands.film(picture, Kind.EMG_IMAGE), 900, 700)
    view.screen_measuring.calibrate()
    settled()
    bar = view.screen_measuring.bar
    assert "100 px are" in bar.words.text()
    assert [field.currentText() for field in bar.fields if field.isVisible()] == ["20"]
    bar._apply()
    assert view.screen_measuring.scale.ms_per_px == pytest.approx(0.2, rel=0.02)


def test_the_grid_is_found_and_a_division_is_what_the_person_says(emg, qtbot):
    qtbot.keyClick(emg, Qt.Key.Key_Q)
    settled()
    bar = emg.screen_measuring.bar
    assert bar.isVisible()
    assert "50.0 × 40.0 px" in bar.words.text()
    bar.fields[0].setCurrentText("5")
    bar.fields[1].setCurrentText("200")
    qtbot.keyClick(bar.fields[1], Qt.Key.Key_Return)
    assert not bar.isVisible()
    scale = emg.screen_measuring.scale
    assert (scale.ms_per_px, scale.uv_per_px) == (pytest.approx(0.1, rel=2e-3), pytest.approx(5.0, rel=2e-3))
    assert "5 ms/div   200 µV/div   (by the grid)" in words(emg)
    assert "Not calibrated" not in words(emg)


def test_cursors_measure_what_lies_between_them(emg, hands, qtbot):
    calibrated(emg)
    assert emg.tool == "cursors"
    hands.drag(qtbot, emg, at(emg, 100, 200), at(emg, 300, 120))
    said = between(*emg.screen_measuring.cursors, emg.screen_measuring.scale, emg.tr)
    ms, hertz, uv = (float(part.split()[0]) for part in said.split("   "))
    assert ms == pytest.approx(40, rel=0.02)  # four divisions of 10 ms
    assert hertz == pytest.approx(25, rel=0.02)
    assert uv == pytest.approx(200, rel=0.03)  # two divisions of 100 µV
    qtbot.keyClick(emg, Qt.Key.Key_Escape)
    assert emg.screen_measuring.cursors is None
    assert emg.screen_measuring.scale.known


def test_two_points_of_known_distance(emg, hands, qtbot):
    emg.screen_measuring.calibrate()
    settled()
    bar = emg.screen_measuring.bar
    bar.pressed.emit("line")
    assert emg.tool == "scale"
    hands.drag(qtbot, emg, at(emg, 100, 100), at(emg, 350, 180))
    assert "250 px across, 80 px down" in bar.words.text()
    bar.fields[0].setCurrentText("")
    bar._apply()
    assert "Type a number" in bar.words.text()
    bar.fields[0].setCurrentText("50")
    bar._apply()
    scale = emg.screen_measuring.scale
    assert scale.ms_per_px == pytest.approx(0.2, rel=0.02)
    assert scale.uv_per_px is None
    assert "voltage unknown" in words(emg)


def test_a_picture_without_a_grid_asks_for_a_line(shown, hands):
    view = shown(hands.film(np.full((300, 400, 3), 250, np.uint8), Kind.EMG_IMAGE), 800, 600)
    view.screen_measuring.calibrate()
    settled()
    assert "No grid was found" in view.screen_measuring.bar.words.text()
    assert view.tool == "scale"


def test_half_and_double_divisions(emg):
    emg.screen_measuring.calibrate()
    settled()
    bar = emg.screen_measuring.bar
    bar.pressed.emit("double")
    assert "100.0 × 80.0 px" in bar.words.text()
    bar.fields[0].setCurrentText("20")
    bar._apply()
    assert emg.screen_measuring.scale.ms_per_px == pytest.approx(0.2, rel=2e-3)
    bar.pressed.emit("forget")
    assert not emg.screen_measuring.scale.known


def test_the_scale_is_kept_with_the_view(emg, shown):
    calibrated(emg, "2", "50")
    state = json.loads(json.dumps(emg.view_state()))
    other = shown(emg.study, 500, 400)
    other.restore_view_state(state)
    assert other.screen_measuring.scale == emg.screen_measuring.scale
    for broken in ({"ms_per_px": -1}, {"division_px": [1]}, {"uv_per_px": float("nan")}):
        other.restore_view_state(state | {"screen": state["screen"] | broken})
        assert other.screen_measuring.scale == emg.screen_measuring.scale
    assert scale_from(ScreenScale().state()) == ScreenScale()


def test_other_pictures_have_no_such_tools(shown, hands):
    view = shown(hands.film(screen(), Kind.CHEST_XRAY))
    assert not view.tools["cursors"].isVisible()
    assert "Not calibrated" not in words(view)
    assert "Calibrate…" not in {a.text() for actions in view.action_groups().values() for a in actions}


def test_each_waveform_has_a_box_in_its_classes_colour(emg, hands):
    findings = (
        Finding("PSW", 0.9, 0.5, boxes=(Box(50, 50, 60, 60, 0.9),)),
        Finding("Fibs", 0.8, 0.5, boxes=(Box(400, 250, 60, 60, 0.8), Box(500, 300, 20, 60, 0.7))),
    )
    emg.set_reading(hands.a_reading(Kind.EMG_IMAGE, findings))
    picture = hands.rgb(emg.picture()).astype(int)

    def inked(colour: str, x: float, y: float) -> bool:
        wanted = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)])
        point = at(emg, x, y)
        px, py = round(point.x()), round(point.y())
        return bool((np.abs(picture[py - 3 : py + 4, px - 3 : px + 4] - wanted).sum(2) < 40).any())

    assert inked(LIGHT.psw, 50, 80)
    assert inked(LIGHT.fibs, 400, 280)
    assert inked(LIGHT.fibs, 520, 330)
    emg.set_overlays_visible(False)
    picture = hands.rgb(emg.picture()).astype(int)
    assert not inked(LIGHT.psw, 50, 80)


@pytest.mark.parametrize(
    ("text", "value"), [("10", 10.0), ("0.5", 0.5), ("0,5", 0.5), ("", None), ("-3", None), ("x", None)]
)
def test_numbers_as_people_type_them(text, value):
    assert number(text) == value
