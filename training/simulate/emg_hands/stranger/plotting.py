"""The field of traces: a grid, the sweeps on it and a box round each potential, in pixels of the canvas."""

from dataclasses import dataclass

import cv2
import numpy as np

from training.simulate.curves_left_out import left_out
from training.simulate.emg_hands.stranger.fibres import FS
from training.simulate.emg_hands.stranger.looks import Colour, Look, between
from training.simulate.emg_hands.stranger.recording import Event
from training.simulate.emg_screen import TrueBox


@dataclass(frozen=True)
class Field:
    """Where traces go: rectangle (px), size of a division (px), origin of the grid, baselines (px down the canvas)."""

    x: int
    y: int
    w: int
    h: int
    div_w: float
    div_h: float
    grid_x: float
    grid_y: float
    baselines: tuple[float, ...]
    px_per_ms: float
    px_per_uv: float


def marks(start: float, step: float, end: float) -> np.ndarray:
    """Pixel places of grid lines."""
    return np.round(np.arange(start, end + 0.5, step)).astype(int) if step >= 3 else np.zeros(0, int)


def draw_grid(image: np.ndarray, field: Field, look: Look) -> None:
    """One of the kinds of grid, over the ground of the field."""
    x0, y0, x1, y1 = field.x, field.y, field.x + field.w - 1, field.y + field.h - 1
    cv2.rectangle(image, (x0, y0), (x1, y1), look.ground, -1)
    columns, rows = marks(field.grid_x, field.div_w, x1), marks(field.grid_y, field.div_h, y1)
    columns, rows = columns[columns >= x0], rows[rows >= y0]
    area = image[y0 : y1 + 1, x0 : x1 + 1]
    if look.grid == "minor":
        pale = between(look.ground, look.lines, 0.4)
        fine_x = marks(field.grid_x, field.div_w / 5, x1)
        fine_y = marks(field.grid_y, field.div_h / 5, y1)
        area[:, fine_x[fine_x >= x0] - x0] = pale
        area[fine_y[fine_y >= y0] - y0] = pale
    if look.grid in ("lines", "minor", "columns"):
        area[:, columns - x0] = look.lines
        if look.grid != "columns":
            area[rows - y0] = look.lines
    elif look.grid == "dots":
        step_x, step_y = max(field.div_w / 5, 3), max(field.div_h / 5, 3)
        fine_x, fine_y = marks(field.grid_x, step_x, x1), marks(field.grid_y, step_y, y1)
        fine_x, fine_y = fine_x[fine_x >= x0], fine_y[fine_y >= y0]
        area[np.ix_(rows - y0, fine_x - x0)] = look.lines
        area[np.ix_(fine_y - y0, columns - x0)] = look.lines
    elif look.grid == "cross":
        for x in columns:
            for y in rows:
                cv2.line(image, (x - 3, y), (min(x + 3, x1), y), look.lines)
                cv2.line(image, (x, y - 3), (x, min(y + 3, y1)), look.lines)
    if look.grid == "frame":
        for x in columns:
            cv2.line(image, (x, y1 - 5), (x, y1), look.lines)
        for y in rows:
            cv2.line(image, (x0, y), (x0 + 5, y), look.lines)
    if look.grid in ("frame", "dots", "cross") and field.x > 0:
        cv2.rectangle(image, (x0, y0), (x1, y1), look.lines)


def trace_points(sweep: np.ndarray, field: Field, baseline: float) -> np.ndarray:
    """A sweep (n,) uV as points (m, 2) px; crowded samples become their half pixel's extremes, no spike lost."""
    crowd = int(FS / field.px_per_ms / 2)
    x = np.arange(sweep.size) * (field.px_per_ms / FS) + field.x
    y = baseline + sweep * field.px_per_uv
    if crowd >= 3:
        n = y.size // crowd
        groups = y[: n * crowd].reshape(n, crowd)
        order = groups.argmax(1) > groups.argmin(1)
        low, high = groups.min(1), groups.max(1)
        y = np.stack([np.where(order, low, high), np.where(order, high, low)], 1).ravel()
        x = np.repeat(x[: n * crowd : crowd], 2)
    return np.stack([x, y.clip(field.y - 4 * field.h, field.y + 5 * field.h)], 1)


def draw_sweeps(image: np.ndarray, sweeps: np.ndarray, field: Field, look: Look, inks: list[Colour]) -> None:
    """All sweeps (sweeps, n) uV into the field; what leaves the field is cut off, as on screens."""
    area = image[field.y : field.y + field.h, field.x : field.x + field.w]
    patch = np.ascontiguousarray(area)
    for k, sweep in enumerate(() if left_out() else sweeps):
        points = trace_points(sweep, field, field.baselines[k]) - (field.x, field.y)
        kind = cv2.LINE_AA if look.smooth else cv2.LINE_8
        fixed = np.round(points * 16).astype(np.int32)
        cv2.polylines(patch, [fixed], False, inks[k % len(inks)], look.thick, kind, shift=4)
    area[:] = patch


def true_boxes(events: list[Event], field: Field) -> list[TrueBox]:
    """A box for each potential of which most is in the field and which is high enough to be seen; near doubles one."""
    boxes: list[TrueBox] = []
    right, bottom = field.x + field.w, field.y + field.h
    for one in sorted(events, key=lambda e: (e.sweep, e.onset)):
        x0, x1 = (field.x + t * field.px_per_ms for t in (one.onset, one.end))
        y0, y1 = (field.baselines[one.sweep] + uv * field.px_per_uv for uv in (one.low, one.high))
        a, b, c, d = max(x0, field.x), max(y0, field.y), min(x1, right), min(y1, bottom)
        if c - a < 0.5 * (x1 - x0) or d - b < 0.3 * (y1 - y0) or y1 - y0 < 3:
            continue
        same = [k for k in boxes if k.generator == one.generator and _overlap(k, a, b, c, d) > 0.75]
        if not same:
            boxes.append(TrueBox(one.label, one.generator, a, b, max(c - a, 1), d - b, one.amplitude))
    return boxes


def _overlap(box: TrueBox, x0: float, y0: float, x1: float, y1: float) -> float:
    """Intersection over union of a box and a rectangle."""
    w = min(box.x + box.w, x1) - max(box.x, x0)
    h = min(box.y + box.h, y1) - max(box.y, y0)
    if w <= 0 or h <= 0:
        return 0.0
    return w * h / (box.w * box.h + (x1 - x0) * (y1 - y0) - w * h)
