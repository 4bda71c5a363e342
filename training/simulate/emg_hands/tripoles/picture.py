"""A picture and its truth: a whole screen, or a piece cut out of one round its potentials."""

from dataclasses import replace

import numpy as np

from training.simulate.emg_hands.tripoles import wear
from training.simulate.emg_hands.tripoles.fibre import STEP_MS
from training.simulate.emg_hands.tripoles.look import Look, choose
from training.simulate.emg_hands.tripoles.scene import DENSE, SHORTEST, Placed, Scene, scene
from training.simulate.emg_hands.tripoles.screen import Box, Screen, paint
from training.simulate.emg_hands.tripoles.words import label as write
from training.simulate.emg_screen import ScreenTruth, TrueBox

MOTOR = {"normal MUAP", "myopathic MUAP", "neurogenic MUAP", "regular motor unit", "fasciculation"}


def carry(box: Box, move: np.ndarray) -> Box:
    """The box round a box that a 3x3 map moved."""
    x, y, w, h = box
    corners = move @ np.array([(x, y, 1), (x + w, y, 1), (x + w, y + h, 1), (x, y + h, 1)], float).T
    px, py = corners[0] / corners[2], corners[1] / corners[2]
    left, right = (px[0] + px[3]) / 2, (px[1] + px[2]) / 2  # slight slants should not swell it
    top, bottom = (py[0] + py[1]) / 2, (py[2] + py[3]) / 2
    return (float(left), float(top), float(right - left), float(bottom - top))


def piece(rng: np.random.Generator, seen: Scene, screen: Screen) -> tuple[int, int, int, int]:
    """x, y, w, h to cut out: close round a leading potential, with surroundings, or what shows the rhythm."""
    high, wide = screen.image.shape[:2]
    narrow = 11 if seen.generator in {"fibrillation", "end-plate spike"} else 20  # a blob shows no phases
    leading = [b for p, b in screen.boxes if p.leads and b[3] > 12 and b[2] > narrow]
    strip = (0, 0, wide, high)
    if screen.layout == "raster" and (seen.generator in SHORTEST or not leading):
        row = screen.rows[int(rng.integers(len(screen.rows)))] if not leading else leading[0][1] + leading[0][3] / 2
        tall = high / len(screen.rows) * rng.uniform(1.0, 2.5)
        strip = (0, int(row - tall / 2), wide, int(tall))
    if seen.generator in DENSE or not leading:
        return strip
    x, y, w, h = leading[int(np.argmax([b[2] for b in leading]) if rng.random() < 0.7 else rng.integers(len(leading)))]
    close = rng.random() < 0.45
    before, after = rng.uniform(0.06, 0.7, 2) if close else rng.uniform(0.6, 6, 2)
    above, below = rng.uniform(0.05, 0.4, 2) if close else rng.uniform(0.15, 1.8, 2)
    short = seen.generator in MOTOR and w < 6.8 * screen.px_per_ms  # told by its firing and its company alone
    left, right = (0, wide) if short else (x - w * before, x + w * (1 + after))
    top, bottom = y - h * above - 2, y + h * (1 + below) + 2
    return (int(left), int(top), int(right - left), int(bottom - top))


def fitted(cut: tuple[int, int, int, int], shape: tuple[int, ...]) -> tuple[int, int, int, int]:
    """A cut within the picture, at least 16 by 16."""
    x, y, w, h = cut
    more, taller = max(0.35 * h - w, 24 - w, 0), max(w / 6 - h, 24 - h, 0)  # nobody cuts out slits
    left, right = max(x - int(more / 2), 0), min(x + w + int(more / 2), shape[1])
    top, bottom = max(y - int(taller / 2), 0), min(y + h + int(taller / 2), shape[0])
    x, y = min(left, shape[1] - 16), min(top, shape[0] - 16)
    return (x, y, max(right - x, 16), max(bottom - y, 16))


