"""The image view's actions and their keys. Number keys belong to the classes."""

from typing import TYPE_CHECKING

from PySide6.QtGui import QAction, QActionGroup

if TYPE_CHECKING:
    from viewer.ui.views.image_view import ImageView


def add_image_actions(view: "ImageView") -> dict[str, QAction]:
    """Add the actions to the view; return those that others switch, by name."""
    tr, add = view.tr, view.add_action
    group = QActionGroup(view)
    named: dict[str, QAction] = {}
    tools = (
        ("pan", tr("Pan"), "V", tr("Left drag moves the picture")),
        (
            "window",
            tr("W/L"),
            "L",
            tr("Left drag changes the window: across its width, up and down its centre"),
        ),
        ("length", tr("Length"), "D", tr("Left drag measures a length, in mm where the spacing is known")),
        ("angle", tr("Angle"), "G", tr("Three clicks measure an angle, at the second")),
        ("cursors", tr("Cursors"), "C", tr("Left drag measures ms, rate and µV on an EMG screen")),
        ("scale", tr("Known length"), "S", tr("Left drag draws a line whose ms or µV you know")),
        ("region", tr("Mark"), "B", tr("Left drag marks a rectangle, to be read by itself")),
    )
    for name, text, key, tip in tools:
        named[name] = add(
            tr("Tool"), text, key, lambda _, n=name: view.set_tool(n), tip=tip, checkable=True, group=group,
            checked=name == "pan",
        )  # fmt: skip
    named["calibrate"] = add(tr("Tool"), tr("Calibrate…"), "Q", lambda _: view.screen_measuring.calibrate(),
                             tip=tr("Say what a division of the screen's grid is worth"))  # fmt: skip
    add(tr("Tool"), tr("Place a region by keys"), "Shift+B", lambda _: view.key_region.begin(),
        tip=tr("A rectangle in the middle; Shift and arrows move it, Ctrl+Shift and arrows widen it"))  # fmt: skip
    add(tr("Tool"), tr("Read the placed region"), ("Return", "Enter"), lambda _: view.key_region.read())
    for words, key, dx, dy in (
        (tr("left"), "Left", -1, 0), (tr("right"), "Right", 1, 0), (tr("up"), "Up", 0, -1), (tr("down"), "Down", 0, 1)
    ):  # fmt: skip
        move, widen = tr("Region {way}").format(way=words), tr("Region's corner {way}").format(way=words)
        add(tr("Tool"), move, f"Shift+{key}", lambda _, x=dx, y=dy: view.key_region.move(x, y))
        add(tr("Tool"), widen, f"Ctrl+Shift+{key}", lambda _, x=dx, y=dy: view.key_region.widen(x, y))
    clear = tr("Clear measures and region")
    add(tr("Tool"), clear, "Esc", lambda _: view.clear_marks())

    menu = tr("Window")
    add(
        menu,
        tr("Next window preset"),
        "W",
        lambda _: view.next_preset(),
        tip=tr("File's windows, automatic, full range"),
    )
    add(
        menu,
        tr("File's window"),
        "Shift+W",
        lambda _: view.set_window(view.presets.first),
        tip=tr("The window that the file proposes"),
    )
    add(
        menu,
        tr("Automatic window"),
        "A",
        lambda _: view.set_window(view.presets.auto),
        tip=tr("From the picture's own values"),
    )
    add(menu, tr("Full range"), "Shift+A", lambda _: view.set_window(view.presets.full), tip=tr("Every value visible"))
    add(menu, tr("Wider window"), "Ctrl+Right", lambda _: view.change_window(0.1, 0))
    add(menu, tr("Narrower window"), "Ctrl+Left", lambda _: view.change_window(-0.1, 0))
    add(menu, tr("Higher centre (darker)"), "Ctrl+Up", lambda _: view.change_window(0, 0.05))
    add(menu, tr("Lower centre (brighter)"), "Ctrl+Down", lambda _: view.change_window(0, -0.05))
    named["invert"] = add(menu, tr("Invert"), "I", view.invert, tip=tr("Swap black and white"), checkable=True)

    menu = tr("Zoom")
    add(menu, tr("Fit"), "F", lambda _: view.fit(), tip=tr("The whole picture"))
    add(menu, tr("1:1"), "O", lambda _: view.one_to_one(), tip=tr("A pixel of the picture on a pixel of the screen"))
    add(menu, tr("Zoom in"), ("+", "="), lambda _: view.zoom(1.25))
    add(menu, tr("Zoom out"), "-", lambda _: view.zoom(0.8))
    for text, key, dx, dy in (
        (tr("Move left"), "Left", 60, 0),
        (tr("Move right"), "Right", -60, 0),
        (tr("Move up"), "Up", 0, 60),
        (tr("Move down"), "Down", 0, -60),
    ):
        add(menu, text, key, lambda _, x=dx, y=dy: view.place(view.placement.panned(x, y)))

    menu = tr("Turn")
    add(menu, tr("Rotate right"), "R", lambda _: view.turn(1))
    add(menu, tr("Rotate left"), "Shift+R", lambda _: view.turn(-1))
    add(menu, tr("Flip left to right"), "X", lambda _: view.flip(False))
    add(menu, tr("Flip top to bottom"), "Y", lambda _: view.flip(True))
    add(menu, tr("Upright"), "U", lambda _: view.upright(), tip=tr("Undo rotations and flips"))

    menu = tr("Overlays")
    add(menu, tr("Heat map stronger"), "]", lambda _: view.set_opacity(view.opacity + 0.1))
    add(menu, tr("Heat map weaker"), "[", lambda _: view.set_opacity(view.opacity - 0.1))
    add(menu, tr("Heat map colours"), "K", lambda _: view.next_colour_map(), tip=tr("Inferno or viridis"))
    return named
