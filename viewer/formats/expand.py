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
    """List what there is to open, in the order given, folders in their natural order, nothing twice.

    Folders are walked (hidden files left out, and files that are plainly something else); the files of a WFDB record
    are one item (its header, where a folder was named); a ZIP or a DICOMDIR gives its studies. What cannot be looked
    into stays one item, so that opening it says why.
    """
    items: dict[object, Item] = {}
    for path in map(Path, paths):
        for same, item in _of_folder(path) if path.is_dir() else _of_file(path):
            items.setdefault(same, item)
    return list(items.values())


_Found = list[tuple[object, Item]]
"""Items, each with what two names of one thing have in common."""


def _of_folder(folder: Path) -> _Found:
    names = _listing(folder)
    if names is None:
        return [(folder, Item(folder))]
    directory = next((name for name in names if name.upper() == "DICOMDIR"), None)
    if directory is not None and (found := _of_file(folder / directory)) and found[0][1].member is not None:
        return found
    paths = [folder / name for name in names]
    files = [path for path in paths if path.is_file()]
    belonging = {path for header in files if header.suffix.lower() == ".hea" for path in _record_files(header)}
    found = []
    for path in paths:
        if path.is_dir():
            found += [] if path.is_symlink() else _of_folder(path)
        elif path not in belonging and path.is_file():
            found += _of_file(path, in_folder=True)
    return found


def _listing(folder: Path) -> list[str] | None:
    try:
        return sorted((name for name in os.listdir(folder) if not name.startswith(".")), key=natural)
    except OSError:
        return None


def natural(name: str) -> list:
    """Return a sorting key under which ``film 9`` comes before ``film 10``."""
    return [(0, int(part), "") if part.isdecimal() else (1, 0, part.lower()) for part in re.split(r"(\d+)", name)]


def _of_file(path: Path, in_folder: bool = False) -> _Found:
    """Return a file's items. One that was only found in a folder must be a study, or be called one."""
    row = None
    try:
        file = read_file(path)
        row = recognise(file)
        if row is None and in_folder and path.suffix.lower() not in _OURS:
            return []
        if row is not None and row.name == "wfdb":
            return [(_header_of(file), Item(path))]
        if row is None or row.name not in ("zip", "dicomdir"):
            return [(path, Item(path))]
        from viewer.formats import archive, dicomdir

        names = (archive if row.name == "zip" else dicomdir).members(file)
    except FormatError as error:
        hidden = in_folder and row is None and error.code == "empty" and path.suffix.lower() not in _OURS
        return [] if hidden else [(path, Item(path))]
    if not names and in_folder:
        return []
    return [((path, name), Item(path, name)) for name in names] or [(path, Item(path))]


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
    own = {header.stem + ending for ending in (".atr", ".qrs", ".ann", ".eaf", ".dat", ".mat")}
    return {header.with_name(name) for name in sniff.named_files(file) | own} - {header}
