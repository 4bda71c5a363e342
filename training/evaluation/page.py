"""What an evaluation's page holds, before it becomes HTML or PDF: figures, charts, pictures with their captions."""

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from reportlab.graphics.shapes import Drawing

from training.emg.matching import matched
from training.evaluation.charts import confusion_chart, reliability_chart, roc_chart, stretch_chart
from training.evaluation.data import Example
from training.evaluation.figures import Classified
from training.evaluation.result import misread
from training.evaluation.run import Done, Evaluation, Progress, Reader
from viewer.errors import LeadlightError
from viewer.reading.values import Reading
from viewer.report.picture import render
from viewer.study import Image, Study

MISREAD_SHOWN, RIGHT_SHOWN, RECORDINGS_SHOWN = 48, 18, 12
PICTURE_PX = (640, 480)
STRETCH_S = 1.0
HEADLINES = (
    "accuracy",
    "macro F1",
    "macro AUC",
    "expected calibration error",
    "mean expected calibration error",
    "called, not uncertain",
    "accuracy where not uncertain",
    "events found within 5 ms, F1",
    "events found and named, F1",
    "false events a minute",
    "false events a minute where there is none",
)
PLAIN = ("AUC", "F1", "error", "minute")  # figures that are no shares


@dataclass(frozen=True, eq=False)
class Shown:
    """One picture of the page: a JPEG or a drawing, what stands over it and the probabilities under it."""

    picture: bytes | Drawing
    title: str
    wrong: bool
    lines: tuple[str, ...]
    probabilities: tuple[tuple[str, float], ...] = ()
    beside: bytes | None = None  # the heat map, where it is shown


@dataclass(frozen=True, eq=False)
class Page:
    """Everything that stands on the page, in its order."""

    title: str
    about: tuple[str, ...]
    cautions: tuple[str, ...]
    headlines: tuple[tuple[str, str, str], ...]
    charts: tuple[tuple[str, Drawing], ...]
    table: tuple[tuple[str, ...], ...]
    sections: tuple[tuple[str, str, tuple[Shown, ...]], ...]


def make_page(own: Evaluation, value: dict[str, Any], identified: bool, progress: Progress) -> Page:
    """Return the page of an evaluation; what is pictured is opened and read once more, for its heat map.

    ``value`` is what ``to_json`` made of it.

    ``identified``: files' names stand on it; else a picture is called by its class, a number and the first of its hash.
    """
    card, figures = own.card, value["figures"]
    classified = Classified(card, [d for d in own.done if d.example.events is None])
    state = "validated" if card.validated else "not validated clinically"
    about = (
        f"{card.title}: {card.id} {card.version}, {state}. Weights {card.weights_sha256[:16]}.",
        f"{value['data']['read']} files or parts of {value['data']['groups']} patients or recordings, on {own.device}: "
        + ", ".join(f"{count} {label}" for label, count in value["data"]["classes"].items())
        + ".",
        f"Intervals: {value['interval']}.",
        f"Heat maps: {card.maps_note}." if card.maps_note else "Heat maps: their faithfulness is not on the card.",
    )
    return Page(
        f"How {card.id} reads {'these data' if not identified else own.data.name}",
        about,
        tuple(_cautions(own, value)),
        tuple(
            (f"{f['name']} {f['label']}".strip(), shown_value(f), _span(f))
            for n in HEADLINES
            for f in figures
            if f["name"] == n
        ),
        tuple(_charts(value, card.classes)),
        tuple(_table(figures)),
        tuple(_sections(own, classified, identified, progress)),
    )


def shown_value(figure: dict[str, Any]) -> str:
    """Return a figure's value as people read it: shares in percent, others as they are."""
    return _number(figure["name"], figure["value"])


def _number(name: str, value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:.3f}" if name.endswith(PLAIN) or "minute" in name else f"{100 * value:.1f} %"


def _span(figure: dict[str, Any]) -> str:
    if figure["low"] is None:
        return f"n = {figure['count']}"
    low, high = (_number(figure["name"], figure[key]) for key in ("low", "high"))
    return f"{low} to {high}, n = {figure['count']}"


