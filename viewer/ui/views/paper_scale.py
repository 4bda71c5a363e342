"""How many pixels a millimetre takes on a monitor."""

from PySide6.QtCore import QSettings
from PySide6.QtGui import QScreen

_PLAUSIBLE_DPI = (50.0, 600.0)


def pixels_per_mm(screen: QScreen | None) -> tuple[float, bool]:
    """Return device-independent pixels a millimetre, and whether the monitor says or a person has measured it.

    A monitor that reports no believable size counts as 96 dpi until a person calibrates it.
    """
    if screen is None:
        return 96 / 25.4, False
    measured = _stored(screen)
    if measured is not None:
        return measured, True
    dpi = screen.physicalDotsPerInch()
    if not _PLAUSIBLE_DPI[0] <= dpi <= _PLAUSIBLE_DPI[1]:
        return 96 / 25.4, False
    return dpi / 25.4, True


def calibrate(screen: QScreen, px_per_mm: float | None) -> None:
    """Keep what a person measured on this monitor; None forgets it."""
    settings = QSettings()
    if px_per_mm is None:
        settings.remove(_key(screen))
    else:
        settings.setValue(_key(screen), float(px_per_mm))


def _stored(screen: QScreen) -> float | None:
    try:
        value = float(QSettings().value(_key(screen), 0.0))  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None
    return value if _PLAUSIBLE_DPI[0] / 25.4 <= value <= _PLAUSIBLE_DPI[1] / 25.4 else None


def _key(screen: QScreen) -> str:
    parts = (screen.manufacturer(), screen.model(), screen.serialNumber(), screen.name())
    size = screen.size()
    name = "-".join(part for part in parts if part) + f"-{size.width()}x{size.height()}"
    return "monitors/" + "".join(c if c.isalnum() or c in "-." else "_" for c in name)
