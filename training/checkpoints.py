"""Checkpoints: written whole or not at all, read without unpickling anything but tensors and plain values."""

import os
from pathlib import Path
from typing import Any

import torch

from viewer.errors import LeadlightError


def save_checkpoint(state: dict[str, Any], path: Path) -> None:
    """Write beside, then replace: whenever the process is killed, the old or the new checkpoint is there, whole."""
    fresh = path.with_suffix(".new")
    with fresh.open("wb") as stream:
        torch.save(state, stream)
        stream.flush()
        os.fsync(stream.fileno())
    fresh.replace(path)


def load_checkpoint(path: Path) -> dict[str, Any] | None:
    """Return a checkpoint, its tensors on the CPU; None where there is none.

    Raises LeadlightError for one that cannot be read.
    """
    if not path.exists():
        return None
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # a file of any other content
        raise LeadlightError(
            "damaged", f"The checkpoint {path} cannot be read", "delete it to begin this part again", path
        ) from error


def random_state(device: str) -> dict[str, torch.Tensor]:
    """Return the states of torch's random generators (of the CPU, and of the device)."""
    state = {"cpu": torch.get_rng_state()}
    if device.startswith("cuda"):
        state["cuda"] = torch.cuda.get_rng_state(device)
    return state


def restore_random_state(state: dict[str, torch.Tensor], device: str) -> None:
    """Set torch's random generators to a saved state."""
    torch.set_rng_state(state["cpu"].cpu())
    if device.startswith("cuda") and "cuda" in state:
        torch.cuda.set_rng_state(state["cuda"].cpu(), device)
