"""The detector's training recordings as memory-mapped shards: conditioned signals, and where each event is.

Scenes are wider than those of pictures: any generators at once, in stretches; more hum, drift and needle artefact; 12 %
hold no potential at all; some are upside down; half have trains by other hands. Two real recordings of motor units
enter as Others.
"""

from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from training.emg.real import RealRecording, load_real
from training.simulate.emg import backgrounds as bg
from training.simulate.emg import parameters as ranges
from training.simulate.emg.draws import BANDS, Draw, Part
from training.simulate.emg.firing import stretch_of
from training.simulate.emg.parameters import LABELS
from training.simulate.emg.recording import Recording, record, work_rate
from training.simulate.emg.scene import OTHERS, random_amplifier
from training.simulate.emg.sources import Firing, make
from training.simulate.emg_hands.trains import LEARNED, firings, floor
from viewer.models.preprocessing.emg_trace import RATE_HZ, conditioned

LENGTH_S = 10.0
RATES_HZ = (
    4000.0,
    5000.0,
    8000.0,
    10000.0,
    12000.0,
    16000.0,
    20000.0,
    22050.0,
    24000.0,
    25000.0,
    32000.0,
    44100.0,
    48000.0,
)
RATE_WEIGHTS = (3, 1, 3, 4, 2, 1, 4, 0.5, 2, 0.5, 1, 0.7, 2)
INVERTED, REAL = 0.06, 0.06  # shares of the recordings
BY_OTHERS = {0.0: 5.0, 0.5: 2.0, 1.0: 3.0}  # share of a recording's trains that other hands make: how often
HANDS = ("templates", "tripoles", "figures")  # that version 1.3 learned from, of those in ``LEARNED``
OTHERS_FLOOR = 0.3  # of the recordings with another hand's noise
VISIBLE, HIDDEN = 6.0, 3.0  # of the noise's rms, peak to peak: to be found from the first, left open down to the second
UPSIDE_DOWN, OPEN = 3, -1  # classes of an event beside the labels': a sharp wave upside down; not known
SHARP = ("positive sharp wave", "PSW-shaped MUAP", "myotonic positive waves")
SPIKES = ("fibrillation", "end-plate spike", "myotonic spikes", "insertional activity")  # upside down like one another
PARTS = tuple(BANDS)  # each has random streams of its own
FIELDS = ("time_ms", "start_ms", "end_ms", "label", "visible", "weight")


@dataclass(frozen=True, eq=False)
class Shard:
    """Recordings: ``signals`` (n, samples) float16 in units of noise; ``events[first[i]:first[i + 1]]`` are i's.

    An event is a row of ``FIELDS``: times in ms from the first sample, label an index (or UPSIDE_DOWN, OPEN), visible 1
    (to be found) or 0 (either way), its weight. ``real`` (n,): only motor units are there, not all of them marked.
    """

    signals: np.ndarray
    events: np.ndarray
    first: np.ndarray
    real: np.ndarray


def shard(
    folder: Path, index: int, count: int, part: Part, data: Path | None, names: tuple[str, ...], jobs: int
) -> Shard:
    """Return a shard, making it where it is not there yet. The same arguments give the same recordings."""
    base = folder / f"{part}-{index:03d}-{count}"
    done = Path(f"{base}-first.npy")
    if not done.exists():
        _make(base, index, count, part, data, names, jobs)
    return Shard(*(np.load(f"{base}-{n}.npy", mmap_mode="r") for n in ("signals", "events", "first", "real")))


def _make(base: Path, index: int, count: int, part: Part, data: Path | None, names: tuple[str, ...], jobs: int) -> None:
    base.parent.mkdir(parents=True, exist_ok=True)
    arguments = [(index, number, part, data, names) for number in range(count)]
    signals = np.lib.format.open_memmap(f"{base}-signals.npy", "w+", np.float16, (count, round(LENGTH_S * RATE_HZ)))
    events, real = [], np.zeros(count, bool)
    if jobs > 1:
        with ProcessPoolExecutor(jobs, get_context("spawn")) as pool:
            done = pool.map(_one, arguments, chunksize=20)
            for i, (signal, rows, is_real) in enumerate(done):
                signals[i], real[i] = signal, is_real
                events.append(rows)
    else:
        for i, (signal, rows, is_real) in enumerate(map(_one, arguments)):
            signals[i], real[i] = signal, is_real
            events.append(rows)
    signals.flush()
    np.save(f"{base}-events.npy", np.concatenate(events))
    np.save(f"{base}-real.npy", real)
    np.save(f"{base}-first.npy", np.concatenate([[0], np.cumsum([len(e) for e in events])]))


