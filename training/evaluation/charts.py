"""Confusion matrix, reliability diagram, ROC and a stretch of recording as drawings for HTML (SVG) and PDF alike."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from reportlab.graphics.shapes import Drawing, Line, PolyLine, Rect, String
from reportlab.lib.colors import Color, HexColor

from training.evaluation.data import TrueEvent
from viewer.reading.values import Event
from viewer.report.pdf_parts import BOLD, FONT, INK, QUIET, register_fonts

SIDE = 210.0
LEFT, BOTTOM = 34.0, 30.0  # room for the axes' words
COLOURS = (
    "#0072b2",
    "#d55e00",
    "#009e73",
    "#cc79a7",
    "#e69f00",
    "#56b4e9",
    "#6b6b6b",
    "#332288",
    "#882255",
    "#117733",
)  # Okabe & Ito: told by all eyes
GRID, BAR = HexColor("#d5dade"), HexColor("#7fa8c9")


def confusion_chart(columns: Sequence[str], labels: Sequence[str], rows: Sequence[Sequence[int]]) -> Drawing:
    """Draw counts with each row's shares: a row a true class, a column what was said."""
    register_fonts()
    cell_w, cell_h, left, top = 62.0, 34.0, 66.0, 34.0
    own = Drawing(left + cell_w * len(columns) + 2, top + cell_h * len(rows) + 2)
    own.add(_words(left + cell_w * len(columns) / 2, own.height - 10, "Said", 8, QUIET, "middle"))
    for c, name in enumerate(columns):
        own.add(_words(left + cell_w * (c + 0.5), own.height - 25, name, 8, INK, "middle", name in labels))
    for r, (label, counts) in enumerate(zip(labels, rows, strict=True)):
        y = own.height - top - cell_h * (r + 1)
        own.add(_words(left - 6, y + cell_h / 2 - 3, f"true {label}", 8, INK, "end", True))
        for c, count in enumerate(counts):
            share = count / max(1, sum(counts))
            right = c < len(labels) and columns[c] == label
            base = (0, 0.45, 0.7) if right else (0.84, 0.37, 0) if c < len(labels) else (0.45, 0.47, 0.5)
            fill = Color(*(1 - share * (1 - part) * 0.75 for part in base))
            own.add(Rect(left + cell_w * c, y, cell_w, cell_h, fillColor=fill, strokeColor=GRID, strokeWidth=0.5))
            own.add(_words(left + cell_w * (c + 0.5), y + cell_h / 2 + 1, str(count), 10, INK, "middle", right))
            own.add(_words(left + cell_w * (c + 0.5), y + 5, f"{share:.0%}", 7, INK, "middle"))
    return own


def reliability_chart(bins: Sequence[dict[str, float]], x_name: str, y_name: str) -> Drawing:
    """Draw what share is right against how sure the model was; on the diagonal it is as sure as it should be."""
    own = _axes(x_name, y_name)
    total = sum(b["count"] for b in bins)
    for b in bins:
        x, width = LEFT + SIDE * b["low"], SIDE * (b["high"] - b["low"])
        own.add(
            Rect(
                x + 1,
                BOTTOM,
                width - 2,
                SIDE * b["correct"],
                fillColor=BAR,
                strokeColor=HexColor("#4d7fa6"),
                strokeWidth=0.5,
            )
        )
        own.add(_words(x + width / 2, BOTTOM + 3, f"{b['count'] / total:.0%}", 5.5, INK, "middle"))
    own.add(_diagonal())
    for b in bins:
        x, y = LEFT + SIDE * b["confidence"], BOTTOM + SIDE * b["correct"]
        own.add(Rect(x - 1.8, y - 1.8, 3.6, 3.6, fillColor=HexColor("#d55e00"), strokeColor=None))
    return own


def roc_chart(curves: dict[str, dict[str, Any]]) -> Drawing:
    """Draw each class against the rest, with its operating point."""
    own = _axes("1 - specificity", "sensitivity")
    own.add(_diagonal())
    for n, (label, curve) in enumerate(curves.items()):
        colour = HexColor(COLOURS[n % len(COLOURS)])
        rates = zip(curve["false_positive_rate"], curve["true_positive_rate"], strict=True)
        points = [v for x, y in rates for v in (LEFT + SIDE * x, BOTTOM + SIDE * y)]
        own.add(PolyLine(points, strokeColor=colour, strokeWidth=1.4))
        x, y = curve["operating_point"]
        own.add(
            Rect(
                LEFT + SIDE * x - 2.5, BOTTOM + SIDE * y - 2.5, 5, 5, fillColor=colour, strokeColor=HexColor("#ffffff")
            )
        )
        if n < 14:
            at = BOTTOM + 12 + 10 * (min(len(curves), 14) - 1 - n)
            own.add(Rect(LEFT + SIDE - 98, at, 7, 7, fillColor=colour, strokeColor=None))
            own.add(_words(LEFT + SIDE - 87, at + 0.5, label, 7.5, INK))
    return own


