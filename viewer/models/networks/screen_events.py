"""A small residual network for EMG screens: every cell of its grid judges the waveform there, the strongest ones count.

A waveform may fill the picture or a hundredth of it. Averaging features over the grid drowns a small one, so each cell
has its own logits, pooled by log-mean-exp (Boyd & Vandenberghe's soft maximum); the mean features add what only the
whole picture tells (how often, how regular). 1.5 M parameters.
"""

import math

import torch
from torch import Tensor, nn

from viewer.models.networks.base import Network, architecture

SHARPNESS = 2.0  # of the pooling: 0 is the mean over the cells, infinity the strongest cell


def _conv(inputs: int, outputs: int, stride: int = 1, kernel: int = 3, dilation: int = 1) -> nn.Sequential:
    padding = dilation * (kernel // 2)
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride, padding, dilation, bias=False), nn.BatchNorm2d(outputs)
    )


class _Block(nn.Module):
    def __init__(self, inputs: int, outputs: int, stride: int = 1, dilation: int = 1) -> None:
        super().__init__()
        self.first = _conv(inputs, outputs, stride, dilation=dilation)
        self.second = _conv(outputs, outputs, dilation=dilation)
        same = stride == 1 and inputs == outputs
        self.skip = nn.Identity() if same else _conv(inputs, outputs, stride, kernel=1)

    def forward(self, x: Tensor) -> Tensor:
        y = self.second(torch.relu(self.first(x)))
        return torch.relu(y + self.skip(x))


@architecture("screen-events")
class ScreenEvents(Network):
    """Input (batch, 1, height, width), grey; grid 1/16. Logits (batch, classes)."""

    pooled = False

    def __init__(self, classes: int, dropout: float = 0.1) -> None:
        super().__init__()
        self.stem = nn.Sequential(_conv(1, 48, 4, kernel=7), nn.ReLU(inplace=True))
        self.blocks = nn.Sequential(
            _Block(48, 64, 2),
            _Block(64, 128, 2),
            _Block(128, 128),
            _Block(128, 160, dilation=2),
            _Block(160, 160, dilation=3),
        )
        self.dropout = nn.Dropout(dropout)
        self.cell = nn.Conv2d(160, classes, 1)
        self.whole = nn.Linear(160, classes)

    def features(self, x: Tensor) -> Tensor:
        """Return (batch, 160, height/16, width/16)."""
        return self.blocks(self.stem(x.contiguous(memory_format=torch.channels_last)))

    def cells(self, features: Tensor) -> Tensor:
        """Return each cell's logits (batch, classes, height/16, width/16)."""
        return self.cell(features)

    def classify(self, pooled: Tensor) -> Tensor:
        """Return the logits from the whole activations."""
        return self.pool(self.cells(pooled), pooled)

    def pool(self, cells: Tensor, features: Tensor) -> Tensor:
        """Return the logits from the cells' logits and the features."""
        flat = cells.flatten(2).float()
        strongest = (torch.logsumexp(SHARPNESS * flat, 2) - math.log(flat.shape[2])) / SHARPNESS
        return strongest + self.whole(self.dropout(features.flatten(2).mean(2)))
