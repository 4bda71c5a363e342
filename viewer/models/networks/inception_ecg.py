"""A small 1-D Inception network (after InceptionTime, Ismail Fawaz et al. 2020) for 12-lead ECG records."""

import torch
from torch import Tensor, nn

from viewer.models.networks.base import Network, architecture

LEADS = 8  # aVL aVF V1..V6: the eight independent leads that the other four follow from
TYPICAL_MV = 0.25  # millivolts are brought near 1 by this before the first convolution


class _Inception(nn.Module):
    """Convolutions of three widths behind one bottleneck, and a pooled branch, side by side."""

    def __init__(self, inputs: int, width: int, kernels: tuple[int, ...]) -> None:
        super().__init__()
        self.bottleneck = nn.Conv1d(inputs, width, 1, bias=False)
        self.branches = nn.ModuleList(nn.Conv1d(width, width, k, padding=k // 2, bias=False) for k in kernels)
        self.pooled = nn.Conv1d(inputs, width, 1, bias=False)
        self.norm = nn.BatchNorm1d(width * (len(kernels) + 1))

    def forward(self, x: Tensor) -> Tensor:
        narrow = self.bottleneck(x)
        around = nn.functional.max_pool1d(x, 3, 1, 1)
        return nn.functional.gelu(self.norm(torch.cat([*(b(narrow) for b in self.branches), self.pooled(around)], 1)))


class _Shortcut(nn.Module):
    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.conv = nn.Conv1d(inputs, outputs, 1, bias=False)
        self.norm = nn.BatchNorm1d(outputs)

    def forward(self, early: Tensor, late: Tensor) -> Tensor:
        return nn.functional.gelu(self.norm(self.conv(early)) + late)


@architecture("inception-ecg")
class InceptionEcg(Network):
    """Eight leads in millivolts at 400 Hz, any length from about two seconds: (batch, 8, samples); grid 1/4.

    The first convolution sees each lead twice: scaled to unit variance (shape, whatever the amplitude) and in
    millivolts (ST shifts and voltages are judged in those).
    """

    def __init__(
        self,
        classes: int,
        width: int = 32,
        blocks: int = 6,
        kernels: tuple[int, ...] = (9, 19, 39),
        dropout: float = 0.2,
    ) -> None:
        super().__init__()
        filters = width * (len(kernels) + 1)
        self.stem = nn.Sequential(
            nn.Conv1d(2 * LEADS, width, 5, 2, 2),
            nn.BatchNorm1d(width),
            nn.GELU(),
            nn.Conv1d(width, width, 5, 2, 2),
            nn.BatchNorm1d(width),
            nn.GELU(),
        )
        self.blocks = nn.ModuleList(_Inception(filters if i else width, width, tuple(kernels)) for i in range(blocks))
        self.shortcuts = nn.ModuleList(_Shortcut(filters if i else width, filters) for i in range(blocks // 3))
        self.dropout = nn.Dropout(dropout)
        self.dense = nn.Linear(filters, classes)

    def features(self, x: Tensor) -> Tensor:
        """Return (batch, 128, samples / 4)."""
        centred = x - x.mean(2, keepdim=True)
        unit = centred / centred.std(2, keepdim=True).clamp_min(0.01)
        y = self.stem(torch.cat([unit, x / TYPICAL_MV], 1))
        early = y
        for i, block in enumerate(self.blocks):
            y = block(y)
            if i % 3 == 2:
                early = y = self.shortcuts[i // 3](early, y)
        return y

    def classify(self, pooled: Tensor) -> Tensor:
        """Return the logits (batch, classes) from (batch, 128)."""
        return self.dense(self.dropout(pooled))

    def dense_weights(self) -> Tensor:
        """Return the head's weights."""
        return self.dense.weight
