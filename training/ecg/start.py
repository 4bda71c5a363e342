"""Starting weights for the ECG record network: Ahus-AIM's Chagas network (MIT), its keys mapped to ours."""

from pathlib import Path

import torch
from safetensors.torch import load_file

from viewer.models.networks.inception_ecg import InceptionEcg

_NAMES = (
    ("down_layers.", "stem."),
    ("inception_network.", ""),
    (".convs.", ".branches."),
    (".pool_conv.1.", ".pooled."),
    (".batch_norm.", ".norm."),
)


def start_from_ahus(network: InceptionEcg, path: Path) -> None:
    """Load the published weights; the head stays fresh and the millivolt half of the first convolution starts at 0.

    Raises ValueError where a key is missing or left over.
    """
    state = network.state_dict()
    fresh = {name for name in state if name.startswith("dense.")}
    loaded = set()
    for key, published in load_file(path).items():
        name, value = key, published
        for theirs, ours in _NAMES:
            name = name.replace(theirs, ours)
        if name.startswith("fc."):
            continue
        if name == "stem.0.weight":
            value = torch.cat([published, torch.zeros_like(published)], 1)
        if name not in state or state[name].shape != value.shape:
            raise ValueError(f"{key} has no place in the network")
        state[name] = value
        loaded.add(name)
    if missing := set(state) - loaded - fresh:
        raise ValueError(f"{path.name} lacks {sorted(missing)[0]}")
    network.load_state_dict(state)
