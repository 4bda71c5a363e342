"""The values that everything passes round."""

from pathlib import Path

import numpy as np
import pytest

from viewer.study import Image, Kind, KindFrom, Patient, Region, Source, Study, Waveform, normal_lead_name


def study(content):
    return Study(Source(Path("a.png"), "0" * 64, "png"), Kind.UNKNOWN, KindFrom.FILE, content)


@pytest.mark.parametrize(
    ("spelled", "usual"),
    [("AVR", "aVR"), ("avl", "aVL"), ("Lead II", "II"), ("ECG V1", "V1"), ("MDC_ECG_LEAD_aVF", "aVF"), ("DIII", "III")],
)
def test_leads_are_spelled_as_cardiologists_spell_them(spelled, usual):
    assert normal_lead_name(spelled) == usual


def test_a_channel_that_is_no_lead_keeps_its_name():
    assert normal_lead_name("EMG 1 ") == "EMG 1"


def test_inverted_avr_is_not_avr():
    assert normal_lead_name("-aVR") == "-aVR"


def test_lead_is_given_in_millivolt():
    wave = Waveform(np.array([[1000.0, -500.0]], np.float32), 500, ("II",), ("uV",))
    assert wave.lead("II") == pytest.approx([1.0, -0.5])


def test_lead_of_unknown_unit_is_not_given():
    wave = Waveform(np.zeros((1, 10), np.float32), 500, ("II",), ("",))
    assert wave.lead("II") is None


def test_samples_cannot_be_changed():
    wave = Waveform(np.zeros((1, 10), np.float32), 500, ("II",), ("mV",))
    with pytest.raises(ValueError, match="read-only"):
        wave.samples[0, 0] = 1


@pytest.mark.parametrize("rate", [0, -1, float("nan")])
def test_a_rate_must_be_positive(rate):
    with pytest.raises(ValueError, match="sampling rate"):
        Waveform(np.zeros((1, 10), np.float32), rate, ("II",), ("mV",))


def test_a_region_of_a_recording_is_cut_to_its_samples():
    wave = Waveform(np.arange(1000, dtype=np.float32)[None], 100, ("II",), ("mV",))
    part = Region(start_s=2.0, end_s=3.5).crop(study(wave)).waveform
    assert part.samples.shape == (1, 150)
    assert part.samples[0, 0] == 200


def test_a_region_of_a_picture_stays_inside_it():
    picture = Image(np.arange(100 * 50, dtype=np.uint16).reshape(100, 50))
    part = Region(x=40, y=-5, w=100, h=30).crop(study(picture)).image
    assert part.pixels.shape == (25, 10)
    assert part.pixels[0, 0] == 40


def test_a_region_of_nothing_is_refused():
    with pytest.raises(ValueError, match="smaller"):
        Region(x=0, y=0, w=2, h=2).crop(study(Image(np.zeros((10, 10), np.uint8))))


@pytest.mark.parametrize(("age", "child"), [(17.9, True), (18, False), (None, False)])
def test_a_child_is_under_eighteen(age, child):
    assert Patient(age_years=age).is_child is child
