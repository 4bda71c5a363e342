"""Boxes and spans cut from maps whose shapes are known."""

import numpy as np
import pytest

from viewer.models.preprocessing import Extent
from viewer.reading.boxes import boxes_from_map, choose_box, spans_from_map
from viewer.reading.values import Box

WHOLE = Extent(0, 0, 320, 320)


def blob(values, row, column, height, width, level):
    values[row : row + height, column : column + width] = level


def test_a_square_is_boxed_where_it_is():
    values = np.zeros((32, 32), np.float32)
    blob(values, 4, 10, 8, 6, 2.0)
    (box,) = boxes_from_map(values, WHOLE, (320, 320))
    assert (box.x, box.y) == pytest.approx((100, 40), abs=5)
    assert (box.w, box.h) == pytest.approx((60, 80), abs=10)
    assert 0.8 < box.score <= 1


def test_of_all_shapes_the_five_nearest_in_size_then_the_strongest():
    near = [Box(0, 0, 50 + i, 50, 0.5 + 0.01 * i) for i in range(5)]
    strong_but_far = Box(0, 0, 300, 300, 0.99)
    strong_but_sixth = Box(0, 0, 70, 50, 0.98)
    (chosen,) = choose_box([strong_but_far, strong_but_sixth, *near], (50, 50))
    assert chosen is near[4]


def test_mean_size_decides_between_a_large_and_five_small_shapes():
    values = np.zeros((40, 40), np.float32)
    blob(values, 20, 4, 16, 32, 1.0)
    for column in range(2, 38, 7):
        blob(values, 4, column, 3, 3, 0.8)
    (small,) = boxes_from_map(values, WHOLE, (320, 320), mean_box=(24 / 320, 24 / 320))
    assert small.y < 80
    assert small.w < 40
    (large,) = boxes_from_map(values[14:], Extent(0, 112, 320, 208), (320, 320), mean_box=(0.8, 0.4))
    assert large.w > 200


def test_boxes_are_cut_to_the_picture_where_the_input_was_padded():
    values = np.zeros((32, 32), np.float32)
    blob(values, 0, 8, 8, 8, 1.0)
    boxes = boxes_from_map(values, Extent(0, -80, 320, 320), (160, 320))
    assert boxes == ()
    blob(values, 6, 8, 4, 8, 1.0)
    (box,) = boxes_from_map(values, Extent(0, -80, 320, 320), (160, 320))
    assert box.y == 0
    assert box.h < 40


@pytest.mark.parametrize("values", [np.zeros((8, 8)), np.full((8, 8), np.nan)])
def test_an_empty_map_has_no_boxes(values):
    assert boxes_from_map(values.astype(np.float32), WHOLE, (320, 320)) == ()


def test_spans_are_in_seconds_and_end_with_the_recording():
    values = np.array([0, 0, 1.0, 0.8, 0, 0, 0.2, 0, 0.6, 0.9], np.float32)
    first, second = spans_from_map(values, -1.0, 9.0, 8.5)
    assert (first.start_s, first.end_s, first.channel) == (1.0, 3.0, None)
    assert first.score == pytest.approx(0.9)
    assert (second.start_s, second.end_s) == (7.0, 8.5)
