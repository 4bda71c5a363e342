"""PNG, JPEG, TIFF, BMP, WebP and GIF against what was written."""

import numpy as np
import PIL.Image
import pytest
import tifffile

from viewer.formats import open_study, study_from_array
from viewer.study import Kind, KindFrom

RNG = np.random.default_rng(3)
GREY = RNG.integers(0, 256, (40, 30), np.uint8)
COLOUR = RNG.integers(0, 256, (40, 30, 3), np.uint8)
DEEP = RNG.integers(0, 65536, (40, 30), np.uint16)
DEEP_COLOUR = RNG.integers(0, 65536, (40, 30, 3), np.uint16)


def picture(path, frame=0):
    return open_study(path, frame=frame).image


@pytest.mark.parametrize("ending", ["png", "bmp", "tif", "webp", "gif"])
@pytest.mark.parametrize("pixels", [GREY, COLOUR], ids=["grey", "colour"])
def test_lossless_pictures_keep_their_pixels(tmp_path, ending, pixels):
    if ending == "gif" and pixels is COLOUR:
        pixels = COLOUR // 64 * 64  # 64 colours, within a palette's 256
    path = tmp_path / f"a.{ending}"
    PIL.Image.fromarray(pixels).save(path, **({"lossless": True} if ending == "webp" else {}))
    study = open_study(path)
    assert np.array_equal(study.image.pixels, pixels)
    assert study.source.format == {"tif": "tiff"}.get(ending, ending)
    assert (study.kind, study.kind_from) == (Kind.UNKNOWN, KindFrom.FILE)


def test_jpeg(tmp_path):
    PIL.Image.fromarray(np.full((16, 16, 3), (200, 30, 30), np.uint8)).save(tmp_path / "a.jpg", quality=95)
    assert np.abs(picture(tmp_path / "a.jpg").pixels.astype(int) - [200, 30, 30]).max() <= 3


def test_the_ending_does_not_matter(tmp_path):
    PIL.Image.fromarray(GREY).save(tmp_path / "a.png")
    (tmp_path / "a.png").rename(tmp_path / "film.dcm")
    study = open_study(tmp_path / "film.dcm")
    assert study.source.format == "png"
    assert np.array_equal(study.image.pixels, GREY)


def test_sixteen_bit_png(tmp_path):
    PIL.Image.fromarray(DEEP).save(tmp_path / "a.png")
    image = picture(tmp_path / "a.png")
    assert (image.pixels.dtype, image.bits) == (np.uint16, 16)
    assert np.array_equal(image.pixels, DEEP)


def test_sixteen_bit_colour_png(tmp_path):
    import cv2

    cv2.imwrite(str(tmp_path / "a.png"), DEEP_COLOUR[..., ::-1])
    image = picture(tmp_path / "a.png")
    assert image.pixels.dtype == np.uint16
    assert np.array_equal(image.pixels, DEEP_COLOUR)


@pytest.mark.parametrize("compression", [None, "zlib", "lzw", "packbits"])
@pytest.mark.parametrize("pixels", [GREY, COLOUR, DEEP, DEEP_COLOUR], ids=["8", "8c", "16", "16c"])
def test_tiff_depths_and_compressions(tmp_path, pixels, compression):
    import cv2

    path = tmp_path / "a.tif"
    codes = {None: 1, "zlib": 8, "lzw": 5, "packbits": 32773}
    bgr = pixels[..., ::-1] if pixels.ndim == 3 else pixels
    assert cv2.imwrite(str(path), bgr, [cv2.IMWRITE_TIFF_COMPRESSION, codes[compression]])
    image = picture(path)
    assert image.pixels.dtype == pixels.dtype
    assert np.array_equal(image.pixels, pixels)


@pytest.mark.parametrize("order", ["<", ">"])
def test_tiff_byte_orders_and_bigtiff(tmp_path, order):
    tifffile.imwrite(tmp_path / "a.tif", DEEP, byteorder=order, bigtiff=order == "<")
    image = picture(tmp_path / "a.tif")
    assert image.pixels.dtype == np.uint16
    assert np.array_equal(image.pixels, DEEP)


