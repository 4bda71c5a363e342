"""DICOM waveforms against what was written."""

import numpy as np
import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import ExplicitVRLittleEndian, generate_uid

from viewer.formats import open_study
from viewer.study import Kind

TWELVE_LEAD = "1.2.840.10008.5.1.4.1.1.9.1.1"
EMG = "1.2.840.10008.5.1.4.1.1.9.7.2"
STORED = np.array([[0, 100], [1000, -200], [-32768, 300], [5, 32767]], np.int16)


def code(value, meaning=""):
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, "UCUM", meaning
    return Sequence([item])


def channel(name, sensitivity="2.5", unit="uV", baseline="0", correction="1"):
    item = Dataset()
    item.ChannelSourceSequence = code("5.6.3-9-1", name)
    if sensitivity is not None:
        item.ChannelSensitivity = sensitivity
        item.ChannelSensitivityUnitsSequence = code(unit)
        item.ChannelSensitivityCorrectionFactor = correction
        item.ChannelBaseline = baseline
    item.WaveformBitsStored = 16
    return item


def group(channels, stored=STORED, rate="500", interpretation="SS", bits=16, order="<", **elements):
    item = Dataset()
    item.NumberOfWaveformChannels = len(channels)
    item.NumberOfWaveformSamples = len(stored)
    item.SamplingFrequency = rate
    item.ChannelDefinitionSequence = Sequence(channels)
    item.WaveformBitsAllocated = bits
    item.WaveformSampleInterpretation = interpretation
    item.add_new("WaveformData", "OW", stored.astype(stored.dtype.newbyteorder(order)).tobytes())
    for name, value in elements.items():
        setattr(item, name, value)
    return item


@pytest.fixture
def recording(tmp_path):
    def write(*groups, sop=TWELVE_LEAD, big=False):
        import pydicom

        dataset = Dataset()
        dataset.file_meta = FileMetaDataset()
        dataset.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.2" if big else ExplicitVRLittleEndian
        dataset.SOPClassUID = dataset.file_meta.MediaStorageSOPClassUID = sop
        dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = generate_uid()
        dataset.Modality = "ECG"
        dataset.WaveformSequence = Sequence(groups)
        path = tmp_path / "wave.dcm"
        pydicom.dcmwrite(path, dataset, little_endian=not big, implicit_vr=False, enforce_file_format=True)
        return path

    return write


def test_leads_units_and_rate(recording):
    wave = open_study(recording(group([channel("Lead I (Einthoven)"), channel("Lead aVR")]))).waveform
    assert wave.channels == ("I", "aVR")
    assert wave.units == ("uV", "uV")
    assert wave.rate_hz == 500
    assert wave.samples[0].tolist() == [0, 2500, -81920, 12.5]


def test_sensitivity_correction_and_baseline(recording):
    """DICOM PS3.3 C.10.9: stored x sensitivity x correction + baseline, the baseline in the sensitivity's unit."""
    path = recording(group([channel("Lead I", "0.5", "mV", baseline="3", correction="2"), channel("Lead II")]))
    wave = open_study(path).waveform
    assert wave.units[0] == "mV"
    assert wave.samples[0, :2].tolist() == [3.0, 1003.0]


def test_volts_become_millivolts(recording):
    wave = open_study(recording(group([channel("Lead I", "0.001", "V"), channel("Lead II")]))).waveform
    assert wave.units[0] == "mV"
    assert wave.samples[0, 1] == pytest.approx(1000.0)


def test_padding_is_a_gap(recording):
    path = recording(group([channel("Lead I"), channel("Lead II")], WaveformPaddingValue=b"\x00\x80"))
    wave = open_study(path).waveform
    assert np.isnan(wave.samples[0]).tolist() == [False, False, True, False]
    assert not np.isnan(wave.samples[1]).any()


def test_padding_within_the_signals_range_is_signal(recording):
    """As in a real file that names 0 as its padding."""
    path = recording(group([channel("Lead I"), channel("Lead II")], WaveformPaddingValue=b"\x00\x00"))
    assert open_study(path).waveform.samples[0, 0] == 0.0


def test_big_endian_samples_are_swapped(recording):
    path = recording(group([channel("Lead I"), channel("Lead II")], order=">"), big=True)
    assert open_study(path).waveform.samples[1].tolist() == [250.0, -500.0, 750.0, 81917.5]


@pytest.mark.parametrize(
    ("dtype", "interpretation", "bits"),
    [(np.int8, "SB", 8), (np.uint8, "UB", 8), (np.uint16, "US", 16), (np.int32, "SL", 32)],
)
def test_other_sample_types(recording, dtype, interpretation, bits):
    stored = np.array([[1, 2], [100, 120]], dtype)
    path = recording(group([channel("Lead I", "1"), channel("Lead II", "1")], stored, "500", interpretation, bits))
    assert open_study(path).waveform.samples.tolist() == [[1, 100], [2, 120]]


def test_mu_law_is_expanded(recording):
    """ITU-T G.711: code 0xFF is 0, 0x80 is the largest positive value, 0x00 the largest negative."""
    stored = np.array([[0xFF], [0x80], [0x00]], np.uint8)
    path = recording(group([channel("Lead I", "1")], stored, interpretation="MB", bits=8))
    assert open_study(path).waveform.samples[0].tolist() == [0, 32124, -32124]


def test_groups_are_frames(recording, codes):
    rhythm = group([channel("Lead I")], STORED[:, :1], MultiplexGroupLabel="RHYTHM")
    median = group([channel("Lead I")], STORED[:2, :1], "1000", MultiplexGroupLabel="MEDIAN BEAT")
    path = recording(rhythm, median)
    first, second = open_study(path), open_study(path, frame=1)
    assert (first.source.frames, first.waveform.rate_hz, first.waveform.samples.shape) == (2, 500, (1, 4))
    assert (second.source.frame, second.waveform.rate_hz, second.waveform.samples.shape) == (1, 1000, (1, 2))
    assert "channel-group" in codes(second)


def test_kind_comes_from_the_sop_class(recording):
    assert open_study(recording(group([channel("Lead I")], STORED[:, :1]))).kind is Kind.ECG_TRACE
    needle = group([channel("Biceps brachii", "0.1")], STORED[:, :1], "20000")
    study = open_study(recording(needle, sop=EMG))
    assert study.kind is Kind.EMG_TRACE
    assert study.waveform.channels == ("Biceps brachii",)
    assert study.waveform.rate_hz == 20000


def test_without_sensitivity_there_is_no_unit(recording, codes):
    study = open_study(recording(group([channel("Lead I", None)], STORED[:, :1])))
    assert study.waveform.units == ("",)
    assert "scale-unknown" in codes(study)


def test_cut_off_samples_are_said(recording, codes):
    study = open_study(recording(group([channel("Lead I")], STORED[:, :1], NumberOfWaveformSamples=4000)))
    assert study.waveform.samples.shape == (1, 4)
    assert "truncated" in codes(study)


def test_no_channels(recording, refused):
    refused(recording(group([])), "damaged", "no signal channels")


def test_no_rate(recording, refused):
    refused(recording(group([channel("Lead I")], STORED[:, :1], rate="0")), "damaged", "sampling frequency")
