"""What the lines above a text's columns say: the sampling rate, in whatever language, and the columns' titles."""

import re
import unicodedata

from viewer.formats.kinds import usual_unit
from viewer.study import TWELVE_LEADS, normal_lead_name

TIME_UNITS = {"s": 1.0, "sec": 1.0, "seconds": 1.0, "ms": 1e-3, "msec": 1e-3, "us": 1e-6, "µs": 1e-6, "μs": 1e-6}
"""Seconds in a unit of time, as texts write it."""

TIME_NAMES = re.compile(r"^(time|t|zeit|temps|tiempo|tempo|sec|seconds|s|ms|us|µs|timestamp)(?![^\W_])", re.I)
"""What a column of times is called."""

_VOLTS = r"(?:[mnuµμ]V|(?:milli|micro|nano)volts?)"
_TITLE = re.compile(
    rf"^(?P<name>.*?)[\s_]*(?:[\[(]\s*(?P<in>[^\])]*?)\s*[\])]|(?:^|[\s_.,/-])(?P<volts>{_VOLTS}))$", re.I
)
_VOLT_TITLE = re.compile(r"^(?P<name>(?:emg|ch|channel|signal|voltage|value|data|adc)[ _]?\d*)[\s_]+V$", re.I)
_TIME_TITLE = re.compile(r"^(?P<name>\w*?)_?(?P<unit>(?<![^\W_])(?:m?sec|seconds|[mµμu]?s))$", re.I)
_SAID_UNIT = re.compile(rf"(?<![^\W_])(?<!\d )(?<!\d){_VOLTS}(?![^\W_]|/)", re.I)
_SAID_VOLTS = re.compile(r"(?:units?|einheit(?:en)?|unité|unidad|unità)\W+V(?![^\W_])", re.I)
_PREAMBLE = re.compile(
    r"^\W*(?:units?|einheit(?:en)?|unité|unidad|unità|patient|name|date|datum|gain|sampl|abtast|muscle?|muskel)\b|"
    r"^(?!\W*(?:ch|chan|channel|kanal|lead|emg|e[ck]g)[ _]?\d+ ?:)[^:=(\[]*[:=]",
    re.I,
)
_RATE_UNITS = {"hz": 1.0, "khz": 1e3, "mhz": 1e6, "k": 1e3, "ksps": 1e3, "ks/s": 1e3}
_FOREIGN_UNITS = {"bit", "bits", "mv", "uv", "μv", "v", "db", "%", "samples", "points", "pts", "min", "h"}
_HEADER_CHARACTERS = 200_000
"""As much of a header is looked at; a longer one is no header."""
_TITLE_CHARACTERS = 100
_SLOWEST_UNNAMED_HZ = 100.0
"""A lower number is no rate unless it is called one and has its unit: it is of the mains, a filter, a stimulus."""

