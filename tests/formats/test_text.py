"""Text and CSV as programs and people really write them."""

import numpy as np
import pytest

from viewer.formats import open_study
from viewer.study import Kind

VALUES = np.round(np.sin(np.arange(400) / 5) * 0.25, 4)


def save(tmp_path, text, name="a.txt", encoding="utf-8"):
    path = tmp_path / name
    path.write_bytes(text.encode(encoding))
    return path


def lines(values, form="{:.4f}", end="\n"):
    return "".join(form.format(value) + end for value in values)


def test_one_column_has_neither_rate_nor_unit(tmp_path, codes):
    study = open_study(save(tmp_path, lines(VALUES)))
    assert study.waveform.samples[0] == pytest.approx(VALUES)
    assert study.waveform.units == ("",)
    assert study.waveform.rate_assumed
    assert {"rate-assumed", "scale-unknown"} <= codes(study)
    assert study.kind is Kind.UNKNOWN


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_time_column_gives_the_rate_whatever_the_line_ends(tmp_path, end):
    text = "".join(f"{(i + 1) / 4000:.6g} {value:.4f}{end}" for i, value in enumerate(VALUES))
    study = open_study(save(tmp_path, text))
    assert study.waveform.rate_hz == 4000
    assert not study.waveform.rate_assumed
    assert study.waveform.samples[0] == pytest.approx(VALUES)


def test_rounded_times_and_lost_lines(tmp_path, codes):
    """As in the PhysioNet EMG texts: times rounded to 0.1 ms, lines lost, lines run together."""
    rows = [f"{i / 4000:.4f} {value:.4f}" for i, value in enumerate(VALUES)]
    rows[100] = "0.02501\xf00.1"
    del rows[200:210]
    study = open_study(save(tmp_path, "\r\n".join(rows), encoding="latin-1"))
    assert study.waveform.rate_hz == 4000
    samples = study.waveform.samples[0]
    assert len(samples) == 400
    assert np.isnan(samples[100])
    assert np.isnan(samples).sum() == 11
    assert samples[399] == pytest.approx(VALUES[399])
    assert {"corrupt-lines", "gaps"} <= codes(study)


def test_decimal_commas_with_header(tmp_path):
    rows = "".join(f"{i / 10000:.4f};{value:.4f}\n".replace(".", ",") for i, value in enumerate(VALUES))
    study = open_study(save(tmp_path, "Zeit [s];EMG [mV]\n" + rows, "a.csv"))
    assert study.waveform.rate_hz == 10000
    assert study.waveform.channels == ("EMG",)
    assert study.waveform.units == ("mV",)
    assert study.waveform.samples[0] == pytest.approx(VALUES)
    assert study.kind is Kind.EMG_TRACE


def test_decimal_commas_in_one_column(tmp_path):
    study = open_study(save(tmp_path, lines(VALUES).replace(".", ",")))
    assert study.waveform.samples.shape == (1, 400)
    assert study.waveform.samples[0] == pytest.approx(VALUES)


def test_csv_with_several_channels_units_and_milliseconds(tmp_path):
    rows = "".join(f"{i * 0.1:.1f},{value:.4f},{-value:.4f}\n" for i, value in enumerate(VALUES))
    study = open_study(save(tmp_path, "time (ms),biceps (uV),triceps (uV)\n" + rows, "a.csv"))
    assert study.waveform.rate_hz == pytest.approx(10000)
    assert study.waveform.channels == ("biceps", "triceps")
    assert study.waveform.units == ("uV", "uV")
    assert study.waveform.samples[1] == pytest.approx(-VALUES)


@pytest.mark.parametrize(
    ("line", "rate"),
    [
        ("Sampling rate: 10 kHz", 10000),
        ("fs = 4000", 4000),
        ("# Sample Frequency (Hz)\t20000", 20000),
        ("Sampling Interval 0.05 ms", 20000),
        ("Abtastrate 48000 Hz", 48000),
    ],
)
def test_rate_from_a_header_line(tmp_path, line, rate):
    study = open_study(save(tmp_path, f"Needle EMG export\n{line}\nUnits: uV\n\n" + lines(VALUES)))
    assert study.waveform.rate_hz == rate
    assert study.waveform.units == ("uV",)
    assert study.kind is Kind.EMG_TRACE


def test_volts_become_millivolts(tmp_path):
    study = open_study(save(tmp_path, "EMG (V)\n" + lines(VALUES)))
    assert study.waveform.units == ("mV",)
    assert study.waveform.samples[0] == pytest.approx(VALUES * 1000, rel=1e-6)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig", "latin-1"])
def test_encodings(tmp_path, encoding):
    study = open_study(save(tmp_path, "EMG Müller (mV)\n" + lines(VALUES), encoding=encoding))
    assert study.waveform.samples[0] == pytest.approx(VALUES)
    assert study.waveform.channels == ("EMG Müller",)


def test_words_for_no_number_are_gaps(tmp_path, codes):
    rows = [f"{value:.4f}" for value in VALUES]
    rows[7], rows[9] = "NaN", "inf"
    study = open_study(save(tmp_path, "\n".join(rows)))
    assert np.flatnonzero(np.isnan(study.waveform.samples[0])).tolist() == [7, 9]
    assert "not-finite" in codes(study)


def test_a_table_is_no_recording(tmp_path, refused):
    rows = "".join(f"{i},{i * 2},{i % 3}\n" for i in range(34))
    refused(save(tmp_path, "age,amplitude,class\n" + rows, "a.csv"), "unrecognised", "34 rows", "too few")


def test_prose_is_no_recording(tmp_path, refused):
    refused(save(tmp_path, "The patient complained of weakness.\n" * 50), "unrecognised", "without columns")


def test_lines_of_hundreds_of_columns_are_no_recording(tmp_path, refused):
    refused(save(tmp_path, (" ".join(["1"] * 200) + "\n") * 200), "unrecognised", "columns")
