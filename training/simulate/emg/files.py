"""Simulated recordings and pictures as files, with their truth beside them."""

import csv
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from training.simulate.emg.draws import Draw, Part
from training.simulate.emg.parameters import GENERATORS, LABELS
from training.simulate.emg.recording import Recording
from training.simulate.emg.scene import Examination, simulate_mixture

FOLDERS = {"PSW": "001.PSW", "Fibs": "002.Fibs", "Others": "003.Others"}
RATES_HZ = (4000.0, 8000.0, 10000.0, 12000.0, 20000.0, 24000.0, 48000.0)
WAV_FULL_SCALE_UV = 3276.8  # a WAV has no unit: 0.1 uV a step
QUIET = "quiet"  # nothing fires
FORMS = ("wfdb", "edf", "wav")
_PIECE = 40  # pictures that one process draws before it reports


@dataclass(frozen=True)
class Wanted:
    """What is simulated; nothing named is drawn at random.

    ``generators``: what leads the pictures (each in turn), and what fires in each recording, all at once; names of
    ``GENERATORS`` or ``quiet``, in recordings of ``VARIANTS`` too. ``part``: whose looks and parameter ranges. Of
    recordings: ``rate_hz``, ``seconds``, ``form`` (``wfdb``, ``edf``, ``wav``), ``recordings`` (how many; one for every
    fifty pictures) and ``examination``. ``real``: a folder with real recordings of motor units (``training.emg.real``),
    which then are 15 % of the pictures of Others.
    """

    part: Part = "any"
    generators: tuple[str, ...] = ()
    rate_hz: float | None = None
    seconds: float = 10.0
    form: str | None = None
    recordings: int | None = None
    examination: Examination | None = None
    real: Path | None = None


REAL_SHARE = 0.15  # of the pictures of Others, where real recordings are given


def simulate(out: Path, count: int, seed: int, jobs: int = 1, wanted: Wanted | None = None) -> dict[str, int]:
    """Write ``count`` pictures in class folders and recordings, and return the pictures a class.

    ``out`` gets ``001.PSW``, ``002.Fibs``, ``003.Others`` (PNG), ``pictures.csv`` and ``boxes.csv`` (what each shows
    and where), ``contact-sheet.png``, and ``recordings/`` (WFDB, EDF, WAV in turn; ``recordings.csv`` with rate, scale,
    a ``.csv`` of true events beside each). The same seed gives the same files whatever ``jobs`` is.
    """
    for folder in (*FOLDERS.values(), "recordings"):
        (out / folder).mkdir(parents=True, exist_ok=True)
    how = wanted or Wanted()
    pieces = [range(a, min(count, a + _PIECE)) for a in range(0, count, _PIECE)]
    recordings = range(max(1, round(count / 50)) if how.recordings is None else how.recordings)
    pictures, boxes = [], []
    for rows, own in _mapped(_draw_pictures, [(out, piece, seed, how) for piece in pieces], jobs):
        pictures += rows
        boxes += own
    traces = list(_mapped(_write_one, [(out / "recordings", number, seed, how) for number in recordings], jobs))
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
        # EDF holds whole data records: of a second each, or one of all where the length is no whole number of seconds
        seconds = len(samples) / recording.rate_hz
        record_s = None if seconds == round(seconds) else seconds
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
        Edf([signal], data_record_duration=record_s).write(path)
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


def _draw_pictures(arguments: tuple[Path, range, int, Wanted]) -> tuple[list[dict], list[dict]]:
    import cv2

    from training.simulate.emg_screen import render_screen

    cv2.setNumThreads(1)
    out, numbers, seed, how = arguments
    real = _real_recordings(how.real)
    named = [name for name in how.generators if name in GENERATORS or name == QUIET]
    rows: list[dict] = []
    boxes: list[dict] = []
    for number in numbers:
        rng = np.random.default_rng([seed, number])
        generator = named[number % len(named)] if named else None
        label = LABELS[number % len(LABELS)]
        if generator:
            label = "Others" if generator == QUIET else GENERATORS[generator].label
        source = "simulated"
        if real and label == "Others" and rng.random() < REAL_SHARE:
            from training.emg.real import real_screen

            picture, truth, source = real_screen(rng, real, how.part, bool(rng.random() < 0.5))
        else:
            picture, truth = render_screen(rng, label, how.part, generator=generator)
        name = f"{FOLDERS[label]}/{number:06d}.png"
        cv2.imwrite(str(out / name), picture[..., ::-1], [cv2.IMWRITE_PNG_COMPRESSION, 1])
        facts = asdict(truth)
        boxes += [{"file": name, **{k: _short(v) for k, v in box.items()}} for box in facts.pop("boxes")]
        rows.append({"file": name, "source": source, **{k: _short(v) for k, v in facts.items()}})
    return rows, boxes


def _real_recordings(folder: Path | None) -> list:
    if folder is None:
        return []
    from training.emg.real import TRAIN, load_real

    return load_real(folder, TRAIN)


def _write_one(arguments: tuple[Path, int, int, Wanted]) -> dict:
    folder, number, seed, how = arguments
    draw = Draw(np.random.default_rng([seed, 1, number]), how.part)
    drawn = [draw.pick(tuple(GENERATORS)) for _ in range(draw.integer(0, 4))]
    generators = [name for name in how.generators or drawn if name != QUIET]
    rate = how.rate_hz or draw.pick(RATES_HZ)
    recording = simulate_mixture(draw, generators, rate, how.seconds, how.examination)
    path = write_recording(recording, folder / f"emg{number:04d}", how.form or FORMS[number % 3])
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
