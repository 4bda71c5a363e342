"""Small networks and bundles of them, for the tests of reading."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from training.export import export_bundle
from viewer.models.networks.base import Network, architecture
from viewer.models.preprocessing.base import PREPARATIONS, Extent, Prepared
from viewer.reading.values import Finding, ModelIdentity, Reading
from viewer.study import Acquisition, Image, Kind, KindFrom, Patient, Source, Study, Waveform

torch.set_num_threads(1)


@architecture("test-picture")
class TinyPicture(Network):
    """Two convolutions, mean, one dense layer."""

    def __init__(self, classes: int = 3, hidden: int = 0, channels: int = 1) -> None:
        super().__init__()
        self.first = nn.Conv2d(channels, 8, 3, 2, 1)
        self.last = nn.Sequential(nn.Conv2d(8, 12, 3, 2, 1), nn.ReLU())
        self.head_layers = (
            nn.Sequential(nn.Linear(12, hidden), nn.ReLU(inplace=True), nn.Linear(hidden, classes))
            if hidden
            else nn.Linear(12, classes)
        )

    def features(self, x):
        return self.last(self.first(x).relu())

    def classify(self, pooled):
        return self.head_layers(pooled)


@architecture("test-time")
class TinyTime(Network):
    """Two convolutions over time, then flatten and dense, or the mean and dense."""

    def __init__(self, classes: int = 3, leads: int = 12, steps: int = 64, pooled: bool = False) -> None:
        super().__init__()
        self.pooled = pooled
        self.first = nn.Conv1d(leads, 8, 5, 2, 2)
        self.last = nn.Conv1d(8, 10, 5, 2, 2)
        self.dense = nn.Linear(10 if pooled else 10 * steps // 4, classes)

    def features(self, x):
        return self.last(self.first(x).relu()).relu()

    def classify(self, pooled):
        return self.dense(pooled.flatten(1))

    def dense_weights(self):
        return self.dense.weight


def prepare_windows(study: Study, window_s: float, rate_hz: float) -> Prepared:
    """Cut a recording into windows that overlap by half."""
    samples = np.nan_to_num(study.waveform.samples)
    width = int(window_s * rate_hz)
    starts = list(range(0, max(1, samples.shape[1] - width + 1), width // 2))
    inputs = np.stack([samples[:, s : s + width] for s in starts])
    extents = tuple(Extent(start_s=s / rate_hz, end_s=(s + width) / rate_hz) for s in starts)
    return Prepared(torch.from_numpy(inputs), extents)


PREPARATIONS["test-windows"] = prepare_windows


def card(model_id: str, kind: Kind, classes: list[str], **changes: Any) -> dict[str, Any]:
    """Return a card's content, complete but for the weights."""
    return {
        "id": model_id,
        "version": "0.0.1",
        "title": f"Test network for {kind}",
        "role": "read",
        "reads": [str(kind)],
        "classes": classes,
        "exclusive": False,
        "validated": False,
        "operating_points": dict.fromkeys(classes, 0.4),
        "architecture": {"name": "test-picture", "arguments": {"classes": len(classes)}},
        "preprocessing": {"name": "picture", "arguments": {"height": 64, "width": 64, "channels": 1}},
        "intended_use": "tests",
        "limits": [],
        "recipe": "tests",
        "data": [],
        "figures": [],
        "maps": {"faithful": True},
    } | changes


@pytest.fixture
def models(tmp_path: Path) -> Path:
    """An empty folder for bundles."""
    folder = tmp_path / "models"
    folder.mkdir()
    return folder


@pytest.fixture
def make_bundle(models: Path) -> Callable[..., Path]:
    """Write a bundle of a network into ``models`` and return its folder."""

    def make(content: dict[str, Any], network: Network, shape: tuple[int, ...]) -> Path:
        folder = models / content["id"]
        generator = torch.Generator().manual_seed(1)
        export_bundle(network, torch.randn(1, *shape, generator=generator), content, folder)
        return folder

    return make


@pytest.fixture
def chest_bundle(make_bundle) -> Path:
    """A chest bundle of three classes."""
    torch.manual_seed(0)
    content = card("chest-films", Kind.CHEST_XRAY, ["Effusion", "Mass", "No Finding"])
    return make_bundle(content, TinyPicture(3), (1, 64, 64))


def study_of(content: Image | Waveform, kind: Kind = Kind.UNKNOWN, **facts: Any) -> Study:
    """Return a study as if a file had said what it is."""
    return Study(
        Source(Path("study.png"), "0" * 64, "png"),
        kind,
        KindFrom.FILE,
        content,
        patient=facts.pop("patient", Patient()),
        acquisition=Acquisition(**facts),
    )


def film(rows: int = 240, columns: int = 200, seed: int = 0) -> Image:
    """Return a grey picture with a gradient and noise."""
    rng = np.random.default_rng(seed)
    grey = np.linspace(20, 200, columns)[None] + rng.normal(0, 12, (rows, columns))
    return Image(np.clip(grey, 0, 255).astype(np.uint8))


def reading_of(study: Study, findings: tuple[Finding, ...], **changes: Any) -> Reading:
    """Return a reading of a study as a model that is not installed might have given it."""
    return Reading(
        "secret-name.dcm",
        "ab" * 32,
        study.kind,
        KindFrom.FILE,
        "dicom",
        None,
        ModelIdentity("chest-films", "1", "cd" * 32, False),
        "cpu",
        "float32",
        False,
        findings=findings,
        **changes,
    )
