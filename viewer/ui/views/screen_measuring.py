"""Measuring on an EMG screen capture: the scale from its grid or from two points, then cursors in ms and µV."""

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen

from viewer.study import Image, Kind
from viewer.study.display import grey8
from viewer.study.grid import Grid, find_grid
from viewer.ui.views.background import in_background
from viewer.ui.views.corners import plate
from viewer.ui.views.scale_bar import STEPS_MS, STEPS_UV, ScaleBar
from viewer.ui.views.screen_scale import ScreenScale, between

if TYPE_CHECKING:
    from viewer.reading.scale import TimeScale
    from viewer.ui.views.image_view import ImageView

Point = tuple[float, float]
TOOLS = ("cursors", "scale")
AS_GOOD = 0.08  # of a division's ms, by which what was read may be off a usual sweep speed


class ScreenMeasuring(QObject):
    """The scale and the cursors of one view."""

    def __init__(self, view: "ImageView") -> None:
        super().__init__(view)
        self._view = view
        self.scale = ScreenScale()
        self.cursors: tuple[Point, Point] | None = None
        self.line: tuple[Point, Point] | None = None
        self.grid: Grid | None = None
        self.read: TimeScale | None = None
        self.looking = False
        self._looked_at: object = None
        self._bar: ScaleBar | None = None

    @property
    def offered(self) -> bool:
        """Whether the picture is an EMG screen."""
        return self._view.study is not None and self._view.study.kind == Kind.EMG_IMAGE

    @property
    def bar(self) -> ScaleBar:
        """The bar in which the scale is said."""
        if self._bar is None:
            tr = self._view.tr
            buttons = (("half", "½"), ("double", "×2"), ("line", tr("By two points")), ("forget", tr("Forget")))
            self._bar = ScaleBar(self._view, buttons)
            self._bar.applied.connect(self._apply)
            self._bar.pressed.connect(self._press)
            self._bar.closed.connect(self._view.update)
        return self._bar

    def place_bar(self) -> None:
        """Keep the bar at the bottom of a view whose size has changed."""
        if self._bar is not None and self._bar.isVisible():
            self._bar.place()

    def study_changed(self) -> None:
        """Begin anew with another picture."""
        self.scale, self.cursors, self.line, self.grid, self._looked_at = ScreenScale(), None, None, None, None
        self.read = None
        if self._bar is not None:
            self._bar.hide()

    def clear(self) -> None:
        """Remove the cursors; the scale stays."""
        self.cursors = self.line = None

    # The scale

    def calibrate(self) -> None:
        """Ask what a division is worth; grid and words are looked for in the background, once a picture."""
        image = self._view.image
        if self._looked_at is image:
            self._ask()
            return
        self.looking = True
        self.bar.ask(self._view.tr("Looking for the grid"), [])
        in_background(lambda: (image, find_grid(grey8(image)), _read_off(grey8(image))), self._take_grid)

    def _take_grid(self, answer: object) -> None:
        self.looking = False
        if isinstance(answer, tuple) and self._view.study is not None and answer[0] is self._view.study.content:
            self._looked_at, self.grid, self.read = answer
            if self.bar.isVisible():
                self._ask()
        elif isinstance(answer, Exception) and self.bar.isVisible():
            self._ask()

    def _ask(self) -> None:
        tr, grid = self._view.tr, self.grid
        self._view.update()
        if self.line is not None:
            (x0, y0), (x1, y1) = self.line
            words = tr("This line is {across} px across, {down} px down").format(
                across=f"{abs(x1 - x0):.0f}", down=f"{abs(y1 - y0):.0f}"
            )
            fields = [("ms", STEPS_MS, "") if abs(x1 - x0) >= 1 else None, ("µV", STEPS_UV, "")]
            self.bar.ask(words, [f for f in fields if f is not None] if abs(y1 - y0) >= 1 else fields[:1])  # type: ignore[arg-type, list-item]
        elif (grid is None or grid.across is None) and self.read is not None:
            long = f"{self.read.px_per_ms * self.read.ms:.0f}"
            words = tr("No grid was found. What is written on the screen says that {px} px are").format(px=long)
            self.bar.ask(words, [("ms", STEPS_MS, f"{self.read.ms:g}")])
        elif grid is None or grid.across is None:
            self._view.set_tool("scale")
            self.bar.ask(tr("No grid was found: draw a line of known length over the screen"), [])
        else:
            px = f"{grid.across.px:.1f}" + (f" × {grid.down.px:.1f}" if grid.down else "")
            words = tr("Grid found, {size} px a division (drawn on the screen). A division is").format(size=px)
            ms, uv = self._now(grid)
            self.bar.ask(words, [("ms", STEPS_MS, ms), ("µV", STEPS_UV, uv)] if grid.down else [("ms", STEPS_MS, ms)])

    def _now(self, grid: Grid) -> tuple[str, str]:
        """Return what the fields begin with: the scale there is, else what the screen's words say, else 10 ms."""
        scale, says = self.scale, "10"
        if scale.ms_per_px and grid.across:
            says = f"{scale.ms_per_px * grid.across.px:.4g}"
        elif self.read is not None and grid.across:
            says = _usual(grid.across.px / self.read.px_per_ms)
        return says, f"{scale.uv_per_px * grid.down.px:.4g}" if scale.uv_per_px and grid.down else ""

    def _press(self, name: str) -> None:
        if name == "line":
            self.line = None
            self._view.set_tool("scale")
            self.bar.ask(self._view.tr("Draw a line of known length over the screen"), [])
            self._view.setFocus()
        elif name == "forget":
            self.scale, self.line = ScreenScale(), None
            self.bar.hide()
            self._told()
        elif self.grid is not None:
            self.grid = _rescaled(self.grid, 2.0 if name == "double" else 0.5)
            self._ask()

    def _apply(self, values: list) -> None:
        grid = self.grid
        if self.line is not None:
            (x0, y0), (x1, y1) = self.line
            sizes = [abs(x1 - x0), abs(y1 - y0)]
            if sizes[0] < 1:
                values = [None, *values]
            ms, uv = (*values, None, None)[:2]
            new = ScreenScale(ms / sizes[0] if ms else None, uv / sizes[1] if uv and sizes[1] >= 1 else None)
            if not new.division_px[0]:  # a second line adds what the first did not say
                old = self.scale if not self.scale.division_px[0] else ScreenScale()
                new = ScreenScale(new.ms_per_px or old.ms_per_px, new.uv_per_px or old.uv_per_px)
            self.scale, self.line = new, None
            self._view.set_tool("cursors")
        elif grid is not None and grid.across is not None:
            ms, uv = (*values, None)[:2]
            down = grid.down.px if grid.down else 0.0
            self.scale = ScreenScale(
                ms / grid.across.px if ms else None,
                uv / down if uv and down else None,
                (grid.across.px, down),
                (grid.across.first_px, grid.down.first_px if grid.down else 0.0),
            )
            self._view.set_tool("cursors")
        elif self.read is not None and values and values[0]:
            self.scale = ScreenScale(values[0] / (self.read.px_per_ms * self.read.ms), self.scale.uv_per_px)
            self._view.set_tool("cursors")
        self._told()

    def _told(self) -> None:
        self._view.update()
        self._view.state_changed.emit()

    # A hand

    def press(self, tool: str, at: QPointF) -> None:
        """Begin the cursors or the line of known length."""
        point = (at.x(), at.y())
        if tool == "cursors":
            self.cursors = (point, point)
        elif tool == "scale":
            self.line = (point, point)

    def drag(self, tool: str, at: QPointF) -> None:
        """Move their end."""
        point = (at.x(), at.y())
        if tool == "cursors" and self.cursors is not None:
            self.cursors = (self.cursors[0], point)
        elif tool == "scale" and self.line is not None:
            self.line = (self.line[0], point)

    def release(self, tool: str) -> None:
        """End them; a line asks what it is worth."""
        if tool == "scale" and self.line is not None:
            (x0, y0), (x1, y1) = self.line
            if max(abs(x1 - x0), abs(y1 - y0)) < 3:
                self.line = None
            else:
                self._ask()

    # On the screen

    def notice(self) -> tuple[str, ...]:
        """Return what must be said of the scale."""
        if not self.offered or self.scale.known:
            return ()
        return (self._view.tr("Not calibrated: nothing can be measured in ms or µV until the scale is confirmed (Q)"),)

    def paint(self, painter: QPainter) -> None:
        """Draw the grid that was found while it is asked about, the line and the cursors."""
        if not self.offered:
            return
        view = self._view
        if self._bar is not None and self._bar.isVisible() and self.line is None and self.grid is not None:
            self._paint_grid(painter, self.grid)
        to_view = view.placement.transform(view.view_size)
        colour = view.colours.colour("mark")
        if self.line is not None:
            a, b = (to_view.map(QPointF(*p)) for p in self.line)
            painter.setPen(QPen(view.colours.colour("warn"), 2))
            painter.drawLine(a, b)
        if self.cursors is not None:
            a, b = (to_view.map(QPointF(*p)) for p in self.cursors)
            painter.setPen(QPen(colour, 1.4))
            for point in (a, b):
                painter.drawLine(QPointF(point.x(), 0), QPointF(point.x(), view.height()))
                painter.drawEllipse(point, 3, 3)
            painter.setPen(QPen(colour, 1, Qt.PenStyle.DashLine))
            painter.drawLine(QPointF(0, a.y()), QPointF(view.width(), a.y()))
            painter.drawLine(QPointF(0, b.y()), QPointF(view.width(), b.y()))
            words = between(*self.cursors, self.scale, view.tr)
            at = QPointF((a.x() + b.x()) / 2, min(a.y(), b.y()) - 6)
            plate(painter, words, at, view.colours, "mark", "bottom", inside=QRectF(view.rect()))

    def _paint_grid(self, painter: QPainter, grid: Grid) -> None:
        view = self._view
        image: Image = view.image
        to_view = view.placement.transform(view.view_size)
        painter.setPen(QPen(view.colours.colour("mark", 200), 1))
        if grid.across is not None:
            for x in grid.across.first_px + grid.across.px * np.arange(grid.across.lines):
                painter.drawLine(to_view.map(QPointF(x + 0.5, 0)), to_view.map(QPointF(x + 0.5, image.rows)))
        if grid.down is not None:
            for y in grid.down.first_px + grid.down.px * np.arange(grid.down.lines):
                painter.drawLine(to_view.map(QPointF(0, y + 0.5)), to_view.map(QPointF(image.columns, y + 0.5)))


def _read_off(shown: np.ndarray) -> "TimeScale | None":
    from viewer.reading.scale import scale_of  # it needs torch, which the window does not wait for

    return scale_of(shown)


def _usual(ms: float) -> str:
    """Return the usual sweep speed that is as good as a number of ms a division, else the number."""
    nearest = min(STEPS_MS, key=lambda step: abs(float(step) / ms - 1))
    return nearest if abs(float(nearest) / ms - 1) < AS_GOOD else f"{ms:.3g}"


def _rescaled(grid: Grid, factor: float) -> Grid:
    """Return a grid with divisions of another size: what was found was every second line, or half of one."""
    from dataclasses import replace

    across, down = (
        None if s is None else replace(s, px=s.px * factor, lines=max(2, round((s.lines - 1) / factor) + 1))
        for s in (grid.across, grid.down)
    )
    return Grid(across, down)
