"""The sound of a signal, and what is said where there is none."""

import sys

import numpy as np
import pytest

from viewer.study import Kind
from viewer.ui.views.sound import RATE_HZ, Sound, Tape, missing


@pytest.mark.parametrize("rate", [4_000.0, 10_000.0, 48_000.0])
def test_a_tone_keeps_its_pitch_and_length_whatever_the_sampling_rate(rate):
    t = np.arange(round(rate)) / rate
    tape = Tape((100 * np.sin(2 * np.pi * 300 * t)).astype(np.float32), rate, 0.2, 0.7, full_scale=200.0)
    tape.volume = 1.0
    blocks = []
    while not tape.ended:
        blocks.append(tape.read(512))
    sound = np.concatenate(blocks)
    heard = np.flatnonzero(np.abs(sound) > 1e-3)
    assert heard[-1] / RATE_HZ == pytest.approx(0.5, abs=0.002)
    spectrum = np.abs(np.fft.rfft(sound[:24_000]))
    assert np.argmax(spectrum) * RATE_HZ / 24_000 == pytest.approx(300, abs=2)
    assert np.abs(sound).max() == pytest.approx(0.5, abs=0.02)  # 100 of a full scale of 200


def test_volume_mute_clipping_and_gaps():
    samples = np.full(48_000, 1000.0, np.float32)
    samples[100:200] = np.nan
    tape = Tape(samples, 48_000.0, 0.0, 1.0, full_scale=100.0)
    block = tape.read(300)
    assert block[:90] == pytest.approx(1.0)  # clipped, not folded
    assert block[110:190] == pytest.approx(0.0)
    tape.volume = 0.01
    assert tape.read(10) == pytest.approx(0.1)
    tape.muted = True
    assert not tape.read(10).any()
    assert tape.time_s == pytest.approx(320 / 48_000)


def test_after_the_end_there_is_silence():
    tape = Tape(np.ones(100, np.float32), 1000.0, 0.09, 5.0, full_scale=1.0)
    tape.read(48_000)
    assert tape.ended
    assert not tape.read(64).any()


def test_without_the_package_the_actions_are_grey_and_say_why(shown, hands, monkeypatch, qapp):
    monkeypatch.setitem(sys.modules, "sounddevice", None)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert "sounddevice is not installed" in missing()
    assert "PortAudio" in missing(OSError("PortAudio library not found"))
    view = shown(hands.recording(np.zeros((1, 1000)), 1000.0, ("EMG",), "uV", Kind.EMG_TRACE))
    for name in ("listen", "listen-on", "mute", "louder", "softer"):
        assert not view.named[name].isEnabled()
        assert "not installed" in view.named[name].toolTip()
    assert "not installed" in Sound(view).play(Tape(np.zeros(10), 100.0, 0, 1, 1.0))


def test_the_line_follows_the_sound_and_turns_the_page(shown, hands):
    view = shown(hands.recording(np.zeros((1, 20_000)), 10_000.0, ("EMG",), "uV", Kind.EMG_TRACE), 1024, 700)
    plain = hands.rgb(view.picture()).astype(int)
    view.sound.moved.emit(0.05)
    change = np.abs(hands.rgb(view.picture()).astype(int) - plain).sum(2).max(0)
    assert np.flatnonzero(change > 100).mean() == pytest.approx(view.screen_rect.center().x(), abs=1.5)
    view.sound.moved.emit(0.101)
    assert view.start_s == pytest.approx(0.1)
    view.sound.moved.emit(-1.0)
    assert view.sound_s < 0


class Loudspeaker:
    """A sink in the place of the sound card: asks for blocks as one does, and keeps what it gets."""

    latency = 0.0

    def __init__(self, rate: int, channels: int, dtype: str, callback) -> None:
        assert (rate, channels, dtype) == (RATE_HZ, 1, "float32")
        self._callback = callback
        self.blocks: list[np.ndarray] = []
        self.running = False

    def start(self) -> None:
        self.running = True

    def close(self) -> None:
        self.running = False

    def turn(self, frames: int) -> np.ndarray:
        out = np.full((frames, 1), np.nan, np.float32)
        self._callback(out, frames, None, None)
        self.blocks.append(out[:, 0])
        return self.blocks[-1]


@pytest.fixture
def loudspeaker(monkeypatch):
    """Play into a sink of the test's own."""
    import types

    made: list[Loudspeaker] = []

    def stream(*arguments, **words) -> Loudspeaker:
        made.append(Loudspeaker(*arguments, **words))
        return made[-1]

    monkeypatch.setitem(sys.modules, "sounddevice", types.SimpleNamespace(OutputStream=stream))
    monkeypatch.setattr("viewer.ui.views.emg_actions.missing", lambda: "")
    return made


