"""A stranger's needle EMG, for measuring readers made elsewhere; never for training.

Fibre potentials come from three poles of current that run along a fibre past the needle and are swallowed at its end;
motor units are scattered sums of them, positive sharp waves a leak that fades. Units fire over seconds by rules of
their generator; a timing is then looked for at which an electromyographer could name the leader from the picture
alone (shape wide enough, or enough potentials for the rhythm), and only then is anything drawn.
"""

import numpy as np

from training.simulate.emg_hands.stranger.pictures import cut_out, whole
from training.simulate.emg_hands.stranger.wear import befallen
from training.simulate.emg_screen import ScreenTruth

OTHERS = {  # shares of Others; motor units, end-plate activity and fasciculations are some two thirds
    "end-plate spike": 0.13,
    "end-plate noise": 0.05,
    "fasciculation": 0.11,
    "normal MUAP": 0.16,
    "neurogenic MUAP": 0.10,
    "myopathic MUAP": 0.09,
    "regular motor unit": 0.05,
    "complex repetitive discharge": 0.07,
    "myotonic spikes": 0.03,
    "myotonic positive waves": 0.03,
    "myokymia": 0.03,
    "neuromyotonia": 0.02,
    "insertional activity": 0.04,
    "quiet": 0.05,
    "artefact": 0.04,
}


def draw(rng: np.random.Generator, label: str) -> tuple[np.ndarray, ScreenTruth]:
    """A picture (h, w, 3) uint8 RGB of a class (PSW, Fibs or Others) and its truth, both from rng alone."""
    known = {"PSW": "positive sharp wave", "Fibs": "fibrillation"}
    generator = known.get(label) or str(rng.choice(list(OTHERS), p=list(OTHERS.values())))
    cut = bool(rng.random() < 0.5)
    while True:  # a draw that would show nothing fair is thrown away
        made = (cut_out if cut else whole)(rng, generator)
        if made is None:
            continue
        image, boxes, factor = befallen(rng, made.image, made.boxes, cut)
        truth = ScreenTruth(
            label=label,
            generator=generator,
            boxes=boxes,
            ms_per_div=made.timing.ms_per_div,
            uv_per_div=made.uv_per_div,
            sweeps=len(made.timing.starts),
            inverted=False,
            cut_out=cut,
            layout=made.layout,
            grid=made.look.grid,
            px_per_ms=made.timing.px_per_ms * factor,
        )
        return image, truth


__all__ = ["draw"]
