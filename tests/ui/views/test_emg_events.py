"""Events and trains over the sweeps: in their class's colour, with its letter, walked by key; potentials measured."""

import time

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt

from viewer.reading.values import Event, Finding, Span, Train
from viewer.study import Kind
from viewer.ui.views.filters import Filters
from viewer.ui.views.found import found_in
from viewer.ui.views.palette import DARK, LIGHT

RATE = 20_000.0
FIB_MS, FIB_UV = 3.0, 200.0


def fib(rate: float = RATE) -> np.ndarray:
    """A biphasic potential of 3 ms, +100 to -100 µV, first phase positive."""
    t = np.arange(round(FIB_MS / 1000 * rate)) / rate
    return (FIB_UV / 2 * np.sin(2 * np.pi * t / (FIB_MS / 1000))).astype(np.float32)


@pytest.fixture
def train(shown, hands):
    """Fibs each 150 ms from 0.1 s on in quiet noise, PSW marked between them, on two channels."""
    rng = np.random.default_rng(1)
    samples = rng.normal(0, 1.0, (2, round(6 * RATE))).astype(np.float32)
    starts = 0.1 + 0.15 * np.arange(30)
    wave = fib()
    for start in starts:
        samples[0, round(start * RATE) :][: len(wave)] += wave
    peak = (FIB_MS * 0.75) / 1000
    events = [Event("Fibs", s + peak, s, s + FIB_MS / 1000, "A", 0.9, 1) for s in starts]
    events += [Event("PSW", s + 0.07, s + 0.07, s + 0.09, "A", 0.8, 2) for s in starts[:10]]
    events += [Event("Others", 5.0, 4.99, 5.01, "B", 0.6)]
    view = shown(hands.recording(samples, RATE, ("A", "B"), "uV", Kind.EMG_TRACE), 1024, 700)
    view.set_dark(False)
    trains = (Train(1, "Fibs", 30, 1 / 0.15, 0.0, "A"), Train(2, "PSW", 10, 1 / 0.15, 0.0, "A"))
    view.set_reading(hands.a_reading(Kind.EMG_TRACE, (Finding("Fibs", 0.9, 0.5),), (), tuple(events), trains))
    view.per_division_s = 0.05
    view.changed()
    return view


def near(picture: np.ndarray, colour: str, tolerance: int = 60) -> np.ndarray:
    wanted = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)])
    return np.abs(picture.astype(int) - wanted).sum(2) < tolerance


def test_each_event_is_marked_at_its_time_in_its_classes_colour(train, hands):
    picture = hands.rgb(train.picture())[: round(train.screen_rect.bottom())]
    sweep = train.sweeps()[0]
    for colour, label in ((LIGHT.fibs, "Fibs"), (LIGHT.psw, "PSW")):
        columns = np.flatnonzero(near(picture, colour).any(0))
        expected = [float(train.x_of(sweep, t)) for t in train.found.time_s[train.found.of_class(label)] if t < 0.5]
        assert len(expected) >= 2
        for x in expected:
            assert np.abs(columns - x).min() <= 1.5
        assert all(min(abs(c - x) for x in expected) < 45 for c in columns)  # nowhere else


def test_holding_h_hides_events_and_trains(train, hands, qtbot):
    def inked() -> int:
        picture = hands.rgb(train.picture())
        return int(sum(near(picture, c, 30).sum() for c in (LIGHT.fibs, LIGHT.psw, LIGHT.others)))

    before = inked()
    qtbot.keyPress(train, Qt.Key.Key_H)
    assert inked() == 0
    qtbot.keyRelease(train, Qt.Key.Key_H)
    assert inked() == before > 100


