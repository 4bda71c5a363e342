"""The command line. Nothing heavy is imported before a command needs it."""

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click

from viewer import NOT_A_DEVICE, __version__
from viewer.errors import LeadlightError
from viewer.study import Kind

KINDS = [str(kind) for kind in Kind if kind != Kind.UNKNOWN]
DEVICES = ("auto", "cpu", "cuda", "mps")
OK, FAILED, USAGE, INTERRUPTED = 0, 1, 2, 130


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


PATHS = click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))


def _reading_options(command: Callable) -> Callable:
    for option in (
        click.option("--device", type=click.Choice(DEVICES), default="auto", help="Where the networks run."),
        click.option("--model", "models", multiple=True, metavar="ID", help="Which model; more than one may be named."),
        click.option("--kind", type=click.Choice(KINDS), help="What the studies are, whatever the program thinks."),
    ):
        command = option(command)
    return command


@program.command("open", hidden=True)
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
def open_window(paths: tuple[Path, ...]) -> int:
    """Open the window."""
    if len(paths) == 1 and not paths[0].exists() and paths[0].name == str(paths[0]) and not paths[0].suffix:
        group = click.get_current_context().parent
        raise click.UsageError(f"There is no command and no file {str(paths[0])!r}.", group)
    from viewer.ui.app import run

    return run(list(paths))


@program.command()
@click.option("--screenshots", type=click.Path(path_type=Path, file_okay=False), help="Draw each view to PNG and exit.")
def demo(screenshots: Path | None) -> int:
    """Open the window with the bundled samples already read."""
    from viewer.resources import sample_files
    from viewer.ui.app import run

    return run(sample_files(), demo=True, screenshots=screenshots)


@program.command()
@PATHS
@_reading_options
@click.option("--heatmaps", type=click.Path(path_type=Path, file_okay=False), help="Save each class's heat map as PNG.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line for each file.")
def read(
    paths: tuple[Path, ...],
    kind: str | None,
    models: tuple[str, ...],
    device: str,
    heatmaps: Path | None,
    as_json: bool,
) -> int:
    """Read studies: a probability for each class, boxes or spans, and every reason not to believe it."""
    _check_models(models)
    from viewer.reading.json_form import error_to_json, to_json, to_line
    from viewer.report.batch import Batch
    from viewer.report.text import as_text, printable

    if heatmaps is not None:
        from viewer.report.heatmaps import make_folder

        make_folder(heatmaps)
    progress = _Progress()
    failed = False
    batch = Batch(device, None if kind is None else Kind(kind), models, progress)
    for outcome in batch.run(paths):
        progress.clear()
        if outcome.error is not None:
            failed = True
            if as_json:
                _print(to_line(error_to_json(outcome.file, outcome.error)))
            else:
                click.echo(f"{printable(outcome.file)}: {printable(str(outcome.error))}", err=True)
        elif outcome.reading is not None:
            _print(to_line(to_json(outcome.reading)) if as_json else as_text(outcome.reading))
            if heatmaps is not None and outcome.study is not None:
                from viewer.report.heatmaps import save_heat_maps

                save_heat_maps(outcome.study, outcome.reading, heatmaps)
    progress.clear()
    return FAILED if failed else OK


@program.command()
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--out", required=True, type=click.Path(path_type=Path, dir_okay=False), help="FILE.pdf or FILE.json.")
@click.option("--identified", is_flag=True, help="With the patient's name, number and birth date.")
@_reading_options
def report(path: Path, out: Path, identified: bool, kind: str | None, models: tuple[str, ...], device: str) -> int:
    """Write one study's reading as a PDF or a JSON file to hand on."""
    if out.suffix.lower() not in (".pdf", ".json"):
        raise click.UsageError(f"--out must end in .pdf or .json, not {out.suffix or 'nothing'!r}.")
    _check_models(models)
    from viewer.report.batch import Batch
    from viewer.report.files import write_report

    progress = _Progress()
    outcome = next(Batch(device, None if kind is None else Kind(kind), models, progress).run([path]))
    progress.clear()
    if outcome.error is not None or outcome.study is None or outcome.reading is None:
        click.echo(str(outcome.error), err=True)
        return FAILED
    write_report(outcome.study, outcome.reading, out, identified)
    return OK


