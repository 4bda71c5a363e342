"""EMG pictures drawn twice, with and without their curves, and which pixels are curve."""

from dataclasses import dataclass

import numpy as np

from training.kind.emg_figures import draw_emg_figure
from training.simulate.curves_left_out import curves_left_out
from training.simulate.emg.draws import Part
from training.simulate.emg.parameters import LABELS
from training.simulate.emg_hands import STRANGER, draw_learned
from training.simulate.emg_screen import render_screen
from training.simulate.emg_sheet import render_sheet
from viewer.reading.waveforms import LARGEST_PX, SCREEN_PX, zoomed

SHARES = {"screens": 0.5, "hands": 0.2, "figures": 0.2, "sheets": 0.1}
INK, MAYBE, FAINTEST = 0.35, 0.2, 12.0  # of the strongest ink near; of 255
NEAR_PX = 25
MOST_INK = 0.6  # of a picture


@dataclass(frozen=True, eq=False)
class Inked:
    """A picture as the viewer looks at it, uint8 (rows, columns, 3).

    ``curves`` (rows, columns): 1 where a curve is, 0 where none is, -1 at its edges, where either will do.
    """

    shown: np.ndarray
    curves: np.ndarray


def inked(seed: list[int], part: Part, source: str | None = None) -> Inked:
    """Return a picture (of a source of ``SHARES``, any where None); by the hands that of ``test`` is the stranger's."""
    rng = np.random.default_rng(seed)
    source = source or str(rng.choice(list(SHARES), p=list(SHARES.values())))
    while True:
        again = int(rng.integers(2**62))
        with_curves = _draw(source, part, again)
        with curves_left_out():
            without = _draw(source, part, again)
        if _differ_in_curves(with_curves, without):
            break
    return compared(with_curves, without, LARGEST_PX if source == "sheets" and rng.random() < 0.5 else SCREEN_PX)


def compared(with_curves: np.ndarray, without: np.ndarray, longest_px: int) -> Inked:
    """Return a picture no longer than that, and which of its pixels are curve."""
    import cv2

    shown, zoom = zoomed(with_curves, longest_px)
    apart = cv2.absdiff(with_curves, without).max(2)
    if zoom != 1:
        way = cv2.INTER_AREA if zoom < 1 else cv2.INTER_LINEAR
        apart = cv2.resize(apart, (shown.shape[1], shown.shape[0]), interpolation=way)
    near = cv2.dilate(apart, np.ones((NEAR_PX, NEAR_PX), np.uint8)).astype(np.float32)
    curves = np.zeros(apart.shape, np.int8)
    curves[(apart > np.maximum(MAYBE * near, FAINTEST / 2)) & (near > FAINTEST)] = -1
    curves[apart > np.maximum(INK * near, FAINTEST)] = 1
    return Inked(shown, curves)


def _differ_in_curves(one: np.ndarray, other: np.ndarray) -> bool:
    """Whether two pictures may be the same but for curves: a few are framed or exposed by what is on them."""
    return one.shape == other.shape and float((np.ptp([one, other], axis=0).max(2) > FAINTEST).mean()) < MOST_INK


def _draw(source: str, part: Part, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    band: Part = "ends" if part == "train" else part
    if source == "screens":
        return render_screen(rng, part=band)[0]
    if source == "sheets":
        return render_sheet(rng, part=band)[0]
    if source == "figures":
        return draw_emg_figure(rng, part)
    return (STRANGER if part == "test" else draw_learned)(rng, LABELS[rng.integers(len(LABELS))])[0]
