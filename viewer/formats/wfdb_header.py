"""WFDB headers, as WFDB's header(5) says and as people write them."""

import re
from dataclasses import dataclass, field
from datetime import date, datetime, time

from viewer.errors import FormatError
from viewer.formats.limits import check_rate
from viewer.study import Note

DEFAULT_GAIN = 200.0
"""adu/mV where a header gives none (header(5))."""

_MONTHS = {
    name: i
    for i, name in enumerate(["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], 1)
}
_FLOAT = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"


@dataclass(frozen=True)
class Signal:
    """One signal line. ``baseline`` is the stored value of 0; ``gain`` in stored units a physical unit."""

    file: str
    format: int
    frame_samples: int = 1
    skew: int = 0
    offset: int = 0
    gain: float = DEFAULT_GAIN
    baseline: int = 0
    unit: str = "mV"
    initial: int = 0
    name: str = ""
    calibrated: bool = True


@dataclass(frozen=True)
class Header:
    """A record's header. ``segments`` is (record, frames) for each where it is a multi-segment record."""

    name: str
    rate_hz: float
    frames: int | None
    taken: datetime | None
    signals: tuple[Signal, ...] = ()
    segments: tuple[tuple[str, int], ...] = ()
    comments: tuple[str, ...] = ()
    notes: tuple[Note, ...] = field(default=())

    @property
    def is_multi(self) -> bool:
        """Whether it lists segments instead of signals."""
        return bool(self.segments)


def parse_header(text: str) -> Header:
    """Parse a header. Raises FormatError (``damaged``) where the rate or a signal line makes no sense."""
    lines = [line.strip() for line in text.replace("\0", "").splitlines()]
    comments = tuple(line.lstrip("#").strip() for line in lines if line.startswith("#"))
    lines = [line for line in lines if line and not line.startswith("#")]
    if not lines:
        raise FormatError("damaged", "This WFDB header is empty", "copy it again")
    notes: list[Note] = []
    name, count, segment_count, rate, frames, taken = _record_line(lines[0], notes)
    segments: tuple[tuple[str, int], ...] = ()
    signals: tuple[Signal, ...] = ()
    if segment_count is not None:
        segments = tuple(_segment_line(line) for line in lines[1 : 1 + segment_count])
    else:
        signals = tuple(_signal_line(line) for line in lines[1 : 1 + count])
        if len(signals) < count:
            raise FormatError(
                "damaged", f"This WFDB header promises {count} signals and describes {len(signals)}", "copy it again"
            )
    return Header(name, rate, frames, taken, signals, segments, comments, tuple(notes))


def _record_line(line: str, notes: list[Note]) -> tuple[str, int, int | None, float, int | None, datetime | None]:
    words = line.split()
    name, _, segments = words[0].partition("/")
    try:
        count = int(words[1])
        segment_count = int(segments) if segments else None
    except (IndexError, ValueError) as error:
        raise FormatError(
            "damaged", "This WFDB header does not say how many signals there are", "copy it again"
        ) from error
    if "." in name:
        notes.append(
            Note(
                "header-repaired", f"The header calls the record {name}, which WFDB does not allow; read all the same."
            )
        )
    rate = 250.0
    if len(words) > 2 and (found := re.match(_FLOAT, words[2])):
        rate = float(found.group())
    else:
        notes.append(Note("rate-assumed", "The header gives no sampling rate; 250 Hz is WFDB's rule then."))
    check_rate(rate, "This WFDB header")
    frames = int(words[3]) if len(words) > 3 and words[3].isdigit() else None
    taken = _when(words[4:], notes)
    return name, count, segment_count, rate, frames or None, taken


def _when(words: list[str], notes: list[Note]) -> datetime | None:
    """Return base date and time, in either order, the date also as ``05-May-2020`` or ISO (not WFDB's, but found)."""
    clock: time | None = None
    day: date | None = None
    for word in words[:2]:
        parts = re.split(r"[-/.]", word)
        if ":" in word:
            clock = _clock(word)
        elif len(parts) == 3:
            day = _day(parts)
            if "/" not in word and day is not None:
                notes.append(
                    Note("header-repaired", f"The header writes its date as {word}; read as {day.isoformat()}.")
                )
    return datetime.combine(day, clock or time()) if day else None


def _clock(word: str) -> time | None:
    try:
        hours, minutes, seconds = (float(part) for part in word.split(":")[:3])
        return time(int(hours), int(minutes), int(seconds))
    except ValueError:
        return None


def _day(parts: list[str]) -> date | None:
    try:
        if parts[1][:3].lower() in _MONTHS:
            return date(int(parts[2]), _MONTHS[parts[1][:3].lower()], int(parts[0]))
        first, month, last = (int(part) for part in parts)
        return date(first, month, last) if first > 31 else date(last, month, first)
    except ValueError:
        return None


def _segment_line(line: str) -> tuple[str, int]:
    words = line.split()
    try:
        return words[0], int(words[1])
    except (IndexError, ValueError) as error:
        raise FormatError("damaged", "A segment line of this WFDB header is damaged", "copy it again") from error


def _signal_line(line: str) -> Signal:
    words = line.split(None, 8)
    found = re.fullmatch(r"(\d+)(?:x(\d+))?(?::(\d+))?(?:\+(\d+))?", words[1]) if len(words) > 1 else None
    if found is None:
        raise FormatError("damaged", f"A signal line of this WFDB header is damaged ({line[:60]})", "copy it again")
    form, per_frame, skew, offset = (int(part) if part else None for part in found.groups())
    gain, baseline, unit = _gain(words[2] if len(words) > 2 else "")
    zero = _integer(words, 4) or 0
    return Signal(
        file=words[0],
        format=form or 0,
        frame_samples=max(1, per_frame or 1),
        skew=skew or 0,
        offset=offset or 0,
        gain=gain or DEFAULT_GAIN,
        baseline=zero if baseline is None else baseline,
        unit=unit,
        initial=_integer(words, 5) or 0,
        name=words[8].strip() if len(words) > 8 else "",
        calibrated=bool(gain),
    )


def _gain(word: str) -> tuple[float, int | None, str]:
    """Split ``200(1024)/mV``; a decimal comma is read as a point."""
    found = re.match(rf"({_FLOAT})(?:\((-?\d+)\))?(?:/(\S+))?$", word.replace(",", "."))
    if found is None:
        return 0.0, None, "mV"
    baseline = int(found.group(2)) if found.group(2) else None
    return float(found.group(1)), baseline, found.group(3) or "mV"


def _integer(words: list[str], at: int) -> int | None:
    try:
        return int(words[at])
    except (IndexError, ValueError):
        return None
