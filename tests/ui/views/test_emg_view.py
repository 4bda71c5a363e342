"""EMG sweeps: scales, polarity, rows, triggers, cursors, measured in rendered pixels; and the pyramid behind them."""

import json
import time

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt

from viewer.reading.values import Event, Finding, HeatMap, Span
from viewer.study import Kind
from viewer.ui.views import emg_paint
from viewer.ui.views.calipers import Caliper
from viewer.ui.views.filters import Filters
from viewer.ui.views.scales import at_least_125, step_125, time_words, voltage_words

RATE = 10_000.0


def spikes(seconds=4.0, interval_s=0.1, amplitude=-300.0, rate=RATE, first_s=0.05):
    """Spikes in µV, 1 ms wide, exactly on samples; zero between them."""
    t = np.arange(round(seconds * rate)) / rate
    phase = np.abs((t - first_s + interval_s / 2) % interval_s - interval_s / 2)
    return (amplitude * np.clip(1 - phase / 0.0005, 0, None)).astype(np.float32)


@pytest.fixture
def emg(shown, hands):
    view = shown(hands.recording(spikes()[None], RATE, ("EMG 1",), "uV", Kind.EMG_TRACE), 1024, 700)
    view.set_dark(False)
    return view


def is_trace(hands, view, ratio=1.0):
    picture = hands.rgb(emg_paint.screen(view, ratio).image).astype(int)
    return picture.sum(2) < 360


def words(view):
    corners = view.corners()
    return " ".join(corners.bottom_left + corners.notice)


def test_steps_are_1_2_5():
    value, seen = 1.0, []
    for _ in range(7):
        seen.append(value)
        value = step_125(value, True)
    assert seen == [1, 2, 5, 10, 20, 50, 100]
    value = 100.0
    for expected in (50, 20, 10, 5, 2, 1, 0.5, 0.2, 0.1):
        value = step_125(value, False)
        assert value == pytest.approx(expected)
    assert [at_least_125(v) for v in (0.3, 1, 1.01, 49, 50, 51, 990)] == [0.5, 1, 2, 50, 50, 100, 1000]
    assert (time_words(0.01), time_words(2), time_words(0.0005)) == ("10 ms/div", "2 s/div", "0.5 ms/div")
    assert (voltage_words(50, ("µV",)), voltage_words(2000, ("µV",)), voltage_words(5, ("",))) == (
        "50 µV/div", "2 mV/div", "5 counts/div",
    )  # fmt: skip


def test_keys_step_the_scales_and_the_screen_says_them(emg, qtbot):
    assert "10 ms/div" in words(emg)
    for key, text in (
        (Qt.Key.Key_Plus, "5 ms/div"), (Qt.Key.Key_Plus, "2 ms/div"), (Qt.Key.Key_Minus, "5 ms/div"),
    ):  # fmt: skip
        qtbot.keyClick(emg, key)
        assert text in words(emg)
    emg.per_division = 100.0
    for key, text in ((Qt.Key.Key_Up, "50 µV/div"), (Qt.Key.Key_Up, "20 µV/div"), (Qt.Key.Key_Down, "50 µV/div")):
        qtbot.keyClick(emg, key)
        assert text in words(emg)


def test_the_wheel_keeps_the_time_under_the_cursor(emg, hands):
    emg.go_to(1.0)
    at = QPointF(emg.screen_rect.left() + 0.4 * emg.screen_rect.width(), 300)
    before = emg.time_at(emg.sweeps()[0], at)
    hands.wheel(emg, at, 120)
    assert emg.per_division_s == pytest.approx(0.005)
    assert emg.time_at(emg.sweeps()[0], at) == pytest.approx(before)
    hands.wheel(emg, at, 120, Qt.KeyboardModifier.ControlModifier)
    hands.wheel(emg, at, -120, Qt.KeyboardModifier.ShiftModifier)
    assert emg.time_at(emg.sweeps()[0], at) == pytest.approx(before + emg.per_division_s)


