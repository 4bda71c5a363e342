"""The main window: worklist, study, findings, and what is running; it keeps them in step."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QEvent, QPoint, QSize, Qt, QTimer
from PySide6.QtGui import QAction, QCloseEvent, QDragEnterEvent, QDropEvent, QGuiApplication
from PySide6.QtWidgets import QApplication, QMainWindow, QMenu, QSplitter, QToolBar

from viewer.study import Kind, Region
from viewer.ui import actions as action_table
from viewer.ui import theme
from viewer.ui.desk import Desk
from viewer.ui.entry import Entry
from viewer.ui.findings import FindingsPanel
from viewer.ui.handing_on import HandingOn
from viewer.ui.memory import Memory
from viewer.ui.stage import Stage
from viewer.ui.status import Foot
from viewer.ui.text import research_use, stage_title, tr
from viewer.ui.worklist import Worklist

PRODUCT = "Leadlight"


class MainWindow(QMainWindow):
    """The window.

    Parameters
    ----------
    desk : Desk
        What is open; started by ``start``.
    remember : bool
        Whether settings and session are kept (not for demonstrations).
    """

    def __init__(self, desk: Desk, remember: bool = True) -> None:
        super().__init__()
        self.desk = desk
        self.memory = Memory(self, remember)
        self.worklist = Worklist(desk)
        self.stage = Stage()
        self.panel = FindingsPanel()
        self.foot = Foot()
        self.handing_on = HandingOn(self)
        self.identity_visible = True
        self._follow_system = True
        self._closing = False
        self._later_draw = self._later(self._draw)  # work in small turns, so that the window never stands still
        self._later_tools = self._later(self._offer_tools)
        self.setWindowTitle(PRODUCT)
        self.setWindowIcon(theme.icon("leadlight"))
        self.setAcceptDrops(True)
        self.split = QSplitter(Qt.Orientation.Horizontal)
        self.split.setChildrenCollapsible(False)
        for widget, stretch in ((self.worklist, 0), (self.stage, 1), (self.panel, 0)):
            self.split.addWidget(widget)
            self.split.setStretchFactor(self.split.count() - 1, stretch)
        self.split.setHandleWidth(1)
        self.worklist.setMinimumWidth(200)
        self.setCentralWidget(self.split)
        self.setStatusBar(self.foot)
        self.actions_ = action_table.build(self, self._handlers())
        self._make_menus()
        self._connect()
        self.resize(1280, 800)
        self.split.setSizes([260, 720, 300])
        self.memory.restore_settings()
        self._draw()
        self.worklist.view.setFocus()

    # what the outside asks for

    def start(self) -> None:
        """Start the work threads; the window is usable already."""
        self.desk.start()

    def open_paths(self, paths: list[Path]) -> None:
        """Open files and folders."""
        self.memory.remember_recent(paths)
        self.desk.add(paths)

    def set_dark(self, dark: bool) -> None:
        """Dress the window."""
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        theme.apply_theme(app, dark)
        action_table.restyle(self.actions_)
        for part in (self.worklist, self.stage, self.foot):
            part.restyle()
        self.actions_["dark"].blockSignals(True)
        self.actions_["dark"].setChecked(dark)
        self.actions_["dark"].blockSignals(False)
        self._draw()

    def follow_system(self, on: bool) -> None:
        """Be dark or light as the desktop is."""
        self._follow_system = on
        self.actions_["theme_system"].blockSignals(True)
        self.actions_["theme_system"].setChecked(on)
        self.actions_["theme_system"].blockSignals(False)
        if on:
            self.set_dark(theme.system_is_dark())
        self.memory.changed()

    @property
    def current(self) -> Entry | None:
        """The study looked at."""
        return self.desk.selected

    # construction

    def _connect(self) -> None:
        desk, worklist, stage, panel = self.desk, self.worklist, self.stage, self.panel
        desk.added.connect(self._added)
        desk.removed.connect(lambda _gone: self._draw())
        desk.changed.connect(self._changed)
        desk.running.connect(self._running)
        desk.idle.connect(self.foot.show_idle)
        desk.said.connect(self.foot.say)
        desk.engine_ready.connect(self._engine_ready)
        worklist.chosen.connect(self._choose)
        worklist.remove_asked.connect(desk.remove)
        worklist.menu_asked.connect(self._entry_menu)
        stage.region_marked.connect(self._mark)
        stage.region_left.connect(lambda entry: desk.mark(entry, None))
        stage.view_changed.connect(self._later_tools.start)
        stage.heading.kind_chosen.connect(self._overrule)
        stage.heading.frame_chosen.connect(self._turn_to)
        panel.label_chosen.connect(self._choose_label)
        panel.model_chosen.connect(self._choose_model)
        panel.card_asked.connect(self.handing_on.show_card)
        panel.whole_asked.connect(self._whole)
        panel.retry_asked.connect(self._reread)
        panel.further_chosen.connect(self._choose_further)
        panel.beside_asked.connect(self._show_model_beside)
        panel.train_chosen.connect(stage.go_to_train)
        panel.event_asked.connect(stage.go_to_event)
        stage.event_selected.connect(panel.show_event)
        stage.scale_given.connect(desk.give_scale)
        self.foot.cancel_asked.connect(desk.cancel)
        for place in (worklist, panel):
            place.addAction(self.actions_["whole"])
        QGuiApplication.styleHints().colorSchemeChanged.connect(self._system_changed)

    def _later(self, what: Callable[[], None]) -> QTimer:
        """Return a timer that does something in the event loop's next turn, once however often it was started."""
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.setInterval(0)
        timer.timeout.connect(what)
        return timer

    def _handlers(self) -> dict:
        desk, out = self.desk, self.handing_on
        classes = {f"class_{n}": lambda n=n: self.panel.press(n) for n in range(1, 10)}
        return classes | {
            "open_files": out.ask_files,
            "open_folder": out.ask_folder,
            "paste": out.paste,
            "reopen_session": self.memory.restore_session,
            "save_pdf": out.save_pdf,
            "save_picture": out.save_picture,
            "save_json": out.save_json,
            "print_reading": out.print_reading,
            "close_study": self._close_study,
            "close_all": lambda: desk.remove(list(desk.entries)),
            "quit": self.close,
            "next_study": lambda: self.worklist.step(1),
            "previous_study": lambda: self.worklist.step(-1),
            "next_frame": lambda: self._turn(1),
            "previous_frame": lambda: self._turn(-1),
            "sort": self.worklist.sort_by_probability,
            "to_worklist": lambda: self.worklist.view.setFocus(Qt.FocusReason.ShortcutFocusReason),
            "to_study": lambda: self.stage.view and self.stage.view.setFocus(Qt.FocusReason.ShortcutFocusReason),
            "beside": self._show_beside,
            "linked": self.stage.set_linked,
            "overlays": self.stage.set_overlays_visible,
            "identity": self._hide_identity,
            "theme_system": self.follow_system,
            "dark": self._choose_dark,
            "full_screen": lambda on: self.showFullScreen() if on else self.showNormal(),
            "reread": self._reread,
            "whole": self._whole,
            "cancel": desk.cancel,
            "cancel_all": desk.cancel_all,
            "copy_reading": out.copy_reading,
            "copy_picture": out.copy_picture,
            "model_card": out.show_card,
            "shortcuts": out.show_shortcuts,
            "about": out.show_about,
        }

    def _make_menus(self) -> None:
        self.removeAction(self.actions_["whole"])  # Escape belongs to the view with the focus
        self.actions_["whole"].setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        self.actions_["overlays"].setChecked(True)
        self.menus: dict[str, QMenu] = {}
        bar = QToolBar(tr("Tools"), movable=False, floatable=False)
        bar.setIconSize(QSize(20, 20))
        bar.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        menu_before = None
        for spec in action_table.table():
            action = self.actions_[spec.name]
            if spec.name.startswith("class_"):
                continue
            if spec.menu not in self.menus:
                self.menus[spec.menu] = self.menuBar().addMenu(spec.menu)
            self.menus[spec.menu].addAction(action)
            if spec.bar:
                if menu_before not in (None, spec.menu):
                    bar.addSeparator()
                bar.addAction(action)
                menu_before = spec.menu
        self.recent_menu = QMenu(tr("Recent"), self)
        self.recent_menu.setIcon(theme.icon("recent"))
        self.recent_menu.aboutToShow.connect(self.memory.fill_recent)
        file_menu = self.menus[tr("File")]
        file_menu.insertMenu(self.actions_["paste"], self.recent_menu)
        self.tool_menu = QMenu(tr("Tools of the study"), self)
        self.menus[tr("View")].addMenu(self.tool_menu)
        self.addToolBar(bar)
        self.bar = bar

    # answers

    def _added(self, entries: list[Entry]) -> None:
        if self.current is None and entries:
            self.worklist.choose(entries[0])
        self.memory.changed()

    def _changed(self, entry: Entry) -> None:
        if entry is self.desk.selected or entry is self.desk.beside:
            self._later_draw.start()
        self.memory.changed()

    def _choose(self, entry: Entry | None) -> None:
        self.desk.select(entry)
        self._draw()
        self.memory.changed()

    def _draw(self) -> None:
        """Bring stage and findings up to date with what is selected."""
        entry, beside = self.desk.selected, self.desk.beside
        name = self.worklist.model.name(entry) if entry is not None else ""
        self.stage.heading.show_entry(entry, name, beside)
        self.stage.show_entry("main", entry)
        self.stage.show_entry("beside", beside)
        self.panel.show_entry(entry, self.desk.cards, beside)
        self.setWindowTitle(f"{name} – {PRODUCT}" if name else f"{PRODUCT} – {research_use()}")
        read = entry is not None and entry.study is not None and entry.shown_reading is not None
        for action in ("save_pdf", "save_json", "print_reading", "copy_reading", "model_card"):
            self.actions_[action].setEnabled(read)
        shown = self.stage.view is not None
        for action in ("save_picture", "copy_picture", "reread", "close_study", "beside", "to_study"):
            self.actions_[action].setEnabled(shown or (action in ("close_study", "reread") and entry is not None))
        self.actions_["beside"].blockSignals(True)
        self.actions_["beside"].setChecked(beside is not None)
        self.actions_["beside"].blockSignals(False)

    def _running(self, title: str, stage: str, fraction: float) -> None:
        title = title if self.identity_visible else tr("Working")
        waiting = sum(e.state.value == "waiting" for e in self.desk.entries)
        self.foot.show_running(title, stage_title(stage), fraction, waiting)

    def _engine_ready(self, device: str, reason: str, _cards: list) -> None:
        self.foot.show_device(device, reason)
        self._draw()

    def _system_changed(self, _scheme: object) -> None:
        if self._follow_system:
            self.set_dark(theme.system_is_dark())

    def _offer_tools(self) -> None:
        view = self.stage.view
        groups = view.action_groups() if view is not None else {}
        self.stage.tools.offer(groups)
        self.tool_menu.clear()
        for title, actions in groups.items():
            menu = self.tool_menu.addMenu(title)
            menu.addActions(actions)
        self.tool_menu.setEnabled(bool(groups))

    def action_groups(self) -> dict[str, list[QAction]]:
        """Return every action by menu, the shown study's last: what F1 shows."""
        groups: dict[str, list[QAction]] = {}
        for spec in action_table.table():
            groups.setdefault(spec.menu, []).append(self.actions_[spec.name])
        view = self.stage.view
        own = view.action_groups() if view is not None else {}
        return groups | {tr("Study: {0}").format(title): actions for title, actions in own.items()}

    # what the person does

    def _choose_label(self, label: str | None) -> None:
        if self.current is not None:
            self.current.label = label or ""
            self.stage.show_entry("main", self.current)
            self.memory.changed()

    def _mark(self, entry: Entry, region: Region) -> None:
        self.desk.mark(entry, region)

    def _overrule(self, kind: Kind | str | None) -> None:
        if self.current is not None:
            self.desk.overrule(self.current, None if kind is None else Kind(kind))  # a signal carries it as its string

    def _whole(self) -> None:
        if self.current is not None:
            self.desk.mark(self.current, None)

    def _reread(self) -> None:
        if self.current is not None:
            self.desk.reread(self.current)

    def _turn(self, by: int) -> None:
        if self.current is not None and self.current.item is not None:
            self._turn_to(self.current.item.frame + by)

    def _turn_to(self, frame: int) -> None:
        if self.current is not None and 0 <= frame < self.current.frames:
            self.desk.turn(self.current, frame)

    def _choose_model(self, model_id: str) -> None:
        if self.current is not None:
            self.desk.choose_model(self.current, model_id)

    def _choose_further(self, further: int | None) -> None:
        if self.current is not None:
            self.current.further = further
            self._draw()

    def _show_model_beside(self, model_id: str) -> None:
        if self.current is not None and self.current.study is not None:
            self.stage.keep_states()
            self._put_beside(self.desk.add_twin(self.current, model_id))

    def _close_study(self) -> None:
        if self.current is not None:
            self.desk.remove([self.current])

    def _put_beside(self, entry: Entry | None) -> None:
        self.desk.show_beside(entry)
        self._draw()

    def _show_beside(self, on: bool) -> None:
        self._put_beside(self.current if on else None)
        if on:
            self.worklist.step(1)

    def _hide_identity(self, hidden: bool) -> None:
        self.identity_visible = not hidden
        self.stage.set_identity_visible(not hidden)
        self.panel.identity_visible = not hidden
        self.worklist.set_identity_visible(not hidden)
        self._draw()
        self.memory.changed()

    def _choose_dark(self, dark: bool) -> None:
        self.follow_system(False)
        self.set_dark(dark)

    def _entry_menu(self, entry: Entry, at: QPoint) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction(tr("Show beside"), lambda: self._put_beside(entry))
        menu.addAction(tr("Read again"), lambda: self.desk.reread(entry))
        menu.addAction(tr("Close"), lambda: self.desk.remove([entry]))
        menu.popup(at)

    # Qt

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take files and pictures."""
        if event.mimeData().hasUrls() or event.mimeData().hasImage():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Open what is dropped."""
        self.handing_on.take(event.mimeData())
        event.acceptProposedAction()

    def changeEvent(self, event: QEvent) -> None:
        """Remember a window that was maximised."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.WindowStateChange:
            self.memory.changed()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Close in order: remember, stop the threads, drop the views."""
        if not self._closing:
            self._closing = True
            self.memory.close()
            self.hide()
            self._later_draw.stop()
            self._later_tools.stop()
            QGuiApplication.styleHints().colorSchemeChanged.disconnect(self._system_changed)
            self.desk.close()
            self.stage.close_views()
            self._later_tools.stop()
        event.accept()
