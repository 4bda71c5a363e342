"""Where a picture lies in a view: scale, centre, quarter turns, mirror."""

from dataclasses import dataclass, replace

from PySide6.QtCore import QPointF, QSizeF
from PySide6.QtGui import QTransform


@dataclass(frozen=True)
class Placement:
    """A picture's place in a view.

    ``scale`` is in view units a picture column, ``centre`` the picture's point in the middle of the view, ``aspect``
    the height of a pixel over its width. The mirror (left to right) comes first, then the quarter turns, clockwise.
    """

    scale: float = 1.0
    centre: tuple[float, float] = (0.0, 0.0)
    turns: int = 0
    mirrored: bool = False
    aspect: float = 1.0

    def transform(self, view: QSizeF) -> QTransform:
        """Return the map from picture to view coordinates."""
        t = QTransform()
        t.translate(view.width() / 2, view.height() / 2)
        t.rotate(90 * self.turns)
        t.scale(-self.scale if self.mirrored else self.scale, self.scale * self.aspect)
        t.translate(-self.centre[0], -self.centre[1])
        return t

    def turned(self, quarters: int) -> "Placement":
        """Return it turned clockwise by quarters of a turn."""
        return replace(self, turns=(self.turns + quarters) % 4)

    def flipped(self, vertically: bool = False) -> "Placement":
        """Return it mirrored as it is seen: left to right, or top to bottom."""
        turns = -self.turns + (2 if vertically else 0)
        return replace(self, turns=turns % 4, mirrored=not self.mirrored)

    def fitted(self, columns: int, rows: int, view: QSizeF, top: float = 0.0, bottom: float = 0.0) -> "Placement":
        """Return it centred and as large as the view takes, leaving room at top and bottom."""
        wide, high = float(columns), rows * self.aspect
        if self.turns % 2:
            wide, high = high, wide
        scale = min(view.width() / max(wide, 1), max(view.height() - top - bottom, 20) / max(high, 1))
        placed = replace(self, scale=max(scale, 1e-4), centre=(columns / 2, rows / 2))
        return placed.panned(0, (top - bottom) / 2)

    def zoomed(self, factor: float, at: QPointF, view: QSizeF) -> "Placement":
        """Return it magnified, the picture's point under ``at`` (view coordinates) staying where it is."""
        scale = min(max(self.scale * factor, 1e-3), 100.0)
        before = _inverse(self.transform(view)).map(at)
        larger = replace(self, scale=scale)
        after = _inverse(larger.transform(view)).map(at)
        moved = QPointF(before) - QPointF(after)
        return replace(larger, centre=(self.centre[0] + moved.x(), self.centre[1] + moved.y()))

    def panned(self, dx: float, dy: float) -> "Placement":
        """Return it moved by view units."""
        t = self.transform(QSizeF(0, 0))
        inverse = _inverse(t)
        moved = QPointF(inverse.map(QPointF(dx, dy))) - QPointF(inverse.map(QPointF(0, 0)))
        return replace(self, centre=(self.centre[0] - moved.x(), self.centre[1] - moved.y()))

    def orientation(self) -> str:
        """Return ``""`` upright, else for instance ``90°``, ``mirrored 180°``."""
        turn = f"{90 * self.turns}°" if self.turns else ""
        return " ".join(part for part in ("mirrored" if self.mirrored else "", turn) if part)


def _inverse(t: QTransform) -> QTransform:
    inverse, _ = t.inverted()
    return inverse


def to_picture(placement: Placement, view: QSizeF, at: QPointF) -> QPointF:
    """Return the picture's point under a point of the view."""
    return QPointF(_inverse(placement.transform(view)).map(at))
