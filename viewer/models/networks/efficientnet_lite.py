"""EfficientNet-Lite0 (Tan & Le 2019; the "lite" variant without squeeze-and-excitation, ReLU6), 3.4 M parameters."""

import torch
from torch import Tensor, nn

from viewer.models.networks.base import Network, architecture

# (expansion, channels, repeats, stride, kernel) of each stage
STAGES = (
    (1, 16, 1, 1, 3),
    (6, 24, 2, 2, 3),
    (6, 40, 2, 2, 5),
    (6, 80, 3, 2, 3),
    (6, 112, 3, 1, 5),
    (6, 192, 4, 2, 5),
    (6, 320, 1, 1, 3),
)
FILTERS = 1280


def _conv(inputs: int, outputs: int, kernel: int, stride: int = 1, groups: int = 1, act: bool = True) -> nn.Sequential:
    layers: list[nn.Module] = [
        nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False),
        nn.BatchNorm2d(outputs, eps=1e-3, momentum=0.01),
    ]
    return nn.Sequential(*layers, *([nn.ReLU6(inplace=True)] if act else []))


class _Block(nn.Module):
    def __init__(self, inputs: int, outputs: int, expansion: int, kernel: int, stride: int) -> None:
        super().__init__()
        wide = inputs * expansion
        self.expand = _conv(inputs, wide, 1) if expansion > 1 else nn.Identity()
        self.depth = _conv(wide, wide, kernel, stride, groups=wide)
        self.project = _conv(wide, outputs, 1, act=False)
        self.skip = stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        y = self.project(self.depth(self.expand(x)))
        return x + y if self.skip else y


@architecture("efficientnet-lite0")
class EfficientNetLite0(Network):
    """Global average pooling, dropout, and one dense layer. Input (batch, 3, height, width); grid 1/32."""

    def __init__(self, classes: int, dropout: float = 0.2) -> None:
        super().__init__()
        self.stem = _conv(3, 32, 3, 2)
        blocks, inputs = [], 32
        for expansion, outputs, repeats, stride, kernel in STAGES:
            for i in range(repeats):
                blocks.append(_Block(inputs, outputs, expansion, kernel, stride if i == 0 else 1))
                inputs = outputs
        self.blocks = nn.Sequential(*blocks)
        self.last = _conv(inputs, FILTERS, 1)
        self.dropout = nn.Dropout(dropout)
        self.dense = nn.Linear(FILTERS, classes)

    def features(self, x: Tensor) -> Tensor:
        """Return (batch, 1280, height/32, width/32)."""
        return self.last(self.blocks(self.stem(x.contiguous(memory_format=torch.channels_last))))

    def classify(self, pooled: Tensor) -> Tensor:
        """Return the logits (batch, classes) from (batch, 1280)."""
        return self.dense(self.dropout(pooled))

    def dense_weights(self) -> Tensor:
        """Return (classes, 1280)."""
        return self.dense.weight
