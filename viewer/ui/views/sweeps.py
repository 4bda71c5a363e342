"""Which stretches of a recording an EMG screen shows, and on which row."""

from dataclasses import dataclass

import numpy as np

from viewer.ui.views.envelope import BASE, Envelope

MODES = ("free", "raster", "trigger")
RASTER_ROWS = 6
DELAY_DIVISIONS = 2
"""In triggered mode the trigger stands this far from the left (the delay line)."""
MOST_SUPERIMPOSED = 30
SEARCH_SAMPLES = 3_000_000
_NOISE_REACH = 5.0
_PIECE, _BLOCKS = 4096, 8192


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


def triggered(channel: int, times_s: list[float], sweep_s: float, superimposed: bool) -> list[Sweep]:
    """Return a sweep a trigger, which stands on the delay line: on each other, or one below another."""
    rows = 1 if superimposed else RASTER_ROWS
    delay_s = DELAY_DIVISIONS / 10 * sweep_s
    return [Sweep(channel, t - delay_s, i % rows, rows) for i, t in enumerate(times_s)]


def crossings(
    envelope: Envelope, channel: int, rate_hz: float, start_s: float, dead_s: float, level: float, most: int,
    zero: float = 0.0, search: int = SEARCH_SAMPLES,
) -> list[float]:  # fmt: skip
    """Return the times at which the signal crosses ``level`` away from ``zero``, at least ``dead_s`` apart.

    ``level`` is counted from ``zero``, the value drawn on the zero line. Looks from ``start_s`` on through ``search``
    samples. Blocks of the pyramid that do not reach the level are passed over.
    """
    samples = envelope.samples[channel]
    first = max(0, int(start_s * rate_hz))
    end = min(len(samples), first + search)
    times: list[float] = []
    at = first
    while len(times) < most:
        at = _next_beyond(envelope, channel, at, end, zero, level)
        if at >= end:
            break
        begin, stop = max(first, at - 1), min(end, at + _PIECE)
        above = _beyond(samples[begin:stop], zero, level)
        crossed = above[1:] & ~above[:-1]
        here = int(crossed.argmax()) if crossed.size else 0
        if not crossed.size or not crossed[here]:
            at = stop
            continue
        found = begin + 1 + here
        times.append(found / rate_hz)
        at = int(np.ceil(found + dead_s * rate_hz))
    return times


def standing_out(heights: np.ndarray) -> float | None:
    """Return half of the largest height, but beyond the noise; None where nothing stands out of the noise.

    ``heights`` are counted from the zero line; gaps are ignored. The noise is taken from the median deviation, which
    potentials that are far apart do not touch, and reaches to five standard deviations.
    """
    heights = heights[np.isfinite(heights)]
    if not heights.size:
        return None
    noise = _NOISE_REACH * 1.4826 * float(np.median(np.abs(heights - np.median(heights))))
    largest = float(max(heights.min(), heights.max(), key=abs))
    return float(np.copysign(max(abs(largest) / 2, noise), largest)) if abs(largest) > 1.2 * noise else None


def _beyond(values: np.ndarray, zero: float, level: float) -> np.ndarray:
    """Return where values are as far from ``zero`` as the level, on its side; gaps are not."""
    with np.errstate(invalid="ignore"):
        return values >= zero + level if level >= 0 else values <= zero + level


def _next_beyond(envelope: Envelope, channel: int, at: int, end: int, zero: float, level: float) -> int:
    """Return the first sample from ``at`` on of a block of the pyramid that reaches the level, or ``end``."""
    if not envelope.lows:
        return at
    most = (envelope.highs if level >= 0 else envelope.lows)[0][channel]
    for block in range(at // BASE, -(-end // BASE), _BLOCKS):
        reached = _beyond(most[block : min(block + _BLOCKS, -(-end // BASE))], zero, level)
        here = int(reached.argmax())
        if reached[here]:
            return min(end, max(at, (block + here) * BASE))
    return end
