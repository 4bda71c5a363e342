"""A file without a unit: asked once, remembered for its folder, flagged as long as it is not known."""

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt

from viewer.study import Acquisition, Kind, KindFrom, Note, Source, Study, Waveform
from viewer.study.scale import scale_given, scale_missing, with_full_scale
from viewer.ui.scales import Scales

NOTE = Note("scale-unknown", "A sound file has no unit")


def wav(path: str = "/data/needle/a.wav", units: tuple[str, ...] = ("",), kind: Kind = Kind.EMG_TRACE) -> Study:
    t = np.arange(20_000) / 10_000
    samples = np.tile((0.1 * np.sin(2 * np.pi * 100 * t)).astype(np.float32), (len(units), 1))
    wave = Waveform(samples, 10_000.0, tuple(f"channel {i}" for i in range(1, len(units) + 1)), units)
    return Study(Source(Path(path), "0" * 64, "wav"), kind, KindFrom.FILE, wave, notes=(NOTE,))


def test_a_scale_turns_fractions_of_full_scale_into_microvolts() -> None:
    study = with_full_scale(wav(units=("", "mV")), 2000.0)
    assert study.waveform.units == ("uV", "mV")
    assert float(study.waveform.samples[0].max()) == pytest.approx(200, rel=1e-3)
    assert float(study.waveform.samples[1].max()) == pytest.approx(0.1, rel=1e-3)
    assert NOTE not in study.notes
    assert ("Full scale", "2000 µV, given by a person") in study.acquisition.facts
    assert scale_given(study)
    assert not scale_missing(study)
    assert with_full_scale(study, 5.0) is study
    with pytest.raises(ValueError, match="more than 0"):
        with_full_scale(wav(), -1.0)


def test_a_scale_is_remembered_for_a_folders_files_of_the_same_format() -> None:
    scales = Scales()
    assert scales.applied(wav(), None).waveform.units == ("",)
    assert scales.applied(wav(), 500.0).waveform.units == ("uV",)
    scales.remember(wav().source, 1000.0)
    again = Scales()
    again.load(scales.kept())
    assert float(again.applied(wav("/data/needle/b.wav"), None).waveform.samples.max()) == pytest.approx(100, rel=1e-3)
    assert again.applied(wav("/data/other/b.wav"), None).waveform.units == ("",)
    assert float(again.applied(wav(), 50.0).waveform.samples.max()) == pytest.approx(5, rel=1e-3)  # its own goes first
    again.forget(wav().source)
    assert again.applied(wav(), None).waveform.units == ("",)
    again.load({"a": "b", "c": -1, "d": float("inf")})
    assert again.kept() == {}
    again.load("nothing")


def test_the_view_asks_once_and_tells_what_was_said(shown, qtbot) -> None:
    view = shown(wav(), 1000, 700)
    assert view.hasFocus()  # asking takes nothing from the hand
    bar = view.file_scale.bar
    assert bar.isVisible()
    assert "Full scale is" in bar.words.text()
    assert any("scale unknown" in line for line in view.corners().notice)
    bar.fields[0].setCurrentText("1000")
    with qtbot.waitSignal(view.scale_given) as told:
        qtbot.keyClick(bar.fields[0], Qt.Key.Key_Return)
    assert told.args == [1000.0, True]
    assert not bar.isVisible()
    state = view.view_state()
    view.set_study(wav())
    view.restore_view_state(state)
    assert not view.file_scale.bar.isVisible()  # asked once
    qtbot.keyClick(view, Qt.Key.Key_Q)
    assert view.file_scale.bar.isVisible()
    qtbot.keyClick(view.file_scale.bar, Qt.Key.Key_Escape)
    assert not view.file_scale.bar.isVisible()


def test_a_sensitivity_of_another_scale_is_not_taken_over(shown) -> None:
    view = shown(wav(), 1000, 700)
    state = view.view_state()
    assert state["per_division"] < 1
    view.set_study(with_full_scale(wav(), 2000.0))
    before = view.per_division
    view.restore_view_state(state)
    assert view.per_division == before >= 20
    assert "µV/div" in view.corners().bottom_left[0]
    assert view.corners().notice == ()


def test_recordings_with_units_are_not_asked_about(shown) -> None:
    for study in (wav(units=("uV",)), wav(kind=Kind.UNKNOWN)):
        view = shown(study)
        assert not view.file_scale.offered
        assert not view.named["scale"].isVisible()


def test_the_desk_opens_again_with_the_scale_and_reads_again(desk, until) -> None:
    from viewer.formats import Item

    desk.opener.open = lambda item, cancel=None: wav(str(item.path))
    paths = ("/data/needle/a.wav", "/data/needle/b.wav", "/data/other/c.wav")
    first, second, _ = desk.add_items([Item(Path(path)) for path in paths])

    def units() -> list[str]:
        until(lambda: not desk.busy and all(e.study is not None and e.reading is not None for e in desk.entries))
        return [e.study.waveform.units[0] for e in desk.entries]

    assert units() == ["", "", ""]
    reads = len(desk.engine.asked)
    desk.give_scale(first, 2000.0, False)
    assert units() == ["uV", "", ""]
    assert len(desk.engine.asked) == reads + 1
    desk.give_scale(second, 1000.0, True)  # it is for every file of the folder, also for those that are open
    assert units() == ["uV", "uV", ""]
    assert [float(e.study.waveform.samples.max()) for e in (first, second)] == pytest.approx([100, 100], rel=1e-3)
    assert len(desk.engine.asked) == reads + 3
    (third,) = desk.add_items([Item(Path("/data/needle/d.wav"))])
    assert units() == ["uV", "uV", "", "uV"]  # and for those that are opened later
    assert third.full_scale_uv is None
    assert Acquisition().facts == ()


@pytest.fixture
def stage(qtbot):
    from viewer.ui.stage import Stage

    stage = Stage()
    qtbot.addWidget(stage)
    stage.resize(1100, 750)
    stage.show()
    stage.activateWindow()
    qtbot.waitUntil(stage.isActiveWindow)
    yield stage
    stage.close_views()


def test_a_sound_file_is_shown_as_a_needle_recording_once_it_is_known_to_be_one(stage, qtbot) -> None:
    from viewer.ui.entry import Entry

    def told(study: Study) -> None:
        entry.study = study
        stage.show_entry("main", entry)

    entry = Entry(None, 1)
    told(wav(kind=Kind.UNKNOWN))
    assert not stage.view.negative_up
    told(wav())
    assert stage.view.negative_up
    assert stage.view.per_division_s == 0.01
    stage.view.setFocus()
    qtbot.keyClick(stage.view, Qt.Key.Key_Minus)
    entry.study = None  # a scale is given: the file is opened anew, and read anew
    stage.show_entry("main", entry)
    told(with_full_scale(wav(kind=Kind.UNKNOWN), 2000.0))
    told(with_full_scale(wav(), 2000.0))
    assert stage.view.negative_up
    assert stage.view.per_division_s == 0.02  # as the person left it
    assert "100 µV/div" in stage.view.corners().bottom_left[0]  # 200 µV within three divisions
