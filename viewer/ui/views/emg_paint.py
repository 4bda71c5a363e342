"""What an EMG screen looks like: dotted grid, sweeps, heat, events, cursors, settings."""

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen

from viewer.ui.views import heat as heats
from viewer.ui.views.canvas import Canvas, bgra
from viewer.ui.views.corners import MARGIN, plate
from viewer.ui.views.emg_events import overview_rows
from viewer.ui.views.facts import Corners
from viewer.ui.views.scales import time_words, voltage_words
from viewer.ui.views.sweeps import DELAY_DIVISIONS, Sweep

if TYPE_CHECKING:
    from viewer.ui.views.emg_view import EmgSweepView

_COLUMNS, _ROWS = 10, 8
LEAST_HEAT_STEPS = 4  # of a heat map in a sweep, for its shades to tell anything
OVERVIEW_PX = 46
"""The height at the bottom that the bar of the whole recording takes."""


@dataclass(eq=False)
class Drawing:
    """A screen being drawn: the sweeps that are still to be laid on it."""

    canvas: Canvas
    waiting: list[Sweep]


def screen(view: "EmgSweepView", ratio: float) -> Canvas:
    """Return grid, heat and sweeps as one picture."""
    drawing = begin(view, ratio)
    go_on(drawing, view)
    return drawing.canvas


def begin(view: "EmgSweepView", ratio: float, over: Canvas | None = None) -> Drawing:
    """Return a screen with grid and heat; ``over`` as a canvas takes it."""
    colours = view.colours
    canvas = Canvas(round(view.width() * ratio), round(view.height() * ratio), ratio, colours.colour("screen"), over)
    canvas.frame(view.screen_rect, colours.colour("ground"))
    heated = [sweep for sweep in view.sweeps() if view.heat_on(sweep.channel) is not None]
    if heated:
        with canvas.painter() as painter:
            for sweep in heated:
                _heat(painter, view, sweep)
    _dots(canvas, view)
    return Drawing(canvas, list(view.sweeps()))


def go_on(drawing: Drawing, view: "EmgSweepView", for_s: float = float("inf")) -> bool:
    """Lay sweeps on a screen for some time, at least one; return whether it is ready."""
    until = time.perf_counter() + for_s
    while drawing.waiting:
        _trace(drawing.canvas, view, drawing.waiting.pop(0))
        if time.perf_counter() > until:
            break
    return not drawing.waiting


def _dots(canvas: Canvas, view: "EmgSweepView") -> None:
    """Dots every fifth of a division along the division lines, as on a screen's graticule; the middle line denser."""
    area, size = view.screen_rect, max(1, round(canvas.ratio))
    colour = bgra(view.colours.colour("dots"))
    columns = area.left() + np.arange(_COLUMNS * 5 + 1) / (_COLUMNS * 5) * (area.width() - 1)
    rows = area.top() + np.arange(_ROWS * 5 + 1) / (_ROWS * 5) * (area.height() - 1)
    xs, ys = np.rint(columns * canvas.ratio).astype(int), np.rint(rows * canvas.ratio).astype(int)
    for dx in range(size):
        for dy in range(size):
            canvas.pixels[np.ix_(ys[::5] + dy, xs + dx)] = colour
            canvas.pixels[np.ix_(ys + dy, xs[::5] + dx)] = colour


def _trace(canvas: Canvas, view: "EmgSweepView", sweep: Sweep) -> None:
    area, rate = view.screen_rect, view.waveform.rate_hz
    first = sweep.start_s * rate
    last = first + view.sweep_s * rate
    offset, envelope = view.shown_samples(first, last)
    alone, fine = len(view.sweeps()) == 1, canvas.ratio >= 1.5
    crowded = view.sweep_s * rate > 0.4 * area.width() * canvas.ratio
    canvas.signal(
        envelope,
        sweep.channel,
        (first - offset, last - offset),
        (area.left(), area.right()),
        lambda values: view.y_of(sweep, values),
        view.colours.colour("trace"),
        area,
        dense=3.0 if alone and not fine else 0.75 if fine and not alone else 1.0,
        smooth=(alone or not crowded) if not fine else (alone and not crowded),
    )


