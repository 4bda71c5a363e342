"""A drawing on paper in millimetres, drawn alike into a PDF and into pixels."""

from dataclasses import dataclass, field

import numpy as np

Colour = tuple[int, int, int]


@dataclass(frozen=True, eq=False)
class Line:
    """A polyline: ``points`` (n, 2) in mm from the sheet's top left corner; NaN breaks it."""

    points: np.ndarray
    colour: Colour
    width_mm: float


@dataclass(frozen=True, eq=False)
class Band:
    """A row of colours (n, 4) uint8 RGBA spread from left to right over a rectangle."""

    x_mm: float
    y_mm: float
    w_mm: float
    h_mm: float
    colours: np.ndarray


@dataclass(frozen=True)
class Words:
    """Text with its baseline's start at ``x_mm``, ``y_mm``."""

    x_mm: float
    y_mm: float
    text: str
    size_mm: float
    colour: Colour = (30, 30, 30)


@dataclass(frozen=True, eq=False)
class Sheet:
    """Marks on paper, in the order in which they are drawn."""

    width_mm: float
    height_mm: float
    paper: Colour = (255, 255, 255)
    marks: list[Line | Band | Words] = field(default_factory=list)


def rasterise(sheet: Sheet, px_per_mm: float) -> np.ndarray:
    """Return the sheet as uint8 RGB."""
    import cv2

    height, width = round(sheet.height_mm * px_per_mm), round(sheet.width_mm * px_per_mm)
    canvas = np.empty((height, width, 3), np.uint8)
    canvas[:] = sheet.paper
    for mark in sheet.marks:
        if isinstance(mark, Line):
            thick = max(1, round(mark.width_mm * px_per_mm))
            for piece in unbroken(mark.points):
                points = np.rint(piece * px_per_mm * 16).astype(np.int32)
                cv2.polylines(canvas, [points], False, mark.colour, thick, cv2.LINE_AA, 4)
        elif isinstance(mark, Band):
            _blend(canvas, mark, px_per_mm)
        else:
            at = (round(mark.x_mm * px_per_mm), round(mark.y_mm * px_per_mm))
            scale = mark.size_mm * px_per_mm / 22  # Hershey capitals are 22 px tall at scale 1
            cv2.putText(canvas, ascii_only(mark.text), at, cv2.FONT_HERSHEY_SIMPLEX, scale, mark.colour, 1, cv2.LINE_AA)
    return canvas


def unbroken(points: np.ndarray) -> list[np.ndarray]:
    """Return the runs of at least two finite points."""
    finite = np.isfinite(points).all(1)
    edges = np.flatnonzero(np.diff(np.concatenate([[False], finite, [False]]).astype(np.int8)))
    return [points[a:b] for a, b in zip(edges[::2], edges[1::2], strict=True) if b - a >= 2]


def ascii_only(text: str) -> str:
    """Return text that OpenCV's built-in letters can show."""
    return text.replace("µ", "u").replace("›", ">").encode("ascii", "replace").decode()


def _blend(canvas: np.ndarray, band: Band, px_per_mm: float) -> None:
    import cv2

    left, top = max(0, round(band.x_mm * px_per_mm)), max(0, round(band.y_mm * px_per_mm))
    right = min(canvas.shape[1], round((band.x_mm + band.w_mm) * px_per_mm))
    bottom = min(canvas.shape[0], round((band.y_mm + band.h_mm) * px_per_mm))
    if right <= left or bottom <= top or not len(band.colours):
        return
    row = cv2.resize(band.colours[None].astype(np.float32), (right - left, 1), interpolation=cv2.INTER_LINEAR)
    alpha = row[..., 3:] / 255
    part = canvas[top:bottom, left:right]
    part[:] = np.rint(part * (1 - alpha) + row[..., :3] * alpha).astype(np.uint8)
