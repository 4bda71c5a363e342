"""Text and CSV with columns of samples, as programs and people really write them."""

import re
from dataclasses import dataclass
from datetime import date
from itertools import zip_longest

import numpy as np

from viewer.errors import FormatError
from viewer.formats.file import File
from viewer.formats.kinds import kind_of, usual_names, usual_unit
from viewer.formats.limits import check_rate, check_samples
from viewer.formats.opened import Opened
from viewer.formats.text_header import TIME_NAMES, TIME_UNITS, stated_rates, titles
from viewer.study import Note, Waveform

_MIN_ROWS = 100
"""Fewer rows are a table, not a recording."""
_MAX_COLUMNS = 64
_LONG_LINE = 1000
"""Characters and values from which on a line may be a channel, not a row of a table."""
_MAX_ACROSS = 100_000_000
"""Characters of all such lines together."""
_MAX_BYTES = 500_000_000
_LOOK_AT = 4000
"""Lines within which the header must end."""
_CORRUPT_AT_MOST = 0.05
"""Share of lines that may be gaps; where more cannot be read, the text is not understood."""
_MISSING_AT_MOST = 0.5
"""Share of a channel's values that may be missing; one that holds less is left out."""
_ASSUMED_HZ = 10_000.0
"""A usual sampling rate of EMG machines, taken where a file says none."""
_LEADING_ZERO = re.compile(r"\s*(-0,|[-+]?\d+,0\d)")
_GROUPED = {mark: re.compile(rf"[-+]?[1-9]\d{{0,2}}([{mark}]\d{{3}})+([^{mark}\w]\d*)?") for mark in ",."}
_BLANKS = "\u00a0\u202f\u2009\u2007"
"""Blanks that do not break, or are thin: within a number they part thousands."""
_CLOCK = re.compile(
    r"(?:(?:(?P<date>\d{4}-\d\d-\d\d)|\d{1,4}[./-]\d{1,2}[./-]\d{1,4})[T ])?"
    r"(?:(?P<hours>\d{1,3}):)?(?P<minutes>\d{1,2}):(?P<seconds>\d{1,2}(?:[.,]\d+)?)"
    r"(?: ?(?P<half>[AP])\.?M\.?)?(?:Z|[+-]\d\d:?\d\d)?",
    re.IGNORECASE,
)
"""Day and month first, or month and day, is not known: such a date is left out, and midnights are seen in the times."""
_DATE = re.compile(r"(\d{1,4}[./-]\d{1,2}[./-]\d{1,4}) (?=\d{1,2}:)")
_HALF = re.compile(r"(?<=\d) (?=[AP]\.?M\b)", re.IGNORECASE)
_DAY_S = 86_400.0
_NOT_A_NUMBER = {"nan", "inf", "-inf", "na", "n/a", "null", "#n/a", "-"}


@dataclass(frozen=True)
class _Layout:
    """How numbers are written: what parts columns, and whether the comma is the decimal point."""

    separator: str | None
    decimal_comma: bool

    def words(self, line: str) -> list[str]:
        if self.separator is None:
            line = _HALF.sub("", _DATE.sub(r"\1T", line)) if ":" in line else line
            return line.replace('"', " ").split()
        if self.separator == "|":
            line = line.lstrip("| ")  # as in a drawn table
        line = line.rstrip(self.separator + " \t")
        if '"' not in line:
            return [word.strip() for word in line.split(self.separator)]
        parts = line.split('"')
        parts[1::2] = [quoted.replace(self.separator, "\0") for quoted in parts[1::2]]
        return [word.strip().replace("\0", self.separator) for word in "".join(parts).split(self.separator)]

    def numbers(self, line: str) -> list[float] | None:
        """Return a line's numbers, or None where a word is none."""
        words = self.words(line)
        try:
            if not self.decimal_comma:
                return [float(word) for word in words] or None
        except ValueError:
            pass
        found = []
        for word in words:
            try:
                found.append(self._number(word) if word else float("nan"))
            except ValueError:
                if word.lower() not in _NOT_A_NUMBER:
                    return None
                found.append(float("nan"))
        return found or None

    @property
    def grouping(self) -> str:
        """What may part thousands."""
        return "." if self.decimal_comma else ","

    def _number(self, word: str) -> float:
        if ":" in word:
            return _seconds(word)
        if self.grouping in word:
            if not _GROUPED[self.grouping].fullmatch(word):
                raise ValueError(word)
            word = word.replace(self.grouping, "")
        return float(word.replace(",", "."))


