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


@pytest.mark.parametrize(
    ("header", "rate"),
    [
        ("Band: 20 Hz - 5 kHz\nSampling: 10000", 10000),
        ("Frequency range: 2 Hz - 10 kHz\nSampling rate: 20 kHz", 20000),
        ("Filter: 20 - 5000 Hz\nFs: 10000", 10000),
        ("High pass frequency: 20\nSample rate: 10000 Hz", 10000),
        ("Notch frequency: 50\nSampling Frequency (kHz)\t10", 10000),
        ("Stimulus rate: 1 Hz\nSR=48000", 48000),
        ("Trigger rate: 2 Hz\nRepetition rate: 3 Hz\nCut-off 500 Hz\nSamples per second: 10000", 10000),
        ("20 Hz - 5 kHz, 10 kS/s, 2 channels", 10000),
        ("Netzfilter 50 Hz\nAbtastrate: 20.000 Hz", 20000),
        ("Hochpass;20\nAbtastfrequenz;20 kHz", 20000),
        ("Abtastintervall [ms];0,05", 20000),
        ("Filtre : 20 Hz\nFréquence d'échantillonnage : 10\u00a0000 Hz", 10000),
        ("Période d’échantillonnage : 100 µs", 10000),
        ("filtro 20 Hz\nfrecuencia de muestreo: 10.000 Hz", 10000),
        ("frequenza di campionamento (kHz): 10", 10000),
        ("Sampling period: 0.0001 s", 10000),
        ("Sampling interval: 0.0208 ms\nSampling rate: 48 kHz", 48000),
        ("Sampling: 16 bit\nSampling_rate_Hz=10,000", 10000),
        ("Frequency: 10000\nNotch: 50 Hz", 10000),
        ("Sampling rate: 250.000 Hz", 250),
    ],
)
def test_what_is_called_sampling_gives_the_rate_and_no_filter_does(tmp_path, codes, header, rate):
    study = open_study(save(tmp_path, f"Needle EMG\n{header}\n" + lines(VALUES)))
    assert study.waveform.rate_hz == rate
    assert not study.waveform.rate_assumed
    assert "rate-assumed" not in codes(study)


@pytest.mark.parametrize(
    "header",
    [
        "Band: 20 Hz - 5 kHz",
        "Filter\n20 Hz\n5 kHz",
        "Notch frequency: 50",
        "Stimulus rate: 200 Hz",
        "High pass frequency [Hz]\t20\nLow pass frequency [Hz]\t10000",
        "Samples: 20000",
        "Sampling: 16 bit",
        "Sampling time: 12:30:05",
    ],
)
def test_filters_counts_and_clocks_are_no_sampling_rate(tmp_path, codes, header):
    study = open_study(save(tmp_path, f"Needle EMG\n{header}\n" + lines(VALUES)))
    assert study.waveform.rate_assumed
    assert "rate-assumed" in codes(study)


def test_rates_that_contradict_each_other_are_said(tmp_path):
    study = open_study(save(tmp_path, "EMG 5000 Hz\nAcceleration 1000 Hz\n" + lines(VALUES)))
    assert study.waveform.rate_assumed
    said = next(note.message for note in study.notes if note.code == "rate-assumed")
    assert "5000 and 1000 Hz" in said


def test_times_without_a_unit_are_read_by_the_stated_rate(tmp_path, codes):
    rows = "".join(f"{i * 100}\t{value:.4f}\n" for i, value in enumerate(VALUES))
    study = open_study(save(tmp_path, "Sampling rate: 10 kHz\n\ntime\tEMG\n" + rows))
    assert study.waveform.rate_hz == 10000
    assert "header-repaired" not in codes(study)


def test_times_are_believed_against_the_header_and_that_is_said(tmp_path):
    rows = "".join(f"{i / 5000:.4f}\t{value:.4f}\n" for i, value in enumerate(VALUES))
    study = open_study(save(tmp_path, "Sampling rate: 10 kHz\n\ntime (s)\tEMG\n" + rows))
    assert study.waveform.rate_hz == 5000
    assert any("10000 Hz" in note.message and "5000 Hz" in note.message for note in study.notes)


def test_volts_become_millivolts(tmp_path):
    study = open_study(save(tmp_path, "EMG (V)\n" + lines(VALUES)))
    assert study.waveform.units == ("mV",)
    assert study.waveform.samples[0] == pytest.approx(VALUES * 1000, rel=1e-6)


