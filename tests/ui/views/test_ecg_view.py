"""ECG paper, measured in rendered pixels against millimetres."""

import json

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt, QThreadPool
from PySide6.QtWidgets import QApplication

from viewer.reading.values import Finding, HeatMap, Span
from viewer.study import TWELVE_LEADS, Kind
from viewer.ui.views import ecg_paint, filtering
from viewer.ui.views.filters import Filters
from viewer.ui.views.paper_scale import calibrate, pixels_per_mm

RATE = 500.0


def beats(seconds=10.0, interval_s=1.0, amplitude=1.0, rate=RATE, first_s=0.5):
    """A lead with a triangular beat of 40 ms each interval, its peak exactly on a sample."""
    t = np.arange(round(seconds * rate)) / rate
    phase = np.abs((t - first_s + interval_s / 2) % interval_s - interval_s / 2)
    return (amplitude * np.clip(1 - phase / 0.02, 0, None)).astype(np.float32)


def twelve(**more):
    """Twelve leads of beats."""
    return np.stack([beats(**more)] * 12)


@pytest.fixture
def ecg(shown, hands):
    return shown(hands.recording(twelve(), RATE, TWELVE_LEADS), 1400, 900)


def is_trace(picture, view):
    """Where the paper shows the trace's colour or nearly."""
    trace = view.colours.colour("trace")
    return np.abs(picture.astype(int) - (trace.red(), trace.green(), trace.blue())).sum(2) < 330


def paper(hands, view, ratio=1.0):
    """The paper without words, in device pixels."""
    return hands.rgb(ecg_paint.paper(view, ratio).image)


def strip_of(view, name, column=0):
    return [s for s in view.page.strips if s.name == name][column]


@pytest.mark.parametrize("px_per_mm", [4.0, 5.0])
@pytest.mark.parametrize("ratio", [1.0, 2.0])
def test_the_grid_is_in_millimetres_of_the_calibrated_monitor(ecg, hands, px_per_mm, ratio):
    calibrate(ecg.screen(), px_per_mm)
    ecg.resize(700, 500)
    ecg.set_dark(False)
    ecg.true_size()
    picture = paper(hands, ecg, ratio).astype(int)
    bold = ecg.colours.colour("bold")
    is_bold = np.abs(picture - (bold.red(), bold.green(), bold.blue())).sum(2) == 0
    columns = np.flatnonzero(is_bold.mean(0) > 0.5)
    rows = np.flatnonzero(is_bold.mean(1) > 0.5)
    assert len(columns) > 20
    # From the first to the last bold line: 5 mm each, to half a pixel over the whole width.
    for lines in (columns, rows):
        pitch, ways = 5 * px_per_mm * ratio, np.diff(lines)  # traces may hide a line
        assert ways.min() == pytest.approx(pitch, abs=1)
        assert lines[-1] - lines[0] == pytest.approx(pitch * round((lines[-1] - lines[0]) / pitch), abs=1)
    fine = ecg.colours.colour("fine")
    is_fine = np.abs(picture - (fine.red(), fine.green(), fine.blue())).sum(2) == 0
    between = np.flatnonzero(is_fine[:, columns[3] + 1 : columns[4]].mean(0) > 0.3)
    assert len(between) == 4  # 1 mm lines


@pytest.mark.parametrize(("gain", "speed"), [(10.0, 25.0), (5.0, 25.0), (20.0, 50.0)])
def test_one_millivolt_and_one_second_measured_on_the_paper(ecg, hands, gain, speed):
    calibrate(ecg.screen(), 5.0)
    ecg.set_dark(False)
    ecg.set_layout("12x1")
    ecg.set_gain(gain)
    ecg.set_speed(speed)
    ecg.true_size()
    strip = strip_of(ecg, "I")
    drawn = is_trace(paper(hands, ecg, 2.0), ecg)
    zero = 2 * (ecg.origin.y() + strip.y_mm * ecg.scale)
    peaks = []
    for second in (0.5, 1.5):
        x = round(2 * ecg.x_of(strip, second))
        column = drawn[: round(zero) + 4, x - 2 : x + 3].any(1)
        ys = np.flatnonzero(column)
        ys = ys[ys > zero - 2 * 5 * gain - 20]
        peaks.append((x, ys.min()))
        # 1 mV is as high as the gain says, at 5 px/mm and two device pixels each, to half a millimetre
        assert (zero - ys.min()) / 10 == pytest.approx(gain, abs=0.5)
    # The peaks' own columns: the trace is at its highest there and not 1 mm to the side.
    assert (peaks[1][0] - peaks[0][0]) / 10 == pytest.approx(speed, abs=0.1)
    for x, y in peaks:
        side = round(0.03 * speed * 10)
        assert not drawn[y : y + 4, x - side - 2 : x - side + 2].any()
        assert not drawn[y : y + 4, x + side - 2 : x + side + 2].any()


