"""Which kind a study is: the file's word, the network's, a person's."""

from pathlib import Path

import numpy as np
import pytest
import torch

from tests.reading.small import TinyPicture, card, film, study_of
from viewer.reading.engine import Engine
from viewer.reading.identify import KindOpinion, emg_words, settle_kind
from viewer.study import Kind, KindFrom, Study, Waveform

CLASSES = ["emg-image", "ecg-image", "chest-xray", "unknown"]


def opinion(**shares: float) -> KindOpinion:
    every = dict.fromkeys(CLASSES, 0.0) | {k.replace("_", "-"): v for k, v in shares.items()}
    best = max(every, key=lambda k: every[k])
    return KindOpinion(Kind(best) if every[best] >= 0.7 else Kind.UNKNOWN, every)


@pytest.mark.parametrize(
    ("said", "seen", "kind", "kind_from", "code"),
    [
        (Kind.UNKNOWN, opinion(ecg_image=0.98), Kind.ECG_IMAGE, KindFrom.NETWORK, None),
        (Kind.UNKNOWN, opinion(unknown=0.9, chest_xray=0.1), Kind.UNKNOWN, KindFrom.NETWORK, "kind-unknown"),
        (Kind.UNKNOWN, opinion(ecg_image=0.5, emg_image=0.5), Kind.UNKNOWN, KindFrom.NETWORK, "kind-unknown"),
        (Kind.CHEST_XRAY, opinion(chest_xray=0.98), Kind.CHEST_XRAY, KindFrom.FILE, None),
        (Kind.CHEST_XRAY, opinion(unknown=0.8, chest_xray=0.2), Kind.CHEST_XRAY, KindFrom.FILE, None),
        (Kind.CHEST_XRAY, opinion(unknown=0.99, chest_xray=0.01), Kind.UNKNOWN, KindFrom.NETWORK, "kind-doubted"),
        (Kind.CHEST_XRAY, opinion(ecg_image=1.0), Kind.UNKNOWN, KindFrom.NETWORK, "kind-doubted"),
        (Kind.CHEST_XRAY, None, Kind.CHEST_XRAY, KindFrom.FILE, None),
        (Kind.UNKNOWN, None, Kind.UNKNOWN, KindFrom.FILE, "kind-network-missing"),
    ],
)
def test_between_the_file_and_the_network(said, seen, kind, kind_from, code):
    settled = settle_kind(study_of(film(), said), seen)
    assert (settled.kind, settled.kind_from) == (kind, kind_from)
    assert [note.code for note in settled.notes] == ([code] if code else [])


@pytest.mark.parametrize(
    ("channels", "kind"),
    [(("I", "II", "V1"), Kind.ECG_TRACE), (("Resp", "SpO2"), Kind.UNKNOWN), (("V1",), Kind.UNKNOWN)],
)
def test_a_recording_is_told_by_its_channels(channels, kind):
    samples = np.zeros((len(channels), 100), np.float32)
    wave = Waveform(samples, 100.0, channels, ("mV",) * len(channels))
    assert settle_kind(study_of(wave), None).kind == kind


def recorded(channels: tuple[str, ...], rate_hz: float, unit: str = "", assumed: bool = False) -> Study:
    """Return the settled study of a recording that says nothing but its channels, rate and unit."""
    wave = Waveform(np.zeros((len(channels), 100), np.float32), rate_hz, channels, (unit,) * len(channels), assumed)
    return settle_kind(study_of(wave), None)


@pytest.mark.parametrize(
    ("channels", "rate_hz", "unit"),
    [(("channel 1",), 48000.0, ""), (("channel 1", "channel 2"), 44100.0, ""), (("Depressor labii",), 4000.0, "uV")],
)
def test_a_fast_recording_that_says_nothing_is_taken_for_needle_emg(channels, rate_hz, unit):
    study = recorded(channels, rate_hz, unit)
    assert (study.kind, study.kind_from) == (Kind.EMG_TRACE, KindFrom.FILE)
    (note,) = study.notes
    assert note.code == "kind-assumed"
    assert f"sampled at {rate_hz / 1000:.3g} kHz" in note.message


@pytest.mark.parametrize(
    ("channels", "rate_hz", "unit", "assumed"),
    [
        (("channel 1",), 2000.0, "mV", False),  # the fastest ECGs
        (("V1",), 10000.0, "mV", False),
        (("EEG Fp1",), 5000.0, "uV", False),
        (("Resp", "channel 2"), 5000.0, "", False),
        (("channel 1",), 10000.0, "mmHg", False),
        (("channel 1",), 10000.0, "", True),  # a rate that nobody knows
        (("Heart sound",), 44100.0, "", False),
    ],
)
def test_other_recordings_stay_unknown(channels, rate_hz, unit, assumed):
    study = recorded(channels, rate_hz, unit, assumed)
    assert study.kind == Kind.UNKNOWN
    assert [note.code for note in study.notes] == ["kind-unknown"]


