"""From a smaller trained network to a larger one that begins where the smaller one ended."""

from torch import Tensor, nn


def take_over(network: nn.Module, known: dict[str, Tensor]) -> None:
    """Take over the weights of a network as large or smaller; it says the same at first (Chen et al. 2016, Net2Net).

    What is added is not listened to yet: further channels by weights of 0, further blocks by a normalisation of 0.
    """
    own = network.state_dict()
    for key, value in own.items():
        if key not in known:
            if key.endswith("second.1.weight"):
                value.zero_()
            continue
        old = known[key]
        if value.dim() > 1:
            value[: len(old)] = 0
        value[tuple(slice(n) for n in old.shape)] = old.to(value.dtype)
    network.load_state_dict(own)
