"""How it looks, dark and light: one palette each, a short style sheet, and icons in the palette's ink."""

from dataclasses import dataclass
from functools import cache

from PySide6.QtCore import QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QGuiApplication, QIcon, QPainter, QPalette, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QApplication

from viewer.resources import resources_dir


@dataclass(frozen=True)
class Theme:
    """Colours by what they mean. Every ``text``-like colour keeps 4.5:1 on the grounds it is used on (WCAG 2.1 AA)."""

    dark: bool
    window: str
    panel: str
    raised: str
    line: str
    text: str
    muted: str
    accent: str
    on_accent: str
    selection: str
    track: str
    quiet: str
    positive: str
    notice: str
    on_notice: str
    failed: str


LIGHT = Theme(
    dark=False,
    window="#e9ecef",
    panel="#f7f8f9",
    raised="#ffffff",
    line="#cfd6dc",
    text="#1b2229",
    muted="#53606c",
    accent="#1a6490",
    on_accent="#ffffff",
    selection="#d5e5f0",
    track="#dde2e7",
    quiet="#8293a3",
    positive="#9a4a00",
    notice="#fdf1d8",
    on_notice="#5f3b00",
    failed="#9c2424",
)
DARK = Theme(
    dark=True,
    window="#0f1317",
    panel="#161b20",
    raised="#1f262d",
    line="#2c353e",
    text="#e3e7ea",
    muted="#9ca8b3",
    accent="#74b7dc",
    on_accent="#0a1116",
    selection="#22384a",
    track="#2a323a",
    quiet="#6b7a88",
    positive="#f3b565",
    notice="#31281a",
    on_notice="#f1d09a",
    failed="#f1938b",
)

_current = LIGHT


def theme() -> Theme:
    """Return the theme in use."""
    return _current


def system_is_dark() -> bool:
    """Return whether the desktop asks for dark."""
    return QGuiApplication.styleHints().colorScheme() == Qt.ColorScheme.Dark


def apply_theme(app: QApplication, dark: bool) -> Theme:
    """Dress the application and return the theme."""
    global _current  # noqa: PLW0603 - one application has one theme, read by paint events
    _current = DARK if dark else LIGHT
    app.setPalette(_palette(_current))
    app.setStyleSheet(_style_sheet(_current))
    return _current


def sized(font: QFont, factor: float, bold: bool = False) -> QFont:
    """Return a font ``factor`` times as large."""
    other = QFont(font)
    if font.pointSizeF() > 0:
        other.setPointSizeF(font.pointSizeF() * factor)
    else:
        other.setPixelSize(max(1, round(font.pixelSize() * factor)))
    other.setBold(bold)
    return other


def icon(name: str, colour: str | None = None) -> QIcon:
    """Return one of the program's icons in the theme's text colour, or another; empty where there is no such icon."""
    return _icon(name, colour or _current.text, _current.muted if colour is None else colour)


def icon_pixmap(name: str, colour: str, size: int, ratio: float) -> QPixmap:
    """Return an icon as a pixmap of ``size`` logical pixels, sharp at the pixel ratio."""
    return _icon(name, colour, colour).pixmap(QSize(size, size), ratio)


@cache
def _icon(name: str, colour: str, disabled: str) -> QIcon:
    path = resources_dir() / "icons" / f"{name}.svg"
    drawn = QIcon()
    if not path.is_file():
        return drawn
    source = path.read_text("utf-8")
    for mode, ink in ((QIcon.Mode.Normal, colour), (QIcon.Mode.Disabled, _faded(disabled))):
        renderer = QSvgRenderer(QByteArray(source.replace("currentColor", ink).encode()))
        for size in (16, 20, 24, 32, 40, 64):
            pixmap = QPixmap(size, size)
            pixmap.fill(Qt.GlobalColor.transparent)
            painter = QPainter(pixmap)
            renderer.render(painter, QRectF(0, 0, size, size))
            painter.end()
            drawn.addPixmap(pixmap, mode)
    return drawn