def test_the_calibration_pulse_is_1_mv_high_and_200_ms_wide(ecg, hands):
    calibrate(ecg.screen(), 5.0)
    ecg.set_dark(False)
    ecg.true_size()
    ecg.move_by(60, 0)
    drawn = is_trace(paper(hands, ecg), ecg)
    left, right = round(ecg.origin.x()), round(ecg.origin.x() + 11.5 * ecg.scale)
    zero = round(ecg.origin.y() + ecg.page.rows_mm[0] * ecg.scale)
    box = drawn[zero - 60 : zero + 3, left:right]
    ys, _ = np.nonzero(box)
    assert ys.max() - ys.min() == pytest.approx(10 * 5, abs=2)
    top = np.flatnonzero(box[ys.min()] | box[ys.min() + 1])
    assert top.max() - top.min() == pytest.approx(5 * 5, abs=2)


def words(view):
    corners = view.corners()
    return " ".join(corners.bottom_left + corners.notice)


def test_speed_gain_and_filters_are_always_written_and_zoom_is_owned_up_to(ecg, qtbot):
    calibrate(ecg.screen(), 5.0)
    qtbot.keyClick(ecg, Qt.Key.Key_O)
    assert "25 mm/s" in words(ecg)
    assert "10 mm/mV" in words(ecg)
    assert "unfiltered" in words(ecg)
    assert "true size" in words(ecg)
    assert "not true" not in words(ecg)
    qtbot.keyClick(ecg, Qt.Key.Key_Plus)
    assert "zoomed 125 %: not true size" in words(ecg)
    for key, text in (("D", "50 mm/s"), ("S", "25 mm/s"), ("K", "20 mm/mV"), ("G", "5 mm/mV")):
        qtbot.keyClick(ecg, key)
        assert text in words(ecg)


def test_a_monitor_without_a_believable_size_is_said_to_be_unknown(ecg):
    calibrate(ecg.screen(), 5.0)
    assert pixels_per_mm(ecg.screen()) == (5.0, True)
    assert pixels_per_mm(None) == (pytest.approx(96 / 25.4), False)
    calibrate(ecg.screen(), None)
    assert pixels_per_mm(ecg.screen())[0] == pytest.approx(ecg.screen().physicalDotsPerInch() / 25.4)


def test_calibrating_by_hand_makes_true_size_true(ecg, qtbot):
    from viewer.ui.views.calibration import CARD_MM, CalibrationDialog

    dialog = CalibrationDialog(ecg)
    qtbot.addWidget(dialog)
    dialog.show()
    dialog.activateWindow()
    qtbot.waitUntil(dialog.isActiveWindow)
    dialog.slider.setValue(450)
    qtbot.keyClick(dialog.slider, Qt.Key.Key_Right)
    assert dialog.bar.length == pytest.approx(4.51 * CARD_MM)
    qtbot.keyClick(dialog, Qt.Key.Key_Return)
    assert pixels_per_mm(ecg.screen())[0] == pytest.approx(4.51)


def test_layouts_put_leads_where_they_belong(ecg, qtbot):
    order = {}
    for key, layout in (
        (Qt.Key.Key_T, "3x4"),
        (Qt.Key.Key_S, "6x2"),
        (Qt.Key.Key_O, "12x1"),
        (Qt.Key.Key_C, "cabrera"),
    ):
        qtbot.keyClick(ecg, key, Qt.KeyboardModifier.ShiftModifier)
        assert ecg.layout_name == layout
        order[layout] = [s.name for s in ecg.page.strips]
    assert order["3x4"] == [*TWELVE_LEADS, "II"]
    assert order["12x1"] == list(TWELVE_LEADS)
    assert order["cabrera"][:6] == ["aVL", "I", "-aVR", "II", "aVF", "III"]
    inverted = next(s for s in ecg.page.strips if s.name == "-aVR")
    assert inverted.sign == -1
    ecg.set_layout("3x4")
    assert [s.offset_s for s in ecg.page.strips[::3]] == [0, 2.5, 5, 7.5, 0]
    assert ecg.page.strips[-1].seconds == 10  # the rhythm strip