@pytest.fixture
def engine_that_sees(make_bundle, models):
    """An engine whose kind network is nearly sure of one class whatever it is shown, and which reads chest films."""

    def build(seen: str) -> Engine:
        network = TinyPicture(4)
        torch.nn.init.zeros_(network.head_layers.weight)
        network.head_layers.bias.data = 6.0 * torch.eye(4)[CLASSES.index(seen)]
        content = card("kind-pictures", Kind.UNKNOWN, CLASSES, role="kind", exclusive=True, uncertain_below=0.8)
        make_bundle(content | {"reads": []}, network, (1, 64, 64))
        torch.manual_seed(0)
        make_bundle(card("chest-films", Kind.CHEST_XRAY, ["Mass"]), TinyPicture(1), (1, 64, 64))
        return Engine("cpu", [models])

    return build


def test_something_else_is_not_read_and_the_reason_is_given(engine_that_sees):
    engine = engine_that_sees("unknown")
    reading = engine.read(study_of(film()))
    assert (reading.abstained, reading.model, reading.kind) == (True, None, Kind.UNKNOWN)
    assert reading.kind_from == KindFrom.NETWORK
    assert any("none of an EMG screen, an ECG sheet and a chest X-ray" in n.message for n in reading.warnings)
    overruled = engine.read(study_of(film()), kind=Kind.CHEST_XRAY)
    assert not overruled.abstained
    assert any(n.code == "kind-overruled" and "something else" in n.message for n in overruled.warnings)


def test_a_film_that_is_none_is_doubted_until_a_person_insists(engine_that_sees):
    engine = engine_that_sees("unknown")
    filed = study_of(film(), Kind.CHEST_XRAY)
    reading = engine.read(filed)
    assert reading.abstained
    assert any(n.code == "kind-doubted" for n in reading.warnings)
    insisted = engine.read(engine.identify(filed), kind=Kind.CHEST_XRAY)
    assert not insisted.abstained
    assert insisted.kind_from == KindFrom.PERSON


def test_a_picture_that_the_network_knows_is_read(engine_that_sees):
    engine = engine_that_sees("chest-xray")
    study = engine.identify(study_of(film()))
    assert (study.kind, study.kind_from) == (Kind.CHEST_XRAY, KindFrom.NETWORK)
    reading = engine.read(study)
    assert (reading.kind_from, reading.abstained) == (KindFrom.NETWORK, False)
    assert Path(reading.file).name == "study.png"
    sheet = engine.read(study_of(film()), kind=Kind.ECG_IMAGE)
    assert sheet.abstained
    assert {"no-model", "kind-overruled"} <= {n.code for n in sheet.warnings}


def test_a_kind_that_only_the_traces_settled_is_taken_and_said():
    settled = settle_kind(
        study_of(film(), Kind.UNKNOWN), KindOpinion(Kind.EMG_IMAGE, {"emg-image": 0.52, "ecg-image": 0.4}, assumed=True)
    )
    assert (settled.kind, settled.kind_from) == (Kind.EMG_IMAGE, KindFrom.NETWORK)
    assert [(n.code, "52%" in n.message) for n in settled.notes] == [("kind-assumed", True)]


@pytest.mark.parametrize(
    ("lines", "taken_for", "telling"),
    [
        (["l biceps", "200 uv/div", "20 ms/d"], Kind.ECG_IMAGE, "200 uv/div"),
        (["needle emg"], Kind.UNKNOWN, "needle emg"),
        (["100 ms", "50 uv"], Kind.UNKNOWN, "50 uv"),
        (["25 mm/s 10 mm/mv", "emg 35 hz"], Kind.ECG_IMAGE, ""),  # a muscle filter is no EMG
        (["emg filter 35 hz"], Kind.ECG_IMAGE, ""),
        (["25 mm/s", "emg 35 hz"], Kind.UNKNOWN, ""),
        (["eeg fp1", "50 uv"], Kind.UNKNOWN, ""),
        (["median nerve", "2 ms/div"], Kind.UNKNOWN, ""),  # conduction, not the needle
        (["holiday 2009"], Kind.UNKNOWN, ""),
        ([], Kind.ECG_IMAGE, ""),
    ],
)
def test_words_tell_an_emg_screen_but_no_filter_and_no_other_trade(lines, taken_for, telling):
    assert emg_words(lines, taken_for) == telling


def test_the_words_that_told_are_said():
    told = KindOpinion(Kind.EMG_IMAGE, {"emg-image": 0.1, "ecg-image": 0.9}, assumed=True, words="20 ms/div")
    settled = settle_kind(study_of(film(), Kind.UNKNOWN), told)
    assert settled.kind == Kind.EMG_IMAGE
    assert [(n.code, '"20 ms/div" is written on it' in n.message) for n in settled.notes] == [("kind-assumed", True)]
