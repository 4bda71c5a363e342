"""A 12-lead recording on ECG paper: 25 mm/s, 10 mm/mV, three rows of four leads and a rhythm strip."""

import numpy as np

from viewer.reading.values import HeatMap, Span
from viewer.report.colours import on_paper, over_time
from viewer.report.sheet import Band, Line, Sheet, Words
from viewer.study import Waveform

MM_S, MM_MV = 25.0, 10.0
COLUMNS = (("I", "II", "III"), ("aVR", "aVL", "aVF"), ("V1", "V2", "V3"), ("V4", "V5", "V6"))
RHYTHM = "II"
PAGE_S = 10.0
ROW_MM, LEFT_MM, TOP_MM = 30.0, 12.0, 8.0
PAPER, THIN, THICK, INK = (255, 252, 250), (250, 218, 214), (236, 166, 160), (20, 20, 30)


def ecg_sheet(waveform: Waveform, start_s: float, heat_map: HeatMap | None, spans: tuple[Span, ...]) -> Sheet:
    """Return ten seconds from ``start_s`` on paper, true in millimetres, the map behind the traces.

    Leads that are missing keep their place empty; other channels than the twelve leads stand one below another.
    """
    columns = COLUMNS if any(name in waveform.channels for column in COLUMNS for name in column) else ()
    rows = len(COLUMNS[0]) + 1 if columns else min(len(waveform.channels), 6)
    sheet = Sheet(LEFT_MM + PAGE_S * MM_S + 4, TOP_MM + rows * ROW_MM + 8, PAPER)
    _grid(sheet)
    each_s = PAGE_S / len(COLUMNS)
    for row in range(rows):
        y_mm = TOP_MM + (row + 0.55) * ROW_MM
        _calibration(sheet, y_mm)
        if heat_map is not None:
            levels = over_time(heat_map, start_s, start_s + PAGE_S, 500)
            top = y_mm - 0.45 * ROW_MM
            sheet.marks.append(Band(LEFT_MM, top, PAGE_S * MM_S, 0.9 * ROW_MM, on_paper(levels)))
        if columns and row < rows - 1:
            for c, column in enumerate(columns):
                x_mm = LEFT_MM + c * each_s * MM_S
                _trace(sheet, waveform, column[row], (x_mm, y_mm), (start_s + c * each_s, each_s))
        else:
            name = RHYTHM if columns else waveform.channels[row]
            _trace(sheet, waveform, name, (LEFT_MM, y_mm), (start_s, PAGE_S))
    _spans(sheet, spans, start_s, TOP_MM + rows * ROW_MM)
    sheet.marks.append(Words(LEFT_MM, sheet.height_mm - 1.5, f"25 mm/s  10 mm/mV  from {start_s:.1f} s", 2.4))
    return sheet


def _grid(sheet: Sheet) -> None:
    for step, colour, width in ((1.0, THIN, 0.1), (5.0, THICK, 0.18)):
        for x in np.arange(0, sheet.width_mm + 0.01, step):
            sheet.marks.append(Line(np.array([[x, 0], [x, sheet.height_mm]]), colour, width))
        for y in np.arange(0, sheet.height_mm + 0.01, step):
            sheet.marks.append(Line(np.array([[0, y], [sheet.width_mm, y]]), colour, width))


def _calibration(sheet: Sheet, y_mm: float) -> None:
    pulse = [[2, y_mm], [4, y_mm], [4, y_mm - MM_MV], [9, y_mm - MM_MV], [9, y_mm], [11, y_mm]]
    sheet.marks.append(Line(np.array(pulse, np.float64), INK, 0.25))


def _trace(sheet: Sheet, waveform: Waveform, name: str, at: tuple[float, float], part: tuple[float, float]) -> None:
    x_mm, y_mm = at
    start_s, length_s = part
    lead = waveform.lead(name)
    unknown = lead is None and name in waveform.channels
    if unknown:
        lead = _to_unit(waveform.samples[waveform.channels.index(name)])
    sheet.marks.append(Words(x_mm + 1, y_mm - 0.32 * ROW_MM, name + (" (scale unknown)" if unknown else ""), 3.0))
    if lead is None:
        return
    first = max(0, round(start_s * waveform.rate_hz))
    values = lead[first : first + round(length_s * waveform.rate_hz) + 1]
    x = x_mm + np.arange(len(values)) / waveform.rate_hz * MM_S
    y = np.clip(y_mm - values * MM_MV, y_mm - ROW_MM, y_mm + ROW_MM)
    sheet.marks.append(Line(np.column_stack([x, y]), INK, 0.25))


def _to_unit(lead: np.ndarray) -> np.ndarray:
    """Bring a lead of unknown scale to about 1 mV so that its shape can be seen."""
    finite = lead[np.isfinite(lead)]
    spread = float(np.ptp(np.percentile(finite, (0.5, 99.5)))) if finite.size else 0.0
    return (lead - np.float32(np.median(finite))) / np.float32(spread) if spread > 0 else np.zeros_like(lead)


def _spans(sheet: Sheet, spans: tuple[Span, ...], start_s: float, y_mm: float) -> None:
    for span in spans:
        x0 = LEFT_MM + (max(span.start_s, start_s) - start_s) * MM_S
        x1 = LEFT_MM + (min(span.end_s, start_s + PAGE_S) - start_s) * MM_S
        if x1 > x0:
            sheet.marks.append(Line(np.array([[x0, y_mm], [x1, y_mm]]), (150, 30, 60), 0.8))
