"""EMG recordings: one channel at 8 kHz in units of its own noise, without drift and hum; piece by piece."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from viewer.models.preprocessing.base import Extent, Prepared, preparation
from viewer.study import Note, Study, Waveform

RATE_HZ = 8000
HIGH_PASS_HZ = 10.0  # first order, forwards only, as amplifiers do: no ringing before a potential
PIECE_S, MARGIN_S = 10.0, 1.0  # a long recording is read in such pieces, each with what lies beside it
STEP = 32  # inputs are whole multiples of this many samples
NOISE_MS = 20  # the noise is measured in the quieter of stretches of this length
QUIET_SHARE = 0.2  # of the stretches lie below the noise level taken
LEAST_SHARE = 1 / 2000  # of the largest deflection: no noise is taken to be less (recordings without any)
HUM_HARMONICS = 9
HUM_OVER = 4.0  # a hum is taken away where it stands so far out of its neighbours in the spectrum


@dataclass(frozen=True, eq=False)
class Piece:
    """A stretch of one channel, conditioned.

    Attributes
    ----------
    signal : ndarray
        float32 at 8 kHz in the channel's unit, without drift and hum.
    noise : float
        Its noise's rms, in the channel's unit; more than 0.
    start_s : float
        Time of its first sample in the recording.
    core_s : (float, float)
        The part of it that no other piece reads, seconds of the recording.
    known : ndarray
        bool, a sample each: not a gap.
    hum_hz : float
        The mains frequency taken away, 0 for none.
    """

    signal: np.ndarray
    noise: float
    start_s: float
    core_s: tuple[float, float]
    known: np.ndarray
    hum_hz: float = 0.0

    def tensor(self) -> Tensor:
        """Return the network's input (2, samples): the signal over its noise, squeezed at two levels."""
        return network_input(self.signal / self.noise)


def network_input(scaled: np.ndarray) -> Tensor:
    """Return the network's input (2, samples) from a signal in units of its noise, zeros added to a whole step."""
    padded = np.pad(scaled, (0, -len(scaled) % STEP)).astype(np.float32)
    x = torch.from_numpy(padded)
    return torch.stack([torch.asinh(x), torch.asinh(x / 8)])


def pieces(wave: Waveform, channel: int) -> Iterator[Piece]:
    """Yield a channel's pieces in order; memory is bounded by one piece."""
    rate, count = wave.rate_hz, wave.samples.shape[1]
    cores = max(1, round(wave.duration_s / PIECE_S))
    edges = [round(i * count / cores) for i in range(cores + 1)]
    for first, last in itertools.pairwise(edges):
        start, stop = max(0, first - round(MARGIN_S * rate)), min(count, last + round(MARGIN_S * rate))
        core_s = first / rate, last / rate
        yield conditioned(np.asarray(wave.samples[channel, start:stop], np.float32), rate, start / rate, core_s)


def conditioned(
    samples: np.ndarray, rate_hz: float, start_s: float = 0.0, core_s: tuple[float, float] | None = None
) -> Piece:
    """Return a stretch at 8 kHz without gaps, drift and hum, and its noise level."""
    known = np.isfinite(samples)
    bridged = _bridged(samples, known)
    signal = _without_drift(_at_rate(bridged - np.float32(np.median(bridged[::16])), rate_hz))
    signal, hum_hz = without_hum(signal)
    at = np.minimum((np.arange(len(signal)) * (rate_hz / RATE_HZ)).astype(np.int64), len(samples) - 1)
    still = known[at] if not known.all() else np.ones(len(signal), bool)
    core_s = core_s or (start_s, start_s + len(samples) / rate_hz)
    return Piece(signal, noise_level(signal[still]), start_s, core_s, still, hum_hz)


def noise_level(signal: np.ndarray) -> float:
    """Return the rms of the noise: of stretches of 20 ms that of the quiet ones, so that potentials do not count."""
    width = NOISE_MS * RATE_HZ // 1000
    whole = len(signal) // width
    if whole < 2:
        return max(float(np.median(np.abs(signal))) * 1.48 if signal.size else 0.0, 1e-6)
    spread = signal[: whole * width].reshape(whole, width).std(1)
    quiet = spread[spread > 0]  # a stretch at exactly one value is a gap or cut off, not quiet
    level = float(np.quantile(quiet, QUIET_SHARE)) if quiet.size else 0.0
    return max(level, LEAST_SHARE * float(np.abs(signal).max()), 1e-9)


