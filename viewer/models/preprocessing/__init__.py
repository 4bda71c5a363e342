"""From a study to a network's input, by the name and arguments in its card. Training uses the same functions."""

import importlib
import pkgutil
from functools import cache
from typing import Any

from viewer.models.preprocessing.base import PREPARATIONS, Extent, Prepared, preparation
from viewer.study import Study

__all__ = ["Extent", "Prepared", "preparation", "prepare"]


@cache
def _import_all() -> None:
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")


def prepare(name: str, arguments: dict[str, Any], study: Study) -> Prepared:
    """Prepare a study for a network. Raises KeyError for an unknown name."""
    _import_all()
    if name not in PREPARATIONS:
        raise KeyError(f"unknown preprocessing {name!r}; known: {', '.join(sorted(PREPARATIONS))}")
    return PREPARATIONS[name](study, **arguments)
