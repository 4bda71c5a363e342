"""The pictures that the kind network learns from and is judged on: real ones by patient and source, and drawn ones."""

import csv
import gzip
import importlib.util
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path

import numpy as np

from training.chest.films import place
from training.kind.drawn import draw
from training.kind.emg_figures import draw_emg_figure
from training.kind.looks import disarrange
from training.kind.other_signals import draw_ecg_figure, draw_other_signal

KINDS = ("emg-image", "ecg-image", "chest-xray", "unknown")
SHARE = {"test": 0.2, "validation": 0.1}
SEED = "leadlight-kind-1"
HELD_PHOTOS = ("china.jpg", "flower.jpg", "astronaut.png", "coffee.png", "rocket.jpg", "chelsea.png")


@dataclass(frozen=True)
class Picture:
    """A picture to be, ``load(rng)``; ``film``: a grey radiograph or slice; ``looks``: how many looks it gets."""

    load: Callable[[np.random.Generator], np.ndarray]
    kind: str
    source: str
    part: str
    film: bool = False
    looks: int = 1


def gather(data: Path, counts: dict[str, int]) -> list[Picture]:
    """Return all pictures: below ``data`` (as DATA.md lists it), in installed packages, and drawn.

    ``counts``: ``films``, ``disarranged``, and of each source in `DRAWN`, used in training (drawn ones: a tenth as many
    more in each of validation and test, a fifth in test for figures and report sheets; films: a fifth).
    """
    return [
        *_chest(data, counts),
        *_not_chest(data),
        *_packages(),
        *_sheets(data),
        *_drawn(counts),
    ]


def _chest(data: Path, counts: dict[str, int]) -> Iterator[Picture]:
    taken = {"train": 0, "validation": 0, "test": 0}
    for i, row in enumerate(_rows(data / "cxr/labels.csv")):
        part = place(row["patient"], SHARE, SEED)
        taken[part] += 1
        if taken[part] > counts["films"] * (1 if part == "train" else 0.2):
            continue
        load = partial(_read, data / "cxr/films" / row["file"])
        yield Picture(load, "chest-xray", "NIH films", part, True)
        if taken[part] <= counts["disarranged"] * (1 if part == "train" else 0.2):
            yield Picture(partial(_disarranged, load), "unknown", "disarranged films", part, True)
        if i >= 10 * counts["films"]:
            break
    for row in _rows(data / "cxr_covid/labels.csv"):
        part = place(row["patient"], SHARE, SEED)
        load = partial(_read, data / "cxr_covid" / row["file"])
        if row["kind"] == "frontal":
            yield Picture(load, "chest-xray", "films of many hospitals", part, True, 2)
        elif part != "test":
            yield Picture(partial(_any_way_up, load), "unknown", f"{row['kind']} views", part, True, 6)
        else:
            yield Picture(load, "unknown", f"{row['kind']} views", part, True)
    for row in _rows(data / "cxr_jsrt/labels.csv"):
        yield Picture(partial(_read, data / "cxr_jsrt/films" / row["file"]), "chest-xray", "JSRT films", "test", True)


def _not_chest(data: Path) -> Iterator[Picture]:
    seen: dict[str, int] = {}
    for row in sorted(_rows(data / "not_a_chest_film/labels.csv"), key=lambda r: r["file"]):
        load = partial(_read, data / "not_a_chest_film" / row["file"])
        seen[row["what"]] = seen.get(row["what"], 0) + 1
        if seen[row["what"]] % 2:  # every other one of each sort is learned from
            yield Picture(partial(_any_way_up, load), "unknown", row["what"], "train", True, 8)
        else:
            yield Picture(load, "unknown", row["what"], "test", True)


def _packages() -> Iterator[Picture]:
    photos = [p for p in (_package("skimage") / "data").iterdir() if p.suffix in {".png", ".jpg"}]
    photos += list((_package("sklearn") / "datasets/images").glob("*.jpg"))
    for path in sorted(photos):
        held = path.name in HELD_PHOTOS
        load = partial(_read, path) if held else partial(_part_of, partial(_read, path))
        yield Picture(load, "unknown", "photographs", "test" if held else "train", False, 1 if held else 8)
    seen = set()
    files = [
        *(_package("pydicom") / "data/test_files").glob("*.dcm"),
        *(_package("data_store") / "data").glob("RG3*.dcm"),
    ]
    for path in sorted(files):
        pixels = _dicom(path)
        if pixels is not None and (key := pixels[::8, ::8].tobytes()) not in seen:
            seen.add(key)
            load = partial(_any_way_up, lambda rng, p=pixels: p)
            yield Picture(load, "unknown", "other DICOM images", "train", pixels.ndim == 2, 4)
    brain = _volume(next((_package("nilearn") / "datasets/data").glob("mni_*_t1_*.nii.gz")))
    for axis in range(3):
        for share in np.linspace(0.25, 0.75, 16):
            cut = np.rot90(np.take(brain, int(share * brain.shape[axis]), axis))
            load = partial(_any_way_up, lambda rng, c=cut: c)
            yield Picture(load, "unknown", "brain template", "train", True)


