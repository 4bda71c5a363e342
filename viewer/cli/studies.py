"""The commands that open, read, report and measure studies."""

from pathlib import Path

import click

from viewer.cli.shared import DEVICES, FAILED, OK, PATHS, Progress, check_models, print_line, reading_options
from viewer.study import Kind


@click.command("open", hidden=True)
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
def open_window(paths: tuple[Path, ...]) -> int:
    """Open the window."""
    if len(paths) == 1 and not paths[0].exists() and paths[0].name == str(paths[0]) and not paths[0].suffix:
        group = click.get_current_context().parent
        raise click.UsageError(f"There is no command and no file {str(paths[0])!r}.", group)
    from viewer.ui.app import run

    return run(list(paths))


@click.command()
@click.option("--screenshots", type=click.Path(path_type=Path, file_okay=False), help="Draw each view to PNG and exit.")
def demo(screenshots: Path | None) -> int:
    """Open the window with the bundled samples already read."""
    from viewer.resources import sample_files
    from viewer.ui.app import run

    return run(sample_files(), demo=True, screenshots=screenshots)


@click.command()
@PATHS
@reading_options
@click.option("--heatmaps", type=click.Path(path_type=Path, file_okay=False), help="Save each class's heat map as PNG.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line for each file.")
def read(
    paths: tuple[Path, ...],
    kind: str | None,
    full_scale_uv: float | None,
    models: tuple[str, ...],
    device: str,
    heatmaps: Path | None,
    as_json: bool,
) -> int:
    """Read studies: a probability for each class, boxes or spans, and every reason not to believe it."""
    check_models(models)
    from viewer.reading.json_form import error_to_json, to_json, to_line
    from viewer.report.batch import Batch
    from viewer.report.text import as_text, printable

    if heatmaps is not None:
        from viewer.report.heatmaps import make_folder

        make_folder(heatmaps)
    progress = Progress()
    failed = False
    batch = Batch(device, None if kind is None else Kind(kind), models, progress, full_scale_uv)
    for outcome in batch.run(paths):
        progress.clear()
        if outcome.error is not None:
            failed = True
            if as_json:
                print_line(to_line(error_to_json(outcome.file, outcome.error)))
            else:
                click.echo(f"{printable(outcome.file)}: {printable(str(outcome.error))}", err=True)
        elif outcome.reading is not None:
            print_line(to_line(to_json(outcome.reading)) if as_json else as_text(outcome.reading))
            if heatmaps is not None and outcome.study is not None:
                from viewer.report.heatmaps import save_heat_maps

                save_heat_maps(outcome.study, outcome.reading, heatmaps)
    progress.clear()
    return FAILED if failed else OK


@click.command()
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--out", required=True, type=click.Path(path_type=Path, dir_okay=False), help="FILE.pdf or FILE.json.")
@click.option("--identified", is_flag=True, help="With the patient's name, number and birth date.")
@reading_options
def report(
    path: Path,
    out: Path,
    identified: bool,
    kind: str | None,
    full_scale_uv: float | None,
    models: tuple[str, ...],
    device: str,
) -> int:
    """Write one study's reading as a PDF or a JSON file to hand on."""
    if out.suffix.lower() not in (".pdf", ".json"):
        raise click.UsageError(f"--out must end in .pdf or .json, not {out.suffix or 'nothing'!r}.")
    check_models(models)
    from viewer.report.batch import Batch
    from viewer.report.files import write_report

    progress = Progress()
    outcome = next(Batch(device, None if kind is None else Kind(kind), models, progress, full_scale_uv).run([path]))
    progress.clear()
    if outcome.error is not None or outcome.study is None or outcome.reading is None:
        click.echo(str(outcome.error), err=True)
        return FAILED
    write_report(outcome.study, outcome.reading, out, identified)
    return OK


@click.command()
@PATHS
@reading_options
@click.option("--at", "times", type=float, multiple=True, metavar="SECONDS", help="Measure the potential there.")
@click.option("--span", "spans", type=(float, float), multiple=True, metavar="START END", help="Measure this span.")
@click.option("--channel", metavar="NAME", help="One channel, by its name or its number from 1.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line for each file.")
def measure(
    paths: tuple[Path, ...],
    kind: str | None,
    full_scale_uv: float | None,
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
    check_models(models)
    from viewer.reading.json_form import to_line
    from viewer.report.batch import Batch
    from viewer.report.measurements import Spot, as_text, measure_files
    from viewer.report.text import printable

    progress = Progress()
    batch = Batch(device, None if kind is None else Kind(kind), models, progress, full_scale_uv)
    spots = [Spot(at_s=time) for time in times] + [Spot(start_s=start, end_s=end) for start, end in spans]
    failed = False
    for value in measure_files(paths, batch, spots, channel):
        progress.clear()
        error = value.get("error")
        failed = failed or error is not None
        if as_json:
            print_line(to_line(value))
        elif error is not None:
            click.echo(f"{printable(value['file'])}: {printable(error['message'])}", err=True)
        else:
            print_line(as_text(value))
    progress.clear()
    return FAILED if failed else OK


@click.command()
@click.option("--device", type=click.Choice(DEVICES), default="auto", help="Where the networks run.")
def selftest(device: str) -> int:
    """Open, read and draw every bundled sample, and verify every model."""
    from viewer.report.selftest import self_test

    passed = True
    for good, line in self_test(device):
        passed = passed and good
        print_line(line)
    print_line("all passed" if passed else "FAILED")
    return OK if passed else FAILED
