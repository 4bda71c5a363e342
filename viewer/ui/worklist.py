"""The worklist: every opened study with its thumbnail, kind, top finding and state."""

from PySide6.QtCore import (
    QAbstractListModel,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QPointF,
    QRect,
    QRectF,
    QSize,
    QSortFilterProxyModel,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPainterPath, QPixmap
from PySide6.QtWidgets import (
    QHBoxLayout,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from viewer.ui.desk import Desk
from viewer.ui.entry import Entry, State, abstained_because, patient_key, state_title, suspicion, top_finding
from viewer.ui.parts import named, words
from viewer.ui.text import kind_title, probability, tr
from viewer.ui.theme import icon, icon_pixmap, sized, theme

ENTRY_ROLE = Qt.ItemDataRole.UserRole + 1
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
Index = QModelIndex | QPersistentModelIndex


class WorklistModel(QAbstractListModel):
    """The desk's entries as rows."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._rows: list[Entry] = list(desk.entries)
        self.identity_visible = True
        self.letters: dict[tuple, str] = {}
        desk.added.connect(self._add)
        desk.removed.connect(self._remove)
        desk.changed.connect(self._change)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        """Return how many studies are open."""
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Return an entry (``ENTRY_ROLE``), its line of text, or its tooltip."""
        if not index.isValid() or index.row() >= len(self._rows):
            return None
        entry = self._rows[index.row()]
        if role == ENTRY_ROLE:
            return entry
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return ", ".join(filter(None, (self.name(entry), *self.lines(entry))))
        if role == Qt.ItemDataRole.ToolTipRole:
            path = str(entry.item.path) if entry.item is not None and self.identity_visible else ""
            return "\n".join(filter(None, (path, self.lines(entry)[1])))
        return None

    def name(self, entry: Entry) -> str:
        """Return what an entry is called; with identities hidden, only its number (file names often hold names)."""
        return entry.title if self.identity_visible else tr("Study {0}").format(entry.number)

    def letter(self, entry: Entry) -> str:
        """Return the patient's letter where studies of several patients are open, else an empty string."""
        key = patient_key(entry.patient)
        return self.letters.get(key, "") if key is not None and len(self.letters) > 1 else ""

    def lines(self, entry: Entry) -> tuple[str, str]:
        """Return kind and state, and the top finding or what went wrong."""
        state = entry.state
        kind = kind_title(entry.shown_kind) if entry.study is not None or entry.reading is not None else ""
        first = " · ".join(filter(None, (kind, state_title(state))))
        return first, entry.error_for(self.identity_visible) if state is State.FAILED else _finding_line(entry)

    def row_of(self, entry: Entry) -> int:
        """Return an entry's row, or -1."""
        return next((i for i, e in enumerate(self._rows) if e is entry), -1)

    def refresh(self) -> None:
        """Draw every row again."""
        if self._rows:
            self.dataChanged.emit(self.index(0), self.index(len(self._rows) - 1))

    def _add(self, entries: list[Entry]) -> None:
        first = len(self._rows)
        self.beginInsertRows(QModelIndex(), first, first + len(entries) - 1)
        self._rows += entries
        self.endInsertRows()

    def _remove(self, entries: list[Entry]) -> None:
        for entry in entries:
            row = self.row_of(entry)
            if row >= 0:
                self.beginRemoveRows(QModelIndex(), row, row)
                del self._rows[row]
                self.endRemoveRows()
        self._find_patients()

    def _change(self, entry: Entry) -> None:
        row = self.row_of(entry)
        if row >= 0:
            self.dataChanged.emit(self.index(row), self.index(row))
            self._find_patients()

    def _find_patients(self) -> None:
        found = dict.fromkeys(k for e in self._rows if (k := patient_key(e.patient)) is not None)
        letters = {key: _letter(i) for i, key in enumerate(found)}
        if letters != self.letters:
            self.letters = letters
            self.refresh()


class _Order(QSortFilterProxyModel):
    """As opened, or the most suspicious first."""

    def lessThan(self, left: Index, right: Index) -> bool:
        first, second = (self.sourceModel().data(i, ENTRY_ROLE) for i in (left, right))
        return suspicion(first.reading) < suspicion(second.reading)


class _Row(QStyledItemDelegate):
    """Draws a row: thumbnail, name, kind and state, top finding, patient's letter."""

    def sizeHint(self, option: object, index: Index) -> QSize:
        metrics = option.fontMetrics  # type: ignore[attr-defined]
        return QSize(180, max(58, 3 * metrics.height() + 16))

    def paint(self, painter: QPainter, option: object, index: Index) -> None:
        entry: Entry = index.data(ENTRY_ROLE)
        model: WorklistModel = index.model().sourceModel()  # type: ignore[attr-defined]
        t, box = theme(), option.rect  # type: ignore[attr-defined]
        selected = bool(option.state & QStyle.StateFlag.State_Selected)  # type: ignore[attr-defined]
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        if selected:
            painter.fillRect(box, QColor(t.selection))
            painter.fillRect(QRect(box.left(), box.top(), 3, box.height()), QColor(t.accent))
        painter.fillRect(QRect(box.left(), box.bottom(), box.width(), 1), QColor(t.line))
        side = box.height() - 14
        frame = QRectF(box.left() + 10, box.top() + 7, side, side)
        self._thumbnail(painter, entry, frame, option.widget)  # type: ignore[attr-defined]
        left = int(frame.right()) + 10
        right = box.right() - 10
        font = option.font  # type: ignore[attr-defined]
        bold, small = sized(font, 1.0, True), sized(font, 0.92)
        step = (box.height() - 12) / 3
        lines = [QRectF(left, box.top() + 6 + i * step, right - left, step) for i in range(3)]
        letter = model.letter(entry)
        if letter:
            chip = QRectF(right - step - 2, lines[0].top() + 1, step + 2, step - 2)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(t.notice))
            painter.drawRoundedRect(chip, 3, 3)
            self._text(painter, chip, letter, sized(font, 0.88, True), t.on_notice, Qt.AlignmentFlag.AlignCenter)
            lines[0].setRight(chip.left() - 4)
        self._text(painter, lines[0], model.name(entry), bold, t.text, elide=Qt.TextElideMode.ElideMiddle)
        state, (first, second) = entry.state, model.lines(entry)
        mark = round(step * 0.8)
        ratio = option.widget.devicePixelRatioF()  # type: ignore[attr-defined]
        colour = t.failed if state is State.FAILED else t.accent if state is State.READING else t.muted
        painter.drawPixmap(
            QPointF(left, lines[1].center().y() - mark / 2), icon_pixmap(state.value, colour, mark, ratio)
        )
        lines[1].setLeft(left + mark + 5)
        self._text(painter, lines[1], first, small, t.muted)
        top = top_finding(entry.reading)
        strong = state is State.READ and top is not None and top.positive
        colour = t.failed if state is State.FAILED else t.text if strong else t.muted
        self._text(painter, lines[2], second, sized(font, 0.92, strong), colour)
        painter.restore()

    def _thumbnail(self, painter: QPainter, entry: Entry, frame: QRectF, widget: QWidget) -> None:
        t = theme()
        clip = QPainterPath()
        clip.addRoundedRect(frame, 3, 3)
        painter.save()
        painter.setClipPath(clip)
        painter.fillRect(frame, QColor("#05080a" if entry.thumbnail is not None else t.track))
        if entry.thumbnail is not None:
            picture = entry.thumbnail
            ratio = widget.devicePixelRatioF()
            fitted = picture.scaled(
                (frame.size() * ratio).toSize(),
                Qt.AspectRatioMode.KeepAspectRatio,
                Qt.TransformationMode.SmoothTransformation,
            )
            pixmap = QPixmap.fromImage(fitted)
            pixmap.setDevicePixelRatio(ratio)
            size = pixmap.deviceIndependentSize()
            painter.drawPixmap(frame.center() - QPointF(size.width() / 2, size.height() / 2), pixmap)
        painter.restore()

    def _text(
        self,
        painter: QPainter,
        box: QRectF,
        text: str,
        font: object,
        colour: str,
        align: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignLeft,
        elide: Qt.TextElideMode = Qt.TextElideMode.ElideRight,
    ) -> None:
        painter.setFont(font)  # type: ignore[arg-type]
        painter.setPen(QColor(colour))
        shown = QFontMetrics(font).elidedText(text, elide, int(box.width()))  # type: ignore[call-overload]
        painter.drawText(box, align | Qt.AlignmentFlag.AlignVCenter, shown)


class _List(QListView):
    remove_asked = Signal()

    def keyPressEvent(self, event: object) -> None:
        if event.key() == Qt.Key.Key_Delete:  # type: ignore[attr-defined]
            self.remove_asked.emit()
        else:
            super().keyPressEvent(event)  # type: ignore[arg-type]


class Worklist(QWidget):
    """The left side of the window.

    Signals: ``chosen(Entry or None)``, ``remove_asked(list)``, ``menu_asked(Entry, QPoint)``.
    """

    chosen = Signal(object)
    remove_asked = Signal(list)
    menu_asked = Signal(object, object)

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        named(self, "panel")
        self.model = WorklistModel(desk)
        self._order = _Order()
        self._order.setSourceModel(self.model)
        self._order.setDynamicSortFilter(False)
        self.view = _List()
        self.view.setObjectName("worklist")
        self.view.setAccessibleName(tr("Worklist"))
        self.view.setModel(self._order)
        self.view.setItemDelegate(_Row(self.view))
        self.view.setUniformItemSizes(True)
        self.view.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.view.setSelectionMode(QListView.SelectionMode.ExtendedSelection)
        self.view.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.view.selectionModel().currentChanged.connect(lambda now, _old: self.chosen.emit(now.data(ENTRY_ROLE)))
        self.view.customContextMenuRequested.connect(self._menu)
        self.view.remove_asked.connect(lambda: self.remove_asked.emit(self.selected()))
        self.title = words(factor=1.05, bold=True)
        self.sort = QToolButton()
        self.sort.setCheckable(True)
        self.sort.setAccessibleName(tr("Most suspicious first"))
        self.sort.setToolTip(tr("Most suspicious first: sort by the highest probability of an abnormal class"))
        self.sort.toggled.connect(self.sort_by_probability)
        self.patients = words(name="notice", wrap=True)
        self.patients.hide()
        head = QHBoxLayout()
        head.setContentsMargins(12, 8, 8, 4)
        head.addWidget(self.title, 1)
        head.addWidget(self.sort)
        notice = QVBoxLayout()
        notice.setContentsMargins(10, 2, 10, 6)
        notice.addWidget(self.patients)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(head)
        column.addLayout(notice)
        column.addWidget(self.view, 1)
        self.model.rowsInserted.connect(self._count)
        self.model.rowsRemoved.connect(self._count)
        self.model.dataChanged.connect(self._count)
        self._count()
        self.restyle()

    def choose(self, entry: Entry) -> None:
        """Make an entry the current one."""
        row = self.model.row_of(entry)
        if row >= 0:
            self._go(self._order.mapFromSource(self.model.index(row)))

    def step(self, by: int) -> None:
        """Go to the next (1) or previous (-1) study as sorted."""
        row = self.view.currentIndex().row() + by
        if 0 <= row < self._order.rowCount():
            self._go(self._order.index(row, 0))

    def current(self) -> Entry | None:
        """Return the current entry."""
        return self.view.currentIndex().data(ENTRY_ROLE)

    def selected(self) -> list[Entry]:
        """Return the marked entries."""
        return [i.data(ENTRY_ROLE) for i in self.view.selectionModel().selectedIndexes()]

    def in_order(self) -> list[Entry]:
        """Return the entries as they are shown."""
        return [self._order.index(row, 0).data(ENTRY_ROLE) for row in range(self._order.rowCount())]

    def sort_by_probability(self, on: bool) -> None:
        """Sort the most suspicious first, or in the order of opening. New readings do not move rows under the hand."""
        self.sort.setChecked(on)
        self._order.sort(0 if on else -1, Qt.SortOrder.DescendingOrder if on else Qt.SortOrder.AscendingOrder)

    def set_identity_visible(self, visible: bool) -> None:
        """Show names, or only numbers."""
        self.model.identity_visible = visible
        self.model.refresh()

    def restyle(self) -> None:
        """Take over the theme."""
        self.sort.setIcon(icon("sort"))
        self.model.refresh()

    def _go(self, index: QModelIndex) -> None:
        """Choose one row, whatever keys are held (``setCurrentIndex`` adds to the selection while Ctrl is down)."""
        self.view.selectionModel().setCurrentIndex(index, QItemSelectionModel.SelectionFlag.ClearAndSelect)
        self.view.scrollTo(index)

    def _count(self) -> None:
        count = self.model.rowCount()
        self.title.setText(tr("Worklist") if not count else tr("Worklist ({0})").format(count))
        patients = len(self.model.letters)
        self.patients.setVisible(patients > 1)
        self.patients.setText(tr("Studies of {0} patients are open.").format(patients))

    def _menu(self, at: QPoint) -> None:
        entry = self.view.indexAt(at).data(ENTRY_ROLE)
        if entry is not None:
            self.menu_asked.emit(entry, self.view.viewport().mapToGlobal(at))


def _finding_line(entry: Entry) -> str:
    reading = entry.reading
    if reading is None:
        return ""
    if reading.abstained:
        return abstained_because(reading)
    top = top_finding(reading)
    if top is None:
        return ""
    if reading.exclusive:
        label = tr("uncertain") if reading.predicted == "uncertain" else top.label
        return f"{label} {probability(top.probability)}"
    if top.positive:
        return f"{top.label} {probability(top.probability)}"
    return tr("none at its operating point")


def _letter(index: int) -> str:
    return LETTERS[index % 26] + (str(index // 26) if index >= 26 else "")
