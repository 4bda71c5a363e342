"""A small network over time for EMG recordings: in each millisecond, is an event centred there, and of which class.

Two paths: a fine one at 1 ms sees shapes, a coarse one at 4 ms with dilated convolutions sees half a second to either
side (as shipped, with a reach of 7), so that what fires at 20 Hz and more is told by its rhythm. Both run as
convolutions over pictures one pixel high: channels-last these are twice as fast on a CPU as those over time. 0.7 M
parameters as shipped.
"""

import math
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from viewer.models.networks.base import Network, architecture

RATE_HZ = 8000  # of its input
CELL = 8  # samples of the input in a cell of its grid: 1 ms
SHARPNESS = 1.0  # of the pooling: 0 is the mean over the cells, infinity the strongest cell
COARSE = 4  # cells of the fine grid in one of the coarse
TRAIN_NUMBERS = 37  # what is measured of a train, as ``reading.trains`` lists it
WINDOW_NUMBERS = 7  # what is measured of a window of a recording, as ``reading.events`` lists it


class Cells(NamedTuple):
    """What each cell says, (batch, ..., cells): the logit of an event, classes' logits, ms from onset and to end."""

    event: Tensor
    classes: Tensor
    extent_ms: Tensor


def _conv(inputs: int, outputs: int, kernel: int = 1, stride: int = 1, dilation: int = 1) -> nn.Sequential:
    padding = (0, dilation * ((kernel - stride + 1) // 2))
    conv = nn.Conv2d(inputs, outputs, (1, kernel), (1, stride), padding, (1, dilation), bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(outputs))


class _Block(nn.Module):
    def __init__(self, width: int, dilation: int) -> None:
        super().__init__()
        self.first = _conv(width, width, 3, dilation=dilation)
        self.second = _conv(width, width)

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(x + self.second(torch.relu(self.first(x))))


class Numbers(nn.Module):
    """A small head: one hidden layer (or none) over some numbers, each first brought to mean 0 and spread 1."""

    mean: Tensor
    spread: Tensor

    def __init__(self, numbers: int, hidden: int, outputs: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(numbers))
        self.register_buffer("spread", torch.ones(numbers))
        parts: list[nn.Module] = [nn.Linear(numbers, hidden), nn.ReLU()] if hidden else []
        self.layers = nn.Sequential(*parts, nn.Linear(hidden or numbers, outputs))

    def forward(self, x: Tensor) -> Tensor:
        """Return (batch, outputs) from (batch, numbers)."""
        return self.layers(((x - self.mean) / self.spread).clamp(-6, 6))


@architecture("trace-events")
class TraceEvents(Network):
    """Input (batch, 2, samples) at 8 kHz, whole multiples of 32 samples; grid of 1 ms. Logits (batch, classes).

    Beside the classes each cell knows one more: a positive sharp wave upside down, by which a wrong polarity is told.
    ``train_class`` gives a train's logits (classes and upside down) from what is measured of it; ``window_class`` those
    of all classes but the last being there at all, in a window.
    """

    pooled = False
    threshold: Tensor

    def __init__(self, classes: int, width: int = 64, coarse: int = 96, filters: int = 96, reach: int = 6) -> None:
        super().__init__()
        self.classes = classes
        self.register_buffer("threshold", torch.tensor(0.5))  # of an event's probability; set on validation data
        # two small heads over numbers that the reading measures: fitted after the rest
        self.train_class = Numbers(TRAIN_NUMBERS, 32, classes + 1)
        self.window_class = Numbers(WINDOW_NUMBERS, 0, classes - 1)
        self.stem = nn.Sequential(
            _conv(2 * 4, 48, 5), nn.ReLU(inplace=True), _conv(48, width, 4, 2), nn.ReLU(inplace=True)
        )
        self.fine = nn.Sequential(*(_Block(width, d) for d in (1, 2, 4)))
        self.down = nn.Sequential(_conv(width, coarse, COARSE, COARSE), nn.ReLU(inplace=True))
        self.slow = nn.Sequential(*(_Block(coarse, 2**k) for k in range(reach)))
        self.up = _conv(coarse, width)
        self.last = nn.Sequential(_conv(width, filters, 3), nn.ReLU(inplace=True))
        self.cell = nn.Conv2d(filters, 1 + (classes + 1) + 2, 1)
        bias = self.cell.bias
        assert bias is not None
        nn.init.constant_(bias[:1], -4.0)  # most cells are empty

    def features(self, x: Tensor) -> Tensor:
        """Return (batch, filters, samples / 8)."""
        batch, channels, samples = x.shape
        if samples % (CELL * COARSE):
            raise ValueError(f"the input must be a multiple of {CELL * COARSE} samples long, and is {samples}")
        quarters = x.view(batch, channels, samples // 4, 4).permute(0, 1, 3, 2).reshape(batch, channels * 4, 1, -1)
        fine = self.fine(self.stem(quarters.contiguous(memory_format=torch.channels_last)))
        slow = self.up(self.slow(self.down(fine)))
        return self.last(torch.relu(fine + functional.interpolate(slow, scale_factor=(1, COARSE))))[:, :, 0]

    def cells(self, features: Tensor) -> Cells:
        """Return what each cell says."""
        told = self.cell(features[:, :, None])[:, :, 0].float()
        event, classes, extent = told.split((1, self.classes + 1, 2), 1)
        return Cells(event[:, 0], classes, functional.softplus(extent))

    def classify(self, pooled: Tensor) -> Tensor:
        """Return the logits (batch, classes) from the whole activations: the strongest cells of each class count."""
        told = self.cells(pooled)
        each = functional.logsigmoid(told.event)[:, None] + functional.log_softmax(told.classes, 1)[:, : self.classes]
        return (torch.logsumexp(SHARPNESS * each, 2) - math.log(each.shape[2])) / SHARPNESS

    def mean_gradients(self, features: Tensor) -> Tensor:
        """Return the logits' gradient averaged over the grid, (batch, classes, filters)."""
        told = self.cells(features)
        shares = told.classes.softmax(1)  # (batch, classes + 1, cells)
        each = functional.logsigmoid(told.event)[:, None] + shares.log()[:, : self.classes]
        counted = (SHARPNESS * each).softmax(2)  # how much each cell counts in each class's logit
        event, classes, _ = self.cell.weight[:, :, 0, 0].split((1, self.classes + 1, 2))
        of_event = (counted * (1 - told.event.sigmoid())[:, None]).sum(2)  # (batch, classes)
        of_classes = torch.einsum("bcn,bkn->bck", counted, shares)
        gradient = of_event[..., None] * event + classes[: self.classes] - of_classes @ classes
        return gradient / features.shape[2]
