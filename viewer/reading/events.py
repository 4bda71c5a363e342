"""Every waveform of an EMG recording: found, named, grouped into trains; and what that makes of the whole recording.

Channel by channel, piece by piece: a network says in each millisecond whether an event is centred there and of which
class; events of one waveform are a train; a second head judges the train by its shape, its stability and its firing.
"""

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import torch

from viewer.models.networks.trace_events import RATE_HZ, WINDOW_NUMBERS, TraceEvents
from viewer.models.preprocessing.emg_trace import Piece, pieces
from viewer.reading import trains as tr
from viewer.reading.gradcam import class_maps
from viewer.reading.overlaps import taken_in
from viewer.reading.rhythm import filled, together, train_rate
from viewer.reading.values import Event, Train
from viewer.study import Waveform

CELL_S = 0.001
REFINE_S = 0.002  # an event's time is the signal's largest deflection so near its cell
WINDOW_S, HOP_S = 2.0, 1.0  # findings are made of such windows
UV = {"uV": 1.0, "mV": 1000.0}
WORKERS = 2  # pieces in the network at once
Step = Callable[[float], None]
Answer = TypeVar("Answer")


@dataclass(frozen=True, eq=False)
class Channel:
    """What is found in one channel.

    ``owner`` (n,): each event's group; ``groups`` (groups, classes + 1): their class probabilities; ``windows`` (w, 2):
    start and end of the windows that hold events, ``numbers`` (w, 7) what is measured of them. ``maps`` (classes,
    tenths of a second) where they are asked for.
    """

    found: tr.Found
    owner: np.ndarray
    groups: np.ndarray
    windows: np.ndarray
    numbers: np.ndarray
    hum_hz: float
    maps: np.ndarray | None = None


@torch.inference_mode()
def read_channel(
    network: TraceEvents,
    wave: Waveform,
    channel: int,
    step: Step = lambda share: None,
    want_maps: bool = False,
) -> Channel:
    """Read one channel. ``step`` is called before each piece with the share done; it may raise to stop."""
    unit_uv = UV.get(wave.units[channel])

    def told(piece: Piece) -> tuple[tr.Found, np.ndarray | None]:
        return _read_piece(network, piece, unit_uv, want_maps)

    parts, maps, hum_hz = [], [], 0.0
    for piece, (part, own) in side_by_side(_told_of(pieces(wave, channel), wave.duration_s, step), told):
        parts.append(part)
        maps += [] if own is None else [own]
        hum_hz = max(hum_hz, piece.hum_hz)
    found, laid = _joined(parts), np.concatenate(maps, 1) if want_maps else None
    if not len(found):
        none = np.zeros((0, network.classes + 1), np.float32)
        return Channel(found, np.zeros(0, int), none, np.zeros((0, 2)), np.zeros((0, WINDOW_NUMBERS)), hum_hz, laid)
    found, owner = tr.grouped(found)
    owner = tr.numbered(together(found, filled(found, taken_in(found, owner))))
    groups = classes_of(network, tr.numbers(found, owner))
    windows, numbers = _windows(found, owner, groups, wave.duration_s)
    return Channel(found, owner, groups, windows, numbers, hum_hz, laid)


def _told_of(made: Iterator[Piece], duration_s: float, step: Step) -> Iterator[Piece]:
    for piece in made:
        step(piece.core_s[0] / duration_s)
        yield piece


@torch.inference_mode()
def _read_piece(
    network: TraceEvents, piece: Piece, unit_uv: float | None, want_maps: bool
) -> tuple[tr.Found, np.ndarray | None]:
    """Return a piece's events, and its maps (classes, tenths of a second) where they are wanted."""
    features = network.features(piece.tensor()[None].to(_device(network)))
    cells = network.cells(features)
    maps = _tenths(piece, class_maps(network, features)[0].cpu().numpy()) if want_maps else None
    event = cells.event[0].sigmoid().cpu().numpy()
    told = cells.classes[0].log_softmax(0).cpu().numpy()
    extent_s = cells.extent_ms[0].cpu().numpy() / 1000
    return _events(piece, event, told, extent_s, float(network.threshold.item()), unit_uv), maps


