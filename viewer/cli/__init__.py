"""The command line. Nothing heavy is imported before a command needs it."""

import os
import sys
from collections.abc import Sequence

import click

from viewer import NOT_A_DEVICE, __version__
from viewer.cli import models, studies, training
from viewer.cli.shared import FAILED, INTERRUPTED, OK, USAGE
from viewer.errors import LeadlightError


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program; return 0 (all done), 1 (at least one thing failed) or 2 (the command's words were wrong)."""
    _speak_utf8()
    try:
        status = program.main(list(sys.argv[1:] if argv is None else argv), "leadlight", standalone_mode=False)
        return int(status or OK)
    except click.UsageError as error:
        error.show()
        return USAGE
    except click.Abort:
        click.echo("Stopped.", err=True)
        return INTERRUPTED
    except LeadlightError as error:
        click.echo(str(error), err=True)
        return FAILED
    except BrokenPipeError:  # whoever read our output has gone
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED


class _Program(click.Group):
    """A group in which words that are no command are files for the window."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        first = next((i for i, arg in enumerate(args) if not arg.startswith("-")), None)
        if not args or (first is not None and args[first] not in self.commands and "--help" not in args[:first]):
            args = ["open", *args] if first in (None, 0) else [*args[:first], "open", *args[first:]]
        return super().parse_args(ctx, args)


@click.group(cls=_Program, epilog=NOT_A_DEVICE, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="leadlight")
def program() -> None:
    """Leadlight: needle EMG, 12-lead ECGs and chest X-rays beside what trained networks read in them.

    leadlight [FILE|FOLDER ...] opens the window with these studies.
    """


for command in (
    studies.open_window,
    studies.demo,
    studies.read,
    studies.report,
    studies.measure,
    training.evaluate,
    studies.selftest,
    models.models,
    training.simulate,
    training.render_ecg,
    training.train,
    training.dataset,
):
    program.add_command(command)


def _speak_utf8() -> None:
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
