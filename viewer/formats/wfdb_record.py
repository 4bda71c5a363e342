"""WFDB records: header, signals and segments put together in physical units."""

import re
from collections.abc import Iterator

import numpy as np

from viewer.errors import FormatError
from viewer.formats import sniff
from viewer.formats.file import File
from viewer.formats.kinds import kind_of, usual_names, usual_unit
from viewer.formats.limits import check_samples
from viewer.formats.opened import Opened
from viewer.formats.wfdb_header import Header, Signal, parse_header
from viewer.formats.wfdb_signals import decode, missing_value, stored_count
from viewer.study import Acquisition, Note, Patient, Waveform


def read(file: File, frame: int) -> Opened:
    """Open a record by any of its files. Raises FormatError."""
    head_file = file if sniff.is_wfdb_header(file) else file.sibling(file.stem + ".hea")
    if head_file is None:
        raise FormatError("damaged", f"The header {file.stem}.hea is not beside this signal file", "copy it there")
    header = _header(head_file)
    notes = list(header.notes)
    if header.is_multi:
        signals, samples, rate, files = _segments(head_file, header, notes)
    else:
        check_samples(len(header.signals), 1, "This WFDB record")
        samples, rate, files = _record(head_file, header, notes)
        signals = header.signals
    names, units = [], []
    for i, signal in enumerate(signals):
        factor, unit = usual_unit(signal.unit)
        if factor != 1:
            samples[i] *= np.float32(factor)
        names.append(signal.name)
        units.append(unit)
    if not all(signal.calibrated for signal in signals):
        notes.append(
            Note("scale-assumed", "The header gives no gain for every signal; 200 units a mV is WFDB's rule then.")
        )
    waveform = Waveform(
        samples, rate, usual_names(names), tuple(units), any(note.code == "rate-assumed" for note in notes)
    )
    comments = "\n".join(header.comments)
    return Opened(
        waveform,
        kind_of(waveform.channels, f"{head_file.name} {comments}"),
        _patient(comments),
        Acquisition(taken=header.taken),
        tuple(notes),
        files=(head_file, *files),
    )


def _header(file: File) -> Header:
    if len(file.data) > 10_000_000:
        raise FormatError("damaged", "This WFDB header is far too long", "copy it again")
    return parse_header(bytes(file.data).decode("utf-8", "replace"))


