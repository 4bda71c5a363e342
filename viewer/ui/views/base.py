"""What every study view has: a study, a reading of it, a class to explain, actions, and a picture of itself."""

import functools
import math
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QRect, QRectF, Qt, Signal
from PySide6.QtGui import QAction, QActionGroup, QImage, QKeyEvent, QKeySequence, QPainter
from PySide6.QtWidgets import QWidget

from viewer.reading.values import Box, Finding, HeatMap, Reading, Span
from viewer.study import Region, Study
from viewer.ui.views.corners import paint_corners
from viewer.ui.views.facts import Corners, study_corners
from viewer.ui.views.palette import Palette, palette


class StudyView(QWidget):
    """A study, drawn.

    Subclasses draw in ``paint_view`` and take their settings in ``view_state`` and ``restore_view_state``. Every
    action is in ``actions()`` with text, tooltip and shortcut; the shortcuts work while the view has the focus.
    ``action_groups()`` gives the same actions by menu.
    """

    region_marked = Signal(object)
    """A Region that a person marked."""

    state_changed = Signal()
    """Something in ``view_state()`` changed."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.study: Study | None = None
        self.reading: Reading | None = None
        self.label: str | None = None
        self.region: Region | None = None
        self.overlays_visible = True
        self.identity_visible = True
        self.dark = True
        self.held = False
        self.space_held = False
        self._groups: dict[str, list[QAction]] = {}
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setMinimumSize(240, 180)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)  # right drag changes a window
        self.setCursor(Qt.CursorShape.OpenHandCursor)
        hide = self.tr("Hide overlays (hold H)")
        tip = self.tr("Hide heat map, boxes and marks; hold H to hide them for a moment")
        self._hide_action = self.add_action(
            self.tr("Overlays"), hide, "", self._hold, tip=tip, checkable=True
        )  # fmt: skip

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        _guard(cls)

    # What is shown

    def set_study(self, study: Study) -> None:
        """Show a study; its reading, region and class are forgotten."""
        self.study, self.reading, self.label, self.region = study, None, None, None
        self.setAccessibleName(self.tr("Study {name}").format(name=study.source.label))
        self.study_changed()
        self.update()

    def set_reading(self, reading: Reading | None) -> None:
        """Show what a network made of it; None takes it away."""
        self.reading = reading
        self.overlays_changed()
        self.update()

    def set_label(self, label: str | None) -> None:
        """Choose the class whose map, boxes and spans are drawn."""
        self.label = label
        self.overlays_changed()
        self.update()

    def set_overlays_visible(self, visible: bool) -> None:
        """Draw heat map, boxes, spans and events, or not."""
        self.overlays_visible = visible
        self.update()

    def set_identity_visible(self, visible: bool) -> None:
        """Write who and when in the corners, or not."""
        self.identity_visible = visible
        self.update()

    def set_dark(self, dark: bool) -> None:
        """Draw for a dark or a light window."""
        self.dark = dark
        self.overlays_changed()
        self.update()

    def set_region(self, region: Region | None) -> None:
        """Draw a region as marked, without telling anyone; None forgets it."""
        self.region = region
        self.update()

    def clear_region(self) -> None:
        """Forget the marked region."""
        self.set_region(None)

    def view_state(self) -> dict:
        """Return how it is shown, as values that JSON can hold."""
        return {}

    def restore_view_state(self, state: dict) -> None:
        """Show it as it was; what the state does not say, or says wrongly, stays as it is."""

    def picture(self) -> QImage:
        """Return what is shown, at the screen's pixel ratio; who and when only where they are shown."""
        ratio = self.devicePixelRatioF()
        image = QImage(self.size() * ratio, QImage.Format.Format_RGB32)
        image.setDevicePixelRatio(ratio)
        image.fill(self.colours.colour("ground"))
        with QPainter(image) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setFont(self.font())
            self.paint_view(painter)
        return image

    def gestures(self) -> list[tuple[str, str]]:
        """Return what the mouse does here: gesture and effect."""
        return []

    # For subclasses

    def study_changed(self) -> None:
        """Take over a new study (``self.study``)."""

    def overlays_changed(self) -> None:
        """Forget what was prepared from the reading, the class or the colours."""

    def corners(self) -> Corners:
        """Return the words in the corners that are the view's own."""
        raise NotImplementedError

    def paint_view(self, painter: QPainter) -> None:
        """Draw everything, in the widget's coordinates."""
        raise NotImplementedError

    @property
    def colours(self) -> Palette:
        """The colours in use."""
        return palette(self.dark)

    @property
    def overlays_shown(self) -> bool:
        """Whether overlays are drawn right now."""
        return self.overlays_visible and not self.held

    @property
    def finding(self) -> Finding | None:
        """The chosen class's finding."""
        findings = self.reading.findings if self.reading else ()
        return next((f for f in findings if f.label == self.label), None)

    @property
    def heat_map(self) -> HeatMap | None:
        """The chosen class's map."""
        return self.reading.heat_map(self.label) if self.reading and self.label else None

    @property
    def boxes(self) -> tuple[Box, ...]:
        """The chosen class's boxes."""
        return self.finding.boxes if self.finding else ()

    @property
    def spans(self) -> tuple[Span, ...]:
        """The chosen class's spans."""
        return self.finding.spans if self.finding else ()

    def paint_facts(self, painter: QPainter, extra: Corners, area: QRect | None = None) -> float:
        """Write who, when, which view and the file's facts in the corners of ``area``, with ``extra``.

        Returns where the words in the lower right corner begin.
        """
        assert self.study is not None
        corners = study_corners(self.study, self.identity_visible, self.tr) + extra
        return paint_corners(painter, corners, QRectF(area or self.rect()), self.colours)

    def mark(self, region: Region) -> None:
        """Take over a region that a person marked and tell the window."""
        self.region = region
        self.update()
        self.region_marked.emit(region)

    def add_action(
        self,
        menu: str,
        text: str,
        shortcut: str | tuple[str, ...],
        slot: Callable[..., object],
        *,
        tip: str = "",
        checkable: bool = False,
        checked: bool = False,
        group: QActionGroup | None = None,
    ) -> QAction:
        """Add an action to ``menu``; ``slot`` gets whether it is checked."""
        action = QAction(text, self)
        keys = [shortcut] if isinstance(shortcut, str) else list(shortcut)
        action.setShortcuts([QKeySequence(k) for k in keys if k])
        action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        spelled = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
        action.setToolTip(f"{tip or text} ({spelled})" if spelled else tip or text)
        action.setCheckable(checkable)
        action.setChecked(checked)
        if group is not None:
            group.addAction(action)
        action.triggered.connect(slot)
        self.addAction(action)
        self._groups.setdefault(menu, []).append(action)
        return action

    def action_groups(self) -> dict[str, list[QAction]]:
        """Return the actions by menu title, in order."""
        last = self.tr("Overlays")
        groups = {title: list(actions) for title, actions in self._groups.items() if title != last}
        shown = groups | {last: list(self._groups[last])}
        return {title: [a for a in actions if a.isVisible()] for title, actions in shown.items()}

    # Qt

    def paintEvent(self, _event: object) -> None:
        with QPainter(self) as painter:
            painter.fillRect(self.rect(), self.colours.colour("ground"))
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            if self.study is not None:
                self.paint_view(painter)
            if self.hasFocus():
                self._paint_focus(painter)

    def _paint_focus(self, painter: QPainter) -> None:
        """A thin frame; four filled edges, because a stroked rectangle of this size costs 12 ms."""
        colour, width, height = self.colours.colour("accent"), self.width(), self.height()
        for x, y, w, h in ((0, 0, width, 1), (0, height - 1, width, 1), (0, 0, 1, height), (width - 1, 0, 1, height)):
            painter.fillRect(x, y, w, h, colour)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if _is_hold_key(event):
            if not event.isAutoRepeat():
                self._hold(True)
            return
        if event.key() == Qt.Key.Key_Space:
            self.space_held = True
            return
        super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if _is_hold_key(event):
            if not event.isAutoRepeat():
                self._hold(self._hide_action.isChecked())
            return
        if event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            self.space_held = False
            return
        super().keyReleaseEvent(event)

    def focusInEvent(self, event: object) -> None:
        if self.study is not None:
            words = study_corners(self.study, self.identity_visible, self.tr) + self.corners()
            spoken = words.notice + words.top_left + words.top_right + words.bottom_left + words.bottom_right
            self.setAccessibleDescription(". ".join(spoken))
        super().focusInEvent(event)  # type: ignore[arg-type]

    def focusOutEvent(self, event: object) -> None:
        self._hold(self._hide_action.isChecked())
        self.space_held = False
        super().focusOutEvent(event)  # type: ignore[arg-type]

    def _hold(self, held: bool) -> None:
        self.held = held
        self.update()


def _is_hold_key(event: QKeyEvent) -> bool:
    return event.key() == Qt.Key.Key_H and event.modifiers() == Qt.KeyboardModifier.NoModifier


def _guard(cls: type) -> None:
    """Let exceptions leave event handlers as Python's own.

    PySide 6.11 on Python 3.11 dies of an exception that C code raised (an IndexError, say) when it passes through two
    overridden handlers; raised again by Python it is an ordinary error.
    """
    for name, method in list(vars(cls).items()):
        if name.endswith("Event"):
            setattr(cls, name, _raised_by_python(method))


def _raised_by_python(method: Callable) -> Callable:
    @functools.wraps(method)
    def guarded(*args: Any) -> Any:
        try:
            return method(*args)
        except Exception:
            raise

    return guarded


_guard(StudyView)


def finite(value: Any) -> float:
    """Return a stored state's number. Raises TypeError or ValueError where it is none."""
    number = float(value)
    if not math.isfinite(number):
        raise ValueError("not a finite number")
    return number
