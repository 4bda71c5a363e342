"""``leadlight measure``: potentials of a reading's events, or where a person says, as JSON that fits its schema."""

import json
from dataclasses import asdict, replace
from pathlib import Path

import jsonschema
import numpy as np
import pytest
from referencing import Registry, Resource

from training.simulate.emg import Amplifier, Draw, make, record, write_recording
from viewer.cli import main
from viewer.formats import open_study
from viewer.reading.identify import settle_kind
from viewer.reading.json_form import SCHEMA_FILE as READING_SCHEMA
from viewer.reading.json_form import to_json
from viewer.reading.rhythm import train_rate
from viewer.reading.trains import firing
from viewer.reading.values import Event, ModelIdentity, Reading, Train
from viewer.report.measurements import SCHEMA_FILE, as_text, measurements
from viewer.resources import resources_dir
from viewer.study import Kind, KindFrom, Source, Study, Waveform

RATE = 20000.0
SCHEMAS = [json.loads(path.read_text("utf-8")) for path in (SCHEMA_FILE, READING_SCHEMA)]
VALIDATOR = jsonschema.Draft202012Validator(
    SCHEMAS[0], registry=Registry().with_resources([(s["$id"], Resource.from_contents(s)) for s in SCHEMAS])
)


def lines(capsys):
    values = [json.loads(line, parse_constant=pytest.fail) for line in capsys.readouterr().out.splitlines()]
    for value in values:
        VALIDATOR.validate(value)
    return values


@pytest.fixture
def made(tmp_path):
    """A recording of a train of fibrillations as EDF, and its truth."""
    train = make("fibrillation", Draw(np.random.default_rng(4)), RATE, 6.0, amplitude_uv=200.0, rate_hz=5.0, cv=0.01)
    noise = 2.0 * np.random.default_rng(1).standard_normal(120000)
    recording = record([train], noise, RATE, Amplifier(2.0, 10000.0))
    return write_recording(recording, tmp_path / "fibs"), recording.events


def test_where_a_person_says(made, capsys):
    path, events = made
    event = events[5]
    words = ["measure", str(path), "--at", f"{event.time_s:.4f}", "--json"]
    assert main([*words, "--span", f"{event.start_s:.4f}", f"{event.end_s:.4f}"]) == 0
    (value,) = lines(capsys)
    assert (value["kind"], value["model"], value["abstained"]) == ("emg-trace", None, False)
    for measured in value["events"]:
        assert measured["label"] is measured["score"] is measured["train"] is None
        assert measured["amplitude_uv"] == pytest.approx(event.amplitude_uv, rel=0.05)
        assert measured["duration_ms"] == pytest.approx(1000 * (event.end_s - event.start_s), abs=0.5)
        assert measured["time_s"] == pytest.approx(event.time_s, abs=2e-4)
        assert measured["first_phase"] == "positive"
        assert measured["phases"] in (2, 3)


def test_a_file_without_a_unit_is_measured_with_the_scale_that_a_person_gives(made, capsys, tmp_path):
    """A WAV holds fractions of full scale: half of 4,000 uV is 2,000 uV."""
    import soundfile

    wave, event = open_study(made[0]).waveform, made[1][5]
    path = tmp_path / "emg.wav"
    soundfile.write(path, wave.samples[0] / 4000.0, int(RATE), "FLOAT")
    words = ["measure", str(path), "--kind", "emg-trace", "--at", f"{event.time_s:.4f}", "--json"]
    assert main([*words, "--full-scale", "4000"]) == 0
    assert main(words) == 0
    known, unknown = lines(capsys)
    assert known["events"][0]["amplitude_uv"] == pytest.approx(event.amplitude_uv, rel=0.05)
    assert unknown["events"][0]["amplitude_uv"] is None
    assert [[w["code"] for w in v["warnings"]].count("scale-unknown") for v in (known, unknown)] == [0, 1]


def test_what_the_reading_found(made, capsys):
    path, truth = made
    study = open_study(path)
    events = tuple(Event("Fibs", e.time_s, e.start_s, e.end_s, "EMG", 0.9, 1) for e in truth)
    reading = Reading(
        str(path),
        study.source.sha256,
        Kind.EMG_TRACE,
        KindFrom.FILE,
        "edf",
        None,
        ModelIdentity("emg-traces", "1.0", "0" * 64, False),
        "cpu",
        "float32",
        False,
        events=events,
        trains=(Train(1, "Fibs", len(events), 5.0, 0.01),),
    )
    value = measurements(study, reading)
    VALIDATOR.validate(value)
    assert [e["time_s"] for e in value["events"]] == [e.time_s for e in events]
    assert {k: value["events"][0][k] for k in asdict(events[0])} == asdict(events[0])
    sizes = [e["amplitude_uv"] for e in value["events"][1:-1]]
    assert np.median(sizes) == pytest.approx(truth[3].amplitude_uv, rel=0.05)
    (train,) = value["trains"]
    assert train["averaged"]["amplitude_uv"] == pytest.approx(truth[3].amplitude_uv, rel=0.07)
    assert train["averaged"]["duration_ms"] == pytest.approx(
        np.median([e["duration_ms"] for e in value["events"]]), 0.2
    )
    assert train["consecutive_difference_ms"] < 15
    text = as_text(value)
    assert "train 1: Fibs" in text
    assert "Research use, not a medical device" in text
    assert not measurements(study, replace(reading, events=(), trains=()))["events"]


PAUSING = np.concatenate([start + 0.25 * np.arange(12) for start in (1.0, 14.0, 27.0)])
BURSTS = np.concatenate([start + 0.025 * np.arange(8) for start in np.arange(1.0, 21.0)])


