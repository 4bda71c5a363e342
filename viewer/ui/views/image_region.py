"""A rectangle marked on a picture with keys alone."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF

from viewer.study import Region

if TYPE_CHECKING:
    from viewer.ui.views.image_view import ImageView

STEP = 1 / 40
"""A key moves or widens the rectangle by this share of what is shown."""
LEAST_PX = 8.0


class KeyRegion:
    """The rectangle in upright pixels while it is being placed; None before and after."""

    def __init__(self, view: "ImageView") -> None:
        self._view = view
        self.rect: QRectF | None = None

    def begin(self) -> None:
        """Place it in the middle of what is shown, half as large; over the marked region where there is one."""
        r = self._view.region
        if r is not None and r.w > 0:
            self.rect = QRectF(r.x, r.y, r.w, r.h)
        else:
            shown = self._shown()
            self.rect = QRectF(
                shown.x() + shown.width() / 4, shown.y() + shown.height() / 4, shown.width() / 2, shown.height() / 2
            )
        self._view.update()

    def move(self, dx: int, dy: int) -> None:
        """Move it by steps; begins where there is none yet."""
        self._change(lambda r, w, h: r.translated(dx * w, dy * h))

    def widen(self, dx: int, dy: int) -> None:
        """Move its lower right corner by steps."""
        self._change(lambda r, w, h: r.adjusted(0, 0, dx * w, dy * h))

    def read(self) -> None:
        """Mark it, to be read by itself."""
        rect, self.rect = self.rect, None
        if rect is not None:
            self._view.mark(Region(x=rect.x(), y=rect.y(), w=rect.width(), h=rect.height()))

    def _change(self, change) -> None:  # type: ignore[no-untyped-def]
        if self.rect is None:
            self.begin()
        shown, image = self._shown(), self._view.image
        assert self.rect is not None
        rect = change(self.rect, shown.width() * STEP, shown.height() * STEP)
        inside = rect.intersected(QRectF(0, 0, image.columns, image.rows))
        if inside.width() >= LEAST_PX and inside.height() >= LEAST_PX:
            self.rect = inside
        self._view.update()

    def _shown(self) -> QRectF:
        view, image = self._view, self._view.image
        corners = view.to_picture(QPointF(0, 0)), view.to_picture(QPointF(view.width(), view.height()))
        return QRectF(*corners).normalized().intersected(QRectF(0, 0, image.columns, image.rows))
