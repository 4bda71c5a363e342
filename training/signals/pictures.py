"""Sweeps as the viewer finds them on simulated EMG pictures, with the classes of pictures and waveforms."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np

from training.emg.pictures import HEIGHT, INVERTED, REAL, SHARES, WIDTH, target_of
from training.emg.real import FILES, TRAIN, RealRecording, load_real, real_screen
from training.pieces import each
from training.simulate.emg.draws import BANDS, Part
from training.simulate.emg.parameters import LABELS
from training.simulate.emg_hands import STRANGER, draw_learned
from training.simulate.emg_screen import ScreenTruth, render_screen
from training.sweeps.curves import ON_TRACE, rows_shared
from viewer.models.preprocessing.picture import fit_picture
from viewer.reading.signals import CHANNELS, signal_input
from viewer.reading.waveforms import find_sweeps, look

STREAM = 41  # of random numbers
HANDS = 0.35  # of the pictures learned from, by other hands
CUT_OUT = 0.35  # of the pictures
KNOWN = 7  # the bit of a column of which the truth is known; bit c: a potential of class c
STRANGER_PART, REAL_PART = "stranger", "real-"  # parts of pictures beside those of ``Part``
LEARNED = ("train", "ends")


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


def signals(folder: Path, part: str, pieces: range, pictures: int, data: Path | None, jobs: int) -> list[Signals]:
    """Return the pictures of some pieces, drawing those that are not there yet.

    ``part``: one of ``Part``, ``stranger`` (by the hand that nothing is trained on), or ``real-`` and a recording's
    name. Of what is learned from, pictures without a sweep are left out, and a third is by other hands.
    """
    missing = [p for p in pieces if not _file(folder, part, p, pictures).exists()]
    each(_draw, [(folder, part, p, pictures, data) for p in missing], jobs)
    return [one for p in pieces for one in _load(_file(folder, part, p, pictures))]


def _file(folder: Path, part: str, piece: int, pictures: int) -> Path:
    return folder / f"{part}-{piece:03d}-{pictures}.npz"


def _load(file: Path) -> Iterator[Signals]:
    with np.load(file) as held:
        seen, bits, lengths, shares, scales = (held[k] for k in ("seen", "bits", "lengths", "shares", "px_per_ms"))
        facts = json.loads(str(held["facts"]))
        fitted = held["fitted"] if len(held["fitted"]) else [None] * len(facts)
    at = np.cumsum(lengths)[:-1]
    for row in zip(np.split(seen, at, 1), np.split(bits, at), shares, scales.tolist(), facts, fitted, strict=True):
        yield Signals(*row)


def _draw(arguments: tuple[Path, str, int, int, Path | None]) -> None:
    import cv2

    cv2.setNumThreads(1)
    folder, part, piece, pictures, data = arguments
    names = (part.removeprefix(REAL_PART),) if part.startswith(REAL_PART) else TRAIN if part in LEARNED else ()
    recordings = load_real(data, names) if data is not None else []
    made = []
    for number in range(pictures):
        rng = np.random.default_rng([STREAM, _band(part), piece, number])
        own = picture_signals(*_picture(rng, part, recordings), keep=part not in LEARNED)
        if len(own.bits) or part not in LEARNED:
            made.append(own)
    folder.mkdir(parents=True, exist_ok=True)
    file = _file(folder, part, piece, pictures)
    with open(file.with_suffix(".part"), "wb") as part_file:
        np.savez(
            part_file,
            seen=np.concatenate([m.seen for m in made], 1),
            bits=np.concatenate([m.bits for m in made]),
            lengths=[len(m.bits) for m in made],
            shares=np.stack([m.shares for m in made]),
            px_per_ms=[m.px_per_ms for m in made],
            facts=json.dumps([m.facts for m in made]),
            fitted=np.array([m.fitted for m in made if m.fitted is not None], np.uint8),
        )
    file.with_suffix(".part").replace(file)


def _band(part: str) -> int:
    """Return the number of a part's random streams."""
    return (*BANDS, *(REAL_PART + name for name in FILES)).index(part) if part != STRANGER_PART else 99


def _picture(
    rng: np.random.Generator, part: str, recordings: list[RealRecording]
) -> tuple[np.ndarray, ScreenTruth, str]:
    """Return a picture, its truth, and which recording it shows."""
    if part.startswith(REAL_PART):
        shown, truth, name = real_screen(rng, recordings, "test", bool(rng.random() < 0.5))
        return shown, truth, name
    label = LABELS[rng.choice(3, p=SHARES)]
    if part == STRANGER_PART:
        return (*STRANGER(rng, label), "simulated")
    learned, band = part in LEARNED, cast(Part, part)
    if learned and rng.random() < HANDS:
        return (*draw_learned(rng, label), "simulated")
    cut = bool(rng.random() < CUT_OUT) if learned else None
    if label == "Others" and recordings and rng.random() < REAL / SHARES[2]:
        return real_screen(rng, recordings, band, bool(rng.random() < 0.5), cut)
    return (*render_screen(rng, label, band, inverted=bool(rng.random() < INVERTED), cut_out=cut), "simulated")


def picture_signals(shown: np.ndarray, truth: ScreenTruth, recording: str, keep: bool = False) -> Signals:
    """Return a picture's sweeps as the viewer finds them, perhaps none; ``keep``: and the picture as fitted."""
    looked = look(shown)
    traces = find_sweeps(looked)
    seen, factor, starts = signal_input(traces) if traces else (np.zeros((CHANNELS, 0), np.float32), 1.0, [])
    known = recording == "simulated" and not truth.inverted
    bits = np.zeros(seen.shape[1], np.uint8)
    bits |= (known << KNOWN) * (seen[-1] > 0).astype(np.uint8)
    for box in truth.boxes if known and traces else ():
        x, y, w, h = (v * looked.zoom for v in (box.x, box.y, box.w, box.h))
        shared = [rows_shared(x, y, w, h, t) for t in traces]
        best = int(np.argmax(shared))
        if shared[best] >= ON_TRACE:
            first, last = ((v - traces[best].x0) * factor + starts[best] for v in (x, x + w))
            own = np.arange(max(starts[best], int(first)), int(np.ceil(last)) + 1)
            own = own[own < len(bits)]
            bits[own[seen[-1, own] > 0]] |= 1 << LABELS.index(box.label)
    fitted, extent = fit_picture(shown, HEIGHT, WIDTH, "letterbox", colour=False) if keep else (None, None)
    facts = {
        "label": truth.label,
        "generator": truth.generator,
        "recording": recording,
        "sweeps": truth.sweeps,
        "cut_out": truth.cut_out,
        "inverted": truth.inverted,
        "ms_per_div": float(truth.ms_per_div),
        "fitted_px_per_ms": 0.0 if extent is None else float(truth.px_per_ms * WIDTH / extent.w),
    }
    scale = max(0.0, float(truth.px_per_ms) * looked.zoom * factor)
    return Signals(seen.astype(np.float16), bits, target_of(truth).astype(np.float32), scale, facts, fitted)
