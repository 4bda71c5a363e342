"""From a heat map to boxes on a picture or spans of a recording."""

import numpy as np

from viewer.models.preprocessing import Extent
from viewer.reading.values import Box, Span

THRESHOLD = 0.5  # of the map's maximum
NEAREST = 5  # shapes compared by size, as published (Deep MedIA)
FINE_PX = 256  # maps are enlarged to this along their longer side before shapes are cut out


def boxes_from_map(
    values: np.ndarray,
    extent: Extent,
    picture: tuple[int, int],
    mean_box: tuple[float, float] | None = None,
    threshold: float = THRESHOLD,
) -> tuple[Box, ...]:
    """Cut boxes out of a class's map.

    The map is enlarged and cut at ``threshold`` of its maximum; connected shapes get a box. With ``mean_box`` the
    published choice is made: of all shapes the five whose size is nearest the disease's mean box, and of those the one
    with the highest mean activation. Without it the five of the highest mean activation are kept.

    Parameters
    ----------
    values : ndarray
        (height, width), not negative.
    extent : Extent
        The rectangle of the picture that the whole map covers, in pixels.
    picture : (int, int)
        Rows and columns of the picture; boxes are cut to it.
    mean_box : (float, float), optional
        Mean width and height as fractions of the picture's.

    Returns
    -------
    tuple of Box
        The highest score first; a score is the shape's mean activation over the map's maximum, 0..1.
    """
    import cv2

    peak = float(values.max(initial=0.0))
    if not np.isfinite(peak) or peak <= 0:
        return ()
    zoom = max(1.0, FINE_PX / max(values.shape))
    fine = cv2.resize(values.astype(np.float32) / peak, None, fx=zoom, fy=zoom, interpolation=cv2.INTER_LINEAR)
    count, labels, stats, _ = cv2.connectedComponentsWithStats((fine >= threshold).astype(np.uint8), connectivity=8)
    sums = np.bincount(labels.ravel(), weights=fine.ravel(), minlength=count)
    rows, columns = picture
    sx, sy = extent.w / fine.shape[1], extent.h / fine.shape[0]
    boxes = []
    for shape in range(1, count):
        left, top, width, height, area = (int(v) for v in stats[shape])
        x0, x1 = np.clip((extent.x + left * sx, extent.x + (left + width) * sx), 0, columns)
        y0, y1 = np.clip((extent.y + top * sy, extent.y + (top + height) * sy), 0, rows)
        if x1 - x0 >= 1 and y1 - y0 >= 1:
            score = min(1.0, float(sums[shape]) / area)
            boxes.append(Box(float(x0), float(y0), float(x1 - x0), float(y1 - y0), score))
    if mean_box is None:
        return tuple(sorted(boxes, key=lambda b: -b.score)[:NEAREST])
    return choose_box(boxes, (mean_box[0] * columns, mean_box[1] * rows))


def choose_box(boxes: list[Box], mean_size: tuple[float, float]) -> tuple[Box, ...]:
    """Return the published choice (at most one): of the five nearest in size, that of the highest mean activation."""
    near = sorted(boxes, key=lambda b: np.hypot(b.w - mean_size[0], b.h - mean_size[1]))[:NEAREST]
    return (max(near, key=lambda b: b.score),) if near else ()


def spans_from_map(
    values: np.ndarray, start_s: float, end_s: float, duration_s: float, threshold: float = THRESHOLD
) -> tuple[Span, ...]:
    """Cut spans out of a class's map over time: stretches at or above ``threshold`` of its maximum.

    ``values`` is (steps,), each step an equal part of ``start_s`` to ``end_s``; spans are cut to the recording. In
    order of time; a score is the stretch's mean activation over the map's maximum. ``channel`` is None: leads mix in
    the first convolution, so the map says when, not in which lead.
    """
    peak = float(values.max(initial=0.0))
    if not np.isfinite(peak) or peak <= 0:
        return ()
    above = np.concatenate([[False], values >= threshold * peak, [False]])
    edges = np.flatnonzero(above[1:] != above[:-1])
    step_s = (end_s - start_s) / len(values)
    spans = []
    for first, last in zip(edges[::2], edges[1::2], strict=True):
        begin, end = max(0.0, start_s + first * step_s), min(duration_s, start_s + last * step_s)
        if end > begin:
            spans.append(Span(None, float(begin), float(end), float(values[first:last].mean() / peak)))
    return tuple(spans)
