"""A model's card: everything about it but its numbers, read from ``card.toml`` and checked."""

import math
import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from viewer.errors import BundleError
from viewer.study import Kind

MAX_CARD_BYTES = 1 << 20
ROLES = ("read", "kind", "curves", "lines", "words", "sweeps", "signals")


@dataclass(frozen=True)
class Figure:
    """A measured figure: value with its 95 % interval, on which data, of how many."""

    name: str
    value: float
    low: float | None
    high: float | None
    data: str
    count: int
    label: str = ""


@dataclass(frozen=True)
class DataSource:
    """Data a model was trained on."""

    name: str
    licence: str
    count: int
    note: str = ""


@dataclass(frozen=True)
class Beside:
    """How a model is heard beside one that reads, whose weights are those of ``sha256``.

    ``shares`` (classes but the last): how much it counts in telling a class from those after it. The logarithms of the
    probabilities that both then give are divided by ``temperature``. Operating points and ``uncertain_below`` hold for
    what both say together.
    """

    sha256: str
    shares: tuple[float, ...]
    temperature: float
    operating_points: dict[str, float]
    uncertain_below: float


@dataclass(frozen=True)
class Card:
    """A bundle's card.

    ``role`` is ``read`` (findings), ``kind`` (which kind a picture is), ``words`` (what is written on a picture),
    ``curves`` (which of a picture's pixels are curves), ``lines`` (where words stand), ``sweeps`` (where the potentials
    on a picture's sweeps are) or ``signals`` (what the sweeps show: heard ``beside`` the models named there).
    ``reads`` are the study kinds it takes.
    ``operating_points`` gives each class's probability threshold. Logits are divided by ``temperature`` (one number, or
    one a class) before softmax (``exclusive``) or sigmoid. ``mean_boxes`` (label -> (w, h) as fractions of the picture)
    are used in choosing boxes, which are cut at ``box_threshold`` of a map's maximum. ``maps_faithful`` false: maps are
    not shown. ``uncertain_below``: exclusive classes whose highest probability is under it are ``uncertain`` (of a
    ``kind`` model: the picture is of no known kind).
    """

    folder: Path
    id: str
    version: str
    title: str
    role: str
    reads: tuple[Kind, ...]
    classes: tuple[str, ...]
    exclusive: bool
    validated: bool
    operating_points: dict[str, float]
    operating_points_from: str
    temperature: tuple[float, ...]
    calibration_from: str
    uncertain_below: float
    architecture: str
    architecture_arguments: dict[str, Any]
    preprocessing: str
    preprocessing_arguments: dict[str, Any]
    weights_sha256: str
    intended_use: str
    limits: tuple[str, ...]
    recipe: str
    data: tuple[DataSource, ...]
    figures: tuple[Figure, ...]
    faithfulness: tuple[Figure, ...]
    maps_faithful: bool
    maps_note: str
    box_threshold: float = 0.5
    mean_boxes: dict[str, tuple[float, float]] = field(default_factory=dict)
    beside: dict[str, Beside] = field(default_factory=dict)

    @property
    def weights(self) -> Path:
        """The weights file."""
        return self.folder / "weights.safetensors"

    @property
    def golden(self) -> Path:
        """One stored input and the outputs it must give."""
        return self.folder / "golden.safetensors"


def read_card(folder: Path) -> Card:
    """Read and check a bundle's card.

    Raises
    ------
    BundleError
        ``bundle-missing`` where there is no card, ``bundle-damaged`` where it cannot be understood.
    """
    path = folder / "card.toml"
    try:
        if path.stat().st_size > MAX_CARD_BYTES:
            raise OSError(f"larger than {MAX_CARD_BYTES >> 20} MiB")
        raw = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError as error:
        raise BundleError(
            "bundle-missing", f"{folder.name} holds no card.toml", "install the model again", folder
        ) from error
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BundleError(
            "bundle-damaged", f"The card of {folder.name} cannot be read ({error})", "install the model again", path
        ) from error
    try:
        return _card(folder, raw)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise BundleError(
            "bundle-damaged", f"The card of {folder.name} is incomplete ({error!r})", "install the model again", path
        ) from error


