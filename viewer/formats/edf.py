"""EDF, EDF+ and BDF (edfplus.info/specs): read as their headers mean, also where they are not quite as specified."""

import re
from dataclasses import dataclass
from datetime import date, datetime, time

import numpy as np

from viewer.errors import FormatError
from viewer.formats.file import File
from viewer.formats.kinds import kind_of, usual_names, usual_unit
from viewer.formats.limits import check_rate, check_samples
from viewer.formats.opened import Opened
from viewer.study import Acquisition, Note, Patient, Waveform

_FIELDS = (16, 80, 8, 8, 8, 8, 8, 80, 8, 32)
_MONTHS = {
    name: i
    for i, name in enumerate(["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"], 1)
}


@dataclass(frozen=True)
class _Channel:
    label: str
    unit: str
    physical: tuple[float, float]
    digital: tuple[float, float]
    samples: int
    at: int
    transducer: str
    filters: str

    @property
    def gain(self) -> float:
        low, high = self.digital
        return (self.physical[1] - self.physical[0]) / (high - low) if high != low else 0.0


def read(file: File, frame: int) -> Opened:
    """Open a recording, its annotation channels left out, gaps of a discontinuous one as NaN. Raises FormatError."""
    head = bytes(file.data[:256])
    size = 3 if head[:1] == b"\xff" else 2
    notes: list[Note] = []
    channels, annotations, record_samples = _channels(file)
    record_s = _number(head[244:252], "duration of a record")
    count, records = _records(file, head, size, record_samples, notes)
    check_samples(len(channels), 1, "This EDF file")
    if record_s <= 0:
        raise FormatError(
            "damaged", "This EDF file gives its records no duration, so it has no sampling rate", "export it again"
        )
    starts = _starts(records, annotations, record_s, count) if head[192:197] in (b"EDF+D", b"BDF+D") else None
    most = max(channel.samples for channel in channels)
    rate = most / record_s
    check_rate(rate, "This EDF file")
    places, total = _places(starts, rate, most, count, notes)
    check_samples(len(channels), total, "This EDF file")
    samples = np.full((len(channels), total), np.nan, np.float32)
    names, units = [], []
    for i, channel in enumerate(channels):
        factor, unit = usual_unit(channel.unit)
        _fill(samples[i], channel, _stored(records, channel, size), factor, places, most)
        names.append(channel.label)
        units.append(unit)
    if len({channel.samples for channel in channels}) > 1:
        said = ", ".join(f"{value / record_s:g}" for value in sorted({channel.samples for channel in channels}))
        notes.append(
            Note(
                "rates-unified",
                f"The signals have several rates ({said} Hz); the slower were interpolated to the highest.",
            )
        )
    if any(channel.gain == 0 for channel in channels):
        notes.append(
            Note("scale-unknown", "A channel's calibration in the header is empty; its stored numbers are shown.")
        )
    if "" in units:
        notes.append(Note("scale-unknown", "The file does not give every channel's unit."))
    waveform = Waveform(samples, rate, usual_names(map(_bare, names)), tuple(units))
    patient, acquisition = _facts(head, channels)
    return Opened(waveform, kind_of(names, file.name), patient, acquisition, tuple(notes))


def _bare(label: str) -> str:
    """Drop the signal type that EDF+ puts before a name (``ECG II`` -> ``II``, ``EMG biceps`` stays)."""
    kind, _, rest = label.partition(" ")
    return rest if kind.upper() in ("ECG", "EKG") and rest else label


def _text(raw: bytes) -> str:
    return raw.decode("latin-1").replace("\0", " ").strip()


def _number(raw: bytes, what: str) -> float:
    try:
        value = float(_text(raw).replace(",", "."))
    except ValueError:
        value = float("nan")
    if not abs(value) < float("inf"):
        raise FormatError("damaged", f"This EDF header is damaged (its {what} is {_text(raw)!r})", "export it again")
    return value


