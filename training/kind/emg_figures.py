"""Needle EMG drawn otherwise than machines do: plotting libraries' figures, strips, bare traces, journal figures."""

import numpy as np

from training.kind.plots import Words, draw_figure
from training.simulate.emg.draws import Draw, Part
from training.simulate.emg.scene import leading_generator, own_trains, simulate_scene
from training.simulate.emg_hands.trains import made_by, one_of
from training.simulate.emg_looks import MUSCLES
from training.simulate.emg_screen import choose_view

TITLES = ("Needle EMG", "EMG at rest", "Channel 1", "Spontaneous activity", "Recording", "Example", "EMG", "Sweep 4")


def draw_emg_figure(rng: np.random.Generator, part: Part) -> np.ndarray:
    """Return a uint8 RGB picture of one to eight sweeps of 10 to 400 ms, mostly negative upward."""
    draw = Draw(rng, part)
    label = draw.pick(("PSW", "Fibs", "Others"))
    sweeps = draw.pick((1, 2, 3, 4, 6, 8), (8, 2, 2, 2, 1, 1))
    window = draw.between(0.010, 0.4, log=True)
    rate = draw.pick((4000.0, 10000.0, 20000.0, 40000.0), (1, 4, 3, 2))
    length = float(np.clip(1.5 * sweeps * window, 1, 4))
    source = made_by(one_of(rng, part)) if part == "train" and draw.chance(0.6) else own_trains
    recording = simulate_scene(draw, leading_generator(draw, label), rate, length, source=source)
    view = choose_view(draw, recording, window, sweeps, 100 * window)
    count = max(16, round(view.window_s * rate))
    middle = float(np.median(recording.samples_uv))
    rows = [recording.samples_uv[a : a + count] - middle for a in (round(s * rate) for s in view.starts_s)]
    rows = [r for r in rows if len(r) == count] or [recording.samples_uv[:count] - middle]
    if draw.chance(0.3):  # positive upward
        rows = [-r for r in rows]
    size = max(float(np.abs(r).max()) for r in rows)
    milli, seconds = size > 700 and draw.chance(0.6), draw.chance(0.2)
    words = Words(
        draw.pick(TITLES + MUSCLES),
        draw.pick(("Time (s)", "s")) if seconds else draw.pick(("Time (ms)", "ms", "time [ms]")),
        view.window_s * (1 if seconds else 1000),
        draw.pick(("Amplitude (mV)", "mV")) if milli else draw.pick(("Amplitude (uV)", "uV", "Voltage (uV)")),
        2.4 * size / (1000 if milli else 1),
        tuple(draw.pick(MUSCLES) for _ in rows),
    )
    return draw_figure(draw, rows, words)
