"""What leaves the window: a reading as text, PDF, JSON or on paper. Nothing here touches widgets."""

import json
import os
import tempfile
from pathlib import Path
from typing import Any

from PySide6.QtCore import QByteArray, QRect, Qt
from PySide6.QtGui import QImage, QImageWriter, QPainter

from viewer.reading.values import Reading
from viewer.study import Study
from viewer.ui.entry import conflicts
from viewer.ui.text import day, kind_from_title, kind_title, label_title, number, probability, research_use, tr

PRINT_DPI = 200


def reading_text(study: Study, reading: Reading, identified: bool) -> str:
    """Return a reading as plain text for the clipboard; who and when only where ``identified``."""
    lines = [f"{kind_title(reading.kind)} ({kind_from_title(reading.kind_from)})"]
    if identified:
        patient = study.patient
        born = tr("born {0}").format(day(patient.birth_date)) if patient.birth_date else None
        lines.append(", ".join(filter(None, (patient.name, patient.identifier, born))))
        taken = study.acquisition.taken
        lines += [tr("Taken {0}").format(day(taken)) if taken else "", study.source.label]
    if reading.region is not None:
        lines.append(tr("Reading of a marked part of the study"))
    if reading.model is not None:
        state = tr("validated") if reading.model.validated else tr("not validated")
        names = tr(" with ").join(f"{m.id} {m.version}" for m in (reading.model, *reading.model.beside))
        lines.append(tr("Model {0} ({1}), computed on {2}").format(names, state, reading.device))
    lines.append("")
    lines += [tr("No reading")] if reading.abstained else _finding_lines(reading)
    if reading.warnings:
        lines += ["", *(f"- {note.message}" for note in reading.warnings)]
    lines += ["", f"{research_use()}."]
    return "\n".join(line for i, line in enumerate(lines) if line or i > 3)


def _finding_lines(reading: Reading) -> list[str]:
    odd = conflicts(reading)
    lines = []
    if reading.exclusive and reading.predicted:
        uncertain = reading.predicted == "uncertain"
        lines.append(tr("Predicted: {0}").format(tr("uncertain") if uncertain else reading.predicted))
    for f in reading.findings:
        verdict = tr("positive") if f.positive else tr("negative")
        name = f"{f.label} ({label_title(f.label)})" if label_title(f.label) else f.label
        line = tr("{0}: probability {1}, operating point {2}, {3}").format(
            name, probability(f.probability), number(f.threshold), verdict
        )
        lines.append(f"{line} ({tr('conflict')})" if f.label in odd else line)
    return lines


def write_json(reading: Reading, path: Path) -> None:
    """Write a reading as the command line's JSON, whole or not at all."""
    from viewer.reading.json_form import to_json

    part = path.with_name(path.name + ".part")
    part.write_text(json.dumps(to_json(reading), ensure_ascii=False, allow_nan=False, indent=1) + "\n", "utf-8")
    os.replace(part, path)


def write_report(study: Study, reading: Reading, path: Path, identified: bool) -> None:
    """Write a reading as PDF."""
    from viewer.report.pdf import write_pdf

    write_pdf(study, reading, path, identified=identified)


def write_image(picture: QImage, path: Path) -> None:
    """Write a picture as PNG. Raises OSError."""
    writer = QImageWriter(str(path), QByteArray(b"png"))
    if not writer.write(picture):
        raise OSError(0, writer.errorString(), str(path))


def report_pages(study: Study, reading: Reading, identified: bool) -> list[QImage]:
    """Return the report's pages as pictures for a printer: paper and PDF look the same."""
    import pypdfium2

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "reading.pdf"
        write_report(study, reading, path, identified)
        document = pypdfium2.PdfDocument(path)
        try:
            pages = []
            for page in document:
                pixels = page.render(scale=PRINT_DPI / 72, rev_byteorder=True).to_numpy()
                height, width, planes = pixels.shape
                form = QImage.Format.Format_RGB888 if planes == 3 else QImage.Format.Format_RGBX8888
                pages.append(QImage(pixels.tobytes(), width, height, width * planes, form).copy())
            return pages
        finally:
            document.close()


def print_pages(pages: list[QImage], printer: Any) -> None:
    """Paint pages onto a QPrinter, each as large as the paper allows."""
    painter = QPainter(printer)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    for i, page in enumerate(pages):
        if i:
            printer.newPage()
        area = painter.viewport()
        size = page.size().scaled(area.size(), Qt.AspectRatioMode.KeepAspectRatio)
        left = area.left() + (area.width() - size.width()) // 2
        painter.drawImage(QRect(left, area.top(), size.width(), size.height()), page)
    painter.end()
