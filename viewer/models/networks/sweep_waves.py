"""A small network along a sweep of a picture: in each column, is a potential's largest deflection there, how far is it.

A U-shaped network in one dimension (Ronneberger et al. 2015), with centre points and extents as in the detector of
recordings: a wave is four columns wide on one sheet and hundreds on another. 0.5 M parameters.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from viewer.models.networks.base import Network, architecture

CHANNELS = 6  # of its input, as ``reading.spotting`` makes it
WIDTHS = (32, 48, 64, 80, 96, 96)  # of its levels, each half as long as the one before
MULTIPLE = 2 ** (len(WIDTHS) - 1)  # its input is a multiple of so many columns long


def _conv(inputs: int, outputs: int, kernel: int, dilation: int = 1) -> nn.Sequential:
    padding = (0, dilation * (kernel // 2))
    conv = nn.Conv2d(inputs, outputs, (1, kernel), 1, padding, (1, dilation), bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(outputs), nn.ReLU(inplace=True))


@architecture("sweep-waves")
class SweepWaves(Network):
    """Input (batch, 6, 1, columns). Logits (batch, 3 classes, columns).

    Of each class its own logit, and the logarithms of the columns back to a potential's start and on to its end.
    """

    pooled = False

    def __init__(self, classes: int = 1) -> None:
        super().__init__()
        self.classes = classes
        self.into = nn.ModuleList()
        before = CHANNELS
        for width in WIDTHS:
            self.into.append(nn.Sequential(_conv(before, width, 5), _conv(width, width, 3, 2)))
            before = width
        self.out = nn.ModuleList(
            _conv(below + own, own, 5) for own, below in zip(WIDTHS[-2::-1], WIDTHS[:0:-1], strict=True)
        )
        self.column = nn.Conv2d(WIDTHS[0], 3 * classes, 1)
        bias = self.column.bias
        assert bias is not None
        nn.init.constant_(bias[:classes], -4.0)  # most columns are no peak

    def features(self, x: Tensor) -> Tensor:
        """Return (batch, 32, 1, columns)."""
        x = x.contiguous(memory_format=torch.channels_last)
        levels: list[Tensor] = []
        for level in self.into:
            x = level(functional.max_pool2d(x, (1, 2)) if levels else x)
            levels.append(x)
        x = levels.pop()
        for level in self.out:
            x = functional.interpolate(x, scale_factor=(1.0, 2.0), mode="nearest")
            x = level(torch.cat([x, levels.pop()], 1))
        return x

    def classify(self, pooled: Tensor) -> Tensor:
        """Return the logits from the whole activations."""
        return self.column(pooled).squeeze(2)
