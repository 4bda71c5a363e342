"""Studies that no machine should have made: they are drawn as far as there is something to draw, and nothing ends."""

import numpy as np
import pytest
from PySide6.QtCore import QPointF, QThreadPool
from PySide6.QtWidgets import QApplication

from viewer.study import Kind

VALUES = {
    "gap": lambda shape: np.full(shape, np.nan),
    "infinite": lambda shape: np.where(np.arange(shape[1]) % 2, np.inf, 1.0) * np.ones(shape),
    "constant": lambda shape: np.full(shape, 5.0),
    "huge": lambda shape: 1e30 * np.sin(np.arange(shape[1])) * np.ones(shape),
}


def use(view, hands, qtbot):
    """Do everything that a hand can do."""
    for action in view.actions():
        if action.isEnabled() and "…" not in action.text():
            action.trigger()
    tools = ("caliper", "region", "pan") if hasattr(view, "waveform") else ("length", "angle", "region", "window")
    for tool in tools:
        view.set_tool(tool)
        hands.drag(qtbot, view, QPointF(200, 200), QPointF(300, 150))
    QThreadPool.globalInstance().waitForDone()
    QApplication.processEvents()
    return view.picture()


@pytest.mark.parametrize("kind", [Kind.ECG_TRACE, Kind.EMG_TRACE])
@pytest.mark.parametrize("shape", [(1, 0), (1, 1), (6, 300)])
@pytest.mark.parametrize("values", list(VALUES))
@pytest.mark.filterwarnings("ignore:overflow")
def test_recordings(shown, hands, qtbot, kind, shape, values):
    channels = tuple(f"c{i}" for i in range(shape[0]))
    view = shown(hands.recording(VALUES[values](shape), 0.5 if shape[1] < 9 else 100.0, channels, "mV", kind), 500, 400)
    picture = use(view, hands, qtbot)
    assert len(np.unique(hands.rgb(picture).reshape(-1, 3), axis=0)) > 5  # grid and words are there
    assert view.start_s == 0 or view.start_s + view.page_s <= view.waveform.duration_s + 1e-6


@pytest.mark.parametrize("dtype", [np.uint8, np.int32, np.float32])
@pytest.mark.parametrize("shape", [(1, 1), (1, 3000), (40_000, 30)])
def test_pictures(shown, hands, qtbot, dtype, shape):
    pixels = np.full(shape, 7, dtype)
    if dtype == np.float32:
        pixels[:] = np.nan
    view = shown(hands.film(pixels, padding=(7, 7)), 500, 400)
    picture = use(view, hands, qtbot)
    assert len(np.unique(hands.rgb(picture).reshape(-1, 3), axis=0)) > 5
    assert view.region is None or view.region.w >= 8


def test_an_error_in_a_handler_is_an_error_and_not_the_end(shown, hands, qtbot, monkeypatch):
    view = shown(hands.film(np.zeros((50, 50), np.uint8)))
    monkeypatch.setattr(view, "to_picture", lambda _at: int.from_bytes("no", "big"))
    with pytest.raises(TypeError, match="mouseMoveEvent"):
        qtbot.mouseMove(view, pos=QPointF(100, 100).toPoint())
