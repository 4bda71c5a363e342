"""Architectures, each registered by the name its card gives."""

import importlib
import pkgutil
from functools import cache

from viewer.models.networks.base import BUILDERS, Network, architecture

__all__ = ["Network", "architecture", "build_network"]


@cache
def _import_all() -> None:
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")


def build_network(name: str, **arguments: object) -> Network:
    """Build an architecture by name, with fresh weights. Raises KeyError for an unknown name."""
    _import_all()
    if name not in BUILDERS:
        raise KeyError(f"unknown architecture {name!r}; known: {', '.join(sorted(BUILDERS))}")
    return BUILDERS[name](**arguments)
