"""The EMG screen network, its loss, its calibration and operating points."""

import numpy as np
import pytest
import torch

from training.emg.card import PRECISION_WANTED
from training.emg.figures import Results, share
from training.emg.measure import operating_points, uncertain_below
from training.emg.pictures import HEIGHT, STRIDE, WIDTH
from training.emg.train import WithCells, loss
from training.simulate.emg.parameters import LABELS
from viewer.models.networks import build_network
from viewer.reading.gradcam import class_maps

CELLS = (HEIGHT // STRIDE) * (WIDTH // STRIDE)


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    return build_network("screen-events", classes=3).eval()


class TestNetwork:
    def test_its_grid_is_a_sixteenth_of_the_picture(self, network):
        with torch.inference_mode():
            features = network.features(torch.zeros(2, 1, HEIGHT, WIDTH))
            assert features.shape == (2, 160, HEIGHT // STRIDE, WIDTH // STRIDE)
            assert network.head(features).shape == (2, 3)

    def test_one_strong_cell_is_not_drowned_by_the_others(self, network):
        cells = torch.zeros(1, 3, 16, 22)
        features = torch.zeros(1, 160, 16, 22)
        quiet = network.pool(cells, features)
        cells[0, 1, 5, 7] = 8.0
        gain = (network.pool(cells, features) - quiet)[0]
        assert gain[1] > 4.5
        assert gain[[0, 2]].abs().max() == 0

    def test_its_maps_are_grad_cam(self, network):
        torch.manual_seed(1)
        features = network.features(torch.randn(1, 1, 64, 96)).detach()
        maps = class_maps(network, features)
        for index in range(3):
            own = features.clone().requires_grad_()
            network.head(own)[0, index].backward()
            expected = (own.grad.mean((2, 3), keepdim=True) * features).sum(1).relu()
            assert torch.allclose(maps[:, index], expected, atol=1e-5 * float(expected.max()) + 1e-9)

    def test_training_sees_the_picture_s_and_the_cells_logits(self, network):
        with torch.inference_mode():
            out = WithCells(network)(torch.zeros(1, 1, HEIGHT, WIDTH))
            plain = network(torch.zeros(1, 1, HEIGHT, WIDTH))
        assert out.shape == (1, 3 + 3 * CELLS)
        assert torch.allclose(out[:, :3], plain, atol=1e-5)


class TestLoss:
    def test_unknown_cells_do_not_count(self):
        output = torch.randn(1, 3 + 3 * CELLS)
        known = torch.cat([torch.tensor([[1.0, 0, 0]]), torch.zeros(1, 3 * CELLS)], 1)
        unknown = known.clone()
        unknown[:, 3:] = -1
        alone = torch.nn.functional.cross_entropy(output[:, :3], known[:, :3])
        assert loss(output, unknown, 0.5) == pytest.approx(float(alone))
        assert loss(output, known, 0.5) > float(alone)

    def test_the_right_answer_costs_nothing(self):
        target = torch.cat([torch.tensor([[0.0, 1, 0]]), torch.zeros(1, 3 * CELLS)], 1)
        target[0, 3 + CELLS + 50] = 1
        output = (target * 2 - 1) * 30
        assert float(loss(output, target, 0.5)) == pytest.approx(0, abs=1e-6)


class TestOperatingPoints:
    def results(self) -> Results:
        rng = np.random.default_rng(1)
        truth = rng.integers(0, 3, 3000)
        logits = rng.normal(0, 1, (3000, 3))
        logits[np.arange(3000), truth] += 3
        odds = np.exp(logits)
        return Results(odds / odds.sum(1, keepdims=True), truth, [{} for _ in truth])

    def test_thresholds_give_the_precision_wanted(self):
        own = self.results()
        points = operating_points(own)
        for label, wanted in PRECISION_WANTED.items():
            index = LABELS.index(label)
            said = own.probability[:, index] >= points[label]
            assert (own.truth[said] == index).mean() >= wanted
            assert said[own.truth == index].mean() > 0.5

    def test_above_the_uncertain_zone_95_in_100_are_right(self):
        own = self.results()
        level = uncertain_below(own)
        kept = own.probability.max(1) >= level
        assert (own.called == own.truth)[kept].mean() >= 0.95
        assert 0.5 <= level < 0.95

    def test_a_share_is_of_those_asked_for(self):
        hits, of = np.array([1, 1, 0, 0, 1, 0], bool), np.array([1, 1, 1, 1, 0, 0], bool)
        made = share("recall", hits, "data", of=of)
        assert made["value"] == 0.5
        assert made["count"] == 4
        assert made["low"] <= 0.5 <= made["high"]
