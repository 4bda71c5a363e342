"""A picture of needle EMG read: whole, or each panel of a report sheet, and every waveform in it by itself.

A waveform's class is agreed on by four: its panel's reading, what the network makes of the waveform cut out with some
surroundings (as the paper's specialist did), the network's cells at its place, and those of the network that judges the
sweeps. The mean of their log-probabilities decides; alike waveforms of a panel are judged together.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
import torch
from torch import Tensor

from viewer.models.bundle import ModelBundle
from viewer.models.card import Beside, Card
from viewer.models.preprocessing import Extent, prepare
from viewer.reading.findings import predicted
from viewer.reading.gradcam import class_maps
from viewer.reading.networks import probabilities
from viewer.reading.scale import TimeScale
from viewer.reading.signals import Judge, joined, joined_card
from viewer.reading.tilt import Tilt
from viewer.reading.values import Box, Reading
from viewer.reading.waveform_votes import (
    alike,
    by_cut_outs,
    chosen_waveforms,
    cut_out_waveforms,
    fitted,
    from_cells,
    named_boxes,
    with_scale,
)
from viewer.reading.waveforms import Found, Looked, Panel, Spot, TellCurves, Waveform, covered, find_waveforms, look
from viewer.study import Image, Note, Study
from viewer.study.display import grey8

BATCH = 8
SHARP, REST = "PSW", "Others"
MIRRORED_FROM = 0.97  # of the sharp waves' class, upside down: 85 % of such screens and 2 % of others lie over it
MOST_ASKED = 12  # panels, of what kind they are
SHEET_PX = 700  # smaller pictures are screens, however many panels they seem to have
AS_WIDE, AS_HIGH = 0.4, 0.3  # of the largest: two panels of a sheet are so much alike at least,
ACROSS = 0.2  # and cover no more of one another
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
    scales_of: Callable[[Found, bool], Sequence[TimeScale | None]] | None = None,
    spot: Spot | None = None,
    beside: tuple[Judge, Beside] | None = None,
) -> PictureRead:
    """Read a picture of needle EMG; ``step`` is called with a stage and the share done, and may raise to stop.

    ``looked``: what ``look`` made of it before. ``scales_of`` gives the time scale of a screen, or of each panel of a
    sheet (where told that it is one), in pixels of the picture; ``spot`` finds potentials (``find_waveforms``).
    ``beside``: what judges the sweeps, and how it is heard; the logits are then of both (``signals.joined_card``).
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
        parts = [fitted(shown, (p.x, p.y, p.x + p.w, p.y + p.h), arguments) for p in found.panels]
        inputs, extents = torch.stack([p[0] for p in parts]), tuple(p[1] for p in parts)
    scales = [None] * len(extents) if scales_of is None else scales_of(found, sheet)
    px_per_ms = [None if scale is None else scale.px_per_ms for scale in scales]
    inputs = with_scale(bundle, inputs, extents, px_per_ms)
    groups = alike(found.waveforms) if fits else []
    chosen = chosen_waveforms(groups, sheet)
    shown_alone = [found.waveforms[i] for i in chosen]
    cut_out = (
        cut_out_waveforms(bundle, shown, shown_alone, [px_per_ms[w.panel if sheet else 0] for w in shown_alone])
        if chosen
        else inputs[:0]
    )
    heard = _ask(bundle, device, inputs, cut_out, step)
    whole, by_sweeps = card, None
    if beside is not None:
        judge, how = beside
        by_sweeps = judge(found, sheet, px_per_ms)
        heard = replace(heard, logits=joined(heard.logits, card, by_sweeps, how))
        whole = joined_card(card, how)
    shares = probabilities(whole, heard.logits).numpy()
    boxes: dict[str, tuple[Box, ...]] = {}
    if chosen:
        views = [
            [np.log(shares[w.panel if sheet else 0] + 1e-6) for w in found.waveforms],
            by_cut_outs(card, groups, chosen, heard.cut_out),
        ]
        if heard.cells is not None:
            views.append(from_cells(heard.cells, extents, found.waveforms, sheet))
        if by_sweeps is not None:
            views.append(list(by_sweeps.waveforms))
        boxes = named_boxes(card.classes, found.waveforms, np.mean([np.stack(v) for v in views], axis=0))
    doubts = _doubts(card, study, found, shares, probabilities(card, heard.mirrored).numpy())
    notes = (*doubts, *_notes(card.classes, found, boxes, sheet, shares))
    refusal = None
    if found.quiet and not _is_positive(whole, shares):
        refusal = next(n for n in notes if n.code == "no-event")
        notes = tuple(n for n in notes if n is not refusal)
    notes = (*notes, *_told(scales))
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

    Without a waveform nothing shows a class: a baseline at rest, noise, or too much at once (which may be Others).
    """
    least = min(card.uncertain_below, *card.operating_points.values()) - 0.01
    because = read.because or (() if read.found.waveforms else ("no single waveform was found",))
    return np.full(len(card.classes), least if because else 1.0), because


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
        notes.append(Note("clipped", f"{clipped} {noun} cut off flat: the shape is not whole"))
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
    """Whether a picture shows several panels, each to be read by itself.

    Two at least show waveforms, lie beside one another and are about alike: a menu, a line of words or a curve that was
    lost in part makes a second panel of a screen, but a small one, an empty one, or one across the first.
    """
    if max(shape[:2]) < SHEET_PX:
        return False
    busy = [found.panels[i] for i in sorted({w.panel for w in found.waveforms})]
    widest, highest = max((p.w for p in busy), default=0.0), max((p.h for p in busy), default=0.0)
    apart: list[Panel] = []
    for panel in sorted(busy, key=lambda p: -p.w * p.h):
        as_large = panel.w >= AS_WIDE * widest and panel.h >= AS_HIGH * highest
        if as_large and all(covered(panel, other) <= ACROSS for other in apart):
            apart.append(panel)
    return len(apart) > 1


def sheet_panels(image: Image, tell: TellCurves | None = None) -> list[Image]:
    """Return the panels of a picture that seems to be a sheet with waveforms, the first twelve, else none.

    ``tell``: what tells curves from all else (``waveforms.Looked``).
    """
    if max(image.rows, image.columns) < SHEET_PX:
        return []
    shown = grey8(image)
    found = find_waveforms(shown, look(shown, tell=tell))
    if not is_sheet(found, shown.shape) or not found.waveforms:
        return []
    parts = []
    for p in found.panels[:MOST_ASKED]:
        x, y = max(0, int(p.x)), max(0, int(p.y))
        parts.append(Image(np.ascontiguousarray(shown[y : y + max(8, int(p.h)), x : x + max(8, int(p.w))])))
    return parts


def shows_traces(image: Image, tell: TellCurves | None = None) -> bool:
    """Whether traces with waveforms on them are found in a picture; ``tell`` as in ``sheet_panels``."""
    shown = grey8(image)
    found = find_waveforms(shown, look(shown, tell=tell))
    return bool(found.panels and found.waveforms)


def _told(scales: Sequence[TimeScale | None]) -> tuple[Note, ...]:
    """Return what was read of the time scale, or of the panels' scales, for a person to check."""
    told = [(n, _scale_words(scale)) for n, scale in enumerate(scales, 1) if scale is not None]
    if not told:
        return ()
    if len(scales) == 1:
        return (Note("scale-read", f"The time scale was read off the screen: {told[0][1]}"),)
    each = "; ".join(f"panel {n}, {words}" for n, words in told)
    return (Note("scale-read", f"The time scale was read in {len(told)} of {len(scales)} panels: {each}"),)


def _scale_words(scale: TimeScale) -> str:
    px = scale.px_per_ms * scale.ms
    return {
        "bar": f"the bar of {scale.ms:g} ms is {px:.0f} pixels long",
        "axis": f"{scale.ms:.3g} ms of the axis are {px:.0f} pixels",
        "grid": f"{scale.ms:g} ms a division, which is {px:.0f} pixels by the grid",
        "width": f"{scale.ms:g} ms a division, ten of which are taken for the sweeps' width",
        "sweep": f"the {scale.ms:g} ms of a whole sweep are {px:.0f} pixels",
    }[scale.by]


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
    return f"{number} {classes[c]} {'>99%' if shares[c] > 0.995 else format(shares[c], '.0%')}"
