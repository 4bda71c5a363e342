"""A person's labelled pictures and recordings: class folders, or a table. Which of them may not be parted.

Class folders: ``001.PSW``, ``002.Fibs``, ``003.Others`` (the numbers may be missing); a folder inside one is a patient.
A table is a CSV or JSON file (``dataset.csv`` or ``dataset.json`` in the folder, or any file given by itself) with the
columns ``file`` and ``label``, and where they are known ``recording``, ``patient``, a time span ``start_s``, ``end_s``
or a rectangle ``x``, ``y``, ``w``, ``h`` in pixels. Files are named from the table's folder.
"""

import csv
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from viewer.errors import LeadlightError

TABLES = ("dataset.csv", "dataset.json")
LABELS = ("PSW", "Fibs", "Others")
WORDS = {
    "PSW": {"psw", "psws", "positive sharp wave", "positive sharp waves"},
    "Fibs": {"fib", "fibs", "fibrillation", "fibrillations", "fibrillation potential", "fibrillation potentials"},
    "Others": {"other", "others"},
}
PICTURES = {".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp", ".gif", ".dcm"}
RECORDINGS = {".hea", ".edf", ".bdf", ".wav", ".flac"}
MAX_TABLE_BYTES = 64 << 20


@dataclass(frozen=True)
class Entry:
    """One labelled picture, part of a picture (``box`` x, y, w, h in pixels), recording or span of one (seconds).

    ``patient`` and ``recording`` are empty where the person has not told them.
    """

    path: Path
    label: str
    patient: str = ""
    recording: str = ""
    span_s: tuple[float, float] | None = None
    box: tuple[float, float, float, float] | None = None


def is_dataset(source: Path) -> bool:
    """Whether a file is a table, or a folder holds one or class folders."""
    if source.is_file():
        return source.suffix.lower() in (".csv", ".json")
    return any((source / name).is_file() for name in TABLES) or any(True for _ in _class_folders(source))


def read_entries(source: Path, every_class: bool = True) -> list[Entry]:
    """Return what a table or class folders list, in order of name. Raises LeadlightError with what is wrong.

    ``every_class`` false: a class may be absent, as one can measure on motor units alone but not learn from them alone.
    """
    table = source if source.is_file() else next((p for n in TABLES if (p := source / n).is_file()), None)
    entries = _from_table(table) if table is not None else _from_folders(source)
    empty = [label for label in LABELS if not any(e.label == label for e in entries)]
    if empty and (every_class or not entries):
        raise LeadlightError(
            "not-found",
            f"{source} holds nothing labelled {' or '.join(empty)}",
            "sort pictures into the folders 001.PSW, 002.Fibs and 003.Others, or give a table with file and label",
            source,
        )
    return entries


def label_of(name: str) -> str | None:
    """Return the class that a folder's or a table's word means, None for another word."""
    word = re.sub(r"^\d*[\s._-]*", "", name).strip().casefold()
    return next((label for label, words in WORDS.items() if word in words), None)


def _class_folders(folder: Path):  # type: ignore[no-untyped-def]
    for own in sorted(folder.iterdir()) if folder.is_dir() else ():
        if own.is_dir() and (label := label_of(own.name)) is not None:
            yield own, label


def _from_folders(folder: Path) -> list[Entry]:
    entries = []
    for own, label in _class_folders(folder):
        for path in sorted(own.rglob("*")):
            if path.suffix.lower() in PICTURES | RECORDINGS and path.is_file() and not path.name.startswith("."):
                inside = path.relative_to(own).parts
                entries.append(Entry(path, label, patient=inside[0] if len(inside) > 1 else ""))
    return entries


def _from_table(table: Path) -> list[Entry]:
    try:
        if table.stat().st_size > MAX_TABLE_BYTES:
            raise ValueError(f"it is larger than {MAX_TABLE_BYTES >> 20} MB")
        text = table.read_text("utf-8-sig")
        rows = json.loads(text) if table.suffix.lower() == ".json" else _csv_rows(text)
        return [_entry(table, number, row) for number, row in enumerate(rows, 1)]
    except (OSError, UnicodeDecodeError, ValueError, csv.Error, AttributeError, TypeError) as error:
        raise LeadlightError(
            "damaged",
            f"The table {table.name} cannot be taken ({error})",
            "it needs the columns file and label; others are recording, patient, start_s, end_s, x, y, w, h",
            table,
        ) from error


