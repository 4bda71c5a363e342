"""Text over a study: in its corners and in small plates, always on a shade so that it can be read on anything."""

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter

from viewer.ui.views.facts import Corners
from viewer.ui.views.palette import Palette

MARGIN = 8.0


def paint_corners(painter: QPainter, corners: Corners, area: QRectF, colours: Palette) -> float:
    """Write the corners' lines into ``area``. A line that is too long for half the width is shortened in its middle.

    Returns where the lines in the lower right corner begin.
    """
    half = max(60.0, area.width() / 2 - 4 * MARGIN)
    top = area.top() + MARGIN
    for text in corners.notice:
        room = area.width() - 2 * MARGIN
        top += plate(painter, text, QPointF(area.center().x(), top), colours, "warn", "top", room).height() + 3
    begins = area.bottom() - MARGIN
    for lines, right, bottom in (
        (corners.top_left, False, False),
        (corners.top_right, True, False),
        (corners.bottom_left, False, True),
        (corners.bottom_right, True, True),
    ):
        if lines:
            begins = _block(
                painter, lines, area.adjusted(0, top - area.top() - MARGIN, 0, 0), half, right, bottom, colours
            )

    return begins


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
    shown = [metrics.elidedText(line, Qt.TextElideMode.ElideMiddle, room) for line in lines]
    width = max(metrics.horizontalAdvance(line) for line in shown) + 8
    height = metrics.height() * len(shown) + 4
    x = area.right() - MARGIN - width if right else area.left() + MARGIN
    y = area.bottom() - MARGIN - height if bottom else area.top() + MARGIN
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
