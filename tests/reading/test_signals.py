"""Sweeps of pictures drawn here as signals, and what the shipped network says of them beside the one of screens."""

import json
from dataclasses import replace

import jsonschema
import numpy as np
import pytest
import torch

from tests.reading.small import card
from tests.reading.test_waveforms import DARK, LIGHT, WIDTH, screen, sharp_wave, spike
from viewer.errors import BundleError
from viewer.models.bundle import load_bundle, verify_bundle
from viewer.models.card import Beside, read_card
from viewer.models.networks.sweep_signals import SweepSignals
from viewer.models.preprocessing import Extent
from viewer.reading.engine import Engine
from viewer.reading.json_form import SCHEMA_FILE, from_json, to_json
from viewer.reading.signals import GAP, MOST_COLUMNS, Heard, joined, joined_card, judge, padded, signal_input
from viewer.reading.traces import Trace
from viewer.reading.waveform_votes import with_scale
from viewer.reading.waveforms import find_waveforms
from viewer.report.text import as_text
from viewer.resources import resources_dir
from viewer.study import Image, Kind, KindFrom

MODELS = resources_dir() / "models"
SHIPPED = MODELS / "screen-signals"


@pytest.fixture(scope="module")
def shipped():
    return load_bundle(SHIPPED)


def trace(columns, high=20.0, at=30):
    """A sweep that rests at row 100 and goes up once."""
    base = np.full(columns, 100.0)
    top = base.copy()
    top[at : at + 5] -= high
    return Trace(0, base, top, base.copy(), np.ones(columns, int), False, 1.0)


def test_the_bundle_gives_its_golden_output():
    assert verify_bundle(SHIPPED).passed


def test_sweeps_stand_one_after_another_in_units_of_the_largest_deflection():
    rows, factor, starts = signal_input([trace(200, 20.0), trace(300, 40.0)])
    assert factor == 1.0
    assert starts == [0, 200 + GAP]
    assert rows.shape == (8, 500 + 2 * GAP)
    assert rows[6, 30] == pytest.approx(1.0)  # half of the picture's largest, which is 2
    assert rows[6, 200 + GAP + 30] == pytest.approx(2.0)
    assert rows[3, :200].max() == pytest.approx(0.0)  # nothing goes below the baseline
    assert (rows[7] == 1).sum() == 500
    assert not rows[:, 200 : 200 + GAP].any()


def test_more_columns_than_a_picture_may_have_are_shrunk_alike():
    rows, factor, starts = signal_input([trace(6000), trace(6000)])
    assert factor == pytest.approx(MOST_COLUMNS / 12000)
    assert starts[1] == pytest.approx(6000 * factor + GAP, abs=1)
    assert rows.shape[1] <= MOST_COLUMNS + 2 * GAP


def test_what_stands_beside_in_a_batch_does_not_change_what_is_said():
    torch.manual_seed(1)
    network = SweepSignals(3).eval()
    short, long = signal_input([trace(200)])[0], signal_input([trace(900), trace(900)])[0]
    with torch.inference_mode():
        alone, both = network(padded([short], [2.0])), network(padded([short, long], [2.0, 0.0]))
    assert torch.allclose(alone[0], both[0], atol=0.05)


def test_both_networks_are_heard_in_the_weights_that_the_card_gives():
    own = replace(read_card(MODELS / "emg-screens"), temperature=(2.0,) * 3)
    logits = torch.log(torch.tensor([[0.8, 0.1, 0.1], [0.8, 0.1, 0.1]]))
    heard = Heard(
        torch.log(torch.tensor([[0.2, 0.6, 0.2], [0.2, 0.6, 0.2]])), np.array([True, False]), np.zeros((0, 3))
    )
    how = Beside(own.weights_sha256, (0.5, 0.5), 1.0, {"PSW": 0.9, "Fibs": 0.8, "Others": 0.5}, 0.7)
    both, alone = joined(logits, own, heard, how).exp()
    first = np.sqrt((0.8 / 0.2) * (0.2 / 0.8))  # odds of PSW against the rest: 4 and 1/4
    second = np.sqrt((0.1 / 0.1) * (0.6 / 0.2))  # of Fibs against Others: 1 and 3
    p, q = first / (1 + first), second / (1 + second)
    assert both.numpy() == pytest.approx([p, (1 - p) * q, (1 - p) * (1 - q)], abs=1e-6)
    calibrated = np.sqrt([0.8, 0.1, 0.1])
    assert alone.numpy() == pytest.approx(calibrated / calibrated.sum(), abs=1e-6)
    together = joined_card(own, how)
    assert together.temperature == (1.0, 1.0, 1.0)
    assert together.operating_points["Fibs"] == 0.8
    assert together.uncertain_below == 0.7


