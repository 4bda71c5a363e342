"""Real needle EMG of contracting muscle, as screens: motor units, so all of them are Others.

Only four such recordings are to be had (DATA.md, ``emg/``). Two may be trained on, two are kept for the test.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from training.simulate.emg.draws import Draw, Part
from training.simulate.emg.recording import Amplifier, Recording, TrueEvent
from training.simulate.emg_looks import SWEEPS, random_look
from training.simulate.emg_screen import MS_PER_DIV, ScreenTruth, choose_view, show_recording

TRAIN = ("neuropathy", "biceps monopolar")
TEST = ("healthy", "myopathy")
FILES = {
    "healthy": "emg/physionet_emgdb_txt/emg_healthy.txt",
    "myopathy": "emg/physionet_emgdb_txt/emg_myopathy.txt",
    "neuropathy": "emg/physionet_emgdb_txt/emg_neuropathy.txt",
    "biceps monopolar": "emg/emglab_R00108/R00108.dat",
}


@dataclass(frozen=True, eq=False)
class RealRecording:
    """A recording in uV, and where its larger potentials are."""

    name: str
    recording: Recording


def load_real(folder: Path, names: tuple[str, ...]) -> list[RealRecording]:
    """Load recordings from the shared data folder. Raises FileNotFoundError where one is missing."""
    return [RealRecording(name, _with_events(*_read(folder / FILES[name]))) for name in names]


def _read(path: Path) -> tuple[np.ndarray, float]:
    """Return (uV, rate): text of seconds and mV with corrupt lines, or big-endian 16-bit of 500 a mV."""
    if path.suffix == ".dat":
        return np.fromfile(path, ">i2").astype(np.float64) * 2.0, 10000.0
    values = []
    for line in path.read_text("ascii", "replace").splitlines():
        try:
            _, millivolts = (float(part) for part in line.split())
        except ValueError:
            continue  # one or two corrupt lines a file
        values.append(millivolts * 1000)
    return np.array(values), 4000.0


def _with_events(samples: np.ndarray, rate_hz: float) -> Recording:
    """Mark the larger potentials (over a quarter of the largest, 6 ms apart): for choosing views and cutting out."""
    from scipy.signal import find_peaks

    samples = samples - np.median(samples)
    size = np.abs(samples)
    height = max(4 * float(np.median(size)), 0.25 * float(np.percentile(size, 99.9)))
    peaks, _ = find_peaks(size, height=height, distance=round(0.006 * rate_hz))
    events = []
    for peak in peaks:
        around = samples[max(0, peak - round(0.005 * rate_hz)) : peak + round(0.005 * rate_hz)]
        t = float(peak / rate_hz)
        events.append(TrueEvent("Others", "real motor unit", 1, t, t - 0.005, t + 0.006, float(np.ptp(around))))
    return Recording(samples.astype(np.float32), rate_hz, tuple(events), Amplifier(), ())


def real_screen(
    rng: np.random.Generator, recordings: list[RealRecording], part: Part, inverted: bool, cut_out: bool | None = None
) -> tuple[np.ndarray, ScreenTruth, str]:
    """Return a screen of a stretch of one of the recordings, its truth and the recording's name.

    Which way round these recordings were stored is not known: both are drawn.
    """
    draw = Draw(rng, part)
    look = random_look(draw)
    chosen = draw.pick(recordings)
    ms_per_div = draw.pick([v for v, _ in MS_PER_DIV], [w for _, w in MS_PER_DIV])
    sweeps = draw.look(SWEEPS) if draw.chance(0.6) else 1
    whole = chosen.recording
    window = ms_per_div * look.divisions[0] / 1000
    length = float(np.clip(sweeps * window * 1.5, 0.5, 4.0))
    start = draw.rng.uniform(0, whole.duration_s - length)
    first, last = round(start * whole.rate_hz), round((start + length) * whole.rate_hz)
    events = tuple(
        TrueEvent(e.label, e.generator, 1, e.time_s - start, e.start_s - start, e.end_s - start, e.amplitude_uv)
        for e in whole.events
        if start <= e.time_s < start + length
    )
    piece = Recording(whole.samples_uv[first:last], whole.rate_hz, events, whole.amplifier)
    view = choose_view(draw, piece, window, sweeps, ms_per_div)
    picture, truth = show_recording(draw, piece, view, look, "Others", "real motor unit", inverted, cut_out)
    return picture, truth, chosen.name
