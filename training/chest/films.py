"""The chest films of a data folder: pixels, labels, boxes, the teacher's probabilities, and the split by patient."""

import csv
import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from viewer.models.preprocessing.film import inner_part

LABELS = (
    "Cardiomegaly",
    "Effusion",
    "Mass",
    "Nodule",
    "Atelectasis",
    "Infiltration",
    "Pneumonia",
    "Pneumothorax",
    "No Finding",
)
UNBIASED = "jrzech"  # a random sample of the data set's test films; the other sources were each chosen by label
SOURCES = (UNBIASED, "radSIM", "darkcovid")
OPACITY = ("Infiltration", "Pneumonia")  # what an RSNA "Lung Opacity" box may show, where the film has the label
STORED = 448  # pixels a side


@dataclass(frozen=True, eq=False)
class Films:
    """Films in one order.

    ``pixels`` (n, STORED, STORED) uint8, even borders off; ``labels`` (n, 9) 0/1; ``teacher`` (n, 9), NaN where there
    is none; ``patients``, ``sources``, ``views``, ``names`` (n,) text; ``boxes`` one array a film of rows
    (class index, x0, y0, x1, y1), fractions of the stored picture.
    """

    pixels: np.ndarray
    labels: np.ndarray
    teacher: np.ndarray
    patients: np.ndarray
    sources: np.ndarray
    views: np.ndarray
    names: np.ndarray
    boxes: tuple[np.ndarray, ...]

    def take(self, indices: np.ndarray) -> "Films":
        """Return the films at ``indices``, in that order."""
        arrays = ("pixels", "labels", "teacher", "patients", "sources", "views", "names")
        taken = {name: getattr(self, name)[indices] for name in arrays}
        return Films(**taken, boxes=tuple(self.boxes[i] for i in indices))


def read_films(folder: Path, size: int = STORED) -> Films:
    """Read the NIH films below ``folder`` (``labels.csv``, ``boxes.csv``, ``teacher_...csv``, ``films/``)."""
    rows = [r for r in _rows(folder / "labels.csv") if r["source"] in SOURCES]
    teacher = {r["Image Index"]: r for r in _rows(folder / "teacher_chexnet_probabilities.csv")}
    marked: dict[str, list[dict]] = {}
    for box in _rows(folder / "boxes.csv"):
        marked.setdefault(box["file"], []).append(box)
    pixels = np.empty((len(rows), size, size), np.uint8)
    labels = np.array([[int(r[label.replace(" ", "_")]) for label in LABELS] for r in rows], np.float32)
    boxes = []
    for i, row in enumerate(rows):
        pixels[i], part = load_film(folder / "films" / row["file"], size)
        boxes.append(_boxes(marked.get(row["file"], []), labels[i], part))
    return Films(
        pixels,
        labels,
        np.array([_taught(teacher.get(r["image"])) for r in rows], np.float32),
        np.array([r["patient"] for r in rows]),
        np.array([r["source"] for r in rows]),
        np.array([r["view"] for r in rows]),
        np.array([r["file"] for r in rows]),
        tuple(boxes),
    )


def load_film(path: Path, size: int) -> tuple[np.ndarray, tuple[float, float, float, float]]:
    """Return a film (size, size) without its even borders, and the part (x, y, w, h) of the file it shows, 0..1."""
    import cv2

    grey = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    if grey is None:
        raise FileNotFoundError(path)
    top, bottom, left, right = inner_part(grey)
    rows, columns = grey.shape
    part = (left / columns, top / rows, (right - left) / columns, (bottom - top) / rows)
    inner = grey[top:bottom, left:right]
    how = cv2.INTER_AREA if inner.size > size * size else cv2.INTER_LINEAR
    return cv2.resize(inner, (size, size), interpolation=how), part


def split(films: Films, shares: dict[str, dict[str, float]], seed: str) -> dict[str, np.ndarray]:
    """Return the indices of ``train``, ``validation`` and ``test``, no patient in two of them.

    ``shares`` gives, for patients with an unbiased film (``unbiased``) and the others (``chosen``), the share of
    ``test`` and of ``validation``. A patient's place follows from a hash of seed and number alone, so that further
    films of the same patients always fall in the same part.
    """
    unbiased = set(films.patients[films.sources == UNBIASED])
    places = [place(p, shares["unbiased" if p in unbiased else "chosen"], seed) for p in films.patients]
    named = np.array(places)
    return {part: np.flatnonzero(named == part) for part in ("train", "validation", "test")}


def place(patient: str, share: dict[str, float], seed: str) -> str:
    """Return the part, ``train``, ``validation`` or ``test``, that a patient belongs to."""
    draw = int(hashlib.sha256(f"{seed}/{patient}".encode()).hexdigest()[:12], 16) / 16**12
    if draw < share["test"]:
        return "test"
    return "validation" if draw < share["test"] + share["validation"] else "train"


def _taught(row: dict | None) -> list[float]:
    if row is None:
        return [np.nan] * len(LABELS)
    return [float(row.get(f"prob_{label}", "nan")) for label in LABELS]


def _boxes(rows: list[dict], labels: np.ndarray, part: tuple[float, float, float, float]) -> np.ndarray:
    x, y, w, h = part
    found = []
    for row in rows:
        side = float(row["px"])
        x0, y0 = (float(row["x"]) / side - x) / w, (float(row["y"]) / side - y) / h
        x1, y1 = x0 + float(row["w"]) / side / w, y0 + float(row["h"]) / side / h
        names = [row["label"]] if row["label"] in LABELS else [n for n in OPACITY if labels[LABELS.index(n)]]
        found += [(LABELS.index(n), max(0, x0), max(0, y0), min(1, x1), min(1, y1)) for n in names]
    return np.array(found, np.float32).reshape(-1, 5)


def _rows(path: Path) -> list[dict]:
    with path.open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))
