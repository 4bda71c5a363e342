"""ResNet-18 (He et al. 2015) as the published chest film system Deep MedIA used it: two dense layers at its end."""

import torch
from torch import Tensor, nn

from viewer.models.networks.base import Network, architecture

FILTERS = 512


@architecture("resnet-18-deep-media")
class DeepMediaResNet(Network):
    """ResNet-18, global average pooling, two dense layers. Input (batch, 3, 1024, 1024) gives a 32 x 32 grid.

    ``hidden`` is the size of the first dense layer, which the publication does not tell.
    """

    def __init__(self, classes: int, hidden: int = 256) -> None:
        super().__init__()
        from torchvision.models import resnet18  # takes two seconds to import

        whole = resnet18(weights=None)
        parts = ("conv1", "bn1", "relu", "maxpool", "layer1", "layer2", "layer3", "layer4")
        self.body = nn.Sequential()
        for name in parts:
            self.body.add_module(name, getattr(whole, name))
        self.hidden = nn.Linear(FILTERS, hidden)
        self.dense = nn.Linear(hidden, classes)

    def features(self, x: Tensor) -> Tensor:
        """Return (batch, 512, height/32, width/32)."""
        return self.body(x.contiguous(memory_format=torch.channels_last))

    def classify(self, pooled: Tensor) -> Tensor:
        """Return the logits (batch, classes) from (batch, 512)."""
        return self.dense(torch.relu(self.hidden(pooled)))
