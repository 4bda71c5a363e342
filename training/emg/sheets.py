"""``python -m training.emg.sheets --count N --seed S``: how well waveforms on whole report sheets are found and named.

Sheets are drawn anew (looks and ranges of the test unless ``--part`` says otherwise), and read as the program does it.
"""

import argparse
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch

from training.emg.sheet_matching import Match, match, overlap
from training.export import figure
from training.metrics import bootstrap
from training.simulate.emg.draws import Part
from training.simulate.emg.parameters import LABELS
from training.simulate.emg_sheet import SheetTruth, render_sheet
from viewer.models.bundle import ModelBundle, load_bundle
from viewer.models.card import Beside, Card
from viewer.reading.curves import installed_curves
from viewer.reading.emg_picture import PictureRead, read_emg_picture, turned_back
from viewer.reading.lines import Written, find_lines
from viewer.reading.networks import probabilities
from viewer.reading.scale import MOST_ON_SHEETS, TimeScale, read_scale, read_scales, screen_words
from viewer.reading.signals import Judge, joined_card, judge
from viewer.reading.spotting import spot
from viewer.reading.tilt import laid_level
from viewer.reading.waveforms import Found, Spot, fine_view, look
from viewer.study import Image, Kind, KindFrom, Source, Study
from viewer.study.display import grey8

UNSURE = "uncertain"
SAME_PANEL = 0.5  # intersection over union


@dataclass(frozen=True, eq=False)
class SheetResult:
    """One sheet: what was matched, the class each found box was given (or ``uncertain``), and the seconds it took.

    ``panels``: of each true panel its class, and what the one found there was called: a class, ``uncertain``, or empty
    where none was found.
    """

    match: Match
    called: tuple[str, ...]
    seconds: float
    panels: tuple[tuple[str, str], ...] = ()


def read_sheet(
    bundle: ModelBundle,
    rng: np.random.Generator,
    part: Part,
    spotter: Spot | None = None,
    beside: tuple[Judge, Beside] | None = None,
    reader: ModelBundle | None = None,
    find: Callable[[np.ndarray], Written | None] = lambda shown: None,
) -> SheetResult:
    """Draw a sheet, read it, and match what was found with what is there.

    ``spotter`` finds potentials on sweeps, ``beside`` judges them, ``find`` where words stand, ``reader`` reads them.
    """
    shown, truth = render_sheet(rng, part)
    source = Source(Path("sheet.png"), "0" * 64, "png")
    study = Study(source, Kind.EMG_IMAGE, KindFrom.PERSON, Image(shown))
    began = time.perf_counter()
    level, written, tilt = laid_level(study, find)
    words_at = None if written is None else written.places
    looked = look(grey8(level.image), words=words_at, tell=installed_curves())

    def scales_of(parts: Found, sheet: bool) -> list[TimeScale | None]:
        words = [] if reader is None or written is None else screen_words(reader, written, most=MOST_ON_SHEETS)
        return read_scales(words, looked, parts) if sheet else [read_scale(words, looked, parts)]

    read = read_emg_picture(bundle, level, "cpu", lambda stage, share: None, looked, scales_of, spotter, beside)
    if tilt is not None:
        read = turned_back(read, tilt)
    seconds = time.perf_counter() - began
    card = bundle.card if beside is None else joined_card(bundle.card, beside[1])
    waves = read.found.waveforms
    found = [(w.x, w.y, w.x + w.w, w.y + w.h) for w in waves]
    return SheetResult(match(found, truth), tuple(_called(read)), seconds, tuple(_panels(card, read, truth)))


def _panels(card: Card, read: PictureRead, truth: SheetTruth) -> list[tuple[str, str]]:
    """Return ``SheetResult.panels``."""
    shares = probabilities(card, torch.from_numpy(read.logits)).numpy()
    found = [(p.x, p.y, p.x + p.w, p.y + p.h) for p in read.found.panels] if read.sheet else []
    told = []
    for panel in truth.panels:
        bounds = panel.x, panel.y, panel.x + panel.w, panel.y + panel.h
        best = max(range(len(found)), key=lambda i: overlap(found[i], bounds), default=None)
        if best is None or overlap(found[best], bounds) < SAME_PANEL:
            told.append((panel.label, ""))
        else:
            sure = float(shares[best].max()) >= card.uncertain_below
            told.append((panel.label, card.classes[int(shares[best].argmax())] if sure else UNSURE))
    return told


def _written(finder: ModelBundle, shown: np.ndarray) -> Written:
    fine, zoom = fine_view(shown)
    return find_lines(finder, fine, zoom=zoom)


def _called(read: PictureRead) -> list[str]:
    """Return each waveform's class, in their order."""
    named = {(b.x, b.y, b.w, b.h): label for label, own in read.boxes.items() for b in own}
    return [named.get((float(w.x), float(w.y), float(w.w), float(w.h)), UNSURE) for w in read.found.waveforms]