def _faded(colour: str) -> str:
    ink, ground = QColor(colour), QColor(_current.panel)
    parts = ((ink.red(), ground.red()), (ink.green(), ground.green()), (ink.blue(), ground.blue()))
    return QColor(*((a + b) // 2 for a, b in parts)).name()


def _palette(t: Theme) -> QPalette:
    palette = QPalette()
    roles = {
        QPalette.ColorRole.Window: t.window,
        QPalette.ColorRole.WindowText: t.text,
        QPalette.ColorRole.Base: t.raised,
        QPalette.ColorRole.AlternateBase: t.panel,
        QPalette.ColorRole.Text: t.text,
        QPalette.ColorRole.Button: t.panel,
        QPalette.ColorRole.ButtonText: t.text,
        QPalette.ColorRole.BrightText: t.text,
        QPalette.ColorRole.ToolTipBase: t.raised,
        QPalette.ColorRole.ToolTipText: t.text,
        QPalette.ColorRole.Highlight: t.accent,
        QPalette.ColorRole.HighlightedText: t.on_accent,
        QPalette.ColorRole.Link: t.accent,
        QPalette.ColorRole.PlaceholderText: t.muted,
        QPalette.ColorRole.Mid: t.line,
        QPalette.ColorRole.Midlight: t.track,
        QPalette.ColorRole.Dark: t.line,
        QPalette.ColorRole.Light: t.raised,
        QPalette.ColorRole.Accent: t.accent,
    }
    for role, colour in roles.items():
        palette.setColor(role, QColor(colour))
    for role in (QPalette.ColorRole.WindowText, QPalette.ColorRole.Text, QPalette.ColorRole.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, role, QColor(_faded(t.muted)))
    return palette


def _style_sheet(t: Theme) -> str:
    return f"""
    QToolTip {{ color: {t.text}; background: {t.raised}; border: 1px solid {t.line}; padding: 4px 6px; }}
    QMainWindow, #panel {{ background: {t.panel}; }}
    #stage {{ background: {t.window}; }}
    QMenuBar {{ background: {t.panel}; border-bottom: 1px solid {t.line}; padding: 1px 4px; }}
    QMenuBar::item {{ padding: 4px 9px; background: transparent; }}
    QMenuBar::item:selected {{ background: {t.selection}; border-radius: 3px; }}
    QMenu {{ background: {t.raised}; border: 1px solid {t.line}; padding: 4px 0; }}
    QMenu::item {{ padding: 5px 26px 5px 24px; }}
    QMenu::item:selected {{ background: {t.selection}; color: {t.text}; }}
    QMenu::item:disabled {{ color: {_faded(t.muted)}; }}
    QMenu::separator {{ height: 1px; background: {t.line}; margin: 4px 10px; }}
    QMenu::icon {{ padding-left: 6px; }}
    QToolBar {{ background: {t.panel}; border: 0; spacing: 1px; padding: 2px 6px; }}
    QToolBar::separator {{ background: {t.line}; width: 1px; margin: 5px 5px; }}
    QToolButton {{ border: 1px solid transparent; border-radius: 4px; padding: 3px 5px; color: {t.text}; }}
    QToolButton:hover {{ background: {t.selection}; }}
    QToolButton:pressed, QToolButton:checked {{ background: {t.selection}; border-color: {t.accent}; }}
    QToolButton:disabled {{ color: {_faded(t.muted)}; }}
    QToolButton:focus {{ border-color: {t.accent}; }}
    #qt_toolbar_ext_button {{ padding: 0; border: 0; background: {t.selection}; }}
    QToolButton::menu-indicator {{ image: none; }}
    QPushButton {{ background: {t.raised}; border: 1px solid {t.line}; border-radius: 4px; padding: 4px 12px; }}
    QPushButton:hover {{ border-color: {t.accent}; }}
    QPushButton:focus {{ border-color: {t.accent}; }}
    QPushButton:default {{ border-color: {t.accent}; }}
    QPushButton:disabled {{ color: {_faded(t.muted)}; }}
    QComboBox {{ background: {t.raised}; border: 1px solid {t.line}; border-radius: 4px; padding: 3px 22px 3px 8px;
                 min-height: 1.3em; }}
    QComboBox:hover, QComboBox:focus {{ border-color: {t.accent}; }}
    QComboBox::drop-down {{ border: 0; width: 20px; }}
    QComboBox::down-arrow {{ image: url("{_svg_url("chevron", t)}"); width: 12px; height: 12px; }}
    QComboBox QAbstractItemView {{ background: {t.raised}; border: 1px solid {t.line};
                                   selection-background-color: {t.selection}; selection-color: {t.text}; }}
    QSplitter::handle {{ background: {t.line}; }}
    QSplitter::handle:horizontal {{ width: 1px; }}
    QListView, QScrollArea, QTableView, QTextBrowser {{ background: {t.panel}; border: 0; }}
    QTableView {{ gridline-color: {t.line}; selection-background-color: {t.selection}; selection-color: {t.text}; }}
    QHeaderView::section {{ background: {t.panel}; color: {t.muted}; border: 0; border-bottom: 1px solid {t.line};
                            padding: 4px 6px; }}
    QStatusBar {{ background: {t.panel}; border-top: 1px solid {t.line}; }}
    QStatusBar::item {{ border: 0; }}
    QProgressBar {{ background: {t.track}; border: 0; border-radius: 3px; max-height: 6px; }}
    QProgressBar::chunk {{ background: {t.accent}; border-radius: 3px; }}
    QScrollBar:vertical {{ background: transparent; width: 10px; margin: 0; }}
    QScrollBar:horizontal {{ background: transparent; height: 10px; margin: 0; }}
    QScrollBar::handle {{ background: {t.quiet}; border-radius: 3px; margin: 2px; min-height: 28px; min-width: 28px; }}
    QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; }}
    QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent; }}
    #title {{ color: {t.text}; }}
    #muted {{ color: {t.muted}; }}
    #failed {{ color: {t.failed}; }}
    #notice {{ background: {t.notice}; color: {t.on_notice}; border-radius: 4px; padding: 6px 9px; }}
    #bar {{ background: {t.raised}; border: 1px solid {t.accent}; border-radius: 4px; }}
    #badge {{ background: {t.notice}; color: {t.on_notice}; border-radius: 3px; padding: 1px 6px; }}
    #rule {{ background: {t.line}; max-height: 1px; min-height: 1px; }}
    """


def _svg_url(name: str, t: Theme) -> str:
    return str(resources_dir() / "icons" / f"{name}-{'dark' if t.dark else 'light'}.svg").replace("\\", "/")
