"""The filtered signal, made in the background: samples for a short page, lows and highs for a long one.

However long a recording is, no more than ``MOST_SAMPLES`` filtered samples are kept; of the whole only the pyramid.
"""

from dataclasses import dataclass
from typing import NamedTuple, cast

import numpy as np
from PySide6.QtCore import QObject, Signal

from viewer.study import Waveform
from viewer.ui.views.background import in_background
from viewer.ui.views.envelope import BASE, Envelope, base_level, build, pyramid_over
from viewer.ui.views.filters import Filters, apply

MOST_SAMPLES = 6_000_000
_MARGIN_S = 30.0
"""What is filtered beside the page, so that filters have settled on it."""
_CHUNK = 16_384 * BASE
_LOOKED_AT = 100_000
"""So many samples are filtered at once where a single value of a long page is asked for (7 ms)."""


class _Job(NamedTuple):
    """What is filtered: all of it (``last`` 0), or samples ``first`` to ``last``."""

    filters: Filters
    first: int
    last: int


@dataclass
class _Stop:
    asked: bool = False


class Filtering(QObject):
    """Filters what is looked at; ``answered`` says that ``shown`` has more to give."""

    answered = Signal()

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._wave: Waveform | None = None
        self._wanted: _Job | None = None
        self._running: _Job | None = None
        self._stop = _Stop()
        self._near: tuple[_Job, Envelope] | None = None
        self._far: tuple[_Job, Envelope] | None = None
        self._piece: tuple[object, int, np.ndarray] | None = None

    @property
    def working(self) -> bool:
        """Whether what is looked at is still being filtered."""
        return self._running is not None

    def forget(self, wave: Waveform) -> None:
        """Begin with another recording."""
        self._stop.asked = True
        self._wave, self._wanted, self._near, self._far, self._piece = wave, None, None, None, None

    def ask(self, filters: Filters, start_s: float, page_s: float) -> None:
        """Have a page filtered; what is there already is not made again."""
        if self._wave is None or not filters.on:
            self._stop.asked = True
            self._wanted = self._near = self._far = self._piece = None
            return
        first, last = span_to_filter(self._wave, start_s, page_s)
        wanted = _Job(filters, first, last)
        if wanted == self._wanted:
            return
        self._wanted = wanted
        if self._far is not None and self._far[0].filters != filters:
            self._far = None
        if self._near is not None and self._near[0].filters != filters:
            self._near = None
        if self._running is not None:
            self._stop.asked = True  # its answer asks for what is wanted by then
        else:
            self._begin()

    def shown(self, first: float, last: float, filters: Filters) -> tuple[int, Envelope] | None:
        """Return where filtered samples begin and an envelope that has ``first`` to ``last``; None: not (yet)."""
        length = 0 if self._wave is None else self._wave.samples.shape[1]
        near = self._near
        if near is not None and near[0].filters == filters:
            start, until = near[0].first, near[0].first + near[1].samples.shape[1]
            if start <= max(0, first) and min(last, length) <= until:
                return start, near[1]
        far = self._far
        if far is not None and far[0].filters == filters and last - first > MOST_SAMPLES // 3:
            return 0, far[1]
        return None

    def values(self, channel: int, first: int, last: int, filters: Filters) -> np.ndarray | None:
        """Return filtered samples of a page that has only its lows and highs; None where it is not filtered."""
        wave, far = self._wave, self._far
        if wave is None or far is None or far[0].filters != filters or last - first > _LOOKED_AT:
            return None
        key = (channel, filters)
        if (
            self._piece is None
            or self._piece[0] != key
            or not self._piece[1] <= first <= last <= self._piece[1] + len(self._piece[2])
        ):
            start = max(0, (first + last - _LOOKED_AT) // 2)
            piece = wave.samples[channel : channel + 1, start : start + _LOOKED_AT]
            self._piece = (key, start, apply(piece, wave.rate_hz, filters)[0])
        _, start, piece = self._piece
        return piece[max(0, first - start) : max(0, last - start)]

    def _begin(self) -> None:
        job, wave = self._wanted, self._wave
        if job is None or wave is None:
            return
        if not job.last and self._far is not None:
            return  # the whole has been filtered
        stop = self._stop = _Stop()
        self._running = job
        in_background(lambda: (wave, job, _work(wave, job, stop)), self._take)

    def _take(self, answer: object) -> None:
        self._running = None
        if isinstance(answer, Exception):
            self._wanted = None
        else:
            wave, job, envelope = cast(tuple[Waveform, _Job, Envelope | None], answer)
            wanted = self._wanted
            if envelope is not None and wave is self._wave and wanted is not None and job.filters == wanted.filters:
                if job.last:
                    self._near = (job, envelope)
                else:
                    self._far = (job, envelope)
            if envelope is None or job != wanted or wave is not self._wave:
                self._begin()
        self.answered.emit()


def span_to_filter(wave: Waveform, start_s: float, page_s: float) -> tuple[int, int]:
    """Return which samples to filter for a page, with room to settle; (0, 0) where that is too much: all of it."""
    rate, (channels, length) = wave.rate_hz, wave.samples.shape
    if length * channels <= MOST_SAMPLES:
        return 0, length
    margin_s = min(_MARGIN_S, MOST_SAMPLES / channels / rate / 6)
    begin_s = start_s // margin_s * margin_s  # in steps, so that moving on does not filter anew each time
    first = max(0, int((begin_s - margin_s) * rate))
    last = min(length, int((begin_s + page_s + 2 * margin_s) * rate))
    return (first, last) if (last - first) * channels <= MOST_SAMPLES else (0, 0)


def _work(wave: Waveform, job: _Job, stop: _Stop) -> Envelope | None:
    if job.last:
        return build(apply(wave.samples[:, job.first : job.last], wave.rate_hz, job.filters))
    return filtered_pyramid(wave, job.filters, stop)


def filtered_pyramid(wave: Waveform, filters: Filters, stop: _Stop | None = None) -> Envelope | None:
    """Return lows and highs of a whole recording filtered, chunk by chunk; None where it was stopped.

    Its ``samples`` are the unfiltered ones: they are not to be drawn.
    """
    samples, rate = wave.samples, wave.rate_hz
    channels, length = samples.shape
    blocks = -(-length // BASE)
    low, high = np.full((channels, blocks), np.nan, np.float32), np.full((channels, blocks), np.nan, np.float32)
    slowest = min((f for f in (filters.high_pass_hz, filters.notch_hz / 12) if f), default=10.0)
    margin = -(-int(4 * rate / slowest) // BASE) * BASE
    for channel in range(channels):
        for start in range(0, length, _CHUNK):
            if stop is not None and stop.asked:
                return None
            first, last = max(0, start - margin), min(length, start + _CHUNK + margin)
            piece = apply(samples[channel : channel + 1, first:last], rate, filters)[0]
            lows, highs = base_level(piece[start - first : start - first + _CHUNK])
            low[channel, start // BASE : start // BASE + len(lows)] = lows
            high[channel, start // BASE : start // BASE + len(highs)] = highs
    return pyramid_over(samples, low, high)
