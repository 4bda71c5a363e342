"""A whole EMG recording: each channel read by itself, then what that makes of the recording."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from viewer.models.bundle import ModelBundle
from viewer.models.card import Card
from viewer.models.networks.trace_events import TraceEvents
from viewer.reading.checks_emg import UV
from viewer.reading.events import Channel, named, read_channel, window_probabilities
from viewer.reading.findings import predicted
from viewer.reading.values import Event, Finding, HeatMap, Span, Train
from viewer.study import Note, Study, Waveform

# no class is sure where this was noticed
DOUBTED = ("clipped", "polarity-doubted", "scale-unknown", "scale-implausible", "rate-assumed")
# Fibrillations and positive sharp waves stay under 1 mV (Kraft 1990), monopolar ones under twice that; and some room
SPONTANEOUS_UV = 3000.0
UPSIDE_DOWN = 0.3  # share of the events that look so, over which the polarity is doubted
LEAST_SCORE = 0.5  # of an event outside trains that is pointed at
MOST_SPANS = 300  # a class
Timed = TypeVar("Timed", Event, Span)


@dataclass(frozen=True, eq=False)
class RecordingRead:
    """What a recording holds; ``refusal`` where there is nothing to read in it."""

    findings: tuple[Finding, ...] = ()
    predicted: str | None = None
    events: tuple[Event, ...] = ()
    trains: tuple[Train, ...] = ()
    notes: tuple[Note, ...] = ()
    maps: tuple[HeatMap, ...] = ()
    refusal: Note | None = None


def read_recording(
    bundle: ModelBundle, study: Study, said: frozenset[str], start_s: float, step: Callable[[float], None]
) -> RecordingRead:
    """Read every channel of a recording.

    Parameters
    ----------
    said : set of str
        Codes of what was noticed before: some leave no class sure.
    start_s : float
        Where the study begins in the recording it was cut from; all times are the whole recording's.
    step : callable
        Called with the share done before each piece; it may raise to stop.
    """
    card, network, wave = bundle.card, bundle.network, study.waveform
    assert isinstance(network, TraceEvents)
    count = len(wave.channels)
    read = []
    for i in range(count):
        read.append(read_channel(network, wave, i, lambda share, i=i: step((i + share) / count), card.maps_faithful))  # type: ignore[misc]
    notes = _notes(wave, read)
    if not any(len(c.found) for c in read):
        nothing = Note("no-event", "No potential stands out of the baseline: there is nothing to name")
        return RecordingRead(notes=notes, refusal=nothing)
    events: list[Event] = []
    trains: list[Train] = []
    for name, channel in zip(wave.channels, read, strict=True):
        own, units = named(channel, name, card.classes, len(trains) + 1)
        events += own
        trains += units
    notes += _oversized(wave, events, card.classes[-1])
    doubted = bool({*said, *(n.code for n in notes)} & set(DOUBTED))
    shares = np.concatenate([window_probabilities(network, c.numbers) for c in read if len(c.windows)])
    found, best = _findings(card, shares, events, trains, doubted)
    return RecordingRead(
        tuple(replace(f, spans=tuple(_later(s, start_s) for s in f.spans)) for f in found),
        best,
        tuple(_later(e, start_s) for e in sorted(events, key=lambda e: e.time_s)),
        tuple(trains),
        notes,
        _maps(card, read, start_s, wave.duration_s) if card.maps_faithful else (),
    )


def _notes(wave: Waveform, read: list[Channel]) -> tuple[Note, ...]:
    notes = []
    if len(wave.channels) > 1:
        names = ", ".join(wave.channels[:8]) + (" ..." if len(wave.channels) > 8 else "")
        notes.append(Note("several-channels", f"There are {len(wave.channels)} channels, each read by itself: {names}"))
    hum = sorted({c.hum_hz for c in read if c.hum_hz})
    if hum:
        which = " and ".join(f"{h:g}" for h in hum)
        notes.append(Note("mains", f"Mains hum of {which} Hz was taken away before reading"))
    shares = np.concatenate([np.exp(c.found.told[:, -1]) for c in read])
    if shares.size and shares.mean() > UPSIDE_DOWN:
        message = "Waveforms look like positive sharp waves upside down; the polarity may be the wrong way round"
        notes.append(Note("polarity-doubted", message))
    return tuple(notes)


def _oversized(wave: Waveform, events: list[Event], rest: str) -> tuple[Note, ...]:
    """Return a note where what is called a denervated fibre's potential (not ``rest``) is larger than any of these."""
    sizes = []
    for event in (e for e in events if e.label != rest):
        row = wave.channels.index(event.channel)
        part = wave.samples[row, round(event.start_s * wave.rate_hz) : round(event.end_s * wave.rate_hz) + 1]
        if wave.units[row] in UV and np.isfinite(part).any():
            sizes.append(UV[wave.units[row]] * float(np.nanmax(part) - np.nanmin(part)))
    if not sizes or float(np.median(sizes)) <= SPONTANEOUS_UV:
        return ()
    usual = f"{np.median(sizes) / 1000:.3g} mV"
    message = f"The potentials found are {usual} large, those of denervated fibres stay under 1 mV; is the scale wrong?"
    return (Note("scale-implausible", message),)


def _findings(
    card: Card, shares: np.ndarray, events: list[Event], trains: list[Train], doubted: bool
) -> tuple[list[Finding], str | None]:
    """Return each class's highest window probability, and the class that holds of the recording.

    The last class (Others) says that none of the others is there: it holds of a recording only as far as it does in
    the window where that is least true.
    """
    highest, settled = shares.max(0), shares.max(0)
    settled[-1] = shares[:, -1].min()
    if doubted:
        level = min(card.uncertain_below, *card.operating_points.values()) - 0.01
        highest, settled = np.minimum(highest, level), np.minimum(settled, level)
    found = []
    for c, label in enumerate(card.classes):
        probability = round(float(np.clip(highest[c], 0, 1)), 6)
        spans = _spans(label, events, trains)
        found.append(Finding(label, probability, card.operating_points[label], spans=spans))
    return found, predicted(card, settled)


def _spans(label: str, events: list[Event], trains: list[Train]) -> tuple[Span, ...]:
    """Return where a class's trains last from first to last event, and its sure events outside trains; by time."""
    bounds: dict[int, tuple[float, float]] = {}
    spans = []
    for e in events:
        if e.train is not None:
            start, end = bounds.get(e.train, (e.start_s, e.end_s))
            bounds[e.train] = min(start, e.start_s), max(end, e.end_s)
        elif e.label == label and e.score >= LEAST_SCORE:
            spans.append(Span(e.channel, e.start_s, e.end_s, e.score))
    spans = sorted(spans, key=lambda s: -s.score)[:MOST_SPANS]
    spans += [Span(t.channel, *bounds[t.train], t.score) for t in trains if t.label == label]
    return tuple(sorted(spans, key=lambda s: s.start_s))


def _later(one: Timed, by_s: float) -> Timed:
    if not by_s:
        return one
    names = ("time_s", "start_s", "end_s") if isinstance(one, Event) else ("start_s", "end_s")
    return replace(one, **{name: round(getattr(one, name) + by_s, 6) for name in names})


def _maps(card: Card, read: list[Channel], start_s: float, duration_s: float) -> tuple[HeatMap, ...]:
    """Return a map a class over time: the highest of the channels."""
    laid = np.max([c.maps for c in read if c.maps is not None], axis=0)
    return tuple(
        HeatMap(label, laid[i], start_s=start_s, end_s=start_s + duration_s) for i, label in enumerate(card.classes)
    )
