"""The ECG view's actions and their keys. Number keys belong to the classes."""

from typing import TYPE_CHECKING

from viewer.ui.views.ecg_layout import GAINS_MM_MV, LAYOUTS, SPEEDS_MM_S
from viewer.ui.views.trace_actions import add_choices, add_filter_actions, add_finding_actions, add_key_region_actions

if TYPE_CHECKING:
    from viewer.ui.views.ecg_view import EcgPaperView

HIGH_PASS_HZ = (0.0, 0.05, 0.5)
LOW_PASS_HZ = (0.0, 40.0, 100.0, 150.0)
NOTCH_HZ = (0.0, 50.0, 60.0)


def add_ecg_actions(view: "EcgPaperView") -> None:
    """Add the actions to the view, and those that it switches itself to ``view.named``."""
    tr = view.tr

    tools = [
        ("pan", tr("Pan"), "V", lambda _: view.set_tool("pan")),
        ("caliper", tr("Calipers"), "C", lambda _: view.set_tool("caliper")),
        ("region", tr("Mark"), "B", lambda _: view.set_tool("region")),
    ]
    add_choices(view, tr("Tool"), tools, "pan")  # type: ignore[arg-type]
    add, menu = view.add_action, tr("Tool")
    add(
        menu,
        tr("March out"),
        "M",
        view.set_marching,
        tip=tr("Repeat the calipers' interval along the paper"),
        checkable=True,
    )
    add(menu, tr("Snap to peaks"), "N", view.set_snapping, tip=tr("Calipers snap to highest and lowest points"),
        checkable=True, checked=True)  # fmt: skip
    for text, key, end, step in (
        (tr("First caliper left"), "Shift+Left", False, -1),
        (tr("First caliper right"), "Shift+Right", False, 1),
        (tr("Second caliper left"), "Ctrl+Left", True, -1),
        (tr("Second caliper right"), "Ctrl+Right", True, 1),
    ):
        add(menu, text, key, lambda _, e=end, s=step: view.nudge(e, s))
    add_key_region_actions(view, menu)
    add(menu, tr("Clear calipers and span"), "Esc", lambda _: view.clear_marks())

    titles = {"3x4": tr("3 × 4 + rhythm"), "6x2": "6 × 2", "12x1": tr("12 × 1"), "cabrera": "Cabrera"}
    keys = {"3x4": "Shift+T", "6x2": "Shift+S", "12x1": "Shift+O", "cabrera": "Shift+C"}
    add_choices(
        view,
        tr("Layout"),
        [(f"layout-{n}", titles[n], keys[n], lambda _, n=n: view.set_layout(n)) for n in LAYOUTS],
        "layout-3x4",
    )
    add_choices(
        view,
        tr("Paper"),
        [
            (f"speed-{v:g}", f"{v:g} mm/s", "S" if v == 25 else "D", lambda _, v=v: view.set_speed(v))
            for v in SPEEDS_MM_S
        ],
        "speed-25",
    )
    gain_keys = {5.0: "G", 10.0: "J", 20.0: "K"}
    add_choices(
        view,
        tr("Paper"),
        [(f"gain-{v:g}", f"{v:g} mm/mV", gain_keys[v], lambda _, v=v: view.set_gain(v)) for v in GAINS_MM_MV],
        "gain-10",
    )
    calibrate = tr("Calibrate monitor…")
    add(tr("Paper"), calibrate, "", lambda _: view.calibrate_monitor(), tip=tr("Make true size true on this monitor"))
    add_filter_actions(view, HIGH_PASS_HZ, LOW_PASS_HZ, NOTCH_HZ)
    menu = tr("Zoom")
    add(menu, tr("Fit"), "F", lambda _: view.fit(), tip=tr("The whole paper"))
    add(
        menu,
        tr("True size"),
        "O",
        lambda _: view.true_size(),
        tip=tr("A millimetre of paper is a millimetre of the monitor"),
    )
    add(menu, tr("Zoom in"), ("+", "="), lambda _: view.zoom_by(1.25))
    add(menu, tr("Zoom out"), "-", lambda _: view.zoom_by(0.8))
    for text, key, dx, dy in (
        (tr("Move left"), "Left", 60, 0),
        (tr("Move right"), "Right", -60, 0),
        (tr("Move up"), "Up", 0, 60),
        (tr("Move down"), "Down", 0, -60),
    ):
        add(menu, text, key, lambda _, x=dx, y=dy: view.move_by(x, y))
    menu = tr("Time")
    add_finding_actions(view, menu)
    add(menu, tr("Next page"), "PgDown", lambda _: view.go_to(view.start_s + view.page_s))
    add(menu, tr("Previous page"), "PgUp", lambda _: view.go_to(view.start_s - view.page_s))
    add(menu, tr("A second on"), ".", lambda _: view.go_to(view.start_s + 1))
    add(menu, tr("A second back"), ",", lambda _: view.go_to(view.start_s - 1))
    add(menu, tr("Start"), "Home", lambda _: view.go_to(0))
    add(menu, tr("End"), "End", lambda _: view.go_to(view.waveform.duration_s))
