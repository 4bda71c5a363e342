"""What ECG paper looks like: grid, traces, names, calibration pulse, heat, calipers, words."""

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFont, QPainter, QPen

from viewer.ui.views import heat as heats
from viewer.ui.views.canvas import Canvas
from viewer.ui.views.corners import MARGIN, plate
from viewer.ui.views.ecg_layout import Strip
from viewer.ui.views.facts import Corners, duration
from viewer.ui.views.paper_scale import pixels_per_mm

if TYPE_CHECKING:
    from viewer.ui.views.ecg_view import EcgPaperView


def paper(view: "EcgPaperView", ratio: float) -> Canvas:
    """Return grid, heat and traces as one picture."""
    colours = view.colours
    canvas = Canvas(round(view.width() * ratio), round(view.height() * ratio), ratio, colours.colour("paper"))
    _grid(canvas, view)
    if view.overlays_shown:
        with canvas.painter() as painter:
            _heat(painter, view)
            _spans(painter, view)
    for strip in view.page.strips:
        if strip.channel is not None:
            _trace(canvas, view, strip)
            _separator(canvas, view, strip)
    _pulses(canvas, view)
    with canvas.painter() as painter:
        for strip in view.page.strips:
            _name(painter, view, strip)
    return canvas


def _grid(canvas: Canvas, view: "EcgPaperView") -> None:
    """1 mm and 5 mm lines over the whole view, from the paper's corner; fine ones only where they keep apart."""
    width, height, scale = view.width(), view.height(), view.scale
    for step, name in ((1, "fine"), (5, "bold")):
        if scale * step * canvas.ratio < 3.5:
            continue
        colour = view.colours.colour(name)
        xs = view.origin.x() + scale * _steps(-view.origin.x() / scale, (width - view.origin.x()) / scale, step)
        ys = view.origin.y() + scale * _steps(-view.origin.y() / scale, (height - view.origin.y()) / scale, step)
        canvas.columns(xs, colour, 0, height)
        canvas.rows(ys, colour, 0, width)


def _steps(first: float, last: float, step: int) -> np.ndarray:
    return step * np.arange(np.ceil(first / step), np.floor(last / step) + 1)


def _trace(canvas: Canvas, view: "EcgPaperView", strip: Strip) -> None:
    assert strip.channel is not None
    wave, start = view.waveform, view.start_s + strip.offset_s
    end = min(start + strip.seconds, (wave.samples.shape[1] - 1) / wave.rate_hz)
    left, right = view.x_of(strip, start), view.x_of(strip, end)
    if right <= left or right < 0 or left > view.width():
        return
    first, last = start * wave.rate_hz, end * wave.rate_hz
    offset, envelope = view.shown_samples(first, last)
    clip = QRectF(QPointF(max(left, 0.0), 0.0), QPointF(min(right, float(view.width())), float(view.height())))
    canvas.signal(
        envelope,
        strip.channel,
        (first - offset, last - offset),
        (left, right),
        lambda values: view.y_of(strip, values),
        view.colours.colour("trace"),
        clip,
        dense=8 / canvas.ratio**2,
    )


def _separator(canvas: Canvas, view: "EcgPaperView", strip: Strip) -> None:
    """A short stroke where one lead ends and the next begins."""
    if strip.offset_s > 0:
        x = view.origin.x() + strip.x_mm * view.scale
        y = view.origin.y() + strip.y_mm * view.scale
        canvas.columns(np.array([x]), view.colours.colour("trace"), y - 3 * view.scale, y + 3 * view.scale)


def _pulses(canvas: Canvas, view: "EcgPaperView") -> None:
    """The calibration pulse before each row whose unit is known: 1 mV for 200 ms."""
    rows = {s.y_mm: s for s in reversed(view.page.strips) if s.channel is not None}
    for y_mm, strip in rows.items():
        if strip.channel is None or view.mm_per_unit(strip.channel) is None:
            continue
        wide = 0.2 * view.speed
        start = max(1.0, (9.0 - wide) / 2 + 1)
        x = np.array([start - 1, start, start, start + wide, start + wide, start + wide + 1])
        x = np.minimum(x, 11.5)
        y = y_mm - view.gain * np.array([0, 0, 1, 1, 0, 0])
        px, py = view.origin.x() + x * view.scale, view.origin.y() + y * view.scale
        canvas.trace(px, py, view.colours.colour("trace"), 1.2)


