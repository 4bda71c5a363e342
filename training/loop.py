"""One training loop for every network here: resumable at any moment, told as it goes, on one process or several."""

import math
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from training import ranks
from training.checkpoints import load_checkpoint, random_state, restore_random_state, save_checkpoint
from training.job import Job
from training.journal import Journal, Silence

Batches = Callable[[int], Iterable[tuple[Tensor, Tensor]]]
Optimisers = Callable[[list[dict]], torch.optim.Optimizer]


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
    optimiser: Optimisers = torch.optim.AdamW,
    fixed_rate: bool = False,
    clip: float | None = 5.0,
    mixed: bool = True,
    checkpoint_every_s: float = 300.0,
) -> nn.Module:
    """Train with AdamW and a warmed-up cosine, in mixed precision; return the network in its best state.

    ``batches(epoch)`` yields (inputs, targets), the same in each run of that epoch (torch's seed is set before it).
    ``validate`` gives a figure of which more is better, computed after each epoch; without it the last state is kept.
    The network that it is given takes inputs on any device and answers on the CPU. ``head_rate`` is the rate of the
    layers whose name starts with ``head``. ``average`` is the decay of an exponential moving average of the weights,
    which is then what is validated and kept. After ``patience`` epochs without gain training ends. ``optimiser`` takes
    parameter groups; ``fixed_rate`` leaves the cosine out; ``clip`` is the largest norm of the gradient. ``mixed``:
    bfloat16 autocast, on a GPU without it float16 with scaled gradients.

    ``out`` gets ``checkpoint.pt`` after each epoch and every ``checkpoint_every_s`` seconds, ``steps.jsonl``,
    ``epochs.jsonl``, ``loss.png`` and ``tensorboard/``. A run that was cut off, even killed, goes on from its last
    checkpoint with the batches and random numbers it would have had. Under torchrun each batch is divided over the
    processes, and only the first writes.
    """
    network.to(device)
    groups = _groups(network, rate, head_rate or rate, head, weight_decay)
    steps = _Steps(network, optimiser(groups), epochs * steps_per_epoch, warmup, fixed_rate, device, mixed, clip)
    steps.loss, steps.average = loss, average
    steps.shadow = {k: v.clone() for k, v in network.state_dict().items()} if average else None
    at, checkpoint, random = _Progress(), out / "checkpoint.pt", None
    saved = ranks.given_by_first(load_checkpoint(checkpoint) if resume and ranks.is_first() else None)
    if saved is not None:
        steps.restore(saved)
        at = _Progress(**{name: saved[name] for name in vars(at) if name in saved})
        random = saved.get("random")
    first, total = at.epoch * steps_per_epoch + at.step, epochs * steps_per_epoch
    journal = Journal(out, total, first, at.epoch, log) if ranks.is_first() and first < total else Silence()
    if saved is not None:
        journal.log(f"resumed after epoch {at.epoch}" + (f" and {at.step} steps" if at.step else ""))
    saver = _Saver(checkpoint, steps, at, checkpoint_every_s)
    try:
        for epoch in range(at.epoch, epochs):
            if patience is not None and at.waited >= patience:
                journal.log(f"no gain for {patience} epochs")
                break
            torch.manual_seed(epoch)
            began = time.monotonic()
            for value in steps.run(_gone_on(batches(epoch), at.step, random, device)):
                journal.step(epoch, epoch * steps_per_epoch + at.step, value, steps.rate)
                at.step += 1
                at.mean += (value - at.mean) / at.step
                saver.now_and_then()
            figure = _validated(network, steps.shadow, validate, device) if ranks.is_first() else math.nan
            figure, seconds = ranks.said_by_first(figure, device), time.monotonic() - began
            journal.log(f"epoch {epoch + 1}/{epochs} loss {at.mean:.4f} validation {figure:.4f} {seconds:.0f} s")
            journal.epoch(epoch, (epoch + 1) * steps_per_epoch, at.mean, figure, seconds)
            at.waited = 0 if figure > at.best else at.waited + 1
            if validate is not None and figure >= at.best:
                at.best, at.best_state = figure, {k: v.clone() for k, v in steps.kept().items()}
            at.epoch, at.step, at.mean, random = epoch + 1, 0, 0.0, None
            saver.now()
    finally:
        journal.close()
    network.load_state_dict(steps.kept() if at.best_state is None else at.best_state)
    return network.eval()


def fit_part(
    network: nn.Module,
    batches: Batches,
    loss: Callable[[Tensor, Tensor], Tensor],
    part: dict[str, Any],
    job: Job,
    validate: Callable[[nn.Module], float],
) -> nn.Module:
    """Train by one part of a small network's recipe, into the run's folder of that name."""
    return fit(
        network,
        batches,
        loss,
        job.out / part["name"],
        epochs=part["epochs"],
        steps_per_epoch=part["steps"],
        rate=part["rate"],
        weight_decay=part["weight_decay"],
        warmup=0.05,
        average=part["average"],
        validate=validate,
        device=job.device,
    )


