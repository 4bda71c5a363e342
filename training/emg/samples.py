"""``python -m training.emg.samples [FOLDER]``: remakes the bundled EMG samples, a screen and a recording. Simulated."""

import sys
from pathlib import Path

import numpy as np

from training.simulate.emg import Amplifier, Draw, Firing, Recording, make, record, write_recording
from training.simulate.emg.backgrounds import amplifier_noise
from training.simulate.emg_artwork import draw_grid, draw_sweep, draw_words
from training.simulate.emg_looks import Look

RATE_HZ = 10000.0
LOOK = Look(
    ground=(6, 10, 16),
    trace=(255, 226, 96),
    grid_colour=(104, 134, 158),
    words=(196, 214, 228),
    grid="dotted lines",
    divisions=(10, 8),
    layout="window",
    font="sans",
    width=1120,
    height=760,
    pen=1,
    smooth=True,
    many_colours=False,
    panel=(22, 32, 44),
)


def main(folder: Path) -> None:
    """Write ``emg_screen.png`` and ``emg_recording.edf`` (with no CSV of events beside it) into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    import cv2

    picture = fibrillation_screen(seed=13)
    cv2.imwrite(str(folder / "emg_screen.png"), picture[..., ::-1], [cv2.IMWRITE_PNG_COMPRESSION, 9])
    path = write_recording(denervated_recording(seed=5), folder / "emg_recording", "edf")
    path.with_suffix(".csv").unlink()


def denervated_recording(seed: int, length_s: float = 20.0) -> Recording:
    """Return a stretch of resting EMG with trains of fibrillations and of positive sharp waves, over noise."""
    draw = Draw(np.random.default_rng(seed))
    work_hz = 2 * RATE_HZ
    settings = (
        ("fibrillation", {"amplitude_uv": 120.0, "duration_ms": 2.6, "rate_hz": 6.3, "cv": 0.02}),
        ("fibrillation", {"amplitude_uv": 65.0, "duration_ms": 3.4, "rate_hz": 2.9, "cv": 0.04}),
        ("positive sharp wave", {"amplitude_uv": 180.0, "duration_ms": 18.0, "rate_hz": 4.1, "cv": 0.02}),
    )
    firings = [make(name, draw, work_hz, length_s, **fixed) for name, fixed in settings]
    firings[2] = _during(firings[2], 4.0, 15.0)
    noise = amplifier_noise(draw, work_hz, int(length_s * work_hz), 4.0)
    return record(firings, noise, RATE_HZ, Amplifier(20.0, 10000.0), ("noise",))


def fibrillation_screen(seed: int) -> np.ndarray:
    """Return a screen of four sweeps, 10 ms a division, in which two fibres fibrillate."""
    draw = Draw(np.random.default_rng(seed))
    work_hz, length_s, sweeps = 20000.0, 0.4, 4
    settings = (
        {"amplitude_uv": 112.0, "duration_ms": 2.8, "rate_hz": 11.0, "cv": 0.02},
        {"amplitude_uv": 66.0, "duration_ms": 3.6, "rate_hz": 6.0, "cv": 0.03},
    )
    firings = [make("fibrillation", draw, work_hz, length_s, **fixed) for fixed in settings]
    noise = amplifier_noise(draw, work_hz, int(length_s * work_hz), 3.5)
    recording = record(firings, noise, 20000.0, Amplifier(20.0, 10000.0))
    picture = np.empty((LOOK.height, LOOK.width, 3), np.uint8)
    picture[:] = LOOK.panel
    plot = (24, 56, 900, 640)
    x, y, w, h = plot
    picture[y : y + h, x : x + w] = LOOK.ground
    draw_grid(picture, plot, LOOK)
    per_sweep = len(recording.samples_uv) // sweeps
    for sweep in range(sweeps):
        base = y + h * (sweep + 0.5) / sweeps
        rows = base + recording.samples_uv[sweep * per_sweep : (sweep + 1) * per_sweep] * (h / 8 / 100)
        draw_sweep(picture, plot, rows, LOOK.trace, LOOK)
        draw_words(picture, str(sweep + 1), (x + 6, int(base) - 22), LOOK.grid_colour, "sans", 13)
    draw_words(picture, "Needle EMG", (24, 18), LOOK.words, "sans", 20)
    draw_words(picture, "TIBIALIS ANTERIOR  right   rest   site 2", (190, 21), (140, 165, 185), "sans", 15)
    draw_words(picture, "100 uV/D   10 ms/D   20 Hz-10 kHz", (24, 716), LOOK.trace, "sans", 17)
    draw_words(picture, "simulated", (24 + 900 - 84, 717), (140, 165, 185), "sans", 15)
    side = (
        "Free run",
        "Sweeps 4",
        "",
        "Sensitivity",
        "100 uV/D",
        "",
        "Sweep",
        "10 ms/D",
        "",
        "Low cut",
        "20 Hz",
        "",
        "High cut",
        "10 kHz",
    )
    for i, text in enumerate(side):
        colour = LOOK.words if "/" in text or "Hz" in text else (140, 165, 185)
        if text:
            draw_words(picture, text, (948, 70 + 26 * i), colour, "sans", 16)
    return picture


def _during(firing: Firing, start_s: float, end_s: float) -> Firing:
    keep = (firing.times_s >= start_s) & (firing.times_s < end_s)
    return Firing(
        firing.generator, firing.label, firing.shapes, firing.times_s[keep], firing.gains[keep], firing.which[keep]
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parents[2] / "resources" / "samples")
