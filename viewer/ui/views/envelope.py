"""The lowest and highest values of a long recording, ready at every zoom: a pyramid of minima and maxima."""

from dataclasses import dataclass

import numpy as np

BASE = 64
"""Samples in a block of the lowest level: the pyramid takes 1/24 of the recording's memory."""
_STEP = 4
_CHUNK = 4096 * BASE


@dataclass(frozen=True, eq=False)
class Envelope:
    """A recording with its minima and maxima over blocks of 64, 256, 1024 ... samples (gaps ignored; all gap: NaN)."""

    samples: np.ndarray
    lows: tuple[np.ndarray, ...] = ()
    highs: tuple[np.ndarray, ...] = ()

    def columns(self, channel: int, first: float, last: float, count: int) -> tuple[np.ndarray, np.ndarray]:
        """Return minima and maxima over ``count`` equal parts of the samples from ``first`` to ``last``.

        Parts beyond the recording are NaN. A part is exact to one block, which is at most half of it.
        """
        each = (last - first) / count
        level = 0
        while level < len(self.lows) and BASE * _STEP**level * 2 <= each:
            level += 1
        if level == 0:
            low = high = self.samples[channel]
            block = 1
        else:
            low, high = self.lows[level - 1][channel], self.highs[level - 1][channel]
            block = BASE * _STEP ** (level - 1)
        if not self.lows and each > 4 * BASE:
            # The pyramid is not there yet: look at some samples of each part.
            stride = int(each // 64)
            low = high = low[::stride]
            block = stride
        edges = (first + np.arange(count + 1) * each) / block
        lows, highs = np.full(count, np.nan, np.float32), np.full(count, np.nan, np.float32)
        inside = np.flatnonzero((edges[1:] > 0) & (edges[:-1] < len(low)))
        if inside.size:
            a, b = inside[0], inside[-1] + 1
            begins = np.clip(np.floor(edges[a:b]).astype(np.int64), 0, len(low) - 1)
            ends = np.clip(np.ceil(edges[a + 1 : b + 1]).astype(np.int64), begins + 1, len(low))
            start, stop = begins[0], ends[-1]
            # Parts share the block on their border, so that no extremum is lost: every second piece is a part.
            pieces = np.stack([begins, ends], axis=1).reshape(-1) - start
            lows[a:b] = np.fmin.reduceat(np.append(low[start:stop], np.float32(np.nan)), pieces)[::2]
            highs[a:b] = np.fmax.reduceat(np.append(high[start:stop], np.float32(np.nan)), pieces)[::2]
        return lows, highs

    def points(self, channel: int, first: float, last: float) -> tuple[np.ndarray, np.ndarray]:
        """Return every sample from ``first`` to ``last`` and one beyond on each side: positions and values."""
        samples = self.samples[channel]
        a, b = max(0, int(np.floor(first))), min(len(samples), int(np.ceil(last)) + 2)
        return np.arange(a, max(a, b), dtype=np.float64), samples[a : max(a, b)]


def build(samples: np.ndarray) -> Envelope:
    """Return the pyramid over (channels, samples); reads the samples once, in pieces (they may be memory-mapped)."""
    channels, length = samples.shape
    blocks = -(-length // BASE)
    low = np.full((channels, blocks), np.nan, np.float32)
    high = np.full((channels, blocks), np.nan, np.float32)
    for channel in range(channels):
        for start in range(0, length, _CHUNK):
            lows, highs = base_level(samples[channel, start : start + _CHUNK])
            at = start // BASE
            low[channel, at : at + len(lows)], high[channel, at : at + len(highs)] = lows, highs
    return pyramid_over(samples, low, high)


def base_level(piece: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return minima and maxima over blocks of ``BASE`` samples (the last may be shorter)."""
    whole = len(piece) // BASE
    table = piece[: whole * BASE].reshape(whole, BASE)
    low, high = np.fmin.reduce(table, axis=1), np.fmax.reduce(table, axis=1)
    if len(piece) > whole * BASE:
        rest = piece[whole * BASE :]
        low, high = np.append(low, np.fmin.reduce(rest)), np.append(high, np.fmax.reduce(rest))
    return low, high


def pyramid_over(samples: np.ndarray, low: np.ndarray, high: np.ndarray) -> Envelope:
    """Return the pyramid whose lowest level is given (channels, blocks)."""
    lows, highs = [low], [high]
    while lows[-1].shape[1] > 4 * _STEP:
        starts = np.arange(0, lows[-1].shape[1], _STEP)
        lows.append(np.fmin.reduceat(lows[-1], starts, axis=1))
        highs.append(np.fmax.reduceat(highs[-1], starts, axis=1))
    return Envelope(samples, tuple(lows), tuple(highs))
