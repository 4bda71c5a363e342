"""What is drawn over a picture: heat map, boxes, measures, region, words."""

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen, QPolygonF

from viewer.study import DisplayWindow
from viewer.ui.views import heat as heats
from viewer.ui.views.corners import plate
from viewer.ui.views.facts import Corners
from viewer.ui.views.measuring import Measure
from viewer.ui.views.pixels import as_qimage

if TYPE_CHECKING:
    from viewer.ui.views.image_view import ImageView


def paint_heat(painter: QPainter, view: "ImageView") -> None:
    """Draw the chosen class's map over its rectangle, within the picture."""
    heat, picture = view.heat_map, view.heat_picture()
    if heat is None or picture is None:
        return
    painter.save()
    painter.setTransform(view.placement.transform(view.view_size), combine=True)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    painter.setClipRect(QRectF(0, 0, view.image.columns, view.image.rows))
    painter.drawImage(heats.rectangle(heat), picture)
    painter.restore()


def paint_boxes(painter: QPainter, view: "ImageView") -> None:
    """Draw the chosen class's boxes, each with its label and score."""
    to_view = view.placement.transform(view.view_size)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for box in view.boxes:
        shown = to_view.mapRect(QRectF(box.x, box.y, box.w, box.h))
        _outline(painter, shown, view, "find")
    for box in view.boxes:
        shown = to_view.mapRect(QRectF(box.x, box.y, box.w, box.h))
        at = QPointF(shown.center().x(), shown.top() - 2)
        words = f"{view.label} {box.score:.2f}"
        plate(painter, words, at, view.colours, "find", "bottom", inside=QRectF(view.rect()))


def paint_marks(painter: QPainter, view: "ImageView") -> None:
    """Draw lengths, angles and the marked region."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for measure in (*view.measures, *([view.draft] if view.draft else [])):
        _measure(painter, measure, view)
    region = view.region_draft()
    if region is None and view.region is not None:
        r = view.region
        region = view.placement.transform(view.view_size).mapRect(QRectF(r.x, r.y, r.w, r.h))
    if region is not None:
        _outline(painter, region, view, "accent", Qt.PenStyle.DashLine)


def _outline(
    painter: QPainter, rect: QRectF, view: "ImageView", colour: str, style: Qt.PenStyle = Qt.PenStyle.SolidLine
) -> None:
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(view.colours.colour("ground", 170), 4))
    painter.drawRect(rect)
    painter.setPen(QPen(view.colours.colour(colour), 2, style))
    painter.drawRect(rect)


def _measure(painter: QPainter, measure: Measure, view: "ImageView") -> None:
    to_view = view.placement.transform(view.view_size)
    points = [to_view.map(QPointF(x, y)) for x, y in measure.points]
    for pen in (QPen(view.colours.colour("ground", 170), 4), QPen(view.colours.colour("mark"), 1.6)):
        painter.setPen(pen)
        painter.drawPolyline(QPolygonF(points))
    painter.setBrush(view.colours.colour("mark"))
    for point in points:
        painter.drawEllipse(point, 2.5, 2.5)
    words = measure.words(view.image)
    if words:
        at = points[1] + QPointF(10, 0)
        plate(painter, words, at, view.colours, "mark", "left", inside=QRectF(view.rect()))


def corner_words(view: "ImageView", cursor: QPointF | None) -> Corners:
    """Return window, zoom and the value under the cursor; orientation as a notice where it is not upright."""
    window, image, tr = view.window_shown, view.image, view.tr
    if isinstance(window, DisplayWindow):
        name = f" {window.name}" if window.name else ""
        words = f"C {window.center:.5g}  W {window.width:.5g}{name}"
    else:
        words = tr("Table {name}").format(name=window.name).strip()
    if view.inverted:
        words += "  " + tr("inverted")
    percent = 100 * view.placement.scale * view.devicePixelRatioF()
    zoom = tr("Zoom {percent} %").format(percent=f"{percent:.0f}")
    value = view.value_at(view.to_picture(cursor)) if cursor is not None else ""
    if image.spacing_mm:
        source = f" ({image.spacing_from})" if image.spacing_from else ""
        spacing = f"{image.spacing_mm[1]:.3g} mm/px{source}"
    else:
        spacing = tr("spacing unknown: lengths in px")
    turned = view.placement.orientation()
    notice = (tr("Not as stored: {how}").format(how=turned),) if turned else ()
    return Corners((), (), tuple(t for t in (value, words, zoom) if t), (spacing,), notice)


def paint_legend(painter: QPainter, view: "ImageView") -> None:
    """Draw the heat map's colours at the right edge, from the class's maximum down to nothing."""
    height = min(140.0, view.height() / 4)
    right, top = view.width() - 12.0, view.height() / 2 - height / 2
    bar = QRectF(right - 12, top, 12, height)
    painter.fillRect(bar.adjusted(-1, -1, 1, 1), view.colours.colour("shade"))
    levels = np.linspace(1, 0, 64, dtype=np.float32)[:, None]
    painter.drawImage(bar, as_qimage(heats.colours(levels, view.colour_map, 1.0, floor=-1e-6)))
    words = view.tr("{label}: maximum").format(label=view.label)
    at = QPointF(view.width(), top - 14)
    plate(painter, words, at, view.colours, "text", "left", inside=QRectF(view.rect()).adjusted(8, 8, -8, -8))
    plate(
        painter,
        "0",
        QPointF(right - 12, top + height + 14),
        view.colours,
        inside=QRectF(view.rect()).adjusted(8, 8, -8, -8),
    )
