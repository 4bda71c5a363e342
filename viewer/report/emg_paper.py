"""An EMG recording as a raster of sweeps, one below another, negative up."""

import numpy as np

from viewer.reading.values import HeatMap, Span
from viewer.report.colours import on_paper, over_time
from viewer.report.sheet import Band, Line, Sheet, Words
from viewer.study import Waveform

SWEEPS, DIVISIONS, DIVISION_MM, ROW_MM = 10, 10, 18.0, 20.0
SWEEP_S = 0.2
LEFT_MM, TOP_MM = 4.0, 14.0  # a deflection may reach a row beyond its own
GRID, INK = (214, 220, 226), (20, 20, 30)


def emg_sheet(waveform: Waveform, start_s: float, heat_map: HeatMap | None, spans: tuple[Span, ...]) -> Sheet:
    """Return two seconds of the first channel from ``start_s``: ten sweeps of 200 ms, 20 ms a division."""
    samples = waveform.samples[0]
    unit = waveform.units[0]
    known = unit in ("mV", "uV")
    micro = samples * np.float32(1000 if unit == "mV" else 1)
    first = max(0, round(start_s * waveform.rate_hz))
    shown = micro[first : first + round(SWEEPS * SWEEP_S * waveform.rate_hz)]
    per_division = _one_two_five(shown)
    sheet = Sheet(2 * LEFT_MM + DIVISIONS * DIVISION_MM, TOP_MM + SWEEPS * ROW_MM + 8)
    for division in range(DIVISIONS + 1):
        x = LEFT_MM + division * DIVISION_MM
        sheet.marks.append(Line(np.array([[x, TOP_MM], [x, TOP_MM + SWEEPS * ROW_MM]]), GRID, 0.15))
    for sweep in range(SWEEPS):
        y_mm = TOP_MM + (sweep + 0.5) * ROW_MM
        begin = start_s + sweep * SWEEP_S
        sheet.marks.append(Line(np.array([[LEFT_MM, y_mm], [LEFT_MM + DIVISIONS * DIVISION_MM, y_mm]]), GRID, 0.15))
        if heat_map is not None:
            levels = over_time(heat_map, begin, begin + SWEEP_S, 200)
            place = (LEFT_MM, y_mm - ROW_MM / 2, DIVISIONS * DIVISION_MM, ROW_MM)
            sheet.marks.append(Band(*place, on_paper(levels)))
        a = round(sweep * SWEEP_S * waveform.rate_hz)
        values = shown[a : a + round(SWEEP_S * waveform.rate_hz) + 1]
        across = LEFT_MM + np.arange(len(values)) / waveform.rate_hz / SWEEP_S * DIVISIONS * DIVISION_MM
        y = np.clip(y_mm + values / per_division * ROW_MM, y_mm - ROW_MM, y_mm + ROW_MM)  # negative up
        sheet.marks.append(Line(np.column_stack([across, y]), INK, 0.2))
        _spans(sheet, spans, begin, y_mm + ROW_MM / 2)
    gain = f"{per_division:g} uV/div" if known else "scale unknown"
    words = f"{waveform.channels[0]}: 20 ms/div  {gain}  negative up  from {start_s:.2f} s"
    sheet.marks.append(Words(LEFT_MM, sheet.height_mm - 2, words, 2.6))
    return sheet


def _one_two_five(values: np.ndarray) -> float:
    """Return the smallest 1-2-5 step a division (a row) that the largest deflection does not exceed."""
    need = float(np.abs(values[np.isfinite(values)]).max(initial=0))
    if need <= 0:
        return 1.0
    decade = 10.0 ** np.floor(np.log10(need))
    return float(next(step * decade for step in (1, 2, 5, 10) if step * decade >= need))


def _spans(sheet: Sheet, spans: tuple[Span, ...], begin_s: float, y_mm: float) -> None:
    per_s = DIVISIONS * DIVISION_MM / SWEEP_S
    for span in spans:
        x0, x1 = max(span.start_s, begin_s) - begin_s, min(span.end_s, begin_s + SWEEP_S) - begin_s
        if x1 > x0:
            points = np.array([[LEFT_MM + x0 * per_s, y_mm], [LEFT_MM + x1 * per_s, y_mm]])
            sheet.marks.append(Line(points, (150, 30, 60), 0.8))
