"""A reading as a PDF to hand on: the study with what was found, each class, every warning, and the model's card."""

import io
from pathlib import Path
from typing import Any

import numpy as np
from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import BaseDocTemplate, Frame, NextPageTemplate, PageBreak, PageTemplate, Spacer, Table
from reportlab.platypus import Image as Placed

from viewer import NOT_A_DEVICE, __version__
from viewer.models.card import Card
from viewer.models.catalogue import catalogue
from viewer.reading.findings import NOTHING_FOUND
from viewer.reading.values import Finding, Reading
from viewer.reading.words import kind_name
from viewer.report.cards import figure_line
from viewer.report.pdf_parts import (
    BOLD,
    FONT,
    HEALTHY,
    NEGATIVE,
    POSITIVE,
    QUIET,
    Bar,
    SheetDrawing,
    paragraph,
    register_fonts,
)
from viewer.report.pdf_trains import trains_table
from viewer.report.picture import recording_sheet, render
from viewer.report.text import SAID_BY
from viewer.study import Image, Study

MARGIN = 15 * mm
WIDTH = A4[0] - 2 * MARGIN
MAPS_SHOWN = 3  # positive classes whose maps are drawn beside the bare picture
FIGURES_SHOWN = 24


def write_pdf(study: Study, reading: Reading, path: Path, identified: bool = False) -> None:
    """Write the report.

    Parameters
    ----------
    study, reading
        What was read, and what was found; heat maps are drawn where the reading has them.
    identified : bool
        Whether the patient's name, number and birth date, the study's date and the file's name are on it.

    Raises
    ------
    OSError
        Where the file cannot be written.
    """
    register_fonts()
    story: list[Any] = [*_head(study, reading, identified), *_reading(reading, reading)]
    if isinstance(study.content, Image):
        story += [Spacer(0, 4 * mm), *_pictures(study, reading)]
    for one in reading.also:
        story += _reading(one, reading)
    story += _cards(reading)
    if not isinstance(study.content, Image):
        story += _recording(study, reading)
    document = BaseDocTemplate(
        str(path),
        pagesize=A4,
        title="Reading by Leadlight",
        author=f"Leadlight {__version__}",
        subject=NOT_A_DEVICE,
        pageTemplates=[_template("upright", A4), _template("wide", landscape(A4))],
    )
    document.sha256 = study.source.sha256
    document.build(story)


def _template(name: str, size: tuple[float, float]) -> PageTemplate:
    width, height = size
    side = 15 * mm if name == "upright" else 14 * mm
    frame = Frame(side, 16 * mm, width - 2 * side, height - 32 * mm, 0, 0, 0, 0)
    return PageTemplate(name, [frame], onPage=_margins, pagesize=size)


def _margins(canvas: Canvas, document: Any) -> None:
    """What stands on every page: the name, that it is no medical device, the study's hash, the page's number."""
    width, height = canvas._pagesize
    canvas.setFont(BOLD, 9)
    canvas.setFillColor(HexColor(POSITIVE))
    canvas.drawRightString(width - MARGIN, height - 10 * mm, NOT_A_DEVICE)
    canvas.setFillColor(HexColor(QUIET))
    canvas.drawString(MARGIN, height - 10 * mm, f"Leadlight {__version__}")
    canvas.setFont(FONT, 7)
    canvas.drawString(MARGIN, 9 * mm, f"Study {document.sha256[:16]}")
    canvas.drawRightString(width - MARGIN, 9 * mm, f"Page {document.page}")


def _head(study: Study, reading: Reading, identified: bool) -> list[Any]:
    title = kind_name(reading.kind)
    rows = _identity(study) if identified else []
    rows.append(("Kind", SAID_BY[reading.kind_from]))
    facts = study.acquisition
    shown = (("Modality", facts.modality), ("Body part", facts.body_part), ("View", facts.view))
    rows += [(k, v) for k, v in (*shown, ("Side", facts.laterality), ("Device", facts.device)) if v]
    rows.append(("Content", _content(study)))
    if reading.region is not None:
        rows.append(("Part", "Only a marked part of the study was read"))
    head = [paragraph(f"Reading of {title}", 15, bold=True)]
    if reading.model is not None and not reading.model.validated:
        head.append(paragraph("The model has not been validated clinically", 10, bold=True, colour=POSITIVE, space=3))
    return [*head, Spacer(0, 2 * mm), _pairs(rows), Spacer(0, 3 * mm)]


