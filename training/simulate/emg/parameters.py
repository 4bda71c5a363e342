"""Every generator of resting (and voluntary) needle EMG with its ranges: amplitude, duration, rate, regularity.

Sources: L, read in a source (named where it is one paper); M, general knowledge. Amplitudes are peak to peak in uV,
durations from first to last 5 % of the largest deflection in ms, rates in Hz; ``cv`` is the intervals' standard
deviation over their mean. Real potentials vary beyond any of these; ranges, not points, are simulated.
"""

from dataclasses import dataclass

import numpy as np

from training.simulate.emg.draws import Range

LABELS = ("PSW", "Fibs", "Others")


@dataclass(frozen=True)
class Generator:
    """What a source of potentials is called, the class a specialist gives it, and its ranges."""

    label: str
    amplitude_uv: Range
    duration_ms: Range
    rate_hz: Range
    cv: Range


GENERATORS: dict[str, Generator] = {
    # 57 % of 553 trains were regular, the rest irregular (L); regular CV <= 5 %, irregular 20-60 % (M), see firing.py
    "fibrillation": Generator(
        "Fibs", Range(20, 600, "L", log=True), Range(1.0, 5.0, "L"), Range(0.5, 15, "L", log=True), Range(0.005, 0.05)
    ),
    "positive sharp wave": Generator(
        "PSW", Range(20, 1000, "L", log=True), Range(10, 30, "L"), Range(0.5, 15, "L", log=True), Range(0.005, 0.05)
    ),
    # each of 5 to 20 end plates; together a dense hiss
    "end-plate noise": Generator("Others", Range(10, 40, "L"), Range(0.5, 3, "L"), Range(20, 40, "L"), Range(0.8, 1.2)),
    "end-plate spike": Generator(
        "Others", Range(100, 300, "L"), Range(2, 5, "L"), Range(5, 50, "L", log=True), Range(0.5, 1.2)
    ),
    "fasciculation": Generator(
        "Others",
        Range(123, 1480, "L", mean=561, sd=367),
        Range(3, 30, "L", mean=12.6, sd=4.4),
        Range(0.1, 10, "L", log=True),
        Range(0.5, 1.5),
    ),
    "normal MUAP": Generator(
        "Others",
        Range(80, 2000, "L", mean=370, sd=150),
        Range(5, 15, "L", mean=9.6, sd=2),
        Range(5, 15),
        Range(0.1, 0.3),
    ),
    "neurogenic MUAP": Generator(
        "Others",
        Range(200, 6000, "L", mean=830, sd=400),
        Range(7, 25, "L", mean=13.4, sd=3),
        Range(5, 25),
        Range(0.1, 0.3),
    ),
    "myopathic MUAP": Generator(
        "Others",
        Range(40, 800, "L", mean=240, sd=90),
        Range(3, 12, "L", mean=7.2, sd=1.8),
        Range(5, 20),
        Range(0.1, 0.3),
    ),
    "PSW-shaped MUAP": Generator("Others", Range(80, 1500, log=True), Range(10, 30), Range(5, 15), Range(0.1, 0.3)),
    "regular motor unit": Generator(
        "Others",
        Range(80, 2000, "L", mean=370, sd=150),
        Range(5, 15, "L", mean=9.6, sd=2),
        Range(2, 15, "L", mean=6.3, sd=4.0),
        Range(0.005, 0.08, "L", mean=0.035, sd=0.017),
    ),
    "complex repetitive discharge": Generator(
        "Others", Range(100, 1000, "L", log=True), Range(5, 40), Range(5, 100, "L", log=True), Range(0.002, 0.02)
    ),
    "myotonic spikes": Generator(
        "Others", Range(20, 800, log=True), Range(1.5, 5, "L"), Range(20, 150, "L", log=True), Range(0.02, 0.08)
    ),
    "myotonic positive waves": Generator(
        "Others", Range(20, 800, log=True), Range(5, 20, "L"), Range(20, 100, "L", log=True), Range(0.02, 0.08)
    ),
    "myokymia": Generator(
        "Others", Range(100, 1500, log=True), Range(5, 15), Range(5, 60, "L", log=True), Range(0.05, 0.2)
    ),
    "neuromyotonia": Generator(
        "Others", Range(50, 800, log=True), Range(3, 10), Range(150, 300, "L"), Range(0.01, 0.05)
    ),
    "insertional activity": Generator(
        "Others", Range(50, 800, log=True), Range(1, 8), Range(50, 300, log=True), Range(0.7, 1.3)
    ),
}

# The bursts that myokymia comes in (L), and insertional activity's length (L)
BURST_RATE_HZ = Range(0.1, 5, "L", log=True)
INSERTION_MS = Range(300, 500, "L")

# Mean amplitude of fibrillations in uV by months after denervation: 612, 512 and 320 at 0-2, 3-4 and 5-6 months, at
# most 100 after twelve (Kraft 1990, L); between the middles of these it is interpolated, the spread is M
_KRAFT_MONTHS, _KRAFT_UV = (1.0, 3.5, 5.5, 12.0), (612.0, 512.0, 320.0, 100.0)


def amplitude_after(months: float) -> Range:
    """Return the range of amplitudes of fibrillations and positive sharp waves ``months`` after denervation."""
    mean = float(np.interp(months, _KRAFT_MONTHS, _KRAFT_UV))
    return Range(20, 1000, "L", mean=mean, sd=0.4 * mean)


# A monopolar needle's motor unit potentials against a concentric one's: larger (to twice), more polyphasic, as long or
# slightly longer (L)
MONOPOLAR_GAIN, MONOPOLAR_LENGTH, MONOPOLAR_SPREAD = Range(1, 2, "L"), Range(1, 1.1, "L"), Range(1.0, 1.6)

# Backgrounds
AMPLIFIER_NOISE_UV = Range(1.5, 12, "L", log=True)  # rms: 3-4 uV the amplifier, about 10 uV with the needle
MAINS_UV = Range(5, 200, "L", log=True)
ECG_UV = Range(5, 200, "L", log=True)
ECG_RATE_HZ = Range(1.0, 1.7, "L")
QRS_MS = Range(60, 100, "L")
PACEMAKER_MS = Range(0.2, 1.0, "L")
NEEDLE_MOVEMENT_UV = Range(100, 3000, log=True)
