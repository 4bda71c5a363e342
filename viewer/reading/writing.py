"""Words on a picture: each line as the network that reads them sees it, and what it says."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from viewer.models.bundle import ModelBundle
from viewer.reading.lines import Line, Written

BATCH = 16
LINE_PX, LONGEST_PX = 24, 800  # as the network sees a line
MARGIN = 0.18  # of a line's height is seen above and below it
UNREAD = "?"
MOSTLY = 0.5  # of its characters: a line of which so many are unread is left out
LEVEL = 0.15  # of its height: a line that falls by less is seen as it stands


CHARACTERS = "0123456789abcdefghijklmnopqrstuvwxyz.,:;/-+=%()[]*|_#&<>?!'" + " "
_AS_PLAIN = str.maketrans("\u00b5\u03bc\u2013\u2212\u00e4\u00f6\u00fc", "uu--aou")


def plain(text: str) -> str:
    """Return a text in the characters that are read: small letters, no accents, single spaces."""
    small = text.lower().translate(_AS_PLAIN)
    return " ".join("".join(c if c in CHARACTERS else " " for c in small).split())


@dataclass(frozen=True)
class Words:
    """A line of words that was read: where it stands, what it says, and how surely, 0..1: a character's mean.

    ``text`` is in ``CHARACTERS``; those not read for certain are ``?``.
    """

    line: Line
    text: str
    sure: float = 1.0


def read_words(reader: ModelBundle, written: Written, most: int, device: str = "cpu") -> list[Words]:
    """Return the lines of words that can be read, of ``most`` at most, without those mostly not read for certain."""
    lines, strokes = written.lines[:most], written.strokes
    seen = [seen_line(strokes[0] if found.bright else strokes[1], found.line) for found in lines]
    order = sorted(range(len(lines)), key=lambda i: seen[i].shape[1])
    words = []
    with torch.inference_mode():
        for first in range(0, len(order), BATCH):
            rows = order[first : first + BATCH]
            logits = reader.network(together([seen[i] for i in rows]).to(device)).cpu()
            for i, (text, sure) in zip(rows, said(logits), strict=True):
                told = certain(text, sure, reader.card.uncertain_below)
                if told.count(UNREAD) < MOSTLY * len(told):
                    words.append(Words(lines[i].line, told, float(np.mean(sure))))
    return words


def certain(text: str, sure: Sequence[float], least: float) -> str:
    """Return a text whose characters are ``?`` where they are less sure than that, without spaces at its ends.

    So ``10 ms/div`` counts in a line of which other words cannot be read.
    """
    return "".join(c if c == " " or p >= least else UNREAD for c, p in zip(text, sure, strict=True)).strip()


def seen_line(strength: np.ndarray, line: Line) -> np.ndarray:
    """Return a line as the network sees it: its ink (24, width) float32 of 0..1, with a little of what is round it.

    A line that slopes is made level first.
    """
    import cv2

    edge = MARGIN * line.height
    left, right = round(line.x - edge), max(round(line.x + line.w + edge), round(line.x) + 2)
    middle = line.y + line.h / 2
    top, bottom = round(middle - line.height / 2 - edge), round(middle + line.height / 2 + edge)
    left, right = max(0, left), min(strength.shape[1], right)
    if abs(line.slope) * line.w > LEVEL * line.height and right - left > 1:
        shear = np.array([(1, 0, left), (line.slope, 1, top - line.slope * (line.x + line.w / 2 - left))])
        size = right - left, bottom - top
        piece = cv2.warpAffine(strength, shear, size, flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
    else:
        piece = strength[max(0, top) : min(strength.shape[0], bottom), left:right]
    if min(piece.shape) < 2:
        return np.zeros((LINE_PX, 2 * LINE_PX), np.float32)
    wide = int(np.clip(round(piece.shape[1] * LINE_PX / piece.shape[0]), LINE_PX // 2, LONGEST_PX))
    way = cv2.INTER_AREA if piece.shape[0] > LINE_PX else cv2.INTER_CUBIC
    shown = cv2.resize(piece, (wide, LINE_PX), interpolation=way).astype(np.float32)
    return np.clip(shown / max(30.0, float(np.quantile(shown, 0.97))), 0, 1)


def together(lines: list[np.ndarray]) -> Tensor:
    """Return lines (24, width) as one input (n, 1, 24, longest), 0 beyond their ends."""
    longest = max(line.shape[1] for line in lines)
    padded = [functional.pad(torch.from_numpy(line), (0, longest - line.shape[1])) for line in lines]
    return torch.stack(padded)[:, None]


def said(logits: Tensor) -> list[tuple[str, tuple[float, ...]]]:
    """Return each line's text, and how sure each of its characters is, 0..1.

    ``logits`` (n, characters + 1, steps); of a character's steps the surest counts.
    """
    shares = logits.float().softmax(1)
    best, which = shares.max(1)
    texts = []
    for own, sure in zip(which.tolist(), best.tolist(), strict=True):
        characters: list[tuple[int, float]] = []
        before = 0
        for c, p in zip(own, sure, strict=True):
            if c and c == before:
                characters[-1] = c, max(p, characters[-1][1])
            elif c:
                characters.append((c, p))
            before = c
        texts.append(("".join(CHARACTERS[c - 1] for c, _ in characters), tuple(p for _, p in characters)))
    return texts
