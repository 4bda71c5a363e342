"""Drawing ahead, in other processes."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import islice
from multiprocessing import get_context
from typing import TypeVar

T = TypeVar("T")
AHEAD = 8  # drawn before they are asked for, by each process


def in_turn(draw: Callable[[list[int]], T], seeds: Sequence[list[int]], jobs: int) -> Iterator[T]:
    """Yield what is drawn from each seed in turn; with several jobs other processes draw ahead (not all at once)."""
    if jobs == 1:
        yield from map(draw, seeds)
        return
    with ProcessPoolExecutor(jobs, get_context("spawn"), initializer=_one_thread) as pool:
        left = iter(seeds)
        waiting = [pool.submit(draw, seed) for seed in islice(left, AHEAD * jobs)]
        while waiting:
            yield waiting.pop(0).result()
            waiting += [pool.submit(draw, seed) for seed in islice(left, 1)]


def _one_thread() -> None:
    import cv2
    import torch

    cv2.setNumThreads(1)
    torch.set_num_threads(1)