def _cautions(own: Evaluation, value: dict[str, Any]) -> Iterator[str]:
    data = value["data"]
    if own.interrupted:
        yield f"Stopped by hand: {len(own.done)} of {own.found} files had been read"
    if data["abstained"]:
        why = ", ".join(f"{reason} ({count})" for reason, count in sorted(data["reasons"].items(), key=lambda r: -r[1]))
        yield f"{data['abstained']} files were not read ({why}); only the confusion matrix counts them"
    if data["failed"]:
        yield f"{len(data['failed'])} files could not be opened"
    if data["set_aside"]:
        yield f"{data['set_aside']} pictures drawn upside down are left out of the figures"
    yield from own.notes
    if data["groups"] < 20:
        yield f"Only {data['groups']} patients or recordings: the intervals are rough"
    yield "Whether the model was trained on these files, or tuned on them, is not known to this page"


def _charts(value: dict[str, Any], classes: Sequence[str]) -> Iterator[tuple[str, Drawing]]:
    if value["confusion"]["rows"]:
        columns = value["confusion"]["columns"]
        yield "Confusion matrix, as the reading says it", confusion_chart(columns, classes, value["confusion"]["rows"])
    for label, bins in list(value["reliability"].items())[:16]:
        names = (
            ("highest probability", "share right") if label == "" else (f"probability of {label}", "share that has it")
        )
        title = f"Reliability{f', {label}' if label else ''}: on the line it is as sure as it should be"
        yield title, reliability_chart(bins, *names)
    if value["roc"]:
        yield "ROC, each class against the rest; squares are the operating points", roc_chart(value["roc"])


def _table(figures: Sequence[dict[str, Any]]) -> Iterator[tuple[str, ...]]:
    yield "Figure", "Class", "Value", "95 % interval", "n"
    for f in figures:
        low, high = (_number(f["name"], f[key]) for key in ("low", "high"))
        span = "-" if f["low"] is None else f"{low} to {high}"
        yield f["name"], f["label"], shown_value(f), span, str(f["count"])


def _sections(
    own: Evaluation, classified: Classified, identified: bool, progress: Progress
) -> Iterator[tuple[str, str, tuple[Shown, ...]]]:
    wrong = misread(classified)
    right = [i for i in range(len(classified)) if not classified.wrong[i]]
    right = [right[i] for i in np.linspace(0, len(right) - 1, min(RIGHT_SHOWN, len(right))).astype(int)]
    recordings = sorted((d for d in own.done if d.tally), key=_worth)[:RECORDINGS_SHOWN]
    if not wrong and not right and not recordings:
        return
    with Reader(own.card, own.device) as reader:
        total = min(len(wrong), MISREAD_SHOWN) + len(right) + len(recordings)
        draw = _Drawer(reader, own.card.classes, identified, progress, total)
        if len(classified):
            shown = tuple(draw.picture(classified.rows[i], True) for i in wrong[:MISREAD_SHOWN])
            more = (
                f"{len(wrong)} of {len(classified)}; the most confident {len(shown)}" if len(wrong) > len(shown) else ""
            )
            yield "Misread", more or f"{len(wrong)} of {len(classified)}, the most confident first", _there(shown)
            shown = tuple(draw.picture(classified.rows[i], False) for i in right)
            yield "Read right", "a sample, evenly chosen", _there(shown)
        if recordings:
            shown = tuple(draw.recording(d) for d in recordings)
            yield "Recordings", "lowest F1 first; of each the second with most misses and false events", _there(shown)


def _there(shown: Sequence[Shown | None]) -> tuple[Shown, ...]:
    return tuple(s for s in shown if s is not None)


def _worth(done: Done) -> float:
    assert done.tally is not None
    f1 = done.tally.found.f1
    return f1 if np.isfinite(f1) else 2.0


