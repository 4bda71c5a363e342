"""``leadlight demo --screenshots``: each sample drawn off screen, dark and light, and one at twice the pixel ratio."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
from PIL import Image

from viewer.resources import sample_files


def test_every_sample_is_drawn_without_a_display(tmp_path: Path) -> None:
    hidden = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    env = {k: v for k, v in os.environ.items() if k not in hidden} | {"PYTHONPATH": str(Path(__file__).parents[2])}
    script = "import sys; from viewer.cli import main; sys.exit(main(sys.argv[1:]))"
    done = subprocess.run(
        [sys.executable, "-c", script, "demo", "--screenshots", str(tmp_path)],
        env=env, capture_output=True, text=True, timeout=250, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    printed = [Path(line) for line in done.stdout.splitlines()]
    samples = [p.stem for p in sample_files()]
    expected = {f"{name}-{look}.png" for name in samples for look in ("light", "dark")}
    assert expected <= {p.name for p in printed}
    assert all(p.is_absolute() and p.is_file() for p in printed)
    for path in printed:
        with Image.open(path) as picture:
            assert picture.size == ((2560, 1600) if "@2x" in path.name else (1280, 800))
            grey = np.asarray(picture.convert("L"))
        study = grey[160:750, 280:960] if "@2x" not in path.name else grey[320:1500, 560:1920]
        assert study.std() > 10, f"{path.name}: nothing is drawn in the middle"
    assert any("@2x" in p.name for p in printed)


def test_no_display_is_said_in_a_sentence() -> None:
    hidden = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    env = {k: v for k, v in os.environ.items() if k not in hidden} | {"PYTHONPATH": str(Path(__file__).parents[2])}
    script = "import sys; from viewer.ui.app import run; sys.exit(run([]))"
    done = subprocess.run(
        [sys.executable, "-c", script], env=env, capture_output=True, text=True, timeout=60, check=False
    )
    if sys.platform == "linux":
        assert done.returncode == 1
        assert "There is no display" in done.stderr
        assert "demo --screenshots" in done.stderr
        assert "Traceback" not in done.stderr