def scales(rng: np.random.Generator, shape: tuple[int, ...], cut_out: bool, least: float) -> tuple[float, float]:
    """Shares of width and height: pieces to at least 60 x 40, some enlarged, screens now and then smaller."""
    high, wide = shape[:2]
    if cut_out:
        share = max(60 / wide, 40 / high, 1.0) * (rng.uniform(1, 3) if rng.random() < 0.5 else 1.0)
        stretch = float(np.exp(rng.normal(0, 0.25)))
    else:
        share = rng.uniform(0.5, 1.3) if rng.random() < 0.4 else 1.0
        share, stretch = max(share, min(14 / max(least, 1), 1.0)), 1.0 if rng.random() < 0.8 else rng.uniform(0.8, 1.25)
    share = min(share, rng.uniform(900, 1850) / max(wide * stretch, 1), 1200 / high)
    return max(share * stretch, 60 / wide), max(share, 40 / high)


def truth_boxes(found: tuple[tuple[Placed, Box], ...], move: np.ndarray, shape: tuple[int, ...]) -> tuple[TrueBox, ...]:
    """Those that are at least 55 % in view, clipped to the picture."""
    out = []
    for p, box in found:
        x, y, w, h = carry(box, move)
        left, right, top, bottom = max(x, 0), min(x + w, shape[1]), max(y, 0), min(y + h, shape[0])
        if right - left > 0.55 * w and bottom - top > 0.5 * h and right - left >= 2 and bottom - top >= 3:
            size = float(p.potential.amplitude * p.gain)
            kind = p.potential
            out.append(TrueBox(kind.label, kind.generator, left, top, right - left, bottom - top, size))
    return tuple(out)


def attempt(rng: np.random.Generator, label: str) -> tuple[np.ndarray, ScreenTruth]:
    """One picture: scene, look, screen, cut, size, wear."""
    seen, cut_out = scene(rng, label), bool(rng.random() < 0.5)
    look: Look = choose(rng, words=not cut_out)
    if seen.sweeps.shape[1] * STEP_MS > 300 and look.size[0] < 700 and look.family != "lcd":
        look = replace(look, size=(look.size[0] * 3 // 2, look.size[1]))  # long sweeps need columns
    if cut_out and look.glow:
        look = replace(look, glow=min(look.glow, 1.4), width=min(look.width, 2))  # fine enough to be enlarged
    screen = paint(rng, seen, look)
    image, move = screen.image, np.eye(3)
    if cut_out:
        x, y, w, h = fitted(piece(rng, seen, screen), image.shape)
        image, move = image[y : y + h, x : x + w], np.array([[1, 0, -x], [0, 1, -y], [0, 0, 1.0]])
    else:
        write(rng, seen, look, screen)
    least = max((b[3] for p, b in screen.boxes if p.leads), default=40.0)
    image, grown = wear.rescale(rng, image, *scales(rng, image.shape, cut_out, least))
    image, aged = wear.age(rng, np.ascontiguousarray(image), look)
    move = aged @ grown @ move
    boxes = truth_boxes(screen.boxes, move, image.shape)
    across = carry((screen.plot[0], screen.plot[1], screen.plot[2], screen.plot[3]), move)[2] / screen.plot[2]
    truth = ScreenTruth(
        label, seen.generator, boxes, seen.ms_per_div, screen.uv_per_div, len(seen.sweeps), False, cut_out,
        screen.layout, look.grid, screen.px_per_ms * across,
    )  # fmt: skip
    return image, truth


def told(truth: ScreenTruth) -> bool:
    """Whether a reader could tell the label: a leading potential large enough; the rhythm where it alone tells."""
    own = [b for b in truth.boxes if b.generator == truth.generator]
    if truth.generator in ("quiet", "end-plate noise", "artefact"):
        return True
    if not own or max(b.h for b in own) < 14:
        return False
    widest = max(b.w for b in own)
    if truth.generator in DENSE:
        return len(own) >= (3 if truth.generator == "complex repetitive discharge" else 5) and widest >= 4
    if truth.generator in {"fibrillation", "end-plate spike"}:
        return widest >= (12 if truth.cut_out else 7)
    if truth.generator in MOTOR and widest < 6.8 * truth.px_per_ms and len(own) < 3:
        return False  # a short unit alone could be a fibrillation
    return widest >= (16 if truth.cut_out else 12)


def draw(rng: np.random.Generator, label: str) -> tuple[np.ndarray, ScreenTruth]:
    """A picture (uint8 RGB, 60-1900 wide, 40 high or more) of PSW, Fibs or Others, and its truth."""
    image, truth = attempt(rng, label)
    for _ in range(6):
        if told(truth):
            break
        image, truth = attempt(rng, label)
    return image, truth
