"""Lettering on sheets: lead names, scale, and a header of made-up entries that say nothing about the tracing."""

from functools import lru_cache

import numpy as np

from training.simulate.ecg_sheet_style import Colour, SheetStyle

# Taken where the machine has them; Pillow's own face stands in for those it lacks
_FACES = {
    "plain": ("DejaVuSans.ttf", "LiberationSans-Regular.ttf", "Arial.ttf"),
    "mono": ("DejaVuSansMono.ttf", "LiberationMono-Regular.ttf", "cour.ttf"),
    "serif": ("DejaVuSerif.ttf", "LiberationSerif-Regular.ttf", "times.ttf"),
}
_STROKES = {"simplex": 0, "duplex": 2, "complex": 3, "triplex": 4}  # OpenCV's Hershey faces
_TITLES = ("ECG REPORT", "12-LEAD ECG", "RESTING ECG", "Electrocardiogram", "EKG", "ECG", "")
_REMARKS = (
    "Unconfirmed report", "Technician:", "Room:", "Physician:", "Referred by:", "Medication: none", "Height: -- cm",
    "Weight: -- kg", "Reviewed by:", "Blood pressure: --/-- mmHg", "Poor data quality", "Comments:", "Department",
)  # fmt: skip
_STATEMENTS = (
    "Sinus rhythm", "Normal ECG", "Abnormal ECG", "Borderline ECG", "Nonspecific T wave abnormality",
    "Left axis deviation", "Atrial fibrillation", "Otherwise normal ECG", "Possible left atrial enlargement",
    "Sinus bradycardia", "Sinus tachycardia", "Right bundle branch block", "ST elevation, consider injury",
)  # fmt: skip


def draw_text(sheet: np.ndarray, text: str, x: float, y: float, size_px: float, font: str, ink: Colour) -> None:
    """Write ``text`` on a line that begins at (``x``, ``y``); capitals are about ``size_px`` high."""
    if not text or size_px < 3:
        return
    mask, ascent = _mask(text, max(3, round(size_px)), font)
    left, top = round(x), round(y) - ascent
    x0, y0, x1, y1 = max(0, left), max(0, top), left + mask.shape[1], top + mask.shape[0]
    part = sheet[y0:y1, x0:x1]
    if part.size:
        cover = mask[y0 - top :, x0 - left :][: part.shape[0], : part.shape[1], None].astype(np.float32) / 255
        part[:] = (part * (1 - cover) + np.array(ink, np.float32) * cover).astype(np.uint8)


def draw_header(sheet: np.ndarray, style: SheetStyle, rng: np.random.Generator) -> None:
    """Fill the header with entries drawn at random: no name, and no measurement that fits the tracing but by chance."""
    px, size = style.px_per_mm, style.text_mm * style.px_per_mm
    left, top = style.margin_mm[0] * px, style.margin_mm[1] * px
    lines = max(1, int(style.header_mm * px / (1.7 * size)))
    columns = _entries(rng)
    for c, column in enumerate(columns):
        x = left + c * style.span_mm * px / len(columns)
        for i, entry in enumerate(column[:lines]):
            draw_text(sheet, entry, x, top + (i + 1) * 1.6 * size, size, style.font, style.ink)


def _entries(rng: np.random.Generator) -> list[list[str]]:
    day = f"{rng.integers(1, 29):02d}-{rng.integers(1, 13):02d}-{rng.integers(1998, 2026)}"
    time = f"{rng.integers(0, 24):02d}:{rng.integers(0, 60):02d}"
    who = [f"ID: {rng.integers(10**5, 10**8)}", "Name: ANONYMOUS", f"{rng.integers(18, 95)} years", f"{day} {time}"]
    measured = [
        f"Vent. rate  {rng.integers(45, 140)} bpm", f"PR interval  {rng.integers(110, 240)} ms",
        f"QRS duration  {rng.integers(76, 150)} ms", f"QT/QTc  {rng.integers(320, 460)}/{rng.integers(380, 480)} ms",
        f"P-R-T axes  {rng.integers(0, 90)} {rng.integers(-60, 110)} {rng.integers(0, 90)}",
    ]  # fmt: skip
    said = [str(s) for s in rng.choice(_STATEMENTS if rng.random() < 0.4 else _REMARKS, rng.integers(1, 5), False)]
    columns = [who] + [c for c, there in ((measured, rng.random() < 0.6), (said, rng.random() < 0.6)) if there]
    title = str(rng.choice(_TITLES))
    return [[title, *columns[0]] if title else columns[0], *columns[1:]]


@lru_cache(maxsize=4096)
def _mask(text: str, size: int, font: str) -> tuple[np.ndarray, int]:
    """Return how far each pixel is covered (0..255), and how many rows are above the line."""
    import cv2

    if font in _STROKES:
        face, scale = _STROKES[font], size / 21
        thick = max(1, round(size / 12))
        (wide, high), below = cv2.getTextSize(text, face, scale, thick)
        mask = np.zeros((high + below + 2 * thick, wide + 2 * thick), np.uint8)
        cv2.putText(mask, text, (thick, high + thick), face, scale, 255, thick, cv2.LINE_AA)
        return mask, high + thick
    from PIL import Image, ImageDraw

    face = _face(font, size)
    x0, y0, x1, y1 = (int(v) for v in face.getbbox(text, anchor="ls"))
    canvas = Image.new("L", (x1 - x0 + 2, y1 - y0 + 2))
    ImageDraw.Draw(canvas).text((1 - x0, 1 - y0), text, fill=255, font=face, anchor="ls")
    return np.asarray(canvas), 1 - y0


@lru_cache(maxsize=256)
def _face(font: str, size: int):  # type: ignore[no-untyped-def]
    from PIL import ImageFont

    height = size * 1.37  # capitals are 0.73 of a face's size
    for name in _FACES.get(font, ()):
        try:
            return ImageFont.truetype(name, height)
        except OSError:
            continue
    return ImageFont.load_default(height)
