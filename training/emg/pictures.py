"""The network's training pictures as memory-mapped shards: fitted grey pictures, classes, and what is in each cell."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from training.emg.real import RealRecording, load_real, real_screen
from training.pieces import each
from training.simulate.emg.draws import BANDS, Part
from training.simulate.emg.parameters import LABELS
from training.simulate.emg_hands import STRANGER
from training.simulate.emg_screen import ScreenTruth, render_screen
from viewer.models.preprocessing.base import Extent
from viewer.models.preprocessing.picture import fit_picture

HEIGHT, WIDTH, STRIDE = 384, 528, 16
UNKNOWN = 255  # a cell of which the truth is not known
SHARES = (0.30, 0.30, 0.40)  # of PSW, Fibs, Others
INVERTED, REAL = 0.08, 0.06
STREAM = 2  # of random numbers: the second version's pictures are none of the first's


@dataclass(frozen=True, eq=False)
class Shard:
    """``pictures`` (n, 384, 528) uint8; ``targets`` (n, 3) class shares; ``cells`` (n, 24, 33), bit c for class c."""

    pictures: np.ndarray
    targets: np.ndarray
    cells: np.ndarray
    facts: list[dict]


def shard(
    folder: Path, index: int, count: int, part: Part, real: Path | None, names: tuple[str, ...], jobs: int
) -> Shard:
    """Return a shard, making it where it is not there yet. The same arguments give the same pictures."""
    base = folder / f"{part}-{index:03d}-{count}"
    if not base.with_suffix(".json").exists():
        _make(base, index, count, part, real, names, jobs)
    return _load(base)


def real_shard(folder: Path, name: str, count: int, data: Path) -> Shard:
    """Return screens of one real recording's stretches in the test's looks, drawn either way round."""
    base = folder / f"real-{name.replace(' ', '-')}-{count}"
    if not base.with_suffix(".json").exists():
        recordings = load_real(data, (name,))
        _save(
            base,
            [_picture(np.random.default_rng([9, STREAM, n]), "test", recordings, "Others", 1.0) for n in range(count)],
        )
    return _load(base)


def stranger_shard(folder: Path, count: int) -> Shard:
    """Return pictures by the hand that is never trained on."""
    base = folder / f"stranger-{count}"
    if not base.with_suffix(".json").exists():
        made = []
        for number in range(count):
            rng = np.random.default_rng([10, STREAM, number])
            made.append(_fitted(*STRANGER(rng, LABELS[rng.choice(3, p=SHARES)]), "simulated"))
        _save(base, made)
    return _load(base)


def forget(folder: Path, index: int, count: int, part: Part) -> None:
    """Remove a shard's files: pictures are drawn faster than they are learned from, and need not be kept."""
    for path in folder.glob(f"{part}-{index:03d}-{count}*"):
        path.unlink()


def _load(base: Path) -> Shard:
    pictures, targets, cells = (np.load(f"{base}-{n}.npy", mmap_mode="r") for n in ("pictures", "targets", "cells"))
    return Shard(pictures, targets, cells, json.loads(base.with_suffix(".json").read_text()))


def _save(base: Path, made: list[tuple[np.ndarray, np.ndarray, np.ndarray, dict]]) -> None:
    base.parent.mkdir(parents=True, exist_ok=True)
    np.save(f"{base}-pictures.npy", np.stack([m[0] for m in made]))
    np.save(f"{base}-targets.npy", np.stack([m[1] for m in made]).astype(np.float32))
    np.save(f"{base}-cells.npy", np.stack([m[2] for m in made]))
    base.with_suffix(".json").write_text(json.dumps([m[3] for m in made]))


def _make(base: Path, index: int, count: int, part: Part, real: Path | None, names: tuple[str, ...], jobs: int) -> None:
    pieces = [range(a, min(count, a + 100)) for a in range(0, count, 100)]
    arguments = [(index, piece, part, real, names) for piece in pieces]
    done = each(_piece, arguments, jobs)
    _save(base, [made for piece in done for made in piece])


def _piece(arguments: tuple) -> list[tuple[np.ndarray, np.ndarray, np.ndarray, dict]]:
    import cv2

    cv2.setNumThreads(1)
    index, numbers, part, real, names = arguments
    recordings = load_real(real, names) if real and names else []
    made = []
    for number in numbers:
        rng = np.random.default_rng([tuple(BANDS).index(part), STREAM, index, number])
        made.append(_picture(rng, part, recordings, LABELS[rng.choice(3, p=SHARES)], REAL / SHARES[2]))
    return made


def _picture(
    rng: np.random.Generator, part: Part, recordings: list[RealRecording], label: str, real_share: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray, dict]:
    """Return a fitted picture, its target, its cells and its facts."""
    name = "simulated"
    if label == "Others" and recordings and rng.random() < real_share:
        shown, truth, name = real_screen(rng, recordings, part, bool(rng.random() < 0.5))
    else:
        shown, truth = render_screen(rng, label, part, inverted=bool(rng.random() < INVERTED))
    return _fitted(shown, truth, name)


def _fitted(shown: np.ndarray, truth: ScreenTruth, name: str) -> tuple[np.ndarray, np.ndarray, np.ndarray, dict]:
    fitted, extent = fit_picture(shown, HEIGHT, WIDTH, "letterbox", colour=False)
    known = name == "simulated" and not truth.inverted
    cells = cells_of(truth, extent) if known else np.full((HEIGHT // STRIDE, WIDTH // STRIDE), UNKNOWN, np.uint8)
    facts = {
        "label": truth.label,
        "generator": truth.generator,
        "recording": name,
        "inverted": truth.inverted,
        "cut_out": truth.cut_out,
        "sweeps": truth.sweeps,
        "layout": truth.layout,
        "ms_per_div": truth.ms_per_div,
        "px_per_ms": round(truth.px_per_ms * WIDTH / extent.w, 4),
        "boxes": [fitted_box(b, extent) for b in truth.boxes if b.label == truth.label],
    }
    return fitted, target_of(truth), cells, facts


def target_of(truth: ScreenTruth) -> np.ndarray:
    """Return the class as shares. Upside down, a sharp wave or a fibrillation must not be called with confidence."""
    target = np.zeros(3)
    target[LABELS.index(truth.label)] = 1
    if truth.inverted and truth.label == "PSW":
        target[:] = (0.34, 0.16, 0.5)
    elif truth.inverted and (truth.label == "Fibs" or truth.generator == "end-plate spike"):
        target[:] = (0.0, 0.5, 0.5)
    return target


def fitted_box(box, extent: Extent) -> list[float]:  # type: ignore[no-untyped-def]
    """Return a true box as x, y, w, h in the fitted picture."""
    sx, sy = WIDTH / extent.w, HEIGHT / extent.h
    return [round(v, 1) for v in ((box.x - extent.x) * sx, (box.y - extent.y) * sy, box.w * sx, box.h * sy)]


def cells_of(truth: ScreenTruth, extent: Extent) -> np.ndarray:
    """Return (24, 33) uint8: bit c where a waveform of class c is in the cell."""
    cells = np.zeros((HEIGHT // STRIDE, WIDTH // STRIDE), np.uint8)
    for box in truth.boxes:
        x, y, w, h = fitted_box(box, extent)
        x0, x1 = int((x + 0.1 * w) // STRIDE), int((x + 0.9 * w) // STRIDE)
        y0, y1 = int((y + 0.1 * h) // STRIDE), int((y + 0.9 * h) // STRIDE)
        cells[max(0, y0) : y1 + 1, max(0, x0) : x1 + 1] |= 1 << LABELS.index(box.label)
    return cells
