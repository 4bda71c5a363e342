"""Records to pictures of ECG sheets, many at once, with the number of pictures of each class."""

import csv
import multiprocessing
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from training.simulate.ecg import CLASSES
from viewer.errors import LeadlightError
from viewer.formats import Item, expand, open_study
from viewer.models.preprocessing.ecg import known_leads
from viewer.study import TWELVE_LEADS, Waveform

SNOMED = {  # as the headers of the PhysioNet/CinC challenges name the findings
    "270492004": "1dAVb",
    "59118001": "RBBB",
    "713427006": "RBBB",
    "164909002": "LBBB",
    "733534002": "LBBB",
    "426177001": "SB",
    "164889003": "AF",
    "427084000": "ST",
    "429622005": "STD",
    "164931005": "STE",
}
SINUS_RHYTHM = "426783006"
SECONDS = 10.0


@dataclass(frozen=True)
class Rendered:
    """One record's picture (None: not drawn, and why) and its classes."""

    record: str
    picture: str | None
    classes: tuple[str, ...]
    reason: str = ""


def render(source: Path, out: Path, jobs: int = 1, seed: int = 0, damage: float = 1.0) -> dict[str, int]:
    """Draw every 12-lead record under ``source`` as a sheet under ``out``; return how many pictures have each class.

    Classes come from a ``labels.csv`` beside the records (a column a class, as ``simulate ecg`` writes) or from the
    diagnosis codes of WFDB headers; a record without either counts as ``unlabelled``, one that cannot be drawn as
    ``failed``. ``sheets.csv`` names every picture's record, classes and failures. The same seed draws the same sheets,
    however many ``jobs`` (processes) there are.
    """
    out.mkdir(parents=True, exist_ok=True)
    tables: dict[Path, dict[str, tuple[str, ...]]] = {}
    items = expand([source])
    for folder in {item.path.parent for item in items}:
        tables[folder] = _label_table(folder / "labels.csv")
    tasks = [
        (item, _classes(item.path, tables[item.path.parent]), out, (seed, i), damage) for i, item in enumerate(items)
    ]
    if jobs > 1:
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(jobs, mp_context=context) as pool:
            done = list(pool.map(_draw, tasks, chunksize=4))
    else:
        done = [_draw(task) for task in tasks]
    counts: Counter[str] = Counter({name: 0 for name in CLASSES})
    with (out / "sheets.csv").open("w", newline="", encoding="utf-8") as stream:
        rows = csv.writer(stream)
        rows.writerow(["picture", "record", *CLASSES, "failed"])
        for one in done:
            counts.update(one.classes or ("unlabelled",) if one.picture else ("failed",))
            rows.writerow([one.picture or "", one.record, *(int(c in one.classes) for c in CLASSES), one.reason])
    return dict(counts)


def _draw(task: tuple[Item, tuple[str, ...], Path, tuple[int, int], float]) -> Rendered:
    import cv2

    from training.simulate.ecg_sheet import render_sheet

    item, classes, out, seed, damage = task
    name = f"{item.path.stem}_{seed[1]:05d}.png"
    try:
        wave = open_study(item.path, item.member, item.frame).waveform
        signals = _twelve(wave)
    except (LeadlightError, TypeError, ValueError) as error:
        return Rendered(str(item.path), None, classes, str(error))
    rng = np.random.default_rng(seed)
    picture, _ = render_sheet(signals, wave.rate_hz, rng=rng, damage=damage)
    cv2.imwrite(str(out / name), cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
    return Rendered(str(item.path), name, classes)


def _twelve(wave: Waveform) -> np.ndarray:
    """Return the first ten seconds of the twelve leads in mV, (12, samples); a lead that is missing stays empty."""
    leads, _ = known_leads(wave)
    if len(leads) < 2:
        raise ValueError("there are no ECG leads with a known unit in it")
    samples = round(SECONDS * wave.rate_hz)
    empty = np.full(wave.samples.shape[1], np.nan, np.float32)
    return np.stack([leads.get(name, empty)[:samples] for name in TWELVE_LEADS])


def _label_table(path: Path) -> dict[str, tuple[str, ...]]:
    if not path.is_file():
        return {}
    with path.open(newline="", encoding="utf-8") as stream:
        return {
            row["id"]: tuple(c for c in CLASSES if (row.get(c) or row.get(c.lower()) or "0") in ("1", "1.0"))
            for row in csv.DictReader(stream)
            if "id" in row
        }


def _classes(path: Path, table: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
    if path.stem in table:
        return table[path.stem]
    if path.suffix.lower() != ".hea":
        return ()
    for line in path.read_text("utf-8", errors="replace").splitlines():
        if line.lstrip("# ").lower().startswith("dx:"):
            codes = [code.strip() for code in line.split(":", 1)[1].split(",")]
            if codes == [SINUS_RHYTHM]:
                return ("Normal",)
            return tuple(dict.fromkeys(SNOMED[code] for code in codes if code in SNOMED))
    return ()
