"""Divisions of a screen from its grid's lines, dots, crosses and ticks."""

import numpy as np
import pytest

from viewer.reading.divisions import dots_px, grid_px

WIDE, HIGH = 900, 420
FIRST, LAST = 50, 850  # the sweeps' columns


def screen(seed: int = 0) -> np.ndarray:
    """Return a dark screen with a noisy sweep across."""
    rng = np.random.default_rng(seed)
    shown = np.full((HIGH, WIDE), 12, np.uint8)
    rows = 215 + np.rint(rng.normal(0, 3, LAST - FIRST)).astype(int)
    for x, row in zip(range(FIRST, LAST), rows, strict=True):
        shown[row - 2 : row + 3, x] = 230
    return shown


def marked(count: int, mark: str, seed: int = 0) -> np.ndarray:
    """Return a screen with so many divisions across, and marks of 40 rows apart at their corners."""
    shown = screen(seed)
    for x in np.rint(np.linspace(FIRST, LAST, count + 1)).astype(int):
        for y in range(35, HIGH - 30, 40):
            shown[y : y + 1, x : x + 1] = 120
            if mark == "cross":
                shown[y, x - 4 : x + 5], shown[y - 4 : y + 5, x] = 120, 120
            if mark == "dot":
                shown[y : y + 2, x : x + 2] = 90
    return shown


def lined(px: int) -> np.ndarray:
    shown = screen()
    shown[:, FIRST : LAST + 1 : px] = np.maximum(shown[:, FIRST : LAST + 1 : px], 60)
    return shown


@pytest.mark.parametrize("px", [40, 50, 80, 100])
def test_every_line_of_the_grid_counts_not_every_second(px: int) -> None:
    assert grid_px(lined(px), FIRST, LAST) == pytest.approx(px, rel=0.02)


@pytest.mark.parametrize("count", [7, 8, 10, 12, 20])
@pytest.mark.parametrize("mark", ["dot", "cross", "pixel"])
def test_marks_at_the_corners_of_divisions_tell_how_far_apart_they_are(count: int, mark: str) -> None:
    shown = marked(count, mark)
    assert dots_px(shown, FIRST, LAST) == pytest.approx((LAST - FIRST) / count, rel=0.02)
    assert dots_px(np.repeat(255 - shown[:, :, None], 3, 2), FIRST, LAST) == pytest.approx(800 / count, rel=0.02)


def test_where_nothing_marks_divisions_none_are_told() -> None:
    rng = np.random.default_rng(3)
    assert grid_px(screen(), FIRST, LAST) is None
    assert dots_px(screen(), FIRST, LAST) is None
    for seed in range(5):  # dust
        dusty = screen(seed)
        dusty[rng.integers(0, HIGH, 150), rng.integers(0, WIDE, 150)] = 120
        assert dots_px(dusty, FIRST, LAST) is None
    assert dots_px(np.zeros((8, 8), np.uint8), 0, 8) is None
