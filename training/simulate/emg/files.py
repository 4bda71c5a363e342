"""Simulated recordings and pictures as files, with their truth beside them."""

import csv
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from training.simulate.emg.draws import Draw, Part
from training.simulate.emg.parameters import GENERATORS, LABELS
from training.simulate.emg.recording import Recording
from training.simulate.emg.scene import simulate_mixture

FOLDERS = {"PSW": "001.PSW", "Fibs": "002.Fibs", "Others": "003.Others"}
RATES_HZ = (4000.0, 8000.0, 10000.0, 12000.0, 20000.0, 24000.0, 48000.0)
WAV_FULL_SCALE_UV = 3276.8  # a WAV has no unit: 0.1 uV a step
_PIECE = 40  # pictures that one process draws before it reports


def simulate(out: Path, count: int, seed: int, jobs: int = 1, part: Part = "any") -> dict[str, int]:
    """Write ``count`` pictures in class folders and a recording for every fifty, and return the pictures a class.

    ``out`` gets ``001.PSW``, ``002.Fibs``, ``003.Others`` (PNG), ``pictures.csv`` and ``boxes.csv`` (what each shows
    and where), ``contact-sheet.png``, and ``recordings/`` (WFDB, EDF, WAV in turn; ``recordings.csv`` with rate, scale,
    a ``.csv`` of true events beside each). The same seed gives the same files whatever ``jobs`` is.
    """
    for folder in (*FOLDERS.values(), "recordings"):
        (out / folder).mkdir(parents=True, exist_ok=True)
    pieces = [range(a, min(count, a + _PIECE)) for a in range(0, count, _PIECE)]
    recordings = range(max(1, round(count / 50))) if count else range(0)
    pictures, boxes = [], []
    for rows, own in _mapped(_draw_pictures, [(out, piece, seed, part) for piece in pieces], jobs):
        pictures += rows
        boxes += own
    traces = list(_mapped(_write_one, [(out / "recordings", number, seed, part) for number in recordings], jobs))
    _table(out / "pictures.csv", pictures)
    _table(out / "boxes.csv", boxes)
    _table(out / "recordings" / "recordings.csv", traces)
    if pictures:
        _contact_sheet(out, [row["file"] for row in pictures[:48]])
    counts = Counter(row["label"] for row in pictures)
    return {label: counts[label] for label in LABELS}


def write_recording(recording: Recording, stem: Path, form: str = "edf") -> Path:
    """Write a recording as ``edf``, ``wfdb`` or ``wav`` and its events as CSV; return the file to open."""
    samples = recording.samples_uv.astype(np.float64)
    if form == "edf":
        from edfio import Edf, EdfSignal

        top = float(max(1.0, np.ceil(np.abs(samples).max())))
        signal = EdfSignal(
            samples,
            recording.rate_hz,
            label="EMG",
            transducer_type="needle (simulated)",
            physical_dimension="uV",
            physical_range=(-top, top),
            prefiltering=f"HP:{recording.amplifier.high_pass_hz:g}Hz LP:{recording.amplifier.low_pass_hz:g}Hz",
        )
        path = stem.with_suffix(".edf")
        Edf([signal]).write(path)
    elif form == "wfdb":
        path = _write_wfdb(samples, recording.rate_hz, stem)
    elif form == "wav":
        import soundfile

        path = stem.with_suffix(".wav")
        soundfile.write(path, np.clip(samples / WAV_FULL_SCALE_UV, -1, 1), round(recording.rate_hz), "PCM_16")
    else:
        raise ValueError(f"unknown form {form!r}: edf, wfdb or wav")
    _table(stem.with_suffix(".csv"), [asdict(event) for event in recording.events])
    return path


