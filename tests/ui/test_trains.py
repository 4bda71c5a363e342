"""The findings panel with trains, further readings and another model beside."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QWidget

from viewer.reading.values import Event, Finding, ModelIdentity, Reading, Train
from viewer.study import Kind, KindFrom, Note
from viewer.ui.app import dispose
from viewer.ui.entry import Entry
from viewer.ui.findings import FindingsPanel
from viewer.ui.trains_table import TrainsTable, cells, events_sentence


def a_reading(model: str = "emg-traces", **changes: Any) -> Reading:
    """Return an EMG recording's reading with two trains."""
    events = [Event("Fibs", t / 10, t / 10, t / 10 + 0.003, "EMG 1", 0.9, 1) for t in range(1, 20)]
    events += [Event("PSW", t / 10 + 0.05, t / 10, t / 10 + 0.1, "EMG 1", 0.8, 2) for t in range(1, 8)]
    events += [Event("Others", 5.0, 4.9, 5.1, "EMG 1", 0.6)]
    values: dict[str, Any] = {
        "file": "a.edf", "sha256": "0" * 64, "kind": Kind.EMG_TRACE, "kind_from": KindFrom.FILE, "format": "edf",
        "frame": None, "model": ModelIdentity(model, "1", "0" * 64, False), "device": "cpu", "precision": "float32",
        "abstained": False, "exclusive": True, "predicted": "Fibs",
        "findings": (Finding("PSW", 0.2, 0.5), Finding("Fibs", 0.93, 0.6), Finding("Others", 0.3, 0.5)),
        "events": tuple(events),
        "trains": (Train(2, "PSW", 7, 10.0, 0.004), Train(1, "Fibs", 19, 9.96, 0.187)),
    }  # fmt: skip
    return Reading(**values | changes)


def texts(widget: QWidget) -> str:
    return "\n".join(label.text() for label in widget.findChildren(QLabel))


@pytest.fixture
def panel(qtbot) -> FindingsPanel:
    panel = FindingsPanel()
    qtbot.addWidget(panel)
    panel.resize(300, 700)
    panel.show()
    return panel


def shown(panel: FindingsPanel, reading: Reading, **more: Any) -> Entry:
    entry = Entry(None, 1, reading=reading, shown_kind=reading.kind)
    panel.show_entry(entry, [], **more)
    return entry


def test_trains_are_listed_by_their_size_with_rate_and_regularity(qtbot) -> None:
    table = TrainsTable(a_reading())
    qtbot.addWidget(table)
    rows = [[table.table.item(i, j).text() for j in range(5)] for i in range(2)]
    assert rows == [["1", "Fibs", "19", "10.0 Hz", "19 %"], ["2", "PSW", "7", "10.0 Hz", "0.4 %"]]
    assert events_sentence(a_reading()) == "Events: 19 Fibs, 7 PSW, 1 Others; 1 in no train"
    assert cells(Train(1, "PSW", 2, 0.5, 0.0))[3:] == ("0.5 Hz", "0.0 %")


def test_a_click_goes_to_the_train_and_buttons_to_the_next_event(panel, qtbot) -> None:
    shown(panel, a_reading())
    table = panel.trains.table
    with qtbot.waitSignal(panel.train_chosen) as chosen:
        at = table.visualItemRect(table.item(1, 2)).center()
        qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert chosen.args == [2]
    panel.show_event(a_reading().events[0])
    assert table.currentRow() == 0
    panel.show_event(None)
    assert not table.selectedItems()
    asked = []
    panel.event_asked.connect(asked.append)
    from PySide6.QtWidgets import QPushButton

    for button in panel.trains.findChildren(QPushButton):
        button.click()
    assert asked == [False, True]


def test_without_events_there_is_no_table(panel) -> None:
    shown(panel, a_reading(events=(), trains=()))
    assert panel.trains is None
    assert "Trains" not in texts(panel)


def test_further_readings_are_listed_and_can_be_put_on_the_study(panel, qtbot) -> None:
    small = a_reading("emg-small", predicted="uncertain", events=(), trains=())
    lost = a_reading("emg-lost", abstained=True, findings=(), warnings=(Note("too-short", "It is too short"),))
    entry = shown(panel, a_reading(also=(small, lost)))
    said = texts(panel)
    assert "emg-small" in said
    assert "It is too short" in said
    from viewer.ui.further import FurtherReading

    boxes = panel.findChildren(FurtherReading)
    with qtbot.waitSignal(panel.further_chosen) as chosen:
        boxes[0].asked.emit()
    assert chosen.args == [0]
    entry.further = 0
    assert entry.shown_reading is small
    panel.show_entry(entry, [])
    assert "Uncertain" in texts(panel)
    with qtbot.waitSignal(panel.further_chosen) as chosen:
        panel.findChildren(FurtherReading)[-2].asked.emit()
    assert chosen.args == [None]


def test_the_reason_of_an_abstention_comes_first(panel) -> None:
    notes = (Note("scale-unknown", "No scale"), Note("no-signal", "Nothing but noise"))
    shown(panel, a_reading(abstained=True, findings=(), events=(), trains=(), warnings=notes))
    said = [label.text() for label in panel.findChildren(QLabel) if label.text()]
    assert said.index("No reading") < said.index("Nothing but noise") < said.index("No scale")


def test_the_same_study_is_read_by_another_model_beside(desk: Any, until: Callable) -> None:
    from viewer.formats import Item
    from viewer.ui.window import MainWindow

    window = MainWindow(desk, remember=False)
    try:
        desk.add_items([Item(Path("a.png"))])
        until(lambda: desk.selected is not None and desk.selected.reading is not None)
        first = desk.selected
        window.panel.beside_asked.emit("other-model")
        until(lambda: len(desk.entries) == 2 and desk.entries[1].reading is not None and not desk.busy)
        twin = desk.entries[1]
        assert desk.selected is first
        assert desk.beside is twin
        assert twin.study.content is first.study.content
        assert [asked["model"] for asked in desk.engine.asked] == [None, "other-model"]
        until(lambda: len(window.stage.views()) == 2 and not window._later_draw.isActive())
        assert "Beside" in texts(window.panel)
        assert "other-model" in twin.title
        assert [e.item for e in desk.add_items([Item(Path("a.png"))])] == [first.item]
        assert len(desk.entries) == 2
        described = window.memory._session_now()
        assert len(described["studies"]) == 1
    finally:
        dispose(window)
