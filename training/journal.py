"""What a training tells while it runs: JSON lines, TensorBoard event files, a curve, a bar on a terminal."""

import json
import math
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from training.curve import draw_curve, read_lines


class Journal:
    """``steps.jsonl``, ``epochs.jsonl``, ``tensorboard/`` and ``loss.png`` in ``out``; a bar on standard error.

    A run that goes on from step ``first`` (epoch ``epoch``) forgets what was told of later ones: they come again.
    """

    def __init__(self, out: Path, total: int, first: int, epoch: int, log: Callable[[str], None]) -> None:
        self.out, self._log = out, log
        out.mkdir(parents=True, exist_ok=True)
        self._steps = _continued(out / "steps.jsonl", lambda line: line["step"] < first)
        self._epochs = _continued(out / "epochs.jsonl", lambda line: line["epoch"] < epoch)
        self._events = _event_writer(out / "tensorboard", first)
        if self._events is None:
            log("No TensorBoard files: the package tensorboardX is not installed")
        self._bar = progress_bar(out.name, total, first)

    def step(self, epoch: int, step: int, loss: float, rate: float) -> None:
        """Tell one step's loss."""
        _write(self._steps, {"epoch": epoch, "step": step, "loss": loss})
        if self._events is not None:
            self._events.add_scalar("loss", loss, step)
            self._events.add_scalar("rate", rate, step)
        self._bar.set_postfix_str(f"loss {loss:.4f}", refresh=False)
        self._bar.update()

    def epoch(self, epoch: int, step: int, loss: float, figure: float, seconds: float) -> None:
        """Tell one epoch's mean loss and validation figure (NaN where nothing was validated)."""
        figures = {"loss": loss, "validation": None if math.isnan(figure) else figure, "seconds": round(seconds, 2)}
        _write(self._epochs, {"epoch": epoch, "step": step, **figures})
        if self._events is not None:
            self._events.add_scalar("loss, epoch", loss, step)
            if not math.isnan(figure):
                self._events.add_scalar("validation", figure, step)
            self._events.flush()
        draw_curve([self.out], self.out / "loss.png")

    def log(self, line: str) -> None:
        """Say a line without spoiling the bar."""
        with self._bar.external_write_mode(file=sys.stdout):
            self._log(line)

    def close(self) -> None:
        """End the files and wipe the bar."""
        self._bar.close()
        self._steps.close()
        self._epochs.close()
        if self._events is not None:
            self._events.close()
        draw_curve([self.out], self.out / "loss.png")


class Silence:
    """The journal of the other processes."""

    def step(self, *_: Any) -> None:
        """Say nothing."""

    epoch = log = step

    def close(self) -> None:
        """Nothing is open."""


def progress_bar(name: str, total: int, first: int = 0, unit: str = "step") -> Any:
    """Return a bar on standard error that only a terminal shows."""
    import tqdm

    tqdm.tqdm.monitor_interval = 0  # no thread of its own
    shown = sys.stderr.isatty()
    return tqdm.tqdm(
        total=total, initial=first, desc=name, unit=unit, leave=False, dynamic_ncols=True, disable=not shown
    )


def _continued(path: Path, keep: Callable[[dict], bool]) -> Any:
    lines = [line for line in read_lines(path) if keep(line)]
    fresh = path.with_suffix(".new")
    fresh.write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
    fresh.replace(path)
    return path.open("a", encoding="utf-8", buffering=1)


def _write(stream: Any, line: dict) -> None:
    stream.write(json.dumps(line) + "\n")


def _event_writer(folder: Path, first: int) -> Any:
    """Return a TensorBoard writer, None where the package is not installed: the other records are complete."""
    try:
        from tensorboardX import SummaryWriter
    except ImportError:
        return None
    return SummaryWriter(str(folder), purge_step=first or None, flush_secs=60)