@pytest.mark.parametrize("ratio", [1.0, 2.0])
def test_a_division_is_a_division(emg, hands, ratio):
    """300 µV at 100 µV/div stand three divisions high, and 100 ms at 10 ms/div ten wide; negative is up."""
    emg.per_division = 100.0
    drawn = is_trace(hands, emg, ratio)
    area, zero = emg.screen_rect, emg.zero_y(emg.sweeps()[0]) * ratio
    ys, xs = np.nonzero(drawn[: round(area.bottom() * ratio)])
    peak = ys.min()
    assert (zero - peak) / (area.height() * ratio / 8) == pytest.approx(3.0, abs=0.05)
    at = xs[ys == peak].mean()
    assert (at / ratio - area.left()) / (area.width() / 10) == pytest.approx(5.0, abs=0.03)  # 50 ms


def test_polarity_key_turns_it_over_but_not_the_values(emg, hands, qtbot):
    emg.per_division = 100.0
    assert "negative up" in words(emg)
    qtbot.keyClick(emg, Qt.Key.Key_P)
    assert "positive up" in words(emg)
    ys, _ = np.nonzero(is_trace(hands, emg)[: round(emg.screen_rect.bottom())])
    zero = emg.zero_y(emg.sweeps()[0])
    assert ys.max() - zero == pytest.approx(3 * emg.screen_rect.height() / 8, abs=2)
    assert float(emg.waveform.samples.min()) == -300


def test_other_recordings_are_positive_up_with_all_channels(shown, hands):
    view = shown(hands.recording(np.stack([spikes(), spikes()]), RATE, ("A", "B"), ("mV", "mmHg"), Kind.UNKNOWN))
    assert not view.negative_up
    assert [s.channel for s in view.sweeps()] == [0, 1]
    assert view.zero_y(view.sweeps()[0]) < view.zero_y(view.sweeps()[1])


def test_unknown_scale_is_said(shown, hands):
    view = shown(hands.recording(spikes()[None], RATE, ("EMG",), "", Kind.EMG_TRACE))
    assert "counts/div" in words(view)
    assert "scale unknown" in words(view)
    assert "µV" not in words(view)


def test_millivolts_are_shown_in_microvolts(shown, hands):
    view = shown(hands.recording(spikes()[None] / 1000, RATE, ("EMG",), "mV", Kind.EMG_TRACE))
    view.per_division = 100.0
    sweep = view.sweeps()[0]
    assert float(view.zero_y(sweep) - view.y_of(sweep, -0.1)) == pytest.approx(view.screen_rect.height() / 8)


def test_channels_of_different_units_are_named_with_the_scale(shown, hands):
    view = shown(hands.recording(np.stack([spikes(), spikes()]), RATE, ("A", "B"), ("uV", "mmHg"), Kind.UNKNOWN))
    assert "µV, mmHg/div" in words(view)


def test_a_signal_far_from_zero_is_drawn_around_its_median_and_says_so(shown, hands):
    samples = spikes()[None] + 50_000
    view = shown(hands.recording(samples, RATE, ("EMG",), "uV", Kind.EMG_TRACE), 1024, 700)
    assert "Drawn around its median: EMG" in words(view)
    sweep = view.sweeps()[0]
    assert float(view.y_of(sweep, 50_000)) == view.zero_y(sweep)
    assert view.per_division <= 200
    assert view.value_at(sweep, QPointF(100, view.zero_y(sweep))) == 50_000
    near = shown(hands.recording(spikes()[None] + 50, RATE, ("EMG",), "uV", Kind.EMG_TRACE))
    assert near.offset(0) == 0.0


