"""A reading as lines of plain text, for a terminal and for the clipboard."""

from collections import Counter

from viewer import NOT_A_DEVICE
from viewer.reading.values import Finding, Reading, Train
from viewer.reading.words import kind_name
from viewer.study import KindFrom

SAID_BY = {KindFrom.FILE: "the file says so", KindFrom.NETWORK: "by its look", KindFrom.PERSON: "as a person said"}
SPANS_SHOWN, TRAINS_SHOWN = 6, 12  # in lines of text
SLOWS = 0.2  # intervals so much longer at a train's end are worth a word


def as_text(reading: Reading) -> str:
    """Return the reading and its further readings: what was read, by which model, each class, every warning."""
    frame = "" if reading.frame is None else f" (frame {reading.frame + 1})"
    lines = [f"{printable(reading.file)}{frame}: {kind_name(reading.kind)} ({SAID_BY[reading.kind_from]})"]
    for one in (reading, *reading.also):
        if one is not reading and one.frame != reading.frame and one.frame is not None:
            lines.append(f"frame {one.frame + 1}: {kind_name(one.kind)}")
        lines += [f"  {line}" for line in _one(one)]
    return "\n".join((*lines, f"  {NOT_A_DEVICE}"))


def printable(text: str) -> str:
    """Return text safe to print: control characters and undecodable bytes as escapes."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def _one(reading: Reading) -> list[str]:
    lines = []
    if reading.model is not None:
        state = "validated" if reading.model.validated else "not validated"
        names = " with ".join(f"{m.id} {m.version}" for m in (reading.model, *reading.model.beside))
        lines.append(f"{names}, {state}, on {reading.device}")
    if reading.abstained:
        lines.append("Not read:")
    if reading.predicted is not None:
        lines.append(f"Most probable: {reading.predicted}")
    width = max((len(f.label) for f in reading.findings), default=0)
    lines += [_finding(f, width) for f in sorted(reading.findings, key=lambda f: -f.probability)]
    lines += _trains(reading)
    return lines + [f"! {note.message}" for note in reading.warnings]


def _trains(reading: Reading) -> list[str]:
    """Return how many events there are, and a line a train, the largest first."""
    if not reading.events and not reading.trains:
        return []
    counts = Counter(event.label for event in reading.events)
    told = ", ".join(f"{count} {label}" for label, count in counts.most_common())
    trains = sorted(reading.trains, key=lambda t: -t.events)
    lines = [f"{len(reading.events)} events ({told}), {len(trains)} trains"]
    lines += [f"  train {train.train}: {train_in_words(train)}" for train in trains[:TRAINS_SHOWN]]
    return lines + ([f"  and {len(trains) - TRAINS_SHOWN} smaller trains"] if len(trains) > TRAINS_SHOWN else [])


def train_in_words(train: Train) -> str:
    """Return a train's class, number, rate, regularity and whether it slows."""
    rate = f"{train.label}, {train.events} at {train.rate_hz:.1f}/s, interval CV {train.interval_cv:.2f}"
    slows = train.slowing is not None and train.slowing >= SLOWS
    return rate + (f", intervals {train.slowing:+.0%} towards the end" if slows else "")


def _finding(finding: Finding, width: int) -> str:
    mark = "+" if finding.positive else " "
    shares = f"{finding.probability:6.1%}  (operating point {finding.threshold:.1%})"
    places = [f"box {b.x:.0f},{b.y:.0f} {b.w:.0f}x{b.h:.0f}" for b in finding.boxes]
    places += [f"{s.start_s:.2f}-{s.end_s:.2f} s" for s in finding.spans[:SPANS_SHOWN]]
    places += [f"and {len(finding.spans) - SPANS_SHOWN} more"] if len(finding.spans) > SPANS_SHOWN else []
    return f"{mark} {finding.label:<{width}} {shares}" + ("".join(f"  {p}" for p in places))
