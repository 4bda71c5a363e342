"""How the network of sweeps is weighed beside the one of screens, and what both reach together.

``python -m training.signals.measure --data DATA --out OUT`` prints what the installed models reach on test pictures: of
the main simulator (looks and ranges never used in training), of the stranger, of real recordings.
"""

import argparse
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import nn

from training.emg.figures import (
    STRANGER,
    UNSEEN,
    Results,
    by_generator,
    measured,
    picture_figures,
    print_figures,
    real_figures,
    share,
    simulated_figures,
)
from training.emg.measure import operating_points, uncertain_below
from training.emg.real import TEST, TRAIN
from training.emg.train import MEAN, STD, scaled
from training.job import load_recipe
from training.metrics import fit_temperature
from training.signals.pictures import REAL_PART, STRANGER_PART, Signals, signals
from training.signals.train import logits
from training.simulate.emg.parameters import LABELS
from viewer.models.bundle import ModelBundle, load_bundle
from viewer.models.card import Beside
from viewer.models.catalogue import find_card
from viewer.models.preprocessing.picture import to_tensor
from viewer.reading.signals import Heard, joined, mixed

BATCH = 32
TOLD = {False: "", True: ", with their time scale"}
SHARP, PRECISE = LABELS.index("PSW"), 0.995
ALIKE = "PSW-shaped MUAP"  # a motor unit's potential of a sharp wave's very shape: its rhythm alone tells


def screen_logits(bundle: ModelBundle, own: Sequence[Signals], known: Sequence[bool]) -> np.ndarray:
    """Return the logits (n, 3) of the network of screens; ``known``: with which pictures the time scale comes."""
    said = []
    with torch.inference_mode():
        for first in range(0, len(own), BATCH):
            some = own[first : first + BATCH]
            inputs = torch.stack([to_tensor(np.asarray(o.fitted), 1, MEAN, STD) for o in some])
            scales = [o.facts["fitted_px_per_ms"] * k for o, k in zip(some, known[first : first + BATCH], strict=True)]
            said.append(bundle.network(scaled(inputs, np.array(scales))).float())
    return torch.cat(said).numpy()


def alternate(own: Sequence[Signals]) -> list[bool]:
    """Return whether each picture comes with its time scale: every second one, about as many as the viewer reads."""
    return [bool(i % 2) for i in range(len(own))]


def weighed(
    screens: ModelBundle, network: nn.Module, shares: Sequence[float], own: list[Signals], real: Sequence[list[Signals]]
) -> Beside:
    """Return how the networks are heard together where that of sweeps is weighed with ``shares``.

    Temperature, operating points and ``uncertain_below`` as for the screens alone, on validation pictures and on
    ``real`` ones that were trained on.
    """
    said = _said(screens, network, own)
    upright = np.array([not o.facts["inverted"] for o in own])
    truth = np.array([LABELS.index(o.facts["label"]) for o in own])
    both = mixed(torch.from_numpy(said[0]), torch.from_numpy(said[1]), shares).numpy()
    temperature = float(fit_temperature(both[upright], truth[upright], exclusive=True))
    how = Beside(screens.card.weights_sha256, tuple(shares), round(temperature, 4), {}, 0.0)
    told = _results(screens, how, own, said)
    points = operating_points(told.where(upright))
    alarms = [_results(screens, how, r, _said(screens, network, r)) for r in real]
    sure = uncertain_below(told.where(upright), alarms, told.where(~upright))
    return replace(how, operating_points=points, uncertain_below=sure)


def _said(screens: ModelBundle, network: nn.Module, own: list[Signals]) -> tuple[np.ndarray, np.ndarray]:
    known = alternate(own)
    return screen_logits(screens, own, known), logits(network, own, known)


