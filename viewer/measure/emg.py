"""One potential of a needle EMG in numbers: amplitude, duration, rise time, phases, turns.

The parameters are those of Stalberg, Andreassen, Falck, Lang, Rosenfalck & Trojaborg, "Quantitative analysis of
individual motor unit potentials: a proposition for standardized terminology and criteria for measurement", J Clin
Neurophysiol 3 (1986) 313, which hold for a fibrillation as well. (M): from general knowledge.

All of it is measured after mains hum and slow drift were taken away (``measure.interference``).

- amplitude: peak to peak; of a monophasic potential from the baseline to its peak. Where noise would raise a peak (four
  of its standard deviations are over 2 % of it), the peak is that of parabolas (Savitzky & Golay, Anal Chem 36 (1964)
  1627) which reach to either side half as far as its steeper side takes to fall to half its height, and 0.04 ms at the
  least: that is no narrower than the EMG's usual band, whose upper end is 10 kHz. Low rates leave no room for it.
- duration: from the first departure from the baseline to the last return to it. Beginning and end are found as the
  conventional methods do, by amplitude and slope (compared in Rodriguez-Carreno, Gila-Useros & Malanda-Trigueros 2012,
  InTech, doi 10.5772/50265): from the peak outwards, the first place beyond which for 1 ms no sample, and of 1, 2, 4
  and 8 ms no mean, lies further from the baseline than the noise explains (4 standard deviations of samples, 3 of
  means) or than 3 % of the largest deflection. Means show a slow low wave whose samples drown in the noise.
- rise time: of the largest positive-to-negative deflection, from the positive peak to the negative one that follows
  (Barkhaus & Nandedkar, Muscle Nerve 19 (1996) 1554: from the maximum negative peak to the positive peak before it;
  needle within the motor unit's territory: 0.5 ms or less). By the same definition that of a positive sharp wave ends
  at the maximum of its slow negative phase, however low: peaks are looked for on parabolas a share of their width long.
  Without a positive peak before it is from the beginning; without a negative phase that stands out, to the end.
- phases: crossings of the baseline plus one. An excursion counts from 25 uV on (M), in small potentials from 7 % of the
  amplitude on (which is 25 uV in the mean normal motor unit's 370 uV), and never within the noise.
- turns: changes of direction, each 50 uV or more from the one before and the one after (M); in small potentials 14 %.
- area: of the rectified potential from beginning to end.

Samples are positive where the needle is positive, as a file stores them; a display draws negative upward. Of a
recording with the other polarity, pass the negative.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from viewer.measure.baseline import SPREADS_MS, Baseline, find_baseline
from viewer.measure.interference import as_it_is, cut_out

Cut = Callable[[np.ndarray, float, int, int], tuple[np.ndarray, np.ndarray]]
TO_UV = {"uV": 1.0, "µV": 1.0, "μV": 1.0, "mV": 1e3, "V": 1e6, "nV": 1e-3}
PHASE_UV, TURN_UV = 25.0, 50.0
PHASE_SHARE, TURN_SHARE, EDGE_SHARE = 0.07, 0.14, 0.03
SAMPLE_SIGMAS, MEAN_SIGMAS, HOLD_MS = 4.0, 3.0, 1.0
LEAST_REACH_MS = 0.04
BEFORE_MS, AFTER_MS = 25.0, 110.0  # a potential's beginning and end are looked for this far from its peak
AROUND_MS, SNAP_MS, SMOOTH_MS = 100.0, 3.0, 0.2
NOISE_SHARE, SIDE_SHARE, WIDTH_SHARE = 0.02, 0.5, 0.15  # noise in a height; parabolas of heights, and of peaks in time


@dataclass(frozen=True)
class Potential:
    """One potential, measured. What cannot be measured is None.

    Attributes
    ----------
    onset_s, peak_s, offset_s : float
        Beginning, largest deflection and end, seconds from the first sample.
    amplitude_uv : float or None
        Peak to peak; None where the unit is unknown.
    duration_ms : float or None
        None (and phases and turns with it) where the signal does not come back to the baseline: potentials overlap.
    rise_time_ms : float or None
        Of the main positive-to-negative deflection; None where there is none.
    phases, turns : int or None
        Turns are None also where the noise would hide them.
    baseline_uv, noise_uv, area_uv_ms : float or None
        Level and standard deviation of the baseline around, area of the rectified potential; None without a unit.
    first_phase : str or None
        ``positive`` or ``negative``: the initial deflection, which tells an end-plate spike from a fibrillation.
    amplitude : float
        Peak to peak in ``unit``.
    unit : str
        The samples' unit as it was given, ``""`` where unknown.
    """

    onset_s: float
    peak_s: float
    offset_s: float
    amplitude_uv: float | None
    duration_ms: float | None
    rise_time_ms: float | None
    phases: int | None
    turns: int | None
    baseline_uv: float | None
    noise_uv: float | None
    area_uv_ms: float | None
    first_phase: str | None
    amplitude: float
    unit: str


def measure_potential(
    samples: np.ndarray,
    rate_hz: float,
    start_s: float | None = None,
    end_s: float | None = None,
    at_s: float | None = None,
    unit: str = "uV",
) -> Potential | None:
    """Measure one potential of a channel.

    Parameters
    ----------
    samples : ndarray
        One channel, (samples,), possibly memory-mapped; only the surroundings are touched: 0.6 s to either side tell
        hum and drift.
    rate_hz : float
    start_s, end_s : float, optional
        Without ``at_s`` the beginning and the end as a person set them. With ``at_s`` bounds (neighbouring potentials):
        beginning and end are looked for within them.
    at_s : float, optional
        Where the potential is; its largest deflection within 3 ms is its peak.
    unit : str
        ``uV``, ``mV``, ``V``, ``nV``; anything else is an unknown unit.

    Returns
    -------
    Potential or None
        None where there is a gap, no baseline, or (with ``at_s``) nothing that stands out of the noise.

    Raises
    ------
    ValueError
        Where neither ``at_s`` nor both ``start_s`` and ``end_s`` are given.
    """
    return _found(samples, rate_hz, (start_s, end_s, at_s), unit, cut_out)


def measure_clean(
    samples: np.ndarray, rate_hz: float, start_s: float, end_s: float, at_s: float, unit: str = "uV"
) -> Potential | None:
    """Measure as ``measure_potential`` where hum and drift were taken away before: the baseline has what is left."""
    return _found(samples, rate_hz, (start_s, end_s, at_s), unit, as_it_is)


def _found(
    samples: np.ndarray, rate_hz: float, where: tuple[float | None, float | None, float | None], unit: str, cut: Cut
) -> Potential | None:
    start_s, end_s, at_s = where
    if at_s is None and (start_s is None or end_s is None):
        raise ValueError("give at_s, or start_s and end_s")
    low_s, high_s = _bounds(start_s, end_s, at_s)
    around = round(AROUND_MS * rate_hz / 1000)
    low, high = max(0, round(low_s * rate_hz)), min(len(samples), round(high_s * rate_hz) + 1)
    first, last = max(0, low - around), min(len(samples), high + around)
    if high - low < 3:
        return None
    piece, drift = cut(samples, rate_hz, first, last)
    low, high = low - first, high - first
    baseline = find_baseline(piece, rate_hz)
    if baseline is None or not np.isfinite(piece[low:high]).all():
        return None
    piece = piece - baseline.level
    if at_s is None:
        peak, onset, offset, whole = low + int(np.abs(piece[low:high]).argmax()), low, high - 1, True
    else:
        found = _automatic(piece, rate_hz, (low, high), round(at_s * rate_hz) - first, baseline)
        if found is None:
            return None
        peak, onset, offset, whole = found
    level = baseline.level + float(drift[peak])
    return _measured(piece, rate_hz, (onset, peak, offset), first, replace(baseline, level=level), unit, whole)


def _bounds(start_s: float | None, end_s: float | None, at_s: float | None) -> tuple[float, float]:
    """Return where beginning and end may lie, in seconds."""
    low = -np.inf if start_s is None else start_s
    high = np.inf if end_s is None else end_s
    if at_s is None:
        return float(low), float(high)
    return float(max(low, at_s - BEFORE_MS / 1000)), float(min(high, at_s + AFTER_MS / 1000))


def _automatic(
    piece: np.ndarray, rate_hz: float, bounds: tuple[int, int], at: int, baseline: Baseline
) -> tuple[int, int, int, bool] | None:
    """Return peak, onset, offset and whether both were found within the bounds."""
    low, high = bounds
    reach = max(1, round(SNAP_MS * rate_hz / 1000))
    a, b = max(low, at - reach), min(high, at + reach + 1)
    if b <= a:
        return None
    peak = a + int(np.abs(piece[a:b]).argmax())
    largest = abs(float(piece[peak]))
    if largest == 0 or largest < SAMPLE_SIGMAS * baseline.noise:
        return None
    after = _quiet_beyond(piece, rate_hz, baseline, largest)
    before = _quiet_beyond(piece[::-1], rate_hz, baseline, largest)[::-1]
    ends, begins = np.flatnonzero(after[peak:high]), np.flatnonzero(before[low : peak + 1])
    offset = peak + int(ends[0]) if ends.size else high - 1
    onset = low + int(begins[-1]) if begins.size else low
    return peak, onset, offset, bool(ends.size and begins.size)


def _quiet_beyond(piece: np.ndarray, rate_hz: float, baseline: Baseline, largest: float) -> np.ndarray:
    """Return for each sample whether the signal from there on is the baseline's."""
    floor = EDGE_SHARE * largest
    quiet = np.ones(len(piece), bool)
    loud = np.abs(piece) > max(SAMPLE_SIGMAS * baseline.noise, floor)
    quiet &= _forward_sum(loud, max(1, round(HOLD_MS * rate_hz / 1000))) == 0
    for ms, spread in zip(SPREADS_MS, baseline.spreads, strict=True):
        length = max(1, round(ms * rate_hz / 1000))
        quiet &= np.abs(_forward_sum(piece, length)) <= length * max(MEAN_SIGMAS * spread, floor)
    return quiet


