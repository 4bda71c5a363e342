"""Which models there are: those that come with the program, and those a person has installed."""

import shutil
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from viewer.errors import BundleError, LeadlightError
from viewer.models.card import Card, read_card
from viewer.resources import resources_dir, user_models_dir
from viewer.study import Kind

BUNDLE_FILES = ("card.toml", "weights.safetensors", "golden.safetensors")


def model_folders() -> tuple[Path, ...]:
    """Return the folders searched for bundles: the program's own, then the person's."""
    return resources_dir() / "models", user_models_dir()


def catalogue(folders: Sequence[Path] | None = None) -> list[Card]:
    """Return the cards of all usable bundles, in order of id; a later folder's bundle replaces one of the same id."""
    return scan(folders)[0]


def scan(folders: Sequence[Path] | None = None) -> tuple[list[Card], list[BundleError]]:
    """Return the usable cards, in order of id, and what is wrong with the other bundles."""
    cards: dict[str, Card] = {}
    errors = []
    for folder in model_folders() if folders is None else folders:
        for bundle in sorted(p for p in folder.glob("*") if p.is_dir() and not p.name.startswith(".")):
            try:
                card = _card(bundle, _state(bundle))
                cards[card.id] = card
            except BundleError as error:
                errors.append(error)
    return [cards[key] for key in sorted(cards)], errors


def _state(bundle: Path) -> tuple[int, int]:
    """Return what changes when a card is written anew."""
    try:
        state = (bundle / "card.toml").stat()
    except OSError:
        return 0, 0
    return state.st_mtime_ns, state.st_size


@lru_cache(maxsize=64)
def _card(bundle: Path, _state: tuple[int, int]) -> Card:
    return read_card(bundle)


def find_card(model_id: str, folders: Sequence[Path] | None = None) -> Card:
    """Return one model's card. Raises BundleError ``bundle-missing`` where there is no such model."""
    cards = catalogue(folders)
    for card in cards:
        if card.id == model_id:
            return card
    known = ", ".join(card.id for card in cards) or "none"
    raise BundleError("bundle-missing", f"There is no model {model_id!r}", f"installed models: {known}")


def cards_for(kind: Kind, cards: Sequence[Card]) -> list[Card]:
    """Return the models that read a kind, those validated first."""
    return sorted((c for c in cards if c.role == "read" and kind in c.reads), key=lambda c: not c.validated)


def install(source: Path, target: Path | None = None) -> Card:
    """Check a bundle folder (its golden output included) and copy it beside the person's other models.

    A model of the same id is replaced. Raises BundleError where the bundle is not sound.
    """
    from viewer.models.bundle import verify_bundle

    if not source.is_dir():
        raise BundleError(
            "bundle-missing", f"{source.name} is not a bundle folder", "give the folder with its card.toml"
        )
    outcome = verify_bundle(source)
    if not outcome.passed:
        raise BundleError(
            "bundle-mismatch",
            f"{outcome.id} does not give its golden output on this machine (difference {outcome.difference:.2g})",
            "export the bundle again",
            source,
        )
    card = read_card(source)
    target = user_models_dir() if target is None else target
    final, fresh = target / card.id, target / f".{card.id}.new"
    try:
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(parents=True)
        for name in BUNDLE_FILES:
            shutil.copyfile(source / name, fresh / name)
        shutil.rmtree(final, ignore_errors=True)
        fresh.rename(final)
    except OSError as error:
        raise _unwritable(target, error) from error
    return read_card(final)


def remove(model_id: str, target: Path | None = None) -> None:
    """Remove a model that a person installed. Raises BundleError for one that is not there or came with the program."""
    target = user_models_dir() if target is None else target
    card = next((c for c in catalogue([target]) if c.id == model_id), None)
    if card is None:
        find_card(model_id)
        raise BundleError("bundle-missing", f"{model_id} came with the program and stays", "only installed models go")
    try:
        shutil.rmtree(card.folder)
    except OSError as error:
        raise _unwritable(card.folder, error) from error


def _unwritable(folder: Path, error: OSError) -> LeadlightError:
    return LeadlightError(
        "output", f"{folder} cannot be changed ({error.strerror})", "check who may write there", folder
    )
