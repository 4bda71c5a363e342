"""DICOMDIR: the studies that a medium's directory lists (DICOM PS3.10, PS3.3 F)."""

from pathlib import Path
from typing import Any

from viewer.errors import FormatError
from viewer.formats.file import File, read_file

_SHOWN = ("IMAGE", "WAVEFORM")


def members(file: File) -> list[str]:
    """List the files of pictures and waveforms as paths relative to the DICOMDIR, in its order. Raises FormatError."""
    from viewer.formats.dicom import read_dataset

    found = []
    for record in read_dataset(file).get("DirectoryRecordSequence") or ():
        parts = record.get("ReferencedFileID")
        if str(record.get("DirectoryRecordType", "")) in _SHOWN and parts:
            found.append("/".join([parts] if isinstance(parts, str) else list(parts)))
    return list(dict.fromkeys(found))


def member_file(file: File, member: str) -> File:
    """Return a listed file; never one outside the DICOMDIR's folder. Raises FormatError."""
    parts = member.replace("\\", "/").split("/")
    if any(part in ("", ".", "..") or ":" in part or "\0" in part for part in parts):
        raise FormatError("damaged", "This DICOMDIR points outside its own folder", "do not trust this medium")
    path = file.path.parent
    for part in parts:
        path = _any_case(path, part)
    if not path.resolve().is_relative_to(file.path.parent.resolve()):
        raise FormatError("damaged", "This DICOMDIR points outside its own folder", "do not trust this medium")
    try:
        return read_file(path)
    except FormatError as error:
        if error.code != "not-found":
            raise
        raise FormatError(
            "not-found", f"The DICOMDIR lists {member}, which is not on the medium", "copy the whole medium", file.path
        ) from error


def nothing_inside(file: File) -> FormatError:
    """Return the error for a directory without any study."""
    return FormatError("damaged", "This DICOMDIR lists no pictures or recordings", "open the folder's files instead")


def _any_case(folder: Path, name: str) -> Path:
    """Return the entry of this name, also where the copy changed its case or dropped a trailing dot."""
    path: Any = folder / name
    if path.exists() or not folder.is_dir():
        return path
    return next((entry for entry in folder.iterdir() if entry.name.lower().rstrip(".") == name.lower()), path)
