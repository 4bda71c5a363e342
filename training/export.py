"""From a trained network and its measured figures to a bundle folder that the viewer loads."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import tomli_w
import torch

from viewer.models.bundle import write_weights
from viewer.models.card import read_card
from viewer.models.networks import Network


def export_bundle(network: Network, golden_input: torch.Tensor, card: dict[str, Any], folder: Path) -> None:
    """Write ``card.toml``, ``weights.safetensors`` and ``golden.safetensors``; the card is read back and checked.

    ``card`` is the card's content without ``weights``; figures are dicts of name, value, low, high, data, count, label.
    """
    sha256 = write_weights(network, golden_input, folder)
    write_card(card | {"weights": {"sha256": sha256, "dtype": "float16"}}, folder)


def write_card(card: dict[str, Any], folder: Path) -> None:
    """Write a card (numbers rounded to four decimals, None left out) and check that it reads back."""
    (folder / "card.toml").write_text(tomli_w.dumps(_plain(card)), "utf-8")
    read_card(folder)


def figure(name: str, value: tuple[float, float, float], data: str, count: int, label: str = "") -> dict[str, Any]:
    """Return a figure of a card from (value, low, high)."""
    return {
        "name": name,
        "label": label,
        "value": value[0],
        "low": value[1],
        "high": value[2],
        "data": data,
        "count": count,
    }


def made_input(*shape: int) -> torch.Tensor:
    """Return a golden input (1, *shape) in -1..1 that is nobody's study: a chirp."""
    count = int(np.prod(shape))
    return torch.linspace(0, count**0.5, count, dtype=torch.float64).square().sin().float().view(1, *shape)


def show(figures: list[dict[str, Any]]) -> None:
    """Print figures, a line each."""
    for f in figures:
        found = f"{f['value']:.3f} ({f['low']:.3f}-{f['high']:.3f}) n={f['count']}"
        print(f"{f['name']:48s} {f['label']:14s} {found:32s} {f['data']}", flush=True)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            k: _plain(v) for k, v in value.items() if v is not None and not (isinstance(v, float) and math.isnan(v))
        }
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    if hasattr(value, "item"):
        value = value.item()
    return round(value, 4) if isinstance(value, float) else value
