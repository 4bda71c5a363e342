"""A large picture made quick to draw: a pyramid of its stored values, cut and resampled to the view, then windowed.

Resampling happens on stored values and only then the window is applied, to as many pixels as the view has: dragging a
window costs the same for a film of 7 and one of 100 megapixels.
"""

from dataclasses import dataclass, field, replace

import numpy as np
from PySide6.QtCore import QPointF, QRect, QRectF, QSizeF
from PySide6.QtGui import QImage

from viewer.study.display import apply_window, display_table
from viewer.study.image import DisplayWindow, Image, ToneTable
from viewer.ui.views.placement import Placement
from viewer.ui.views.presets import Presets, presets

SMALL = 1_000_000
"""Pictures of fewer pixels are prepared at once, larger ones in the background."""


@dataclass
class PixelPyramid:
    """The picture at full size and halved again and again, and the windows that suit it.

    Not ``ready``: a preview, whose one smaller level is picked instead of averaged, and whose windows are from that.
    """

    image: Image
    levels: list[np.ndarray]
    ready: bool
    presets: Presets
    _patch: tuple[object, np.ndarray] | None = field(default=None, repr=False)

    def patch(self, placement: Placement, view: QSizeF, ratio: float) -> tuple[QRect, np.ndarray]:
        """Return the visible part as stored values, a value a device pixel, and its rectangle in device pixels."""
        key = (placement, view.width(), view.height(), ratio, self.ready)
        if self._patch is None or self._patch[0][0] != key:  # type: ignore[index]
            rect, values = self._cut(placement, view, ratio)
            self._patch = ((key, rect), values)
        (_, rect), values = self._patch  # type: ignore[misc]
        return rect, values

    def _cut(self, placement: Placement, view: QSizeF, ratio: float) -> tuple[QRect, np.ndarray]:
        import cv2

        image = self.image
        transform = placement.transform(view)
        shown = transform.mapRect(QRectF(0, 0, image.columns, image.rows))
        device = QRectF(shown.x() * ratio, shown.y() * ratio, shown.width() * ratio, shown.height() * ratio)
        whole = QRect(0, 0, round(view.width() * ratio), round(view.height() * ratio))
        rect = _rounded(device).intersected(whole)
        if rect.isEmpty():
            return rect, np.zeros((0, 0), image.pixels.dtype)
        level = self._level(placement.scale * ratio)
        pixels = self.levels[level]
        rows, columns = pixels.shape[:2]
        inverse, _ = transform.inverted()
        sx, sy = columns / image.columns, rows / image.rows
        # Device pixel index (i, j) of the patch -> sample index of the level: both count from pixel centres.
        a = np.array([[inverse.m11() * sx, inverse.m21() * sx], [inverse.m12() * sy, inverse.m22() * sy]]) / ratio
        shift = np.array([inverse.dx() * sx, inverse.dy() * sy])
        offset = a @ np.array([rect.x() + 0.5, rect.y() + 0.5]) + shift - 0.5
        corners = (
            np.array([[0, 0], [rect.width(), 0], [0, rect.height()], [rect.width(), rect.height()]]) @ a.T + offset
        )
        x0, y0 = np.clip(np.floor(corners.min(0)) - 2, 0, (columns - 1, rows - 1)).astype(int)
        x1, y1 = np.clip(np.ceil(corners.max(0)) + 3, (x0 + 1, y0 + 1), (columns, rows)).astype(int)
        source = np.ascontiguousarray(pixels[y0:y1, x0:x1])
        if source.dtype == np.int32:
            source = source.astype(np.float32)
        matrix = np.hstack([a, (offset - (x0, y0))[:, None]])
        magnified = placement.scale * ratio >= 8
        flags = (cv2.INTER_NEAREST if magnified else cv2.INTER_LINEAR) | cv2.WARP_INVERSE_MAP
        size = (rect.width(), rect.height())
        values = cv2.warpAffine(source, matrix, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
        if image.padding is not None and not magnified and source.ndim == 2:
            # Padding must not bleed into the picture: where the nearest sample is padding, it stays padding.
            low, high = image.padding
            inside = cv2.inRange(source, (float(low),), (float(high),))
            outside = cv2.warpAffine(inside, matrix, size, flags=cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP)
            values[outside > 0] = low
        return rect, values

    def _level(self, scale: float) -> int:
        """Return the smallest level that still has a sample for each device pixel."""
        if not self.ready:
            return len(self.levels) - 1
        level = 0
        while level + 1 < len(self.levels) and self.levels[level + 1].shape[1] >= self.image.columns * scale:
            level += 1
        return level


def preview(image: Image) -> PixelPyramid:
    """Return a pyramid to show at once: every n-th pixel, about half a million."""
    step = max(1, int(np.ceil(np.sqrt(image.pixels.shape[0] * image.pixels.shape[1] / 500_000))))
    picked = np.ascontiguousarray(image.pixels[::step, ::step])
    return PixelPyramid(image, [image.pixels, picked], False, presets(replace(image, pixels=picked)))


def pyramid(image: Image) -> PixelPyramid:
    """Return the whole pyramid, each level the mean of two by two values; half a second for a hundred megapixels."""
    import cv2

    levels = [image.pixels]
    pixels = image.pixels
    if pixels.dtype == np.int32:
        pixels = pixels.astype(np.float32)
    while min(pixels.shape[:2]) >= 2 and max(pixels.shape[:2]) > 256:
        size = ((pixels.shape[1] + 1) // 2, (pixels.shape[0] + 1) // 2)
        pixels = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
        levels.append(pixels)
    return PixelPyramid(image, levels, True, presets(image))


def windowed(image: Image, values: np.ndarray, window: DisplayWindow | ToneTable, inverted: bool) -> np.ndarray:
    """Return stored values (as from ``patch``) as 8-bit grey or RGB."""
    import cv2

    if image.pixels.dtype in (np.uint8, np.uint16, np.int16) and values.dtype == image.pixels.dtype:
        table = display_table(image, window, inverted)
        unsigned = values.view(np.uint16) if values.dtype == np.int16 else values
        if len(table) == 65536 and int(cv2.__version__.split(".")[0]) < 5:
            return table[unsigned]
        return cv2.LUT(np.ascontiguousarray(unsigned), table)
    shown = apply_window(values * np.float32(image.slope) + np.float32(image.intercept), window)
    shown = np.nan_to_num(1 - shown if inverted else shown)  # what is no number is black
    grey = np.rint(255 * shown).astype(np.uint8)
    if image.padding is not None:
        grey[(values >= image.padding[0]) & (values <= image.padding[1])] = 0
    return grey


def as_qimage(pixels: np.ndarray, ratio: float = 1.0) -> QImage:
    """Return 8-bit grey, RGB or premultiplied RGBA (rows, columns[, 3 or 4]) as a QImage that owns its memory."""
    formats = {1: QImage.Format.Format_Grayscale8, 3: QImage.Format.Format_RGB888}
    channels = 1 if pixels.ndim == 2 else pixels.shape[2]
    form = formats.get(channels, QImage.Format.Format_RGBA8888_Premultiplied)
    pixels = np.ascontiguousarray(pixels)
    image = QImage(pixels.data, pixels.shape[1], pixels.shape[0], pixels.strides[0], form).copy()
    image.setDevicePixelRatio(ratio)
    return image


def _rounded(r: QRectF) -> QRect:
    left, top, right, bottom = round(r.left()), round(r.top()), round(r.right()), round(r.bottom())
    return QRect(left, top, max(1, right - left), max(1, bottom - top))


def value_words(image: Image, at: QPointF) -> str:
    """Return place and value of the pixel under a point, in modality units; nothing outside the picture."""
    column, row = int(np.floor(at.x())), int(np.floor(at.y()))
    if not (0 <= column < image.columns and 0 <= row < image.rows):
        return ""
    stored = image.pixels[row, column]
    if image.is_colour:
        return f"({column}, {row})  " + " ".join(str(int(v)) for v in stored)
    return f"({column}, {row})  {float(stored) * image.slope + image.intercept:.6g}"
