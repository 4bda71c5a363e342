"""The findings: one row a class, its probability drawn to scale against its operating point."""

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPolygonF
from PySide6.QtWidgets import (
    QAbstractButton,
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from viewer.models.card import Card
from viewer.reading.values import Finding, Reading
from viewer.study import Note
from viewer.ui.entry import Entry, State, abstained_because, conflicts
from viewer.ui.text import NORMAL_LABELS, label_title, number, tr
from viewer.ui.theme import icon_pixmap, sized, theme


class FindingRow(QAbstractButton):
    """A class: its key, name, probability, bar and operating point. Checked: its map and boxes are on the study."""

    def __init__(self, finding: Finding, key: int, conflict: bool, chosen: bool, predicted: bool) -> None:
        super().__init__()
        self.finding, self.key, self.conflict, self.predicted = finding, key, conflict, predicted
        self._normal = finding.label in NORMAL_LABELS
        self.setCheckable(True)
        self.setChecked(chosen)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        verdict = tr("positive") if finding.positive else tr("negative")
        self.setAccessibleName(
            tr("{0}: probability {1}, operating point {2}, {3}").format(
                finding.label, number(finding.probability), number(finding.threshold), verdict
            )
        )
        tip = [label_title(finding.label) or finding.label, self.accessibleName()]
        if conflict:
            tip.append(tr("This finding contradicts another one."))
        if key <= 9:
            tip.append(tr("Press {0} to see on the study what supports it.").format(key))
        self.setToolTip("\n".join(tip))

    def sizeHint(self) -> QSize:
        """Two lines and a bar."""
        return QSize(200, self.fontMetrics().height() * 2 + 22)

    def minimumSizeHint(self) -> QSize:
        """A row is never squeezed; the panel scrolls."""
        return self.sizeHint()

    def paintEvent(self, _event: object) -> None:
        t, f = theme(), self.finding
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(self.rect())
        if self.isChecked() or self.underMouse() or self.hasFocus():
            painter.setPen(QColor(t.accent) if self.isChecked() or self.hasFocus() else Qt.PenStyle.NoPen)
            painter.setBrush(QColor(t.selection if self.isChecked() else t.raised))
            painter.drawRoundedRect(box.adjusted(4.5, 1.5, -4.5, -1.5), 4, 4)
        height = self.fontMetrics().height()
        left, right, top = 12.0, box.width() - 12, 6.0
        line = QRectF(left, top, right - left, height + 2)
        x = left + self._key(painter, QRectF(left, top + 1, height, height)) + 7
        painter.setFont(sized(self.font(), 1.12, True))
        painter.setPen(QColor(t.text))
        value = number(f.probability)
        painter.drawText(line, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, value)
        room = right - QFontMetricsF(painter.font()).horizontalAdvance(value) - 8
        painter.setFont(sized(self.font(), 1.0, f.positive or self.predicted))
        x = self._word(painter, f.label, x, room, line, t.text)
        full = label_title(f.label)
        if full and x + 40 < room:
            painter.setFont(sized(self.font(), 0.88))
            self._word(painter, full, x + 7, room, line, t.muted)
        bar = QRectF(left, top + height + 6, right - left, 6)
        self._bar(painter, bar)
        self._below(painter, QRectF(left, bar.bottom() + 2, right - left, height))
        painter.end()

    @property
    def _ink(self) -> str:
        """A positive finding's colour; a positive normal class is no alarm."""
        return theme().accent if self._normal else theme().positive

    def _key(self, painter: QPainter, box: QRectF) -> float:
        t = theme()
        if self.key > 9:
            return box.width()
        painter.setPen(QColor(t.accent if self.isChecked() else t.line))
        painter.setBrush(QColor(t.accent) if self.isChecked() else Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), 3, 3)
        painter.setPen(QColor(t.on_accent if self.isChecked() else t.muted))
        painter.setFont(sized(self.font(), 0.85, self.isChecked()))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, str(self.key))
        return box.width()

    def _word(self, painter: QPainter, text: str, x: float, room: float, line: QRectF, colour: str) -> float:
        metrics = QFontMetricsF(painter.font())
        shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, max(0.0, room - x))
        painter.setPen(QColor(colour))
        painter.drawText(QRectF(x, line.top(), room - x, line.height()), Qt.AlignmentFlag.AlignVCenter, shown)
        return x + metrics.horizontalAdvance(shown)

    def _bar(self, painter: QPainter, bar: QRectF) -> None:
        t, f = theme(), self.finding
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(t.track))
        painter.drawRoundedRect(bar, 2, 2)
        filled = QRectF(bar.left(), bar.top(), bar.width() * min(max(f.probability, 0.0), 1.0), bar.height())
        if filled.width() >= 1:
            painter.setBrush(QColor(self._ink if f.positive else t.quiet))
            painter.drawRoundedRect(filled, 2, 2)
        point = round(bar.left() + bar.width() * min(max(f.threshold, 0.0), 1.0))
        painter.setBrush(QColor(t.text))
        painter.drawRect(QRectF(point - 1, bar.top() - 3, 2, bar.height() + 6))
        notch = [
            QPointF(point - 3.5, bar.top() - 5),
            QPointF(point + 3.5, bar.top() - 5),
            QPointF(point, bar.top() - 1),
        ]
        painter.drawPolygon(QPolygonF(notch))

    def _below(self, painter: QPainter, line: QRectF) -> None:
        t, f = theme(), self.finding
        painter.setFont(sized(self.font(), 0.88))
        size = line.height() * 0.55
        dot = QRectF(line.left() + 1, line.center().y() - size / 2, size, size)
        painter.setPen(QColor(self._ink if f.positive else t.muted))
        painter.setBrush(QColor(self._ink) if f.positive else Qt.BrushStyle.NoBrush)
        painter.drawEllipse(dot)
        verdict = tr("positive") if f.positive else tr("negative")
        painter.setFont(sized(self.font(), 0.88, f.positive))
        x = self._word(painter, verdict, dot.right() + 5, line.right(), line, self._ink if f.positive else t.muted)
        if self.conflict:
            mark = round(line.height() * 0.85)
            at = QPointF(x + 10, line.center().y() - mark / 2)
            painter.drawPixmap(at, icon_pixmap("conflict", t.failed, mark, self.devicePixelRatioF()))
            self._word(painter, tr("conflict"), x + 14 + mark, line.right(), line, t.failed)
        painter.setFont(sized(self.font(), 0.88))
        painter.setPen(QColor(t.muted))
        point = tr("operating point {0}").format(number(f.threshold))
        painter.drawText(line, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, point)


