"""Asking once what a file without a unit is worth, in a bar that nothing waits for."""

from typing import TYPE_CHECKING

from viewer.study import Kind
from viewer.study.scale import scale_given, scale_missing
from viewer.ui.views.scale_bar import STEPS_UV, ScaleBar

if TYPE_CHECKING:
    from viewer.ui.views.emg_view import EmgSweepView

SOUND_FORMATS = ("wav",)


class FileScale:
    """The bar of one view of a recording; asks by itself once a study, and whenever it is asked to."""

    def __init__(self, view: "EmgSweepView") -> None:
        self._view = view
        self.asked = False
        self._bar: ScaleBar | None = None

    @property
    def offered(self) -> bool:
        """Whether the recording is a needle EMG without a unit, or has its scale from a person."""
        study = self._view.study
        return study is not None and study.kind == Kind.EMG_TRACE and (scale_missing(study) or scale_given(study))

    @property
    def bar(self) -> ScaleBar:
        """The bar."""
        if self._bar is None:
            tr = self._view.tr
            self._bar = ScaleBar(self._view, remember=tr("for this folder's files"), top=self._top)
            self._bar.applied.connect(self._apply)
        return self._bar

    def study_changed(self) -> None:
        """Ask, where the scale of another study is not known."""
        self.asked = False
        if self._bar is not None:
            self._bar.hide()
        study = self._view.study
        if self.offered and study is not None and scale_missing(study):
            self.ask(focus=False)

    def ask(self, focus: bool = True) -> None:
        """Show the bar."""
        study, tr = self._view.study, self._view.tr
        if study is None or not self.offered:
            return
        self.asked = True
        sound = study.source.format in SOUND_FORMATS
        what = tr("Full scale is") if sound else tr("A stored 1 is")
        words = tr("This file has no unit: amplitudes mean nothing until you say what it is worth.") + " " + what
        self.bar.ask(words, [("µV", STEPS_UV, "")], focus)

    def restore(self, asked: object) -> None:
        """Do not ask again where the person closed the bar before."""
        if asked and self._bar is not None:
            self.asked = True
            self._bar.hide()

    def place(self) -> None:
        """Keep the bar in its place."""
        if self._bar is not None and self._bar.isVisible():
            self._bar.place()

    def _top(self, _height: int) -> int:
        return round(self._view.screen_rect.top()) + 4

    def _apply(self, values: list) -> None:
        if values and values[0]:
            self._view.scale_given.emit(values[0], self.bar.remember.isChecked())
