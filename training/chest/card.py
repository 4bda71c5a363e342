"""What the card of the chest film network says."""

import numpy as np

from training.chest.films import LABELS, UNBIASED, Films

NIH = (
    "free use, with citation of Wang et al. 2017 (ChestX-ray8, CVPR) and acknowledgement of the NIH Clinical Center, "
    "https://nihcc.app.box.com/v/ChestXray-NIHCC"
)


def card(
    recipe: dict,
    learn: Films,
    points: dict[str, float],
    temperature: float,
    boxes: dict[str, tuple[float, float]],
    figures: list[dict],
    maps: dict,
) -> dict:
    """Return the bundle's card, but for the weights' hash."""
    return {
        "id": recipe["id"],
        "version": recipe["version"],
        "title": recipe["title"],
        "role": "read",
        "reads": ["chest-xray"],
        "classes": list(LABELS),
        "exclusive": False,
        "validated": False,
        "operating_points": points,
        "operating_points_from": "sensitivity equal to specificity on the validation patients' films, all sources",
        "calibration": {
            "temperature": temperature,
            "from": f"log-loss on the validation patients' films of one sample ({UNBIASED}) of NIH test films",
        },
        "intended_use": "A second look at a frontal chest film of an adult, for research; never the only one.",
        "limits": [
            *recipe.get("limits", []),
            f"Learned from {len(learn.names)} films of one hospital, with labels mined from reports of which about "
            "one in ten is wrong; a network for the clinic would need a hundred times as many.",
            "A probability is that of a sample of NIH films in which findings are common (15 % had none), not the "
            "risk of a person in another hospital.",
            f"Small nodules, thin pneumothoraces and devices are seen at {recipe['size']} pixels a side only.",
            "Adults' frontal films only. Not tested on films of children, laterals, or photographs of films.",
            "No Finding means that none of 14 findings of the NIH reports was mined, not that the film is normal.",
        ],
        "recipe": f"training/recipes/{recipe['id']}.toml",
        "architecture": recipe["network"],
        "preprocessing": {"name": "film", "arguments": {"size": recipe["size"]}},
        "mean_boxes": {label: list(size) for label, size in boxes.items()},
        "data": _data(recipe, learn),
        "figures": figures,
        "maps": maps,
    }


def _data(recipe: dict, learn: Films) -> list[dict]:
    used = [
        {
            "name": "NIH ChestX-ray14 films",
            "licence": NIH,
            "count": len(learn.names),
            "note": "patients of the training part",
        }
    ]
    if recipe["training"].get("box_weight"):
        used.append(
            {
                "name": "NIH and RSNA boxes",
                "licence": "NIH: as the films; RSNA Pneumonia Detection Challenge annotations: research",
                "count": int(sum(len(b) for b in learn.boxes)),
                "note": "class maps were drawn into them",
            }
        )
    if recipe["training"].get("teacher_trust"):
        used.append(
            {
                "name": "CheXNet probabilities (reproduce-chexnet)",
                "licence": "BSD-3",
                "count": int(np.isfinite(learn.teacher[:, 0]).sum()),
                "note": "the teacher, on training films only",
            }
        )
    return [*used, *recipe.get("start", [])]