class FindingsPanel(QWidget):
    """The right side of the window.

    Signals: ``label_chosen(str or None)``, ``model_chosen(str)``, ``card_asked()``, ``whole_asked()`` (back from a marked
    region), ``retry_asked()``.
    """

    label_chosen = Signal(object)
    model_chosen = Signal(str)
    card_asked = Signal()
    whole_asked = Signal()
    retry_asked = Signal()

    def __init__(self) -> None:
        super().__init__(objectName="panel")
        self.rows: list[FindingRow] = []
        self._title = QLabel(tr("Findings"), objectName="title")
        self._title.setFont(sized(self.font(), 1.05, True))
        self._model = QComboBox()
        self._model.setAccessibleName(tr("Model"))
        self._model.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self._model.activated.connect(lambda i: self.model_chosen.emit(self._model.itemData(i)))
        self._card = QPushButton(tr("Model card"))
        self._card.clicked.connect(self.card_asked)
        self._badge = QLabel(objectName="badge")
        self._badge.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self._body = QVBoxLayout()
        self._body.setContentsMargins(0, 0, 0, 8)
        self._body.setSpacing(0)
        inner = QWidget(objectName="panel")
        inner.setLayout(self._body)
        scroll = QScrollArea(widgetResizable=True, frameShape=QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(inner)
        head = QHBoxLayout()
        head.setContentsMargins(12, 8, 12, 4)
        head.addWidget(self._title, 1)
        head.addWidget(self._card)
        model = QVBoxLayout()
        model.setContentsMargins(12, 0, 12, 6)
        model.setSpacing(5)
        model.addWidget(self._model)
        model.addWidget(self._badge)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(head)
        column.addLayout(model)
        column.addWidget(QFrame(objectName="rule"))
        column.addWidget(scroll, 1)
        self.setMinimumWidth(240)

    def show_entry(self, entry: Entry | None, cards: list[Card]) -> None:
        """Draw what is known of an entry."""
        while self._body.count():
            item = self._body.takeAt(0)
            if item.widget() is not None:
                item.widget().hide()
                item.widget().deleteLater()
        self.rows = []
        reading = entry.shown_reading if entry is not None else None
        self._show_model(entry, reading, cards)
        if entry is not None and entry.region is not None:
            self._add_region_banner()
        if entry is not None and reading is not None:
            self._show_reading(entry, reading)
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
        self._card.setVisible(bool(fitting))
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
        self._body.addWidget(
            self._words(
                tr("Probabilities are the network's own, calibrated on held-out data; they are not risks."), "muted"
            )
        )
        self._show_warnings(reading.warnings)

    def _show_abstained(self, reading: Reading) -> None:
        title = self._words(tr("No reading"), "title", 1.5, True)
        self._body.addWidget(title)
        reason = abstained_because(reading)
        self._body.addWidget(self._words(reason, "title", 1.1))
        self._show_warnings(tuple(n for n in reading.warnings if n.message != reason))

    def _show_state(self, entry: Entry) -> None:
        state = entry.state
        if state is State.FAILED:
            self._body.addWidget(
                self._words(tr("Not opened") if entry.study is None else tr("Not read"), "title", 1.5, True)
            )
            self._body.addWidget(self._words(entry.error, "title", 1.1))
        else:
            words = {
                State.WAITING: tr("Waiting to be read"),
                State.READING: tr("Being read") if entry.study is not None else tr("Being opened"),
                State.STOPPED: tr("Stopped before it was read"),
            }
            self._body.addWidget(self._words(words.get(state, tr("Being read")), "muted", 1.1))
        if state in (State.FAILED, State.STOPPED):
            again = QPushButton(tr("Try again") if state is State.FAILED else tr("Read now"))
            again.clicked.connect(self.retry_asked)
            self._body.addWidget(_indented(again))
        if entry.study is not None:
            self._show_warnings(entry.study.notes)

    def _show_warnings(self, warnings: tuple[Note, ...]) -> None:
        for note in dict.fromkeys(n for n in warnings if n.code != "model-unvalidated"):  # the badge says that
            label = QLabel(note.message, objectName="notice", wordWrap=True)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            self._body.addWidget(_indented(label))

    def _add_predicted(self, reading: Reading) -> None:
        best = max(reading.findings, key=lambda f: f.probability, default=None)
        if best is None:
            return
        if reading.predicted == "uncertain":
            words = tr("Uncertain: no class is probable enough")
        else:
            full = label_title(best.label)
            words = f"{best.label}: {full}" if full else best.label
        self._body.addWidget(self._words(words, "title", 1.25, True))

    def _add_region_banner(self) -> None:
        label = QLabel(tr("The marked part, read by itself"), objectName="title", wordWrap=True)
        label.setFont(sized(self.font(), 1.0, True))
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

    def _words(self, text: str, name: str, factor: float = 0.92, bold: bool = False) -> QWidget:
        label = QLabel(text, objectName=name, wordWrap=True)
        label.setFont(sized(self.font(), factor, bold))
        label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        return _indented(label)


def _indented(widget: QWidget) -> QWidget:
    box = QWidget()
    layout = QVBoxLayout(box)
    layout.setContentsMargins(12, 5, 12, 3)
    layout.addWidget(widget)
    return box
