"""A finding's row: its probability drawn to scale against its operating point."""

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPolygonF
from PySide6.QtWidgets import QAbstractButton, QSizePolicy

from viewer.reading.values import Finding
from viewer.ui.text import NORMAL_LABELS, label_title, number, probability, tr
from viewer.ui.theme import icon_pixmap, sized, theme


class FindingRow(QAbstractButton):
    """A class: its key, name, probability, bar and operating point. Checked: its map and boxes are on the study."""

    def __init__(self, finding: Finding, key: int, conflict: bool, chosen: bool, predicted: bool) -> None:
        super().__init__()
        self.finding, self.key, self.conflict, self.predicted = finding, key, conflict, predicted
        self._normal = finding.label in NORMAL_LABELS
        self.setCheckable(True)
        self.setChecked(chosen)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        verdict = tr("positive") if finding.positive else tr("negative")
        self.setAccessibleName(
            tr("{0}: probability {1}, operating point {2}, {3}").format(
                finding.label, probability(finding.probability), number(finding.threshold), verdict
            )
        )
        tip = [label_title(finding.label) or finding.label, self.accessibleName()]
        if conflict:
            tip.append(tr("This finding contradicts another one."))
        if key <= 9:
            tip.append(tr("Press {0} to see on the study what supports it.").format(key))
        self.setToolTip("\n".join(tip))

    def sizeHint(self) -> QSize:
        """Two lines and a bar."""
        return QSize(200, self.fontMetrics().height() * 2 + 24)

    def minimumSizeHint(self) -> QSize:
        """A row is never squeezed; the panel scrolls."""
        return self.sizeHint()

    def paintEvent(self, _event: object) -> None:
        t, f = theme(), self.finding
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(self.rect())
        if self.isChecked() or self.underMouse() or self.hasFocus():
            painter.setPen(QColor(t.accent) if self.isChecked() or self.hasFocus() else Qt.PenStyle.NoPen)
            painter.setBrush(QColor(t.selection if self.isChecked() else t.raised))
            painter.drawRoundedRect(box.adjusted(4.5, 1.5, -4.5, -1.5), 4, 4)
        height = self.fontMetrics().height()
        left, right, top = 12.0, box.width() - 12, 6.0
        line = QRectF(left, top, right - left, height + 2)
        x = left + self._key(painter, QRectF(left, top + 1, height, height)) + 7
        painter.setFont(sized(self.font(), 1.12, True))
        painter.setPen(QColor(t.text))
        value = probability(f.probability)
        painter.drawText(line, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, value)
        room = right - QFontMetricsF(painter.font()).horizontalAdvance(value) - 8
        painter.setFont(sized(self.font(), 1.0, f.positive or self.predicted))
        x = self._word(painter, f.label, x, room, line, t.text)
        full = label_title(f.label)
        if full and x + 40 < room:
            painter.setFont(sized(self.font(), 0.88))
            self._word(painter, full, x + 7, room, line, t.muted)
        bar = QRectF(left, top + height + 8, right - left, 6)
        self._bar(painter, bar)
        self._below(painter, QRectF(left, bar.bottom() + 2, right - left, height))
        painter.end()

    @property
    def _ink(self) -> str:
        """A positive finding's colour; a positive normal class is no alarm."""
        return theme().accent if self._normal else theme().positive

    def _key(self, painter: QPainter, box: QRectF) -> float:
        t = theme()
        if self.key > 9:
            return box.width()
        painter.setPen(QColor(t.accent if self.isChecked() else t.line))
        painter.setBrush(QColor(t.accent) if self.isChecked() else Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), 3, 3)
        painter.setPen(QColor(t.on_accent if self.isChecked() else t.muted))
        painter.setFont(sized(self.font(), 0.85, self.isChecked()))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, str(self.key))
        return box.width()

    def _word(self, painter: QPainter, text: str, x: float, room: float, line: QRectF, colour: str) -> float:
        metrics = QFontMetricsF(painter.font())
        shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, max(0.0, room - x))
        painter.setPen(QColor(colour))
        painter.drawText(QRectF(x, line.top(), room - x, line.height()), Qt.AlignmentFlag.AlignVCenter, shown)
        return x + metrics.horizontalAdvance(shown)

    def _bar(self, painter: QPainter, bar: QRectF) -> None:
        t, f = theme(), self.finding
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(t.track))
        painter.drawRoundedRect(bar, 2, 2)
        filled = QRectF(bar.left(), bar.top(), bar.width() * min(max(f.probability, 0.0), 1.0), bar.height())
        if filled.width() >= 1:
            painter.setBrush(QColor(self._ink if f.positive else t.quiet))
            painter.drawRoundedRect(filled, 2, 2)
        point = round(bar.left() + bar.width() * min(max(f.threshold, 0.0), 1.0))
        painter.setBrush(QColor(t.text))
        painter.drawRect(QRectF(point - 1, bar.top() - 3, 2, bar.height() + 6))
        notch = [
            QPointF(point - 3.5, bar.top() - 5),
            QPointF(point + 3.5, bar.top() - 5),
            QPointF(point, bar.top() - 1),
        ]
        painter.drawPolygon(QPolygonF(notch))

    def _below(self, painter: QPainter, line: QRectF) -> None:
        t, f = theme(), self.finding
        painter.setFont(sized(self.font(), 0.88))
        size = line.height() * 0.55
        dot = QRectF(line.left() + 1, line.center().y() - size / 2, size, size)
        painter.setPen(QColor(self._ink if f.positive else t.muted))
        painter.setBrush(QColor(self._ink) if f.positive else Qt.BrushStyle.NoBrush)
        painter.drawEllipse(dot)
        verdict = tr("positive") if f.positive else tr("negative")
        painter.setFont(sized(self.font(), 0.88, f.positive))
        x = self._word(painter, verdict, dot.right() + 5, line.right(), line, self._ink if f.positive else t.muted)
        if self.conflict:
            mark = round(line.height() * 0.85)
            at = QPointF(x + 10, line.center().y() - mark / 2)
            painter.drawPixmap(at, icon_pixmap("conflict", t.failed, mark, self.devicePixelRatioF()))
            x = self._word(painter, tr("conflict"), x + 14 + mark, line.right(), line, t.failed)
        painter.setFont(sized(self.font(), 0.88))
        painter.setPen(QColor(t.muted))
        point = tr("operating point {0}").format(number(f.threshold))
        if QFontMetricsF(painter.font()).horizontalAdvance(point) > line.right() - x - 8:
            point = number(f.threshold)  # beside a mark on the bar that tells the same
        painter.drawText(line, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, point)
