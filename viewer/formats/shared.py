"""Pixels and samples from the helper process, in memory that both processes see."""

import shutil
from multiprocessing.shared_memory import SharedMemory
from pathlib import Path

import numpy as np

_LINUX_SHARED = Path("/dev/shm")  # noqa: S108


def has_room(size: int) -> bool:
    """Whether the system's shared memory takes ``size`` bytes (containers often allow 64 MB only)."""
    return size > 0 and (not _LINUX_SHARED.is_dir() or shutil.disk_usage(_LINUX_SHARED).free > size + (16 << 20))


def put(array: np.ndarray, name: str) -> SharedMemory | None:
    """Copy an array into a new segment, or return None where there is no room for it.

    The caller closes it once the other side has attached.

    On Linux it is written as the file that it is: a write of 15 MB takes 10 ms, where touching as many fresh pages
    takes 22 ms, and a full file system is an OSError, where touching kills the process.
    """
    if not has_room(array.nbytes):
        return None
    segment = SharedMemory(name, create=True, size=array.nbytes)
    if (_LINUX_SHARED / name).exists():
        try:
            _write(_LINUX_SHARED / name, array)
        except OSError:  # filled by another program meanwhile
            segment.unlink()
            segment.close()
            return None
    else:
        view: np.ndarray = np.ndarray(array.shape, array.dtype, buffer=segment.buf)
        np.copyto(view, array)
    return segment


def _write(path: Path, array: np.ndarray) -> None:
    rest = array.reshape(-1).view(np.uint8).data
    with open(path, "r+b", buffering=0) as handle:
        while rest:
            rest = rest[handle.write(rest) :]


class _Segment:
    """Keeps a segment mapped for as long as an array looks at it, through numpy's array interface.

    ``numpy.frombuffer`` would hold the segment's buffer instead, and closing a held buffer is an error.
    """

    def __init__(self, segment: SharedMemory, shape: tuple[int, ...], dtype: np.dtype) -> None:
        self._segment = segment
        address = np.frombuffer(memoryview(segment.buf or b""), np.uint8).ctypes.data
        self.__array_interface__ = {"shape": shape, "typestr": dtype.str, "data": (address, False), "version": 3}


def take(name: str, shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
    """Return the array in a segment without copying; its memory goes back when the array goes."""
    segment = SharedMemory(name)
    segment.unlink()  # the name only: both mappings stay
    return np.asarray(_Segment(segment, shape, np.dtype(dtype)))


def discard(name: str) -> None:
    """Remove a segment that a helper which died may have left."""
    if not name:
        return
    try:
        segment = SharedMemory(name)
    except (FileNotFoundError, ValueError, OSError):
        return
    segment.unlink()
    segment.close()
