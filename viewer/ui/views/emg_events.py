"""Events and trains drawn over EMG sweeps and in the overview bar, each class in its colour and with its letter."""

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainter, QPen

from viewer.ui.views.corners import plate
from viewer.ui.views.found import Found
from viewer.ui.views.overview import Row
from viewer.ui.views.palette import class_colour
from viewer.ui.views.sweeps import Sweep

if TYPE_CHECKING:
    from viewer.ui.views.emg_view import EmgSweepView

_MOST_LETTERS = 120
_ROOM_PX = 13
"""Marks nearer to each other than this are ticks without a letter."""
TICK_PX = 7


def letter(label: str) -> str:
    """Return what a class is marked with: its first letter."""
    return label[:1].upper()


def marks_y(view: "EmgSweepView", sweep: Sweep) -> float:
    """Return where the marks of events begin; their letters and labels stand above, they reach ``TICK_PX`` down."""
    return view.zero_y(sweep) - view.screen_rect.height() / sweep.rows * 0.38


def paint_events(painter: QPainter, view: "EmgSweepView") -> None:
    """Draw what was found: the chosen class's spans as brackets, events as marks; other classes than it faintly."""
    if view.reading is None or (view.mode == "trigger" and view.superimposed):
        return
    found = view.found
    for sweep in view.sweeps():
        name = view.waveform.channels[sweep.channel]
        inside = found.between(sweep.start_s, sweep.start_s + view.sweep_s)
        inside = inside[found.on_channel(name)[inside]]
        events = inside[found.is_event[inside]]
        for i in inside[~found.is_event[inside]].tolist():
            words = f"{found.labels[i]} {found.scores[i]:.2f}"
            _bracket(painter, view, sweep, (found.start_s[i], found.end_s[i]), words)
        if events.size:
            _marks(painter, view, sweep, events)


def _marks(painter: QPainter, view: "EmgSweepView", sweep: Sweep, events: np.ndarray) -> None:
    area, found = view.screen_rect, view.found
    xs = np.asarray(view.x_of(sweep, found.time_s[events]))
    inside = (xs >= area.left()) & (xs <= area.right())
    events, xs = events[inside], xs[inside]
    if not events.size:
        return
    y = marks_y(view, sweep)
    selected = found.index(view.chosen_event)
    order = np.argsort(xs, kind="stable")
    events, xs = events[order], xs[order]
    gaps = np.diff(xs, prepend=-np.inf, append=np.inf)
    roomy = (np.minimum(gaps[:-1], gaps[1:]) >= _ROOM_PX) & (events.size <= _MOST_LETTERS)
    _ticks(painter, view, events[~roomy], xs[~roomy], y)
    for i, x in zip(events[roomy].tolist(), xs[roomy].tolist(), strict=True):
        if i != selected:
            _lettered(painter, view, sweep, i, x, y)
    for x in xs[events == selected].tolist():
        _selected(painter, view, sweep, int(selected or 0), x)


def _lettered(painter: QPainter, view: "EmgSweepView", sweep: Sweep, i: int, x: float, y: float) -> None:
    found, name = view.found, letter(view.found.labels[i])
    colour = view.colours.of_class(found.labels[i], 255 if found.chosen[i] else 120)
    left, right = (float(v) for v in view.x_of(sweep, np.array((found.start_s[i], found.end_s[i]))))
    painter.fillRect(QRectF(left, y + TICK_PX - 2, max(2.0, right - left), 2), colour)
    painter.fillRect(QRectF(x - 0.75, y, 1.5, TICK_PX), colour)
    painter.setPen(colour)
    painter.drawText(QPointF(x - painter.fontMetrics().horizontalAdvance(name) / 2, y - 2), name)


def _ticks(painter: QPainter, view: "EmgSweepView", events: np.ndarray, xs: np.ndarray, y: float) -> None:
    """More events than there is room for: a tick in each pixel column that holds one, other classes first."""
    found = view.found
    labels = found.label_names[events] if events.size else np.zeros(0, str)
    chosen = found.chosen[events]
    for label in sorted(set(labels.tolist()), key=lambda name: bool(chosen[labels == name].any())):
        own = labels == label
        colour = view.colours.of_class(str(label), 255 if chosen[own].any() else 120)
        for x in np.unique(np.rint(xs[own]).astype(int)).tolist():
            painter.fillRect(QRectF(x - 0.75, y, 1.5, TICK_PX), colour)


def _selected(painter: QPainter, view: "EmgSweepView", sweep: Sweep, i: int, x: float) -> None:
    """The event that was gone to: its stretch shaded, with class, score and train in words."""
    area, found = view.screen_rect, view.found
    left, right = (float(v) for v in view.x_of(sweep, np.array((found.start_s[i], found.end_s[i]))))
    height = area.height() / sweep.rows
    top = view.zero_y(sweep) - height / 2
    stretch = QRectF(left, top, max(3.0, right - left), height).intersected(area)
    painter.fillRect(stretch, view.colours.of_class(found.labels[i], 46))
    y = marks_y(view, sweep)
    painter.fillRect(QRectF(x - 1, y, 2, TICK_PX), view.colours.of_class(found.labels[i]))
    event = found.events[i]
    words = f"{found.labels[i]} {found.scores[i]:.2f}"
    if event is not None and event.train is not None:
        words += view.tr(", train {number}").format(number=event.train)
    plate(painter, words, QPointF(x, y - 2), view.colours, class_colour(found.labels[i]), "bottom", inside=area)


def _bracket(
    painter: QPainter, view: "EmgSweepView", sweep: Sweep, span: tuple[float, float], text: str
) -> None:  # fmt: skip
    area = view.screen_rect
    x0, x1 = (float(x) for x in view.x_of(sweep, np.array(span)))
    if x1 < area.left() or x0 > area.right():
        return
    colour = view.colours.colour("find")
    y = view.zero_y(sweep) - area.height() / sweep.rows * 0.4
    painter.setPen(QPen(colour, 2))
    left, right = max(x0, area.left()), min(max(x1, x0 + 2), area.right())
    painter.drawLine(QPointF(left, y), QPointF(right, y))
    painter.setPen(QPen(colour, 1))
    for x in (x0, x1):
        if area.left() <= x <= area.right():
            painter.drawLine(QPointF(x, y), QPointF(x, y + 7))
    if x1 - x0 > 3:
        plate(painter, text, QPointF((left + right) / 2, y - 2), view.colours, "find", "bottom", inside=area)


def overview_rows(view: "EmgSweepView", found: Found) -> list[Row]:
    """Return a row a class of events for the overview bar: trains as lines, events as ticks."""
    rows = []
    trains = found.trains()
    channel = view.waveform.channels[view.channel]
    for label in found.classes:
        own = [i for i in found.of_class(label).tolist() if view.all_channels or found.channels[i] in (None, channel)]
        if not own:
            continue
        lines = [
            (float(found.time_s[members[0]]), float(found.time_s[members[-1]]))
            for members in trains.values()
            if found.labels[members[0]] == label and (view.all_channels or found.channels[members[0]] == channel)
        ]
        colour = view.colours.of_class(label, 255 if found.chosen[own].any() else 120)
        rows.append(Row(letter(label), colour, found.time_s[own], lines))
    return rows
