"""The real 12-lead records at hand, as one list with labels, how far each label is known, and who may share a split."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from viewer.formats import open_study
from viewer.study import TWELVE_LEADS, normal_lead_name

CLASSES = ("1dAVb", "RBBB", "LBBB", "SB", "AF", "ST", "STD", "STE", "Normal")
_INDEX = {name: i for i, name in enumerate(CLASSES)}
WEAK = 0.3  # how much an absent label counts where a source names little more than one finding a record


@dataclass(frozen=True, eq=False)
class Record:
    """One recording.

    ``signals`` (12, samples) float32 mV in the order of TWELVE_LEADS; ``labels`` (9,) 0/1; ``known`` (9,) 0..1, how far
    each label is known (0: not judged at all). ``origin`` names the source (``ptbxl``, ``cpsc``, ``cinc``, ``ludb``);
    records of one ``group`` (a patient, or the same recording twice) never part in a split.
    """

    id: str
    origin: str
    group: str
    rate_hz: float
    signals: np.ndarray
    labels: np.ndarray
    known: np.ndarray
    facts: str = ""


def load_records(data: Path) -> list[Record]:
    """Read PTB-XL (at its best rate), CPSC2018, CinC 2021 and LUDB records under ``data/ecg``; each recording once."""
    folder = data / "ecg"
    records = [*_ptbxl(folder / "records"), *_cinc(folder / "records"), *_cpsc(folder / "records"), *_ludb(folder)]
    return _without_copies(records)


def _rows(path: Path) -> dict[str, dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as stream:
        return {row["id"]: row for row in csv.DictReader(stream)}


def _ptbxl(folder: Path) -> Iterator[Record]:
    rows = _rows(folder / "labels.csv")
    signals: dict[str, tuple[float, np.ndarray]] = {}
    for name, rate in (("ptbxl_100hz_a", 100.0), ("ptbxl_100hz_b", 100.0), ("ptbxl_500hz_a", 500.0)):
        with np.load(folder / f"{name}.npz", allow_pickle=False) as packed:
            x, ids, order = packed["x"], packed["id"], _order(packed["lead"])
        for i, record in enumerate(ids):
            signals[str(record)] = (rate, x[i][order])
    for record, (rate, x) in signals.items():
        row = rows[record]
        labels, known = _labels(row), np.ones(len(CLASSES), np.float32)
        if row["MI"] == "1" and row["STE"] != "1":
            known[_INDEX["STE"]] = 0  # an infarction's ST elevation is not coded as such
        group = f"ptbxl-patient-{float(row['patient_id']):.0f}" if row["patient_id"] else record
        yield Record(record, "ptbxl", group, rate, x.astype(np.float32) / 1000, labels, known, row["scp_codes"])


def _cinc(folder: Path) -> Iterator[Record]:
    rows = _rows(folder / "labels.csv")
    with np.load(folder / "cinc_500hz.npz", allow_pickle=False) as packed:
        x, offsets, rates, ids, order = (
            packed["x"],
            packed["offsets"],
            packed["fs"],
            packed["id"],
            _order(packed["lead"]),
        )
    for i, record in enumerate(ids):
        row = rows[str(record)]
        labels, known = _labels(row), np.ones(len(CLASSES), np.float32)
        if "CPSC" in row["source"]:
            known = _weakly_known(labels)
        part = x[order, offsets[i] : offsets[i + 1]].astype(np.float32) / 1000
        yield Record(str(record), "cinc", f"cinc-{record}", float(rates[i]), part, labels, known, row["codes"])


def _cpsc(folder: Path) -> Iterator[Record]:
    rows = _rows(folder / "cpsc2018_labels.csv")
    with np.load(folder / "cpsc2018_500hz.npz", allow_pickle=False) as packed:
        x, offsets, ids, order = packed["x"], packed["offsets"], packed["id"], _order(packed["lead"])
    for i, record in enumerate(ids):
        row = rows[str(record)]
        labels = _labels(row)
        part = x[order, offsets[i] : offsets[i + 1]].astype(np.float32) / 1000
        yield Record(str(record), "cpsc", f"cpsc-{record}", 500.0, part, labels, _weakly_known(labels), row["codes"])


def _ludb(folder: Path) -> Iterator[Record]:
    for record, row in _rows(folder / "ludb" / "labels.csv").items():
        read = open_study(folder / "ludb" / "data" / f"{record.removeprefix('LUDB')}.hea").waveform
        signals = np.stack([read.samples[read.channels.index(lead)] for lead in TWELVE_LEADS]).astype(np.float32)
        labels = _labels(row)
        known = np.ones(len(CLASSES), np.float32)
        known[[_INDEX["STD"], _INDEX["STE"]]] = 0  # LUDB names rhythm and conduction here, not the ST segment
        yield Record(record, "ludb", f"ludb-{record}", read.rate_hz, signals, labels, known, row["dx"])


def _order(leads: np.ndarray) -> list[int]:
    names = [normal_lead_name(str(lead)) for lead in leads]
    return [names.index(lead) for lead in TWELVE_LEADS]


def _labels(row: dict[str, str]) -> np.ndarray:
    return np.array([float(row.get("normal" if c == "Normal" else c) or 0) for c in CLASSES], np.float32)


def _weakly_known(labels: np.ndarray) -> np.ndarray:
    """Present labels, and all of a normal record, are known; absent ones weakly; CPSC does not judge SB and ST."""
    known = np.where(labels > 0, 1, WEAK).astype(np.float32)
    if labels[_INDEX["Normal"]]:
        known[:] = 1
    elif labels.any():
        known[_INDEX["Normal"]] = 1
    for name in ("SB", "ST"):
        if not labels[_INDEX[name]]:
            known[_INDEX[name]] = 0
    return known


def _without_copies(records: list[Record]) -> list[Record]:
    """Drop recordings that are there under another name (the first two seconds of lead II and V2 agree)."""
    seen: dict[bytes, str] = {}
    kept = []
    for record in records:
        part = record.signals[[1, 7], : int(2 * record.rate_hz)]
        mark = np.rint(part * 200).astype(np.int16).tobytes()
        if mark not in seen:
            seen[mark] = record.id
            kept.append(record)
    return kept
