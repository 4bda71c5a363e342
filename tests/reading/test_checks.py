"""Checks of recordings: each condition alone, by its code."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.reading.small import film, study_of
from viewer.formats import open_study
from viewer.models.card import Card, read_card
from viewer.reading.checks import check_study, conflicts
from viewer.reading.values import Finding
from viewer.resources import resources_dir
from viewer.study import TWELVE_LEADS, Image, Kind, Waveform

RATE = 250.0


@pytest.fixture
def any_card(chest_bundle: Path) -> Card:
    return replace(read_card(chest_bundle), validated=True)


def beats(duration_s: float = 10.0, rate_hz: float = RATE) -> np.ndarray:
    """Twelve leads with a spike of 1 mV a second; limb leads as Einthoven and Goldberger say."""
    rng = np.random.default_rng(1)
    t = np.arange(int(duration_s * rate_hz)) / rate_hz
    spike = np.exp(-(((t % 1) - 0.5) ** 2) / (2 * 0.01**2))
    one, two = 0.6 * spike, 1.0 * spike
    limb = [one, two, two - one, -(one + two) / 2, one - two / 2, two - one / 2]
    leads = np.stack([*limb, *(spike * k for k in (-0.4, 0.2, 0.6, 1, 0.9, 0.7))])
    return (leads + rng.normal(0, 0.003, leads.shape)).astype(np.float32)


def record(
    samples: np.ndarray, rate_hz: float = RATE, names: tuple = TWELVE_LEADS, unit: str = "mV", **more
) -> Waveform:
    return Waveform(samples, rate_hz, names, (unit,) * len(names), **more)


def outcome(any_card: Card, wave: Waveform, kind: Kind = Kind.ECG_TRACE) -> tuple[list[str], list[str]]:
    checks = check_study(study_of(wave, kind), any_card)
    return [n.code for n in checks.notes], [n.code for n in checks.refusals]


def test_a_good_record_has_nothing_said(any_card):
    assert outcome(any_card, record(beats())) == ([], [])


def test_microvolts_are_understood(any_card):
    assert outcome(any_card, record(beats() * 1000, unit="uV")) == ([], [])


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda s: record(s * 100), "scale-implausible"),
        (lambda s: record(s / 1000), "scale-implausible"),
        (lambda s: record(s[[1, 0, *range(2, 12)]]), "leads-inconsistent"),
        (lambda s: record(s * np.array([-1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1])[:, None]), "leads-swapped"),
        (lambda s: record(np.clip(s, -0.3, 0.3)), "clipped"),
        (lambda s: record(s[:10], names=TWELVE_LEADS[:10]), "lead-missing"),
        (lambda s: record(s, rate_assumed=True), "rate-assumed"),
        (lambda s: record(s, unit=""), "scale-unknown"),
        (lambda s: record(s[:, :1000]), "short-recording"),
        (lambda s: record(np.repeat(s, 1, axis=1)[:, ::3], rate_hz=RATE / 3), "rate-low"),
        (lambda s: record(np.where(np.arange(2500) < 250, np.nan, s)), "gaps"),
        (lambda s: record(np.concatenate([s[:11], 0 * s[:1]])), "lead-flat"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_reason_for_care(any_card, change, code):
    notes, refusals = outcome(any_card, change(beats()))
    assert code in notes
    assert refusals == []


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda s: record(s[:, :250]), "too-short"),
        (lambda s: record(s[:, ::10], rate_hz=25.0), "rate-unsuitable"),
        (lambda s: record(s * 0), "no-signal"),
        (lambda s: record(s * np.nan), "no-signal"),
        (lambda s: record(s[:, :0]), "no-signal"),
        (lambda s: record(s[:1], names=("II",)), "lead-missing"),
    ],
    ids=["too short", "too slow", "flat", "gaps only", "no samples", "one lead"],
)
def test_a_reason_not_to_read(any_card, change, code):
    assert code in outcome(any_card, change(beats()))[1]


def test_an_emg_recording_is_not_held_to_ecg_rules(any_card):
    noise = np.random.default_rng(0).normal(0, 5, (1, 20000)).astype(np.float32)
    wave = record(noise, 10000.0, ("EMG 1",), "uV")
    assert outcome(any_card, wave, Kind.EMG_TRACE) == ([], [])
    clipped = record(np.clip(noise, -6, 6), 10000.0, ("EMG 1",), "uV")
    assert outcome(any_card, clipped, Kind.EMG_TRACE) == (["clipped"], [])


def test_a_saturated_and_a_small_film(any_card):
    black = film(300, 300).pixels.copy()
    black[:220] = 0
    checks = check_study(study_of(Image(black), Kind.CHEST_XRAY), any_card)
    assert [n.code for n in checks.notes] == ["saturated"]
    small = check_study(study_of(film(150, 180), Kind.CHEST_XRAY), any_card)
    assert [n.code for n in small.notes] == ["small-picture"]


def test_an_inverted_film(any_card):
    """On the sample film bone is bright and air is dark; turned round it is noticed."""
    study = open_study(resources_dir() / "samples" / "chest_film.dcm")
    assert check_study(study, any_card).notes == ()
    wrong = replace(study, content=replace(study.image, inverted=not study.image.inverted))
    assert [n.code for n in check_study(wrong, any_card).notes] == ["polarity-doubted"]


def test_an_unvalidated_model_is_always_said(chest_bundle):
    checks = check_study(study_of(film(), Kind.CHEST_XRAY), read_card(chest_bundle))
    assert [n.code for n in checks.notes] == ["model-unvalidated"]


def test_conflicts():
    healthy, ill = Finding("Normal", 0.9, 0.5), Finding("AF", 0.8, 0.5)
    assert [n.code for n in conflicts((healthy, ill))] == ["conflict"]
    assert "Normal is positive beside AF" in conflicts((healthy, ill))[0].message
    assert conflicts((healthy, Finding("AF", 0.2, 0.5))) == ()
    assert conflicts((Finding("Normal", 0.1, 0.5), ill)) == ()
