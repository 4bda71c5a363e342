"""Which stretch of time a picture shows, and whether an electromyographer could name what is in it."""

from dataclasses import dataclass

import numpy as np

from training.simulate.emg_hands.stranger.trains import LABELS, STRETCH_MS, Unit

SPEEDS = {  # ms a division that people use for each generator, the usual ones repeated
    "positive sharp wave": (5, 10, 10, 10, 20, 20, 50, 100),
    "fibrillation": (2, 5, 5, 10, 10, 10, 20, 20, 50, 100),
    "end-plate spike": (2, 5, 5, 10, 10, 10, 20, 20, 50),
    "fasciculation": (5, 10, 10, 20),
    "complex repetitive discharge": (10, 20, 50, 100),
    "myotonic spikes": (20, 50, 100),
    "myotonic positive waves": (20, 50, 100),
    "myokymia": (50, 100),
    "neuromyotonia": (10, 20, 50),
    "insertional activity": (50, 100),
}
SLOW = (5, 10, 10, 20, 20, 50, 100)
UNITS = (5, 10, 10, 10, 20, 20, 50, 100)


@dataclass(frozen=True)
class Timing:
    """Sweeps of a picture: start of each (ms), length (ms), scale (px a ms), and whether a trigger lines them up."""

    starts: tuple[float, ...]
    sweep_ms: float
    px_per_ms: float
    ms_per_div: float
    triggered: bool


def needed(units: list[Unit], generator: str, px_per_ms: float, bare: bool) -> int | None:
    """How many leading potentials a picture must show at a scale to be told; None where nobody could at that scale.

    bare: a cut-out, which does not say how long a division is, so that a simple shape does not tell a motor unit.
    """
    lead = units[0]
    wide = lead.duration * px_per_ms
    gap = float(np.median(np.diff(lead.times))) * px_per_ms if lead.times.size > 1 else 99.0
    if generator == "positive sharp wave":
        return None if wide < 12 else 1 if wide >= 20 else 4
    if generator == "fibrillation":
        if wide >= 14 and lead.duration <= 4.6:
            return 1 if wide >= 24 else 2
        return 5 if wide >= 2.5 and lead.regular else None
    if generator == "end-plate spike":
        return None if wide < 6 else 2 if wide >= 24 else 4 if wide >= 12 else 8
    if generator.endswith("MUAP"):
        rich = lead.phases >= (4 if bare or generator == "myopathic MUAP" else 3)
        if wide < 18 or not rich or (lead.duration < 7 and lead.phases < 4):  # only irregular firing or phases tell
            wide_enough = wide >= (9 if len(units) > 1 else 12) and lead.duration >= 6
            return 4 if wide >= 24 and lead.phases >= 4 else 9 if wide_enough else None
        plain = lead.duration >= 7.5 and wide >= 30
        return 1 if plain and (lead.phases >= 4 or generator == "neurogenic MUAP") else 3
    if generator == "regular motor unit":
        return 3 if wide >= 24 and lead.duration >= 7 and lead.phases >= (4 if bare else 3) else None
    if generator == "fasciculation":
        return 1 if wide >= 30 and lead.phases >= (4 if bare else 3) and lead.duration >= 8 else None
    least, closest = {
        "complex repetitive discharge": (4, 12.0),
        "myotonic spikes": (18, 4.0),
        "myotonic positive waves": (18, 6.0),
        "myokymia": (8, 8.0),
        "neuromyotonia": (18, 4.0),
    }.get(generator, (8, 0.0))
    return least if gap >= closest else None


def clean(units: list[Unit]) -> np.ndarray:
    """Onsets (ms) of the leader's potentials that no other unit overlaps."""
    lead = units[0]
    if lead.generator == "insertional activity":
        return lead.times
    free = np.ones(lead.times.size, bool)
    for other in units[1:]:
        place = np.searchsorted(other.times, lead.times - other.duration)
        following = np.append(other.times, 1e9)[place]
        free &= following > lead.times + lead.duration
    return lead.times[free]


def inside(times: np.ndarray, long_ms: float, starts: tuple[float, ...], sweep_ms: float) -> int:
    """Potentials that lie wholly within the sweeps."""
    return sum(int(np.count_nonzero((times >= s) & (times + long_ms <= s + sweep_ms))) for s in starts)