def without_hum(signal: np.ndarray) -> tuple[np.ndarray, float]:
    """Return the signal without mains hum and its odd and even harmonics, and its frequency (0: there is none).

    In half-overlapping stretches of a second the harmonics are fitted to the signal, its large potentials cut off, and
    taken away: a hum that changes slowly is followed, and potentials are left alone.
    """
    if len(signal) < RATE_HZ:
        return signal, 0.0
    half = RATE_HZ // 2
    count = -(-len(signal) // half) + 1
    padded = np.pad(signal, (half, (count + 1) * half - len(signal) - half))
    frames = np.lib.stride_tricks.sliding_window_view(padded, RATE_HZ)[::half]
    limit = 3 * np.median(np.abs(signal)) / 0.6745
    window = _hann(RATE_HZ)
    cut = np.clip(frames, -limit, limit) * window
    spectrum = np.fft.rfft(cut, axis=1)  # of a second: a line a Hz
    mains_hz = _mains(spectrum)
    if not mains_hz:
        return signal, 0.0
    lines = np.arange(1, HUM_HARMONICS + 1) * mains_hz
    kept = np.zeros_like(spectrum)
    kept[:, lines] = 2 * spectrum[:, lines]  # the window's mean is a half
    there = np.pad(np.ones(len(signal), np.float32), (half, len(padded) - half - len(signal)))
    seen = np.lib.stride_tricks.sliding_window_view(there, RATE_HZ)[::half] @ window * (2 / RATE_HZ)
    fitted = np.fft.irfft(kept / np.maximum(seen, 0.1)[:, None], RATE_HZ, axis=1)  # less is seen at the ends
    humming = np.zeros_like(padded)
    for i, frame in enumerate(fitted * window):
        humming[i * half : i * half + RATE_HZ] += frame
    return signal - humming[half : half + len(signal)], float(mains_hz)


def _mains(spectrum: np.ndarray) -> int:
    """Return 50 or 60 where that line stands out of its neighbourhood, else 0."""
    found, over = 0, HUM_OVER
    size = np.abs(spectrum).mean(0)
    for mains_hz in (50, 60):
        near = np.concatenate([size[mains_hz - 6 : mains_hz - 2], size[mains_hz + 3 : mains_hz + 7]])
        ratio = float(size[mains_hz] / max(1e-12, float(np.median(near))))
        if ratio > over:
            found, over = mains_hz, ratio
    return found


@lru_cache(1)
def _hann(size: int) -> np.ndarray:
    return (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(size) / size)).astype(np.float32)


def _bridged(samples: np.ndarray, known: np.ndarray) -> np.ndarray:
    if known.all():
        return samples
    if not known.any():
        return np.zeros_like(samples)
    at = np.arange(len(samples))
    return np.interp(at, at[known], samples[known]).astype(np.float32)


def _at_rate(samples: np.ndarray, rate_hz: float) -> np.ndarray:
    from scipy.signal import resample_poly

    ratio = Fraction(RATE_HZ / rate_hz).limit_denominator(2000)
    if ratio == 1:
        return samples
    return resample_poly(samples, ratio.numerator, ratio.denominator, padtype="edge").astype(np.float32)


def _without_drift(signal: np.ndarray) -> np.ndarray:
    from scipy.signal import lfilter

    pole = np.float32(np.exp(-2 * np.pi * HIGH_PASS_HZ / RATE_HZ))
    gain = np.float32((1 + pole) / 2)
    start = np.float32(np.median(signal[: RATE_HZ // 100])) if signal.size else np.float32(0)
    zeros, poles = np.array([gain, -gain], np.float32), np.array([1, -pole], np.float32)
    filtered, _ = lfilter(zeros, poles, signal, zi=np.array([-gain * start], np.float32))
    return filtered.astype(np.float32)


@preparation("emg-trace")
def prepare_trace(study: Study, maximum_pieces: int = 12) -> Prepared:
    """Return the first channel's pieces as one batch, shorter ones filled up with zeros.

    Long recordings are read by ``reading.events`` piece by piece instead, and all channels of them.
    """
    wave = study.waveform
    made = [piece for _, piece in zip(range(maximum_pieces), pieces(wave, 0), strict=False)]
    size = max(len(p.signal) for p in made)
    size += -size % STEP
    inputs = torch.zeros(len(made), 2, size)
    for row, piece in zip(inputs, made, strict=True):
        x = piece.tensor()
        row[:, : x.shape[1]] = x
    extents = tuple(Extent(start_s=p.start_s, end_s=p.start_s + size / RATE_HZ) for p in made)
    more = maximum_pieces * PIECE_S < wave.duration_s - PIECE_S
    notes = (Note("part-read", f"Only the first {maximum_pieces * PIECE_S:g} s were read"),) if more else ()
    return Prepared(inputs, extents, notes)
