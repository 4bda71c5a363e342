"""Which kind a sheet is, by its panels."""

import numpy as np
import pytest

from viewer.reading.emg_picture import sheet_panels
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
