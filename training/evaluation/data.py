"""What a model is evaluated on: files with their truth, from class folders, a table, or recordings with events."""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from training.dataset import LABELS, Entry, is_dataset, read_entries
from viewer.errors import LeadlightError
from viewer.models.card import Card
from viewer.study import Region

TABLES = ("labels.csv", "truth.csv", "dataset.csv", "dataset.json")
FILE_COLUMNS = ("file", "path", "filename", "image", "image index", "record", "id")
LABEL_COLUMNS = ("label", "labels", "class", "truth")
GROUP_COLUMNS = ("patient", "patient id", "recording", "group")
MAX_TABLE_BYTES = 256 << 20
ENDINGS = (".hea", ".edf", ".dcm", ".png", ".jpg")  # what a table may leave out
RECORDINGS = {".edf", ".bdf", ".hea", ".wav", ".flac", ".txt", ".dcm"}
_NUMBERED = re.compile(r"^\d+[._ -]+")


@dataclass(frozen=True)
class TrueEvent:
    """A potential that is in a recording: what it is and when it is largest; ``amplitude_uv`` None where unknown."""

    label: str
    time_s: float
    amplitude_uv: float | None = None
    generator: str = ""


@dataclass(frozen=True)
class Example:
    """One file, or a marked part of one, with its truth.

    ``labels``: its classes (one where classes exclude each other). ``group``: whose it is; files of one group (patient,
    recording) are drawn together in resampling. ``aside``: left out of the figures (a picture drawn upside down on
    purpose). ``events``: the true events, where these are the truth. ``full_scale_uv``: of a WAV, where it was noted.
    ``entry``: of an EMG data set, from which the groups follow when the files have been read. ``span_s``: the window
    of a recording that is read by itself. ``generator``: what a simulated picture shows.
    """

    path: Path
    labels: frozenset[str]
    group: str
    aside: bool = False
    events: tuple[TrueEvent, ...] | None = field(default=None, repr=False)
    full_scale_uv: float | None = None
    entry: Entry | None = field(default=None, repr=False)
    span_s: tuple[float, float] | None = None
    generator: str = ""

    @property
    def region(self) -> Region | None:
        """The part that was labelled, or the window that is read; None for the whole file."""
        if self.span_s is not None:
            return Region(start_s=self.span_s[0], end_s=self.span_s[1])
        if self.entry is None:
            return None
        if self.entry.span_s is not None:
            return Region(start_s=self.entry.span_s[0], end_s=self.entry.span_s[1])
        return None if self.entry.box is None else Region(*self.entry.box)


def find_examples(folder: Path, card: Card, split: Path | None = None, part: str = "test") -> list[Example]:
    """Return the files that ``folder`` holds for a model, in a fixed order.

    - For a model of recordings: recordings beside which a ``.csv`` of the same name holds their events (``time_s``,
      ``label``, ``amplitude_uv``), as ``leadlight simulate emg`` writes them.
    - For an EMG model a data set as one trains on: class folders or ``dataset.csv`` (``training.dataset``).
    - Else a table (``labels.csv``, ``truth.csv``, ``dataset.csv``, or ``folder`` itself where it is a CSV file): a
      column of files (``file``), and either ``label`` or a column of 0 and 1 a class; ``patient``, ``recording`` or
      ``group``; a ``split`` column keeps the rows of ``test``, where there are any.
    - Else class folders (``001.PSW``, ``PSW``); a file's group is its name up to the last ``_`` or ``-``.

    ``split``: the ``split.csv`` that ``leadlight dataset`` or a training wrote; only files of ``part`` are kept.

    Raises
    ------
    LeadlightError
        ``not-found`` or ``empty`` where there is none of them; ``damaged`` where a table is wrong.
    """
    if not folder.exists():
        raise LeadlightError(
            "not-found", f"There is no {folder}", "give the folder with the pictures and labels", folder
        )
    found = _kept(_all_examples(folder, card), folder, split, part)
    if not found:
        classes = ", ".join(card.classes)
        raise LeadlightError(
            "empty",
            f"{folder.name} holds nothing that {card.id} could be evaluated on",
            f"put the files in a folder a class ({classes}), or add labels.csv with the columns file and label",
            folder,
        )
    return found


def _all_examples(folder: Path, card: Card) -> list[Example]:
    if folder.is_dir() and any(kind.endswith("-trace") for kind in card.reads):
        found = list(_with_events(folder, card))
        if found:
            return found
    tables = () if folder.is_file() else tuple(folder / t for t in TABLES)
    table = folder if folder.is_file() else next((t for t in tables if t.is_file()), None)
    if set(card.classes) == set(LABELS) and is_dataset(folder) and (table is None or table.stem == "dataset"):
        facts = _simulated(folder)
        return [
            Example(e.path, frozenset((e.label,)), str(e.path), own[0], entry=e, generator=own[1])
            for e in read_entries(folder, every_class=False)
            for own in (facts.get(e.path, (False, "")),)
        ]
    if table is not None:
        return list(_from_table(table, card))
    return list(_from_folders(folder, card))


def _simulated(folder: Path) -> dict[Path, tuple[bool, str]]:
    """Return, of simulated pictures, whether they were drawn upside down and which generator leads."""
    table = folder / "pictures.csv"
    rows = _rows(table) if table.is_file() else []
    return {
        folder / row["file"]: (row.get("inverted") == "True", row.get("generator") or "")
        for row in rows
        if row.get("file")
    }


