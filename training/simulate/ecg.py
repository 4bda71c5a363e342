"""Simulated 12-lead ECGs with known truth: heartbeats as moving dipoles of Gaussian waves, seen by twelve leads.

After McSharry et al. 2003 (Gaussian waves) and Sameni et al. 2007 (a three-dimensional dipole); from the dipole to the
leads by Dower's matrix (Dower, Machado & Osborne 1980). X points to the left arm, Y to the feet, Z to the back.
"""

import csv
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from training.simulate.ecg_noise import add_noise
from viewer.study import TWELVE_LEADS

CLASSES = ("1dAVb", "RBBB", "LBBB", "SB", "AF", "ST", "STD", "STE", "Normal")

_I, _II = np.array([0.632, -0.235, 0.059]), np.array([0.235, 1.066, -0.132])
DOWER = np.stack(
    [
        _I, _II, _II - _I, -(_I + _II) / 2, _I - _II / 2, _II - _I / 2,
        np.array([-0.515, 0.157, -0.917]), np.array([0.044, 0.164, -1.387]), np.array([0.882, 0.098, -1.277]),
        np.array([1.213, 0.127, -0.601]), np.array([1.125, 0.127, -0.086]), np.array([0.831, 0.076, 0.230]),
    ]
)  # fmt: skip

# (offset ms from the QRS complex's middle, standard deviation ms, dipole X Y Z in mV) of each wave
Waves = tuple[tuple[float, float, tuple[float, float, float]], ...]
NARROW: Waves = (
    (-22, 7, (-0.12, -0.02, -0.30)),  # septum: to the right and front
    (-6, 9, (0.55, 0.55, -0.35)),  # apex and front
    (8, 9, (0.80, 0.60, 0.75)),  # left wall: left, down, back
    (24, 8, (-0.10, -0.15, 0.35)),  # base: up and back
)
RIGHT_BLOCK: Waves = (
    (-34, 7, (-0.10, -0.02, -0.28)),
    (-18, 9, (0.55, 0.50, -0.15)),
    (-3, 9, (0.65, 0.50, 0.55)),
    (38, 17, (-0.50, -0.02, -0.55)),  # the right ventricle last, slowly: R' in V1, broad S in I and V6
)
LEFT_BLOCK: Waves = (
    (-42, 13, (0.35, 0.25, 0.10)),  # no septal q: straight to the left
    (-12, 18, (0.70, 0.25, 0.85)),
    (30, 19, (0.75, 0.05, 0.75)),  # the left wall late: the notch in I, aVL, V5, V6
)
PREMATURE: Waves = ((-45, 18, (-0.2, 0.4, -0.4)), (5, 26, (0.3, 0.6, -0.6)), (60, 18, (-0.15, -0.3, 0.2)))

# Directions of a raised ST segment's dipole (Thygesen et al. 2018: contiguous leads by territory)
ST_UP = {
    "anterior": (0.25, -0.1, -1.0),
    "inferior": (-0.15, 1.0, 0.1),
    "lateral": (1.0, -0.35, 0.15),
    "anterolateral": (0.8, -0.15, -0.7),
    "inferolateral": (0.7, 0.8, 0.1),
}
ST_DOWN = {"subendocardial": (-0.85, -0.55, 0.25), "lateral": (-1.0, 0.0, 0.2), "inferior": (-0.3, -1.0, 0.1)}


