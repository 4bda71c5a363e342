"""Whether a network's heat maps show what it uses: deletion and insertion, weight randomisation, the pointing game.

Deletion and insertion (Petsiuk et al. 2018): the parts a map ranks highest are first taken away (made the input's
mean), or first put back into a blurred input; the area under the class's probability is compared with that of the same
map shuffled over its grid, so that the random map has the same values and smoothness. Weight randomisation (Adebayo et
al. 2018): the layers' weights are drawn anew at random one after another from the output down; a map that keeps its
ranks then is decoration.
"""

import copy
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from training.export import figure
from training.metrics import bootstrap
from viewer.models.networks import Network
from viewer.reading.gradcam import class_maps

SAME_RANKS = 0.5  # a mean rank correlation over this with all weights random: the map does not depend on them
CELLS = {1: (128,), 2: (28, 28)}  # into so many parts an input is cut for deletion and insertion
BLUR_CELLS = 4  # a blurred input keeps this many values along each axis


class Faithfulness(NamedTuple):
    """Figures for the card's ``maps.figures``, whether the maps may be shown, and the reason in a sentence."""

    figures: list[dict[str, Any]]
    faithful: bool
    note: str


def measure_faithfulness(
    network: Network,
    inputs: Tensor,
    classes: Sequence[int] | None = None,
    seed: int = 0,
    *,
    exclusive: bool = False,
    steps: int = 16,
    data: str = "test",
    batch: int = 16,
) -> Faithfulness:
    """Measure a network's maps on some inputs.

    Parameters
    ----------
    network : Network
        As it ships (in evaluation mode, weights rounded to half precision).
    inputs : Tensor
        (n, channels, *space), one or two axes of space; 32 to 64 inputs that truly have the class do.
    classes : sequence of int, optional
        Each input's class; by default the one of the highest logit.
    exclusive : bool
        Softmax rather than sigmoid.
    steps : int
        Points of each curve; the cost is about 4 * n * steps forward passes.
    data : str
        What the inputs are, for the card.
    """
    network.eval()
    generator = torch.Generator().manual_seed(seed)
    maps, logits = _maps(network, inputs, classes, batch)
    chosen = logits.argmax(1) if classes is None else torch.as_tensor(list(classes))

    def score(x: Tensor) -> Tensor:
        return _probability(network, x, chosen, exclusive, batch)

    shuffled = _shuffle_cells(maps, generator)
    curves = {
        "deletion": (_curve(score, inputs, maps, steps, True), _curve(score, inputs, shuffled, steps, True)),
        "insertion": (_curve(score, inputs, maps, steps, False), _curve(score, inputs, shuffled, steps, False)),
    }
    gains = {"deletion": curves["deletion"][1] - curves["deletion"][0]}
    gains["insertion"] = curves["insertion"][0] - curves["insertion"][1]
    figures = []
    for name, (own, random) in curves.items():
        better = "lower is better" if name == "deletion" else "higher is better"
        figures += [
            _figure(f"{name} AUC ({better})", own, data),
            _figure(f"{name} AUC of random maps", random, data),
            _figure(f"{name} AUC gained over random maps", gains[name], data),
        ]
    ranks = weight_randomisation(network, inputs, chosen.tolist(), seed, batch)
    figures += [_figure(f"rank correlation, {stage} random", values, data) for stage, values in ranks.items()]
    return Faithfulness(figures, *_judge(gains, ranks["all weights"]))


def weight_randomisation(
    network: Network, inputs: Tensor, classes: Sequence[int], seed: int = 0, batch: int = 16, draws: int = 4
) -> dict[str, np.ndarray]:
    """Return each input's rank correlation of its map with that after the weights are drawn anew from the output down.

    Stages: the head, then the last third and two thirds of the layers, then all weights; the mean of ``draws`` draws
    (a single one may by luck favour the same places). Batch normalisation follows the random layers' own statistics,
    so that activations neither vanish nor explode. An empty map counts as 0.
    """
    before, _ = _maps(network, inputs, classes, batch)
    rounds = []
    for draw in range(draws):
        generator = torch.Generator().manual_seed(seed + draw)
        stages = _redrawn_from_the_head(copy.deepcopy(network), generator)
        rounds.append({stage: _rank_correlations(before, _maps(n, inputs, classes, batch)[0]) for stage, n in stages})
    return {stage: np.mean([one[stage] for one in rounds], axis=0) for stage in rounds[0]}


