"""What is open and what is to be done with it: the window's state and its two lanes of work, no widgets."""

import threading
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from viewer.errors import Cancelled
from viewer.reading.values import Reading
from viewer.study import Kind, Region, Source, Study
from viewer.study.scale import scale_given, scale_missing
from viewer.ui.entry import Entry, first_label
from viewer.ui.lane import Job, Lane, Progress
from viewer.ui.scales import Scales, of_one_folder
from viewer.ui.text import error_sentence, tr
from viewer.ui.tools import engine_tool, opener_tool, with_thumbnail

if TYPE_CHECKING:
    from viewer.formats import Item
    from viewer.models.card import Card

STUDY_BUDGET_BYTES = 768 << 20  # opened studies kept in memory; the rest are opened again when they are looked at


class Desk(QObject):
    """The open studies, opened one by one in one thread and read one by one in another.

    Two lanes, so that a film is seen while torch is still being imported or another study is being read. The selected
    study goes first everywhere; a job for another one gives way to it.
    """

    added = Signal(list)
    removed = Signal(list)
    changed = Signal(object)
    running = Signal(str, str, float)
    idle = Signal()
    said = Signal(str)
    engine_ready = Signal(str, str, list)

    def __init__(
        self,
        opener: Callable[[], AbstractContextManager[Any]] = opener_tool,
        engine: Callable[[], AbstractContextManager[Any]] = engine_tool,
    ) -> None:
        super().__init__()
        self.entries: list[Entry] = []
        self.selected: Entry | None = None
        self.beside: Entry | None = None
        self.cards: list[Card] = []
        self.scales = Scales()
        self._count = 0
        self._recent: list[Entry] = []
        self._opening: Entry | None = None
        self._reading: Entry | None = None
        self._pending = 0
        self._has_room = True
        self._engine: Any = None
        self._device = ""
        self._closed = False
        self.files = Lane("files", opener)
        self.readings = Lane("readings", engine)
        for lane in (self.files, self.readings):
            lane.progressed.connect(self._progressed)
            lane.ended.connect(self._ended)
            lane.started_job.connect(self._started)
        self.readings.ready.connect(self._learn_engine)

    def start(self) -> None:
        """Start both threads (once the window shows): torch's is the second.

        While the linker loads torch's libraries (0.3-0.6 s) every other library has to wait, and whoever imports one
        then waits with the interpreter's lock in hand: the window would stand still. So what files need is imported
        before.
        """
        if self._closed:
            return
        self.files.ready.connect(lambda _opener: None if self._closed else self.readings.start())
        self.files.start()

    def close(self) -> None:
        """Stop both threads; nothing is told afterwards."""
        self._closed = True
        for lane in (self.files, self.readings):
            lane.blockSignals(True)
            lane.stop()

    # what a person asks for

    def add(self, paths: Iterable[Path]) -> None:
        """Open files and folders."""
        wanted = [Path(p) for p in paths]
        if not wanted:
            return

        def expand(_opener: Any, cancel: threading.Event, progress: Progress) -> list["Item"]:
            from viewer.formats import expand as expand_paths

            items = []
            for item in expand_paths(wanted):
                if cancel.is_set():
                    raise Cancelled
                items.append(item)
                progress(tr("Looking for studies"), 0.0)
            return items

        self._side_job(self.files, tr("Looking for studies"), expand, self._take_items)

    def add_made(self, make: Callable[[], Study]) -> None:
        """Add a study that has no file (a pasted picture); ``make`` is called in the lane of files."""
        self._side_job(self.files, tr("Opening"), lambda *_: with_thumbnail(make()), self._take_made)

    def add_items(self, items: list["Item"]) -> list[Entry]:
        """Add entries for items that are known; those already open are not added twice. Returns all their entries."""
        known = {e.item: e for e in self.entries if e.item is not None and e.twin_of is None}
        fresh = []
        for item in items:
            if item not in known:
                known[item] = Entry(item, self._number(), title=item.member or item.path.name)
                fresh.append(known[item])
        self.entries += fresh
        if fresh:
            self.added.emit(fresh)
        self._feed()
        return [known[item] for item in items]

    def remove(self, entries: list[Entry]) -> None:
        """Close studies."""
        for entry in entries:
            if entry in (self._opening, self._reading):
                self.files.cancel(entry)
                self.readings.cancel(entry)
        gone = set(map(id, entries))
        self.entries = [e for e in self.entries if id(e) not in gone]
        self._recent = [e for e in self._recent if id(e) not in gone]
        if self.selected in entries:
            self.selected = None
        if self.beside in entries:
            self.beside = None
        self.removed.emit(list(entries))
        self._feed()

    def select(self, entry: Entry | None) -> None:
        """Make an entry the one that is looked at: it goes first."""
        self.selected = entry
        if entry in self._recent:
            self._recent.remove(entry)
            self._recent.append(entry)
        self._feed()

    def show_beside(self, entry: Entry | None) -> None:
        """Keep another entry open beside the selected one."""
        self.beside = entry
        self._feed()

    def add_twin(self, entry: Entry, model_id: str) -> Entry:
        """Add an opened entry once more, to be read by another model."""
        return self._take_in(entry.twin(model_id, self._number()))

    def overrule(self, entry: Entry, kind: Kind | None) -> None:
        """Read an entry as another kind (None: as it finds itself)."""
        entry.kind, entry.model_id = kind, None
        self.reread(entry)

    def choose_model(self, entry: Entry, model_id: str | None) -> None:
        """Read an entry with another model."""
        entry.model_id = model_id
        self.reread(entry)

    def give_scale(self, entry: Entry, full_scale_uv: float, for_folder: bool) -> None:
        """Open an entry again with a scale that a person gave, and read it again; its folder's open files likewise."""
        if entry.study is None or entry.item is None:
            return
        source, again = entry.study.source, [entry]
        if for_folder:
            self.scales.remember(source, full_scale_uv)
            again += [e for e in self.entries if e is not entry and _takes_scale(e, source)]
        else:
            self.scales.forget(source)
        for one in again:
            one.full_scale_uv, one.study = full_scale_uv, None
            self.reread(one)

    def reread(self, entry: Entry) -> None:
        """Read again, or open again what failed."""
        entry.error, entry.stopped = "", False
        entry.reading = entry.regional = entry.region = entry.further = None
        entry.asked += 1
        self.readings.cancel(entry)
        self._tell(entry)

    def mark(self, entry: Entry, region: Region | None) -> None:
        """Read a part by itself; None goes back to the whole."""
        entry.region, entry.regional, entry.further = region, None, None
        self.readings.cancel((entry, "region"))
        self._tell(entry)

    def turn(self, entry: Entry, frame: int) -> None:
        """Show another frame of the same file."""
        self.files.cancel(entry)
        self.readings.cancel(entry)
        entry.asked += 1
        entry.at_frame(frame)
        self._tell(entry)

    def cancel(self) -> None:
        """Stop what is running now."""
        for lane, entry in ((self.files, self._opening), (self.readings, self._reading)):
            if entry is not None:
                entry.stopped = True
            lane.cancel()

    def cancel_all(self) -> None:
        """Stop what is running and what is waiting."""
        for entry in self.entries:
            if entry.reading is None and not entry.error:
                entry.stopped = True
                self.changed.emit(entry)
        self.cancel()

    def task(self, title: str, work: Callable[[Progress], Any], done: Callable[[Any], None]) -> None:
        """Do something else in the lane of files (write a report, a session), then call ``done`` with its result."""
        self._side_job(self.files, title, lambda _tool, _cancel, progress: work(progress), done)

    def quiet_task(self, work: Callable[[], Any]) -> None:
        """Do something small in the lane of files without showing it."""
        self._submit(self.files, Job(object(), "", lambda *_: work(), lambda _done: None))

    @property
    def busy(self) -> bool:
        """Whether anything is running or about to."""
        return self._pending > 0

    # scheduling

    def _feed(self) -> None:
        """Give each free lane its next job; make the lanes give way to what is looked at."""
        if self._closed:
            return
        self._has_room = sum(e.bytes for e in self.entries if self._to_read(e)) < STUDY_BUDGET_BYTES // 2
        if self._opening is None and (entry := self._first(self._to_open)) is not None:
            self._open(entry)
        elif self._opening is not None and self._must_give_way(self._opening, self._to_open):
            self.files.cancel(self._opening)
        if self._reading is None and (entry := self._first(self._to_read)) is not None:
            self._read(entry)
        if not self.busy:
            self._trim()
            self.idle.emit()

    def _first(self, wanted: Callable[[Entry], bool]) -> Entry | None:
        looked_at = [e for e in (self.selected, self.beside) if e is not None]
        return next((e for e in (*looked_at, *self.entries) if wanted(e)), None)

    def _must_give_way(self, running: Entry, wanted: Callable[[Entry], bool]) -> bool:
        looked_at = (self.selected, self.beside)
        return running not in looked_at and any(e is not None and wanted(e) for e in looked_at)

    def _to_open(self, entry: Entry) -> bool:
        if entry.study is not None or entry.error or entry.item is None:
            return False
        if entry in (self.selected, self.beside):
            return True
        return self._has_room and not entry.stopped and entry.reading is None

    def _to_read(self, entry: Entry) -> bool:
        if entry.study is None or entry.stopped or entry.error:
            return False
        return entry.reading is None or (entry.region is not None and entry.regional is None)

    def _open(self, entry: Entry) -> None:
        item = entry.item
        self._opening = entry
        entry.busy = True
        self._submit(
            self.files,
            Job(
                entry,
                entry.title,
                lambda opener, cancel, _p: (
                    item,
                    *with_thumbnail(self.scales.applied(opener.open(item, cancel), entry.full_scale_uv)),
                ),
                self._take_study,
            ),
        )
        self.changed.emit(entry)

    def _read(self, entry: Entry) -> None:
        study, asked, region = entry.as_opened(), entry.asked, entry.region if entry.reading is not None else None
        arguments = {"model_id": entry.model_id, "kind": entry.kind, "region": region}

        def work(engine: Any, cancel: threading.Event, progress: Progress) -> tuple[int, Region | None, Reading]:
            return asked, region, engine.read(study, **arguments, cancel=cancel, progress=progress)

        self._reading = entry
        entry.busy = True
        key: object = (entry, "region") if region is not None else entry
        self._submit(self.readings, Job(key, entry.title, work, self._take_reading))
        self.changed.emit(entry)

    def _side_job(self, lane: Lane, title: str, work: Callable[..., Any], done: Callable[[Any], None]) -> None:
        self._submit(lane, Job(object(), title, work, done))

    def _submit(self, lane: Lane, job: Job) -> None:
        self._pending += 1
        lane.submit(job)

    # answers

    def _started(self, job: Job) -> None:
        if job.title:
            self.running.emit(job.title, "", 0.0)

    def _progressed(self, job: Job, stage: str, fraction: float) -> None:
        self.running.emit(job.title, stage, fraction)

    def _ended(self, job: Job, result: Any, error: Exception | None) -> None:
        self._pending -= 1
        if job.about == self._take_study:
            entry, self._opening = self._opening, None
        elif job.about == self._take_reading:
            entry, self._reading = self._reading, None
        else:
            entry = None
        if entry is not None:
            entry.busy = False
        if error is None:
            job.about(entry, result) if entry is not None else job.about(result)
        elif isinstance(error, Cancelled):
            pass
        elif entry is None:
            self.said.emit(error_sentence(error))
        elif job.about == self._take_reading and job.key != entry:
            entry.region = None
            self.said.emit(error_sentence(error))
        else:
            entry.error = error_sentence(error)
        if entry is not None and any(e is entry for e in self.entries):
            self.changed.emit(entry)
        self._feed()

    def _take_items(self, items: list["Item"]) -> None:
        entries = self.add_items(items)
        if not entries:
            self.said.emit(tr("Nothing in there can be opened; README's table says which files can."))

    def _take_made(self, made: tuple[Study, Any]) -> None:
        study, picture = made
        entry = Entry(None, self._number(), thumbnail=picture)
        entry.take(study)
        self._take_in(entry)

    def _take_in(self, entry: Entry) -> Entry:
        self.entries.append(entry)
        self.added.emit([entry])
        self._feed()
        return entry

    def _take_study(self, entry: Entry, opened: "tuple[Item, Study, Any]") -> None:
        item, study, picture = opened
        if item is not entry.item:
            return  # another frame was asked for meanwhile
        entry.take(study)
        entry.thumbnail = picture
        self._recent = [e for e in self._recent if e is not entry] + [entry]
        self._trim()

    def _take_reading(self, entry: Entry, answer: tuple[int, Region | None, Reading]) -> None:
        asked, region, reading = answer
        self._tell_device()
        if asked != entry.asked:
            return
        if region is not None:
            if region is entry.region:
                entry.regional = reading
            return
        entry.reading, entry.shown_kind = reading, reading.kind
        if entry.study is not None and entry.study.kind != reading.kind:
            entry.study = entry.study.as_kind(reading.kind, reading.kind_from)
        if entry.label != "" and entry.label not in {f.label for f in reading.findings}:
            entry.label = first_label(reading)

    def _learn_engine(self, engine: Any) -> None:
        self._engine = engine
        if engine is None:
            self.engine_ready.emit("", tr("The networks could not be started; studies can be looked at, not read."), [])
            return

        def look(_engine: Any, _cancel: threading.Event, _progress: Progress) -> list["Card"]:
            from viewer.models.catalogue import catalogue

            return catalogue()

        def learn(cards: list["Card"]) -> None:
            self.cards = cards
            self._tell_device()

        self._side_job(self.readings, tr("Looking for models"), look, learn)

    def _tell_device(self) -> None:
        """Say where the networks run: at the start, and when a failing GPU hands over to the CPU."""
        if self._engine is not None and self._engine.device != self._device:
            self._device = self._engine.device
            self.engine_ready.emit(self._device, self._engine.device_reason, self.cards)

    def _tell(self, entry: Entry) -> None:
        self.changed.emit(entry)
        self._feed()

    def _trim(self) -> None:
        """Drop the studies looked at longest ago until the rest fit the budget; pasted ones have no file to reopen."""
        held = sum(e.bytes for e in self.entries)
        for entry in list(self._recent):
            if held <= STUDY_BUDGET_BYTES:
                return
            if entry not in (self.selected, self.beside) and not self._to_read(entry) and entry is not self._reading:
                held -= entry.bytes
                entry.study = None
                self._recent.remove(entry)

    def _number(self) -> int:
        self._count += 1
        return self._count


def _takes_scale(entry: Entry, source: Source) -> bool:
    """Whether a file that was opened has the scale that is given to the files of another one's folder."""
    study, reading = entry.study, entry.reading
    file_format = study.source.format if study is not None else reading.format if reading is not None else None
    if entry.item is None or file_format is None or not of_one_folder(source, file_format, entry.item.path):
        return False
    return study is None or scale_missing(study) or scale_given(study)
