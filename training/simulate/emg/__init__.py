"""Resting needle EMG from volume-conducted fibre potentials, with the truth of every event.

``make`` gives one generator's train, ``record`` adds trains and backgrounds up, ``simulate_scene`` does both; pictures
of them are in ``training.simulate.emg_screen``; ``simulate`` writes both as files.
"""

from training.simulate.emg.draws import Draw
from training.simulate.emg.files import simulate, write_recording
from training.simulate.emg.parameters import GENERATORS, LABELS
from training.simulate.emg.recording import Amplifier, Recording, TrueEvent, record
from training.simulate.emg.scene import Examination, leading_generator, simulate_mixture, simulate_scene
from training.simulate.emg.sources import VARIANTS, Firing, make

__all__ = [
    "GENERATORS",
    "LABELS",
    "VARIANTS",
    "Amplifier",
    "Draw",
    "Examination",
    "Firing",
    "Recording",
    "TrueEvent",
    "leading_generator",
    "make",
    "record",
    "simulate",
    "simulate_mixture",
    "simulate_scene",
    "write_recording",
]
