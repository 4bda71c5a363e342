"""``python -m training.words.scales --count N --seed S``: how often a screen's time scale is read, and rightly.

Screens are drawn anew (looks and ranges of the test unless ``--part`` says otherwise; ``--stranger``: by the simulator
that nothing is trained on) and read as the viewer does it.
"""

import argparse
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np

from training.emg.figures import STRANGER as BY_STRANGER
from training.emg.figures import share
from training.export import show
from training.simulate.emg.draws import BANDS, Part
from training.simulate.emg.parameters import LABELS
from training.simulate.emg_hands import STRANGER
from training.simulate.emg_screen import render_screen

WITHIN = 1.25  # times the true scale, and its inverse: what the network is little troubled by


def read_one(arguments: tuple[int, int, Part]) -> tuple[bool, float]:
    """Return whether a screen says anything of time, and the scale that is read over the true one (0 for none)."""
    import cv2

    from viewer.reading.scale import scale_of

    cv2.setNumThreads(1)
    seed, number, part = arguments
    shown, truth = render_screen(np.random.default_rng([8, seed, number]), None, part, cut_out=False)
    scale = scale_of(shown)
    says = any("ms" in w.text.lower() or "[s]" in w.text or "(s)" in w.text for w in truth.words)
    return says, 0.0 if scale is None else scale.px_per_ms / truth.px_per_ms


def read_strangers(arguments: tuple[int, int]) -> float:
    """Return the scale that is read on a whole screen of the stranger over the true one (0 for none)."""
    import cv2

    from viewer.reading.scale import scale_of

    cv2.setNumThreads(1)
    rng = np.random.default_rng([12, *arguments])
    while True:
        shown, truth = STRANGER(rng, LABELS[rng.integers(len(LABELS))])
        if not truth.cut_out:
            scale = scale_of(shown)
            return 0.0 if scale is None else scale.px_per_ms / truth.px_per_ms


def strangers_figures(ratios: Sequence[float]) -> list[dict]:
    """Return the figures on the stranger's screens, of which some say nothing of time."""
    ratio = np.array(ratios)
    known, near = ratio > 0, _near(ratio)
    return [
        share("time scale read", known, BY_STRANGER),
        share("time scale right within a quarter, of those read", near, BY_STRANGER, of=known),
    ]


def _near(ratio: np.ndarray) -> np.ndarray:
    return (ratio > 0) & (np.abs(np.log(np.maximum(ratio, 1e-9))) < np.log(WITHIN))


def scale_figures(read: Sequence[tuple[bool, float]], data: str) -> list[dict]:
    """Return the figures with their intervals."""
    says, ratio = np.array([r[0] for r in read]), np.array([r[1] for r in read])
    known, near = ratio > 0, _near(ratio)
    return [
        share("time scale read where the screen says it", known, data, of=says),
        share("time scale right within a quarter, of those read", near, data, of=known),
    ]


def main() -> None:
    """Draw, read, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--part", choices=tuple(BANDS), default="inner")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--stranger", action="store_true")
    given = parser.parse_args()
    if given.stranger:
        with ProcessPoolExecutor(given.jobs, get_context("spawn")) as pool:
            ratios = list(pool.map(read_strangers, [(given.seed, n) for n in range(given.count)], chunksize=10))
        show(strangers_figures(ratios))
        return
    todo = [(given.seed, number, given.part) for number in range(given.count)]
    with ProcessPoolExecutor(given.jobs, get_context("spawn")) as pool:
        read = list(pool.map(read_one, todo, chunksize=10))
    show(scale_figures(read, f"simulated screens, {given.part} looks and ranges (seed {given.seed})"))


if __name__ == "__main__":
    main()