def _sheets(data: Path) -> Iterator[Picture]:
    for path in sorted((data / "ecg/sheets_edan").glob("*.png")):
        yield Picture(partial(_read, path), "ecg-image", "EDAN sheets", place(path.stem, SHARE, SEED))
    for i, path in enumerate(sorted((data / "formats/ecg_photos").iterdir())):
        yield Picture(
            partial(_read, path),
            "ecg-image",
            "ECG photographs",
            *(("test", False, 1) if i % 2 else ("train", False, 12)),
        )


def _drawn(counts: dict[str, int]) -> Iterator[Picture]:
    for name, (kind, source, tests, load) in DRAWN.items():
        for part, share in (("train", 1.0), ("validation", 0.1), ("test", tests)):
            for i in range(round(counts.get(name, 0) * share)):
                yield Picture(partial(_seeded, load, source, part, i), kind, source, part)


def _other(rng: np.random.Generator, part: str) -> np.ndarray:
    return draw(rng)[1]


def _sheet(rng: np.random.Generator, part: str) -> np.ndarray:
    from training.simulate.ecg import random_plan, simulate_ecg
    from training.simulate.ecg_sheet import render_sheet
    from training.simulate.ecg_sheet_style import random_style

    signals = simulate_ecg(random_plan(rng), rng).signals_mv
    return render_sheet(signals, 500.0, random_style(rng, (3.0, 8.0)), rng, float(rng.random()))[0]


def _screen(rng: np.random.Generator, part: str) -> np.ndarray:
    from training.simulate.emg_screen import render_screen

    return render_screen(rng, part=part)[0]  # type: ignore[arg-type]


def _hand_screen(rng: np.random.Generator, part: str) -> np.ndarray:
    from training.simulate.emg_hands.trains import made_by, one_of
    from training.simulate.emg_screen import render_screen

    source = made_by(one_of(rng, part))
    return render_screen(rng, part=part, source=source)[0]  # type: ignore[arg-type]


def _still(rng: np.random.Generator, part: str) -> np.ndarray:
    """A screen without a potential that stands out, whole or a strip of it: what a healthy muscle shows at rest."""
    from training.simulate.emg_screen import render_screen

    generator = str(rng.choice(("quiet", "artefact", "end-plate noise"), p=(0.4, 0.25, 0.35)))
    picture = render_screen(rng, "Others", part=part, cut_out=False, generator=generator)[0]  # type: ignore[arg-type]
    return _strip(picture, rng) if rng.random() < 0.5 else picture


