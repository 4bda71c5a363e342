"""Run by test_stall: how long the event loop stands still while the work thread imports torch."""

import json
import sys
import time
from pathlib import Path

from PySide6.QtCore import Qt, QTimer

from viewer.ui import app, window

late_ms: list[float] = []
state: dict = {"last": (0.0, 0.0), "torch_before": True}
start = window.MainWindow.start


def clocks() -> tuple[float, float]:
    """Return the time and, on Linux, how long this thread was kept from a processor by others, in s."""
    try:
        waited = int(Path("/proc/thread-self/schedstat").read_text().split()[1]) / 1e9
    except OSError:
        waited = 0.0
    return time.perf_counter(), waited


def tick() -> None:
    (now, waited), (then, had_waited) = clocks(), state["last"]
    late_ms.append(1000 * (now - then - (waited - had_waited)) - 5)
    state["last"] = (now, waited)


def begin(self: window.MainWindow) -> None:
    state["torch_before"] = "torch" in sys.modules
    start(self)
    timer = QTimer(self, interval=5)
    timer.setTimerType(Qt.TimerType.PreciseTimer)
    timer.timeout.connect(tick)
    state["last"] = clocks()
    timer.start()
    self.desk.engine_ready.connect(lambda *_: (timer.stop(), QTimer.singleShot(0, self.close)))


if __name__ == "__main__":
    window.MainWindow.start = begin
    app.run([Path(p) for p in sys.argv[1:]])
    print(
        json.dumps(
            {"worst_ms": max(late_ms), "torch_before": state["torch_before"], "torch_after": "torch" in sys.modules}
        )
    )
