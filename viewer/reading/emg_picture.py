"""A picture of needle EMG read: whole, or each panel of a report sheet, and every waveform in it by itself.

A waveform's class is agreed on by three: its panel's reading, what the network makes of the waveform cut out with some
surroundings (as the paper's specialist did), and the network's cells at its place. The mean of their log-probabilities
decides; alike waveforms of a panel are judged together.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
import torch
from torch import Tensor

from viewer.models.bundle import ModelBundle
from viewer.models.card import Card
from viewer.models.networks.screen_waves import scale_plane
from viewer.models.preprocessing import Extent, prepare
from viewer.models.preprocessing.picture import fit_picture, to_tensor
from viewer.reading.findings import predicted
from viewer.reading.gradcam import class_maps
from viewer.reading.networks import probabilities
from viewer.reading.scale import TimeScale
from viewer.reading.tilt import Tilt
from viewer.reading.values import Box, Reading
from viewer.reading.waveforms import Found, Looked, Panel, Spot, Waveform, find_waveforms
from viewer.study import Image, Note, Study
from viewer.study.display import grey8

BATCH = 8
NAMED_FROM = 0.6  # a waveform's probability, under which it is called uncertain
CUT_OUTS = {False: 2, True: 48}  # waveforms cut out at most: from a screen (more were no better), from a sheet
WIDER, TALLER = 3.0, 1.6  # a cut-out, in the waveform's width and height
LEAST_WIDE_PX, LEAST_TALL_PX = 60, 36
ALIKE = 0.3  # two waveforms of a panel whose sizes differ by less (as a share) are judged together
SHARP, REST = "PSW", "Others"
MIRRORED_FROM = 0.97  # of the sharp waves' class, upside down: 85 % of such screens and 2 % of others lie over it
MOST_ASKED = 12  # panels, of what kind they are
SHEET_PX = 700  # smaller pictures are screens, however many panels they seem to have
Moved = TypeVar("Moved", Box, Panel, Waveform, Extent)
WHY = {
    "no-trace": "no trace was recognised",
    "no-event": "no potential stands out of the baseline",
    "clipped": "most waveforms are cut off flat",
    "polarity-doubted": "the polarity may be the wrong way round",
}
Step = Callable[[str, float], None]


@dataclass(frozen=True, eq=False)
class PictureRead:
    """What the network said of a picture's parts, and of its waveforms.

    ``logits`` (parts, classes); ``maps`` (parts, classes, rows, columns) or None; ``extents``: one a part: the whole
    picture, or a sheet's panels. ``boxes``: of each class, the waveforms called it. ``because``: why no class may be
    sure, empty where one may. ``sheet``: a report sheet, whose panels may each show another class.
    """

    logits: np.ndarray
    maps: np.ndarray | None
    extents: tuple[Extent, ...]
    boxes: dict[str, tuple[Box, ...]]
    found: Found
    notes: tuple[Note, ...] = ()
    refusal: Note | None = None
    because: tuple[str, ...] = ()
    sheet: bool = False


def read_emg_picture(
    bundle: ModelBundle,
    study: Study,
    device: str,
    step: Step,
    looked: Looked | None = None,
    scale_of: Callable[[Found], TimeScale | None] = lambda found: None,
    spot: Spot | None = None,
) -> PictureRead:
    """Read a picture of needle EMG; ``step`` is called with a stage and the share done, and may raise to stop.

    ``looked``: what ``look`` made of it before. ``scale_of`` gives the time scale of a screen (not of a sheet, whose
    panels have each their own) in pixels of the picture; ``spot`` finds potentials on sweeps (``find_waveforms``).
    """
    card = bundle.card
    arguments = card.preprocessing_arguments
    shown = grey8(study.image)
    step("waveforms", 0.2)
    found = find_waveforms(shown, looked, spot)
    fits = {"height", "width"} <= arguments.keys()
    sheet = fits and is_sheet(found, shown.shape)
    prepared = prepare(card.preprocessing, arguments, study)
    inputs, extents = prepared.inputs, prepared.extents
    if sheet:
        parts = [_fitted(shown, (p.x, p.y, p.x + p.w, p.y + p.h), arguments) for p in found.panels]
        inputs, extents = torch.stack([p[0] for p in parts]), tuple(p[1] for p in parts)
    scale = None if sheet else scale_of(found)
    px_per_ms = scale.px_per_ms if scale is not None else None
    inputs = _with_scale(bundle, inputs, extents, px_per_ms)
    groups = _alike(found.waveforms) if fits else []
    chosen = _chosen(groups, sheet)
    cut_out = _cut_out(bundle, shown, [found.waveforms[i] for i in chosen], px_per_ms) if chosen else inputs[:0]
    heard = _ask(bundle, device, inputs, cut_out, step)
    shares = probabilities(card, heard.logits).numpy()
    boxes: dict[str, tuple[Box, ...]] = {}
    if chosen:
        views = [
            [np.log(shares[w.panel if sheet else 0] + 1e-6) for w in found.waveforms],
            _by_cut_outs(card, groups, chosen, heard.cut_out),
        ]
        if heard.cells is not None:
            views.append(_from_cells(heard.cells, extents, found.waveforms, sheet))
        boxes = _named(card.classes, found.waveforms, np.mean([np.stack(v) for v in views], axis=0))
    doubts = _doubts(card, study, found, shares, probabilities(card, heard.mirrored).numpy())
    notes = (*doubts, *_notes(card.classes, found, boxes, sheet, shares))
    refusal = None
    if found.quiet and not _is_positive(card, shares):
        refusal = next(n for n in notes if n.code == "no-event")
        notes = tuple(n for n in notes if n is not refusal)
    if scale is not None:
        notes = (*notes, _told(scale))
    maps = None if heard.maps is None else heard.maps.numpy()
    because = tuple(WHY[n.code] for n in doubts if n.code != "clipped" or _mostly_clipped(found))
    return PictureRead(heard.logits.numpy(), maps, extents, boxes, found, notes, refusal, because, sheet)


def turned_back(read: PictureRead, tilt: Tilt) -> PictureRead:
    """Return what was read on a levelled page as it lies on the page as it is."""

    def moved(o: Moved) -> Moved:
        x, y = tilt.moved(o.x, o.y, o.w, o.h)
        return replace(o, x=x, y=y)

    found = replace(
        read.found,
        panels=tuple(moved(p) for p in read.found.panels),
        waveforms=tuple(moved(w) for w in read.found.waveforms),
    )
    boxes = {label: tuple(moved(b) for b in own) for label, own in read.boxes.items()}
    extents = tuple(moved(e) for e in read.extents)
    maps = read.maps
    if maps is not None:
        pairs = zip(maps, read.extents, extents, strict=True)
        maps = np.stack([turned_map(own, tilt, level, there) for own, level, there in pairs])
    degrees = np.rad2deg(np.arctan(tilt.slope))
    note = Note("page-turned", f"The picture is turned by {abs(degrees):.1f} degrees; it was laid level to be read")
    return replace(read, found=found, boxes=boxes, extents=extents, maps=maps, notes=(*read.notes, note))


def turned_map(maps: np.ndarray, tilt: Tilt, level: Extent, there: Extent) -> np.ndarray:
    """Return maps (classes, rows, columns) of a part of a levelled page as they lie on the page, about where it was."""
    import cv2

    rows, columns = maps.shape[1:]
    x = there.x + (np.arange(columns, dtype=np.float32) + 0.5) / columns * there.w
    y = (there.y + (np.arange(rows, dtype=np.float32) + 0.5) / rows * there.h)[:, None]
    at_x, at_y = tilt.level(x, y)
    column = np.broadcast_to((at_x - level.x) / level.w * columns - 0.5, (rows, columns)).astype(np.float32)
    row = ((at_y - level.y) / level.h * rows - 0.5).astype(np.float32)
    return np.stack([cv2.remap(own, column, row, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE) for own in maps])


def concluded(read: PictureRead, card: Card, reading: Reading, x: float, y: float) -> Reading:
    """Return the reading with its waveforms' boxes, and no class surer than the doubts allow.

    ``x``, ``y``: where the picture that was read lies in the study. The waveforms called a class take the place of its
    boxes from maps, which stay where no waveform was found. The panels of a sheet may show several classes, each as
    sure as in the panel that shows it best (not ``exclusive``); it is Others only as far as the panel that is least so.
    """
    shares = probabilities(card, torch.from_numpy(read.logits)).numpy()
    settled = shares.max(0)
    if REST in card.classes:
        rest = card.classes.index(REST)
        settled[rest] = shares[:, rest].min()
    most, because = _most(read, card)
    findings = []
    for f, share, own in zip(reading.findings, settled, most, strict=True):
        boxes = f.boxes
        if read.found.waveforms:
            boxes = tuple(replace(b, x=b.x + x, y=b.y + y) for b in read.boxes.get(f.label, ()))
        findings.append(replace(f, probability=round(float(min(share, own)), 6), boxes=boxes))
    named = predicted(card, np.minimum(settled, most))
    warnings = reading.warnings
    if (settled > most).any():
        held = [f.label for f, own in zip(findings, most, strict=True) if own < 1]
        message = f"{', '.join(held)}: {most.min():.0%} is the most that is said, because {' and '.join(because)}."
        warnings = (*warnings, Note("probability-capped", message))
    return replace(
        reading,
        exclusive=reading.exclusive and not read.sheet,
        predicted=named,
        findings=tuple(findings),
        warnings=warnings,
    )


def _most(read: PictureRead, card: Card) -> tuple[np.ndarray, tuple[str, ...]]:
    """Return the highest probability that each class may have (classes,), and why.

    Without a waveform nothing shows PSW or Fibs; interference or noise, which has none either, may be Others.
    """
    least = min(card.uncertain_below, *card.operating_points.values()) - 0.01
    if read.because:
        return np.full(len(card.classes), least), read.because
    if read.found.waveforms or REST not in card.classes:
        return np.ones(len(card.classes)), ()
    return np.array([1.0 if label == REST else least for label in card.classes]), ("no single waveform was found",)


def _is_positive(card: Card, shares: np.ndarray) -> bool:
    """Whether some class but Others reaches its operating point."""
    return any(shares[:, c].max() >= card.operating_points[k] for c, k in enumerate(card.classes) if k != REST)


def _mostly_clipped(found: Found) -> bool:
    return sum(w.clipped for w in found.waveforms) > 0.5 * len(found.waveforms)


def _doubts(card: Card, study: Study, found: Found, shares: np.ndarray, mirrored: np.ndarray) -> list[Note]:
    """Return reasons not to believe the reading that the traces show."""
    notes = []
    if not found.panels and not found.quiet:
        notes.append(Note("no-trace", "No trace was recognised in the picture; it may not show an EMG, or not clearly"))
    elif found.quiet:
        notes.append(Note("no-event", "No potential stands out of the baseline: there is nothing to name"))
    clipped = sum(w.clipped for w in found.waveforms)
    if clipped:
        noun = "waveform is" if clipped == 1 else "waveforms are"
        notes.append(
            Note("clipped", f"{clipped} {noun} cut off flat at the edge of the screen: the shape is not whole")
        )
    if SHARP in card.classes:
        c = card.classes.index(SHARP)
        if ((mirrored[:, c] >= MIRRORED_FROM) & (shares[:, c] < 0.5)).any():
            message = "Upside down this looks like positive sharp waves; the polarity may be the wrong way round"
            notes.append(Note("polarity-doubted", message))
    return notes


@dataclass(frozen=True, eq=False)
class _Heard:
    """What the network said of a picture's parts: logits (parts, classes), of them ``mirrored`` and of the cut-outs.

    ``maps`` and ``cells`` (parts, classes, rows, columns), or None where it has none.
    """

    logits: Tensor
    mirrored: Tensor
    cut_out: Tensor
    maps: Tensor | None
    cells: Tensor | None


def _ask(bundle: ModelBundle, device: str, inputs: Tensor, cut_out: Tensor, step: Step) -> _Heard:
    """Ask the network of the parts, of them upside down, and of the waveforms cut out, as many at once as it takes."""
    network, parts = bundle.network, len(inputs)
    everything = torch.cat([inputs, inputs.flip(2), cut_out])
    logits, maps, cells = [], [], []
    with torch.inference_mode():
        for first in range(0, len(everything), BATCH):
            step("network", 0.4 + 0.5 * first / len(everything))
            features = network.features(everything[first : first + BATCH].to(device))
            logits.append(network.head(features).float().cpu())
            own = features[: max(0, parts - first)]
            if len(own) and bundle.card.maps_faithful:
                maps.append(class_maps(network, own).float().cpu())
            if len(own) and hasattr(network, "cells"):
                cells.append(network.cells(own).float().cpu())  # type: ignore[operator]
    said = torch.cat(logits)
    return _Heard(
        said[:parts],
        said[parts : 2 * parts],
        said[2 * parts :],
        torch.cat(maps) if maps else None,
        torch.cat(cells) if cells else None,
    )


def is_sheet(found: Found, shape: tuple[int, ...]) -> bool:
    """Whether a picture shows several panels, each to be read by itself."""
    return len(found.panels) > 1 and max(shape[:2]) >= SHEET_PX


def sheet_panels(image: Image) -> list[Image]:
    """Return the panels of a picture that seems to be a sheet with waveforms, the first twelve, else none."""
    if max(image.rows, image.columns) < SHEET_PX:
        return []
    shown = grey8(image)
    found = find_waveforms(shown)
    if not is_sheet(found, shown.shape) or not found.waveforms:
        return []
    parts = []
    for p in found.panels[:MOST_ASKED]:
        x, y = max(0, int(p.x)), max(0, int(p.y))
        parts.append(Image(np.ascontiguousarray(shown[y : y + max(8, int(p.h)), x : x + max(8, int(p.w))])))
    return parts


def shows_traces(image: Image) -> bool:
    """Whether traces with waveforms on them are found in a picture."""
    found = find_waveforms(grey8(image))
    return bool(found.panels and found.waveforms)


def _fitted(shown: np.ndarray, bounds: tuple[float, float, float, float], arguments: dict) -> tuple[Tensor, Extent]:
    """Return a part of the picture as the network's input, and what it covers."""
    rows, columns = shown.shape[:2]
    x0, y0 = max(0, int(bounds[0])), max(0, int(bounds[1]))
    x1, y1 = min(columns, max(x0 + 8, int(np.ceil(bounds[2])))), min(rows, max(y0 + 8, int(np.ceil(bounds[3]))))
    colour = bool(arguments.get("colour", False))
    fit = arguments.get("fit", "letterbox")
    fitted, extent = fit_picture(shown[y0:y1, x0:x1], arguments["height"], arguments["width"], fit, colour)
    channels = arguments.get("channels", 3)
    tensor = to_tensor(fitted, channels, arguments.get("mean", (0.5,)), arguments.get("std", (0.5,)))
    return tensor, replace(extent, x=extent.x + x0, y=extent.y + y0)


