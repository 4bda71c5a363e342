"""Work off the interface's thread, with its answer delivered back in it."""

import weakref
from collections.abc import Callable
from typing import Any

import shiboken6
from PySide6.QtCore import QCoreApplication, QObject, QThreadPool, Signal


class _Postman(QObject):
    """Lives in the interface's thread as long as the application; carries answers home."""

    answered = Signal(int, object)

    def __init__(self, parent: QObject | None) -> None:
        super().__init__(parent)
        self.waiting: dict[int, Callable[[Any], None]] = {}
        self.count = 0
        self.answered.connect(self._deliver)

    def _deliver(self, number: int, answer: object) -> None:
        receive = self.waiting.pop(number, None)
        if receive is not None:
            receive(answer)


_postman: _Postman | None = None


def in_background(work: Callable[[], Any], receive: Callable[[Any], None]) -> None:
    """Run ``work()`` in the global thread pool and ``receive(its answer)`` later in this thread.

    ``receive`` must be a method of a QObject and is dropped when that object has gone. An exception from ``work`` is
    its answer. Call it from the interface's thread.
    """
    global _postman  # noqa: PLW0603
    if _postman is None or not shiboken6.isValid(_postman):
        _postman = _Postman(QCoreApplication.instance())
    postman = _postman
    postman.count += 1
    number = postman.count
    receiver = weakref.WeakMethod(receive)

    def deliver(answer: Any) -> None:
        method = receiver()
        if method is not None and shiboken6.isValid(method.__self__):  # type: ignore[attr-defined]
            method(answer)

    def task() -> None:
        try:
            answer: Any = work()
        except Exception as error:
            answer = error
        if shiboken6.isValid(postman):
            postman.answered.emit(number, answer)

    postman.waiting[number] = deliver
    QThreadPool.globalInstance().start(task)
