"""12-lead ECGs drawn on paper: records to pictures of ECG sheets, with the exact place and scale of every lead."""

from dataclasses import dataclass, field

import numpy as np

from training.simulate.ecg_sheet_scan import photograph
from training.simulate.ecg_sheet_style import CABRERA, SheetStyle, random_style
from training.simulate.ecg_sheet_text import draw_header, draw_text
from viewer.study import TWELVE_LEADS


@dataclass(frozen=True)
class LeadPlace:
    """Where a lead is drawn: its baseline from (``x``, ``y``) over ``w`` pixels, and which seconds of the record."""

    lead: str
    x: float
    y: float
    w: float
    start_s: float
    end_s: float


@dataclass(frozen=True, eq=False)
class SheetTruth:
    """What is on the picture: places and scale on the flat sheet, and the 3x3 ``homography`` from sheet to picture."""

    style: SheetStyle
    px_per_s: float
    px_per_mv: float
    places: tuple[LeadPlace, ...]
    homography: np.ndarray = field(default_factory=lambda: np.eye(3))


def render_sheet(
    signals_mv: np.ndarray,
    rate_hz: float,
    style: SheetStyle | None = None,
    rng: np.random.Generator | None = None,
    damage: float = 1.0,
) -> tuple[np.ndarray, SheetTruth]:
    """Draw a record as an ECG sheet.

    ``signals_mv`` is (12, samples) in the order of TWELVE_LEADS, 10 s where whole rows are to be filled (what is not
    there stays empty). Without a ``style`` one is drawn from ``rng``. ``damage`` 0 leaves the drawing as it is; up to 1
    it is scanned, photographed, creased and compressed as ``rng`` has it (without ``rng``: not). The picture is uint8
    (rows, columns, 3), RGB.
    """
    if style is None:
        rng = rng or np.random.default_rng(0)
        style = random_style(rng)
    sheet, truth = draw_sheet(signals_mv, rate_hz, style, rng)
    if rng is None or damage <= 0:
        return sheet, truth
    picture, homography = photograph(sheet, rng, damage)
    return picture, SheetTruth(truth.style, truth.px_per_s, truth.px_per_mv, truth.places, homography)


def draw_sheet(
    signals_mv: np.ndarray, rate_hz: float, style: SheetStyle, rng: np.random.Generator | None = None
) -> tuple[np.ndarray, SheetTruth]:
    """Draw the flat, undamaged sheet; what the header says is made up from ``rng``."""
    px = style.px_per_mm
    rows, columns = _rows(style)
    left, top, right, bottom = style.margin_mm
    lead_in = 8.0 if style.pulse != "none" else 0.0
    width = round((left + lead_in + style.span_mm + right) * px)
    body_top = top + style.header_mm
    height = round((body_top + len(rows) * style.row_mm + bottom) * px)
    sheet = np.empty((height, width, 3), np.uint8)
    sheet[:] = style.paper
    frame = (0, 0, width, height)
    if not style.grid_everywhere:
        frame = (
            round(left * 0.6 * px), max(0, round((body_top - 1) * px)),
            round(width - right * 0.6 * px), round(height - bottom * 0.6 * px),
        )  # fmt: skip
    _draw_grid(sheet, frame, style)
    x0 = (left + (lead_in if style.pulse == "left" else 0.0)) * px
    places, scale_s, scale_mv = [], style.mm_s * px, style.mm_mv * px
    for i, row in enumerate(rows):
        baseline = (body_top + (i + 0.5) * style.row_mm) * px
        span_s = style.span_mm / style.mm_s / len(row)
        for j, lead in enumerate(row):
            start = j * span_s if style.consecutive and len(row) > 1 else 0.0
            x = x0 + j * style.span_mm * px / len(row)
            places.append(LeadPlace(lead, x, baseline, span_s * scale_s, start, start + span_s))
        if style.pulse != "none":
            _draw_pulse(sheet, x0, baseline, style)
    for place in places:
        _draw_trace(sheet, signals_mv, rate_hz, place, style)
    _draw_names(sheet, places, columns, style)
    if style.header_mm and style.titled:
        draw_header(sheet, style, rng or np.random.default_rng(0))
    if style.footer:
        note = f"{style.mm_s:g} mm/s   {style.mm_mv:g} mm/mV"
        draw_text(sheet, note, left * px, height - 0.3 * bottom * px, style.text_mm * px, style.font, style.ink)
    return sheet, SheetTruth(style, scale_s, scale_mv, tuple(places))