@pytest.mark.parametrize(("at", "rate_hz"), [(PAUSING, 4.0), (BURSTS, 40.0)])
def test_a_train_has_the_rate_that_the_reading_gave_it(at, rate_hz):
    """A train at 4 Hz that pauses for 10 s fires at 4 Hz; myokymia of 40 Hz, in bursts every second, at 40 Hz."""
    shape = 200 * np.sin(np.linspace(0, 2 * np.pi, 25))
    samples = np.random.default_rng(1).standard_normal((1, 32 * 5000)).astype(np.float32)
    for time in at:
        samples[0, round(time * 5000) : round(time * 5000) + len(shape)] += shape
    events = tuple(Event("Others", t + 0.001, t, t + 0.005, "EMG", 0.9, 1) for t in at.tolist())
    fires = firing(at)
    train = Train(1, "Others", len(at), train_rate(at), fires.interval_cv, "EMG", 0.9, fires.slowing)
    waveform = Waveform(samples, 5000.0, ("EMG",), ("uV",))
    study = Study(Source(Path("x.edf"), "0" * 64, "edf"), Kind.EMG_TRACE, KindFrom.FILE, waveform)
    model = ModelIdentity("emg-traces", "1.0", "0" * 64, False)
    reading = Reading(
        "x.edf", "0" * 64, Kind.EMG_TRACE, KindFrom.FILE, "edf", None, model, "cpu", "float32", False,
        events=events, trains=(train,),
    )  # fmt: skip
    (measured,) = measurements(study, reading)["trains"]
    (read,) = to_json(reading)["trains"]
    assert {name: measured[name] for name in read} == read
    assert measured["rate_hz"] == pytest.approx(rate_hz, rel=0.02)
    assert measured["interval_cv"] < 0.05
    assert measured["consecutive_difference_ms"] == pytest.approx(0, abs=0.5)


def test_a_file_that_does_not_say_what_it_is_is_what_a_reading_takes_it_for(made, capsys, tmp_path):
    """Sampled at 20 kHz a sound file is needle EMG; channels called otherwise are not, whatever the rate."""
    import soundfile

    wave, event = open_study(made[0]).waveform, made[1][5]
    path, breath = tmp_path / "emg.wav", tmp_path / "breath.csv"
    soundfile.write(path, wave.samples[0] / 4000.0, int(RATE), "FLOAT")
    rows = "\n".join(f"{i / RATE:.5f},{v:.1f}" for i, v in enumerate(wave.samples[0, :8000].tolist()))
    breath.write_text(f"time_s,Flow\n{rows}\n", "ascii")
    for file in (path, breath):
        study = open_study(file)
        assert main(["measure", str(file), "--at", f"{event.time_s:.4f}", "--json"]) == 0
        (value,) = lines(capsys)
        settled = settle_kind(study, None)
        assert (value["kind"], value["kind_from"]) == (str(settled.kind), str(settled.kind_from))
        assert [w["code"] for w in value["warnings"]][: len(settled.notes)] == [n.code for n in settled.notes]
        assert value["kind"] == ("emg-trace" if file == path else "unknown")
    assert main(["measure", str(path), "--at", f"{event.time_s:.4f}"]) == 0
    assert "an EMG recording" in capsys.readouterr().out


def test_text_and_channels(made, capsys):
    path, events = made
    at = f"{events[5].time_s:.4f}"
    assert main(["measure", str(path), "--at", at, "--channel", "1"]) == 0
    out = capsys.readouterr().out
    assert "an EMG recording (the file says so)" in out
    assert " uV, " in out
    assert " phases " in out
    assert main(["measure", str(path), "--at", at, "--channel", "EMG 2", "--json"]) == 1
    (value,) = lines(capsys)
    assert value["error"] == {
        "code": "channel-missing",
        "message": "The recording has no channel 'EMG 2'; it has: EMG.",
    }


def test_without_a_model_the_reason_is_said(made, capsys, tmp_path, monkeypatch):
    monkeypatch.setattr("viewer.models.catalogue.model_folders", lambda: (tmp_path / "none",))
    assert main(["measure", str(made[0]), "--json"]) == 0
    (value,) = lines(capsys)
    assert value["abstained"]
    assert [w["code"] for w in value["warnings"]] == ["no-model"]


def test_an_ecg_a_picture_and_a_missing_file(capsys, tmp_path):
    samples = resources_dir() / "samples"
    paths = [str(samples / "ecg_record.dcm"), str(samples / "emg_screen.png"), str(tmp_path / "no.edf")]
    assert main(["measure", *paths, "--at", "1", "--kind", "emg-trace", "--json"]) == 1
    said_to_be_emg, picture, missing = lines(capsys)
    assert said_to_be_emg["kind_from"] == "person"
    assert picture["warnings"][0]["code"] == "picture-not-measured"
    assert missing["error"]["code"] == "not-found"
    assert main(["measure", paths[0], "--at", "1", "--json"]) == 0
    (ecg,) = lines(capsys)
    assert (ecg["abstained"], ecg["events"]) == (True, [])
    assert ecg["warnings"] == [
        {
            "code": "ecg-not-measured",
            "message": "ECG intervals and waves are not measured yet; this version measures EMG recordings.",
        }
    ]


@pytest.mark.parametrize(
    "words", [["measure"], ["measure", "x.edf", "--span", "2", "1"], ["measure", "x", "--at", "a"]]
)
def test_wrong_words(words, capsys):
    assert main(words) == 2
    assert capsys.readouterr().err