def _write_wfdb(samples: np.ndarray, rate_hz: float, stem: Path) -> Path:
    """Write a header and 16-bit samples (WFDB's format 16): 20 steps a uV, coarser where that would overflow."""
    gain = min(20.0, 32000 / max(1.0, float(np.abs(samples).max())))
    steps = np.round(samples * gain).astype("<i2")
    stem.with_suffix(".dat").write_bytes(steps.tobytes())
    checksum = int(steps.astype(np.int64).sum()) % 65536
    checksum -= 65536 if checksum > 32767 else 0
    lines = (
        f"{stem.name} 1 {rate_hz:g} {len(steps)}",
        f"{stem.name}.dat 16 {gain:.6f}(0)/uV 16 0 {steps[0] if len(steps) else 0} {checksum} 0 EMG",
        "# simulated needle EMG; positive where the needle is positive",
    )
    path = stem.with_suffix(".hea")
    path.write_text("\n".join(lines) + "\n", "ascii")
    return path


def _draw_pictures(arguments: tuple[Path, range, int, Part]) -> tuple[list[dict], list[dict]]:
    import cv2

    from training.simulate.emg_screen import render_screen

    cv2.setNumThreads(1)
    out, numbers, seed, part = arguments
    rows: list[dict] = []
    boxes: list[dict] = []
    for number in numbers:
        label = LABELS[number % len(LABELS)]
        picture, truth = render_screen(np.random.default_rng([seed, number]), label, part)
        name = f"{FOLDERS[label]}/{number:06d}.png"
        cv2.imwrite(str(out / name), picture[..., ::-1], [cv2.IMWRITE_PNG_COMPRESSION, 1])
        facts = asdict(truth)
        boxes += [{"file": name, **{k: _short(v) for k, v in box.items()}} for box in facts.pop("boxes")]
        rows.append({"file": name, **{k: _short(v) for k, v in facts.items()}})
    return rows, boxes


def _write_one(arguments: tuple[Path, int, int, Part]) -> dict:
    folder, number, seed, part = arguments
    draw = Draw(np.random.default_rng([seed, 1, number]), part)
    generators = [draw.pick(tuple(GENERATORS)) for _ in range(draw.integer(0, 4))]
    rate = draw.pick(RATES_HZ)
    recording = simulate_mixture(draw, generators, rate, 10.0)
    path = write_recording(recording, folder / f"emg{number:04d}", ("wfdb", "edf", "wav")[number % 3])
    scale = f"{WAV_FULL_SCALE_UV:g} uV at full scale" if path.suffix == ".wav" else "uV"
    return {"file": path.name, "rate_hz": rate, "scale": scale, "events": len(recording.events), "trains": generators}


def _mapped(work, arguments: Sequence[tuple], jobs: int) -> Iterable:  # type: ignore[no-untyped-def]
    if jobs <= 1:
        yield from map(work, arguments)
        return
    with ProcessPoolExecutor(jobs, get_context("spawn")) as pool:
        yield from pool.map(work, arguments)


def _table(path: Path, rows: Sequence[dict]) -> None:
    with path.open("w", newline="", encoding="utf-8") as stream:
        if rows:
            writer = csv.DictWriter(stream, list(rows[0]))
            writer.writeheader()
            writer.writerows({k: _short(v) for k, v in row.items()} for row in rows)


def _short(value: object) -> object:
    if isinstance(value, float):
        return round(value, 6)
    return "; ".join(map(str, value)) if isinstance(value, list) else value


def _contact_sheet(out: Path, names: Sequence[str]) -> None:
    import cv2

    sheet = np.full((-(-len(names) // 8) * 150, 8 * 200, 3), 128, np.uint8)
    for i, name in enumerate(names):
        picture = cv2.imread(str(out / name))
        assert picture is not None
        scale = min(194 / picture.shape[1], 144 / picture.shape[0])
        size = max(1, int(picture.shape[1] * scale)), max(1, int(picture.shape[0] * scale))
        small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
        y, x = i // 8 * 150 + 3, i % 8 * 200 + 3
        sheet[y : y + size[1], x : x + size[0]] = small
    cv2.imwrite(str(out / "contact-sheet.png"), sheet)
