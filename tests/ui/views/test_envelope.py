"""A long recording's lows and highs, ready at every zoom, and the bars that are drawn of them."""

import numpy as np
import pytest

from viewer.ui.views.envelope import BASE, Envelope, build


@pytest.mark.parametrize("length", [1, 63, 64, 65, 5000, 300_001])
def test_the_pyramid_holds_every_extremum(length):
    rng = np.random.default_rng(length)
    samples = rng.normal(size=(2, length)).astype(np.float32)
    samples[1, length // 3 : length // 2] = np.nan
    envelope = build(samples)
    for channel in (0, 1):
        for first, last, count in ((0, length, 7), (length * 0.2, length * 0.9, 3), (-length, 2 * length, 9)):
            low, high = envelope.columns(channel, first, last, count)
            each = (last - first) / count
            for i in range(count):
                a, b = int(first + i * each), int(first + (i + 1) * each)
                inner = samples[channel, max(0, a) : max(0, b)]
                inner = inner[np.isfinite(inner)]
                if inner.size:
                    # Nothing inside a part is lost; what is more belongs to at most half a part beside it.
                    assert low[i] <= inner.min()
                    assert high[i] >= inner.max()
    finite = samples[0]
    low, high = envelope.columns(0, 0, length, 1)
    assert (low[0], high[0]) == (finite.min(), finite.max())


def test_a_gap_is_no_extremum_and_a_column_of_gap_is_empty():
    samples = np.ones((1, BASE * 64), np.float32)
    samples[0, BASE * 16 : BASE * 32] = np.nan
    low, high = build(samples).columns(0, 0, samples.shape[1], 4)
    np.testing.assert_array_equal(low, [1, np.nan, 1, 1])
    np.testing.assert_array_equal(high, low)


def test_memory_of_the_pyramid_is_a_small_part_of_the_recording():
    samples = np.zeros((1, 2_000_000), np.float32)
    envelope = build(samples)
    assert sum(a.nbytes for a in (*envelope.lows, *envelope.highs)) < samples.nbytes / 20


def test_before_the_pyramid_is_there_the_whole_is_drawn_from_samples_picked():
    samples = np.zeros((1, 3_000_000), np.float32)
    samples[0, ::1000] = 1
    low, high = Envelope(samples).columns(0, 0, samples.shape[1], 100)
    assert np.isfinite(low).all()
    assert high.max() <= 1


def test_quick_bars_reach_as_far_as_the_smooth_ones_and_stop_at_gaps():
    from PySide6.QtGui import QColor

    from viewer.ui.views.canvas import Canvas

    rng = np.random.default_rng(0)
    middle = 50 + 20 * np.sin(np.arange(200) / 9)
    top, bottom = middle - rng.uniform(1, 25, 200), middle + rng.uniform(1, 25, 200)
    top[80:90] = bottom[80:90] = np.nan
    inked = []
    for draw in ("bars", "_quick_bars"):
        canvas = Canvas(200, 100, 1.0, QColor("white"))
        getattr(canvas, draw)(0, top, bottom, QColor("black"))
        inked.append(canvas.pixels[..., 0] < 128)
    assert not inked[0][:, 80:90].any()
    assert not inked[1][:, 80:90].any()
    for columns in (slice(0, 80), slice(90, 200)):
        for ink in inked:  # nothing is lost, and no more than a pixel is added
            assert (ink[:, columns].argmax(0) <= np.ceil(top[columns])).all()
        np.testing.assert_allclose(inked[0][:, columns].argmax(0), inked[1][:, columns].argmax(0), atol=1)
        np.testing.assert_allclose(inked[0][:, columns].sum(0), inked[1][:, columns].sum(0), atol=2)


@pytest.mark.parametrize("reach", [1.0, 0.1], ids=["all reach far", "a few reach far"])
@pytest.mark.parametrize("rows", [90, 256, 700])
def test_dense_sweeps_fill_each_column_from_its_highest_to_its_lowest_row(rows, reach):
    from PySide6.QtGui import QColor

    from viewer.ui.views.canvas import Canvas

    rng = np.random.default_rng(rows)
    canvas = Canvas(60, rows, 1.0, QColor("black"))
    top, drawn = rng.integers(0, int(rows * reach), 50) + int(rows * (1 - reach) / 2), rng.random(50) < 0.8
    bottom = np.minimum(rows - 1, top + rng.integers(0, int(rows * reach), 50))
    top[0], bottom[0], drawn[0] = 0, rows - 1, True
    top[1], bottom[1], drawn[1] = 0, 2, True  # wholly above the band of the rest
    top[2], bottom[2], drawn[2] = rows - 3, rows - 1, True
    canvas._columns(5, top, bottom, drawn, QColor("white"))
    wanted = np.zeros((rows, 60), bool)
    for column in np.flatnonzero(drawn):
        wanted[top[column] : bottom[column] + 1, 5 + column] = True
    np.testing.assert_array_equal(canvas.pixels[..., 0] > 0, wanted)