@dataclass
class _Drawer:
    reader: Reader
    classes: Sequence[str]
    identified: bool
    progress: Progress
    total: int
    made: int = 0

    def picture(self, done: Done, wrong: bool) -> Shown | None:
        read = self._read(done.example)
        if read is None or done.probability is None:
            return None
        study, reading = read
        label = self.classes[int(done.probability.argmax())]
        heat = reading.heat_map(label)
        beside = None
        region = done.example.region
        whole = region is None or isinstance(study.content, Image)  # a map's times are those of the whole recording
        if whole and heat is not None and heat.values.max(initial=0) > 0:
            beside = _jpeg(render(study, reading, label, PICTURE_PX))
        said = done.predicted or ", ".join(f.label for f in reading.findings if f.positive) or "nothing"
        uncertain = f" (most probable {label})" if done.predicted == "uncertain" else ""
        truth = ", ".join(sorted(done.example.labels)) or "none"
        title = f"true {truth}, said {said}{uncertain}"
        shares = tuple(zip(self.classes, (float(p) for p in done.probability), strict=True))
        if len(shares) > 6:
            shares = tuple(sorted(shares, key=lambda s: -s[1])[:6])
        picture = _jpeg(render(study if region is None else region.crop(study), None, None, PICTURE_PX))
        return Shown(picture, title, wrong, (self._name(done),), shares, beside)

    def recording(self, done: Done) -> Shown | None:
        read = self._read(done.example)
        if read is None or done.tally is None:
            return None
        study, reading = read
        wave, true = study.waveform, done.example.events or ()
        start_s = _worst_second([e.time_s for e in reading.events], [e.time_s for e in true], wave.duration_s)
        first = round(start_s * wave.rate_hz)
        piece = wave.samples[0, first : first + round(STRETCH_S * wave.rate_hz)]
        drawing = stretch_chart(piece, wave.rate_hz, start_s, reading.events, true, self.classes)
        own = done.tally.found
        title = f"F1 {own.f1:.3f}" if np.isfinite(own.f1) else "no events, none found"
        counts = f"of any class {own.hits} found, {own.missed} missed, {own.false} false"
        about = f"{wave.duration_s:.0f} s at {wave.rate_hz:g} Hz"
        return Shown(drawing, title, own.f1 < 0.9, (self._name(done), counts, about))

    def _name(self, done: Done) -> str:
        name = done.example.path.name if self.identified else f"file {done.sha256[:8]}"
        span = done.example.span_s
        return name if span is None else f"{name}, {span[0]:g}-{span[1]:g} s"

    def _read(self, example: Example) -> tuple[Study, Reading] | None:
        self.made += 1
        self.progress(self.reader.card.id, f"page, {self.made} of {self.total},", self.made / self.total)
        try:
            return self.reader.read(example)
        except LeadlightError:
            return None  # it was there a moment ago; the figures stand


def _worst_second(found: Sequence[float], true: Sequence[float], duration_s: float) -> float:
    """Return where the second begins that has the most events without a partner."""
    a, b = np.array(found), np.array(true)
    owner = matched(a, b)
    lonely = np.concatenate([a[owner < 0], np.delete(b, owner[owner >= 0])])
    times = lonely if lonely.size else b
    if not times.size:
        return 0.0
    counts = [int(((times >= t) & (times < t + STRETCH_S)).sum()) for t in times]
    return float(np.clip(times[int(np.argmax(counts))] - 0.02, 0, max(0.0, duration_s - STRETCH_S)))


def _jpeg(picture: np.ndarray) -> bytes:
    from PIL import Image as Picture

    stream = io.BytesIO()
    Picture.fromarray(picture).save(stream, "JPEG", quality=85)
    return stream.getvalue()


def write_page(own: Evaluation, value: dict[str, Any], path: Path, identified: bool, progress: Progress) -> None:
    """Write the page as ``path``'s ending says (``.html``, ``.pdf``), whole or not at all.

    Raises LeadlightError ``output`` where it cannot be written.
    """
    page = make_page(own, value, identified, progress)
    part = path.with_name(f".{path.name}.part")
    try:
        if path.suffix.lower() == ".pdf":
            from training.evaluation.page_pdf import write_pdf

            write_pdf(page, part)
        else:
            from training.evaluation.page_html import as_html

            part.write_text(as_html(page), "utf-8")
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        reason = f"{path.name} cannot be written ({error.strerror or error})"
        raise LeadlightError("output", reason, "choose another folder", path) from error
