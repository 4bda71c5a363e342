"""The loaded networks: loaded when first needed, the least recently used unloaded first."""

from collections import OrderedDict

import torch
from torch import Tensor

from viewer.models.bundle import ModelBundle, load_bundle
from viewer.models.card import Card
from viewer.models.folding import fold


class LoadedNetworks:
    """Bundles in memory, at most ``keep_bytes`` of weights together (one always stays)."""

    def __init__(self, keep_bytes: int = 1 << 30) -> None:
        self.keep_bytes = keep_bytes
        self._bundles: OrderedDict[str, ModelBundle] = OrderedDict()
        self._bytes: dict[str, int] = {}

    def get(self, card: Card, device: str) -> ModelBundle:
        """Return a card's bundle on a device, made ready for reading. Raises BundleError where it does not load."""
        key = f"{card.folder}:{card.weights_sha256}"
        bundle = self._bundles.pop(key, None) or _ready(card)
        self._bytes[key] = self._bytes.get(key) or _size(bundle)
        self._bundles[key] = bundle
        bundle.network.to(device)
        while len(self._bundles) > 1 and sum(self._bytes[k] for k in self._bundles) > self.keep_bytes:
            self._bundles.popitem(last=False)
        return bundle

    def clear(self) -> None:
        """Unload all, and give an accelerator's memory back."""
        self._bundles.clear()
        if torch.cuda.is_initialized():
            torch.cuda.empty_cache()

    @property
    def ids(self) -> list[str]:
        """The loaded models' ids, the least recently used first."""
        return [bundle.card.id for bundle in self._bundles.values()]


def _ready(card: Card) -> ModelBundle:
    bundle = load_bundle(card.folder)
    fold(bundle.network)
    bundle.network.to(memory_format=torch.channels_last)
    return bundle


def _size(bundle: ModelBundle) -> int:
    return sum(p.numel() * p.element_size() for p in bundle.network.state_dict().values())


def probabilities(card: Card, logits: Tensor) -> Tensor:
    """Return calibrated probabilities (batch, classes) from logits: divided by the temperature, softmax or sigmoid."""
    scaled = logits / torch.tensor(card.temperature, dtype=logits.dtype, device=logits.device)
    return scaled.softmax(1) if card.exclusive else scaled.sigmoid()
