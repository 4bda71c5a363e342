"""The findings: what a model says of the study, every reason not to believe it, and the way to its card."""

from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QFrame,
    QHBoxLayout,
    QMenu,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from viewer.models.card import Card
from viewer.reading.values import Event, Reading
from viewer.study import Note
from viewer.ui.entry import Entry, State, abstained_because, conflicts
from viewer.ui.finding_row import FindingRow
from viewer.ui.further import FurtherReading, title_of
from viewer.ui.parts import indented, named, rule, words
from viewer.ui.text import label_title, tr
from viewer.ui.trains_table import TrainsTable


class FindingsPanel(QWidget):
    """The right side of the window.

    Signals: ``label_chosen(str or None)``, ``model_chosen(str)``, ``card_asked()``, ``whole_asked()`` (back from
    a marked region), ``retry_asked()``, ``train_chosen(int)``, ``event_asked(bool)`` (next or before),
    ``further_chosen(int or None)`` (which of the further readings to show), ``beside_asked(str)`` (a model whose
    reading is wanted beside this one).
    """

    label_chosen = Signal(object)
    model_chosen = Signal(str)
    card_asked = Signal()
    whole_asked = Signal()
    retry_asked = Signal()
    train_chosen = Signal(int)
    event_asked = Signal(bool)
    further_chosen = Signal(object)
    beside_asked = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        named(self, "panel")
        self.rows: list[FindingRow] = []
        self.trains: TrainsTable | None = None
        self.identity_visible = True
        title = words(tr("Findings"), factor=1.05, bold=True)
        self._model = QComboBox()
        self._model.setAccessibleName(tr("Model"))
        self._model.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self._model.activated.connect(lambda i: self.model_chosen.emit(self._model.itemData(i)))
        self._beside = words(name="muted", wrap=True)
        self._card = QPushButton(tr("Model card"))
        self._card.clicked.connect(self.card_asked)
        self._other = QPushButton(tr("Another model's reading beside"))
        self._other.setToolTip(tr("Show this study again at its side, as another model reads it"))
        self._other_menu = QMenu(self._other)
        self._other.setMenu(self._other_menu)
        self._badge = words(name="badge")
        self._badge.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self._body = QVBoxLayout()
        self._body.setContentsMargins(0, 0, 0, 8)
        self._body.setSpacing(0)
        inner = named(QWidget(), "panel")
        inner.setLayout(self._body)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(inner)
        head = QHBoxLayout()
        head.setContentsMargins(12, 8, 12, 4)
        head.addWidget(title, 1)
        head.addWidget(self._card)
        model = QVBoxLayout()
        model.setContentsMargins(12, 0, 12, 6)
        model.setSpacing(5)
        model.addWidget(self._model)
        model.addWidget(self._beside)
        model.addWidget(self._other)
        model.addWidget(self._badge)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(head)
        column.addLayout(model)
        column.addWidget(rule())
        column.addWidget(scroll, 1)
        self.setMinimumWidth(240)

    def show_entry(self, entry: Entry | None, cards: list[Card], beside: Entry | None = None) -> None:
        """Draw what is known of an entry, and another model's reading of it that is shown beside it."""
        while (item := self._body.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.hide()
                old.deleteLater()
        self.rows, self.trains = [], None
        reading = entry.shown_reading if entry is not None else None
        self._show_model(entry, reading, cards)
        if entry is not None and entry.region is not None:
            self._add_region_banner()
        if entry is not None and reading is not None:
            self._show_reading(entry, reading)
            self._show_further(entry, cards)
            if beside is not None and (beside.twin_of is entry or entry.twin_of is beside):
                self._show_beside(beside, reading, cards)
        elif entry is not None:
            self._show_state(entry)
        self._body.addStretch(1)

    def press(self, key: int) -> None:
        """Switch the class of a number key on, or off where it was on."""
        row = next((r for r in self.rows if r.key == key), None)
        if row is not None:
            row.click()

    def _show_model(self, entry: Entry | None, reading: Reading | None, cards: list[Card]) -> None:
        model = reading.model if reading is not None else None
        kind = reading.kind if reading is not None else entry.shown_kind if entry is not None else None
        fitting = [c for c in cards if c.role == "read" and kind in c.reads]
        self._model.clear()
        for card in fitting:
            self._model.addItem(f"{card.title} {card.version}", card.id)
        wanted = model.id if model is not None else entry.model_id if entry is not None else None
        self._model.setCurrentIndex(next((i for i, c in enumerate(fitting) if c.id == wanted), 0 if fitting else -1))
        self._model.setVisible(bool(fitting))
        known = {(c.id, c.weights_sha256): c.title for c in cards}
        others = () if model is None else model.beside
        named_so = ", ".join(f"{known.get((m.id, m.sha256), m.id)} {m.version}" for m in others)
        self._beside.setText(tr("Heard with it: {0}").format(named_so))
        self._beside.setVisible(bool(others))
        self._card.setVisible(bool(fitting))
        self._other.setVisible(len(fitting) > 1 and reading is not None)
        self._other_menu.clear()
        for card in fitting:
            if card.id != wanted:
                text = f"{card.title} {card.version}"
                self._other_menu.addAction(text, partial(self.beside_asked.emit, card.id))
        self._badge.setVisible(model is not None and not model.validated)
        self._badge.setText(tr("Not validated clinically"))

    def _show_reading(self, entry: Entry, reading: Reading) -> None:
        if reading.abstained:
            self._show_abstained(reading)
            return
        if reading.exclusive:
            self._add_predicted(reading)
        odd = conflicts(reading)
        for i, finding in enumerate(reading.findings):
            predicted = reading.exclusive and finding.label == reading.predicted
            row = FindingRow(finding, i + 1, finding.label in odd, finding.label == entry.label, predicted)
            row.clicked.connect(lambda on, label=finding.label: self._choose(label if on else None))
            self.rows.append(row)
            self._body.addWidget(row)
        if reading.events or reading.trains:
            self._add_trains(reading)
        self._add(tr("Probabilities are the network's own, calibrated on held-out data; they are not risks."), "muted")
        self._show_warnings(reading.warnings)

    def _add_trains(self, reading: Reading) -> None:
        self.trains = TrainsTable(reading)
        self.trains.train_chosen.connect(self.train_chosen)
        self.trains.event_asked.connect(self.event_asked)
        self._body.addWidget(self.trains)

    def show_event(self, event: Event | None) -> None:
        """Mark the train of the event that is looked at."""
        if self.trains is not None:
            self.trains.show_train(event.train if event is not None else None)

    def _show_further(self, entry: Entry, cards: list[Card]) -> None:
        """List the file's further readings; those of the same picture or recording can be put on the study."""
        first = entry.first_reading
        if first is None or not first.also:
            return
        self._body.addWidget(rule())
        if entry.further is not None:
            box = FurtherReading(title_of(first, first, cards), first, tr("Show"))
            box.asked.connect(lambda: self.further_chosen.emit(None))
            self._body.addWidget(box)
        for i, reading in enumerate(first.also):
            if i == entry.further:
                continue
            same = reading.kind == first.kind and reading.frame == first.frame
            box = FurtherReading(title_of(reading, first, cards), reading, tr("Show") if same else "")
            box.asked.connect(lambda i=i: self.further_chosen.emit(i))
            self._body.addWidget(box)

    def _show_beside(self, beside: Entry, first: Reading, cards: list[Card]) -> None:
        reading = beside.shown_reading
        self._body.addWidget(rule())
        if reading is None:
            self._add(tr("The study beside it is being read"), "muted")
            return
        title = tr("Beside: {0}").format(title_of(reading, first, cards))
        self._body.addWidget(FurtherReading(title, reading))

    def _show_abstained(self, reading: Reading) -> None:
        self._add(tr("No reading"), "title", 1.5, True)
        reason = abstained_because(reading)
        self._add(reason, "title", 1.1)
        self._show_warnings(tuple(n for n in reading.warnings if n.message != reason))

    def _show_state(self, entry: Entry) -> None:
        state = entry.state
        if state is State.FAILED:
            self._add(tr("Not opened") if entry.study is None else tr("Not read"), "title", 1.5, True)
            self._add(entry.error_for(self.identity_visible), "title", 1.1)
        else:
            said = {
                State.WAITING: tr("Waiting to be read"),
                State.READING: tr("Being read") if entry.study is not None else tr("Being opened"),
                State.STOPPED: tr("Stopped before it was read"),
            }
            self._add(said.get(state, tr("Being read")), "muted", 1.1)
        if state in (State.FAILED, State.STOPPED):
            again = QPushButton(tr("Try again") if state is State.FAILED else tr("Read now"))
            again.clicked.connect(self.retry_asked)
            self._body.addWidget(indented(again))
        if entry.study is not None:
            self._show_warnings(entry.study.notes)

    def _show_warnings(self, warnings: tuple[Note, ...]) -> None:
        for note in dict.fromkeys(n for n in warnings if n.code != "model-unvalidated"):  # the badge says that
            self._add(note.message, "notice")

    def _add_predicted(self, reading: Reading) -> None:
        best = max(reading.findings, key=lambda f: f.probability, default=None)
        if best is None:
            return
        if reading.predicted == "uncertain":
            said = tr("Uncertain: no class is probable enough")
        else:
            full = label_title(best.label)
            said = f"{best.label}: {full}" if full else best.label
        self._add(said, "title", 1.25, True)

    def _add_region_banner(self) -> None:
        label = words(tr("The marked part, read by itself"), bold=True, wrap=True)
        back = QPushButton(tr("Whole study (Esc)"))
        back.clicked.connect(self.whole_asked)
        box = QWidget()
        row = QHBoxLayout(box)
        row.setContentsMargins(12, 8, 12, 4)
        row.addWidget(label, 1)
        row.addWidget(back)
        self._body.addWidget(box)

    def _choose(self, label: str | None) -> None:
        for row in self.rows:
            row.setChecked(row.finding.label == label)
        self.label_chosen.emit(label)

    def _add(self, text: str, name: str, factor: float = 0.92, bold: bool = False) -> None:
        self._body.addWidget(indented(words(text, name, factor, bold, wrap=True)))
