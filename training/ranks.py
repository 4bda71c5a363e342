"""One process, or several that ``torchrun`` started: they share each batch, and the first of them alone writes.

The recipe's batch is divided over the processes, so that a recipe means the same however many there are.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import torch
from torch import Tensor, distributed, nn

PATIENCE = timedelta(hours=3)  # the others wait while the first draws pictures or validates


def count() -> int:
    """Return the number of processes that train together."""
    return distributed.get_world_size() if _together() else 1


def is_first() -> bool:
    """Whether this process is the one that writes and speaks."""
    return not _together() or distributed.get_rank() == 0


@contextmanager
def gathered(device: str) -> Iterator[str]:
    """Join the processes that torchrun started (gloo on CPUs, nccl on GPUs); yield this one's device."""
    if int(os.environ.get("WORLD_SIZE", "1")) < 2:
        yield device
        return
    if device == "cuda":
        device = f"cuda:{os.environ.get('LOCAL_RANK', '0')}"
        torch.cuda.set_device(device)
    distributed.init_process_group("nccl" if device.startswith("cuda") else "gloo", timeout=PATIENCE)
    try:
        yield device
    finally:
        distributed.destroy_process_group()


@contextmanager
def first_alone() -> Iterator[None]:
    """Let the first process through before the others: what it writes they find."""
    if not is_first():
        distributed.barrier()
    yield
    if is_first() and _together():
        distributed.barrier()


def own_share(inputs: Tensor, targets: Tensor) -> tuple[Tensor, Tensor, float]:
    """Return this process's part of a batch, and its weight in the mean over the processes.

    A batch of fewer samples than processes goes to all of them.
    """
    many = count()
    if many == 1 or len(inputs) < many:
        return inputs, targets, 1.0
    own = slice(distributed.get_rank(), None, many)
    part = inputs[own]
    return part, targets[own], len(part) * many / len(inputs)


def wrapped(network: nn.Module, device: str) -> nn.Module:
    """Return the network so that its gradients are averaged over the processes."""
    if count() == 1:
        return network
    return nn.parallel.DistributedDataParallel(network, device_ids=[device] if device.startswith("cuda") else None)


def mean(value: Tensor) -> float:
    """Return the mean of a number over the processes."""
    value = value.detach().clone()
    if count() > 1:
        distributed.all_reduce(value)
    return float(value) / count()


def said_by_first(value: float, device: str) -> float:
    """Return the first process's number to all of them."""
    if count() == 1:
        return value
    told = torch.tensor([value], dtype=torch.float64, device=device)
    distributed.broadcast(told, 0)
    return float(told)


def given_by_first(value: Any) -> Any:
    """Return the first process's value (plain values and tensors on the CPU) to all of them."""
    if count() == 1:
        return value
    told = [value]
    distributed.broadcast_object_list(told, 0)
    return told[0]


def _together() -> bool:
    return distributed.is_available() and distributed.is_initialized()
