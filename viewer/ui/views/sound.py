"""The sound of a signal: an electromyographer hears a positive sharp wave before seeing it."""

from typing import Any

import numpy as np
from PySide6.QtCore import QCoreApplication, QObject, QTimer, Signal

from viewer.ui.views.filters import Filters, Running

RATE_HZ = 48_000
_TICK_MS = 33


class Tape:
    """A stretch of a signal as a loudspeaker wants it, in blocks of any length; made as it is played.

    ``zero``: the stored value that is silence.
    """

    def __init__(
        self,
        samples: np.ndarray,
        rate_hz: float,
        start_s: float,
        end_s: float,
        full_scale: float,
        filters: Filters | None = None,
        zero: float = 0.0,
    ) -> None:
        self.samples, self.step = samples, rate_hz / RATE_HZ
        self.running = Running(samples, rate_hz, filters or Filters(), zero)
        self.clipped = False
        self.place, self.end = start_s * rate_hz, min(end_s * rate_hz, len(samples) - 1.0)
        self.rate_hz, self.full_scale = rate_hz, max(full_scale, 1e-12)
        self.volume, self.muted = 0.5, False

    @property
    def time_s(self) -> float:
        """Where in the recording the next block begins."""
        return min(self.place, self.end) / self.rate_hz

    @property
    def ended(self) -> bool:
        """Whether all has been played."""
        return self.place >= self.end

    def read(self, frames: int) -> np.ndarray:
        """Return the next ``frames`` at 48 kHz, -1..1 (float32): interpolated, gaps silent, zeros after the end."""
        places = self.place + np.arange(frames) * self.step
        first, last = int(places[0]), min(int(places[-1]) + 2, len(self.samples))
        self.place = places[-1] + self.step
        block = np.zeros(frames, np.float32)
        if first >= last - 1:
            return block
        piece = self.running.read(first, last)
        inside = places < self.end
        level = 0.0 if self.muted else self.volume / self.full_scale
        sound = np.interp(places[inside] - first, np.arange(len(piece)), piece) * level
        self.clipped = self.clipped or bool(sound.size and np.abs(sound).max() > 1)
        block[inside] = np.clip(sound, -1, 1)
        return block


class Sound(QObject):
    """Plays a tape and says where it is. Without the ``sounddevice`` package or a loudspeaker it says why it cannot."""

    moved = Signal(float)
    """Where in the recording the sound is, in seconds; -1 when it has stopped."""

    clipped = Signal(bool)
    """Whether the sound is too loud to be played as it is."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.tape: Tape | None = None
        self.volume, self.muted = 0.5, False
        self._stream: Any = None
        self._timer = QTimer(self, interval=_TICK_MS)
        self._timer.timeout.connect(self._tick)

    def play(self, tape: Tape) -> str:
        """Play, and return an empty text, or why it is not possible."""
        self.stop()
        try:
            import sounddevice  # imported here: it raises OSError where PortAudio is missing

            stream = sounddevice.OutputStream(RATE_HZ, channels=1, dtype="float32", callback=self._fill)
        except (ImportError, OSError) as error:
            return missing(error)
        except Exception as error:  # sounddevice.PortAudioError, which exists only where it could be imported
            words = QCoreApplication.translate("Sound", "No sound: the loudspeaker cannot be used ({reason}).")
            return words.format(reason=error)
        self.tape, self._stream = tape, stream
        self.set_volume(self.volume)
        self.set_muted(self.muted)
        stream.start()
        self._timer.start()
        return ""

    def stop(self) -> None:
        """Stop, if it plays."""
        self._timer.stop()
        if self._stream is not None:
            stream, self._stream, self.tape = self._stream, None, None
            stream.close()
            self.moved.emit(-1.0)
            self.clipped.emit(False)

    def set_volume(self, volume: float) -> None:
        """Set the loudness, 0..1."""
        self.volume = min(1.0, max(0.0, volume))
        if self.tape is not None:
            self.tape.clipped = False
            self.clipped.emit(False)
            self.tape.volume = self.volume**2  # loudness is heard in proportions

    def set_muted(self, muted: bool) -> None:
        """Play silently, or not."""
        self.muted = muted
        if self.tape is not None:
            self.tape.muted = muted

    def _fill(self, out: np.ndarray, frames: int, _time: object, _status: object) -> None:
        tape = self.tape
        out[:, 0] = 0 if tape is None else tape.read(frames)

    def _tick(self) -> None:
        if self.tape is None or self.tape.ended:
            self.stop()
            return
        if self.tape.clipped:
            self.clipped.emit(True)
        late = float(self._stream.latency)
        self.moved.emit(max(0.0, self.tape.time_s - late))


def missing(error: Exception | None = None) -> str:
    """Return why there is no sound on this machine, or nothing where ``sounddevice`` is installed."""
    from importlib.util import find_spec

    if error is None and find_spec("sounddevice") is not None:
        return ""
    if isinstance(error, OSError):
        return QCoreApplication.translate("Sound", "No sound: the system library PortAudio is missing (libportaudio2).")
    return QCoreApplication.translate("Sound", "No sound: the Python package sounddevice is not installed.")
