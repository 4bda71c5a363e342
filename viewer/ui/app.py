"""The one way into the window."""

import logging
import signal
import sys
from collections.abc import Iterable
from pathlib import Path

from viewer.resources import sample_files
from viewer.ui.imports import leave_sources_unread
from viewer.ui.system import trouble

SWITCH_INTERVAL_S = 0.001  # how long a work thread may keep the interpreter from the window's thread


def run(paths: Iterable[Path | str] = (), demo: bool = False, screenshots: Path | str | None = None) -> int:
    """Open the window and stay until it is closed.

    Parameters
    ----------
    paths : iterable of Path
        Files and folders to open; without any the last session comes back.
    demo : bool
        Open the bundled samples where no paths are given, and remember nothing.
    screenshots : Path, optional
        Draw the studies off screen to PNG files in this folder, print their paths, and return.

    Returns
    -------
    int
        Exit status: 0, or 1 where the machine cannot show a window (said on standard error).
    """
    if screenshots is not None:
        from viewer.ui.screenshots import prepare_platform

        prepare_platform()
    problem = trouble(on_screen=screenshots is None)
    if problem:
        print(problem, file=sys.stderr)
        return 1
    if sys.platform == "win32":
        import torch  # noqa: F401 - its DLLs must load before Qt's (WinError 1114)
    app = _application()
    if app is None:
        return 1
    wanted = [Path(p) for p in paths] or (sample_files() if demo or screenshots is not None else [])
    interval = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    try:
        if screenshots is not None:
            from viewer.ui.screenshots import draw_all

            return draw_all(app, wanted, Path(screenshots))
        return _show(app, wanted, remember=not demo)
    finally:
        sys.setswitchinterval(interval)


def _show(app: object, paths: list[Path], remember: bool) -> int:
    from PySide6.QtCore import QTimer
    from PySide6.QtWidgets import QApplication

    from viewer.ui.desk import Desk
    from viewer.ui.window import MainWindow

    assert isinstance(app, QApplication)
    window = MainWindow(Desk(), remember)
    window.show()
    app.processEvents()  # painted, before the work threads compete for the interpreter

    def begin() -> None:
        window.start()
        if paths:
            window.open_paths(paths)
        elif remember:
            window.memory.restore_session()

    QTimer.singleShot(0, window, begin)
    interrupt = signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl+C in the terminal; the session is saved all along
    try:
        return app.exec() if window.isVisible() else 0  # it may have been closed already
    finally:
        signal.signal(signal.SIGINT, interrupt)
        dispose(window)


def dispose(window: object) -> None:
    """Close a window and delete it now, not when an event loop next has time."""
    from PySide6.QtCore import QCoreApplication, QEvent
    from PySide6.QtWidgets import QWidget

    assert isinstance(window, QWidget)
    window.close()
    window.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def _application() -> object | None:
    try:
        from PySide6.QtCore import QCoreApplication

        leave_sources_unread()
        from PySide6.QtGui import QFontDatabase
        from PySide6.QtWidgets import QApplication
    except ImportError as error:
        print(
            f"Qt could not be loaded ({error}); install Leadlight again, or the system library it names.",
            file=sys.stderr,
        )
        return None
    app = QApplication.instance()
    if app is None:
        QCoreApplication.setApplicationName("leadlight")
        app = QApplication([sys.argv[0]])
    if not isinstance(app, QApplication):
        return None
    app.setApplicationDisplayName("Leadlight")
    app.setDesktopFileName("leadlight")
    app.setStyle("Fusion")
    if not QFontDatabase.families():
        print(
            "There are no fonts on this machine; install some with: sudo apt-get install fonts-dejavu-core",
            file=sys.stderr,
        )
        return None
    return app


logging.getLogger("viewer").addHandler(logging.NullHandler())
