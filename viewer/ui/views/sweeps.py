"""Which stretches of a recording an EMG screen shows, and on which row."""

from dataclasses import dataclass

import numpy as np

from viewer.ui.views.envelope import BASE, Envelope

MODES = ("free", "raster", "trigger")
RASTER_ROWS = 6
DELAY_DIVISIONS = 2
"""In triggered mode the trigger stands this far from the left (the delay line)."""
_MOST_SUPERIMPOSED = 30
_SEARCH_SAMPLES = 3_000_000
_CHUNK = 100_000


@dataclass(frozen=True)
class Sweep:
    """A stretch from ``start_s`` on, drawn around the zero line of ``row`` (0 at the top) of ``rows``."""

    channel: int
    start_s: float
    row: int
    rows: int


def free_run(channels: list[int], start_s: float) -> list[Sweep]:
    """Return one sweep a channel, one below another."""
    return [Sweep(channel, start_s, row, len(channels)) for row, channel in enumerate(channels)]


def raster(channel: int, start_s: float, sweep_s: float, rows: int = RASTER_ROWS) -> list[Sweep]:
    """Return sweeps that follow each other in time, one below another."""
    return [Sweep(channel, start_s + row * sweep_s, row, rows) for row in range(rows)]


def triggered(
    envelope: Envelope, channel: int, rate_hz: float, start_s: float, sweep_s: float, level: float, superimposed: bool
) -> list[Sweep]:
    """Return sweeps in which the signal crosses ``level`` (away from zero) after the delay line.

    Looks from ``start_s`` on through up to three million samples; a trigger is not looked for while a sweep runs.
    """
    most = _MOST_SUPERIMPOSED if superimposed else RASTER_ROWS
    times = crossings(envelope, channel, rate_hz, start_s, sweep_s, level, most)
    delay = DELAY_DIVISIONS / 10 * sweep_s
    if superimposed:
        return [Sweep(channel, t - delay, 0, 1) for t in times]
    return [Sweep(channel, t - delay, row, RASTER_ROWS) for row, t in enumerate(times)]


def crossings(
    envelope: Envelope, channel: int, rate_hz: float, start_s: float, dead_s: float, level: float, most: int
) -> list[float]:
    """Return the times at which the signal crosses ``level`` away from zero, at least ``dead_s`` apart.

    Chunks that lie wholly on one side of the level, as the pyramid says, are passed over.
    """
    samples = envelope.samples[channel]
    first = max(0, int(start_s * rate_hz))
    end = min(len(samples), first + _SEARCH_SAMPLES)
    times: list[float] = []
    free = first
    for begin in range(first, end, _CHUNK):
        stop = min(end, begin + _CHUNK)
        if len(times) >= most or not _may_cross(envelope, channel, begin, stop, level):
            continue
        piece = samples[max(first, begin - 1) : stop]
        with np.errstate(invalid="ignore"):
            above = piece >= level if level >= 0 else piece <= level
        found = np.flatnonzero(above[1:] & ~above[:-1]) + 1 + max(first, begin - 1)
        at = int(np.searchsorted(found, free))
        while at < len(found) and len(times) < most:
            times.append(int(found[at]) / rate_hz)
            free = int(np.ceil(found[at] + dead_s * rate_hz))
            at = int(np.searchsorted(found, free))
    return times


def _may_cross(envelope: Envelope, channel: int, first: int, last: int, level: float) -> bool:
    if not envelope.lows:
        return True
    blocks = slice(first // BASE, last // BASE + 1)
    if level >= 0:
        return bool(np.fmax.reduce(envelope.highs[0][channel, blocks], initial=-np.inf) >= level)
    return bool(np.fmin.reduce(envelope.lows[0][channel, blocks], initial=np.inf) <= level)
