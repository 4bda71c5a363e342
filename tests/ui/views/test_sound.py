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
