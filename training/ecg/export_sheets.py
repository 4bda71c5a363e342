"""From the trained ECG sheet network to its bundle: calibration, operating points, figures, maps."""

import csv
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from training.ecg.figures import class_figures, operating_points, temperatures
from training.ecg.records import CLASSES, Record, load_records
from training.ecg.sheets import HELD_FONTS, HELD_PAPERS, SEEN_FONTS, SEEN_PAPERS
from training.ecg.splits import split
from training.ecg.train_sheets import predict
from training.export import export_bundle, figure
from training.faithfulness import measure_faithfulness
from training.metrics import auc, bootstrap
from training.simulate.ecg_sheet import render_sheet
from training.simulate.ecg_sheet_style import random_style
from viewer.models.networks.sheet_cnn import SheetCnn
from viewer.models.preprocessing.ecg_sheet import sheet_planes

SB, ST = CLASSES.index("SB"), CLASSES.index("ST")


def measure_and_export(network: SheetCnn, recipe: dict, data: Path, out: Path, bundle: Path) -> None:
    """Measure on sheets of validation and test records, drawn under ``out``, and write the bundle."""
    records = load_records(data)
    side = split(records, recipe["split"], recipe["seed"])
    check = [r for r in records if side[r.id] == "validation"]
    test = [r for r in records if side[r.id] == "test"]
    size = recipe["sheets"]["height"], recipe["sheets"]["width"]
    validation = draw_once(check, out / "check.npy", size, SEEN_PAPERS, SEEN_FONTS, 1)
    unseen = draw_once(test, out / "test.npy", size, HELD_PAPERS, HELD_FONTS, 2)
    export(network, (check, validation), (test, unseen), data, size, recipe, bundle)


def draw_once(
    records: Sequence[Record], path: Path, size: tuple[int, int], papers: Sequence[str], fonts: Sequence[str], seed: int
) -> np.ndarray:
    """Draw each record's first ten seconds on one sheet; planes stay in ``path``, and a run that stopped goes on."""
    path.parent.mkdir(parents=True, exist_ok=True)
    done = path.with_suffix(".txt")
    if path.exists():
        planes = np.load(path, mmap_mode="r+")
    else:
        planes = np.lib.format.open_memmap(path, mode="w+", dtype=np.uint8, shape=(len(records), 2, *size))
    for i in range(int(done.read_text()) if done.exists() else 0, len(records)):
        rng = np.random.default_rng((seed, i))
        signals = records[i].signals[:, : round(10 * records[i].rate_hz)]
        style = random_style(rng, (3.5, 10.0), papers, fonts)
        picture, _ = render_sheet(signals, records[i].rate_hz, style, rng)
        planes[i] = sheet_planes(picture, *size)[0]
        if i % 20 == 19 or i == len(records) - 1:
            planes.flush()
            done.write_text(str(i + 1))
    return planes


def export(
    network: SheetCnn,
    check: tuple[Sequence[Record], np.ndarray],
    test: tuple[Sequence[Record], np.ndarray],
    data: Path,
    size: tuple[int, int],
    recipe: dict,
    bundle: Path,
) -> None:
    """Write the bundle with its card."""
    logits, labels, known = predict(network, check[1]), *_targets(check[0])
    heat = np.array(temperatures(logits, labels, known))
    points = operating_points(_sigmoid(logits / heat), labels, known)
    found = _sigmoid(predict(network, test[1]) / heat)
    figures = []
    for name, origins in (
        ("sheets of PTB-XL records, patients held out, looks never seen", ("ptbxl",)),
        ("sheets of LUDB, CPSC2018 and CinC 2021 records held out, looks never seen", ("ludb", "cpsc", "cinc")),
    ):
        k = [i for i, r in enumerate(test[0]) if r.origin in origins]
        chosen = [test[0][i] for i in k]
        figures += class_figures(found[k], *_targets(chosen), [r.group for r in chosen], points, name)
    figures += printed_rate_figures(network, data, size)
    card = {
        "id": "ecg-sheets",
        "version": "1.0",
        "title": "ECG sheets",
        "role": "read",
        "reads": ["ecg-image"],
        "classes": list(CLASSES),
        "exclusive": False,
        "validated": False,
        "operating_points": points,
        "operating_points_from": f"highest F1 (smoothed resamples of the sheets of {len(check[0])} validation records)",
        "calibration": {"temperature": heat.tolist(), "from": "the same sheets"},
        "architecture": {
            "name": "sheet-cnn",
            "arguments": {
                "classes": len(CLASSES),
                "widths": recipe["training"]["widths"],
                "repeats": recipe["training"]["repeats"],
            },
        },
        "preprocessing": {"name": "ecg-sheet", "arguments": {"height": size[0], "width": size[1]}},
        "intended_use": "Research: a first look at a picture of a 12-lead ECG sheet (print-out, scan, photograph).",
        "limits": list(LIMITS),
        "recipe": "training/recipes/ecg-sheets.toml",
        "data": sources(len(check[0])),
        "figures": figures,
        "maps": _maps(network, test, found),
    }
    golden = torch.from_numpy(golden_planes(size)).float().div_(255)[None]
    export_bundle(network, golden, card, bundle)


