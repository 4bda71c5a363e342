"""What a network found in a recording, ready to be drawn: thousands of findings must not hold up a frame."""

from dataclasses import dataclass

import numpy as np

from viewer.reading.values import Reading, Span


@dataclass(frozen=True, eq=False)
class Found:
    """Findings in order of time; ``channels`` holds None where a finding is in all of them.

    ``chosen``: of the class that is explained (all events where none is).
    """

    start_s: np.ndarray
    end_s: np.ndarray
    chosen: np.ndarray
    labels: tuple[str, ...]
    scores: tuple[float, ...]
    channels: tuple[str | None, ...]

    def between(self, start_s: float, end_s: float) -> np.ndarray:
        """Return the indices of what reaches into a stretch of time."""
        return np.flatnonzero((self.end_s >= start_s) & (self.start_s <= end_s))


def found_in(reading: Reading | None, spans: tuple[Span, ...], label: str | None) -> Found:
    """Return the chosen class's spans and all events."""
    events = reading.events if reading else ()
    rows = [(s.start_s, s.end_s, True, label or "", s.score, s.channel) for s in spans]
    rows += [(e.start_s, e.end_s, label in (None, e.label), e.label, e.score, e.channel) for e in events]
    rows.sort(key=lambda row: row[0])
    start, end, chosen, labels, scores, channels = zip(*rows, strict=True) if rows else ((),) * 6
    return Found(np.array(start, float), np.array(end, float), np.array(chosen, bool), labels, scores, channels)