_LETTERS = r"[^\W\d]{0,20}"
_START, _END = r"(?<![^\W\d])", r"(?![^\W\d])"
_NUMBER = (
    r"(?>(?P<number>\d{1,3}(?:[ '’]\d{3}){1,3}(?:[.,]\d{1,9})?|\d{1,9}(?:[.,]\d{1,9}){0,3}(?:e\+?\d{1,2})?))"
    r"(?![-:/]?\d)"
)
_UNIT = r"(?:[ \";,|]*(?=k?hz|[muμ]s\b)| ?[\[(]?)(?P<unit>[a-zμ/%][a-z]*(?:/[a-z]+)?)?"
_PERIOD = rf"inter[vw]al{_LETTERS}|p[ée]riod{_LETTERS}|pas|step|time"
_BETWEEN = (
    rf"(?P<between>(?:[\s:=;,|\"'’()\[\]#.>-]|(?:rate|freq{_LETTERS}|speed|clock|{_PERIOD}|in|is|of|at|per|emg|ecg"
    rf"|k?hz|[muμ]?s|sec{_LETTERS}){_END}){{0,40}}"
    r"(?:(?:ch[a-z]*|kanal|canale?|voie)[ #.]*\d{1,2}[\s:=;,)\]|]+)?)"
)
_SAMPLING = re.compile(
    rf"(?<!stimulus )(?<!trigger )(?<!hz ){_START}(?P<name>(?:(?:{_PERIOD}) (?:d['’]|de |di ))?(?:"
    rf"sampling{_LETTERS}|sampled (?:at|with)|sample[ -]?(?:rate|freq{_LETTERS}|{_PERIOD})"
    rf"|abtast{_LETTERS}|[ée]chantillonn{_LETTERS}|muestreo|campionamento|amostragem|bemonster{_LETTERS}|fs|sr"
    rf"|(?<!\d )(?<!\d)(?:samples? ?(?:/|per) ?s(?:ec(?:ond)?)?|k?sps))"
    rf"){_END}{_BETWEEN}{_NUMBER}{_UNIT}",
    re.I,
)
_SAMPLES_A_SECOND = re.compile(
    rf"(?<!\d){_NUMBER} ?(?P<unit>k?(?:hz(?= sampl))?)"
    r"(?:(?:samples?|sa|s|points|pts) ?(?:/|per) ?s(?:ec|econd)?\b|sps\b|(?<=hz) sampl)",
    re.I,
)
_CALLED_RATE = re.compile(rf"(?:rate|freq{_LETTERS}|hz)(?P<between>[^\d\n]{{0,20}}){_NUMBER}{_UNIT}", re.I)
_HERTZ = re.compile(rf"(?<!\d){_NUMBER} ?(?P<unit>k?hz)\b", re.I)
_STEP = re.compile(rf"(?P<name>{_PERIOD})(?P<between>[^\d\n]{{0,20}}){_NUMBER}{_UNIT}", re.I)
_NOT_SAMPLING = re.compile(
    r"filt|pass|cut-?off|band|notch|"
    rf"{_START}(?:low|high|upp|lower|unter|ober|hoch|tief|hau|bas|alt|baj|hpf?\b|lpf?\b|hf\b|lf\b|coupure|corte|taglio|"
    r"grenz|kerb|mains|netz|line|power|stim|reiz|repet|r[ée]p|wiederhol|trig|range|bereich|gamme|rango|max|min|mean|"
    r"median|heart|pulse?|herz|card|firing|discharge|entlad|refresh|frame|display|baud|bit|sweep|imped|resp|tone)",
    re.I,
)


def stated_rates(header: list[str]) -> tuple[float, ...]:
    """Return the sampling rates that a header states, in Hz: none, one, or several that contradict each other.

    What is called sampling wins (``Sampling rate: 10 kHz``, ``fs=4000``, ``Abtastintervall [ms];0,1``). Where nothing
    is, every rate counts that is not of a filter, the mains, a stimulus or the like.
    """
    lines = _lines("\n".join(header)[:_HEADER_CHARACTERS])
    text = "\n".join(lines)
    named = _rates(_SAMPLING, text) or _rates(_SAMPLES_A_SECOND, text)
    if named:
        return _distinct(named)
    text = "\n".join(line for line in lines if not _NOT_SAMPLING.search(line))
    unnamed = [rate for pattern in (_CALLED_RATE, _HERTZ, _STEP) for rate in _rates(pattern, text)]
    return _distinct([rate for rate in unnamed if rate >= _SLOWEST_UNNAMED_HZ])


def _lines(text: str) -> list[str]:
    """Return lines with single blanks and no underscores; one that begins with a number goes on with the last."""
    lines: list[str] = []
    for line in unicodedata.normalize("NFKC", text).replace("_", " ").replace("\t", " ; ").splitlines():
        bare = " ".join(line.split())
        if lines and bare[:1].isdigit():
            lines[-1] += f": {bare}"
        else:
            lines.append(bare)
    return lines


def _rates(pattern: re.Pattern[str], text: str) -> list[float]:
    """Return the possible rates among a pattern's numbers, those last that are told by the time between samples."""
    rates, intervals = [], []
    for match in pattern.finditer(text):
        words = match.groupdict("")
        said, unit = words.get("name", "") + words.get("between", ""), words["unit"].lower()
        if unit in _FOREIGN_UNITS:
            continue
        if unit not in _RATE_UNITS and unit not in TIME_UNITS:
            units = [word for word in re.findall(r"[a-zμ]+", said.lower()) if word in _RATE_UNITS or word in TIME_UNITS]
            unit = units[-1] if units else ""
        if unit in TIME_UNITS or (not unit and re.search(_PERIOD, said, re.I)):
            interval_s = _number(words["number"]) * TIME_UNITS.get(unit, 1.0)
            intervals += [1 / interval_s] if 1e-6 <= interval_s <= 1 / _SLOWEST_UNNAMED_HZ else []
        else:
            rate = _hertz(words["number"], _RATE_UNITS.get(unit, 1.0))
            rates += [rate] if (1 if unit else _SLOWEST_UNNAMED_HZ) <= rate <= 1e6 else []
    return rates + intervals


