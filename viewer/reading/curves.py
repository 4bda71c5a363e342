"""Which pixels of a picture are curves, as a network tells."""

from collections.abc import Callable
from functools import lru_cache, partial

import numpy as np
import torch
from torch.nn import functional

from viewer.models.bundle import ModelBundle, load_bundle
from viewer.models.catalogue import catalogue
from viewer.models.networks.curve_finder import MULTIPLE


def curves_input(shown: np.ndarray) -> torch.Tensor:
    """Return a picture, uint8 (rows, columns) or (rows, columns, 3), as the network sees it: (1, 3, rows, columns).

    Its edges are repeated up to multiples of 16.
    """
    seen = torch.from_numpy(np.array(shown))
    seen = seen[None].expand(3, -1, -1) if seen.ndim == 2 else seen.permute(2, 0, 1)
    rows, columns = seen.shape[1:]
    padded = (0, -columns % MULTIPLE, 0, -rows % MULTIPLE)
    return functional.pad(seen[None].float().div(255).sub(0.5), padded, mode="replicate")


def find_curves(bundle: ModelBundle, shown: np.ndarray, device: str = "cpu") -> np.ndarray:
    """Return each pixel's probability to be a curve's, float32 (rows, columns)."""
    with torch.inference_mode():
        told = bundle.network(curves_input(shown).to(device))[0, 0]
        return told[: shown.shape[0], : shown.shape[1]].float().sigmoid().cpu().numpy()


@lru_cache(1)
def installed_curves() -> Callable[[np.ndarray], np.ndarray] | None:
    """Return ``find_curves`` with the installed model for that, on the CPU; None where there is none."""
    card = next((c for c in catalogue() if c.role == "curves"), None)
    return None if card is None else partial(find_curves, load_bundle(card.folder))
