"""Remembering: settings, recent files and the last session, kept while the window lives and brought back with it."""

import contextlib
import os
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QByteArray, QTimer

from viewer.study import Kind, Region
from viewer.ui import session, theme
from viewer.ui.entry import Entry
from viewer.ui.text import tr
from viewer.ui.views.base import finite

if TYPE_CHECKING:
    from viewer.formats import Item
    from viewer.ui.window import MainWindow

SAVE_AFTER_MS = 700


class Memory:
    """Writes what changed a moment later, in the lane of files, so that a killed program loses no more than that."""

    def __init__(self, window: "MainWindow", remember: bool) -> None:
        self._window = window
        self._remember = remember
        self._settings = session.load(session.settings_path()) if remember else session.Loaded({})
        self._before = session.load(session.session_path()) if remember else session.Loaded({})
        self._timer = QTimer(window)
        self._timer.setSingleShot(True)
        self._timer.setInterval(SAVE_AFTER_MS)
        self._timer.timeout.connect(self._save_later)
        self._restored = False
        self.recent: list[str] = [p for p in self._settings.values.get("recent", []) if isinstance(p, str)]

    def restore_settings(self) -> None:
        """Dress the window as it was left."""
        values, window = self._settings.values, self._window
        window.desk.scales.load(values.get("scales"))
        dark = values.get("dark")
        if isinstance(dark, bool):
            window.follow_system(False)
            window.set_dark(dark)
        else:
            window.follow_system(True)
        for name, put in (("geometry", window.restoreGeometry), ("columns", window.split.restoreState)):
            kept = values.get(name)
            if isinstance(kept, str):
                put(QByteArray.fromBase64(kept.encode("ascii", "ignore")))
        window.actions_["identity"].setChecked(values.get("identity_hidden") is True)
        trouble = " ".join(filter(None, (self._settings.trouble, self._before.trouble)))
        if trouble:
            window.foot.say(trouble)

    def restore_session(self) -> None:
        """Open again what was open when the program started."""
        kept = [v for v in _list(self._before.values.get("studies")) if isinstance(v, dict)]
        if kept:
            self._window.desk.task("", lambda _progress: _items(kept), self._take_items)

    def _take_items(self, found: list[tuple["Item", dict[str, Any]]]) -> None:
        entries = self._window.desk.add_items([item for item, _ in found])
        for entry, (_, values) in zip(entries, found, strict=True):
            _restore(entry, values)
        chosen = self._before.values.get("selected")
        if isinstance(chosen, int) and 0 <= chosen < len(entries):
            self._window.worklist.choose(entries[chosen])

    def remember_recent(self, paths: list[Path]) -> None:
        """Put opened files at the head of the recent ones."""
        self.recent = session.with_recent(self.recent, [os.path.abspath(p) for p in paths])
        self.changed()

    def fill_recent(self) -> None:
        """Write the menu of recent files."""
        menu = self._window.recent_menu
        menu.clear()
        for path in self.recent:
            name = path if self._window.identity_visible else tr("Hidden")
            menu.addAction(name.replace("&", "&&"), partial(self._window.open_paths, [Path(path)]))
        if not self.recent:
            menu.addAction(tr("Nothing was opened yet")).setEnabled(False)
            return
        menu.addSeparator()
        menu.addAction(tr("Forget these"), self._forget)

    def changed(self) -> None:
        """Something worth remembering changed."""
        if self._remember:
            self._timer.start()

    def close(self) -> None:
        """Write everything now."""
        if self._remember:
            self._timer.stop()
            self._window.stage.keep_states()
            _write(self._settings_now(), self._session_now())

    def _save_later(self) -> None:
        self._window.stage.keep_states()
        settings, now = self._settings_now(), self._session_now()
        self._window.desk.quiet_task(lambda: _write(settings, now))

    def _settings_now(self) -> dict[str, Any]:
        window = self._window
        return {
            "dark": None if window.actions_["theme_system"].isChecked() else theme.theme().dark,
            "recent": self.recent,
            "identity_hidden": not window.identity_visible,
            "scales": window.desk.scales.kept(),
            "geometry": bytes(window.saveGeometry().toBase64().data()).decode("ascii"),
            "columns": bytes(window.split.saveState().toBase64().data()).decode("ascii"),
        }

    def _session_now(self) -> dict[str, Any]:
        desk = self._window.desk
        kept = [e for e in desk.entries if e.item is not None and e.twin_of is None]
        selected = next((i for i, e in enumerate(kept) if e is desk.selected), None)
        return {"studies": [_described(e) for e in kept], "selected": selected}

    def _forget(self) -> None:
        self.recent = []
        self.changed()


def _described(entry: Entry) -> dict[str, Any]:
    assert entry.item is not None
    return {
        "path": os.path.abspath(entry.item.path),
        "member": entry.item.member,
        "frame": entry.item.frame,
        "kind": entry.kind,
        "model": entry.model_id,
        "label": entry.label,
        "views": entry.view_states,
        "full_scale_uv": entry.full_scale_uv,
        "region": None if entry.region is None else asdict(entry.region),
    }


def _items(kept: list[dict[str, Any]]) -> list[tuple["Item", dict[str, Any]]]:
    """Return what is to be opened again, of what can be understood (called in the lane of files)."""
    from viewer.formats import Item

    found = []
    for values in kept:
        path, member, frame = values.get("path"), values.get("member"), values.get("frame")
        if isinstance(path, str) and isinstance(frame, int):
            found.append((Item(Path(path), member if isinstance(member, str) else None, max(0, frame)), values))
    return found


def _restore(entry: Entry, values: dict[str, Any]) -> None:
    if values.get("kind") in list(Kind):
        entry.kind = Kind(values["kind"])
    for name in ("model", "label"):
        if isinstance(values.get(name), str):
            setattr(entry, {"model": "model_id"}.get(name, name), values[name])
    if isinstance(values.get("views"), dict):
        entry.view_states = {name: state for name, state in values["views"].items() if isinstance(state, dict)}
    scale = values.get("full_scale_uv")
    entry.full_scale_uv = float(scale) if isinstance(scale, int | float) and 0 < scale < 1e12 else None
    if isinstance(values.get("region"), dict):
        with contextlib.suppress(TypeError, ValueError):
            entry.region = Region(**{name: finite(value) for name, value in values["region"].items()})


def _list(value: object) -> list:
    return value if isinstance(value, list) else []


def _write(settings: dict[str, Any], now: dict[str, Any]) -> None:
    session.save(session.settings_path(), settings)
    session.save(session.session_path(), now)
