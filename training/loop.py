"""One training loop for every network here: resumable, with the loss logged each step and the best state kept."""

import json
import math
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import torch
from torch import Tensor, nn

Batches = Callable[[int], Iterable[tuple[Tensor, Tensor]]]


def fit(
    network: nn.Module,
    batches: Batches,
    loss: Callable[[Tensor, Tensor], Tensor],
    out: Path,
    *,
    epochs: int,
    steps_per_epoch: int,
    rate: float,
    weight_decay: float = 1e-2,
    warmup: float = 0.1,
    validate: Callable[[nn.Module], float] | None = None,
    resume: bool = True,
    device: str = "cpu",
    head_rate: float | None = None,
    head: str = "dense",
    average: float | None = None,
    patience: int | None = None,
    log: Callable[[str], None] = print,
) -> nn.Module:
    """Train with AdamW and a warmed-up cosine, in bfloat16 autocast; return the network in its best state.

    ``batches(epoch)`` yields (inputs, targets), the same in each run of that epoch. ``validate`` gives a figure of
    which more is better, computed after each epoch; without it the last state is kept. ``head_rate`` is the rate of the
    layers whose name starts with ``head``. ``average`` is the decay of an exponential moving average of the weights,
    which is then what is validated and kept. After ``patience`` epochs without gain training ends. A run that was cut
    off goes on from its last epoch (``checkpoint.pt`` in ``out``, read with ``weights_only``).
    """
    out.mkdir(parents=True, exist_ok=True)
    network.to(device)
    groups = _groups(network, rate, head_rate or rate, head, weight_decay)
    optimiser = torch.optim.AdamW(groups)
    total = epochs * steps_per_epoch
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: _cosine(step, total, warmup))
    shadow = {k: v.clone() for k, v in network.state_dict().items()} if average else None
    start, best, best_state, waited = 0, -math.inf, None, 0
    checkpoint = out / "checkpoint.pt"
    if resume and checkpoint.exists():
        saved = torch.load(checkpoint, map_location=device, weights_only=True)
        network.load_state_dict(saved["network"])
        optimiser.load_state_dict(saved["optimiser"])
        schedule.load_state_dict(saved["schedule"])
        start, best, best_state, shadow = saved["epoch"], saved["best"], saved["best_state"], saved["shadow"]
        waited = saved.get("waited", 0)
        log(f"resumed after epoch {start}")
    for epoch in range(start, epochs):
        if patience is not None and waited >= patience:
            log(f"no gain for {patience} epochs")
            break
        torch.manual_seed(epoch)
        began, mean = time.monotonic(), 0.0
        for step, value in enumerate(
            _epoch(network, batches(epoch), loss, optimiser, schedule, device, shadow, average)
        ):
            mean += (value - mean) / (step + 1)
            with (out / "steps.jsonl").open("a") as stream:
                stream.write(json.dumps({"epoch": epoch, "step": epoch * steps_per_epoch + step, "loss": value}) + "\n")
        figure = _validated(network, shadow, validate)
        log(f"epoch {epoch + 1}/{epochs} loss {mean:.4f} validation {figure:.4f} {time.monotonic() - began:.0f} s")
        waited = 0 if figure > best else waited + 1
        if figure >= best or validate is None:
            best, best_state = figure, {k: v.clone() for k, v in (shadow or network.state_dict()).items()}
        parts = {
            "network": network.state_dict(),
            "optimiser": optimiser.state_dict(),
            "schedule": schedule.state_dict(),
        }
        state = parts | {"epoch": epoch + 1, "best": best, "best_state": best_state, "shadow": shadow, "waited": waited}
        torch.save(state, checkpoint.with_suffix(".new"))
        checkpoint.with_suffix(".new").replace(checkpoint)
    if best_state is not None:
        network.load_state_dict(best_state)
    return network.eval()


def _epoch(network, batches, loss, optimiser, schedule, device, shadow, average) -> Iterator[float]:  # type: ignore[no-untyped-def]
    network.train()
    for inputs, targets in batches:
        with torch.autocast(device.split(":")[0], dtype=torch.bfloat16):
            logits = network(inputs.to(device))
        value = loss(logits.float(), targets.to(device))
        optimiser.zero_grad(set_to_none=True)
        value.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 5.0)
        optimiser.step()
        schedule.step()
        if shadow is not None:
            for key, own in network.state_dict().items():
                if own.is_floating_point():
                    shadow[key].lerp_(own, 1 - average)
                else:
                    shadow[key].copy_(own)
        yield float(value.detach())


def _validated(network: nn.Module, shadow: dict[str, Tensor] | None, validate) -> float:  # type: ignore[no-untyped-def]
    if validate is None:
        return math.nan
    current = {k: v.clone() for k, v in network.state_dict().items()}
    if shadow is not None:
        network.load_state_dict(shadow)
    network.eval()
    with torch.inference_mode():
        figure = float(validate(network))
    network.load_state_dict(current)
    return figure


def _cosine(step: int, total: int, warmup: float) -> float:
    ahead = max(1, round(total * warmup))
    if step < ahead:
        return (step + 1) / ahead
    return max(0.01, 0.5 * (1 + math.cos(math.pi * (step - ahead) / max(1, total - ahead))))


def _groups(network: nn.Module, rate: float, head_rate: float, head: str, decay: float) -> list[dict]:
    groups: dict[tuple[bool, bool], list[nn.Parameter]] = {}
    for name, parameter in network.named_parameters():
        if parameter.requires_grad:
            groups.setdefault((name.startswith(head), parameter.ndim > 1), []).append(parameter)
    return [
        {"params": parameters, "lr": head_rate if is_head else rate, "weight_decay": decay if is_matrix else 0.0}
        for (is_head, is_matrix), parameters in groups.items()
    ]
