"""Opens studies in a helper process, so that a decoder that crashes, hangs or swells costs one file an error."""

import contextlib
import itertools
import multiprocessing
import os
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from multiprocessing.connection import Connection, wait
from types import ModuleType, TracebackType
from typing import Any

import numpy as np

from viewer.errors import Cancelled, FormatError, LeadlightError
from viewer.formats import shared
from viewer.formats.expand import Item
from viewer.study import Image, Study

_LOOK_S = 0.04
"""How often cancelling, the time and the memory are looked at while the helper works."""

_names = itertools.count()


class Opener:
    """One helper process, started in the background and started again when a file has killed it.

    Parameters
    ----------
    timeout_s : float
        How long one file may take.
    memory_mb : float
        How much memory the helper may have (resident, 10^6 bytes).
    """

    def __init__(self, timeout_s: float = 60, memory_mb: float = 6000) -> None:
        self.timeout_s, self.memory_mb = timeout_s, memory_mb
        self._lock = threading.Lock()
        self._process: Any = None
        self._connection: Connection | None = None
        self._segment = ""
        self._start()

    def __enter__(self) -> "Opener":
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    @property
    def pid(self) -> int | None:
        """The helper's process id, or None after ``close``."""
        process = self._process
        return process.pid if process is not None else None

    def open(self, item: Item, cancel: threading.Event | None = None) -> Study:
        """Open one item; may be called from any thread, one file at a time.

        Raises
        ------
        FormatError
            As ``open_study`` does; also ``crashed``, ``timeout``, ``memory``.
        Cancelled
            ``cancel`` was set; noticed within 0.1 s.
        """
        while not self._lock.acquire(timeout=_LOOK_S):
            _raise_if(cancel)
        try:
            _raise_if(cancel)
            return self._ask(item, cancel)
        finally:
            self._lock.release()

    def close(self) -> None:
        """End the helper. A later ``open`` starts it again."""
        connection, process = self._connection, self._process
        self._connection = self._process = None
        if connection is not None:
            connection.close()
        if process is not None:
            process.kill()  # it has nothing to save
            process.join()
            process.close()
            shared.discard(self._segment)

    def _start(self) -> None:
        from viewer.formats.worker import serve

        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        self._process = context.Process(target=serve, args=(theirs,), name="leadlight-opener", daemon=True)
        with _without_main():
            self._process.start()
        theirs.close()
        self._connection = ours

    def _restart(self) -> None:
        """Kill the helper and start another in the background."""
        self.close()
        self._start()

    def _ask(self, item: Item, cancel: threading.Event | None) -> Study:
        name = self._segment = f"ll{os.getpid():x}-{next(_names):x}"
        if self._process is None or not self._process.is_alive():
            self.close()
            self._start()
        connection = self._connection
        assert connection is not None
        try:
            connection.send((item.path, item.member, item.frame, name))
            self._wait(connection, item, cancel)
            answer = connection.recv()
            if isinstance(answer, LeadlightError):
                raise answer
            study, dtype, shape, is_shared = answer
            if is_shared:
                array = shared.take(name, shape, np.dtype(dtype))
                connection.send(None)
            else:
                array = np.frombuffer(connection.recv_bytes(), dtype).reshape(shape)
        except (EOFError, OSError, ValueError) as error:
            if self._connection is not connection:  # closed meanwhile by another thread
                raise Cancelled() from error
            self._restart()
            raise FormatError(
                "crashed",
                "The decoder crashed on this file, which may be damaged or made to do harm",
                "export it again, or convert it to another format",
                item.path,
            ) from error
        content = study.content
        filled = replace(content, pixels=array) if isinstance(content, Image) else replace(content, samples=array)
        return replace(study, content=filled)

    def _wait(self, connection: Connection, item: Item, cancel: threading.Event | None) -> None:
        """Return when there is an answer (or the pipe broke); kill the helper over time, memory or cancelling."""
        end = time.monotonic() + self.timeout_s
        while not wait([connection], _LOOK_S):
            if cancel is not None and cancel.is_set():
                self._restart()
                raise Cancelled()
            if time.monotonic() > end:
                self._restart()
                raise FormatError(
                    "timeout",
                    f"This file was not open after {self.timeout_s:g} seconds",
                    "it may be damaged: export it again, or open a smaller part of it",
                    item.path,
                )
            if _resident_mb(self.pid) > self.memory_mb:
                self._restart()
                raise FormatError(
                    "memory",
                    f"This file needs more than {self.memory_mb / 1000:g} GB of memory to open",
                    "it may be damaged: export it again, or open a smaller part of it",
                    item.path,
                )


@contextlib.contextmanager
def _without_main() -> Iterator[None]:
    """Keep the program's main module from being imported again in the helper, which needs nothing of it.

    That import costs the helper's start whatever the program imports, and runs a script that has no guard again.
    """
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


def _raise_if(cancel: threading.Event | None) -> None:
    if cancel is not None and cancel.is_set():
        raise Cancelled()


def _resident_mb(pid: int | None) -> float:
    import psutil

    try:
        return psutil.Process(pid).memory_info().rss / 1e6 if pid is not None else 0.0
    except psutil.Error:
        return 0.0
