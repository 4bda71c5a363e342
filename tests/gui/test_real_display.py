"""Once on a real X server, with real key presses: the program as a person starts it."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from viewer.resources import sample_files
from viewer.ui import session
from viewer.ui.system import missing_packages

pytestmark = [
    pytest.mark.xserver,
    pytest.mark.skipif(sys.platform != "linux", reason="Xvfb is for Linux"),
    pytest.mark.skipif(
        shutil.which("Xvfb") is None or shutil.which("xdotool") is None,
        reason="needs a real X server: sudo apt-get install xvfb xdotool",
    ),
]


@pytest.fixture
def display() -> Iterator[str]:
    """Start an X server of our own on a free display."""
    read, write = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(write), "-screen", "0", "1400x900x24", "-nolisten", "tcp"],
        pass_fds=[write], stderr=subprocess.DEVNULL,
    )  # fmt: skip
    os.close(write)
    with os.fdopen(read) as answer:
        number = answer.readline().strip()
    assert number, "Xvfb did not start"
    yield f":{number}"
    server.terminate()
    server.wait(10)


def _x(display: str, *words: str) -> str:
    done = subprocess.run(
        ["xdotool", *words],
        env=os.environ | {"DISPLAY": display},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    return done.stdout.strip()


def _until(condition: Callable[[], object], what: str, within_s: float = 60.0) -> None:
    end = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < end, f"{what} never came"
        time.sleep(0.1)


def test_real_keys_reach_the_real_window(display: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", display)
    missing = missing_packages()
    if missing:
        pytest.skip(f"Qt needs on a real X server: sudo apt-get install {' '.join(missing)}")
    (path,) = (p for p in sample_files() if p.name == "chest_film.dcm")
    env = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2]), "QT_QPA_PLATFORM": "xcb", "DISPLAY": display}
    program = subprocess.Popen(
        [sys.executable, "-c", "import sys; from viewer.cli import main; sys.exit(main(sys.argv[1:]))", str(path)],
        env=env, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        _until(lambda: _x(display, "search", "--onlyvisible", "--name", path.name), "the window with the film's name")
        window = _x(display, "search", "--onlyvisible", "--name", path.name).split()[0]
        _x(display, "windowfocus", "--sync", window)

        def studies() -> list[dict]:
            return session.load(session.session_path()).values.get("studies") or [{}]

        def press_until(key: str, condition: Callable[[], bool], what: str) -> None:
            end = time.monotonic() + 60
            while not condition():
                assert time.monotonic() < end, f"{what} never came"
                _x(display, "key", "--window", "0", key)
                time.sleep(1.5)

        press_until("2", lambda: studies()[0].get("label") == "Effusion", "the second class")
        _x(display, "key", "ctrl+d")
        _until(lambda: session.load(session.settings_path()).values.get("dark") is True, "the dark theme")
        _x(display, "key", "F1")
        table = "Keyboard shortcuts"
        _until(lambda: table in _x(display, "getwindowfocus", "getwindowname"), "the table of shortcuts")
        press_until("Escape", lambda: not _x(display, "search", "--onlyvisible", "--name", table), "its end")
        _x(display, "windowfocus", "--sync", window)
        _x(display, "key", "ctrl+q")
        assert program.wait(30) == 0
        assert program.stderr is not None
        complaints = [line for line in program.stderr.read().splitlines() if "Traceback" in line or "Error" in line]
        assert complaints == []
    finally:
        if program.poll() is None:
            program.send_signal(signal.SIGTERM)
            try:
                program.wait(10)
            except subprocess.TimeoutExpired:
                program.kill()
                program.wait()
        if program.stderr is not None:
            program.stderr.close()
