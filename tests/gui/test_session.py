"""The last session comes back: after a quiet end, after a kill, and never from a broken file."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt

from viewer.study import Kind
from viewer.ui import session
from viewer.ui.entry import State


@pytest.mark.usefixtures("tiny_models")
def test_open_files_selection_kind_class_and_view_come_back(drive: Callable, film: Callable) -> None:
    first, second = film("one.dcm"), film("two.dcm", patient="Roe^Rick")

    def work(gui) -> Iterator[Callable]:
        yield gui.finished
        gui.window.worklist.choose(gui.entries[1])
        yield lambda: gui.view is not None and gui.view.study is gui.entries[1].study
        gui.key("3")
        gui.view.zoom(2.0)
        gui.window.actions_["dark"].trigger()
        gui.window.desk.overrule(gui.entries[0], Kind.EMG_IMAGE)
        yield gui.finished

    assert drive([first, second], work) == 0

    def look(gui) -> Iterator[Callable]:
        yield lambda: len(gui.entries) == 2 and gui.finished()
        assert [e.item.path for e in gui.entries] == [first, second]
        assert gui.current is gui.entries[1]
        assert gui.current.label == "Mass"
        assert gui.view.label == "Mass"
        assert gui.view.view_state()["fit"] is False
        assert gui.entries[0].kind is Kind.EMG_IMAGE
        assert gui.entries[0].reading.kind is Kind.EMG_IMAGE
        assert gui.window.actions_["dark"].isChecked()
        gui.window.memory.fill_recent()
        names = [a.text() for a in gui.window.recent_menu.actions()]
        assert names[:2] == [str(first), str(second)]
        gui.screenshot("session-restored-dark")

    assert drive([], look) == 0


def test_a_file_opened_by_name_opens_alone_and_the_session_before_can_be_had(drive: Callable, film: Callable) -> None:
    first, other = film("one.dcm"), film("other.dcm")

    def work(gui) -> Iterator[Callable]:
        yield gui.finished

    assert drive([first], work) == 0

    def look(gui) -> Iterator[Callable]:
        yield gui.finished
        assert [e.item.path for e in gui.entries] == [other]
        gui.window.actions_["reopen_session"].trigger()
        yield lambda: len(gui.entries) == 2 and gui.finished()
        assert [e.item.path for e in gui.entries] == [other, first]

    assert drive([other], look) == 0


def test_a_killed_program_remembers(film: Callable, home: Path) -> None:
    path = film("killed.dcm")
    env = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    process = subprocess.Popen(
        [sys.executable, "-c", "import sys; from viewer.cli import main; sys.exit(main(sys.argv[1:]))", str(path)],
        env=env, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    import psutil

    try:
        end = time.monotonic() + 60
        while not session.load(session.session_path()).values.get("studies"):
            assert time.monotonic() < end
            assert process.poll() is None
            time.sleep(0.1)
        helpers = psutil.Process(process.pid).children(recursive=True)
        process.send_signal(signal.SIGKILL if sys.platform != "win32" else signal.SIGTERM)
    finally:
        process.kill()
        process.wait()
    kept = session.load(session.session_path())
    assert kept.trouble == ""
    assert [s["path"] for s in kept.values["studies"]] == [str(path)]
    _, alive = psutil.wait_procs(helpers, timeout=15)
    assert not alive, "the helper process ends with the program that it serves"


@pytest.mark.usefixtures("no_models")
def test_a_broken_session_does_not_keep_the_window_from_opening(drive: Callable, film: Callable) -> None:
    for path in (session.session_path(), session.settings_path()):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("{ broken")

    def script(gui) -> Iterator[Callable]:
        assert "session.json.broken" in gui.window.foot.words.text()
        gui.window.open_paths([film()])
        yield gui.finished
        assert gui.current.state is State.ABSTAINED
        yield lambda: True

    assert drive([], script) == 0
    assert session.session_path().with_name("session.json.broken").read_text() == "{ broken"
    assert len(session.load(session.session_path()).values["studies"]) == 1


def test_values_of_the_wrong_sort_are_left_out(drive: Callable, film: Callable) -> None:
    path = film()
    session.save(session.settings_path(), {"dark": "yes", "geometry": 7, "recent": [1, "x"], "columns": "§§§"})
    studies = [{"path": 3}, "x", {"path": str(path), "frame": 0, "kind": "cat", "view": [], "label": 5, "member": 0}]
    session.save(session.session_path(), {"studies": studies, "selected": 99})

    def script(gui) -> Iterator[Callable]:
        yield gui.finished
        assert [e.item.path for e in gui.entries] == [path]
        assert gui.current.kind is None
        assert gui.window.memory.recent == ["x"]

    assert drive([], script) == 0


@pytest.mark.usefixtures("tiny_models")
def test_a_marked_region_is_seen_and_read_again(drive: Callable, film: Callable) -> None:
    from viewer.study import Region

    marked = Region(x=60, y=50, w=300, h=200)

    def work(gui) -> Iterator[Callable]:
        yield gui.finished
        gui.view.mark(marked)
        yield lambda: gui.current.regional is not None and gui.finished()

    assert drive([film()], work) == 0

    def look(gui) -> Iterator[Callable]:
        yield lambda: len(gui.entries) == 1 and gui.current.regional is not None and gui.finished()
        assert gui.current.region == marked
        assert gui.view.region == marked  # drawn
        assert gui.current.regional.region == marked  # and read by itself
        gui.view.setFocus()
        gui.key(Qt.Key.Key_Escape)
        yield lambda: gui.current.region is None
        assert gui.view.region is None

    assert drive([], look) == 0


@pytest.mark.usefixtures("no_models")
def test_a_sound_files_scale_is_asked_once_and_remembered_with_its_folder(drive: Callable, tmp_path: Path) -> None:
    import numpy as np
    import soundfile

    tone = (0.1 * np.sin(2 * np.pi * 100 * np.arange(20_000) / 10_000)).astype(np.float32)
    for name in ("needle emg 1.wav", "needle emg 2.wav"):
        soundfile.write(tmp_path / name, tone, 10_000, subtype="FLOAT")
    first, second = (tmp_path / f"needle emg {n}.wav" for n in (1, 2))

    def work(gui) -> Iterator[Callable]:
        yield gui.finished
        if gui.current.shown_kind is not Kind.EMG_TRACE:
            gui.window.desk.overrule(gui.current, Kind.EMG_TRACE)
            yield gui.finished
        assert gui.current.study.waveform.units == ("",)
        yield lambda: gui.view is not None and gui.view.file_scale.bar.isVisible()
        assert gui.view.negative_up  # as any needle recording, also where its kind was not known at first
        assert gui.view.per_division_s == 0.01
        gui.view.file_scale.bar.fields[0].setCurrentText("2000")
        gui.view.per_division_s = 0.02
        gui.view.set_negative_up(False)
        gui.view.file_scale.bar._apply()
        yield lambda: gui.current.study is not None and gui.current.study.waveform.units == ("uV",) and gui.finished()
        assert float(gui.current.study.waveform.samples.max()) == pytest.approx(200, rel=1e-3)
        yield lambda: gui.view is not None and gui.view.study is gui.current.study
        assert not gui.view.file_scale.bar.isVisible()
        assert gui.view.per_division_s == 0.02
        assert not gui.view.negative_up  # as it was left

    assert drive([first], work) == 0

    def look(gui) -> Iterator[Callable]:
        yield gui.finished
        assert gui.current.study.waveform.units == ("uV",)

    assert drive([second], look) == 0
