"""Lengths and angles on a picture: in millimetres where its spacing is known, else in pixels, and saying so."""

import math
from dataclasses import dataclass

from viewer.study import Image

Point = tuple[float, float]


@dataclass(frozen=True)
class Measure:
    """Two points (a length) or three (an angle at the middle one), in upright pixels."""

    points: tuple[Point, ...]

    def words(self, image: Image) -> str:
        """Return the result with its unit."""
        if len(self.points) == 3:
            return f"{angle_deg(self.points, image):.1f}°"
        if len(self.points) < 2:
            return ""
        length = length_of(self.points[0], self.points[1], image)
        if image.spacing_mm is None:
            return f"{length:.0f} px"
        where = " at the detector" if image.spacing_from == "ImagerPixelSpacing" else ""
        return f"{length:.1f} mm{where}"


def length_of(a: Point, b: Point, image: Image) -> float:
    """Return the distance in mm, or in pixels where the spacing is not known."""
    down, across = image.spacing_mm or (1.0, 1.0)
    return math.hypot((b[0] - a[0]) * across, (b[1] - a[1]) * down)


def angle_deg(points: tuple[Point, ...], image: Image) -> float:
    """Return the angle at the middle of three points, 0..180 degrees."""
    down, across = image.spacing_mm or (1.0, 1.0)
    (ax, ay), (bx, by), (cx, cy) = ((x * across, y * down) for x, y in points)
    first, second = math.atan2(ay - by, ax - bx), math.atan2(cy - by, cx - bx)
    turn = abs(math.degrees(first - second)) % 360
    return 360 - turn if turn > 180 else turn