@dataclass
class _Progress:
    """How far a training is: epochs done, steps of the next one, their mean loss; the best state and its figure."""

    epoch: int = 0
    step: int = 0
    mean: float = 0.0
    best: float = -math.inf
    best_state: dict[str, Tensor] | None = None
    waited: int = 0


class _Saver:
    """Writes checkpoints, in the first process alone."""

    def __init__(self, path: Path, steps: "_Steps", at: _Progress, every_s: float) -> None:
        self.path, self.steps, self.at, self.every_s = path, steps, at, every_s
        self.last = time.monotonic()

    def now_and_then(self) -> None:
        """Write one where it is time."""
        if time.monotonic() - self.last > self.every_s:
            self.now()

    def now(self) -> None:
        """Write one."""
        if ranks.is_first():
            random = {"random": random_state(self.steps.device)}
            save_checkpoint(self.steps.state() | vars(self.at) | random, self.path)
        self.last = time.monotonic()


class _Steps:
    """The network with all that a step changes: optimiser, schedule, gradient scaler, moving average."""

    loss: Callable[[Tensor, Tensor], Tensor]
    average: float | None
    shadow: dict[str, Tensor] | None
    shared: nn.Module | None = None  # the network as several processes train it

    def __init__(
        self,
        network: nn.Module,
        optimiser: torch.optim.Optimizer,
        total: int,
        warmup: float,
        fixed_rate: bool,
        device: str,
        mixed: bool,
        clip: float | None,
    ) -> None:
        self.network, self.optimiser, self.device, self.clip = network, optimiser, device, clip
        self.schedule = torch.optim.lr_scheduler.LambdaLR(
            optimiser, lambda step: 1.0 if fixed_rate else _cosine(step, total, warmup)
        )
        kind = device.split(":", maxsplit=1)[0]
        half = torch.float16 if kind == "cuda" and not torch.cuda.is_bf16_supported() else torch.bfloat16
        self.autocast: Any = lambda: torch.autocast(kind, dtype=half, enabled=mixed)
        self.scaler = torch.amp.GradScaler(kind, enabled=mixed and half == torch.float16)

    @property
    def rate(self) -> float:
        """The first group's learning rate."""
        return self.optimiser.param_groups[0]["lr"]

    def state(self) -> dict[str, Any]:
        """Return what a checkpoint needs."""
        return {
            "network": self.network.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "schedule": self.schedule.state_dict(),
            "scaler": self.scaler.state_dict(),
            "shadow": self.shadow,
        }

    def restore(self, saved: dict[str, Any]) -> None:
        """Go back to a checkpoint."""
        self.network.load_state_dict(saved["network"])
        self.optimiser.load_state_dict(saved["optimiser"])
        self.schedule.load_state_dict(saved["schedule"])
        self.scaler.load_state_dict(saved.get("scaler", {}) if self.scaler.is_enabled() else {})
        shadow = saved["shadow"]
        self.shadow = None if shadow is None else {k: v.to(self.device) for k, v in shadow.items()}

    def kept(self) -> dict[str, Tensor]:
        """Return the weights that are validated and kept."""
        return self.network.state_dict() if self.shadow is None else self.shadow

    def run(self, batches: Iterable[tuple[Tensor, Tensor]]) -> Iterator[float]:
        """Take a step for each batch; yield its loss."""
        self.shared = self.shared or ranks.wrapped(self.network, self.device)
        self.shared.train()
        for batch in batches:
            inputs, targets, weight = ranks.own_share(*batch)
            with self.autocast():
                logits = self.shared(inputs.to(self.device))
            value = self.loss(logits.float(), targets.to(self.device)) * weight
            self.optimiser.zero_grad(set_to_none=True)
            self.scaler.scale(value).backward()
            if self.clip is not None:
                self.scaler.unscale_(self.optimiser)
                torch.nn.utils.clip_grad_norm_(self.network.parameters(), self.clip)
            self.scaler.step(self.optimiser)
            self.scaler.update()
            self.schedule.step()
            self._follow()
            yield ranks.mean(value)

    def _follow(self) -> None:
        if self.shadow is None:
            return
        for key, own in self.network.state_dict().items():
            if own.is_floating_point():
                self.shadow[key].lerp_(own, 1 - self.average)  # type: ignore[operator]
            else:
                self.shadow[key].copy_(own)


def _gone_on(
    batches: Iterable[tuple[Tensor, Tensor]], done: int, random: dict[str, Tensor] | None, device: str
) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield an epoch's batches but those done; random numbers then go on where they were after the last of these."""
    rest = iter(batches)
    for _ in islice(rest, done):
        pass
    if done and random is not None:
        restore_random_state(random, device)
    return rest


def _validated(network: nn.Module, shadow: dict[str, Tensor] | None, validate: Any, device: str) -> float:
    if validate is None:
        return math.nan
    current = {k: v.clone() for k, v in network.state_dict().items()}
    if shadow is not None:
        network.load_state_dict(shadow)
    network.eval()
    hooks = [
        network.register_forward_pre_hook(lambda _, given: tuple(x.to(device) for x in given)),
        network.register_forward_hook(lambda _, __, told: told.cpu()),
    ]
    with torch.inference_mode():
        figure = float(validate(network))
    for hook in hooks:
        hook.remove()
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
