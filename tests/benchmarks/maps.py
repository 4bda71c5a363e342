"""What nine heat maps cost beside the chest network's forward pass."""

import logging
import sys

import numpy as np
import torch

from tests.benchmarks.timing import Row, in_turn
from viewer.models.bundle import load_bundle
from viewer.models.card import read_card
from viewer.reading.gradcam import class_maps
from viewer.resources import resources_dir


def rows() -> list[Row]:
    """Return the closed form's and the ``grad-cam`` package's cost, both over one forward pass."""
    logging.disable(logging.WARNING)
    from pytorch_grad_cam import GradCAM
    from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget

    folder = resources_dir() / "models" / "chest-films"
    network = load_bundle(folder).network
    classes = len(read_card(folder).classes)
    side = int(read_card(folder).preprocessing_arguments.get("size", 320))
    x = torch.from_numpy(np.random.default_rng(0).normal(0, 1, (1, 3, side, side)).astype(np.float32))

    def forward() -> object:
        with torch.inference_mode():
            return network(x)

    def ours() -> object:
        with torch.inference_mode():
            features = network.features(x)
            return network.head(features), class_maps(network, features)

    def package() -> object:
        with GradCAM(model=network, target_layers=[network.last]) as cam:  # type: ignore[attr-defined]
            return [cam(input_tensor=x, targets=[ClassifierOutputTarget(c)]) for c in range(classes)]

    bare, closed = in_turn(forward, ours, rounds=31)
    (peer,) = in_turn(package, rounds=3)
    assert "pytorch_grad_cam" in sys.modules
    return [
        Row(
            "all nine heat maps / forward pass", closed / bare, "x", 1.2, f"{closed:.1f} ms / {bare:.1f} ms, {side} px"
        ),
        Row("the same by the grad-cam package, one class at a time", peer / bare, "x", None, f"{peer:.0f} ms"),
    ]
