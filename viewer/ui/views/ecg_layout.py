"""Where leads stand on ECG paper, in millimetres."""

from dataclasses import dataclass

from viewer.study import TWELVE_LEADS

LAYOUTS = ("3x4", "6x2", "12x1", "cabrera")
SPEEDS_MM_S = (25.0, 50.0)
GAINS_MM_MV = (5.0, 10.0, 20.0)

LEFT_MM = 12.0
"""Room for the calibration pulse before the traces begin."""
TOP_MM = 4.0
RIGHT_MM = 4.0
_CABRERA = ("aVL", "I", "-aVR", "II", "aVF", "III", "V1", "V2", "V3", "V4", "V5", "V6")
_PITCH_MM = {"3x4": 30.0, "6x2": 24.0, "cabrera": 24.0, "12x1": 17.0}


@dataclass(frozen=True)
class Strip:
    """A lead's piece on the paper.

    ``channel`` is None where the recording lacks the lead; ``sign`` is -1 for -aVR. ``x_mm``, ``y_mm``: where it begins
    and its zero line. It shows ``seconds`` from ``offset_s`` after the page's first sample.
    """

    name: str
    channel: int | None
    sign: int
    x_mm: float
    y_mm: float
    width_mm: float
    height_mm: float
    offset_s: float
    seconds: float


@dataclass(frozen=True)
class Page:
    """All strips, the paper's size and the rows' zero lines."""

    strips: tuple[Strip, ...]
    width_mm: float
    height_mm: float
    rows_mm: tuple[float, ...]
    missing: tuple[str, ...]
    overlapping: bool


def suggest(channels: tuple[str, ...]) -> str:
    """Return the layout that shows what there is: 3x4 for seven or more of the twelve leads, else one a row."""
    return "3x4" if sum(name in channels for name in TWELVE_LEADS) >= 7 else "12x1"


def lay_out(
    channels: tuple[str, ...], layout: str, speed_mm_s: float, gain_mm_mv: float, page_s: float, recorded_s: float
) -> Page:
    """Return the page for a recording's channels.

    ``page_s`` is how many seconds the paper's width shows; columns share it. Leads that are missing keep their place.
    Where less than a page is recorded, the later columns begin earlier, so that none stays empty (``overlapping``).
    """
    grid, rhythm = _grid(channels, layout)
    columns = len(grid)
    rows = max(len(column) for column in grid) + len(rhythm)
    pitch = _PITCH_MM[layout] * (1.4 if gain_mm_mv > 10 else 1.0)
    each_s = page_s / columns
    rows_mm = tuple(TOP_MM + pitch * (row + 0.55) for row in range(rows))
    strips = []
    for c, column in enumerate(grid):
        for r, name in enumerate(column):
            x = LEFT_MM + c * each_s * speed_mm_s
            offset_s = min(c * each_s, max(0.0, recorded_s - each_s))
            strips.append(_strip(name, channels, x, rows_mm[r], each_s * speed_mm_s, pitch, offset_s, each_s))
    for r, name in enumerate(rhythm):
        y = rows_mm[rows - len(rhythm) + r]
        strips.append(_strip(name, channels, LEFT_MM, y, page_s * speed_mm_s, pitch, 0.0, page_s))
    overlapping = columns > 1 and recorded_s < page_s - 0.05 * each_s
    missing = tuple(name for name in TWELVE_LEADS if name not in channels)
    width = LEFT_MM + page_s * speed_mm_s + RIGHT_MM
    return Page(
        tuple(strips), width, TOP_MM + pitch * (rows + 0.1), rows_mm, missing if columns > 1 else (), overlapping
    )


def _grid(channels: tuple[str, ...], layout: str) -> tuple[list[list[str]], list[str]]:
    leads = list(TWELVE_LEADS)
    if layout == "3x4":
        rhythm = "II" if "II" in channels else next((n for n in ("V1", "I", *channels) if n in channels), "II")
        return [leads[i : i + 3] for i in range(0, 12, 3)], [rhythm]
    if layout == "6x2":
        return [leads[:6], leads[6:]], []
    if layout == "cabrera":
        return [list(_CABRERA[:6]), list(_CABRERA[6:])], []
    ordered = [n for n in leads if n in channels] + [n for n in channels if n not in leads]
    return [ordered], []


def _strip(
    name: str, channels: tuple[str, ...], x: float, y: float, width: float, height: float, offset: float, seconds: float
) -> Strip:
    sign, wanted = 1, name
    if name == "-aVR" and name not in channels:
        sign, wanted = -1, "aVR"
    channel = channels.index(wanted) if wanted in channels else None
    return Strip(name, channel, sign, x, y, width, height, offset, seconds)