def test_minus_avr_is_drawn_upside_down(shown, hands):
    view = shown(hands.recording(twelve(amplitude=-1.0), RATE, TWELVE_LEADS), 1400, 900)
    view.set_layout("cabrera")
    strip = strip_of(view, "-aVR")
    assert view.y_of(strip, -1.0) < view.y_of(strip, 0.0)


def test_missing_leads_keep_their_place_and_are_named(shown, hands):
    view = shown(hands.recording(twelve()[:8], RATE, TWELVE_LEADS[:8]), 1200, 800)
    assert view.layout_name == "3x4"
    assert "Not recorded: V3, V4, V5, V6" in words(view)
    assert strip_of(view, "V5").channel is None


def test_a_few_channels_stand_one_below_another_whatever_they_are_called(shown, hands):
    view = shown(hands.recording(twelve()[:3], RATE, ("ECG 1", "II", "ECG 2"), ("mV", "uV", "")), 1200, 800)
    assert view.layout_name == "12x1"
    assert [s.name for s in view.page.strips] == ["II", "ECG 1", "ECG 2"]
    assert "Not recorded" not in words(view)
    assert "Amplitude scale unknown: ECG 2" in words(view)
    assert view.mm_per_unit(1) == pytest.approx(0.01)  # 10 mm/mV for a channel in µV


def test_a_lead_with_a_large_offset_is_brought_back_to_the_paper_and_named(shown, hands):
    samples = twelve()
    samples[1] += 150.0  # an amplifier's offset of 150 mV
    samples[2] += 0.5
    view = shown(hands.recording(samples, RATE, TWELVE_LEADS), 1200, 800)
    assert "Offset taken away: II" in words(view)
    strip = strip_of(view, "II")
    assert view.y_of(strip, 150.0) == pytest.approx(view.origin.y() + strip.y_mm * view.scale)
    assert view.offset(2) == 0.0  # half a millivolt stays: it may be an ST segment's


@pytest.mark.parametrize(("seconds", "offsets"), [(10.0, [0, 2.5, 5, 7.5]), (6.0, [0, 2.5, 3.5, 3.5]), (2.5, [0] * 4)])
def test_no_column_of_a_short_recording_stays_empty(shown, hands, seconds, offsets):
    view = shown(hands.recording(twelve(seconds=seconds), RATE, TWELVE_LEADS), 1200, 800)
    assert [s.offset_s for s in view.page.strips[:12:3]] == pytest.approx(offsets)
    assert ("columns overlap in time" in words(view)) == (seconds < 10)


def test_e_goes_from_finding_to_finding(shown, hands, qtbot):
    view = shown(hands.recording(np.tile(beats(60.0), (2, 1)), RATE, ("II", "V5")), 1200, 800)
    spans = tuple(Span(None, start, start + 1, 0.9) for start in (12.0, 30.0, 44.0))
    view.set_reading(hands.a_reading(Kind.ECG_TRACE, (Finding("AF", 0.8, 0.3, spans=spans), Finding("SB", 0.1, 0.3))))
    view.set_label("AF")
    starts = []
    for key, modifier in (("E", ""), ("E", ""), ("E", ""), ("E", "Shift")):
        shift = Qt.KeyboardModifier.ShiftModifier if modifier else Qt.KeyboardModifier.NoModifier
        qtbot.keyClick(view, key, shift)
        starts.append(view.start_s)
    assert starts == pytest.approx([t - 10 / 3 for t in (12, 30, 44, 30)])


