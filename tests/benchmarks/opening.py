"""Opening and showing a 3000 x 2500, 16-bit film, beside the bare decode of the same file."""

import os
import tempfile
from pathlib import Path

from tests.benchmarks.film import film_pixels, write_film
from tests.benchmarks.timing import Row, in_turn


def rows() -> list[Row]:
    """Return both transfer syntaxes: JPEG 2000 as a ratio, uncompressed as ms over the decode."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    import pydicom
    from PySide6.QtWidgets import QApplication

    from viewer.formats import expand
    from viewer.formats.opener import Opener
    from viewer.ui.views import view_for

    app = QApplication.instance() or QApplication([])
    with tempfile.TemporaryDirectory() as folder, Opener() as opener:
        pixels = film_pixels()
        found = []
        for jpeg2000 in (True, False):
            path = write_film(Path(folder) / f"{jpeg2000}.dcm", jpeg2000=jpeg2000, pixels=pixels)
            (item,) = expand([path])

            def decode(path: Path = path) -> object:
                return pydicom.dcmread(path).pixel_array

            def show(item: object = item) -> object:
                study = opener.open(item)  # type: ignore[arg-type]
                view = view_for(study)
                view.resize(1000, 800)
                view.set_study(study)
                picture = view.grab()
                view.deleteLater()
                app.processEvents()
                return picture

            bare, shown = in_turn(decode, show, rounds=7)
            if jpeg2000:
                detail = f"{shown:.0f} ms / {bare:.0f} ms"
                found.append(Row("open and show a JPEG 2000 film / bare decode", shown / bare, "x", 1.3, detail))
            else:
                detail = f"{shown:.0f} ms - {bare:.0f} ms"
                found.append(Row("open and show an uncompressed film over bare decode", shown - bare, "ms", 40, detail))
    return found
