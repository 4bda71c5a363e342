"""What a report sheet holds beside its traces: an invented head, tables of numbers, remarks. None says the class."""

import numpy as np

from training.simulate.emg.draws import Draw
from training.simulate.emg_artwork import Rect, draw_words
from training.simulate.emg_looks import MUSCLES, Colour

TITLES = (
    "ELECTROMYOGRAPHY REPORT", "EMG / NCV", "Neurophysiology", "Needle EMG summary", "Elektromyographie - Befund",
    "Clinical Neurophysiology Laboratory", "EMG Examination",
)  # fmt: skip
NAMES = ("A. Example", "N. N.", "Doe, J.", "Patient 0417", "M. Muster", "Test, Subject", "--------")
FIELDS = (
    "Name:", "ID:", "Birth:", "Sex:", "Date:", "Referred by:", "Height: 172 cm", "Temp: 32.4", "Examiner:", "Ward:",
    "Page 1 of 2", "Needle: monopolar", "Needle: concentric",
)  # fmt: skip
COLUMNS = (
    "Muscle",
    "Ins.Act",
    "Fasc",
    "Amp",
    "Dur",
    "Poly",
    "Recruit",
    "Stim",
    "Lat ms",
    "Amp mV",
    "CV m/s",
    "Dist mm",
)
REMARKS = (
    "Muscle at rest, needle in three directions.", "Patient tolerated the examination well.",
    "See the traces below.", "Recorded with a band of 20 Hz to 10 kHz.", "Compared with the other side.",
    "Filters unchanged throughout.", "Temperature of the limb was kept above 32 C.",
)  # fmt: skip


def draw_head(draw: Draw, page: np.ndarray, rect: Rect, colour: Colour, font: str, size: float) -> int:
    """Write title and fields into a rectangle from its top; return the row below them."""
    import cv2

    x, y, w, h = rect
    at = y + int(size * 0.5)
    draw_words(page, draw.pick(TITLES), (x + int(w * draw.between(0, 0.3)), at), colour, font, size * 1.5)
    at += int(size * 2.4)
    if draw.chance(0.4):
        cv2.line(page, (x, at), (x + w - 1, at), colour, 1)
        at += int(size * 0.5)
    columns = draw.integer(2, 4)
    for _ in range(draw.integer(1, 3)):
        for column in range(columns):
            text = draw.pick(FIELDS)
            text += " " + draw.pick(NAMES) if text.endswith(":") else ""
            draw_words(page, text, (x + column * w // columns, at), colour, font, size)
        at += int(size * 1.6)
    if draw.chance(0.5):
        for _ in range(draw.integer(1, 2)):
            draw_words(page, draw.pick(REMARKS), (x, at), colour, font, size)
            at += int(size * 1.6)
    return min(y + h, at + int(size * 0.5))


def draw_table(draw: Draw, page: np.ndarray, rect: Rect, colour: Colour, font: str, size: float) -> int:
    """Draw a table of muscles and numbers, with or without rules; return the row below it."""
    import cv2

    x, y, w, h = rect
    step = int(size * draw.between(1.5, 2.1))
    rows = int(min(draw.integer(3, 9), max(2, h // step - 1)))
    columns = draw.integer(4, 8)
    ruled, boxed = draw.chance(0.5), draw.chance(0.4)
    edges = np.linspace(x, x + w - 1, columns + 1).astype(int)
    heads = [COLUMNS[0], *(draw.pick(COLUMNS[1:]) for _ in range(columns - 1))]
    for row in range(rows + 1):
        top = y + row * step
        for column in range(columns):
            if row == 0:
                text = heads[column]
            elif column == 0:
                text = draw.pick(MUSCLES)[: max(4, int((edges[1] - edges[0]) / size * 1.6))]
            else:
                text = draw.pick(("0", "0", "N", f"{draw.integer(1, 99)}.{draw.integer(0, 9)}", "1+", "normal", "-"))
            draw_words(page, text, (int(edges[column]) + 3, top + int((step - size) / 2)), colour, font, size * 0.9)
        if ruled:
            cv2.line(page, (x, top), (x + w - 1, top), colour, 1)
    bottom = y + (rows + 1) * step
    if boxed:
        for edge in edges:
            cv2.line(page, (int(edge), y), (int(edge), bottom), colour, 1)
    if ruled or boxed:
        cv2.line(page, (x, bottom), (x + w - 1, bottom), colour, 1)
    return bottom + int(size)
