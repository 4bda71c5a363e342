"""A region marked by keys alone, on recordings and on pictures; the raw signal one key away."""

import numpy as np
import pytest
from PySide6.QtCore import Qt

from viewer.study import Kind, Region

SHIFT, CTRL, ALT = (
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.AltModifier,
)


@pytest.mark.parametrize("kind", [Kind.EMG_TRACE, Kind.ECG_TRACE])
def test_a_span_of_a_recording(shown, hands, qtbot, kind) -> None:
    noise = np.random.default_rng(0).normal(0, 0.05, (1, 20_000)).astype(np.float32)
    channel = "EMG 1" if kind == Kind.EMG_TRACE else "II"
    view = shown(hands.recording(noise, 1000.0, (channel,), "mV", kind), 1000, 700)
    qtbot.keyClick(view, Qt.Key.Key_B, SHIFT)
    first, second = view.caliper.start_s, view.caliper.end_s
    assert (first, second) == (
        pytest.approx(view.start_s + view.page_s / 3, abs=2e-3),
        pytest.approx(view.start_s + view.page_s * 2 / 3, abs=2e-3),
    )
    qtbot.keyClick(view, Qt.Key.Key_Left, SHIFT)
    assert view.caliper.start_s == pytest.approx(first - 0.001)
    qtbot.keyClick(view, Qt.Key.Key_Right, CTRL | SHIFT)
    assert view.caliper.end_s == pytest.approx(second + view.page_s / 50, abs=2e-3)
    qtbot.keyClick(view, Qt.Key.Key_Left, ALT | SHIFT)
    with qtbot.waitSignal(view.region_marked) as marked:
        qtbot.keyClick(view, Qt.Key.Key_Return)
    assert marked.args[0] == Region(start_s=view.caliper.start_s, end_s=view.caliper.end_s)
    assert view.region == marked.args[0]


def test_a_rectangle_of_a_picture(shown, hands, qtbot) -> None:
    view = shown(hands.film(np.zeros((400, 800), np.uint8), Kind.UNKNOWN), 800, 600)
    qtbot.keyClick(view, Qt.Key.Key_B, SHIFT)
    assert view.key_region.rect.getRect() == pytest.approx((200, 100, 400, 200), abs=1)
    for _ in range(4):
        qtbot.keyClick(view, Qt.Key.Key_Right, SHIFT)
        qtbot.keyClick(view, Qt.Key.Key_Up, CTRL | SHIFT)
    assert view.key_region.rect.getRect() == pytest.approx((280, 100, 400, 160), abs=1)
    assert view.region_draft() is not None
    with qtbot.waitSignal(view.region_marked) as marked:
        qtbot.keyClick(view, Qt.Key.Key_Return)
    region = marked.args[0]
    assert (region.x, region.y, region.w, region.h) == pytest.approx((280, 100, 400, 160), abs=1)
    assert view.key_region.rect is None
    qtbot.keyClick(view, Qt.Key.Key_B, SHIFT)
    assert view.key_region.rect.x() == pytest.approx(280, abs=1)  # begins from what is marked
    for _ in range(60):
        qtbot.keyClick(view, Qt.Key.Key_Right, SHIFT)
    assert view.key_region.rect.right() <= 800.5
    assert view.key_region.rect.width() >= 8
    qtbot.keyClick(view, Qt.Key.Key_Escape)
    assert view.key_region.rect is None
    assert view.region is None


def test_the_raw_signal_is_one_key_away(shown, hands, qtbot) -> None:
    from viewer.ui.views.filters import Filters

    samples = np.full((1, 20_000), 30.0, np.float32)
    view = shown(hands.recording(samples, 10_000.0, ("EMG 1",), "uV", Kind.EMG_TRACE), 1000, 700)
    view.set_filters(Filters(high_pass_hz=20.0))
    qtbot.waitUntil(lambda: not view.filtering)
    assert abs(float(view.values(0, 100, 101)[0])) < 1
    qtbot.keyClick(view, Qt.Key.Key_U)
    assert float(view.values(0, 100, 101)[0]) == 30
    assert any("raw signal" in line for line in view.corners().bottom_left)
    qtbot.keyClick(view, Qt.Key.Key_U)
    assert abs(float(view.values(0, 100, 101)[0])) < 1
    assert view.filters == Filters(high_pass_hz=20.0)
