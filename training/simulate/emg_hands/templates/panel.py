"""Draws a view's grid and traces into a picture, and finds where each potential lies in it."""

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from training.simulate.curves_left_out import left_out
from training.simulate.emg_hands.templates.look import Colour, Look
from training.simulate.emg_hands.templates.scene import Scene
from training.simulate.emg_hands.templates.shapes import RATE
from training.simulate.emg_hands.templates.view import Frame, View
from training.simulate.emg_screen import TrueBox

Picture = NDArray[np.uint8]
Points = NDArray[np.float64]


def grid(rng: np.random.Generator, window: Picture, frame: Frame, look: Look, shift: tuple[float, float]) -> None:
    """Draws the grid (lines, dots, crosses, ticks...) into the window (h, w, 3), moved by a part of a division."""
    h, w = window.shape[:2]
    pitch_x, pitch_y = w / frame.columns, h / frame.rows
    xs = [round((i + shift[0]) * pitch_x) for i in range(frame.columns + 1)]
    ys = [round((i + shift[1]) * pitch_y) for i in range(frame.rows + 1)]
    xs, ys = [x for x in xs if x < w], [y for y in ys if y < h]
    ink, kind = np.array(look.grid_ink, np.uint8), look.grid
    if kind == "minor":
        faint = ((window[:1, :1].astype(int) + ink) // 2).astype(np.uint8)
        window[:, (np.arange(0, w - 1, max(pitch_x / 5, 3)) + shift[0] * pitch_x).astype(int) % w] = faint
        window[(np.arange(0, h - 1, max(pitch_y / 5, 3)) + shift[1] * pitch_y).astype(int) % h] = faint
    if kind in {"lines", "minor", "columns"}:
        window[:, xs] = ink
    if kind in {"lines", "minor", "rows"}:
        window[ys] = ink
    step = int(rng.integers(2, 9))
    if kind == "dotted":
        window[::step, xs] = ink
        window[ys, ::step] = ink
    reach = {"points": 0, "crosses": int(rng.integers(1, 5))}.get(kind, -1)
    for x in xs if reach >= 0 else ():
        for y in ys:
            window[max(y - reach, 0) : y + reach + 1, x] = ink
            window[y, max(x - reach, 0) : x + reach + 1] = ink
    if kind == "ticks":
        window[-step - 2 :, xs] = ink
        window[ys, : step + 2] = ink


def polyline(
    scene: Scene, start: float, sweep: float, width: int, base: float, px_per_uv: float, steps: bool
) -> Points:
    """The trace's corners (n, 2) in px of the window; dense stretches keep each column's least and most."""
    first = max(int(start * RATE), 0)
    part = scene.up[first : int((start + sweep) * RATE) + 2]
    if steps:  # an old converter: few samples, few levels
        hold = max(1, int(sweep * RATE / 500))
        part = np.repeat(part[::hold], hold)[: len(part)]
    x = (np.arange(len(part)) / RATE + first / RATE - start) * width / sweep
    y = base - part * px_per_uv
    bundle = int(RATE * sweep / width / 2)
    if bundle >= 2:
        n = len(y) // bundle
        folded = y[: n * bundle].reshape(n, bundle)
        y = np.stack([folded.min(1), folded.max(1)], 1)
        y[1::2] = y[1::2, ::-1]
        x = np.repeat(x[: n * bundle : bundle], 2)
        y = y.ravel()
    return np.stack([x, y.round() if steps else y], 1)


def stroke(window: Picture, points: Points, ink: Colour, look: Look) -> None:
    """Draws one trace with the look's pen: not anti-aliased, cv2's anti-aliased, Pillow supersampled, or glowing."""
    if left_out():
        return
    h, w = window.shape[:2]
    points = np.clip(points, -3 * max(h, w), 4 * max(h, w))
    thick = max(1, round(look.width))
    if look.pen in {"crisp", "steps"}:
        cv2.polylines(window, [points.round().astype(np.int32)], False, ink, thick, cv2.LINE_8)
    elif look.pen == "smooth" or w * h > 450_000:
        cv2.polylines(window, [(points * 16).round().astype(np.int32)], False, ink, thick, cv2.LINE_AA, 4)
    else:
        top, low = int(max(points[:, 1].min() - 8, 0)), int(min(points[:, 1].max() + 9, h))
        if low - top < 2:
            return
        times = 2 if w * (low - top) > 150_000 else 3
        sheet = Image.new("L", (w * times, (low - top) * times))
        path = ((points - [0, top] + 0.5) * times).ravel().tolist()
        ImageDraw.Draw(sheet).line(path, fill=255, width=max(1, round(look.width * times)), joint="curve")
        cover = np.asarray(sheet.reduce(times), np.float32) / 255
        if look.pen == "glow":
            cover = np.maximum(cover, 0.6 * cv2.GaussianBlur(cover, (0, 0), 2.0))
        part = window[top:low]
        part[:] = (part + cover[..., None] * (np.array(ink, np.float32) - part)).round().astype(np.uint8)


def find(scene: Scene, view: View, frame: Frame, px_per_uv: float) -> list[TrueBox]:
    """A box round every potential of which at least a third, and 2 px, are in the frame."""
    found = []
    scale = frame.w / view.sweep
    for start, base in zip(view.starts, view.bases, strict=True):
        for event in scene.events:
            left, right = max(event.start - start, 0), min(event.end - start, view.sweep)
            if right - left < 0.35 * (event.end - event.start) or (right - left) * scale < 2:
                continue
            part = scene.up[int((start + left) * RATE) : int((start + right) * RATE) + 1]
            top = float(np.clip(base - part.max(initial=-1e9) * px_per_uv, 0, frame.h))
            low = float(np.clip(base - part.min(initial=1e9) * px_per_uv, 0, frame.h))
            if low - top < 3:
                continue
            x, y = frame.x + left * scale, frame.y + top
            found.append(
                TrueBox(event.label, event.generator, x, y, (right - left) * scale, low - top, event.amplitude)
            )
    return found


def draw_panel(
    rng: np.random.Generator, picture: Picture, frame: Frame, scene: Scene, view: View, look: Look, whole: bool
) -> list[TrueBox]:
    """Grid and traces on the ground that is already there; the boxes in px of the picture."""
    window = picture[frame.y : frame.y + frame.h, frame.x : frame.x + frame.w]
    shift = (0.0, 0.0) if whole else (rng.random(), rng.random())
    grid(rng, window, frame, look, shift)
    px_per_uv = frame.h / frame.rows / view.uv_per_div
    for index, (start, base) in enumerate(zip(view.starts, view.bases, strict=True)):
        points = polyline(scene, start, view.sweep, frame.w, base, px_per_uv, look.pen == "steps")
        stroke(window, points, look.inks[index % len(look.inks)], look)
    return find(scene, view, frame, px_per_uv)