def _seconds(clock: str) -> float:
    """Return the seconds since midnight, or since 1 January 2000 where a date is given, of a clock's time."""
    found = _CLOCK.fullmatch(clock)
    if found is None:
        raise ValueError(clock)
    days = (date.fromisoformat(found["date"]) - date(2000, 1, 1)).days if found["date"] else 0
    hours, seconds = int(found["hours"] or 0), float(found["seconds"].replace(",", "."))
    if found["half"]:
        hours = hours % 12 + 12 * (found["half"] in "Pp")
    return days * _DAY_S + hours * 3600 + int(found["minutes"]) * 60 + seconds


def looks_like_numbers(file: File) -> bool:
    """Whether the first lines are text that turns into columns of numbers (for sniffing)."""
    head = file.head
    if head[:2] not in (b"\xff\xfe", b"\xfe\xff") and b"\0" in head:
        return False
    lines = [line for line in _decoded(head).splitlines()[:-1] if line.strip()] or [_decoded(head)]
    begun = _decoded(head).splitlines()[-1]
    if len(begun) >= _LONG_LINE and _cells(begun) is not None:
        return True
    if len(lines) < 3:
        return False
    layout = _layout(lines)
    numeric = [layout.numbers(line) is not None for line in lines]
    return sum(numeric[len(lines) // 2 :]) > 0.8 * len(numeric[len(lines) // 2 :])


def read(file: File, frame: int) -> Opened:
    """Open the columns of a text file as channels. Raises FormatError."""
    if len(file.data) > _MAX_BYTES:
        raise FormatError("too-large", "This text file is too large to open", "save the recording as EDF or WFDB")
    lines = _upright(_decoded(bytes(file.data)).splitlines())
    notes: list[Note] = []
    layout = _layout([line for line in lines[:_LOOK_AT] if line.strip()])
    header, rows, clock = _rows(lines, layout, notes)
    if len(rows) < _MIN_ROWS:
        raise FormatError(
            "unrecognised",
            f"This text holds a table of {len(rows)} rows, too few for a recording",
            "export the recording itself, one column a channel",
        )
    names, units = titles(header, [layout.words(line) for line in header], rows.shape[1])
    if clock is not None:
        units[clock] = "s"
    time_column = clock if clock is not None else _time_column(rows, names)
    rate, rows, names, units = _timed(rows, names, units, time_column, header, notes)
    if rows.shape[1] > _MAX_COLUMNS:
        raise FormatError(
            "unrecognised", f"This text has {rows.shape[1]} columns, too many for a recording", "export fewer"
        )
    check_samples(rows.shape[1], rows.shape[0], "This text file")
    rows, names, units = _held(rows, names, units, notes)
    samples = np.ascontiguousarray(rows.T, np.float32)
    samples[~np.isfinite(samples)] = np.nan
    if np.isnan(samples).any():
        notes.append(
            Note("not-finite", f"{int(np.isnan(samples).sum())} values are missing or not numbers; they are gaps.")
        )
    scales = [usual_unit(unit) for unit in units]
    samples *= np.array([[factor] for factor, _ in scales], np.float32)
    if any(unit == "" for _, unit in scales):
        notes.append(Note("scale-unknown", "The text does not give the unit of its numbers."))
    waveform = Waveform(
        samples,
        rate,
        usual_names(names),
        tuple(unit for _, unit in scales),
        any(note.code == "rate-assumed" for note in notes),
    )
    return Opened(waveform, kind_of(waveform.channels, "\n".join(header) + "\n" + file.name), notes=tuple(notes))


def _held(
    rows: np.ndarray, names: list[str], units: list[str], notes: list[Note]
) -> tuple[np.ndarray, list[str], list[str]]:
    """Return the columns that hold values; those that are mostly missing are left out, and that is said."""
    finite = np.isfinite(rows)
    if finite.all():
        return rows, names, units
    known = finite.any(axis=1)  # lost lines are gaps of all columns alike
    missing = 1 - finite[known].mean(axis=0) if known.any() else np.ones(rows.shape[1])
    keep = [i for i, share in enumerate(missing) if share <= _MISSING_AT_MOST]
    if not keep:
        raise FormatError("damaged", "The columns of this text hold hardly any numbers", "export the recording again")
    if len(keep) < len(missing):
        said = ", ".join(names[i] or str(i + 1) for i in range(len(missing)) if i not in keep)
        notes.append(Note("not-finite", f"Columns of which most values are missing are left out: {said}."))
    return rows[:, keep], [names[i] for i in keep], [units[i] for i in keep]


def _decoded(data: bytes) -> str:
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return _plain(data.decode("utf-16", "replace"))
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        cut = error.end == len(data) and error.reason == "unexpected end of data"
        text = data[: error.start].decode("utf-8-sig") if cut else data.decode("latin-1")
    return _plain(text)


def _plain(text: str) -> str:
    """Return a text with the minus and the blanks that programs write in place of typographic ones."""
    text = text.replace("\u2212", "-").replace("\u2013", "-")
    if any(blank in text for blank in _BLANKS):
        text = re.sub(rf"(?<![\d.,])\d{{1,3}}(?:[{_BLANKS}]\d{{3}})+(?!\d)", _ungrouped, text)
        text = re.sub(f"[{_BLANKS}]", " ", text)
    return text


def _ungrouped(thousands: re.Match[str]) -> str:
    return re.sub(f"[{_BLANKS}]", "", thousands[0])


def _upright(lines: list[str]) -> list[str]:
    """Return lines of one sample each where the text has a line a channel; others as they are."""
    if len(lines) > 1000:
        return lines
    long = [i for i, line in enumerate(lines) if len(line) >= _LONG_LINE]
    if sum(len(lines[i]) for i in long) > _MAX_ACROSS:
        raise FormatError("too-large", "The lines of this text are too long to open", "export one line a sample")
    channels = [cells for i in long if (cells := _cells(lines[i])) is not None and len(cells) >= _LONG_LINE]
    if not 0 < len(channels) == len(long) <= _MAX_COLUMNS:
        return lines
    return [*lines[: long[0]], *("\t".join(cells) for cells in zip_longest(*channels, fillvalue=""))]


def _cells(line: str) -> list[str] | None:
    """Return the parts of a line that holds a channel's samples, maybe after its name and unit; else None."""
    if line.lstrip()[:1] in ("[", "{"):
        return None  # a data format of programs
    for mark in ("\t", ";", "|", ",", None):
        words = line[: 4 * _LONG_LINE].split(mark)[2:-1]
        if len(words) >= _MIN_ROWS and sum(map(_is_number, words)) >= 0.95 * len(words):
            return [cell.strip().strip('"') for cell in line.strip().rstrip(mark).split(mark)]
    return None


def _is_number(word: str) -> bool:
    return any(_Layout("\t", decimal_comma).numbers(word.strip()) is not None for decimal_comma in (False, True))


def _layout(lines: list[str]) -> _Layout:
    """Return the layout under which most of the later lines are numbers, with most columns that agree."""
    sample = lines[len(lines) // 2 :][:200] or lines
    pairs = all(re.fullmatch(r"\s*[-+]?\d+,\d+\s*", line) for line in sample)
    if pairs and any(_LEADING_ZERO.match(line) for line in sample):
        return _Layout(None, True)  # one column of decimal commas, not two of whole numbers
    best, best_score = _Layout(None, False), -1.0
    for layout in (
        _Layout("\t", False), _Layout(";", False), _Layout("|", False), _Layout(",", False), _Layout(None, False),
        _Layout("\t", True), _Layout(";", True), _Layout("|", True), _Layout(",", True), _Layout(None, True),
    ):  # fmt: skip
        counts = [len(numbers) for line in sample if (numbers := layout.numbers(line)) is not None]
        if not counts:
            continue
        usual = max(set(counts), key=counts.count)
        score = counts.count(usual) / len(sample) + min(usual, 8) * 1e-4
        if layout.grouping != layout.separator and any(layout.grouping in line for line in sample):
            score -= 1e-3  # 1,234 is a decimal number sooner than a thousand
        if score > best_score:
            best, best_score = layout, score
    return best


def _rows(lines: list[str], layout: _Layout, notes: list[Note]) -> tuple[list[str], np.ndarray, int | None]:
    """Return the header lines, the numbers and the column of clock times among them, in seconds that only rise.

    A corrupt line becomes a gap, and is said.
    """
    parsed = [layout.numbers(line) if line.strip() else [] for line in lines[:_LOOK_AT]]
    counts = [len(row) for row in parsed if row]
    if not counts:
        return lines, np.empty((0, 0)), None
    width = max(set(counts), key=counts.count)
    first = next(i for i, row in enumerate(parsed) if row and len(row) == width and _usual_soon(parsed, i, width))
    header = [line for line in lines[:first] if line.strip()]
    numbers = _clean_numbers(lines[first:], layout)
    if numbers is not None and numbers.shape[1] == width:
        return header, numbers, None
    good, corrupt = [], 0
    for line in lines[first:]:
        if not line.strip():
            continue
        row = layout.numbers(line)
        if row is not None and len(row) == width:
            good.append(row)
        else:
            corrupt += 1
            good.append([float("nan")] * width)
    while good and all(np.isnan(good[-1])):
        good.pop()
    if corrupt > _CORRUPT_AT_MOST * len(good):
        raise FormatError(
            "damaged",
            f"{corrupt} of the {len(good)} lines of this text cannot be read as {width} number(s) each",
            "export the recording again, with plain numbers",
        )
    if corrupt:
        notes.append(
            Note("corrupt-lines", f"{corrupt} line(s) of the text are corrupt; they are gaps of one sample each.")
        )
    rows = np.array(good, np.float64).reshape(-1, width)
    clock = next((i for i, word in enumerate(layout.words(lines[first])) if ":" in word), None)
    if clock is not None:
        known = np.flatnonzero(np.isfinite(rows[:, clock]))
        midnights = np.diff(rows[known, clock]) < -_DAY_S / 2
        rows[known[1:], clock] += np.cumsum(midnights) * _DAY_S
    return header, rows, clock


def _clean_numbers(lines: list[str], layout: _Layout) -> np.ndarray | None:
    """Return the numbers of lines that are all as they should be, six times as fast; None where one is not."""
    if layout.decimal_comma and "." in "".join(lines):
        return None  # points that part thousands
    written = (line.replace(",", ".") for line in lines) if layout.decimal_comma else lines
    try:
        return np.loadtxt(written, delimiter=layout.separator, comments=None, ndmin=2)
    except ValueError:
        return None


def _usual_soon(parsed: list[list[float] | None], at: int, width: int) -> bool:
    following = [row for row in parsed[at : at + 8] if row != []]
    return sum(row is not None and len(row) == width for row in following) >= min(4, len(following))


def _time_column(rows: np.ndarray, names: list[str]) -> int | None:
    """Return the column that counts time: rising in even steps, and called so or beside others."""
    if rows.shape[1] < 2:
        return None
    for i in (0, rows.shape[1] - 1):
        if _steady(rows[:, i]) and (i == 0 or TIME_NAMES.match(names[i])):
            return i
    return None


def _steady(values: np.ndarray) -> bool:
    """Whether values rise in even steps."""
    steps = np.diff(values[np.isfinite(values)])
    usual = np.median(steps) if len(steps) else 0.0
    return bool(usual > 0 and np.mean(np.abs(steps - usual) <= 0.6 * usual + 1e-9) > 0.95)


def _timed(
    rows: np.ndarray, names: list[str], units: list[str], column: int | None, header: list[str], notes: list[Note]
) -> tuple[float, np.ndarray, list[str], list[str]]:
    """Return the rate and the columns without time."""
    stated = stated_rates(header)
    if column is None:
        return _stated_or_assumed(stated, "The text gives no sampling rate", notes), rows, names, units
    unit = TIME_UNITS.get(units[column].lower())
    keep = [i for i in range(rows.shape[1]) if i != column]
    if not _steady(rows[:, column]):
        rate = _stated_or_assumed(stated, "The clock times are too coarse or uneven to give the sampling rate", notes)
        return rate, rows[:, keep], [names[i] for i in keep], [units[i] for i in keep]
    step, doubt, rows = _evenly(rows, column, notes)
    if abs(step - 1) < 1e-6 and unit is None:  # a sample count
        rate = _stated_or_assumed(stated, "The text counts samples", notes)
    else:
        rate = _roundest(1 / (step * (unit or _likely_unit(step, stated, notes))), doubt)
        if len(stated) == 1 and abs(rate / stated[0] - 1) > 0.02:
            taken = f"The header says {stated[0]:g} Hz and the times say {rate:g} Hz; the times are believed."
            notes.append(Note("header-repaired", taken))
    check_rate(rate, "This text")
    return float(rate), rows[:, keep], [names[i] for i in keep], [units[i] for i in keep]


def _stated_or_assumed(stated: tuple[float, ...], why: str, notes: list[Note]) -> float:
    """Return the rate that the header states, or the usual one where it states none or contradicts itself."""
    if len(stated) == 1:
        return stated[0]
    if stated:
        rates = " and ".join(f"{rate:g}" for rate in stated)
        why = f"The header gives {rates} Hz and does not tell which is the sampling rate"
    notes.append(Note("rate-assumed", f"{why}; {_ASSUMED_HZ:g} Hz is assumed, and all times depend on it."))
    return _ASSUMED_HZ


def _likely_unit(step: float, stated: tuple[float, ...], notes: list[Note]) -> float:
    """Return the seconds in the unit of unnamed times: what the stated rate bears out, else s, or ms under 50 Hz."""
    for unit in (1.0, 1e-3, 1e-6):
        if any(abs(rate * step * unit - 1) < 0.02 for rate in stated):
            return unit
    if 1 / step >= 50:
        return 1.0
    notes.append(Note("header-repaired", "The times were taken as milliseconds; as seconds they give under 50 Hz."))
    return 1e-3


def _evenly(rows: np.ndarray, column: int, notes: list[Note]) -> tuple[float, float, np.ndarray]:
    """Return the time step, its relative doubt, and the rows with gaps where the times say that lines are lost."""
    known = np.flatnonzero(np.isfinite(rows[:, column]))
    elapsed, lines = np.diff(rows[known, column]), np.diff(known)
    usual = elapsed <= 1.7 * np.median(elapsed / lines) * lines
    step = float(elapsed[usual].sum() / lines[usual].sum())
    lost = np.maximum(np.rint(elapsed / step).astype(np.int64) - lines, 0) * ~usual
    counts = np.concatenate([[0], np.cumsum(lines + lost)])
    times = rows[known, column] - rows[known[0], column]
    step = float(times[-1] / counts[-1])
    doubt = float(np.abs(times - counts * step).max() * 2 / times[-1])
    if not lost.any():
        return step, doubt, rows
    check_samples(rows.shape[1], len(rows) + int(lost.sum()), "This text file")
    notes.append(Note("gaps", f"By their times, {int(lost.sum())} lines are missing from the text; they are gaps."))
    return step, doubt, np.insert(rows, np.repeat(known[1:], lost), np.nan, axis=0)


def _roundest(rate: float, doubt: float) -> float:
    """Return the roundest rate within what the rounding of the written times leaves open."""
    for unit in (1000, 500, 100, 50, 10, 1):
        near = round(rate / unit) * unit
        if near and abs(near - rate) <= max(doubt, 1e-9) * rate:
            return float(near)
    return rate
