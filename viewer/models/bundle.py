"""A bundle: ``card.toml``, ``weights.safetensors``, ``golden.safetensors``. Loading is strict; nothing is unpickled."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save_file

from viewer.errors import BundleError
from viewer.models.card import Card, read_card
from viewer.models.networks import Network, build_network
from viewer.models.networks.base import load_state_strictly

GOLDEN_TOLERANCE = 2e-3  # of the largest logit; half-precision storage is exact, but kernels differ between machines
MAX_WEIGHTS_BYTES = 2 << 30


@dataclass(frozen=True, eq=False)
class ModelBundle:
    """A card and its network, in float32, in evaluation mode."""

    card: Card
    network: Network


def load_bundle(folder: Path) -> ModelBundle:
    """Load a bundle.

    Raises
    ------
    BundleError
        ``bundle-missing``; ``bundle-damaged`` (not safetensors, too large, card unreadable); ``bundle-mismatch``
        (another hash than the card's; a key that is missing, surplus or of another shape).
    """
    card = read_card(folder)
    data = _read(card.weights)
    if hashlib.sha256(data).hexdigest() != card.weights_sha256:
        raise BundleError(
            "bundle-mismatch",
            f"The weights of {card.id} are not those its card names",
            "install the model again",
            card.weights,
        )
    try:
        state = load(data)
    except (SafetensorError, ValueError) as error:
        raise BundleError(
            "bundle-damaged",
            f"The weights of {card.id} are not a safetensors file",
            "install the model again",
            card.weights,
        ) from error
    try:
        _check_fit(card, state)
        network = build_network(card.architecture, **card.architecture_arguments)
        load_state_strictly(network, state)
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        reason = str(error.args[0] if error.args else error).splitlines()[-1].strip()
        raise BundleError(
            "bundle-mismatch",
            f"The weights of {card.id} do not fit its architecture ({reason})",
            "install the model again",
            folder,
        ) from error
    return ModelBundle(card, network.eval().to(memory_format=torch.channels_last))


def _check_fit(card: Card, state: dict[str, torch.Tensor]) -> None:
    """Compare weights with the architecture before it takes memory. Raises ValueError that names the first misfit."""
    with torch.device("meta"):
        expected = build_network(card.architecture, **card.architecture_arguments).state_dict()
    for key in sorted(expected.keys() | state.keys()):
        if key not in state or key not in expected:
            raise ValueError(f"{key} is {'missing' if key in expected else 'surplus'}")
        own, wanted = state[key], expected[key]
        if own.shape != wanted.shape:
            raise ValueError(f"{key} is {tuple(own.shape)} and should be {tuple(wanted.shape)}")
        if own.is_floating_point() != wanted.is_floating_point():
            raise ValueError(f"{key} is {own.dtype} and should be {wanted.dtype}")
        if own.is_floating_point() and not own.isfinite().all():
            raise ValueError(f"{key} is not finite")


@dataclass(frozen=True)
class Verification:
    """What recomputing a bundle's golden output gave: the largest difference, relative to the largest logit."""

    id: str
    version: str
    difference: float

    @property
    def passed(self) -> bool:
        """Whether the difference is within the tolerance."""
        return self.difference <= GOLDEN_TOLERANCE


def verify_bundle(folder: Path, device: torch.device | str = "cpu") -> Verification:
    """Recompute a bundle's golden output on this machine. Raises BundleError as ``load_bundle`` does."""
    bundle = load_bundle(folder)
    try:
        golden = load(_read(bundle.card.golden))
        stored_input, expected = golden["input"].float(), golden["logits"].float()
    except (SafetensorError, ValueError, KeyError) as error:
        raise BundleError(
            "bundle-damaged",
            f"The golden output of {bundle.card.id} cannot be read",
            "install the model again",
            bundle.card.golden,
        ) from error
    with torch.inference_mode():
        logits = bundle.network.to(device)(stored_input.to(device)).cpu()
    difference = (logits - expected).abs().max() / expected.abs().max().clamp(min=1e-6)
    return Verification(bundle.card.id, bundle.card.version, float(difference))


def write_weights(network: Network, golden_input: torch.Tensor, folder: Path, half: bool = True) -> str:
    """Write weights and golden files into ``folder``; return the weights' sha256 for the card.

    ``golden_input`` is (1, channels, *space), stored in half precision; the logits come from the stored weights.
    """
    folder.mkdir(parents=True, exist_ok=True)
    state = {
        k: (v.half() if half and v.is_floating_point() else v).contiguous() for k, v in network.state_dict().items()
    }
    load_state_strictly(network, state)
    stored = golden_input.half()
    with torch.inference_mode():
        logits = network.eval()(stored.float())
    save_file(state, folder / "weights.safetensors")
    save_file({"input": stored, "logits": logits.contiguous()}, folder / "golden.safetensors")
    return hashlib.sha256((folder / "weights.safetensors").read_bytes()).hexdigest()


def _read(path: Path) -> bytes:
    try:
        if path.stat().st_size > MAX_WEIGHTS_BYTES:
            raise BundleError("bundle-damaged", f"{path.name} is larger than 2 GiB", "install the model again", path)
        return path.read_bytes()
    except OSError as error:
        raise BundleError(
            "bundle-missing", f"{path.name} cannot be read ({error.strerror})", "install the model again", path
        ) from error
