"""Resting ECGs that devices exchange (HL7 aECG, GE MUSE, Philips Sierra, SCP-ECG, ISHNE), read by ecgdatakit."""

import struct
import tempfile
from datetime import date, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from viewer.errors import FormatError
from viewer.formats.file import File
from viewer.formats.kinds import LEADS, kind_of, usual_names, usual_unit
from viewer.formats.leads import with_limb_leads
from viewer.formats.limits import check_samples
from viewer.formats.opened import Opened
from viewer.study import Acquisition, Kind, Note, Patient, Waveform

_PARSERS = {
    "AnnotatedECG": ("hl7_aecg", "HL7aECGParser"),
    "RestingECG": ("ge_muse_xml", "GEMuseXMLParser"),
    "restingecgdata": ("sierra_xml", "SierraXMLParser"),
}
_MAX_BYTES = 300_000_000


def read(file: File, frame: int) -> Opened:
    """Open the rhythm of a resting ECG. Raises FormatError."""
    notes: list[Note] = []
    record = _record(file, notes)
    leads = [lead for lead in record.leads if len(lead.samples)]
    check_samples(len(leads), max((len(lead.samples) for lead in leads), default=0), "This ECG")
    rate = float(leads[0].sampling_rate)
    if any(lead.sampling_rate != rate for lead in leads) or rate <= 0:
        raise FormatError("unsupported", "The leads of this ECG have several sampling rates", "export it as DICOM")
    length = max(len(lead.samples) for lead in leads)
    samples = np.full((len(leads), length), np.nan, np.float32)
    units = []
    for row, lead in zip(samples, leads, strict=True):
        gain = lead.resolution if lead.is_raw and lead.resolution_unit and lead.resolution else 1.0
        offset = lead.offset if lead.is_raw and lead.resolution_unit else 0.0
        factor, unit = usual_unit(lead.units or lead.resolution_unit)
        row[: len(lead.samples)] = (np.asarray(lead.samples, np.float64) * gain + offset) * factor
        units.append(unit)
    if any(len(lead.samples) < length for lead in leads):
        notes.append(Note("gaps", "Some leads are shorter than others; what they lack is a gap."))
    if "" in units:
        notes.append(Note("scale-unknown", "The file does not give every lead's unit."))
    waveform = Waveform(samples, rate, usual_names(lead.label for lead in leads), tuple(units))
    waveform = with_limb_leads(waveform, notes)
    _note_calibration(waveform, notes)
    kind = Kind.ECG_TRACE if set(waveform.channels) & LEADS else kind_of(waveform.channels)
    return Opened(waveform, kind, _patient(record), _acquisition(record), tuple(notes))


def _record(file: File, notes: list[Note]) -> Any:
    """Let the parser of this format read the bytes, which pass through a temporary file of its own."""
    from ecgdatakit import ECGDataKitError

    if len(file.data) > _MAX_BYTES:
        raise FormatError("too-large", "This file is far too large for a resting ECG", "export a shorter recording")
    data = bytes(file.data)
    if file.head.startswith(b"ISHNE"):
        module, name = "ishne_holter", "ISHNEHolterParser"
    elif file.head[16:22] == b"SCPECG":
        module, name = "scp_ecg", "SCPECGParser"
        data = _scp_repaired(data, notes)
    else:
        from viewer.formats.safe_xml import bare, parse

        module, name = _PARSERS[bare(parse(file).tag)]
    parser = getattr(import_module(f"ecgdatakit.parsing.parsers.{module}"), name)()
    with tempfile.TemporaryDirectory(prefix="leadlight-") as folder:
        path = Path(folder) / "record"
        path.write_bytes(data)
        try:
            return parser.parse(path)
        except ECGDataKitError as error:
            reason = str(error).replace(str(path), "the file").strip().rstrip(".")
            raise FormatError(
                "damaged", f"This ECG file holds no recording that can be read ({reason})", "export it again as DICOM"
            ) from error