@program.command()
@PATHS
@_reading_options
@click.option("--at", "times", type=float, multiple=True, metavar="SECONDS", help="Measure the potential there.")
@click.option("--span", "spans", type=(float, float), multiple=True, metavar="START END", help="Measure this span.")
@click.option("--channel", metavar="NAME", help="One channel, by its name or its number from 1.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line for each file.")
def measure(
    paths: tuple[Path, ...],
    kind: str | None,
    models: tuple[str, ...],
    device: str,
    times: tuple[float, ...],
    spans: tuple[tuple[float, float], ...],
    channel: str | None,
    as_json: bool,
) -> int:
    """Measure EMG recordings: each potential's amplitude, duration, rise time, phases and turns; how trains fire.

    The potentials are those that the reading finds, or those that --at and --span give.
    """
    if any(not start < end for start, end in spans):
        raise click.UsageError("--span needs two times in seconds, the first before the second.")
    _check_models(models)
    from viewer.reading.json_form import to_line
    from viewer.report.batch import Batch
    from viewer.report.measurements import Spot, as_text, measure_files
    from viewer.report.text import printable

    progress = _Progress()
    batch = Batch(device, None if kind is None else Kind(kind), models, progress)
    spots = [Spot(at_s=time) for time in times] + [Spot(start_s=start, end_s=end) for start, end in spans]
    failed = False
    for value in measure_files(paths, batch, spots, channel):
        progress.clear()
        error = value.get("error")
        failed = failed or error is not None
        if as_json:
            _print(to_line(value))
        elif error is not None:
            click.echo(f"{printable(value['file'])}: {printable(error['message'])}", err=True)
        else:
            _print(as_text(value))
    progress.clear()
    return FAILED if failed else OK


@program.command()
@click.argument("bundle")
@click.option("--data", type=click.Path(path_type=Path), required=True, help="Class folders, a table, or recordings.")
@click.option(
    "--split", type=click.Path(path_type=Path, dir_okay=False), help="A split.csv: only one part of the data."
)
@click.option("--part", type=click.Choice(("test", "validation", "train")), default="test", help="Which part of it.")
@click.option("--windows", "window_s", type=float, metavar="SECONDS", help="Cut recordings of a class into windows.")
@click.option("--page", type=click.Path(path_type=Path, dir_okay=False), help="Also a page: FILE.html or FILE.pdf.")
@click.option("--identified", is_flag=True, help="With the files' names on the page.")
@click.option("--device", type=click.Choice(DEVICES), default="auto", help="Where the network runs.")
@click.option("--threads", type=click.IntRange(1), help="Threads of a CPU (half of them, where not given).")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def evaluate(
    bundle: str,
    data: Path,
    split: Path | None,
    part: str,
    window_s: float | None,
    page: Path | None,
    identified: bool,
    device: str,
    threads: int | None,
    as_json: bool,
) -> int:
    """Measure BUNDLE (a model's id, or a bundle folder) on files whose classes or events are known.

    Figures have 95 % intervals, resampled by patient or recording. Ctrl-C stops reading; what was read is measured.
    """
    if window_s is not None and not window_s > 0:
        raise click.UsageError("--windows needs a length of more than 0 seconds.")
    if page is not None and page.suffix.lower() not in (".html", ".pdf"):
        raise click.UsageError(f"--page must end in .html or .pdf, not {page.suffix or 'nothing'!r}.")
    from training.evaluation.run import evaluate as run
    from training.evaluation.run import find_bundle, use_threads

    use_threads(threads)
    card = find_bundle(bundle)
    progress = _Progress()
    evaluation = run(card, data, device, progress, split, part, window_s)
    progress.clear()
    from training.evaluation.result import as_text, to_json

    value = to_json(evaluation)
    if as_json:
        _print_json(value)
    else:
        _print(as_text(value))
    if page is not None:
        from training.evaluation.page import write_page

        write_page(evaluation, value, page, identified, progress)
        progress.clear()
    if evaluation.interrupted:
        return INTERRUPTED
    return FAILED if evaluation.failed else OK


@program.command()
@click.option("--device", type=click.Choice(DEVICES), default="auto", help="Where the networks run.")
def selftest(device: str) -> int:
    """Open, read and draw every bundled sample, and verify every model."""
    from viewer.report.selftest import self_test

    passed = True
    for good, line in self_test(device):
        passed = passed and good
        _print(line)
    _print("all passed" if passed else "FAILED")
    return OK if passed else FAILED


@program.group()
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
        _print_json([card_to_json(card) for card in cards])
    else:
        for card in cards:
            _print(card_line(card))
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
        _print_json(card_to_json(card))
    else:
        _print(card_text(card))
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
        _print(f"FAILED {error}")
    for good, line in verify_lines(cards):
        passed = passed and good
        _print(line)
    return OK if passed else FAILED


@models.command()
@click.argument("folder", type=click.Path(path_type=Path))
def install(folder: Path) -> int:
    """Install a bundle folder, after checking its hash and its golden output."""
    from viewer.models.catalogue import install as install_bundle

    card = install_bundle(folder)
    _print(f"Installed {card.id} {card.version} in {card.folder}")
    return OK


@models.command()
@click.argument("model_id", metavar="ID")
def remove(model_id: str) -> int:
    """Remove a model that was installed; those that came with the program stay."""
    from viewer.models.catalogue import remove as remove_bundle

    remove_bundle(model_id)
    _print(f"Removed {model_id}")
    return OK


@program.group()
def simulate() -> None:
    """Studies made from physiology, with their truth in tables beside them."""


def _simulation_options(command: Callable) -> Callable:
    for option in (
        click.option("--seed", type=click.IntRange(0), default=0, help="The same seed makes the same studies."),
        click.option("--count", type=click.IntRange(1), required=True, help="How many."),
        click.option("--out", type=click.Path(path_type=Path, file_okay=False), required=True, help="Folder to fill."),
    ):
        command = option(command)
    return command


