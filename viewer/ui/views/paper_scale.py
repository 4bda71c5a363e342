"""How many pixels a millimetre takes on a monitor: as the monitor says, or as a person measured it."""

import os
from functools import cache
from pathlib import Path

from PySide6.QtGui import QScreen

from viewer.ui import session

_PLAUSIBLE_PX_PER_MM = (50 / 25.4, 600 / 25.4)
_measured: dict[Path, dict[str, object]] = {}


def pixels_per_mm(screen: QScreen | None) -> tuple[float, bool]:
    """Return device-independent pixels a millimetre, and whether the monitor says so or a person has measured it.

    A monitor that reports no believable size counts as 96 dpi until a person calibrates it.
    """
    if screen is None:
        return 96 / 25.4, False
    low, high = _PLAUSIBLE_PX_PER_MM
    measured = _kept().get(_key(screen))
    if isinstance(measured, int | float) and low <= measured <= high:
        return float(measured), True
    reported = screen.physicalDotsPerInch() / 25.4
    return (reported, True) if low <= reported <= high else (96 / 25.4, False)


def calibrate(screen: QScreen, px_per_mm: float | None) -> None:
    """Keep what a person measured on this monitor; None forgets it. Raises OSError where it cannot be written."""
    values = dict(_kept())
    values.pop(_key(screen), None)
    if px_per_mm is not None:
        values[_key(screen)] = float(px_per_mm)
    _measured[_path()] = values
    session.save(_path(), values)


def _kept() -> dict[str, object]:
    path = _path()
    if path not in _measured:
        _measured[path] = session.load(path).values
    return _measured[path]


def _path() -> Path:
    return _path_in(tuple(os.environ.get(name, "") for name in ("HOME", "XDG_CONFIG_HOME", "APPDATA", "LOCALAPPDATA")))


@cache
def _path_in(_home: tuple[str, ...]) -> Path:
    """Found once a home: a view asks for its monitor's scale hundreds of times while it draws."""
    return session.settings_path().with_name("monitors.json")


def _key(screen: QScreen) -> str:
    parts = (screen.manufacturer(), screen.model(), screen.serialNumber(), screen.name())
    return " ".join(part for part in parts if part) + f" {screen.size().width()}x{screen.size().height()}"
