"""Which events of a channel belong together (waveforms alike), and what is measured of each such train.

A unit repeats one waveform, so events are compared by their aligned shapes, block by block, with templates that follow
slow changes of amplitude. The measured numbers go to the network's ``train_class`` head, which was fitted in training.
"""

from dataclasses import dataclass, replace

import numpy as np

BEFORE, AFTER = 24, 72  # samples at 8 kHz kept round an event's largest deflection: 3 ms before, 9 ms after
SHIFT = 2  # samples at 4 kHz to either side by which shapes are tried against each other
WIDE_SHIFT = 20  # the same for templates: of two nearly equal peaks either may have been taken for the largest
ALIKE, TEMPLATES_ALIKE = 0.85, 0.92  # correlations, of shapes without noise
GAIN = 1.7  # of amplitudes one after another
BLOCK, TEMPLATES = 96, 64  # events compared at once; templates kept, those longest unseen leave first
LEAST = 3  # events in a train
APART, IN_TURNS, LEAST_PART = 4.5, 0.3, 0.1  # two sizes in a train: standard deviations apart, changing, share of each
PART_S, LOCKED_S, LOCKED_SHARE = 0.025, 0.0006, 0.8  # a waveform's further peaks: so near, so constant, so often
AROUND_S = 1.0  # company counts so far to either side


@dataclass(frozen=True, eq=False)
class Found:
    """The events of one channel in order of time, n of them.

    ``time_s``, ``start_s``, ``end_s``, ``event`` (probability): (n,). ``told``: (n, classes + 1) log-probabilities of
    the classes. ``shapes``: (n, 96) the signal round it in units of ``noise`` (n,), which is in the channel's unit.
    ``unit_uv``: the channel's unit in uV, None where it is not known.
    """

    time_s: np.ndarray
    start_s: np.ndarray
    end_s: np.ndarray
    event: np.ndarray
    told: np.ndarray
    shapes: np.ndarray
    noise: np.ndarray
    unit_uv: float | None

    def __len__(self) -> int:
        return len(self.time_s)

    def where(self, kept: np.ndarray) -> "Found":
        """Return those that ``kept`` says."""
        names = ("time_s", "start_s", "end_s", "event", "told", "shapes", "noise")
        return replace(self, **{name: getattr(self, name)[kept] for name in names})


@dataclass(frozen=True)
class Firing:
    """How a train fires.

    ``consecutive`` is the mean difference of consecutive intervals over their mean; ``slowing`` by how much the last
    third's median interval is over the first third's, None under six intervals.
    """

    rate_hz: float
    interval_cv: float
    consecutive: float
    slowing: float | None


def grouped(found: Found) -> tuple[Found, np.ndarray]:
    """Return the events without parts of others, and each one's group (n,), numbered from 0 by their first events.

    An event unlike any has a group of its own.
    """
    templates = _Templates()
    owner = np.full(len(found), -1)
    shapes = found.shapes.reshape(len(found), -1, 2).sum(2) * np.float32(0.5**0.5)  # at 4 kHz the noise is 1 as before
    for first in range(0, len(found), BLOCK):
        rows = np.arange(first, min(len(found), first + BLOCK))
        owner[rows] = templates.assign(shapes[rows])
    kept = ~parts_of_others(found.time_s, np.abs(found.shapes[:, BEFORE - 2 : BEFORE + 3]).max(1), owner)
    found, owner = found.where(kept), _merged(owner[kept], templates)
    return found, numbered(split_by_size(owner, np.ptp(found.shapes[:, BEFORE - 8 : BEFORE + 16], axis=1)))


def numbered(owner: np.ndarray) -> np.ndarray:
    """Return the groups (n,) numbered from 0 by their first events."""
    _, order, renamed = np.unique(owner, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(order))[renamed]


def parts_of_others(times_s: np.ndarray, sizes: np.ndarray, owner: np.ndarray) -> np.ndarray:
    """Return which events (bool) are but a part of another's waveform.

    A group of which nearly all events come at one and the same short time before or after those of a group of larger
    deflections is a part of its waveform: a complex repetitive discharge or a polyphasic unit has several peaks.
    """
    part = np.zeros(len(times_s), bool)
    keys, counts = np.unique(owner, return_counts=True)
    keys = keys[counts >= LEAST]
    size = {k: float(np.median(sizes[owner == k])) for k in keys.tolist()}
    whole: list[np.ndarray] = []
    for key in sorted(size, key=lambda k: -size[k]):
        rows = np.flatnonzero(owner == key)
        for times in whole:
            locked = _locked(times, times_s[rows])
            if locked.mean() >= LOCKED_SHARE:
                part[rows[locked]] = True
                break
        else:
            whole.append(times_s[rows])
    return part


