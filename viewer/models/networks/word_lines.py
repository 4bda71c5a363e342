"""A small network that reads a line of words: convolutions along the line, a character (or none) at every second pixel.

Trained with connectionist temporal classification (Graves et al. 2006): it is told what a line says, not where each
character stands. 1.0 M parameters as shipped.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from viewer.models.networks.base import Network, architecture


def _conv(inputs: int, outputs: int, kernel: tuple[int, int], stride: tuple[int, int] = (1, 1)) -> nn.Sequential:
    padding = kernel[0] // 2, kernel[1] // 2
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride, padding, bias=False), nn.BatchNorm2d(outputs), nn.ReLU(inplace=True)
    )


class _Context(nn.Module):
    """What is written before and after: a residual block along the line (He et al. 2016), of wide reach."""

    def __init__(self, channels: int, dilation: int) -> None:
        super().__init__()
        self.first = nn.Sequential(
            nn.Conv2d(channels, channels, (1, 5), 1, (0, 2 * dilation), (1, dilation), bias=False),
            nn.BatchNorm2d(channels),
            nn.ReLU(inplace=True),
        )
        self.second = nn.Sequential(nn.Conv2d(channels, channels, 1, bias=False), nn.BatchNorm2d(channels))

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(x + self.second(self.first(x)))


@architecture("word-lines")
class WordLines(Network):
    """Input (batch, 1, 24, width): ink 0..1. Logits (batch, classes + 1, width / 2), the first for no character.

    ``context``: the dilations of the blocks that see what is written before and after.
    """

    pooled = False

    def __init__(
        self, classes: int, widths: Sequence[int] = (24, 40, 56, 72, 112), context: Sequence[int] = ()
    ) -> None:
        super().__init__()
        a, b, c, d, line = widths
        self.body = nn.Sequential(
            _conv(1, a, (5, 5), (2, 1)),  # 12 rows
            _conv(a, b, (3, 3), (1, 2)),  # 12 rows, half as wide
            _conv(b, c, (3, 3), (2, 1)),  # 6
            _conv(c, d, (3, 3), (2, 1)),  # 3
        )
        self.line = nn.Sequential(
            nn.Conv2d(d, line, (3, 3), (1, 1), (0, 1), bias=False),  # 1
            nn.BatchNorm2d(line),
            nn.ReLU(inplace=True),
            _conv(line, line, (1, 5)),
            _conv(line, line, (1, 5)),
            *(_Context(line, dilation) for dilation in context),
        )
        self.dropout = nn.Dropout(0.1)
        self.characters = nn.Conv2d(line, classes + 1, 1)

    def features(self, x: Tensor) -> Tensor:
        """Return (batch, filters, 1, width / 2)."""
        return self.line(self.body(x.contiguous(memory_format=torch.channels_last)))

    def classify(self, pooled: Tensor) -> Tensor:
        """Return the logits from the whole activations."""
        return self.characters(self.dropout(pooled)).squeeze(2)
