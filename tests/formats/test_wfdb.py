"""WFDB records written by wfdb, and read against what wfdb itself reads."""

from pathlib import Path

import numpy as np
import pytest
import wfdb

from viewer.formats import open_study
from viewer.study import Kind

pytestmark = pytest.mark.filterwarnings("ignore:The inplace keyword")  # wfdb 4.3 under pandas 3

RNG = np.random.default_rng(5)


def write(folder, name="rec", fmt="16", samples=500, channels=3, rate=500, names=("I", "II", "V1"), unit="mV", **more):
    top = {"8": 100, "80": 100, "212": 2000, "310": 500, "311": 500, "508": 100, "24": 2**22, "32": 2**30}.get(
        fmt, 30000
    )
    wave = np.cumsum(RNG.integers(-3, 4, (samples, channels)), axis=0) % top
    wfdb.wrsamp(
        name,
        fs=rate,
        units=[unit] * channels,
        sig_name=list(names)[:channels],
        d_signal=wave,
        fmt=[fmt] * channels,
        adc_gain=[200.0] * channels,
        baseline=[0] * channels,
        write_dir=str(folder),
        **more,
    )
    return wave


@pytest.mark.parametrize("fmt", ["16", "24", "32", "80", "212", "508", "516", "524"])
@pytest.mark.parametrize("samples", [500, 499, 1])
def test_signal_formats(tmp_path, fmt, samples):
    wave = write(tmp_path, fmt=fmt, samples=samples)
    study = open_study(tmp_path / "rec.hea")
    assert study.waveform.samples.shape == (3, samples)
    assert study.waveform.samples == pytest.approx(wave.T / 200, abs=1e-6 * max(1, wave.max()))
    peer = wfdb.rdrecord(str(tmp_path / "rec")).p_signal
    assert np.allclose(study.waveform.samples, peer.T, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("fmt", ["310", "311"])
@pytest.mark.parametrize("samples", [300, 301, 302])
def test_ten_bit_formats_as_wfdb_reads_them(tmp_path, fmt, samples):
    size = samples // 3 * 4 + {0: 0, 1: 2, 2: 3 if fmt == "311" else 4}[samples % 3]
    data = RNG.integers(0, 256, size, np.uint8)
    data[3::4] &= 0x3F if fmt == "311" else 0xFF  # the two bits that format 311 leaves unused
    (tmp_path / "r.dat").write_bytes(data.tobytes())
    (tmp_path / "r.hea").write_text(f"r 1 100 {samples}\nr.dat {fmt} 100/mV 10 0 0 0 0 II\n")
    peer = wfdb.rdrecord(str(tmp_path / "r")).p_signal[:, 0]
    assert np.allclose(open_study(tmp_path / "r.hea").waveform.samples[0], peer, equal_nan=True)


@pytest.mark.parametrize("fmt", ["61", "160", "8"])
def test_signal_formats_that_wfdb_does_not_write(tmp_path, fmt):
    wave = np.array([[5, -7], [100, 30], [50, -90], [0, 0]], np.int64)
    data = {
        "61": lambda: wave.astype(">i2").tobytes(),
        "160": lambda: (wave + 32768).astype("<u2").tobytes(),
        "8": lambda: np.diff(wave, axis=0, prepend=[[0, 0]]).astype(np.int8).tobytes(),
    }[fmt]()
    (tmp_path / "r.dat").write_bytes(data)
    lines = ["r 2 100 4", f"r.dat {fmt} 100/mV 16 0 0 0 0 I", f"r.dat {fmt} 100/mV 16 0 0 0 0 II"]
    (tmp_path / "r.hea").write_text("\n".join(lines))
    assert open_study(tmp_path / "r.hea").waveform.samples == pytest.approx(wave.T / 100)


def test_first_differences_start_from_the_headers_initial_value(tmp_path):
    """signal(5), format 8: a sample is the sum of the bytes so far and the header's initial value."""
    (tmp_path / "r.dat").write_bytes(np.array([0, 5, -3], np.int8).tobytes())
    (tmp_path / "r.hea").write_text("r 1 100 3\nr.dat 8 100/mV 12 0 1000 0 0 I\n")
    assert open_study(tmp_path / "r.hea").waveform.samples[0] == pytest.approx([10.0, 10.05, 10.02])


@pytest.mark.parametrize("ending", ["hea", "dat"])
def test_any_file_of_the_record_opens_it(tmp_path, ending):
    write(tmp_path)
    study = open_study(tmp_path / f"rec.{ending}")
    assert study.waveform.channels == ("I", "II", "V1")
    assert study.source.path == tmp_path / f"rec.{ending}"
    assert study.kind is Kind.ECG_TRACE


def test_sha256_is_over_header_then_signals(tmp_path):
    import hashlib

    write(tmp_path)
    digest = hashlib.sha256((tmp_path / "rec.hea").read_bytes() + (tmp_path / "rec.dat").read_bytes()).hexdigest()
    assert open_study(tmp_path / "rec.dat").source.sha256 == digest


def test_missing_samples_are_gaps(tmp_path):
    wave = np.array([[1], [-32768], [3]], "<i2")
    (tmp_path / "r.dat").write_bytes(wave.tobytes())
    (tmp_path / "r.hea").write_text("r 1 100 3\nr.dat 16 100/mV 16 0 0 0 0 II\n")
    samples = open_study(tmp_path / "r.hea").waveform.samples[0]
    assert np.isnan(samples).tolist() == [False, True, False]


def test_baseline_and_unit(tmp_path):
    (tmp_path / "r.dat").write_bytes(np.array([1024, 1224], "<i2").tobytes())
    (tmp_path / "r.hea").write_text("r 1 100 2\nr.dat 16 200(1024)/uV 12 0 0 0 0 EMG biceps\n# needle EMG\n")
    study = open_study(tmp_path / "r.hea")
    assert study.waveform.samples[0].tolist() == [0.0, 1.0]
    assert study.waveform.units == ("uV",)
    assert study.kind is Kind.EMG_TRACE


def test_a_header_without_gain_is_said(tmp_path, codes):
    (tmp_path / "r.dat").write_bytes(np.array([0, 200], "<i2").tobytes())
    (tmp_path / "r.hea").write_text("r 1 100 2\nr.dat 16\n")
    study = open_study(tmp_path / "r.hea")
    assert study.waveform.samples[0].tolist() == [0.0, 1.0]
    assert "scale-assumed" in codes(study)


def test_several_rates_are_brought_to_the_highest(tmp_path, codes):
    frames = np.array([[0, 10, 11], [4, 12, 13], [8, 14, 15]], "<i2")
    (tmp_path / "r.dat").write_bytes(frames.tobytes())
    (tmp_path / "r.hea").write_text("r 2 100 3\nr.dat 16 1/mV 16 0 0 0 0 RESP\nr.dat 16x2 1/mV 16 0 0 0 0 II\n")
    study = open_study(tmp_path / "r.hea")
    assert study.waveform.rate_hz == 200
    assert study.waveform.samples[1].tolist() == [10, 11, 12, 13, 14, 15]
    assert study.waveform.samples[0].tolist() == [0, 2, 4, 6, 8, 8]
    assert "rates-unified" in codes(study)


def test_skew_is_undone(tmp_path):
    frames = np.array([[1, 0], [2, 0], [3, 10], [4, 20]], "<i2")
    (tmp_path / "r.dat").write_bytes(frames.tobytes())
    (tmp_path / "r.hea").write_text("r 2 100 4\nr.dat 16 1/mV 16 0 0 0 0 I\nr.dat 16:2 1/mV 16 0 0 0 0 II\n")
    samples = open_study(tmp_path / "r.hea").waveform.samples
    assert samples[0].tolist() == [1, 2, 3, 4]
    assert samples[1, :2].tolist() == [10, 20]
    assert np.isnan(samples[1, 2:]).all()


def test_byte_offset(tmp_path):
    (tmp_path / "r.mat").write_bytes(b"\0" * 24 + np.array([7, 8], "<i2").tobytes())
    (tmp_path / "r.hea").write_text("r 1 100 2\nr.mat 16+24 1/mV 16 0 0 0 0 II\n")
    assert open_study(tmp_path / "r.mat").waveform.samples[0].tolist() == [7, 8]


def test_segments_and_the_gap_between_them(tmp_path, codes):
    write(tmp_path, "s1", samples=10)
    write(tmp_path, "s2", samples=20)
    (tmp_path / "m.hea").write_text("m/3 3 500 35\ns1 10\n~ 5\ns2 20\n")
    study = open_study(tmp_path / "m.hea")
    assert study.waveform.samples.shape == (3, 35)
    gap = np.isnan(study.waveform.samples)
    assert gap[:, 10:15].all()
    assert not gap[:, :10].any()
    assert not gap[:, 15:].any()
    assert "gaps" in codes(study)


def test_variable_layout_puts_signals_by_name(tmp_path):
    write(tmp_path, "s1", samples=10, channels=2, names=("I", "II"))
    wave = write(tmp_path, "s2", samples=10, channels=1, names=("II",))
    lines = ["lay 2 500 0", "~ 0 200/mV 16 0 0 0 0 I", "~ 0 200/mV 16 0 0 0 0 II"]
    (tmp_path / "lay.hea").write_text("\n".join(lines) + "\n")
    (tmp_path / "m.hea").write_text("m/3 2 500 20\nlay 0\ns1 10\ns2 10\n")
    wave2 = open_study(tmp_path / "m.hea").waveform
    assert wave2.channels == ("I", "II")
    assert np.isnan(wave2.samples[0, 10:]).all()
    assert wave2.samples[1, 10:] == pytest.approx(wave[:, 0] / 200)


def test_a_header_as_georgia_writes_it_is_repaired_and_said(tmp_path, codes):
    wave = np.arange(24, dtype="<i2").reshape(12, 2)
    (tmp_path / "E00001.mat").write_bytes(b"\0" * 24 + wave.tobytes())
    lines = ["E00001.mat 2 500 12 05-May-2020 14:50:55"]
    lines += [f"E00001.mat 16+24 1000/mV 16 0 0 0 0 {name}" for name in ("I", "II")]
    (tmp_path / "E00001.hea").write_text("\n".join([*lines, "#Age: 67", "#Sex: Female", "#Dx: 426783006"]) + "\n")
    study = open_study(tmp_path / "E00001.mat")
    assert study.waveform.samples[1] == pytest.approx(wave[:, 1] / 1000)
    assert study.acquisition.taken.isoformat() == "2020-05-05T14:50:55"
    assert (study.patient.age_years, study.patient.sex) == (67, "F")
    assert "header-repaired" in codes(study)


@pytest.mark.parametrize(
    ("date", "iso"),
    [
        ("17:27:45 15/08/1994", "1994-08-15T17:27:45"),
        ("15/08/1994", "1994-08-15T00:00:00"),
        ("2020-05-06 10:00:00", "2020-05-06T10:00:00"),
        ("17:27:45", None),
        ("", None),
    ],
)
def test_dates(tmp_path, date, iso):
    (tmp_path / "r.dat").write_bytes(np.zeros(4, "<i2").tobytes())
    (tmp_path / "r.hea").write_text(f"r 1 100 4 {date}\nr.dat 16 100/mV 16 0 0 0 0 II\n")
    taken = open_study(tmp_path / "r.hea").acquisition.taken
    assert (taken and taken.isoformat()) == iso


def test_cut_off_signal_is_said(tmp_path, codes):
    write(tmp_path)
    whole = (tmp_path / "rec.dat").read_bytes()
    (tmp_path / "rec.dat").write_bytes(whole[: len(whole) // 2])
    study = open_study(tmp_path / "rec.hea")
    assert study.waveform.samples.shape == (3, 250)
    assert "truncated" in codes(study)


def test_lying_length_asks_for_no_memory(tmp_path, codes):
    (tmp_path / "r.dat").write_bytes(np.zeros(4, "<i2").tobytes())
    (tmp_path / "r.hea").write_text("r 1 100 999999999999\nr.dat 16 100/mV 16 0 0 0 0 II\n")
    study = open_study(tmp_path / "r.hea")
    assert study.waveform.samples.shape == (1, 4)
    assert "truncated" in codes(study)


@pytest.mark.parametrize("rate", ["0", "1e300"])
def test_impossible_rates(tmp_path, refused, rate):
    (tmp_path / "r.dat").write_bytes(bytes(8))
    (tmp_path / "r.hea").write_text(f"r 1 {rate} 4\nr.dat 16 100/mV 16 0 0 0 0 II\n")
    refused(tmp_path / "r.hea", "damaged", "sampling rate")


def test_zero_signals(tmp_path, refused):
    (tmp_path / "r.hea").write_text("r 0 100 10\n")
    refused(tmp_path / "r.hea", "damaged", "no signal channels")


def test_missing_signal_file_is_named(tmp_path, refused):
    (tmp_path / "r.hea").write_text("r 1 100 10\nr.dat 16 100/mV 16 0 0 0 0 II\n")
    refused(tmp_path / "r.hea", "damaged", "r.dat", "same folder")


def test_signal_file_without_header_says_what_is_missing(tmp_path, refused):
    (tmp_path / "r.dat").write_bytes(np.arange(1000, dtype="<i2").tobytes())
    refused(tmp_path / "r.dat", "unrecognised", "r.hea")


def test_annotations_by_lead_point_to_the_record(tmp_path, refused):
    write(tmp_path)
    (tmp_path / "rec.avf").write_bytes(b"\x01\x9c\x02\x04" * 20)
    refused(tmp_path / "rec.avf", "unsupported", "record rec", "open rec.hea")


@pytest.mark.parametrize("name", ["../secret.dat", "/etc/passwd", "..\\secret.dat", "sub/r.dat"])
def test_a_header_cannot_reach_outside_its_folder(tmp_path, refused, name):
    inner = tmp_path / "inner"
    inner.mkdir()
    (tmp_path / "secret.dat").write_bytes(np.zeros(10, "<i2").tobytes())
    (inner / "r.hea").write_text(f"r 1 100 10\n{name} 16 100/mV 16 0 0 0 0 II\n")
    refused(inner / "r.hea", "damaged", "not beside it")


def test_names_in_other_scripts(tmp_path):
    folder = tmp_path / "心电图 Ωμέγα"
    folder.mkdir()
    write(folder)
    (folder / "rec.hea").rename(folder / "запись.hea")
    assert open_study(folder / "запись.hea").waveform.channels == ("I", "II", "V1")


def test_only_the_folder_of_the_record_is_used(tmp_path, monkeypatch):
    write(tmp_path)
    monkeypatch.chdir(Path("/"))
    assert open_study(tmp_path / "rec.hea").waveform.rate_hz == 500