def _with_scale(bundle: ModelBundle, inputs: Tensor, extents: Sequence[Extent], px_per_ms: float | None) -> Tensor:
    """Return the inputs with a plane that tells their scale, where it is known and the network takes it."""
    if px_per_ms is None or not getattr(bundle.network, "takes_scale", False):
        return inputs
    height, width = inputs.shape[2:]
    own = torch.tensor([px_per_ms * width / extent.w for extent in extents])
    return torch.cat([inputs, scale_plane(own, height, width)], 1)


def _told(scale: TimeScale) -> Note:
    """Return what was read of the time scale, for a person to check."""
    px = scale.px_per_ms * scale.ms
    read = {
        "bar": f"the bar of {scale.ms:g} ms is {px:.0f} pixels long",
        "axis": f"{scale.ms:.3g} ms of the axis are {px:.0f} pixels",
        "grid": f"{scale.ms:g} ms a division, which is {px:.0f} pixels by the grid",
        "width": f"{scale.ms:g} ms a division, ten of which are taken for the sweeps' width",
    }[scale.by]
    return Note("scale-read", f"The time scale was read off the screen: {read}")


def _chosen(groups: Sequence[Sequence[int]], sheet: bool) -> list[int]:
    """Return which waveforms are cut out: two at most of each group of alike ones."""
    return [members[k] for k in (0, 1) for members in groups if len(members) > k][: CUT_OUTS[sheet]]


