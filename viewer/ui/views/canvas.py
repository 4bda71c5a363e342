"""A picture in device pixels that signals are drawn into.

Qt's stroker takes over a second for a dense zigzag with a pen wider than one pixel (measured: 5,000 points, 1.4 s);
OpenCV draws the same antialiased line into the same memory in 10 ms. Everything else is QPainter's.
"""

from collections.abc import Callable
from functools import lru_cache

import numpy as np
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QImage, QPainter

from viewer.ui.views.envelope import Envelope

_SHIFT = 4
"""Points are given to OpenCV in sixteenths of a pixel."""
FEW = 25
"""One column in so many may reach farther than the band that is filled at once."""


class Canvas:
    """Memory for ``width`` x ``height`` device pixels, for numpy (``pixels``: BGRA, ``words``) and Qt (``image``)."""

    def __init__(self, width: int, height: int, ratio: float, ground: QColor, over: "Canvas | None" = None) -> None:
        """``over``: a canvas that is no longer shown, whose memory is drawn over where it is as large.

        Filling memory that is in use takes a quarter of the time of fresh memory (2,560 x 1,600: 0.3 ms for 1.4 ms).
        """
        shape = (max(1, height), max(1, width))
        self.words: np.ndarray = np.empty(shape, np.uint32)
        if over is not None and over.words.shape == shape:
            self.words = over.words
        self.words[:] = _word(ground)
        self.pixels: np.ndarray = self.words.view(np.uint8).reshape(*shape, 4)
        rows, columns = self.pixels.shape[:2]
        self.image = QImage(self.pixels.data, columns, rows, columns * 4, QImage.Format.Format_RGB32)
        self.ratio = ratio

    def painter(self) -> QPainter:
        """Return a painter that counts in device-independent pixels; end it before drawing traces."""
        painter = QPainter(self.image)
        painter.scale(self.ratio, self.ratio)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        return painter

    def frame(self, inside: QRectF, colour: QColor) -> None:
        """Fill what lies outside a rectangle (in device-independent pixels)."""
        x0, x1 = round(inside.left() * self.ratio), round(inside.right() * self.ratio)
        y0, y1 = round(inside.top() * self.ratio), round(inside.bottom() * self.ratio)
        for part in (np.s_[:y0], np.s_[y1:], np.s_[y0:y1, :x0], np.s_[y0:y1, x1:]):
            self.words[part] = _word(colour)

    def rows(self, ys: np.ndarray, colour: QColor, x0: float, x1: float) -> None:
        """Draw horizontal lines one device pixel thick (coordinates in device-independent pixels)."""
        left, right = max(0, round(x0 * self.ratio)), round(x1 * self.ratio)
        found = np.rint(ys * self.ratio).astype(int)
        self.words[found[(found >= 0) & (found < self.words.shape[0])], left:right] = _word(colour)

    def columns(self, xs: np.ndarray, colour: QColor, y0: float, y1: float) -> None:
        """Draw vertical lines one device pixel thick (coordinates in device-independent pixels)."""
        top, bottom = max(0, round(y0 * self.ratio)), round(y1 * self.ratio)
        found = np.rint(xs * self.ratio).astype(int)
        self.words[top:bottom, found[(found >= 0) & (found < self.words.shape[1])]] = _word(colour)

    def trace(
        self,
        x: np.ndarray,
        y: np.ndarray,
        colour: QColor,
        width: float = 1.2,
        clip: QRectF | None = None,
        smooth: bool = True,
    ) -> None:
        """Draw a line through points in device-independent pixels; NaN interrupts it.

        Not ``smooth`` is not antialiased, and several times as fast.
        """
        import cv2

        pixels, dx, dy = self.pixels, 0, 0
        if clip is not None:
            dx, dy = max(0, round(clip.left() * self.ratio)), max(0, round(clip.top() * self.ratio))
            pixels = pixels[
                dy : max(dy, round(clip.bottom() * self.ratio)), dx : max(dx, round(clip.right() * self.ratio))
            ]
            if not pixels.size:
                return
        points = np.stack([x * self.ratio - dx, y * self.ratio - dy], axis=1) - 0.5
        runs = _finite_runs(points[:, 1])
        if not runs:
            return
        limit = 4.0 * max(self.pixels.shape[:2])
        scaled = np.rint(np.clip(np.nan_to_num(points), -limit, limit) * (1 << _SHIFT)).astype(np.int32)
        # A line two pixels wide is two lines one pixel apart down the diagonal: a tenth of the time of OpenCV's own.
        # It draws into the view of the memory itself, as rows may be any distance apart.
        for step in range(max(1, round(width * self.ratio))):
            lines = [scaled[a:b] + (step << _SHIFT) for a, b in runs]
            cv2.polylines(pixels, lines, False, bgra(colour), 1, cv2.LINE_AA if smooth else cv2.LINE_8, _SHIFT)

    def signal(
        self,
        envelope: Envelope,
        channel: int,
        span: tuple[float, float],
        x: tuple[float, float],
        y_of: Callable[[np.ndarray], np.ndarray],
        colour: QColor,
        clip: QRectF,
        dense: float,
        smooth: bool = True,
    ) -> None:
        """Draw samples ``span`` of a channel from ``x[0]`` to ``x[1]``: a line through them, or bars where dense.

        ``y_of`` gives the height of values; all in device-independent pixels. ``dense``: more samples a pixel.
        ``smooth`` as in ``trace``.
        """
        (first, last), (left, right) = span, x
        per_px = (last - first) / max(right - left, 1e-9) / self.ratio
        if per_px <= dense:
            at, values = envelope.points(channel, first, last)
            if len(at) > 1:
                self.trace(
                    left + (at - first) / (last - first) * (right - left), y_of(values), colour, 1.2, clip, smooth
                )
            return
        begin, end = (round(min(max(v, clip.left()), clip.right()) * self.ratio) for v in (left, right))
        if end <= begin:
            return
        start = first + (begin - left * self.ratio) * per_px
        low, high = envelope.columns(channel, start, start + (end - begin) * per_px, end - begin)
        one, other = y_of(low) * self.ratio, y_of(high) * self.ratio
        top, bottom = clip.top() * self.ratio, clip.bottom() * self.ratio
        high, low = np.clip(np.minimum(one, other), top, bottom), np.clip(np.maximum(one, other), top, bottom)
        if smooth:
            self.bars(begin, high, low, colour)
        else:
            self._quick_bars(begin, high, low, colour)

    def bars(self, first: int, top: np.ndarray, bottom: np.ndarray, colour: QColor, width: float = 1.2) -> None:
        """Draw a dense signal: in each device pixel column from ``first`` on a bar from ``top`` to ``bottom``.

        ``top`` and ``bottom`` are in device pixels (NaN: nothing). Bars are at least ``width`` high and reach their
        neighbours, so that the line does not break; their ends are antialiased.
        """
        with np.errstate(invalid="ignore"):
            high, low = top.copy(), bottom.copy()
            high[1:], low[1:] = np.fmin(top[1:], bottom[:-1]), np.fmax(bottom[1:], top[:-1])
        high[np.isnan(top)] = low[np.isnan(top)] = np.nan
        for step in range(1, round(width * self.ratio)):  # as thick across as it is high
            high[step:], low[step:] = np.fmin(high[step:], high[:-step]), np.fmax(low[step:], low[:-step])
            high[np.isnan(top)] = low[np.isnan(top)] = np.nan
        thin = np.maximum(0, width * self.ratio - (low - high)) / 2
        high, low = high - thin, low + thin
        limit, width_px = self.words.shape[0], self.words.shape[1] - first
        high, low = high[:width_px], low[:width_px]
        drawn = np.isfinite(high)
        if not drawn.any():
            return
        high = np.where(drawn, np.clip(high, 0, limit), limit)
        low = np.where(drawn, np.clip(low, 0, limit), 0)
        a, b = np.ceil(high).astype(np.int32), np.floor(low).astype(np.int32)
        self._columns(first, a, b - 1, drawn & (b > a), colour)
        columns = np.arange(first, first + len(a))
        paint = np.array(bgra(colour), np.float32)
        for row, cover in ((a - 1, a - high), (b, low - b)):
            at = drawn & (row >= 0) & (row < limit) & (cover > 0)
            old = self.pixels[row[at], columns[at]].astype(np.float32)
            share = np.clip(cover[at], 0, 1)[:, None]
            self.pixels[row[at], columns[at]] = np.rint(old + (paint - old) * share)

    def _quick_bars(self, first: int, top: np.ndarray, bottom: np.ndarray, colour: QColor) -> None:
        """Draw bars as ``bars`` does, whole pixels only: for many sweeps at once."""
        drawn = np.isfinite(top)
        high, low = top.copy(), bottom.copy()
        high[1:], low[1:] = np.fmin(top[1:], bottom[:-1]), np.fmax(bottom[1:], top[:-1])
        high, low = np.where(drawn, high, 0), np.where(drawn, low, 0)
        limit = self.words.shape[0] - 1
        a, b = np.clip(np.floor(high), 0, limit).astype(np.int32), np.clip(np.ceil(low) - 1, 0, limit).astype(np.int32)
        self._columns(first, a, np.maximum(a, b), drawn, colour)

    def _columns(self, first: int, top: np.ndarray, bottom: np.ndarray, drawn: np.ndarray, colour: QColor) -> None:
        """Fill rows ``top`` to ``bottom`` of each column that is ``drawn``.

        Rows that most columns reach are filled through a mask, laid on by OpenCV: less than half the time of a path up
        and down the columns, as memory lies along rows. The few columns that reach farther are filled one by one there.
        """
        import cv2

        if not drawn.any():
            return
        few = int(drawn.sum()) // FEW
        a = int(np.partition(top[drawn], few)[few])
        b = int(np.partition(bottom[drawn], -1 - few)[-1 - few]) + 1
        inside = drawn & (bottom >= a) & (top < b)
        high, low = np.clip(top, a, b - 1) - a, np.clip(bottom, a, b - 1) - a
        small = np.uint8 if b - a <= 256 else np.uint16  # half the memory to go through
        below = np.arange(b - a, dtype=small)[:, None] - high.astype(small)
        mask = below <= (low - high).astype(small)  # a row above the top wraps round: far below it
        if not inside.all():
            mask[:, ~inside] = False
        part = np.s_[a:b, first : first + len(top)]
        paint = _paint(self.words.shape, int(_word(colour))).view(np.uint8).reshape(self.pixels.shape)
        cv2.copyTo(paint[: b - a, : len(top)], mask.view(np.uint8), self.pixels[part])
        if few:
            self._stand(first, top, np.minimum(bottom, a - 1), drawn, colour)
            self._stand(first, np.maximum(top, b), bottom, drawn, colour)

    def _stand(self, first: int, top: np.ndarray, bottom: np.ndarray, drawn: np.ndarray, colour: QColor) -> None:
        """Fill rows ``top`` to ``bottom`` of each column that is ``drawn``, one by one."""
        own = np.flatnonzero(drawn & (bottom >= top))
        lengths = (bottom - top + 1)[own]
        width = self.words.shape[1]
        begins = top[own].astype(np.int64) * width + first + own
        rows = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        self.words.reshape(-1)[np.repeat(begins, lengths) + rows * width] = _word(colour)


@lru_cache(maxsize=2)
def _paint(shape: tuple[int, int], word: int) -> np.ndarray:
    """Return a picture of one colour, to lay through masks."""
    return np.full(shape, word, np.uint32)


def _word(colour: QColor) -> np.uint32:
    return np.uint32(colour.rgb() | 0xFF000000)


def bgra(colour: QColor) -> tuple[int, int, int, int]:
    """Return a colour as OpenCV and little-endian RGB32 want it."""
    return colour.blue(), colour.green(), colour.red(), 255


def _finite_runs(values: np.ndarray) -> list[tuple[int, int]]:
    """Return the stretches without NaN as (first, one past last)."""
    return _runs(np.isfinite(values))


def _runs(true: np.ndarray) -> list[tuple[int, int]]:
    """Return the stretches that are true as (first, one past last)."""
    edges = np.diff(np.concatenate([[0], true.astype(np.int8), [0]]))
    return list(zip(np.flatnonzero(edges == 1), np.flatnonzero(edges == -1), strict=True))
