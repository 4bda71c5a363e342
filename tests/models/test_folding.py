"""Normalisation folded into convolutions: the same numbers, in fewer steps."""

import copy

import pytest
import torch
from torch import nn

from viewer.models.bundle import load_bundle
from viewer.models.catalogue import catalogue
from viewer.models.folding import NORMS, fold


def norms(network):
    return sum(isinstance(part, NORMS) for part in network.modules())


def test_a_folded_pair_gives_what_both_gave():
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv2d(2, 5, 3, bias=False), nn.BatchNorm2d(5), nn.ReLU(), nn.BatchNorm2d(5)).eval()
    with torch.no_grad():
        for norm in (network[1], network[3]):
            norm.running_mean.normal_()
            norm.running_var.uniform_(0.3, 3)
            norm.weight.normal_()
    x = torch.randn(3, 2, 9, 9)
    before = network(x)
    fold(network)
    assert torch.allclose(network(x), before, atol=1e-5)
    assert norms(network) == 1  # the last one follows no convolution


@pytest.mark.parametrize("card", catalogue(), ids=lambda c: c.id)
def test_the_shipped_networks_say_the_same_folded(card):
    from safetensors.torch import load_file

    network = load_bundle(card.folder).network
    folded = copy.deepcopy(network)
    fold(folded)
    x = load_file(card.golden)["input"].float()
    with torch.inference_mode():
        said, again = network(x), folded(x)
    assert float((said - again).abs().max()) < 1e-4 * max(1.0, float(said.abs().max()))
    if card.id == "emg-screens":
        assert norms(network) > 15
        assert norms(folded) == 0
