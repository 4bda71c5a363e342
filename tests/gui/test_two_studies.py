"""Two studies: side by side, of two patients, a child's; a long job that is cancelled."""

from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import Qt

from viewer.resources import sample_files
from viewer.ui.entry import State

CTRL = Qt.KeyboardModifier.ControlModifier


@pytest.mark.usefixtures("tiny_models")
def test_side_by_side_with_a_linked_zoom_and_two_patients_marked(drive: Callable, film: Callable) -> None:
    old, new = film("old.dcm"), film("new.dcm", patient="Roe^Rick", age="006Y")

    def script(gui) -> Iterator[Callable]:
        yield gui.finished
        gui.key("b", CTRL)
        yield lambda: len(gui.window.stage.views()) == 2
        left, right = gui.window.stage.views()
        studies = {left.study.source.path, right.study.source.path}
        assert studies == {old, new}
        yield gui.finished
        heading = gui.window.stage.heading
        assert "Two patients side by side" in heading._marks.text()
        assert "Child, 6 years" in heading._marks.text()
        assert not gui.window.worklist.patients.isHidden()
        gui.key("l", CTRL)
        gui.view.zoom(2.0)
        scales = {round(v.view_state()["scale"], 6) for v in gui.window.stage.views()}
        assert len(scales) == 1
        gui.screenshot("side-by-side")
        gui.key("b", CTRL)
        assert len(gui.window.stage.views()) == 1

    assert drive([old, new], script) == 0


@pytest.mark.usefixtures("tiny_models")
def test_cancel_stops_what_runs_and_read_again_takes_it_up(drive: Callable, film: Callable) -> None:
    paths = [film(f"{i}.dcm", 1600, 1300, jpeg2000=True) for i in range(3)]

    def script(gui) -> Iterator[Callable]:
        yield lambda: gui.window.foot.cancel.isVisible() and gui.entries
        gui.window.actions_["cancel_all"].trigger()
        yield lambda: not gui.window.desk.busy
        assert any(e.state is State.STOPPED for e in gui.entries)
        assert not gui.window.foot.cancel.isVisible()
        gui.screenshot("stopped")
        for entry in list(gui.entries):
            gui.window.worklist.choose(entry)
            gui.key(Qt.Key.Key_F5)
            yield lambda entry=entry: entry.state is State.READ

    assert drive(paths, script) == 0


@pytest.mark.usefixtures("tiny_models")
def test_the_worklist_is_walked_with_keys_and_sorted(drive: Callable, film: Callable) -> None:
    paths = [film(f"{i}.dcm", 300 + 40 * i, 260) for i in range(3)]

    def script(gui) -> Iterator[Callable]:
        yield gui.finished
        assert gui.current is gui.entries[0]
        gui.key(Qt.Key.Key_Down, Qt.KeyboardModifier.AltModifier)
        assert gui.current is gui.entries[1]
        yield lambda: gui.view.study is gui.current.study
        gui.key(Qt.Key.Key_F6)
        gui.key(Qt.Key.Key_Down)
        assert gui.current is gui.entries[2]
        gui.window.actions_["sort"].trigger()
        order = gui.window.worklist.in_order()
        highest = [max(f.probability for f in e.reading.findings if f.label != "No Finding") for e in order]
        assert highest == sorted(highest, reverse=True)
        gui.key(Qt.Key.Key_Delete, on=gui.window.worklist.view)
        assert len(gui.entries) == 2

    assert drive(paths, script) == 0


def test_the_frames_of_a_file_are_turned_with_keys(drive: Callable) -> None:
    (path,) = (p for p in sample_files() if p.name == "ecg_record.dcm")
    alt = Qt.KeyboardModifier.AltModifier

    def script(gui) -> Iterator[Callable]:
        yield gui.finished
        assert gui.current.frames == 2
        assert gui.window.stage.heading.frame.text() == "1 of 2"
        gui.key(Qt.Key.Key_Right, alt)
        yield lambda: gui.finished() and gui.current.study is not None
        assert gui.current.study.source.frame == 1
        assert gui.window.stage.heading.frame.text() == "2 of 2"
        gui.key(Qt.Key.Key_Right, alt)
        assert gui.current.item.frame == 1, "there is no third"

    assert drive([path], script) == 0
