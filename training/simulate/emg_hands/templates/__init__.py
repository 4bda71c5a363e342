"""An independent hand: potentials as closed-form templates on modern machines' screens.

Each potential is a formula (sums of Gaussians, gamma functions, damped shapes, random phases and turns within the
published durations, amplitudes and phases); trains of them with the published rates and regularity, noise, mains and
drift pass the machine's band filters; a view with settings that still show the kind is drawn with cv2 (one-pixel lines
or anti-aliased) or with Pillow (supersampled) into a full screen, a window with toolbars, panels and tables, a
viewer with axes or a report, or alone as a cut-out; then pictures are photographed, scanned, scaled, dimmed, packed.
"""

import cv2
import numpy as np
from PIL import Image, ImageDraw

from training.simulate.emg_hands.templates import chrome, letters, look, panel, shapes, view, wear
from training.simulate.emg_hands.templates.compose import compose
from training.simulate.emg_hands.templates.look import Look
from training.simulate.emg_hands.templates.panel import Picture
from training.simulate.emg_hands.templates.scene import HABITS
from training.simulate.emg_hands.templates.view import Frame, View
from training.simulate.emg_screen import ScreenTruth, TrueBox

# Shares of Others: motor units, end-plate activity and fasciculations are most of what needle EMG shows at rest.
OTHERS = {
    "end-plate spike": 0.17, "end-plate noise": 0.06, "fasciculation": 0.14, "normal MUAP": 0.15,
    "neurogenic MUAP": 0.11,
    "myopathic MUAP": 0.09, "regular motor unit": 0.05, "complex repetitive discharge": 0.05, "myotonic spikes": 0.03,
    "myotonic positive waves": 0.03, "myokymia": 0.02, "neuromyotonia": 0.02, "insertional activity": 0.04,
    "quiet": 0.02,
    "artefact": 0.02,
}  # fmt: skip

UNITS = {"fasciculation", "normal MUAP", "neurogenic MUAP", "myopathic MUAP", "regular motor unit"}


def generator_of(rng: np.random.Generator, label: str) -> str:
    """The leading generator of a picture with this label."""
    if label == "PSW":
        return "positive sharp wave"
    if label == "Fibs":
        return "fibrillation"
    shares = np.array(list(OTHERS.values()))
    return str(rng.choice(list(OTHERS), p=shares / shares.sum()))


def draw(rng: np.random.Generator, label: str) -> tuple[Picture, ScreenTruth]:
    """A picture (h, w, 3) with this label (PSW, Fibs or Others) and its truth."""
    generator = generator_of(rng, label)
    style = look.choose(rng)
    whole = bool(rng.random() < 0.5)
    template = HABITS[generator].shape(rng)
    for _ in range(30):  # without words, a plain unit could be a fibrillation on a slower time base
        if whole or generator not in UNITS or not shapes.plain(template):
            break
        template = HABITS[generator].shape(rng)
    if whole:
        w = int(np.clip(rng.lognormal(np.log(820), 0.38), 320, 1800))
        window = chrome.build(rng, w, int(np.clip(w * rng.uniform(0.5, 0.85), 220, 1100)), style)
        frame, image, layout = window.frame, window.image, window.layout
        sweep, sweeps = view.time_base(rng, generator, template, frame)
    else:
        w = int(np.clip(rng.lognormal(np.log(240), 0.55), 70, 1100))
        if HABITS[generator].need > 1:
            w = max(w, int(HABITS[generator].view[0] * HABITS[generator].px_per_ms))
        w = max(w, int(1.3 * (template.end - template.onset) * HABITS[generator].px_per_ms))
        h = int(np.clip(w * rng.uniform(0.3, 1.2), 44, 700))
        frame = Frame(0, 0, w, h, int(rng.integers(1, 11)), int(rng.integers(1, 9)))
        image, layout = Image.new("RGB", (w, h), style.ground), "cut-out"
        sweep, sweeps = view.close(rng, generator, template, frame)
    span = sweep * sweeps
    recording = compose(rng, generator, span, sweep, template)
    shown = view.arrange(rng, recording, sweep, sweeps, frame, HABITS[generator].need > 1)
    if whole:
        label_screen(rng, window, shown)
    picture = np.array(image)
    boxes = panel.draw_panel(rng, picture, frame, recording, shown, style, whole)
    if rng.random() < 0.15:
        cursors(rng, picture, frame, style)
    if not whole and rng.random() < 0.35:
        neighbours(rng, picture, frame, style)
    least = HABITS[generator].px_per_ms * sweep / frame.w
    tall = recording.leading * frame.h / frame.rows / shown.uv_per_div  # px of the leading potential, kept above 11
    worn, matrix = wear.befall(rng, picture, float(np.clip(11 / tall, least, 1.0) if least < 1 else 1.0))
    kept = tuple(b for b in (move(box, matrix, worn.shape[1], worn.shape[0]) for box in boxes) if b is not None)
    truth = ScreenTruth(
        label=label, generator=generator, boxes=kept, ms_per_div=sweep / frame.columns, uv_per_div=shown.uv_per_div,
        sweeps=len(shown.starts), inverted=False, cut_out=not whole, layout=f"{layout}, {shown.mode}", grid=style.grid,
        px_per_ms=float(frame.w / sweep * matrix[0, 0] / matrix[2, 2]),
    )  # fmt: skip
    return worn, truth


