"""Run by test_stall: how long the event loop stands still while the work thread imports torch."""

import json
import sys
import time

from PySide6.QtCore import Qt, QTimer

from viewer.ui import app, window

late_ms: list[float] = []
state = {"last": 0.0, "torch_before": True}
start = window.MainWindow.start


def tick() -> None:
    now = time.perf_counter()
    late_ms.append(1000 * (now - state["last"]) - 5)
    state["last"] = now


def begin(self: window.MainWindow) -> None:
    state["torch_before"] = "torch" in sys.modules
    start(self)
    timer = QTimer(self, interval=5)
    timer.setTimerType(Qt.TimerType.PreciseTimer)
    timer.timeout.connect(tick)
    state["last"] = time.perf_counter()
    timer.start()
    self.desk.engine_ready.connect(lambda *_: (timer.stop(), QTimer.singleShot(0, self.close)))


if __name__ == "__main__":
    window.MainWindow.start = begin
    app.run([])
    print(
        json.dumps(
            {"worst_ms": max(late_ms), "torch_before": state["torch_before"], "torch_after": "torch" in sys.modules}
        )
    )
