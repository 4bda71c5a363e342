"""From what a person names (files, folders, archives) to the things to open, one by one."""

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from viewer.errors import FormatError
from viewer.formats import sniff
from viewer.formats.file import File, read_file
from viewer.formats.registry import FORMATS, recognise

_GENERIC = {".txt", ".csv", ".asc", ".tsv", ".xml", ".zip", ".dat", ".mat", ".rec", ".ecg", "none", "dicomdir"}
_OURS = {ending for row in FORMATS for ending in row.endings} - _GENERIC | {".heic", ".heif"}


@dataclass(frozen=True)
class Item:
    """One thing to open: a file, or a member of an archive. ``frame`` counts from 0."""

    path: Path
    member: str | None = None
    frame: int = 0


def expand(paths: Iterable[Path | str]) -> list[Item]:
    """List what there is to open, in the order given, folders in their natural order.

    Folders are walked (hidden files left out, and files that are plainly something else); the files of a WFDB record
    are one item, its header; a ZIP or a DICOMDIR gives its studies. What cannot be looked into stays one item, so that
    opening it says why.
    """
    items: list[Item] = []
    for path in map(Path, paths):
        items += _of_folder(path) if path.is_dir() else _of_file(path)
    return list(dict.fromkeys(items))


def _of_folder(folder: Path) -> list[Item]:
    names = _listing(folder)
    if names is None:
        return [Item(folder)]
    directory = next((name for name in names if name.upper() == "DICOMDIR"), None)
    if directory is not None and (items := _of_file(folder / directory)) and items[0].member is not None:
        return items
    paths = [folder / name for name in names]
    files = [path for path in paths if path.is_file()]
    belonging = {path for header in files if header.suffix.lower() == ".hea" for path in _record_files(header)}
    items = []
    for path in paths:
        if path.is_dir():
            items += [] if path.is_symlink() else _of_folder(path)
        elif path not in belonging and _worth_opening(path):
            items += _of_file(path)
    return items


def _listing(folder: Path) -> list[str] | None:
    try:
        return sorted((name for name in os.listdir(folder) if not name.startswith(".")), key=natural)
    except OSError:
        return None


def natural(name: str) -> list:
    return [(0, int(part), "") if part.isdecimal() else (1, 0, part.lower()) for part in re.split(r"(\d+)", name)]


def _worth_opening(path: Path) -> bool:
    """Whether a file found in a folder is a study, or is called one (then opening it says what is wrong)."""
    if not path.is_file():
        return False
    if path.suffix.lower() in _OURS:
        return True
    try:
        return recognise(read_file(path)) is not None
    except FormatError as error:
        return error.code == "not-readable"


def _of_file(path: Path) -> list[Item]:
    try:
        file = read_file(path)
        row = recognise(file)
        if row is None or row.name not in ("zip", "dicomdir", "wfdb"):
            return [Item(path)]
        if row.name == "wfdb":
            return [Item(_header_of(file))]
        from viewer.formats import archive, dicomdir

        names = (archive if row.name == "zip" else dicomdir).members(file)
    except FormatError:
        return [Item(path)]
    return [Item(path, name) for name in names] or [Item(path)]


def _header_of(file: File) -> Path:
    """Return the header of the record that a file belongs to."""
    if sniff.is_wfdb_header(file):
        return file.path
    header = file.sibling(file.stem + ".hea")
    return header.path if header is not None else file.path


def _record_files(header: Path) -> set[Path]:
    """Return the files that belong to a record, but not its header: signals, segments, annotations of its name."""
    try:
        file = read_file(header)
    except FormatError:
        return set()
    if not sniff.is_wfdb_header(file):
        return set()
    lines = [line.split() for line in bytes(file.data[: 1 << 20]).decode("utf-8", "replace").splitlines()]
    lines = [words for words in lines if words and not words[0].startswith("#")]
    multi = "/" in lines[0][0]
    named = {words[0] for words in lines[1:]}
    if multi:
        named = {part for name in named for part in (name + ".hea", name + ".dat", name + ".mat")}
    own = {header.stem + ending for ending in (".atr", ".qrs", ".ann", ".eaf", ".dat", ".mat")}
    return {header.with_name(name) for name in named | own if name == os.path.basename(name)} - {header}
