"""The grid of simulated screens with known pixels a division, and none where there is none."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from training.simulate import emg_screen
from training.simulate.emg.draws import Draw
from training.simulate.emg_artwork import draw_grid, draw_sweep, draw_words
from training.simulate.emg_looks import random_look
from viewer.resources import resources_dir
from viewer.study.grid import find_grid

PLOT = (30, 40, 701, 481)  # 10 x 8 divisions: 70 and 60 px
MS_PER_DIV = 10.0


def screen(grid: str, sweeps: int = 3, jpeg: int | None = None, dark: bool = True, equal: bool = False) -> np.ndarray:
    """Return a screen with a grid of 70 x 60 px, spiky sweeps, words and a panel."""
    ground, trace, lines = (
        ((0, 0, 0), (0, 255, 0), (70, 74, 90)) if dark else ((255,) * 3, (0, 0, 160), (200, 206, 214))
    )
    look = replace(
        random_look(Draw(np.random.default_rng(0))),
        grid=grid,
        divisions=(10, 8),
        ground=ground,
        grid_colour=lines,
        pen=1,
    )
    picture = np.empty((560, 860, 3), np.uint8)
    picture[:] = ground
    picture[:, 760:] = (212, 208, 200)
    draw_words(picture, "100 uV/D 10 ms/D", (40, 12), trace, "plain", 14)
    for row in range(6):
        draw_words(picture, "Store 3", (770, 40 + 60 * row), (0, 0, 0), "plain", 14)
    draw_grid(picture, PLOT, look)
    rng = np.random.default_rng(1)
    for sweep in range(sweeps):
        rows = PLOT[1] + PLOT[3] * (sweep + 0.5) / sweeps + rng.normal(0, 1.5, 4000)
        for at in range(200, 3900, 400) if equal else rng.integers(0, 3900, 5).tolist():
            rows[at : at + 40] -= 60 * np.sin(np.arange(40) / 40 * 2 * np.pi)
        draw_sweep(picture, PLOT, rows, trace, look)
    if jpeg is not None:
        import cv2

        picture = cv2.imdecode(cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, jpeg])[1], cv2.IMREAD_COLOR)
    return picture


@pytest.mark.parametrize("dark", [True, False])
@pytest.mark.parametrize("jpeg", [None, 60])
@pytest.mark.parametrize("grid", ["lines", "dotted lines", "dashes", "paper", "crosses"])
def test_milliseconds_a_pixel_from_the_grid(grid: str, jpeg: int | None, dark: bool) -> None:
    found = find_grid(screen(grid, jpeg=jpeg, dark=dark))
    assert found is not None
    assert MS_PER_DIV / found.across.px == pytest.approx(MS_PER_DIV / 70, rel=0.005)
    offset = (found.across.first_px - PLOT[0]) % 70
    assert min(offset, 70 - offset) < 1.0  # a line lies where the lines are
    if jpeg is None:
        assert found.down.px == pytest.approx(60, rel=0.01)


def test_three_rows_of_dots_go_with_ten_columns() -> None:
    """Four sweeps part a screen by three rows, too few for a lattice of their own: the bundled screen, 90 px by 160."""
    with Image.open(resources_dir() / "samples" / "emg_screen.png") as picture:
        found = find_grid(np.asarray(picture.convert("RGB")))
    assert found.across.px == pytest.approx(90, rel=0.005)
    assert found.across.lines >= 8
    assert found.down.px == pytest.approx(160, rel=0.015)
    assert found.down.lines == 3


def test_dots_at_the_divisions_alone() -> None:
    assert find_grid(screen("dots")).across.px == pytest.approx(70, rel=0.005)


@pytest.mark.parametrize("sweeps", [1, 4, 8])
@pytest.mark.parametrize("grid", ["none", "axes"])
def test_sweeps_at_equal_distances_and_a_regular_train_are_no_grid(grid: str, sweeps: int) -> None:
    assert find_grid(screen(grid, sweeps, equal=sweeps == 1)) is None


def test_other_pictures_have_no_grid() -> None:
    rng = np.random.default_rng(2)
    assert find_grid(np.zeros((300, 400), np.uint8)) is None
    assert find_grid(rng.integers(0, 255, (300, 400, 3)).astype(np.uint8)) is None
    assert find_grid(np.tile(np.linspace(0, 255, 400).astype(np.uint8), (300, 1))) is None
    assert find_grid(np.zeros((10, 10, 3), np.uint8)) is None


def test_what_is_found_on_simulated_screens_is_right(monkeypatch: pytest.MonkeyPatch) -> None:
    """On screens of all looks, JPEG, scaled and blurred: a distance that is given is the true one, and often one is."""
    seen: dict = {}
    layout, degrade = emg_screen.layout_panels, emg_screen.degrade

    def watch_layout(draw, picture, look, settings):
        seen["plot"], seen["look"] = layout(draw, picture, look, settings), look
        return seen["plot"]

    def watch_degrade(draw, picture, crop):
        picture, seen["matrix"] = degrade(draw, picture, crop)
        return picture, seen["matrix"]

    monkeypatch.setattr(emg_screen, "layout_panels", watch_layout)
    monkeypatch.setattr(emg_screen, "degrade", watch_degrade)
    right = wrong = missed = 0
    for seed in range(500, 530):
        picture, truth = emg_screen.render_screen(np.random.default_rng(seed), cut_out=False)
        photographed = np.abs(seen["matrix"][2, :2]).sum() > 1e-9
        if picture.shape[1] > 1000 or photographed:
            continue
        found = find_grid(picture)
        divisions = seen["look"].divisions[0]
        true_ms_per_px = truth.ms_per_div / ((seen["plot"][2] - 1) / divisions * seen["matrix"][0, 0])
        if found is None:
            missed += truth.grid not in ("none", "axes", "rows", "ticks")
        elif truth.ms_per_div / found.across.px == pytest.approx(true_ms_per_px, rel=0.01):
            right += 1
        else:
            wrong += 1
    assert right >= 2
    assert right >= 0.45 * (right + missed)
    assert wrong <= 1