_REAL: dict[tuple, list[RealRecording]] = {}


def _one(arguments: tuple) -> tuple[np.ndarray, np.ndarray, bool]:
    index, number, part, data, names = arguments
    draw = Draw(np.random.default_rng([PARTS.index(part), index, number]), part)
    if data is not None and names and draw.chance(REAL):
        if (data, names) not in _REAL:
            _REAL[data, names] = load_real(data, names)
        return (*scaled(real_stretch(draw, draw.pick(_REAL[data, names])), draw.chance(0.5)), True)
    return (*scaled(random_recording(draw), draw.chance(INVERTED)), False)


def scaled(recording: Recording, inverted: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """Return the conditioned signal in units of its noise (float16), and the events as rows of ``FIELDS``."""
    piece = conditioned(recording.samples_uv * np.float32(-1 if inverted else 1), recording.rate_hz)
    size = round(LENGTH_S * RATE_HZ)
    signal = np.zeros(size, np.float16)
    kept = np.clip(piece.signal[:size] / piece.noise, -6e4, 6e4)
    signal[: len(kept)] = kept
    counts: dict[int, int] = {}
    for event in recording.events:
        counts[event.train] = counts.get(event.train, 0) + 1
    rows = np.zeros((len(recording.events), len(FIELDS)), np.float32)
    for row, e in zip(rows, recording.events, strict=True):
        own = true_label(e.label, e.generator, inverted)
        over = e.amplitude_uv / piece.noise
        weight = np.clip(np.sqrt(20 / counts[e.train]), 0.2, 2.0)
        row[:] = e.time_s * 1000, e.start_s * 1000, e.end_s * 1000, own, over >= VISIBLE, weight
        if over < HIDDEN:
            row[4] = -1
    return signal, rows[rows[:, 4] >= 0]


def true_label(name: str, generator: str, inverted: bool) -> int:
    """Return an event's class as an index of the labels, UPSIDE_DOWN, or OPEN where it cannot be known."""
    if inverted and generator in SHARP:
        return UPSIDE_DOWN
    return OPEN if inverted and generator in SPIKES else LABELS.index(name)


def random_recording(draw: Draw, rate_hz: float | None = None, length_s: float = LENGTH_S) -> Recording:
    """Return a scene: nothing (12 %), fibrillations and sharp waves, or anything at once (some: any as likely)."""
    rate_hz = rate_hz or draw.pick(RATES_HZ, RATE_WEIGHTS)
    work_hz, _ = work_rate(rate_hz)
    kind = draw.pick(("quiet", "denervation", "mixture", "even"), (12, 24, 39, 25))
    names: list[str] = []
    if kind == "even":
        names = [draw.pick(tuple(ranges.GENERATORS)) for _ in range(draw.integer(1, 4))]
    if kind == "denervation":
        names = [
            draw.pick(("fibrillation", "positive sharp wave")) for _ in range(draw.pick((1, 2, 3, 5), (4, 3, 2, 1)))
        ]
    if kind == "mixture" or (kind == "denervation" and draw.chance(0.4)):
        others = {k: v for k, v in OTHERS.items() if k not in ("quiet", "artefact")}
        others |= {"PSW-shaped MUAP": 4, "fibrillation": 9, "positive sharp wave": 9}
        count = draw.pick((1, 2, 3, 4, 6), (35, 25, 20, 15, 5))
        names += [draw.pick(tuple(others), tuple(others.values())) for _ in range(count)]
    by_others = draw.pick(tuple(BY_OTHERS), tuple(BY_OTHERS.values()))
    fired = [f for name in names for f in _trains(draw, name, work_hz, length_s, by_others)]
    sizes = [float(np.ptp(s)) for f in fired for s in f.shapes] or [0.0]
    total, backgrounds = background(draw, work_hz, int(length_s * work_hz), min(sizes))
    return record(fired, total, rate_hz, random_amplifier(draw, max(sizes)), backgrounds)


def _trains(draw: Draw, name: str, work_hz: float, length_s: float, others: float) -> list[Firing]:
    """Return the trains of a generator; with the chance ``others`` by another hand, where one makes such trains."""
    made: list[Firing] = []
    if draw.chance(others):
        made = firings(LEARNED[draw.pick(HANDS)], draw.rng, name, work_hz, length_s)
    return [_varied(draw, f, length_s) for f in made or [make(name, draw, work_hz, length_s)]]


def _varied(draw: Draw, firing: Firing, length_s: float) -> Firing:
    """Return a train that may last a stretch only; of end plates' noise perhaps a few plates' alone."""
    keep = np.ones(len(firing.times_s), bool)
    if firing.generator == "end-plate noise" and draw.chance(0.5):
        keep &= firing.which < draw.integer(1, 4)
    if draw.chance(0.3):
        keep &= np.isin(firing.times_s, stretch_of(draw, firing.times_s, length_s))
    return replace(firing, times_s=firing.times_s[keep], gains=firing.gains[keep], which=firing.which[keep])


def background(draw: Draw, work_hz: float, samples: int, least_uv: float) -> tuple[np.ndarray, tuple[str, ...]]:
    """Return noise (at most a seventh of the smallest potential), perhaps hum, drift, heart, pacemaker, needle."""
    rms = draw.of(ranges.AMPLIFIER_NOISE_UV)
    if least_uv:
        rms = min(rms, least_uv / draw.between(7, 25, log=True))
    noise = floor if draw.chance(OTHERS_FLOOR) else bg.amplifier_noise
    total = noise(draw, work_hz, samples, rms)
    names = ["noise"]
    if draw.chance(0.3):
        hum = draw.of(ranges.MAINS_UV)
        hum = min(hum, least_uv * draw.between(0.3, 3, log=True)) if least_uv else hum
        total += bg.mains(draw, work_hz, samples, hum, draw.pick((50.0, 60.0)) * draw.between(0.999, 1.001))
        names.append("mains")
    if draw.chance(0.3):
        total += drift(draw, work_hz, samples, draw.between(20, 1000, log=True))
        names.append("drift")
    quiet = 2.5 if not least_uv else 1.0
    if draw.chance(0.05 * quiet):
        heart = draw.of(ranges.ECG_UV), draw.of(ranges.ECG_RATE_HZ), draw.of(ranges.QRS_MS)
        total += bg.electrocardiogram(draw, work_hz, samples, *heart)
        names.append("ecg")
    if draw.chance(0.03 * quiet):
        pacing = draw.of(ranges.ECG_UV) * 2, draw.of(ranges.ECG_RATE_HZ), draw.of(ranges.PACEMAKER_MS)
        total += bg.pacemaker(draw, work_hz, samples, *pacing)
        names.append("pacemaker")
    if draw.chance(0.05 * quiet):
        total += bg.needle_movement(draw, work_hz, samples, draw.of(ranges.NEEDLE_MOVEMENT_UV))
        names.append("movement")
    return total, tuple(names)


def drift(draw: Draw, work_hz: float, samples: int, size_uv: float) -> np.ndarray:
    """Return a baseline that wanders: slow waves of 0.05 to 2 Hz, ``size_uv`` peak to peak."""
    t = np.arange(samples) / work_hz
    total = np.zeros(samples)
    for _ in range(3):
        total += np.sin(2 * np.pi * (draw.between(0.05, 2.0, log=True) * t + draw.rng.random()))
    return total / max(float(np.ptp(total)), 1e-9) * size_uv


def real_stretch(draw: Draw, real: RealRecording) -> Recording:
    """Return ten seconds of a real recording, up to a quarter faster or slower, with more or less noise."""
    own = real.recording
    rate = own.rate_hz * draw.between(0.8, 1.25)
    count = min(len(own.samples_uv), round(LENGTH_S * rate))
    first = draw.integer(0, len(own.samples_uv) - count)
    samples = own.samples_uv[first : first + count]
    samples = samples + draw.rng.standard_normal(count) * float(np.median(np.abs(samples))) * draw.between(0, 1)
    start, stop = first / own.rate_hz, (first + count) / own.rate_hz
    by = own.rate_hz / rate
    events = tuple(
        replace(e, time_s=(e.time_s - start) * by, start_s=(e.start_s - start) * by, end_s=(e.end_s - start) * by)
        for e in own.events
        if start <= e.time_s < stop
    )
    return Recording(samples.astype(np.float32), rate, events, own.amplifier)