@dataclass(frozen=True)
class Plan:
    """What is to be simulated.

    ``rhythm``: ``sinus`` or ``af``. ``conduction``: ``normal``, ``rbbb`` or ``lbbb``. ``st_mv``: largest shift of the
    ST segment in any lead, raised (> 0) or lowered (< 0), 0 where level. ``premature``: share of ventricular premature
    beats. ``other``: ``inverted-t``, ``high-voltage``, ``low-voltage``, ``left-axis`` or ``""``: what makes a record
    abnormal without being one of the named findings.
    """

    rhythm: str = "sinus"
    rate_bpm: float = 72.0
    pr_ms: float = 160.0
    conduction: str = "normal"
    qtc_ms: float = 410.0
    st_mv: float = 0.0
    premature: float = 0.0
    other: str = ""

    def labels(self) -> dict[str, bool]:
        """Return which of the nine classes hold (rates: < 60, > 100 a minute; PR > 200 ms; Surawicz et al. 2009)."""
        sinus = self.rhythm == "sinus"
        found = {
            "1dAVb": sinus and self.pr_ms > 200,
            "RBBB": self.conduction == "rbbb",
            "LBBB": self.conduction == "lbbb",
            "SB": sinus and self.rate_bpm < 60,
            "AF": self.rhythm == "af",
            "ST": sinus and self.rate_bpm > 100,
            "STD": self.st_mv <= -0.1,
            "STE": self.st_mv >= 0.1,
        }
        return found | {"Normal": not (any(found.values()) or self.premature or self.other)}


@dataclass(frozen=True, eq=False)
class SimulatedEcg:
    """A record and its truth: (12, samples) float32 mV in the order of TWELVE_LEADS; QRS times; intervals in ms."""

    signals_mv: np.ndarray
    rate_hz: float
    plan: Plan
    beats_s: np.ndarray
    heart_rate_bpm: float
    pr_ms: float | None
    qrs_ms: float
    qt_ms: float


def random_plan(rng: np.random.Generator, finding: str | None = None) -> Plan:
    """Return a plan with ``finding`` (one of CLASSES), or with one drawn evenly; further findings join it at times."""
    wanted = finding or str(rng.choice(CLASSES))
    rate = float(rng.uniform(61, 98))
    pr = float(rng.uniform(120, 195))
    rhythm, conduction, st_mv, premature, other = "sinus", "normal", 0.0, 0.0, ""

    def has(name: str, chance: float, *unless: str) -> bool:
        return wanted == name or (wanted not in ("Normal", *unless) and rng.random() < chance)

    if has("AF", 0.1, "1dAVb", "SB", "ST"):
        rhythm, rate = "af", float(rng.uniform(48, 150))
    elif has("SB", 0.1, "ST"):
        rate = float(rng.uniform(36, 57))
    elif has("ST", 0.1):
        rate = float(rng.uniform(103, 155))
    if rhythm == "sinus" and has("1dAVb", 0.08 * (rate < 110)):
        pr = float(rng.uniform(215, max(230, min(360, 0.42 * 60000 / rate))))
    if has("LBBB", 0.06, "RBBB"):
        conduction = "lbbb"
    elif has("RBBB", 0.08):
        conduction = "rbbb"
    if has("STE", 0.05, "STD"):
        st_mv = float(rng.uniform(0.15, 0.5))
    elif has("STD", 0.08):
        st_mv = -float(rng.uniform(0.12, 0.35))
    if wanted != "Normal" and rng.random() < 0.3:
        other = str(rng.choice(["inverted-t", "high-voltage", "low-voltage", "left-axis"]))
    if wanted != "Normal" and rng.random() < 0.15:
        premature = float(rng.uniform(0.05, 0.25))
    return Plan(rhythm, rate, pr, conduction, float(rng.uniform(370, 450)), st_mv, premature, other)


