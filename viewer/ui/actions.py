"""The one table of actions: menus, toolbar, shortcuts and the F1 table all come from here."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget

from viewer.ui.text import tr
from viewer.ui.theme import icon


@dataclass(frozen=True)
class Spec:
    """An action: its name (the window's method of that name is called), menu, words, keys and icon.

    ``bar``: it has a button in the toolbar. ``checkable``: it is a switch; its method takes whether it is on.
    """

    name: str
    menu: str
    text: str
    keys: tuple[str, ...] = ()
    icon: str = ""
    bar: bool = False
    checkable: bool = False
    tip: str = ""


def table() -> tuple[Spec, ...]:
    """Return every action of the window, in the order of the menus."""
    file, study, view, reading, help_ = tr("File"), tr("Study"), tr("View"), tr("Reading"), tr("Help")
    return (
        Spec("open_files", file, tr("Open…"), ("Ctrl+O",), "open", True, tip=tr("Open studies")),
        Spec("open_folder", file, tr("Open folder…"), ("Ctrl+Shift+O",), "folder", True),
        Spec("paste", file, tr("Paste picture or files"), ("Ctrl+V",), "paste", True),
        Spec("reopen_session", file, tr("Reopen the session before"), (), "recent"),
        Spec("save_pdf", file, tr("Save reading as PDF…"), ("Ctrl+S",), "pdf", True),
        Spec("save_picture", file, tr("Save picture…"), ("Ctrl+Shift+S",), "picture"),
        Spec("save_json", file, tr("Save reading as JSON…"), ("Ctrl+Alt+S",), "json"),
        Spec("print_reading", file, tr("Print…"), ("Ctrl+P",), "print", True),
        Spec("close_study", file, tr("Close study"), ("Ctrl+W",), "close"),
        Spec("close_all", file, tr("Close all studies"), ("Ctrl+Shift+W",)),
        Spec("quit", file, tr("Quit"), ("Ctrl+Q",), "quit"),
        Spec("next_study", study, tr("Next study"), ("Alt+Down",), "next"),
        Spec("previous_study", study, tr("Previous study"), ("Alt+Up",), "previous"),
        Spec("next_frame", study, tr("Next frame"), ("Alt+Right",)),
        Spec("previous_frame", study, tr("Previous frame"), ("Alt+Left",)),
        Spec("sort", study, tr("Most suspicious first"), ("Ctrl+Shift+M",), "sort", checkable=True),
        Spec("to_worklist", study, tr("Go to the worklist"), ("F6",)),
        Spec("to_study", study, tr("Go to the study"), ("F7",)),
        Spec("beside", study, tr("Side by side"), ("Ctrl+B",), "compare", True, True,
             tr("Keep this study on the right and choose another on the left")),
        Spec("linked", study, tr("Zoom both together"), ("Ctrl+L",), "link", checkable=True),
        Spec("overlays", view, tr("Show heat map, boxes and spans"), ("Ctrl+H",), "overlay", True, True),
        Spec("identity", view, tr("Hide who and when"), ("F8",), "identity-off", True, True),
        Spec("theme_system", view, tr("As the desktop: dark or light"), (), checkable=True),
        Spec("dark", view, tr("Dark"), ("Ctrl+D",), "theme", True, True),
        Spec("full_screen", view, tr("Full screen"), ("F11",), checkable=True),
        Spec("reread", reading, tr("Read again"), ("F5",), "reread"),
        Spec("whole", reading, tr("Back to the whole study"), ("Esc",), "region"),
        Spec("cancel", reading, tr("Cancel what is running"), ("Ctrl+.",), "cancel"),
        Spec("cancel_all", reading, tr("Cancel everything that waits"), ("Ctrl+Shift+.",)),
        Spec("copy_reading", reading, tr("Copy reading"), ("Ctrl+C",), "copy", True),
        Spec("copy_picture", reading, tr("Copy picture"), ("Ctrl+Shift+C",)),
        Spec("model_card", reading, tr("Model card…"), ("Ctrl+I",), "card", True),
        *(
            Spec(f"class_{n}", tr("Class"), tr("Show what supports class {0}").format(n), (str(n),))
            for n in range(1, 10)
        ),
        Spec("shortcuts", help_, tr("Keyboard shortcuts"), ("F1",), "keyboard", True),
        Spec("about", help_, tr("About Leadlight"), ()),
    )  # fmt: skip


def build(window: QWidget, handlers: Mapping[str, Callable]) -> dict[str, QAction]:
    """Make the actions. Raises KeyError where the table names what the window cannot do."""
    actions = {}
    for spec in table():
        action = QAction(spec.text, window)
        action.setObjectName(spec.name)
        action.setShortcuts([QKeySequence(k) for k in spec.keys])
        action.setCheckable(spec.checkable)
        keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
        words = spec.tip or spec.text.rstrip("…")
        action.setToolTip(f"{words} ({keys})" if keys else words)
        action.setData(spec)
        handler = handlers[spec.name]
        if spec.checkable:
            action.toggled.connect(handler)
        else:
            action.triggered.connect(lambda _on=False, handler=handler: handler())
        window.addAction(action)
        actions[spec.name] = action
    restyle(actions)
    return actions


def restyle(actions: Mapping[str, QAction]) -> None:
    """Draw the icons in the theme's ink."""
    for action in actions.values():
        if action.data().icon:
            action.setIcon(icon(action.data().icon))