def sheet_figures(results: Sequence[SheetResult], data: str) -> list[dict]:
    """Return the figures, each with its 95 % interval, sheets resampled."""
    counts = np.array([(m.targets, m.boxes, *m.hits, *m.right) for m in (r.match for r in results)], float)
    figures = []

    def add(name: str, above: np.ndarray, below: np.ndarray, label: str = "") -> None:
        value = bootstrap(lambda i: float(above[i].sum() / max(1.0, below[i].sum())), range(len(results)))
        figures.append(figure(name, value, data, int(below.sum()), label))

    for k, how in enumerate(("IoU 0.3", "IoU 0.5", "middle in the box")):
        add(f"waveforms found on sheets, {how}", counts[:, 2 + k], counts[:, 0])
        add(f"boxes right on sheets, {how}", counts[:, 5 + k], counts[:, 1])
    panels = np.array([_counts(r.panels) for r in results], float)
    add("panels found on sheets, IoU 0.5", panels[:, 1], panels[:, 0])
    add("found panels named, not uncertain", panels[:, 2], panels[:, 1])
    add("class of found and named panels right", panels[:, 3], panels[:, 2])
    hiss = np.array([r.match.hiss for r in results], float)
    add("waveforms found on sheets, end-plate noise left out", counts[:, 2] - hiss[:, 1], counts[:, 0] - hiss[:, 0])
    for label in LABELS[:-1]:
        seen = np.array([sum(t == label for t, _ in r.match.pairs) for r in results], float)
        add(
            "waveforms found on sheets, whatever they are called",
            seen,
            seen + [r.match.missed.count(label) for r in results],
            label,
        )
    pairs = [[(truth, r.called[box]) for truth, box in r.match.pairs] for r in results]
    both = np.array([sum(c != UNSURE for _, c in own) for own in pairs], float)
    add("matched waveforms named, not uncertain", both, np.array([len(own) for own in pairs], float))
    add("class of matched and named waveforms right", np.array([sum(t == c for t, c in own) for own in pairs]), both)
    for label in LABELS:
        right = np.array([sum(t == c == label for t, c in own) for own in pairs], float)
        said = np.array([sum(c == label for c in r.called) - _ignored(r, label) for r in results], float)
        there = np.array([_there(r.match, label) for r in results], float)
        add("waveforms on sheets, precision (box and class)", right, said, label)
        add("waveforms on sheets, recall (box and class)", right, there, label)
    return figures


def _counts(panels: Sequence[tuple[str, str]]) -> tuple[int, int, int, int]:
    """Return how many panels there are, and how many of them are found, named, and named right."""
    named = [(truth, called) for truth, called in panels if called and called != UNSURE]
    right = sum(truth == called for truth, called in named)
    return len(panels), sum(bool(called) for _, called in panels), len(named), right


def _there(found: Match, label: str) -> int:
    return sum(t == label for t, _ in found.pairs) + sum(t == label for t in found.missed)


def _ignored(result: SheetResult, label: str) -> int:
    """Return how many boxes of a class lie on what is not counted, or beside another box of the same target."""
    counted = {box for _, box in result.match.pairs} | set(result.match.false)
    return sum(c == label for i, c in enumerate(result.called) if i not in counted)


def main(arguments: Sequence[str] | None = None) -> None:
    """Draw, read, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--part", choices=("validation", "test"), default="test")
    parser.add_argument("--bundle", type=Path, default=Path("resources/models/emg-screens"))
    parser.add_argument("--sweeps", type=Path, default=Path("resources/models/screen-sweeps"))
    parser.add_argument("--words", type=Path, default=Path("resources/models/screen-words"))
    parser.add_argument("--signals", type=Path, default=Path("resources/models/screen-signals"))
    parser.add_argument("--lines", type=Path, default=Path("resources/models/screen-lines"))
    parser.add_argument("--out", type=Path, help="a JSON file for the figures")
    chosen = parser.parse_args(arguments)
    bundle, spotter = load_bundle(chosen.bundle), partial(spot, load_bundle(chosen.sweeps))
    finder, reader, signals = (load_bundle(folder) for folder in (chosen.lines, chosen.words, chosen.signals))
    beside = partial(judge, signals), signals.card.beside[bundle.card.id]
    part_number = ("validation", "test").index(chosen.part)
    rngs = (np.random.default_rng([chosen.seed, 20, part_number, n]) for n in range(chosen.count))
    results = [read_sheet(bundle, rng, chosen.part, spotter, beside, reader, partial(_written, finder)) for rng in rngs]
    data = f"simulated report sheets, {'unseen looks and ranges' if chosen.part == 'test' else 'validation'}"
    figures = sheet_figures(results, data)
    for f in figures:
        print(f"{f['name']} {f['label']}: {f['value']:.4f} [{f['low']:.3f}, {f['high']:.3f}] n={f['count']} ({data})")
    seconds = [r.seconds for r in results]
    print(f"seconds a sheet: median {np.median(seconds):.2f}, longest {max(seconds):.2f}")
    if chosen.out:
        chosen.out.write_text(json.dumps(figures, indent=1, default=float))


if __name__ == "__main__":
    main()
