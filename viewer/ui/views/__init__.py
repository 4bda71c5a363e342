"""The study views: one widget a kind of content, drawn by hand."""

from viewer.study import Image, Kind, Study
from viewer.ui.views.base import StudyView

__all__ = ["StudyView", "view_for"]


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
