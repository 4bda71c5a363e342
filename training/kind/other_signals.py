"""Signals that are no needle EMG, drawn with the same axes, strips and screens as it; ECGs among them are ECGs."""

from collections.abc import Callable

import numpy as np

from training.kind.plots import Words, draw_figure, photograph
from training.simulate.emg.draws import Draw, Part

N = 2000


def draw_other_signal(rng: np.random.Generator, part: Part) -> np.ndarray:
    """Return a uint8 RGB picture of a signal of another trade, in one to eight rows."""
    draw = Draw(rng, part)
    make, most, title, x_name, y_name = SIGNALS[draw.pick(tuple(SIGNALS))]
    rows = [-make(draw) for _ in range(draw.pick((1, 2, 3, 5, 8), (8, 2, 1, 1, 1)) if most > 1 else 1)]
    span = float(10 ** draw.rng.uniform(-1, 3))
    return draw_figure(draw, rows, Words(title, x_name, span, y_name, float(10 ** draw.rng.uniform(-1, 3))))


def draw_ecg_figure(rng: np.random.Generator, part: Part) -> np.ndarray:
    """Return an ECG as a figure: twelve rows or six, a rhythm strip, or a sheet photographed off a screen."""
    from training.simulate.ecg import random_plan, simulate_ecg
    from training.simulate.ecg_sheet import render_sheet
    from training.simulate.ecg_sheet_style import random_style

    draw = Draw(rng, part)
    signals = simulate_ecg(random_plan(rng), rng).signals_mv
    if draw.chance(0.45):
        return photograph(
            draw, render_sheet(signals, 500.0, random_style(rng, (3.0, 4.5)), rng, float(rng.random()))[0]
        )
    length = min(signals.shape[1], round(500 * draw.between(4, 10)))
    leads = draw.pick((range(12), range(6), (1,)), (5, 2, 1.5))
    names = ("I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6")
    rows = [-np.asarray(signals[i][:length], float) for i in leads]
    words = Words("ECG", draw.pick(("Time (s)", "s")), length / 500, "mV", 3.0, tuple(names[i] for i in leads))
    return draw_figure(draw, rows, words)


def _sound(draw: Draw) -> np.ndarray:
    """Speech or music: syllables or notes of some pitch, even on both sides of nought."""
    t, total = np.arange(N) / N, np.zeros(N)
    for _ in range(draw.integer(3, 14)):
        at, length = draw.rng.random(), draw.rng.uniform(0.02, 0.15)
        shape = np.exp(-(((t - at) / length) ** 2)) if draw.chance(0.5) else (t > at) * np.exp(-(t - at) / length)
        tone = np.sin(2 * np.pi * draw.rng.uniform(60, 400) * t) + 0.5 * draw.rng.normal(0, 1, N)
        total += draw.rng.uniform(0.2, 1) * shape * tone
    return total


def _earthquake(draw: Draw) -> np.ndarray:
    t, total = np.arange(N) / N, draw.rng.normal(0, 0.015, N)
    first = draw.rng.uniform(0.1, 0.4)
    for at, size, length in (
        (first, 0.3, 0.1),
        (first + draw.rng.uniform(0.08, 0.3), 1.0, draw.rng.uniform(0.08, 0.3)),
    ):
        total += (t > at) * size * np.exp(-(t - at) / length) * _band(draw, draw.rng.uniform(20, 120))
    return total


def _brain(draw: Draw) -> np.ndarray:
    waxing = 0.4 + np.abs(_band(draw, 3))
    return _band(draw, draw.rng.uniform(15, 60)) * waxing + 0.6 * _band(draw, 8) + 0.25 * _band(draw, 150)


def _pressure(draw: Draw) -> np.ndarray:
    """An arterial curve or a pleth: up fast, a notch, down slowly."""
    beats, notch = draw.rng.uniform(3, 14), draw.rng.uniform(0.1, 0.5)
    phase = (np.arange(N) / N * beats + 0.03 * _band(draw, 5)) % 1
    beat = np.exp(-(((phase - 0.18) / 0.09) ** 2)) + notch * np.exp(-(((phase - 0.45) / 0.12) ** 2)) - 0.6 * phase
    return beat - beat.mean() + 0.1 * _band(draw, 3)


def _breath(draw: Draw) -> np.ndarray:
    wave = np.sin(2 * np.pi * (np.arange(N) / N * draw.rng.uniform(2, 10) + 0.05 * _band(draw, 4)))
    return np.tanh(draw.rng.uniform(0.3, 6) * (wave - 0.2)) + 0.03 * _band(draw, 100)


