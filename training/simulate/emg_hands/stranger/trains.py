"""When potentials fire: units over a stretch of seconds, for the leading generator and for its company."""

from dataclasses import dataclass

import numpy as np

from training.simulate.emg_hands.stranger import waves
from training.simulate.emg_hands.stranger.fibres import FS, motor_unit, passing_fibre, phases, scaled
from training.simulate.emg_hands.stranger.waves import spread

STRETCH_MS = 14_000.0
LABELS = {"positive sharp wave": "PSW", "fibrillation": "Fibs"}


@dataclass(frozen=True)
class Unit:
    """One source: its wave (uV, FS a ms), onsets (ms) and the gain of each discharge; regular when rhythm marks it."""

    generator: str
    wave: np.ndarray
    times: np.ndarray
    gains: np.ndarray
    regular: bool

    @property
    def amplitude(self) -> float:
        """Largest peak-to-peak amplitude in uV."""
        return float(np.ptp(self.wave) * self.gains.max(initial=0.01))

    @property
    def duration(self) -> float:
        """Duration in ms."""
        return self.wave.size / FS

    @property
    def phases(self) -> int:
        """Number of phases."""
        return phases(self.wave)


def spaced(rng: np.random.Generator, rate_hz: float, cv: float, least_ms: float) -> np.ndarray:
    """Onsets over the stretch: intervals of a mean and a CV (gamma), none shorter than the wave itself."""
    period = 1000 / rate_hz
    count = int(STRETCH_MS / period * 1.6) + 4
    shape = 1 / max(cv, 0.004) ** 2
    gaps = np.maximum(rng.gamma(shape, period / shape, count), least_ms)
    times = rng.uniform(0, period) + np.cumsum(gaps)
    return times[times < STRETCH_MS]


def train(
    rng: np.random.Generator, generator: str, wave: np.ndarray, rate: float, cv: float, shake: float = 0.03
) -> Unit:
    """A unit that fires over the whole stretch."""
    times = spaced(rng, rate, cv, wave.size / FS * 1.02)
    return Unit(generator, wave, times, rng.normal(1, shake, times.size).clip(0.7, 1.3), cv < 0.1)


def denervated(rng: np.random.Generator, generator: str) -> list[Unit]:
    """Fibrillations or positive sharp waves: one train, or up to four of smaller and smaller fibres."""
    make = waves.psw if generator == "positive sharp wave" else waves.fibrillation
    many = 1 if rng.random() < 0.6 else int(rng.integers(2, 5))
    first = make(rng)
    out = []
    for k in range(many):
        wave = first if k == 0 else scaled(make(rng), np.ptp(first) * rng.uniform(0.25, 0.8))
        cv = rng.uniform(0.01, 0.05) if rng.random() < 0.72 else rng.uniform(0.2, 0.5)  # Heckmann & Ludin 1982
        rate = min(bell_rate(rng), 700 / (wave.size / FS))
        out.append(train(rng, generator, wave, rate, cv))
    return out


def bell_rate(rng: np.random.Generator) -> float:
    """Rate of a denervated fibre in Hz: 0.5-15, mostly 2-12."""
    return waves.bell(rng, 5.5, 0.6, 0.5, 15)


def voluntary(rng: np.random.Generator, generator: str) -> list[Unit]:
    """Motor units under the will: one to three, each at 5-15 Hz and a CV of 0.1-0.3; or one very regular unit."""
    kind = generator.split(maxsplit=1)[0] if generator != "regular motor unit" else "normal"
    first = waves.unit(rng, kind)
    if generator == "regular motor unit":
        return [train(rng, generator, first, np.clip(rng.normal(6.3, 3), 2, 14), rng.uniform(0.02, 0.06))]
    out = [train(rng, generator, first, rng.uniform(5, 13), rng.uniform(0.13, 0.28), 0.04)]
    for _ in range(int(rng.choice(3, p=(0.55, 0.3, 0.15)))):
        wave = scaled(motor_unit(rng, kind), np.ptp(first) * rng.uniform(0.2, 0.8))
        out.append(train(rng, generator, wave, rng.uniform(5, 13), rng.uniform(0.1, 0.25), 0.04))
    return out


def endplate(rng: np.random.Generator) -> list[Unit]:
    """End-plate spikes: very irregular, short and long gaps mixed, up to 50 Hz."""
    return [train(rng, "end-plate spike", waves.endplate_spike(rng), spread(rng, 8, 45), rng.uniform(0.6, 1.0), 0.08)]


def repetitive(rng: np.random.Generator) -> list[Unit]:
    """A complex repetitive discharge of 5-80 Hz that may stop or start abruptly."""
    rate = spread(rng, 6, 70)
    made = train(rng, "complex repetitive discharge", waves.discharge_cycle(rng, 1000 / rate), rate, 0.005, 0.01)
    return [made]


