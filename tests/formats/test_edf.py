"""EDF, EDF+ and BDF written by edfio, and headers as devices really write them."""

import datetime

import edfio
import numpy as np
import pytest

from viewer.formats import open_study
from viewer.study import Kind

RNG = np.random.default_rng(7)


def signal(values, rate=1000, label="EMG biceps", unit="uV", span=(-1000, 1000)):
    return edfio.EdfSignal(
        np.asarray(values, float),
        rate,
        label=label,
        physical_dimension=unit,
        physical_range=span,
        prefiltering="HP:20Hz LP:10kHz",
    )


def plain_header(channels, records, record_s="1", reserved="", patient="X X X X", date="02.03.21", count=None):
    """Write an EDF header by hand, as devices do. ``channels``: (label, unit, pmin, pmax, dmin, dmax, samples)."""
    n = len(channels)
    head = f"{'0':<8}{patient:<80}{'Startdate X X X X':<80}{date:<8}{'04.05.06':<8}{256 * (n + 1):<8}{reserved:<44}"
    head += f"{records:<8}{record_s:<8}{n if count is None else count:<4}"
    columns = list(zip(*channels, strict=True)) if channels else [()] * 7
    for values, width in zip(columns[:1], (16,), strict=True):
        head += "".join(f"{value:<{width}}" for value in values)
    head += " " * 80 * n
    for values in columns[1:6]:
        head += "".join(f"{value:<8}" for value in values)
    head += " " * 80 * n + "".join(f"{value:<8}" for value in columns[6]) + " " * 32 * n
    return head.encode("latin-1")


def test_samples_rate_unit_and_names(tmp_path):
    values = RNG.uniform(-900, 900, 5000)
    edfio.Edf([signal(values, 5000)]).write(tmp_path / "a.edf")
    study = open_study(tmp_path / "a.edf")
    assert study.waveform.rate_hz == 5000
    assert study.waveform.units == ("uV",)
    assert study.waveform.channels == ("EMG biceps",)
    assert study.waveform.samples[0] == pytest.approx(values, abs=2000 / 65535)
    assert study.kind is Kind.EMG_TRACE
    assert study.waveform.samples == pytest.approx(edfio.read_edf(tmp_path / "a.edf").signals[0].data[None], abs=1e-4)


def test_ecg_leads_lose_their_signal_type(tmp_path):
    edfio.Edf(
        [signal(np.zeros(1000), label="ECG II", unit="mV"), signal(np.zeros(1000), label="ECG aVR", unit="mV")]
    ).write(tmp_path / "a.edf")
    study = open_study(tmp_path / "a.edf")
    assert study.waveform.channels == ("II", "aVR")
    assert study.kind is Kind.ECG_TRACE


def test_a_sleep_recording_is_neither(tmp_path):
    labels = ("EEG Fpz-Cz", "EOG horizontal", "EMG submental", "ECG")
    edfio.Edf([signal(np.zeros(100), 100, label) for label in labels]).write(tmp_path / "a.edf")
    assert open_study(tmp_path / "a.edf").kind is Kind.UNKNOWN


def test_a_date_that_is_not_known_is_not_the_first_of_january_1985(tmp_path):
    edfio.Edf([signal(np.zeros(1000))]).write(tmp_path / "a.edf")
    assert open_study(tmp_path / "a.edf").acquisition.taken is None


def test_patient_and_date(tmp_path):
    edfio.Edf(
        [signal(np.zeros(1000))],
        patient=edfio.Patient(code="A1", sex="F", birthdate=datetime.date(1990, 5, 2), name="Ute_Muster"),
        recording=edfio.Recording(startdate=datetime.date(2020, 5, 2), equipment_code="NeedleBox"),
        starttime=datetime.time(9, 30, 1),
    ).write(tmp_path / "a.edf")
    study = open_study(tmp_path / "a.edf")
    assert study.patient.name == "Ute Muster"
    assert (study.patient.identifier, study.patient.sex) == ("A1", "F")
    assert study.patient.age_years == pytest.approx(30, abs=0.01)
    assert study.acquisition.taken == datetime.datetime(2020, 5, 2, 9, 30, 1)
    assert study.acquisition.device == "NeedleBox"


def test_several_rates_are_brought_to_the_highest(tmp_path, codes):
    fast, slow = RNG.uniform(-900, 900, 4000), np.linspace(-500, 500, 400)
    edfio.Edf([signal(slow, 100, "RESP"), signal(fast, 1000)]).write(tmp_path / "a.edf")
    study = open_study(tmp_path / "a.edf")
    assert study.waveform.rate_hz == 1000
    assert study.waveform.samples.shape == (2, 4000)
    assert study.waveform.samples[0, ::10] == pytest.approx(slow, abs=0.05)
    assert study.waveform.samples[0, 5] == pytest.approx((slow[0] + slow[1]) / 2, abs=0.05)
    assert "rates-unified" in codes(study)


def test_bdf(tmp_path):
    values = RNG.uniform(-900, 900, 2000)
    edfio.Bdf(
        [edfio.BdfSignal(values, 2000, label="EMG 1", physical_dimension="uV", physical_range=(-1000, 1000))]
    ).write(tmp_path / "a.bdf")
    study = open_study(tmp_path / "a.bdf")
    assert study.waveform.samples[0] == pytest.approx(values, abs=1e-3)
    assert study.source.format == "edf"


