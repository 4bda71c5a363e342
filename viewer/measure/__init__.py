"""Numbers a clinician would take by hand: potentials of a needle EMG and how they fire. No Qt, no torch."""

from viewer.measure.average import average_potential, measure_train
from viewer.measure.emg import Potential, measure_clean, measure_potential
from viewer.measure.firing import IntervalStatistics, interval_statistics
from viewer.measure.interference import without_interference

__all__ = [
    "IntervalStatistics",
    "Potential",
    "average_potential",
    "interval_statistics",
    "measure_clean",
    "measure_potential",
    "measure_train",
    "without_interference",
]
