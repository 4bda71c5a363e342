"""The engine: a study and a model in, a reading out. One thread uses it at a time."""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch
from torch import Tensor

from viewer.errors import BundleError, Cancelled, LeadlightError
from viewer.models.card import Card
from viewer.models.catalogue import cards_for, catalogue
from viewer.models.preprocessing import Extent, Prepared, prepare
from viewer.reading import findings as find
from viewer.reading.checks import check_study, conflicts, fits_content
from viewer.reading.curves import find_curves
from viewer.reading.device import choose_device, is_device_failure
from viewer.reading.emg_picture import PictureRead, concluded, read_emg_picture, sheet_panels, shows_traces, turned_back
from viewer.reading.gradcam import class_maps
from viewer.reading.identify import (
    ECG_DOUBTED_BELOW,
    EMG_ASSUMED_FROM,
    EMG_DOUBTED_BELOW,
    SHEET_DOUBTED_BELOW,
    KindOpinion,
    emg_words,
    overrule,
    settle_kind,
    votes_for,
)
from viewer.reading.lines import Written, find_lines
from viewer.reading.networks import LoadedNetworks, probabilities
from viewer.reading.recording import read_recording
from viewer.reading.scale import MOST_LINES, MOST_ON_SHEETS, TimeScale, read_scale, read_scales, screen_words
from viewer.reading.signals import Judge, joined_card, judge
from viewer.reading.spotting import spot
from viewer.reading.tilt import laid_level
from viewer.reading.values import ModelIdentity, Reading
from viewer.reading.waveforms import Found, Spot, TellCurves, find_waveforms, fine_view, look
from viewer.reading.words import kind_name
from viewer.reading.writing import Words
from viewer.study import Image, Kind, KindFrom, Note, Region, Study
from viewer.study.display import grey8

BATCH = 8  # inputs through a network at once; a reading can be cancelled between batches
PRECISION = "float32"
NOT_FINITE = Note("not-finite", "The network's output is not a number; the input is outside what it can read")
Progress = Callable[[str, float], None]
Answer = TypeVar("Answer")


