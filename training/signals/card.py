"""The card of the network of sweeps."""

from dataclasses import asdict
from typing import Any

from training.simulate.emg.parameters import LABELS
from viewer.models.card import Beside
from viewer.reading.signals import CHANNELS

NOTES = {
    "ends": "a third drawn by three further simulators",
    "others": "potentials by further simulators on this one's screens",
    "bare": "curves alone, two thirds by further simulators",
}


def card_of(recipe: dict, beside: Beside, figures: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the card's content without its weights."""
    return {
        "id": recipe["id"],
        "version": recipe["version"],
        "title": "What the sweeps of EMG pictures show",
        "role": "signals",
        "reads": [],
        "classes": list(LABELS),
        "exclusive": True,
        "validated": False,
        "intended_use": "Judges the curves on an EMG screen or on a panel of a report sheet, beside emg-screens, which "
        "looks at the picture",
        "limits": [
            "Trained on simulated screens, and two real recordings of motor units",
            "Sweeps are found before (screen-curves, and rules): where one is lost, or is words, it judges the rest",
            "Heard only beside the very weights that it was weighed with: a network trained on from them reads alone",
            "The accuracies of one network alone were measured on the same test pictures as those of both together",
        ],
        "recipe": "training/recipes/screen-signals.toml",
        "architecture": {"name": "sweep-signals", "arguments": {"classes": len(LABELS)}},
        "preprocessing": {"name": "signals", "arguments": {"rows": CHANNELS}},
        "beside": {"emg-screens": asdict(beside)},
        "data": [
            *(
                {
                    "name": f"Simulated needle EMG screens (training/simulate): {NOTES[kind]}",
                    "licence": "MIT",
                    "count": max(part["pieces"].get(kind, 0) for part in recipe["part"]) * recipe["piece"],
                    "note": "their sweeps as the viewer finds them",
                }
                for kind in sorted({kind for part in recipe["part"] for kind in part["pieces"]})
            ),
            {
                "name": "PhysioNet EMGDB neuropathy; EMGLAB R00108 biceps",
                "licence": "ODC-By; non-commercial redistribution",
                "count": 2,
                "note": "real motor units, as Others, in about 4 % of the screens that no other hand drew",
            },
        ],
        "figures": figures,
        "maps": {"faithful": False, "note": "no maps"},
    }
