"""GE CardioSoft / Marquette XML: the full strip of a resting ECG."""

from datetime import date, datetime
from typing import Any

import numpy as np

from viewer.errors import FormatError
from viewer.formats.file import File
from viewer.formats.kinds import usual_names
from viewer.formats.limits import check_rate, check_samples
from viewer.formats.opened import Opened
from viewer.formats.safe_xml import parse
from viewer.study import Acquisition, Kind, Note, Patient, Waveform


def read(file: File, frame: int) -> Opened:
    """Open the rhythm strip (``StripData``, else ``FullDisclosure``). Raises FormatError."""
    root = parse(file)
    strip = root.find(".//StripData")
    strip = strip if strip is not None else root.find(".//FullDisclosure")
    waves = [] if strip is None else [wave for wave in strip.iter("WaveformData") if wave.get("lead")]
    if not waves:
        raise FormatError(
            "damaged", "This CardioSoft file holds no rhythm strip, only measurements", "export it with its waveforms"
        )
    rate, resolution = _value(strip, "SampleRate"), strip.find("Resolution")
    if not rate or rate <= 0:
        raise FormatError("damaged", "This CardioSoft file does not say its sampling rate", "export it again")
    check_rate(rate, "This CardioSoft file")
    notes: list[Note] = []
    gain, unit = 1.0, ""
    if resolution is not None and resolution.get("units") == "uVperLsb" and resolution.text:
        gain, unit = float(resolution.text), "uV"
    else:
        notes.append(Note("scale-unknown", "The file does not give the resolution of its samples."))
    stored = [np.array([float(word) for word in (wave.text or "").split(",") if word.strip()]) for wave in waves]
    length = max(len(values) for values in stored)
    check_samples(len(stored), length, "This ECG")
    samples = np.full((len(stored), length), np.nan, np.float32)
    for row, values in zip(samples, stored, strict=True):
        row[: len(values)] = values * gain
    promised = _value(strip, "ChannelSampleCountTotal")
    if promised and promised > length:
        notes.append(Note("truncated", f"The header promises {promised:g} samples a lead; {length} are stored."))
    waveform = Waveform(samples, rate, usual_names(wave.get("lead") or "" for wave in waves), (unit,) * len(waves))
    patient, acquisition = _facts(root)
    return Opened(waveform, Kind.ECG_TRACE, patient, acquisition, tuple(notes))


def _text(place: Any, path: str) -> str | None:
    found = None if place is None else place.find(path)
    return (found.text or "").strip() or None if found is not None else None


def _value(place: Any, path: str) -> float | None:
    try:
        return float(_text(place, path) or "")
    except ValueError:
        return None


def _date(place: Any) -> date | None:
    try:
        return date(*(int(_text(place, part) or "") for part in ("Year", "Month", "Day")))
    except (TypeError, ValueError):
        return None


def _facts(root: Any) -> tuple[Patient, Acquisition]:
    person = root.find(".//PatientInfo")
    sex = (_text(person, "Gender") or "")[:1]
    age = person.find("Age") if person is not None else None
    in_years = age is not None and (age.get("units") or "YEARS").upper() == "YEARS"
    patient = Patient(
        name=" ".join(filter(None, (_text(person, "Name/FamilyName"), _text(person, "Name/GivenName")))) or None,
        identifier=_text(person, "PID"),
        birth_date=_date(person.find("BirthDateTime")) if person is not None else None,
        sex=sex if sex and sex in "MFO" else None,
        age_years=_value(person, "Age") if in_years else None,
    )
    when = root.find("ObservationDateTime")
    day, taken = _date(when), None
    if day is not None:
        hour, minute, second = (int(_value(when, part) or 0) for part in ("Hour", "Minute", "Second"))
        taken = datetime(day.year, day.month, day.day, hour, minute, second)
    filters = (("Low-pass (Hz)", "LowPass"), ("High-pass (Hz)", "HighPass"), ("Notch 50 Hz", "Filter50Hz"))
    facts = tuple((title, value) for title, name in filters if (value := _text(root, f"FilterSetting/{name}")))
    return patient, Acquisition(taken=taken, modality="ECG", device="GE CardioSoft", facts=facts)