@pytest.mark.parametrize("offset_uv", [400.0, 1_500.0, -1_500.0])
def test_an_offset_larger_than_the_potentials_is_taken_away_before_the_sensitivity_is_chosen(shown, hands, offset_uv):
    noise = np.random.default_rng(2).normal(0, 5, 40_000).astype(np.float32)
    samples = (spikes(interval_s=0.4) + noise)[None] + np.float32(offset_uv)
    view = shown(hands.recording(samples, RATE, ("EMG",), "uV", Kind.EMG_TRACE), 1024, 700)
    assert view.offset(0) == pytest.approx(offset_uv, abs=1)
    assert view.per_division in (50.0, 100.0)  # 300 µV are three to six divisions
    assert "Drawn around its median: EMG" in words(view)
    ecg = shown(hands.recording(samples / 1000, 500.0, ("II",), "mV"))
    assert ecg.offset(0) == 0.0  # on ECG paper an offset of up to 2 mV is shown


def test_settings_are_never_shortened_in_a_narrow_view(shown, hands, monkeypatch):
    from viewer.ui.views import corners

    written = []
    original = corners._block

    def watch(painter, lines, area, room, right, bottom, colours):
        written.append((lines, room, right, bottom, max(map(view.fontMetrics().horizontalAdvance, lines))))
        return original(painter, lines, area, room, right, bottom, colours)

    view = shown(hands.recording(spikes()[None], RATE, ("EMG 1",), "uV", Kind.EMG_TRACE), 360, 400)
    monkeypatch.setattr(corners, "_block", watch)
    view.picture()
    settings = next(w for w in written if not w[2] and w[3])
    assert settings[4] + 8 <= settings[1]


def test_raster_rows_follow_each_other_in_time(emg, hands, qtbot):
    qtbot.keyClick(emg, Qt.Key.Key_R)
    starts = [s.start_s for s in emg.sweeps()]
    np.testing.assert_allclose(starts, np.arange(6) * 0.1)
    emg.per_division = 500.0
    drawn = is_trace(hands, emg)
    middle = round(emg.screen_rect.center().x())
    for sweep in emg.sweeps():  # a spike at 50 ms of every sweep
        zero = emg.zero_y(sweep)
        up = round(zero - 300 / 500 * emg.screen_rect.height() / 8)
        assert drawn[up : up + 4, middle - 3 : middle + 4].any()
    qtbot.keyClick(emg, Qt.Key.Key_PageDown)
    assert emg.start_s == pytest.approx(0.6)


def test_triggered_sweeps_stand_on_the_delay_line(emg, qtbot):
    emg.set_level(-150.0)
    qtbot.keyClick(emg, Qt.Key.Key_T)
    sweeps = emg.sweeps()
    assert len(sweeps) == 30
    # The level is crossed 0.25 ms before each peak at 50, 150 ... ms, two divisions from the left
    np.testing.assert_allclose([s.start_s for s in sweeps[:4]], np.arange(4) * 0.1 + 0.04975 - 0.02, atol=1.1e-4)
    assert {s.row for s in sweeps} == {0}
    qtbot.keyClick(emg, Qt.Key.Key_S)
    assert [s.row for s in emg.sweeps()] == list(range(6))
    emg.set_level(-500.0)
    assert "Nothing crosses" in words(emg)


def test_the_level_is_dragged(emg, hands, qtbot):
    emg.per_division = 100.0
    emg.set_level(-150.0)
    qtbot.keyClick(emg, Qt.Key.Key_T)
    sweep = emg.sweeps()[0]
    y = float(emg.y_of(sweep, -150.0))
    hands.drag(qtbot, emg, QPointF(300, y), QPointF(300, float(emg.y_of(sweep, -200.0))))
    assert emg.level == pytest.approx(-200, abs=2)


def test_cursors_snap_and_give_amplitude_duration_and_rate(emg, hands, qtbot):
    emg.per_division = 100.0
    emg.per_division_s = 0.02
    qtbot.keyClick(emg, Qt.Key.Key_C)
    sweep = emg.sweeps()[0]
    a = QPointF(float(emg.x_of(sweep, 0.05)) + 3, float(emg.y_of(sweep, -300)) + 3)
    b = QPointF(float(emg.x_of(sweep, 0.15)) - 3, float(emg.y_of(sweep, -300)) + 3)
    hands.drag(qtbot, emg, a, b)
    assert (emg.caliper.start_s, emg.caliper.end_s) == (pytest.approx(0.05), pytest.approx(0.15))
    assert emg.caliper.words(in_hz=True) == "100 ms   10 Hz   0 µV"
    qtbot.keyClick(emg, Qt.Key.Key_N)
    hands.drag(qtbot, emg, b, QPointF(float(emg.x_of(sweep, 0.12)), 300))
    assert emg.caliper.end_s == pytest.approx(0.12, abs=0.0005)
    assert emg.caliper.words(in_hz=True).endswith("300 µV")
    qtbot.keyClick(emg, Qt.Key.Key_Escape)
    assert emg.caliper is None


