"""How long the window's event loop stands still: while torch is imported, and while a large film is opened and read."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.benchmarks.film import real_film_pixels, write_film
from tests.benchmarks.timing import Row

# A 5 ms timer in the window's thread keeps how much later than 5 ms it comes, less the time in which other processes
# had the processors (as Linux counts it). First from the window's start until the networks are there, then while the
# film is opened, read and shown; last, as a peer, while a thread of the same process decodes it as a careless program
# would.
SCRIPT = """
import json, sys, threading, time
from pathlib import Path
from PySide6.QtCore import Qt, QTimer
from viewer.ui import app, window

late, raw, said, last = [], [], {}, [0.0, 0.0]

def clocks():
    try:
        waited = int(Path("/proc/thread-self/schedstat").read_text().split()[1]) / 1e9
    except OSError:
        waited = 0.0
    return time.perf_counter(), waited

def tick():
    now, waited = clocks()
    late.append(1000 * (now - last[0] - (waited - last[1])) - 5)
    raw.append(1000 * (now - last[0]) - 5)
    last[:] = now, waited

def begin(self):
    start(self)
    timer = QTimer(self, interval=5)
    timer.setTimerType(Qt.TimerType.PreciseTimer)
    timer.timeout.connect(tick)
    last[:] = clocks()
    timer.start()
    self.desk.engine_ready.connect(lambda *_: QTimer.singleShot(500, lambda: film(self)))

def film(self):
    said["torch"] = max(late)
    late.clear()
    raw.clear()
    self.open_paths([Path(sys.argv[1])])
    wait = QTimer(self, interval=50)
    wait.timeout.connect(lambda: self.current and self.current.reading and (wait.stop(), shown(self)))
    wait.start()

def shown(self):
    QTimer.singleShot(1500, lambda: (keep(self), late.clear(), peer(self)))

def keep(self):
    assert not self.current.reading.abstained
    said.update(film=max(late), film_raw=max(raw))

def peer(self):
    import pydicom
    thread = threading.Thread(target=lambda: pydicom.dcmread(sys.argv[1]).pixel_array)
    thread.start()
    wait = QTimer(self, interval=50)
    wait.timeout.connect(lambda: thread.is_alive() or (wait.stop(), said.update(peer=max(late)), self.close()))
    wait.start()

start = window.MainWindow.start
if __name__ == "__main__":
    window.MainWindow.start = begin
    app.run([])
    print(json.dumps(said))
"""


def rows(rounds: int = 5) -> list[Row]:
    """Return the longest stalls in ms, the worst of several rounds, less what other processes took; raw beside it."""
    with tempfile.TemporaryDirectory() as folder:
        path = write_film(Path(folder) / "film.dcm", jpeg2000=True, pixels=real_film_pixels())
        found = [_measure(path, folder) for _ in range(rounds)]
    torch, film, raw = (max(f[name] for f in found) for name in ("torch", "film", "film_raw"))
    peer = min(f["peer"] for f in found)
    what = "longest stall while a 3000 x 2500 JPEG 2000 film is opened and read"
    return [
        Row("longest stall while torch is imported", torch, "ms", 50, f"worst of {rounds} starts"),
        Row(what, film, "ms", 50, f"worst of {rounds}; the same decode in a thread of the window: {peer:.0f} ms"),
        Row("the same in wall time, waiting for a CPU included", raw, "ms", None, f"worst of {rounds}"),
    ]


def _measure(path: Path, home: str) -> dict[str, float]:
    places = dict.fromkeys(("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"), home)
    env = os.environ | {"QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": os.pathsep.join(sys.path)} | places
    script = Path(home) / "stalling_script.py"
    script.write_text(SCRIPT, "utf-8")
    for kept in Path(home).rglob("session.json"):
        kept.unlink()
    done = subprocess.run(
        [sys.executable, str(script), str(path)], env=env, capture_output=True, text=True, check=True, timeout=300
    )
    return json.loads(done.stdout.strip().splitlines()[-1])
