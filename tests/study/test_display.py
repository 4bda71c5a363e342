"""What is shown for a stored value, by the formulas of DICOM PS3.3 C.11.2 and the order of PS3.4 N.2."""

import numpy as np
import pytest

from viewer.study import DisplayWindow, Image, ToneTable
from viewer.study.display import apply_window, default_window, display_table, grey8

VALUES = np.array([-2000, -10, 0, 39, 40, 41, 239, 240, 241, 500, 4000], np.int16)


def linear(x, center, width):
    """PS3.3 C.11.2.1.2.1, word by word."""
    if x <= center - 0.5 - (width - 1) / 2:
        return 0.0
    if x > center - 0.5 + (width - 1) / 2:
        return 1.0
    return (x - (center - 0.5)) / (width - 1) + 0.5


def linear_exact(x, center, width):
    """PS3.3 C.11.2.1.3.2."""
    if x <= center - width / 2:
        return 0.0
    if x > center + width / 2:
        return 1.0
    return (x - center) / width + 0.5


def sigmoid(x, center, width):
    """PS3.3 C.11.2.1.3.1."""
    return 1 / (1 + np.exp(min(-4 * (x - center) / width, 700)))


@pytest.mark.parametrize(
    ("function", "formula"), [("LINEAR", linear), ("LINEAR_EXACT", linear_exact), ("SIGMOID", sigmoid)]
)
@pytest.mark.parametrize(("center", "width"), [(40, 400), (2047.5, 4096), (0, 100), (128, 2)])
def test_windows_follow_the_standard(function, formula, center, width):
    shown = apply_window(VALUES.astype(float), DisplayWindow(center, width, function))
    assert shown == pytest.approx([formula(float(x), center, width) for x in VALUES], abs=1e-6)


def test_the_standards_own_example():
    """PS3.3 C.11.2.1.2.1: centre 2048, width 4096 maps 0 to the minimum and 4095 to the maximum."""
    shown = apply_window(np.array([0.0, 4095.0]), DisplayWindow(2048, 4096))
    assert shown.tolist() == [0.0, 1.0]


def test_width_one_is_a_threshold_at_the_centre():
    shown = apply_window(np.array([9.0, 9.4, 9.6, 11.0]), DisplayWindow(10, 1))
    assert shown[0] == 0.0
    assert shown[-1] == 1.0


def test_windows_mean_modality_values():
    image = Image(np.array([[0, 1024, 1064]], np.uint16), 12, slope=1, intercept=-1024)
    assert grey8(image, DisplayWindow(40, 81, "LINEAR_EXACT")).tolist() == [[0, 2, 128]]


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int16, np.int32, np.float32])
def test_every_type_shows_the_same_grey(dtype):
    pixels = np.array([[0, 50, 100, 127]], dtype)
    assert grey8(Image(pixels), DisplayWindow(63.5, 127, "LINEAR_EXACT")).tolist() == [[0, 100, 201, 255]]


def test_inversion_comes_after_windowing():
    pixels = np.array([[0, 100, 255]], np.uint8)
    window = DisplayWindow(100, 100, "LINEAR_EXACT")
    plain = grey8(Image(pixels), window).astype(int)
    turned = grey8(Image(pixels, inverted=True), window).astype(int)
    assert np.abs(turned + plain - 255).max() <= 1
    assert (turned[0, 0], turned[0, 2]) == (255, 0)


@pytest.mark.parametrize("inverted", [False, True])
@pytest.mark.parametrize("dtype", [np.uint16, np.int16, np.int32])
def test_padding_is_black_whatever_the_window(dtype, inverted):
    pixels = np.array([[9, 10, 20, 30, 4000]], dtype)
    image = Image(pixels, 16, inverted=inverted, padding=(10, 20))
    shown = grey8(image, DisplayWindow(15, 2, "LINEAR_EXACT"))
    assert shown[0, 1:3].tolist() == [0, 0]
    assert shown[0, 0] == (255 if inverted else 0)
    assert shown[0, 4] == (0 if inverted else 255)


def test_voi_table_first_last_and_between():
    """PS3.3 C.11.2.1.1: values below the first mapped take the first entry, those beyond the last the last."""
    table = ToneTable(100, np.array([0, 1024, 4095], np.uint16), 12)
    image = Image(np.array([[0, 100, 101, 102, 60000]], np.uint16), 16)
    assert grey8(image, table).tolist() == [[0, 0, 64, 255, 255]]


def test_signed_values_use_their_own_half_of_the_table():
    image = Image(np.array([[-32768, -1, 0, 32767]], np.int16), 16)
    table = display_table(image, DisplayWindow(0, 65536, "LINEAR_EXACT"), False)
    assert table[np.array([-32768, -1, 0, 32767], np.int16).view(np.uint16)].tolist() == [0, 127, 128, 255]
    assert grey8(image, DisplayWindow(0, 65536, "LINEAR_EXACT")).tolist() == [[0, 127, 128, 255]]


def test_colour_has_no_modality_window_of_its_own():
    pixels = np.array([[[0, 128, 255]]], np.uint8)
    assert grey8(Image(pixels)).tolist() == [[[0, 128, 255]]]


def test_default_window_is_the_files_first():
    windows = (DisplayWindow(1, 2), DisplayWindow(3, 4))
    assert default_window(Image(np.zeros((2, 2), np.uint16), windows=windows)) is windows[0]


def test_default_window_without_one_leaves_padding_out():
    pixels = np.full((100, 100), 0, np.uint16)
    pixels[:50] = np.linspace(1000, 2000, 5000).reshape(50, 100)
    window = default_window(Image(pixels, 16, padding=(0, 0)))
    assert window.center - window.width / 2 == pytest.approx(1005, abs=2)
    assert window.center + window.width / 2 == pytest.approx(1995, abs=2)


def test_agrees_with_pydicom_on_a_real_window():
    from pydicom.dataset import Dataset
    from pydicom.pixels import apply_windowing

    pixels = np.arange(0, 32768, 7, dtype=np.uint16).reshape(1, -1)
    dataset = Dataset()
    dataset.WindowCenter, dataset.WindowWidth, dataset.VOILUTFunction = 15000, 30000, "LINEAR"
    dataset.PhotometricInterpretation, dataset.BitsStored, dataset.PixelRepresentation = "MONOCHROME2", 15, 0
    peer = apply_windowing(pixels, dataset) / 32767 * 255
    shown = grey8(Image(pixels, 15), DisplayWindow(15000, 30000))
    assert np.abs(shown - peer).max() <= 0.51


@pytest.mark.parametrize("inverted", [False, True])
def test_what_is_not_a_number_is_black(inverted):
    pixels = np.array([[np.nan, np.inf, -np.inf, 50.0]], np.float32)
    shown = grey8(Image(pixels, windows=(DisplayWindow(50, 100, "LINEAR_EXACT"),)), inverted=inverted)
    assert shown.tolist() == [[0, 0, 255, 128] if inverted else [0, 255, 0, 128]]
