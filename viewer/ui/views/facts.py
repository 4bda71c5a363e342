"""The words in a view's corners: who, when, which view, what the file is."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from PySide6.QtCore import QDate, QLocale, QTime

from viewer.study import Image, Study

_NOT_ON_THE_STUDY = frozenset(
    {"Orientation", "Institution", "Study", "Series", "Protocol", "Processing", "Derivation", "Lossy compression"}
)
"""Facts that would cover more of a study than they say about it; the orientation is drawn at its sides."""


@dataclass(frozen=True)
class Corners:
    """Lines of text a corner; ``notice`` goes to the top centre and must not be missed."""

    top_left: tuple[str, ...] = ()
    top_right: tuple[str, ...] = ()
    bottom_left: tuple[str, ...] = ()
    bottom_right: tuple[str, ...] = ()
    notice: tuple[str, ...] = ()

    def __add__(self, other: "Corners") -> "Corners":
        return Corners(
            self.top_left + other.top_left,
            self.top_right + other.top_right,
            other.bottom_left + self.bottom_left,
            other.bottom_right + self.bottom_right,
            self.notice + other.notice,
        )


def study_corners(study: Study, identity: bool, tr: Callable[[str], str]) -> Corners:
    """Return what the file says of patient, examination and itself; without ``identity`` not who and when."""
    locale = QLocale()
    patient, taken = study.patient, study.acquisition
    who: list[str] = []
    if identity:
        who += [part for part in (patient.name, patient.identifier) if part]
        if patient.birth_date:
            who.append(tr("born {date}").format(date=_day(patient.birth_date)))
    elif patient.name or patient.identifier:
        who.append(tr("Identity hidden"))
    sex = {"M": tr("male"), "F": tr("female"), "O": tr("other")}.get(patient.sex or "", "")
    age = tr("{years} years").format(years=f"{patient.age_years:.0f}") if patient.age_years is not None else ""
    if sex or age:
        who.append(", ".join(part for part in (sex, age) if part))
    when: tuple[str, ...] = ()
    if identity and taken.taken:
        clock = locale.toString(QTime(taken.taken.hour, taken.taken.minute), locale.FormatType.ShortFormat)
        when = (f"{_day(taken.taken)} {clock}",)
    view = " ".join(part for part in (taken.modality, taken.body_part, taken.view, _side(taken.laterality, tr)) if part)
    facts = tuple(f"{name}: {value}" for name, value in taken.facts if name not in _NOT_ON_THE_STUDY)[:3]
    notice: tuple[str, ...] = ()
    if patient.is_child:
        notice = (
            tr("A child's study ({years} years): the networks were trained on adults").format(
                years=f"{patient.age_years:.0f}"
            ),
        )
    source = study.source
    file: tuple[str, ...] = (source.label,) if identity else ()
    if not identity and source.frames > 1:
        file = (tr("{frame} of {frames}").format(frame=source.frame + 1, frames=source.frames),)
    return Corners(tuple(who), when + ((view,) if view else ()) + facts, (), (_size(study, tr), *file), notice)


def _day(day: date) -> str:
    return QLocale().toString(QDate(day.year, day.month, day.day), QLocale.FormatType.ShortFormat)


def _side(laterality: str | None, tr: Callable[[str], str]) -> str:
    return {"L": tr("left"), "R": tr("right")}.get(laterality or "", laterality or "")


def _size(study: Study, tr: Callable[[str], str]) -> str:
    content, name = study.content, study.source.format
    if isinstance(content, Image):
        colour = tr("colour") if content.is_colour else tr("{bits} bit").format(bits=content.bits)
        return f"{content.columns} × {content.rows}, {colour}, {name}"
    assumed = tr(" (assumed)") if content.rate_assumed else ""
    return f"{len(content.channels)} × {duration(content.duration_s)}, {content.rate_hz:g} Hz{assumed}, {name}"


def duration(seconds: float) -> str:
    """Return a time in words a person reads: ``0.8 s``, ``12.5 s``, ``3:05``, ``1:02:03``."""
    if seconds < 60:
        return f"{seconds:.3g} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
