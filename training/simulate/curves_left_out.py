"""Pictures drawn once more without their curves: what differs is the curves' ink, whatever befell the picture after."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_left_out: ContextVar[bool] = ContextVar("curves left out", default=False)


@contextmanager
def curves_left_out() -> Iterator[None]:
    """Draw no curve meanwhile; everything else, and every random number, stays as it is."""
    token = _left_out.set(True)
    try:
        yield
    finally:
        _left_out.reset(token)


def left_out() -> bool:
    """Whether curves are not to be drawn."""
    return _left_out.get()
