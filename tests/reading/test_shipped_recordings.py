"""The shipped detector through the engine: the sample, parts of it, and recordings that must not be believed."""

import json
import threading
from dataclasses import replace
from functools import cache
from pathlib import Path

import jsonschema
import numpy as np
import pytest
import torch

from training.simulate.emg.draws import Draw
from training.simulate.emg.scene import simulate_mixture
from viewer.errors import Cancelled
from viewer.formats import open_study
from viewer.reading.engine import Engine
from viewer.reading.json_form import SCHEMA_FILE, from_json, to_json
from viewer.reading.values import Reading
from viewer.report.text import as_text
from viewer.resources import resources_dir
from viewer.study import Kind, KindFrom, Region, Source, Study, Waveform

torch.set_num_threads(1)
SAMPLE = resources_dir() / "samples" / "emg_recording.edf"
RATE_HZ = 10000.0


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine("cpu")


@pytest.fixture(scope="module")
def sample(engine) -> Reading:
    return engine.read(open_study(SAMPLE))


def study_of(*channels: np.ndarray, unit: str = "uV", rate_hz: float = RATE_HZ, assumed: bool = False) -> Study:
    wave = Waveform(
        np.stack(channels).astype(np.float32),
        rate_hz,
        tuple(f"EMG {i + 1}" for i in range(len(channels))),
        (unit,) * len(channels),
        assumed,
    )
    return Study(Source(Path("made"), "0" * 64, "array"), Kind.EMG_TRACE, KindFrom.FILE, wave)


@cache
def simulated(generator: str, seed: int = 1, length_s: float = 6.0) -> np.ndarray:
    draw = Draw(np.random.default_rng(seed), "train")
    return simulate_mixture(draw, [generator], RATE_HZ, length_s).samples_uv


def codes(reading: Reading) -> set[str]:
    return {note.code for note in reading.warnings}


def test_the_sample_holds_fibrillations_and_sharp_waves(sample):
    assert sample.predicted in ("PSW", "Fibs")
    assert {f.label for f in sample.findings if f.positive} >= {"PSW", "Fibs"}
    large = {t.label for t in sample.trains if t.events >= 20}
    assert large == {"PSW", "Fibs"}
    assert all(f.spans for f in sample.findings if f.label != "Others")
    assert len(sample.events) == sum(t.events for t in sample.trains) + sum(e.train is None for e in sample.events)


def test_the_reading_is_valid_json_and_comes_back(sample):
    value = to_json(sample)
    jsonschema.validate(value, json.loads(SCHEMA_FILE.read_text("utf-8")))
    back = from_json(json.loads(json.dumps(value)))
    assert back.events == sample.events
    assert back.trains == sample.trains


def test_the_text_tells_trains_with_rate_and_regularity(sample):
    text = as_text(sample)
    assert f"{len(sample.events)} events" in text
    assert "interval CV" in text
    assert max(len(line) for line in text.splitlines() if "operating point" in line) < 250


def test_a_marked_span_is_read_by_itself_in_the_recordings_time(engine):
    reading = engine.read(open_study(SAMPLE), region=Region(start_s=4.0, end_s=7.0))
    assert reading.events
    assert all(4.0 <= e.time_s <= 7.0 for e in reading.events)
    assert reading.region == Region(start_s=4.0, end_s=7.0)


def test_channels_are_read_each_by_itself(engine):
    one, two = simulated("fibrillation"), simulated("normal MUAP")
    reading = engine.read(study_of(one, two))
    assert "several-channels" in codes(reading)
    alone = engine.read(study_of(one))
    assert [e.time_s for e in reading.events if e.channel == "EMG 1"] == [e.time_s for e in alone.events]
    assert {e.channel for e in reading.events} == {"EMG 1", "EMG 2"}
    assert len({t.train for t in reading.trains}) == len(reading.trains)


def test_a_quiet_baseline_is_no_class(engine):
    reading = engine.read(study_of(np.random.default_rng(0).normal(0, 4, 60000)))
    assert reading.abstained
    assert reading.predicted is None
    assert not reading.findings
    assert "no-event" in codes(reading)