def split_by_size(owner: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """Return the groups (n,), those divided in which two sizes fire in turns: two units of one waveform.

    A single unit that waxes and wanes changes little from one potential to the next.
    """
    made, last = owner.copy(), int(owner.max(initial=-1))
    waiting = [int(g) for g, n in zip(*np.unique(owner, return_counts=True), strict=True) if n >= 2 * LEAST]
    while waiting:
        g = waiting.pop()
        rows = np.flatnonzero(made == g)
        if len(rows) < 2 * LEAST:
            continue
        own = np.log(sizes[rows])
        order = np.sort(own)
        cuts = np.arange(LEAST, len(own) - LEAST + 1)
        cuts = cuts[(cuts >= LEAST_PART * len(own)) & (cuts <= (1 - LEAST_PART) * len(own))]
        if not len(cuts):
            continue
        total, square = np.cumsum(order), np.cumsum(order**2)
        low, high = total[cuts - 1] / cuts, (total[-1] - total[cuts - 1]) / (len(own) - cuts)
        within = (square[-1] - cuts * low**2 - (len(own) - cuts) * high**2) / len(own)
        best = int(within.argmin())
        apart = (high[best] - low[best]) / np.sqrt(max(within[best], 1e-6))
        in_turns = float((np.diff(own) ** 2).mean() / (2 * own.var() + 1e-9))
        if apart > APART and high[best] - low[best] > np.log(1.15) and in_turns > IN_TURNS:
            last += 1
            made[rows[own > (order[cuts[best] - 1] + order[cuts[best]]) / 2]] = last
            waiting += [g, last]
    return made


def _locked(times_s: np.ndarray, at_s: np.ndarray) -> np.ndarray:
    """Return which moments come at one and the same time after the last of some ordered times, or before the next."""
    following = np.searchsorted(times_s, at_s)
    padded = np.concatenate([[-np.inf], times_s, [np.inf]])
    best = np.zeros(len(at_s), bool)
    for lags in (at_s - padded[following], padded[following + 1] - at_s):
        near = lags[lags < PART_S]
        if len(near) >= LOCKED_SHARE * len(lags):
            locked = np.abs(lags - np.median(near)) < LOCKED_S
            best = locked if locked.sum() > best.sum() else best
    return best


class _Templates:
    """Templates so far: mean shape, the last event's size, when last seen."""

    def __init__(self) -> None:
        self.count = 0
        self.shapes: dict[int, np.ndarray] = {}
        self.sizes: dict[int, float] = {}
        self.members: dict[int, int] = {}
        self.seen: dict[int, int] = {}
        self.gone: dict[int, np.ndarray] = {}  # of those that left, if they had members enough
        self.clock = 0

    def assign(self, shapes: np.ndarray) -> np.ndarray:
        """Return each shape's template, making new ones for those unlike all."""
        self.clock += 1
        owner = np.full(len(shapes), -1)
        keys = list(self.shapes)
        if keys:
            against = np.stack([self.shapes[k] for k in keys])
            alike, gain = similarity(shapes, against)
            sizes = np.array([self.sizes[k] for k in keys])
            own = np.linalg.norm(shapes, axis=1)
            ratio = own[:, None] / sizes
            alike[(ratio > GAIN) | (ratio < 1 / GAIN)] = -1
            best = alike.argmax(1)
            good = alike[np.arange(len(shapes)), best] >= ALIKE
            for b in np.unique(best[good]):
                self._extend(keys[b], shapes[good & (best == b)])
            owner[good] = np.array(keys)[best[good]]
            del gain
        left = np.flatnonzero(owner < 0)
        if left.size:
            owner[left] = self._new(shapes[left])
        self._forget()
        return owner

    def _extend(self, key: int, shapes: np.ndarray) -> None:
        weight = 1 / min(self.members[key] + len(shapes), 40)
        share = min(1.0, weight * len(shapes))
        self.shapes[key] = (1 - share) * self.shapes[key] + share * aligned(shapes, self.shapes[key]).mean(0)
        self.sizes[key] = float(np.median(np.linalg.norm(shapes[-5:], axis=1)))
        self.members[key] += len(shapes)
        self.seen[key] = self.clock

    def _new(self, shapes: np.ndarray) -> np.ndarray:
        """Group shapes among themselves, the one with most of its like first."""
        alike, _ = similarity(shapes, shapes)
        size = np.linalg.norm(shapes, axis=1)
        ratio = size[:, None] / size
        near = (alike >= ALIKE) & (ratio < GAIN) & (ratio > 1 / GAIN)
        near |= np.eye(len(shapes), dtype=bool)
        owner = np.full(len(shapes), -1)
        while (owner < 0).any():
            free = owner < 0
            middle = int(np.where(free, (near & free).sum(1), -1).argmax())
            members = near[middle] & free
            members[middle] = True
            key, self.count = self.count, self.count + 1
            own = shapes[members]
            self.shapes[key] = aligned(own, shapes[middle]).mean(0)
            self.sizes[key] = float(np.median(size[members]))
            self.members[key], self.seen[key] = int(members.sum()), self.clock
            owner[members] = key
        return owner

    def _forget(self) -> None:
        if len(self.shapes) <= TEMPLATES:
            return
        order = sorted(self.shapes, key=lambda k: (self.members[k] >= LEAST, self.seen[k], self.members[k]))
        for key in order[: len(self.shapes) - TEMPLATES]:
            shape = self.shapes.pop(key)
            if self.members[key] >= LEAST:
                self.gone[key] = shape


def similarity(shapes: np.ndarray, templates: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return correlations (n, m), at the best of some shifts and corrected for the shapes' noise, and the gains.

    Shapes are in units of noise, so that of a shape's energy about one a sample is the noise's.
    """
    width = templates.shape[1]
    moved = np.stack([shifted(templates, s) for s in range(-SHIFT, SHIFT + 1)], 1).reshape(-1, width)
    products = (shapes @ moved.T).reshape(len(shapes), len(templates), -1).max(2)
    scale = np.maximum((templates**2).sum(1), 1e-9)
    return products / np.sqrt(np.maximum(clean_energy(shapes)[:, None] * scale, 1e-9)), products / scale


def clean_energy(shapes: np.ndarray) -> np.ndarray:
    """Return the energy (n,) of shapes in units of noise, without the noise's, which is about one a sample."""
    energy = (shapes**2).sum(1)
    return np.maximum(energy - shapes.shape[1], 0.4 * energy)


def aligned(shapes: np.ndarray, template: np.ndarray) -> np.ndarray:
    """Return the shapes, each shifted to where it is most like the template."""
    shifts = range(-SHIFT, SHIFT + 1)
    products = np.stack([shapes @ shifted(template[None], s)[0] for s in shifts], 1)
    best = products.argmax(1) - SHIFT
    made = shapes.copy()
    for s in shifts:
        rows = best == s
        if s and rows.any():
            made[rows] = shifted(shapes[rows], -s)
    return made


def shifted(rows: np.ndarray, by: int) -> np.ndarray:
    """Return rows moved ``by`` samples to the right, zeros where nothing was."""
    made = np.zeros_like(rows)
    if by >= 0:
        made[:, by:] = rows[:, : rows.shape[1] - by]
    else:
        made[:, :by] = rows[:, -by:]
    return made


def _merged(owner: np.ndarray, templates: _Templates) -> np.ndarray:
    """Return owners with templates that are one waveform, perhaps shifted, made one."""
    shapes = templates.gone | {k: v for k, v in templates.shapes.items() if templates.members[k] >= LEAST}
    keys = sorted(shapes, key=lambda k: -templates.members[k])[:128]
    if len(keys) < 2:
        return owner
    rows = np.stack([shapes[k] for k in keys])
    size = np.linalg.norm(rows, axis=1)
    padded = np.fft.rfft(rows / size[:, None], 2 * rows.shape[1], axis=1)
    lags = np.fft.irfft(padded[:, None] * padded.conj()[None], axis=2)
    near = np.concatenate([lags[..., : WIDE_SHIFT + 1], lags[..., -WIDE_SHIFT:]], 2).max(2)
    ratio = size[:, None] / size
    same = (near > TEMPLATES_ALIKE) & (ratio < GAIN) & (ratio > 1 / GAIN)
    into: dict[int, int] = {}
    for i, key in enumerate(keys):
        j = int(np.argmax(same[i]))  # the largest train that it is like, itself at the latest
        into[key] = into.get(keys[j], keys[j]) if j < i else key
    return np.array([into.get(k, k) for k in owner.tolist()])


def firing(times_s: np.ndarray) -> Firing:
    """Return rate, interval CV, difference of consecutive intervals and slowing of a train's times (at least three).

    In a train that is else regular an interval of about two, three or four times the usual is that many (an event was
    hidden by another unit's); a pause of over five times the usual is left out.
    """
    intervals = np.maximum(np.diff(times_s), 1e-4)
    usual = float(np.median(intervals))
    times = np.maximum(1, np.round(intervals / usual))
    single = intervals[times == 1]
    regular = single.size >= max(2, 0.5 * intervals.size) and np.median(np.abs(single - usual)) < 0.1 * usual
    multiple = regular & (times > 1) & (times <= 4) & (np.abs(intervals / usual - times) < 0.1 * times)
    kept = np.where(multiple, intervals / times, intervals)[~(intervals > 5 * usual) | multiple]
    kept = kept if kept.size else intervals
    mean = float(kept.mean())
    consecutive = float(np.abs(np.diff(kept)).mean() / mean) if kept.size > 1 else 0.0
    third = kept.size // 3
    slowing = float(np.median(kept[-third:]) / np.median(kept[:third]) - 1) if third >= 2 else None
    return Firing(1 / mean, float(kept.std() / mean), consecutive, slowing)


def numbers(found: Found, owner: np.ndarray) -> np.ndarray:
    """Return what is measured of each group: (groups, 37) float32, the input of ``train_class``."""
    company = _company(found)
    return np.stack([_numbers(found, owner == g, company) for g in range(int(owner.max(initial=-1)) + 1)])


def _company(found: Found) -> np.ndarray:
    """Return, for each event, the log of events a second round it, and the mean class shares of these."""
    shares = np.concatenate([np.zeros((1, found.told.shape[1])), np.cumsum(np.exp(found.told), 0)])
    first = np.searchsorted(found.time_s, found.time_s - AROUND_S)
    last = np.searchsorted(found.time_s, found.time_s + AROUND_S, "right")
    count = (last - first)[:, None]
    return np.concatenate([np.log(count / (2 * AROUND_S)), (shares[last] - shares[first]) / count], 1)


def _numbers(found: Found, own: np.ndarray, company: np.ndarray) -> np.ndarray:
    times, shapes, told = found.time_s[own], found.shapes[own], found.told[own]
    count = len(times)
    weight = found.event[own][:, None] / found.event[own].sum()
    fires = firing(times) if count >= LEAST else Firing(1.0, 0.0, 0.0, None)
    intervals = np.diff(times)
    mean = shapes.mean(0)
    sizes = np.ptp(shapes[:, BEFORE - 16 : BEFORE + 40], axis=1)
    clean = np.maximum((shapes**2).sum(1) - shapes.shape[1], 0.1 * (shapes**2).sum(1))
    alike = (shapes @ mean) / np.sqrt(np.maximum(clean * (mean**2).sum(), 1e-9))
    uv = sizes.mean() * found.noise[own].mean() * (found.unit_uv or 0.0)
    lasting = 1000 * np.median(found.end_s[own] - found.start_s[own])
    return np.array(
        [
            *(weight * told).sum(0),
            *(weight * np.exp(told)).sum(0),
            np.log(found.event[own].mean()),
            np.log(count),
            float(count >= LEAST),
            np.log(fires.rate_hz),
            np.log(fires.interval_cv + 0.01) if count >= LEAST else -1.0,
            np.log(fires.consecutive + 0.01) if count > LEAST else -1.0,
            np.log1p(fires.slowing or 0.0),
            np.log(max(1e-3, intervals.min())) if count >= LEAST else 0.0,
            (intervals < 0.05).mean() if count >= LEAST else 0.0,
            (intervals > 5 * np.median(intervals)).mean() if count >= LEAST else 0.0,
            np.clip(alike.mean(), 0, 1.2),
            sizes.std() / sizes.mean(),
            np.abs(np.diff(sizes)).mean() / sizes.mean() if count > 1 else 0.0,
            np.log(sizes.mean()),
            np.log(uv) if uv > 0 else 4.6,
            float(uv > 0),
            *_shape_numbers(mean),
            np.log(max(0.3, lasting)),
            *company[own].mean(0)[:4],
        ],
        np.float32,
    )


def _shape_numbers(mean: np.ndarray) -> tuple[float, ...]:
    """Return of a mean shape: polarity, first phase, how steep, how wide, how much before and after its peak."""
    size = float(np.abs(mean).max()) + 1e-9
    unit = mean / size
    peak = int(np.abs(unit[BEFORE - 4 : BEFORE + 5]).argmax()) + BEFORE - 4
    early = unit[max(0, peak - 20) : peak]
    first = early[np.argmax(np.abs(early) > 0.15)] if (np.abs(early) > 0.15).any() else unit[peak]
    wide = float((np.abs(unit) > 0.5).sum()) / 8
    late = unit[peak + 8 : peak + 64]
    return (
        float(unit.max() + unit.min()),
        float(np.sign(first)),
        float(np.abs(np.diff(unit)).max()),
        float(np.log(wide + 0.1)),
        float(unit[max(0, peak - 16) : peak - 3].mean()),
        float(late.mean()),
        float(np.abs(late).mean()),
        float(np.count_nonzero(np.diff(np.sign(unit[np.abs(unit) > 0.1])))),
    )
