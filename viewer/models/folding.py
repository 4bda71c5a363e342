"""Batch normalisation folded into the convolution before it: the same network, in fewer steps, for reading alone."""

from itertools import pairwise

from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

CONVOLUTIONS = (nn.Conv1d, nn.Conv2d)
NORMS = (nn.BatchNorm1d, nn.BatchNorm2d)


def fold(network: nn.Module) -> None:
    """Fold, in place, each normalisation that follows a convolution in a sequence; the network must be in ``eval``.

    Its outputs stay the same but for rounding. It can no longer be trained, nor its weights saved.
    """
    for part in list(network.modules()):
        if not isinstance(part, nn.Sequential):
            continue
        for number, (conv, norm) in enumerate(pairwise(list(part))):
            if isinstance(conv, CONVOLUTIONS) and isinstance(norm, NORMS):
                part[number] = fuse_conv_bn_eval(conv, norm)
                part[number + 1] = nn.Identity()
