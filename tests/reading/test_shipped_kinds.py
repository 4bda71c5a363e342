"""The shipped kind network on the program's own samples, and on pages that are no study."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from viewer.formats import open_study
from viewer.reading.engine import Engine
from viewer.resources import resources_dir
from viewer.study import Image, Kind, KindFrom, Source, Study


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
    study = Study(Source(Path("page.png"), "0" * 64, "png"), Kind.UNKNOWN, KindFrom.FILE, Image(pixels))
    reading = engine.read(study)
    assert reading.abstained
    assert reading.kind == Kind.UNKNOWN
    assert reading.model is None
    assert {"kind-unknown", "not-read"} <= {note.code for note in reading.warnings}


@pytest.mark.parametrize("photograph", ["rocket.jpg", "astronaut.png", "coffee.png", "chelsea.png"])
def test_a_photograph_is_not_read(engine, photograph):
    """Kept out of training; a rocket between lattice towers is an EMG screen to the network alone (0.92)."""
    spec = importlib.util.find_spec("skimage")
    assert spec is not None
    assert spec.origin is not None
    found = engine.identify(open_study(Path(spec.origin).parent / "data" / photograph))
    assert found.kind == Kind.UNKNOWN
