"""Draws a scene in a look with cv2: ground, graticule, sweeps, trigger line; where each potential came to lie."""

from dataclasses import dataclass

import cv2
import numpy as np

from training.simulate.curves_left_out import left_out
from training.simulate.emg_hands.tripoles.fibre import STEP_MS
from training.simulate.emg_hands.tripoles.look import Look, between
from training.simulate.emg_hands.tripoles.scene import Placed, Scene

SERIES = np.array([10, 20, 50, 100, 200, 500, 1000, 2000, 5000], float)
Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Screen:
    """Geometry in pixels: the plot's corner and size, pixels a ms and a microvolt, the sweeps' zero lines."""

    image: np.ndarray
    plot: Box
    px_per_ms: float
    px_per_uv: float
    uv_per_div: float
    rows: np.ndarray
    layout: str
    boxes: tuple[tuple[Placed, Box], ...]


def gain(rng: np.random.Generator, scene: Scene, look: Look, rows: int, high: float) -> float:
    """Microvolts a division of the 1-2-5 series, so that the leading potential is neither lost nor far off."""
    room = look.tall / rows
    target = rng.uniform(0.35, 1.6) * room if rows > 1 else rng.uniform(0.18, 0.85) * room
    target = max(target, 22 * look.tall / high)
    if scene.generator == "quiet":
        return float(rng.choice([20, 50, 50, 100, 200]))
    return float(SERIES[np.argmin(np.abs(np.log(SERIES / (scene.amplitude / target))))])


def graticule(image: np.ndarray, look: Look, plot: Box, across: int, phase: int) -> None:
    x, y, w, h = plot
    xs = [round(x + w * i / across) for i in range(across + 1)]
    ys = [round(y + h * i / look.tall) for i in range(look.tall + 1)]
    ink = look.grid_ink
    if look.grid == "fine":
        pale = between(look.plot, ink, 0.45)
        for i in range(across * 5 + 1):
            cv2.line(image, (round(x + w * i / across / 5), ys[0]), (round(x + w * i / across / 5), ys[-1]), pale, 1)
        for i in range(look.tall * 5 + 1):
            cv2.line(
                image, (xs[0], round(y + h * i / look.tall / 5)), (xs[-1], round(y + h * i / look.tall / 5)), pale, 1
            )
    if look.grid in ("lines", "fine"):
        for a in xs:
            cv2.line(image, (a, ys[0]), (a, ys[-1]), ink, 1)
        for b in ys:
            cv2.line(image, (xs[0], b), (xs[-1], b), ink, 1)
    if look.grid == "dots":
        part = 5 if phase < 2 else 1  # dotted lines, or a dot at each crossing alone
        for i in range(across * part + 1):
            for b in ys:
                image[min(b, image.shape[0] - 1), min(round(x + w * i / across / part), image.shape[1] - 1)] = ink
        for i in range(look.tall * part + 1):
            for a in xs:
                image[min(round(y + h * i / look.tall / part), image.shape[0] - 1), min(a, image.shape[1] - 1)] = ink
    if look.grid == "axis":
        for i in range(across * 5 + 1):
            a, tick = round(x + w * i / across / 5), 5 if i % 5 == 0 else 2
            cv2.line(image, (a, round(y + h / 2) - tick), (a, round(y + h / 2) + tick), ink, 1)
        for i in range(look.tall * 5 + 1):
            b, tick = round(y + h * i / look.tall / 5), 5 if i % 5 == 0 else 2
            cv2.line(image, (round(x + w / 2) - tick, b), (round(x + w / 2) + tick, b), ink, 1)
        for a, b in ((xs[0], ys[0]), (xs[0], ys[-1])):
            cv2.line(image, (a, b), (xs[-1], b), ink, 1)
        cv2.line(image, (xs[0], round(y + h / 2)), (xs[-1], round(y + h / 2)), ink, 1)
    if look.grid in ("frame", "axis"):
        cv2.rectangle(image, (xs[0], ys[0]), (xs[-1], ys[-1]), ink, 1)


def trace(image: np.ndarray, look: Look, xs: np.ndarray, ys: np.ndarray, ink: tuple[int, int, int]) -> None:
    if look.hold:  # an early machine's sample memory: few columns, whole pixels
        keep = max(round(look.hold / max(xs[1] - xs[0], 1e-6)), 1)
        xs, ys = np.round(xs[::keep]), np.round(ys[::keep])
        if look.hold == 3:
            xs, ys = np.repeat(xs, 2)[1:], np.repeat(ys, 2)[:-1]
    points = np.stack([xs, ys], 1)
    if look.smooth:
        cv2.polylines(image, [np.round(points * 16).astype(np.int32)], False, ink, look.width, cv2.LINE_AA, 4)
    else:
        cv2.polylines(image, [np.round(points).astype(np.int32)], False, ink, look.width, cv2.LINE_8)


