"""PDF pages."""

import numpy as np
import PIL.Image
import pytest
from reportlab.lib.pagesizes import A4
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from viewer.formats import open_study


def document(path, pages=1, picture=None, password=None):
    canvas = Canvas(str(path), pagesize=A4, encrypt=password)
    for page in range(pages):
        if picture is not None:
            canvas.drawImage(ImageReader(picture), 0, 0, A4[0], A4[1])
        else:
            canvas.rect(72, 72, 144, 72, fill=1)  # 2 x 1 inch, black, 1 inch from the lower left
            canvas.drawString(100, 700, f"page {page + 1}")
        canvas.showPage()
    canvas.save()
    return path


def test_a_drawn_page_has_200_dpi_and_true_size(tmp_path):
    image = open_study(document(tmp_path / "a.pdf")).image
    assert image.spacing_mm == pytest.approx((25.4 / 200, 25.4 / 200))
    assert image.spacing_from == "resolution"
    assert image.pixels.shape == (2339, 1654)
    rows, columns = np.nonzero(image.pixels[1500:] < 50)
    assert columns.max() - columns.min() == pytest.approx(400, abs=3)
    assert rows.max() - rows.min() == pytest.approx(200, abs=3)


def test_a_scan_is_drawn_at_its_own_resolution(tmp_path):
    scan = PIL.Image.fromarray(np.random.default_rng(0).integers(0, 256, (3508, 2480), np.uint8))
    image = open_study(document(tmp_path / "a.pdf", picture=scan)).image
    assert image.pixels.shape == pytest.approx((3508, 2480), abs=1)  # 300 dpi
    assert image.spacing_mm[0] == pytest.approx(25.4 / 300, rel=1e-3)


def test_pages_are_frames(tmp_path, refused):
    path = document(tmp_path / "a.pdf", pages=3)
    assert open_study(path, frame=2).source.frames == 3
    refused(path, "not-found", "3 pages", frame=3)


def test_a_password_is_said(tmp_path, refused):
    from reportlab.lib.pdfencrypt import StandardEncryption

    path = document(tmp_path / "a.pdf", password=StandardEncryption("secret", canPrint=0))
    refused(path, "encrypted", "password")


def test_cut_off(tmp_path, refused):
    whole = document(tmp_path / "a.pdf").read_bytes()
    (tmp_path / "cut.pdf").write_bytes(whole[:200])
    refused(tmp_path / "cut.pdf", "damaged", "PDF")


def test_a_page_of_a_square_kilometre_is_refused(tmp_path, refused):
    canvas = Canvas(str(tmp_path / "a.pdf"), pagesize=(1e6, 1e6))
    canvas.showPage()
    canvas.save()
    refused(tmp_path / "a.pdf", "too-large", "megapixel")


def test_found_by_content(tmp_path):
    path = document(tmp_path / "a.pdf")
    (tmp_path / "scan.jpg").write_bytes(path.read_bytes())
    assert open_study(tmp_path / "scan.jpg").source.format == "pdf"
