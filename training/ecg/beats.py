"""Where the heartbeats are: enough of a detector to change records by beat and to check simulated ones."""

import numpy as np


def beat_times(signals_mv: np.ndarray, rate_hz: float) -> np.ndarray:
    """Return the QRS complexes' times in seconds from (leads, samples).

    The slope's energy (5 to 25 Hz) over all leads, averaged over 100 ms, against half the median of its largest
    values; complexes are at least 250 ms apart (after Pan & Tompkins 1985).
    """
    from scipy.ndimage import maximum_filter1d, uniform_filter1d
    from scipy.signal import butter, sosfiltfilt

    high = min(25.0, 0.45 * rate_hz)
    sos = butter(2, (5.0, high), "bandpass", fs=rate_hz, output="sos")
    slopes = np.gradient(sosfiltfilt(sos, np.nan_to_num(signals_mv), axis=1), axis=1)
    energy = uniform_filter1d(np.square(slopes).sum(0), max(1, round(0.1 * rate_hz)))
    apart = max(1, round(0.25 * rate_hz))
    tops = np.flatnonzero((energy == maximum_filter1d(energy, 2 * apart + 1)) & (energy > 0))
    if not len(tops):
        return np.zeros(0)
    seconds = max(1, int(len(energy) / rate_hz))
    usual = np.median(np.sort(energy[tops])[-max(3, round(0.5 * seconds)) :])
    return tops[energy[tops] > 0.15 * usual] / rate_hz


def heart_rate(times_s: np.ndarray) -> float:
    """Return beats a minute from the mean interval; NaN with fewer than two beats."""
    return float(60 / np.diff(times_s).mean()) if len(times_s) > 1 else float("nan")