def test_trains_are_a_row_a_class_in_the_overview_bar(train, hands):
    train.go_to(5.5)  # what is shown is tinted in the bar
    picture = hands.rgb(train.picture())
    bar = train.overview.rect
    strip = picture[round(bar.top()) : round(bar.bottom()), round(bar.left()) : round(bar.right())]
    seconds = train.waveform.duration_s
    rows = {}
    for label, colour in (("Fibs", LIGHT.fibs), ("PSW", LIGHT.psw)):
        ys, xs = np.nonzero(near(strip, colour, 40))
        rows[label] = ys
        times = train.found.time_s[train.found.of_class(label)]
        assert xs.min() == pytest.approx(times.min() / seconds * bar.width(), abs=3)
        assert xs.max() == pytest.approx(times.max() / seconds * bar.width(), abs=3)
    assert rows["Fibs"].max() < rows["PSW"].min()
    assert train.found.trains()[1].size == 30


def test_keys_go_from_event_to_event_of_the_chosen_class_and_from_train_to_train(train, qtbot):
    train.set_label("PSW")
    times = train.found.time_s[train.found.of_class("PSW")]
    for i in range(3):
        qtbot.keyClick(train, Qt.Key.Key_E)
        assert train.chosen_event.time_s == pytest.approx(times[times > 1e-6 + 0.5 / 3][i])
        assert train.start_s <= train.chosen_event.time_s <= train.start_s + train.page_s
    qtbot.keyClick(train, Qt.Key.Key_E, Qt.KeyboardModifier.ShiftModifier)
    assert train.chosen_event.time_s == pytest.approx(times[times > 0.5 / 3][1])
    qtbot.keyClick(train, Qt.Key.Key_Escape)
    assert train.chosen_event is None
    train.go_to(0)
    train.per_division_s = 0.002
    train.go_to(0)
    qtbot.keyClick(train, Qt.Key.Key_G)
    assert train.chosen_event.train == 1
    qtbot.keyClick(train, Qt.Key.Key_G)
    assert train.chosen_event.train == 2
    qtbot.keyClick(train, Qt.Key.Key_G, Qt.KeyboardModifier.ShiftModifier)
    assert train.chosen_event.train == 1


def test_an_event_on_another_channel_brings_its_channel(train, qtbot):
    train.set_label("Others")
    train.go_to_finding(True)
    assert train.waveform.channels[train.channel] == "B"
    assert "B " in " ".join(train.corners().bottom_left)


def test_a_click_selects_an_event_and_measures_it(train, qtbot):
    sweep = train.sweeps()[0]
    at = QPointF(float(train.x_of(sweep, 0.25 + FIB_MS / 2000)), float(train.zero_y(sweep)))
    with qtbot.waitSignal(train.event_selected) as caught:
        qtbot.mouseClick(train, Qt.MouseButton.LeftButton, pos=at.toPoint())
    assert caught.args[0].label == "Fibs"
    potential = train.measuring.measured.potential
    assert potential.amplitude_uv == pytest.approx(FIB_UV, rel=0.03)
    assert potential.duration_ms == pytest.approx(FIB_MS, abs=0.5)
    assert potential.phases == 2
    assert potential.first_phase == "positive"
    said = " ".join(train.measuring.words())
    assert "Train 1, 30 events" in said
    assert "Rate 6.67 Hz" in said  # 1 / 150 ms


def test_a_train_with_pauses_has_the_rhythm_that_the_table_tells(train, hands):
    """Discharges at 4 Hz, then a pause of 12 s: over all of it that is 2.4 Hz, but the unit fires at 4 Hz."""
    from viewer.ui.trains_table import cells

    times = [*np.arange(0.1, 3.0, 0.25), *np.arange(15.0, 30.0, 0.25)]
    events = tuple(Event("Fibs", t, t, t + 0.003, "A", 0.9, 1) for t in times)
    told = Train(1, "Fibs", len(times), 4.0, 0.0, "A")
    train.set_reading(hands.a_reading(Kind.EMG_TRACE, (), (), events, (told,)))
    train.go_to_train(1)
    said = train.measuring.words()
    assert f"Train 1, {len(times)} events" in said
    assert "Rate 4 Hz, CV 0 %" in said
    assert cells(told)[3:] == ("4.0 Hz", "0.0 %")