LIMITS = (
    "Much weaker than the record network: where the recording itself is at hand, open that instead of its picture.",
    "Trained on drawn sheets alone (real and simulated records rendered in many looks), never on a real sheet with a "
    "diagnosis; no diagnosis on a real sheet was measured, only the heart rate of 186 real print-outs.",
    "Detail is lost at the network's 544 x 352 pixels: PR interval, P waves and small ST shifts are judged poorly.",
    "The rate is judged from the usual paper speed of 25 mm/s; at 50 mm/s SB and ST cannot be trusted.",
    "STE was learned mostly from real normal records with a simulated ST elevation and from simulated records.",
    "Sheets turned by 90 degrees, single strips, more than one sheet on a picture and handwriting are unknown to it.",
    "Trained on adults. Probabilities are of a sheet being labelled so among sheets like these, not a patient's risk.",
)


def printed_rate_figures(network: SheetCnn, data: Path, size: tuple[int, int]) -> list[dict]:
    """Return how well SB and ST go with the heart rate printed on real EDAN sheets (under 60, over 100 a minute)."""
    import cv2

    folder = data / "ecg" / "sheets_edan"
    with (folder / "labels.csv").open(newline="", encoding="utf-8") as stream:
        rows = [row for row in csv.DictReader(stream) if row["heart_rate_printed"].strip().isdigit()]
    planes = np.stack(
        [sheet_planes(np.asarray(cv2.imread(str(folder / r["file"])))[..., ::-1], *size)[0] for r in rows]
    )
    logits = predict(network, planes)
    rate = np.array([int(r["heart_rate_printed"]) for r in rows])
    name = "real EDAN print-outs, against the printed heart rate"
    patients = [r["device_id"] for r in rows]
    figures = []
    for c, truth, label in ((SB, rate < 60, "SB"), (ST, rate > 100, "ST")):
        value = bootstrap(lambda i, t=truth, z=logits[:, c]: auc(t[i], z[i]), patients, 300)  # type: ignore[misc]
        figures.append(figure("AUC", value, name, int(truth.sum()), label))
    return figures


def golden_planes(size: tuple[int, int]) -> np.ndarray:
    """Return the planes of the program's sample sheet, a simulated ECG."""
    from training.ecg.sample import sample_sheet

    return sheet_planes(sample_sheet(), *size)[0]


def sources(validated_on: int) -> list[dict]:
    """Return the data behind the network, for the card."""
    return [
        {"name": "PTB-XL 1.0.3 (Wagner et al. 2020), drawn", "licence": "CC BY 4.0", "count": 1035},
        {
            "name": "CPSC2018 and PhysioNet/CinC Challenge 2021, SPH, drawn",
            "licence": "CC BY 4.0; SPH: not stated",
            "count": 51,
        },
        {"name": "Leadlight's simulated 12-lead ECGs, drawn", "licence": "MIT", "count": 450},
        {
            "name": "Leadlight's ECG record network as teacher (its probabilities and features)",
            "licence": "MIT",
            "count": 0,
            "note": f"validation on the sheets of {validated_on} further records",
        },
    ]


def _maps(network: SheetCnn, test: tuple[Sequence[Record], np.ndarray], found: np.ndarray) -> dict:
    """On test sheets: up to six of each abnormal class, those that the network gives the class the most."""
    chosen, classes = [], []
    for c in range(len(CLASSES) - 1):
        having = sorted((i for i, r in enumerate(test[0]) if r.labels[c]), key=lambda i: -found[i, c])[:6]
        chosen += having
        classes += [c] * len(having)
    inputs = torch.from_numpy(test[1][chosen]).float().div_(255)
    faith = measure_faithfulness(network, inputs, classes, data="test sheets that have the class")
    return {"faithful": faith.faithful, "note": faith.note, "figures": faith.figures}


def _targets(records: Sequence[Record]) -> tuple[np.ndarray, np.ndarray]:
    return np.stack([r.labels for r in records]), np.stack([r.known for r in records])


def _sigmoid(z: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-z))
