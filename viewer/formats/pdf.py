"""PDF pages, drawn at the resolution of the scan in them, else at 200 dpi."""

from typing import Any

import numpy as np

from viewer.errors import FormatError
from viewer.formats.file import File
from viewer.formats.limits import check_pixels
from viewer.formats.opened import Opened
from viewer.formats.pictures import grey_if_grey
from viewer.study import Acquisition, Image

_POINTS_PER_INCH = 72
_MM_PER_INCH = 25.4
_DPI = 200
"""About 8 pixels a mm: ECG paper's millimetres stay apart."""
_MOST_DPI = 400


def read(file: File, frame: int) -> Opened:
    """Draw one page. Raises FormatError (``encrypted`` where it needs a password)."""
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(bytes(file.data))
    except pypdfium2.PdfiumError as error:
        if "password" in str(error).lower() or "security" in str(error).lower():
            raise FormatError(
                "encrypted", "This PDF is protected by a password", "print it to a new PDF without one"
            ) from error
        raise FormatError("damaged", "This PDF is damaged or cut off", "print or export it again") from error
    try:
        pages = len(document)
        if not pages:
            raise FormatError("damaged", "This PDF has no pages", "print or export it again")
        if frame >= pages:
            raise FormatError("not-found", f"This PDF has {pages} pages, not {frame + 1}", "choose another page")
        page = document[frame]
        dpi = _resolution(page)
        scale = dpi / _POINTS_PER_INCH
        width, height = page.get_size()
        check_pixels(round(width * scale), round(height * scale), "This PDF page")
        pixels = page.render(scale=scale, rev_byteorder=True, draw_annots=True).to_numpy()
        pixels = grey_if_grey(np.ascontiguousarray(pixels[..., :3]) if pixels.ndim == 3 else pixels.copy())
    finally:
        document.close()
    spacing = (_MM_PER_INCH / dpi, _MM_PER_INCH / dpi)
    image = Image(pixels, spacing_mm=spacing, spacing_from="resolution")
    return Opened(image, acquisition=Acquisition(facts=(("Drawn at", f"{dpi:g} dpi"),)), frames=pages)


def _resolution(page: Any) -> float:
    """Return the dpi of the largest picture that fills most of the page, within 150 to 400; else 200."""
    import pypdfium2.raw as pdfium

    width, height = page.get_size()
    best = 0.0
    for item in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_IMAGE], max_depth=3):
        left, bottom, right, top = item.get_bounds()
        if (right - left) * (top - bottom) < 0.5 * width * height:
            continue
        columns, _ = item.get_px_size()
        best = max(best, columns / max((right - left) / _POINTS_PER_INCH, 0.01))
    return float(round(min(max(best, 150), _MOST_DPI))) if best else float(_DPI)