def _identity(study: Study) -> list[tuple[str, str]]:
    patient, taken = study.patient, study.acquisition.taken
    pairs = [
        ("Patient", patient.name),
        ("Number", patient.identifier),
        ("Born", patient.birth_date.isoformat() if patient.birth_date else None),
        ("Sex", patient.sex),
        ("Age", _age(patient.age_years)),
        ("Taken", taken.strftime("%Y-%m-%d %H:%M") if taken else None),
        ("File", study.source.label),
    ]
    return [(k, v) for k, v in pairs if v]


def _age(years: float | None) -> str | None:
    if years is None:
        return None
    return f"{int(years)} years" if years >= 2 else f"{int(12 * years)} months"


def _content(study: Study) -> str:
    content = study.content
    if isinstance(content, Image):
        return f"{content.columns} x {content.rows} pixels, {content.bits} bit, {study.source.format}"
    leads = f"{len(content.channels)} channels, {content.duration_s:.1f} s at {content.rate_hz:g} Hz"
    return f"{leads}, {study.source.format}"


def _pictures(study: Study, reading: Reading) -> list[Any]:
    """The bare picture, and beside it the positive classes' maps and boxes, the most probable first."""
    positive = sorted((f for f in reading.findings if f.positive), key=lambda f: -f.probability)
    labels = [f.label for f in positive if f.boxes or _shows(reading, f.label)][:MAPS_SHOWN]
    cells = [(None, "As the file shows it"), *((label, f"{label}: where the network looked") for label in labels)]
    width = WIDTH if len(cells) == 1 else (WIDTH - 4 * mm) / 2
    height = 95 * mm if len(cells) == 1 else 75 * mm
    placed = []
    for label, caption in cells:
        picture = render(study, reading, label, (1000, 1000))
        scale = min(width / picture.shape[1], height / picture.shape[0])
        flowable = Placed(_jpeg(picture), picture.shape[1] * scale, picture.shape[0] * scale, hAlign="LEFT")
        placed.append([flowable, paragraph(caption, 7.5, colour=QUIET)])
    rows = [placed[i : i + 2] for i in range(0, len(placed), 2)]
    if len(rows[-1]) == 1 and len(rows) > 1:
        rows[-1].append([])
    widths = [WIDTH] if len(cells) == 1 else [width + 4 * mm, width]
    return [Table(rows, widths, style=[("LEFTPADDING", (0, 0), (-1, -1), 0), ("VALIGN", (0, 0), (-1, -1), "TOP")])]


def _shows(reading: Reading, label: str) -> bool:
    heat_map = reading.heat_map(label)
    return heat_map is not None and bool(heat_map.values.max(initial=0) > 0)


def _reading(one: Reading, first: Reading) -> list[Any]:
    parts: list[Any] = []
    if one is not first:
        frame = f", frame {one.frame + 1}" if one.frame is not None and one.frame != first.frame else ""
        model = one.model.id if one.model else "no model"
        parts.append(paragraph(f"Further reading: {model}{frame}", 11, bold=True, space=8))
    if one.predicted is not None:
        parts.append(paragraph(f"Most probable: {one.predicted}", 11, bold=True, space=4))
    if one.abstained:
        parts.append(paragraph("Not read; the reasons are below", 11, bold=True, colour=POSITIVE, space=4))
    elif one.findings:
        parts += [Spacer(0, 2 * mm), _findings(one)]
    if one.events or one.trains:
        parts += [Spacer(0, 2 * mm), *trains_table(one)]
    if one.warnings:
        parts.append(paragraph("Reasons for care", 10, bold=True, space=6))
        parts += [paragraph(f"\u2022 {note.message}", 8.5, space=1) for note in one.warnings]
    return parts


def _findings(reading: Reading) -> Table:
    head = [paragraph(t, 7.5, colour=QUIET) for t in ("Class", "Probability", "", "Operating point", "")]
    rows = [head, *(_finding(f) for f in sorted(reading.findings, key=lambda f: -f.probability))]
    line = ("LINEBELOW", (0, 0), (-1, -1), 0.3, HexColor("#d5dade"))
    sides = [("LEFTPADDING", (0, 0), (-1, -1), 0), ("VALIGN", (0, 0), (-1, -1), "MIDDLE"), line]
    tight = [("TOPPADDING", (0, 0), (-1, -1), 2), ("BOTTOMPADDING", (0, 0), (-1, -1), 2)]
    widths = [38 * mm, 64 * mm, 18 * mm, 25 * mm, 35 * mm]
    return Table(rows, widths, style=[*sides, *tight], hAlign="LEFT", repeatRows=1)