def myotonic(rng: np.random.Generator, generator: str) -> list[Unit]:
    """A myotonic discharge: rate (20-100 Hz) and amplitude wax and wane together over a second or so."""
    positive = generator == "myotonic positive waves"
    wave = waves.positive_wave(rng, rng.uniform(6, 14)) if positive else passing_fibre(rng, rng.uniform(2, 4.5))
    wave = scaled(wave, waves.bell(rng, 300, 0.6, 80, 1200))
    beat, turn = spread(rng, 350, 1500), rng.uniform(0, 6.28)
    low, high = rng.uniform(18, 30), rng.uniform(45, 95)
    times, now = [], 0.0
    while now < STRETCH_MS / 2:
        times.append(now)
        swell = 0.5 + 0.5 * np.sin(6.283 * now / beat + turn)
        now += max(1000 / (low + (high - low) * swell) * rng.normal(1, 0.02), wave.size / FS)
    at = np.array(times)
    gains = 0.25 + 0.75 * (0.5 + 0.5 * np.sin(6.283 * at / beat + turn))
    return [Unit(generator, wave, at, gains, True)]


def bursting(rng: np.random.Generator, generator: str) -> list[Unit]:
    """Myokymia (groups of 3-12 at 15-50 Hz, 0.8-4 groups a second) or neuromyotonia (150-250 Hz, falling off)."""
    wave = waves.unit(rng, "normal")
    if generator == "neuromyotonia":
        wave = scaled(passing_fibre(rng, rng.uniform(2.5, 3.6)), rng.uniform(200, 1000))
        many, inside, pause = int(rng.integers(40, 110)), 1000 / rng.uniform(150, 250), rng.uniform(300, 1500)
    else:
        many, inside, pause = int(rng.integers(3, 10)), 1000 / rng.uniform(18, 45), spread(rng, 200, 900)
    inside = max(inside, wave.size / FS * 1.05)
    times, gains, now = [], [], rng.uniform(0, 200)
    while now < STRETCH_MS:
        count = many if generator == "neuromyotonia" else max(2, many + int(rng.integers(-1, 2)))
        times += list(now + inside * (np.arange(count) + rng.normal(0, 0.04, count)))
        gains += list(np.linspace(1, 0.25, count) if generator == "neuromyotonia" else rng.normal(1, 0.05, count))
        now = times[-1] + inside + pause * rng.normal(1, 0.08)
    return [Unit(generator, wave, np.array(times), np.array(gains), False)]


def insertional(rng: np.random.Generator) -> list[Unit]:
    """A burst of 200-450 ms of many fibres as the needle moves, then silence; again every two seconds."""
    out, length = [], rng.uniform(200, 450)
    for _ in range(int(rng.integers(5, 9))):
        wave = scaled(passing_fibre(rng, rng.uniform(1.5, 4.5)), spread(rng, 80, 600))
        at = np.concatenate([k + np.sort(rng.uniform(0, length, int(rng.integers(4, 12)))) for k in (900, 3500, 6100)])
        out.append(Unit("insertional activity", wave, at, spread(rng, 0.6, 1) * rng.uniform(0.6, 1, at.size), False))
    return sorted(out, key=lambda one: -one.amplitude)


def leading(rng: np.random.Generator, generator: str) -> list[Unit]:
    """The units of a generator, the largest first; none for quiet, artefact and end-plate noise (see noise.py)."""
    if generator in LABELS:
        return denervated(rng, generator)
    if generator.endswith("MUAP") or generator == "regular motor unit":
        return voluntary(rng, generator)
    if generator == "fasciculation":
        wave = waves.unit(rng, "fasciculation")
        return [train(rng, generator, wave, spread(rng, 0.3, 4), rng.uniform(0.5, 0.9))]
    if generator.startswith("myotonic"):
        return myotonic(rng, generator)
    if generator in ("myokymia", "neuromyotonia"):
        return bursting(rng, generator)
    makers = {
        "end-plate spike": endplate,
        "complex repetitive discharge": repetitive,
        "insertional activity": insertional,
    }
    return makers[generator](rng) if generator in makers else []


def company(rng: np.random.Generator, generator: str, leader_uv: float) -> list[Unit]:
    """Something smaller beside the leader now and then: the other denervated potential, or a distant motor unit."""
    if rng.random() > 0.16:
        return []
    size = leader_uv * rng.uniform(0.12, 0.35)
    if generator in LABELS and rng.random() < 0.6:
        other = "fibrillation" if generator == "positive sharp wave" else "positive sharp wave"
        make = waves.psw if other == "positive sharp wave" else waves.fibrillation
        return [train(rng, other, scaled(make(rng), size), rng.uniform(0.7, 3), 0.03)]
    if generator in LABELS or generator.endswith("MUAP") or generator == "fasciculation":
        return [train(rng, "normal MUAP", scaled(motor_unit(rng, "normal"), size), rng.uniform(4, 9), 0.15)]
    return []