def test_a_coefficient_of_variation_is_a_whole_number_of_percent(train):
    for start in (0.1, 0.2, 0.3, 0.4, 0.5, 5.0):
        train.measuring.mark(0, start, 0.01)
    # intervals of 0.1, 0.1, 0.1, 0.1 and 4.5 s: mean 0.98 s, standard deviation 1.97 s
    assert "Rate 1.02 Hz, CV 201 %" in train.measuring.words()


def test_the_potential_tool_measures_where_it_is_clicked_and_its_ends_are_dragged(train, hands, qtbot):
    train.set_reading(None)
    train.per_division_s = 0.002
    train.go_to(0.095)
    qtbot.keyClick(train, Qt.Key.Key_D)
    sweep = train.sweeps()[0]
    top = float(train.y_of(sweep, -90.0))
    qtbot.mouseClick(train, Qt.MouseButton.LeftButton, pos=QPointF(float(train.x_of(sweep, 0.1022)), top).toPoint())
    found = train.measuring.measured.potential
    assert found.onset_s == pytest.approx(0.1, abs=3e-4)
    assert found.offset_s == pytest.approx(0.103, abs=3e-4)
    assert any(line.startswith("Rise time") for line in train.measuring.words())
    zero = float(train.zero_y(sweep))
    end = QPointF(float(train.x_of(sweep, found.offset_s)), zero + 30)
    assert train.begin_drag(end) == "offset"
    hands.drag(qtbot, train, end, QPointF(float(train.x_of(sweep, 0.1015)), zero + 30))
    moved = train.measuring.measured
    assert moved.set_by_hand
    assert moved.potential.offset_s == pytest.approx(0.1015, abs=1e-4)
    assert moved.potential.onset_s == pytest.approx(found.onset_s, abs=1e-4)
    assert moved.potential.amplitude_uv == pytest.approx(FIB_UV / 2, rel=0.06)  # the positive half alone
    assert moved.potential.duration_ms == pytest.approx(1.5, abs=0.35)
    qtbot.keyClick(train, Qt.Key.Key_Escape)
    assert train.measuring.words() == ()


@pytest.mark.parametrize("share", [0.2, 0.33, 0.6, 0.8])
def test_in_a_narrow_view_the_values_hide_neither_the_potential_nor_its_mark(train, hands, share):
    train.resize(300, 400)
    train.per_division_s = 0.01
    train.go_to(0.25 - share * train.sweep_s)
    event = next(e for e in train.reading.events if abs(e.start_s - 0.25) < 1e-6)
    train.select_event(event)
    told = hands.rgb(train.picture())
    train.measuring.words = lambda: ()
    area = train.screen_rect
    hidden = np.abs(told.astype(int) - hands.rgb(train.picture())).sum(2) > 0
    assert hidden.any()
    assert not hidden[: round(train.zero_y(train.sweeps()[0]) - 0.38 * area.height() + 7)].any()  # label, letter, tick
    left, right = (round(float(train.x_of(train.sweeps()[0], t))) for t in (event.start_s, event.end_s))
    assert not hidden[:, left : right + 1].any()


def test_what_is_measured_is_measured_again_in_the_signal_that_the_filters_leave(train, qtbot):
    sweep = train.sweeps()[0]
    at = QPointF(float(train.x_of(sweep, 0.25 + FIB_MS / 2000)), float(train.zero_y(sweep)))
    qtbot.mouseClick(train, Qt.MouseButton.LeftButton, pos=at.toPoint())
    train.place_cursors()
    train.caliper = train.caliper.moved(False, 0.25 + 0.00075, 0.0)  # the positive peak
    train.nudge(False, 0)

    def amplitudes():
        return train.measuring.measured.potential.amplitude_uv, train.caliper.start_value

    raw = amplitudes()
    assert raw == (pytest.approx(FIB_UV, rel=0.03), pytest.approx(FIB_UV / 2, rel=0.05))
    for _ in range(4):
        qtbot.keyClick(train, Qt.Key.Key_H, Qt.KeyboardModifier.ShiftModifier)
    qtbot.waitUntil(lambda: not train.filtering)
    assert train.filters.high_pass_hz == 500
    filtered = amplitudes()
    assert filtered[0] < 0.8 * FIB_UV  # most of a potential of 3 ms lies below 500 Hz
    assert filtered[1] < 0.8 * FIB_UV / 2
    assert f"Amplitude {filtered[0]:.4g} µV" in train.measuring.words()
    qtbot.keyClick(train, Qt.Key.Key_U)
    assert amplitudes() == raw
    qtbot.keyClick(train, Qt.Key.Key_U)
    assert amplitudes() == filtered
    train.go_to(3.0)
    train.set_filters(Filters())
    assert train.measuring.measured is None  # it is out of view: numbers of another signal are not kept
    assert train.caliper is None


