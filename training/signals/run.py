"""The trainer ``screen-signals``: from drawn pictures to the bundle of the network that judges sweeps."""

from functools import partial
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file

from training.emg.figures import print_figures
from training.emg.real import TEST, TRAIN, load_real
from training.export import export_bundle
from training.job import Job
from training.loop import fit_part
from training.signals.card import card_of
from training.signals.measure import figures_of, weighed
from training.signals.pictures import REAL_PART, signals
from training.signals.train import WithMore, batches, log_loss, loss
from training.simulate.emg.parameters import LABELS
from viewer.models.bundle import load_bundle
from viewer.models.catalogue import find_card
from viewer.models.networks.sweep_signals import SweepSignals
from viewer.reading.signals import padded


def run(job: Job) -> Path:
    """Train by the recipe, weigh the network beside that of screens, measure, write the bundle; return its folder."""
    load_real(job.data, (*TEST, *TRAIN))  # what is missing is told before pictures are drawn
    recipe, folder = job.recipe, job.out / "pictures"
    torch.manual_seed(recipe["seed"])
    both = WithMore(SweepSignals(len(LABELS))).to(memory_format=torch.channels_last)
    if job.weights is not None:
        both.network.load_state_dict(load_file(job.weights))
    drawn = partial(signals, folder, pictures=recipe["piece"], data=job.data, jobs=job.jobs)
    check = [one for one in drawn("validation", range(recipe["validation"])) if len(one.bits)]
    for number, part in enumerate(recipe["part"]):
        own = [one for kind, count in part["pieces"].items() for one in drawn(kind, range(count))]
        learned = partial(batches, own, [recipe["seed"], number], part["steps"])
        fit_part(both, learned, loss, part, job, lambda net: -log_loss(net, check))
    network = both.network.cpu().half().float().eval()
    screens = load_bundle(find_card("emg-screens").folder)
    tuning = drawn("validation", range(recipe["validation"], recipe["validation"] + recipe["tuning"]))
    real = [drawn(REAL_PART + name, range(recipe["real"])) for name in TRAIN]
    beside = weighed(screens, network, recipe["shares"], tuning, real)
    figures = figures_of(screens, network, beside, recipe, drawn)
    print_figures(figures)
    golden = padded([check[0].seen.astype(np.float32)], [check[0].px_per_ms])
    export_bundle(network, golden, card_of(recipe, beside, figures), job.bundle)
    return job.bundle
