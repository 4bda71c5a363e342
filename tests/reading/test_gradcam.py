"""The closed form against autograd through the whole network, and against the grad-cam package."""

import numpy as np
import pytest
import torch

from tests.reading.small import TinyPicture, TinyTime
from viewer.models.networks.efficientnet_lite import EfficientNetLite0
from viewer.reading.gradcam import class_maps

TOLERANCE = 1e-5  # of a map's maximum, as the design says


def by_autograd(network, inputs):
    """Grad-CAM by its definition: the gradient of each logit at the last convolution's activations."""
    maps = []
    features = network.features(inputs).detach().requires_grad_()
    logits = network.head(features)
    for total in logits.sum(0):
        (gradient,) = torch.autograd.grad(total, features, retain_graph=True)
        alpha = gradient.flatten(2).mean(2)
        maps.append(
            torch.einsum("bk,bkn->bn", alpha, features.flatten(2)).relu().view(len(inputs), *features.shape[2:])
        )
    return torch.stack(maps, 1).detach()


def agrees(maps, expected):
    assert maps.shape == expected.shape
    assert expected.amax() > 0
    peak = expected.flatten(2).amax(2).clamp(min=1e-12)
    assert ((maps - expected).abs().flatten(2).amax(2) / peak).max() <= TOLERANCE


@pytest.mark.parametrize(
    ("build", "shape"),
    [
        (lambda: TinyPicture(5), (3, 1, 48, 40)),
        (lambda: TinyPicture(5, hidden=7), (3, 1, 48, 40)),
        (lambda: TinyTime(4, pooled=True), (3, 12, 64)),
        (lambda: TinyTime(4), (3, 12, 64)),
        (lambda: EfficientNetLite0(9), (2, 3, 96, 96)),
    ],
    ids=["dense head", "two-layer head", "dense head over time", "flatten and dense over time", "efficientnet-lite0"],
)
def test_equals_autograd(build, shape):
    torch.manual_seed(3)
    network, inputs = build().eval(), torch.randn(shape)
    with torch.inference_mode():
        maps = class_maps(network, network.features(inputs))
    agrees(maps, by_autograd(network, inputs))


def test_flatten_and_dense_without_known_weights_gives_the_same():
    torch.manual_seed(4)
    network = TinyTime(4).eval()
    features = network.features(torch.randn(2, 12, 64))
    closed = class_maps(network, features)
    network.dense_weights = lambda: None
    agrees(class_maps(network, features), closed)


@pytest.mark.parametrize(
    ("build", "shape"),
    [(lambda: TinyPicture(3, hidden=6), (1, 1, 64, 64)), (lambda: EfficientNetLite0(4), (1, 3, 96, 96))],
    ids=["two-layer head", "efficientnet-lite0"],
)
@pytest.mark.filterwarnings("ignore")  # of matplotlib and others that the package imports
def test_equals_the_grad_cam_package(build, shape):
    from pytorch_grad_cam import GradCAM
    from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget

    torch.manual_seed(5)
    network, inputs = build().eval(), torch.randn(shape)
    features = network.features(inputs)
    maps = class_maps(network, features)
    cam = GradCAM(network, [network.last])
    raw = []
    for c in range(maps.shape[1]):
        cam(inputs, [ClassifierOutputTarget(c)])
        activations = cam.activations_and_grads.activations[0].numpy()
        gradients = cam.activations_and_grads.gradients[0].numpy()
        raw.append(cam.get_cam_image(inputs, [None], [None], activations, gradients).clip(min=0))
    agrees(maps, torch.from_numpy(np.stack(raw, 1)))