def _results(
    screens: ModelBundle, beside: Beside, own: Sequence[Signals], said: tuple[np.ndarray, np.ndarray]
) -> Results:
    there = np.array([bool(len(o.bits)) for o in own])
    first, second = map(torch.from_numpy, said)
    both = joined(first, screens.card, Heard(second, there, np.zeros(0)), beside).exp().numpy()
    return Results(both, np.array([LABELS.index(o.facts["label"]) for o in own]), [o.facts for o in own])


def figures_of(
    screens: ModelBundle, network: nn.Module, beside: Beside, recipe: dict, drawn: Callable[..., list[Signals]]
) -> list[dict]:
    """Return what both networks reach together on every test of a recipe, without the time scale and with it.

    ``drawn`` (part, pieces) gives pictures.
    """
    points, sure = beside.operating_points, beside.uncertain_below
    figures: list[dict] = []
    tests = {"inner": range(*recipe["test"]), STRANGER_PART: range(*recipe["stranger"])}
    tests |= {REAL_PART + name: range(recipe["real"]) for name in (*TEST, *TRAIN)}
    for part, pieces in tests.items():
        own = drawn(part, pieces)
        for told in (False, True):
            known = [told] * len(own)
            said = screen_logits(screens, own, known), logits(network, own, known)
            both = _results(screens, beside, own, said)
            if part.startswith(REAL_PART):
                if not told:
                    figures += real_figures(both, part.removeprefix(REAL_PART), points, sure)
                continue
            where = (UNSEEN if part == "inner" else STRANGER) + TOLD[told]
            upright = ~both.fact("inverted")
            for name, alone in (("screens", said[0]), ("sweeps", said[1])):
                right = (alone.argmax(1) == both.truth)[upright]
                figures.append(share(f"accuracy of the network of {name} alone", right, where))
            if part == "inner":
                figures += sharp_wave_figures(both.where(upright), where)
            if told:
                figures.append(share("accuracy", (both.called == both.truth)[upright], where))
                continue
            figures += (
                simulated_figures(both, points, sure) if part == "inner" else picture_figures(both, points, sure, where)
            )
            print(by_generator(both.where(upright)))
    return [f for f in figures if not np.isnan(f["value"])]  # a small test may hold none of some kind


def sharp_wave_figures(both: Results, where: str) -> list[dict]:
    """Return how many sharp waves are called where so many calls are right, the threshold chosen on these pictures.

    Of all pictures, and of those without motor units of a sharp wave's shape.
    """
    apart = both.where(both.fact("generator") != ALIKE)
    pairs = (both, where), (apart, f"{where}; motor units of a sharp wave's shape left out")
    return [
        measured(f"recall at precision {PRECISE}", partial(recall_at_precision, own), len(own.truth), data, "PSW")
        for own, data in pairs
    ]


def recall_at_precision(own: Results, i: np.ndarray) -> float:
    """Return the highest recall of PSW among thresholds at which ``PRECISE`` of the calls are right; 0 at none."""
    there, p = own.truth[i] == SHARP, own.probability[i, SHARP]
    hits = np.cumsum(there[np.argsort(-p, kind="stable")])
    precise = hits >= PRECISE * np.arange(1, len(hits) + 1)
    return float(hits[precise].max(initial=0) / there.sum()) if there.any() else float("nan")


def main() -> None:
    """Print what the installed models of screens and of sweeps reach together."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with emg/")
    parser.add_argument("--out", type=Path, required=True, help="folder for the pictures")
    parser.add_argument("--jobs", type=int, default=1, help="processes that draw")
    given = parser.parse_args()
    screens, sweeps = (load_bundle(find_card(name).folder) for name in ("emg-screens", "screen-signals"))
    beside = sweeps.card.beside[screens.card.id]
    recipe = load_recipe("screen-signals")
    drawn = partial(signals, given.out, pictures=recipe["piece"], data=given.data, jobs=given.jobs)
    print_figures(figures_of(screens, sweeps.network, beside, recipe, drawn))


if __name__ == "__main__":
    main()