def _card(folder: Path, raw: dict[str, Any]) -> Card:
    if not re.fullmatch(r"[a-z0-9][a-z0-9._-]{0,63}", raw["id"]):
        raise ValueError("id must be lower-case letters, digits, '.', '_' and '-'")
    if raw["role"] not in ROLES:
        raise ValueError(f"role must be one of {', '.join(ROLES)}")
    classes = tuple(str(label) for label in raw["classes"])
    if not classes or len(set(classes)) != len(classes):
        raise ValueError("classes must be there, each once")
    reads = raw["role"] == "read"
    points = {label: _fraction(raw["operating_points"][label]) for label in classes} if reads else {}
    temperature = raw.get("calibration", {}).get("temperature", 1.0)
    temperatures = (
        tuple(float(t) for t in temperature) if isinstance(temperature, list) else (float(temperature),) * len(classes)
    )
    if len(temperatures) != len(classes) or not all(0 < t < math.inf for t in temperatures):
        raise ValueError("calibration.temperature must be positive, one number or one a class")
    maps = raw.get("maps", {})
    return Card(
        folder=folder,
        id=str(raw["id"]),
        version=str(raw["version"]),
        title=str(raw["title"]),
        role=str(raw["role"]),
        reads=tuple(Kind(k) for k in raw["reads"]),
        classes=classes,
        exclusive=bool(raw["exclusive"]),
        validated=bool(raw["validated"]),
        operating_points=points,
        operating_points_from=str(raw.get("operating_points_from", "")),
        temperature=temperatures,
        calibration_from=str(raw.get("calibration", {}).get("from", "")),
        uncertain_below=_fraction(raw.get("uncertain_below", 0.0)),
        architecture=str(raw["architecture"]["name"]),
        architecture_arguments=dict(raw["architecture"].get("arguments", {})),
        preprocessing=str(raw["preprocessing"]["name"]),
        preprocessing_arguments=dict(raw["preprocessing"].get("arguments", {})),
        weights_sha256=str(raw["weights"]["sha256"]),
        intended_use=str(raw["intended_use"]),
        limits=tuple(raw["limits"]),
        recipe=str(raw["recipe"]),
        data=tuple(DataSource(**d) for d in raw["data"]),
        figures=tuple(_figure(f) for f in raw["figures"]),
        faithfulness=tuple(_figure(f) for f in maps.get("figures", [])),
        maps_faithful=bool(maps.get("faithful", False)),
        maps_note=str(maps.get("note", "")),
        box_threshold=_fraction(maps.get("box_threshold", 0.5)),
        mean_boxes={k: (float(v[0]), float(v[1])) for k, v in raw.get("mean_boxes", {}).items()},
        beside={k: _beside(v, classes) for k, v in raw.get("beside", {}).items()},
    )


def _beside(raw: dict[str, Any], classes: tuple[str, ...]) -> Beside:
    temperature = float(raw["temperature"])
    if not 0 < temperature < math.inf:
        raise ValueError("beside.temperature must be positive")
    points = {label: _fraction(raw["operating_points"][label]) for label in classes}
    shares = tuple(map(_fraction, raw["shares"]))
    if len(shares) != len(classes) - 1:
        raise ValueError("beside.shares must be as many as classes, less one")
    return Beside(str(raw["sha256"]), shares, temperature, points, _fraction(raw["uncertain_below"]))


def _fraction(value: Any) -> float:
    if not 0 <= float(value) <= 1:
        raise ValueError(f"{value} is not between 0 and 1")
    return float(value)


def _figure(raw: dict[str, Any]) -> Figure:
    return Figure(
        name=str(raw["name"]),
        value=float(raw["value"]),
        low=None if raw.get("low") is None else float(raw["low"]),
        high=None if raw.get("high") is None else float(raw["high"]),
        data=str(raw["data"]),
        count=int(raw["count"]),
        label=str(raw.get("label", "")),
    )
