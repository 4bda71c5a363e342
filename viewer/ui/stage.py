"""The middle of the window: the study (two of them side by side), its heading, and its tools."""

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QSizePolicy,
    QSpinBox,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from viewer.study import Image, Kind, Study
from viewer.ui.entry import Entry, State, patient_key
from viewer.ui.parts import named, rule, words
from viewer.ui.text import kind_from_title, kind_title, number, tr
from viewer.ui.theme import theme
from viewer.ui.tool_row import ToolRow
from viewer.ui.views import StudyView, view_for
from viewer.ui.views.findings_walk import FindingsWalk

IMAGE_KINDS = (Kind.CHEST_XRAY, Kind.ECG_IMAGE, Kind.EMG_IMAGE)
TRACE_KINDS = (Kind.ECG_TRACE, Kind.EMG_TRACE)


class Heading(QWidget):
    """What is shown: name, kind and who said so (with the choice to overrule it), frame of a file with several."""

    kind_chosen = Signal(object)
    frame_chosen = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        named(self, "panel")
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._name = words(factor=1.15, bold=True)
        self._name.setMinimumWidth(60)
        self._marks = words(name="badge")
        self._from = words(name="muted")
        self.kind = QComboBox()
        self.kind.setAccessibleName(tr("Read as"))
        self.kind.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.kind.setToolTip(tr("What kind of study this is; choose another to have it read as that"))
        self.kind.activated.connect(lambda i: self.kind_chosen.emit(self.kind.itemData(i)))
        self.frame = QSpinBox()
        self.frame.setAccessibleName(tr("Frame"))
        self.frame.setKeyboardTracking(False)
        self.frame.valueChanged.connect(lambda value: self.frame_chosen.emit(value - 1))
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 6, 12, 4)
        row.setSpacing(8)
        row.addWidget(self._name, 1)
        row.addWidget(self._marks)
        row.addWidget(self.frame)
        row.addWidget(self._from)
        row.addWidget(self.kind)
        self.setMinimumHeight(self.kind.sizeHint().height() + 10)

    def show_entry(self, entry: Entry | None, name: str, beside: Entry | None = None) -> None:
        """Write what is known of an entry, and warn where another patient's study is beside it."""
        self._name.setText(name)
        marks = _marks(entry, beside)
        self._marks.setText(marks)
        self._marks.setVisible(bool(marks))
        study = entry.study if entry is not None else None
        for widget in (self.kind, self._from):
            widget.setVisible(study is not None)
        self.frame.setVisible(entry is not None and entry.frames > 1)
        if entry is not None and entry.frames > 1 and entry.item is not None:
            self.frame.blockSignals(True)
            self.frame.setRange(1, entry.frames)
            self.frame.setSuffix(tr(" of {0}").format(entry.frames))
            self.frame.setValue(entry.item.frame + 1)
            self.frame.blockSignals(False)
        if entry is None or study is None:
            return
        source = entry.reading.kind_from if entry.reading is not None else study.kind_from
        known = entry.shown_kind is not Kind.UNKNOWN
        self._from.setText(kind_from_title(source) if known else "")
        self.kind.clear()
        own = kind_title(entry.shown_kind) if entry.kind is None else tr("as it finds itself")
        self.kind.addItem(own if entry.kind is not None or not known else tr("{0} (automatic)").format(own), None)
        for kind in IMAGE_KINDS if isinstance(study.content, Image) else TRACE_KINDS:
            self.kind.addItem(tr("Read as {0}").format(kind_title(kind)), kind)
        self.kind.setCurrentIndex(max(0, self.kind.findData(entry.kind)) if entry.kind is not None else 0)


