"""Open a film, read it, see why: the main road through the window, with mouse and keys."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt

from viewer.study import Kind, KindFrom
from viewer.ui.entry import State

pytestmark = pytest.mark.usefixtures("tiny_models")


def test_a_film_is_opened_read_and_explained(drive: Callable, film: Callable) -> None:
    def script(gui) -> Iterator[Callable]:
        yield gui.finished
        assert gui.current.state is State.READ
        assert [row.finding.label for row in gui.window.panel.rows][:2] == ["Cardiomegaly", "Effusion"]
        gui.screenshot("film-read")
        gui.key("2")
        assert gui.current.label == "Effusion"
        assert gui.view.label == "Effusion"
        assert gui.view.heat_map is not None
        gui.screenshot("film-effusion")
        gui.click(gui.window.panel.rows[3])
        assert gui.view.label == "Nodule"
        gui.key("4")
        assert gui.view.label is None, "the same key takes the map away again"
        before = gui.view.view_state()["window"]
        gui.drag(gui.view, QPoint(200, 200), QPoint(260, 240), Qt.MouseButton.RightButton)
        assert gui.view.view_state()["window"] != before

    assert drive([film()], script) == 0


def test_a_person_overrules_the_kind(drive: Callable, film: Callable) -> None:
    def script(gui) -> Iterator[Callable]:
        yield gui.finished
        box = gui.window.stage.heading.kind
        at = box.findData(Kind.ECG_IMAGE)
        assert at > 0
        box.setFocus()
        for _ in range(at):
            gui.key(Qt.Key.Key_Down, on=box)
            yield gui.finished
        assert gui.current.reading.kind is Kind.ECG_IMAGE
        assert gui.current.reading.kind_from is KindFrom.PERSON
        assert gui.current.state is State.ABSTAINED, "no model for sheets is installed in this test"
        gui.screenshot("overruled")
        gui.key(Qt.Key.Key_Home, on=box)
        yield gui.finished
        assert gui.current.reading.kind is Kind.CHEST_XRAY

    assert drive([film()], script) == 0


def test_a_marked_region_is_read_by_itself(drive: Callable, film: Callable) -> None:
    def script(gui) -> Iterator[Callable]:
        yield gui.finished
        whole = gui.current.reading
        gui.view.setFocus()
        gui.key("b")
        gui.drag(gui.view, QPoint(250, 200), QPoint(420, 380))
        yield lambda: gui.current.regional is not None
        assert gui.current.reading is whole
        assert gui.current.regional.region == gui.current.region
        assert [f.probability for f in gui.current.regional.findings] != [f.probability for f in whole.findings]
        gui.screenshot("film-region")
        gui.key(Qt.Key.Key_Escape, on=gui.view)
        assert gui.current.region is None
        assert gui.current.shown_reading is whole

    assert drive([film()], script) == 0


def test_a_file_that_fails_says_why_and_the_others_go_on(drive: Callable, film: Callable, tmp_path: Path) -> None:
    broken = tmp_path / "broken.dcm"
    broken.write_bytes(film().read_bytes()[:700])

    def script(gui) -> Iterator[Callable]:
        yield gui.finished
        assert [e.state for e in gui.entries] == [State.FAILED, State.READ]
        assert gui.entries[0].error.endswith(".")
        assert gui.entries[0].error in gui.window.worklist.model.lines(gui.entries[0])
        gui.screenshot("broken")

    assert drive([broken, film()], script) == 0
