"""Driving the real program: ``main(argv)`` runs, and a script of mouse and keys runs inside its event loop."""

import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QWidget

from viewer.ui.entry import Entry, State
from viewer.ui.window import MainWindow

STEP_MS = 10
WAIT_S = 45.0


class Gui:
    """The program as a person has it before them."""

    @property
    def window(self) -> MainWindow:
        return next(w for w in QApplication.topLevelWidgets() if isinstance(w, MainWindow) and w.isVisible())

    @property
    def entries(self) -> list[Entry]:
        return self.window.desk.entries

    @property
    def current(self) -> Entry:
        entry = self.window.current
        assert entry is not None
        return entry

    @property
    def view(self) -> Any:
        return self.window.stage.view

    def has_window(self) -> bool:
        return any(
            isinstance(w, MainWindow) and w.isVisible() and w.isActiveWindow() for w in QApplication.topLevelWidgets()
        )

    def dialog(self, kind: type[QDialog]) -> Any:
        return next((w for w in self.window.findChildren(kind) if w.isVisible()), None)

    def finished(self) -> bool:
        """Whether every study has been read, or will not be."""
        ended = (State.READ, State.ABSTAINED, State.FAILED, State.STOPPED)
        drawn = not self.window._later_draw.isActive()
        return (
            drawn and bool(self.entries) and all(e.state in ended for e in self.entries) and not self.window.desk.busy
        )

    def key(self, key: Qt.Key | str, modifier: Any = Qt.KeyboardModifier.NoModifier, on: QWidget | None = None) -> None:
        QTest.keyClick(on or QApplication.focusWidget() or self.window, key, modifier)

    def click(self, widget: QWidget, at: QPoint | None = None) -> None:
        QTest.mouseClick(
            widget, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, at or widget.rect().center()
        )

    def drag(self, widget: QWidget, start: QPoint, end: QPoint, button: Any = Qt.MouseButton.LeftButton) -> None:
        none = Qt.KeyboardModifier.NoModifier
        QTest.mousePress(widget, button, none, start)
        for i in range(1, 5):
            QTest.mouseMove(widget, start + (end - start) * i / 4)
        QTest.mouseRelease(widget, button, none, end)

    def screenshot(self, name: str) -> None:
        folder = Path(__file__).parents[2] / "build" / "screenshots"
        folder.mkdir(parents=True, exist_ok=True)
        assert self.window.grab().save(str(folder / f"{name}.png"))


Script = Callable[[Gui], Iterator[Callable[[], object]]]


class _Driver:
    """Advances a script; what it yields are conditions that must come true before it goes on."""

    def __init__(self, script: Script) -> None:
        self.gui = Gui()
        self._steps = script(self.gui)
        self._condition: Callable[[], object] | None = self.gui.has_window
        self._until = time.monotonic() + WAIT_S
        self.error: BaseException | None = None
        self.done = False
        self._timer = QTimer(interval=STEP_MS)
        self._timer.timeout.connect(self._step)
        self._timer.start()

    def _step(self) -> None:
        try:
            if self._condition is not None and not self._condition():
                if time.monotonic() > self._until:
                    what = getattr(self._condition, "__code__", self._condition)
                    raise TimeoutError(f"never came true: {what}")
                return
            self._condition = next(self._steps)
            self._until = time.monotonic() + WAIT_S
        except StopIteration:
            self.done = True
            self._end()
        except BaseException as error:  # told to the test, which raises it
            self.error = error
            self._end()

    def _end(self) -> None:
        self._timer.stop()
        for window in [w for w in QApplication.topLevelWidgets() if isinstance(w, MainWindow)]:
            window.close()
        QTimer.singleShot(0, QApplication.quit)

    def stop(self) -> None:
        self._timer.stop()


@pytest.fixture
def drive(qapp: QApplication) -> Callable[..., int]:
    """Return ``drive(argv, script) -> exit status``: the program run from its command line by a script."""

    def run(argv: list[str], script: Script) -> int:
        from viewer.cli import main

        driver = _Driver(script)
        try:
            status = main([str(a) for a in argv])
        finally:
            driver.stop()
        if driver.error is not None:
            raise driver.error
        assert driver.done, "the program ended before the script did"
        return status

    return run


