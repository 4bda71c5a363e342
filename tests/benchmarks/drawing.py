"""How long a frame of a ten-minute EMG recording at 48 kHz takes to draw, at every zoom, in every mode, plain and fine.

``python -m tests.benchmarks.drawing`` prints median and 95th percentile for each case; ``rows()`` gives the worst.
"""

import gc
import os
import statistics
import time
from collections.abc import Callable, Iterator

import numpy as np

from tests.benchmarks.timing import Row

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

RATE_HZ, SECONDS, SIZE = 48_000.0, 600, (1280, 800)
BOUND_MS = 8.0
FRAMES = 15
SPEEDS_S = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.05, 0.2, 1.0, 10.0, 60.0)


def recording(seconds: int = SECONDS) -> np.ndarray:
    """Return dense noise of 30 µV with a fibrillation of 200 µV each 150 ms: (1, samples) float32."""
    rng = np.random.default_rng(0)
    samples = np.empty((1, int(seconds * RATE_HZ)), np.float32)
    second = rng.normal(0, 30, int(RATE_HZ) * 3).astype(np.float32)
    for start in range(0, samples.shape[1], len(second)):
        part = samples[0, start : start + len(second)]
        part[:] = np.roll(second, start // 97)[: len(part)]
    wave = (200 * np.sin(np.arange(144) / 144 * 2 * np.pi)).astype(np.float32)
    for at in range(4800, samples.shape[1] - 200, 7200):
        samples[0, at : at + 144] += wave
    return samples


def cases() -> Iterator[tuple[str, float, list[float], int]]:
    """Yield mode, seconds a division, milliseconds of each frame and the pixel ratio."""
    from pathlib import Path

    from PySide6.QtCore import QThreadPool
    from PySide6.QtGui import QImage, QPainter
    from PySide6.QtWidgets import QApplication

    from viewer.study import Kind, KindFrom, Source, Study, Waveform
    from viewer.ui.views import view_for

    app = QApplication.instance() or QApplication([])
    wave = Waveform(recording(), RATE_HZ, ("EMG",), ("uV",))
    view = view_for(Study(Source(Path("long.wav"), "0" * 64, "wav"), Kind.EMG_TRACE, KindFrom.FILE, wave))
    view.resize(*SIZE)
    QThreadPool.globalInstance().waitForDone()
    app.processEvents()
    view.set_level(100.0)
    gc.freeze()  # as the window does when its libraries are loaded (viewer.ui.imports)
    for ratio in (1, 2):
        image = QImage(SIZE[0] * ratio, SIZE[1] * ratio, QImage.Format.Format_RGB32)
        image.setDevicePixelRatio(ratio)
        view.devicePixelRatioF = lambda ratio=ratio: float(ratio)

        def frame(image: QImage = image) -> None:
            with QPainter(image) as painter:
                painter.setRenderHint(QPainter.RenderHint.Antialiasing)
                view.paint_view(painter)

        for mode, superimposed in (("free", False), ("raster", False), ("trigger", True), ("trigger", False)):
            view.superimposed = superimposed
            view.set_mode(mode)
            for per_division_s in SPEEDS_S:
                if mode != "free" and per_division_s > 0.2:
                    continue
                view.per_division_s = per_division_s
                name = {"trigger": "superimposed" if superimposed else "triggered"}.get(mode, mode)
                yield name, per_division_s, _times(view, frame, per_division_s), ratio
    view.deleteLater()


def _times(view: object, frame: Callable[[], None], per_division_s: float) -> list[float]:
    times = []
    for i in range(FRAMES + 2):
        view.go_to(60.0 + i * 7 * max(per_division_s, 0.05))  # type: ignore[attr-defined]
        before = time.thread_time()  # of this thread alone: a busy machine does not count
        frame()
        if i >= 2:
            times.append(1000 * (time.thread_time() - before))
    return times


def rows() -> list[Row]:
    """Return the slowest case's median at both pixel ratios, against the bound."""
    worst: dict[int, tuple[float, float, str]] = {}
    for name, per_division_s, times, ratio in cases():
        median, p95 = statistics.median(times), sorted(times)[int(0.95 * len(times))]
        worst[ratio] = max(worst.get(ratio, (0.0, 0.0, "")), (median, p95, f"{name}, {1000 * per_division_s:g} ms/div"))
    return [
        Row(
            f"a frame of ten minutes of EMG at 48 kHz, {SIZE[0]} x {SIZE[1]}, pixel ratio {ratio}",
            median,
            "ms",
            BOUND_MS,
            f"median of the slowest of all zooms and modes ({where}), 95th percentile {p95:.1f} ms",
        )
        for ratio, (median, p95, where) in worst.items()
    ]


if __name__ == "__main__":
    for name, per_division_s, times, ratio in cases():
        p95 = sorted(times)[int(0.95 * len(times))]
        print(f"{name:13} {1000 * per_division_s:8g} ms/div  x{ratio}  "
              f"median {statistics.median(times):6.2f} ms  p95 {p95:6.2f} ms", flush=True)  # fmt: skip