def _csv_rows(text: str) -> list[dict[str, str]]:
    head = text.partition("\n")[0]
    sign = max(",;\t", key=head.count)
    return list(csv.DictReader(text.splitlines(), delimiter=sign))


def _entry(table: Path, number: int, row: dict) -> Entry:
    own = {str(k).strip().casefold(): str(v).strip() for k, v in row.items() if v is not None}
    for needed in ("file", "label"):
        if not own.get(needed):
            raise ValueError(f"row {number} has no {needed}")
    label = label_of(own["label"])
    if label is None:
        raise ValueError(f"row {number} is labelled {own['label']!r}, which is none of {', '.join(LABELS)}")
    path = table.parent / own["file"]
    if not path.is_file():
        raise ValueError(f"row {number} names {own['file']!r}, which is not there")
    span, box = _numbers(own, number, "start_s", "end_s"), _numbers(own, number, "x", "y", "w", "h")
    if span is not None and not 0 <= span[0] < span[1]:
        raise ValueError(f"row {number} ends before it starts")
    if box is not None and (min(box[2:]) <= 0 or min(box[:2]) < 0):
        raise ValueError(f"row {number} has a rectangle without area, or beyond the picture")
    return Entry(path, label, own.get("patient", ""), own.get("recording", ""), span, box)  # type: ignore[arg-type]


def _numbers(row: dict[str, str], number: int, *names: str) -> tuple[float, ...] | None:
    told = [row.get(name, "") for name in names]
    if not any(told):
        return None
    if not all(told):
        raise ValueError(f"row {number} has not all of {', '.join(names)}")
    return tuple(float(value.replace(",", ".")) for value in told)


def group_entries(entries: Sequence[Entry], contents: Sequence[str]) -> tuple[list[int], list[str]]:
    """Return a number for each entry, equal where they may not be parted, and notes for the person.

    Together stay: what is of one patient; where no patient is told, what is of one recording; where none is told
    either, files whose names are the same up to their last ``_`` or ``-``; and always equal ``contents`` (hashes),
    whatever the files are called. Where names would leave a class fewer than three groups, they cannot be recordings'
    names (``IMG_0001``): each file then counts by itself, and a note says so.
    """
    numbers = _joined(entries, contents, _stem)
    told = all(e.patient or e.recording for e in entries)
    if told or fewest_groups(entries, numbers) >= 3:
        return numbers, []
    alone = _joined(entries, contents, lambda path: path.stem)
    note = (
        "The file names do not tell recordings apart, so each file counts as a recording of its own: figures are too "
        "good if several are of one recording or patient (a table can say which)"
    )
    return alone, [note]


def fewest_groups(entries: Sequence[Entry], numbers: Sequence[int]) -> int:
    """Return the number of groups in the class that has the fewest, of the classes that are there."""
    pairs = list(zip(numbers, entries, strict=True))
    return min(len({n for n, e in pairs if e.label == label}) for label in {e.label for e in entries})


def _stem(path: Path) -> str:
    cut = max(path.stem.rfind("_"), path.stem.rfind("-"))
    return path.stem[:cut] if cut > 0 else path.stem


def _joined(entries: Sequence[Entry], contents: Sequence[str], name_of) -> list[int]:  # type: ignore[no-untyped-def]
    parent: dict[tuple[str, str], tuple[str, str]] = {}

    def root(key: tuple[str, str]) -> tuple[str, str]:
        parent.setdefault(key, key)
        while parent[key] != key:
            parent[key] = parent[parent[key]]
            key = parent[key]
        return key

    nobody = {e.recording for e in entries if e.recording and not e.patient}  # recordings told without a patient
    for entry, content in zip(entries, contents, strict=True):
        keys = [("content", content)]
        if entry.patient:
            keys.append(("patient", entry.patient))
        if entry.recording and (not entry.patient or entry.recording in nobody):
            keys.append(("recording", entry.recording))
        if len(keys) == 1:
            keys.append(("name", name_of(entry.path)))
        for key in keys[1:]:
            parent[root(key)] = root(keys[0])
    order: dict[tuple[str, str], int] = {}
    return [order.setdefault(root(("content", c)), len(order)) for c in contents]
