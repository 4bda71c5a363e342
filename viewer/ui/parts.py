"""The few small widgets that every part of the window is made of. The style sheet knows them by their names."""

from typing import TypeVar

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QLabel, QVBoxLayout, QWidget

from viewer.ui.theme import sized

W = TypeVar("W", bound=QWidget)


def named(widget: W, name: str) -> W:
    """Give a widget the name that the style sheet dresses it by."""
    widget.setObjectName(name)
    return widget


def words(text: str = "", name: str = "title", factor: float = 1.0, bold: bool = False, wrap: bool = False) -> QLabel:
    """Return a label; ``name`` is ``title``, ``muted``, ``badge`` or ``notice``."""
    label = named(QLabel(text), name)
    label.setFont(sized(label.font(), factor, bold))
    label.setWordWrap(wrap)
    if wrap:
        label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return label


def indented(widget: QWidget) -> QWidget:
    """Return a widget with the panels' margins round another."""
    box = QWidget()
    layout = QVBoxLayout(box)
    layout.setContentsMargins(12, 5, 12, 3)
    layout.addWidget(widget)
    return box


def rule() -> QFrame:
    """Return a thin line across."""
    return named(QFrame(), "rule")
