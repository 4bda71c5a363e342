"""A reading's trains as a table of a report."""

from typing import Any

from reportlab.lib.colors import HexColor
from reportlab.lib.units import mm
from reportlab.platypus import Table

from viewer.reading.values import Reading, Train
from viewer.report.pdf_parts import QUIET, paragraph
from viewer.report.text import TRAINS_SHOWN

HEAD = ("Train", "Class", "Score", "Events", "Rate (1/s)", "Interval CV", "Slowing", "Channel")


def trains_table(reading: Reading) -> list[Any]:
    """Return the table, the largest trains first, and a line on how many events there are."""
    trains = sorted(reading.trains, key=lambda t: -t.events)
    alone = sum(event.train is None for event in reading.events)
    more = f"; {len(trains) - TRAINS_SHOWN} smaller trains are not listed" if len(trains) > TRAINS_SHOWN else ""
    line = f"{len(reading.events)} events, {alone} of them in no train{more}"
    if not trains:
        return [paragraph(line, 8, colour=QUIET)]
    rows = [[paragraph(t, 7.5, colour=QUIET) for t in HEAD], *(_row(t) for t in trains[:TRAINS_SHOWN])]
    rule = ("LINEBELOW", (0, 0), (-1, -1), 0.3, HexColor("#d5dade"))
    tight = [("TOPPADDING", (0, 0), (-1, -1), 1), ("BOTTOMPADDING", (0, 0), (-1, -1), 1)]
    widths = [w * mm for w in (14, 24, 16, 18, 24, 24, 22, 38)]
    table = Table(rows, widths, style=[("LEFTPADDING", (0, 0), (-1, -1), 0), rule, *tight], hAlign="LEFT", repeatRows=1)
    return [table, paragraph(line, 7.5, colour=QUIET, space=2)]


def _row(train: Train) -> list[Any]:
    slowing = "" if train.slowing is None else f"{train.slowing:+.0%}"
    cells = (
        str(train.train),
        train.label,
        f"{train.score:.2f}",
        str(train.events),
        f"{train.rate_hz:.1f}",
        f"{train.interval_cv:.2f}",
        slowing,
        train.channel,
    )
    return [paragraph(cell, 8) for cell in cells]