def _cut_out(bundle: ModelBundle, shown: np.ndarray, waveforms: Sequence[Waveform], px_per_ms: float | None) -> Tensor:
    """Return waveforms with their surroundings as the network's inputs."""
    fitted = [_fitted(shown, _surroundings(w), bundle.card.preprocessing_arguments) for w in waveforms]
    return _with_scale(bundle, torch.stack([f[0] for f in fitted]), [f[1] for f in fitted], px_per_ms)


def _by_cut_outs(
    card: Card, groups: Sequence[Sequence[int]], chosen: Sequence[int], logits: Tensor
) -> list[np.ndarray]:
    """Return each waveform's log-probabilities (classes,), from those of its group that were cut out."""
    told = dict(zip(chosen, np.log(probabilities(card, logits).numpy() + 1e-6), strict=True))
    said = [np.zeros(len(card.classes))] * sum(map(len, groups))
    for members in groups:
        heard = [told[i] for i in members if i in told]
        for i in members:
            if heard:
                said[i] = np.mean(heard, axis=0)
    return said


def _alike(waveforms: Sequence[Waveform]) -> list[list[int]]:
    """Return groups of waveforms of one panel that are about as wide and as high and lie alike about their baseline."""
    groups: list[list[int]] = []
    for i, wave in enumerate(waveforms):
        for members in groups:
            first = waveforms[members[0]]
            same = first.panel == wave.panel and first.cut == wave.cut and abs(first.rise - wave.rise) < ALIKE
            if same and max(abs(np.log(wave.w / first.w)), abs(np.log(wave.h / first.h))) < ALIKE:
                members.append(i)
                break
        else:
            groups.append([i])
    return groups