def slow_runs(xs: np.ndarray, ys: np.ndarray) -> list[np.ndarray]:
    """Stretches where the beam moves slowly and so writes brightly, in sixteenths of a pixel."""
    slow = np.abs(np.diff(ys)) < 1.5 * np.abs(np.diff(xs)) + 0.3
    points = np.round(np.stack([xs, ys], 1) * 16).astype(np.int32)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], slow.astype(np.int8), [0]])))
    return [points[a : b + 1] for a, b in zip(edges[::2], edges[1::2], strict=True)]


def beam(image: np.ndarray, sharp: np.ndarray, look: Look) -> np.ndarray:
    """Phosphor: the line itself with a halo round it, added to the ground."""
    small = cv2.resize(sharp, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    halo = cv2.resize(cv2.GaussianBlur(small, (0, 0), look.glow), sharp.shape[1::-1])
    line = cv2.GaussianBlur(sharp, (0, 0), 0.35 + look.glow / 5)
    return cv2.add(cv2.add(image, line), cv2.convertScaleAbs(halo, alpha=1.1))


def paint(rng: np.random.Generator, scene: Scene, look: Look) -> Screen:
    """The whole plot without words."""
    wide, high = look.size
    left, top, right, bottom = look.margins
    x, y, w, h = left, top, wide - left - right - 1, high - top - bottom - 1
    image = np.full((high, wide, 3), look.ground, np.uint8)
    image[y : y + h, x : x + w] = look.plot
    graticule(image, look, (x, y, w, h), scene.divisions, int(rng.integers(4)))
    number, count = scene.sweeps.shape
    together = number > 1 and scene.triggered and rng.random() < 0.45
    layout = "superimposed" if together else "raster" if number > 1 else "single"
    rows = 1 if together else number
    uv = gain(rng, scene, look, rows, h)
    px_uv, px_ms = h / look.tall / uv, w / (count * STEP_MS)
    middle = rng.uniform(0.4, 0.6) if rows == 1 else 0.5
    zero = y + h * (np.array([middle]) if rows == 1 else (np.arange(number) + 0.5) / number)
    zero = np.repeat(zero, number) if together else zero
    xs = x + np.arange(count) * STEP_MS * px_ms
    layer = np.zeros_like(image) if look.glow else image
    fast = rng.uniform(0.45, 0.8) if look.glow and rng.random() < 0.6 else 1.0  # fast parts of a tube's line are dim
    skip = max(1, int(0.2 / (px_ms * STEP_MS)))  # no more than a few points a pixel
    for s in range(number):
        ys = np.clip(zero[s] + px_uv * scene.sweeps[s], y, y + h)  # negative is up
        ink = look.inks[s % len(look.inks)]
        if left_out():
            continue
        if fast < 1:
            trace(layer, look, xs[::skip], ys[::skip], between((0, 0, 0), ink, fast))
            cv2.polylines(layer, slow_runs(xs[::skip], ys[::skip]), False, ink, look.width, cv2.LINE_AA, 4)
        else:
            trace(layer, look, xs[::skip], ys[::skip], ink)
    if look.glow:
        image = beam(image, layer, look)
    if scene.triggered and rng.random() < 0.5:
        at = round(x + scene.delay * px_ms)
        for b in range(y, y + h, int(rng.integers(1, 8))):
            image[b : b + 2, at : at + 1] = look.grid_ink
    placed = [(p, where(p, scene, xs[0], px_ms, px_uv, zero[p.sweep], (x, y, w, h))) for p in scene.placed]
    found = tuple((p, b) for p, b in placed if b[2] > 1.5)
    return Screen(image, (x, y, w, h), px_ms, px_uv, uv, zero, layout, found)


def where(p: Placed, scene: Scene, x0: float, px_ms: float, px_uv: float, zero: float, plot: Box) -> Box:
    """The potential's box within the plot, following the line's drift under it; width 0 where out of view."""
    _, y, _, h = plot
    first, last = p.start + p.potential.onset, p.start + p.potential.end
    seen = slice(max(first, 0), min(last, scene.sweeps.shape[1]))
    if seen.stop - seen.start < 0.5 * (last - first):
        return (0, 0, 0, 0)
    wave = p.gain * p.potential.wave[seen.start - p.start : seen.stop - p.start]
    base = float(np.median(scene.sweeps[p.sweep, seen] - wave))
    up, down = zero + px_uv * (base + float(wave.min())), zero + px_uv * (base + float(wave.max()))
    up, down = np.clip([up - 1, down + 1], y, y + h)
    left, right = x0 + seen.start * STEP_MS * px_ms, x0 + seen.stop * STEP_MS * px_ms
    return (left, float(up), right - left, float(down - up))
