"""A residual network along the sweeps of an EMG picture: what they show together, and each stretch by itself.

The sweeps stand one after another (``reading.signals``): grounds, grids, colours and words are gone. As in
``screen_waves`` each cell (of eight columns) has logits of its own, pooled by log-mean-exp, and what only several
potentials tell comes from a coarser grid, gates and attention over all sweeps; the pixels of a millisecond, where they
are known, tilt the features. 1.5 M parameters.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from viewer.models.networks.base import Network, architecture
from viewer.models.networks.screen_waves import SHARPNESS, scale_features

INPUTS = 8  # rows of a picture's sweeps; the last is 1 on a sweep and 0 between and after them
CELL = 8  # columns
FEATURES, FAR, QUERIES, SCALE = 128, 160, 4, 32
KERNEL = 5


def _conv(inputs: int, outputs: int, stride: int = 1, kernel: int = KERNEL, dilation: int = 1) -> nn.Sequential:
    padding = (0, dilation * (kernel // 2))
    conv = nn.Conv2d(inputs, outputs, (1, kernel), (1, stride), padding, (1, dilation), bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(outputs))


class _Block(nn.Module):
    """Two convolutions and a way past them, tilted by the scale, weighed by what all sweeps show."""

    def __init__(self, inputs: int, outputs: int, stride: int = 1, dilation: int = 1, gated: bool = False) -> None:
        super().__init__()
        self.first = _conv(inputs, outputs, stride, dilation=dilation)
        self.second = _conv(outputs, outputs, dilation=dilation)
        same = stride == 1 and inputs == outputs
        self.skip = nn.Identity() if same else _conv(inputs, outputs, stride, kernel=1)
        self.tilt = nn.Linear(SCALE, 2 * outputs)
        self.gate = nn.Linear(outputs, outputs) if gated else None

    def forward(self, x: Tensor, scale: Tensor, mask: Tensor) -> Tensor:
        y = self.second(torch.relu(self.first(x)))
        by, shift = self.tilt(scale)[:, :, None, None].chunk(2, 1)
        y = y * (1 + by) + shift
        if self.gate is not None:
            own = _at(mask, y)
            mean = (y * own).sum((2, 3)) / own.sum((2, 3)).clamp(min=1)
            y = y * (2 * torch.sigmoid(self.gate(mean)))[:, :, None, None]
        return torch.relu(y + self.skip(x))


def _at(mask: Tensor, like: Tensor) -> Tensor:
    """Return the mask (batch, 1, 1, columns) as coarse as features are."""
    return functional.adaptive_max_pool2d(mask, (1, like.shape[3]))


@architecture("sweep-signals")
class SweepSignals(Network):
    """Input (batch, 9, 1, columns): the sweeps' rows, and ``scale_plane`` of a column's part of a millisecond.

    Logits (batch, classes); ``features`` gives (batch, 128 + 1, 1, columns / 8), the last where the sweeps are.
    """

    pooled = False

    def __init__(self, classes: int, dropout: float = 0.1) -> None:
        super().__init__()
        self.stem = nn.Sequential(_conv(INPUTS, 48, 2, kernel=7), nn.ReLU(inplace=True))
        self.scale = nn.Sequential(nn.Linear(3, SCALE), nn.ReLU(), nn.Linear(SCALE, SCALE), nn.ReLU())
        self.blocks = nn.ModuleList(
            (
                _Block(48, 64, 2),
                _Block(64, FEATURES, 2),
                _Block(FEATURES, FEATURES),
                _Block(FEATURES, FEATURES, dilation=2, gated=True),
                _Block(FEATURES, FEATURES, dilation=4, gated=True),
            )
        )
        self.far = nn.ModuleList((_Block(FEATURES, FAR, 2, gated=True), _Block(FAR, FAR, 2, dilation=2, gated=True)))
        self.back = _conv(FAR, FEATURES, kernel=1)
        self.dropout = nn.Dropout(dropout)
        self.cell = nn.Conv2d(FEATURES, classes, 1)
        self.whole = nn.Linear(FEATURES, classes)
        self.look = nn.Conv2d(FEATURES, QUERIES, 1)
        self.sum_up = nn.Linear(FEATURES * (QUERIES + 1), FEATURES)
        self.more = nn.Linear(FEATURES, classes)

    def features(self, x: Tensor) -> Tensor:
        """Return (batch, 129, 1, columns / 8)."""
        mask = x[:, INPUTS - 1 : INPUTS]
        scale = scale_features(self.scale, x[:, INPUTS])
        fine = self.stem(x[:, :INPUTS].contiguous(memory_format=torch.channels_last))
        for block in self.blocks:
            fine = block(fine, scale, mask)
        far = fine
        for block in self.far:
            far = block(far, scale, mask)
        far = functional.interpolate(self.back(far), size=fine.shape[2:], mode="nearest")
        return torch.cat([torch.relu(fine + far), _at(mask, fine)], 1)

    def cells(self, features: Tensor) -> Tensor:
        """Return each cell's logits (batch, classes, 1, columns / 8)."""
        return self.cell(features[:, :-1])

    def summary(self, features: Tensor) -> Tensor:
        """Return what all sweeps show (batch, 128): the mean features, and those that attention looks at."""
        flat, here = features[:, :-1].flatten(2), features[:, -1:].flatten(2)
        looked = self.look(features[:, :-1]).flatten(2).float().masked_fill(here == 0, -1e4)
        seen = torch.einsum("bqn,bcn->bqc", looked.softmax(2).to(flat.dtype), flat).flatten(1)
        return torch.relu(self.sum_up(torch.cat([_mean(flat, here), seen], 1)))

    def classify(self, pooled: Tensor) -> Tensor:
        """Return the logits from the whole activations."""
        return self.pool(self.cells(pooled), pooled, self.summary(pooled))

    def pool(self, cells: Tensor, features: Tensor, summary: Tensor) -> Tensor:
        """Return the logits from the cells' logits, the features and the summary."""
        flat, here = features[:, :-1].flatten(2), features[:, -1:].flatten(2)
        own = (SHARPNESS * cells.flatten(2).float()).masked_fill(here == 0, -1e4)
        strongest = (torch.logsumexp(own, 2) - here.sum(2).clamp(min=1).log()) / SHARPNESS
        return strongest + self.whole(self.dropout(_mean(flat, here))) + self.more(self.dropout(summary))


def _mean(flat: Tensor, here: Tensor) -> Tensor:
    return (flat * here).sum(2) / here.sum(2).clamp(min=1)
