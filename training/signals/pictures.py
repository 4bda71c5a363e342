"""Sweeps as the viewer finds them on simulated EMG pictures, with the classes of pictures and waveforms."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import numpy as np

from training.emg.pictures import INVERTED, REAL, SHARES
from training.emg.real import FILES, TRAIN, RealRecording, load_real, real_screen
from training.pieces import each
from training.signals.drawn import Signals, bare_signals, picture_signals
from training.simulate.emg.draws import BANDS, Part
from training.simulate.emg.parameters import LABELS
from training.simulate.emg_hands import STRANGER, draw_learned
from training.simulate.emg_hands.trains import LEARNED as HANDS_TRAINS
from training.simulate.emg_hands.trains import made_by
from training.simulate.emg_screen import ScreenTruth, render_screen
from viewer.reading.curves import installed_curves

STREAM = 41  # of random numbers
HANDS = 0.35  # of the pictures learned from, by other hands
CUT_OUT = 0.35  # of the pictures
BARE, OTHERS = "bare", "others"  # parts of pictures beside those of ``Part``: curves alone; with trains by hands
STRANGER_PART, REAL_PART = "stranger", "real-"
LEARNED = ("train", "ends", BARE, OTHERS)
BANDS_OF = {OTHERS: 97, BARE: 98, STRANGER_PART: 99}


def signals(folder: Path, part: str, pieces: range, pictures: int, data: Path | None, jobs: int) -> list[Signals]:
    """Return the pictures of some pieces, drawing those that are not there yet.

    ``part``: one of ``Part``, ``bare`` (curves alone), ``others`` (screens with trains by the hands), ``stranger`` (by
    the hand that nothing is trained on), or ``real-`` and a recording's name. Of what is learned from, pictures without
    a sweep are left out; of ``ends`` a third is by other hands.
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
        if part == BARE:
            own = bare_signals(rng, LABELS[rng.choice(3, p=SHARES)])
        else:
            own = picture_signals(*_picture(rng, part, recordings), keep=part not in LEARNED, tell=installed_curves())
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
    return BANDS_OF.get(part) or (*BANDS, *(REAL_PART + name for name in FILES)).index(part)


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
    if part == OTHERS:
        source = made_by(tuple(HANDS_TRAINS.values())[rng.integers(len(HANDS_TRAINS))])
        small = bool(rng.random() < CUT_OUT)
        return (*render_screen(rng, label, "ends", inverted=False, cut_out=small, source=source), "simulated")
    learned, band = part in LEARNED, cast(Part, part)
    if learned and rng.random() < HANDS:
        return (*draw_learned(rng, label), "simulated")
    cut = bool(rng.random() < CUT_OUT) if learned else None
    if label == "Others" and recordings and rng.random() < REAL / SHARES[2]:
        return real_screen(rng, recordings, band, bool(rng.random() < 0.5), cut)
    return (*render_screen(rng, label, band, inverted=bool(rng.random() < INVERTED), cut_out=cut), "simulated")
