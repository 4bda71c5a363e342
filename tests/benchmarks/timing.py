"""Fair timing: the measured thing and its peer in turn, medians, their ratio."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """A line of the table: ``value`` (ratio, ms, s or MB as ``unit`` says) against ``bound`` (None: to compare)."""

    name: str
    value: float
    unit: str
    bound: float | None
    detail: str

    @property
    def kept(self) -> bool:
        """Whether the bound is kept."""
        return self.bound is None or self.value <= self.bound


def in_turn(*things: Callable[[], object], rounds: int = 7) -> list[float]:
    """Return each thing's median time in ms, after one warm-up, run in turn so that drift hits all alike."""
    for thing in things:
        thing()
    times: list[list[float]] = [[] for _ in things]
    for _ in range(rounds):
        for kept, thing in zip(times, things, strict=True):
            began = time.perf_counter()
            thing()
            kept.append(1000 * (time.perf_counter() - began))
    return [statistics.median(kept) for kept in times]
