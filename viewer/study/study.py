"""The study: one opened recording or picture, with everything its file says about it."""

from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path

from viewer.study.image import Image
from viewer.study.waveform import Waveform


class Kind(StrEnum):
    """A study's clinical kind."""

    EMG_IMAGE = "emg-image"
    EMG_TRACE = "emg-trace"
    ECG_TRACE = "ecg-trace"
    ECG_IMAGE = "ecg-image"
    CHEST_XRAY = "chest-xray"
    UNKNOWN = "unknown"


class KindFrom(StrEnum):
    """Who said what kind a study is."""

    FILE = "file"
    NETWORK = "network"
    PERSON = "person"


@dataclass(frozen=True)
class Note:
    """Something about a study or a reading that a person must be told.

    ``code`` is enumerated in ``reading/reading.schema.json``; ``message`` is one sentence.
    """

    code: str
    message: str


@dataclass(frozen=True)
class Patient:
    """Whose study it is, as far as the file says. ``sex`` is ``M``, ``F``, ``O`` or None."""

    name: str | None = None
    identifier: str | None = None
    birth_date: date | None = None
    sex: str | None = None
    age_years: float | None = None

    @property
    def is_child(self) -> bool:
        """Under 18 years old (the networks were trained on adults). False where the age is unknown."""
        return self.age_years is not None and self.age_years < 18


@dataclass(frozen=True)
class Acquisition:
    """How it was taken, as far as the file says.

    ``view`` is ``PA``, ``AP``, ``LATERAL`` ...; ``laterality`` is ``L`` or ``R``; ``facts`` holds further pairs worth
    showing (filter settings, needle, muscle, body part examined), none of them identifying a patient.
    """

    taken: datetime | None = None
    modality: str | None = None
    body_part: str | None = None
    view: str | None = None
    laterality: str | None = None
    device: str | None = None
    facts: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Source:
    """Where a study came from.

    Attributes
    ----------
    path : Path
        The file a person named (a WFDB record's header; the archive, for a study in one).
    sha256 : str
        Over the bytes of the file, or of all the record's files, header first; hexadecimal.
    format : str
        Name of the format that opened it, as in the registry (``dicom``, ``wfdb``, ``png`` ...).
    member : str or None
        Path inside a ZIP archive or a DICOMDIR's folder.
    frame, frames : int
        Which frame or page this is (from 0), of how many.
    """

    path: Path
    sha256: str
    format: str
    member: str | None = None
    frame: int = 0
    frames: int = 1

    @property
    def label(self) -> str:
        """A short name for lists: file name, member, frame."""
        name = self.path.name + (f" › {self.member}" if self.member else "")
        return f"{name} ({self.frame + 1}/{self.frames})" if self.frames > 1 else name


@dataclass(frozen=True, eq=False)
class Study:
    """One opened picture or recording.

    What could not be known is said in ``notes`` (unit unknown, rate assumed, lead missing), never guessed in silence.
    """

    source: Source
    kind: Kind
    kind_from: KindFrom
    content: Image | Waveform
    patient: Patient = field(default_factory=Patient)
    acquisition: Acquisition = field(default_factory=Acquisition)
    notes: tuple[Note, ...] = ()

    def as_kind(self, kind: Kind, kind_from: KindFrom, *notes: Note) -> "Study":
        """Return the same study, called ``kind``."""
        return replace(self, kind=kind, kind_from=kind_from, notes=(*self.notes, *notes))

    @property
    def image(self) -> Image:
        """The picture. Raises TypeError where the study is a recording."""
        if not isinstance(self.content, Image):
            raise TypeError("this study holds a waveform")
        return self.content

    @property
    def waveform(self) -> Waveform:
        """The recording. Raises TypeError where the study is a picture."""
        if not isinstance(self.content, Waveform):
            raise TypeError("this study holds an image")
        return self.content
