"""What a preparation returns."""

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor

from viewer.study import Note


@dataclass(frozen=True)
class Extent:
    """The part of a study that a network's whole input grid covers, so that maps find their way back.

    For pictures the rectangle ``x``, ``y``, ``w``, ``h`` in upright pixels (it may reach beyond the picture, where the
    input was padded); for recordings ``start_s`` to ``end_s``.
    """

    x: float = 0.0
    y: float = 0.0
    w: float = 0.0
    h: float = 0.0
    start_s: float = 0.0
    end_s: float = 0.0


@dataclass(frozen=True, eq=False)
class Prepared:
    """A network's input.

    Attributes
    ----------
    inputs : Tensor
        (batch, channels, *space) float32; batch is 1, or the number of windows a long recording was cut into.
    extents : tuple of Extent
        One an input.
    notes : tuple of Note
        What was noticed on the way (lead missing and filled with zeros, scale unknown ...).
    refusal : Note or None
        Why this study cannot be read by this network at all; the reading then abstains.
    """

    inputs: Tensor
    extents: tuple[Extent, ...]
    notes: tuple[Note, ...] = ()
    refusal: Note | None = None


PREPARATIONS: dict[str, Callable[..., Prepared]] = {}


def preparation(name: str) -> Callable:
    """Register a preparation: a function (study, **arguments of the card) -> Prepared."""

    def register(function: Callable[..., Prepared]) -> Callable[..., Prepared]:
        PREPARATIONS[name] = function
        return function

    return register
