"""The time scale that is read off a screen: from words that are known, and from pictures with the shipped network."""

import numpy as np
import pytest

from training.simulate.emg_artwork import draw_words
from viewer.formats import open_study
from viewer.models.bundle import load_bundle
from viewer.reading.engine import Engine
from viewer.reading.lines import Line, find_lines
from viewer.reading.scale import find_scale, read_scale, read_scales, screen_words
from viewer.reading.waveforms import Found, Panel, look
from viewer.reading.writing import Words, certain, plain, read_words
from viewer.resources import resources_dir
from viewer.study import Region

SAMPLE = resources_dir() / "samples" / "emg_screen.png"
PX_PER_MS = 9.0  # of the sample: 900 pixels for ten divisions of 10 ms
WIDE, TALL = 900, 500


@pytest.fixture(scope="module")
def models():
    """The one that finds lines, and the one that reads them."""
    return [load_bundle(resources_dir() / "models" / name) for name in ("screen-lines", "screen-words")]


def paper(grid_px: int = 0) -> np.ndarray:
    page = np.full((TALL, WIDE, 3), 255, np.uint8)
    if grid_px:
        page[:, 50 : WIDE - 49 : grid_px] = 205
    rows = 250 + np.round(2 * np.random.default_rng(1).normal(size=800)).astype(int)
    for step in (-1, 0, 1):
        page[rows + step, np.arange(50, 850)] = 0
    return page


def words(*told: tuple[str, float, float]) -> list[Words]:
    return [Words(Line(x, y, 8.0 * len(text), 14.0), text) for text, x, y in told]


def scale_of(told: list[Words], page: np.ndarray, sweeps=(50.0, 850.0)):
    return find_scale(told, look(page), sweeps)


@pytest.mark.parametrize(
    ("text", "ms"),
    [
        ("10 ms/d", 10),
        ("100 uv/div 5ms/div 20 hz-10 khz", 5),
        ("sweep: 20 ms", 20),
        ("gain 50 uv time: 2,5 msec/div", 2.5),
        ("io ms/d", 10),
        ("0.1 s/div", 100),
        ("10ms 200uv", 10),
        ("30 uv, 5 ms, lff 2 hz", 5),
        ("time: 10 ms/cm", 10),
        ("20 ms / division", 20),
        ("5 msc/div", 5),  # a letter lost on a photograph
        ("time/div: 200 ms", 200),
    ],
)
def test_a_division_is_a_tenth_of_the_sweeps_where_there_is_no_grid(text, ms):
    scale = scale_of(words((text, 60, 10)), paper())
    assert (scale.by, scale.ms) == ("width", ms)
    assert scale.px_per_ms == pytest.approx(80 / ms)


@pytest.mark.parametrize(
    ("text", "ms"),
    [
        ("analysis time 160 ms", 160),
        ("analysis time 50ms", 50),
        ("sweep = 100ms 0.1mv/div", 100),
        ("200 ms sweep", 200),
        ("sweep time: 100 ms 500 uv/div", 100),
    ],
)
def test_a_time_too_long_for_a_division_or_called_so_is_the_whole_sweep_s(text, ms):
    scale = scale_of(words((text, 60, 10)), paper())
    assert (scale.by, scale.ms) == ("sweep", ms)
    assert scale.px_per_ms == pytest.approx(800 / ms)


def test_a_division_and_the_whole_sweep_tell_how_many_divisions_there_are():
    scale = scale_of(words(("20 ms/div", 60, 10), ("sweep 160 ms", 500, 10)), paper())
    assert scale.px_per_ms == pytest.approx(800 / 160)


def test_a_scale_that_no_screen_has_is_not_believed():
    ticks = [(f"{n}000", 50 + 80 * n, 470) for n in range(1, 9)]
    assert scale_of(words(*ticks, ("t [s]", 420, 486)), paper()) is None


