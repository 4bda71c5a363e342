"""Motor units: sums of fibres with scattered end-plates, conduction velocities and distances."""

from dataclasses import dataclass, replace

import numpy as np

from training.simulate.emg_hands.cables.fibre import Array, Fibres, Rng, action, needle, potential
from training.simulate.emg_hands.cables.potentials import duration, log_uniform, trim

Range = tuple[float, float]


@dataclass(frozen=True)
class Unit:
    """One kind of motor unit: ranges from which each unit draws its own value."""

    fibres: Range  # number near the needle
    territory: Range  # mm, radius of the part that counts
    nearest: Range  # mm, distance of the nearest fibre
    endplates: Range  # mm, sd of the end-plates along the fibres
    speeds: Range  # share, sd of conduction velocity
    sprouts: Range  # ms, mean extra delay of thin branches
    rise: Range  # ms, rise of the action potential
    jitter: Range  # ms, sd of a fibre's delay from firing to firing (healthy below 0.055, Stalberg & Trontelj 1979)
    lasts: Range  # ms, accepted duration
    uv: Range  # uV peak-to-peak: median, sd of the logarithm
    late: float  # probability of satellites


# Aims: duration 9.6 / 13.4 / 7.2 ms, 2.6 / 4.0 / 2.7 phases, 370 / 830 / 240 uV.
UNITS = {
    "normal": Unit((10, 22), (1.5, 3), (0.25, 0.8), (0.5, 2.5), (0.02, 0.06), (0, 0.1), (0.9, 2.6), (0.01, 0.04),
                   (5, 18), (320, 0.55), 0.02),
    "neurogenic": Unit((16, 30), (2, 4), (0.15, 0.7), (1.5, 5), (0.04, 0.14), (0.1, 0.9), (1.1, 2.3), (0.03, 0.15),
                       (7, 35), (680, 0.6), 0.25),
    "myopathic": Unit((3, 9), (0.8, 2), (0.2, 0.7), (0.3, 1.5), (0.02, 0.1), (0, 0.2), (0.8, 1.8), (0.01, 0.06),
                      (4, 14), (210, 0.5), 0.04),
}  # fmt: skip


def _draw(rng: Rng, kind: Unit) -> Fibres:
    """The fibres of one motor unit."""
    n = round(rng.uniform(*kind.fibres))
    away = np.sort(rng.uniform(*kind.territory) * np.sqrt(rng.random((n, 1))), axis=0)
    away += log_uniform(rng, *kind.nearest) - away[0]
    angle = rng.uniform(-0.5 * np.pi, 0.5 * np.pi, (n, 1))  # the side that the core faces
    speed = rng.uniform(3, 4.4) * np.exp(rng.normal(0, rng.uniform(*kind.speeds), (n, 1)))
    zone = rng.normal(0, 1) if rng.random() < 0.25 else -log_uniform(rng, 3, 35)  # mm to end-plates
    origin = zone + rng.normal(0, rng.uniform(*kind.endplates), (n, 1))
    ahead, behind = (np.maximum(rng.uniform(25, 70) + rng.normal(0, 4, (n, 1)), 5) for _ in range(2))
    delay = rng.exponential(1, (n, 1)) * rng.uniform(*kind.sprouts)
    if rng.random() < kind.late:
        late = rng.random((n, 1)) < 0.08
        late[int(rng.integers(min(n, 4)))] = True
        delay += late * rng.uniform(4, 14)
    size = (speed / 4) ** 2 * np.exp(rng.normal(0, 0.2, (n, 1)))
    return Fibres(away * np.cos(angle), away * np.sin(angle), origin, ahead, behind, speed, delay, size, 0 * away)


def motor_unit(rng: Rng, name: str, gain: float = 1.0) -> tuple[Array, ...]:
    """Two shapes of one motor unit (a name in UNITS) that differ by its jitter; gain: of its kind's amplitude."""
    kind = UNITS[name]
    while True:
        fibres, lead_off = _draw(rng, kind), needle(rng)
        wave = action(rng, rng.uniform(*kind.rise), rng.uniform(0, 0.2), log_uniform(rng, 2, 8), 36)
        shape = potential(fibres, lead_off, wave)
        if kind.lasts[0] <= duration(shape) <= kind.lasts[1]:
            break
    moved = fibres.delay + np.abs(rng.normal(0, rng.uniform(*kind.jitter), fibres.delay.shape))
    other = potential(replace(fibres, delay=moved), lead_off, wave)
    uv = gain * float(np.clip(kind.uv[0] * np.exp(rng.normal(0, kind.uv[1])), 40, 5000))
    return trim(shape, uv), trim(other, uv * float(np.ptp(other) / np.ptp(shape)))