@pytest.mark.parametrize(
    ("title", "name", "unit"),
    [
        ("EMG_uV", "EMG", "uV"),
        ("emg_mV", "emg", "mV"),
        ("EMG (µV)", "EMG", "uV"),
        ("Ch1[uV]", "Ch1", "uV"),
        ("biceps mV", "biceps", "mV"),
        ("EMG", "EMG", ""),
        ("uV", "channel 1", "uV"),
    ],
)
@pytest.mark.parametrize("time", ["time_s", "t [s]", "s", "Zeit (s)"])
def test_units_in_titles(tmp_path, title, name, unit, time):
    rows = "".join(f"{i / 4000:.5f};{value:.4f}\n" for i, value in enumerate(VALUES))
    waveform = open_study(save(tmp_path, f"{time};{title}\n{rows}", "a.csv")).waveform
    assert (waveform.channels, waveform.units, waveform.rate_hz) == ((name,), (unit,), 4000)
    assert waveform.samples[0] == pytest.approx(VALUES)


def test_a_lone_v_is_volts_and_no_chest_lead(tmp_path):
    rows = "".join(f"{i / 4000:.5f};{value:.4f}\n" for i, value in enumerate(VALUES))
    study = open_study(save(tmp_path, "t;V\n" + rows, "a.csv"))
    assert study.kind is Kind.UNKNOWN
    assert (study.waveform.channels, study.waveform.units) == (("channel 1",), ("mV",))
    assert study.waveform.samples[0] == pytest.approx(VALUES * 1000, rel=1e-6)


def test_a_v_beside_leads_is_a_lead(tmp_path):
    rows = "".join(f"{value:.4f};{value:.4f};{value:.4f}\n" for value in VALUES)
    study = open_study(save(tmp_path, "fs = 500\nI;II;V\n" + rows, "a.csv"))
    assert study.waveform.channels == ("I", "II", "V")
    assert study.kind is Kind.ECG_TRACE


def test_units_in_a_line_below_the_names(tmp_path):
    rows = "".join(f"{i / 4:.2f}\t{value:.4f}\t{value:.4f}\n" for i, value in enumerate(VALUES))
    study = open_study(save(tmp_path, "Time\tEMG 1\tEMG 2\n(ms)\t(uV)\t(mV)\n" + rows))
    assert study.waveform.channels == ("EMG 1", "EMG 2")
    assert study.waveform.units == ("uV", "mV")
    assert study.waveform.rate_hz == 4000


@pytest.mark.parametrize(
    ("header", "unit"),
    [
        ("Unit:uV", "uV"),
        ("Sampling: 10000", ""),
        ("Sampling rate 10000 Hz", ""),
        ("Patient = Miller", ""),
        ("Sensitivity 50 uV/div", ""),
        ("Values in microvolts\nUnit: uV\nSampling: 10000", "uV"),
    ],
)
def test_lines_of_the_preamble_are_no_channel_names(tmp_path, header, unit):
    study = open_study(save(tmp_path, f"{header}\nSampling: 10000\n" + lines(VALUES)))
    assert (study.waveform.channels, study.waveform.units) == (("channel 1",), (unit,))


def test_pairs_of_the_preamble_are_no_channel_names(tmp_path):
    rows = "".join(f"{value:.4f};{-value:.4f}\n" for value in VALUES)
    study = open_study(save(tmp_path, "Patient;Miller\nSampling rate;10000\nUnit;uV\n" + rows, "a.csv"))
    assert study.waveform.channels == ("channel 1", "channel 2")
    assert study.waveform.units == ("uV", "uV")
    assert study.waveform.rate_hz == 10000


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


LARGE = np.round(np.sin(np.arange(400) / 5) * 4321.5, 1)
"""Microvolts of more than a thousand."""


@pytest.mark.parametrize(("mark", "quote"), [(",", '"'), (";", '"'), (";", ""), ("\t", '"'), ("\t", "")])
def test_thousands_with_commas(tmp_path, codes, mark, quote):
    text = "".join(f"{quote}{a:,.1f}{quote}{mark}{quote}{-a:,.1f}{quote}\n" for a in LARGE)
    study = open_study(save(tmp_path, f"EMG 1 (uV){mark}EMG 2 (uV)\n" + text, "a.csv"))
    assert study.waveform.samples == pytest.approx(np.array([LARGE, -LARGE]), rel=1e-6)
    assert not {"corrupt-lines", "not-finite"} & codes(study)


@pytest.mark.parametrize(("mark", "quote"), [(";", ""), (";", '"'), (",", '"'), ("\t", "")])
def test_thousands_with_points_beside_decimal_commas(tmp_path, codes, mark, quote):
    german = str.maketrans(",.", ".,")
    text = "".join(f"{quote}{a:,.1f}{quote}{mark}{quote}{-a:,.1f}{quote}\n".translate(german) for a in LARGE)
    text = text if mark != "," else text.replace('"."', '","')
    study = open_study(save(tmp_path, f"EMG 1 (uV){mark}EMG 2 (uV)\n" + text, "a.csv"))
    assert study.waveform.samples == pytest.approx(np.array([LARGE, -LARGE]), rel=1e-6)
    assert not {"corrupt-lines", "not-finite"} & codes(study)


