"""Sweeps as the viewer finds them on simulated screens and sheets, with the columns of the potentials on each."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from training.emg.sheet_matching import OVERLAP
from training.pieces import each
from training.simulate.emg.draws import BANDS, Part
from training.simulate.emg_screen import render_screen
from training.simulate.emg_sheet import PLAIN_NOISE, PLAIN_PX, render_sheet
from viewer.reading.spotting import sweep_input
from viewer.reading.traces import Trace, excursions, spread
from viewer.reading.waveforms import find_sweeps, look

SHEETS = 0.25  # of the pictures; the rest are screens
ON_TRACE = 0.3  # of the rows of both, which a potential and the curve in its columns share
LEAST_PX = 4.0
STREAM = 31  # of random numbers


@dataclass(frozen=True, eq=False)
class Curve:
    """A sweep as the network sees it, ``seen`` (6, columns) float16.

    ``spans`` (n, 4): first column, the one after the last, that of the largest deflection, and 1 where it is to be
    found (0: too faint or not whole, either way will do).
    """

    seen: np.ndarray
    spans: np.ndarray


@dataclass(frozen=True)
class _Wave:
    x: float
    y: float
    w: float
    h: float
    plain: bool


def curves(folder: Path, part: Part, pieces: int, pictures: int, jobs: int) -> list[Curve]:
    """Return the curves of ``pieces`` times ``pictures`` pictures, drawing those that are not there yet."""
    missing = [p for p in range(pieces) if not _file(folder, part, p, pictures).exists()]
    each(_draw, [(folder, part, p, pictures) for p in missing], jobs)
    return [curve for p in range(pieces) for curve in _load(_file(folder, part, p, pictures))]


def _file(folder: Path, part: Part, piece: int, pictures: int) -> Path:
    return folder / f"{part}-{piece:03d}-{pictures}.npz"


def _load(file: Path) -> Iterator[Curve]:
    with np.load(file) as held:
        seen, lengths, spans, counts = (held[k] for k in ("seen", "lengths", "spans", "counts"))
    parts = np.split(seen, np.cumsum(lengths)[:-1], axis=1), np.split(spans, np.cumsum(counts)[:-1])
    return (Curve(a, b) for a, b in zip(*parts, strict=True))


def _draw(arguments: tuple[Path, Part, int, int]) -> None:
    import cv2

    cv2.setNumThreads(1)
    folder, part, piece, pictures = arguments
    made = []
    for number in range(pictures):
        rng = np.random.default_rng([STREAM, tuple(BANDS).index(part), piece, number])
        made += picture_curves(rng, part, bool(rng.random() < SHEETS))
    folder.mkdir(parents=True, exist_ok=True)
    file = _file(folder, part, piece, pictures)
    with open(file.with_suffix(".part"), "wb") as part_file:
        np.savez(
            part_file,
            seen=np.concatenate([c.seen for c in made], 1),
            lengths=[c.seen.shape[1] for c in made],
            spans=np.concatenate([c.spans for c in made]),
            counts=[len(c.spans) for c in made],
        )
    file.with_suffix(".part").replace(file)


def picture_curves(rng: np.random.Generator, part: Part, sheet: bool) -> list[Curve]:
    """Draw a sheet or a screen, find its sweeps, and return them with their potentials."""
    if sheet:
        shown, on_sheet = render_sheet(rng, part)
        waves = [_Wave(b.x, b.y, b.w, b.h, b.whole and not b.faint) for b in on_sheet.boxes]
    else:
        shown, on_screen = render_screen(rng, None, part, cut_out=False if rng.random() < 0.8 else None)
        waves = [_Wave(b.x, b.y, b.w, b.h, b.h >= PLAIN_PX) for b in on_screen.boxes]
    looked = look(shown, as_sheet=sheet)
    traces = find_sweeps(looked)
    own: list[list[_Wave]] = [[] for _ in traces]
    for wave in waves:
        z = looked.zoom
        moved = _Wave(wave.x * z, wave.y * z, wave.w * z, wave.h * z, wave.plain)
        shared = [rows_shared(moved.x, moved.y, moved.w, moved.h, t) for t in traces]
        if shared and max(shared) >= ON_TRACE:
            own[int(np.argmax(shared))].append(moved)
    return [Curve(sweep_input(t).astype(np.float16), _spans(t, w)) for t, w in zip(traces, own, strict=True)]


def _columns(x: float, w: float, trace: Trace) -> tuple[int, int]:
    a = int(np.clip(np.floor(x - trace.x0), 0, len(trace.base) - 1))
    return a, int(np.clip(np.ceil(x + w - trace.x0), a + 1, len(trace.base)))


def rows_shared(x: float, y: float, w: float, h: float, trace: Trace) -> float:
    """Return the rows that a potential's box and the curve in its columns share, over those that either has."""
    if not trace.x0 <= x + w / 2 < trace.x1:
        return 0.0
    a, b = _columns(x, w, trace)
    top, bottom, h = float(trace.top[a:b].min()), float(trace.bottom[a:b].max()), max(h, LEAST_PX)
    return max(0.0, min(bottom, y + h) - max(top, y)) / max(1.0, max(bottom, y + h) - min(top, y))


def _spans(trace: Trace, waves: list[_Wave]) -> np.ndarray:
    """Return the potentials' rows of ``Curve.spans``; those that overlap are one, as sheets are measured."""
    groups: list[list[_Wave]] = []
    for wave in sorted(waves, key=lambda w: w.x):
        last = groups[-1] if groups else []
        reach = max((w.x + w.w for w in last), default=0.0)
        if last and reach - wave.x > OVERLAP * min(wave.w, max(w.w for w in last)):
            last.append(wave)
        else:
            groups.append([wave])
    up, down = excursions(trace)
    noise = max(spread(up), spread(down))
    away = np.maximum(up, down)
    rows = []
    for group in groups:
        ends = [_columns(w.x, w.w, trace) for w in group]
        a, b = min(e[0] for e in ends), max(e[1] for e in ends)
        plain = any(w.plain and w.h >= PLAIN_NOISE * noise for w in group)
        rows.append((a, b, a + int(np.argmax(away[a:b])), float(plain)))
    return np.array(rows, np.float32).reshape(-1, 4)
