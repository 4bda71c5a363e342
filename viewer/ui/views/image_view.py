"""Chest films, EMG screens, ECG sheets and any other picture."""

from dataclasses import replace

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QAction, QImage, QMouseEvent, QPainter, QWheelEvent
from PySide6.QtWidgets import QWidget

from viewer.study import DisplayWindow, Image, Kind, Region, ToneTable
from viewer.ui.views import heat as heats
from viewer.ui.views import image_paint
from viewer.ui.views.background import in_background
from viewer.ui.views.base import StudyView, finite
from viewer.ui.views.facts import Corners, study_corners
from viewer.ui.views.gestures import image_gestures
from viewer.ui.views.image_actions import add_image_actions
from viewer.ui.views.image_region import KeyRegion
from viewer.ui.views.measuring import Measure
from viewer.ui.views.palette import DARK, Palette
from viewer.ui.views.pixels import SMALL, PixelPyramid, as_qimage, preview, pyramid, windowed
from viewer.ui.views.placement import Placement, to_picture
from viewer.ui.views.presets import Presets, same_window
from viewer.ui.views.screen_measuring import TOOLS as SCREEN_TOOLS
from viewer.ui.views.screen_measuring import ScreenMeasuring
from viewer.ui.views.screen_scale import scale_from

TOOLS = ("pan", "window", "length", "angle", "region", *SCREEN_TOOLS)