def _heat(painter: QPainter, view: "EmgSweepView", sweep: Sweep) -> None:
    heat = view.heat_on(sweep.channel)
    if heat is None or (view.mode == "trigger" and view.superimposed):
        return
    if view.sweep_s < LEAST_HEAT_STEPS * (heat.end_s - heat.start_s) / max(1, heat.values.size):
        return  # a sweep shorter than the map's own steps would be all one colour; the overview shows where it lies
    area = view.screen_rect
    count = max(2, round(area.width()))
    times = sweep.start_s + (np.arange(count) + 0.5) / count * view.sweep_s
    height = area.height() / sweep.rows * 0.9
    band = heats.band(heats.at_times(heat, times), not view.dark)
    painter.drawImage(QRectF(area.left(), view.zero_y(sweep) - height / 2, area.width(), height), band)


def paint_marks(painter: QPainter, view: "EmgSweepView") -> None:
    """Draw the trigger's level and delay line, the marked span and the cursors."""
    area = view.screen_rect
    if view.mode == "trigger":
        _trigger(painter, view)
    span = view.region_draft or ((view.region.start_s, view.region.end_s) if view.region else None)
    painter.save()
    painter.setClipRect(area)
    for sweep in view.sweeps():
        height = area.height() / sweep.rows
        if span is not None:
            x0, x1 = (float(x) for x in view.x_of(sweep, np.array(sorted(span))))
            box = QRectF(x0, view.zero_y(sweep) - height / 2, x1 - x0, height)
            painter.fillRect(box, view.colours.colour("accent", 40))
            painter.setPen(QPen(view.colours.colour("accent"), 1.2, Qt.PenStyle.DashLine))
            painter.drawRect(box)
    painter.restore()
    if view.sound_s >= 0:
        _sound(painter, view)
    if view.caliper is not None and view.caliper_piece in view.sweeps():
        _cursors(painter, view, view.caliper_piece)


def _trigger(painter: QPainter, view: "EmgSweepView") -> None:
    area = view.screen_rect
    painter.setPen(QPen(view.colours.colour("mark"), 1, Qt.PenStyle.DashLine))
    x = area.left() + DELAY_DIVISIONS / _COLUMNS * area.width()
    painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))
    sweeps = view.sweeps() or [Sweep(view.channel, 0, 0, 1)]
    y = view.level_y(sweeps[0])
    if area.top() <= y <= area.bottom():
        painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
    unit = view.measured(view.channel)[1]
    words = view.tr("Level {level} {unit}").format(level=f"{view.level:.4g}", unit=unit)
    plate(painter, words, QPointF(area.right() - 90, y - 12), view.colours, "mark", inside=area)


def _sound(painter: QPainter, view: "EmgSweepView") -> None:
    """A line where the sound is."""
    area = view.screen_rect
    painter.setPen(QPen(view.colours.colour("find"), 1.5))
    for sweep in view.sweeps():
        x, half = float(view.x_of(sweep, view.sound_s)), area.height() / sweep.rows / 2
        if area.left() <= x <= area.right():
            painter.drawLine(QPointF(x, view.zero_y(sweep) - half), QPointF(x, view.zero_y(sweep) + half))


def _cursors(painter: QPainter, view: "EmgSweepView", sweep: Sweep) -> None:
    cursors, area = view.caliper, view.screen_rect
    assert cursors is not None
    scale = view.to_unit(sweep.channel)
    half = area.height() / sweep.rows / 2
    zero = view.zero_y(sweep)
    painter.setPen(QPen(view.colours.colour("mark"), 1.4))
    painter.setBrush(view.colours.colour("mark"))
    xs = []
    for time_s, value in ((cursors.start_s, cursors.start_value), (cursors.end_s, cursors.end_value)):
        x, y = float(view.x_of(sweep, time_s)), float(view.y_of(sweep, value / scale))
        xs.append(x)
        painter.drawLine(QPointF(x, zero - half), QPointF(x, zero + half))
        if np.isfinite(y):
            painter.drawEllipse(QPointF(x, min(max(y, area.top()), area.bottom())), 3, 3)
    at = QPointF(sum(xs) / 2, zero - half + 4)
    plate(painter, cursors.words(in_hz=True), at, view.colours, "mark", "top", inside=area)