def test_marking_a_span_gives_seconds(emg, hands, qtbot):
    qtbot.keyClick(emg, Qt.Key.Key_B)
    sweep = emg.sweeps()[0]
    with qtbot.waitSignal(emg.region_marked) as caught:
        hands.drag(qtbot, emg, QPointF(float(emg.x_of(sweep, 0.02)), 300), QPointF(float(emg.x_of(sweep, 0.06)), 330))
    assert caught.args[0].start_s == pytest.approx(0.02, abs=2e-4)
    assert caught.args[0].end_s == pytest.approx(0.06, abs=2e-4)


def test_events_spans_and_heat_are_drawn_where_they_are(emg, hands, qtbot):
    emg.per_division = 200.0
    plain = hands.rgb(emg.picture()).astype(int)
    values = np.zeros(10, np.float32)
    values[7] = 1.0  # 70 to 80 ms
    finding = Finding("PSW", 0.9, 0.4, spans=(Span(None, 0.01, 0.02, 0.8),))
    event = Event("PSW", 0.045, 0.04, 0.05, "EMG 1", 0.97)
    reading = hands.a_reading(Kind.EMG_TRACE, (finding,), (HeatMap("PSW", values, start_s=0, end_s=0.1),), (event,))
    emg.set_reading(reading)
    emg.set_label("PSW")
    change = np.abs(hands.rgb(emg.picture()).astype(int) - plain).sum(2)
    sweep, area = emg.sweeps()[0], emg.screen_rect

    def changed(start, end, top, bottom):
        x0, x1 = round(float(emg.x_of(sweep, start))), round(float(emg.x_of(sweep, end)))
        return change[round(area.top() + top * area.height()) : round(area.top() + bottom * area.height()), x0:x1]

    assert np.median(changed(0.074, 0.076, 0.6, 0.8)) > 60  # the heat band
    assert changed(0.01, 0.02, 0.05, 0.15).max() > 60  # the span's bracket
    assert changed(0.04, 0.05, 0.05, 0.15).max() > 60  # the event's
    assert changed(0.086, 0.099, 0.3, 0.8).max() == 0
    qtbot.keyPress(emg, Qt.Key.Key_H)
    np.testing.assert_array_equal(hands.rgb(emg.picture()), plain)
    qtbot.keyRelease(emg, Qt.Key.Key_H)


