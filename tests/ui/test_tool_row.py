"""The row of tools: whatever its width, every menu can be reached by mouse and keys."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QToolButton

from viewer.ui.tool_row import ToolRow

MENUS = ("Tool", "Sweep", "Scale", "Channel", "Filter", "Sound", "Time", "Overlays")


@pytest.fixture
def row(qtbot):
    row = ToolRow()
    qtbot.addWidget(row)
    group = QActionGroup(row)
    switches = [QAction(text, row, checkable=True) for text in ("Pan", "Cursors", "Potential")]
    for action in switches:
        group.addAction(action)
    groups = {title: [QAction(f"{title} {i}", row) for i in range(3)] for title in MENUS}
    groups["Tool"] = switches + groups["Tool"]
    row.resize(2000, 40)
    row.show()
    row.offer(groups)
    return row


def buttons(row) -> dict[str, QToolButton]:
    QApplication.processEvents()
    return {b.text(): b for b in row.findChildren(QToolButton) if b.isVisible()}


def test_in_a_wide_row_each_group_has_its_menu(row):
    assert list(buttons(row)) == ["Pan", "Cursors", "Potential", *(f"{title} ▾" for title in MENUS)]


@pytest.mark.parametrize("width", [700, 500, 400])
def test_menus_that_do_not_fit_are_in_the_last_one_that_can_be_seen(row, width, qtbot):
    row.resize(width, 40)
    found = buttons(row)
    more = found.pop("More ▾")
    assert more.geometry().right() < width
    assert more.focusPolicy() & Qt.FocusPolicy.TabFocus
    inside = [text.removesuffix(" ▾") for text in found if "▾" in text]
    hidden = [action.text() for action in more.menu().actions()]
    assert (*inside, *hidden) == MENUS
    assert hidden
    assert all(b.isVisible() and b.geometry().right() < width for b in found.values())
    asked = []
    own = more.menu().actions()[-1].menu()
    own.actions()[0].triggered.connect(lambda: asked.append(own.title()))
    more.menu().popup(more.mapToGlobal(more.rect().bottomLeft()))
    QTest.keyClick(more.menu(), Qt.Key.Key_Up)  # to the last of the menus
    QTest.keyClick(more.menu(), Qt.Key.Key_Right)
    qtbot.waitUntil(own.isVisible)
    own.setActiveAction(own.actions()[0])
    QTest.keyClick(own, Qt.Key.Key_Return)
    assert asked == ["Overlays"]
    row.resize(2000, 40)
    assert "More ▾" not in buttons(row)
    assert len(buttons(row)) == 3 + len(MENUS)
