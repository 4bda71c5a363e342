"""Reading files one after another without a window: opened in the helper process, read by one engine."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from viewer.errors import FormatError, LeadlightError
from viewer.formats import Item, expand
from viewer.formats.opener import Opener
from viewer.reading.values import Reading
from viewer.study import Kind, Note, Study
from viewer.study.scale import with_full_scale

if TYPE_CHECKING:
    from viewer.reading.engine import Engine

MAX_FRAMES = 20  # of one file that are read


@dataclass(frozen=True, eq=False)
class Outcome:
    """What became of one file: its study and reading, or the error."""

    file: str
    study: Study | None = None
    reading: Reading | None = None
    error: LeadlightError | None = None


def items_of(path: Path) -> list[Item]:
    """Return what a path holds, folders and archives walked. Raises LeadlightError where that is nothing."""
    items = expand([path])
    if not items:
        raise FormatError("empty", f"{path.name} holds nothing to open", "name a study", path)
    return items


def name_of(item: Item) -> str:
    """Return an item's path, a member's behind that of its archive."""
    return str(item.path) if item.member is None else f"{item.path}/{item.member}"


@dataclass
class Batch:
    """Reads paths with one engine; ``progress`` is called with the file's name, the stage and the share done.

    ``full_scale_uv``: what a stored 1.0 is worth in uV in recordings without a unit, where a person says it.
    """

    device: str = "auto"
    kind: Kind | None = None
    models: Sequence[str] = ()
    progress: Callable[[str, str, float], None] = lambda name, stage, share: None
    full_scale_uv: float | None = None

    @cached_property
    def engine(self) -> "Engine":
        """The engine, made (and torch imported) when there is something to read."""
        from viewer.reading.engine import Engine

        return Engine(self.device)

    def run(self, paths: Sequence[Path]) -> Iterator[Outcome]:
        """Yield an outcome for each file in the order given, folders and archives walked, as soon as it is done."""
        with Opener() as opener:
            for path in paths:
                try:
                    items = items_of(path)
                except LeadlightError as error:
                    yield Outcome(str(path), error=error)
                    continue
                _ = self.engine  # made while the helper process starts
                for item in items:
                    yield self._one(opener, item)

    def _one(self, opener: Opener, item: Item) -> Outcome:
        file = name_of(item)
        try:
            self.progress(item.path.name, "opening", 0.0)
            study, reading = self._open_and_read(opener, item)
            frames = range(item.frame + 1, min(study.source.frames, MAX_FRAMES))
            further = [self._open_and_read(opener, replace(item, frame=frame))[1] for frame in frames]
            if study.source.frames > MAX_FRAMES:
                message = f"Only the first {MAX_FRAMES} of {study.source.frames} frames were read"
                reading = replace(reading, warnings=(*reading.warnings, Note("frames-not-read", message)))
            return Outcome(file, study, replace(reading, also=(*reading.also, *_flat(further))))
        except LeadlightError as error:
            return Outcome(file, error=error)
        except Exception as error:
            fault = f"It could not be read because of a fault in the program ({type(error).__name__}: {error})"
            return Outcome(file, error=LeadlightError("internal", fault, "report it with the file's format", item.path))

    def opened(self, opener: Opener, item: Item) -> Study:
        """Return an item's study, with the scale that the person gave."""
        study = opener.open(item)
        return study if self.full_scale_uv is None else with_full_scale(study, self.full_scale_uv)

    def _open_and_read(self, opener: Opener, item: Item) -> tuple[Study, Reading]:
        began = time.perf_counter()
        study = self.opened(opener, item)
        open_ms = round(1000 * (time.perf_counter() - began), 1)
        readings = [
            replace(self._read(study, model, item.path.name), open_ms=open_ms) for model in self.models or (None,)
        ]
        return study, replace(readings[0], also=tuple(readings[1:]))

    def _read(self, study: Study, model: str | None, name: str) -> Reading:
        def on_stage(stage: str, share: float) -> None:
            self.progress(name, stage, share)

        return self.engine.read(study, model_id=model, kind=self.kind, progress=on_stage)


def _flat(readings: list[Reading]) -> list[Reading]:
    return [part for reading in readings for part in (replace(reading, also=()), *reading.also)]
