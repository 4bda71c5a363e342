"""The engine through its whole way, with small bundles."""

import json
import threading
from dataclasses import replace
from datetime import date

import jsonschema
import numpy as np
import pytest
import torch

from tests.reading.small import TinyPicture, TinyTime, card, film, study_of
from viewer.errors import BundleError, Cancelled
from viewer.reading.engine import Engine
from viewer.reading.json_form import SCHEMA_FILE, from_json, to_json, to_line
from viewer.study import TWELVE_LEADS, Image, Kind, KindFrom, Patient, Region, Waveform

SCHEMA = json.loads(SCHEMA_FILE.read_text("utf-8"))


def codes(reading):
    return [note.code for note in reading.warnings]


def valid(reading):
    """The reading, once its JSON has been found valid and complete."""
    value = json.loads(to_line(to_json(reading)))
    jsonschema.validate(value, SCHEMA)
    back = from_json(value)
    assert to_json(back) == to_json(reading)
    return reading


@pytest.fixture
def engine(models):
    return Engine("cpu", [models])


def ecg(duration_s=10.0, rate_hz=100.0, seed=0, leads=TWELVE_LEADS):
    rng = np.random.default_rng(seed)
    samples = rng.normal(0, 0.2, (len(leads), int(duration_s * rate_hz))).astype(np.float32)
    return Waveform(samples, rate_hz, tuple(leads), ("mV",) * len(leads))


@pytest.fixture
def ecg_bundle(make_bundle):
    torch.manual_seed(2)
    content = card("ecg-records", Kind.ECG_TRACE, ["AF", "Normal"]) | {
        "architecture": {"name": "test-time", "arguments": {"classes": 2, "steps": 400, "pooled": True}},
        "preprocessing": {"name": "test-windows", "arguments": {"window_s": 4.0, "rate_hz": 100.0}},
        "operating_points": {"AF": 0.0, "Normal": 1.0},
    }
    return make_bundle(content, TinyTime(2, steps=400, pooled=True), (12, 400))


def test_a_film_is_read(engine, chest_bundle):
    reading = valid(engine.read(study_of(film(), Kind.CHEST_XRAY)))
    assert [f.label for f in reading.findings] == ["Effusion", "Mass", "No Finding"]
    assert all(f.positive == (f.probability >= f.threshold) for f in reading.findings)
    assert reading.model.id == "chest-films"
    assert (reading.device, reading.precision, reading.abstained) == ("cpu", "float32", False)
    assert "model-unvalidated" in codes(reading)
    assert [m.label for m in reading.maps] == ["Effusion", "Mass", "No Finding"]
    assert reading.maps[0].values.shape == (16, 16)


def test_probabilities_are_those_of_the_network(engine, chest_bundle):
    from viewer.models.bundle import load_bundle
    from viewer.models.preprocessing import prepare

    study = study_of(film(), Kind.CHEST_XRAY)
    bundle = load_bundle(chest_bundle)
    inputs = prepare("picture", bundle.card.preprocessing_arguments, study).inputs
    with torch.inference_mode():
        expected = bundle.network(inputs).sigmoid()[0]
    read = [f.probability for f in engine.read(study).findings]
    assert read == pytest.approx(expected.tolist(), abs=1e-5)


def test_temperature_softmax_and_uncertain(engine, make_bundle):
    torch.manual_seed(0)
    content = card("emg-screens", Kind.EMG_IMAGE, ["PSW", "Fibs", "Others"], exclusive=True, uncertain_below=0.9)
    make_bundle(content | {"calibration": {"temperature": 100.0}}, TinyPicture(3), (1, 64, 64))
    reading = valid(engine.read(study_of(film(), Kind.EMG_IMAGE)))
    assert sum(f.probability for f in reading.findings) == pytest.approx(1, abs=1e-5)
    assert max(f.probability for f in reading.findings) < 0.36
    assert (reading.exclusive, reading.predicted) == (True, "uncertain")


