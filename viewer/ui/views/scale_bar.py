"""A small bar in a view in which a person says what a division, a drawn line or a file's full scale is worth."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, QLocale, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

STEPS_MS = ("0.5", "1", "2", "5", "10", "20", "50", "100", "200", "500")
STEPS_UV = ("5", "10", "20", "50", "100", "200", "500", "1000", "2000", "5000", "10000")


class ScaleBar(QFrame):
    """Words, fields with their units, and buttons, over a view (``top`` says where, from its height).

    Nothing waits for it.

    Signals: ``applied(list)`` with a number or None a field, ``pressed(str)`` with the name of another button,
    ``closed()``.
    """

    applied = Signal(list)
    pressed = Signal(str)
    closed = Signal()

    def __init__(
        self,
        parent: QWidget,
        buttons: Sequence[tuple[str, str]] = (),
        remember: str = "",
        top: Callable[[int], int] | None = None,
    ) -> None:
        super().__init__(parent)
        self.view = parent
        self._top = top or (lambda height: parent.height() - height - 64)
        self.setObjectName("bar")
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.setAutoFillBackground(True)
        self.setCursor(Qt.CursorShape.ArrowCursor)
        self.words = QLabel()
        self.fields: list[QComboBox] = []
        self._units: list[QLabel] = []
        column, head = QVBoxLayout(self), QHBoxLayout()
        column.setContentsMargins(10, 5, 6, 7)
        column.setSpacing(3)
        head.addWidget(self.words, 1)
        column.addLayout(head)
        self._row = QHBoxLayout()
        column.addLayout(self._row)
        self._fields = QHBoxLayout()
        self._row.addLayout(self._fields)
        self.remember = QCheckBox(remember)
        self.remember.setVisible(bool(remember))
        self.remember.setChecked(True)
        self._row.addWidget(self.remember)
        apply = QPushButton(self.tr("Apply"))
        apply.clicked.connect(self._apply)
        self._row.addWidget(apply)
        for name, text in buttons:
            button = QPushButton(text)
            button.clicked.connect(lambda _on=False, name=name: self.pressed.emit(name))
            self._row.addWidget(button)
        close = QToolButton()
        close.setText("×")
        close.setAutoRaise(True)
        close.setToolTip(self.tr("Close (Esc)"))
        close.setAccessibleName(self.tr("Close"))
        close.clicked.connect(self._close)
        head.addWidget(close)
        self._row.addStretch(1)
        self.hide()

    def ask(self, words: str, fields: Sequence[tuple[str, Sequence[str], str]], focus: bool = True) -> None:
        """Show ``words`` and a field for each (unit, proposed values, value now); an empty field is not known."""
        self.words.setText(words)
        while len(self.fields) < len(fields):
            field, unit = QComboBox(), QLabel()
            field.setEditable(True)
            field.setMinimumWidth(84)
            line = field.lineEdit()
            assert line is not None
            line.returnPressed.connect(self._apply)
            self.fields.append(field)
            self._units.append(unit)
            self._fields.addWidget(field)
            self._fields.addWidget(unit)
        for i, (field, label) in enumerate(zip(self.fields, self._units, strict=True)):
            field.setVisible(i < len(fields))
            label.setVisible(i < len(fields))
            if i < len(fields):
                name, proposed, now = fields[i]
                field.clear()
                field.addItems(list(proposed))
                field.setCurrentText(now)
                field.setAccessibleName(name)
                label.setText(name)
        self.place()
        self.show()
        self.raise_()
        if fields and focus:
            self.fields[0].setFocus()

    def place(self) -> None:
        """Lie at the bottom of the view, above what is written in its corners."""
        view = self.view
        self.adjustSize()
        width = min(view.width() - 16, max(self.sizeHint().width(), 320))
        height = self.sizeHint().height()
        self.setGeometry((view.width() - width) // 2, self._top(height), width, height)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            held = event.modifiers() & (Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier)
            if not held:  # a key pressed in the bar is not the view's
                event.accept()
                return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self._close()
        else:
            event.accept()  # a field's keys are not the view's

    def _apply(self) -> None:
        values = [number(field.currentText()) for field in self.fields if not field.isHidden()]
        wrong = [f for f in self.fields if not f.isHidden() and f.currentText().strip() and not number(f.currentText())]
        if wrong or not any(values):
            self.words.setText(self.tr("Type a number above 0, for instance 10"))
            (wrong or self.fields)[0].setFocus()
            return
        self.hide()
        self.applied.emit(values)
        self.view.setFocus()

    def _close(self) -> None:
        self.hide()
        self.closed.emit()
        self.view.setFocus()


def number(text: str) -> float | None:
    """Return a positive number in the locale's or the plain spelling; None where it is none or empty."""
    value, good = QLocale().toDouble(text.strip())
    if not good:
        try:
            value = float(text.strip().replace(",", "."))
        except ValueError:
            return None
    return value if 0 < value < 1e12 else None
