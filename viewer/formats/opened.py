"""What a reader returns: a study without its source."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from viewer.formats.file import File
from viewer.study import Acquisition, Image, Kind, Note, Patient, Waveform


@dataclass(frozen=True, eq=False)
class Opened:
    """A file's content and facts.

    ``frames`` counts the frames or pages of the file. ``files`` are all the files that the content came from, header
    first, where they are more than the one that was given.
    """

    content: Image | Waveform
    kind: Kind = Kind.UNKNOWN
    patient: Patient = field(default_factory=Patient)
    acquisition: Acquisition = field(default_factory=Acquisition)
    notes: tuple[Note, ...] = ()
    frames: int = 1
    files: Sequence[File] = ()
