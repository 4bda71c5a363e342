"""Labelled stretches of recordings: cut out, or drawn as screens for the networks that read pictures."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from training.emg.real import _with_events
from training.simulate.emg.draws import Draw
from training.simulate.emg.recording import Recording, TrueEvent
from training.simulate.emg_looks import random_look
from training.simulate.emg_screen import View, show_recording
from viewer.errors import LeadlightError
from viewer.study import Study, Waveform

UV = {"uV": 1.0, "mV": 1e3, "V": 1e6}
SHOWN_S = (0.04, 0.1)  # a short stretch is shown on a screen of 4 to 10 ms a division
LONGEST_SHOWN_S = 0.5
MOST_PICTURES = 10  # of one stretch


def cut_span(
    study: Study, span_s: tuple[float, float] | None, around_s: tuple[float, float] = (0.0, 0.0)
) -> tuple[np.ndarray, float, bool]:
    """Return a recording's first channel (uV, float32) in a span and ``around_s`` before and after, and its rate.

    The third value tells whether the recording has a unit; without one full scale counts as 1 mV. Gaps are
    bridged. Raises LeadlightError where the span is not in the recording.
    """
    wave = study.waveform
    start, end = (0.0, wave.duration_s) if span_s is None else span_s
    if start >= wave.duration_s:
        raise LeadlightError(
            "damaged", f"The recording ends after {wave.duration_s:.2f} s, before the span at {start:g} s", "check it"
        )
    first = max(0, round((start - around_s[0]) * wave.rate_hz))
    last = min(wave.samples.shape[1], round((end + around_s[1]) * wave.rate_hz))
    samples = np.asarray(wave.samples[0, first : max(last, first + 2)], np.float32)
    return _bridged(samples) * np.float32(UV.get(wave.units[0], 1e3)), wave.rate_hz, wave.units[0] in UV


def draw_span(study: Study, span_s: tuple[float, float] | None, label: str, seed: Sequence[int]) -> list[np.ndarray]:
    """Return pictures (RGB, uint8) of a labelled stretch in random machine looks; a long one in several pieces.

    A stretch shorter than a screen is shown with what is recorded around it. The same ``seed`` draws the same.
    """
    wave: Waveform = study.waveform
    start, end = (0.0, wave.duration_s) if span_s is None else (span_s[0], min(span_s[1], wave.duration_s))
    pieces = min(MOST_PICTURES, max(1, round((end - start) / LONGEST_SHOWN_S)))
    pictures = []
    for number in range(pieces):
        own = start + (end - start) * number / pieces, start + (end - start) * (number + 1) / pieces
        rng = np.random.default_rng([*seed, number])
        spare, before = max(0.0, rng.uniform(*SHOWN_S) - (own[1] - own[0])), rng.uniform(0.15, 0.85)
        samples, rate_hz, known = cut_span(study, own, (spare * before, spare * (1 - before)))
        pictures.append(_drawn(samples, rate_hz, known, label, rng))
    return pictures


def _drawn(samples: np.ndarray, rate_hz: float, known: bool, label: str, rng: np.random.Generator) -> np.ndarray:
    draw = Draw(rng)
    look = random_look(draw)
    if not known:
        look = replace(look, layout="bare")  # no words on the screen that would tell a sensitivity
    recording = _with_events(samples, rate_hz)
    events = tuple(replace(event, label=label) for event in recording.events) or (_whole(samples, rate_hz, label),)
    recording = Recording(recording.samples_uv, rate_hz, events, recording.amplifier)
    length = recording.duration_s
    window = min(length, LONGEST_SHOWN_S)
    view = View((max(0.0, (length - window) / 2),), window, round(1000 * window / look.divisions[0], 2))
    return show_recording(draw, recording, view, look, label, "labelled", inverted=False, cut_out=False)[0]


def _whole(samples: np.ndarray, rate_hz: float, label: str) -> TrueEvent:
    end = len(samples) / rate_hz
    return TrueEvent(label, "labelled", 1, end / 2, 0.0, end, float(np.ptp(samples)))


def _bridged(samples: np.ndarray) -> np.ndarray:
    finite = np.isfinite(samples)
    if finite.all() or not finite.any():
        return np.nan_to_num(samples)
    at = np.arange(len(samples))
    return np.interp(at, at[finite], samples[finite]).astype(np.float32)