@pytest.fixture
def no_models(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the shipped models out: only what the test installs is there."""
    from viewer.models import catalogue
    from viewer.resources import user_models_dir

    monkeypatch.setattr(catalogue, "model_folders", lambda: (user_models_dir(),))


@pytest.fixture
def tiny_models(no_models: None) -> Path:
    """Install a small untrained chest network for the test: what it says means nothing, how it is shown is tested."""
    import torch

    from training.export import export_bundle, figure
    from viewer.models.networks import build_network
    from viewer.resources import user_models_dir

    torch.set_num_threads(1)
    torch.manual_seed(3)
    labels = ["Cardiomegaly", "Effusion", "Mass", "Nodule", "Atelectasis", "Infiltration", "Pneumonia", "Pneumothorax"]
    labels.append("No Finding")
    network = build_network("efficientnet-lite0", classes=len(labels))
    torch.nn.init.normal_(network.dense.weight, std=2.0)
    card = {
        "id": "test-chest",
        "version": "0",
        "title": "Untrained test network",
        "role": "read",
        "reads": ["chest-xray"],
        "classes": labels,
        "exclusive": False,
        "validated": False,
        "operating_points": dict.fromkeys(labels, 0.5),
        "operating_points_from": "set by the test",
        "calibration": {"temperature": 1.0, "from": "set by the test"},
        "architecture": {"name": "efficientnet-lite0", "arguments": {"classes": len(labels)}},
        "preprocessing": {"name": "picture", "arguments": {"height": 96, "width": 96}},
        "intended_use": "A test of the window, nothing else.",
        "limits": ["It was never trained."],
        "recipe": "none",
        "data": [{"name": "none", "licence": "none", "count": 0}],
        "figures": [figure("AUC", (0.5, 0.45, 0.55), "nothing", 10, "Effusion")],
        "maps": {"faithful": True, "note": "for the test", "figures": []},
        "mean_boxes": {label: [0.3, 0.3] for label in labels},
    }
    folder = user_models_dir() / "test-chest"
    export_bundle(network, torch.zeros(1, 3, 96, 96), card, folder)
    return folder


def film_pixels(rows: int, columns: int, seed: int = 5) -> np.ndarray:
    """Return something with a film's greys: two dark lungs in a bright chest, ribs, noise; uint16 of 12 bits."""
    y, x = np.mgrid[0:rows, 0:columns]
    u, v = x / columns - 0.5, y / rows - 0.5
    lungs = np.exp(-(((np.abs(u) - 0.2) / 0.13) ** 4) - (v / 0.33) ** 4)
    ribs = 0.08 * np.sin(v * 70 + 6 * u**2) * lungs
    noise = np.random.default_rng(seed).normal(0, 0.01, (rows, columns))
    return (np.clip(0.75 - 0.5 * lungs + ribs + noise, 0, 1) * 4095).astype(np.uint16)


@pytest.fixture
def film(tmp_path: Path) -> Callable[..., Path]:
    """Return ``film(name, rows, columns, jpeg2000=..., patient=...) -> path`` of a DICOM chest film."""

    def write(
        name: str = "film.dcm",
        rows: int = 600,
        columns: int = 500,
        jpeg2000: bool = False,
        patient: str = "Doe^Jane",
        age: str = "064Y",
    ) -> Path:
        from pydicom.dataset import Dataset, FileMetaDataset
        from pydicom.uid import ExplicitVRLittleEndian, JPEG2000Lossless, generate_uid

        ds = Dataset()
        ds.file_meta = FileMetaDataset()
        ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        ds.file_meta.MediaStorageSOPClassUID = ds.SOPClassUID = "1.2.840.10008.5.1.4.1.1.1.1"
        ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID = generate_uid()
        ds.PatientName, ds.PatientID, ds.PatientSex, ds.PatientAge = patient, patient.upper(), "F", age
        ds.StudyDate, ds.Modality, ds.BodyPartExamined, ds.ViewPosition = "20240305", "DX", "CHEST", "PA"
        ds.Rows, ds.Columns, ds.SamplesPerPixel = rows, columns, 1
        ds.PhotometricInterpretation, ds.PixelRepresentation = "MONOCHROME2", 0
        ds.BitsAllocated, ds.BitsStored, ds.HighBit = 16, 12, 11
        ds.WindowCenter, ds.WindowWidth = 2048, 4096
        ds.PixelData = film_pixels(rows, columns).tobytes()
        if jpeg2000:
            ds.compress(JPEG2000Lossless, encoding_plugin="pylibjpeg")
        path = tmp_path / name
        ds.save_as(path, enforce_file_format=True)
        return path

    return write


assert sys.version_info >= (3, 11)
