"""Measuring a monitor by hand: a bar is made as long as a bank card."""

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QSlider, QVBoxLayout, QWidget

from viewer.ui.views.paper_scale import calibrate, pixels_per_mm

CARD_MM = 85.60
"""The width of a bank card (ISO/IEC 7810 ID-1)."""
_STEP = 0.01


class CalibrationDialog(QDialog):
    """Asks a person to make the bar as long as a bank card and keeps the result for the monitor it is on."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Calibrate monitor"))
        self.on_screen = parent.screen()
        words = QLabel(
            self.tr(
                "Hold a bank card (85.6 mm wide) to the screen and move the slider, or press the arrow keys, "
                "until the bar is exactly as long. ECG paper is then true to size on this monitor."
            ),
            wordWrap=True,
        )
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(round(2 / _STEP), round(12 / _STEP))
        self.slider.setAccessibleName(self.tr("Length of the bar"))
        self.slider.setValue(round(pixels_per_mm(self.on_screen)[0] / _STEP))
        self.bar = _Bar()
        self.slider.valueChanged.connect(self._resize)
        buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Save
            | QDialogButtonBox.StandardButton.Reset
            | QDialogButtonBox.StandardButton.Cancel
        )
        buttons.accepted.connect(self._save)
        buttons.rejected.connect(self.reject)
        buttons.button(QDialogButtonBox.StandardButton.Reset).clicked.connect(self._forget)
        column = QVBoxLayout(self)
        for widget in (words, self.bar, self.slider, buttons):
            column.addWidget(widget)
        self._resize()
        self.slider.setFocus()

    @property
    def px_per_mm(self) -> float:
        """What the slider says."""
        return self.slider.value() * _STEP

    def _resize(self) -> None:
        self.bar.length = self.px_per_mm * CARD_MM
        self.bar.setMinimumSize(round(self.bar.length) + 24, 70)
        self.bar.update()

    def _save(self) -> None:
        calibrate(self.on_screen, self.px_per_mm)
        self.accept()

    def _forget(self) -> None:
        calibrate(self.on_screen, None)
        self.accept()


class _Bar(QWidget):
    length = 0.0

    def paintEvent(self, _event: object) -> None:
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self.palette().highlight())
            painter.drawRect(QRectF((self.width() - self.length) / 2, 10, self.length, 50))