def test_where_nothing_stands_out_that_is_said(train, qtbot):
    train.measuring.at(1, 2.0)
    assert train.measuring.measured is None
    assert "No potential stands out" in train.measuring.words()[0]


def test_the_potential_between_the_cursors(train, qtbot):
    qtbot.keyClick(train, Qt.Key.Key_C)
    train._take_caliper(QPointF(float(train.x_of(train.sweeps()[0], 0.1)), 300))
    train.caliper = train.caliper.moved(False, 0.0995, 0.0).moved(True, 0.1035, 0.0)
    qtbot.keyClick(train, Qt.Key.Key_D, Qt.KeyboardModifier.ShiftModifier)
    assert train.measuring.measured.potential.duration_ms == pytest.approx(4.0, abs=0.06)


def test_marked_discharges_give_rate_and_regularity(train, qtbot):
    train.set_reading(None)
    qtbot.keyClick(train, Qt.Key.Key_O)
    sweep = train.sweeps()[0]
    y = float(train.y_of(sweep, 90.0))
    for start in (0.1, 0.25, 0.4):
        at = QPointF(float(train.x_of(sweep, start + 0.00075)), y)
        qtbot.mouseClick(train, Qt.MouseButton.LeftButton, pos=at.toPoint())
    assert "3 marked" in train.measuring.words()
    assert any(w.startswith("Rate 6.67 Hz") for w in train.measuring.words())
    np.testing.assert_allclose(train.measuring.marked[1], np.array((0.1, 0.25, 0.4)) + 0.00075, atol=2e-4)
    qtbot.mouseClick(train, Qt.MouseButton.LeftButton, pos=at.toPoint())  # once more unmarks it
    assert len(train.measuring.marked[1]) == 2


def test_of_an_unknown_scale_no_microvolts_are_said(shown, hands):
    samples = np.random.default_rng(0).normal(0, 0.001, (1, 20_000)).astype(np.float32)
    samples[0, 10_000:][: len(fib())] += fib() / 1000
    view = shown(hands.recording(samples, RATE, ("A",), "", Kind.EMG_TRACE))
    view.measuring.at(0, 0.50075)
    said = view.measuring.words()
    assert said[0].startswith("Amplitude 0.2")
    assert "unit unknown" in said[0]
    assert not any("µV" in line for line in said)


def test_measuring_takes_no_longer_than_a_frame(train):
    before = time.thread_time()
    train.measuring.at(0, 0.1022)
    assert time.thread_time() - before < 0.03


def test_found_keeps_spans_of_the_chosen_class_and_all_events(hands):
    events = (Event("PSW", 2.0, 1.9, 2.1, "A", 0.5, 4), Event("Fibs", 1.0, 0.9, 1.1, "B", 0.7))
    reading = hands.a_reading(Kind.EMG_TRACE, (), (), events)
    found = found_in(reading, (Span(None, 0.0, 0.5, 0.6),), "PSW")
    assert found.labels == ("PSW", "Fibs", "PSW")
    assert found.chosen.tolist() == [True, False, True]
    assert found.is_event.tolist() == [False, True, True]
    assert found.nearest(2.05, "A", 0.0) is events[0]
    assert found.nearest(2.05, "B", 0.0) is None
    assert found.index(events[1]) == 1
    assert DARK.of_class("PSW") != DARK.of_class("Fibs") != DARK.of_class("another")
