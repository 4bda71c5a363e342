"""F1: every action and its keys, from the same table as the menus, with the shown study's own."""

from collections.abc import Mapping, Sequence
from html import escape

from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLineEdit, QTextBrowser, QVBoxLayout, QWidget

from viewer.ui.text import tr
from viewer.ui.theme import theme


class ShortcutsDialog(QDialog):
    """Shows the table; typing narrows it."""

    def __init__(
        self,
        groups: Mapping[str, Sequence[QAction]],
        parent: QWidget | None = None,
        gestures: Sequence[tuple[str, str]] = (),
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Keyboard shortcuts"))
        self.resize(720, 640)
        self._groups = {title: [(a.text(), keys_of(a)) for a in actions] for title, actions in groups.items()}
        if gestures:
            self._groups[tr("Mouse")] = [(what, gesture) for gesture, what in gestures]
        self.search = QLineEdit()
        self.search.setPlaceholderText(tr("Search"))
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(self._fill)
        self.text = QTextBrowser()
        self.text.document().setDocumentMargin(12)
        self.text.setAccessibleName(self.windowTitle())
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.addWidget(self.search)
        column.addWidget(self.text, 1)
        column.addWidget(buttons)
        self._fill("")

    def _fill(self, wanted: str) -> None:
        parts = []
        for title, rows in self._groups.items():
            fitting = [r for r in rows if wanted.casefold() in f"{r[0]} {r[1]}".casefold()]
            if fitting:
                body = "".join(
                    f'<tr><td width="230"><b>{escape(keys or "–")}</b></td><td>{escape(text)}</td></tr>'
                    for text, keys in fitting
                )
                parts.append(
                    f'<h3 style="color: {theme().muted}">{escape(title)}</h3><table cellpadding="3">{body}</table>'
                )
        self.text.setHtml("".join(parts) or f"<p>{tr('Nothing is called that.')}</p>")


def keys_of(action: QAction) -> str:
    """Return an action's keys as they are on this system's keyboard."""
    return ", ".join(k.toString(QKeySequence.SequenceFormat.NativeText) for k in action.shortcuts())
