"""Work on the pieces of a training set, one after another or in several processes."""

from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import TypeVar

A = TypeVar("A")
T = TypeVar("T")


def each(work: Callable[[A], T], pieces: Sequence[A], jobs: int) -> list[T]:
    """Return what ``work``, a module's function, makes of each piece, in their order, in so many processes."""
    if jobs == 1 or not pieces:
        return [work(piece) for piece in pieces]
    with ProcessPoolExecutor(jobs, get_context("spawn")) as pool:
        return list(pool.map(work, pieces))