def simulate_ecg(
    plan: Plan, seed: int | np.random.Generator = 0, seconds: float = 10.0, rate_hz: float = 500.0, noise: float = 1.0
) -> SimulatedEcg:
    """Simulate a record of one heart, drawn with its axis, voltages and wave shapes from ``seed``.

    ``noise`` scales drift, muscle and mains disturbance (0: none).
    """
    rng = np.random.default_rng(seed)
    at = np.arange(round(seconds * rate_hz)) / rate_hz
    beats, premature = _rhythm(plan, rng, seconds)
    waves = {"normal": NARROW, "rbbb": RIGHT_BLOCK, "lbbb": LEFT_BLOCK}[plan.conduction]
    waves = _individual(waves, rng)
    turn = _rotation(rng, 14.0)
    if plan.other == "left-axis":
        turn = turn @ _frontal(-70.0)
    size = float(np.exp(rng.normal(0, 0.2))) * {"high-voltage": 1.9, "low-voltage": 0.4}.get(plan.other, 1.0)
    onset_ms, end_ms = _extent(waves)
    qt_ms = plan.qtc_ms * np.sqrt(min(1.2, 60 / plan.rate_bpm))  # Bazett; capped, or slow hearts' T waves run too late
    if plan.conduction != "normal":
        qt_ms += 0.6 * (end_ms - onset_ms - 80)  # late depolarisation delays repolarisation by about as much
    pieces = np.zeros((3, len(at)))
    shift = _st_direction(plan, rng)
    t_size, t_wave = _t_wave(plan, waves, rng)
    for beat, is_premature in zip(beats, premature, strict=True):
        jitter = 1 + 0.03 * rng.standard_normal()
        near = slice(*np.searchsorted(at, (beat - 0.6, beat + 0.9)))
        t = (at[near] - beat) * 1000
        here = np.zeros((3, len(t)))
        shape = PREMATURE if is_premature else waves
        for middle, sd, dipole in shape:
            here += jitter * size * np.outer(turn @ np.array(dipole), np.exp(-0.5 * ((t - middle) / sd) ** 2))
        start, stop = _extent(shape)
        t_end = start + qt_ms * (1.1 if is_premature else 1.0)
        t_dipole = -0.35 * _sum(shape) if is_premature else t_wave
        here += np.outer(turn @ t_dipole * (1 if is_premature else t_size), _bell(t, t_end - 85, 62, 34))
        if plan.rhythm == "sinus" and not is_premature:
            middle = start - plan.pr_ms + 50
            atria = size * (np.outer((0.05, 0.06, -0.07), _bell(t, middle - 12, 17, 17)))
            atria += size * (np.outer((0.08, 0.09, 0.05), _bell(t, middle + 14, 17, 17)))
            here += atria
        if plan.st_mv and not is_premature:
            here += np.outer(shift, _plateau(t, stop - 8, t_end - 60))
        pieces[:, near] += here
    if plan.rhythm == "af":
        pieces += _fibrillation(at, rng)
    leads = _electrodes(rng) @ pieces
    if noise:
        leads = add_noise(leads, rate_hz, rng, noise)
    sinus = np.diff(beats)
    return SimulatedEcg(
        leads.astype(np.float32),
        rate_hz,
        plan,
        beats,
        float(60 / sinus.mean()) if len(sinus) else float("nan"),
        plan.pr_ms if plan.rhythm == "sinus" else None,
        end_ms - onset_ms,
        float(qt_ms),
    )


def simulate(out: Path, count: int, seed: int = 0, seconds: float = 10.0, rate_hz: float = 500.0) -> dict[str, int]:
    """Write ``count`` simulated records as WFDB with ``labels.csv`` and ``beats.csv``; return how many have each class.

    The same seed gives the same records, whatever the count.
    """
    out.mkdir(parents=True, exist_ok=True)
    counts: Counter[str] = Counter({name: 0 for name in CLASSES})
    columns = ["id", "seed", *CLASSES, "rhythm", "heart_rate_bpm", "pr_ms", "qrs_ms", "qt_ms", "st_mv"]
    with (out / "labels.csv").open("w", newline="") as table, (out / "beats.csv").open("w", newline="") as marks:
        rows, beats = csv.writer(table), csv.writer(marks)
        rows.writerow(columns)
        beats.writerow(["id", "qrs_s"])
        for i in range(count):
            rng = np.random.default_rng((seed, i))
            made = simulate_ecg(random_plan(rng), rng, seconds, rate_hz)
            name, labels = f"sim{i:05d}", made.plan.labels()
            counts.update(c for c in CLASSES if labels[c])
            _write_wfdb(out / name, made, [c for c in CLASSES if labels[c]])
            numbers = (made.heart_rate_bpm, made.pr_ms, made.qrs_ms, made.qt_ms, made.plan.st_mv)
            shown = ["" if n is None else f"{n:.4g}" for n in numbers]
            rows.writerow([name, seed, *(int(labels[c]) for c in CLASSES), made.plan.rhythm, *shown])
            beats.writerows([name, f"{b:.4f}"] for b in made.beats_s)
    return dict(counts)


