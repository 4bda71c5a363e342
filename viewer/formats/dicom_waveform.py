"""DICOM waveforms: one multiplex group in physical units (DICOM PS3.3 C.10.9)."""

from dataclasses import replace
from typing import Any

import numpy as np

from viewer.errors import FormatError
from viewer.formats.dicom_facts import acquisition_of, number, patient_of, text
from viewer.formats.kinds import LEADS, kind_of, usual_names, usual_unit
from viewer.formats.limits import check_rate, check_samples
from viewer.formats.opened import Opened
from viewer.study import Kind, Note, Waveform, normal_lead_name

_TYPES = {"SB": "i1", "UB": "u1", "SS": "i2", "US": "u2", "SL": "i4", "UL": "u4", "SV": "i8", "UV": "u8"}
_EMG_CLASSES = ("1.2.840.10008.5.1.4.1.1.9.7.2",)
_ECG_CLASSES = tuple(f"1.2.840.10008.5.1.4.1.1.9.1.{i}" for i in (1, 2, 3, 4))
"""12-lead, general, ambulatory, general 32-bit."""


def read_waveform(dataset: Any, frame: int) -> Opened:
    """Open multiplex group ``frame`` (from 0). Raises FormatError."""
    groups = dataset.WaveformSequence
    if not groups:
        raise FormatError("damaged", "This DICOM waveform has no multiplex group", "export it again")
    if frame >= len(groups):
        raise FormatError("not-found", f"This file has {len(groups)} groups of channels", "choose another one")
    notes: list[Note] = []
    waveform = _group(dataset, groups[frame], notes)
    label = text(groups[frame], "MultiplexGroupLabel")
    acquisition = acquisition_of(dataset)
    acquisition = replace(acquisition, facts=(*acquisition.facts, *_filters(groups[frame])))
    sop = text(dataset, "SOPClassUID") or ""
    if sop in _EMG_CLASSES:
        kind = Kind.EMG_TRACE
    elif sop in _ECG_CLASSES:
        kind = Kind.ECG_TRACE
    else:
        kind = kind_of(waveform.channels, label or "")
    if len(groups) > 1 and label:
        notes.append(
            Note("channel-group", f"This is the group of channels called {label}, {frame + 1} of {len(groups)}.")
        )
    return Opened(waveform, kind, patient_of(dataset), acquisition, tuple(notes), len(groups))


def _filters(group: Any) -> tuple[tuple[str, str], ...]:
    """Return the filter settings of the first channel."""
    first = (group.get("ChannelDefinitionSequence") or [None])[0]
    names = (
        ("High-pass (Hz)", "FilterLowFrequency"),
        ("Low-pass (Hz)", "FilterHighFrequency"),
        ("Notch (Hz)", "NotchFilterFrequency"),
    )
    return tuple((title, f"{value:g}") for title, name in names if first is not None and (value := number(first, name)))


def _group(dataset: Any, group: Any, notes: list[Note]) -> Waveform:
    channels = group.get("ChannelDefinitionSequence") or []
    count = len(channels)
    length = int(number(group, "NumberOfWaveformSamples") or 0)
    check_samples(count, length, "This DICOM waveform")
    rate = number(group, "SamplingFrequency") or 0.0
    if not rate > 0:
        raise FormatError("damaged", "This DICOM waveform does not say its sampling frequency", "export it again")
    check_rate(rate, "This DICOM waveform")
    stored = _stored(dataset, group, count, length, notes)
    missing = _padding(group, stored)
    samples = np.empty((count, stored.shape[0]), np.float32)
    units = []
    for i, channel in enumerate(channels):
        gain, offset, unit = _calibration(channel)
        samples[i] = stored[:, i].astype(np.float64) * gain + offset
        if missing is not None:
            samples[i, stored[:, i] == missing] = np.nan
        units.append(unit)
    if "" in units:
        notes.append(
            Note("scale-unknown", "The file does not give the sensitivity of every channel; those have no unit.")
        )
    return Waveform(samples, rate, usual_names(_name(channel) for channel in channels), tuple(units))


