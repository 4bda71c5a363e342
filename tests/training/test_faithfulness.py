"""Maps of a network that finds a mark are faithful; maps that ignore the network are found out."""

import pytest
import torch
from torch import Tensor, nn

from training.faithfulness import measure_faithfulness, pointing_game, weight_randomisation
from viewer.models.networks import Network

torch.set_num_threads(1)


class Finder(Network):
    """Two convolutions, mean, dense; over time or over pictures."""

    def __init__(self, axes: int) -> None:
        super().__init__()
        convolution = {1: nn.Conv1d, 2: nn.Conv2d}[axes]
        self.first, self.last = convolution(1, 8, 5, 2, 2), convolution(8, 8, 5, 2, 2)
        self.dense = nn.Linear(8, 2)

    def features(self, x: Tensor) -> Tensor:
        return self.last(self.first(x).relu()).relu()

    def classify(self, pooled: Tensor) -> Tensor:
        return self.dense(pooled)


class Decoration(Finder):
    """Its answer comes from the input's mean, its map is always the same corner."""

    def features(self, x: Tensor) -> Tensor:
        corner = torch.zeros(1, 8, 8, 8)
        corner[..., :3, :3] = torch.rand(3, 3, generator=torch.Generator().manual_seed(0)) + 1
        return x.abs().mean((1, 2, 3)).view(-1, 1, 1, 1) * corner

    def classify(self, pooled: Tensor) -> Tensor:
        return pooled[:, :1] * torch.tensor([5.0, -5.0]) + 0 * self.dense(pooled)


def marked(axes: int, count: int, seed: int) -> tuple[Tensor, Tensor, Tensor]:
    """Noise, of which class 1 holds a bright mark somewhere; returns inputs, classes and where the mark is."""
    generator = torch.Generator().manual_seed(seed)
    shape = (128,) if axes == 1 else (48, 48)
    inputs = 0.3 * torch.randn(count, 1, *shape, generator=generator)
    truths = torch.zeros(count, *shape, dtype=torch.bool)
    classes = torch.arange(count) % 2
    for i in classes.nonzero()[:, 0].tolist():
        corner = torch.randint(0, shape[0] - 8, (axes,), generator=generator).tolist()
        place = (i, *(slice(c, c + 8) for c in corner))
        truths[place] = True
        inputs[(place[0], 0, *place[1:])] += 1.0
    return inputs, classes, truths


def trained(axes: int) -> Network:
    torch.manual_seed(0)
    network = Finder(axes)
    optimiser = torch.optim.Adam(network.parameters(), 3e-3)
    for step in range(200):
        inputs, classes, _ = marked(axes, 32, step)
        loss = nn.functional.cross_entropy(network(inputs), classes)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    inputs, classes, _ = marked(axes, 64, 999)
    assert (network(inputs).argmax(1) == classes).float().mean() > 0.95
    return network.eval()


@pytest.mark.parametrize("axes", [1, 2])
def test_a_network_that_finds_the_mark_has_faithful_maps(axes):
    network = trained(axes)
    inputs, classes, truths = marked(axes, 48, 1000)
    positive = classes == 1
    inputs, truths = inputs[positive], truths[positive]
    result = measure_faithfulness(network, inputs, [1] * len(inputs), exclusive=True, steps=10, data="marks")
    values = {f["name"]: f["value"] for f in result.figures}
    assert result.faithful, result.note
    assert values["deletion AUC gained over random maps"] > 0.1
    assert values["insertion AUC gained over random maps"] > 0.1
    assert all(f["low"] <= f["value"] <= f["high"] and f["count"] == len(inputs) for f in result.figures)
    hit, chance = pointing_game(network, inputs, [1] * len(inputs), truths)
    assert hit["value"] > 0.9
    assert chance["value"] == pytest.approx(8 / 128 if axes == 1 else 64 / 48**2, rel=1e-4)


def test_a_map_that_does_not_depend_on_the_weights_is_not_faithful():
    torch.manual_seed(0)
    inputs, _, _ = marked(2, 16, 3)
    result = measure_faithfulness(Decoration(2), inputs, [0] * 16, steps=6)
    assert not result.faithful
    assert "all weights are random" in result.note
    ranks = weight_randomisation(Decoration(2), inputs, [0] * 16)
    assert ranks["all weights"].min() == pytest.approx(1.0)
