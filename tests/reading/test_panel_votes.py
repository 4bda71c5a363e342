"""Which kind a sheet is, by its panels."""

import numpy as np
import pytest

from viewer.reading.emg_picture import sheet_panels, shows_traces
from viewer.reading.identify import votes_for
from viewer.study import Image


@pytest.mark.parametrize(
    ("shares", "told"),
    [((0.9, 0.8), True), ((0.9, 0.1), False), ((0.7, 0.7, 0.1, 0.1, 0.1), True), ((0.7, 0.7, *[0.1] * 5), False)],
)
def test_two_panels_and_a_third_of_all_decide(shares, told):
    assert votes_for(np.array(shares)) is told


def test_small_and_empty_pictures_have_no_panels_to_ask():
    assert sheet_panels(Image(np.full((300, 400), 255, np.uint8))) == []
    assert sheet_panels(Image(np.full((900, 800, 3), 255, np.uint8))) == []


def test_traces_with_waveforms_are_seen_and_a_blank_or_a_page_of_bars_shows_none():
    picture = np.full((300, 400), 255, np.uint8)
    assert not shows_traces(Image(picture.copy()))
    bars = picture.copy()
    for x in range(40, 360, 40):
        bars[300 - x // 2 :, x : x + 20] = 40
    assert not shows_traces(Image(bars.copy()))
    trace = 150.0 - 80 * np.exp(-0.5 * ((np.arange(400) - 200) / 5) ** 2)
    for x in range(1, 400):
        low, high = sorted((round(trace[x - 1]), round(trace[x])))
        picture[low : high + 2, x] = 0
    assert shows_traces(Image(picture))