def test_float_tiff(tmp_path):
    values = (DEEP / 7).astype(np.float32)
    tifffile.imwrite(tmp_path / "a.tif", values)
    assert np.array_equal(picture(tmp_path / "a.tif").pixels, values)


@pytest.mark.parametrize("dtype", [np.float64, np.float16, np.uint32, np.int32, np.int16])
def test_other_tiff_types(tmp_path, dtype):
    values = np.arange(-60, 60).reshape(10, 12).astype(dtype) if np.dtype(dtype).kind != "u" else np.eye(8, dtype=dtype)
    tifffile.imwrite(tmp_path / "a.tif", values)
    image = picture(tmp_path / "a.tif")
    assert image.pixels.dtype in (np.float32, np.int32, np.int16, np.uint16)
    assert np.array_equal(image.pixels, values)


def test_white_is_zero(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", DEEP, photometric="miniswhite")
    image = picture(tmp_path / "a.tif")
    assert image.inverted
    assert np.array_equal(image.pixels, DEEP)
    tifffile.imwrite(tmp_path / "b.tif", GREY, photometric="miniswhite")
    image = picture(tmp_path / "b.tif")
    assert not image.inverted
    assert np.array_equal(image.pixels, 255 - GREY)


def test_not_finite_floats_are_said(tmp_path, codes):
    values = np.ones((8, 8), np.float32)
    values[0, 0], values[1, 1] = np.nan, np.inf
    tifffile.imwrite(tmp_path / "a.tif", values)
    study = open_study(tmp_path / "a.tif")
    assert np.isfinite(study.image.pixels).all()
    assert "not-finite" in codes(study)


def test_tiff_pages_are_frames(tmp_path, refused):
    pages = [PIL.Image.fromarray(np.full((8, 8), value, np.uint8)) for value in (10, 20, 30)]
    pages[0].save(tmp_path / "a.tif", save_all=True, append_images=pages[1:])
    for frame, value in enumerate((10, 20, 30)):
        study = open_study(tmp_path / "a.tif", frame=frame)
        assert study.source.frames == 3
        assert (study.image.pixels == value).all()
    refused(tmp_path / "a.tif", "not-found", "3 pages", frame=3)


def test_deep_colour_tiff_pages(tmp_path):
    with tifffile.TiffWriter(tmp_path / "a.tif") as writer:
        writer.write(DEEP_COLOUR, photometric="rgb")
        writer.write(DEEP_COLOUR // 2, photometric="rgb")
    assert np.array_equal(picture(tmp_path / "a.tif", 1).pixels, DEEP_COLOUR // 2)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("ending", ["jpg", "png", "webp", "tif"])
def test_orientation_is_undone(tmp_path, orientation, ending):
    """The stored picture of each orientation is made from the upright one, backwards through CIPA DC-008's table."""
    upright = np.zeros((64, 96), np.uint8)
    upright[:32, :32] = 255  # top left
    upright[:32, 32:64] = 128
    to_stored = {
        1: lambda a: a,
        2: np.fliplr,
        3: lambda a: np.rot90(a, 2),
        4: np.flipud,
        5: lambda a: a.T,
        6: lambda a: np.rot90(a, 1),
        7: lambda a: np.rot90(a, 2).T,
        8: lambda a: np.rot90(a, -1),
    }
    stored = np.ascontiguousarray(to_stored[orientation](upright))
    exif = PIL.Image.Exif()
    exif[0x0112] = orientation
    path = tmp_path / f"a.{ending}"
    if ending == "tif":
        tifffile.imwrite(path, stored, extratags=[(274, "H", 1, orientation, True)])
    else:
        PIL.Image.fromarray(stored).save(path, exif=exif, **({"lossless": True} if ending == "webp" else {}))
    pixels = picture(path).pixels.astype(int)
    assert pixels.shape == (64, 96)
    assert np.abs(pixels - upright).max() <= 12


def test_transparency_is_seen_on_white(tmp_path):
    layered = np.zeros((4, 4, 4), np.uint8)
    layered[..., 0] = 255
    layered[0, 0, 3], layered[1, 1, 3] = 255, 128
    PIL.Image.fromarray(layered).save(tmp_path / "a.png")
    pixels = picture(tmp_path / "a.png").pixels
    assert pixels[0, 0].tolist() == [255, 0, 0]
    assert pixels[2, 2].tolist() == [255, 255, 255]
    assert np.abs(pixels[1, 1].astype(int) - [255, 127, 127]).max() <= 1


def test_palette_with_transparency(tmp_path):
    image = PIL.Image.new("P", (4, 4), 1)
    image.putpalette([0, 0, 0, 10, 20, 30])
    image.putpixel((0, 0), 0)
    image.save(tmp_path / "a.png", transparency=0)
    pixels = picture(tmp_path / "a.png").pixels
    assert pixels[0, 0].tolist() == [255, 255, 255]
    assert pixels[1, 1].tolist() == [10, 20, 30]


def test_cmyk_jpeg(tmp_path):
    PIL.Image.new("CMYK", (16, 16), (0, 255, 255, 0)).save(tmp_path / "a.jpg", quality=95)
    assert np.abs(picture(tmp_path / "a.jpg").pixels[8, 8].astype(int) - [255, 0, 0]).max() <= 5


def test_one_bit(tmp_path):
    PIL.Image.fromarray(GREY > 100).save(tmp_path / "a.png")
    assert np.array_equal(picture(tmp_path / "a.png").pixels, np.where(GREY > 100, 255, 0))


def test_colour_file_of_a_grey_picture_is_grey(tmp_path):
    PIL.Image.fromarray(np.dstack([GREY] * 3)).save(tmp_path / "a.png")
    assert np.array_equal(picture(tmp_path / "a.png").pixels, GREY)


@pytest.mark.parametrize(("dpi", "spacing"), [(300, 25.4 / 300), (72, None), (96, None), (1, None)])
def test_resolution_is_a_hint_where_a_scanner_could_have_written_it(tmp_path, dpi, spacing):
    PIL.Image.fromarray(GREY).save(tmp_path / "a.tif", dpi=(dpi, dpi))
    image = picture(tmp_path / "a.tif")
    if spacing is None:
        assert image.spacing_mm is None
    else:
        assert image.spacing_mm == pytest.approx((spacing, spacing), rel=1e-3)
        assert image.spacing_from == "resolution"


def test_a_cameras_resolution_means_nothing(tmp_path):
    exif = PIL.Image.Exif()
    exif.get_ifd(0x8769)[0x829A] = 0.01  # exposure time
    PIL.Image.fromarray(GREY).save(tmp_path / "a.jpg", dpi=(300, 300), exif=exif)
    assert picture(tmp_path / "a.jpg").spacing_mm is None


@pytest.mark.parametrize("part", [0.1, 0.5, 0.95])
@pytest.mark.parametrize("deep", [False, True])
@pytest.mark.parametrize("ending", ["jpg", "png", "tif", "bmp", "webp", "gif"])
def test_cut_off_pictures_are_refused(tmp_path, ending, deep, part, refused):
    """A network would read the missing part as if it were film."""
    import cv2

    path = tmp_path / f"a.{ending}"
    if deep and ending in ("png", "tif"):
        cv2.imwrite(str(path), RNG.integers(0, 65536, (200, 300, 3), np.uint16))
    else:
        PIL.Image.fromarray(RNG.integers(0, 256, (200, 300), np.uint8)).save(path)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * part)])
    refused(path, "damaged")


def test_a_picture_that_claims_more_than_the_limit_is_refused(tmp_path, refused):
    import struct
    import zlib

    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", 40000, 40000, 8, 0, 0, 0, 0)
    data = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0")) + chunk(b"IEND", b"")
    (tmp_path / "bomb.png").write_bytes(data)
    refused(tmp_path / "bomb.png", "too-large", "1600 megapixels")


def test_a_picture_from_the_clipboard():
    study = study_from_array(COLOUR, "clipboard")
    assert np.array_equal(study.image.pixels, COLOUR)
    assert study.source.path.name == "clipboard"
    assert len(study.source.sha256) == 64
    assert study_from_array(GREY, "b").source.sha256 != study.source.sha256
