"""ZIP archives: their studies one by one, unpacked in memory only, sizes checked before."""

import io
import posixpath
import zipfile
import zlib
from typing import Any

from viewer.errors import FormatError
from viewer.formats.file import File
from viewer.formats.limits import MAX_MEMBER_BYTES

_MAX_MEMBERS = 20_000
_MAX_RATIO = 1200  # deflate itself cannot do more than 1032


def members(file: File) -> list[str]:
    """List the members that are studies, in natural order (a WFDB record's header stands for its files).

    Raises FormatError where the archive is damaged, encrypted or holds too many files.
    """
    from viewer.formats.expand import natural
    from viewer.formats.registry import recognise
    from viewer.formats.sniff import is_wfdb_header, named_files

    with _opened(file) as archive:
        infos = [info for info in archive.infolist() if _is_plain(info)]
        if len(infos) > _MAX_MEMBERS:
            raise FormatError(
                "too-large", f"This archive holds {len(infos)} files", "unpack it and open a folder of it"
            )
        if infos and all(info.flag_bits & 1 for info in infos):
            raise _encrypted()
        by_path = {info.filename.lower(): info for info in infos}
        found, belonging = [], set()
        for info in sorted(infos, key=lambda info: natural(info.filename)):
            if info.flag_bits & 1:
                continue
            probe = _probe(archive, info, file, by_path)
            row = recognise(probe)
            if row is None or row.name in ("zip", "dicomdir"):
                continue
            if row.name == "wfdb":
                if not is_wfdb_header(probe):
                    continue  # its header is listed
                folder = posixpath.dirname(info.filename)
                belonging |= {posixpath.join(folder, name) for name in named_files(probe)}
            found.append(info.filename)
    return [name for name in found if name not in belonging]


def member_file(file: File, member: str) -> File:
    """Return one member, unpacked in memory; its siblings are the members of the same folder. Raises FormatError."""
    with _opened(file) as archive:
        try:
            info = archive.getinfo(member)
        except KeyError as error:
            raise FormatError(
                "not-found", f"This archive has no member {member[:120]!r}", "look into the archive"
            ) from error
        data = _unpacked(archive, info)
    folder = posixpath.dirname(member)
    return File(file.path, posixpath.basename(member), data, lambda name: _sibling(file, folder, name))


def nothing_inside(file: File) -> FormatError:
    """Return the error for an archive without any study."""
    from viewer.formats.refused import zip_refusal

    with _opened(file) as archive:
        return zip_refusal(archive.namelist())


def _sibling(file: File, folder: str, name: str) -> File | None:
    if "/" in name or "\\" in name:
        return None
    path = posixpath.join(folder, name)
    with _opened(file) as archive:
        found = next((other for other in archive.namelist() if other.lower() == path.lower()), None)
    return member_file(file, found) if found is not None else None


def _opened(file: File) -> zipfile.ZipFile:
    stream: Any = io.BytesIO(file.data) if isinstance(file.data, bytes) else _Seekable(file.data)
    try:
        return zipfile.ZipFile(stream)
    except (zipfile.BadZipFile, ValueError, OSError) as error:
        raise FormatError("damaged", "This ZIP archive is damaged or cut off", "download or copy it again") from error


class _Seekable(io.RawIOBase):
    """A mapped file as a stream of its own position, without copying it whole."""

    def __init__(self, data: Any) -> None:
        self._data, self._at = data, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        self._at = max(0, offset + (0, self._at, len(self._data))[whence])
        return self._at

    def tell(self) -> int:
        return self._at

    def read(self, size: int | None = -1) -> bytes:
        end = len(self._data) if size is None or size < 0 else min(len(self._data), self._at + size)
        part = self._data[self._at : end]
        self._at = max(self._at, end)
        return part


def _is_plain(info: zipfile.ZipInfo) -> bool:
    """Whether it is a file that a person put there (macOS adds shadows of its own)."""
    name = posixpath.basename(info.filename)
    return not info.is_dir() and bool(name) and not name.startswith(".") and "__MACOSX/" not in info.filename


def _probe(archive: zipfile.ZipFile, info: zipfile.ZipInfo, file: File, by_path: dict[str, zipfile.ZipInfo]) -> File:
    """Return a member's first bytes as a file, enough to sniff; headers beside it likewise."""
    folder = posixpath.dirname(info.filename)

    def sibling(name: str) -> File | None:
        other = by_path.get(posixpath.join(folder, name).lower())
        return File(file.path, name, _head(archive, other)) if other is not None else None

    return File(file.path, posixpath.basename(info.filename), _head(archive, info), sibling)


def _head(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    try:
        with archive.open(info) as stream:
            return stream.read(1 << 16)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, OSError):
        return b""


def _unpacked(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    """Return a member's bytes; never more than it says, and not more than the limit."""
    if info.flag_bits & 1:
        raise _encrypted()
    if info.file_size > MAX_MEMBER_BYTES or info.file_size > _MAX_RATIO * max(info.compress_size, 1) + 4096:
        raise FormatError(
            "too-large",
            f"This member of the archive unpacks to {info.file_size / 1e9:.1f} GB, which is too much for what it holds",
            "unpack it yourself if you trust it",
        )
    try:
        with archive.open(info) as stream:
            data = stream.read(info.file_size + 1)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError) as error:
        raise FormatError(
            "damaged", "This member of the archive is damaged", "download or copy the archive again"
        ) from error
    except (NotImplementedError, RuntimeError) as error:
        raise FormatError(
            "unsupported", "This archive is compressed in an unusual way", "unpack it, or pack it as plain ZIP"
        ) from error
    if len(data) > info.file_size:
        raise FormatError(
            "damaged", "This member of the archive unpacks to more than the archive says", "do not trust it"
        )
    if not data:
        raise FormatError("empty", "This member of the archive is empty (0 bytes)", "pack it again")
    return data


def _encrypted() -> FormatError:
    return FormatError("encrypted", "This archive is protected by a password", "unpack it with its password first")