def test_one_late_thousand_among_decimal_commas(tmp_path):
    rows = [f"{value:.3f}".replace(".", ",") for value in VALUES]
    rows[390] = "1.234"
    assert open_study(save(tmp_path, "\n".join(rows))).waveform.samples[0, 390] == 1234


def test_quoted_counts_with_thousands(tmp_path):
    counts = 5000 + np.round(VALUES * 15000).astype(int)
    text = "".join(f'"{a:,}","{10000 - a:,}"\n' for a in counts)
    study = open_study(save(tmp_path, text, "a.csv"))
    assert study.waveform.samples == pytest.approx(np.array([counts, 10000 - counts]))


@pytest.mark.parametrize("mark", [";", "\t", '","'])
def test_three_decimals_after_a_comma_are_decimals(tmp_path, mark):
    text = "".join(f'"{1 + a:.3f}|{a:.3f}"\n'.replace(".", ",").replace("|", mark) for a in VALUES)
    study = open_study(save(tmp_path, text if "," in mark else text.replace('"', ""), "a.csv"))
    assert study.waveform.samples == pytest.approx(np.array([1 + VALUES, VALUES]), abs=6e-4)


def test_lines_that_cannot_be_read_are_no_channel_of_gaps(tmp_path, refused):
    rows = [f"{value:.4f},{value:.4f}" for value in VALUES]
    rows[5::10] = ["0.1,0x1F"] * 40
    refused(save(tmp_path, "\n".join(rows), "a.csv"), "damaged", "40 of the 400 lines", "cannot be read")


def test_columns_that_hold_next_to_nothing_are_left_out(tmp_path, codes):
    rows = "".join(f"{value:.4f},{i if i % 14 == 0 else ''},{value:.4f}\n" for i, value in enumerate(VALUES))
    study = open_study(save(tmp_path, "EMG (mV),ACC (g),EMG 2 (mV)\n" + rows, "a.csv"))
    assert study.waveform.channels == ("EMG", "EMG 2")
    assert any(note.code == "not-finite" and "ACC" in note.message for note in study.notes)