def _peaks(draw: Draw) -> np.ndarray:
    """A spectrum or chromatogram: peaks that stand on a baseline, all to one side."""
    t, total = np.linspace(0, 1, N), draw.rng.normal(0, 0.004, N) + 0.2 * np.exp(-3 * np.linspace(0, 1, N))
    for _ in range(draw.integer(4, 30)):
        at, width, size = draw.rng.random(), draw.rng.uniform(0.001, 0.02), draw.rng.exponential(0.3)
        total += size / (1 + ((t - at) / width) ** 2)
    return total - 0.5 * total.max()


def _spectrum(draw: Draw) -> np.ndarray:
    """A power spectrum in decibels: falling, ragged, with lines."""
    total = -draw.rng.uniform(0.5, 3) * np.log(np.linspace(0.01, 1, N)) + draw.rng.normal(0, 0.3, N)
    for at in draw.rng.integers(0, N, draw.integer(0, 5)):
        total[at : at + 4] += draw.rng.uniform(1, 4)
    return total - total.mean()


def _price(draw: Draw) -> np.ndarray:
    walk = np.cumsum(draw.rng.normal(0, 1, draw.pick((120, 500, N))))
    return np.interp(np.linspace(0, len(walk) - 1, N), np.arange(len(walk)), walk - walk.mean())


def _weather(draw: Draw) -> np.ndarray:
    t = np.arange(N) / N
    return np.sin(2 * np.pi * t * draw.pick((1, 4, 7, 30))) + 0.4 * _band(draw, 20) + 0.05 * draw.rng.normal(0, 1, N)


def _smooth(draw: Draw) -> np.ndarray:
    """A function or a measured curve without noise: waves, decay, growth, a bell, a dose curve."""
    t = np.linspace(0, 1, N)
    a, b = draw.rng.uniform(1, 12), draw.rng.uniform(0.05, 0.4)
    curves = (
        np.sin(2 * np.pi * a * t + a),
        np.exp(-t / b) * np.sin(2 * np.pi * 2 * a * t),
        2 / (1 + np.exp(-(t - 0.5) / b * 3)) - 1,
        np.exp(-(((t - b - 0.2) / b) ** 2)) - 0.5,
        np.exp(-t / b) - 0.5,
        (t - 0.3) * (t - b) * (t - 0.9) * 6,
        t**2 - 0.5,
        np.sin(2 * np.pi * a * t) * np.sin(2 * np.pi * 0.6 * t),
    )
    return curves[draw.integer(0, len(curves) - 1)]


def _generator(draw: Draw) -> np.ndarray:
    """A signal generator's or a logic analyser's shapes."""
    phase = np.arange(N) / N * draw.rng.uniform(2, 20)
    bits = draw.rng.integers(0, 2, 40)[(np.arange(N) * 40 // N)] * 2.0 - 1
    shapes = (np.sign(np.sin(2 * np.pi * phase)), 2 * (phase % 1) - 1, 2 * np.abs(2 * (phase % 1) - 1) - 1, bits)
    return shapes[draw.integer(0, 3)] + draw.pick((0.0, 0.02)) * draw.rng.normal(0, 1, N)


def _band(draw: Draw, cycles: float) -> np.ndarray:
    """Return noise of about so many cycles a picture, of unit size."""
    knots = draw.rng.normal(0, 1, max(4, int(2 * cycles)))
    noise = np.interp(np.linspace(0, len(knots) - 1, N), np.arange(len(knots)), knots)
    return noise / max(1e-9, float(noise.std()))


# how it is made, its most rows, and what stands on it
SIGNALS: dict[str, tuple[Callable[[Draw], np.ndarray], int, str, str, str]] = {
    "sound": (_sound, 2, "Waveform", "Time (s)", "Amplitude"),
    "earthquake": (_earthquake, 3, "Station BHZ", "Time (s)", "Counts"),
    "brain": (_brain, 8, "EEG", "Time (s)", "uV"),
    "pressure": (_pressure, 2, "ABP", "Time (s)", "mmHg"),
    "breath": (_breath, 2, "Respiration", "Time (s)", "a.u."),
    "peaks": (_peaks, 1, "Chromatogram", "min", "mAU"),
    "spectrum": (_spectrum, 2, "Power spectrum", "Frequency (Hz)", "dB"),
    "price": (_price, 2, "Price", "2024", "USD"),
    "weather": (_weather, 2, "Temperature", "Day", "Celsius"),
    "smooth": (_smooth, 3, "f(x)", "x", "y"),
    "generator": (_generator, 3, "CH1", "s", "V"),
}
