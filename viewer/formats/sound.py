"""Sound files: WAV (also RF64, with a header that lies), FLAC, AIFF. Recordings without a unit."""

import io
import struct

import numpy as np

from viewer.errors import FormatError
from viewer.formats.file import File
from viewer.formats.kinds import kind_of
from viewer.formats.limits import check_rate, check_samples, detail_of
from viewer.formats.opened import Opened
from viewer.study import Note, Waveform


def read(file: File, frame: int) -> Opened:
    """Open a sound file; samples are fractions of full scale. Raises FormatError."""
    import soundfile

    notes = [
        Note(
            "scale-unknown", "A sound file has no unit: its samples are fractions of full scale until a scale is given."
        )
    ]
    promised = _promised_bytes(file)
    if promised is not None and promised > len(file.data):
        said = f"The header promises {promised / 1e6:.1f} MB of samples; {len(file.data) / 1e6:.1f} MB are there."
        notes.append(Note("truncated", said))
    stream = io.BytesIO(file.data)
    try:
        with soundfile.SoundFile(stream) as sound:
            channels, rate = sound.channels, float(sound.samplerate)
            frames = min(sound.frames, _most_frames(file, sound))
            check_samples(channels, frames, "This sound file")
            check_rate(rate, "This sound file")
            samples = np.ascontiguousarray(sound.read(frames, dtype="float32", always_2d=True).T)
    except (soundfile.SoundFileError, RuntimeError) as error:
        raise FormatError(
            "damaged",
            f"This sound file cannot be read ({detail_of(error)})",
            "save it as 16-bit PCM WAV",
        ) from error
    if not samples.shape[1]:
        raise FormatError("damaged", "This sound file has no samples", "export it again")
    broken = ~np.isfinite(samples)
    if broken.any():
        samples[broken] = np.nan
        notes.append(Note("not-finite", f"{int(broken.sum())} samples are not numbers; they are gaps."))
    names = tuple(f"channel {i}" for i in range(1, channels + 1))
    waveform = Waveform(samples, rate, names, ("",) * channels)
    return Opened(waveform, kind_of(names, f"{file.name} {_comments(file)}"), notes=tuple(notes))


def _promised_bytes(file: File) -> int | None:
    """Return the size that a RIFF header's ``data`` chunk claims, where it is in the first bytes."""
    head = file.head
    if head[:4] not in (b"RIFF", b"RIFX"):
        return None
    order = "<" if head[:4] == b"RIFF" else ">"
    at = 12
    while at + 8 <= len(head):
        name, (size,) = head[at : at + 4], struct.unpack_from(order + "I", head, at + 4)
        if name == b"data":
            return at + 8 + size
        at += 8 + size + size % 2
    return None


def _most_frames(file: File, sound: object) -> int:
    """Return how many frames the bytes can hold: no encoding of WAV or AIFF needs less than 4 bits a sample."""
    if getattr(sound, "format", "") == "FLAC":
        return 1 << 62
    return 2 * len(file.data) // max(1, getattr(sound, "channels", 1))


def _comments(file: File) -> str:
    """Return the text of a LIST chunk at the beginning (title, comment), where a program may say what it is."""
    at = file.head.find(b"LIST")
    return file.head[at : at + 400].decode("latin-1") if at >= 0 else ""