def _stored(dataset: Any, group: Any, count: int, length: int, notes: list[Note]) -> np.ndarray:
    """Return the stored values as (samples, channels)."""
    meaning = text(group, "WaveformSampleInterpretation") or "SS"
    if meaning in ("MB", "AB"):
        return _companded(group, count, length, meaning)
    if meaning not in _TYPES:
        raise FormatError("unsupported", f"This DICOM waveform stores its samples as {meaning}", "export it as 16 bit")
    big = dataset.file_meta.TransferSyntaxUID == "1.2.840.10008.1.2.2"
    dtype = np.dtype((">" if big else "<") + _TYPES[meaning])
    data = bytes(group.get("WaveformData") or b"")
    have = len(data) // (dtype.itemsize * count)
    if have < 1:
        raise FormatError("damaged", "This DICOM waveform has no samples", "export it again")
    if have < length:
        notes.append(Note("truncated", f"The recording is cut off: {have} of {length} samples are there."))
    rows = min(have, length)
    return np.frombuffer(data, dtype, rows * count).reshape(rows, count)


def _companded(group: Any, count: int, length: int, meaning: str) -> np.ndarray:
    """Decode mu-law (MB) or A-law (AB) bytes (ITU-T G.711)."""
    data = np.frombuffer(bytes(group.get("WaveformData") or b""), np.uint8)
    rows = min(len(data) // count, length)
    code = np.arange(256)
    if meaning == "MB":
        inverse = ~code & 0xFF
        size = (((inverse & 0x0F) << 3) + 0x84 << ((inverse & 0x70) >> 4)) - 0x84
        values = np.where(inverse & 0x80, -size, size)
    else:
        flipped = code ^ 0x55
        exponent, mantissa = (flipped & 0x70) >> 4, (flipped & 0x0F) << 4
        size = np.where(exponent == 0, mantissa + 8, mantissa + 0x108 << np.maximum(exponent - 1, 0))
        values = np.where(flipped & 0x80, size, -size)
    return values.astype(np.int32)[data[: rows * count].reshape(rows, count)]


def _padding(group: Any, stored: np.ndarray) -> int | None:
    """Return the stored value that means a gap; None where it lies within the signal's own range.

    Real files name 0 as their padding although their signal passes through it.
    """
    value, dtype = group.get("WaveformPaddingValue"), stored.dtype
    if isinstance(value, bytes):
        value = np.frombuffer(value[: dtype.itemsize], dtype)[0] if len(value) >= dtype.itemsize else None
    if value is None:
        return None
    others = stored[stored != int(value)]
    return None if others.size and others.min() < int(value) < others.max() else int(value)


def _calibration(channel: Any) -> tuple[float, float, str]:
    """Return gain, offset and unit: value = stored * sensitivity * correction + baseline.

    ``ChannelBaseline`` is in the unit of the sensitivity (PS3.3 C.10.9: the offset of stored 0 from actual 0).
    """
    sensitivity = number(channel, "ChannelSensitivity")
    if sensitivity is None:
        return 1.0, 0.0, ""
    correction = number(channel, "ChannelSensitivityCorrectionFactor")
    gain = sensitivity * (1.0 if correction is None else correction)
    try:
        unit = str(channel.ChannelSensitivityUnitsSequence[0].CodeValue)
    except (AttributeError, IndexError, TypeError):
        return 1.0, 0.0, ""
    factor, unit = usual_unit(unit)
    return gain * factor, (number(channel, "ChannelBaseline") or 0.0) * factor, unit


def _name(channel: Any) -> str:
    label = text(channel, "ChannelLabel")
    try:
        meaning = str(channel.ChannelSourceSequence[0].CodeMeaning)
    except (AttributeError, IndexError, TypeError):
        meaning = ""
    return meaning if normal_lead_name(meaning) in LEADS or not label else label