@simulate.command("emg")
@_simulation_options
@click.option("--jobs", type=click.IntRange(1), default=1, help="Processes.")
@click.option("--part", type=click.Choice(("any", "train", "validation", "test")), default="any", help="Whose looks.")
@click.option("--generator", "generators", multiple=True, metavar="NAME", help="What fires; several may be named.")
@click.option("--recordings", type=click.IntRange(0), help="How many; one for every fifty pictures by default.")
@click.option("--seconds", type=click.FloatRange(0.1, 3600), default=10.0, help="Length of a recording.")
@click.option("--rate", "rate_hz", type=click.FloatRange(1000, 96000), help="Samples a second of recordings.")
@click.option("--format", "form", type=click.Choice(("wfdb", "edf", "wav")), help="Of recordings.")
@click.option("--needle", type=click.Choice(("any", "concentric", "monopolar")), default="any", help="Of recordings.")
@click.option("--months", type=click.FloatRange(0, 600), help="After denervation: how large fibrillations are.")
@click.option(
    "--real", type=click.Path(path_type=Path, exists=True, file_okay=False), help="Real motor units as Others."
)
def simulate_emg(
    out: Path, count: int, seed: int, jobs: int, needle: Any, months: float | None, generators: tuple, **wanted: Any
) -> int:
    """Needle EMG at rest: screens in class folders, and recordings with the truth of each event.

    What --generator does not name, and every amplitude, duration, rate and look, is drawn at random.
    """
    from training.simulate.emg import GENERATORS, VARIANTS
    from training.simulate.emg.files import QUIET, Examination, Wanted
    from training.simulate.emg.files import simulate as make

    known = (*GENERATORS, *VARIANTS, QUIET)
    for name in generators:
        if name not in known:
            raise click.UsageError(f"There is no generator {name!r}; there are: {', '.join(known)}.")
    what = Wanted(generators=generators, examination=Examination(needle, months), **wanted)
    return _counts(make(out, count, seed, jobs, what))


@simulate.command("ecg")
@_simulation_options
def simulate_ecg(out: Path, count: int, seed: int) -> int:
    """Records of 12 leads as WFDB, with their findings, intervals and beats."""
    from training.simulate.ecg import simulate as make

    return _counts(make(out, count, seed))


@program.command("render-ecg")
@click.argument("source", type=click.Path(path_type=Path, exists=True))
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), required=True, help="Folder to fill.")
@click.option("--jobs", "-j", type=click.IntRange(1), default=1, help="Processes.")
@click.option("--seed", type=click.IntRange(0), default=0, help="The same seed draws the same sheets.")
def render_ecg(source: Path, out: Path, jobs: int, seed: int) -> int:
    """Draw 12-lead records as pictures of ECG sheets; the number of pictures of each class is printed as CSV."""
    from training.ecg.render import render

    return _counts(render(source, out, jobs, seed))


@program.command()
@click.argument("recipe")
@click.option("--data", type=click.Path(path_type=Path), required=True, help="What to learn from: folder or table.")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), required=True, help="Folder to fill.")
@click.option("--resume", is_flag=True, help="Go on with the run in that folder from its last checkpoint.")
@click.option("--device", type=click.Choice(DEVICES[:3]), default="auto", help="Where the network trains.")
@click.option("--threads", type=click.IntRange(1), help="Threads of a CPU (all, where not given).")
@click.option("--jobs", type=click.IntRange(1), default=1, help="Processes that draw pictures.")
@click.option("--weights", type=click.Path(path_type=Path, dir_okay=False), help="Weights to start from.")
def train(recipe: str, data: Path, out: Path, resume: bool, **how: Any) -> int:
    """Train a network by RECIPE (its name, or a file) and write its bundle; also under torchrun."""
    from training.trainers import train as train_by

    bundle = train_by(recipe, data, out, resume, **how)
    if bundle is not None:
        _print(f"Trained: {bundle}; leadlight models install takes it")
    return OK


@program.command()
@click.argument("source", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), required=True, help="Folder to fill.")
@click.option("--seed", type=click.IntRange(0), default=0, help="The same seed splits in the same way.")
def dataset(source: Path, out: Path, seed: int) -> int:
    """Split labelled EMG pictures or recordings (class folders, or a table) by patient; counts and a contact sheet."""
    from training.emg.gather import describe

    for line in describe(source, out, seed):
        _print(line)
    return OK


class _Progress:
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


def _check_models(ids: Sequence[str]) -> None:
    if ids:
        from viewer.models.catalogue import catalogue

        known = [card.id for card in catalogue() if card.role == "read"]
        for model_id in ids:
            if model_id not in known:
                raise click.UsageError(f"There is no model {model_id!r}; there are: {', '.join(known) or 'none'}.")


def _print(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _counts(counts: dict[str, int]) -> int:
    """Print the number of each class as CSV."""
    _print("class,count")
    for label, count in counts.items():
        _print(f"{label},{count}")
    return OK


def _print_json(value: Any) -> None:
    import json

    _print(json.dumps(value, ensure_ascii=False, allow_nan=False, indent=1))


def _speak_utf8() -> None:
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
