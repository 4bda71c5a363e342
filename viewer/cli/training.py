"""The commands that simulate, gather, train and evaluate."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from viewer.cli.shared import DEVICES, FAILED, INTERRUPTED, OK, Progress, print_json, print_line


@click.command()
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
    progress = Progress()
    evaluation = run(card, data, device, progress, split, part, window_s)
    progress.clear()
    from training.evaluation.result import as_text, to_json

    value = to_json(evaluation)
    if as_json:
        print_json(value)
    else:
        print_line(as_text(value))
    if page is not None:
        from training.evaluation.page import write_page

        write_page(evaluation, value, page, identified, progress)
        progress.clear()
    if evaluation.interrupted:
        return INTERRUPTED
    return FAILED if evaluation.failed else OK


@click.group()
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


@click.command("render-ecg")
@click.argument("source", type=click.Path(path_type=Path, exists=True))
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), required=True, help="Folder to fill.")
@click.option("--jobs", "-j", type=click.IntRange(1), default=1, help="Processes.")
@click.option("--seed", type=click.IntRange(0), default=0, help="The same seed draws the same sheets.")
def render_ecg(source: Path, out: Path, jobs: int, seed: int) -> int:
    """Draw 12-lead records as pictures of ECG sheets; the number of pictures of each class is printed as CSV."""
    from training.ecg.render import render

    return _counts(render(source, out, jobs, seed))


@click.command()
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
        print_line(f"Trained: {bundle}; leadlight models install takes it")
    return OK


@click.command()
@click.argument("source", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), required=True, help="Folder to fill.")
@click.option("--seed", type=click.IntRange(0), default=0, help="The same seed splits in the same way.")
def dataset(source: Path, out: Path, seed: int) -> int:
    """Split labelled EMG pictures or recordings (class folders, or a table) by patient; counts and a contact sheet."""
    from training.emg.gather import describe

    for line in describe(source, out, seed):
        print_line(line)
    return OK


def _counts(counts: dict[str, int]) -> int:
    """Print the number of each class as CSV."""
    print_line("class,count")
    for label, count in counts.items():
        print_line(f"{label},{count}")
    return OK
