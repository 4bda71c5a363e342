"""What every test may rely on: a home of its own, no screen, no Qt warning, and nothing left running behind it."""

import gc
import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("OMP_NUM_THREADS", "2")

HOME_VARIABLES = {
    "HOME": "",
    "XDG_CONFIG_HOME": "config",
    "XDG_DATA_HOME": "data",
    "XDG_STATE_HOME": "state",
    "XDG_CACHE_HOME": "cache",
    "APPDATA": "roaming",
    "LOCALAPPDATA": "local",
    "USERPROFILE": "",
}
HARMLESS_MESSAGES = (
    "This plugin does not support propagateSizeHints()",
    "This plugin does not support raise()",
    "This plugin does not support grabbing the keyboard",
    "This plugin does not support setting window masks",
)


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give each test its own home folder: settings, sessions and installed models of the person are out of reach."""
    folder = tmp_path_factory.mktemp("home")
    for name, part in HOME_VARIABLES.items():
        monkeypatch.setenv(name, str(folder / part))
    return folder


@pytest.fixture(autouse=True)
def nothing_left_running(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a test that leaves a thread, a process, a timer or a window behind, or made Qt complain."""
    threads, processes = set(threading.enumerate()), _children()
    messages: list[str] = []
    qt = _watches_qt(request)
    previous = _listen_to_qt(messages) if qt else None
    yield
    left = [t.name for t in set(threading.enumerate()) - threads if t.is_alive() and not t.daemon]
    assert not left, f"threads were left running: {left}"
    helpers = [p for p in _children() - processes if _is_running(p)]
    assert not helpers, f"processes were left running: {[' '.join(p.cmdline()) for p in helpers]}"
    if qt:
        from PySide6.QtCore import qInstallMessageHandler

        _fail_on_leaked_widgets()
        qInstallMessageHandler(previous)
        assert not messages, f"Qt complained: {messages}"


def _watches_qt(request: pytest.FixtureRequest) -> bool:
    parts = request.path.parts
    return "ui" in parts or "gui" in parts or "qapp" in request.fixturenames


def _listen_to_qt(messages: list[str]) -> object:
    from PySide6.QtCore import QtMsgType, qInstallMessageHandler

    def take(kind: QtMsgType, _where: object, text: str) -> None:
        loud = kind in (QtMsgType.QtWarningMsg, QtMsgType.QtCriticalMsg, QtMsgType.QtFatalMsg)
        if loud and not text.startswith(HARMLESS_MESSAGES):
            messages.append(text)

    return qInstallMessageHandler(take)


def _fail_on_leaked_widgets() -> None:
    from PySide6.QtCore import QCoreApplication, QEvent, QThread, QTimer
    from PySide6.QtWidgets import QApplication

    app = QApplication.instance()
    if app is None:
        return
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    app.processEvents()
    widgets = [w for w in QApplication.topLevelWidgets() if w.isVisible()]
    names = [f"{type(w).__name__} {w.windowTitle()}" for w in widgets]
    for widget in widgets:
        widget.close()
    assert not names, f"windows were left open: {names}"
    import shiboken6

    objects = [o for o in gc.get_objects() if issubclass(type(o), QTimer | QThread) and shiboken6.isValid(o)]
    timers = [o for o in objects if isinstance(o, QTimer) and o.isActive()]
    assert not timers, f"timers were left running: {[t.parent() for t in timers]}"
    running = [o.objectName() for o in objects if isinstance(o, QThread) and o.isRunning() and o is not app.thread()]
    assert not running, f"Qt threads were left running: {running}"


def _children() -> set[psutil.Process]:
    return set(psutil.Process().children(recursive=True))


def _is_running(process: psutil.Process) -> bool:
    try:
        tracker = any("resource_tracker" in word for word in process.cmdline())  # one a Python, for its whole life
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE and not tracker
    except psutil.Error:
        return False


if sys.platform != "win32":
    os.environ.setdefault("XDG_RUNTIME_DIR", "/tmp")