def _write_wfdb(path: Path, ecg: SimulatedEcg, labels: Sequence[str]) -> None:
    """Write header and samples (format 16: little-endian 16 bit, 1000 steps a millivolt; PhysioNet's header(5))."""
    steps = np.clip(np.rint(ecg.signals_mv.T * 1000), -32767, 32767).astype("<i2")
    path.with_suffix(".dat").write_bytes(steps.tobytes())
    lines = [f"{path.name} {len(TWELVE_LEADS)} {ecg.rate_hz:g} {len(steps)}"]
    for lead, column in zip(TWELVE_LEADS, steps.T, strict=True):
        check = (int(column.sum(dtype=np.int64)) + 2**15) % 2**16 - 2**15
        lines.append(f"{path.name}.dat 16 1000(0)/mV 16 0 {column[0]} {check} 0 {lead}")
    lines += ["# Simulated: no person's ECG", f"# Labels: {' '.join(labels) or 'none of the nine'}"]
    path.with_suffix(".hea").write_text("\n".join(lines) + "\n", "ascii")


def _rhythm(plan: Plan, rng: np.random.Generator, seconds: float) -> tuple[np.ndarray, np.ndarray]:
    """Return QRS times and which beats are premature. AF: irregular from beat to beat; sinus: breathing and a drift."""
    mean = 60 / plan.rate_bpm
    count = int(seconds / mean) + 8
    if plan.rhythm == "af":
        spread = rng.uniform(0.14, 0.28)
        intervals = np.maximum(0.3, mean * rng.gamma(1 / spread**2, spread**2, count))
        intervals *= mean / intervals.mean()
    else:
        breath = rng.uniform(0.003, 0.03) * np.sin(2 * np.pi * rng.uniform(0.15, 0.35) * mean * np.arange(count))
        intervals = mean * (1 + breath + rng.normal(0, 0.006, count))
    early = (rng.random(count) < plan.premature) & (np.arange(count) > 1)
    early[1:] &= ~early[:-1]
    for i in np.flatnonzero(early[:-1]):
        cut = rng.uniform(0.3, 0.42) * intervals[i]
        intervals[i] -= cut
        intervals[i + 1] += cut  # the pause compensates
    beats = np.cumsum(intervals) - rng.uniform(0, intervals[0]) - intervals[0]
    inside = (beats > -0.5) & (beats < seconds + 0.5)
    return beats[inside], early[inside]


def _individual(waves: Waves, rng: np.random.Generator) -> Waves:
    """Another heart: each wave a little earlier, wider, larger and turned."""
    width = float(np.exp(rng.normal(0, 0.06)))
    return tuple(
        (m * width, s * width, tuple(np.array(d) * rng.normal(1, 0.15) + rng.normal(0, 0.03, 3))) for m, s, d in waves
    )  # type: ignore[return-value]


def _extent(waves: Waves) -> tuple[float, float]:
    """Onset and end in ms: where the outermost waves have fallen to 4 % (2.5 standard deviations)."""
    return min(m - 2.5 * s for m, s, _ in waves), max(m + 2.5 * s for m, s, _ in waves)


def _sum(waves: Waves) -> np.ndarray:
    total = np.sum([s * np.array(d) for _, s, d in waves], axis=0)
    return total / max(1e-6, float(np.linalg.norm(total)))


