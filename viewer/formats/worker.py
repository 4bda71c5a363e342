"""The helper process: opens one file after another and hands the contents over in shared memory."""

import contextlib
import os
import signal
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np

from viewer.errors import FormatError, LeadlightError
from viewer.formats import shared
from viewer.formats.dicom import import_decoders
from viewer.formats.opening import open_study
from viewer.study import Image, Study


def serve(connection: Connection) -> None:
    """Answer requests until the other side closes. Runs in the helper process only.

    A request is (path, member, frame, name of the segment to make); an answer is a LeadlightError, or (study without
    its array, dtype, shape, whether it is in shared memory), then the bytes themselves where it is not. The other
    side's next word says that it has the segment.
    """
    with contextlib.suppress(ValueError):
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is for the program, which then closes the pipe
    _be_quiet()
    _import_readers()
    with contextlib.suppress(EOFError, BrokenPipeError, ConnectionResetError):
        while True:
            _answer(connection, *connection.recv())


def _answer(connection: Connection, path: Path, member: str | None, frame: int, name: str) -> None:
    try:
        study, array = _parted(open_study(path, member, frame))
    except LeadlightError as error:
        connection.send(_plain(error))
        return
    segment = shared.put(array, name)
    if segment is None:
        connection.send((study, array.dtype.str, array.shape, False))
        connection.send_bytes(array.reshape(-1).view(np.uint8).data)
        return
    connection.send((study, array.dtype.str, array.shape, True))
    with contextlib.suppress(EOFError):
        connection.recv()
    segment.close()


def _parted(study: Study) -> tuple[Study, np.ndarray]:
    """Return the study without its pixels or samples, and those."""
    content = study.content
    if isinstance(content, Image):
        return replace(study, content=replace(content, pixels=np.empty((0, 0), content.pixels.dtype))), _flat(
            content.pixels
        )
    bare = np.empty((len(content.channels), 0), np.float32)
    return replace(study, content=replace(content, samples=bare)), _flat(content.samples)


def _flat(array: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(array)


def _plain(error: LeadlightError) -> LeadlightError:
    """Return the error as data only, without the exceptions behind it."""
    return FormatError(error.code, error.reason, error.remedy, error.path)


def _be_quiet() -> None:
    """Decoders written in C print their complaints, patients' names among them; nobody reads those."""
    with contextlib.suppress(OSError), open(os.devnull, "wb") as nowhere:
        for stream in (1, 2):
            os.dup2(nowhere.fileno(), stream)


def _import_readers() -> None:
    """Import what most files need while the person is still choosing one."""
    import_decoders()
    import PIL.Image
    import pydicom.pixels  # noqa: F401

    PIL.Image.preinit()
