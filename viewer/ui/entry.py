"""One line of the worklist, and what may be said of it."""

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from PySide6.QtGui import QImage

from viewer.reading.values import Finding, Reading
from viewer.study import Image, Kind, KindFrom, Patient, Region, Study
from viewer.ui.text import NORMAL_LABELS, tr

if TYPE_CHECKING:
    from viewer.formats import Item


class State(StrEnum):
    """Where a study is on its way."""

    WAITING = "waiting"
    READING = "reading"
    READ = "read"
    ABSTAINED = "abstained"
    FAILED = "failed"
    STOPPED = "stopped"


@dataclass(eq=False)
class Entry:
    """A file in the worklist.

    ``study`` may be dropped to save memory and opened again; ``kind`` and ``model_id`` are the person's choices;
    ``region`` is what the person marked, ``regional`` its reading; ``label`` is the class
    that is explained on the study: None until there is a reading, then the top positive finding, empty where the person
    wants none. ``asked`` counts the person's requests, so that an
    answer to an older one is known. ``further``: which of the reading's further readings is shown; ``twin_of``: the
    same file's entry that this one shows again, as another model reads it. ``title``, ``patient`` and the facts outlive
    the study. ``full_scale_uv``: what a person said a file without a unit is worth. ``view_states``: how it was shown,
    by what it was shown as.
    """

    item: "Item | None"
    number: int
    study: Study | None = None
    reading: Reading | None = None
    regional: Reading | None = None
    region: Region | None = None
    further: int | None = None
    full_scale_uv: float | None = None
    twin_of: "Entry | None" = None
    kind: Kind | None = None
    model_id: str | None = None
    label: str | None = None
    thumbnail: QImage | None = None
    error: str = ""
    busy: bool = False
    stopped: bool = False
    asked: int = 0
    title: str = ""
    patient: Patient = field(default_factory=Patient)
    own_kind: tuple[Kind, KindFrom] = (Kind.UNKNOWN, KindFrom.FILE)
    shown_kind: Kind = Kind.UNKNOWN
    frames: int = 1
    view_states: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def state(self) -> State:
        """Return where it is."""
        if self.error:
            return State.FAILED
        if self.busy:
            return State.READING
        if self.reading is not None:
            return State.ABSTAINED if self.reading.abstained else State.READ
        return State.STOPPED if self.stopped else State.WAITING

    @property
    def first_reading(self) -> Reading | None:
        """Return the marked region's reading where there is one, else the whole study's."""
        return self.regional if self.region is not None else self.reading

    @property
    def shown_reading(self) -> Reading | None:
        """Return the reading that is on the study: the first, or the further one that the person chose."""
        first = self.first_reading
        if first is None or self.further is None or self.further >= len(first.also):
            return first
        return first.also[self.further]

    @property
    def bytes(self) -> int:
        """Memory that the opened study holds."""
        if self.study is None:
            return 0
        content = self.study.content
        return content.pixels.nbytes if isinstance(content, Image) else content.samples.nbytes

    def take(self, study: Study) -> None:
        """Hold an opened study."""
        self.study, self.error = study, ""
        self.title, self.patient = study.source.label, study.patient
        if self.twin_of is not None:
            self.title += f" · {self.model_id}"
        self.frames, self.own_kind = study.source.frames, (study.kind, study.kind_from)
        self.shown_kind = study.kind if self.reading is None else self.reading.kind
        if self.reading is not None and self.reading.kind != study.kind:
            self.study = study.as_kind(self.reading.kind, self.reading.kind_from)

    def error_for(self, identity_visible: bool) -> str:
        """Return what went wrong; without the file's name where identities are hidden (names are often in it)."""
        if identity_visible or self.item is None:
            return self.error
        return self.error.replace(str(self.item.path), tr("the file")).replace(self.item.path.name, tr("the file"))

    def as_opened(self) -> Study:
        """Return the study as its file has it, before a network or a person said what kind it is."""
        assert self.study is not None
        return self.study.as_kind(*self.own_kind)

    def twin(self, model_id: str, number: int) -> "Entry":
        """Return another entry of the same file, to be read by another model."""
        assert self.study is not None
        twin = Entry(self.item, number, kind=self.kind, model_id=model_id, thumbnail=self.thumbnail, twin_of=self)
        twin.take(self.as_opened())
        twin.view_states = dict(self.view_states)
        return twin

    def at_frame(self, frame: int) -> None:
        """Turn to another frame of the same file; it is opened and read anew."""
        if self.item is not None and 0 <= frame < self.frames:
            self.item = replace(self.item, frame=frame)
            self.study = self.reading = self.regional = self.region = self.further = None
            self.stopped, self.error = False, ""


def state_title(state: State) -> str:
    """Return what a state is called."""
    return {
        State.WAITING: tr("waiting"),
        State.READING: tr("reading"),
        State.READ: tr("read"),
        State.ABSTAINED: tr("abstained"),
        State.FAILED: tr("failed"),
        State.STOPPED: tr("stopped"),
    }[state]


def top_finding(reading: Reading | None) -> Finding | None:
    """Return the finding to name in a line: what is predicted, else the most probable positive, abnormal ones first."""
    if reading is None or not reading.findings:
        return None
    if reading.exclusive:
        return max(reading.findings, key=lambda f: f.probability)
    positive = [f for f in reading.findings if f.positive]
    abnormal = [f for f in positive if f.label not in NORMAL_LABELS]
    return max(abnormal or positive or reading.findings, key=lambda f: f.probability)


def abstained_because(reading: Reading) -> str:
    """Return the sentence that says best why there is no reading."""
    telling = (
        "kind-doubted", "kind-unknown", "kind-network-missing", "no-model", "model-unsuitable", "kind-impossible",
        "blank", "too-small", "modality-unsuitable", "view-unsuitable", "no-signal", "too-short", "rate-unsuitable",
        "not-finite", "no-event", "lead-missing", "not-read", "scale-unknown",
    )  # fmt: skip
    by_code = {note.code: note.message for note in reading.warnings}
    found = next((by_code[code] for code in telling if code in by_code), None)
    return found or (reading.warnings[-1].message if reading.warnings else tr("The networks abstained"))


def first_label(reading: Reading) -> str | None:
    """Return the class to explain before a person has chosen: the top finding where it is positive and abnormal."""
    top = top_finding(reading)
    return top.label if top is not None and top.positive and top.label not in NORMAL_LABELS else None


def suspicion(reading: Reading | None) -> float:
    """Return the highest probability of any class that is not the normal one; -1 without findings. For sorting."""
    if reading is None:
        return -1.0
    return max((f.probability for f in reading.findings if f.label not in NORMAL_LABELS), default=-1.0)


def conflicts(reading: Reading | None) -> frozenset[str]:
    """Return the labels that contradict each other: the normal class positive beside another positive."""
    if reading is None or reading.exclusive:
        return frozenset()
    positive = {f.label for f in reading.findings if f.positive}
    return frozenset(positive) if positive & NORMAL_LABELS and positive - NORMAL_LABELS else frozenset()


def patient_key(patient: Patient) -> tuple | None:
    """Return what tells patients apart: the identifier where there is one, else name and birth date, else None."""
    if patient.identifier:
        return (patient.identifier.strip().casefold(),)
    if patient.name:
        return (patient.name.strip().casefold(), patient.birth_date)
    return None