def test_heat_is_painted_only_on_channels_with_events_of_the_class(shown, hands, qtbot):
    """The map is one for all channels; on a channel of noise it would point at nothing."""
    samples = np.stack([spikes(), np.random.default_rng(0).normal(0, 5, 40_000).astype(np.float32)])
    view = shown(hands.recording(samples, RATE, ("A", "B"), "uV", Kind.EMG_TRACE), 1024, 700)
    qtbot.keyClick(view, Qt.Key.Key_A)
    events = (Event("PSW", 0.05, 0.049, 0.051, "A", 0.9), Event("Fibs", 0.05, 0.049, 0.051, "B", 0.9))
    maps = tuple(HeatMap(label, np.ones(10, np.float32), start_s=0, end_s=0.1) for label in ("PSW", "Others"))
    view.set_reading(hands.a_reading(Kind.EMG_TRACE, (Finding("PSW", 0.9, 0.4),), maps, events))

    def tint(channel):
        pixels = hands.rgb(emg_paint.screen(view, 1.0).image).astype(int)
        row = round(view.zero_y(view.sweeps()[channel])) + 60
        return np.median(np.abs(pixels[row, 60:-60] - plain[row, 60:-60]).sum(1))

    plain = hands.rgb(emg_paint.screen(view, 1.0).image).astype(int)
    view.set_label("PSW")
    assert tint(0) > 60
    assert tint(1) == 0
    view.set_label("Others")
    assert tint(0) == tint(1) == 0
    view.set_label("PSW")
    assert (view.heat_on(0), view.heat_on(1)) == (maps[0], None)
    qtbot.keyClick(view, Qt.Key.Key_K)  # the second channel by itself
    assert [s.channel for s in view.sweeps()] == [1]
    picture = hands.rgb(view.picture())
    view.set_reading(hands.a_reading(Kind.EMG_TRACE, (Finding("PSW", 0.9, 0.4),), (), events))
    bar = view.overview.rect
    strip = slice(round(bar.top()), round(bar.bottom()))
    np.testing.assert_array_equal(hands.rgb(view.picture())[strip], picture[strip])  # nor in the bar


def test_thousands_of_events_do_not_hold_up_a_frame(shown, hands):
    view = shown(hands.recording(spikes(60.0)[None], RATE, ("EMG",), "uV", Kind.EMG_TRACE), 1280, 800)
    times = np.linspace(0, 59, 6000)
    events = tuple(Event("Fibs", t, t - 0.001, t + 0.001, "EMG", 0.9) for t in times)
    view.set_reading(hands.a_reading(Kind.EMG_TRACE, (Finding("Fibs", 0.9, 0.4),), (), events))
    for everything in (False, True):
        if everything:
            view.whole()
        view.picture()
        before = time.thread_time()
        view.picture()
        assert time.thread_time() - before < 0.05


def test_keys_and_the_overview_move_in_time(emg, qtbot):
    for key, start in (
        (Qt.Key.Key_Right, 0.01),
        (Qt.Key.Key_PageDown, 0.11),
        (Qt.Key.Key_End, 3.9),
        (Qt.Key.Key_Home, 0),
    ):
        qtbot.keyClick(emg, key)
        assert emg.start_s == pytest.approx(start)
    emg.picture()
    bar = emg.overview.rect
    qtbot.mouseClick(emg, Qt.MouseButton.LeftButton, pos=QPointF(bar.center()).toPoint())
    assert emg.start_s == pytest.approx(2.0 - 0.05, abs=0.01)
    qtbot.keyClick(emg, Qt.Key.Key_W)
    assert emg.sweep_s >= 4.0


def test_dragging_moves_in_time(emg, hands, qtbot):
    emg.go_to(1.0)
    hands.drag(qtbot, emg, QPointF(600, 300), QPointF(500, 300))
    assert emg.start_s == pytest.approx(1.0 + 100 / emg.screen_rect.width() * 0.1, rel=1e-6)


def test_state_survives_json(emg, shown):
    emg.set_mode("raster")
    emg.step_time(True)
    emg.step_sensitivity(True)
    emg.set_negative_up(False)
    state = json.loads(json.dumps(emg.view_state()))
    other = shown(emg.study, 1024, 700)
    other.restore_view_state(state)
    assert other.view_state() == emg.view_state()
    other.restore_view_state({"mode": []})
    other.restore_view_state(state | {"start_s": float("nan")})
    assert other.view_state() == emg.view_state()


def test_actions_have_keys_of_their_own(emg):
    keys = [k.toString() for a in emg.actions() for k in a.shortcuts()]
    assert len(keys) == len(set(keys))
    assert not {str(n) for n in range(10)} & set(keys)
    assert all(a.text() and a.toolTip() for a in emg.actions())


