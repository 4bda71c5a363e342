"""What the machine lacks is named with the package that brings it."""

import sys

import pytest

from viewer.ui import system

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Debian's packages")


def test_missing_libraries_are_named_as_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system, "_loads", lambda library: library != "libEGL.so.1")
    assert system.missing_packages(on_screen=False) == ["libegl1"]
    assert system.trouble(on_screen=False).endswith("sudo apt-get install libegl1")


def test_libraries_of_the_x_server_matter_only_with_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system, "_loads", lambda library: "xcb-cursor" not in library)
    monkeypatch.setenv("QT_QPA_PLATFORM", "xcb")
    monkeypatch.setenv("DISPLAY", ":1")
    assert "libxcb-cursor0" in system.trouble()
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    assert system.trouble() == ""


def test_this_machine_has_what_the_tests_need() -> None:
    assert system.trouble(on_screen=False) == ""
