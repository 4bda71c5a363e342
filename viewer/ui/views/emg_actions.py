"""The EMG view's actions and their keys. Number keys belong to the classes."""

from typing import TYPE_CHECKING

from PySide6.QtGui import QActionGroup

from viewer.ui.views.sound import missing
from viewer.ui.views.trace_actions import add_filter_actions, add_finding_actions, add_key_region_actions

if TYPE_CHECKING:
    from viewer.ui.views.emg_view import EmgSweepView


HIGH_PASS_HZ = (0.0, 2.0, 10.0, 20.0, 500.0)
LOW_PASS_HZ = (0.0, 1000.0, 5000.0, 10_000.0)
NOTCH_HZ = (0.0, 50.0, 60.0)


def add_emg_actions(view: "EmgSweepView") -> None:
    """Add the actions to the view, and those that it switches itself to ``view.named``."""
    tr, add = view.tr, view.add_action
    named = view.named
    tools = QActionGroup(view)
    for name, text, key, tip in (
        ("pan", tr("Pan"), "V", tr("Left drag moves in time")),
        ("caliper", tr("Cursors"), "C", tr("Left drag measures amplitude, duration and rate")),
        ("potential", tr("Potential"), "D", tr("Click measures a potential; drag its beginning and end")),
        (
            "train",
            tr("Train"),
            "O",
            tr("Clicks mark discharges: their rate and regularity; click one again to unmark it"),
        ),
        ("region", tr("Mark"), "B", tr("Left drag marks a time span, to be read by itself")),
    ):
        named[name] = add(tr("Tool"), text, key, lambda _, n=name: view.set_tool(n), tip=tip, checkable=True,
                          group=tools, checked=name == "pan")  # fmt: skip
    add(tr("Tool"), tr("Snap to peaks"), "N", view.set_snapping, tip=tr("Cursors snap to highest and lowest points"),
        checkable=True, checked=True)  # fmt: skip
    for text, key, end, step in (
        (tr("First cursor left"), "Shift+Left", False, -1),
        (tr("First cursor right"), "Shift+Right", False, 1),
        (tr("Second cursor left"), "Ctrl+Left", True, -1),
        (tr("Second cursor right"), "Ctrl+Right", True, 1),
    ):
        add(tr("Tool"), text, key, lambda _, e=end, s=step: view.nudge(e, s))
    add(tr("Tool"), tr("Measure between the cursors"), "Shift+D", lambda _: view.measuring.between_cursors(),
        tip=tr("The potential from the first cursor to the second"))  # fmt: skip
    add_key_region_actions(view, tr("Tool"))
    add(tr("Tool"), tr("Clear cursors and span"), "Esc", lambda _: view.clear_marks())
    modes = QActionGroup(view)
    for name, text, key, tip in (
        ("free", tr("Free run"), "F", tr("One sweep after another")),
        ("raster", tr("Raster"), "R", tr("Sweeps that follow each other, one below another")),
        ("trigger", tr("Triggered"), "T", tr("Sweeps where the signal crosses the level")),
    ):
        named[name] = add(tr("Sweep"), text, key, lambda _, n=name: view.set_mode(n), tip=tip, checkable=True,
                          group=modes, checked=name == "free")  # fmt: skip
    named["superimposed"] = add(tr("Sweep"), tr("Superimpose"), "S", view.set_superimposed,
                                tip=tr("Triggered sweeps on each other"), checkable=True, checked=True)  # fmt: skip
    add(tr("Sweep"), tr("Level up"), "Shift+Up", lambda _: view.set_level(view.level + _level_step(view)))
    add(tr("Sweep"), tr("Level down"), "Shift+Down", lambda _: view.set_level(view.level - _level_step(view)))
    menu = tr("Scale")
    add(menu, tr("Longer sweep"), "-", lambda _: view.step_time(True), tip=tr("More ms/div"))
    add(menu, tr("Shorter sweep"), ("+", "="), lambda _: view.step_time(False), tip=tr("Fewer ms/div"))
    add(menu, tr("Larger"), "Up", lambda _: view.step_sensitivity(True), tip=tr("Fewer µV/div"))
    add(menu, tr("Smaller"), "Down", lambda _: view.step_sensitivity(False), tip=tr("More µV/div"))
    add(menu, tr("Whole recording"), "W", lambda _: view.whole())
    named["negative-up"] = add(menu, tr("Negative up"), "P", view.set_negative_up,
                               tip=tr("Polarity: negative voltages upwards"), checkable=True, checked=True)  # fmt: skip
    named["scale"] = add(menu, tr("Scale of the file…"), "Q", lambda _: view.file_scale.ask(),
                         tip=tr("Say what the full scale of a file without a unit is in µV"))  # fmt: skip
    menu = tr("Channel")
    add(menu, tr("Next channel"), "K", lambda _: view.next_channel())
    named["all"] = add(menu, tr("All channels"), "A", view.set_all_channels, checkable=True)
    add_filter_actions(view, HIGH_PASS_HZ, LOW_PASS_HZ, NOTCH_HZ)
    menu = tr("Sound")
    named["listen"] = add(menu, tr("Listen to the screen"), "L", view.listen, checkable=True)
    named["listen-on"] = add(
        menu, tr("Listen from here on"), "Shift+P", lambda on: view.listen(on, True), checkable=True
    )
    named["mute"] = add(menu, tr("Mute"), "M", view.sound.set_muted, checkable=True)
    named["louder"] = add(menu, tr("Louder"), "Ctrl+Up", lambda _: view.sound.set_volume(view.sound.volume + 0.1))
    named["softer"] = add(menu, tr("Softer"), "Ctrl+Down", lambda _: view.sound.set_volume(view.sound.volume - 0.1))
    reason = missing()
    if reason:
        view.silence(reason)
    menu = tr("Time")
    add_finding_actions(view, menu)
    add(menu, tr("Next train"), "G", lambda _: view.go_to_next_train(True), tip=tr("Events that fire together"))
    add(menu, tr("Previous train"), "Shift+G", lambda _: view.go_to_next_train(False))
    add(menu, tr("A division on"), "Right", lambda _: view.go_to(view.start_s + view.per_division_s))
    add(menu, tr("A division back"), "Left", lambda _: view.go_to(view.start_s - view.per_division_s))
    add(menu, tr("Next screen"), "PgDown", lambda _: view.go_to(view.start_s + view.page_s))
    add(menu, tr("Previous screen"), "PgUp", lambda _: view.go_to(view.start_s - view.page_s))
    add(menu, tr("Start"), "Home", lambda _: view.go_to(0))
    add(menu, tr("End"), "End", lambda _: view.go_to(view.waveform.duration_s))


def _level_step(view: "EmgSweepView") -> float:
    """A quarter of a division upwards on the screen."""
    return -view.per_division / 4 if view.negative_up else view.per_division / 4
