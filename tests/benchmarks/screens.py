"""How long a classified EMG screen takes on the CPU once the networks are loaded: kind, waveforms, class, heat maps."""

import statistics
import time

import torch

from tests.benchmarks.timing import Row
from viewer.formats import open_study
from viewer.reading.engine import Engine
from viewer.resources import sample_files

ROUNDS, BOUND_MS = 7, 400.0


def rows() -> list[Row]:
    """Return the row: the sample screen from opened study to reading, on two cores."""
    torch.set_num_threads(2)
    study = open_study(next(path for path in sample_files() if path.name == "emg_screen.png"))
    engine = Engine("cpu")
    engine.read(study)
    taken = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        engine.read(study)
        taken.append(1000 * (time.perf_counter() - began))
    detail = f"median of {ROUNDS}, longest {max(taken):.0f} ms; the network loaded, opening not counted"
    return [Row("an EMG screen classified on the CPU", statistics.median(taken), "ms", BOUND_MS, detail)]