def test_the_value_under_the_pointer_and_the_pointers_shape(ecg, hands, qtbot):
    ecg.set_layout("12x1")
    strip = strip_of(ecg, "V4")
    qtbot.mouseMove(ecg, pos=QPointF(ecg.x_of(strip, 1.5), ecg.y_of(strip, 0.8)).toPoint())
    lead, time_s, _, value, unit = ecg.hover_words().split()
    assert (lead, unit) == ("V4", "mV")
    assert float(time_s) == pytest.approx(1.5, abs=0.01)
    assert float(value) == pytest.approx(1.0, abs=0.3)
    assert ecg.hover_words() in words(ecg)
    assert ecg.cursor().shape() == Qt.CursorShape.OpenHandCursor
    qtbot.keyClick(ecg, Qt.Key.Key_C)
    assert ecg.cursor().shape() == Qt.CursorShape.CrossCursor


def test_a_gap_stays_a_gap(shown, hands):
    samples = twelve()
    samples[:, 1000:1500] = np.nan  # 2 s to 3 s
    view = shown(hands.recording(samples, RATE, TWELVE_LEADS), 1400, 900)
    view.set_dark(False)
    view.set_layout("12x1")
    strip = strip_of(view, "V1")
    drawn = is_trace(paper(hands, view), view)
    zero = round(view.origin.y() + strip.y_mm * view.scale)

    def line(start, end):
        return drawn[zero - 2 : zero + 3, round(view.x_of(strip, start)) : round(view.x_of(strip, end))].any(0)

    assert not line(2.03, 2.97).any()
    assert line(1.6, 1.97).all()
    assert line(3.03, 3.4).all()


@pytest.mark.parametrize("dark", [True, False])
def test_the_heat_band_lies_over_its_seconds_in_every_lead(ecg, hands, dark):
    ecg.set_dark(dark)
    plain = paper(hands, ecg).astype(int)
    values = np.zeros(10, np.float32)
    values[3] = 4.0  # 3 s to 4 s
    finding = Finding("AF", 0.8, 0.3, spans=(Span(None, 6.0, 7.0, 0.9),))
    ecg.set_reading(hands.a_reading(Kind.ECG_TRACE, (finding,), (HeatMap("AF", values, start_s=0, end_s=10),)))
    ecg.set_label("AF")
    change = np.abs(paper(hands, ecg).astype(int) - plain).sum(2)

    def around(name, second, column=0, up=3.0):
        strip = strip_of(ecg, name, column)
        x, y = round(ecg.x_of(strip, second)), round(ecg.origin.y() + (strip.y_mm + up) * ecg.scale)
        return change[y - 3 : y + 3, x - 3 : x + 3].mean()

    for name, column in (("aVR", 0), ("II", 1)):
        assert around(name, 3.5, column) > 40
    for name, second, column in (("aVR", 4.9, 0), ("II", 1.0, 1), ("II", 9.0, 1), ("I", 1.0, 0)):
        assert around(name, second, column) == 0
    ecg.set_overlays_visible(False)
    np.testing.assert_array_equal(paper(hands, ecg), plain)


def test_calipers_snap_to_the_peaks_and_march_out(ecg, hands, qtbot):
    ecg.set_layout("12x1")
    qtbot.keyClick(ecg, Qt.Key.Key_C)
    strip = strip_of(ecg, "V2")
    a = QPointF(ecg.x_of(strip, 1.5) + 3, ecg.y_of(strip, 1.0) + 4)
    b = QPointF(ecg.x_of(strip, 2.5) - 4, ecg.y_of(strip, 1.0) + 2)
    hands.drag(qtbot, ecg, a, b)
    caliper = ecg.caliper
    assert (caliper.start_s, caliper.end_s) == (1.5, 2.5)
    assert caliper.words() == "1000 ms   60/min   0.00 mV"
    np.testing.assert_allclose(caliper.marches(0, 10), np.arange(0.5, 10, 1.0))
    before = hands.rgb(ecg.picture())
    qtbot.keyClick(ecg, Qt.Key.Key_M)
    after = hands.rgb(ecg.picture())
    changed = np.abs(after.astype(int) - before).sum(2).any(0)
    other = strip_of(ecg, "I")
    assert changed[round(ecg.x_of(other, 6.5)) - 1 : round(ecg.x_of(other, 6.5)) + 2].any()
    assert not changed[round(ecg.x_of(other, 6.2)) - 3 : round(ecg.x_of(other, 6.8)) - 40].any()


