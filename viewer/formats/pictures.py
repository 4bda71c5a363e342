"""PNG, JPEG, TIFF, BMP, WebP, GIF: one frame, upright, at the depth it is stored in."""

import io
from typing import Any

import numpy as np

from viewer.errors import FormatError
from viewer.formats.file import File
from viewer.formats.limits import check_pixels, detail_of, finite, storable
from viewer.formats.opened import Opened
from viewer.study import Image, Kind, KindFrom, Note, Source, Study

_READERS = ("PNG", "JPEG", "TIFF", "BMP", "DIB", "WEBP", "GIF")
_SCREEN_DPI = (72, 96)  # what programs write that know no size
_MM_PER_INCH = 25.4


def read(file: File, frame: int) -> Opened:
    """Open one frame or page. Raises FormatError."""
    import PIL.Image

    notes: list[Note] = []
    PIL.Image.MAX_IMAGE_PIXELS = None  # check_pixels holds its own limit, before anything is decoded
    stream: Any = io.BytesIO(file.data) if isinstance(file.data, bytes) else file.data
    try:
        with PIL.Image.open(stream, formats=_READERS) as opened:
            picture: Any = opened
            frames = 1 if picture.format == "MPO" else getattr(picture, "n_frames", 1)
            if frame >= frames:
                raise FormatError("not-found", f"This file has {frames} pages, not {frame + 1}", "choose another page")
            if frame:
                picture.seek(frame)
            check_pixels(*picture.size)
            spacing = _spacing(picture)
            pixels = _deep(file, picture, frame) if _is_deep(picture) else _loaded(picture)
            # Pillow turns 8-bit white-is-zero pages round itself
            inverted = picture.format == "TIFF" and picture.tag_v2.get(262) == 0 and pixels.dtype != np.uint8
    except (PIL.UnidentifiedImageError, SyntaxError) as error:
        if file.head[:2] not in (b"II", b"MM"):
            raise FormatError(
                "damaged", "This picture's header is damaged or of an unusual variant", "save it again as PNG"
            ) from error
        pixels, frames, inverted = _unusual_tiff(file, frame)
        spacing = None
    pixels = finite(pixels, notes)
    image = Image(
        pixels,
        8 * pixels.dtype.itemsize,
        inverted=inverted,
        spacing_mm=spacing,
        spacing_from="resolution" if spacing else "",
    )
    return Opened(image, notes=tuple(notes), frames=frames)


def study_from_array(pixels: np.ndarray, name: str) -> Study:
    """Return a study of a picture that is in no file (the clipboard's).

    Parameters
    ----------
    pixels : ndarray
        uint8, (rows, columns) grey or (rows, columns, 3) RGB.
    name : str
        What to call it.
    """
    import hashlib
    from pathlib import Path

    check_pixels(pixels.shape[1], pixels.shape[0])
    pixels = np.ascontiguousarray(pixels, np.uint8)
    source = Source(Path(name), hashlib.sha256(pixels.tobytes()).hexdigest(), "clipboard")
    return Study(source, Kind.UNKNOWN, KindFrom.FILE, Image(grey_if_grey(pixels.copy())))


def _is_deep(picture: Any) -> bool:
    """Whether Pillow would squash the channels of a colour picture to 8 bits."""
    if picture.format == "TIFF":
        depths = picture.tag_v2.get(258, (1,))
        return max(depths) > 8 and picture.mode not in ("I;16", "I;16B", "I;16L", "F")
    return picture.format == "PNG" and picture.mode.startswith("RGB") and _png_depth(picture) == 16


def _png_depth(picture: Any) -> int:
    return 16 if any("16" in str(tile[3]) for tile in picture.tile) else 8


def _deep(file: File, picture: Any, frame: int) -> np.ndarray:
    """Decode 16-bit colour (and 32-bit integers) with OpenCV, which keeps the depth."""
    import cv2

    data = np.frombuffer(file.data, np.uint8)
    if picture.format == "PNG" and bytes(file.data[-4096:]).find(b"IEND") < 0:
        raise _cut_off()
    if picture.format == "TIFF":
        read_it, pages = cv2.imdecodemulti(data, cv2.IMREAD_UNCHANGED, range=(frame, frame + 1))
        pixels = pages[0] if read_it and pages else None
    else:
        pixels = cv2.imdecode(data, cv2.IMREAD_UNCHANGED)
    if pixels is None:
        raise FormatError("unsupported", "This picture is of a variant that is not read here", "save it again as PNG")
    if pixels.ndim == 3 and pixels.shape[2] == 4:
        pixels = _on_white(pixels)
    if pixels.ndim == 3:
        pixels = np.ascontiguousarray(pixels[..., ::-1])
    return _upright(_bounded(pixels), 1 if picture.format == "TIFF" else _orientation(picture))


