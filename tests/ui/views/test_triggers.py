"""Triggers of an EMG recording: where they are looked for, the level they start from, how fast they are found."""

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt

from tests.ui.views.test_emg_view import RATE, spikes, words
from viewer.study import Kind
from viewer.ui.views.envelope import Envelope, build
from viewer.ui.views.filters import Filters


def triggers(view):
    """The times at which the sweeps on the screen were triggered, two divisions from their left."""
    return np.array([s.start_s for s in view.sweeps()]) + 0.2 * view.sweep_s


def wandering(seconds=20.0):
    """Spikes at 0.05, 0.15 ... s on a slow wander of 1 mV, as of a moving needle."""
    t = np.arange(round(seconds * RATE)) / RATE
    return (spikes(seconds) + 1000 * np.sin(2 * np.pi * 0.3 * t)).astype(np.float32)


def test_triggers_are_looked_for_in_the_filtered_signal_that_is_drawn(shown, hands, qtbot):
    view = shown(hands.recording(wandering()[None], RATE, ("EMG",), "uV", Kind.EMG_TRACE), 1024, 700)
    view.set_level(-100.0)
    for _ in range(3):
        qtbot.keyClick(view, Qt.Key.Key_H, Qt.KeyboardModifier.ShiftModifier)
    assert view.filters.high_pass_hz == 20
    qtbot.keyClick(view, Qt.Key.Key_T)
    qtbot.waitUntil(lambda: not view.filtering)
    late = triggers(view) % 0.1 - 0.05
    assert len(late) == 30
    assert np.abs(late).max() < 0.0006  # each on a spike, which is 1 ms wide
    qtbot.keyClick(view, Qt.Key.Key_U)  # as it was recorded the wander crosses the level between the spikes
    late = triggers(view) % 0.1 - 0.05
    assert np.abs(late).max() > 0.01


def test_a_level_that_nobody_set_is_chosen_anew_where_the_filter_answers_later(shown, hands, qtbot):
    view = shown(hands.recording(wandering()[None], RATE, ("EMG",), "uV", Kind.EMG_TRACE), 1024, 700)
    view.set_filters(Filters(high_pass_hz=20.0))
    qtbot.keyClick(view, Qt.Key.Key_T)
    assert "(working)" in words(view)
    qtbot.waitUntil(lambda: not view.filtering)
    assert view.level == pytest.approx(-150, abs=40)
    assert len(triggers(view)) == 30
    assert np.abs(triggers(view) % 0.1 - 0.05).max() < 0.0006


def test_a_long_recording_is_filtered_as_far_as_triggers_are_looked_for(shown, hands, qtbot):
    signal = np.tile(wandering(), 40)  # eight million samples: more than are kept filtered
    view = shown(hands.recording(signal[None], RATE, ("EMG",), "uV", Kind.EMG_TRACE), 1024, 700)
    view.set_level(-100.0)
    view.set_filters(Filters(high_pass_hz=20.0))
    view.go_to(500.0)
    view.per_division_s = 0.5
    qtbot.keyClick(view, Qt.Key.Key_T)
    qtbot.waitUntil(lambda: not view.filtering)
    times = triggers(view)
    assert len(times) == 30
    assert times[-1] - times[0] == pytest.approx(145)  # 1.45 million samples on
    assert np.abs(times % 0.1 - 0.05).max() < 0.0006
    for sweep in view.sweeps():
        last = (sweep.start_s + view.sweep_s) * RATE
        assert view.shown_samples(sweep.start_s * RATE, last)[1] is not view.envelope  # and drawn filtered


@pytest.mark.parametrize(("amplitude", "offset_uv"), [(-300.0, 0.0), (300.0, 0.0), (-300.0, 5_000.0), (-60.0, 0.0)])
def test_the_first_level_is_one_that_the_potentials_in_view_reach(shown, hands, qtbot, amplitude, offset_uv):
    noise = np.random.default_rng(3).normal(0, 5, 40_000)
    samples = (spikes(amplitude=amplitude) + noise + offset_uv).astype(np.float32)
    view = shown(hands.recording(samples[None], RATE, ("EMG",), "uV", Kind.EMG_TRACE), 1024, 700)
    qtbot.keyClick(view, Qt.Key.Key_T)
    assert view.level == pytest.approx(amplitude / 2, abs=10)
    times = triggers(view)
    assert len(times) == 30
    assert np.abs(times % 0.1 - 0.05).max() < 0.0006  # each on a spike
    assert f"triggers {times[0]:.3f} s – {times[-1]:.3f} s" in words(view)
    assert times[-1] >= 2.949
    view.set_level(1.1 * amplitude)  # what a person sets stays
    qtbot.keyClick(view, Qt.Key.Key_F)
    view.go_to(1.0)
    qtbot.keyClick(view, Qt.Key.Key_T)
    assert view.level == 1.1 * amplitude


