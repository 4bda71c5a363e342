"""What every network offers, so that one explanation serves them all."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

BUILDERS: dict[str, Callable[..., "Network"]] = {}


def architecture(name: str) -> Callable:
    """Register a network class (or a function that builds one) under the name used in cards."""

    def register(builder: Callable[..., "Network"]) -> Callable[..., "Network"]:
        BUILDERS[name] = builder
        return builder

    return register


class Network(nn.Module):
    """A network in two parts: everything up to its last convolution, and the small head after it.

    ``features`` maps an input (batch, channels, *space) to the last convolution's activations (batch, filters, *grid).
    Where ``pooled`` is true the head sees only the mean over the grid and ``classify`` takes (batch, filters);
    otherwise ``classify`` takes the whole activations. Logits are (batch, classes).
    """

    pooled = True

    def features(self, x: Tensor) -> Tensor:
        """Return the last convolution's activations."""
        raise NotImplementedError

    def classify(self, pooled: Tensor) -> Tensor:
        """Return the logits from the pooled features (or from the whole activations where not ``pooled``)."""
        raise NotImplementedError

    def dense_weights(self) -> Tensor | None:
        """Return the head's weights (classes, inputs) where it is one dense layer (dropout aside), else None.

        Grad-CAM then needs no gradient at all: they are the logits' gradient at the pooled features, or at the
        flattened activations.
        """
        return None

    def mean_gradients(self, features: Tensor) -> Tensor | None:
        """Return (batch, classes, filters), the logits' mean gradient over the grid, where there is a closed form.

        ``features`` is (batch, filters, *grid). None: it is taken by going back through the head.
        """
        return None

    def head(self, features: Tensor) -> Tensor:
        """Return the logits from the last convolution's activations."""
        return self.classify(features.flatten(2).mean(2) if self.pooled else features)

    def forward(self, x: Tensor) -> Tensor:
        """Return the logits."""
        return self.head(self.features(x))


def load_state_strictly(network: nn.Module, state: dict[str, Any]) -> None:
    """Load weights; a key that is missing, surplus or of another shape is a RuntimeError. Halves become float32."""
    network.load_state_dict({k: v.float() if v.dtype == torch.float16 else v for k, v in state.items()}, strict=True)