def _unusual_tiff(file: File, frame: int) -> tuple[np.ndarray, int, bool]:
    """Return the pixels of a TIFF of a type that Pillow has not (half and double floats, 16-bit with alpha)."""
    import tifffile

    try:
        with tifffile.TiffFile(io.BytesIO(file.data)) as tiff:
            frames = len(tiff.pages)
            if frame >= frames:
                raise FormatError("not-found", f"This file has {frames} pages, not {frame + 1}", "choose another page")
            page: Any = tiff.pages[frame]
            check_pixels(page.imagewidth, page.imagelength)
            pixels = page.asarray().squeeze()
            inverted = page.photometric == 0
    except (tifffile.TiffFileError, ValueError, KeyError, IndexError, TypeError) as error:
        raise FormatError(
            "damaged", f"This TIFF is damaged or of an unusual variant ({detail_of(error)})", "save it again as PNG"
        ) from error
    if pixels.ndim == 3 and pixels.shape[2] == 2:  # grey and alpha
        pixels = pixels[..., 0]
    if pixels.ndim == 2:
        return storable(pixels), frames, inverted
    if pixels.ndim != 3 or pixels.shape[2] not in (3, 4) or pixels.dtype not in (np.uint8, np.uint16):
        raise FormatError("unsupported", "This TIFF holds no picture but other data", "save it as PNG")
    return np.ascontiguousarray(_on_white(pixels) if pixels.shape[2] == 4 else pixels), frames, False


def _cut_off() -> FormatError:
    return FormatError("damaged", "This picture is cut off, and a part of it is missing", "copy or export it again")


def _on_white(pixels: np.ndarray) -> np.ndarray:
    top = np.float32(np.iinfo(pixels.dtype).max)
    alpha = pixels[..., 3:].astype(np.float32) / top
    return np.rint(pixels[..., :3] * alpha + top * (1 - alpha)).astype(pixels.dtype)


def _loaded(picture: Any) -> np.ndarray:
    """Decode with Pillow. A picture that is cut off is refused: a network would read its missing part."""
    import PIL.Image

    orientation = _orientation(picture)
    try:
        picture.load()
    except OSError as error:
        if "truncated" in str(error):
            raise _cut_off() from error
        raise
    if picture.format == "TIFF":
        orientation = 1  # Pillow turns TIFF pages upright itself
    if picture.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in picture.info:
        layered = picture.convert("RGBA")
        ground = PIL.Image.new("RGBA", picture.size, "white")
        picture = PIL.Image.alpha_composite(ground, layered).convert("RGB")
    elif picture.mode == "1":
        picture = picture.convert("L")
    elif picture.mode not in ("L", "RGB", "F") and not picture.mode.startswith("I"):
        picture = picture.convert("RGB")  # palette, CMYK, YCbCr, LAB
    pixels = np.asarray(picture)
    return _upright(grey_if_grey(_bounded(pixels)), orientation)


def _bounded(pixels: np.ndarray) -> np.ndarray:
    """Bring odd types to those of ``Image``; Pillow's 32-bit greys that fit in 16 to uint16."""
    if pixels.dtype == np.int32 and pixels.min() >= 0 and pixels.max() < 65536:
        return pixels.astype(np.uint16)
    return storable(pixels) if pixels.ndim == 2 else pixels


def grey_if_grey(pixels: np.ndarray) -> np.ndarray:
    """Return one channel where a colour picture's three are equal."""
    if pixels.ndim == 3 and pixels.shape[2] == 1:
        return pixels[..., 0]
    if pixels.ndim != 3:
        return pixels
    sparse = pixels[::16, ::16]
    if (
        (sparse == sparse[..., :1]).all()
        and (pixels[..., 0] == pixels[..., 1]).all()
        and (pixels[..., 1] == pixels[..., 2]).all()
    ):
        return np.ascontiguousarray(pixels[..., 0])
    return pixels


def _orientation(picture: Any) -> int:
    try:
        return int(picture.getexif().get(0x0112, 1))
    except (ValueError, TypeError, SyntaxError, OSError):
        return 1


def _upright(pixels: np.ndarray, orientation: int) -> np.ndarray:
    """Undo an EXIF orientation, 1 to 8 (CIPA DC-008, tag 274)."""
    if orientation in (5, 6, 7, 8):
        pixels = pixels.swapaxes(0, 1)
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    return np.ascontiguousarray(pixels)


def _spacing(picture: Any) -> tuple[float, float] | None:
    """Return row and column spacing from a resolution that a scanner could have written; a hint, not a calibration."""
    dpi = picture.info.get("dpi")
    try:
        across, down = float(dpi[0]), float(dpi[1])
    except (TypeError, ValueError, IndexError, ZeroDivisionError):
        return None
    if (
        not (100 <= across <= 2400 and 100 <= down <= 2400)
        or round(across) in _SCREEN_DPI
        or "exif_camera" in picture.info
    ):
        return None
    try:
        taken_by_camera = 0x9206 in picture.getexif().get_ifd(0x8769) or 0x829A in picture.getexif().get_ifd(0x8769)
    except (ValueError, TypeError, SyntaxError, OSError):
        taken_by_camera = False
    return None if taken_by_camera else (_MM_PER_INCH / down, _MM_PER_INCH / across)