def test_the_first_level_is_taken_from_further_on_where_nothing_is_in_view(shown, hands, qtbot):
    samples = np.random.default_rng(3).normal(0, 5, 40_000).astype(np.float32)
    samples[20_000:] += spikes(2.0, amplitude=-400.0)
    view = shown(hands.recording(samples[None], RATE, ("EMG",), "uV", Kind.EMG_TRACE), 1024, 700)
    qtbot.keyClick(view, Qt.Key.Key_T)
    assert view.level == pytest.approx(-200, abs=10)
    assert triggers(view)[0] == pytest.approx(2.05, abs=0.001)
    assert len(view.sweeps()) == 20


@pytest.mark.parametrize("offset_uv", [5_000.0, 500_000.0, -5_000.0])
def test_triggers_are_looked_for_around_the_offset_that_is_taken_away(shown, hands, qtbot, offset_uv):
    samples = spikes()[None] + np.float32(offset_uv)
    view = shown(hands.recording(samples, RATE, ("EMG",), "uV", Kind.EMG_TRACE), 1024, 700)
    view.per_division = 100.0
    view.set_level(-150.0)
    qtbot.keyClick(view, Qt.Key.Key_T)
    np.testing.assert_allclose(triggers(view)[:4], np.arange(4) * 0.1 + 0.04975, atol=1.1e-4)
    division = view.screen_rect.height() / 8
    assert view.zero_y(view.sweeps()[0]) - view.level_y(view.sweeps()[0]) == pytest.approx(1.5 * division)
    y = view.level_y(view.sweeps()[0])
    hands.drag(qtbot, view, QPointF(300, y), QPointF(300, y - division / 2))
    assert view.level == pytest.approx(-200, abs=2)
    assert len(view.sweeps()) == 30


def test_triggers_over_half_an_hour_are_found_without_looking_at_every_sample():
    from viewer.ui.views.sweeps import crossings

    samples = np.random.default_rng(0).normal(0, 1, (1, 3_000_000)).astype(np.float32)
    samples[0, [70, 1_500_000, 1_500_010, 2_900_000]] = -50
    samples[0, 1000:2000] = np.nan
    times = crossings(build(samples), 0, 1000.0, 0.0, 0.1, -20.0, 30)
    assert times == [0.07, 1500.0, 2900.0]
    assert crossings(build(samples), 0, 1000.0, 0.08, 0.1, -20.0, 1) == [1500.0]
    assert crossings(build(samples), 0, 1000.0, 0.0, 0.1, 20.0, 30) == []
    assert crossings(Envelope(samples), 0, 1000.0, 0.0, 0.1, -20.0, 30) == times


@pytest.mark.parametrize("level", [40.0, -25.0, 0.0])
def test_dense_triggers_are_those_that_going_through_every_sample_gives(level):
    from viewer.ui.views.sweeps import crossings

    samples = np.random.default_rng(1).normal(0, 30, (1, 60_000)).astype(np.float32)
    samples[0, 9_000:21_000] += 80  # beyond the level for longer than is looked at in one piece
    own = samples[0]
    above = own >= level if level >= 0 else own <= level
    wanted, free = [], 500
    for at in range(501, len(own)):
        if at >= free and above[at] and not above[at - 1] and len(wanted) < 30:
            wanted.append(at / 1000.0)
            free = at + 130
    assert crossings(build(samples), 0, 1000.0, 0.5, 0.13, level, 30) == pytest.approx(wanted)
    assert crossings(Envelope(samples), 0, 1000.0, 0.5, 0.13, level, 30) == pytest.approx(wanted)