def _forward_sum(values: np.ndarray, length: int) -> np.ndarray:
    """Return for each sample the sum of the ``length`` samples from there on; beyond the end there is nothing."""
    total = np.concatenate([[0.0], np.cumsum(np.nan_to_num(values.astype(np.float64)))])
    stop = np.minimum(np.arange(len(values)) + length, len(values))
    return total[stop] - total[:-1]


def _measured(
    piece: np.ndarray,
    rate_hz: float,
    marks: tuple[int, int, int],
    first: int,
    baseline: Baseline,
    unit: str,
    whole: bool,
) -> Potential:
    onset, peak, offset = marks
    scale = TO_UV.get(unit)
    own = piece[onset : offset + 1]
    smooth = _smoothed(piece, rate_hz)
    calm = find_baseline(smooth, rate_hz)
    noise = 3 * (baseline if calm is None else calm).noise
    smooth = smooth[onset : offset + 1]
    amplitude = sum(_height(sign * own, sign * smooth, rate_hz, baseline.noise, noise) for sign in (1, -1))
    signs = _excursions(smooth, _threshold(PHASE_UV, PHASE_SHARE, amplitude, scale, noise))
    turn = _threshold(TURN_UV, TURN_SHARE, amplitude, scale, 2 * noise)
    extrema = _extrema(smooth, turn)
    duration_ms = 1000 * (offset - onset) / rate_hz
    return Potential(
        onset_s=(first + onset) / rate_hz,
        peak_s=(first + peak) / rate_hz,
        offset_s=(first + offset) / rate_hz,
        amplitude_uv=None if scale is None else amplitude * scale,
        duration_ms=duration_ms if whole else None,
        rise_time_ms=_rise_time_ms(smooth, extrema, rate_hz, baseline, EDGE_SHARE * amplitude),
        phases=len(signs) if whole else None,
        turns=len(extrema) if whole and turn <= amplitude / 2 else None,
        baseline_uv=None if scale is None else baseline.level * scale,
        noise_uv=None if scale is None else baseline.noise * scale,
        area_uv_ms=float(np.abs(own).sum()) / rate_hz * 1000 * scale if scale is not None and whole else None,
        first_phase=None if not signs else ("positive" if signs[0] > 0 else "negative"),
        amplitude=amplitude,
        unit=unit if scale is not None else "",
    )