class ImageView(StudyView):
    """A picture with its window, its measures and what a network found in it.

    Right drag changes the window (across: width, up and down: centre) whatever the tool; middle drag, and left drag
    with space held, move the picture; the wheel zooms at the cursor. Left drag does what the chosen tool does.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.placement = Placement()
        self.fitting = True
        self.window_shown: DisplayWindow | ToneTable = DisplayWindow(127.5, 255.0, "LINEAR_EXACT")
        self.window_chosen = False
        self.inverted = False
        self.tool = "pan"
        self.opacity = 0.6
        self.colour_map = heats.COLOUR_MAPS[0]
        self.measures: list[Measure] = []
        self.draft: Measure | None = None
        self.pixels: PixelPyramid | None = None
        self._heat: tuple[object, QImage | None] | None = None
        self._median: float | None = None
        self._drag: tuple[str, QPointF] | None = None
        self._drag_start: QPointF | None = None
        self._cursor: QPointF | None = None
        self.screen_measuring = ScreenMeasuring(self)
        self.key_region = KeyRegion(self)
        self.tools: dict[str, QAction] = add_image_actions(self)

    # The study

    @property
    def image(self) -> Image:
        """The picture shown."""
        assert self.study is not None
        return self.study.image

    @property
    def colours(self) -> Palette:
        """Films are looked at in the dark whatever the window is; sheets and screens follow the window."""
        return DARK if self.is_film else super().colours

    @property
    def is_film(self) -> bool:
        """Whether it may be a radiograph: grey, and neither sheet nor screen."""
        return self.study is not None and (
            self.study.kind == Kind.CHEST_XRAY or (self.study.kind == Kind.UNKNOWN and not self.image.is_colour)
        )

    def _room_for_words(self) -> tuple[float, float]:
        """The height of the corners' words: a sheet's own words at its edges must stay readable."""
        assert self.study is not None
        words = study_corners(self.study, self.identity_visible, self.tr) + self.corners()
        line = self.fontMetrics().height()
        top = max(len(words.top_left), len(words.top_right)) + 1.5 * len(words.notice)
        bottom = max(len(words.bottom_left), len(words.bottom_right))
        return (top * line + 14 if top else 0.0), bottom * line + 14

    def study_changed(self) -> None:
        image = self.image
        spacing = image.spacing_mm
        self.placement = Placement(aspect=spacing[0] / spacing[1] if spacing and min(spacing) > 0 else 1.0)
        self.inverted, self.window_chosen = False, False
        self.measures, self.draft, self._heat, self._median = [], None, None, None
        self.screen_measuring.study_changed()
        self.key_region.rect = None
        for name in ("cursors", "scale", "calibrate"):
            self.tools[name].setVisible(self.screen_measuring.offered)
        if self.tool in SCREEN_TOOLS and not self.screen_measuring.offered:
            self.set_tool("pan")
        if image.pixels.size <= SMALL:
            self.pixels = pyramid(image)
        else:
            self.pixels = preview(image)
            in_background(lambda: pyramid(image), self._take_pyramid)
        self.window_shown = self.pixels.presets.first
        self.fit()

    def _take_pyramid(self, answer: object) -> None:
        if not isinstance(answer, PixelPyramid) or self.study is None or answer.image is not self.study.content:
            return
        self.pixels, self._median = answer, None
        if not self.window_chosen:
            self.window_shown = answer.presets.first
        self.update()

    def overlays_changed(self) -> None:
        self._heat = None

    # How it is shown

    @property
    def view_size(self) -> QSizeF:
        """The view's size, as a size of floats."""
        return QSizeF(self.size())

    def place(self, placement: Placement, fitting: bool = False) -> None:
        """Move the picture."""
        self.placement, self.fitting = placement, fitting
        self.update()
        self.state_changed.emit()

    def fit(self) -> None:
        """Show the whole picture, as large as it goes."""
        if self.study is not None:
            top, bottom = (0.0, 0.0) if self.is_film else self._room_for_words()
            image = self.image
            self.place(self.placement.fitted(image.columns, image.rows, self.view_size, top, bottom), fitting=True)

    def one_to_one(self) -> None:
        """Show a pixel of the picture on a pixel of the screen."""
        factor = 1 / self.devicePixelRatioF() / self.placement.scale
        self.place(self.placement.zoomed(factor, self._focus_point(), self.view_size))

    def zoom(self, factor: float, at: QPointF | None = None) -> None:
        """Magnify about a point of the view (the middle where none is given)."""
        self.place(self.placement.zoomed(factor, at or self._middle(), self.view_size))

    def turn(self, quarters: int) -> None:
        """Turn clockwise by quarters of a turn."""
        self.place(self.placement.turned(quarters), self.fitting)
        if self.fitting:
            self.fit()

    def flip(self, vertically: bool) -> None:
        """Mirror as seen."""
        self.place(self.placement.flipped(vertically), self.fitting)
        if self.fitting:
            self.fit()

    def upright(self) -> None:
        """Undo turns and mirrors."""
        self.place(replace(self.placement, turns=0, mirrored=False))
        self.fit()

    def set_window(self, window: DisplayWindow | ToneTable) -> None:
        """Show through a window or table."""
        self.window_shown, self.window_chosen = window, True
        self.update()
        self.state_changed.emit()

    @property
    def presets(self) -> Presets:
        """The windows that the picture offers."""
        assert self.pixels is not None
        return self.pixels.presets

    def next_preset(self) -> None:
        """Show through the next of the file's windows, the automatic one, the full range."""
        offered = self.presets.all(self.image)
        now = next((i for i, p in enumerate(offered) if same_window(p, self.window_shown)), -1)
        self.set_window(offered[(now + 1) % len(offered)])

    def invert(self, inverted: bool) -> None:
        """Swap black and white."""
        self.inverted, self._median = inverted, None
        self.update()
        self.state_changed.emit()

    def change_window(self, wider: float, higher: float) -> None:
        """Change the window by shares of its width."""
        window = self.window_shown
        if isinstance(window, ToneTable):
            window = DisplayWindow(window.first + len(window.table) / 2, len(window.table), "LINEAR_EXACT")
        least = abs(self.image.slope) if self.image.pixels.dtype.kind in "iu" else 1e-6
        width = max(least, window.width * (1 + wider) if wider > -0.9 else window.width * 0.1)
        self.set_window(DisplayWindow(window.center + higher * window.width, width, window.function, ""))

    def set_opacity(self, opacity: float) -> None:
        """Set the heat map's greatest opacity, 0..1."""
        self.opacity = min(1.0, max(0.0, opacity))
        self._heat = None
        self.update()
        self.state_changed.emit()

    def next_colour_map(self) -> None:
        """Draw heat maps in the other colours."""
        known = heats.COLOUR_MAPS
        self.colour_map = known[(known.index(self.colour_map) + 1) % len(known)]
        self._heat = None
        self.update()
        self.state_changed.emit()

    def set_tool(self, tool: str) -> None:
        """Choose what left drag does: one of TOOLS."""
        self.tool, self.draft = tool, None
        self.tools[tool].setChecked(True)
        cursors = {"pan": Qt.CursorShape.OpenHandCursor, "window": Qt.CursorShape.SizeAllCursor}
        self.setCursor(cursors.get(tool, Qt.CursorShape.CrossCursor))
        self.update()

    def clear_marks(self) -> None:
        """Remove measures and the marked region."""
        self.measures, self.draft = [], None
        self.screen_measuring.clear()
        self.key_region.rect = None
        self.clear_region()

    def heat_picture(self) -> QImage | None:
        """Return the chosen class's map in colour, made once a class."""
        heat = self.heat_map
        if heat is None or heat.values.ndim != 2:
            return None
        key = (id(heat), self.colour_map, self.opacity, self.light_ground)
        if self._heat is None or self._heat[0] != key:
            self._heat = (key, heats.picture(heat, self.colour_map, self.opacity, self.light_ground))
        return self._heat[1]

    @property
    def light_ground(self) -> bool:
        """Whether the picture is mostly white, as a sheet of paper is."""
        if self._median is None:
            assert self.pixels is not None
            inverted = self.image.inverted != self.inverted
            self._median = float(np.median(windowed(self.image, self.pixels.levels[-1], self.window_shown, inverted)))
        return self._median > 190

    def view_state(self) -> dict:
        p, w = self.placement, self.window_shown
        window = (
            [w.center, w.width, w.function, w.name] if isinstance(w, DisplayWindow) and self.window_chosen else None
        )
        return {
            "fit": self.fitting, "scale": p.scale, "centre": list(p.centre), "turns": p.turns, "mirrored": p.mirrored,
            "window": window, "inverted": self.inverted, "opacity": self.opacity, "colour_map": self.colour_map,
            "tool": self.tool, "screen": self.screen_measuring.scale.state(),
        }  # fmt: skip

    def restore_view_state(self, state: dict) -> None:
        try:
            x, y = (finite(v) for v in state["centre"])
            scale = min(max(finite(state["scale"]), 1e-3), 100.0)
            turns, mirrored = int(state["turns"]) % 4, bool(state["mirrored"])
            window = state["window"] and DisplayWindow(finite(state["window"][0]), *state["window"][1:4])
            tool, colour_map = str(state["tool"]), str(state["colour_map"])
            fitting, inverted, opacity = bool(state["fit"]), bool(state["inverted"]), finite(state["opacity"])
            screen = scale_from(state["screen"]) if "screen" in state else self.screen_measuring.scale
        except (KeyError, TypeError, ValueError, IndexError):
            return
        self.placement = replace(self.placement, scale=scale, centre=(x, y), turns=turns, mirrored=mirrored)
        if window:
            self.set_window(window)
        self.invert(inverted)
        self.tools["invert"].setChecked(inverted)
        self.colour_map = colour_map if colour_map in heats.COLOUR_MAPS else self.colour_map
        self.set_opacity(opacity)
        self.set_tool(tool if tool in TOOLS else "pan")
        self.screen_measuring.scale = screen
        self.fitting = fitting
        if fitting:
            self.fit()
        self.update()

    # Drawing

    def paint_view(self, painter: QPainter) -> None:
        assert self.pixels is not None
        ratio = self.devicePixelRatioF()
        rect, values = self.pixels.patch(self.placement, self.view_size, ratio)
        if values.size:
            grey = windowed(self.image, values, self.window_shown, self.image.inverted != self.inverted)
            painter.drawImage(QPointF(rect.x() / ratio, rect.y() / ratio), as_qimage(grey, ratio))
        if self.overlays_shown:
            image_paint.paint_heat(painter, self)
            image_paint.paint_boxes(painter, self)
            image_paint.paint_marks(painter, self)
            self.screen_measuring.paint(painter)
        image_paint.paint_sides(painter, self)
        top = self.paint_facts(painter, image_paint.corner_words(self, self._cursor))
        if self.overlays_shown and self.heat_picture() is not None:
            image_paint.paint_legend(painter, self, top - 6)

    def gestures(self) -> list[tuple[str, str]]:
        return image_gestures(self.tr)

    def corners(self) -> Corners:
        """Return the words of the view's own corners."""
        return image_paint.corner_words(self, self._cursor)

    # Mouse and keys

    def to_picture(self, at: QPointF) -> QPointF:
        """Return the upright pixel coordinates under a point of the view."""
        return to_picture(self.placement, self.view_size, at)

    def resizeEvent(self, event: object) -> None:
        super().resizeEvent(event)  # type: ignore[arg-type]
        if self.fitting:
            self.fit()
        self.screen_measuring.place_bar()

    def wheelEvent(self, event: QWheelEvent) -> None:
        self.zoom(1.0015 ** event.angleDelta().y(), event.position())
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if self.study is None:
            return
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        button, at = event.button(), event.position()
        action = {Qt.MouseButton.RightButton: "window", Qt.MouseButton.MiddleButton: "pan"}.get(button, self.tool)
        if button == Qt.MouseButton.LeftButton and self.space_held:
            action = "pan"
        self._drag, self._drag_start = (action, at), at
        point = self.to_picture(at)
        if action == "length":
            self.draft = Measure(((point.x(), point.y()), (point.x(), point.y())))
        elif action == "angle":
            self._add_angle_point(point)
        else:
            self.screen_measuring.press(action, point)
        self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        at = event.position()
        self._cursor = at
        point = self.to_picture(at)
        if self.draft is not None and (self._drag or self.tool == "angle"):
            self.draft = Measure((*self.draft.points[:-1], (point.x(), point.y())))
        if self._drag is not None:
            action, last = self._drag
            step = at - last
            self._drag = (action, at)
            if action == "pan":
                self.place(self.placement.panned(step.x(), step.y()))
            elif action == "window":
                self.change_window(step.x() / 250, step.y() / 250)
            else:
                self.screen_measuring.drag(action, point)
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._drag is None or self._drag_start is None:
            return
        action, start, end = self._drag[0], self._drag_start, event.position()
        self._drag = self._drag_start = None
        if action == "length" and self.draft is not None:
            if (end - start).manhattanLength() > 3:
                self.measures.append(self.draft)
            self.draft = None
        elif action == "region":
            self._mark(start, end)
        else:
            self.screen_measuring.release(action)
        self.update()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self.tool == "pan":
            self.fit()

    def leaveEvent(self, event: object) -> None:
        self._cursor = None
        self.update()
        super().leaveEvent(event)  # type: ignore[arg-type]

    def region_draft(self) -> QRectF | None:
        """The rectangle being marked, in view coordinates."""
        if self._drag and self._drag[0] == "region" and self._drag_start is not None:
            return QRectF(self._drag_start, self._drag[1]).normalized()
        if self.key_region.rect is not None:
            return self.placement.transform(self.view_size).mapRect(self.key_region.rect)
        return None

    def _mark(self, start: QPointF, end: QPointF) -> None:
        marked = QRectF(self.to_picture(start), self.to_picture(end)).normalized()
        inside = marked.intersected(QRectF(0, 0, self.image.columns, self.image.rows))
        if inside.width() >= 8 and inside.height() >= 8:
            self.mark(Region(x=inside.x(), y=inside.y(), w=inside.width(), h=inside.height()))

    def _add_angle_point(self, point: QPointF) -> None:
        points = self.draft.points if self.draft else ((point.x(), point.y()),)
        if len(points) == 3:
            self.measures.append(Measure((*points[:2], (point.x(), point.y()))))
            self.draft = None
        else:
            self.draft = Measure((*points, (point.x(), point.y())))

    def _middle(self) -> QPointF:
        return QPointF(self.width() / 2, self.height() / 2)

    def _focus_point(self) -> QPointF:
        return self._cursor if self._cursor is not None and self.underMouse() else self._middle()
