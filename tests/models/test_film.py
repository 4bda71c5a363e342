"""The film preparation: borders off, grey levels spread, the extent tells where the input lies in the picture."""

import numpy as np
import pytest

from viewer.models.preprocessing import prepare
from viewer.models.preprocessing.film import inner_part, spread
from viewer.study import Image, Kind, KindFrom, Source, Study


def study(pixels: np.ndarray) -> Study:
    return Study(Source("film.png", "", "png"), Kind.CHEST_XRAY, KindFrom.FILE, Image(pixels))  # type: ignore[arg-type]


def bordered() -> np.ndarray:
    film = np.zeros((300, 400), np.uint8)
    film[30:280, 50:350] = (60 + np.add.outer(np.arange(250), np.arange(300)) // 5).astype(np.uint8)
    return film


def test_even_borders_are_trimmed_and_the_extent_says_so() -> None:
    assert inner_part(bordered()) == (30, 280, 50, 350)
    made = prepare("film", {"size": 64}, study(bordered()))
    assert made.inputs.shape == (1, 3, 64, 64)
    extent = made.extents[0]
    assert (extent.x, extent.y, extent.w, extent.h) == (50, 30, 300, 250)


def test_exposure_does_not_change_the_input() -> None:
    dark = prepare("film", {"size": 64}, study(bordered() // 2)).inputs
    plain = prepare("film", {"size": 64}, study(bordered())).inputs
    assert float((dark - plain).abs().max()) < 0.05
    assert float(plain.min()) == pytest.approx(-1, abs=0.01)
    assert float(plain.max()) == pytest.approx(1, abs=0.01)


def test_a_blank_picture_is_not_trimmed_away() -> None:
    assert inner_part(np.full((120, 90), 7, np.uint8)) == (0, 120, 0, 90)
    assert spread(np.full((8, 8), 7, np.uint8)).max() <= 255


def test_at_most_three_tenths_go_at_each_end() -> None:
    film = np.zeros((100, 100), np.uint8)
    film[48:52, 48:52] = np.arange(16).reshape(4, 4) * 16
    top, bottom, left, right = inner_part(film)
    assert min(bottom - top, right - left) >= 40