def _kept(examples: list[Example], folder: Path, split: Path | None, part: str) -> list[Example]:
    if split is None:
        return examples
    rows = _rows(split)
    if rows and not {"file", "part"} <= rows[0].keys():
        raise LeadlightError("damaged", f"{split.name} has no columns 'file' and 'part'", "give a split.csv", split)
    base = folder if folder.is_dir() else folder.parent
    kept = {base / row["file"] for row in rows if row["part"] == part}
    return [example for example in examples if example.path in kept]


def _from_folders(folder: Path, card: Card) -> Iterator[Example]:
    names = {label.casefold(): label for label in card.classes}
    for own in sorted(p for p in folder.iterdir() if p.is_dir()):
        label = names.get(_NUMBERED.sub("", own.name).casefold())
        if label is None:
            continue
        for path in sorted(p for p in own.rglob("*") if p.is_file() and not p.name.startswith(".")):
            if path.suffix.lower() not in (".csv", ".json", ".toml", ".dat", ".md"):
                yield Example(path, frozenset((label,)), _group(path))


def _group(path: Path) -> str:
    """Return the recording that a file was cut out of: its name up to the last ``_`` or ``-``."""
    for sign in ("_", "-"):
        if sign in path.stem:
            return path.stem.rpartition(sign)[0]
    return path.stem


def _from_table(table: Path, card: Card) -> Iterator[Example]:
    rows = _rows(table)
    if not rows:
        return
    columns = {name.strip().casefold().replace("_", " "): name for name in rows[0] if name}
    file = next((columns[c] for c in FILE_COLUMNS if c in columns), None)
    label = next((columns[c] for c in LABEL_COLUMNS if c in columns), None)
    ones = {c: columns[c.casefold()] for c in card.classes if c.casefold() in columns}
    if ones and not card.exclusive:
        label = None
    if file is None or (label is None and not ones):
        raise LeadlightError(
            "damaged", f"{table.name} has no column 'file', or neither 'label' nor a class", "add these columns", table
        )
    split = columns.get("split")
    if split and any(row[split] == "test" for row in rows):
        rows = [row for row in rows if row[split] == "test"]
    groups = [columns[c] for c in GROUP_COLUMNS if c in columns]
    for number, row in enumerate(rows, 2):
        path = _file(table.parent, row[file] or "")
        labels = _labels(row, label, ones, card)
        if labels is None or (card.exclusive and len(labels) != 1):
            raise LeadlightError(
                "damaged",
                f"Line {number} of {table.name} names no class of {card.id}",
                "mend or leave out that line",
                table,
            )
        group = next((f"{g}:{row[g]}" for g in groups if row[g]), _group(path))
        yield Example(path, labels, group)


def _file(folder: Path, name: str) -> Path:
    """Return the file that a table names, perhaps without its ending (``sim00001``) or the folder that it is in."""
    path = folder / name
    if path.is_file() or not name:
        return path
    beside = (path.with_name(path.name + ending) for ending in ENDINGS)
    inside = (own / name for own in sorted(folder.iterdir()) if own.is_dir())
    return next((p for p in (*beside, *inside) if p.is_file()), path)


def _labels(row: dict[str, str], label: str | None, ones: dict[str, str], card: Card) -> frozenset[str] | None:
    """Return a row's classes; None where it names one that an exclusive model does not have."""
    if label is None:
        return frozenset(c for c, column in ones.items() if (row[column] or "").strip() in ("1", "1.0", "true", "True"))
    names = {c.casefold(): c for c in card.classes}
    said = [part.strip() for part in re.split(r"[;|]", row[label] or "") if part.strip()]
    known = [names.get(_NUMBERED.sub("", part).casefold()) for part in said]
    if None in known and card.exclusive:
        return None
    return frozenset(c for c in known if c is not None)


def _with_events(folder: Path, card: Card) -> Iterator[Example]:
    scales: dict[Path, float] = {}
    for table in sorted(folder.rglob("recordings.csv")):
        for row in _rows(table):
            noted = re.match(r"([\d.]+) uV at full scale", row.get("scale") or "")
            if noted and row.get("file"):
                scales[table.parent / row["file"]] = float(noted[1])
    for path in sorted(p for p in folder.rglob("*") if p.suffix.lower() in RECORDINGS and p.is_file()):
        beside = path.with_suffix(".csv")
        if not beside.is_file():
            continue
        rows = _rows(beside)
        if rows and not {"time_s", "label"} <= rows[0].keys():
            continue
        events = tuple(
            TrueEvent(
                r["label"],
                float(r["time_s"]),
                float(r["amplitude_uv"]) if r.get("amplitude_uv") else None,
                r.get("generator") or "",
            )
            for r in rows
        )
        strange = {e.label for e in events} - set(card.classes)
        if strange:
            reason = f"{beside.name} holds events labelled {', '.join(sorted(strange))}, which {card.id} does not know"
            raise LeadlightError("damaged", reason, "mend these labels", beside)
        yield Example(path, frozenset(e.label for e in events), path.stem, False, events, scales.get(path))


def _rows(path: Path) -> list[dict[str, str]]:
    try:
        if path.stat().st_size > MAX_TABLE_BYTES:
            raise LeadlightError("too-large", f"{path.name} is larger than 256 MiB", "split it", path)
        with path.open(newline="", encoding="utf-8-sig") as stream:
            return list(csv.DictReader(stream))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise LeadlightError(
            "damaged", f"{path.name} cannot be read as a table ({error})", "save it as CSV", path
        ) from error
