"""One simulated EMG picture's sweeps as the viewer finds them, with the classes of picture and waveforms."""

from dataclasses import dataclass, replace

import numpy as np

from training.emg.pictures import HEIGHT, WIDTH, target_of
from training.simulate.emg.draws import Draw
from training.simulate.emg.parameters import LABELS
from training.simulate.emg.scene import leading_generator, own_trains
from training.simulate.emg_hands.trains import LEARNED, made_by
from training.simulate.emg_looks import random_look
from training.simulate.emg_screen import ScreenTruth, show_recording, stretch
from training.sweeps.curves import ON_TRACE, rows_shared
from viewer.models.preprocessing.picture import fit_picture
from viewer.reading.signals import CHANNELS, signal_input
from viewer.reading.traces import Trace, find_traces
from viewer.reading.waveforms import SCREEN_PX, TellCurves, find_sweeps, look, zoomed

KNOWN = 7  # the bit of a column of which the truth is known; bit c: a potential of class c
INK, PAPER = (255, 255, 255), (0, 0, 0)
BARE_CUT = 0.45  # of the bare pictures
BY_OTHERS = 0.65  # of the bare pictures, with trains by other hands


@dataclass(frozen=True, eq=False)
class Signals:
    """A picture's sweeps.

    ``seen`` (8, columns) float16 as ``signal_input`` makes it; ``bits`` (columns,) uint8: bit c where a potential of
    class c is, bit 7 where that is known; ``shares`` (3,) of the classes; ``px_per_ms`` of a column, 0 where unknown.
    ``fitted`` (384, 528) uint8 is the picture as emg-screens sees it, None of those that are learned from.
    """

    seen: np.ndarray
    bits: np.ndarray
    shares: np.ndarray
    px_per_ms: float
    facts: dict
    fitted: np.ndarray | None = None


def picture_signals(
    shown: np.ndarray, truth: ScreenTruth, recording: str, keep: bool = False, tell: TellCurves | None = None
) -> Signals:
    """Return a picture's sweeps as the viewer finds them, perhaps none; ``keep``: and the picture as fitted.

    ``tell``: what tells curves from all else (``viewer.reading.waveforms.Looked``).
    """
    looked = look(shown, tell=tell)
    fitted, extent = fit_picture(shown, HEIGHT, WIDTH, "letterbox", colour=False) if keep else (None, None)
    across = 0.0 if extent is None else WIDTH / extent.w
    return _signals(find_sweeps(looked), looked.zoom, truth, recording, fitted, across)


def bare_signals(rng: np.random.Generator, label: str) -> Signals:
    """Return the sweeps of a picture that shows nothing but curves, drawn and found in a fifth of the time of others.

    Most potentials and rhythms are by other hands.
    """
    draw = Draw(rng, "ends")
    generator = leading_generator(draw, label)
    look = replace(random_look(draw), ground=PAPER, trace=INK, smooth=False, many_colours=False)
    source = made_by(draw.pick(tuple(LEARNED.values()))) if draw.chance(BY_OTHERS) else own_trains
    recording, view = stretch(draw, generator, look, source)
    cut = draw.chance(BARE_CUT)
    shown, truth = show_recording(draw, recording, view, look, label, generator, False, cut, bare=True)
    seen, zoom = zoomed(shown[:, :, 0], SCREEN_PX)
    traces = [t for t in find_traces(seen > INK[0] // 3) if not t.ruled]
    return _signals(traces, zoom, truth, "simulated", None, 0.0)


def _signals(
    traces: list[Trace], zoom: float, truth: ScreenTruth, recording: str, fitted: np.ndarray | None, across: float
) -> Signals:
    """Return the sweeps that were found on a picture enlarged by ``zoom``; ``across``: how much fitting widened it."""
    seen, factor, starts = signal_input(traces) if traces else (np.zeros((CHANNELS, 0), np.float32), 1.0, [])
    known = recording == "simulated" and not truth.inverted
    bits = np.zeros(seen.shape[1], np.uint8)
    bits |= (known << KNOWN) * (seen[-1] > 0).astype(np.uint8)
    for box in truth.boxes if known and traces else ():
        x, y, w, h = (v * zoom for v in (box.x, box.y, box.w, box.h))
        shared = [rows_shared(x, y, w, h, t) for t in traces]
        best = int(np.argmax(shared))
        if shared[best] >= ON_TRACE:
            first, last = ((v - traces[best].x0) * factor + starts[best] for v in (x, x + w))
            own = np.arange(max(starts[best], int(first)), int(np.ceil(last)) + 1)
            own = own[own < len(bits)]
            bits[own[seen[-1, own] > 0]] |= 1 << LABELS.index(box.label)
    facts = {
        "label": truth.label,
        "generator": truth.generator,
        "recording": recording,
        "sweeps": truth.sweeps,
        "cut_out": truth.cut_out,
        "inverted": truth.inverted,
        "ms_per_div": float(truth.ms_per_div),
        "fitted_px_per_ms": float(truth.px_per_ms * across),
    }
    scale = max(0.0, float(truth.px_per_ms) * zoom * factor)
    return Signals(seen.astype(np.float16), bits, target_of(truth).astype(np.float32), scale, facts, fitted)
