"""A picture that shows some examples of each class, so that a wrong folder is seen before it is learned from."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from training.dataset import LABELS

if TYPE_CHECKING:
    from training.emg.gather import Pictures

ACROSS, DOWN = 8, 3  # pictures of each class
WIDTH, HEIGHT, HEAD = 200, 150, 24


def write_contact_sheet(own: "Pictures", path: Path) -> None:
    """Draw up to 24 pictures of each class, of as many groups as there are, under the class's name and counts."""
    import cv2

    bands = []
    for index, label in enumerate(LABELS):
        rows = _varied(own, np.flatnonzero(own.labels == index))
        band = np.full((HEAD + -(-max(1, len(rows)) // ACROSS) * HEIGHT, ACROSS * WIDTH, 3), 128, np.uint8)
        band[:HEAD] = 40
        inside = own.labels == index
        counts = ", ".join(f"{int((own.parts[inside] == p).sum())} {p}" for p in own.names())
        groups = len(set(own.groups[inside].tolist()))
        words = f"{label}: {int(inside.sum())} pictures of {groups} recordings or patients ({counts})"
        cv2.putText(band, words, (8, 17), cv2.FONT_HERSHEY_PLAIN, 1.1, (255, 255, 255), 1, cv2.LINE_AA)
        for i, row in enumerate(rows):
            small = _fitted(own[row])
            y, x = HEAD + i // ACROSS * HEIGHT + 3, i % ACROSS * WIDTH + 3
            band[y : y + small.shape[0], x : x + small.shape[1]] = small[..., ::-1]
        bands.append(band)
    cv2.imwrite(str(path), np.concatenate(bands))


def _varied(own: "Pictures", rows: np.ndarray) -> list[int]:
    """Return rows in turn of each group."""
    turn: dict[int, int] = {}
    ranked = []
    for row in rows:
        group = int(own.groups[row])
        turn[group] = turn.get(group, 0) + 1
        ranked.append((turn[group], int(row)))
    return [row for _, row in sorted(ranked)[: ACROSS * DOWN]]


def _fitted(picture: np.ndarray) -> np.ndarray:
    import cv2

    scale = min((WIDTH - 6) / picture.shape[1], (HEIGHT - 6) / picture.shape[0])
    size = max(1, int(picture.shape[1] * scale)), max(1, int(picture.shape[0] * scale))
    return cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