def tells_itself(lead: Unit, starts: tuple[float, ...], sweep_ms: float) -> bool:
    """Whether a discharge is seen to swell, to fail, to come in groups, or to begin or end, where that is its mark."""
    seen = np.any([(lead.times >= s) & (lead.times < s + sweep_ms) for s in starts], axis=0)
    swell = {"myotonic spikes": 1.7, "myotonic positive waves": 1.7, "neuromyotonia": 1.35}.get(lead.generator)
    if swell:
        return bool(seen.any()) and lead.gains[seen].max() > swell * lead.gains[seen].min()
    if lead.generator == "myokymia":
        gaps = np.diff(lead.times[seen])
        return gaps.size > 5 and gaps.max() > 3 * np.median(gaps)
    if lead.generator == "insertional activity":
        borders = [b for k in (900, 3500, 6100) for b in (k, k + 450)]
        return any(s + 100 < b < s + sweep_ms - 100 for s in starts for b in borders)
    return True


def enough(times: np.ndarray, lead: Unit, least: int, starts: tuple[float, ...], sweep_ms: float) -> bool:
    """Whether sweeps show enough potentials, and with them what marks their discharge."""
    return inside(times, lead.duration, starts, sweep_ms) >= least and tells_itself(lead, starts, sweep_ms)


def screen_timing(
    rng: np.random.Generator, units: list[Unit], generator: str, width_px: int, divs: int, sweeps: int
) -> Timing | None:
    """Sweeps of a whole screen: free-running one after the other, or triggered on the leader; None if none is fair."""
    speeds = SPEEDS.get(generator, UNITS if units else SLOW)
    for _ in range(8):
        speed = float(rng.choice(speeds))
        sweep_ms, scale = speed * divs, width_px / (speed * divs)
        if scale > 45 or sweep_ms * sweeps > STRETCH_MS * 0.6:
            continue
        if not units:
            starts = tuple(rng.uniform(0, 400) + k * sweep_ms for k in range(sweeps))
            return Timing(starts, sweep_ms, scale, speed, False)
        lead, times, least = units[0], clean(units), needed(units, generator, scale, False)
        if least is None or times.size == 0 or lead.duration > 0.8 * sweep_ms:
            continue
        steady = (
            generator in LABELS or generator.endswith("MUAP") or generator in ("fasciculation", "regular motor unit")
        )
        if steady and sweep_ms <= 220 and sweeps <= times.size and rng.random() < 0.4:
            delay = min(rng.uniform(0.1, 0.4) * sweep_ms, sweep_ms - lead.duration * 1.05)
            first = int(rng.integers(0, times.size - sweeps + 1))
            starts = tuple(float(x - delay) for x in times[first : first + sweeps])
            if least <= min(sweeps, 3):  # more are asked where rhythm tells, which a trigger hides
                return Timing(starts, sweep_ms, scale, speed, True)
        anchor = float(rng.choice(times[: max(times.size // 2, 1)]))
        begin = anchor - rng.uniform(0.05, 0.8) * max(sweep_ms - lead.duration, 1)
        starts = tuple(begin + k * sweep_ms for k in range(sweeps))
        if enough(times, lead, least, starts, sweep_ms):
            return Timing(starts, sweep_ms, scale, speed, False)
    return None


def cut_timing(rng: np.random.Generator, units: list[Unit], generator: str) -> Timing | None:
    """A stretch cut out round one or a few of the leader's potentials, at a scale that screens have; None if unfair."""
    for _ in range(8):
        scale = float(np.exp(rng.normal(1.1, 0.75)).clip(0.5, 16))
        if not units:
            return Timing((rng.uniform(0, 400),), rng.uniform(110, 700) / scale, scale, 10.0, False)
        lead, times, least = units[0], clean(units), needed(units, generator, scale, True)
        if least is None or times.size < least:
            continue
        count = least + int(rng.choice((0, 0, 1, 2, 4))) if least > 1 or rng.random() < 0.4 else 1
        if count > times.size:
            continue
        first = int(rng.integers(0, times.size - count + 1))
        begin, end = times[first], times[first + count - 1] + lead.duration
        if generator == "insertional activity":
            begin, end = 3500 + rng.uniform(-100, 150), 3950 + rng.uniform(150, 400)
        near = 0.25 if rng.random() < 0.35 else 1.5
        margin = max(lead.duration, 4) * near if count > 1 else max(lead.duration * near, 2.0)
        begin, end = begin - margin * rng.uniform(0.2, 1), end + margin * rng.uniform(0.2, 1)
        if not tells_itself(lead, (float(begin),), float(end - begin)):
            continue
        if 60 <= (end - begin) * scale <= 1100:
            return Timing((float(begin),), float(end - begin), scale, 10.0, False)
    return None
