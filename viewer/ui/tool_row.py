"""The tools of a view in one row; what the row has no room for is in a menu at its end."""

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import QMenu, QToolBar, QToolButton

from viewer.ui.text import tr

SWITCHES_AT_MOST = 7
_SPACING_PX, _PADDING_PX = 1, 6
"""Between the tools and at the row's ends, as the style sheet has them."""


class ToolRow(QToolBar):
    """Switches as buttons, the rest in a menu a group; menus that do not fit are in the menu ``More``."""

    def __init__(self) -> None:
        super().__init__()
        self.setIconSize(QSize(18, 18))
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
        self._menus: list[tuple[QAction, QMenu]] = []
        self._more: tuple[QAction, QMenu] | None = None

    def offer(self, groups: dict[str, list[QAction]]) -> None:
        """Put a view's tools into the row."""
        for _, menu in (*self._menus, *([self._more] if self._more else ())):
            menu.deleteLater()
        self._more = None
        self.clear()
        switches = {title: [a for a in actions if a.actionGroup() is not None] for title, actions in groups.items()}
        first = next((title for title, found in switches.items() if 1 < len(found) <= SWITCHES_AT_MOST), None)
        if first is not None:
            self.addActions(switches[first])
            self.addSeparator()
        rests = {t: [a for a in actions if t != first or a not in switches[t]] for t, actions in groups.items()}
        self._menus = [self._add_menu(title, rest) for title, rest in rests.items() if rest]
        self._more = self._add_menu(tr("More"), [])
        self.setVisible(bool(groups))
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _add_menu(self, title: str, actions: list[QAction]) -> tuple[QAction, QMenu]:
        button = QToolButton()
        button.setText(f"{title} ▾")
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        button.setAutoRaise(True)
        menu = QMenu(title, self)  # not the button's: a button that has no room is disabled, and its menu with it
        menu.addActions(actions)
        button.setMenu(menu)
        return self.addWidget(button), menu

    def _fit(self) -> None:
        """Leave as many menus in the row as fit, from the left, and put the others into the last one."""
        if self._more is None:
            return
        more, menu = self._more
        room = self.width() - 2 * _PADDING_PX
        inside, width = list(self._menus), self._width_of([a for a in self.actions() if a is not more])
        if width > room:
            width += self._width_of([more])
        while inside and width > room:
            width -= self._width_of([inside.pop()[0]])
        menu.clear()
        for action, own in self._menus:
            action.setVisible((action, own) in inside)
            if (action, own) not in inside:
                menu.addMenu(own)
        more.setVisible(len(inside) < len(self._menus))

    def _width_of(self, actions: list[QAction]) -> int:
        return sum(self.widgetForAction(action).sizeHint().width() + _SPACING_PX for action in actions)