def _strip(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A part of a screen's middle, about a row where much changes from column to column: where a sweep runs."""
    rows, columns = picture.shape[:2]
    middle = picture[rows // 8 : -(rows // 8), columns // 6 : -(columns // 6)].mean(2)
    busy = np.abs(np.diff(middle, axis=1)).mean(1) ** 2
    row = rows // 8 + int(rng.choice(len(busy), p=busy / busy.sum()))
    w = int(columns * rng.uniform(0.2, 0.75))
    h = int(np.clip(w * rng.uniform(0.12, 0.7), min(40, rows), 0.7 * rows))
    y = int(np.clip(row - rng.uniform(0.25, 0.75) * h, 0, rows - h))
    x = int(rng.uniform(0.15, 0.85) * (columns - w))
    return picture[y : y + h, x : x + w]


def _emg_sheet(rng: np.random.Generator, part: str) -> np.ndarray:
    from training.simulate.emg_sheet import render_sheet

    return render_sheet(rng, part=part)[0]  # type: ignore[arg-type]


def _by_hand(rng: np.random.Generator, part: str) -> np.ndarray:
    from training.simulate.emg_hands import STRANGER, draw_learned

    label = ("PSW", "Fibs", "Others")[rng.choice(3, p=(0.2, 0.2, 0.6))]  # regular trains are taken for ECGs first
    return (STRANGER if part == "test" else draw_learned)(rng, label)[0]


# name of its count: kind, source, how many for testing to one for training, how it is drawn
DRAWN: dict[str, tuple[str, str, float, Callable]] = {
    "drawn": ("unknown", "drawn others", 0.1, _other),
    "sheets": ("ecg-image", "drawn sheets", 0.1, _sheet),
    "screens": ("emg-image", "drawn screens", 0.1, _screen),
    "hand_screens": ("emg-image", "screens of other hands' potentials", 0.1, _hand_screen),
    "still": ("emg-image", "EMG without potentials", 0.2, _still),
    "emg_figures": ("emg-image", "EMG figures", 0.2, draw_emg_figure),
    "emg_sheets": ("emg-image", "EMG report sheets", 0.2, _emg_sheet),
    "emg_hands": ("emg-image", "EMG by other hands", 0.2, _by_hand),
    "ecg_figures": ("ecg-image", "ECG figures", 0.2, draw_ecg_figure),
    "other_signals": ("unknown", "other signals", 0.2, draw_other_signal),
}


def _seeded(load: Callable, source: str, part: str, i: int, rng: np.random.Generator) -> np.ndarray:
    return _made(load, source, part, i)


@lru_cache(1)  # looked at twice in a row: as it is, and varied
def _made(load: Callable, source: str, part: str, i: int) -> np.ndarray:
    picture = load(np.random.default_rng(list(f"{source}/{part}/{i}".encode())), part)
    picture.flags.writeable = False
    return picture


def _disarranged(load: Callable, rng: np.random.Generator) -> np.ndarray:
    return disarrange(load(rng), rng)


def _any_way_up(load: Callable, rng: np.random.Generator) -> np.ndarray:
    picture = np.rot90(load(rng), int(rng.integers(4)))
    return np.ascontiguousarray(picture[:, ::-1] if rng.random() < 0.5 else picture)


def _part_of(load: Callable, rng: np.random.Generator) -> np.ndarray:
    picture = load(rng)
    rows, columns = picture.shape[:2]
    h, w = int(rows * rng.uniform(0.4, 1)), int(columns * rng.uniform(0.4, 1))
    y, x = int(rng.integers(0, rows - h + 1)), int(rng.integers(0, columns - w + 1))
    return picture[y : y + h, x : x + w]


def _read(path: Path, rng: np.random.Generator | None = None) -> np.ndarray:
    import cv2

    picture = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if picture is None:
        raise FileNotFoundError(path)
    scale = 1100 / max(picture.shape[:2])
    if scale < 1:
        picture = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return np.ascontiguousarray(picture[..., ::-1])


def _dicom(path: Path) -> np.ndarray | None:
    """Return a package's DICOM test image in 8 bits, None where it has none of 128 pixels a side or is a chest film."""
    import pydicom

    try:
        dataset = pydicom.dcmread(path)
        if min(dataset.Rows, dataset.Columns) < 128 or dataset.get("BodyPartExamined") == "CHEST":
            return None
        pixels = dataset.pixel_array
    except Exception:  # many of these files are broken on purpose
        return None
    colour = int(dataset.get("SamplesPerPixel", 1)) == 3
    if pixels.ndim > 2 + colour:
        pixels = pixels[len(pixels) // 2]
    low, high = np.percentile(pixels, (1, 99.5))
    return np.clip((pixels - low) * (255 / max(high - low, 1e-9)), 0, 255).astype(np.uint8)


def _volume(path: Path) -> np.ndarray:
    """Return an int16 or uint8 NIfTI-1 volume, scaled to uint8."""
    data = gzip.decompress(path.read_bytes())
    shape = np.frombuffer(data, "<i2", 8, 40)
    kind = {2: "u1", 4: "<i2", 16: "<f4"}[int(np.frombuffer(data, "<i2", 1, 70)[0])]
    start = int(np.frombuffer(data, "<f4", 1, 108)[0])
    volume = np.frombuffer(data, kind, int(np.prod(shape[1:4].astype(np.int64))), start).reshape(shape[1:4], order="F")
    return np.clip(volume.astype(np.float32) * (255 / np.percentile(volume, 99.8)), 0, 255).astype(np.uint8)


def _package(name: str) -> Path:
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise FileNotFoundError(f"the package {name} carries pictures that the kind network learns from; install it")
    return Path(spec.origin).parent


def _rows(path: Path) -> list[dict]:
    with path.open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))