def stretch_chart(
    samples: np.ndarray,
    rate_hz: float,
    start_s: float,
    found: Sequence[Event],
    true: Sequence[TrueEvent],
    classes: Sequence[str],
) -> Drawing:
    """Draw a stretch of one channel, negative up, true events above it and those found below, coloured by class."""
    register_fonts()
    width, height, left, tick = 520.0, 150.0, 30.0, 16.0
    bottom, top = tick + 4, height - 14 - tick - 4
    own = Drawing(width, height)
    own.add(Rect(left, 0, width - left, height - 14, fillColor=HexColor("#ffffff"), strokeColor=GRID, strokeWidth=0.5))
    length_s = len(samples) / rate_hz
    columns = np.array_split(-np.nan_to_num(np.asarray(samples, np.float64)), min(len(samples), 1000))
    pairs = ((c.min(), c.max()) if c.argmin() < c.argmax() else (c.max(), c.min()) for c in columns)
    values = np.array([v for pair in pairs for v in pair])
    low, high = float(values.min()), float(values.max())
    y = bottom + 4 + (values - low) / max(high - low, 1e-12) * (top - bottom - 8)
    points = [float(v) for pair in zip(np.linspace(left, width, len(y)), y, strict=True) for v in pair]
    own.add(PolyLine(points, strokeColor=HexColor(INK), strokeWidth=0.6))
    for row, name, events in ((top + 2, "true", true), (2, "found", found)):
        own.add(_words(left - 4, row + 5, name, 7, QUIET, "end"))
        for event in events:
            at = left + (event.time_s - start_s) / length_s * (width - left)
            if left <= at <= width:
                colour = HexColor(COLOURS[classes.index(event.label) % len(COLOURS)])
                own.add(Line(at, row, at, row + tick, strokeColor=colour, strokeWidth=1.6))
    for n, label in enumerate(classes):
        x = left + 60 * n
        own.add(Rect(x, height - 10, 7, 7, fillColor=HexColor(COLOURS[n % len(COLOURS)]), strokeColor=None))
        own.add(_words(x + 10, height - 9, label, 7, INK))
    own.add(_words(width, height - 9, f"{start_s:.2f}-{start_s + length_s:.2f} s, negative up", 7, QUIET, "end"))
    return own


def _axes(x_name: str, y_name: str) -> Drawing:
    register_fonts()
    own = Drawing(LEFT + SIDE + 8, BOTTOM + SIDE + 14)
    for tick in (0, 0.25, 0.5, 0.75, 1):
        at = SIDE * tick
        own.add(Line(LEFT + at, BOTTOM, LEFT + at, BOTTOM + SIDE, strokeColor=GRID, strokeWidth=0.5))
        own.add(Line(LEFT, BOTTOM + at, LEFT + SIDE, BOTTOM + at, strokeColor=GRID, strokeWidth=0.5))
        own.add(_words(LEFT + at, BOTTOM - 9, f"{tick:g}", 7, QUIET, "middle"))
        own.add(_words(LEFT - 4, BOTTOM + at - 2.5, f"{tick:g}", 7, QUIET, "end"))
    own.add(_words(LEFT + SIDE / 2, 6, x_name, 8, INK, "middle"))
    own.add(_words(2, BOTTOM + SIDE + 5, y_name, 8, INK))
    return own


def _diagonal() -> Line:
    return Line(
        LEFT, BOTTOM, LEFT + SIDE, BOTTOM + SIDE, strokeColor=HexColor(QUIET), strokeWidth=0.8, strokeDashArray=[3, 3]
    )


def _words(
    x: float, y: float, text: str, size: float, colour: str, anchor: str = "start", bold: bool = False
) -> String:
    return String(
        x, y, text, fontName=BOLD if bold else FONT, fontSize=size, fillColor=HexColor(colour), textAnchor=anchor
    )
