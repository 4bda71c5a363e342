"""Text over a study: in its corners and in small plates, always on a shade so that it can be read on anything."""

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter

from viewer.ui.views.facts import Corners
from viewer.ui.views.palette import Palette

MARGIN = 8.0
_LEAST = 90.0
"""Narrower than this, words on the right are left out."""


def paint_corners(painter: QPainter, corners: Corners, area: QRectF, colours: Palette) -> float:
    """Write the corners' lines into ``area``, the left ones whole: settings that must be read are there.

    Lines on the right get what width is left, shortened in their middle, or are left out. Returns where the lines in
    the lower right corner begin.
    """
    top = area.top() + MARGIN
    for text in corners.notice:
        room = area.width() - 2 * MARGIN
        top += plate(painter, text, QPointF(area.center().x(), top), colours, "warn", "top", room).height() + 3
    inner = area.adjusted(MARGIN, top - area.top(), -MARGIN, -MARGIN)
    _row(painter, corners.top_left, corners.top_right, inner, False, colours)
    return _row(painter, corners.bottom_left, corners.bottom_right, inner, True, colours)


def _row(
    painter: QPainter, left: tuple[str, ...], right: tuple[str, ...], area: QRectF, bottom: bool, colours: Palette
) -> float:
    """Write the left and the right block of one side; return where the right one begins."""
    metrics = QFontMetricsF(painter.font())
    wide = max((metrics.horizontalAdvance(line) for line in left), default=0.0) + 8
    if left:
        _block(painter, left, area, area.width(), False, bottom, colours)
    room = area.width() - (wide + 2 * MARGIN if left else 0.0)
    if not right or room < _LEAST:
        return area.bottom()
    return _block(painter, right, area, room, True, bottom, colours)


def _block(
    painter: QPainter,
    lines: tuple[str, ...],
    area: QRectF,
    room: float,
    right: bool,
    bottom: bool,
    colours: Palette,
) -> float:
    metrics = QFontMetricsF(painter.font())
    shown = [metrics.elidedText(line, Qt.TextElideMode.ElideMiddle, room - 8) for line in lines]
    width = max(metrics.horizontalAdvance(line) for line in shown) + 8
    height = metrics.height() * len(shown) + 4
    x = area.right() - width if right else area.left()
    y = area.bottom() - height if bottom else area.top()
    box = QRectF(x, y, width, height)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(colours.shade))
    painter.drawRoundedRect(box, 3, 3)
    painter.setPen(colours.colour("text"))
    align = Qt.AlignmentFlag.AlignRight if right else Qt.AlignmentFlag.AlignLeft
    for i, line in enumerate(shown):
        row = QRectF(x + 4, y + 2 + i * metrics.height(), width - 8, metrics.height())
        painter.drawText(row, align | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextDontClip, line)
    return y


def text_block(painter: QPainter, lines: tuple[str, ...], area: QRectF, colours: Palette, right: bool) -> None:
    """Write lines on a shaded plate in the upper right or left corner of ``area``."""
    _block(painter, lines, area, area.width(), right, False, colours)


def plate(
    painter: QPainter,
    text: str,
    at: QPointF,
    colours: Palette,
    colour: str = "text",
    anchor: str = "left",
    room: float = 0.0,
    inside: QRectF | None = None,
) -> QRectF:
    """Write one line on a shaded plate and return its rectangle.

    ``anchor``: where ``at`` lies on the plate: ``left`` (of its middle line), ``top`` (centre), ``bottom`` (centre) or
    ``corner`` (top left). The plate is pushed ``inside`` a rectangle where one is given.
    """
    metrics = QFontMetricsF(painter.font())
    if room:
        text = metrics.elidedText(text, Qt.TextElideMode.ElideRight, room - 10)
    width, height = metrics.horizontalAdvance(text) + 10, metrics.height() + 2
    dx, dy = {"left": (0, -height / 2), "top": (-width / 2, 0), "bottom": (-width / 2, -height)}.get(anchor, (0, 0))
    box = QRectF(at.x() + dx, at.y() + dy, width, height)
    if inside is not None:
        box.moveLeft(max(inside.left(), min(box.left(), inside.right() - width)))
        box.moveTop(max(inside.top(), min(box.top(), inside.bottom() - height)))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(colours.shade))
    painter.drawRoundedRect(box, 3, 3)
    painter.setPen(colours.colour(colour))
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextDontClip, text)
    return box