def corner_words(view: "EmgSweepView") -> Corners:
    """Return sweep speed, sensitivity, polarity, channel and time: a sweep cannot be read without them."""
    tr, wave, sweeps = view.tr, view.waveform, view.sweeps()
    triggered = tr("{count} triggered").format(count=len(sweeps))
    units = dict.fromkeys(view.measured(sweep.channel)[1] for sweep in sweeps) or {view.measured(view.channel)[1]: None}
    polarity = tr("negative up") if view.negative_up else tr("positive up")
    scales = f"{time_words(view.per_division_s)}   {voltage_words(view.per_division, tuple(units))}   {polarity}"
    mode = {"free": tr("free run"), "raster": tr("raster"), "trigger": triggered}[view.mode]
    when = _when(view)
    if not (view.all_channels and view.mode == "free"):
        when = f"{wave.channels[view.channel]}   {when}"
    hover = view.hover_words()
    if hover:
        when += f"   |   {hover}"
    notice = []
    if "" in units:
        notice.append(tr("Amplitude scale unknown: divisions are in stored values"))
    moved = [wave.channels[c] for c in dict.fromkeys(s.channel for s in sweeps) if view.offset(c)]
    if moved:
        notice.append(tr("Drawn around its median: {channels}").format(channels=", ".join(moved)))
    if view.sound_clipped:
        notice.append(tr("The sound is clipped: make it softer (Ctrl+Down) or the sensitivity lower (Down)"))
    if view.mode == "trigger" and not sweeps:
        notice.append(tr("Nothing crosses the level from here on"))
    return Corners((), (), (scales, f"{mode}   {view.filter_words()}", when), (), tuple(notice))


def _when(view: "EmgSweepView") -> str:
    """Return the time that is shown; of triggered sweeps, which lie apart, the first and the last trigger's."""
    sweeps = view.sweeps() if view.mode == "trigger" else []
    if sweeps:
        first, last = (s.start_s + DELAY_DIVISIONS / _COLUMNS * view.sweep_s for s in (sweeps[0], sweeps[-1]))
        return view.tr("triggers {first} – {last}").format(first=_clock(first), last=_clock(last))
    return f"{_clock(view.start_s)} – {_clock(min(view.waveform.duration_s, view.start_s + view.page_s))}"


def paint_words(painter: QPainter, view: "EmgSweepView") -> None:
    """Write the corners' words, the rows' names or times, and what the heat map's colours mean."""
    area = view.screen_rect
    several = view.all_channels and view.mode == "free"
    if several or view.mode == "raster":
        for sweep in view.sweeps():
            words = view.waveform.channels[sweep.channel] if several else _clock(sweep.start_s)
            at = QPointF(area.left() + 4, view.zero_y(sweep) - area.height() / sweep.rows * 0.32)
            plate(painter, words, at, view.colours, "text" if several else "faint", inside=area)
    view.paint_facts(painter, corner_words(view), view.rect().adjusted(0, 0, 0, -OVERVIEW_PX))
    if any(view.heat_on(sweep.channel) is not None for sweep in view.sweeps()):
        words = view.tr("Heat map, {label}: none to most").format(label=view.label)
        right, bottom = area.right() - 4, area.bottom() - 4
        heats.paint_legend(painter, words, right, bottom, view.colours, "inferno", not view.dark)


def _clock(seconds: float) -> str:
    """Return a time to the millisecond: ``1.250 s``, ``3:05.250``."""
    if seconds < 60:
        return f"{seconds:.3f} s"
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(int(minutes), 60)
    return (f"{hours}:{minutes:02d}" if hours else f"{minutes}") + f":{rest:06.3f}"


def paint_overview(painter: QPainter, view: "EmgSweepView", ratio: float) -> None:
    """Draw the whole recording at the bottom, with what was found marked in it."""
    view.overview.rect = QRectF(MARGIN, view.height() - OVERVIEW_PX, view.width() - 2 * MARGIN, OVERVIEW_PX - 6)
    marks, found, key = [], view.found, None
    if view.overlays_shown:
        spans = found.chosen & ~found.is_event
        marks.append((found.start_s[spans], found.end_s[spans], view.colours.colour("find")))
        key = (found, view.all_channels)
    if view.region is not None:
        region = np.array([view.region.start_s]), np.array([view.region.end_s])
        marks.append((*region, view.colours.colour("accent")))
    shown = (view.start_s, view.start_s + view.page_s)
    heat = next((h for c in view.shown_channels if (h := view.heat_on(c)) is not None), None)
    view.overview.paint(
        painter, view.envelope, view.channel, view.waveform.duration_s, shown, marks, view.colours, ratio, heat,
        (key, lambda: overview_rows(view, found) if key else []),
    )  # fmt: skip
