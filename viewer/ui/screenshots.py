"""The samples drawn off screen to PNG files, each dark and light, and once at twice the pixel ratio."""

import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from viewer.ui.entry import Entry, State, top_finding
from viewer.ui.text import tr

SIZE = (1280, 800)
READ_WITHIN_S = 180.0
SETTLE_S = 0.4  # views finish large pictures in the background


def prepare_platform() -> None:
    """Have Qt draw off screen, on two screens: one plain, one with twice the pixel ratio. Before Qt is started."""
    core = sys.modules.get("PySide6.QtCore")
    if core is not None and core.QCoreApplication.instance() is not None:
        return
    plain = {"name": "plain", "x": 0, "y": 0, "width": 1920, "height": 1200}
    fine = {"name": "fine", "x": 1920, "y": 0, "width": 3840, "height": 2400}
    same = {"logicalDpi": 96, "logicalBaseDpi": 96, "dpr": 1}
    screens = [plain | same, fine | same]
    path = Path(tempfile.mkdtemp(prefix="leadlight-")) / "screens.json"
    path.write_text(json.dumps({"synchronousWindowSystemEvents": True, "screens": screens}), "utf-8")
    os.environ["QT_QPA_PLATFORM"] = f"offscreen:configfile={path}"
    os.environ["QT_SCREEN_SCALE_FACTORS"] = "plain=1;fine=2"


def draw_all(app: object, paths: list[Path], folder: Path) -> int:
    """Draw every sample; print each file's path. Returns 0, or 1 where a sample did not open or nothing was written."""
    from PySide6.QtCore import qInstallMessageHandler
    from PySide6.QtWidgets import QApplication

    from viewer.ui.app import dispose
    from viewer.ui.desk import Desk
    from viewer.ui.window import MainWindow

    assert isinstance(app, QApplication)
    folder.mkdir(parents=True, exist_ok=True)
    previous = qInstallMessageHandler(_quietly)
    window = MainWindow(Desk(), remember=False)
    window.resize(*SIZE)
    window.show()
    window.start()
    window.open_paths(paths)

    def settle(done: Callable[[], bool], within: float) -> bool:
        end = time.monotonic() + within
        while not done() and time.monotonic() < end:
            app.processEvents()
            time.sleep(0.005)
        app.processEvents()
        return done()

    failed = 0
    try:
        settle(
            lambda: len(window.desk.entries) == len(paths) and all(map(_finished, window.desk.entries)), READ_WITHIN_S
        )
        for dark in (False, True):
            window.set_dark(dark)
            for entry in window.desk.entries:
                _show(window, entry)
                settle(lambda entry=entry: entry.study is not None, 20.0)  # type: ignore[misc]
                settle(lambda: False, SETTLE_S)
                if entry.error:
                    failed += not dark
                    print(f"{entry.title}: {entry.error}", file=sys.stderr)
                failed += not _grab(window, folder / f"{_stem(entry)}-{'dark' if dark else 'light'}.png")
        fine = next((s for s in app.screens() if s.devicePixelRatio() > 1), None)
        if fine is not None and window.desk.entries:
            window.setGeometry(fine.geometry().x() + 20, 20, *SIZE)
            _show(window, window.desk.entries[0])
            settle(lambda: False, SETTLE_S)
            failed += not _grab(window, folder / f"{_stem(window.desk.entries[0])}-dark@2x.png")
    finally:
        dispose(window)
        qInstallMessageHandler(previous)
    if not paths:
        print(tr("No samples are installed."), file=sys.stderr)
    return 1 if failed or not paths else 0


def _quietly(_kind: object, _where: object, text: str) -> None:
    """Leave out what the platform without a screen says about window managers it does not have."""
    if not text.startswith("This plugin does not support"):
        print(text, file=sys.stderr)


def _finished(entry: Entry) -> bool:
    return entry.state in (State.READ, State.ABSTAINED, State.FAILED)


def _show(window: object, entry: Entry) -> None:
    top = top_finding(entry.reading)
    entry.label = top.label if top is not None else None
    window.worklist.choose(entry)  # type: ignore[attr-defined]
    window._draw()  # type: ignore[attr-defined]


def _grab(window: object, path: Path) -> bool:
    from PySide6.QtWidgets import QMainWindow

    assert isinstance(window, QMainWindow)
    written = window.grab().save(str(path), "PNG")
    print(path.resolve(), flush=True)
    return written


def _stem(entry: Entry) -> str:
    return entry.item.path.stem if entry.item is not None else f"study-{entry.number}"