def _channels(file: File) -> tuple[list[_Channel], list[_Channel], int]:
    """Return the signal channels, the annotation channels, and how many samples a record holds."""
    count = int(_number(bytes(file.data[252:256]), "count of signals"))
    if not 0 < count <= 4096:
        raise FormatError(
            "damaged", f"This EDF file has no signal channels (its header says {count})", "export it again"
        )
    raw = bytes(file.data[256 : 256 + 256 * count])
    if len(raw) < 256 * count:
        raise FormatError("damaged", "This EDF file is cut off within its header", "copy or export it again")
    columns, at = [], 0
    for width in _FIELDS:
        columns.append([raw[at + width * i : at + width * (i + 1)] for i in range(count)])
        at += width * count
    signals, annotations, position = [], [], 0
    for i in range(count):
        samples = int(_number(columns[8][i], "samples of a record"))
        if samples < 0:
            raise FormatError("damaged", "This EDF header gives a signal less than no samples", "export it again")
        label = _text(columns[0][i])
        ends = [
            _number(columns[field][i], "calibration") if _text(columns[field][i]) else 0.0 for field in (3, 4, 5, 6)
        ]
        channel = _Channel(
            label, _text(columns[2][i]), (ends[0], ends[1]), (ends[2], ends[3]), samples, position,
            _text(columns[1][i]), _text(columns[7][i]),
        )  # fmt: skip
        position += samples
        if label in ("EDF Annotations", "BDF Annotations"):
            annotations.append(channel)
        elif samples:
            signals.append(channel)
    if not signals:
        raise FormatError(
            "damaged", "This EDF file has no signal channels, only annotations", "export it with its signals"
        )
    return signals, annotations, position


def _records(file: File, head: bytes, size: int, record_samples: int, notes: list[Note]) -> tuple[int, np.ndarray]:
    """Return the count of whole records, and their bytes as (records, bytes of a record)."""
    start = int(_number(head[184:192], "header length"))
    least = 256 + 256 * int(_number(head[252:256], "count of signals"))
    start = start if start >= least else least
    width = record_samples * size
    have = (len(file.data) - start) // width
    promised = _text(head[236:244])
    stated = int(promised) if re.fullmatch(r"\d+", promised) else -1
    if have < 1:
        raise FormatError("damaged", "This EDF file is cut off: it has no whole data record", "copy or export it again")
    if stated > have:
        notes.append(Note("truncated", f"The recording is cut off: {have} of {stated} data records are there."))
    elif stated < 0:
        notes.append(Note("header-repaired", "The header does not say how many data records there are; all were read."))
    count = min(have, stated) if stated > 0 else have
    data = np.frombuffer(file.data, np.uint8, count * width, start).reshape(count, width)
    return count, data


def _stored(records: np.ndarray, channel: _Channel, size: int) -> np.ndarray:
    part = np.ascontiguousarray(records[:, channel.at * size : (channel.at + channel.samples) * size])
    if size == 2:
        return part.view("<i2")
    wide = np.zeros((*part.shape[:1], channel.samples, 4), np.uint8)
    wide[..., 1:] = part.reshape(len(part), channel.samples, 3)
    return wide.view("<i4")[..., 0] >> 8


def _starts(records: np.ndarray, annotations: list[_Channel], record_s: float, count: int) -> np.ndarray | None:
    """Return when each record of a discontinuous file starts, in seconds (its first annotation's onset)."""
    if not annotations:
        return None
    size = 3 if records.shape[1] and annotations[0].label.startswith("BDF") else 2
    first = annotations[0]
    starts = np.arange(count) * record_s
    for i, row in enumerate(records[:, first.at * size : (first.at + first.samples) * size]):
        found = re.match(rb"([+-]\d+(?:\.\d+)?)[\x14\x15]", row.tobytes())
        if found:
            starts[i] = float(found.group(1))
    return starts - starts[0]