def label_screen(rng: np.random.Generator, window: chrome.Window, shown: View) -> None:
    """Writes the settings (on most screens), row numbers and a scale bar."""
    pen = ImageDraw.Draw(window.image)
    frame = window.frame
    if rng.random() < 0.88:
        words = letters.settings(rng, shown.sweep / frame.columns, shown.uv_per_div)
        gap = letters.some(rng, ("  ", "   ", "     ", ", "))
        letters.write(pen, window.slot, gap.join(words), window.font, window.ink)
    ink = chrome.readable(window.ground)
    if window.layout == "viewer":
        chrome.axes(pen, window, shown.sweep, shown.uv_per_div, chrome.readable(window.face))
    if len(shown.starts) > 1 and shown.mode != "superimposed" and rng.random() < 0.4:
        for index, base in enumerate(shown.bases):
            letters.write(pen, (frame.x + 3, frame.y + base - 14), f"{index + 1}", window.font, ink)
    if rng.random() < 0.15:
        x, y = frame.x + frame.w - frame.w / frame.columns - 8, frame.y + frame.h - 10
        pen.line([(x, y - frame.h / frame.rows), (x, y), (x + frame.w / frame.columns, y)], fill=ink, width=1)


def cursors(rng: np.random.Generator, picture: Picture, frame: Frame, style: Look) -> None:
    """One or two upright measuring lines, now and then a level line."""
    ink = look.tint(rng, 0.5, 1.0)
    for _ in range(int(rng.integers(1, 3))):
        x = frame.x + int(rng.integers(0, frame.w))
        step = int(rng.integers(1, 5))
        picture[frame.y : frame.y + frame.h : step, x] = ink
    if rng.random() < 0.3:
        picture[frame.y + int(rng.integers(0, frame.h)), frame.x : frame.x + frame.w : 2] = ink


def neighbours(rng: np.random.Generator, picture: Picture, frame: Frame, style: Look) -> None:
    """The upper or lower edge of the cut shows a baseline of the sweep beside it."""
    base = frame.h * rng.choice([rng.uniform(0.02, 0.12), rng.uniform(0.88, 0.98)])
    x = np.arange(0.0, frame.w + 1)
    rms = 0.01 * frame.h * rng.uniform(0.2, 1.2)
    points = np.stack([x, base + cv2.GaussianBlur(rng.normal(0, rms, (1, len(x))), (3, 1), 0)[0]], 1)
    panel.stroke(picture[frame.y : frame.y + frame.h, frame.x : frame.x + frame.w], points, style.inks[-1], style)


def move(box: TrueBox, matrix: wear.Matrix, width: int, height: int) -> TrueBox | None:
    """The box after the picture's geometry changed: round its moved corners, inside the picture; None if it left."""
    x1, y1 = box.x + box.w, box.y + box.h
    corners = np.array([[[box.x, box.y], [x1, box.y], [x1, y1], [box.x, y1]]], np.float64)
    at = cv2.perspectiveTransform(corners, matrix)[0]
    low = np.maximum(at.min(0), 0)
    high = np.minimum(at.max(0), [width, height])
    if (high - low).min() < 2:
        return None
    x, y, w, h = float(low[0]), float(low[1]), float(high[0] - low[0]), float(high[1] - low[1])
    return TrueBox(box.label, box.generator, x, y, w, h, box.amplitude_uv)
