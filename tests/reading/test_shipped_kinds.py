"""The shipped kind network on the program's own samples, and on pages that are no study."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from viewer.formats import open_study
from viewer.reading.engine import Engine
from viewer.reading.writing import Line, Words
from viewer.resources import resources_dir
from viewer.study import Image, Kind, KindFrom, Source, Study


def study_of(pixels: np.ndarray) -> Study:
    return Study(Source(Path("page.png"), "0" * 64, "png"), Kind.UNKNOWN, KindFrom.FILE, Image(pixels))


@pytest.fixture(scope="module")
def engine():
    return Engine("cpu")


@pytest.mark.parametrize(("sample", "kind"), [("ecg_sheet.png", Kind.ECG_IMAGE), ("emg_screen.png", Kind.EMG_IMAGE)])
def test_samples_find_their_kind(engine, sample, kind):
    found = engine.identify(open_study(resources_dir() / "samples" / sample))
    assert (found.kind, found.kind_from) == (kind, KindFrom.NETWORK)


@pytest.mark.parametrize("page", ["white", "black", "noise"])
def test_a_page_without_a_study_is_not_read(engine, page):
    pixels = {
        "white": np.full((1100, 800), 255, np.uint8),
        "black": np.zeros((600, 800), np.uint8),
        "noise": np.random.default_rng(0).integers(0, 256, (600, 800, 3)).astype(np.uint8),
    }[page]
    reading = engine.read(study_of(pixels))
    assert reading.abstained
    assert reading.kind == Kind.UNKNOWN
    assert reading.model is None
    assert {"kind-unknown", "not-read"} <= {note.code for note in reading.warnings}


@pytest.mark.parametrize("photograph", ["china.jpg", "flower.jpg"])
def test_a_photograph_is_not_read(engine, photograph):
    spec = importlib.util.find_spec("sklearn")
    assert spec is not None
    assert spec.origin is not None
    found = engine.identify(open_study(Path(spec.origin).parent / "datasets" / "images" / photograph))
    assert found.kind == Kind.UNKNOWN


@pytest.mark.parametrize(
    ("share", "line", "kind"),
    [
        (0.92, "", Kind.UNKNOWN),
        (0.92, "50 uv/d", Kind.EMG_IMAGE),
        (0.92, "25 mm/s 50 uv/d", Kind.UNKNOWN),
        (0.98, "", Kind.EMG_IMAGE),
    ],
)
def test_an_emg_without_waveforms_must_be_sure_or_say_so(engine, monkeypatch, share, line, kind):
    """A rocket between lattice towers was an EMG screen to the network with 0.92; a quiet screen is one with more."""
    monkeypatch.setattr(Engine, "_kind_shares", lambda *_: np.array([[share, 0, 0, 1 - share]]))
    monkeypatch.setattr(Engine, "_words", lambda *_: [Words(Line(0, 0, 9, 9), line)] if line else [])
    rows = np.linspace(20, 90, 400)[:, None] * np.ones((1, 600))
    assert engine.identify(study_of(rows.astype(np.uint8))).kind == kind


def test_an_emg_with_waveforms_is_one_though_doubted(engine, monkeypatch):
    monkeypatch.setattr(Engine, "_kind_shares", lambda *_: np.array([[0.92, 0, 0, 0.08]]))
    assert engine.identify(open_study(resources_dir() / "samples" / "emg_screen.png")).kind == Kind.EMG_IMAGE