def _threshold(microvolts: float, share: float, amplitude: float, scale: float | None, noise: float) -> float:
    relative = share * amplitude
    return max(noise, relative if scale is None else min(relative, microvolts / scale))


def _smoothed(piece: np.ndarray, rate_hz: float) -> np.ndarray:
    """Return the mean over 0.2 ms about each sample."""
    length = max(1, round(SMOOTH_MS * rate_hz / 1000)) | 1
    if length < 3:
        return piece
    return np.convolve(np.pad(piece, length // 2, mode="edge"), np.full(length, 1 / length), "valid")


def _height(values: np.ndarray, smooth: np.ndarray, rate_hz: float, noise: float, least: float) -> float:
    """Return how high the highest peak of a potential is, 0 where it is not over ``least``: the noise's."""
    peak = int(smooth.argmax())
    top = float(smooth[peak])
    if top <= least:
        return 0.0
    low = np.flatnonzero(smooth < top / 2)
    side = int(np.abs(low - peak).min()) if low.size else len(values)
    near = values[max(0, peak - side) : peak + side + 1]
    reach = max(round(SIDE_SHARE * side), round(LEAST_REACH_MS * rate_hz / 1000))
    return float((near if 4 * noise <= NOISE_SHARE * top else _parabolas(near, reach)).max())


def _parabolas(values: np.ndarray, reach: int) -> np.ndarray:
    """Return at each sample the parabola that fits ``reach`` samples to either side; itself where these are under 2."""
    if reach < 2:
        return values
    i = np.arange(-reach, reach + 1)
    weights = 3 * (3 * reach * (reach + 1) - 1 - 5 * i**2) / ((2 * reach - 1) * (2 * reach + 1) * (2 * reach + 3))
    return np.convolve(np.pad(values, reach, mode="edge"), weights, "valid")


def _excursions(values: np.ndarray, threshold: float) -> list[int]:
    """Return the signs of the excursions beyond the threshold, alternating: one a phase."""
    states = np.sign(values) * (np.abs(values) > threshold)
    states = states[states != 0]
    if not states.size:
        return []
    return [int(s) for s in states[np.concatenate([[True], states[1:] != states[:-1]])]]


def _extrema(values: np.ndarray, threshold: float) -> list[int]:
    """Return the indices of the turns: extrema from which the signal goes ``threshold`` away on both sides."""
    found: list[int] = []
    low = high = direction = 0
    for i, value in enumerate(values.tolist()):
        high = i if value > values[high] else high
        low = i if value < values[low] else low
        if direction >= 0 and values[high] - value >= threshold:
            found += [high] if direction else []
            direction, low = -1, i
        elif direction <= 0 and value - values[low] >= threshold:
            found += [low] if direction else []
            direction, high = 1, i
    return found


def _rise_time_ms(
    values: np.ndarray, extrema: list[int], rate_hz: float, baseline: Baseline, least: float
) -> float | None:
    """Return the time of the largest fall between neighbouring turns, the potential's ends counted in."""
    points = [0, *extrema, len(values) - 1]
    falls = -np.diff(values[points])
    if not extrema or falls.max() <= 0:
        return None
    largest = int(falls.argmax())
    top, bottom = points[largest], points[largest + 1]
    low = _crest(-values[top : points[min(largest + 2, len(points) - 1)] + 1], rate_hz, baseline, least)
    bottom = bottom if low is None else top + low
    if largest:
        before = points[largest - 1]
        high = _crest(values[before : bottom + 1], rate_hz, baseline, least)
        top = top if high is None else before + high
    return 1000 * (bottom - top) / rate_hz


def _crest(values: np.ndarray, rate_hz: float, baseline: Baseline, least: float) -> int | None:
    """Return where a wave is highest, however slow it is; None where it is not over ``least`` or the noise."""
    values = np.maximum(values, 0.0)  # a steep phase of the other sign would raise what lies beside it
    reach = round(WIDTH_SHARE * np.count_nonzero(values > values.max() / 2))
    smooth = _parabolas(values, reach)
    at = int(smooth.argmax())
    spread = np.interp(1000 * (2 * reach + 1) / rate_hz, (0, *SPREADS_MS), (baseline.noise, *baseline.spreads))
    return at if smooth[at] > max(MEAN_SIGMAS * spread, least) else None
