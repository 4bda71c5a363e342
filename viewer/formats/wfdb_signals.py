"""WFDB signal formats (signal(5)): from bytes to stored integers."""

import io

import numpy as np

from viewer.errors import FormatError

_PLAIN = {16: "<i2", 61: ">i2", 32: "<i4"}
_FLAC_SHIFT = {508: 24, 516: 16, 524: 8}
_MISSING = {16: -(1 << 15), 61: -(1 << 15), 24: -(1 << 23), 32: -(1 << 31), 80: -(1 << 7), 160: -(1 << 15),
            212: -(1 << 11), 310: -(1 << 9),
            311: -(1 << 9), 508: -(1 << 7), 516: -(1 << 15), 524: -(1 << 23)}  # fmt: skip
_BITS = {8: 8, 16: 16, 24: 24, 32: 32, 61: 16, 80: 8, 160: 16, 212: 12, 310: 32 / 3, 311: 32 / 3}


def missing_value(form: int) -> int | None:
    """Return the stored value that means "no sample here", where a format has one."""
    return _MISSING.get(form)


def stored_count(form: int, size: int) -> int | None:
    """Return how many samples ``size`` bytes hold, or None for FLAC, which says it itself."""
    return int(size * 8 / _BITS[form]) if form in _BITS else None


def decode(data: memoryview | bytes, form: int, channels: int) -> np.ndarray:
    """Return stored values, interleaved as in the file.

    Parameters
    ----------
    data : bytes
        From the first sample on.
    form : int
        8, 16, 24, 32, 61, 80, 160, 212, 310, 311, or FLAC 508, 516, 524.
    channels : int
        Samples a frame of all the signals in this file (for first differences and FLAC).
    """
    if form in _PLAIN:
        dtype = np.dtype(_PLAIN[form])
        return np.frombuffer(data, dtype, len(data) // dtype.itemsize)
    if form in _FLAC_SHIFT:
        return _flac(data, form, channels)
    raw = np.frombuffer(data, np.uint8)
    if form == 8:
        steps = raw.view(np.int8)[: len(raw) // channels * channels].reshape(-1, channels)
        return steps.cumsum(axis=0, dtype=np.int32).reshape(-1)
    if form == 80:
        return raw.astype(np.int16) - np.int16(128)
    if form == 160:
        return (np.frombuffer(data, "<u2", len(data) // 2).astype(np.int32) - 32768).astype(np.int16)
    if form == 24:
        triples = raw[: len(raw) // 3 * 3].reshape(-1, 3)
        wide = np.zeros((len(triples), 4), np.uint8)
        wide[:, 1:] = triples
        return wide.view("<i4")[:, 0] >> 8
    if form == 212:
        return _twelve_bit(raw)
    if form in (310, 311):
        return _ten_bit(raw, form)
    raise FormatError(
        "unsupported", f"This WFDB record uses signal format {form}, which is not known", "convert it to format 16"
    )


def _twelve_bit(raw: np.ndarray) -> np.ndarray:
    count = int(len(raw) * 8 // 12)
    raw = np.concatenate([raw, np.zeros(-len(raw) % 3, np.uint8)]) if len(raw) % 3 else raw
    triples = raw.reshape(-1, 3).astype(np.uint16)
    pairs = np.empty((len(triples), 2), np.uint16)
    pairs[:, 0] = (triples[:, 0] | (triples[:, 1] & 0x0F) << 8) << 4
    pairs[:, 1] = (triples[:, 2] | (triples[:, 1] & 0xF0) << 4) << 4
    return (pairs.view(np.int16) >> 4).reshape(-1)[:count]


def _ten_bit(raw: np.ndarray, form: int) -> np.ndarray:
    """Three samples in four bytes; a last group of one or two samples may be cut short."""
    rest = len(raw) % 4
    groups = np.concatenate([raw, np.zeros(-len(raw) % 4, np.uint8)]).reshape(-1, 4)
    triples = np.empty((len(groups), 3), np.uint16)
    if form == 310:
        words = groups.reshape(-1).view("<u2").reshape(-1, 2)
        triples[:, 0] = words[:, 0] << 5 & 0xFFC0
        triples[:, 1] = words[:, 1] << 5 & 0xFFC0
        triples[:, 2] = (words[:, 0] >> 11 | (words[:, 1] >> 11) << 5) << 6
    else:
        words32 = groups.reshape(-1).view("<u4")
        for i in range(3):
            triples[:, i] = (words32 >> 10 * i & 0x3FF) << 6
    complete = len(raw) // 4 * 3 + {0: 0, 1: 0, 2: 1, 3: 2 if form == 311 else 1}[rest]
    return (triples.view(np.int16) >> 6).reshape(-1)[:complete]


def _flac(data: memoryview | bytes, form: int, channels: int) -> np.ndarray:
    import soundfile

    with soundfile.SoundFile(io.BytesIO(data)) as sound:
        if sound.channels != channels:
            raise FormatError(
                "damaged",
                "The FLAC file of this WFDB record has another number of channels than its header",
                "copy it again",
            )
        return (sound.read(dtype="int32", always_2d=True) >> _FLAC_SHIFT[form]).reshape(-1)