def _surroundings(wave: Waveform) -> tuple[float, float, float, float]:
    wide = max(WIDER * wave.w, wave.h / 2.5, LEAST_WIDE_PX)
    tall = min(max(TALLER * wave.h, LEAST_TALL_PX), max(2.5 * wide, wave.h + 4))
    x, y = wave.x + wave.w / 2 + 0.1 * wide, wave.y + wave.h / 2
    return x - wide / 2, y - tall / 2, x + wide / 2, y + tall / 2


def _from_cells(
    cells: Tensor, extents: Sequence[Extent], waveforms: Sequence[Waveform], sheet: bool
) -> list[np.ndarray]:
    """Return each waveform's log-probabilities (classes,) from the cells that it covers."""
    shares = torch.softmax(cells, 1).numpy()
    rows, columns = shares.shape[2:]
    said = []
    for wave in waveforms:
        part = wave.panel if sheet else 0
        extent = extents[part]

        def at(value: float, start: float, length: float, count: int) -> int:
            return int(np.clip((value - start) / length * count, 0, count - 1))

        x0, x1 = (at(v, extent.x, extent.w, columns) for v in (wave.x, wave.x + wave.w))
        y0, y1 = (at(v, extent.y, extent.h, rows) for v in (wave.y, wave.y + wave.h))
        said.append(np.log(shares[part, :, y0 : y1 + 1, x0 : x1 + 1].mean((1, 2)) + 1e-6))
    return said


