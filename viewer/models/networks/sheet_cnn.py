"""A plain residual network for pictures of ECG sheets: fine strides early, few filters where the picture is large."""

import torch
from torch import Tensor, nn

from viewer.models.networks.base import Network, architecture


def _conv(inputs: int, outputs: int, kernel: int = 3, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False), nn.BatchNorm2d(outputs), nn.ReLU()
    )


class _Residual(nn.Module):
    """Two 3x3 convolutions beside a 1x1 (or nothing, where the shape stays)."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.first = _conv(inputs, outputs, 3, stride)
        self.second = nn.Sequential(nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False), nn.BatchNorm2d(outputs))
        self.beside: nn.Module = nn.Identity()
        if stride != 1 or inputs != outputs:
            self.beside = nn.Sequential(
                nn.AvgPool2d(stride, ceil_mode=True) if stride > 1 else nn.Identity(),
                nn.Conv2d(inputs, outputs, 1, bias=False),
                nn.BatchNorm2d(outputs),
            )

    def forward(self, x: Tensor) -> Tensor:
        return nn.functional.relu(self.second(self.first(x)) + self.beside(x))


@architecture("sheet-cnn")
class SheetCnn(Network):
    """Input (batch, 2, height, width) of ink and grid, 0..1, multiples of 32; grid 1/32; mean, one dense layer."""

    def __init__(
        self, classes: int, widths: tuple[int, ...] = (16, 32, 64, 128, 192), repeats: tuple[int, ...] = (1, 2, 2, 2),
        dropout: float = 0.2,
    ) -> None:  # fmt: skip
        super().__init__()
        self.stem = _conv(2, widths[0], 5, 2)
        blocks: list[nn.Module] = []
        for inputs, outputs, count in zip(widths[:-1], widths[1:], repeats, strict=True):
            blocks += [_Residual(inputs if i == 0 else outputs, outputs, 2 if i == 0 else 1) for i in range(count)]
        self.blocks = nn.Sequential(*blocks)
        self.dropout = nn.Dropout(dropout)
        self.dense = nn.Linear(widths[-1], classes)

    def features(self, x: Tensor) -> Tensor:
        """Return (batch, widths[-1], height/32, width/32)."""
        return self.blocks(self.stem(x.contiguous(memory_format=torch.channels_last)))

    def classify(self, pooled: Tensor) -> Tensor:
        """Return the logits (batch, classes)."""
        return self.dense(self.dropout(pooled))

    def dense_weights(self) -> Tensor:
        """Return the head's weights."""
        return self.dense.weight
