"""``open_study``: from a path to a Study, in this process (the helper process calls it)."""

import hashlib
import warnings
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from viewer.errors import FormatError, LeadlightError
from viewer.formats.file import File, read_file
from viewer.formats.limits import detail_of
from viewer.formats.refused import refusal
from viewer.formats.registry import Format, recognise
from viewer.study import KindFrom, Note, Source, Study


def open_study(path: Path | str, member: str | None = None, frame: int = 0) -> Study:
    """Open one study.

    Parameters
    ----------
    path : Path
        A file. Its name and ending do not matter.
    member : str, optional
        Path inside a ZIP archive or of a DICOMDIR's folder. Without it the first study of an archive is opened.
    frame : int
        Frame, page or multiplex group, from 0.

    Raises
    ------
    FormatError
        With one sentence on what it is, what is wrong and what would help.
    """
    path = Path(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # readers warn of what is tolerated here anyway
            return _open(path, member, frame)
    except LeadlightError as error:
        error.path = error.path or path
        raise
    except MemoryError as error:
        raise FormatError(
            "memory", "This file needs more memory than there is", "open a smaller part of it", path
        ) from error
    except Exception as error:  # whatever a decoder makes of a damaged file must cost that file only
        name = "study" if (row := _format_of(path, member)) is None else row.title
        raise FormatError(
            "damaged",
            f"This {name} file is damaged or not as its standard says ({detail_of(error)})",
            "export it again",
            path,
        ) from error


def _open(path: Path, member: str | None, frame: int) -> Study:
    file = read_file(path)
    notes: tuple[Note, ...] = ()
    row = recognise(file)
    if row is not None and row.name in ("zip", "dicomdir"):
        file, member, notes = _step_into(file, row, member)
        row = recognise(file)
    elif member is not None:
        raise FormatError(
            "not-found", f"This file is no archive, so it has no member {member!r}", "open the file itself"
        )
    if row is None or not row.module:
        raise refusal(file)
    if frame < 0:
        raise FormatError("not-found", "Frames are counted from 0", "choose another frame")
    with ThreadPoolExecutor(1, "sha256") as hashing:
        digest = hashing.submit(_sha256, (file,))  # beside the decoding: hashlib lets go of the interpreter's lock
        opened = row.read(file, frame)
        sha256 = _sha256(opened.files) if opened.files else digest.result()
    if frame >= opened.frames:
        raise FormatError("not-found", f"This file has {opened.frames} frames, not {frame + 1}", "choose another frame")
    source = Source(path, sha256, row.name, member, frame, opened.frames)
    return Study(
        source,
        opened.kind,
        KindFrom.FILE,
        opened.content,
        opened.patient,
        opened.acquisition,
        (*notes, *opened.notes),
    )


def _step_into(file: File, row: Format, member: str | None) -> tuple[File, str, tuple[Note, ...]]:
    from viewer.formats import archive, dicomdir

    inside = archive if row.name == "zip" else dicomdir
    if member is not None:
        return inside.member_file(file, member), member, ()
    names = inside.members(file)
    if not names:
        raise inside.nothing_inside(file)
    notes: tuple[Note, ...] = ()
    if len(names) > 1:
        notes = (Note("archive-first", f"The archive holds {len(names)} studies; this is the first of them."),)
    return inside.member_file(file, names[0]), names[0], notes


def _sha256(files: Sequence[File]) -> str:
    digest = hashlib.sha256()
    for part in files:
        digest.update(part.data)
    return digest.hexdigest()


def _format_of(path: Path, member: str | None) -> Format | None:
    try:
        return recognise(read_file(path)) if member is None else None
    except FormatError:
        return None