def _redrawn_from_the_head(network: Network, generator: torch.Generator) -> Iterator[tuple[str, Network]]:
    """Yield the network after each stage, its layers drawn anew in place."""
    normalisations = [m for m in network.modules() if isinstance(m, nn.modules.batchnorm._BatchNorm)]
    weighted = [m for m in network.modules() if any(True for _ in m.parameters(recurse=False))]
    layers = [m for m in weighted if m not in normalisations][::-1]
    count, done = len(layers), 0
    ends = {"head": 1, "last third of the layers": -(-count // 3), "last two thirds": -(-2 * count // 3)}
    for module in normalisations:
        module.train()
    for stage, end in (ends | {"all weights": count}).items():
        for layer in layers[done:end]:
            _redraw(layer, generator)
        done = max(done, end)
        yield stage, network


def pointing_game(
    network: Network, inputs: Tensor, classes: Sequence[int], truths: Tensor, *, data: str = "test", batch: int = 16
) -> list[dict[str, Any]]:
    """Return the share of maps whose maximum lies in the truth (Zhang et al. 2016), and the truth's mean share of all.

    ``truths`` is bool (n, *space) in the input's own coordinates; an input whose truth is empty does not count.
    """
    maps, _ = _maps(network, inputs, classes, batch)
    truths = truths.bool()
    there = truths.flatten(1).any(1)
    large = _enlarge(maps, inputs.shape[2:])
    hits = truths.flatten(1).gather(1, large.flatten(1).argmax(1, keepdim=True))[:, 0]
    shares = truths.flatten(1).float().mean(1)
    return [
        _figure("pointing game", hits[there].float().numpy(), data),
        _figure("pointing game by chance", shares[there].numpy(), data),
    ]


def _judge(gains: dict[str, np.ndarray], ranks: np.ndarray) -> tuple[bool, str]:
    means = {name: float(values.mean()) for name, values in gains.items()}
    lows = {name: _mean(values)[1] for name, values in gains.items()}
    if float(ranks.mean()) > SAME_RANKS:
        return False, f"the maps keep their ranks ({ranks.mean():.2f}) when all weights are random"
    if min(means.values()) <= 0 or max(lows.values()) <= 0:
        return False, (
            "they mark what the network uses no better than random maps do "
            f"(deletion {means['deletion']:+.3f}, insertion {means['insertion']:+.3f})"
        )
    return True, (
        f"better than random maps by {means['deletion']:.3f} (deletion) and {means['insertion']:.3f} (insertion AUC); "
        f"rank correlation {ranks.mean():.2f} with all weights random"
    )


def _figure(name: str, values: np.ndarray, data: str) -> dict[str, Any]:
    return figure(name, _mean(values), data, len(values))


def _mean(values: np.ndarray) -> tuple[float, float, float]:
    return bootstrap(lambda i: float(values[i].mean()), range(len(values)))


@torch.inference_mode()
def _maps(network: Network, inputs: Tensor, classes: Sequence[int] | None, batch: int) -> tuple[Tensor, Tensor]:
    """Return each input's map of its class (n, *grid) and the logits."""
    device = next(network.parameters()).device
    maps, logits = [], []
    for first in range(0, len(inputs), batch):
        features = network.features(inputs[first : first + batch].to(device))
        logits.append(network.head(features).float().cpu())
        every = class_maps(network, features).float().cpu()
        own = logits[-1].argmax(1) if classes is None else torch.as_tensor(list(classes[first : first + batch]))
        maps.append(every[torch.arange(len(every)), own])
    return torch.cat(maps), torch.cat(logits)


@torch.inference_mode()
def _probability(network: Network, x: Tensor, classes: Tensor, exclusive: bool, batch: int) -> Tensor:
    device = next(network.parameters()).device
    shares = []
    for first in range(0, len(x), batch):
        logits = network(x[first : first + batch].to(device)).float().cpu()
        every = logits.softmax(1) if exclusive else logits.sigmoid()
        shares.append(every[torch.arange(len(every)), classes[first : first + batch]])
    return torch.cat(shares)


def _curve(score: Callable[[Tensor], Tensor], inputs: Tensor, maps: Tensor, steps: int, delete: bool) -> np.ndarray:
    """Return each input's area under its probability as parts are taken away, or put back, in the map's order."""
    gone = inputs.flatten(2).mean(2).view(*inputs.shape[:2], *[1] * (inputs.ndim - 2)) if delete else _blur(inputs)
    cells = CELLS[inputs.ndim - 2]
    ranks = _enlarge(maps, cells).flatten(1).argsort(1, descending=True).argsort(1)
    points = []
    for share in torch.linspace(0, 1, steps):
        taken = (ranks < round(float(share) * ranks.shape[1])).float().view(len(maps), 1, *cells)
        mask = functional.interpolate(taken, inputs.shape[2:], mode="nearest")
        points.append(score(torch.where(mask.bool() == delete, gone, inputs)))
    return torch.trapezoid(torch.stack(points), dx=1 / (steps - 1), dim=0).numpy()


def _blur(inputs: Tensor) -> Tensor:
    pool = functional.adaptive_avg_pool1d if inputs.ndim == 3 else functional.adaptive_avg_pool2d
    return _resize(pool(inputs, BLUR_CELLS), inputs.shape[2:])


def _enlarge(maps: Tensor, size: Sequence[int]) -> Tensor:
    return _resize(maps[:, None], size)[:, 0]


def _resize(x: Tensor, size: Sequence[int]) -> Tensor:
    mode = "linear" if x.ndim == 3 else "bilinear"
    return functional.interpolate(x, tuple(size), mode=mode, align_corners=False)


def _shuffle_cells(maps: Tensor, generator: torch.Generator) -> Tensor:
    flat = maps.flatten(1)
    order = torch.rand(flat.shape, generator=generator).argsort(1)
    return flat.gather(1, order).view_as(maps)


@torch.no_grad()
def _redraw(layer: nn.Module, generator: torch.Generator) -> None:
    """Draw a layer's weights anew, of the same spread and mean 0; biases become 0."""
    for parameter in layer.parameters(recurse=False):
        if parameter.ndim > 1:
            parameter.copy_(torch.randn(parameter.shape, generator=generator) * parameter.std().cpu())
        else:
            parameter.zero_()


def _rank_correlations(before: Tensor, after: Tensor) -> np.ndarray:
    from scipy.stats import rankdata

    correlations = np.zeros(len(before))
    for i, (a, b) in enumerate(zip(before, after, strict=True)):
        x, y = rankdata(a.flatten()), rankdata(b.flatten())
        if np.ptp(x) > 0 and np.ptp(y) > 0:
            correlations[i] = np.corrcoef(x, y)[0, 1]
    return correlations