class Engine:
    """Reads studies with the installed models on one device.

    Parameters
    ----------
    device : str
        ``auto``, ``cpu``, ``cuda`` or ``mps``.
    folders : sequence of Path, optional
        Where bundles are; the program's own and the person's by default.
    keep_bytes : int
        Weights kept in memory; beyond it the least recently used network is unloaded.

    Attributes
    ----------
    device, device_reason : str
        What the networks run on and why; both change when an accelerator fails and the CPU takes over.
    """

    def __init__(self, device: str = "auto", folders: Sequence[Path] | None = None, keep_bytes: int = 1 << 30) -> None:
        self.device, self.device_reason = choose_device(device)
        self.folders = folders
        self.networks = LoadedNetworks(keep_bytes)
        self._notes: list[Note] = []
        if device not in ("auto", self.device):
            self._note_fallback(f"{device} was asked for, but {self.device_reason}")

    def identify(self, study: Study, cancel: threading.Event | None = None) -> Study:
        """Return the study with its kind settled; what a person or the network has already said stands.

        Raises Cancelled, and BundleError where the kind network does not load.
        """
        if study.kind_from != KindFrom.FILE:
            return study
        return settle_kind(study, self._opinion(study, cancel))

    def read(
        self,
        study: Study,
        *,
        model_id: str | None = None,
        kind: Kind | None = None,
        region: Region | None = None,
        cancel: threading.Event | None = None,
        progress: Progress | None = None,
    ) -> Reading:
        """Read a study, or a marked ``region`` of it.

        Parameters
        ----------
        model_id : str, optional
            Which model; by default the first that reads the kind, validated ones before others.
        kind : Kind, optional
            What a person says it is; a contradiction is warned about, not refused.
        cancel : Event, optional
            Looked at between stages and between batches.
        progress : callable, optional
            Called with the stage's name and the share done, 0..1.

        Raises
        ------
        Cancelled
        BundleError
            Where the model is not there or does not load.
        LeadlightError
            Code ``memory`` where even the CPU's memory does not do.
        """
        job = _Job(cancel, progress)
        job.stage("kind", 0.0)
        study = self._settled(study, kind, cancel)
        card = self._card(study.kind, model_id)
        refusal = _unreadable(study, card)
        if card is None or refusal:
            return self._abstained(job, study, None, region, () if refusal is None else (refusal,))
        part = study if region is None else _cropped(study, region)
        job.stage("checks", 0.1)
        checks = check_study(part, card)
        if checks.refusals:
            return self._abstained(job, study, card, region, (*checks.refusals, *checks.notes))
        if card.preprocessing == "emg-trace":
            return self._recording(job, study, part, card, region, checks.notes)
        if study.kind == Kind.EMG_IMAGE:
            return self._emg_picture(job, study, part, card, region, checks.notes)
        job.stage("preparation", 0.2)
        prepared = prepare(card.preprocessing, card.preprocessing_arguments, _without_infinities(part))
        said = {note.code for note in (*study.notes, *prepared.notes)}
        notes = (*prepared.notes, *(note for note in checks.notes if note.code not in said))
        if prepared.refusal:
            return self._abstained(job, study, card, region, (prepared.refusal, *notes))
        logits, maps = self._run(card, prepared, job)
        if not np.isfinite(logits).all():
            return self._abstained(job, study, card, region, (NOT_FINITE, *notes))
        job.stage("findings", 0.95)
        extents = tuple(_shifted(extent, region) for extent in prepared.extents)
        return self._reading(job, study, card, region, notes, (logits, maps, extents))

    def _settled(self, study: Study, kind: Kind | None, cancel: threading.Event | None) -> Study:
        if kind is None:
            return self.identify(study, cancel)
        claimed = study if study.kind_from == KindFrom.FILE else study.as_kind(Kind.UNKNOWN, KindFrom.FILE)
        return overrule(study, settle_kind(claimed, self._opinion(claimed, cancel)), kind)

    def _opinion(self, study: Study, cancel: threading.Event | None) -> KindOpinion | None:
        if not isinstance(study.content, Image):
            return None
        card = next((c for c in catalogue(self.folders) if c.role == "kind"), None)
        if card is None:
            return None
        share = self._kind_shares(card, [study], cancel)[0]
        best = int(share.argmax())
        opinion = dict(zip(card.classes, share.tolist(), strict=True))
        if Kind(card.classes[best]) != Kind.EMG_IMAGE and share[best] < SHEET_DOUBTED_BELOW:
            panels = [replace(study, content=part) for part in sheet_panels(study.content, self._tell())]
            emg = card.classes.index(Kind.EMG_IMAGE) if Kind.EMG_IMAGE in card.classes else None
            if panels and emg is not None and votes_for(self._kind_shares(card, panels, cancel)[:, emg]):
                return KindOpinion(Kind.EMG_IMAGE, opinion)
        sure = Kind(card.classes[best]) if share[best] >= card.uncertain_below else Kind.UNKNOWN
        if sure == Kind.EMG_IMAGE and share[best] < EMG_DOUBTED_BELOW and not shows_traces(study.content, self._tell()):
            return KindOpinion(sure if self._emg_words(study, Kind.UNKNOWN) else Kind.UNKNOWN, opinion)
        if sure == Kind.UNKNOWN or (sure == Kind.ECG_IMAGE and share[best] < ECG_DOUBTED_BELOW):
            told = self._emg_words(study, sure)
            if told and shows_traces(study.content, self._tell()):
                return KindOpinion(Kind.EMG_IMAGE, opinion, assumed=True, words=told)
        if sure != Kind.UNKNOWN:
            return KindOpinion(sure, opinion)
        if (
            Kind(card.classes[best]) == Kind.EMG_IMAGE
            and share[best] >= EMG_ASSUMED_FROM
            and shows_traces(study.content, self._tell())
        ):
            return KindOpinion(Kind.EMG_IMAGE, opinion, assumed=True)
        return KindOpinion(Kind.UNKNOWN, opinion)

    def _emg_words(self, study: Study, taken_for: Kind) -> str:
        """Return the line on a picture that says it is needle EMG, empty where none does."""
        return emg_words([w.text for w in self._words(self._written(grey8(study.image)))], taken_for)

    def _kind_shares(self, card: Card, studies: Sequence[Study], cancel: threading.Event | None) -> np.ndarray:
        """Return each picture's probabilities of the kinds (pictures, kinds)."""
        prepared = [prepare(card.preprocessing, card.preprocessing_arguments, s) for s in studies]
        inputs = Prepared(torch.cat([p.inputs for p in prepared]), tuple(e for p in prepared for e in p.extents))
        logits, _ = self._run(card, inputs, _Job(cancel, None), want_maps=False)
        return probabilities(card, torch.from_numpy(logits)).numpy()

    def _card(self, kind: Kind, model_id: str | None) -> Card | None:
        cards = catalogue(self.folders)
        if model_id is None:
            return next(iter(cards_for(kind, cards)), None)
        for card in cards:
            if card.id == model_id and card.role == "read":
                return card
        known = ", ".join(c.id for c in cards if c.role == "read") or "none"
        raise BundleError("bundle-missing", f"There is no model {model_id!r} that reads studies", f"there are: {known}")

    def _run(
        self, card: Card, prepared: Prepared, job: "_Job", want_maps: bool = True
    ) -> tuple[np.ndarray, np.ndarray | None]:
        """Return the logits (batch, classes) and the raw maps (batch, classes, *grid), from one forward pass."""
        return self._on_device(lambda: self._forward(card, prepared.inputs, job, want_maps and card.maps_faithful))

    def _recording(
        self, job: "_Job", study: Study, part: Study, card: Card, region: Region | None, checked: tuple[Note, ...]
    ) -> Reading:
        """Read an EMG recording: its events and trains, and from these its findings."""
        start_s = 0.0 if region is None else max(0.0, region.start_s)
        said = frozenset(note.code for note in (*study.notes, *checked))
        job.stage("model", 0.2)
        read = self._on_device(
            lambda: read_recording(
                self.networks.get(card, self.device),
                _without_infinities(part),
                said,
                start_s,
                lambda share: job.stage("network", 0.2 + 0.75 * share),
            )
        )
        known = {note.code for note in study.notes}
        notes = (*read.notes, *(note for note in checked if note.code not in known))
        if read.refusal:
            return self._abstained(job, study, card, region, (read.refusal, *notes))
        reading = self._blank(job, study, card, region, (*study.notes, *_with_maps(card, notes)), abstained=False)
        return replace(
            reading,
            predicted=read.predicted,
            findings=read.findings,
            events=read.events,
            trains=read.trains,
            maps=read.maps,
        )

    def _emg_picture(
        self, job: "_Job", study: Study, part: Study, card: Card, region: Region | None, checked: tuple[Note, ...]
    ) -> Reading:
        """Read a picture of needle EMG: whole or panel by panel, and each waveform in it."""
        signals = self._signals(card)
        if region is None:
            part, written, tilt = laid_level(part, self._written)
        else:
            written, tilt = self._written(grey8(study.image)), None
        shown = grey8((study if region is not None else part).image)
        whole = look(shown, words=None if written is None else written.places, tell=self._tell())
        looked = whole if region is None else look(grey8(part.image), tell=whole.tell)

        def scales_of(found: Found, sheet: bool) -> list[TimeScale | None]:
            job.stage("scale", 0.35)
            if sheet and region is None:
                return read_scales(self._words(written, MOST_ON_SHEETS), whole, found)
            own = read_scale(self._words(written), whole, found if region is None else find_waveforms(shown, whole))
            return [own] * (len(found.panels) if sheet else 1)

        def read_it() -> PictureRead:
            bundle, spotter = self.networks.get(card, self.device), self._spotter()
            beside = None if signals is None else (self._judge(signals), signals.beside[card.id])
            read = read_emg_picture(bundle, part, self.device, job.stage, looked, scales_of, spotter, beside)
            return read if tilt is None else turned_back(read, tilt)

        read = self._on_device(read_it)
        if any(note.code == "scale-read" for note in read.notes):
            checked = tuple(note for note in checked if note.code != "scale-unknown")
        notes = (*checked, *read.notes)
        if read.refusal:
            return self._abstained(job, study, card, region, (read.refusal, *notes))
        if not np.isfinite(read.logits).all():
            return self._abstained(job, study, card, region, (NOT_FINITE, *notes))
        job.stage("findings", 0.95)
        card = card if signals is None else joined_card(card, signals.beside[card.id])
        extents = tuple(_shifted(extent, region) for extent in read.extents)
        reading = self._reading(job, study, card, region, notes, (read.logits, read.maps, extents))
        if signals is not None:
            reading = replace(reading, model=_identity(card, signals))
        x, y = (0, 0) if region is None else (max(0, round(region.x)), max(0, round(region.y)))
        return concluded(read, card, reading, x, y)

    def _written(self, shown: np.ndarray) -> Written | None:
        """Return where words stand on a picture, None where no model that finds them is installed."""
        card = self._helper("lines")
        if card is None:
            return None
        fine, zoom = fine_view(shown)
        return self._on_device(lambda: find_lines(self.networks.get(card, self.device), fine, self.device, zoom))

    def _words(self, written: Written | None, most: int = MOST_LINES) -> list[Words]:
        """Return the words on a screen; none where no model that reads them is installed."""
        card = self._helper("words")
        if card is None or written is None:
            return []
        return self._on_device(lambda: screen_words(self.networks.get(card, self.device), written, self.device, most))

    def _tell(self) -> TellCurves | None:
        """Return what tells curves from all else on a picture, where a model for that is installed."""
        card = self._helper("curves")
        if card is None:
            return None

        def tell(shown: np.ndarray) -> np.ndarray:
            return self._on_device(lambda: find_curves(self.networks.get(card, self.device), shown, self.device))

        return tell

    def _spotter(self) -> Spot | None:
        """Return what finds potentials on sweeps, where a model for that is installed."""
        card = self._helper("sweeps")
        return None if card is None else partial(spot, self.networks.get(card, self.device), device=self.device)

    def _signals(self, card: Card) -> Card | None:
        """Return the card of the model that judges sweeps beside this one, where it was weighed with these weights."""
        helpers = (c for c in catalogue(self.folders) if c.role == "signals" and card.id in c.beside)
        return next((c for c in helpers if c.beside[card.id].sha256 == card.weights_sha256), None)

    def _judge(self, card: Card) -> Judge:
        """Return what judges the sweeps of a picture."""
        return partial(judge, self.networks.get(card, self.device), device=self.device)

    def _helper(self, role: str) -> Card | None:
        """Return the card of a model that helps those that read."""
        return next((c for c in catalogue(self.folders) if c.role == role), None)

    def _on_device(self, work: Callable[[], Answer]) -> Answer:
        """Do work on the device; where an accelerator fails it is done again on the CPU."""
        while True:
            try:
                return work()
            except (RuntimeError, MemoryError) as error:
                if self.device != "cpu" and is_device_failure(error):
                    self._fall_back(error)
                elif isinstance(error, MemoryError) or is_device_failure(error) or "can't allocate" in str(error):
                    raise LeadlightError(
                        "memory", "There is not enough memory to read this", "close other programs or studies"
                    ) from error
                else:
                    raise

    def _forward(
        self, card: Card, inputs: Tensor, job: "_Job", want_maps: bool
    ) -> tuple[np.ndarray, np.ndarray | None]:
        job.stage("model", 0.3)
        network = self.networks.get(card, self.device).network
        logits, maps = [], []
        with torch.inference_mode():
            for first in range(0, len(inputs), BATCH):
                job.stage("network", 0.4 + 0.5 * first / len(inputs))
                features = network.features(inputs[first : first + BATCH].to(self.device))
                logits.append(network.head(features).float().cpu())
                if want_maps:
                    maps.append(class_maps(network, features).float().cpu())
        job.stage("network", 0.9)
        return torch.cat(logits).numpy(), torch.cat(maps).numpy() if want_maps else None

    def _fall_back(self, error: BaseException) -> None:
        self.networks.clear()
        cause = "ran out of memory" if "memory" in str(error).lower() else "failed"
        self._note_fallback(f"the GPU {cause}")
        self.device, self.device_reason = "cpu", f"the GPU {cause}"

    def _note_fallback(self, why: str) -> None:
        self._notes = [Note("device-fallback", f"Read on the CPU: {why}")]

    def _abstained(
        self, job: "_Job", study: Study, card: Card | None, region: Region | None, reasons: tuple[Note, ...]
    ) -> Reading:
        return self._blank(job, study, card, region, (*study.notes, *reasons), abstained=True)

    def _reading(
        self,
        job: "_Job",
        study: Study,
        card: Card,
        region: Region | None,
        notes: tuple[Note, ...],
        output: tuple[np.ndarray, np.ndarray | None, tuple[Extent, ...]],
    ) -> Reading:
        logits, raw_maps, extents = output
        shares = probabilities(card, torch.from_numpy(logits)).numpy()
        strengths = find.strongest(shares, card.classes)
        maps = () if raw_maps is None else find.heat_maps(card, study, raw_maps, extents, shares)
        found = find.findings(card, study, strengths, maps)
        notes = (*study.notes, *_with_maps(card, notes), *conflicts(found))
        reading = self._blank(job, study, card, region, notes, abstained=False)
        return replace(reading, predicted=find.predicted(card, strengths), findings=found, maps=maps)

    def _blank(
        self,
        job: "_Job",
        study: Study,
        card: Card | None,
        region: Region | None,
        warnings: tuple[Note, ...],
        abstained: bool,
    ) -> Reading:
        source = study.source
        return Reading(
            file=str(source.path) if source.member is None else f"{source.path}/{source.member}",
            sha256=source.sha256,
            kind=study.kind,
            kind_from=study.kind_from,
            format=source.format,
            frame=source.frame if source.frames > 1 else None,
            model=None if card is None else _identity(card),
            device=self.device,
            precision=PRECISION,
            abstained=abstained,
            exclusive=card is not None and card.exclusive,
            warnings=tuple(dict.fromkeys(_sentence(note) for note in (*warnings, *self._notes))),
            read_ms=job.elapsed_ms(),
            region=region,
        )


