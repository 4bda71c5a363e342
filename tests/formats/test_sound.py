"""WAV and its kin, with headers that lie."""

import struct

import numpy as np
import pytest
import soundfile

from viewer.formats import open_study
from viewer.study import Kind

WAVE = (np.sin(np.arange(4800) / 7) * 0.8).astype(np.float32)


@pytest.mark.parametrize(
    ("ending", "subtype"),
    [("wav", "PCM_16"), ("wav", "PCM_24"), ("wav", "FLOAT"), ("wav", "PCM_U8"), ("flac", "PCM_16"), ("aiff", "PCM_16")],
)
def test_samples_are_fractions_of_full_scale_without_unit(tmp_path, codes, ending, subtype):
    soundfile.write(tmp_path / f"a.{ending}", WAVE, 48000, subtype=subtype)
    study = open_study(tmp_path / f"a.{ending}")
    assert study.waveform.rate_hz == 48000
    assert study.waveform.units == ("",)
    assert study.kind is Kind.UNKNOWN
    assert "scale-unknown" in codes(study)
    assert study.waveform.samples[0] == pytest.approx(WAVE, abs=0.01)


def test_a_name_that_says_emg_is_believed_where_nothing_else_is_said(tmp_path):
    soundfile.write(tmp_path / "EMG left biceps.wav", WAVE, 48000)
    assert open_study(tmp_path / "EMG left biceps.wav").kind is Kind.EMG_TRACE


def test_channels(tmp_path):
    both = np.stack([WAVE, -WAVE], axis=1)
    soundfile.write(tmp_path / "a.wav", both, 20000, subtype="FLOAT")
    wave = open_study(tmp_path / "a.wav").waveform
    assert wave.channels == ("channel 1", "channel 2")
    assert np.array_equal(wave.samples[1], -WAVE)


@pytest.mark.parametrize("size", [0xFFFFFFFF, 0xFFFFFFF0, 0x7FFFFFFF])
def test_a_header_that_promises_gigabytes_opens_what_there_is(tmp_path, codes, size):
    soundfile.write(tmp_path / "a.wav", WAVE, 48000, subtype="PCM_16")
    data = bytearray((tmp_path / "a.wav").read_bytes())
    at = data.index(b"data")
    struct.pack_into("<I", data, at + 4, size)
    struct.pack_into("<I", data, 4, size)
    (tmp_path / "a.wav").write_bytes(data)
    study = open_study(tmp_path / "a.wav")
    assert study.waveform.samples.shape == (1, 4800)
    assert study.waveform.samples[0] == pytest.approx(WAVE, abs=1e-4)
    assert "truncated" in codes(study)


def test_not_finite_samples_are_gaps(tmp_path, codes):
    broken = WAVE.copy()
    broken[10], broken[20] = np.nan, np.inf
    soundfile.write(tmp_path / "a.wav", broken, 48000, subtype="FLOAT")
    study = open_study(tmp_path / "a.wav")
    assert np.flatnonzero(np.isnan(study.waveform.samples[0])).tolist() == [10, 20]
    assert "not-finite" in codes(study)


def test_no_channels_and_no_samples(tmp_path, refused):
    soundfile.write(tmp_path / "a.wav", WAVE, 48000, subtype="PCM_16")
    data = bytearray((tmp_path / "a.wav").read_bytes())
    (tmp_path / "none.wav").write_bytes(data[: data.index(b"data") + 8])
    refused(tmp_path / "none.wav", "damaged")
    struct.pack_into("<H", data, data.index(b"fmt ") + 10, 0)
    (tmp_path / "zero.wav").write_bytes(data)
    refused(tmp_path / "zero.wav", "damaged")
