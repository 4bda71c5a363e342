"""What is drawn over a picture: heat map, boxes, measures, region, words."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QPainter, QPen, QPolygonF

from viewer.study import DisplayWindow
from viewer.ui.views import heat as heats
from viewer.ui.views.corners import plate
from viewer.ui.views.facts import Corners
from viewer.ui.views.measuring import Measure
from viewer.ui.views.palette import class_colour
from viewer.ui.views.pixels import value_words

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
    """Draw the chosen class's boxes, each with its label and score; on EMG screens every class's, in its colour."""
    to_view = view.placement.transform(view.view_size)
    findings = () if view.reading is None else view.reading.findings
    several = view.screen_measuring.offered
    drawn = [(to_view.mapRect(QRectF(b.x, b.y, b.w, b.h)), f.label, b.score)
             for f in findings if several or f.label == view.label for b in f.boxes]  # fmt: skip
    for shown, label, _ in drawn:
        chosen = view.label in (None, label)
        _outline(painter, shown, view, class_colour(label) if several else "find", alpha=255 if chosen else 110)
    for shown, label, score in drawn:
        if view.label not in (None, label):
            continue
        words = f"{label} {score:.2f}" if shown.width() > 40 or len(drawn) < 8 else label[:1].upper()
        at = QPointF(shown.center().x(), shown.top() - 2)
        colour = class_colour(label) if several else "find"
        plate(painter, words, at, view.colours, colour, "bottom", inside=QRectF(view.rect()))


def paint_marks(painter: QPainter, view: "ImageView") -> None:
    """Draw lengths, angles and the marked region."""
    for measure in (*view.measures, *([view.draft] if view.draft else [])):
        _measure(painter, measure, view)
    region = view.region_draft()
    if region is None and view.region is not None:
        r = view.region
        region = view.placement.transform(view.view_size).mapRect(QRectF(r.x, r.y, r.w, r.h))
    if region is not None:
        _outline(painter, region, view, "accent", Qt.PenStyle.DashLine)


def _outline(
    painter: QPainter,
    rect: QRectF,
    view: "ImageView",
    colour: str,
    style: Qt.PenStyle = Qt.PenStyle.SolidLine,
    alpha: int = 255,
) -> None:
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(view.colours.colour("ground", 170), 4))
    painter.drawRect(rect)
    painter.setPen(QPen(view.colours.colour(colour, alpha), 2, style))
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
    value = value_words(image, view.to_picture(cursor)) if cursor is not None else ""
    if image.spacing_mm:
        source = f" ({image.spacing_from})" if image.spacing_from else ""
        spacing = f"{image.spacing_mm[1]:.3g} mm/px{source}"
    else:
        spacing = tr("spacing unknown: lengths in px")
    turned = view.placement.orientation()
    notice: tuple[str, ...] = (tr("Not as stored: {how}").format(how=turned),) if turned else ()
    if view.screen_measuring.offered:
        spacing = view.screen_measuring.scale.words(tr)
        notice += view.screen_measuring.notice()
    return Corners((), (), tuple(t for t in (value, words, zoom) if t), (spacing,), notice)


def paint_legend(painter: QPainter, view: "ImageView", bottom: float) -> None:
    """Draw the heat map's colours above the lower right corner."""
    words = view.tr("Heat map, {label}: none to most").format(label=view.label)
    heats.paint_legend(painter, words, view.width() - 8, bottom, view.colours, view.colour_map, view.light_ground)


def paint_sides(painter: QPainter, view: "ImageView") -> None:
    """Write which way the patient lies at the view's edges."""
    area = QRectF(view.rect())
    inside = area.adjusted(8, 8, -8, -8)
    places = {
        "left": QPointF(area.left(), area.center().y()),
        "right": QPointF(area.right(), area.center().y()),
        "top": QPointF(area.center().x(), area.top() + 44),
        "bottom": QPointF(area.center().x(), area.bottom()),
    }
    for side, letter in side_letters(view).items():
        plate(painter, letter, places[side], view.colours, "text", "left", inside=inside)


def side_letters(view: "ImageView") -> dict[str, str]:
    """Return the patient's direction at each side of the view (DICOM PatientOrientation), where the file says it."""
    assert view.study is not None
    words = dict(view.study.acquisition.facts).get("Orientation", "").split("\\")
    if len(words) != 2:
        return {}
    to_view = view.placement.transform(QSizeF(0, 0))
    zero = to_view.map(QPointF(0, 0))
    letters = {}
    for x, y, letter in ((1, 0, words[0]), (-1, 0, opposite(words[0])), (0, 1, words[1]), (0, -1, opposite(words[1]))):
        way = to_view.map(QPointF(x, y)) - zero
        across = abs(way.x()) > abs(way.y())
        side = ("right" if way.x() > 0 else "left") if across else ("bottom" if way.y() > 0 else "top")
        letters[side] = letter
    return letters


def opposite(way: str) -> str:
    """Return the opposite of a patient direction (``L`` -> ``R``, ``HL`` -> ``FR``)."""
    pairs = str.maketrans("LRAPHF", "RLPAFH")
    return way.translate(pairs)
