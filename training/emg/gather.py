"""A person's labelled data as one memory-mapped file of pictures, with each one's class, group and part.

Pictures of any size lie one after the other in ``pixels.bin``, read through ``numpy.memmap``: no library beyond numpy,
any order at no cost, the memory bounded by what a batch touches, one file that a crash cannot leave half written.
"""

import csv
import hashlib
import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from training.dataset import LABELS, Entry, group_entries, read_entries
from training.emg.contact_sheet import write_contact_sheet
from training.emg.spans import draw_span
from training.journal import progress_bar
from training.parts import SHARES, divide
from viewer.errors import LeadlightError
from viewer.formats import open_study
from viewer.study import Image, Study
from viewer.study.display import grey8

MOST_PX = 1600  # of a picture's longer side; larger ones are shrunk
MOST_SKIPPED = 0.1  # of the files may be unreadable; with more of them something is wrong


@dataclass(frozen=True, eq=False)
class Pictures:
    """Pictures with their truth; ``groups`` are patients or recordings, each in one of ``parts`` alone."""

    pixels: np.ndarray
    places: np.ndarray
    labels: np.ndarray
    groups: np.ndarray
    parts: np.ndarray
    files: list[str]
    notes: list[str]

    def __len__(self) -> int:
        return len(self.places)

    def __getitem__(self, row: int) -> np.ndarray:
        """Return a picture, RGB uint8."""
        first, height, width = (int(v) for v in self.places[row])
        return np.array(self.pixels[first : first + 3 * height * width]).reshape(height, width, 3)

    def names(self) -> list[str]:
        """Return the parts there are."""
        return [name for name in ("train", "validation", "test") if (self.parts == name).any()]

    def rows(self, part: str) -> np.ndarray:
        """Return the rows of a part."""
        return np.flatnonzero(self.parts == part)


def gather(
    source: Path, out: Path, seed: int, shares: Mapping[str, float] = SHARES, whole_groups: bool = True
) -> Pictures:
    """Open what a person labelled once, keep it in ``out``, and divide it.

    ``whole_groups`` false divides by picture, as the published system did: recordings then lie on both sides. Raises
    LeadlightError where the data are wrong, too few, or another than those in ``out``.
    """
    entries = read_entries(source)
    asked = hashlib.sha256(repr((seed, dict(shares), whole_groups, [_fingerprint(e) for e in entries])).encode())
    index = out / "index.json"
    if index.exists():
        held = json.loads(index.read_text("utf-8"))
        if held["asked"] != asked.hexdigest():
            raise LeadlightError(
                "output",
                f"The data are not those that {out} was made from",
                "bring the earlier data back, or give another folder",
                source,
            )
        return _load(out, held)
    out.mkdir(parents=True, exist_ok=True)
    rows, contents, places, skipped = _store(entries, out / "pixels.bin", seed)
    own = [entries[i] for i in rows]
    groups, notes = group_entries(own, contents)
    if skipped:
        notes.append(f"{len(skipped)} files could not be opened and were left out, the first: {skipped[0]}")
    rows_kept = _without_copies(own, contents)
    dropped = len(own) - len(rows_kept)
    if dropped:
        notes.append(f"{dropped} entries are copies of others (the same content and label) and count once")
    labels = [own[k].label for k in rows_kept]
    kept_groups = [groups[k] for k in rows_kept]
    if whole_groups:
        parts = divide(labels, kept_groups, seed, shares)
    else:
        parts = _by_picture(len(labels), seed, shares["test"])
        notes.append("Divided by picture, as published: pictures of one recording lie on both sides")
    pictures = [(k, place) for k in range(len(rows_kept)) for place in places[rows_kept[k]]]
    held = {
        "asked": asked.hexdigest(),
        "notes": notes,
        "pictures": [
            {
                "place": place,
                "label": labels[k],
                "group": kept_groups[k],
                "part": parts[k],
                "file": _name(own[rows_kept[k]], source),
            }
            for k, place in pictures
        ],
    }
    fresh = index.with_suffix(".new")
    fresh.write_text(json.dumps(held), "utf-8")
    fresh.replace(index)
    return _load(out, held)


def _by_picture(count: int, seed: int, share: float) -> list[str]:
    """Return the parts as TF-Slim's conversion makes them: shuffled by Python's generator, the first held out."""
    order = list(range(count))
    random.Random(seed).shuffle(order)
    held = set(order[: round(count * share)])
    return ["test" if row in held else "train" for row in range(count)]


def describe(source: Path, out: Path, seed: int) -> list[str]:
    """Gather, and write ``counts.csv``, ``split.csv`` and ``contact-sheet.png``; return the counts as CSV lines."""
    own = gather(source, out / "data", seed)
    return tell(own, out)