class Stage(QWidget):
    """Shows entries in study views and keeps the views in step with them.

    Signals: ``region_marked(Entry, Region)``, ``region_left(Entry)`` (Escape in a view), ``view_changed()`` (other
    actions are offered now), ``event_selected(Event or None)`` in the main study,
    ``scale_given(Entry, float, bool)``: full scale in µV, and whether for its folder's files.
    """

    region_marked = Signal(object, object)
    region_left = Signal(object)
    view_changed = Signal()
    event_selected = Signal(object)
    scale_given = Signal(object, float, bool)

    def __init__(self) -> None:
        super().__init__()
        named(self, "stage")
        self.heading = Heading()
        self.tools = ToolRow()
        self._empty = words(name="muted", factor=1.2, wrap=True)
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._split = QSplitter(Qt.Orientation.Horizontal)
        self._split.setChildrenCollapsible(False)
        self._split.setHandleWidth(3)
        self._views: dict[str, StudyView] = {}
        self._entries: dict[str, Entry] = {}
        self._settings = {"identity": True, "overlays": True, "linked": False}
        self._following = False
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.heading)
        column.addWidget(self.tools)
        column.addWidget(rule())
        column.addWidget(self._empty, 1)
        column.addWidget(self._split, 1)
        self.tools.offer({})
        self.show_entry("main", None)

    @property
    def view(self) -> StudyView | None:
        """The main study's view."""
        return self._views.get("main")

    @property
    def focused(self) -> StudyView | None:
        """The view that has the focus, else the main one."""
        return next((v for v in self._views.values() if v.hasFocus()), self.view)

    def views(self) -> list[StudyView]:
        """Return the views on screen."""
        return list(self._views.values())

    def show_entry(self, place: str, entry: Entry | None) -> None:
        """Show an entry in ``main`` or ``beside``, or bring its view up to date."""
        view, shown = self._views.get(place), self._entries.get(place)
        study = entry.study if entry is not None else None
        if view is not None and (shown is not entry or study is None or not _suits(view, study)):
            self._drop(place)
            view = None
        if study is not None and entry is not None:
            if view is None:
                view = self._make(place, entry)
            elif view.study is not study:
                state = view.view_state()  # the same study anew (another kind, a scale): as it is shown now
                view.set_study(study)
                view.restore_view_state(state)
            self._bring_up_to_date(view, entry)
        self._entries.pop(place, None)
        if entry is not None:
            self._entries[place] = entry
        self._split.setVisible(bool(self._views))
        self._empty.setVisible(not self._views)
        self._empty.setText(_empty_words(self._entries.get("main"), bool(self._settings["identity"])))

    def set_identity_visible(self, visible: bool) -> None:
        """Show or hide who and when."""
        self._settings["identity"] = visible
        for view in self.views():
            view.set_identity_visible(visible)

    def set_overlays_visible(self, visible: bool) -> None:
        """Show or hide maps, boxes and spans."""
        self._settings["overlays"] = visible
        for view in self.views():
            view.set_overlays_visible(visible)

    def set_linked(self, linked: bool) -> None:
        """Zoom, pan and window two views of the same sort together."""
        self._settings["linked"] = linked
        if linked and self.view is not None:
            self._follow(self.view)

    def restyle(self) -> None:
        """Take over the theme."""
        for view in self.views():
            view.set_dark(theme().dark)

    def keep_states(self) -> None:
        """Write how the views show their studies into the entries."""
        for place in self._views:
            self._keep_state(place)

    def close_views(self) -> None:
        """Drop every view."""
        for place in list(self._views):
            self._drop(place)

    def go_to_train(self, train: int) -> None:
        """Show a train's first event in the main study."""
        if isinstance(self.view, FindingsWalk):
            self.view.go_to_train(train)

    def go_to_event(self, onward: bool) -> None:
        """Show the next event of the main study, or the one before."""
        if isinstance(self.view, FindingsWalk):
            self.view.go_to_finding(onward)

    def _make(self, place: str, entry: Entry) -> StudyView:
        assert entry.study is not None
        view = view_for(entry.study)
        view.set_dark(theme().dark)
        view.set_identity_visible(self._settings["identity"])
        view.set_overlays_visible(self._settings["overlays"])
        view.restore_view_state(entry.view_states.get(_shown_as(entry.study), {}))
        view.region_marked.connect(lambda region: self.region_marked.emit(entry, region))
        view.state_changed.connect(lambda: self._follow(view))
        if isinstance(view, FindingsWalk):
            view.scale_given.connect(lambda scale, folder: self.scale_given.emit(entry, scale, folder))
        if isinstance(view, FindingsWalk) and place == "main":
            view.event_selected.connect(self.event_selected)
        for action in view.actions():
            if QKeySequence("Esc") in action.shortcuts():
                action.triggered.connect(lambda: self.region_left.emit(entry))
        self._views[place] = view
        if place == "main":
            self._split.insertWidget(0, view)
        else:
            self._split.addWidget(view)
        for i in range(self._split.count()):
            self._split.setStretchFactor(i, 1)
        QTimer.singleShot(0, self, self._even)
        self.view_changed.emit()
        return view

    def _keep_state(self, place: str) -> None:
        view, entry = self._views[place], self._entries.get(place)
        if entry is not None and view.study is not None:
            entry.view_states[_shown_as(view.study)] = view.view_state()

    def _drop(self, place: str) -> None:
        self._keep_state(place)
        view = self._views.pop(place)
        view.hide()
        view.setParent(None)
        view.deleteLater()
        self.view_changed.emit()

    def _bring_up_to_date(self, view: StudyView, entry: Entry) -> None:
        if view.reading is not entry.shown_reading:
            view.set_reading(entry.shown_reading)
        if view.label != (entry.label or None):
            view.set_label(entry.label or None)
        if view.region != entry.region:
            view.set_region(entry.region)

    def _follow(self, leader: StudyView) -> None:
        if self._following or not self._settings["linked"]:
            return
        self._following = True
        for view in self.views():
            if view is not leader and type(view) is type(leader):
                view.restore_view_state(leader.view_state())
        self._following = False

    def _even(self) -> None:
        count = self._split.count()
        if count > 1:
            self._split.setSizes([self._split.width() // count] * count)


def _shown_as(study: Study) -> str:
    """Return what a study is shown as: all pictures alike, recordings as each kind has them."""
    return "picture" if isinstance(study.content, Image) else study.kind.value


def _suits(view: StudyView, study: Study) -> bool:
    """Whether a view of its sort would be made for this study again."""
    return view.study is not None and _shown_as(view.study) == _shown_as(study)


def _marks(entry: Entry | None, beside: Entry | None) -> str:
    marks = []
    if entry is not None and entry.patient.is_child:
        marks.append(tr("Child, {0} years").format(number(entry.patient.age_years or 0.0, 0)))
    if entry is not None and beside is not None:
        keys = {patient_key(entry.patient), patient_key(beside.patient)} - {None}
        marks += [tr("Two patients side by side")] if len(keys) > 1 else []
    return " · ".join(marks)


def _empty_words(entry: Entry | None, identity: bool) -> str:
    if entry is None:
        return tr("Drop studies here, or open them with Ctrl+O")
    return entry.error_for(identity) if entry.state is State.FAILED else tr("Being opened")