def test_an_end_of_the_caliper_is_moved_by_drag_and_by_keys(ecg, hands, qtbot):
    ecg.set_layout("12x1")
    qtbot.keyClick(ecg, Qt.Key.Key_C)
    strip = strip_of(ecg, "II")
    y = ecg.y_of(strip, 1.0) + 3
    hands.drag(qtbot, ecg, QPointF(ecg.x_of(strip, 1.5), y), QPointF(ecg.x_of(strip, 2.5), y))
    hands.drag(qtbot, ecg, QPointF(ecg.x_of(strip, 2.5), y), QPointF(ecg.x_of(strip, 3.5), y))
    assert (ecg.caliper.start_s, ecg.caliper.end_s) == (1.5, 3.5)
    qtbot.keyClick(ecg, Qt.Key.Key_Right, Qt.KeyboardModifier.ControlModifier)
    assert ecg.caliper.end_s == pytest.approx(3.5 + 1 / RATE)
    assert ecg.caliper.end_value == pytest.approx(0.9, abs=1e-4)  # 2 ms down a flank of 1 mV in 20 ms
    qtbot.keyClick(ecg, Qt.Key.Key_Escape)
    assert ecg.caliper is None


def test_without_snapping_a_caliper_stays_where_it_is_put(ecg, hands, qtbot):
    ecg.set_layout("12x1")
    qtbot.keyClick(ecg, Qt.Key.Key_C)
    qtbot.keyClick(ecg, Qt.Key.Key_N)
    strip = strip_of(ecg, "II")
    at = QPointF(round(ecg.x_of(strip, 1.5)) + 8, ecg.y_of(strip, 0.5))
    hands.drag(qtbot, ecg, at, at + QPointF(100, 0))
    assert ecg.caliper.start_s == pytest.approx(1.5 + 8 / ecg.scale / 25, abs=0.005)


def test_marking_a_span_gives_seconds(ecg, hands, qtbot):
    qtbot.keyClick(ecg, Qt.Key.Key_B)
    strip = strip_of(ecg, "II", 1)
    y = ecg.y_of(strip, 0.0)
    with qtbot.waitSignal(ecg.region_marked) as caught:
        hands.drag(qtbot, ecg, QPointF(ecg.x_of(strip, 7.0), y), QPointF(ecg.x_of(strip, 4.0), y))
    region = caught.args[0]
    assert (region.start_s, region.end_s) == (pytest.approx(4.0, abs=0.01), pytest.approx(7.0, abs=0.01))


def test_filters_work_in_the_background_and_say_that_they_are_on(shown, hands, qtbot):
    t = np.arange(5000) / RATE
    slow, mains = np.sin(2 * np.pi * 5 * t), 0.5 * np.sin(2 * np.pi * 50 * t)
    samples = np.stack([slow + mains + 2.0] * 12).astype(np.float32)
    samples[:, 4000:4100] = np.nan
    view = shown(hands.recording(samples, RATE, TWELVE_LEADS), 1200, 800)
    view.named["notch-50"].trigger()
    view.named["high-0.5"].trigger()
    qtbot.waitUntil(lambda: not view.filtering, timeout=20_000)
    assert "Filter > 0.5 Hz, notch 50 Hz" in words(view)
    shown_values = view.values(3, 0, 5000)
    assert np.isnan(shown_values[4000:4100]).all()
    middle = shown_values[1000:3000]
    assert np.abs(middle - slow[1000:3000]).max() < 0.05  # mains and offset gone, the signal unmoved in time
    view.named["notch-0"].trigger()
    view.named["high-0"].trigger()
    assert "unfiltered" in words(view)
    np.testing.assert_array_equal(view.values(3, 0, 100), samples[3, :100])


def test_low_pass_40_hz_takes_half_at_its_corner_and_a_low_rate_forbids_it(hands):
    from viewer.ui.views.filters import apply, possible

    t = np.arange(10_000) / 1000.0
    for frequency, gain in ((5, 1.0), (40, 0.5), (160, 0.0)):
        out = apply(np.sin(2 * np.pi * frequency * t)[None], 1000.0, Filters(low_pass_hz=40))
        assert np.abs(out[0, 3000:7000]).max() == pytest.approx(gain, abs=0.02)
    assert possible(Filters(0.5, 150, 50), 100.0) == Filters(0.5, 0, 0)


