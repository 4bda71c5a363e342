"""The worklist: names, findings and states in a line, sorting, and patients told apart."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from PySide6.QtCore import Qt

from tests.ui.conftest import make_reading, make_study
from viewer.study import Patient
from viewer.ui.app import dispose
from viewer.ui.entry import Entry
from viewer.ui.worklist import Worklist


@pytest.fixture
def worklist(desk: Any) -> Iterator[Worklist]:
    worklist = Worklist(desk)
    yield worklist
    dispose(worklist)


def _put(desk: Any, name: str, reading: object, patient: Patient | None = None) -> Entry:
    entry = Entry(None, len(desk.entries) + 1, reading=reading)  # type: ignore[arg-type]
    entry.take(make_study(name, patient))
    desk.entries.append(entry)
    desk.added.emit([entry])
    desk.changed.emit(entry)
    return entry


def test_a_line_names_kind_state_and_top_finding(desk: Any, worklist: Worklist) -> None:
    entry = _put(desk, "a.png", make_reading(0.8, 0.2, 0.1))
    assert worklist.model.lines(entry) == ("Chest X-ray · read", "Effusion 0.80")
    other = _put(desk, "b.png", make_reading(0.3, 0.2, 0.1))
    assert worklist.model.lines(other)[1] == "none at its operating point"
    text = worklist.model.data(worklist.model.index(0), Qt.ItemDataRole.AccessibleTextRole)
    assert text == "a.png, Chest X-ray · read, Effusion 0.80"


def test_the_most_suspicious_come_first(desk: Any, worklist: Worklist) -> None:
    low, high, unread = (
        _put(desk, "low", make_reading(0.2, 0.1, 0.9)),
        _put(desk, "high", make_reading(0.7, 0.1, 0.2)),
        _put(desk, "unread", None),
    )
    assert worklist.in_order() == [low, high, unread]
    worklist.sort.click()
    assert worklist.in_order() == [high, low, unread]
    worklist.sort.click()
    assert worklist.in_order() == [low, high, unread]


def test_studies_of_different_patients_are_marked(desk: Any, worklist: Worklist) -> None:
    first = _put(desk, "a.png", None, Patient(identifier="1"))
    assert worklist.patients.isHidden()
    assert worklist.model.letter(first) == ""
    second = _put(desk, "b.png", None, Patient(identifier="2"))
    unknown = _put(desk, "c.png", None)
    assert not worklist.patients.isHidden()
    assert worklist.patients.text() == "Studies of 2 patients are open."
    assert [worklist.model.letter(e) for e in (first, second, unknown)] == ["A", "B", ""]


def test_hidden_identity_hides_file_names_too(desk: Any, worklist: Worklist) -> None:
    entry = _put(desk, "Doe_Jane_1950.dcm", None, Patient(name="Doe^Jane"))
    worklist.set_identity_visible(False)
    assert worklist.model.name(entry) == "Study 1"
    index = worklist.model.index(0)
    roles = (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole)
    assert not any("Doe" in str(worklist.model.data(index, role)) for role in roles)


def test_stepping_follows_the_order_shown(desk: Any, worklist: Worklist, until: Callable) -> None:
    first, second = _put(desk, "a", make_reading(0.1)), _put(desk, "b", make_reading(0.9))
    worklist.choose(first)
    worklist.step(1)
    assert worklist.current() is second
    worklist.step(1)
    assert worklist.current() is second
    worklist.sort_by_probability(True)
    worklist.step(1)
    assert worklist.current() is first