def _name(painter: QPainter, view: "EcgPaperView", strip: Strip) -> None:
    font = QFont(view.font())
    font.setPixelSize(max(11, round(3.6 * view.scale)))
    font.setBold(True)
    painter.setFont(font)
    x = view.origin.x() + (strip.x_mm + 1.2) * view.scale
    y = view.origin.y() + (strip.y_mm - 0.36 * strip.height_mm) * view.scale
    if strip.channel is None:
        painter.setPen(view.colours.colour("faint"))
        text = view.tr("{lead}: not recorded").format(lead=strip.name)
    else:
        painter.setPen(view.colours.colour("trace"))
        text = strip.name
    painter.drawText(QPointF(x, y), text)


def _heat(painter: QPainter, view: "EcgPaperView") -> None:
    """The chosen class's map over time as a band behind every strip."""
    heat = view.heat_map
    if heat is None or heat.values.ndim != 1:
        return
    for strip in view.page.strips:
        start = view.start_s + strip.offset_s
        left, right = view.x_of(strip, start), view.x_of(strip, start + strip.seconds)
        count = max(2, round(right - left))
        times = start + (np.arange(count) + 0.5) / count * strip.seconds
        level = heats.at_times(heat, times)
        band = heats.band(level, not view.dark)
        zero, half = view.origin.y() + strip.y_mm * view.scale, 0.42 * strip.height_mm * view.scale
        painter.drawImage(QRectF(left, zero - half, right - left, 2 * half), band)


def _spans(painter: QPainter, view: "EcgPaperView") -> None:
    end_s = view.start_s + view.page_s
    for span in (s for s in view.spans if s.end_s > view.start_s and s.start_s < end_s):
        for strip in view.page.strips:
            if span.channel is not None and span.channel != strip.name:
                continue
            _stretch(painter, view, strip, span.start_s, span.end_s, "find", 0.0)


def _stretch(
    painter: QPainter, view: "EcgPaperView", strip: Strip, start_s: float, end_s: float, colour: str, fill: float
) -> None:
    """Mark from one time to another on a strip: a bracket over it, filled where asked."""
    first = max(start_s, view.start_s + strip.offset_s)
    last = min(end_s, view.start_s + strip.offset_s + strip.seconds)
    if last <= first:
        return
    x0, x1 = view.x_of(strip, first), view.x_of(strip, last)
    y = view.origin.y() + strip.y_mm * view.scale
    half = 0.42 * strip.height_mm * view.scale
    if fill:
        painter.fillRect(QRectF(x0, y - half, x1 - x0, 2 * half), view.colours.colour(colour, round(255 * fill)))
    painter.setPen(QPen(view.colours.colour(colour), 2))
    painter.drawLine(QPointF(x0, y - half), QPointF(x1, y - half))
    painter.setPen(QPen(view.colours.colour(colour), 1))
    for x, t in ((x0, start_s), (x1, end_s)):
        if first <= t <= last:
            painter.drawLine(QPointF(x, y - half), QPointF(x, y + half))


def paint_marks(painter: QPainter, view: "EcgPaperView") -> None:
    """Draw the marked span and the calipers."""
    span = view.region_draft or ((view.region.start_s, view.region.end_s) if view.region else None)
    if span is not None:
        for strip in view.page.strips:
            _stretch(painter, view, strip, min(span), max(span), "accent", 0.15)
    if view.caliper is not None:
        _caliper(painter, view)


