"""What part of the recording a picture shows and at what scale: sweeps, time, pixels."""

from dataclasses import dataclass

import numpy as np

from training.simulate.emg_hands.figures.sources import Source

STEPS = np.array([1, 2, 3, 5, 10, 20, 30, 50, 100])
LIKELY = np.array([0.1, 0.5, 0.3, 2, 4, 2, 0.4, 1, 0.7])


@dataclass(frozen=True)
class View:
    """Sizes in pixels before rescaling by `scale`; times in ms; `mode`: running, triggered, superimposed."""

    cut_out: bool
    mode: str
    sweeps: int
    divs: int
    ms_per_div: float
    width: int
    height: int
    scale: float
    delay: float  # where a trigger puts the onset, a share of the sweep

    @property
    def sweep_ms(self) -> float:
        """Length of one sweep in ms."""
        return self.divs * self.ms_per_div

    @property
    def px_per_ms(self) -> float:
        """Before the rescaling."""
        return self.width / self.sweep_ms

    def aligned(self) -> list[float]:
        """Onsets, in the recording's ms, that the trigger puts at the same place of each sweep."""
        if self.mode == "running":
            return []
        return [(i + self.delay) * self.sweep_ms for i in range(self.sweeps)]


def whole(rng: np.random.Generator, lead: Source) -> View:
    """A screen or figure strip(s) wide and long enough to tell the leading source."""
    grouped = lead.generator in ("myokymia", "neuromyotonia", "insertional activity")
    rhythm = grouped or (lead.cv < 0.06 and lead.min_ms > 0)
    best: View | None = None
    for _ in range(150):
        sweeps = int(rng.choice([1, 2, 3, 4, 5, 6, 8, 10], p=[0.34, 0.14, 0.14, 0.1, 0.1, 0.08, 0.05, 0.05]))
        mode = str(rng.choice(["running", "triggered", "superimposed"], p=[0.7, 0.2, 0.1])) if sweeps > 1 else "running"
        divs = int(rng.choice([10, 10, 10, 8, 12, 5, 20]))
        step = float(rng.choice(STEPS, p=LIKELY / LIKELY.sum()))
        wide = int(rng.uniform(240, 1300))
        high = (
            int(wide * rng.uniform(0.25, 0.8)) if sweeps < 3 else int(max(wide * rng.uniform(0.4, 0.95), 34 * sweeps))
        )
        scale = float(rng.choice([1.0, rng.uniform(0.45, 1.0), rng.uniform(1.0, 1.5)], p=[0.45, 0.4, 0.15]))
        scale = min(scale, 1450 / wide)
        best = View(False, mode, sweeps, divs, step, wide, min(high, 900), scale, rng.uniform(0.1, 0.35))
        if mode != "running" and rhythm:
            continue  # a trigger would hide the rhythm that tells
        if best.px_per_ms * scale < lead.min_ppm or best.sweep_ms < 1.25 * lead.ms:
            continue
        if best.sweep_ms * (1 - best.delay) < 0.9 * lead.ms or best.sweep_ms * sweeps < lead.min_ms:
            continue
        return best
    assert best is not None
    need = max(lead.min_ms, 1.4 * lead.ms)  # no throw fitted: as fine a scale and as many sweeps as it takes
    wide = 1300
    long = min(wide / max(lead.min_ppm, 0.1), need)
    sweeps = int(np.clip(np.ceil(need / long), 1, 10))
    return View(False, "running", sweeps, 10, long / 10, wide, max(200, 90 * sweeps), 1.0, 0.2)


def cut(rng: np.random.Generator, lead: Source) -> View:
    """A waveform or a few, some very close, some with surroundings."""
    low = max(1.15 * lead.ms, lead.min_ms, 4.0)
    stretch = rng.choice([rng.uniform(1.0, 1.6), rng.uniform(1.5, 4), rng.uniform(4, 12)], p=[0.4, 0.4, 0.2])
    long = low * (stretch if lead.min_ms < 100 else rng.uniform(1.0, 1.6))
    if not lead.shapes:
        long = rng.uniform(20, 300)
    wide = int(np.exp(rng.uniform(np.log(64), np.log(700))))
    wide = int(np.clip(max(wide, lead.min_ppm * long), 64, 1500))
    long = max(min(long, wide / max(lead.min_ppm, 1e-6)), min(1.1 * lead.ms, long))
    sweeps = int(rng.choice([1, 2, 3], p=[0.84, 0.1, 0.06])) if lead.min_ms == 0 else 1
    high = int(np.clip(wide * np.exp(rng.normal(-0.35, 0.4)), 44 * sweeps, 700))
    scale = float(rng.choice([1.0, rng.uniform(1.0, 2.2)])) if wide < 350 else 1.0
    divs = int(np.clip(round(wide / rng.uniform(25, 90)), 1, 40))
    return View(True, "triggered" if sweeps > 1 else "running", sweeps, divs, long / divs, wide, high, scale, 0.04)