def test_a_clipped_trace_gets_no_confident_class(engine):
    samples = simulated("positive sharp wave")
    limit = 0.4 * np.abs(samples).max()
    reading = engine.read(study_of(np.clip(samples, -limit, limit)))
    assert "clipped" in codes(reading)
    assert reading.predicted == "uncertain"
    assert not any(f.positive for f in reading.findings)


def test_sharp_waves_upside_down_get_no_confident_class(engine):
    reading = engine.read(study_of(-simulated("positive sharp wave")))
    assert "polarity-doubted" in codes(reading)
    assert reading.predicted == "uncertain"


def test_unknown_scale_is_said_and_the_events_are_the_same(engine):
    samples = simulated("fibrillation")
    known, unknown = engine.read(study_of(samples)), engine.read(study_of(samples / 3276.8, unit=""))
    assert "scale-unknown" in codes(unknown)
    assert len(unknown.events) == len(known.events)
    # a fibrillation and a motor unit of the same shape differ in size: without a scale no class is sure
    assert (known.predicted, unknown.predicted) == ("Fibs", "uncertain")
    assert not any(f.positive for f in unknown.findings)


def test_fibrillations_of_millivolts_are_no_fibrillations(engine):
    samples = simulated("fibrillation")
    plain = engine.read(study_of(samples))
    large = engine.read(study_of(samples * (20_000 / np.ptp(samples))))  # 20 mV, and published ones stay under 1 mV
    assert "scale-implausible" not in codes(plain)
    assert "scale-implausible" in codes(large)
    assert large.predicted == "uncertain"
    assert len(large.events) == len(plain.events)


def test_a_rate_that_is_assumed_leaves_no_class_sure(engine):
    reading = engine.read(study_of(simulated("fibrillation"), assumed=True))
    assert "rate-assumed" in codes(reading)
    assert reading.predicted == "uncertain"


@pytest.mark.parametrize(("rate_hz", "code"), [(1000.0, "rate-unsuitable"), (3000.0, "rate-low")])
def test_sampling_rates_too_low(engine, rate_hz, code):
    reading = engine.read(study_of(simulated("fibrillation")[: int(2 * rate_hz)], rate_hz=rate_hz))
    assert code in codes(reading)
    assert reading.abstained or code == "rate-low"


def test_a_flat_channel_is_refused(engine):
    assert "no-signal" in codes(engine.read(study_of(np.full(20000, 7.0))))


def test_hum_is_said(engine):
    samples = simulated("fibrillation")
    t = np.arange(len(samples)) / RATE_HZ
    reading = engine.read(study_of(samples + 60 * np.sin(2 * np.pi * 50 * t)))
    assert "mains" in codes(reading)
    assert len(reading.events) == pytest.approx(len(engine.read(study_of(samples)).events), abs=3)


def test_gaps_hold_no_events(engine):
    samples = simulated("normal MUAP").copy()
    samples[20000:30000] = np.nan
    reading = engine.read(study_of(samples))
    assert not [e for e in reading.events if 2.0 <= e.time_s < 3.0]
    assert "gaps" in codes(reading)


def test_reading_stops_when_it_is_cancelled_and_tells_its_progress(engine):
    study, cancel, told = study_of(simulated("fibrillation", 2, 45.0)), threading.Event(), []

    def progress(name: str, share: float) -> None:
        told.append(share)
        if share > 0.4:
            cancel.set()

    with pytest.raises(Cancelled):
        engine.read(study, cancel=cancel, progress=progress)
    assert told == sorted(told)
    assert 0.4 < told[-1] < 0.8


def test_a_long_recording_is_read_as_its_parts_are(engine):
    """Pieces and their seams leave no event out and none twice."""
    part = simulated("fibrillation", 3, 30.0)
    reading = engine.read(study_of(part))
    times = np.array([e.time_s for e in reading.events])
    assert np.diff(times).min() > 0.002
    draw = Draw(np.random.default_rng(3), "train")
    truth = simulate_mixture(draw, ["fibrillation"], RATE_HZ, 30.0).events
    assert len(times) == pytest.approx(len(truth), abs=max(2, 0.05 * len(truth)))


def test_infinite_samples_are_gaps(engine):
    samples = simulated("normal MUAP").copy()
    samples[100] = np.inf
    reading = engine.read(replace(study_of(samples)))
    assert np.isfinite([e.time_s for e in reading.events]).all()
