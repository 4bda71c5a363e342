"""Reads every example with the engine that the viewer reads with."""

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from training.dataset import group_entries
from training.evaluation.data import Example, find_examples
from training.evaluation.events import Tally, noise_of, tally
from viewer.errors import BundleError, LeadlightError
from viewer.formats import Item
from viewer.formats.opener import Opener
from viewer.measure.emg import TO_UV
from viewer.models.card import Card, read_card
from viewer.models.catalogue import catalogue, find_card
from viewer.reading.engine import Engine
from viewer.reading.values import Reading
from viewer.study import Image, Kind, KindFrom, Study

Progress = Callable[[str, str, float], None]


@dataclass(frozen=True, eq=False)
class Done:
    """One example that was opened and read.

    ``probability`` (classes,) is None where the model abstained, ``reasons`` are the codes of what was warned of.
    ``predicted`` is what the reading says: a class, ``uncertain``, or None (abstained; classes that do not exclude each
    other).
    """

    example: Example
    sha256: str
    probability: np.ndarray | None
    predicted: str | None
    reasons: tuple[str, ...]
    tally: Tally | None = None


@dataclass(frozen=True, eq=False)
class Evaluation:
    """What reading the examples gave. ``interrupted``: a person stopped it; what was done until then is here."""

    card: Card
    data: Path
    done: tuple[Done, ...]
    failed: tuple[tuple[Path, LeadlightError], ...]
    found: int
    interrupted: bool
    device: str
    notes: tuple[str, ...] = ()


def find_bundle(name: str) -> Card:
    """Return the card of an installed model or of a bundle folder.

    Raises BundleError where there is none, or where it does not read studies.
    """
    folder = Path(name)
    card = read_card(folder.resolve()) if (folder / "card.toml").is_file() or folder.is_dir() else find_card(name)
    if card.role != "read":
        raise BundleError("bundle-mismatch", f"{card.id} does not read studies", "name a model that does")
    if folder.is_dir() and find_card(card.id, [card.folder.parent]).folder != card.folder:
        raise BundleError(
            "bundle-mismatch", f"Another bundle beside {folder.name} is also called {card.id}", "move one of them away"
        )
    return card


def use_threads(count: int | None) -> None:
    """Let the network have so many threads of the CPU; half of them by default, since another process opens files."""
    import torch

    torch.set_num_threads(count or max(1, (os.cpu_count() or 2) // 2))


def evaluate(
    card: Card,
    data: Path,
    device: str,
    progress: Progress,
    split: Path | None = None,
    part: str = "test",
    window_s: float | None = None,
) -> Evaluation:
    """Read what ``data`` holds (of a ``split`` one part), file after file; Ctrl-C ends it and leaves what was done.

    ``window_s``: recordings of one class are cut into windows of this length, each read by itself.

    Raises LeadlightError where ``data`` holds nothing for this model.
    """
    examples = find_examples(data, card, split, part)
    done: list[Done] = []
    failed: list[tuple[Path, LeadlightError]] = []
    interrupted = False
    reader = Reader(card, device)
    with reader:
        try:
            for number, example in enumerate(examples):
                progress(card.id, f"{number + 1} of {len(examples)},", number / len(examples))
                try:
                    study = reader.open(example)
                    for own in _windows(example, study, window_s):
                        done.append(_done(own, card, study, reader.ask(study, own)))
                except LeadlightError as error:
                    failed.append((example.path, error))
        except KeyboardInterrupt:
            interrupted = True
    grouped, notes = _grouped(done)
    device = reader.engine.device
    return Evaluation(card, data, grouped, tuple(failed), len(examples), interrupted, device, notes)


def _grouped(done: list[Done]) -> tuple[tuple[Done, ...], tuple[str, ...]]:
    """Return an EMG data set's examples with their groups as training forms them, and what is to be said of these."""
    entries = [d.example.entry for d in done if d.example.entry is not None]
    if not entries or len(entries) < len(done):
        return tuple(done), ()
    numbers, notes = group_entries(entries, [d.sha256 for d in done])
    numbered = zip(done, numbers, strict=True)
    return tuple(replace(d, example=replace(d.example, group=str(n))) for d, n in numbered), tuple(notes)


class Reader:
    """Opens files in the helper process and reads them with one model, as the kind that it reads."""

    def __init__(self, card: Card, device: str = "auto") -> None:
        self.card = card
        self.engine = Engine(device, None if card.folder in _installed() else [card.folder.parent])
        self._opener = Opener()

    def __enter__(self) -> "Reader":
        return self

    def __exit__(self, *_: object) -> None:
        self._opener.close()

    def read(self, example: Example) -> tuple[Study, Reading]:
        """Return the study and what the model says. Raises LeadlightError."""
        study = self.open(example)
        return study, self.ask(study, example)

    def open(self, example: Example) -> Study:
        """Return the study, as the kind that the model reads. Raises LeadlightError."""
        study = self._opener.open(Item(example.path))
        return replace(study, kind=self._kind(study), kind_from=KindFrom.PERSON)

    def ask(self, study: Study, example: Example) -> Reading:
        """Return what the model says of the study, or of the part that the example is about."""
        return self.engine.read(study, model_id=self.card.id, region=example.region)

    def _kind(self, study: Study) -> Kind:
        picture = isinstance(study.content, Image)
        fitting = [k for k in self.card.reads if k.endswith("-trace") != picture]
        return study.kind if study.kind in fitting else (fitting or list(self.card.reads))[0]


def _windows(example: Example, study: Study, window_s: float | None) -> list[Example]:
    if not window_s or isinstance(study.content, Image) or example.events is not None or example.region is not None:
        return [example]
    count = max(1, int(study.content.duration_s / window_s + 1e-6))
    return [replace(example, span_s=(i * window_s, (i + 1) * window_s)) for i in range(count)]


def _installed() -> list[Path]:
    return [card.folder for card in catalogue()]


def _done(example: Example, card: Card, study: Study, reading: Reading) -> Done:
    reasons = tuple(dict.fromkeys(n.code for n in reading.warnings if n.code != "model-unvalidated"))
    probability = None
    if not reading.abstained and reading.findings:
        own = {f.label: f.probability for f in reading.findings}
        probability = np.array([own[c] for c in card.classes])
    counted = None
    nothing = "no-event" in reasons  # abstained, because there is no event: that is an answer
    if example.events is not None and (nothing or not reading.abstained):
        wave = study.waveform
        scale = TO_UV.get(wave.units[0], example.full_scale_uv)
        noise = noise_of(wave.samples[0], wave.rate_hz, scale)
        counted = tally(reading.events, example.events, card.classes, wave.duration_s / 60, noise)
    return Done(example, study.source.sha256, probability, reading.predicted, reasons, counted)
