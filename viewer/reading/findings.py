"""From a network's probabilities and maps to findings, heat maps, boxes and spans."""

from collections.abc import Sequence

import numpy as np

from viewer.models.card import Card
from viewer.models.preprocessing import Extent
from viewer.reading.boxes import boxes_from_map, spans_from_map
from viewer.reading.values import Finding, HeatMap
from viewer.study import Image, Study

NOTHING_FOUND = ("No Finding", "Normal", "Others")  # classes that point at no place
WHOLLY = ("No Finding", "Normal")  # classes that hold of a recording only where they hold of all of it
UNCERTAIN = "uncertain"


def strongest(probabilities: np.ndarray, classes: Sequence[str] = ()) -> np.ndarray:
    """Return each class's highest probability over a recording's windows: (windows, classes) -> (classes,).

    A recording is only as normal as its least normal window: there the lowest counts.
    """
    strengths = probabilities.max(0)
    for c, label in enumerate(classes):
        if label in WHOLLY:
            strengths[c] = probabilities[:, c].min()
    return strengths


def predicted(card: Card, strengths: np.ndarray) -> str | None:
    """Return the most probable class where classes exclude each other, ``uncertain`` under the card's level."""
    if not card.exclusive:
        return None
    best = int(strengths.argmax())
    return card.classes[best] if strengths[best] >= card.uncertain_below else UNCERTAIN


def heat_maps(
    card: Card, study: Study, maps: np.ndarray, extents: tuple[Extent, ...], probabilities: np.ndarray
) -> tuple[HeatMap, ...]:
    """Return one map a class from the windows' raw maps (windows, classes, *grid).

    Over time the windows are laid one after another, the higher value where they overlap; of several parts of a picture
    the one with the class's highest probability is kept.
    """
    if isinstance(study.content, Image):
        best = probabilities.argmax(0)
        return tuple(
            HeatMap(label, maps[w, c], extents[w].x, extents[w].y, extents[w].w, extents[w].h)
            for c, (label, w) in enumerate(zip(card.classes, best, strict=True))
        )
    laid, start_s, end_s = lay_over_time(maps, extents)
    return tuple(HeatMap(label, laid[c], start_s=start_s, end_s=end_s) for c, label in enumerate(card.classes))


def lay_over_time(maps: np.ndarray, extents: tuple[Extent, ...]) -> tuple[np.ndarray, float, float]:
    """Lay windows' maps (windows, classes, steps) over one time axis; return (classes, steps), its start and end."""
    steps = maps.shape[2]
    start_s, end_s = min(e.start_s for e in extents), max(e.end_s for e in extents)
    step_s = min(e.end_s - e.start_s for e in extents) / steps
    laid = np.zeros((maps.shape[1], max(1, round((end_s - start_s) / step_s))), np.float32)
    for window, extent in zip(maps, extents, strict=True):
        first = round((extent.start_s - start_s) / step_s)
        part = laid[:, first : first + steps]
        np.maximum(part, window[:, : part.shape[1]], out=part)
    return laid, start_s, end_s


def findings(card: Card, study: Study, strengths: np.ndarray, maps: tuple[HeatMap, ...]) -> tuple[Finding, ...]:
    """Return a finding a class; those at or over their operating point get boxes or spans.

    ``study`` is the whole study, to which boxes and spans are cut.
    """
    found = []
    for c, label in enumerate(card.classes):
        probability, threshold = round(float(strengths[c]), 6), card.operating_points[label]
        finding = Finding(label, probability, threshold)
        heat_map = next((m for m in maps if m.label == label), None)
        if finding.positive and heat_map is not None and label not in NOTHING_FOUND:
            finding = _placed(card, study, finding, heat_map)
        found.append(finding)
    return tuple(found)


def _placed(card: Card, study: Study, finding: Finding, heat_map: HeatMap) -> Finding:
    content = study.content
    if isinstance(content, Image):
        extent = Extent(heat_map.x, heat_map.y, heat_map.w, heat_map.h)
        picture = (content.rows, content.columns)
        boxes = boxes_from_map(heat_map.values, extent, picture, card.mean_boxes.get(finding.label), card.box_threshold)
        return Finding(finding.label, finding.probability, finding.threshold, boxes=boxes)
    spans = spans_from_map(heat_map.values, heat_map.start_s, heat_map.end_s, content.duration_s, card.box_threshold)
    return Finding(finding.label, finding.probability, finding.threshold, spans=spans)
