"""Potentials of muscle fibres and motor units: poles that run along fibres past a needle.

From outside an action potential is three poles of current, +24.6, -35.4 and +10.8, that run along the fibre (the
tripole of Griep et al. 1978). They are born at one end of the path and swallowed at the other, so that a fibre recorded
at its origin begins negative and one recorded on its way begins positive, with nothing else assumed.
"""

import numpy as np

FS = 16  # samples per millisecond: enough for the 3-5 kHz that pictures of resting EMG still show
POLES = (24.6, -35.4, 10.8)
TAIL = (0.4, 0.55, 0.7, 0.85, 1.0, 1.2, 1.45, 1.75)  # where the last pole lies, in tails


def path_potential(
    t_ms: np.ndarray, depth: float, speed: float, birth: float, death: float, front: float, tail: float
) -> np.ndarray:
    """Potential at z = 0 of one fibre (no unit; mm and mm/ms), positive up in the numbers; t_ms (n,) -> (n,)."""
    head = birth + speed * t_ms
    total = np.zeros_like(t_ms)
    last = POLES[2] / len(TAIL)  # repolarisation is gradual, so the last pole is smeared along the fibre
    poles = [(POLES[0], 0.0), (POLES[1], front), *((last, front + k * tail) for k in TAIL)]
    for charge, behind in poles:
        place = np.clip(head - behind, birth, death)
        total += charge / np.sqrt(depth**2 + place**2)
    return total


def trimmed(wave: np.ndarray, floor: float = 0.03) -> np.ndarray:
    """The part of a wave (n,) between the first and the last sample above a share of its peak, ends tapered to 0."""
    big = np.flatnonzero(np.abs(wave) > floor * np.abs(wave).max())
    lo, hi = max(big[0] - 2, 0), min(big[-1] + 3, wave.size)
    cut = wave[lo:hi].copy()
    edge = min(max(cut.size // 12, 2), cut.size // 2)
    ramp = np.linspace(0, 1, edge)
    cut[:edge] *= ramp
    cut[-edge:] *= ramp[::-1]
    return cut


def stretched(wave: np.ndarray, duration_ms: float) -> np.ndarray:
    """A wave resampled to a duration (ms)."""
    n = max(int(duration_ms * FS), 8)
    return np.interp(np.linspace(0, wave.size - 1, n), np.arange(wave.size), wave)


def scaled(wave: np.ndarray, amplitude_uv: float) -> np.ndarray:
    """A wave brought to a peak-to-peak amplitude (uV)."""
    return wave * (amplitude_uv / np.ptp(wave))


def phases(wave: np.ndarray) -> int:
    """Phases of a wave: runs on one side of the baseline that reach 8 % of the peak."""
    limit = 0.08 * np.abs(wave).max()
    signs = np.sign(wave[np.abs(wave) > limit])
    return 1 + int(np.count_nonzero(np.diff(signs)))


def passing_fibre(rng: np.random.Generator, duration_ms: float) -> np.ndarray:
    """One fibre that runs past the needle: small positive, large negative, mostly a last positive phase (unscaled)."""
    t = np.arange(0, 60, 1 / FS)
    best, miss = np.zeros(8), np.inf
    for _ in range(12):
        speed, depth = rng.uniform(2.0, 4.5), rng.uniform(0.2, 0.7)
        front, tail = rng.uniform(0.6, 2.0), rng.uniform(1.5, 5.0)
        death = rng.uniform(8, 40) if rng.random() < 0.8 else rng.uniform(1.5, 5)
        wave = trimmed(path_potential(t, depth, speed, -rng.uniform(12, 30), death, front, tail), 0.06)
        first = wave[: wave.argmin()].max(initial=0.0) / -wave.min()
        far = max(0.27 - first, first - 0.7, 0.0)  # the first positive phase is the smaller one, yet to be seen
        if far < miss:
            best, miss = wave, far
        if far == 0:
            break
    return stretched(best, duration_ms)


def starting_fibre(rng: np.random.Generator, duration_ms: float) -> np.ndarray:
    """One fibre recorded where its impulse begins: negative first, then positive (unscaled)."""
    t = np.arange(0, 40, 1 / FS)
    birth, depth = rng.uniform(-0.1, 0.0), rng.uniform(0.2, 0.5)
    wave = path_potential(t, depth, rng.uniform(2.0, 4.0), birth, 40, rng.uniform(0.6, 1.5), rng.uniform(1.5, 4))
    wave = trimmed(wave, 0.05)
    turn = int(np.argmin(wave))
    after = wave[turn:]
    after[after > 0] *= rng.uniform(0.25, 0.7) * -wave[turn] / max(float(after.max()), 1e-6)
    return stretched(wave, duration_ms)


def motor_unit(rng: np.random.Generator, kind: str) -> np.ndarray:
    """A motor unit potential: fibres at several depths whose impulses arrive scattered.

    kind is normal, neurogenic, myopathic or fasciculation; durations and phases as in the table of EMG.md (9.6, 13.4,
    7.2 and 12.6 ms on average). Unscaled (n,).
    """
    fibres, scatter, mean, sd, lo, hi = {
        "normal": (14, 0.32, 9.6, 1.8, 6.2, 14.5),
        "neurogenic": (24, 0.8, 13.8, 3.0, 9.0, 24.0),
        "myopathic": (5, 0.5, 7.0, 1.2, 4.8, 9.5),
        "fasciculation": (18, 0.6, 12.6, 3.5, 7.0, 22.0),
    }[kind]
    duration = float(np.clip(rng.normal(mean, sd), lo, hi))
    least = int(rng.choice((3, 3, 4)))
    t = np.arange(0, 50, 1 / FS)
    wave = np.zeros(8)
    for _ in range(5):
        speed, birth = rng.uniform(3.2, 4.5), -rng.uniform(18, 40)
        total = np.zeros_like(t)
        for _ in range(max(2, int(rng.poisson(fibres) * 0.6))):
            depth = 0.25 + rng.gamma(1.6, 0.6)
            delay = rng.normal(4 * scatter, scatter)
            total += path_potential(
                t - delay, depth, speed * rng.normal(1, 0.04), birth, rng.uniform(25, 45), 1.1, rng.uniform(3, 5)
            )
        if kind == "neurogenic" and rng.random() < 0.2:  # a satellite of a reinnervated fibre
            total += path_potential(t - 4 * scatter - rng.uniform(4, 8), 0.35, speed, birth, 40, 1.1, 3)
        wave = trimmed(total, 0.04)
        if phases(wave) >= least:
            break
    return stretched(wave, duration)