def _places(
    starts: np.ndarray | None, rate: float, most: int, count: int, notes: list[Note]
) -> tuple[np.ndarray | None, int]:
    """Return each record's first sample in the whole, or None where they follow each other; and the whole's length."""
    if starts is None:
        return None, most * count
    places = np.rint(starts * rate).astype(np.int64)
    if (np.diff(places) == most).all():
        return None, most * count
    if (np.diff(places) < most).any():
        notes.append(Note("header-repaired", "The times of the data records overlap; they are laid one after another."))
        return None, most * count
    gap_s = float((np.diff(places) - most).sum() / rate)
    notes.append(Note("gaps", f"The recording was interrupted ({gap_s:g} s in all); the gaps are kept."))
    return places, int(places[-1] + most)


def _fill(
    row: np.ndarray, channel: _Channel, stored: np.ndarray, factor: float, places: np.ndarray | None, most: int
) -> None:
    """Write a channel in its unit into its row: physical = minimum + (stored - digital minimum) * gain."""
    gain = channel.gain or 1.0
    low = channel.physical[0] - channel.digital[0] * gain if channel.gain else 0.0
    values = (stored.reshape(-1).astype(np.float64) * (gain * factor) + low * factor).astype(np.float32)
    if channel.samples != most:
        length = most * len(stored)
        values = np.interp(np.arange(length) * (channel.samples / most), np.arange(len(values)), values).astype(
            np.float32
        )
    if places is None:
        row[:] = values
        return
    for start, part in zip(places, values.reshape(-1, most), strict=True):
        row[start : start + most] = part


def _facts(head: bytes, channels: list[_Channel]) -> tuple[Patient, Acquisition]:
    """Return what the header's patient and recording fields say (EDF+ subfields, else a plain name)."""
    patient, recording = _text(head[8:88]), _text(head[88:168])
    taken = _taken(head)
    words = [None if word == "X" else word.replace("_", " ") for word in patient.split()]
    born = None
    if len(words) >= 4 and (words[1] is None or words[1] in "MF") and (words[2] is None or _day(words[2])):
        born = _day(words[2] or "")
        age = round((taken.date() - born).days / 365.2425, 2) if born and taken and taken.date() >= born else None
        person = Patient(words[3], words[0], born, words[1], age)
    else:
        person = Patient(name=patient or None)
    facts = {"Filters": channels[0].filters, "Electrode": channels[0].transducer}
    device = None
    parts = recording.split()
    if parts[:1] == ["Startdate"] and len(parts) >= 5:
        device = None if parts[4] == "X" else parts[4].replace("_", " ")
    return person, Acquisition(taken=taken, device=device, facts=tuple((k, v) for k, v in facts.items() if v))


def _day(word: str) -> date | None:
    found = re.fullmatch(r"(\d{1,2})[- ]([A-Za-z]{3})[- ](\d{4})", word)
    try:
        return date(int(found.group(3)), _MONTHS[found.group(2).upper()], int(found.group(1))) if found else None
    except (KeyError, ValueError):
        return None


def _taken(head: bytes) -> datetime | None:
    """Return the start: EDF+'s ``Startdate`` where it is given, else dd.mm.yy (1985 to 2084)."""
    parts = _text(head[88:168]).split()
    if parts[:2] == ["Startdate", "X"] and _text(head[168:176]).strip() == "01.01.85":  # EDF+'s "not known"
        return None
    day = _day(parts[1]) if parts[:1] == ["Startdate"] and len(parts) > 1 else None
    numbers = [re.findall(r"\d+", _text(field)) for field in (head[168:176], head[176:184])]
    try:
        if day is None:
            first, month, year = (int(part) for part in numbers[0])
            day = date(year + (1900 if year >= 85 else 2000) if year < 100 else year, month, first)
        hour, minute, second = (int(part) for part in (*numbers[1], 0, 0, 0)[:3])
        return datetime.combine(day, time(hour, minute, second))
    except ValueError:
        return None