def test_a_long_recording_gives_each_class_its_highest_window_and_one_map(engine, ecg_bundle):
    study = study_of(ecg(30.0), Kind.ECG_TRACE)
    reading = valid(engine.read(study))
    windows = [
        engine.read(study, region=Region(start_s=s, end_s=s + 4.0)).findings[0].probability for s in range(0, 27, 2)
    ]
    assert reading.findings[0].probability == pytest.approx(max(windows), abs=1e-5)
    (af, _) = reading.maps
    assert (af.start_s, af.end_s) == (0.0, 30.0)
    assert af.values.shape == (750,)
    assert all(0 <= s.start_s < s.end_s <= 30 and s.channel is None for s in reading.findings[0].spans)


def test_a_region_is_read_by_itself_and_its_places_are_those_of_the_whole(engine, chest_bundle):
    whole = film(400, 400)
    region = Region(x=100, y=200, w=120, h=120)
    part = Image(whole.pixels[200:320, 100:220].copy())
    reading = valid(engine.read(study_of(whole, Kind.CHEST_XRAY), region=region))
    alone = engine.read(study_of(part, Kind.CHEST_XRAY))
    assert [f.probability for f in reading.findings] == [f.probability for f in alone.findings]
    heat = reading.maps[0]
    assert (heat.x, heat.y, heat.w, heat.h) == (100, 200, 120, 120)
    for finding in reading.findings:
        for box in finding.boxes:
            assert 100 <= box.x <= box.x + box.w <= 220.01
            assert 200 <= box.y <= box.y + box.h <= 320.01


def test_a_kind_without_a_model_abstains_with_the_reason(engine):
    reading = valid(engine.read(study_of(film(), Kind.CHEST_XRAY)))
    assert (reading.abstained, reading.model, reading.findings) == (True, None, ())
    assert "no-model" in codes(reading)


def test_a_person_overrules_and_is_warned(engine, chest_bundle):
    reading = valid(engine.read(study_of(film(), Kind.ECG_IMAGE), kind=Kind.CHEST_XRAY))
    assert (reading.kind, reading.kind_from, reading.abstained) == (Kind.CHEST_XRAY, KindFrom.PERSON, False)
    assert "kind-overruled" in codes(reading)
    agreed = valid(engine.read(study_of(film(), Kind.CHEST_XRAY), kind=Kind.CHEST_XRAY))
    assert "kind-overruled" not in codes(agreed)
    assert agreed.kind_from == KindFrom.PERSON


def test_a_picture_is_not_read_as_a_recording(engine, ecg_bundle):
    reading = valid(engine.read(study_of(film()), kind=Kind.ECG_TRACE))
    assert reading.abstained
    assert "kind-impossible" in codes(reading)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"view": "LATERAL"}, "view-unsuitable"),
        ({"view": "LL"}, "view-unsuitable"),
        ({"modality": "CT"}, "modality-unsuitable"),
        ({"modality": "MR"}, "modality-unsuitable"),
    ],
)
def test_what_the_network_was_not_trained_on_is_abstained_from(engine, chest_bundle, changes, code):
    reading = valid(engine.read(study_of(film(), Kind.CHEST_XRAY, **changes)))
    assert reading.abstained
    assert reading.findings == ()
    assert reading.model is not None
    assert code in codes(reading)


@pytest.mark.parametrize(
    ("pixels", "code"),
    [(np.full((300, 300), 128, np.uint8), "blank"), (film(40, 300).pixels, "too-small")],
    ids=["blank", "small"],
)
def test_nothing_to_read_is_abstained_from(engine, chest_bundle, pixels, code):
    reading = valid(engine.read(study_of(Image(pixels), Kind.CHEST_XRAY)))
    assert reading.abstained
    assert code in codes(reading)


def test_a_child_and_an_ap_film_are_noted(engine, chest_bundle):
    child = Patient(birth_date=date(2020, 1, 1), age_years=6.0)
    reading = valid(engine.read(study_of(film(), Kind.CHEST_XRAY, patient=child, view="AP")))
    assert not reading.abstained
    assert {"child", "view-ap"} <= set(codes(reading))


def test_maps_that_are_not_faithful_are_not_shown(engine, make_bundle):
    content = card("chest-films", Kind.CHEST_XRAY, ["Effusion"], operating_points={"Effusion": 0.0})
    content["maps"] = {"faithful": False, "note": "they do not change when the weights are shuffled"}
    make_bundle(content, TinyPicture(1), (1, 64, 64))
    reading = valid(engine.read(study_of(film(), Kind.CHEST_XRAY)))
    assert reading.maps == ()
    assert reading.findings[0].positive
    assert reading.findings[0].boxes == ()
    assert "shuffled" in next(n.message for n in reading.warnings if n.code == "maps-not-shown")


