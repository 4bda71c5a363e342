"""A small network that tells which pixels of a picture are curves, among grids, words, frames and a camera's grain.

A U-shaped network (Ronneberger et al. 2015) whose finest level is at half the picture's resolution: four pixels are
looked at, and told of, at once (Shi et al. 2016).
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from viewer.models.networks.base import Network, architecture

MULTIPLE = 16  # its input's rows and columns are multiples of it
FOLD = 2


def _conv(inputs: int, outputs: int, kernel: tuple[int, int] = (3, 3), stride: int = 1, wide: int = 1) -> nn.Sequential:
    padding = kernel[0] // 2, wide * (kernel[1] // 2)
    conv = nn.Conv2d(inputs, outputs, kernel, stride, padding, (1, wide), bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(outputs), nn.ReLU(inplace=True))


@architecture("curve-finder")
class CurveFinder(Network):
    """Input (batch, 3, rows, columns), RGB of -0.5..0.5. Logits (batch, 1, rows, columns): the pixel is a curve's."""

    pooled = False

    def __init__(self, classes: int = 1, widths: Sequence[int] = (12, 20, 32, 48)) -> None:
        super().__init__()
        a, b, c, d = widths
        self.first = nn.Sequential(_conv(3 * FOLD**2, a), _conv(a, a))
        self.second = nn.Sequential(_conv(a, b, stride=2), _conv(b, b))
        self.third = nn.Sequential(_conv(b, c, stride=2), _conv(c, c))
        self.fourth = nn.Sequential(
            _conv(c, d, stride=2), _conv(d, d, (3, 5), 1, 2), _conv(d, d, (1, 9)), _conv(d, d, (3, 5), 1, 4)
        )
        self.up = nn.ModuleList(
            nn.Sequential(_conv(low + own, own, (1, 1)), _conv(own, own)) for low, own in ((d, c), (c, b), (b, a))
        )
        self.told = nn.Conv2d(a, classes * FOLD**2, 3, padding=1)
        assert self.told.bias is not None
        nn.init.constant_(self.told.bias, -2.5)  # most pixels are no curve's

    def features(self, x: Tensor) -> Tensor:
        """Return (batch, filters, rows / 2, columns / 2)."""
        fine = self.first(functional.pixel_unshuffle(x, FOLD).contiguous(memory_format=torch.channels_last))
        second = self.second(fine)
        third = self.third(second)
        y = self.fourth(third)
        for up, own in zip(self.up, (third, second, fine), strict=True):
            y = up(torch.cat([functional.interpolate(y, scale_factor=2.0, mode="nearest"), own], 1))
        return y

    def classify(self, pooled: Tensor) -> Tensor:
        """Return the logits from the whole activations."""
        return functional.pixel_shuffle(self.told(pooled), FOLD)
