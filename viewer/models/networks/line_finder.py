"""A small network that finds lines of words on a picture, whatever lies round them: grids, curves, a camera's grain.

A U-shaped network (Ronneberger et al. 2015) on how far strokes stand out, with a line's middle and its edges in each
cell (Zhou et al. 2017, EAST). Rows are told more finely than columns: lines lie over one another.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from viewer.models.networks.base import Network, architecture

CELL = 2, 4  # rows and columns of pixels
MULTIPLE = 8, 8  # its input's rows and columns are multiples of these
BESIDES = 3  # what a cell tells of its line besides: its letters are bright, its upper edge, its lower edge
TOLD = 1 + BESIDES


def _conv(
    inputs: int, outputs: int, kernel: tuple[int, int], stride: tuple[int, int] = (1, 1), dilation: int = 1
) -> nn.Sequential:
    padding = kernel[0] // 2, dilation * (kernel[1] // 2)
    conv = nn.Conv2d(inputs, outputs, kernel, stride, padding, (1, dilation), bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(outputs), nn.ReLU(inplace=True))


@architecture("line-finder")
class LineFinder(Network):
    """Input (batch, 2, rows, columns): bright and dark strokes 0..1. Logits (batch, 1 + 3, rows / 2, columns / 4).

    A line's middle is there, its letters are bright, its upper and its lower edge: the logarithms of these edges'
    distances from the cell's middle row, in pixels.
    """

    pooled = False

    def __init__(self, classes: int = 1, widths: Sequence[int] = (12, 16, 32, 48)) -> None:
        super().__init__()
        a, b, c, d = widths
        self.first = nn.Sequential(_conv(2, a, (3, 3), (2, 2)), _conv(a, b, (3, 3), (1, 2)))
        self.second = nn.Sequential(_conv(b, c, (3, 3), (2, 1)), _conv(c, c, (1, 5)))
        self.third = nn.Sequential(
            _conv(c, d, (3, 3), (2, 2)), _conv(d, d, (1, 5)), _conv(d, d, (3, 3)), _conv(d, d, (1, 5), (1, 1), 2)
        )
        self.up = _conv(d + c, c, (1, 1))
        self.narrow = nn.Conv2d(c, b, 1)
        self.last = _conv(b, b, (3, 3))
        self.told = nn.Conv2d(b, classes + BESIDES, 1)
        assert self.told.bias is not None
        nn.init.constant_(self.told.bias[:classes], -3.0)  # most cells hold no words

    def features(self, x: Tensor) -> Tensor:
        """Return (batch, filters, rows / 2, columns / 4)."""
        fine = self.first(x.contiguous(memory_format=torch.channels_last))
        middle = self.second(fine)
        coarse = functional.interpolate(self.third(middle), scale_factor=2.0, mode="nearest")
        narrow = self.narrow(self.up(torch.cat([coarse, middle], 1)))
        return self.last(functional.interpolate(narrow, scale_factor=(2.0, 1.0), mode="nearest") + fine)

    def classify(self, pooled: Tensor) -> Tensor:
        """Return the logits from the whole activations."""
        return self.told(pooled)
