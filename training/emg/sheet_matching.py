"""Found boxes against true ones on one sheet.

Potentials that overlap on a sweep are one target (nobody parts an interference pattern); a box that covers one of them,
or their union, is right. Potentials that are faint, or not wholly in view, are neither asked for nor counted against.
"""

from dataclasses import dataclass

import numpy as np

from training.simulate.emg_sheet import SheetBox, SheetTruth

OVERLAP = 0.15  # of the shorter one's width: two potentials on a sweep are one target
Bounds = tuple[float, float, float, float]  # x0, y0, x1, y1


@dataclass(frozen=True, eq=False)
class Match:
    """One sheet's count.

    ``targets``: how many there are; ``boxes``: how many found boxes count; ``hits``: targets found; ``right``: boxes
    that lie on a target, each for IoU of 0.3, of 0.5, and for the box's middle in a target. At IoU 0.3: ``pairs`` of a
    target's class and the index of its best box, the ``missed`` targets' classes, the indices of ``false`` boxes;
    ``hiss``: the targets that are end-plate noise, and those of them found.
    """

    targets: int
    boxes: int
    hits: tuple[int, int, int]
    right: tuple[int, int, int]
    pairs: tuple[tuple[str, int], ...] = ()
    missed: tuple[str, ...] = ()
    false: tuple[int, ...] = ()
    hiss: tuple[int, int] = (0, 0)


@dataclass(frozen=True)
class Target:
    """One or several overlapping potentials."""

    label: str
    members: tuple[SheetBox, ...]
    bounds: Bounds


def targets_of(truth: SheetTruth) -> tuple[list[Target], list[Bounds]]:
    """Return what is to be found, and the boxes round what is neither asked for nor counted against."""
    groups: list[list[SheetBox]] = []
    for box in sorted(truth.boxes, key=lambda b: (b.panel, b.sweep, b.x)):
        last = groups[-1] if groups else []
        same = bool(last) and (last[-1].panel, last[-1].sweep) == (box.panel, box.sweep)
        reach = max((b.x + b.w for b in last), default=0.0)
        if same and reach - box.x > OVERLAP * min(box.w, max(b.w for b in last)):
            last.append(box)
        else:
            groups.append([box])
    targets, ignored = [], []
    for group in groups:
        plain = [b for b in group if b.whole and not b.faint]
        if not plain:
            ignored.append(_union(group))
            continue
        largest = max(plain, key=lambda b: b.h)
        targets.append(Target(largest.label, tuple(group), _union(group)))
    return targets, ignored


def match(found: list[Bounds], truth: SheetTruth) -> Match:
    """Match found boxes with a sheet's truth."""
    targets, ignored = targets_of(truth)
    owner = [_owner(box, targets) for box in found]
    free = [i for i, t in enumerate(owner) if t is None and any(_middle_in(found[i], b, 4) for b in ignored)]
    counted = [i for i in range(len(found)) if i not in free]
    hits, right, hiss, pairs, missed = [0, 0, 0], [0, 0, 0], [0, 0], [], []
    on_target: set[int] = set()
    for number, target in enumerate(targets):
        own = [i for i in counted if owner[i] == number]
        best = {i: max(overlap(found[i], b) for b in (target.bounds, *map(_bounds, target.members))) for i in own}
        joint = overlap(_union_of([found[i] for i in own]), target.bounds) if own else 0.0
        for level, least in enumerate((0.3, 0.5)):
            good = [i for i in own if best[i] >= least or joint >= least]
            hits[level] += bool(good)
            right[level] += len(good)
            if level == 0:
                is_hiss = all(b.generator == "end-plate noise" for b in target.members)
                hiss = [hiss[0] + is_hiss, hiss[1] + (is_hiss and bool(good))]
                on_target.update(good)
                if good:
                    pairs.append((target.label, max(good, key=lambda i: best[i])))
                else:
                    missed.append(target.label)
        middle = [i for i in own if _middle_in(found[i], target.bounds, 2)]
        hits[2] += bool(middle)
        right[2] += len(middle)
    false = tuple(i for i in counted if i not in on_target)
    return Match(
        len(targets),
        len(counted),
        (hits[0], hits[1], hits[2]),
        (right[0], right[1], right[2]),
        tuple(pairs),
        tuple(missed),
        false,
        (hiss[0], hiss[1]),
    )


def _owner(box: Bounds, targets: list[Target]) -> int | None:
    """Return the target that a box's middle lies in (the one that it covers best), or None."""
    inside = [i for i, t in enumerate(targets) if _middle_in(box, t.bounds, 2) or overlap(box, t.bounds) >= 0.3]
    return max(inside, key=lambda i: overlap(box, targets[i].bounds)) if inside else None


def _middle_in(box: Bounds, bounds: Bounds, slack: float) -> bool:
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    return bounds[0] - slack <= x <= bounds[2] + slack and bounds[1] - slack <= y <= bounds[3] + slack


def _bounds(box: SheetBox) -> Bounds:
    return box.x, box.y, box.x + box.w, box.y + box.h


def _union(boxes: list[SheetBox]) -> Bounds:
    return _union_of([_bounds(b) for b in boxes])


def _union_of(bounds: list[Bounds]) -> Bounds:
    x0, y0, x1, y1 = np.array(bounds).T
    return float(x0.min()), float(y0.min()), float(x1.max()), float(y1.max())


def overlap(a: Bounds, b: Bounds) -> float:
    """Return intersection over union; boxes thinner than 4 pixels count as 4 (a fibrillation on a slow sweep)."""
    a, b = _thick(a), _thick(b)
    across, down = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    if across <= 0 or down <= 0:
        return 0.0
    both = across * down
    return both / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - both)


def _thick(box: Bounds) -> Bounds:
    grow_x, grow_y = max(0.0, 4 - (box[2] - box[0])) / 2, max(0.0, 4 - (box[3] - box[1])) / 2
    return box[0] - grow_x, box[1] - grow_y, box[2] + grow_x, box[3] + grow_y
