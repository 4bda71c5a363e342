"""What was opened: immutable values. No Qt, no torch."""

from viewer.study.image import DisplayWindow, Image, ToneTable
from viewer.study.region import Region
from viewer.study.study import Acquisition, Kind, KindFrom, Note, Patient, Source, Study
from viewer.study.waveform import TWELVE_LEADS, Waveform, normal_lead_name

__all__ = [
    "TWELVE_LEADS",
    "Acquisition",
    "DisplayWindow",
    "Image",
    "Kind",
    "KindFrom",
    "Note",
    "Patient",
    "Region",
    "Source",
    "Study",
    "ToneTable",
    "Waveform",
    "normal_lead_name",
]
