"""What a model says about a study. Frozen; nothing here needs torch."""

from dataclasses import dataclass, field

import numpy as np

from viewer.study import Kind, KindFrom, Note, Region


@dataclass(frozen=True)
class Box:
    """A rectangle in pixels of the upright picture; ``score`` 0..1."""

    x: float
    y: float
    w: float
    h: float
    score: float


@dataclass(frozen=True)
class Span:
    """A stretch of a recording in seconds; ``channel`` is None where the network says when, not in which lead."""

    channel: str | None
    start_s: float
    end_s: float
    score: float


@dataclass(frozen=True)
class Finding:
    """A class's probability against its operating point, with what supports it."""

    label: str
    probability: float
    threshold: float
    boxes: tuple[Box, ...] = ()
    spans: tuple[Span, ...] = ()

    @property
    def positive(self) -> bool:
        """Whether the probability reaches the operating point."""
        return self.probability >= self.threshold


@dataclass(frozen=True)
class Event:
    """A waveform found in a recording; ``time_s`` is its largest deflection."""

    label: str
    time_s: float
    start_s: float
    end_s: float
    channel: str
    score: float
    train: int | None = None


@dataclass(frozen=True)
class Train:
    """Events that fire together; ``interval_cv`` is the intervals' standard deviation over their mean.

    ``score`` is the class's probability, judged by the whole train; ``slowing`` by how much the last third's median
    interval is over the first third's (0.3: 30 % longer), None where there are too few.
    """

    train: int
    label: str
    events: int
    rate_hz: float
    interval_cv: float
    channel: str = ""
    score: float = 0.0
    slowing: float | None = None


@dataclass(frozen=True, eq=False)
class HeatMap:
    """Where the network looked for one class, at the network's resolution.

    ``values``: float32, not negative, (height, width) over the rectangle ``x, y, w, h`` of upright pixels, or (steps,)
    over ``start_s`` to ``end_s``. The rectangle may reach beyond the picture, where the input was padded.
    """

    label: str
    values: np.ndarray
    x: float = 0.0
    y: float = 0.0
    w: float = 0.0
    h: float = 0.0
    start_s: float = 0.0
    end_s: float = 0.0


@dataclass(frozen=True)
class ModelIdentity:
    """Which model it was; ``beside``: models heard with it, on whose weights the probabilities depend as well."""

    id: str
    version: str
    sha256: str
    validated: bool
    beside: tuple["ModelIdentity", ...] = ()


@dataclass(frozen=True, eq=False)
class Reading:
    """What one model says about one study, or about ``region`` of it.

    ``abstained``: no findings, the reason in ``warnings``. ``predicted``: for exclusive classes the most probable one
    or ``uncertain``. ``also``: further readings of the same file. ``maps``: one a class, empty where the model's maps
    are not shown because they are not faithful.
    """

    file: str
    sha256: str
    kind: Kind
    kind_from: KindFrom
    format: str
    frame: int | None
    model: ModelIdentity | None
    device: str
    precision: str
    abstained: bool
    exclusive: bool = False
    predicted: str | None = None
    findings: tuple[Finding, ...] = ()
    events: tuple[Event, ...] = ()
    trains: tuple[Train, ...] = ()
    warnings: tuple[Note, ...] = ()
    open_ms: float = 0.0
    read_ms: float = 0.0
    also: tuple["Reading", ...] = ()
    maps: tuple[HeatMap, ...] = field(default=(), repr=False)
    region: Region | None = None

    def heat_map(self, label: str) -> HeatMap | None:
        """Return a class's map, or None."""
        return next((m for m in self.maps if m.label == label), None)
