"""How much faster than real time an EMG recording at 48 kHz is read, from samples to the Reading, on two cores."""

import time
from pathlib import Path

import numpy as np
import torch

from tests.benchmarks.timing import Row
from training.simulate.emg.draws import Draw
from training.simulate.emg.scene import simulate_mixture
from viewer.reading.engine import Engine
from viewer.study import Kind, KindFrom, Source, Study, Waveform

LENGTH_S, RATE_HZ, ROUNDS = 60.0, 48000.0, 3
BOUND = 100.0  # times real time
NAMES = ("fibrillation", "positive sharp wave", "normal MUAP", "end-plate spike")


def rows() -> list[Row]:
    """Return the row: time for a minute of four trains, over the time that 100 x real time allows."""
    torch.set_num_threads(2)
    draw = Draw(np.random.default_rng(1))
    recording = simulate_mixture(draw, NAMES, RATE_HZ, LENGTH_S)
    wave = Waveform(recording.samples_uv[None], RATE_HZ, ("EMG",), ("uV",))
    study = Study(Source(Path("made"), "0" * 64, "array"), Kind.EMG_TRACE, KindFrom.FILE, wave)
    engine = Engine("cpu")
    events = len(engine.read(study).events)
    taken = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        engine.read(study)
        taken.append(time.perf_counter() - began)
    times = LENGTH_S / float(np.median(taken))
    detail = f"{times:.0f} x real time; {LENGTH_S:g} s at 48 kHz, {events} events, median of {ROUNDS}"
    return [Row("EMG recording read, of what 100 x real time allows", BOUND / times, "x", 1.0, detail)]