def _caliper(painter: QPainter, view: "EcgPaperView") -> None:
    caliper = view.caliper
    assert caliper is not None
    if view.marching:
        painter.setPen(QPen(view.colours.colour("mark", 150), 1, Qt.PenStyle.DashLine))
        for strip in view.page.strips:
            first = view.start_s + strip.offset_s
            y, half = view.origin.y() + strip.y_mm * view.scale, 0.42 * strip.height_mm * view.scale
            for time_s in caliper.marches(first, first + strip.seconds):
                x = view.x_of(strip, float(time_s))
                painter.drawLine(QPointF(x, y - half), QPointF(x, y + half))
    for strip in view.page.strips:
        if strip.channel != caliper.channel:
            continue
        begin = view.start_s + strip.offset_s
        if not begin <= min(caliper.start_s, caliper.end_s) <= begin + strip.seconds:
            continue
        y, half = view.origin.y() + strip.y_mm * view.scale, 0.5 * strip.height_mm * view.scale
        points = [
            QPointF(view.x_of(strip, t), view.y_of(strip, v / view.measured(caliper.channel)[0]))
            for t, v in ((caliper.start_s, caliper.start_value), (caliper.end_s, caliper.end_value))
        ]
        painter.setPen(QPen(view.colours.colour("mark"), 1.4))
        painter.setBrush(view.colours.colour("mark"))
        for point in points:
            painter.drawLine(QPointF(point.x(), y - half), QPointF(point.x(), y + half))
            if np.isfinite(point.y()):
                painter.drawEllipse(point, 3, 3)
        top = y - half + 4
        painter.drawLine(QPointF(points[0].x(), top), QPointF(points[1].x(), top))
        at = QPointF((points[0].x() + points[1].x()) / 2, top - 3)
        plate(painter, caliper.words(), at, view.colours, "mark", "bottom", inside=QRectF(view.rect()))


def corner_words(view: "EcgPaperView") -> Corners:
    """Return the settings that a tracing cannot be read without, and what is not as it should be."""
    tr, wave = view.tr, view.waveform
    unknown = [
        wave.channels[s.channel] for s in view.page.strips if s.channel is not None and not view.mm_per_unit(s.channel)
    ]
    gain = f"{view.gain:g} mm/mV" if len(set(unknown)) < len(wave.channels) else tr("amplitude scale unknown")
    settings = f"{view.speed:g} mm/s   {gain}   {view.filter_words()}"
    known = pixels_per_mm(view.screen())[1]
    if abs(view.zoom - 1) > 0.005:
        size = tr("zoomed {percent} %: not true size").format(percent=f"{100 * view.zoom:.0f}")
    else:
        size = tr("true size") if known else tr("monitor size unknown: true size only after calibration")
    if view.long:
        until = duration(min(wave.duration_s, view.start_s + view.page_s))
        when = tr("{start} to {end} of {all}")
        size += "   " + when.format(start=duration(view.start_s), end=until, all=duration(wave.duration_s))
    notice = []
    if unknown and len(set(unknown)) < len(wave.channels):
        notice.append(tr("Amplitude scale unknown: {leads}").format(leads=", ".join(dict.fromkeys(unknown))))
    moved = [
        wave.channels[c] for c in dict.fromkeys(s.channel for s in view.pieces()) if c is not None and view.offset(c)
    ]
    if moved:
        notice.append(tr("Offset taken away: {leads}").format(leads=", ".join(moved)))
    if view.page.overlapping:
        notice.append(tr("Short recording: the columns overlap in time"))
    if view.page.missing:
        notice.append(tr("Not recorded: {leads}").format(leads=", ".join(view.page.missing)))
    hover = view.hover_words()
    return Corners((), (), (*((hover,) if hover else ()), settings, size), (), tuple(notice))


def paint_words(painter: QPainter, view: "EcgPaperView") -> None:
    """Write the corners' words and, where there is one, what the heat map's colours mean."""
    area = view.rect().adjusted(0, 0, 0, -44 if view.long else 0)
    top = view.paint_facts(painter, corner_words(view), area)
    if view.overlays_shown and view.heat_map is not None:
        words = view.tr("Heat map, {label}: none to most").format(label=view.label)
        heats.paint_legend(painter, words, view.width() - MARGIN, top - 6, view.colours, "inferno", not view.dark)


def paint_overview(painter: QPainter, view: "EcgPaperView", ratio: float) -> None:
    """Draw the whole recording at the bottom."""
    view.overview.rect = QRectF(MARGIN, view.height() - 44, view.width() - 2 * MARGIN, 38)
    channels = view.waveform.channels
    channel = channels.index("II") if "II" in channels else 0
    found = view.found
    marks = [(found.start_s, found.end_s, view.colours.colour("find"))] if view.overlays_shown else []
    shown = (view.start_s, view.start_s + view.page_s)
    heat = view.heat_map if view.overlays_shown else None
    seconds = view.waveform.duration_s
    view.overview.paint(painter, view.envelope, channel, seconds, shown, marks, view.colours, ratio, heat)
