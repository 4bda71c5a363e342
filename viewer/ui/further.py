"""A further reading in a few lines: another model's, another part's, another study's beside this one."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from viewer.models.card import Card
from viewer.reading.values import Reading
from viewer.ui.entry import abstained_because
from viewer.ui.parts import words
from viewer.ui.text import kind_title, probability, tr

_ONE_LINE = 30


class FurtherReading(QWidget):
    """Its title, and a line a class with probability and verdict. ``asked()``: the button was pressed."""

    asked = Signal()

    def __init__(self, title: str, reading: Reading, button: str = "") -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 12, 2)
        column.setSpacing(2)
        head = QHBoxLayout()
        name = words(title, factor=1.0, bold=True, wrap=True)
        name.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        head.addWidget(name, 1)
        if button:
            show = QPushButton(button)
            show.clicked.connect(self.asked)
            head.addWidget(show)
        column.addLayout(head)
        for line in lines(reading):
            column.addLayout(_row(*line))


def lines(reading: Reading) -> list[tuple[str, str, bool]]:
    """Return label, words and whether it is positive (or predicted), a line a class; one line where it abstained."""
    if reading.abstained:
        return [(tr("No reading"), abstained_because(reading), False)]
    return [
        (
            f.label,
            probability(f.probability) + " " + (tr("positive") if f.positive else tr("negative")),
            f.label == reading.predicted if reading.exclusive else f.positive,
        )
        for f in reading.findings
    ]


def title_of(reading: Reading, first: Reading, cards: list[Card]) -> str:
    """Return what a further reading is called: its model, and what it read where that is something else."""
    model = reading.model
    card = next((c for c in cards if model is not None and c.id == model.id), None)
    parts = [f"{card.title} {card.version}" if card is not None else model.id if model is not None else tr("No model")]
    if reading.frame != first.frame and reading.frame is not None:
        parts.append(tr("frame {0}").format(reading.frame + 1))
    if reading.kind != first.kind:
        parts.append(kind_title(reading.kind))
    if reading.region is not None and reading.region != first.region:
        parts.append(tr("a part"))
    return ", ".join(parts)


def _row(label: str, said: str, strong: bool) -> QHBoxLayout:
    row = QHBoxLayout()
    left, right = words(label, bold=strong), words(said, "title" if strong else "muted", bold=strong)
    long = len(said) > _ONE_LINE
    right.setWordWrap(long)
    right.setAlignment(Qt.AlignmentFlag.AlignLeft if long else Qt.AlignmentFlag.AlignRight)
    row.addWidget(left, 0, Qt.AlignmentFlag.AlignTop)
    row.addWidget(right, 1)
    return row