def _finding(finding: Finding) -> list[Any]:
    verdict = "positive" if finding.positive else "negative"
    times = ", ".join(f"{s.start_s:.2f}-{s.end_s:.2f} s" for s in finding.spans[:3])
    found = HEALTHY if finding.label in NOTHING_FOUND else POSITIVE
    colour, bar = (found, found) if finding.positive else (QUIET, NEGATIVE)
    return [
        paragraph(finding.label, bold=finding.positive),
        Bar(finding.probability, finding.threshold, bar),
        paragraph(f"{finding.probability:.3f}"),
        paragraph(f"{finding.threshold:.3f}"),
        [paragraph(verdict, bold=finding.positive, colour=colour), *([paragraph(times, 7)] if times else [])],
    ]


def _cards(reading: Reading) -> list[Any]:
    read_by = (one.model for one in (reading, *reading.also) if one.model is not None)
    models = dict.fromkeys(model for first in read_by for model in (first, *first.beside))
    known = {(card.id, card.weights_sha256): card for card in catalogue()} if models else {}
    parts: list[Any] = []
    for model in models:
        parts.append(paragraph(f"Model {model.id} {model.version}", 11, bold=True, space=10))
        parts.append(paragraph(f"Weights {model.sha256}; {reading.device}, {reading.precision}", 7, colour=QUIET))
        card = known.get((model.id, model.sha256))
        parts += _card(card) if card is not None else [paragraph("Its card is no longer installed here")]
    return parts


def _card(card: Card) -> list[Any]:
    state = "validated" if card.validated else "not validated clinically"
    parts = [paragraph(f"{card.title}, {state}. {card.intended_use}", 8.5, space=2)]
    if card.operating_points_from:
        parts.append(paragraph(f"Operating points: {card.operating_points_from}", 8, space=2))
    if card.figures:
        parts.append(paragraph("Measured (value, 95 % interval, data, number)", 8.5, bold=True, space=4))
        whole_first = sorted(card.figures, key=lambda figure: bool(figure.label))
        parts += [paragraph(figure_line(figure), 7.5) for figure in whole_first[:FIGURES_SHOWN]]
        if len(card.figures) > FIGURES_SHOWN:
            more = f"{len(card.figures) - FIGURES_SHOWN} more figures are on the model's card"
            parts.append(paragraph(more, 7.5, colour=QUIET))
    if card.maps_note:
        parts.append(paragraph(f"Heat maps: {card.maps_note}", 8, space=3))
    if card.limits:
        parts.append(paragraph("Limits", 8.5, bold=True, space=4))
        parts += [paragraph(f"\u2022 {limit}", 8) for limit in card.limits]
    return parts


def _recording(study: Study, reading: Reading) -> list[Any]:
    """The recording on true paper, with the most probable positive class's map and spans."""
    positive = sorted((f for f in reading.findings if f.positive), key=lambda f: -f.probability)
    finding = next((f for f in positive if f.spans), None)
    heat_map = None if finding is None else reading.heat_map(finding.label)
    sheet = recording_sheet(study, heat_map, finding)
    words = f"; {finding.label}: where the network looked" if finding is not None else ""
    template = "wide" if sheet.width_mm * mm > WIDTH + 10 * mm else "upright"
    caption = paragraph(f"True to scale when printed at 100 %{words}", 8, colour=QUIET)
    return [NextPageTemplate(template), PageBreak(), SheetDrawing(sheet), Spacer(0, 2 * mm), caption]


def _pairs(rows: list[tuple[str, str]]) -> Table:
    """Return names and values in two columns of pairs, filled from the top left."""
    half = -(-len(rows) // 2)
    pairs = [[paragraph(k, 8, colour=QUIET), paragraph(v, 8.5)] for k, v in rows] + [["", ""]]
    cells = [[*pairs[i], *(pairs[i + half] if i + half < len(rows) else pairs[-1])] for i in range(half)]
    flush = [("LEFTPADDING", (0, 0), (-1, -1), 0), ("VALIGN", (0, 0), (-1, -1), "TOP")]
    tight = [("TOPPADDING", (0, 0), (-1, -1), 0.5), ("BOTTOMPADDING", (0, 0), (-1, -1), 0.5)]
    return Table(cells, [20 * mm, WIDTH / 2 - 20 * mm] * 2, style=[*flush, *tight], hAlign="LEFT")


def _jpeg(picture: np.ndarray) -> io.BytesIO:
    import cv2

    coded = cv2.imencode(".jpg", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, 90])[1]
    return io.BytesIO(coded.tobytes())