def _hertz(written: str, factor: float) -> float:
    """Return a rate; ``10,000`` and ``10.000`` Hz are ten thousand, since nothing is sampled at 10 Hz."""
    rate = _number(written) * factor
    if rate < _SLOWEST_UNNAMED_HZ and re.fullmatch(r"\d{1,3}[.,]\d{3}", written):
        return rate * 1000
    return rate


def _number(written: str) -> float:
    """Return a number whose last comma or point, if it stands once, is the decimal one."""
    bare = re.sub("[ '’]", "", written)
    *whole, decimals = re.split("[.,]", bare)
    if len(whole) > 1 and len(set(re.findall("[.,]", bare))) == 1:
        return float("".join([*whole, decimals]))
    return float("".join(whole) + "." + decimals) if whole else float(decimals)


def _distinct(rates: list[float]) -> tuple[float, ...]:
    """Return rates without those that say the same, within what the rounding of a written interval leaves open."""
    different: list[float] = []
    for rate in rates:
        if all(abs(rate - other) > 0.02 * other for other in different):
            different.append(rate)
    return tuple(different)


def titles(header: list[str], words: list[list[str]], width: int) -> tuple[list[str], list[str]]:
    """Return a name and a unit a column, ``""`` where the header gives none.

    ``words`` are those of each header line. The last line with one a column names them (``EMG [mV]``, ``EMG_uV``), with
    the units beside the names or in a line of their own below.
    """
    rows = [[word.lstrip("#% ")[:_TITLE_CHARACTERS] for word in row] for row in words if len(row) == width]
    below = rows.pop() if len(rows) > 1 and all(_bare_unit(word) for word in rows[-1]) else [""] * width
    row = rows[-1] if rows and not _is_preamble(rows[-1]) else [""] * width
    leads = any(normal_lead_name(word) in TWELVE_LEADS for word in row)
    found = [("", "V") if word == "V" and not leads else _title(word) for word in row]
    units = [unit or _bare_unit(under) for (_, unit), under in zip(found, below, strict=True)]
    whole = _unit_of_all("\n".join(header)[:_HEADER_CHARACTERS])
    names = [name for name, _ in found]
    return names, [unit or ("" if TIME_NAMES.match(name) else whole) for name, unit in zip(names, units, strict=True)]


def _title(word: str) -> tuple[str, str]:
    """Return the name and the unit in a title."""
    if volts := _VOLT_TITLE.match(word):
        return volts["name"].strip(), "V"
    if (time := _TIME_TITLE.match(word)) and (TIME_NAMES.match(time["name"]) or not time["name"]):
        return time["name"] or time["unit"], time["unit"]
    if title := _TITLE.match(word):
        return title["name"].strip(" _.,/-"), (title["in"] or title["volts"] or "").strip()
    return word.strip(), ""


def _bare_unit(word: str) -> str:
    """Return the unit that a word consists of, without brackets, or ``""``."""
    bare = word.strip(" []()")
    return bare if bare.lower() in TIME_UNITS or bare == "V" or re.fullmatch(_VOLTS, bare, re.I) else ""


def _is_preamble(row: list[str]) -> bool:
    """Whether words say something of the recording (``Unit: uV``, ``Sampling rate;10000``) rather than name columns."""
    digits = any(re.fullmatch(r"[-+]?[\d.,]+", word) for word in row)
    return digits or any(_PREAMBLE.match(word) for word in row) or bool(stated_rates([" ".join(row)]))


def _unit_of_all(text: str) -> str:
    """Return the one unit that a header speaks of, or ``""``; ``50 uV/div`` is the screen's, not the numbers'."""
    found = {usual_unit(unit): unit for unit in _SAID_UNIT.findall(text)}
    if len(found) == 1:
        return next(iter(found.values()))
    return "V" if not found and _SAID_VOLTS.search(text) else ""
