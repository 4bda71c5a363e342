"""An evaluation's page as a PDF."""

import io
from pathlib import Path
from typing import Any

from reportlab.graphics.shapes import Drawing
from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import BaseDocTemplate, CondPageBreak, Frame, Image, KeepTogether, PageTemplate, Spacer, Table

from training.evaluation.page import Page, Shown
from viewer import NOT_A_DEVICE, __version__
from viewer.report.pdf_parts import BOLD, FONT, HEALTHY, POSITIVE, QUIET, paragraph, register_fonts

MARGIN = 15 * mm
WIDTH = A4[0] - 2 * MARGIN
LINE = HexColor("#d5dade")
FLUSH = [("LEFTPADDING", (0, 0), (-1, -1), 0), ("VALIGN", (0, 0), (-1, -1), "TOP")]


def write_pdf(page: Page, path: Path) -> None:
    """Write the page. Raises OSError where the file cannot be written."""
    register_fonts()
    story: list[Any] = [paragraph(page.title, 15, bold=True), Spacer(0, 2 * mm)]
    story += [paragraph(line, 8.5, colour=QUIET) for line in page.about]
    story += [paragraph("Reasons for care", 10, bold=True, space=6)]
    story += [paragraph(f"\u2022 {line}", 8.5, space=1) for line in page.cautions]
    story += [Spacer(0, 4 * mm), _headlines(page), Spacer(0, 4 * mm), *_charts(page)]
    for name, about, shown in page.sections:
        story.append(CondPageBreak(70 * mm))
        story += [paragraph(name, 12, bold=True, space=12), paragraph(about, 8.5, colour=QUIET), Spacer(0, 2 * mm)]
        story += _pictures(shown)
    story.append(CondPageBreak(40 * mm))
    story += [paragraph("All figures", 12, bold=True, space=12), Spacer(0, 2 * mm), _table(page)]
    story.append(paragraph("Text burnt into a picture is shown as the file has it.", 7.5, colour=QUIET, space=6))
    frame = Frame(MARGIN, 16 * mm, WIDTH, A4[1] - 32 * mm, 0, 0, 0, 0)
    document = BaseDocTemplate(
        str(path),
        pagesize=A4,
        title=page.title,
        author=f"Leadlight {__version__}",
        subject=NOT_A_DEVICE,
        pageTemplates=[PageTemplate("page", [frame], onPage=_margins)],
    )
    document.build(story)


def _margins(canvas: Canvas, document: Any) -> None:
    canvas.setFont(BOLD, 9)
    canvas.setFillColor(HexColor(POSITIVE))
    canvas.drawRightString(A4[0] - MARGIN, A4[1] - 10 * mm, NOT_A_DEVICE)
    canvas.setFillColor(HexColor(QUIET))
    canvas.drawString(MARGIN, A4[1] - 10 * mm, f"Leadlight {__version__}")
    canvas.setFont(FONT, 7)
    canvas.drawRightString(A4[0] - MARGIN, 9 * mm, f"Page {document.page}")


def _headlines(page: Page) -> Table:
    cells = [
        [paragraph(name, 7.5, colour=QUIET), paragraph(value, 14, bold=True), paragraph(span, 7, colour=QUIET)]
        for name, value, span in page.headlines
    ]
    rows = [cells[i : i + 3] for i in range(0, len(cells), 3)]
    if rows:
        rows[-1] += [[] for _ in range(3 - len(rows[-1]))]
    return Table(rows or [[[]]], [WIDTH / 3] * 3, style=[*FLUSH, ("BOTTOMPADDING", (0, 0), (-1, -1), 6)], hAlign="LEFT")


def _charts(page: Page) -> list[Any]:
    """Wide charts a row each, narrow ones two a row."""
    parts: list[Any] = []
    narrow = []
    for title, drawing in page.charts:
        cell = [_fitted(drawing, WIDTH), paragraph(title, 7.5, colour=QUIET)]
        if drawing.width > WIDTH / 2:
            parts.append(KeepTogether([*cell, Spacer(0, 4 * mm)]))
        else:
            narrow.append(cell)
    rows = [narrow[i : i + 2] + [[]] * (2 - len(narrow[i : i + 2])) for i in range(0, len(narrow), 2)]
    return parts + [Table([row], [WIDTH / 2] * 2, style=FLUSH, hAlign="LEFT") for row in rows]


def _fitted(drawing: Drawing, width: float) -> Drawing:
    """Return the drawing, made smaller where it is wider."""
    factor = min(1.0, width / drawing.width)
    if factor == 1.0:
        return drawing
    small = Drawing(drawing.width * factor, drawing.height * factor, *drawing.contents)
    small.scale(factor, factor)
    return small


def _pictures(shown: tuple[Shown, ...]) -> list[Any]:
    """Two a row: the picture, its heat map beside it, the probabilities below; drawings a row each."""
    rows: list[Any] = []
    cells = []
    for one in shown:
        if isinstance(one.picture, Drawing):
            rows.append(KeepTogether([*_words(one), _fitted(one.picture, WIDTH), Spacer(0, 4 * mm)]))
        else:
            cells.append(_cell(one))
    width = WIDTH / 2
    for i in range(0, len(cells), 2):
        pair = cells[i : i + 2] + [[]] * (2 - len(cells[i : i + 2]))
        rows.append(Table([pair], [width] * 2, style=[*FLUSH, ("BOTTOMPADDING", (0, 0), (-1, -1), 8)], hAlign="LEFT"))
    return rows


def _words(one: Shown) -> list[Any]:
    colour = POSITIVE if one.wrong else HEALTHY
    return [paragraph(one.title, 8, bold=True, colour=colour), paragraph(" · ".join(one.lines), 7, colour=QUIET)]


def _cell(one: Shown) -> list[Any]:
    width, height = WIDTH / 2 - 4 * mm, 45 * mm
    assert isinstance(one.picture, bytes)
    if one.beside is None:
        picture: Any = _placed(one.picture, width, height)
    else:
        half = width / 2 - 1
        pair = [_placed(one.picture, half - 1, height), _placed(one.beside, half - 1, height)]
        picture = Table([pair], [half, half], style=[*FLUSH, ("RIGHTPADDING", (0, 0), (-1, -1), 0)], hAlign="LEFT")
    shares = ", ".join(f"{label} {p:.3f}" for label, p in one.probabilities)
    return [*_words(one), Spacer(0, 1 * mm), picture, paragraph(shares, 7.5)]


def _placed(jpeg: bytes, width: float, height: float) -> Image:
    picture = Image(io.BytesIO(jpeg), hAlign="LEFT")
    scale = min(width / picture.imageWidth, height / picture.imageHeight)
    picture.drawWidth, picture.drawHeight = picture.imageWidth * scale, picture.imageHeight * scale
    return picture


def _table(page: Page) -> Table:
    first, *rest = page.table
    rows = [[paragraph(c, 7.5, colour=QUIET) for c in first], *([paragraph(c, 8) for c in row] for row in rest)]
    style = [*FLUSH, ("LINEBELOW", (0, 0), (-1, -1), 0.3, LINE)]
    style += [("TOPPADDING", (0, 0), (-1, -1), 1.5), ("BOTTOMPADDING", (0, 0), (-1, -1), 1.5)]
    return Table(rows, [70 * mm, 32 * mm, 24 * mm, 38 * mm, 16 * mm], style=style, hAlign="LEFT", repeatRows=1)
