"""A residual network for EMG screens: each cell of its grid judges the waveform there, the whole screen is summed up.

A waveform may fill the picture or a hundredth of it. Averaging features over the grid drowns a small one, so each cell
has its own logits, pooled by log-mean-exp (Boyd & Vandenberghe's soft maximum). What only several waveforms together
tell (how often, how regular, how much alike, how long against the screen's other marks) comes from a coarser grid that
sees far, from gates on what the whole picture shows, and from features summed up by attention. Pictures of any size.
3.2 M parameters. Where the pixels of a millisecond are known, they tilt the features: a fibrillation is not told from a
short motor unit potential by its shape alone, but by how long it lasts. Without the far grid, the gates, the summary
and the scale it is the first version's network: those begin at nothing, so that its weights can be gone on from.
"""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from viewer.models.networks.base import Network, architecture

SHARPNESS = 2.0  # of the pooling: 0 is the mean over the cells, infinity the strongest cell
FEATURES, FAR, QUERIES = 160, 192, 4
SCALE = 32  # what is made of the pixels of a millisecond
FINEST, OCTAVES = -5.0, 12.0  # of log2(pixels a millisecond), which become 0..1


def _conv(inputs: int, outputs: int, stride: int = 1, kernel: int = 3, dilation: int = 1) -> nn.Sequential:
    padding = dilation * (kernel // 2)
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride, padding, dilation, bias=False), nn.BatchNorm2d(outputs)
    )


class _Block(nn.Module):
    """Two convolutions and a way past them.

    ``gated``: each channel weighed by what the whole picture shows; ``tilted``: and shifted by the scale.
    """

    def __init__(
        self, inputs: int, outputs: int, stride: int = 1, dilation: int = 1, gated: bool = False, tilted: bool = False
    ) -> None:
        super().__init__()
        self.first = _conv(inputs, outputs, stride, dilation=dilation)
        self.second = _conv(outputs, outputs, dilation=dilation)
        same = stride == 1 and inputs == outputs
        self.skip = nn.Identity() if same else _conv(inputs, outputs, stride, kernel=1)
        self.gate = _nothing(nn.Linear(outputs, outputs)) if gated else None
        self.tilt = _nothing(nn.Linear(SCALE, 2 * outputs)) if tilted else None

    def forward(self, x: Tensor, scale: Tensor) -> Tensor:
        y = self.second(torch.relu(self.first(x)))
        if self.tilt is not None:
            by, shift = self.tilt(scale)[:, :, None, None].chunk(2, 1)
            y = y * (1 + by) + shift
        if self.gate is not None:
            y = y * (2 * torch.sigmoid(self.gate(y.mean((2, 3)))))[:, :, None, None]
        return torch.relu(y + self.skip(x))


def _nothing(layer: nn.Linear) -> nn.Linear:
    nn.init.zeros_(layer.weight)
    nn.init.zeros_(layer.bias)
    return layer


@architecture("screen-waves")
class ScreenWaves(Network):
    """Input (batch, 1, height, width), grey, or with a second plane that says the scale; grid 1/16.

    The second plane is ``scale_plane`` of the input's pixels a millisecond. Logits (batch, classes).
    """

    pooled = False
    takes_scale = True

    def __init__(self, classes: int, dropout: float = 0.1) -> None:
        super().__init__()
        self.stem = nn.Sequential(_conv(1, 48, 4, kernel=7), nn.ReLU(inplace=True))
        self.scale = nn.Sequential(nn.Linear(3, SCALE), nn.ReLU(), nn.Linear(SCALE, SCALE), nn.ReLU())
        self.blocks = nn.ModuleList(
            (
                _Block(48, 64, 2),
                _Block(64, 128, 2, tilted=True),
                _Block(128, 128, tilted=True),
                _Block(128, FEATURES, dilation=2, gated=True, tilted=True),
                _Block(FEATURES, FEATURES, dilation=3, gated=True, tilted=True),
            )
        )
        self.far = nn.ModuleList(
            (_Block(FEATURES, FAR, 2, gated=True, tilted=True), _Block(FAR, FAR, gated=True, tilted=True))
        )
        self.back = _conv(FAR, FEATURES, kernel=1)
        nn.init.zeros_(next(self.back[1].parameters()))
        self.dropout = nn.Dropout(dropout)
        self.cell = nn.Conv2d(FEATURES, classes, 1)
        self.whole = nn.Linear(FEATURES, classes)
        self.look = nn.Conv2d(FEATURES, QUERIES, 1)
        self.sum_up = nn.Linear(FEATURES * (QUERIES + 1), FEATURES)
        self.more = _nothing(nn.Linear(FEATURES, classes))

    def features(self, x: Tensor) -> Tensor:
        """Return (batch, 160, height/16, width/16)."""
        scale = scale_features(self.scale, x[:, 1] if x.shape[1] > 1 else x.new_zeros(len(x), 1, 1))
        fine = self.stem(x[:, :1].contiguous(memory_format=torch.channels_last))
        for block in self.blocks:
            fine = block(fine, scale)
        far = fine
        for block in self.far:
            far = block(far, scale)
        far = functional.interpolate(self.back(far), size=fine.shape[2:], mode="nearest")
        return torch.relu(fine + far)

    def cells(self, features: Tensor) -> Tensor:
        """Return each cell's logits (batch, classes, height/16, width/16)."""
        return self.cell(features)

    def summary(self, features: Tensor) -> Tensor:
        """Return what the whole picture shows (batch, 160): the mean features, and those that attention looks at."""
        flat = features.flatten(2)
        weights = self.look(features).flatten(2).float().softmax(2).to(flat.dtype)
        seen = torch.einsum("bqn,bcn->bqc", weights, flat).flatten(1)
        return torch.relu(self.sum_up(torch.cat([flat.mean(2), seen], 1)))

    def classify(self, pooled: Tensor) -> Tensor:
        """Return the logits from the whole activations."""
        return self.pool(self.cells(pooled), pooled, self.summary(pooled))

    def pool(self, cells: Tensor, features: Tensor, summary: Tensor) -> Tensor:
        """Return the logits from the cells' logits, the mean features and the summary."""
        flat = cells.flatten(2).float()
        strongest = (torch.logsumexp(SHARPNESS * flat, 2) - math.log(flat.shape[2])) / SHARPNESS
        return strongest + self.whole(self.dropout(features.flatten(2).mean(2))) + self.more(self.dropout(summary))


def scale_plane(px_per_ms: Tensor, height: int, width: int) -> Tensor:
    """Return the planes (n, 1, height, width) that tell inputs' pixels a millisecond (n,), 0 where not known (<= 0)."""
    value = ((torch.log2(px_per_ms.clamp(min=1e-9)) - FINEST) / OCTAVES).clamp(0.02, 1) * (px_per_ms > 0)
    return value.float()[:, None, None, None].expand(-1, -1, height, width)


def scale_features(network: nn.Module, plane: Tensor) -> Tensor:
    """Return what a network makes of a scale's plane (batch, rows, columns), all 0 where it is not known."""
    value = plane.mean((1, 2))[:, None]
    around = 4 * value - 2
    return network(torch.cat([around, around**2, torch.cos(6 * around)], 1)) * (value > 0)
