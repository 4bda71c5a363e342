"""What several commands need: options, a line of progress, printing."""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click

from viewer.study import Kind

KINDS = [str(kind) for kind in Kind if kind != Kind.UNKNOWN]
DEVICES = ("auto", "cpu", "cuda", "mps")
OK, FAILED, USAGE, INTERRUPTED = 0, 1, 2, 130
SCALE = click.FloatRange(0, 1e12, min_open=True)
PATHS = click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))


def reading_options(command: Callable) -> Callable:
    for option in (
        click.option("--device", type=click.Choice(DEVICES), default="auto", help="Where the networks run."),
        click.option("--model", "models", multiple=True, metavar="ID", help="Which model; more than one may be named."),
        click.option(
            "--full-scale", "full_scale_uv", type=SCALE, metavar="UV", help="What 1.0 is worth in a file without units."
        ),
        click.option("--kind", type=click.Choice(KINDS), help="What the studies are, whatever the program thinks."),
    ):
        command = option(command)
    return command


class Progress:
    """One line on standard error that is written over, and only on a terminal."""

    def __init__(self) -> None:
        self.shown = sys.stderr.isatty()

    def __call__(self, name: str, stage: str, share: float) -> None:
        if self.shown:
            from viewer.report.text import printable

            sys.stderr.write(f"\r\x1b[K{printable(name)}: {stage} {share:.0%}")
            sys.stderr.flush()

    def clear(self) -> None:
        """Wipe the line."""
        if self.shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()


def check_models(ids: Sequence[str]) -> None:
    if ids:
        from viewer.models.catalogue import catalogue

        known = [card.id for card in catalogue() if card.role == "read"]
        for model_id in ids:
            if model_id not in known:
                raise click.UsageError(f"There is no model {model_id!r}; there are: {', '.join(known) or 'none'}.")


def print_line(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def print_json(value: Any) -> None:
    import json

    print_line(json.dumps(value, ensure_ascii=False, allow_nan=False, indent=1))
