"""Simulated records as training records beside the real ones."""

import numpy as np

from training.ecg.records import CLASSES, Record
from training.simulate.ecg import random_plan, simulate_ecg


def simulated_records(count: int, seed: int) -> list[Record]:
    """Return ``count`` records, every class as often; all their labels are known."""
    made = []
    for i in range(count):
        rng = np.random.default_rng((seed, 7, i))
        ecg = simulate_ecg(random_plan(rng, CLASSES[i % len(CLASSES)]), rng)
        truth = ecg.plan.labels()
        labels = np.array([float(truth[c]) for c in CLASSES], np.float32)
        name = f"simulated-{i}"
        made.append(Record(name, "simulated", name, ecg.rate_hz, ecg.signals_mv, labels, np.ones_like(labels)))
    return made