def tell(own: Pictures, out: Path) -> list[str]:
    """Write what a data set holds into ``out``; return the counts as CSV lines, and the notes."""
    lines = ["class,part,pictures,groups"]
    for label in LABELS:
        for part in own.names():
            inside = (own.labels == LABELS.index(label)) & (own.parts == part)
            lines.append(f"{label},{part},{int(inside.sum())},{len(set(own.groups[inside].tolist()))}")
    (out / "counts.csv").write_text("\n".join(lines) + "\n", "utf-8")
    with (out / "split.csv").open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(("file", "label", "part", "group"))
        for row in range(len(own)):
            writer.writerow((own.files[row], LABELS[own.labels[row]], own.parts[row], own.groups[row]))
    write_contact_sheet(own, out / "contact-sheet.png")
    return [*lines, *(f"# {note}" for note in own.notes)]


def _load(out: Path, held: dict[str, Any]) -> Pictures:
    told = held["pictures"]
    return Pictures(
        np.memmap(out / "pixels.bin", np.uint8, "r"),
        np.array([t["place"] for t in told], np.int64),
        np.array([LABELS.index(t["label"]) for t in told]),
        np.array([t["group"] for t in told]),
        np.array([t["part"] for t in told]),
        [t["file"] for t in told],
        held["notes"],
    )


def _store(
    entries: Sequence[Entry], path: Path, seed: int
) -> tuple[list[int], list[str], list[list[tuple[int, int, int]]], list[str]]:
    """Write the entries' pictures; return the entries that opened, their contents' hashes, places, and what failed.

    A file that several entries name is opened once where they follow each other.
    """
    rows, contents, places, skipped = [], [], [], []
    study, content, last = None, "", None
    fresh, at = path.with_suffix(".new"), 0
    with fresh.open("wb") as stream, progress_bar("opening", len(entries), unit="file") as bar:
        for i, entry in enumerate(entries):
            bar.update()
            try:
                if entry.path != last or study is None:
                    study, last = open_study(entry.path), entry.path
                    content = _content(study)
                pictures = _pictures(study, entry, (seed, i))
            except LeadlightError as error:
                skipped.append(f"{entry.path.name}: {error}")
                study = None
                continue
            own = []
            for picture in pictures:
                stream.write(np.ascontiguousarray(picture).tobytes())
                own.append((at, *picture.shape[:2]))
                at += picture.size
            rows.append(i)
            contents.append(content)
            places.append(own)
    if len(skipped) > MOST_SKIPPED * len(entries):
        raise LeadlightError(
            "damaged",
            f"{len(skipped)} of {len(entries)} files cannot be opened, the first: {skipped[0]}"[:-1],
            "mend them",
        )
    fresh.replace(path)
    return rows, contents, places, skipped


def _pictures(study: Study, entry: Entry, seed: tuple[int, int]) -> list[np.ndarray]:
    if not isinstance(study.content, Image):
        return draw_span(study, entry.span_s, entry.label, seed)
    shown = grey8(study.image)
    shown = shown if shown.ndim == 3 else np.repeat(shown[..., None], 3, 2)
    if entry.box is not None:
        x, y, w, h = entry.box
        shown = shown[int(y) : int(np.ceil(y + h)), int(x) : int(np.ceil(x + w))]
        if not shown.size:
            raise LeadlightError("damaged", "The rectangle lies beyond the picture", "check it", entry.path)
    return [_shrunk(shown)]


def _shrunk(shown: np.ndarray) -> np.ndarray:
    import cv2

    scale = MOST_PX / max(shown.shape[:2])
    if scale >= 1:
        return shown
    size = max(1, round(shown.shape[1] * scale)), max(1, round(shown.shape[0] * scale))
    return cv2.resize(shown, size, interpolation=cv2.INTER_AREA)


def _content(study: Study) -> str:
    """Return a hash of what is in the file, not of how it is called or packed."""
    values = study.image.pixels if isinstance(study.content, Image) else study.waveform.samples
    return hashlib.sha256(repr(values.shape).encode() + np.ascontiguousarray(values).tobytes()).hexdigest()


def _without_copies(entries: Sequence[Entry], contents: Sequence[str]) -> list[int]:
    """Return the rows to keep, one of each content, span and box. Raises LeadlightError where its labels differ."""
    first: dict[tuple, int] = {}
    for row, (entry, content) in enumerate(zip(entries, contents, strict=True)):
        held = first.setdefault((content, entry.span_s, entry.box), row)
        if entries[held].label != entry.label:
            raise LeadlightError(
                "damaged",
                f"{entries[held].path.name} and {entry.path.name} have the same content, and are labelled "
                f"{entries[held].label} and {entry.label}",
                "keep the right one",
                entry.path,
            )
    return list(first.values())


def _fingerprint(entry: Entry) -> tuple:
    about = entry.path.stat()
    return (entry.path.name, about.st_size, entry.label, entry.patient, entry.recording, entry.span_s, entry.box)


def _name(entry: Entry, source: Path) -> str:
    folder = source if source.is_dir() else source.parent
    return entry.path.relative_to(folder).as_posix() if entry.path.is_relative_to(folder) else entry.path.name
