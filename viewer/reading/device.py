"""Which device the networks run on, and why."""

import warnings

import torch

DEVICES = ("auto", "cpu", "cuda", "mps")


def choose_device(wanted: str = "auto") -> tuple[str, str]:
    """Return the device (``cuda``, ``mps`` or ``cpu``) and the reason, one short sentence for a person.

    ``auto`` takes CUDA where it works, then Apple's MPS, else the CPU. A device that was asked for by name but does not
    work gives the CPU with the reason.
    """
    if wanted not in DEVICES:
        raise ValueError(f"unknown device {wanted!r}; one of {', '.join(DEVICES)}")
    if wanted == "cpu":
        return "cpu", "the CPU was asked for"
    trials = {"cuda": _try_cuda, "mps": _try_mps}
    reasons = []
    for device in ("cuda", "mps") if wanted == "auto" else (wanted,):
        works, reason = trials[device]()
        if works:
            return device, reason
        reasons.append(reason)
    return "cpu", "; ".join(reasons)


def _try_cuda() -> tuple[bool, str]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what torch warns about (an old driver ...) is the reason given
        if torch.version.cuda is None:
            return False, "this PyTorch was built without CUDA"
        if not torch.cuda.is_available():
            return False, "no usable NVIDIA GPU was found"
        try:
            torch.nn.functional.conv2d(
                torch.ones(1, 1, 4, 4, device="cuda"), torch.ones(1, 1, 3, 3, device="cuda")
            ).cpu()
        except (RuntimeError, AssertionError) as error:
            return False, f"the NVIDIA GPU does not work ({str(error).splitlines()[0]})"
    torch.backends.cudnn.allow_tf32 = False  # readings are float32 on every device
    return True, f"{torch.cuda.get_device_name()} works"


def _try_mps() -> tuple[bool, str]:
    if not torch.backends.mps.is_available():
        return False, "no Apple GPU was found"
    try:
        torch.nn.functional.conv2d(torch.ones(1, 1, 4, 4, device="mps"), torch.ones(1, 1, 3, 3, device="mps")).cpu()
    except RuntimeError as error:
        return False, f"the Apple GPU does not work ({str(error).splitlines()[0]})"
    return True, "the Apple GPU works"


def is_device_failure(error: BaseException) -> bool:
    """Whether an accelerator ran out of memory or failed, so that the CPU should take over."""
    accelerator = getattr(torch, "AcceleratorError", torch.OutOfMemoryError)
    out_of_mps = isinstance(error, RuntimeError) and "MPS backend out of memory" in str(error)
    return isinstance(error, torch.OutOfMemoryError | accelerator) or out_of_mps
