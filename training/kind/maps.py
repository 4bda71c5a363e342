"""What the network's first layers make of the looks, in one memory-mapped file: a run that was cut off goes on."""

import hashlib
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from training.journal import progress_bar

T = TypeVar("T")
BATCH, KEPT_EVERY = 16, 50


def kept_maps(made: Callable[[list[T]], np.ndarray], items: Sequence[T], about: Any, out: Path) -> np.ndarray:
    """Return ``made(items)``, batch by batch, as a memory-mapped float16 array in ``out``.

    Those that an earlier run made are taken over where ``about`` (anything JSON can hold) is still the same.
    """
    out.mkdir(parents=True, exist_ok=True)
    path, progress = out / "maps.npy", out / "maps.json"
    asked = hashlib.sha256(json.dumps(about).encode()).hexdigest()
    held = json.loads(progress.read_text("utf-8")) if progress.exists() else {}
    done = held.get("done", 0) if held.get("asked") == asked and path.exists() else 0
    if not done:
        shape = (len(items), *made(list(items[:1])).shape[1:])
        np.lib.format.open_memmap(path, "w+", np.float16, shape)
    maps = np.lib.format.open_memmap(path, "r+")
    with progress_bar("looks", len(items), unit="look") as bar:
        bar.update(done)
        for number, start in enumerate(range(done, len(items), BATCH), 1):
            own = list(items[start : start + BATCH])
            maps[start : start + len(own)] = made(own)
            bar.update(len(own))
            if number % KEPT_EVERY == 0 or start + BATCH >= len(items):
                maps.flush()
                progress.write_text(json.dumps({"asked": asked, "done": start + len(own)}), "utf-8")
    return maps