@pytest.mark.parametrize("look", [DARK, LIGHT], ids=["dark", "light"])
@pytest.mark.parametrize("grid", [True, False], ids=["grid", "plain"])
@pytest.mark.parametrize("label", ["PSW", "Fibs"])
def test_waves_of_known_length_are_told_in_whatever_colours(shipped, look, grid, label):
    if label == "PSW":  # at 4.5 pixels a millisecond: falls at once, returns over 15 ms and more
        rows = [sum(sharp_wave(WIDTH, at + more, 55.0, 100.0) for at in (90, 390, 690)) for more in (0, 60)]
    else:  # two phases of 2.5 ms together, 120 ms apart
        rows = [sum(spike(WIDTH, at + more, 45.0, 8.0) for at in (200, 740)) for more in (0, -70)]
    found = find_waveforms(screen(rows, look, grid))
    heard = judge(shipped, found, False, [4.5])
    assert shipped.card.classes[int(heard.logits[0].argmax())] == label
    assert heard.waveforms.shape == (len(found.waveforms), 3)
    assert np.mean(heard.waveforms.argmax(1) == shipped.card.classes.index(label)) > 0.5


def test_each_panel_of_a_sheet_is_judged_by_its_own_sweeps(shipped):
    found = find_waveforms(screen([sharp_wave(WIDTH, 300, 55.0, 100.0)]))
    (sweep,) = found.sweeps
    two = replace(found, panels=found.panels * 2, sweeps=(sweep, replace(sweep, panel=-1)))
    heard = judge(shipped, two, True, [None, None])
    assert heard.there.tolist() == [True, False]
    assert not heard.logits[1].any()
    alone = judge(shipped, found, False, [None])
    assert torch.allclose(heard.logits[0], alone.logits[0], atol=1e-5)


def test_a_network_with_other_weights_than_those_weighed_reads_alone(tmp_path):
    for name in ("emg-screens", "screen-signals"):
        (tmp_path / name).symlink_to(MODELS / name)
    engine = Engine("cpu", [tmp_path])
    own = read_card(MODELS / "emg-screens")
    assert engine._signals(own) is not None
    assert engine._signals(replace(own, weights_sha256="0" * 64)) is None


def test_a_reading_says_what_both_make_of_it():
    picture = screen([sharp_wave(WIDTH, at, 55.0, 100.0) for at in (200, 500)])
    from tests.reading.small import study_of

    study = replace(study_of(Image(picture), Kind.EMG_IMAGE), kind_from=KindFrom.PERSON)
    reading = Engine("cpu", [MODELS]).read(study)
    beside = read_card(SHIPPED).beside["emg-screens"]
    assert {f.label: f.threshold for f in reading.findings} == beside.operating_points
    assert max(reading.findings, key=lambda f: f.probability).label == "PSW"
    assert sum(f.probability for f in reading.findings) == pytest.approx(1, abs=1e-3)
    # which weights it came from is told wherever the reading goes: scripts, page, clipboard
    (heard,) = reading.model.beside
    assert (heard.id, heard.sha256) == ("screen-signals", read_card(SHIPPED).weights_sha256)
    value = to_json(reading)
    jsonschema.validate(value, json.loads(SCHEMA_FILE.read_text("utf-8")))
    assert from_json(value).model == reading.model
    assert f"emg-screens {reading.model.version} with screen-signals {heard.version}" in as_text(reading)


@pytest.mark.parametrize(
    "wrong", [{"shares": [0.2, 1.5]}, {"shares": [0.5]}, {"temperature": 0.0}, {"operating_points": {"PSW": 0.5}}]
)
def test_a_card_that_weighs_wrongly_is_refused(make_bundle, wrong):
    right = {"sha256": "a", "shares": [0.5, 0.5], "temperature": 1.0, "uncertain_below": 0.5}
    right["operating_points"] = dict.fromkeys(("PSW", "Fibs", "Others"), 0.5)
    content = card("own-signals", Kind.EMG_IMAGE, ["PSW", "Fibs", "Others"]) | {
        "beside": {"emg-screens": right | wrong}
    }
    torch.manual_seed(1)
    with pytest.raises(BundleError, match="incomplete"):
        make_bundle(content, SweepSignals(3), (9, 1, 128))


def test_a_part_without_a_scale_stands_beside_one_with_it():
    bundle = load_bundle(MODELS / "emg-screens")
    extents = [Extent(0, 0, 528, 384)] * 2
    inputs = torch.zeros(2, 1, 384, 528)
    told = with_scale(bundle, inputs, extents, [4.0, None])
    assert told.shape == with_scale(bundle, inputs, extents, [None, None]).shape == (2, 2, 384, 528)
    assert told[0, 1].min() > 0
    assert not told[1, 1].any()
    with torch.inference_mode():  # a plane of nothing is no plane
        assert torch.allclose(bundle.network(told)[1], bundle.network(inputs)[1], atol=1e-4)
