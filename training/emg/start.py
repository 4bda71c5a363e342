"""The trainers of the EMG networks, as ``leadlight train`` starts them."""

import tempfile
from dataclasses import replace
from pathlib import Path

from training import ranks
from training.job import Job, load_recipe


def screens(job: Job) -> Path:
    """Train the screen network: from simulation, or the shipped one further on a person's labelled pictures."""
    from training.dataset import is_dataset

    if is_dataset(job.data):
        from training.emg.tune import tune

        return tune(replace(job, recipe=load_recipe("emg-screens-tuned")))
    from training.emg.measure import finish
    from training.emg.real import TRAIN, load_real
    from training.emg.train import train

    load_real(job.data, TRAIN)  # what is missing is told before pictures are drawn for an hour
    begun = None if job.weights is None else job.weights.parent
    network = train(job.recipe, job.data, _own_folder(job), job.jobs, begun, job.device)
    if ranks.is_first():
        finish(network, job.recipe, job.data, job.out, job.jobs, begun)
    return job.bundle


def traces(job: Job) -> Path:
    """Train the detector for recordings, from simulation; with weights given, from those of their bundle on."""
    from training.emg.measure_traces import finish
    from training.emg.real import TRAIN, load_real
    from training.emg.train_traces import train

    load_real(job.data, TRAIN)
    begun = None if job.weights is None else job.weights.parent
    network = train(job.recipe, job.data, _own_folder(job), job.jobs, job.device, begun)
    if ranks.is_first():
        finish(network, job.recipe, job.data, job.out)
    return job.bundle


def _own_folder(job: Job) -> Path:
    """Return the folder for a process's drawn pictures: they are drawn in each, and only the first one's are kept."""
    return job.out if ranks.is_first() else Path(tempfile.mkdtemp(prefix="leadlight-"))
