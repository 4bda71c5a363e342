"""RMSprop as TensorFlow has it: epsilon inside the root, the mean square beginning at one, the rate in the momentum."""

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch.optim import Optimizer


class RmspropTf(Optimizer):
    """Weight decay is added to the gradient (the L2 term of TF-Slim's total loss)."""

    def __init__(
        self, params: Iterable, lr: float, decay: float = 0.9, momentum: float = 0.9, epsilon: float = 1.0
    ) -> None:
        defaults = {"lr": lr, "decay": decay, "momentum": momentum, "epsilon": epsilon, "weight_decay": 0.0}
        super().__init__(params, defaults)

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> None:  # type: ignore[override]
        """Take a step."""
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is None:
                    continue
                gradient = parameter.grad.add(parameter, alpha=group["weight_decay"])
                state = self.state[parameter]
                if not state:
                    state["square"], state["momentum"] = torch.ones_like(parameter), torch.zeros_like(parameter)
                state["square"].lerp_(gradient.square(), 1 - group["decay"])
                root = (state["square"] + group["epsilon"]).sqrt_()
                state["momentum"].mul_(group["momentum"]).addcdiv_(gradient, root, value=group["lr"])
                parameter.sub_(state["momentum"])