def test_each_panel_of_a_sheet_has_the_scale_that_stands_at_it():
    panels = Panel(50, 60, 400, 150, 2), Panel(50, 260, 400, 150, 2), Panel(520, 60, 300, 150, 2)
    numbers = [(f"{20 * n}", 50 + 100 * n - 8, 416) for n in range(5)]  # under the second
    told = words(
        ("left tibialis 10 ms/d", 60, 40), *numbers, ("time (ms)", 200, 432), ("analysis time 150 ms", 530, 216)
    )
    first, second, third = read_scales(told, look(paper()), Found(panels))
    assert first.px_per_ms == pytest.approx(4)
    assert (second.by, second.px_per_ms) == ("axis", pytest.approx(5, rel=0.01))
    assert third.px_per_ms == pytest.approx(2)


def test_what_a_page_says_once_holds_of_all_its_panels():
    panels = Panel(50, 160, 400, 100, 2), Panel(50, 360, 400, 100, 2)
    scales = read_scales(words(("sweep 5 ms/div", 60, 5)), look(paper()), Found(panels))
    assert [s.px_per_ms for s in scales] == [pytest.approx(8)] * 2


def test_a_time_that_may_be_either_tells_nothing():
    assert scale_of(words(("sweep 50 ms", 60, 10)), paper()) is None
    assert scale_of(words(("50 ms 100 uv", 60, 10)), paper()) is None


def test_a_division_is_what_the_grid_says():
    scale = scale_of(words(("5 ms/div", 60, 10)), paper(grid_px=50))
    assert scale.by == "grid"
    assert scale.px_per_ms == pytest.approx(10, rel=0.02)


def test_a_division_is_what_dots_at_its_corners_say():
    page = paper()
    for x in range(50, WIDE - 49, 100):
        page[30:380:50, x : x + 2] = 150
    scale = scale_of(words(("10 ms/div", 60, 10)), page)
    assert scale.by == "grid"
    assert scale.px_per_ms == pytest.approx(10, rel=0.02)


def test_a_bar_is_as_long_as_the_words_at_it_say():
    page = paper()
    page[440:443, 600:700] = 0
    page[380:443, 699:702] = 0
    scale = scale_of(words(("20 ms", 630, 447), ("50 uv", 706, 400)), page)
    assert (scale.by, scale.ms) == ("bar", 20)
    assert scale.px_per_ms == pytest.approx(5, rel=0.04)


def test_a_stroke_that_the_settings_contradict_is_no_bar():
    """A button that says 5 ms, with a line under it that would make the sweep eight times as long as it is set."""
    page = paper()
    page[440:443, 600:650] = 0
    button, setting = ("5 ms", 610, 447), ("sweep 5 ms/div", 60, 10)
    assert scale_of(words(button), page).px_per_ms == pytest.approx(10, rel=0.05)
    assert scale_of(words(button, setting), page).by == "bar"  # 10 for 16: sweeps of sixteen divisions
    page[440:443, 600:650] = 255
    page[440:443, 620:640] = 0
    assert scale_of(words(button, setting), page).by == "width"


def test_a_frame_round_words_is_no_bar():
    page = paper()
    page[[430, 460], 600:700] = 0
    page[430:460, [600, 699]] = 0
    assert scale_of(words(("20 ms", 620, 437)), page) is None


def test_a_cursor_s_time_over_a_line_is_no_bar():
    page = paper()
    page[440:443, 600:700] = 0
    assert scale_of(words(("17.3 ms", 630, 447)), page) is None


def test_two_panels_with_speeds_of_their_own_tell_nothing():
    assert scale_of(words(("10 ms/div", 60, 10), ("50 ms/div", 500, 10)), paper()) is None
    assert scale_of(words(("10 ms/div", 60, 10), ("10 ms/d", 500, 10)), paper()).ms == 10


def test_of_two_readings_of_one_line_the_surer_counts():
    surer = Words(Line(60, 10, 80, 14), "50 ms/div", 0.95)
    other = Words(Line(62, 9, 84, 16), "30 ms/ d", 0.6)
    for told in ([surer, other], [other, surer]):
        assert scale_of(told, paper()).ms == 50
    assert scale_of([surer, Words(Line(500, 10, 80, 14), "30 ms/d", 0.6)], paper()) is None


