"""Filters for looking at a signal: zero-phase, gaps kept, and always named on the screen."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Filters:
    """Corner frequencies in Hz; 0 is off."""

    high_pass_hz: float = 0.0
    low_pass_hz: float = 0.0
    notch_hz: float = 0.0

    @property
    def on(self) -> bool:
        """Whether any of them is."""
        return bool(self.high_pass_hz or self.low_pass_hz or self.notch_hz)

    def words(self) -> str:
        """Return the settings as they are written beside a tracing: ``0.5–40 Hz, notch 50 Hz``."""
        high = f"{self.high_pass_hz:g}" if self.high_pass_hz else ""
        low = f"{self.low_pass_hz:g}" if self.low_pass_hz else ""
        band = {(True, True): f"{high}–{low} Hz", (True, False): f"> {high} Hz", (False, True): f"< {low} Hz"}
        parts = [band.get((bool(high), bool(low)), "")]
        if self.notch_hz:
            parts.append(f"notch {self.notch_hz:g} Hz")
        return ", ".join(part for part in parts if part)


def possible(filters: Filters, rate_hz: float) -> Filters:
    """Return the filters that a sampling rate allows (corner below 0.45 of the rate)."""
    top = 0.45 * rate_hz
    return Filters(
        filters.high_pass_hz if filters.high_pass_hz < top else 0.0,
        filters.low_pass_hz if filters.low_pass_hz < top else 0.0,
        filters.notch_hz if filters.notch_hz < top else 0.0,
    )


def apply(samples: np.ndarray, rate_hz: float, filters: Filters) -> np.ndarray:
    """Return (channels, samples) filtered forwards and backwards (no shift in time), from gap to gap.

    Second-order Butterworth high- and low-pass, notch with quality 25. Run both ways, a corner lies at -6 dB.
    """
    from scipy.signal import sosfiltfilt

    filters = possible(filters, rate_hz)
    stages = _stages(filters, rate_hz)
    out = np.array(samples, np.float32)
    if not stages:
        return out
    sos = np.vstack(stages)
    for row in out:
        edges = np.diff(np.concatenate([[0], np.isfinite(row).astype(np.int8), [0]]))
        for a, b in zip(np.flatnonzero(edges == 1), np.flatnonzero(edges == -1), strict=True):
            if b - a > 3 * (2 * len(sos) + 1):
                # Long padding lets a slow high-pass settle before the first sample.
                padding = min(int(b - a - 1), int(4 * rate_hz / max(filters.high_pass_hz, 0.5)))
                row[a:b] = sosfiltfilt(sos, row[a:b].astype(np.float64), padlen=padding)
    return out


def _stages(filters: Filters, rate_hz: float) -> list[np.ndarray]:
    """Return the filters' second-order sections."""
    from scipy.signal import butter, iirnotch, tf2sos

    stages: list[np.ndarray] = []
    if filters.high_pass_hz:
        stages.append(butter(2, filters.high_pass_hz, "highpass", fs=rate_hz, output="sos"))
    if filters.low_pass_hz:
        stages.append(butter(2, filters.low_pass_hz, "lowpass", fs=rate_hz, output="sos"))
    if filters.notch_hz:
        stages.append(tf2sos(*iirnotch(filters.notch_hz, 25, fs=rate_hz)))
    return stages


class Running:
    """A channel filtered as it is read on, forwards only: for the ear, which hears no shift of a few milliseconds.

    What is read is counted from ``zero``; a gap is at zero.
    """

    def __init__(self, samples: np.ndarray, rate_hz: float, filters: Filters, zero: float = 0.0) -> None:
        self._samples, self._rate, self._zero = samples, rate_hz, zero
        self._sos = np.vstack(_stages(possible(filters, rate_hz), rate_hz) or [np.array([1.0, 0, 0, 1, 0, 0])[None]])
        self._state: np.ndarray | None = None
        self._start, self._kept = 0, np.zeros(0)

    def read(self, first: int, last: int) -> np.ndarray:
        """Return samples ``first`` to ``last`` filtered; each call begins where the last one was, or later."""
        from scipy.signal import sosfilt, sosfilt_zi

        end = self._start + len(self._kept)
        if self._state is None:
            end = self._start = max(0, first - int(self._rate / 2))  # half a second to settle
            self._state = sosfilt_zi(self._sos) * self._fresh(end, end + 1).sum()
        if last > end:
            fresh, self._state = sosfilt(self._sos, self._fresh(end, last), zi=self._state)
            self._kept = np.concatenate([self._kept, fresh])
        drop = max(0, first - self._start)
        self._kept, self._start = self._kept[drop:], self._start + drop
        return self._kept[: last - first]

    def _fresh(self, first: int, last: int) -> np.ndarray:
        return np.nan_to_num(self._samples[first:last].astype(np.float64) - self._zero)


def far_median(samples: np.ndarray, least: float) -> float:
    """Return a signal's median where it is further from 0 than ``least`` and than the signal goes from it, else 0."""
    values = samples[:: max(1, len(samples) // 20_000)]
    values = values[np.isfinite(values)]
    if not values.size:
        return 0.0
    low, middle, high = np.percentile(values, (0.1, 50, 99.9))
    return float(middle) if abs(middle) > max(high - middle, middle - low, least, 1e-9) else 0.0
