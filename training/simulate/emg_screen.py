"""Pictures of simulated needle EMG as machines show it, with a true box round every waveform.

``render_screen`` draws a whole screen or, as the paper's specialist did, a single waveform cut out of one. Negative is
drawn upward, but for pictures that say they are ``inverted``.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from training.simulate.emg.draws import Draw, Part
from training.simulate.emg.recording import Recording, TrueEvent
from training.simulate.emg.scene import Source, leading_generator, own_trains, simulate_scene
from training.simulate.emg_artwork import Rect, Word, draw_grid, draw_marks, draw_sweep, layout_panels, writing
from training.simulate.emg_camera import degrade, scaled
from training.simulate.emg_looks import SWEEPS, Look, Settings, random_look, setting_words

# Rhythm is looked at on slow sweeps: a motor unit is then as thin as a fibrillation on a quick one.
MS_PER_DIV = ((1.0, 0.3), (2.0, 1.5), (5.0, 4.0), (10.0, 8.0), (20.0, 4.0), (50.0, 2.5), (100.0, 0.4))
ONE_TWO_FIVE = np.array([5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000], float)
# what only several potentials tell apart from a fibrillation or a positive sharp wave: never one alone in a picture
NEED_SEVERAL = {
    "myotonic spikes": 4,
    "myotonic positive waves": 4,
    "complex repetitive discharge": 2,
    "neuromyotonia": 4,
    "insertional activity": 4,
    "PSW-shaped MUAP": 3,
    "end-plate noise": 8,
}
# One motor unit potential as short as a fibrillation (under 5 ms) cannot be told from it by anyone, scale or not:
# its firing, or a second unit, must be in view.
MOTOR_UNITS = ("normal MUAP", "neurogenic MUAP", "myopathic MUAP", "regular motor unit", "fasciculation")
FIBRILLATION_LONGEST_S, NEED_SHORT = 0.005, 2
CLOSE = 0.35  # of those cut out have nothing beside the wave
EDGE = 0.015  # of a sweep: nobody names a picture by a wave that only touches its edge


@dataclass(frozen=True)
class TrueBox:
    """A waveform in pixels of the picture."""

    label: str
    generator: str
    x: float
    y: float
    w: float
    h: float
    amplitude_uv: float


Marked = TypeVar("Marked", TrueBox, Word)


@dataclass(frozen=True)
class ScreenTruth:
    """What a picture shows: its class, the generator that leads, and a box for each potential in view."""

    label: str
    generator: str
    boxes: tuple[TrueBox, ...]
    ms_per_div: float
    uv_per_div: float
    sweeps: int
    inverted: bool
    cut_out: bool
    layout: str
    grid: str
    px_per_ms: float = 0.0
    words: tuple[Word, ...] = ()


@dataclass(frozen=True)
class View:
    """Which stretches of a recording are shown: one start a sweep."""

    starts_s: tuple[float, ...]
    window_s: float
    ms_per_div: float
    superimposed: bool = False


def render_screen(
    rng: np.random.Generator,
    label: str | None = None,
    part: Part = "any",
    inverted: bool | None = None,
    cut_out: bool | None = None,
    generator: str | None = None,
    source: Source = own_trains,
) -> tuple[np.ndarray, ScreenTruth]:
    """Return a picture (uint8 RGB, 60 to about 1,900 pixels wide) and its truth.

    ``label`` PSW, Fibs or Others (None: any); ``part`` limits looks and parameter ranges to those of train, validation
    or test; ``inverted``, ``cut_out`` and ``generator`` are drawn where None (1 in 50, 1 in 2, the class's);
    ``source`` makes the potentials.
    """
    draw = Draw(rng, part)
    label = label or draw.pick(("PSW", "Fibs", "Others"))
    generator = generator or leading_generator(draw, label)
    look = random_look(draw)
    recording, view = stretch(draw, generator, look, source)
    return show_recording(draw, recording, view, look, label, generator, inverted, cut_out)


def show_recording(
    draw: Draw,
    recording: Recording,
    view: View,
    look: Look,
    label: str,
    generator: str,
    inverted: bool | None = None,
    cut_out: bool | None = None,
    bare: bool = False,
) -> tuple[np.ndarray, ScreenTruth]:
    """Draw a recording's view in a look, with what befalls pictures after.

    ``bare``: nothing but the sweeps, in any size.
    """
    inverted = draw.chance(0.02) if inverted is None else inverted
    cut = draw.chance(0.5) if cut_out is None else cut_out
    picture = np.empty((look.height, look.width, 3), np.uint8)
    picture[:] = look.ground
    scale = _size_uv(recording, view, label)
    sweeps = 1 if view.superimposed else len(view.starts_s)
    share = draw.between(0.3, 1.5) if sweeps > 1 else draw.between(0.1, 0.9)
    uv_per_div = scale / (share / sweeps * look.divisions[1])
    if draw.chance(0.7):
        uv_per_div = float(ONE_TWO_FIVE[np.abs(np.log(ONE_TWO_FIVE / uv_per_div)).argmin()])
    band = recording.amplifier.high_pass_hz, recording.amplifier.low_pass_hz
    plot = 0, 0, look.width, look.height
    with writing() as words:
        told = round(uv_per_div, 1), round(view.ms_per_div, 2)
        settings = Settings(setting_words(draw, *told, band), ms_per_div=told[1], uv_per_div=told[0])
        if not bare:
            plot = layout_panels(draw, picture, look, settings)
            draw_grid(picture, plot, look)
    px_per_uv = plot[3] / look.divisions[1] / uv_per_div
    px_per_uv = max(px_per_uv, 9 / scale)  # nobody would have kept a picture in which the wave cannot be seen
    if sweeps == 1 and draw.chance(0.9):  # or one that leaves the screen
        px_per_uv = min(px_per_uv, 0.95 * plot[3] / _span_uv(recording, view))
    baselines = _baselines(draw, plot, sweeps)
    if sweeps == 1:
        baselines = _fitted(baselines, plot, recording, view, -px_per_uv if inverted else px_per_uv)
    boxes = _draw_sweeps(draw, picture, plot, look, recording, view, baselines, -px_per_uv if inverted else px_per_uv)
    if not bare:
        draw_marks(draw, picture, plot, look, baselines, [(b.x, b.x + b.w) for b in boxes])
    truth = ScreenTruth(
        label, generator, (), view.ms_per_div, uv_per_div, sweeps, inverted, False, look.layout, look.grid
    )
    px_per_ms = plot[2] / view.window_s / 1000
    if cut:
        needed = needed_in_view(generator, [e for _, e in _in_view(recording, view, generator)])
        rect = _cut(draw, boxes, plot, label, generator, px_per_ms, needed)
        if rect is not None:
            x, y, w, h = rect
            picture = np.ascontiguousarray(picture[y : y + h, x : x + w])
            boxes = [replace(b, x=b.x - x, y=b.y - y) for b in boxes]
            truth = replace(truth, cut_out=True)
    middle = picture.shape[1] / 2, picture.shape[0] / 2
    picture, matrix = scaled(draw, picture) if bare else degrade(draw, picture, truth.cut_out)
    truth = replace(truth, px_per_ms=px_per_ms * _stretch_at(matrix, *middle))
    size = picture.shape[1], picture.shape[0]
    moved = (_moved(b, matrix, *size) for b in boxes)
    lines = () if truth.cut_out else tuple(w for w in (_moved(w, matrix, *size) for w in words) if w is not None)
    return picture, replace(truth, boxes=tuple(b for b in moved if b is not None), words=lines)


def stretch(draw: Draw, generator: str, look: Look, source: Source = own_trains) -> tuple[Recording, View]:
    """Simulate a stretch and choose a view of it in which its leading potentials are."""
    while True:
        ms_per_div = draw.pick([v for v, _ in MS_PER_DIV], [w for _, w in MS_PER_DIV])
        if draw.part in ("train", "ends") and draw.chance(0.3):
            ms_per_div *= draw.between(0.7, 1.4)  # scaled screens have any ms a division
        window = ms_per_div * look.divisions[0] / 1000
        sweeps = draw.look(SWEEPS) if draw.chance(0.6) else 1
        rate = draw.pick((4000.0, 8000.0, 10000.0, 20000.0, 48000.0), (0.5, 1, 3, 5, 0.4))
        length = float(np.clip(sweeps * window * 1.5, 1.0, 4.0))
        recording = simulate_scene(draw, generator, rate, length, source=source)
        view = choose_view(draw, recording, window, sweeps, ms_per_div)
        seen = [e for _, e in _in_view(recording, view, generator, EDGE)]
        if len(seen) >= needed_in_view(generator, seen):
            return recording, view


def needed_in_view(generator: str, seen: Sequence[TrueEvent]) -> int:
    """Return how many of a generator's potentials a picture must show for a specialist to be able to name it."""
    if generator in ("quiet", "artefact"):
        return 0
    short = generator in MOTOR_UNITS and any(e.end_s - e.start_s < FIBRILLATION_LONGEST_S for e in seen)
    return max(NEED_SEVERAL.get(generator, 1), NEED_SHORT if short else 1)


def choose_view(draw: Draw, recording: Recording, window_s: float, sweeps: int, ms_per_div: float) -> View:
    """Return sweeps that follow one another, or that events trigger (with a delay line), superimposed or not."""
    length = recording.duration_s
    window_s = min(window_s, length * 0.98)
    sweeps = max(1, min(sweeps, int(length / window_s)))
    times = np.array([e.time_s for e in recording.events])
    times = times[(times > window_s * 0.4) & (times < length - window_s)]
    if sweeps > 1 and len(times) >= 2 and draw.chance(0.3):
        delay = draw.between(0.15, 0.4) * window_s
        chosen = np.sort(draw.rng.permutation(times)[:sweeps])
        starts = tuple(float(t) for t in chosen - delay)
        return View(starts, window_s, ms_per_div, draw.chance(0.4))
    total = sweeps * window_s
    first = draw.rng.uniform(0, max(1e-9, length - total))
    leading = [e.time_s for e in recording.events if e.train == 1]
    if leading:
        first = draw.pick(leading) - draw.rng.uniform(0.08, 0.92) * total
    first = float(np.clip(first, 0, max(0.0, length - total)))
    return View(tuple(first + i * window_s for i in range(sweeps)), window_s, ms_per_div)


def _in_view(
    recording: Recording, view: View, generator: str | None = None, edge: float = 0.0
) -> list[tuple[int, TrueEvent]]:
    """Return (sweep, event) of the events in view: onset, largest deflection, and 8 ms after it (or the end).

    ``edge``: the share of a sweep at either end in which an event does not count.
    """
    found = []
    margin = edge * view.window_s
    for sweep, start in enumerate(view.starts_s):
        first, last = start + margin, start + view.window_s - margin
        for event in recording.events:
            shown = min(event.end_s, event.time_s + 0.008)
            if first <= event.start_s and shown <= last and generator in (None, event.generator):
                found.append((sweep, event))
    return found


def _size_uv(recording: Recording, view: View, label: str) -> float:
    """Return the peak-to-peak size that the display's sensitivity is chosen for."""
    sizes = [e.amplitude_uv for _, e in _in_view(recording, view) if e.label == label]
    if sizes:
        return float(np.percentile(sizes, 80))
    return max(20.0, float(np.ptp(np.percentile(recording.samples_uv, (0.5, 99.5)))))


def _shown_uv(recording: Recording, view: View) -> np.ndarray:
    spans = [(round(t * recording.rate_hz), round((t + view.window_s) * recording.rate_hz)) for t in view.starts_s]
    return np.concatenate([recording.samples_uv[a:b] for a, b in spans]) - float(np.median(recording.samples_uv))


def _span_uv(recording: Recording, view: View) -> float:
    return max(1.0, float(np.ptp(_shown_uv(recording, view))))


def _fitted(baselines: np.ndarray, plot: Rect, recording: Recording, view: View, px_per_uv: float) -> np.ndarray:
    """Return a single sweep's baseline moved so that the sweep stays on the plot where it can."""
    rows = _shown_uv(recording, view) * px_per_uv
    low, high = plot[1] - float(rows.min()), plot[1] + plot[3] - float(rows.max())
    return np.clip(baselines, low, high) if low < high else baselines


def _baselines(draw: Draw, plot: Rect, sweeps: int) -> np.ndarray:
    _, y, _, h = plot
    if sweeps == 1:
        return np.array([y + h * draw.between(0.35, 0.68)])
    return y + h * (np.arange(sweeps) + 0.5) / sweeps


def _draw_sweeps(
    draw: Draw,
    picture: np.ndarray,
    plot: Rect,
    look: Look,
    recording: Recording,
    view: View,
    baselines: np.ndarray,
    px_per_uv: float,
) -> list[TrueBox]:
    x, y, w, h = plot
    boxes: list[TrueBox] = []
    seen = _in_view(recording, view)
    count = max(2, round(view.window_s * recording.rate_hz))
    middle = float(np.median(recording.samples_uv))
    for sweep, start in enumerate(view.starts_s):
        base = float(baselines[0 if view.superimposed else sweep])
        first = round(start * recording.rate_hz)
        rows = base + (recording.samples_uv[first : first + count] - middle) * px_per_uv
        if len(rows) < 2:
            continue
        colour = tuple(int(v) for v in draw.rng.permutation(look.trace)) if look.many_colours else look.trace
        draw_sweep(picture, plot, rows, colour, look)  # type: ignore[arg-type]
        for own, event in seen:
            if own == sweep:
                left, right = ((t - start) / view.window_s * w for t in (event.start_s, event.end_s))
                left, right = max(0.0, left), min(float(w), right)
                part = rows[int(left / w * len(rows)) : int(np.ceil(right / w * len(rows))) + 1]
                top, bottom = np.clip((part.min(), part.max()), y, y + h)
                box = TrueBox(
                    event.label,
                    event.generator,
                    x + left,
                    float(top),
                    right - left,
                    float(bottom - top),
                    event.amplitude_uv,
                )
                boxes.append(box)
    return boxes


def _cut(
    draw: Draw, boxes: list[TrueBox], plot: Rect, label: str, generator: str, px_per_ms: float, needed: int
) -> Rect | None:
    """Return the rectangle of one waveform with some surroundings; several where one alone would not tell."""
    x, y, w, h = plot
    own = [b for b in boxes if b.label == label and b.generator == generator and b.h > 5]
    own = [b for b in own if b.amplitude_uv > 0.5 * max(o.amplitude_uv for o in own)]
    needed = max(1, needed)
    if len(own) < needed:
        return None
    at = draw.integer(0, len(own) - needed)
    group = own[at : at + needed]
    left, right = min(b.x for b in group), max(b.x + b.w for b in group)
    top, bottom = min(b.y for b in group), max(b.y + b.h for b in group)
    if needed > 1 and max(abs(b.y + b.h / 2 - group[0].y - group[0].h / 2) for b in group) > 1.5 * group[0].h + 10:
        return None  # they are on several sweeps
    if draw.chance(CLOSE):
        wide = max((right - left) * draw.between(1.02, 2.2), (bottom - top) / 3, 30)
        tall = max((bottom - top) * draw.between(1.02, 1.7), 20)
    else:
        wide = max(
            (right - left) * draw.between(1.2, 5), px_per_ms * draw.between(4, 50, log=True), (bottom - top) / 2.5, 60
        )
        tall = min(max((bottom - top) * draw.between(1.15, 3), 36), max(2.5 * wide, bottom - top + 4))
    spare = max(0.0, wide - (right - left)), max(0.0, tall - (bottom - top))
    x0 = int(np.clip(left - spare[0] * draw.rng.uniform(0.1, 0.9), x, x + w - 30))
    y0 = int(np.clip(top - spare[1] * draw.rng.uniform(0.15, 0.85), y, y + h - 20))
    return x0, y0, int(min(wide, x + w - x0)), int(min(tall, y + h - y0))


def _stretch_at(matrix: np.ndarray, x: float, y: float) -> float:
    """Return by how much a matrix stretches the horizontal at a point."""
    ends = np.array([(x - 5, y, 1), (x + 5, y, 1)]) @ matrix.T
    points = ends[:, :2] / ends[:, 2:]
    return float(np.hypot(*(points[1] - points[0])) / 10)


def _moved(box: Marked, matrix: np.ndarray, width: int, height: int) -> Marked | None:
    """Return the box after the picture was warped, cut at its edges; None where too little is left."""
    corners = np.array([(box.x, box.y), (box.x + box.w, box.y), (box.x, box.y + box.h), (box.x + box.w, box.y + box.h)])
    moved = np.c_[corners, np.ones(4)] @ matrix.T
    points = moved[:, :2] / moved[:, 2:]
    (x0, y0), (x1, y1) = points.min(0), points.max(0)
    x0, x1, y0, y1 = max(0.0, x0), min(float(width), x1), max(0.0, y0), min(float(height), y1)
    cut = x0 == 0 or x1 == width
    if x1 - x0 < (1 if cut else 0.1) or y1 - y0 < 0.5:
        return None
    return replace(box, x=float(x0), y=float(y0), w=max(1.0, float(x1 - x0)), h=float(y1 - y0))  # a stroke is a pixel
