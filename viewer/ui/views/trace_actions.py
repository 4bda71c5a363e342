"""Actions that the views of recordings share."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtGui import QActionGroup

if TYPE_CHECKING:
    from viewer.ui.views.trace_view import TraceView


def add_choices(
    view: "TraceView", menu: str, rows: Sequence[tuple[str, str, str, Callable[..., object]]], first: str
) -> None:
    """Add actions of which one is on: rows of name, text, key and what it does."""
    group = QActionGroup(view)
    for name, text, key, slot in rows:
        view.named[name] = view.add_action(
            menu, text, key, slot, checkable=True, group=group, checked=name == first
        )  # fmt: skip


def add_filter_actions(
    view: "TraceView", high_pass_hz: Sequence[float], low_pass_hz: Sequence[float], notch_hz: Sequence[float]
) -> None:
    """Add a choice of corner frequencies for each filter, and a key a filter that steps through them; 0 is off."""
    tr, off = view.tr, view.tr("off")
    for kind, title, values, field, key in (
        ("high", tr("High-pass {value}"), high_pass_hz, "high_pass_hz", "Shift+H"),
        ("low", tr("Low-pass {value}"), low_pass_hz, "low_pass_hz", "Shift+L"),
        ("notch", tr("Notch {value}"), notch_hz, "notch_hz", "Shift+N"),
    ):
        rows = [
            (
                f"{kind}-{v:g}",
                title.format(value=f"{v:g} Hz" if v else off),
                "",
                lambda _, v=v, f=field: view.set_filters(replace(view.filters, **{f: v})),
            )
            for v in values
        ]
        add_choices(view, tr("Filter"), rows, f"{kind}-0")
        text = title.format(value=tr("next"))
        view.add_action(tr("Filter"), text, key, lambda _, f=field, vs=tuple(values): _step(view, f, vs))
    add_raw_action(view)


def add_key_region_actions(view: "TraceView", menu: str) -> None:
    """Add the way to mark a span with keys alone: cursors are placed, moved, and what is between them read."""
    tr = view.tr
    view.add_action(menu, tr("Place cursors"), "Shift+B", lambda _: view.place_cursors(),
                    tip=tr("In the middle of the page; Shift and Ctrl with arrows move them"))  # fmt: skip
    for text, key, end, way in (
        (tr("First cursor far left"), "Alt+Shift+Left", False, -1),
        (tr("First cursor far right"), "Alt+Shift+Right", False, 1),
        (tr("Second cursor far left"), "Ctrl+Shift+Left", True, -1),
        (tr("Second cursor far right"), "Ctrl+Shift+Right", True, 1),
    ):
        view.add_action(menu, text, key, lambda _, e=end, w=way: view.nudge(e, w * _far(view)))
    view.add_action(menu, tr("Read between the cursors"), ("Return", "Enter"), lambda _: view.mark_between_cursors())


def _far(view: "TraceView") -> int:
    """Return a fiftieth of the page in samples."""
    return max(1, round(view.page_s * view.waveform.rate_hz / 50))


def add_finding_actions(view: "TraceView", menu: str) -> None:
    """Add the way from one finding of the chosen class to the next."""
    tr = view.tr
    view.add_action(menu, tr("Next finding"), "E", lambda _: view.go_to_finding(True), tip=tr("Of the chosen class"))
    view.add_action(menu, tr("Previous finding"), "Shift+E", lambda _: view.go_to_finding(False))


def add_raw_action(view: "TraceView") -> None:
    """Add the key that shows the signal as it was recorded, and the filtered one again."""
    tr = view.tr
    view.named["raw"] = view.add_action(tr("Filter"), tr("Raw signal"), "U", view.show_raw, checkable=True,
                                        tip=tr("Look past the filters, without changing them"))  # fmt: skip


def _step(view: "TraceView", field: str, values: tuple[float, ...]) -> None:
    now = getattr(view.filters, field)
    at = values.index(now) if now in values else 0
    view.set_filters(replace(view.filters, **{field: values[(at + 1) % len(values)]}))