def tone(amplitude: float, seconds: float = 2.0, hertz: float = 200.0, rate: float = 10_000.0) -> np.ndarray:
    t = np.arange(round(seconds * rate)) / rate
    return (amplitude * np.sin(2 * np.pi * hertz * t)).astype(np.float32)


def test_the_cursor_moves_in_step_with_what_is_heard(shown, hands, loudspeaker, qtbot):
    view = shown(hands.recording(tone(50)[None], 10_000.0, ("EMG",), "uV", Kind.EMG_TRACE), 1024, 700)
    view.per_division_s = 0.05
    view.named["listen-on"].trigger()
    sink = loudspeaker[0]
    assert sink.running
    for frames in (512, 4800, 960):
        sink.turn(frames)
        view.sound._tick()
        heard = sum(len(b) for b in sink.blocks) / RATE_HZ
        assert view.sound_s == pytest.approx(heard, abs=1e-4)
    view.named["listen-on"].trigger()
    assert not sink.running
    assert view.sound_s < 0


def test_volume_and_mute_while_it_plays(shown, hands, loudspeaker):
    view = shown(hands.recording(tone(50)[None], 10_000.0, ("EMG",), "uV", Kind.EMG_TRACE), 1024, 700)
    view.per_division = 50.0
    view.listen(True, True)
    sink = loudspeaker[0]
    full = np.abs(sink.turn(4800)).max()
    assert full == pytest.approx(0.25 * 50 / (4 * 50), rel=0.05)  # half volume is a quarter of the amplitude
    view.named["louder"].trigger()
    assert np.abs(sink.turn(4800)).max() == pytest.approx(full * (0.6 / 0.5) ** 2, rel=0.05)
    view.named["mute"].trigger()
    assert not sink.turn(4800).any()
    view.named["mute"].trigger()
    assert sink.turn(4800).any()


def test_a_gain_that_clips_says_so(shown, hands, loudspeaker):
    view = shown(hands.recording(tone(2000)[None], 10_000.0, ("EMG",), "uV", Kind.EMG_TRACE), 1024, 700)
    view.per_division = 20.0
    view.listen(True, True)
    assert "clipped" not in " ".join(view.corners().notice)
    assert np.abs(loudspeaker[0].turn(4800)).max() == 1.0
    view.sound._tick()
    assert "clipped" in " ".join(view.corners().notice)
    for _ in range(4):
        view.named["softer"].trigger()
    loudspeaker[0].turn(4800)
    view.sound._tick()
    assert "clipped" not in " ".join(view.corners().notice)


def test_what_is_heard_is_filtered_as_what_is_seen_and_raw_with_the_raw_key(shown, hands, loudspeaker, qtbot):
    from PySide6.QtCore import Qt

    from viewer.ui.views.filters import Filters

    samples = tone(50) + tone(50, hertz=50.0)
    view = shown(hands.recording(samples[None], 10_000.0, ("EMG",), "uV", Kind.EMG_TRACE), 1024, 700)

    def hum() -> float:
        view.listen(True, True)
        sink = loudspeaker[-1]
        sound = np.concatenate([sink.turn(480 + i) for i in range(80)])[9600:33_600]
        spectrum = np.abs(np.fft.rfft(sound))
        return float(spectrum[25] / spectrum[100])  # 50 Hz against 200 Hz, in steps of 2 Hz

    assert hum() == pytest.approx(1.0, rel=0.05)
    view.set_filters(Filters(notch_hz=50.0))
    assert hum() < 0.1
    qtbot.keyClick(view, Qt.Key.Key_U)
    assert hum() == pytest.approx(1.0, rel=0.05)
    assert "raw signal, without Filter notch 50 Hz" in " ".join(view.corners().bottom_left)


@pytest.mark.parametrize("offset_uv", [5_000.0, -500_000.0])
@pytest.mark.parametrize("filters", [(), (0.0, 1000.0, 0.0), (20.0, 0.0, 0.0)], ids=["raw", "low-pass", "high-pass"])
def test_an_offset_is_taken_away_before_it_is_heard(shown, hands, loudspeaker, offset_uv, filters):
    from viewer.ui.views.filters import Filters

    heard = []
    for zero in (0.0, offset_uv):
        samples = tone(50)[None] + np.float32(zero)
        samples[0, 500:700] = np.nan  # a gap is silent, and makes no click of the offset's height
        view = shown(hands.recording(samples, 10_000.0, ("EMG",), "uV", Kind.EMG_TRACE), 1024, 700)
        view.set_filters(Filters(*filters))
        view.per_division = 50.0
        view.listen(True, True)
        heard.append(loudspeaker[-1].turn(48_000))
    assert np.abs(heard[0][12_000:]).max() == pytest.approx(0.25 * 50 / (4 * 50), rel=0.05)
    np.testing.assert_allclose(heard[1], heard[0], atol=2e-4)
