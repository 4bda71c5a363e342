"""Grad-CAM of every class from one forward pass, for networks over time and over pictures alike.

Selvaraju et al. 2017: a filter's weight for a class is the mean over the grid of the gradient of the class's logit at
the last convolution's activations; the map is the ReLU of the weighted sum of the activations. What follows the last
convolution is small, so its gradient is taken without going back through the network.
"""

import torch
from torch import Tensor

from viewer.models.networks import Network


def class_maps(network: Network, features: Tensor) -> Tensor:
    """Return the raw maps, not negative, in the units of the logits.

    Parameters
    ----------
    network : Network
        In evaluation mode; only its head is used.
    features : Tensor
        What ``network.features`` gave: (batch, filters, *grid), one or two grid axes or more.

    Returns
    -------
    Tensor
        (batch, classes, *grid), without gradient.
    """
    batch, _, *grid = features.shape
    weights = filter_weights(network, features).to(features)
    maps = weights.expand(batch, -1, -1) @ features.detach().flatten(2)
    return maps.relu().view(batch, -1, *grid)


def filter_weights(network: Network, features: Tensor) -> Tensor:
    """Return each filter's weight for each class: (1 or batch, classes, filters), the mean gradient over the grid."""
    filters, cells = features.shape[1], features[0, 0].numel()
    dense = network.dense_weights()
    if dense is not None and network.pooled:
        return dense.detach()[None] / cells
    if dense is not None:
        return dense.detach().view(-1, filters, cells).mean(2)[None]
    closed = network.mean_gradients(features)
    if closed is not None:
        return closed.detach()
    gradients = _head_gradients(network, features)
    return gradients / cells if network.pooled else gradients.flatten(3).mean(3)


def _head_gradients(network: Network, features: Tensor) -> Tensor:
    """Return the logits' gradients at the head's input, (batch, classes, *input), going back through the head alone."""
    with torch.inference_mode(False), torch.enable_grad():
        start = (features.flatten(2).mean(2) if network.pooled else features).detach().clone().requires_grad_()
        logits = network.classify(start.clone())  # a copy: the head may begin with an operation in place
        sums = logits.sum(0)  # samples do not mix in a head, so one gradient serves the whole batch
        rows = [torch.autograd.grad(total, start, retain_graph=True)[0] for total in sums]
    return torch.stack(rows, 1)
