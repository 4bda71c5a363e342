"""The study views: one widget a kind of content, drawn by hand."""

from viewer.study import Image, Kind, Study
from viewer.ui.views.base import StudyView

__all__ = ["StudyView", "view_for", "warm_up"]


def warm_up() -> None:
    """Import in the background what the first view would otherwise wait for (OpenCV alone 30 to 45 ms)."""
    from PySide6.QtCore import QThreadPool

    QThreadPool.globalInstance().start(_import_early)


def _import_early() -> None:
    import cv2  # noqa: F401

    from viewer.ui.views import ecg_view, emg_view, image_view  # noqa: F401


def view_for(study: Study) -> StudyView:
    """Return a new view that suits the study, showing it: pictures, ECG paper, or sweeps for every other recording."""
    if isinstance(study.content, Image):
        from viewer.ui.views.image_view import ImageView

        view: StudyView = ImageView()
    elif study.kind == Kind.ECG_TRACE:
        from viewer.ui.views.ecg_view import EcgPaperView

        view = EcgPaperView()
    else:
        from viewer.ui.views.emg_view import EmgSweepView

        view = EmgSweepView()
    view.set_study(study)
    return view