def _rows(style: SheetStyle) -> tuple[list[list[str]], int]:
    """Return the leads of each row, and how many columns the twelve-lead part has."""
    leads = list(CABRERA if style.cabrera else TWELVE_LEADS)
    if style.layout == "4x3":
        return [leads[i : i + 3] for i in range(0, 12, 3)], 3
    base, _, strips = style.layout.partition("+")
    count, columns = (int(n) for n in base.split("x"))
    rows = [leads[i::count] for i in range(count)]
    if strips:
        rhythm = [*style.rhythm, *(lead for lead in ("V1", "II", "V5") if lead not in style.rhythm)]
        rows += [[lead] for lead in rhythm[: int(strips)]]
    return rows, columns


def _draw_grid(sheet: np.ndarray, frame: tuple[int, int, int, int], style: SheetStyle) -> None:
    if style.grid == "none":
        return
    x0, y0, x1, y1 = frame
    px = style.px_per_mm
    part = sheet[y0:y1, x0:x1]
    xs = np.round(np.arange(0, (x1 - x0) / px) * px).astype(int)
    ys = np.round(np.arange(0, (y1 - y0) / px) * px).astype(int)
    if style.grid == "dots":
        for d in range(style.minor_px):
            for e in range(style.minor_px):
                part[np.ix_(np.minimum(ys + d, y1 - y0 - 1), np.minimum(xs + e, x1 - x0 - 1))] = style.major
    elif style.grid == "lines" and px >= 2.5:
        _lines(part, xs, ys, style.minor_px, style.minor)
    if style.grid == "dashes":
        _lines(part, xs[::5], ys[::5], style.major_px, style.major)
        gap = max(2, round(px))
        part[:, :][np.arange(y1 - y0) // gap % 2 == 1] = style.paper
    elif style.grid != "dots":
        _lines(part, xs[::5], ys[::5], style.major_px, style.major)
    if style.bordered:
        import cv2

        cv2.rectangle(sheet, (x0, y0), (x1 - 1, y1 - 1), style.major, max(1, style.major_px))


def _lines(part: np.ndarray, xs: np.ndarray, ys: np.ndarray, thick: int, colour: tuple[int, int, int]) -> None:
    for x in xs:
        part[:, x : x + thick] = colour
    for y in ys:
        part[y : y + thick] = colour


def _draw_trace(sheet: np.ndarray, signals_mv: np.ndarray, rate_hz: float, place: LeadPlace, style: SheetStyle) -> None:
    negative = place.lead.startswith("-")
    lead = signals_mv[TWELVE_LEADS.index(place.lead.removeprefix("-"))]
    first, last = round(place.start_s * rate_hz), min(round(place.end_s * rate_hz) + 1, signals_mv.shape[1])
    part = lead[first:last].astype(np.float64) * (-1 if negative else 1)
    if len(part) < 2:
        return
    if style.hidden_mv:
        part = np.clip(part, -style.hidden_mv, style.hidden_mv)
    x = place.x + np.arange(len(part)) / rate_hz * style.mm_s * style.px_per_mm
    y = place.y - part * style.mm_mv * style.px_per_mm
    for run in np.split(np.arange(len(part)), np.flatnonzero(~np.isfinite(part))):
        good = run[np.isfinite(part[run])]
        _polyline(sheet, x[good], y[good], style)


def _polyline(sheet: np.ndarray, x: np.ndarray, y: np.ndarray, style: SheetStyle) -> None:
    import cv2

    points = np.rint(np.stack([x, y], 1) * 16).astype(np.int32)
    thick = max(1, round(style.trace_mm * style.px_per_mm))
    if len(points) > 1:
        cv2.polylines(sheet, [points], False, style.ink, thick, cv2.LINE_AA, 4)


def _draw_pulse(sheet: np.ndarray, x0: float, baseline: float, style: SheetStyle) -> None:
    px = style.px_per_mm
    start = x0 - 7 * px if style.pulse == "left" else x0 + style.span_mm * px + px
    wide, high = 0.2 * style.mm_s * px, style.mm_mv * px
    x = start + np.array([0, 0.15, 0.15, 0.85, 0.85, 1]) * wide
    _polyline(sheet, x, baseline - np.array([0, 0, 1, 1, 0, 0]) * high, style)


def _draw_names(sheet: np.ndarray, places: list[LeadPlace], columns: int, style: SheetStyle) -> None:
    px = style.px_per_mm
    for i, place in enumerate(places):
        if style.separator != "none" and place.start_s > 0 and i < 12 and columns > 1:
            half = (0.45 * style.row_mm if style.separator == "line" else 2.5) * px
            _polyline(sheet, np.full(2, place.x), place.y + np.array([-half, half]), style)
        if style.named:
            name = {"usual": place.lead, "upper": place.lead.upper(), "lead": f"Lead {place.lead}"}[style.names]
            up = {"above": 0.34 * style.row_mm, "below": -0.3 * style.row_mm, "left": 1.2}[style.name_place] * px
            draw_text(sheet, name, place.x + 1.2 * px, place.y - up, style.text_mm * px, style.font, style.ink)