def test_two_minutes_at_48_khz_draw_fast_at_every_zoom(shown, hands):
    rng = np.random.default_rng(0)
    noise = rng.normal(0, 30, (1, 48_000 * 120)).astype(np.float32)
    view = shown(hands.recording(noise, 48_000.0, ("EMG",), "uV", Kind.EMG_TRACE), 1280, 800)
    assert view.envelope.lows
    view.picture()
    slowest = {}
    for per_division_s in (0.001, 0.01, 0.1, 1.0, 10.0):
        view.per_division_s = per_division_s
        times = []
        for i in range(5):
            view.go_to(10 + i * per_division_s)
            before = time.thread_time()  # of this thread alone: a busy machine does not count
            emg_paint.screen(view, 1.0)
            times.append(time.thread_time() - before)
        slowest[per_division_s] = sorted(times)[2]
    assert max(slowest.values()) < 0.016, slowest  # measured 1 to 4 ms; twice the goal of 8 ms for slow machines


def test_superimposed_sweeps_come_within_a_frame_each_and_are_all_there_in_the_end(emg, hands, qtbot):
    from PySide6.QtWidgets import QApplication

    emg.set_level(-150.0)
    emg.set_mode("trigger")
    emg.picture()
    assert not emg._canvas[1].waiting  # a picture is whole
    emg.go_to(0.2)
    emg.repaint()
    qtbot.waitUntil(lambda: not emg._canvas[1].waiting)
    QApplication.processEvents()
    ready = emg._canvas[1].canvas.pixels.copy()
    np.testing.assert_array_equal(ready, emg_paint.screen(emg, emg.devicePixelRatioF()).pixels)


def test_a_long_recordings_whole_is_filtered_as_lows_and_highs(shown, hands, qtbot, monkeypatch):
    from viewer.ui.views import filtering
    from viewer.ui.views.filters import apply

    monkeypatch.setattr(filtering, "MOST_SAMPLES", 60_000)
    monkeypatch.setattr(filtering, "_CHUNK", 64 * 512)
    t = np.arange(400_000) / RATE
    samples = (spikes(40.0) + 500 + 300 * np.sin(2 * np.pi * 0.2 * t)).astype(np.float32)[None]
    view = shown(hands.recording(samples, RATE, ("EMG",), "uV", Kind.EMG_TRACE), 1024, 700)
    view.whole()
    assert "unfiltered" in words(view)
    view.set_filters(Filters(high_pass_hz=20.0))
    assert "(working)" in words(view)
    qtbot.waitUntil(lambda: not view.filtering, timeout=20_000)
    assert "Filter > 20 Hz" in words(view)
    assert "working" not in words(view)
    expected = apply(samples, RATE, Filters(high_pass_hz=20.0))[0]
    offset, envelope = view.shown_samples(0, 400_000)
    assert offset == 0
    low, high = envelope.columns(0, 64_000, 128_000, 10)
    np.testing.assert_allclose(low, expected[64_000:128_000].reshape(10, -1).min(1), atol=0.5)
    np.testing.assert_allclose(high, expected[64_000:128_000].reshape(10, -1).max(1), atol=0.5)
    np.testing.assert_allclose(view.values(0, 200_000, 200_050), expected[200_000:200_050], atol=0.5)
    kept = sum(a.nbytes for a in (*envelope.lows, *envelope.highs))
    assert kept < samples.nbytes / 20  # of the whole only lows and highs are kept
    view.per_division_s = 0.01
    view.go_to(20.0)  # a short page: its samples
    qtbot.waitUntil(lambda: not view.filtering, timeout=20_000)
    offset, envelope = view.shown_samples(200_000, 201_000)
    np.testing.assert_allclose(
        envelope.samples[0, 200_000 - offset : 201_000 - offset], expected[200_000:201_000], atol=0.5
    )


@pytest.mark.parametrize(
    ("interval_s", "told"),
    [(0.0034, "3.40 ms"), (0.0254, "25.4 ms"), (0.0996, "99.6 ms"), (0.1, "100 ms"), (0.1234, "123 ms")],
)
def test_an_interval_has_three_digits_at_least(interval_s, told):
    assert Caliper(0, 1.0, 1.0 + interval_s, 0.0, 0.0, "µV").words(in_hz=True).split("   ")[0] == told
