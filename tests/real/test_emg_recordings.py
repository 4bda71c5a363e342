"""Real needle EMG: the recordings are read as their descriptions say, and their motor units are seldom PSW or Fibs."""

import os
from pathlib import Path

import numpy as np
import pytest
import torch

from training.emg.real import TEST, TRAIN, load_real, real_screen
from viewer.models.bundle import load_bundle
from viewer.models.preprocessing import prepare
from viewer.reading.engine import Engine
from viewer.reading.networks import probabilities
from viewer.resources import resources_dir
from viewer.study import Image, Kind, KindFrom, Source, Study, Waveform

DATA = Path(os.environ.get("LEADLIGHT_REAL_DATA", Path(__file__).parents[2].parent / "shared" / "data"))

pytestmark = pytest.mark.skipif(not (DATA / "emg").is_dir(), reason=f"real recordings are not at {DATA}")


def test_the_recordings_have_the_described_length_and_rate():
    known = {
        "healthy": (4000, 12.7),
        "myopathy": (4000, 27.6),
        "neuropathy": (4000, 37.0),
        "biceps monopolar": (10000, 10),
    }
    for real in load_real(DATA, TEST + TRAIN):
        rate, length = known[real.name]
        assert real.recording.rate_hz == rate
        assert real.recording.duration_s == pytest.approx(length, abs=0.1)
        assert len(real.recording.events) / length > 5  # a contracting muscle


@pytest.mark.parametrize("name", TEST)
def test_motor_units_of_recordings_not_trained_on_are_seldom_psw_or_fibs(name):
    bundle = load_bundle(resources_dir() / "models" / "emg-screens")
    recordings = load_real(DATA, (name,))
    wrong = 0
    for number in range(40):
        rng = np.random.default_rng([77, number])
        picture, _, _ = real_screen(rng, recordings, "test", inverted=bool(number % 2))
        study = Study(Source(DATA, "0" * 64, "array"), Kind.EMG_IMAGE, KindFrom.PERSON, Image(picture))
        prepared = prepare(bundle.card.preprocessing, bundle.card.preprocessing_arguments, study)
        with torch.inference_mode():
            shares = probabilities(bundle.card, bundle.network(prepared.inputs))[0].numpy()
        wrong += int(shares[:2].max() >= bundle.card.uncertain_below)
    assert wrong <= 4


@pytest.mark.parametrize("name", TEST)
def test_recordings_not_trained_on_are_read_as_motor_units(name):
    """Either way up, hardly a potential is called PSW or Fibs; trains fire as contracting units do."""
    recording = load_real(DATA, (name,))[0].recording
    for sign in (1, -1):
        samples = (sign * recording.samples_uv[None]).astype(np.float32)
        wave = Waveform(samples, recording.rate_hz, ("EMG",), ("uV",))
        study = Study(Source(DATA, "0" * 64, "array"), Kind.EMG_TRACE, KindFrom.PERSON, wave)
        reading = Engine("cpu").read(study)
        called = [e for e in reading.events if e.label != "Others"]
        assert len(called) <= 0.05 * len(reading.events)
        assert len(reading.events) / wave.duration_s > 5
        rates = [t.rate_hz for t in reading.trains if t.events >= 20]
        assert 1 < np.median(rates) < 60
