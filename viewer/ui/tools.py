"""The lanes' tools: what opens files and what reads studies, each made in the thread that uses it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from PySide6.QtGui import QImage

from viewer.study import Study
from viewer.ui.imports import import_torch_gently

if TYPE_CHECKING:
    from viewer.formats.opener import Opener
    from viewer.reading.engine import Engine


@contextmanager
def opener_tool() -> Iterator["Opener"]:
    """Give an opener; what files and their views need is imported first (see ``Desk.start``)."""
    import cv2  # noqa: F401
    import numpy.ma  # noqa: F401 - numpy's percentile imports it at its first call, in the window's thread
    import psutil  # noqa: F401 - the opener watches its helper with it

    import viewer.ui.thumbnail
    import viewer.ui.views.ecg_view
    import viewer.ui.views.emg_view
    import viewer.ui.views.image_view  # noqa: F401
    from viewer.formats.opener import Opener

    with Opener() as opener:
        yield opener


@contextmanager
def engine_tool() -> Iterator["Engine"]:
    """Give an engine; torch is imported here."""
    import_torch_gently()
    from viewer.reading.engine import Engine

    yield Engine()


def with_thumbnail(study: Study) -> tuple[Study, QImage]:
    """Return a study and its small picture."""
    from viewer.ui.thumbnail import thumbnail

    return study, thumbnail(study)