def _named(classes: Sequence[str], waveforms: Sequence[Waveform], logs: np.ndarray) -> dict[str, tuple[Box, ...]]:
    """Return each class's boxes, the surest first; ``logs`` (waveforms, classes). Uncertain ones are in none."""
    shares = np.exp(logs - logs.max(1, keepdims=True))
    shares /= shares.sum(1, keepdims=True)
    best = shares.argmax(1)
    boxes: dict[str, list[Box]] = {label: [] for label in classes}
    for wave, own, c in zip(waveforms, shares, best, strict=True):
        if own[c] >= NAMED_FROM:
            boxes[classes[c]].append(
                Box(float(wave.x), float(wave.y), float(wave.w), float(wave.h), round(float(own[c]), 4))
            )
    return {label: tuple(sorted(own, key=lambda b: -b.score)) for label, own in boxes.items()}


def _notes(
    classes: Sequence[str], found: Found, boxes: dict[str, tuple[Box, ...]], sheet: bool, shares: np.ndarray
) -> tuple[Note, ...]:
    notes = []
    if sheet:
        each = "; ".join(
            _panel_words(n, p, classes, s) for n, (p, s) in enumerate(zip(found.panels, shares, strict=False), 1)
        )
        notes.append(Note("several-panels", f"The picture has {len(found.panels)} panels, each read by itself: {each}"))
    if found.waveforms:
        counts = [f"{len(own)} {label}" for label, own in boxes.items() if own]
        unsure = len(found.waveforms) - sum(len(own) for own in boxes.values())
        words = ", ".join([*counts, *([f"{unsure} uncertain"] if unsure else [])])
        noun = "waveform was" if len(found.waveforms) == 1 else "waveforms were"
        notes.append(Note("waveforms-found", f"{len(found.waveforms)} {noun} found: {words}"))
    return tuple(notes)


def _panel_words(number: int, panel: Panel, classes: Sequence[str], shares: np.ndarray) -> str:
    c = int(shares.argmax())
    return f"{number} {classes[c]} {shares[c]:.0%}"
