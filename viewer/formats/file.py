"""The bytes that a reader is given: of a file, or of a member of an archive."""

import mmap
import os
import stat
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from viewer.errors import FormatError

Data = bytes | mmap.mmap


def _no_sibling(name: str) -> "File | None":
    return None


@dataclass(frozen=True, eq=False)
class File:
    """One file's bytes, mapped rather than read.

    Attributes
    ----------
    path : Path
        The file on disk (the archive, for a member).
    name : str
        Its own name, without folders.
    data : bytes or mmap
        All its bytes; more than none.
    sibling : callable
        Gives the file of another name beside this one, or None.
    """

    path: Path
    name: str
    data: Data
    sibling: Callable[[str], "File | None"] = field(default=_no_sibling)

    @cached_property
    def head(self) -> bytes:
        """The first 4096 bytes."""
        return self.data[:4096]

    @property
    def stem(self) -> str:
        """Name without its ending."""
        return self.name.rpartition(".")[0] or self.name


def read_file(path: Path) -> File:
    """Map a file from disk.

    Raises
    ------
    FormatError
        ``not-found``, ``not-readable`` (permission, a folder, a device or pipe), ``empty``.
    """
    return File(path, path.name, _map(path), lambda name: _beside(path, name))


def _beside(path: Path, name: str) -> File | None:
    """Return the file ``name`` in the same folder; any spelling of its case; never outside the folder."""
    if not name or name != os.path.basename(name) or name in (".", "..") or "\\" in name or "\0" in name:
        return None
    other = path.with_name(name)
    if not other.exists():
        try:
            found = [entry for entry in os.listdir(path.parent) if entry.lower() == name.lower()]
        except OSError:
            return None
        if not found:
            return None
        other = path.with_name(found[0])
    return read_file(other)


def _map(path: Path) -> Data:
    try:
        mode = os.stat(path).st_mode
        if stat.S_ISDIR(mode):
            raise FormatError("not-readable", "This is a folder, not a file", "open the files in it", path)
        if not stat.S_ISREG(mode):
            raise FormatError(
                "not-readable", "This is a pipe, socket or device, not a file", "save the study as a file", path
            )
        with open(path, "rb") as handle:
            if os.fstat(handle.fileno()).st_size == 0:
                raise FormatError("empty", "This file is empty (0 bytes)", "copy or export it again", path)
            return mmap.mmap(handle.fileno(), 0, access=mmap.ACCESS_READ)
    except FileNotFoundError as error:
        raise FormatError(
            "not-found", "There is no such file", "check whether it was moved or renamed", path
        ) from error
    except PermissionError as error:
        raise FormatError(
            "not-readable",
            "This file may not be read (the system refuses permission)",
            "ask for the right to read it, or copy it to a folder of your own",
            path,
        ) from error
    except (OSError, ValueError) as error:
        reason = f"This file cannot be read ({getattr(error, 'strerror', None) or 'the path is not valid'})"
        raise FormatError("not-readable", reason, "check the disk or the network drive that it is on", path) from error
