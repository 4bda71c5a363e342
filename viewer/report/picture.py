"""A study drawn without a window: the picture or the recording, a class's map, its boxes or spans."""

import numpy as np

from viewer.reading.values import Box, Finding, HeatMap, Reading
from viewer.report.colours import relative, rgba
from viewer.report.ecg_paper import PAGE_S, ecg_sheet
from viewer.report.emg_paper import SWEEP_S, SWEEPS, emg_sheet
from viewer.report.sheet import Sheet, rasterise
from viewer.study import Image, Kind, Study
from viewer.study.display import grey8

BOX = (90, 220, 255)


def render(study: Study, reading: Reading | None, label: str | None, size: tuple[int, int]) -> np.ndarray:
    """Draw a study with one class's map, boxes and spans.

    Parameters
    ----------
    reading, label
        What to lay over it; None for the bare study.
    size : (int, int)
        Width and height in pixels that the picture fits into, its proportions kept.

    Returns
    -------
    ndarray
        uint8 RGB. Nothing that identifies a patient is written into it (what is burnt into the picture stays).
    """
    heat_map = None if reading is None or label is None else reading.heat_map(label)
    finding = None if reading is None else next((f for f in reading.findings if f.label == label), None)
    if isinstance(study.content, Image):
        return _picture(study.content, heat_map, () if finding is None else finding.boxes, size)
    sheet = recording_sheet(study, heat_map, finding)
    return rasterise(sheet, min(size[0] / sheet.width_mm, size[1] / sheet.height_mm))


def recording_sheet(study: Study, heat_map: HeatMap | None, finding: Finding | None) -> Sheet:
    """Return a recording on paper, from where the finding's strongest span is (else from its beginning)."""
    spans = () if finding is None else finding.spans
    draw, page_s = (emg_sheet, SWEEPS * SWEEP_S) if study.kind == Kind.EMG_TRACE else (ecg_sheet, PAGE_S)
    return draw(study.waveform, _start(study.waveform.duration_s, page_s, spans, heat_map), heat_map, spans)


def overlay(shown: np.ndarray, heat_map: HeatMap, scale: float) -> np.ndarray:
    """Lay a map over an RGB picture that shows the study at ``scale`` (pixels of it a pixel of the study)."""
    import cv2

    height, width = shown.shape[:2]
    steps_y, steps_x = heat_map.values.shape
    # a map's value stands at the middle of its part of the rectangle
    across = ((np.arange(width) + 0.5) / scale - heat_map.x) / heat_map.w * steps_x - 0.5
    down = ((np.arange(height) + 0.5) / scale - heat_map.y) / heat_map.h * steps_y - 0.5
    grid_x = np.broadcast_to(across.astype(np.float32), (height, width))
    grid_y = np.broadcast_to(down.astype(np.float32)[:, None], (height, width))
    levels = relative(heat_map).astype(np.float32)
    fine = cv2.remap(levels, grid_x, grid_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    outside = (grid_x < -0.5) | (grid_x > steps_x - 0.5) | (grid_y < -0.5) | (grid_y > steps_y - 0.5)
    fine[outside] = 0
    colours = rgba(fine)
    alpha = colours[..., 3:].astype(np.float32) / 255
    return np.rint(shown * (1 - alpha) + colours[..., :3] * alpha).astype(np.uint8)


def _picture(image: Image, heat_map: HeatMap | None, boxes: tuple[Box, ...], size: tuple[int, int]) -> np.ndarray:
    import cv2

    scale = min(size[0] / image.columns, size[1] / image.rows)
    target = max(1, round(image.columns * scale)), max(1, round(image.rows * scale))
    shown = cv2.resize(grey8(image), target, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    if shown.ndim == 2:
        shown = cv2.cvtColor(shown, cv2.COLOR_GRAY2RGB)
    if heat_map is not None and heat_map.values.ndim == 2:
        shown = overlay(shown, heat_map, scale)
    thick = max(1, round(max(target) / 500))
    for box in boxes:
        corners = [round(v * scale) for v in (box.x, box.y, box.x + box.w, box.y + box.h)]
        cv2.rectangle(shown, corners[:2], corners[2:], BOX, thick, cv2.LINE_AA)
        at = (corners[0] + 3, max(14, corners[1] - 5))
        cv2.putText(shown, f"{box.score:.2f}", at, cv2.FONT_HERSHEY_SIMPLEX, 0.45, BOX, 1, cv2.LINE_AA)
    return np.ascontiguousarray(shown)


def _start(duration_s: float, page_s: float, spans: tuple, heat_map: HeatMap | None) -> float:
    if duration_s <= page_s:
        return 0.0
    if spans:
        strongest = max(spans, key=lambda s: s.score)
        middle = (strongest.start_s + strongest.end_s) / 2
    elif heat_map is not None and heat_map.values.max(initial=0) > 0:
        share = (int(heat_map.values.argmax()) + 0.5) / len(heat_map.values)
        middle = heat_map.start_s + share * (heat_map.end_s - heat_map.start_s)
    else:
        return 0.0
    return float(np.clip(middle - page_s / 2, 0, duration_s - page_s))
