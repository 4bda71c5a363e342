"""Windows for tests: with a desk whose files and networks are the test's own."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtWidgets import QApplication

from viewer.errors import Cancelled, FormatError
from viewer.reading.values import Finding, ModelIdentity, Reading
from viewer.study import Image, Kind, KindFrom, Note, Patient, Region, Source, Study

LABELS = ("Effusion", "Mass", "No Finding")


def make_study(name: str = "a.png", patient: Patient | None = None, frames: int = 1, frame: int = 0) -> Study:
    """Return a small film."""
    pixels = np.tile(np.linspace(0, 255, 64).astype(np.uint8), (48, 1))
    source = Source(Path(name), "0" * 64, "png", frame=frame, frames=frames)
    return Study(source, Kind.CHEST_XRAY, KindFrom.FILE, Image(pixels), patient or Patient())


def make_reading(*probabilities: float, **changes: Any) -> Reading:
    """Return a reading with these probabilities at operating points of 0.5."""
    found = tuple(Finding(label, p, 0.5) for label, p in zip(LABELS, probabilities, strict=False))
    values: dict[str, Any] = {
        "file": "a.png",
        "sha256": "0" * 64,
        "kind": Kind.CHEST_XRAY,
        "kind_from": KindFrom.FILE,
        "format": "png",
        "frame": None,
        "model": ModelIdentity("chest-films", "1", "0" * 64, False),
        "device": "cpu",
        "precision": "float32",
        "abstained": False,
        "findings": found,
        "warnings": (Note("view-ap", "An AP film"),),
    }
    return Reading(**values | changes)


class Opener:
    """Opens by name: ``fail...`` fails, ``slow...`` takes until it is cancelled."""

    def __init__(self) -> None:
        self.opened: list[str] = []

    def open(self, item: Any, cancel: threading.Event | None = None) -> Study:
        self.opened.append(item.path.name)
        if item.path.name.startswith("fail"):
            raise FormatError("damaged", f"{item.path.name} is cut short", "copy it again", item.path)
        while item.path.name.startswith("slow") and cancel is not None:
            if cancel.wait(0.01):
                raise Cancelled
        patient = Patient(identifier=item.path.stem.split("-")[0])
        return make_study(item.path.name, patient, frames=3 if "multi" in item.path.name else 1, frame=item.frame)


class Engine:
    """Reads every study the same, and keeps what it was asked."""

    device, device_reason = "cpu", "the test asked for it"

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []

    def read(
        self,
        study: Study,
        *,
        model_id: str | None = None,
        kind: Kind | None = None,
        region: Region | None = None,
        cancel: threading.Event | None = None,
        progress: Callable[[str, float], None] | None = None,
    ) -> Reading:
        self.asked.append({"name": study.source.path.name, "kind": kind, "region": region, "model": model_id})
        assert progress is not None
        progress("network", 0.5)
        wanted = kind or study.kind
        source = KindFrom.PERSON if kind else study.kind_from
        return make_reading(0.8, 0.2, 0.1, kind=wanted, kind_from=source, region=region)


@pytest.fixture
def desk(qapp: QApplication) -> Iterator[Any]:
    """Return a started desk with the test's opener and engine as ``desk.opener`` and ``desk.engine``."""
    from viewer.ui.desk import Desk

    opener, engine = Opener(), Engine()

    @contextmanager
    def give_opener() -> Iterator[Opener]:
        yield opener

    @contextmanager
    def give_engine() -> Iterator[Engine]:
        yield engine

    desk = Desk(give_opener, give_engine)
    desk.opener, desk.engine = opener, engine
    desk.start()
    yield desk
    desk.close()


@pytest.fixture
def until(qapp: QApplication) -> Callable[[Callable[[], object]], None]:
    """Return ``until(condition)``: let the event loop turn until it is true."""

    def wait(condition: Callable[[], object], within_s: float = 10.0) -> None:
        end = time.monotonic() + within_s
        while not condition():
            assert time.monotonic() < end, "it never came true"
            qapp.processEvents()
            time.sleep(0.002)

    return wait