def side_by_side(made: Iterator[Piece], work: Callable[[Piece], Answer]) -> Iterator[tuple[Piece, Answer]]:
    """Yield each piece with what ``work`` makes of it, in order; two at a time, one thread each.

    So the next piece is conditioned while others are in the network, and no core waits for another inside it.
    """
    before = torch.get_num_threads()
    waiting: deque[tuple[Piece, Future[Answer]]] = deque()
    try:
        with ThreadPoolExecutor(WORKERS, initializer=torch.set_num_threads, initargs=(1,)) as pool:
            for piece in made:
                waiting.append((piece, pool.submit(work, piece)))
                if len(waiting) > WORKERS:
                    first, answer = waiting.popleft()
                    yield first, answer.result()
            for first, answer in waiting:
                yield first, answer.result()
    finally:
        torch.set_num_threads(before)


@torch.inference_mode()
def classes_of(network: TraceEvents, numbers: np.ndarray) -> np.ndarray:
    """Return the class probabilities (groups, classes + 1) of groups from what is measured of them."""
    return network.train_class(torch.from_numpy(numbers).to(_device(network))).softmax(1).cpu().numpy()


@torch.inference_mode()
def window_probabilities(network: TraceEvents, numbers: np.ndarray) -> np.ndarray:
    """Return the classes' probabilities (windows, classes): of the last class, that none of the others is there."""
    there = (
        network.window_class(torch.from_numpy(numbers.astype(np.float32)).to(_device(network))).sigmoid().cpu().numpy()
    )
    return np.concatenate([there, np.prod(1 - there, 1, keepdims=True)], 1)


def _device(network: TraceEvents) -> torch.device:
    return next(network.parameters()).device