def _t_wave(plan: Plan, waves: Waves, rng: np.random.Generator) -> tuple[float, np.ndarray]:
    """Size in mV and direction: with the QRS complex in health, against it (secondary) in bundle branch block."""
    if plan.conduction == "lbbb":
        return float(rng.uniform(0.25, 0.5)), -_sum(waves)
    usual = np.array([0.65, 0.55, -0.45]) + rng.normal(0, 0.12, 3)
    if plan.conduction == "rbbb":
        usual = np.array([0.7, 0.5, 0.45]) + rng.normal(0, 0.12, 3)
    size = float(rng.uniform(0.2, 0.5))
    return (-0.8 * size if plan.other == "inverted-t" else size), usual / float(np.linalg.norm(usual))


def _st_direction(plan: Plan, rng: np.random.Generator) -> np.ndarray:
    """The ST dipole, scaled so that the most shifted lead moves by ``st_mv``."""
    if not plan.st_mv:
        return np.zeros(3)
    table = ST_UP if plan.st_mv > 0 else ST_DOWN
    direction = np.array(table[str(rng.choice(list(table)))]) + rng.normal(0, 0.1, 3)
    leads = DOWER @ direction
    largest = leads.max() if plan.st_mv > 0 else -np.delete(leads, 3).min()  # aVR mirrors; it does not count
    return direction * abs(plan.st_mv) / largest


def _bell(t: np.ndarray, middle: float, rise: float, fall: float) -> np.ndarray:
    return np.exp(-0.5 * ((t - middle) / np.where(t < middle, rise, fall)) ** 2)


def _plateau(t: np.ndarray, start: float, end: float) -> np.ndarray:
    return 1 / (1 + np.exp(-np.clip((t - start) / 6, -60, 60))) / (1 + np.exp(np.clip((t - end) / 28, -60, 60)))


def _fibrillation(at: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """f waves: 4 to 9 Hz, saw-toothed, waxing and waning, largest towards V1 (Stridh & Soernmo 2001)."""
    frequency = rng.uniform(4, 9)
    wander = np.cumsum(rng.normal(0, 1, len(at))) * np.sqrt(at[1]) * rng.uniform(0.5, 2.0)
    phase = 2 * np.pi * frequency * at + wander
    waves = sum(np.sin(k * phase + 0.3 * k) / k for k in (1, 2, 3))
    envelope = 1 + 0.4 * np.sin(2 * np.pi * rng.uniform(0.1, 0.5) * at + rng.uniform(0, 6.28))
    direction = np.array([-0.3, 0.5, -0.9]) + rng.normal(0, 0.2, 3)
    return rng.uniform(0.015, 0.09) * np.outer(direction, waves * envelope)


def _electrodes(rng: np.random.Generator) -> np.ndarray:
    """Dower's matrix for another chest: the two limb leads and the six chest leads vary, Einthoven's law holds."""
    own = DOWER * np.exp(rng.normal(0, 0.1, (12, 1))) + np.r_[np.zeros((6, 3)), rng.normal(0, 0.06, (6, 3))]
    own[2], own[3], own[4], own[5] = (
        own[1] - own[0], -(own[0] + own[1]) / 2, own[0] - own[1] / 2, own[1] - own[0] / 2,
    )  # fmt: skip
    return own


def _rotation(rng: np.random.Generator, degrees: float) -> np.ndarray:
    from scipy.spatial.transform import Rotation

    return Rotation.from_rotvec(rng.normal(0, degrees, 3), degrees=True).as_matrix()


def _frontal(degrees: float) -> np.ndarray:
    """Turn the frontal plane: negative degrees turn the axis to the left and up."""
    a = np.deg2rad(degrees)
    return np.array([[np.cos(a), -np.sin(a), 0], [np.sin(a), np.cos(a), 0], [0, 0, 1]])
