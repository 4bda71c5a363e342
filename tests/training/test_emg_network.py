"""The EMG screen network, its loss, its calibration and operating points."""

import numpy as np
import pytest
import torch

from training.emg.card import PRECISION_WANTED
from training.emg.figures import Results, share
from training.emg.measure import operating_points, uncertain_below
from training.emg.pictures import HEIGHT, STRIDE, WIDTH, shard
from training.emg.train import HEAD, NAMES, TOLD, WithMore, between, loss, tensors
from training.simulate.emg.parameters import LABELS
from viewer.models.networks import build_network
from viewer.models.networks.screen_waves import SCALE, scale_plane
from viewer.reading.gradcam import class_maps

CELLS = (HEIGHT // STRIDE) * (WIDTH // STRIDE)


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    return build_network("screen-waves", classes=3).eval()


class TestNetwork:
    def test_its_grid_is_a_sixteenth_of_the_picture(self, network):
        with torch.inference_mode():
            features = network.features(torch.zeros(2, 1, HEIGHT, WIDTH))
            assert features.shape == (2, 160, HEIGHT // STRIDE, WIDTH // STRIDE)
            assert network.head(features).shape == (2, 3)

    def test_weights_go_back_a_share_of_their_way(self):
        own = build_network("screen-waves", classes=3)
        ended = {k: v.clone() for k, v in own.state_dict().items()}
        begun = {k: torch.zeros_like(v) for k, v in ended.items()}
        moved = between(own, begun, 0.75).state_dict()
        weight = "cell.weight"
        assert torch.allclose(moved[weight], 0.75 * ended[weight])
        assert ended[weight].abs().max() > 0
        kept = between(own, begun, 1.0).state_dict()
        assert torch.equal(kept[weight], moved[weight])

    def test_one_strong_cell_is_not_drowned_by_the_others(self, network):
        cells = torch.zeros(1, 3, 16, 22)
        features, summary = torch.zeros(1, 160, 16, 22), torch.zeros(1, 160)
        quiet = network.pool(cells, features, summary)
        cells[0, 1, 5, 7] = 8.0
        gain = (network.pool(cells, features, summary) - quiet)[0]
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

    def test_training_sees_the_picture_s_logits_and_more(self, network):
        with torch.inference_mode():
            out = WithMore(network)(torch.zeros(1, 1, HEIGHT, WIDTH))
            plain = network(torch.zeros(1, 1, HEIGHT, WIDTH))
        assert out.shape == (1, 3 + TOLD + 3 * CELLS)
        assert torch.allclose(out[:, :3], plain, atol=1e-5)

    def test_it_begins_as_the_first_version_s_network(self):
        fresh = build_network("screen-waves", classes=3).eval()
        x = torch.randn(1, 1, 64, 96)
        with torch.inference_mode():
            fine = fresh.stem(x)
            for block in fresh.blocks:
                fine = block(fine, torch.zeros(1, SCALE))
            assert torch.equal(fresh.features(x), fine)
            told = torch.cat([x, scale_plane(torch.tensor([6.0]), 64, 96)], 1)
            assert torch.equal(fresh.features(told), fine)
            assert torch.equal(fresh.more(fresh.summary(fine)), torch.zeros(1, 3))

    def test_a_scale_that_is_not_known_changes_nothing(self):
        """What it has learned of scales must not show where there is none, and must where there is one."""
        learned = build_network("screen-waves", classes=3).eval()
        for name, weights in learned.named_parameters():
            if ".tilt." in name:
                torch.nn.init.normal_(weights, std=0.1)
        x = torch.randn(2, 1, 64, 96)
        with torch.inference_mode():
            plain = learned(x)
            none = learned(torch.cat([x, scale_plane(torch.tensor([0.0, -1.0]), 64, 96)], 1))
            some = learned(torch.cat([x, scale_plane(torch.tensor([0.0, 9.0]), 64, 96)], 1))
        assert torch.allclose(plain, none, atol=1e-5)
        assert torch.allclose(plain[0], some[0], atol=1e-5)
        assert not torch.allclose(plain[1], some[1], atol=1e-3)

    def test_scales_are_told_as_octaves(self):
        told = scale_plane(torch.tensor([1.0, 2.0, 0.0]), 2, 3)
        assert told.shape == (3, 1, 2, 3)
        assert float(told[1, 0, 0, 0] - told[0, 0, 0, 0]) == pytest.approx(1 / 12)
        assert not told[2].any()


class TestLoss:
    def target(self, generator: float = -1, scale: float = float("nan")) -> torch.Tensor:
        return torch.cat([torch.tensor([[0.0, 1, 0, generator, scale]]), torch.zeros(1, 3 * CELLS)], 1)

    def test_what_is_not_known_does_not_count(self):
        output = torch.randn(1, 3 + TOLD + 3 * CELLS)
        unknown = self.target()
        unknown[:, HEAD:] = -1
        alone = float(torch.nn.functional.cross_entropy(output[:, :3], unknown[:, :3]))
        assert float(loss(output, unknown, 0.5)) == pytest.approx(alone)
        assert float(loss(output, self.target(), 0.5)) > alone
        named, scaled = self.target(generator=2), self.target(scale=1e3)
        named[:, HEAD:] = scaled[:, HEAD:] = -1
        assert float(loss(output, named, 0.5)) > alone
        assert float(loss(output, scaled, 0.5)) > alone + 10

    def test_the_right_answer_costs_nothing(self):
        target = self.target(generator=4, scale=1.5)
        target[0, HEAD + CELLS + 50] = 1
        named = torch.nn.functional.one_hot(torch.tensor([4]), len(NAMES)) * 60 - 30
        head = torch.cat([target[:, :3] * 60 - 30, named, torch.tensor([[1.5]])], 1)
        output = torch.cat([head, (target[:, HEAD:] * 2 - 1) * 30], 1)
        assert float(loss(output, target, 0.5)) == pytest.approx(0, abs=1e-6)

    def test_smaller_pictures_have_fewer_cells_and_a_smaller_scale(self, tmp_path):
        own = shard(tmp_path, 0, 4, "train", None, (), 1)
        rows = np.arange(4)
        (whole, target), (half, halved) = tensors(own, rows), tensors(own, rows, 0.5)
        assert whole.shape == (4, 1, HEIGHT, WIDTH)
        assert half.shape == (4, 1, HEIGHT // 2, WIDTH // 2)
        assert target.shape[1] == HEAD + 3 * CELLS
        assert halved.shape[1] == HEAD + 3 * 12 * 17
        assert torch.allclose(halved[:, HEAD - 1], target[:, HEAD - 1] - 1, atol=1e-5)


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

    def test_above_the_uncertain_zone_97_in_100_are_right(self):
        own = self.results()
        level = uncertain_below(own)
        kept = own.probability.max(1) >= level
        assert (own.called == own.truth)[kept].mean() >= 0.97
        assert 0.5 <= level < 0.95

    def test_what_is_upside_down_is_mostly_uncertain(self):
        own = self.results()
        shares = np.linspace(0.4, 0.9, 101)[:, None] * [1, 0, 0] + [0, 0.1, 0]
        turned = Results(shares, np.zeros(101, int), [{} for _ in shares])
        level = uncertain_below(own, (), turned)
        assert (shares.max(1) >= level).mean() <= 0.25
        assert level > uncertain_below(own)

    def test_a_share_is_of_those_asked_for(self):
        hits, of = np.array([1, 1, 0, 0, 1, 0], bool), np.array([1, 1, 1, 1, 0, 0], bool)
        made = share("recall", hits, "data", of=of)
        assert made["value"] == 0.5
        assert made["count"] == 4
        assert made["low"] <= 0.5 <= made["high"]