def test_an_axis_with_numbers_tells_the_scale():
    ticks = [(str(value), 50 + 160 * value / 20 - 4 * len(str(value)), 470.0) for value in (0, 20, 40, 60, 80, 100)]
    scale = scale_of(words(*ticks, ("time (ms)", 420, 486)), paper())
    assert scale.by == "axis"
    assert scale.px_per_ms == pytest.approx(8, rel=0.01)
    seconds = [
        (f"{value / 1000:g}", x + 4 * len(str(value)) - 4 * len(f"{value / 1000:g}"), y)
        for (_, x, y), value in zip(ticks, (0, 20, 40, 60, 80, 100), strict=True)
    ]
    assert scale_of(words(*seconds, ("t [s]", 420, 486)), paper()).px_per_ms == pytest.approx(8, rel=0.03)


def test_numbers_without_a_unit_of_time_or_off_the_line_tell_nothing():
    even = [(str(v), 50.0 + 8 * v, 470.0) for v in (0, 20, 40, 60)]
    assert scale_of(words(*even), paper()) is None
    uneven = [("0", 50.0, 470.0), ("20", 380.0, 470.0), ("40", 420.0, 470.0), ("60", 800.0, 470.0)]
    assert scale_of(words(*uneven, ("ms", 420, 486)), paper()) is None


@pytest.mark.parametrize(
    "text",
    ["20 hz-10 khz", "100 uv/d", "delay 10 ms", "12:41:07", "bars: 100 ms, 50 uv", "100 ms", "100 uv 200 ms", ""],
)
def test_other_words_tell_nothing(text):
    assert scale_of(words((text, 60, 10)) if text else [], paper()) is None


@pytest.mark.parametrize("font", ["sans", "mono", "serif", "simplex"])
@pytest.mark.parametrize(("ground", "ink"), [((255, 255, 255), (0, 0, 0)), ((10, 20, 60), (250, 220, 90))])
def test_settings_are_read(models, font, ground, ink):
    page = np.empty((200, 700, 3), np.uint8)
    page[:] = ground
    draw_words(page, "100 uV/D  10 ms/D", (30, 60), ink, font, 18)
    text = " ".join(
        w.text for w in sorted(read_words(models[1], find_lines(models[0], page), 20), key=lambda w: w.line.x)
    )
    assert "10 ms/d" in text


def test_where_there_are_no_words_none_are_read(models):
    assert read_words(models[1], find_lines(models[0], np.zeros((60, 80), np.uint8)), 20) == []
    assert find_lines(models[0], np.zeros((60, 80), np.uint8)).lines == []
    noise = np.random.default_rng(3).integers(0, 255, (300, 400, 3)).astype(np.uint8)
    assert not any("ms" in w.text for w in read_words(models[1], find_lines(models[0], noise), 20))


def test_what_is_not_read_for_certain_tells_nothing_and_hides_nothing_beside_it():
    assert certain("sens 50 uv 10 ms/d", (0.2,) * 7 + (0.9,) * 11, 0.35) == "???? ??" + " uv 10 ms/d"
    assert scale_of(words(("???? ?? uv 10 ms/d", 60, 10)), paper()).ms == 10
    for text in ("?0 ms/d", "1? ms/d", "?.5 ms/d", "?15 ms/d", "10 ?s/d"):
        assert scale_of(words((text, 60, 10)), paper()) is None


def test_small_letters_plain_marks():
    assert plain("  50 µV/Div – Tib. ant. li ") == "50 uv/div - tib. ant. li"


def test_the_sample_tells_its_scale_and_a_region_keeps_it(models):
    study = open_study(SAMPLE)
    found = look(study.image.pixels)
    panels = Found((Panel(24, 56, 900, 640, 4),))
    told = screen_words(models[1], find_lines(models[0], found.fine))
    assert read_scale(told, found, panels).px_per_ms == pytest.approx(PX_PER_MS, rel=0.03)
    engine = Engine("cpu")
    for region in (None, Region(x=200, y=60, w=400, h=300)):
        notes = {note.code: note.message for note in engine.read(study, region=region).warnings}
        assert "10 ms a division" in notes["scale-read"]
        assert "scale-unknown" not in notes
