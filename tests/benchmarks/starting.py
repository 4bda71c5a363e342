"""From the start of the process to a window that answers, and what reading costs in memory."""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

from tests.benchmarks.timing import Row

# The program's own entry, told to say when its window has been painted and the event loop turns, and then to leave.
START = """
import json, sys, time
from viewer.ui import app, window
paint = window.MainWindow.paintEvent
def painted(self, event):
    from PySide6.QtCore import QTimer
    paint(self, event)
    window.MainWindow.paintEvent = paint
    QTimer.singleShot(0, usable)
def usable():
    from PySide6.QtWidgets import QApplication
    print(json.dumps({"s": time.time() - float(sys.argv[1]), "torch": "torch" in sys.modules}), flush=True)
    QApplication.instance().quit()
window.MainWindow.paintEvent = painted
sys.exit(app.run([]))
"""

READ = """
import json, psutil
from viewer.formats import expand
from viewer.formats.opener import Opener
from viewer.reading.engine import Engine
from viewer.resources import sample_files
engine, kept = Engine("cpu"), []
with Opener() as opener:
    for item in expand(sample_files()):
        study = opener.open(item)
        kept.append((study, engine.read(study)))
    own = psutil.Process()
    whole = own.memory_info().rss + sum(child.memory_info().rss for child in own.children(recursive=True))
print(json.dumps({"mb": whole / 1e6, "kinds": sorted({r.kind for _, r in kept})}))
"""


def rows(rounds: int = 5) -> list[Row]:
    """Return the seconds to a usable window (median of several starts) and the resident memory after reading."""
    starts = [_said(START, str(time.time())) for _ in range(rounds + 1)][1:]
    seconds = statistics.median(s["s"] for s in starts)
    late = "torch not yet imported" if not any(s["torch"] for s in starts) else "TORCH WAS IMPORTED"
    memory = _said(READ)
    return [
        Row("process start to a usable window", seconds, "s", 1.0, f"median of {rounds} warm starts, {late}"),
        Row(
            "resident memory after reading one study of each kind",
            memory["mb"],
            "MB",
            2000,
            f"CPU; {', '.join(memory['kinds'])}; helper process included",
        ),
    ]


def _said(script: str, *arguments: str) -> dict:
    with tempfile.TemporaryDirectory() as home:
        places = {"HOME": home, "XDG_CONFIG_HOME": home, "XDG_DATA_HOME": home, "XDG_STATE_HOME": home}
        env = os.environ | {"QT_QPA_PLATFORM": "offscreen"} | places
        done = subprocess.run(
            [sys.executable, "-c", script, *arguments], env=env, capture_output=True, text=True, check=True, timeout=300
        )
    return json.loads(done.stdout.strip().splitlines()[-1])