@pytest.mark.parametrize("minus", ["\u2212", "\u2013"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_the_typographic_minus(tmp_path, minus, encoding):
    text = lines(VALUES).replace("-", minus)
    study = open_study(save(tmp_path, text, encoding=encoding))
    assert study.waveform.samples[0] == pytest.approx(VALUES)


@pytest.mark.parametrize("blank", ["\u00a0", "\u202f", "\u2009"])
def test_blanks_that_do_not_break_part_thousands(tmp_path, blank):
    text = "".join(f"{a:,.1f};{-a:,.1f}{blank}\n".replace(",", blank).replace(".", ",") for a in LARGE)
    study = open_study(save(tmp_path, "EMG 1 (uV);EMG 2 (uV)\n" + text, "a.csv"))
    assert study.waveform.samples == pytest.approx(np.array([LARGE, -LARGE]), rel=1e-6)


@pytest.mark.parametrize("form", ["{:.4f}|{:.4f}", "| {:.4f} | {:.4f} |"])
@pytest.mark.parametrize("point", [".", ","])
def test_pipes_part_columns(tmp_path, codes, form, point):
    rows = "".join(form.format(i / 4000 + 0.00001, value) + "\n" for i, value in enumerate(VALUES)).replace(".", point)
    study = open_study(save(tmp_path, form.replace("{:.4f}", "{}").format("time (s)", "EMG (mV)") + "\n" + rows))
    assert (study.waveform.channels, study.waveform.units) == (("EMG",), ("mV",))
    assert study.waveform.rate_hz == 4000
    assert study.waveform.samples[0] == pytest.approx(VALUES)
    assert "corrupt-lines" not in codes(study)


def clock(seconds):
    return f"{int(seconds // 3600 % 24):02d}:{int(seconds // 60 % 60):02d}:{seconds % 60:07.4f}"


@pytest.mark.parametrize(
    "form",
    [
        *("{}", "2024-05-01T{}", "2024-05-01 {}", "2024-05-01T{}Z", "2024-05-01 {}+02:00", '"2024-05-01 {}"'),
        *("31.5.2024 {}", "05/31/2024 {}", "2024/05/31 {}", "{} PM", "5/31/2024 {} p.m."),
    ],
)
@pytest.mark.parametrize("mark", [",", ";", "\t", " ", "|"])
def test_clock_times_give_the_rate(tmp_path, form, mark):
    rows = "".join(f"{form.format(clock(45005 + i / 10000))}{mark}{value:.4f}\n" for i, value in enumerate(VALUES))
    study = open_study(save(tmp_path, f"Time (hh:mm:ss){mark}EMG_uV\n{rows}", "a.csv"))
    assert study.waveform.rate_hz == 10000
    assert study.waveform.samples == pytest.approx(VALUES[None])
    if mark != " ":
        assert (study.waveform.channels, study.waveform.units) == (("EMG",), ("uV",))


@pytest.mark.parametrize("halves", [("AM", "PM"), ("PM", "AM")])
def test_a_clock_of_twelve_hours_goes_on_past_noon_and_midnight(tmp_path, codes, halves):
    times = [clock(43199.99 + i / 10000) for i in range(len(VALUES))]
    rows = "".join(
        f"{time} {halves[time[:2] == '12']},{value:.4f}\n" for time, value in zip(times, VALUES, strict=True)
    )
    study = open_study(save(tmp_path, "Time,EMG_uV\n" + rows, "a.csv"))
    assert study.waveform.rate_hz == 10000
    assert study.waveform.samples == pytest.approx(VALUES[None])
    assert "gaps" not in codes(study)


def test_clock_times_with_decimal_commas_go_on_past_midnight(tmp_path, codes):
    rows = "".join(f"{clock(86399.99 + i / 10000)};{value:.4f}\n".replace(".", ",") for i, value in enumerate(VALUES))
    study = open_study(save(tmp_path, "Zeit;EMG [mV]\n" + rows, "a.csv"))
    assert study.waveform.rate_hz == 10000
    assert study.waveform.samples == pytest.approx(VALUES[None])
    assert "gaps" not in codes(study)


def test_clock_times_in_whole_seconds_do_not_give_the_rate_and_are_no_channel(tmp_path):
    rows = "".join(f"12:30:{i // 200:02d};{value:.4f}\n" for i, value in enumerate(VALUES))
    assumed = open_study(save(tmp_path, "Time;EMG [mV]\n" + rows, "a.csv"))
    assert assumed.waveform.channels == ("EMG",)
    assert any(note.code == "rate-assumed" and "clock" in note.message for note in assumed.notes)
    stated = open_study(save(tmp_path, "Sampling rate;200 Hz\nTime;EMG [mV]\n" + rows, "b.csv"))
    assert stated.waveform.rate_hz == 200
    assert not stated.waveform.rate_assumed


@pytest.mark.parametrize(("mark", "point"), [(",", "."), (";", ","), ("\t", "."), (" ", "."), ("|", ".")])
@pytest.mark.parametrize("preamble", ["", "Needle EMG\nFilter: 20 Hz\nSampling: 20000\n"])
def test_channels_in_rows(tmp_path, mark, point, preamble):
    values = np.tile(VALUES, 5)
    rows = [
        name + mark + mark.join(f"{value:.4f}".replace(".", point) for value in sign * values)
        for name, sign in (("biceps_uV", 1), ("triceps_uV", -1))
    ]
    study = open_study(save(tmp_path, preamble + "\n".join(rows) + "\n", "a.csv"))
    assert study.waveform.channels == ("biceps", "triceps")
    assert study.waveform.units == ("uV", "uV")
    assert study.waveform.samples == pytest.approx(np.array([values, -values]))
    assert (study.waveform.rate_hz, study.waveform.rate_assumed) == ((20000, False) if preamble else (10000, True))


def test_a_row_of_times_and_one_of_volts_without_line_end(tmp_path):
    values = np.tile(VALUES, 5)
    rows = ["Time;s;" + ";".join(f"{i / 4000:.5f}" for i in range(2000)), "EMG;mV;" + ";".join(map(str, values))]
    study = open_study(save(tmp_path, "\n".join(rows), "a.csv"))
    assert (study.waveform.channels, study.waveform.units) == (("EMG",), ("mV",))
    assert study.waveform.rate_hz == 4000
    assert study.waveform.samples == pytest.approx(values[None])


def test_a_list_of_a_program_is_no_recording(tmp_path, refused):
    refused(save(tmp_path, '{"a": [' + ", ".join(["1"] * 4000) + "]}\n", "a.json"), "unrecognised")


def test_a_table_is_no_recording(tmp_path, refused):
    rows = "".join(f"{i},{i * 2},{i % 3}\n" for i in range(34))
    refused(save(tmp_path, "age,amplitude,class\n" + rows, "a.csv"), "unrecognised", "34 rows", "too few")


def test_prose_is_no_recording(tmp_path, refused):
    refused(save(tmp_path, "The patient complained of weakness.\n" * 50), "unrecognised", "without columns")


def test_lines_of_hundreds_of_columns_are_no_recording(tmp_path, refused):
    refused(save(tmp_path, (" ".join(["1"] * 200) + "\n") * 200), "unrecognised", "columns")