def test_a_long_record_is_paged_through(shown, hands, qtbot):
    samples = np.tile(beats(60.0), (2, 1))
    view = shown(hands.recording(samples, RATE, ("II", "V5")), 1200, 800)
    qtbot.waitUntil(lambda: bool(view.envelope.lows))
    qtbot.keyClick(view, Qt.Key.Key_PageDown)
    assert view.start_s == 10
    assert "10 s to 20 s of 1:00" in words(view)
    qtbot.keyClick(view, Qt.Key.Key_End)
    assert view.start_s == 50
    view.picture()
    bar = view.overview.rect
    qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=QPointF(bar.center()).toPoint())
    assert view.start_s == pytest.approx(25, abs=0.2)
    hands.wheel(view, QPointF(600, 300), -120, Qt.KeyboardModifier.ShiftModifier)
    assert view.start_s == pytest.approx(26, abs=0.2)


def test_a_long_records_page_is_filtered_with_its_surroundings(shown, hands, qtbot, monkeypatch):
    monkeypatch.setattr(filtering, "MOST_SAMPLES", 150_000)
    samples = np.tile(beats(400.0), (2, 1)) + 3
    view = shown(hands.recording(samples, RATE, ("II", "V5")), 1200, 800)
    view.go_to(200)
    view.set_filters(Filters(high_pass_hz=0.5))
    qtbot.waitUntil(lambda: not view.filtering, timeout=20_000)
    first, piece = view.shown_samples(200 * RATE, 210 * RATE)
    assert first == 175 * RATE
    assert piece.samples.shape[1] == 85 * RATE
    assert abs(np.median(view.values(0, 100_000, 105_000))) < 0.1


def test_at_50_mm_a_second_the_paper_is_as_wide_and_half_as_long_in_time(ecg, qtbot):
    width, scale = ecg.page.width_mm, ecg.scale
    qtbot.keyClick(ecg, Qt.Key.Key_D)
    assert ecg.page.width_mm == width
    assert ecg.scale == pytest.approx(scale, rel=0.1)
    assert ecg.page_s == 5
    assert ecg.long
    qtbot.keyClick(ecg, Qt.Key.Key_PageDown)
    assert ecg.start_s == 5
    qtbot.keyClick(ecg, Qt.Key.Key_S)
    assert ecg.start_s == 0


def test_wheel_zooms_the_paper_at_the_cursor_and_f_fits_it(ecg, hands, qtbot):
    strip, at = strip_of(ecg, "aVF"), QPointF(500, 400)
    before = ecg.time_at(strip, at)
    hands.wheel(ecg, at, 240)
    assert ecg.time_at(strip, at) == pytest.approx(before)
    qtbot.keyClick(ecg, Qt.Key.Key_F)
    assert ecg.page.width_mm * ecg.scale <= 1400.5
    assert ecg.origin.x() >= -0.5


def test_state_survives_json(ecg, shown):
    ecg.set_layout("6x2")
    ecg.set_gain(20)
    ecg.set_filters(Filters(0.5, 40, 0))
    ecg.set_tool("caliper")
    ecg.zoom_by(1.5)
    state = json.loads(json.dumps(ecg.view_state()))
    other = shown(ecg.study, 1400, 900)
    other.restore_view_state(state)
    assert other.view_state() == ecg.view_state()
    other.restore_view_state({"layout": 3})
    other.restore_view_state(state | {"zoom": float("nan")})
    assert other.view_state() == ecg.view_state()


def test_actions_have_keys_of_their_own(ecg):
    keys = [k.toString() for a in ecg.actions() for k in a.shortcuts()]
    assert len(keys) == len(set(keys))
    assert not {str(n) for n in range(10)} & set(keys)
    assert all(a.text() and a.toolTip() for a in ecg.actions())


def test_closing_while_filtering_leaves_nothing(hands, qtbot):
    from viewer.ui.views import view_for

    view = view_for(hands.recording(twelve(), RATE, TWELVE_LEADS))
    view.set_filters(Filters(0.5, 40, 50))
    view.deleteLater()
    del view
    QApplication.processEvents()
    assert QThreadPool.globalInstance().waitForDone(20_000)
    QApplication.processEvents()
