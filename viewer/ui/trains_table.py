"""The trains and events of a recording: a row a train, a click goes there."""

from collections import Counter

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor, QPixmap
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from viewer.reading.values import Reading, Train
from viewer.ui.parts import words
from viewer.ui.text import label_title, number, tr
from viewer.ui.theme import theme
from viewer.ui.views.palette import palette

MOST_ROWS = 300
_SHOWN_ROWS = 8


class TrainsTable(QWidget):
    """Trains with class, events, rate and regularity; below them the way from event to event.

    Signals: ``train_chosen(int)``, ``event_asked(bool)`` (the next one, or the one before).
    """

    train_chosen = Signal(int)
    event_asked = Signal(bool)

    def __init__(self, reading: Reading) -> None:
        super().__init__()
        self.trains = sorted(reading.trains, key=lambda t: -t.events)[:MOST_ROWS]
        self.table = QTableWidget(len(self.trains), 5)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 12, 4)
        column.setSpacing(4)
        column.addWidget(words(tr("Trains and events"), factor=1.05, bold=True))
        column.addWidget(words(events_sentence(reading), "muted", 0.92, wrap=True))
        if self.trains:
            self._fill()
            column.addWidget(self.table)
        row = QHBoxLayout()
        for text, onward in ((tr("Event before"), False), (tr("Next event"), True)):
            button = QPushButton(text)
            button.setToolTip(tr("In the study: E") if onward else tr("In the study: Shift+E"))
            button.clicked.connect(lambda _on=False, onward=onward: self.event_asked.emit(onward))
            row.addWidget(button)
        column.addLayout(row)

    def show_train(self, train: int | None) -> None:
        """Mark the row of the train whose event is looked at."""
        row = next((i for i, t in enumerate(self.trains) if t.train == train), None)
        self.table.blockSignals(True)
        if row is None:
            self.table.clearSelection()
        else:
            self.table.selectRow(row)
        self.table.blockSignals(False)

    def _fill(self) -> None:
        table = self.table
        table.setAccessibleName(tr("Trains"))
        table.setHorizontalHeaderLabels([tr("Train"), tr("Class"), tr("Events"), tr("Rate"), tr("CV")])
        table.verticalHeader().hide()
        table.setShowGrid(False)
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        table.setTabKeyNavigation(False)
        table.horizontalHeader().setMinimumSectionSize(34)
        table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        table.horizontalHeader().setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        for i, train in enumerate(self.trains):
            for j, text in enumerate(cells(train)):
                item = QTableWidgetItem(text)
                item.setTextAlignment(Qt.AlignmentFlag.AlignVCenter | (
                    Qt.AlignmentFlag.AlignLeft if j < 2 else Qt.AlignmentFlag.AlignRight
                ))  # fmt: skip
                item.setToolTip(sentence(train))
                if j == 1:
                    item.setIcon(_swatch(palette(theme().dark).of_class(train.label)))
                table.setItem(i, j, item)
        table.resizeRowsToContents()
        rows = min(len(self.trains), _SHOWN_ROWS)
        height = sum(table.rowHeight(i) for i in range(rows)) + table.horizontalHeader().sizeHint().height() + 4
        table.setFixedHeight(height)
        table.itemSelectionChanged.connect(self._chosen)
        table.cellClicked.connect(lambda row, _column: self.train_chosen.emit(self.trains[row].train))

    def _chosen(self) -> None:
        if self.table.hasFocus() and not self.table.underMouse():  # by the arrow keys; a click tells by itself
            row = self.table.currentRow()
            if 0 <= row < len(self.trains):
                self.train_chosen.emit(self.trains[row].train)


def cells(train: Train) -> tuple[str, str, str, str, str]:
    """Return a train's row."""
    cv = tr("{0} %").format(number(100 * train.interval_cv, 0 if train.interval_cv >= 0.1 else 1))
    return str(train.train), train.label, str(train.events), tr("{0} Hz").format(number(train.rate_hz, 1)), cv


def sentence(train: Train) -> str:
    """Return what is said of a train."""
    name = label_title(train.label) or train.label
    return tr("Train {0}: {1} {2} at {3}, coefficient of variation of the intervals {4}").format(
        train.train, train.events, name, *cells(train)[3:]
    )


def events_sentence(reading: Reading) -> str:
    """Return how many events of which class there are, and how many belong to no train."""
    counts = Counter(e.label for e in reading.events)
    parts = ", ".join(f"{count} {label}" for label, count in sorted(counts.items(), key=lambda c: -c[1]))
    alone = sum(e.train is None for e in reading.events)
    said = tr("Events: {0}").format(parts)
    return said + (tr("; {0} in no train").format(alone) if alone else "")


def _swatch(colour: QColor) -> QPixmap:
    picture = QPixmap(10, 10)
    picture.fill(colour)
    return picture
