"""Training pictures: real and simulated records, varied, drawn on sheets in every look, as the viewer prepares them.

They lie in memory-mapped arrays; a run that was cut off goes on.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from training.ecg.augment import lift_st, vary
from training.ecg.beats import beat_times
from training.ecg.records import CLASSES, Record, load_records
from training.ecg.simulated import simulated_records
from training.ecg.splits import split
from training.ecg.train_records import as_input, chances, lifted_labels
from training.simulate.ecg_sheet import render_sheet
from training.simulate.ecg_sheet_style import FONTS, PAPERS, random_style
from viewer.models.preprocessing.ecg import LIMB_LEADS, RATE_HZ
from viewer.models.preprocessing.ecg_sheet import sheet_planes

RECIPE = Path(__file__).parents[1] / "recipes" / "ecg-sheets.toml"
HELD_PAPERS, HELD_FONTS = ("green", "cream", "black"), ("mono", "complex")  # looks kept back to test on
SEEN_PAPERS = tuple(p for p in PAPERS if p not in HELD_PAPERS)
SEEN_FONTS = tuple(f for f in FONTS if f not in HELD_FONTS)
SAMPLES = 10 * RATE_HZ


def training_records(data: Path, recipe: dict) -> list[Record]:
    """Return the real records to learn from, and simulated ones beside them."""
    records = load_records(data)
    side = split(records, recipe["split"], recipe["seed"])
    learn = [r for r in records if side[r.id] == "train"]
    return learn + simulated_records(recipe["sheets"]["simulated"], recipe["seed"])


def draw_pool(records: Sequence[Record], out: Path, count: int, recipe: dict) -> None:
    """Draw ``count`` pictures of ``records`` into ``planes.npy``; their signals and labels lie beside it."""
    out.mkdir(parents=True, exist_ok=True)
    height, width = recipe["sheets"]["drawn"]
    planes = _array(out / "planes.npy", (count, 2, height, width), np.uint8)
    signals = _array(out / "signals.npy", (count, 8, SAMPLES), np.float16)
    labels = _array(out / "labels.npy", (count, 2, len(CLASSES)), np.float32)
    inputs = [as_input(r) for r in records]
    beats = [beat_times(r.signals, r.rate_hz) for r in records]
    odds = chances(records)
    done = out / "done.txt"
    for i in range(int(done.read_text()) if done.exists() else 0, count):
        rng = np.random.default_rng((recipe["seed"], 11, i))
        chosen = int(rng.choice(len(records), p=odds))
        x, target = inputs[chosen], np.stack([records[chosen].labels, records[chosen].known])
        if target[0][-1] and rng.random() < recipe["sheets"]["lifted"]:
            x, target = lift_st(x, beats[chosen], rng), lifted_labels(target)
        x = vary(x, rng, min(SAMPLES, x.shape[1]), lossless=True)
        style = random_style(rng, tuple(recipe["sheets"]["px_per_mm"]), SEEN_PAPERS, SEEN_FONTS)
        picture, _ = render_sheet(drifting(twelve_leads(x), rng), RATE_HZ, style, rng)
        planes[i] = sheet_planes(picture, height, width)[0]
        signals[i, :, : x.shape[1]] = x
        labels[i] = target
        if (i + 1) % 100 == 0:
            for array in (planes, signals, labels):
                array.flush()
            done.write_text(str(i + 1))
            print(i + 1, flush=True)


def twelve_leads(x: np.ndarray) -> np.ndarray:
    """Return (12, samples) from the network's eight leads (Einthoven and Goldberger)."""
    inverse = np.linalg.inv(np.array([LIMB_LEADS["aVL"], LIMB_LEADS["aVF"]]))
    limb = np.array(list(LIMB_LEADS.values())) @ (inverse @ x[:2])
    return np.concatenate([limb, x[2:]]).astype(np.float32)


def drifting(leads: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return leads with the slow drift that paper shows (the network's own input has lost it)."""
    if rng.random() < 0.5:
        return leads
    at = np.arange(leads.shape[1]) / RATE_HZ
    size = rng.exponential(0.08) * rng.uniform(0, 1, (len(leads), 1))
    drift = np.sin(2 * np.pi * rng.uniform(0.05, 0.4) * at + rng.uniform(0, 2 * np.pi, (len(leads), 1)))
    return leads + (size * drift).astype(np.float32)


def _array(path: Path, shape: tuple[int, ...], dtype: type) -> np.memmap:
    if path.exists():
        return np.load(path, mmap_mode="r+")
    return np.lib.format.open_memmap(path, mode="w+", dtype=dtype, shape=shape)
