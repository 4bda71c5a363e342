"""Studies made on the spot, and hands for views."""

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt, QThreadPool
from PySide6.QtGui import QImage, QWheelEvent
from PySide6.QtWidgets import QApplication

from viewer.reading.values import Event, Finding, HeatMap, Reading, Train
from viewer.study import Acquisition, Image, Kind, KindFrom, Patient, Source, Study, Waveform
from viewer.ui.views import StudyView, view_for


def a_study(content: Image | Waveform, kind: Kind, **more: object) -> Study:
    """Return a study of a patient with a name and a date."""
    facts = {
        "patient": Patient("Sample^Ada", "ID-4711", date(1960, 5, 17), "F", 61.0),
        "acquisition": Acquisition(datetime(2021, 6, 1, 9, 30), "DX", "CHEST", "PA", "L"),
    }
    return Study(Source(Path("study.dat"), "0" * 64, "made"), kind, KindFrom.FILE, content, **(facts | more))  # type: ignore[arg-type]


def film(pixels: np.ndarray, kind: Kind = Kind.CHEST_XRAY, study: dict | None = None, **more: object) -> Study:
    """Return a picture's study."""
    return a_study(Image(pixels, bits=8 * pixels.dtype.itemsize, **more), kind, **(study or {}))  # type: ignore[arg-type]


def recording(
    samples: np.ndarray, rate_hz: float, channels: tuple, units: object = "mV", kind: Kind = Kind.ECG_TRACE
) -> Study:
    """Return a recording's study; ``units`` is one for all or one a channel."""
    each = (units,) * len(channels) if isinstance(units, str) else units
    return a_study(Waveform(np.asarray(samples, np.float32), rate_hz, channels, each), kind)  # type: ignore[arg-type]


def a_reading(
    kind: Kind,
    findings: tuple[Finding, ...],
    maps: tuple[HeatMap, ...] = (),
    events: tuple[Event, ...] = (),
    trains: tuple[Train, ...] = (),
) -> Reading:
    """Return a reading with findings, maps, events and trains."""
    return Reading(
        "study.dat", "0" * 64, kind, KindFrom.FILE, "made", None, None, "cpu", "float32", False,
        findings=findings, maps=maps, events=events, trains=trains,
    )  # fmt: skip


@pytest.fixture
def shown(qtbot) -> Callable[..., StudyView]:
    """Return a function that shows a study in a view of a size, active and with the focus."""

    def show(study: Study, width: int = 800, height: int = 600) -> StudyView:
        view = view_for(study)
        qtbot.addWidget(view)
        view.resize(width, height)
        view.show()
        view.activateWindow()
        qtbot.waitUntil(view.isActiveWindow)
        view.setFocus()
        QThreadPool.globalInstance().waitForDone()
        QApplication.processEvents()
        return view

    yield show
    QThreadPool.globalInstance().waitForDone()
    QApplication.processEvents()


def rgb(image: QImage) -> np.ndarray:
    """Return a QImage as (rows, columns, 3) of uint8, in device pixels."""
    image = image.convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).copy()


def drag(
    qtbot, view: StudyView, start: QPointF, end: QPointF, button: Qt.MouseButton = Qt.MouseButton.LeftButton
) -> None:
    """Press, move in steps and release."""
    qtbot.mousePress(view, button, pos=start.toPoint())
    for share in (0.25, 0.6, 1.0):
        qtbot.mouseMove(view, pos=(start + (end - start) * share).toPoint())
    qtbot.mouseRelease(view, button, pos=end.toPoint())


def wheel(
    view: StudyView, at: QPointF, angle: int, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier
) -> None:
    """Turn the wheel at a point."""
    event = QWheelEvent(
        at, QPointF(view.mapToGlobal(at.toPoint())), QPoint(0, 0), QPoint(0, angle), Qt.MouseButton.NoButton,
        modifiers, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(view, event)


class Hands:
    """The helpers, for tests (test files cannot import a conftest by name)."""

    a_study = staticmethod(a_study)
    film = staticmethod(film)
    recording = staticmethod(recording)
    a_reading = staticmethod(a_reading)
    rgb = staticmethod(rgb)
    drag = staticmethod(drag)
    wheel = staticmethod(wheel)


@pytest.fixture
def hands() -> type[Hands]:
    """Return the helpers."""
    return Hands