def _events(
    piece: Piece, event: np.ndarray, told: np.ndarray, extent_s: np.ndarray, threshold: float, unit_uv: float | None
) -> tr.Found:
    """Return the events in a piece's core: the peaks of the event probability, refined on the signal."""
    padded = np.pad(event, 1)
    peaks = np.flatnonzero((event >= threshold) & (event >= padded[:-2]) & (event > padded[2:]))
    centre = piece.start_s + (peaks + 0.5) * CELL_S
    at = np.minimum((peaks * RATE_HZ * CELL_S + RATE_HZ * CELL_S / 2).astype(int), len(piece.signal) - 1)
    inside = (centre >= piece.core_s[0]) & (centre < piece.core_s[1]) & piece.known[at]
    peaks, at = peaks[inside], at[inside]
    reach = round(REFINE_S * RATE_HZ)
    gaps = np.minimum(np.diff(at, prepend=-(10**6)), np.diff(at, append=10**9))
    shapes = np.pad(piece.signal, tr.AFTER + reach)
    offset = tr.AFTER + reach
    near = shapes[offset + at[:, None] + np.arange(-reach, reach + 1)]
    allowed = np.abs(np.arange(-reach, reach + 1)) <= np.maximum(gaps // 2, 1)[:, None]
    best = at + np.where(allowed, np.abs(near), -1).argmax(1) - reach
    time = piece.start_s + best / RATE_HZ
    start = np.maximum(time - extent_s[0, peaks], 0.0)
    end = time + np.maximum(extent_s[1, peaks], 1 / RATE_HZ)
    rows = shapes[offset + best[:, None] + np.arange(-tr.BEFORE, tr.AFTER)] / piece.noise
    noise = np.full(len(best), piece.noise)
    return tr.Found(time, start, end, event[peaks], told[:, peaks].T, rows.astype(np.float32), noise, unit_uv)


def _joined(parts: list[tr.Found]) -> tr.Found:
    fields = ("time_s", "start_s", "end_s", "event", "told", "shapes", "noise")
    joined = {name: np.concatenate([getattr(p, name) for p in parts]) for name in fields}
    order = np.argsort(joined["time_s"], kind="stable")
    return tr.Found(**{name: values[order] for name, values in joined.items()}, unit_uv=parts[0].unit_uv)


def _tenths(piece: Piece, cells: np.ndarray) -> np.ndarray:
    """Return the highest value in each tenth of a second of a piece's core: (rows, cells) -> (rows, tenths)."""
    first = round((piece.core_s[0] - piece.start_s) / CELL_S)
    count = max(1, round((piece.core_s[1] - piece.core_s[0]) / CELL_S))
    own = cells[:, first : first + count]
    own = np.pad(own, ((0, 0), (0, -own.shape[1] % 100)))
    return own.reshape(own.shape[0], -1, 100).max(2)


def _windows(
    found: tr.Found, owner: np.ndarray, groups: np.ndarray, duration_s: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return the windows that hold events, and of each what is measured (7).

    Of sharp waves, and of fibrillations: the surest group's log-odds, the log of how many are expected, and of how many
    are in that group; and the log of how many events there are. One doubtful potential among many says little.
    """
    spans, numbers = [], []
    own, sizes = np.clip(groups[owner], 1e-4, 1 - 1e-4), np.bincount(owner)
    for start in np.arange(max(1, int(np.ceil((duration_s - WINDOW_S) / HOP_S)) + 1)) * HOP_S:
        first, last = np.searchsorted(found.time_s, (start, start + WINDOW_S))
        if first == last:
            continue
        seen = own[first:last, :-2]
        surest = sizes[owner[first:last]][seen.argmax(0)]
        numbers.append(
            [*np.log(seen / (1 - seen)).max(0), *np.log(seen.sum(0) + 1e-3), *np.log(surest), np.log(last - first)]
        )
        spans.append((start, min(start + WINDOW_S, duration_s)))
    return np.array(spans), np.array(numbers, np.float32)


def named(
    channel: Channel, name: str, classes: tuple[str, ...], first_train: int = 1
) -> tuple[list[Event], list[Train]]:
    """Return a channel's events and trains as values; trains are numbered on from ``first_train``.

    An event takes its train's class where that is surer than its own.
    """
    found, own = channel.found, folded(np.exp(channel.found.told))
    groups = folded(channel.groups)
    sizes = np.bincount(channel.owner, minlength=len(groups))
    trains: list[Train] = []
    number: dict[int, int] = {}
    for g in np.flatnonzero(sizes >= tr.LEAST).tolist():
        rows = np.flatnonzero(channel.owner == g)
        fires = tr.firing(found.time_s[rows])
        number[g] = first_train + len(trains)
        best = int(groups[g].argmax())
        trains.append(
            Train(
                number[g],
                classes[best],
                len(rows),
                round(train_rate(found.time_s[rows]), 3),
                round(fires.interval_cv, 4),
                name,
                round(float(groups[g, best]), 4),
                None if fires.slowing is None else round(fires.slowing, 3),
            )
        )
    events = []
    for i, g in enumerate(channel.owner.tolist()):
        share = groups[g] if groups[g].max() >= own[i].max() else own[i]
        best = int(share.argmax())
        score = round(float(np.clip(share[best] * found.event[i], 0, 1)), 4)
        time, start, end = (round(float(t[i]), 6) for t in (found.time_s, found.start_s, found.end_s))
        events.append(Event(classes[best], time, start, end, name, score, number.get(g)))
    return events, trains


def folded(shares: np.ndarray) -> np.ndarray:
    """Return class shares (n, classes) with the upside-down class' share left open between sharp waves and the last."""
    made = shares[:, :-1].copy()
    made[:, 0] += 0.5 * shares[:, -1]
    made[:, -1] += 0.5 * shares[:, -1]
    return made
