"""Inception v4 (Szegedy et al. 2017), 41 M parameters: the network of the published EMG image system.

Modules are named as in timm's ``inception_v4``, so that its ImageNet weights load here. No auxiliary classifier.
"""

import torch
from torch import Tensor, nn

from viewer.models.networks.base import Network, architecture

FILTERS = 1536


class _Conv(nn.Module):
    def __init__(
        self, inputs: int, outputs: int, kernel: int | tuple[int, int], stride: int = 1, same: bool = False
    ) -> None:
        super().__init__()
        k = (kernel, kernel) if isinstance(kernel, int) else kernel
        padding = (k[0] // 2, k[1] // 2) if same else (0, 0)
        self.conv = nn.Conv2d(inputs, outputs, k, stride, padding, bias=False)
        self.bn = nn.BatchNorm2d(outputs, eps=1e-3)

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(self.bn(self.conv(x)))


def _chain(inputs: int, *layers: tuple) -> nn.Sequential:
    """Return convolutions in a row, each (outputs, kernel[, stride]); with a stride they do not pad."""
    made = []
    for outputs, kernel, *stride in layers:
        made.append(_Conv(inputs, outputs, kernel, stride[0] if stride else 1, same=not stride))
        inputs = outputs
    return nn.Sequential(*made)


def _pooled(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(nn.AvgPool2d(3, 1, 1, count_include_pad=False), _Conv(inputs, outputs, 1))


class _Branches(nn.Module):
    """Branches side by side, named branch0, branch1 ...; their outputs are stacked."""

    def __init__(self, *branches: nn.Module) -> None:
        super().__init__()
        for i, branch in enumerate(branches):
            self.add_module(f"branch{i}", branch)

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([branch(x) for branch in self.children()], 1)


class _Stem(nn.Module):
    """A convolution and a maximum pooling side by side, ``conv_first`` says in which order they are stacked."""

    def __init__(self, inputs: int, outputs: int, conv_first: bool) -> None:
        super().__init__()
        self.conv = _Conv(inputs, outputs, 3, 2)
        self.maxpool = nn.MaxPool2d(3, 2)
        self.conv_first = conv_first

    def forward(self, x: Tensor) -> Tensor:
        parts = (self.conv(x), self.maxpool(x))
        return torch.cat(parts if self.conv_first else parts[::-1], 1)


class _InceptionC(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.branch0 = _Conv(1536, 256, 1)
        self.branch1_0 = _Conv(1536, 384, 1)
        self.branch1_1a = _Conv(384, 256, (1, 3), same=True)
        self.branch1_1b = _Conv(384, 256, (3, 1), same=True)
        self.branch2_0 = _Conv(1536, 384, 1)
        self.branch2_1 = _Conv(384, 448, (3, 1), same=True)
        self.branch2_2 = _Conv(448, 512, (1, 3), same=True)
        self.branch2_3a = _Conv(512, 256, (1, 3), same=True)
        self.branch2_3b = _Conv(512, 256, (3, 1), same=True)
        self.branch3 = _pooled(1536, 256)

    def forward(self, x: Tensor) -> Tensor:
        one = self.branch1_0(x)
        two = self.branch2_2(self.branch2_1(self.branch2_0(x)))
        wide = (self.branch1_1a(one), self.branch1_1b(one), self.branch2_3a(two), self.branch2_3b(two))
        return torch.cat([self.branch0(x), *wide, self.branch3(x)], 1)


def _mixed_4a() -> _Branches:
    plain = nn.Sequential(_Conv(160, 64, 1), _Conv(64, 96, 3))
    long = nn.Sequential(_Conv(160, 64, 1), *_chain(64, (64, (1, 7)), (64, (7, 1))), _Conv(64, 96, 3))
    return _Branches(plain, long)


def _inception_a() -> _Branches:
    wide = _chain(384, (64, 1), (96, 3), (96, 3))
    return _Branches(_Conv(384, 96, 1), _chain(384, (64, 1), (96, 3)), wide, _pooled(384, 96))


def _reduction_a() -> _Branches:
    return _Branches(_Conv(384, 384, 3, 2), _chain(384, (192, 1), (224, 3), (256, 3, 2)), nn.MaxPool2d(3, 2))


def _inception_b() -> _Branches:
    short = _chain(1024, (192, 1), (224, (1, 7)), (256, (7, 1)))
    long = _chain(1024, (192, 1), (192, (7, 1)), (224, (1, 7)), (224, (7, 1)), (256, (1, 7)))
    return _Branches(_Conv(1024, 384, 1), short, long, _pooled(1024, 128))


def _reduction_b() -> _Branches:
    long = _chain(1024, (256, 1), (256, (1, 7)), (320, (7, 1)), (320, 3, 2))
    return _Branches(_chain(1024, (192, 1), (192, 3, 2)), long, nn.MaxPool2d(3, 2))


@architecture("inception-v4")
class InceptionV4(Network):
    """Global average pooling, dropout, and one dense layer. Input (batch, 3, 299, 299) scaled to [-1, 1]."""

    def __init__(self, classes: int, dropout: float = 0.2) -> None:
        super().__init__()
        stem = [_Conv(3, 32, 3, 2), _Conv(32, 32, 3), _Conv(32, 64, 3, same=True)]
        mixed = [_Stem(64, 96, conv_first=False), _mixed_4a(), _Stem(192, 192, conv_first=True)]
        first = [*(_inception_a() for _ in range(4)), _reduction_a()]
        second = [*(_inception_b() for _ in range(7)), _reduction_b()]
        self.layers = nn.Sequential(*stem, *mixed, *first, *second, *(_InceptionC() for _ in range(3)))
        self.dropout = nn.Dropout(dropout)
        self.last_linear = nn.Linear(FILTERS, classes)

    def features(self, x: Tensor) -> Tensor:
        """Return (batch, 1536, 8, 8) for 299 pixels."""
        return self.layers(x.contiguous(memory_format=torch.channels_last))

    def classify(self, pooled: Tensor) -> Tensor:
        """Return the logits (batch, classes) from (batch, 1536)."""
        return self.last_linear(self.dropout(pooled))

    def dense_weights(self) -> Tensor:
        """Return the dense layer's weights (classes, 1536)."""
        return self.last_linear.weight


def from_timm(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """Return timm's weights under the names here (``features.N`` is ``layers.N``), without the classifier."""
    kept = {k: v for k, v in state.items() if k.startswith("features.")}
    return {k.replace("features.", "layers.", 1): v for k, v in kept.items()}
