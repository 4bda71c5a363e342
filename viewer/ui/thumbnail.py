"""Small pictures for the worklist, made where the files are opened."""

from dataclasses import replace

import numpy as np
from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor, QImage, QPainter, QPen

from viewer.study import Image, Study, Waveform

SIDE_PX = 128


def thumbnail(study: Study) -> QImage:
    """Return a picture of at most 128 x 128 pixels: the film as shown, or a stretch of the first lead worth showing."""
    content = study.content
    return _picture(content) if isinstance(content, Image) else _trace(content)


def _picture(image: Image) -> QImage:
    import cv2

    from viewer.study.display import grey8

    step = max(1, max(image.rows, image.columns) // 512)
    shown = grey8(replace(image, pixels=np.ascontiguousarray(image.pixels[::step, ::step])))
    if shown.dtype != np.uint8:
        shown = (shown >> 8).astype(np.uint8)
    scale = SIDE_PX / max(shown.shape[:2])
    size = (max(1, round(shown.shape[1] * scale)), max(1, round(shown.shape[0] * scale)))
    small = cv2.resize(shown, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_NEAREST)
    if small.ndim == 2:
        small = cv2.cvtColor(small, cv2.COLOR_GRAY2RGB)
    small = np.ascontiguousarray(small)
    return QImage(small.data, size[0], size[1], 3 * size[0], QImage.Format.Format_RGB888).copy()


def _trace(waveform: Waveform) -> QImage:
    picture = QImage(SIDE_PX, SIDE_PX, QImage.Format.Format_RGB32)
    picture.fill(QColor("#101820"))
    index = waveform.channels.index("II") if "II" in waveform.channels else 0
    trace = waveform.samples[index, : int(min(waveform.samples.shape[1], 4 * waveform.rate_hz))]
    trace = trace[np.isfinite(trace)]
    if trace.size < 2:
        return picture
    low, high = (float(v) for v in np.percentile(trace[:: max(1, trace.size // 20000)], (0.2, 99.8)))
    edges = np.linspace(0, trace.size, 2 * SIDE_PX + 1).astype(int)[:-1]
    edges = np.unique(edges)
    tops, bottoms = np.maximum.reduceat(trace, edges), np.minimum.reduceat(trace, edges)
    height = max(high - low, 1e-9)
    pad, room = SIDE_PX * 0.22, SIDE_PX * 0.56

    def y(value: float) -> float:
        return pad + room * (1 - min(max((value - low) / height, -0.3), 1.3))

    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(QColor("#8fd0c0"), 1))
    points = []
    for i, (top, bottom) in enumerate(zip(tops, bottoms, strict=True)):
        x = SIDE_PX * i / len(edges)
        points += [QPointF(x, y(float(top))), QPointF(x, y(float(bottom)))]
    painter.drawPolyline(points)
    painter.end()
    return picture
