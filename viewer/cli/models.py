"""``leadlight models``: what is installed, checked, added and removed."""

from pathlib import Path

import click

from viewer.cli.shared import FAILED, OK, print_json, print_line


@click.group()
def models() -> None:
    """The models that are installed: list, show, verify, install, remove."""


@models.command("list")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def list_models(as_json: bool) -> int:
    """List the models with what they read."""
    from viewer.models.catalogue import scan
    from viewer.report.cards import card_line, card_to_json

    cards, errors = scan()
    if as_json:
        print_json([card_to_json(card) for card in cards])
    else:
        for card in cards:
            print_line(card_line(card))
    for error in errors:
        click.echo(str(error), err=True)
    return FAILED if errors else OK


@models.command()
@click.argument("model_id", metavar="ID")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def show(model_id: str, as_json: bool) -> int:
    """Show a model's card: data, figures, operating points, limits."""
    from viewer.models.catalogue import find_card
    from viewer.report.cards import card_text, card_to_json

    card = find_card(model_id)
    if as_json:
        print_json(card_to_json(card))
    else:
        print_line(card_text(card))
    return OK


@models.command()
@click.argument("ids", metavar="[ID ...]", nargs=-1)
def verify(ids: tuple[str, ...]) -> int:
    """Recompute the models' golden outputs on this machine."""
    from viewer.models.catalogue import find_card, scan
    from viewer.report.selftest import verify_lines

    cards, errors = ([find_card(i) for i in ids], []) if ids else scan()
    passed = not errors
    for error in errors:
        print_line(f"FAILED {error}")
    for good, line in verify_lines(cards):
        passed = passed and good
        print_line(line)
    return OK if passed else FAILED


@models.command()
@click.argument("folder", type=click.Path(path_type=Path))
def install(folder: Path) -> int:
    """Install a bundle folder, after checking its hash and its golden output."""
    from viewer.models.catalogue import install as install_bundle

    card = install_bundle(folder)
    print_line(f"Installed {card.id} {card.version} in {card.folder}")
    return OK


@models.command()
@click.argument("model_id", metavar="ID")
def remove(model_id: str) -> int:
    """Remove a model that was installed; those that came with the program stay."""
    from viewer.models.catalogue import remove as remove_bundle

    remove_bundle(model_id)
    print_line(f"Removed {model_id}")
    return OK
