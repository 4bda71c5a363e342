"""Patient and acquisition facts of a DICOM data set; odd values are passed over, not guessed."""

import re
from datetime import date, datetime, time
from typing import Any

from viewer.study import Acquisition, Patient

_FACTS = (
    ("Study", "StudyDescription"),
    ("Series", "SeriesDescription"),
    ("Protocol", "ProtocolName"),
    ("Processing", "AcquisitionDeviceProcessingDescription"),
    ("Institution", "InstitutionName"),
    ("Tube voltage (kV)", "KVP"),
    ("Exposure (mAs)", "Exposure"),
    ("Orientation", "PatientOrientation"),
    ("Species", "PatientSpeciesDescription"),
    ("Burnt-in annotation", "BurnedInAnnotation"),
    ("Derivation", "DerivationDescription"),
)
_PER_YEAR = {"Y": 1.0, "M": 12.0, "W": 52.1775, "D": 365.2425}


def text(dataset: Any, name: str) -> str | None:
    """Return an element as stripped text, or None where it is absent, empty or unreadable."""
    try:
        value = dataset.get(name)
    except Exception:  # pydicom converts values on access and raises what it likes
        return None
    if value is None:
        return None
    if not isinstance(value, str) and hasattr(value, "__iter__") and type(value).__name__ != "PersonName":
        value = "\\".join(str(part) for part in value)
    return str(value).strip(" \0") or None


def number(dataset: Any, name: str) -> float | None:
    """Return an element's first value as a finite number, or None."""
    words = (text(dataset, name) or "").split("\\")
    try:
        value = float(words[0])
    except ValueError:
        return None
    return value if abs(value) < float("inf") else None


def numbers(dataset: Any, name: str) -> list[float]:
    """Return an element's values as numbers; empty where one is none."""
    try:
        return [float(word) for word in (text(dataset, name) or "").split("\\")]
    except ValueError:
        return []


def patient_of(dataset: Any) -> Patient:
    """Return whose study it is. The age is ``PatientAge``, else from birth and study date."""
    born = _date(text(dataset, "PatientBirthDate"))
    taken = _taken(dataset)
    sex = (text(dataset, "PatientSex") or "")[:1].upper()
    name = text(dataset, "PatientName")
    return Patient(
        name=" ".join(re.sub(r"[\^=]+", " ", name).split()) or None if name else None,
        identifier=text(dataset, "PatientID"),
        birth_date=born,
        sex=sex if sex and sex in "MFO" else None,
        age_years=_age(text(dataset, "PatientAge"), born, taken),
    )


def _age(stated: str | None, born: date | None, taken: datetime | None) -> float | None:
    found = re.fullmatch(r"0*(\d{1,3})([YMWD]?)", (stated or "").upper())
    if found and (int(found.group(1)) > 0 or found.group(2) in ("D", "W", "M")):
        return round(int(found.group(1)) / _PER_YEAR[found.group(2) or "Y"], 2)
    if born and taken and taken.date() >= born:
        years = round((taken.date() - born).days / 365.2425, 2)
        return years if years < 115 else None  # 1900-01-01 stands for an unknown day of birth
    return None


def acquisition_of(dataset: Any) -> Acquisition:
    """Return how it was taken."""
    device = " ".join(filter(None, (text(dataset, "Manufacturer"), text(dataset, "ManufacturerModelName")))) or None
    facts = tuple((title, value) for title, name in _FACTS if (value := text(dataset, name)))
    if text(dataset, "LossyImageCompression") == "01":
        facts += (("Compression", "lossy"),)
    side = text(dataset, "ImageLaterality") or text(dataset, "Laterality")
    return Acquisition(
        taken=_taken(dataset),
        modality=text(dataset, "Modality"),
        body_part=text(dataset, "BodyPartExamined"),
        view=_view(dataset),
        laterality=side if side in ("L", "R", "B") else None,
        device=device,
        facts=facts,
    )


_VIEWS = {"LL": "LATERAL", "RL": "LATERAL", "LATERAL": "LATERAL", "LAT": "LATERAL", "LLD": "LATERAL DECUBITUS",
          "RLD": "LATERAL DECUBITUS", "AP": "AP", "PA": "PA"}  # fmt: skip
_VIEW_CODES = {"399348003": "AP", "R-10206": "AP", "399132005": "LATERAL", "R-10232": "LATERAL", "272479007": "PA",
               "R-10214": "PA", "399067008": "LATERAL", "R-10236": "LATERAL"}  # fmt: skip


def _view(dataset: Any) -> str | None:
    """Return ``ViewPosition``, else what the coded view says (SNOMED: antero-posterior, postero-anterior, lateral)."""
    position = (text(dataset, "ViewPosition") or "").upper()
    if position:
        return _VIEWS.get(position, position)
    try:
        return _VIEW_CODES.get(str(dataset.ViewCodeSequence[0].CodeValue))
    except (AttributeError, IndexError, TypeError):
        return None


def _taken(dataset: Any) -> datetime | None:
    whole = text(dataset, "AcquisitionDateTime")
    if whole and (day := _date(whole[:8])):
        return datetime.combine(day, _time(whole[8:]))
    for prefix in ("Acquisition", "Content", "Series", "Study"):
        day = _date(text(dataset, prefix + "Date"))
        if day:
            return datetime.combine(day, _time(text(dataset, prefix + "Time") or ""))
    return None


def _date(value: str | None) -> date | None:
    digits = re.sub(r"[.\-/:]", "", value or "")[:8]
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:8])) if len(digits) == 8 else None
    except ValueError:
        return None


def _time(value: str) -> time:
    digits = re.sub(r"[:]", "", re.split(r"[.+\-]", value)[0]).ljust(6, "0")[:6]
    try:
        return time(int(digits[:2]), int(digits[2:4]), min(int(digits[4:6]), 59))
    except ValueError:
        return time()