def _identity(card: Card, *beside: Card) -> ModelIdentity:
    others = tuple(_identity(other) for other in beside)
    return ModelIdentity(card.id, card.version, card.weights_sha256, card.validated, others)


@dataclass(frozen=True)
class _Job:
    cancel: threading.Event | None
    progress: Progress | None
    began: float = 0.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "began", time.perf_counter())

    def stage(self, name: str, share: float) -> None:
        if self.cancel is not None and self.cancel.is_set():
            raise Cancelled
        if self.progress is not None:
            self.progress(name, share)

    def elapsed_ms(self) -> float:
        return round(1000 * (time.perf_counter() - self.began), 1)


def _with_maps(card: Card, notes: tuple[Note, ...]) -> tuple[Note, ...]:
    """Return the notes, and why there are no heat maps where they are not shown."""
    if card.maps_faithful:
        return notes
    why = card.maps_note or "they did not prove faithful when they were measured"
    return (*notes, Note("maps-not-shown", f"Heat maps of {card.title} are not shown: {why}"))


def _unreadable(study: Study, card: Card | None) -> Note | None:
    """Return why no model reads this study, or None."""
    name = kind_name(study.kind)
    if study.kind == Kind.UNKNOWN:
        return Note("not-read", "It is not read: no model reads something else; give its kind if it was not recognised")
    if not fits_content(study):
        holds = "picture" if isinstance(study.content, Image) else "recording"
        return Note("kind-impossible", f"A {holds} cannot be read as {name}")
    if card is None:
        return Note("no-model", f"No installed model reads {name}")
    if study.kind not in card.reads:
        return Note("model-unsuitable", f"{card.title} does not read {name}")
    return None


def _cropped(study: Study, region: Region) -> Study:
    try:
        return region.crop(study)
    except ValueError as error:
        raise LeadlightError("region-too-small", str(error).capitalize(), "mark a larger part") from error


def _sentence(note: Note) -> Note:
    """Return a note whose message ends as a sentence does."""
    return note if note.message.endswith((".", "!", "?")) else replace(note, message=f"{note.message}.")


def _without_infinities(study: Study) -> Study:
    """Return the study with infinite samples made gaps."""
    if isinstance(study.content, Image) or not np.isinf(study.content.samples).any():
        return study
    samples = study.content.samples.copy()
    samples[np.isinf(samples)] = np.nan
    return replace(study, content=replace(study.content, samples=samples))


def _shifted(extent: Extent, region: Region | None) -> Extent:
    """Return an extent of the cropped study as one of the whole study."""
    if region is None:
        return extent
    x, y, start_s = max(0, round(region.x)), max(0, round(region.y)), max(0.0, region.start_s)
    return Extent(extent.x + x, extent.y + y, extent.w, extent.h, extent.start_s + start_s, extent.end_s + start_s)
