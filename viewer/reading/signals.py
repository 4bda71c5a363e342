"""The sweeps of an EMG picture as signals: grounds, grids, colours and words are gone, curves in milliseconds stay.

What a network makes of them is heard beside the network that looks at the picture.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import cast

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from viewer.models.bundle import ModelBundle
from viewer.models.card import Beside, Card
from viewer.models.networks.screen_waves import scale_plane
from viewer.models.networks.sweep_signals import CELL, SweepSignals
from viewer.reading.spotting import sweep_input
from viewer.reading.traces import Trace, excursions
from viewer.reading.waveforms import Found

CHANNELS = 8  # of ``signal_input``
GAP = 32  # empty columns between two sweeps
MOST_COLUMNS = 8192  # of a picture's sweeps together; more are shrunk
FEW_COLUMNS, MOST_LARGER = 1024, 3.0  # a picture with fewer is stretched, so many times at most: cells are coarse
LEAST_COLUMNS, MULTIPLE = 128, 32  # an input is so long at least, and a multiple of that
PICTURE_MOST = 4.0  # pixels: a picture's largest deflection at least


def signal_input(traces: Sequence[Trace]) -> tuple[np.ndarray, float, list[int]]:
    """Return the sweeps one after another from the top down (8, columns) float32, by how much they were shrunk, starts.

    A sweep's rows are those of ``sweep_input``, then its deflection in units of the picture's largest, signed, and 1.
    Between the sweeps, and so in all rows, is 0. The starts are columns, after shrinking.
    """
    apart = [excursions(t) for t in traces]
    most = max([PICTURE_MOST, *(float(np.maximum(up, down).max()) for up, down in apart)])
    total = sum(len(t.base) for t in traces)
    factor = min(1.0, MOST_COLUMNS / max(1, total))
    parts, starts, at = [], [], 0
    for trace, (up, down) in zip(traces, apart, strict=True):
        own = np.concatenate([sweep_input(trace), 2 * (up - down)[None] / most, np.ones((1, len(up)))])
        own = resampled(own, factor)
        starts.append(at)
        parts += [own, np.zeros((CHANNELS, GAP))]
        at += own.shape[1] + GAP
    return np.concatenate(parts, 1).astype(np.float32), factor, starts


def resampled(rows: np.ndarray, factor: float) -> np.ndarray:
    """Return rows (n, columns) with ``factor`` times as many columns."""
    if factor == 1.0:
        return rows
    columns = max(4, round(rows.shape[1] * factor))
    at = np.linspace(0, rows.shape[1] - 1, columns)
    return np.stack([np.interp(at, np.arange(rows.shape[1]), row) for row in rows])


def enlarging(columns: int) -> float:
    """Return by how much a picture's rows of so many columns are stretched before a network sees them."""
    return float(np.clip(FEW_COLUMNS / max(1, columns), 1.0, MOST_LARGER))


def stretched(rows: np.ndarray, factor: float) -> np.ndarray:
    """Return a picture's rows (8, columns) with ``factor`` times as many columns, 0 off the sweeps as before."""
    if factor == 1.0:
        return rows
    longer = resampled(rows, factor).astype(np.float32)
    on = longer[-1] > 0.5
    longer[-1] = 1.0
    return longer * on


@dataclass(frozen=True, eq=False)
class Heard:
    """What the sweeps of some parts say: logits (parts, classes), 0 for a part without a sweep.

    ``there`` (parts,): whether a part has sweeps. ``waveforms`` (waveforms, classes): log-probabilities of each, from
    its place on its sweep.
    """

    logits: Tensor
    there: np.ndarray
    waveforms: np.ndarray


Judge = Callable[[Found, bool, Sequence[float | None]], Heard]


