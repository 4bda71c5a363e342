"""What is measured of a study as JSON (``leadlight.measurements/1``, ``measure/measurements.schema.json``) and as text.

For now of needle EMG recordings alone: each event's potential, and how each train fires with its averaged potential.
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

import viewer.measure
from viewer import NOT_A_DEVICE
from viewer.errors import LeadlightError
from viewer.formats import Item
from viewer.formats.opener import Opener
from viewer.measure import Potential, measure_clean, measure_potential, measure_train, without_interference
from viewer.reading.identify import overrule, settle_kind
from viewer.reading.json_form import error_to_json, head, model_json
from viewer.reading.trains import firing
from viewer.reading.values import Event, Reading
from viewer.reading.words import kind_name
from viewer.report.batch import Batch, items_of, name_of
from viewer.report.text import SAID_BY, printable
from viewer.study import Image, Kind, KindFrom, Note, Study, Waveform

SCHEMA = "leadlight.measurements/1"
SCHEMA_FILE = Path(viewer.measure.__file__).with_name("measurements.schema.json")
ECG = Note("ecg-not-measured", "ECG intervals and waves are not measured yet; this version measures EMG recordings.")
PICTURE = Note("picture-not-measured", "A picture is not measured; measuring needs a recording of the signal.")


@dataclass(frozen=True)
class Spot:
    """What a person wants measured: the potential at ``at_s``, or what lies between ``start_s`` and ``end_s``."""

    at_s: float | None = None
    start_s: float | None = None
    end_s: float | None = None


def measure_files(
    paths: Sequence[Path], batch: Batch, spots: Sequence[Spot] = (), channel: str | None = None
) -> Iterator[dict[str, Any]]:
    """Yield the measurements of each file in the order given, or what stands in their place where a file fails.

    Without ``spots`` the events are those of the reading; with them no network is asked. ``channel`` is a channel's
    name or its number from 1; by default all are measured.
    """
    if spots:
        yield from _by_hand(paths, batch, spots, channel)
        return
    for outcome in batch.run(paths):
        if outcome.study is None or outcome.reading is None:
            assert outcome.error is not None
            yield _failure(outcome.file, outcome.error)
            continue
        try:
            yield measurements(outcome.study, outcome.reading, channel)
        except LeadlightError as error:
            yield _failure(outcome.file, error)


def measurements(study: Study, reading: Reading, channel: str | None = None) -> dict[str, Any]:
    """Return the measurements of a reading's events and trains.

    Raises LeadlightError ``channel-missing`` where the recording has no such channel.
    """
    begins = head(SCHEMA, reading) | {"model": model_json(reading.model)}
    why = _not_measured(reading.kind, study)
    if why is not None:
        return begins | {"abstained": True, "events": [], "trains": [], "warnings": [asdict(why)]}
    names = [study.waveform.channels[i] for i in _channels(study.waveform, channel)]
    events = [event for event in reading.events if event.channel in names]
    numbers = {event.train for event in events}
    waveform = _clean(study.waveform, {event.channel for event in events})
    return begins | {
        "abstained": reading.abstained,
        "events": [_event(asdict(e), p) for e, p in zip(events, _potentials(waveform, events), strict=True)],
        "trains": [
            _train(asdict(t), waveform, [e for e in events if e.train == t.train])
            for t in reading.trains
            if t.train in numbers
        ],
        "warnings": [asdict(note) for note in reading.warnings],
    }


def _clean(waveform: Waveform, channels: set[str]) -> Waveform:
    """Return the recording, hum and drift taken away from some channels: all that is measured is measured on that."""
    rows = zip(waveform.channels, waveform.samples, strict=True)
    clean = [without_interference(row, waveform.rate_hz) if name in channels else row for name, row in rows]
    return replace(waveform, samples=np.stack(clean))


def _potentials(waveform: Waveform, events: Sequence[Event]) -> list[Potential | None]:
    """Measure each event of a clean recording between its neighbours of the same channel."""
    found = []
    for event in events:
        own = waveform.channels.index(event.channel)
        others = [e for e in events if e.channel == event.channel and e is not event]
        before = max((e.end_s for e in others if e.time_s < event.time_s), default=-np.inf)
        after = min((e.start_s for e in others if e.time_s > event.time_s), default=np.inf)
        bounds = min(before, event.start_s), max(after, event.end_s)
        found.append(measure_clean(waveform.samples[own], waveform.rate_hz, *bounds, event.time_s, waveform.units[own]))
    return found


def _event(event: dict[str, Any], potential: Potential | None) -> dict[str, Any]:
    return event | _numbers(potential)


def _numbers(potential: Potential | None) -> dict[str, Any]:
    names = ("amplitude_uv", "duration_ms", "rise_time_ms", "phases", "turns", "area_uv_ms", "first_phase")
    return {name: None if potential is None else _short(getattr(potential, name)) for name in names}


def _train(train: dict[str, Any], waveform: Waveform, events: Sequence[Event]) -> dict[str, Any]:
    """Return a train as the reading has it, how its intervals differ from one to the next, and its averaged potential.

    Rate, interval CV and slowing stay the reading's: of the intervals at which it fires. A pause is no interval of it,
    nor are two where a discharge was hidden by another unit's; the mean over all of them would call a fibrillation
    that pauses slow and irregular, and myokymia by how often its bursts come. The differences of consecutive intervals
    are of the same intervals.
    """
    own = waveform.channels.index(events[0].channel)
    times = np.array([e.time_s for e in events])
    fires = firing(times) if len(times) > 2 else None
    averaged = measure_train(waveform.samples[own], waveform.rate_hz, times, waveform.units[own], clean=True)
    return train | {
        "channel": events[0].channel,
        "consecutive_difference_ms": None if fires is None else _short(1000 * fires.consecutive / fires.rate_hz),
        "averaged": None if averaged is None else _numbers(averaged),
    }


def _short(value: Any) -> Any:
    return round(value, 4) if isinstance(value, float) else value


def _by_hand(
    paths: Sequence[Path], batch: Batch, spots: Sequence[Spot], channel: str | None
) -> Iterator[dict[str, Any]]:
    with Opener() as opener:
        for path in paths:
            try:
                items = items_of(path)
            except LeadlightError as error:
                yield _failure(str(path), error)
                continue
            for item in items:
                batch.progress(item.path.name, "opening", 0.0)
                yield _item_by_hand(opener, item, batch, spots, channel)


def _item_by_hand(
    opener: Opener, item: Item, batch: Batch, spots: Sequence[Spot], channel: str | None
) -> dict[str, Any]:
    file = name_of(item)
    try:
        study = _settled(batch.opened(opener, item), batch.kind)
        begins = {
            "schema": SCHEMA,
            "file": file,
            "sha256": study.source.sha256,
            "kind": str(study.kind),
            "kind_from": str(study.kind_from),
            "format": study.source.format,
            "frame": study.source.frame if study.source.frames > 1 else None,
            "model": None,
        }
        why = _not_measured(study.kind, study)
        if why is not None:
            return begins | {"abstained": True, "events": [], "trains": [], "warnings": [asdict(why)]}
        events, notes = _spots(study.waveform, spots, channel)
        warnings = [asdict(note) for note in (*study.notes, *notes)]
        return begins | {"abstained": False, "events": events, "trains": [], "warnings": warnings}
    except LeadlightError as error:
        return _failure(file, error)


def _settled(study: Study, kind: Kind | None) -> Study:
    """Return a study with its kind settled as a reading settles it; of a picture no network is asked."""
    if isinstance(study.content, Image):
        return study if kind is None else study.as_kind(kind, KindFrom.PERSON)
    settled = settle_kind(study, None)
    return settled if kind is None else overrule(study, settled, kind)


def _spots(waveform: Waveform, spots: Sequence[Spot], channel: str | None) -> tuple[list[dict[str, Any]], list[Note]]:
    events, notes = [], []
    for i in _channels(waveform, channel):
        for spot in spots:
            own = waveform.samples[i], waveform.rate_hz
            potential = measure_potential(*own, spot.start_s, spot.end_s, spot.at_s, waveform.units[i])
            where = f"At {spot.at_s:g} s" if spot.at_s is not None else f"From {spot.start_s:g} to {spot.end_s:g} s"
            if potential is None:
                message = f"{where} of {waveform.channels[i]} nothing stands out of the noise, or there is a gap."
                notes.append(Note("not-measured", message))
            event = {
                "label": None,
                "time_s": spot.at_s if potential is None else _short(potential.peak_s),
                "start_s": spot.start_s if potential is None else potential.onset_s,
                "end_s": spot.end_s if potential is None else potential.offset_s,
                "channel": waveform.channels[i],
                "score": None,
                "train": None,
            }
            events.append(_event(event, potential))
    return events, notes


def _channels(waveform: Waveform, channel: str | None) -> list[int]:
    names = waveform.channels
    if channel is None:
        return list(range(len(names)))
    if channel in names:
        return [names.index(channel)]
    if channel.isdigit() and 1 <= int(channel) <= len(names):
        return [int(channel) - 1]
    known = ", ".join(names)
    raise LeadlightError("channel-missing", f"The recording has no channel {channel!r}", f"it has: {known}")


def _not_measured(kind: Kind, study: Study) -> Note | None:
    if kind in (Kind.ECG_TRACE, Kind.ECG_IMAGE):
        return ECG
    return PICTURE if isinstance(study.content, Image) else None


def _failure(file: str, error: LeadlightError) -> dict[str, Any]:
    return error_to_json(file, error, SCHEMA)


def as_text(value: dict[str, Any]) -> str:
    """Return measurements as lines for people: an event a line, then the trains, then every warning."""
    said = SAID_BY[KindFrom(value["kind_from"])]
    lines = [f"{printable(value['file'])}: {kind_name(Kind(value['kind']))} ({said})"]
    if value["model"] is not None:
        state = "validated" if value["model"]["validated"] else "not validated"
        lines.append(f"  {value['model']['id']} {value['model']['version']}, {state}")
    if value["abstained"]:
        lines.append("  Not measured:")
    elif not value["events"]:
        lines.append("  No potentials were found")
    lines += [f"  {_event_line(event)}" for event in value["events"]]
    lines += [f"  {line}" for train in value["trains"] for line in _train_lines(train)]
    return "\n".join((*lines, *(f"  ! {printable(w['message'])}" for w in value["warnings"]), f"  {NOT_A_DEVICE}"))


def _event_line(event: dict[str, Any]) -> str:
    when = "" if event["time_s"] is None else f"{event['time_s']:9.4f} s  "
    label = "" if event["label"] is None else f"{event['label']} {event['score']:.2f}  "
    train = "" if event["train"] is None else f"  train {event['train']}"
    return f"{when}{printable(event['channel'])}  {label}{_words(event)}{train}"


def _train_lines(train: dict[str, Any]) -> list[str]:
    head = f"train {train['train']}: {train['label']}, {train['events']} at {train['rate_hz']:.1f}/s"
    head += f", interval CV {train['interval_cv']:.2f}"
    if train["slowing"] is not None:
        head += f", intervals {train['slowing']:+.0%} from beginning to end"
    return [head, *([f"  averaged: {_words(train['averaged'])}"] if train["averaged"] else [])]


def _words(numbers: dict[str, Any]) -> str:
    parts = (
        ("amplitude_uv", "{:.0f} uV"),
        ("duration_ms", "{:.1f} ms"),
        ("rise_time_ms", "rise {:.2f} ms"),
        ("phases", "phases {}"),
        ("turns", "turns {}"),
        ("first_phase", "first {}"),
    )
    words = [form.format(numbers[name]) for name, form in parts if numbers[name] is not None]
    return ", ".join(words) or "not measurable"