def edf_d(tmp_path, starts):
    """Two signals of 4 samples a record of 1 s, and the records' own times in an annotation channel."""
    channels = [
        ("EMG", "uV", "-100", "100", "-100", "100", "4"),
        ("EDF Annotations", "", "-1", "1", "-32768", "32767", "8"),
    ]
    data = b""
    for i, start in enumerate(starts):
        data += np.array([i * 10, i * 10 + 1, i * 10 + 2, i * 10 + 3], "<i2").tobytes()
        data += f"+{start}\x14\x14\0".encode().ljust(16, b"\0")
    (tmp_path / "d.edf").write_bytes(plain_header(channels, len(starts), reserved="EDF+D") + data)
    return tmp_path / "d.edf"


def test_gaps_of_a_discontinuous_recording_are_kept(tmp_path, codes):
    study = open_study(edf_d(tmp_path, ["0", "1", "3.5"]))
    wave = study.waveform
    assert wave.channels == ("EMG",)
    assert wave.samples.shape == (1, 18)
    assert wave.samples[0, :8].tolist() == [0, 1, 2, 3, 10, 11, 12, 13]
    assert np.isnan(wave.samples[0, 8:14]).all()
    assert wave.samples[0, 14:].tolist() == [20, 21, 22, 23]
    assert "gaps" in codes(study)


def test_discontinuous_without_interruption_has_no_gap(tmp_path, codes):
    study = open_study(edf_d(tmp_path, ["0", "1", "2"]))
    assert study.waveform.samples.shape == (1, 12)
    assert "gaps" not in codes(study)


def test_records_far_apart_ask_for_no_memory(tmp_path, refused):
    refused(edf_d(tmp_path, ["0", "99999999999"]), "too-large")


def test_unknown_count_of_records_and_decimal_commas(tmp_path, codes):
    head = plain_header([("EMG", "uV", "-100,0", "100,0", "-1000", "1000", "4")], -1, "0,5", patient="Müller")
    (tmp_path / "a.edf").write_bytes(head + np.array([0, 500, -500, 1000] * 3, "<i2").tobytes())
    study = open_study(tmp_path / "a.edf")
    assert study.waveform.rate_hz == 8
    assert study.waveform.samples[0, :4].tolist() == [0, 50, -50, 100]
    assert study.patient.name == "Müller"
    assert "header-repaired" in codes(study)


def test_empty_calibration_is_said(tmp_path, codes):
    head = plain_header([("EMG", "", "0", "0", "0", "0", "4")], 1)
    (tmp_path / "a.edf").write_bytes(head + np.array([1, 2, 3, 4], "<i2").tobytes())
    study = open_study(tmp_path / "a.edf")
    assert study.waveform.samples[0].tolist() == [1, 2, 3, 4]
    assert "scale-unknown" in codes(study)


def test_cut_off_recording_is_said(tmp_path, codes):
    edfio.Edf([signal(RNG.uniform(-900, 900, 10000))]).write(tmp_path / "a.edf")
    whole = (tmp_path / "a.edf").read_bytes()
    (tmp_path / "a.edf").write_bytes(whole[:-5000])
    study = open_study(tmp_path / "a.edf")
    assert 0.6 < study.waveform.duration_s / 10 < 0.8
    assert "truncated" in codes(study)


def test_header_alone_is_refused(tmp_path, refused):
    (tmp_path / "a.edf").write_bytes(plain_header([("EMG", "uV", "-1", "1", "-1", "1", "4")], 5))
    refused(tmp_path / "a.edf", "damaged", "cut off")


def test_only_annotations_is_refused(tmp_path, refused):
    head = plain_header([("EDF Annotations", "", "-1", "1", "-32768", "32767", "8")], 1, reserved="EDF+C")
    (tmp_path / "a.edf").write_bytes(head + b"+0\x14\x14".ljust(16, b"\0"))
    refused(tmp_path / "a.edf", "damaged", "only annotations")


@pytest.mark.parametrize("count", ["0", "9999", "-1"])
def test_impossible_count_of_signals(tmp_path, refused, count):
    (tmp_path / "a.edf").write_bytes(plain_header([], 1, count=count) + b"\0" * 100)
    from viewer.errors import FormatError

    with pytest.raises(FormatError) as caught:
        open_study(tmp_path / "a.edf")
    assert caught.value.code in ("damaged", "unrecognised")
    assert len(str(caught.value)) > 20


@pytest.mark.parametrize(("record_s", "low"), [("1e-300", "-1"), ("nan", "-1"), ("1", "nan"), ("1", "-inf")])
def test_numbers_that_make_no_sense(tmp_path, refused, record_s, low):
    head = plain_header([("EMG", "uV", low, "1", "-1", "1", "4")], 1, record_s)
    (tmp_path / "a.edf").write_bytes(head + b"\0" * 8)
    refused(tmp_path / "a.edf", "damaged", "export it again")


def test_no_duration(tmp_path, refused):
    head = plain_header([("EMG", "uV", "-1", "1", "-1", "1", "4")], 1, "0")
    (tmp_path / "a.edf").write_bytes(head + b"\0" * 8)
    refused(tmp_path / "a.edf", "damaged", "no sampling rate")
