"""Trains and backgrounds through one amplifier into a recording with the exact truth of every event.

Each potential is filtered before it is placed, so that an event's time, start and end are those of the recorded wave.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from training.simulate.emg.fibre import extent
from training.simulate.emg.sources import Firing

WORK_HZ = 20000  # potentials are never made coarser than this


@dataclass(frozen=True)
class Amplifier:
    """Band (first-order high-pass, second-order low-pass), range and steps. ``clip_uv`` None: it never saturates."""

    high_pass_hz: float = 20.0
    low_pass_hz: float = 10000.0
    clip_uv: float | None = None


@dataclass(frozen=True)
class TrueEvent:
    """A potential: ``time_s`` its largest deflection, ``start_s`` and ``end_s`` where it passes 5 % of that."""

    label: str
    generator: str
    train: int
    time_s: float
    start_s: float
    end_s: float
    amplitude_uv: float


@dataclass(frozen=True, eq=False)
class Recording:
    """Simulated needle EMG in uV, positive where the needle is positive (a display draws negative upward)."""

    samples_uv: np.ndarray
    rate_hz: float
    events: tuple[TrueEvent, ...]
    amplifier: Amplifier
    backgrounds: tuple[str, ...] = ()

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return len(self.samples_uv) / self.rate_hz


def work_rate(rate_hz: float) -> tuple[float, int]:
    """Return the rate to simulate at for an output rate, and how many of its samples make one."""
    factor = max(1, int(np.ceil(WORK_HZ / rate_hz)))
    return rate_hz * factor, factor


def record(
    firings: Sequence[Firing],
    background: np.ndarray,
    rate_hz: float,
    amplifier: Amplifier,
    backgrounds: tuple[str, ...] = (),
) -> Recording:
    """Add up trains and background (both at ``work_rate(rate_hz)``), filter, sample at ``rate_hz``."""
    work_hz, factor = work_rate(rate_hz)
    low = min(amplifier.low_pass_hz, 0.4 * rate_hz)
    total = _filtered(background, work_hz, amplifier.high_pass_hz, low)
    events: list[TrueEvent] = []
    for train, firing in enumerate(firings, 1):
        events += _place(firing, train, total, work_hz, (amplifier.high_pass_hz, low))
    if amplifier.clip_uv is not None:
        np.clip(total, -amplifier.clip_uv, amplifier.clip_uv, out=total)
    samples = total[::factor].astype(np.float32)
    return Recording(samples, rate_hz, tuple(sorted(events, key=lambda e: e.time_s)), amplifier, backgrounds)


def _place(firing: Firing, train: int, total: np.ndarray, work_hz: float, band: tuple[float, float]) -> list[TrueEvent]:
    pad = int(0.05 * work_hz)  # the high-pass filter's own tail
    shapes = [_filtered(np.pad(s, (4, pad)), work_hz, *band) for s in firing.shapes]
    marks = [(int(np.abs(s).argmax()), *extent(s), float(np.ptp(s))) for s in shapes]
    events = []
    for time, gain, which in zip(firing.times_s, firing.gains, firing.which, strict=True):
        shape, (peak, first, last, size) = shapes[which], marks[which]
        at = round(time * work_hz) - first  # a train's times are its potentials' onsets
        start, stop = max(0, at), min(len(total), at + len(shape))
        if stop <= start:
            continue
        total[start:stop] += gain * shape[start - at : stop - at]
        if 0 <= at + peak < len(total):
            edges = ((at + peak) / work_hz, max(0.0, (at + first) / work_hz), min(len(total), at + last) / work_hz)
            generator, label = firing.each[which] if firing.each else (firing.generator, firing.label)
            events.append(TrueEvent(label, generator, train, *edges, float(gain * size)))
    return events


@lru_cache(256)
def _sections(work_hz: float, high_pass_hz: float, low_pass_hz: float) -> np.ndarray:
    from scipy.signal import butter

    parts = [butter(1, high_pass_hz, "highpass", fs=work_hz, output="sos")]
    if low_pass_hz < 0.49 * work_hz:
        parts.append(butter(2, low_pass_hz, "lowpass", fs=work_hz, output="sos"))
    return np.concatenate(parts)


def _filtered(signal: np.ndarray, work_hz: float, high_pass_hz: float, low_pass_hz: float) -> np.ndarray:
    from scipy.signal import sosfilt

    return sosfilt(_sections(work_hz, high_pass_hz, low_pass_hz), signal)
