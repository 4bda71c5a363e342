"""The loss over the steps, and the validation figure over the epochs, as a picture. Drawn with OpenCV alone."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

WIDTH, HEIGHT, LEFT, RIGHT, TOP, FOOT = 720, 300, 64, 16, 28, 30
LOSS_COLOUR, FIGURE_COLOUR = (160, 80, 20), (40, 110, 200)  # BGR


def draw_curve(folders: Sequence[Path], path: Path) -> None:
    """Draw what ``steps.jsonl`` and ``epochs.jsonl`` of one training's parts say, one part after the other."""
    import cv2

    parts = [read_lines(folder / "steps.jsonl") for folder in folders]
    losses = np.array([line["loss"] for part in parts for line in part], float)
    panels = []
    if len(losses):
        groups = np.array_split(losses, min(len(losses), 600))
        ends = np.cumsum([len(part) for part in parts])[:-1]
        title = f"loss over {len(losses)} steps"
        panels.append(_panel(np.array([g.mean() for g in groups]), title, LOSS_COLOUR, ends / len(losses)))
    for folder in folders:
        figures = [line["validation"] for line in read_lines(folder / "epochs.jsonl") if line["validation"] is not None]
        if figures:
            title = f"{folder.name}: validation over {len(figures)} epochs"
            panels.append(_panel(np.array(figures, float), title, FIGURE_COLOUR, ()))
    if panels:
        cv2.imwrite(str(path), np.concatenate(panels))


def read_lines(path: Path) -> list[dict]:
    """Return the JSON lines of a file; none where it is not there. A last line that was cut off is left out."""
    if not path.exists():
        return []
    whole = path.read_text("utf-8").rpartition("\n")[0]
    return [json.loads(line) for line in whole.splitlines()]


def _panel(
    values: np.ndarray, title: str, colour: tuple[int, int, int], marks: Sequence[float] | np.ndarray
) -> np.ndarray:
    import cv2

    picture = np.full((HEIGHT, WIDTH, 3), 255, np.uint8)
    finite = values[np.isfinite(values)]
    low, high = (float(finite.min()), float(finite.max())) if len(finite) else (0.0, 1.0)
    low, high = (min(0.0, low), high) if low > -1e-9 else (low, high)
    high = high if high > low else low + 1
    bottom = HEIGHT - FOOT

    def row(value: np.ndarray) -> np.ndarray:
        return bottom - (value - low) / (high - low) * (bottom - TOP)

    for level in np.linspace(low, high, 6):
        y = int(row(np.array(level)))
        picture[y, LEFT : WIDTH - RIGHT] = 220
        cv2.putText(picture, f"{level:.3g}", (6, y + 4), cv2.FONT_HERSHEY_PLAIN, 0.9, (90, 90, 90), 1, cv2.LINE_AA)
    for mark in marks:  # where one part ends and the next begins
        picture[TOP:bottom, int(LEFT + mark * (WIDTH - RIGHT - LEFT))] = 160
    xs = np.linspace(LEFT, WIDTH - RIGHT, len(values)) if len(values) > 1 else np.array([LEFT])
    points = np.stack([xs, row(np.nan_to_num(values, nan=low, posinf=high, neginf=low))], 1).astype(np.int32)
    cv2.polylines(picture, [points], False, colour, 1, cv2.LINE_AA)
    for x, y in points if len(points) <= 60 else ():
        cv2.circle(picture, (int(x), int(y)), 3, colour, -1, cv2.LINE_AA)
    cv2.putText(picture, title, (LEFT, HEIGHT - 10), cv2.FONT_HERSHEY_PLAIN, 1.1, (60, 60, 60), 1, cv2.LINE_AA)
    return picture