def _record(head_file: File, header: Header, notes: list[Note]) -> tuple[np.ndarray, float, list[File]]:
    """Return (channels, samples) at the record's highest rate, that rate, and the signal files."""
    columns: dict[int, np.ndarray] = {}
    files = []
    for name, indices in _by_file(header):
        if name == "~":
            continue
        file = head_file.sibling(name)
        if file is None:
            raise FormatError(
                "damaged",
                f"The signal file {name[:80]} that this WFDB header names is not beside it",
                "put it into the same folder",
            )
        files.append(file)
        columns |= _signal_file(file, header, indices)
    if not columns:
        raise FormatError("damaged", "This WFDB record has no signal file", "copy its signal files as well")
    most = max(signal.frame_samples for signal in header.signals)
    have = max(-(-len(values) // header.signals[i].frame_samples) for i, values in columns.items())
    frames = header.frames or have
    if have < frames:
        notes.append(Note("truncated", f"The signal file is cut off: {have} of {frames} samples are there."))
        frames = have
    check_samples(len(header.signals), frames * most, "This WFDB record")
    samples = np.full((len(header.signals), frames * most), np.nan, np.float32)
    for i, values in columns.items():
        _fill(samples[i], values, header.signals[i], most)
    if len({signal.frame_samples for signal in header.signals}) > 1:
        rates = sorted({header.rate_hz * signal.frame_samples for signal in header.signals})
        said = ", ".join(f"{rate:g}" for rate in rates)
        notes.append(
            Note(
                "rates-unified",
                f"The signals have several rates ({said} Hz); the slower were interpolated to the highest.",
            )
        )
    return samples, header.rate_hz * most, files


def _by_file(header: Header) -> Iterator[tuple[str, list[int]]]:
    groups: dict[str, list[int]] = {}
    for i, signal in enumerate(header.signals):
        groups.setdefault(signal.file, []).append(i)
    yield from groups.items()


def _signal_file(file: File, header: Header, indices: list[int]) -> dict[int, np.ndarray]:
    """Return each signal's stored values, skew not yet undone."""
    signals = [header.signals[i] for i in indices]
    per_frame = sum(signal.frame_samples for signal in signals)
    form = signals[0].format
    if form == 0:
        return {}
    data = memoryview(file.data)[signals[0].offset :]
    count = stored_count(form, len(data))
    if count is not None:
        check_samples(1, count, "This WFDB record")
    longest = max(signal.skew for signal in signals)
    values = decode(data, form, per_frame)
    if header.frames:
        values = values[: (header.frames + longest) * per_frame]
    whole = len(values) // per_frame
    values = values[: whole * per_frame].reshape(whole, per_frame)
    columns, at = {}, 0
    for i, signal in zip(indices, signals, strict=True):
        columns[i] = values[:, at : at + signal.frame_samples].reshape(-1)
        at += signal.frame_samples
    return columns


def _fill(row: np.ndarray, stored: np.ndarray, signal: Signal, most: int) -> None:
    """Write a signal in physical units into its row, skew undone, brought to the highest rate."""
    stored = stored[signal.skew * signal.frame_samples :]
    base = signal.baseline - (signal.initial if signal.format == 8 else 0)
    values = ((stored.astype(np.float64) - base) / signal.gain).astype(np.float32)
    missing = missing_value(signal.format)
    if missing is not None:
        values[stored == missing] = np.nan
    ratio = most / signal.frame_samples
    if ratio != 1:
        length = round(len(values) * ratio)
        values = np.interp(np.arange(length) / ratio, np.arange(len(values)), values).astype(np.float32)
    count = min(len(row), len(values))
    row[:count] = values[:count]


def _segments(
    head_file: File, header: Header, notes: list[Note]
) -> tuple[tuple[Signal, ...], np.ndarray, float, list[File]]:
    """Return the signals of a multi-segment record, laid one after another, gaps as NaN."""
    parts: list[tuple[int, Header, np.ndarray]] = []
    signals: tuple[Signal, ...] = ()
    files: list[File] = []
    at, rate = 0, header.rate_hz
    for name, length in header.segments:
        if name != "~":
            file = head_file.sibling(name + ".hea")
            if file is None:
                notes.append(Note("gaps", f"The segment {name[:80]} is not beside the header; its time is a gap."))
                at += length
                continue
            inner = _header(file)
            if inner.is_multi:
                raise FormatError("damaged", "A segment of this WFDB record has segments itself", "copy it again")
            files.append(file)
            if length and inner.signals:
                check_samples(len(inner.signals), length, "This WFDB record")
                samples, rate, used = _record(file, inner, notes)
                files += used
                parts.append((at, inner, samples))
            elif not length:  # the layout of a variable-layout record
                signals = inner.signals
        at += length
    if not parts:
        raise FormatError("damaged", "No segment of this WFDB record is beside its header", "copy all its files")
    known = {signal.name for signal in signals}
    for _, inner, _ in parts:
        signals += tuple(signal for signal in inner.signals if signal.name not in known)
        known |= {signal.name for signal in inner.signals}
    factor = rate / header.rate_hz
    total = round(at * factor)
    check_samples(len(signals), total, "This WFDB record")
    whole = np.full((len(signals), total), np.nan, np.float32)
    rows = {signal.name: i for i, signal in enumerate(signals)}
    for start, inner, samples in parts:
        first = round(start * factor)
        for signal, values in zip(inner.signals, samples, strict=True):
            part = values[: total - first]
            whole[rows[signal.name], first : first + len(part)] = part
    if len(parts) < len(header.segments):
        notes.append(Note("gaps", "The recording has gaps between its segments; they are kept."))
    return signals, whole, rate, files


def _patient(comments: str) -> Patient:
    """Return age and sex where comments say them, as CinC, PTB, EDF-like and MIT-BIH headers do."""
    age = re.search(r"<?\bage>?\s*[:=]\s*(\d{1,3})\b", comments, re.I)
    sex = re.search(r"<?\b(?:sex|gender)>?\s*[:=]\s*([MF])", comments, re.I)
    if age is None and sex is None and (both := re.search(r"^(\d{1,3}) ([MF]) ", comments, re.M)):
        age, sex = both, re.search(r"([MF])", both.group(2))
    years = float(age.group(1)) if age else None
    return Patient(age_years=years if years is None or years < 125 else None, sex=sex.group(1).upper() if sex else None)