def test_no_finding_beside_a_finding_is_a_conflict(engine, make_bundle):
    content = card("chest-films", Kind.CHEST_XRAY, ["Mass", "No Finding"])
    make_bundle(content | {"operating_points": {"Mass": 0.0, "No Finding": 0.0}}, TinyPicture(2), (1, 64, 64))
    reading = valid(engine.read(study_of(film(), Kind.CHEST_XRAY)))
    assert codes(reading).count("conflict") == 1
    assert reading.findings[1].boxes == ()


def test_cancelled_between_batches(engine, ecg_bundle, monkeypatch):
    monkeypatch.setattr("viewer.reading.engine.BATCH", 1)
    cancel, seen = threading.Event(), []

    def progress(stage, share):
        seen.append((stage, share))
        if stage == "network" and share > 0.5:
            cancel.set()

    with pytest.raises(Cancelled):
        engine.read(study_of(ecg(30.0), Kind.ECG_TRACE), cancel=cancel, progress=progress)
    assert seen[-1][0] == "network"
    assert [share for _, share in seen] == sorted(share for _, share in seen)
    assert not any(stage == "findings" for stage, _ in seen)


def test_the_least_recently_used_network_is_unloaded(engine, make_bundle):
    for kind in (Kind.CHEST_XRAY, Kind.ECG_IMAGE, Kind.EMG_IMAGE):
        make_bundle(card(str(kind), kind, ["A"]), TinyPicture(1), (1, 64, 64))
    size = sum(p.numel() * 4 for p in TinyPicture(1).parameters())
    engine.networks.keep_bytes = 2 * size
    for kind in (Kind.CHEST_XRAY, Kind.ECG_IMAGE, Kind.CHEST_XRAY, Kind.EMG_IMAGE):
        engine.read(study_of(film(), kind))
    assert engine.networks.ids == ["chest-xray", "emg-image"]


def test_out_of_memory_on_the_gpu_falls_back_and_says_so(engine, chest_bundle, monkeypatch):
    def to(self, device=None, **options):
        if str(device) == "cuda":
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")
        return self

    monkeypatch.setattr(TinyPicture, "to", to, raising=False)
    engine.device = "cuda"
    reading = valid(engine.read(study_of(film(), Kind.CHEST_XRAY)))
    assert reading.device == "cpu"
    assert not reading.abstained
    assert "ran out of memory" in next(n.message for n in reading.warnings if n.code == "device-fallback")
    assert (engine.device, engine.device_reason) == ("cpu", "the GPU ran out of memory")


def test_a_device_that_is_not_there_gives_the_cpu_with_the_reason(models, chest_bundle):
    if torch.cuda.is_available():
        pytest.skip("this machine has a working GPU")
    engine = Engine("cuda", [models])
    reading = valid(engine.read(study_of(film(), Kind.CHEST_XRAY)))
    assert reading.device == "cpu"
    assert "device-fallback" in codes(reading)


def test_an_unknown_model_is_an_error_that_names_the_others(engine, chest_bundle):
    with pytest.raises(BundleError, match="chest-films"):
        engine.read(study_of(film(), Kind.CHEST_XRAY), model_id="nothing")


def test_a_model_for_another_kind_abstains(engine, chest_bundle):
    reading = valid(engine.read(study_of(film(), Kind.ECG_IMAGE), model_id="chest-films"))
    assert reading.abstained
    assert "model-unsuitable" in codes(reading)


def test_non_finite_samples_do_not_reach_the_probabilities(engine, ecg_bundle):
    wave = ecg()
    samples = wave.samples.copy()
    samples[:, 100:300] = np.nan
    samples[3] = np.inf
    reading = valid(engine.read(study_of(replace(wave, samples=samples), Kind.ECG_TRACE)))
    assert "gaps" in codes(reading)
    assert all(0 <= f.probability <= 1 for f in reading.findings)
