"""What a report's pages are made of: fonts, styles, the bar of a finding, a sheet true in millimetres."""

from functools import cache
from html import escape
from typing import Any

import numpy as np
from reportlab.lib.colors import Color, HexColor, white
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, Paragraph

from viewer.report.sheet import Band, Line, Sheet, Words, unbroken
from viewer.resources import resources_dir

FONT, BOLD, ASIAN = "DejaVuSans", "DejaVuSans-Bold", "STSong-Light"
INK, QUIET, POSITIVE, NEGATIVE, HEALTHY, TICK = "#1d2126", "#5b6570", "#b3342d", "#7d8894", "#2c6a8f", "#111111"


@cache
def register_fonts() -> None:
    """Make the report's fonts known: DejaVu for Latin, Greek and Cyrillic, and a reader's own for Chinese signs."""
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont
    from reportlab.pdfbase.pdfmetrics import registerFont
    from reportlab.pdfbase.ttfonts import TTFont

    for name in (FONT, BOLD):
        registerFont(TTFont(name, resources_dir() / "fonts" / f"{name}.ttf"))
    registerFont(UnicodeCIDFont(ASIAN))


def paragraph(text: str, size: float = 9, bold: bool = False, colour: str = INK, space: float = 0) -> Paragraph:
    """Return plain text (any script) as a paragraph; nothing in it is taken for markup."""
    register_fonts()
    style = ParagraphStyle(
        "p",
        fontName=BOLD if bold else FONT,
        fontSize=size,
        leading=size * 1.32,
        textColor=HexColor(colour),
        spaceBefore=space,
    )
    return Paragraph(_marked(text), style)


def _marked(text: str) -> str:
    """Escape text and set runs of Chinese, Japanese and Korean signs in a font that has them."""
    runs: list[tuple[bool, str]] = []
    for sign in text:
        asian = "\u2e80" <= sign <= "\ud7ff" or "\uf900" <= sign <= "\uffef"
        shown = sign if sign.isprintable() else " "
        if runs and runs[-1][0] == asian:
            runs[-1] = (asian, runs[-1][1] + shown)
        else:
            runs.append((asian, shown))
    return "".join(f'<font name="{ASIAN}">{escape(run)}</font>' if asian else escape(run) for asian, run in runs)


class Bar(Flowable):
    """A probability as a bar from 0 to 1 with the operating point as a tick."""

    def __init__(
        self, probability: float, threshold: float, colour: str, width: float = 60 * mm, height: float = 3.4 * mm
    ) -> None:
        super().__init__()
        self.probability, self.threshold, self.colour = probability, threshold, colour
        self.width, self.height = width, height

    def wrap(self, *_: float) -> tuple[float, float]:
        """Return the bar's size."""
        return self.width, self.height

    def draw(self) -> None:
        """Draw it."""
        canvas: Canvas = self.canv
        canvas.setFillColor(HexColor("#e7eaed"))
        canvas.rect(0, 0, self.width, self.height, stroke=0, fill=1)
        canvas.setFillColor(HexColor(self.colour))
        canvas.rect(0, 0, self.width * self.probability, self.height, stroke=0, fill=1)
        x = self.width * self.threshold
        for colour, width in ((white, 2.4), (HexColor(TICK), 1.1)):
            canvas.setStrokeColor(colour)
            canvas.setLineWidth(width)
            canvas.line(x, -1, x, self.height + 1)


class SheetDrawing(Flowable):
    """A sheet at its true size: a millimetre of it is a millimetre of the page."""

    def __init__(self, sheet: Sheet) -> None:
        super().__init__()
        self.sheet = sheet
        self.width, self.height = sheet.width_mm * mm, sheet.height_mm * mm

    def wrap(self, *_: float) -> tuple[float, float]:
        """Return the drawing's size."""
        return self.width, self.height

    def draw(self) -> None:
        """Draw it, nothing beyond its edges."""
        register_fonts()
        canvas: Canvas = self.canv
        canvas.saveState()
        edge = canvas.beginPath()
        edge.rect(0, 0, self.width, self.height)
        canvas.clipPath(edge, stroke=0, fill=0)
        canvas.setFillColor(_colour(self.sheet.paper))
        canvas.rect(0, 0, self.width, self.height, stroke=0, fill=1)
        canvas.setLineJoin(1)
        for mark in self.sheet.marks:
            if isinstance(mark, Line):
                self._line(canvas, mark)
            elif isinstance(mark, Band):
                self._band(canvas, mark)
            else:
                self._words(canvas, mark)
        canvas.restoreState()

    def _line(self, canvas: Canvas, mark: Line) -> None:
        canvas.setStrokeColor(_colour(mark.colour))
        canvas.setLineWidth(mark.width_mm * mm)
        path = canvas.beginPath()
        for piece in unbroken(mark.points):
            x, y = piece[:, 0] * mm, self.height - piece[:, 1] * mm
            path.moveTo(float(x[0]), float(y[0]))
            for i in range(1, len(x)):
                path.lineTo(float(x[i]), float(y[i]))
        canvas.drawPath(path, stroke=1, fill=0)

    def _band(self, canvas: Canvas, mark: Band) -> None:
        from PIL import Image as Picture
        from reportlab.lib.utils import ImageReader

        row = ImageReader(Picture.fromarray(np.ascontiguousarray(mark.colours[None]), "RGBA"))
        bottom = self.height - (mark.y_mm + mark.h_mm) * mm
        canvas.drawImage(row, mark.x_mm * mm, bottom, mark.w_mm * mm, mark.h_mm * mm, mask="auto")

    def _words(self, canvas: Canvas, mark: Words) -> None:
        canvas.setFillColor(_colour(mark.colour))
        canvas.setFont(FONT, mark.size_mm * mm)
        canvas.drawString(mark.x_mm * mm, self.height - mark.y_mm * mm, mark.text)


def _colour(rgb: Any) -> Color:
    return Color(*(channel / 255 for channel in rgb))