def padded(rows: Sequence[np.ndarray], px_per_ms: Sequence[float]) -> Tensor:
    """Return pictures' rows (8, columns) as one input (n, 9, 1, longest); scales are pixels, 0 where not known."""
    longest = max(LEAST_COLUMNS, *(r.shape[1] for r in rows))
    longest = -(-longest // MULTIPLE) * MULTIPLE
    inputs = np.zeros((len(rows), CHANNELS, 1, longest), np.float32)
    for own, row in zip(inputs, rows, strict=True):
        own[:, 0, : row.shape[1]] = row
    scales = scale_plane(torch.tensor(px_per_ms, dtype=torch.float32), 1, longest)
    return torch.cat([torch.from_numpy(inputs), scales], 1)


def judge(
    bundle: ModelBundle, found: Found, sheet: bool, px_per_ms: Sequence[float | None], device: str = "cpu"
) -> Heard:
    """Return what a network makes of a picture's sweeps, or of those of each of a ``sheet``'s panels.

    ``px_per_ms`` (parts): pixels of the picture, None where not known.
    """
    count, classes = len(found.panels) if sheet else 1, len(bundle.card.classes)
    parts = [[s for s in found.sweeps if s.panel == part or not sheet] for part in range(count)]
    logits, said = torch.zeros(count, classes), np.zeros((len(found.waveforms), classes))
    network = cast(SweepSignals, bundle.network)
    with torch.inference_mode():
        for part, sweeps in enumerate(parts):
            if not sweeps:
                continue
            rows, factor, starts = signal_input([s.trace for s in sweeps])
            larger = enlarging(rows.shape[1])
            rows, factor, begins = stretched(rows, larger), factor * larger, [s * larger for s in starts]
            scale = (px_per_ms[part] or 0.0) * factor / found.zoom
            features = network.features(padded([rows], [scale]).to(device))
            logits[part] = network.classify(features)[0].float().cpu()
            shares = network.cells(features)[0, :, 0].float().softmax(0).cpu().numpy()
            at = {(s.panel, s.place): (s.trace.x0, start) for s, start in zip(sweeps, begins, strict=True)}
            for own, wave in zip(said, found.waveforms, strict=True):
                if (wave.panel == part or not sheet) and (wave.panel, wave.sweep) in at:
                    x0, start = at[wave.panel, wave.sweep]
                    ends = ((v * found.zoom - x0) * factor + start for v in (wave.x, wave.x + wave.w))
                    first, last = (int(np.clip(v / CELL, 0, shares.shape[1] - 1)) for v in ends)
                    own[:] = np.log(shares[:, first : last + 1].mean(1) + 1e-6)
    return Heard(logits, np.array([bool(p) for p in parts]), said)


def joined(logits: Tensor, own: Card, heard: Heard, beside: Beside) -> Tensor:
    """Return calibrated log-probabilities (parts, classes) of what both networks say together.

    ``logits`` (parts, classes) are the reading network's, calibrated as its card says where no sweep was heard.
    """
    alone = (logits / torch.tensor(own.temperature)).log_softmax(1)
    both = (mixed(logits, heard.logits, beside.shares) / beside.temperature).log_softmax(1)
    return torch.where(torch.from_numpy(heard.there)[:, None], both, alone)


def mixed(first: Tensor, second: Tensor, shares: Sequence[float]) -> Tensor:
    """Return log-probabilities (parts, classes) from two networks' logits, that of the second weighed with shares.

    Class after class: the log-odds of one against those after it are the weighed mean of both networks'.
    """
    rest, said = torch.zeros(len(first)), []
    for c, share in enumerate(shares):
        odds = [x[:, c] - x[:, c + 1 :].logsumexp(1) for x in (first, second)]
        own = (1 - share) * odds[0] + share * odds[1]
        said.append(rest + functional.logsigmoid(own))
        rest = rest + functional.logsigmoid(-own)
    return torch.stack([*said, rest], 1)


def joined_card(own: Card, beside: Beside) -> Card:
    """Return the reading network's card as it holds of what both say together."""
    return replace(
        own,
        temperature=(1.0,) * len(own.classes),
        operating_points=beside.operating_points,
        uncertain_below=beside.uncertain_below,
    )
