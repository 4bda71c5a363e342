"""Windows of a recording become one reading; values known by hand."""

import numpy as np
import pytest

from viewer.models.preprocessing import Extent
from viewer.reading.findings import lay_over_time, strongest


def test_each_class_at_its_highest_but_normal_at_its_lowest():
    shares = np.array([[0.1, 0.9], [0.8, 0.2], [0.3, 0.7]])
    assert strongest(shares, ("AF", "Normal")).tolist() == [0.8, 0.2]
    assert strongest(shares, ("PSW", "Others")).tolist() == [0.8, 0.9]


def test_overlapping_windows_keep_the_higher_value():
    maps = np.array([[[1, 2, 3, 4]], [[9, 1, 1, 5]]], np.float32)
    laid, start_s, end_s = lay_over_time(maps, (Extent(start_s=0, end_s=4), Extent(start_s=2, end_s=6)))
    assert (start_s, end_s) == (0, 6)
    assert laid.tolist() == [[1, 2, 9, 4, 1, 5]]


def test_windows_with_a_gap_between_them_leave_it_empty():
    maps = np.ones((2, 1, 2), np.float32)
    laid, _, _ = lay_over_time(maps, (Extent(start_s=0, end_s=2), Extent(start_s=5, end_s=7)))
    assert laid.tolist() == [[1, 1, 0, 0, 0, 1, 1]]


@pytest.mark.parametrize("shift", [0.0, 0.1])
def test_a_last_window_that_ends_with_the_recording_fits(shift):
    maps = np.ones((3, 2, 10), np.float32)
    extents = tuple(Extent(start_s=s, end_s=s + 10) for s in (0, 10, 15 + shift))
    laid, _, end_s = lay_over_time(maps, extents)
    assert laid.shape == (2, round(end_s))
    assert laid.min() == 1