def _scp_repaired(data: bytes, notes: list[Note]) -> bytes:
    """Put right what devices get wrong in section 3: samples counted from 0, and counts beyond what section 6 holds.

    Section 6 gives the bytes of a lead in 16 bits, so that Contec's exporter loses what is beyond 32,767 samples.
    """
    sections = _scp_sections(data)
    if 3 not in sections or 6 not in sections:
        return data
    at = sections[3] + 16
    count = data[at]
    fixed = bytearray(data)
    for i in range(count):
        entry = at + 2 + 9 * i
        if entry + 9 > len(data):
            return data
        start, end = struct.unpack_from("<II", data, entry)
        if start == 0:
            struct.pack_into("<II", fixed, entry, 1, end)
            start = 1
        (size,) = struct.unpack_from("<H", data, sections[6] + 16 + 6 + 2 * i)
        if 2 not in sections and end - start + 1 > size // 2 > 0:
            struct.pack_into("<II", fixed, entry, start, start + size // 2 - 1)
            if not any(note.code == "truncated" for note in notes):
                notes.append(
                    Note("truncated", f"The header promises {end - start + 1} samples a lead; {size // 2} are stored.")
                )
    return bytes(fixed)


def _scp_sections(data: bytes) -> dict[int, int]:
    """Return where each section that is there begins."""
    (length,) = struct.unpack_from("<I", data, 6 + 4)
    found = {}
    for at in range(6 + 16, min(6 + length, len(data) - 9), 10):
        section, size, index = struct.unpack_from("<HII", data, at)
        if size > 16 and 0 < index <= len(data) - 16:
            found[section] = index - 1
    return found


def _note_calibration(waveform: Waveform, notes: list[Note]) -> None:
    """Say where the recording ends in the device's calibration pulse (Philips): all leads equal, up to 1 mV."""
    equal = np.ptp(waveform.samples, axis=0) == 0
    length = int(np.argmin(equal[::-1])) if not equal.all() else 0
    if len(waveform.channels) >= 8 and length > 0.2 * waveform.rate_hz:
        tail = waveform.samples[0, -length:] * (1e-3 if waveform.units[0] == "uV" else 1)
        if np.isclose(tail.max(), 1.0, atol=0.01):
            seconds = length / waveform.rate_hz
            text = f"The last {seconds:.1f} s hold the device's calibration pulse (1 mV), not the heart."
            notes.append(Note("calibration-pulse", text))


def _patient(record: Any) -> Patient:
    person = record.patient
    born = _day(person.birth_date)
    taken = _day(record.recording.date)
    age = float(person.age) if person.age else None
    if age is None and born and taken and 0 <= (taken - born).days < 110 * 366:
        age = round((taken - born).days / 365.2425, 2)
    sex = (person.sex or "")[:1].upper()
    return Patient(
        name=" ".join(filter(None, (person.last_name, person.first_name))) or None,
        identifier=person.patient_id or None,
        birth_date=born,
        sex=sex if sex and sex in "MFO" else None,
        age_years=age,
    )


def _day(value: Any) -> date | None:
    return value.date() if isinstance(value, datetime) else value or None


def _acquisition(record: Any) -> Acquisition:
    device, filters = record.recording.device, record.recording.acquisition.filters
    facts = {
        "High-pass (Hz)": filters.highpass,
        "Low-pass (Hz)": filters.lowpass,
        "Notch (Hz)": filters.notch,
    }
    taken = record.recording.date
    if isinstance(taken, datetime) and taken.tzinfo is not None:
        taken = taken.replace(tzinfo=None)  # local time of the recording, as every other format has it
    return Acquisition(
        taken=taken,
        modality="ECG",
        device=" ".join(dict.fromkeys(filter(None, (device.manufacturer, device.model or device.name)))) or None,
        facts=tuple((name, f"{value:g}") for name, value in facts.items() if value),
    )
