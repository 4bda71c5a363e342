"""What is checked of a needle-EMG recording before it is read."""

import numpy as np

from viewer.study import Note, Waveform

LEAST_RATE_HZ, LOW_RATE_HZ = 2000.0, 4000.0  # fibrillations last 1-5 ms; the network was trained from 4 kHz on
LEAST_S, SHORT_S = 0.05, 1.0
IMPLAUSIBLE_UV = (5.0, 60000.0)  # peak to peak of a channel: below an amplifier's noise; above any motor unit
LIMIT_RUN, LIMIT_PLACES, PLACE_S = 3, 3, 0.005  # cut off: so many samples in a row at the limit, at so many places
UV = {"uV": 1.0, "mV": 1000.0}


def check_emg_trace(waveform: Waveform, notes: list[Note], refusals: list[Note]) -> None:
    """Add what is noticed about a needle-EMG recording that holds some signal."""
    flat = [name for name, row in zip(waveform.channels, waveform.samples, strict=True) if not _spread(row)]
    if len(flat) == len(waveform.channels):
        refusals.append(Note("no-signal", "The recording is flat: it holds no signal"))
        return
    if flat:
        notes.append(Note("lead-flat", f"Channels without signal: {', '.join(flat)}"))
    rate = waveform.rate_hz
    if rate < LEAST_RATE_HZ:
        refusals.append(Note("rate-unsuitable", f"{rate:g} Hz is too low a sampling rate for needle EMG"))
    elif rate < LOW_RATE_HZ:
        notes.append(Note("rate-low", f"{rate:g} Hz is a low sampling rate for needle EMG; spikes lose their shape"))
    if waveform.duration_s < LEAST_S:
        refusals.append(Note("too-short", f"There are {1000 * waveform.duration_s:.0f} ms, too short to be read"))
    elif waveform.duration_s < SHORT_S:
        notes.append(Note("short-recording", f"There are {waveform.duration_s:.2f} s: rhythm cannot be judged"))
    sizes = [_spread(row) * UV[unit] for row, unit in zip(waveform.samples, waveform.units, strict=True) if unit in UV]
    if sizes and not IMPLAUSIBLE_UV[0] <= max(sizes) <= IMPLAUSIBLE_UV[1]:
        notes.append(Note("scale-implausible", f"The signal spans {max(sizes):.3g} uV; the scale may be wrong"))
    cut = [name for name, row in zip(waveform.channels, waveform.samples, strict=True) if is_cut_off(row, rate)]
    if cut and all(note.code != "clipped" for note in notes):
        notes.append(Note("clipped", f"The signal is cut off at its limits in {', '.join(cut)}"))


def is_cut_off(row: np.ndarray, rate_hz: float) -> bool:
    """Whether several potentials stand still exactly at the channel's highest or lowest value."""
    if not np.isfinite(row).any() or not _spread(row):
        return False
    for limit in (np.nanmax(row), np.nanmin(row)):
        at = np.flatnonzero(row == limit)
        runs = np.split(at, np.flatnonzero(np.diff(at) > 1) + 1)
        starts = np.array([run[0] for run in runs if len(run) >= LIMIT_RUN])
        if len(starts) and 1 + int((np.diff(starts) > PLACE_S * rate_hz).sum()) >= LIMIT_PLACES:
            return True
    return False


def _spread(row: np.ndarray) -> float:
    """Return the largest less the smallest value, 0 where there is none."""
    return float(np.nanmax(row) - np.nanmin(row)) if np.isfinite(row).any() else 0.0
