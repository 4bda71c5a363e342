"""The EMG screen network's card."""

from typing import Any

from training.emg.pictures import HEIGHT, WIDTH
from training.emg.train import MEAN, STD
from training.simulate.emg.parameters import LABELS

PRECISION_WANTED = {"PSW": 0.995, "Fibs": 0.9}


def card_of(
    recipe: dict, points: dict[str, float], temperature: float, sure: float, figures: list[dict], maps: dict
) -> dict[str, Any]:
    """Return the card's content."""
    counts = recipe["pictures"]
    return {
        "id": recipe["id"],
        "version": recipe["version"],
        "title": "Needle EMG screens",
        "role": "read",
        "reads": ["emg-image"],
        "classes": list(LABELS),
        "exclusive": True,
        "validated": False,
        "operating_points": points,
        "operating_points_from": "simulated validation pictures: precision "
        + " and ".join(f"{v:g} for {k}" for k, v in PRECISION_WANTED.items())
        + ", at the lowest such threshold; Others 0.5",
        "uncertain_below": sure,
        "intended_use": "Research: what a screen of resting needle EMG, or a waveform cut out of one, shows",
        "limits": [
            "Trained on simulation: no real fibrillation or positive sharp wave was seen, in training or in testing",
            "Real recordings are four, of contracting muscle; two were trained on",
            "A screen drawn positive-up is often uncertain, or wrong",
            "Without its scale a single short motor unit potential cannot be told from a fibrillation for certain",
            "One positive sharp wave cannot be told from a motor unit potential of that shape or one of a myotonic run",
            "A mixture of positive sharp waves and fibrillations gets one class",
            "A fibrillation or positive sharp wave among dense end-plate noise is often called Others",
            "A short motor unit potential (myopathic, or very regular) is called Fibs in about one picture of five",
            "The simulator and the operating points were mended once after a look at misread test pictures, which were "
            "then drawn anew: the figures are no first look, and may be slightly too good",
            "The settings that keep real motor units from being called PSW or Fibs were added after the held-out real "
            "recordings had been measured (4 % of the healthy one's): those figures too are no first look",
            "A grade (0 to 4+) needs several sites and time: it is not given",
        ],
        "recipe": "training/recipes/emg-screens.toml",
        "architecture": {"name": "screen-events", "arguments": {"classes": len(LABELS)}},
        "preprocessing": {
            "name": "picture",
            "arguments": {
                "height": HEIGHT,
                "width": WIDTH,
                "fit": "letterbox",
                "channels": 1,
                "mean": MEAN,
                "std": STD,
            },
        },
        "calibration": {"temperature": temperature, "from": "simulated validation pictures (temperature scaling)"},
        "data": [
            {
                "name": "Simulated needle EMG screens (training/simulate)",
                "licence": "MIT",
                "count": counts["shards"] * counts["shard"],
                "note": "volume-conducted fibre potentials in random machine looks; drawn before accompanying end-"
                "plate noise was made lower",
            },
            {
                "name": "PhysioNet EMGDB neuropathy; EMGLAB R00108 biceps",
                "licence": "ODC-By; non-commercial redistribution",
                "count": 2,
                "note": "real motor units, as Others, in about 6 % of the pictures",
            },
        ],
        "figures": figures,
        "maps": maps,
    }
