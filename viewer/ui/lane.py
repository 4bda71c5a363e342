"""A thread that does one job after another, and tells of each by signals."""

import logging
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

from PySide6.QtCore import QThread, Signal

from viewer.errors import Cancelled, LeadlightError

log = logging.getLogger(__name__)

Progress = Callable[[str, float], None]
PROGRESS_EVERY_S = 0.04


@dataclass(frozen=True, eq=False)
class Job:
    """Something to do in a lane: ``work(tool, cancel, progress)``; ``about`` is handed back with the result.

    A job with the same ``key`` that comes later replaces one that has not started, and cancels a running one.
    """

    key: object
    title: str
    work: Callable[[Any, threading.Event, Progress], Any]
    about: Any = None
    cancel: threading.Event = field(default_factory=threading.Event)


class Lane(QThread):
    """One thread with one tool (an opener, an engine), made and closed in it.

    Signals arrive in the thread of whoever connects: ``ready(tool)`` (None where there is none), ``started_job(job)``,
    ``progressed(job, stage, fraction)``, ``ended(job, result, error)`` with exactly one of result and error. A tool
    that cannot be made fails every job with that error.
    """

    ready = Signal(object)
    started_job = Signal(object)
    progressed = Signal(object, str, float)
    ended = Signal(object, object, object)

    def __init__(self, name: str, tool: Callable[[], AbstractContextManager[Any]]) -> None:
        super().__init__()
        self.setObjectName(name)
        self._tool = tool
        self._jobs: list[Job] = []
        self._running: Job | None = None
        self._wake = threading.Condition()
        self._stopping = False

    def submit(self, job: Job) -> None:
        """Put a job last in the queue."""
        with self._wake:
            replaced = [j for j in self._jobs if j.key == job.key]
            self._jobs = [j for j in self._jobs if j.key != job.key] + [job]
            if self._running is not None and self._running.key == job.key:
                self._running.cancel.set()
            self._wake.notify()
        for old in replaced:
            self.ended.emit(old, None, Cancelled())

    def cancel(self, key: object = None) -> None:
        """Stop the running job, where it has this key or none is given; it ends with ``Cancelled``."""
        with self._wake:
            if self._running is not None and key in (None, self._running.key):
                self._running.cancel.set()

    def stop(self) -> None:
        """Cancel everything, close the tool, and wait for the thread to end."""
        with self._wake:
            self._stopping = True
            self._jobs.clear()
            if self._running is not None:
                self._running.cancel.set()
            self._wake.notify()
        self.wait()

    def run(self) -> None:
        """Qt calls this in the new thread."""
        try:
            with self._tool() as tool:
                self.ready.emit(tool)
                self._work(tool, None)
        except Exception as error:  # the tool could not be made, or not closed
            _log(self.objectName(), error)
            self.ready.emit(None)
            self._work(None, error)

    def _work(self, tool: Any, broken: Exception | None) -> None:
        while (job := self._next()) is not None:
            self.started_job.emit(job)
            result, error = None, broken
            if broken is None:
                try:
                    result = job.work(tool, job.cancel, self._progress(job))
                    if job.cancel.is_set():
                        result, error = None, Cancelled()
                except Exception as caught:
                    error = Cancelled() if job.cancel.is_set() else caught
                    if not isinstance(caught, LeadlightError):
                        _log(self.objectName(), caught)
            with self._wake:
                self._running = None
            self.ended.emit(job, result, error)
            del job, result, error

    def _next(self) -> Job | None:
        with self._wake:
            while not self._jobs and not self._stopping:
                self._wake.wait()
            if self._stopping:
                return None
            self._running = self._jobs.pop(0)
            return self._running

    def _progress(self, job: Job) -> Progress:
        last: tuple[str, float] = ("", 0.0)

        def report(stage: str, fraction: float) -> None:
            nonlocal last
            if job.cancel.is_set():
                raise Cancelled
            now = time.monotonic()
            if stage != last[0] or now - last[1] >= PROGRESS_EVERY_S:
                last = (stage, now)
                self.progressed.emit(job, stage, float(fraction))

        return report


def _log(lane: str, error: BaseException) -> None:
    """Log where it happened, but no message: messages may hold a file's name, and with it a patient's."""
    log.error("%s in %s\n%s", type(error).__name__, lane, "".join(traceback.format_tb(error.__traceback__)))
