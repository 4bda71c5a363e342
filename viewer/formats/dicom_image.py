"""DICOM pictures: one frame decoded, with its modality transform, windows, padding and spacing."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from viewer.errors import FormatError
from viewer.formats.dicom_facts import acquisition_of, number, numbers, patient_of, text
from viewer.formats.limits import check_pixels, detail_of, finite, storable
from viewer.formats.opened import Opened
from viewer.study import Acquisition, DisplayWindow, Image, Kind, Note, ToneTable

# Plug-ins in the order they are tried. JPEG 2000: GDCM takes 0.35 s for a 3.6 megapixel film where OpenJPEG takes
# 0.49 s (equal pixels); both hold the interpreter's lock, which costs nobody anything in the helper process.
_PLUGINS = ("gdcm", "pylibjpeg", "pyjpegls", "pydicom", "pillow")
_SCREENS = {"ECG": Kind.ECG_IMAGE, "EMG": Kind.EMG_IMAGE}
_ANIMALS = ("canine", "feline", "equine", "veterin", "dog", "cat ", "horse", "rabbit", "avian", "bovine", "animal")


def read_image(dataset: Any, frame: int) -> Opened:
    """Open one frame of a picture. Raises FormatError."""
    frames = max(1, int(number(dataset, "NumberOfFrames") or 1))
    if frame >= frames:
        raise FormatError("not-found", f"This file has {frames} frames, not {frame + 1}", "choose another frame")
    check_pixels(int(number(dataset, "Columns") or 0), int(number(dataset, "Rows") or 0), "This DICOM picture")
    groups = _groups(dataset, frame)
    notes: list[Note] = []
    pixels = _decoded(dataset, frame, notes)
    acquisition = acquisition_of(dataset)
    if pixels.ndim == 3:
        spacing, spacing_from = _spacing(dataset, groups)
        image = Image(pixels, 8 * pixels.dtype.itemsize, spacing_mm=spacing, spacing_from=spacing_from)
    else:
        image = _grey(dataset, groups, pixels, notes)
    return Opened(image, _kind(dataset, acquisition), patient_of(dataset), acquisition, tuple(notes), frames)


def _groups(dataset: Any, frame: int) -> list[Any]:
    """Return the places where an attribute of this frame may be: the functional groups, then the data set."""
    places = []
    for name, index in (("PerFrameFunctionalGroupsSequence", frame), ("SharedFunctionalGroupsSequence", 0)):
        items = dataset.get(name)
        if items and index < len(items):
            places += [element.value[0] for element in items[index] if element.VR == "SQ" and element.value]
    return [*places, dataset]


def _first(groups: list[Any], name: str) -> Any:
    return next((place for place in groups if text(place, name) is not None), groups[-1])


def _decoded(dataset: Any, frame: int, notes: list[Note]) -> np.ndarray:
    """Return stored values (rows, columns), or RGB (rows, columns, 3)."""
    from pydicom.pixels import pixel_array
    from pydicom.uid import UID, JPEGExtended12Bit, JPEGLossless

    syntax = UID(str(dataset.file_meta.TransferSyntaxUID))
    _complete(dataset, notes)
    errors: list[BaseException] = []
    pixels = None
    if syntax == JPEGExtended12Bit and number(dataset, "BitsStored") != 8:
        # pydicom keeps GDCM from 12-bit samples, which it decodes as DCMTK does (checked); under this name it lets it
        dataset.file_meta.TransferSyntaxUID = syntax = JPEGLossless
    for plugin in _plugins(syntax):
        try:
            pixels = pixel_array(dataset, index=frame, decoding_plugin=plugin, view_only=True)
            break
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:  # each has its own kinds of errors; a panic of Rust's is no Exception
            errors.append(error)
    if pixels is None:
        raise _undecodable(syntax, errors)
    if pixels.ndim == 3 and pixels.shape[-1] == 1:
        pixels = pixels[..., 0]
    if text(dataset, "PhotometricInterpretation") == "PALETTE COLOR":
        pixels = _through_palette(pixels, dataset)
    if pixels.ndim == 3:
        return _rgb(pixels[..., :3].astype(pixels.dtype.newbyteorder("="), copy=False))
    return storable(pixels)


def _plugins(syntax: Any) -> list[str]:
    """Return the decoding plug-ins that are there for a transfer syntax; an empty name where none is needed."""
    from pydicom.pixels import get_decoder

    if not syntax.is_encapsulated:
        return [""]
    try:
        available = get_decoder(syntax).available_plugins
    except NotImplementedError:
        return []
    return sorted(available, key=lambda name: _PLUGINS.index(name) if name in _PLUGINS else len(_PLUGINS))


def _complete(dataset: Any, notes: list[Note]) -> None:
    """Fill in what old files leave out and their values show."""
    if text(dataset, "PhotometricInterpretation") is None:
        dataset.PhotometricInterpretation = "RGB" if number(dataset, "SamplesPerPixel") == 3 else "MONOCHROME2"
        notes.append(Note("header-repaired", "The file does not say how grey is meant; bright is taken as white."))
    for name, value in (("SamplesPerPixel", 1), ("PixelRepresentation", 0), ("BitsAllocated", 16)):
        if number(dataset, name) is None:
            setattr(dataset, name, value)
    if number(dataset, "BitsStored") is None:
        dataset.BitsStored = dataset.BitsAllocated


def _undecodable(syntax: Any, errors: list[BaseException]) -> FormatError:
    if not errors:
        return FormatError(
            "unsupported",
            f"The pixels of this DICOM file are compressed in a way that is not read here ({syntax.name})",
            "export it uncompressed, or with JPEG 2000 lossless",
        )
    return FormatError(
        "damaged",
        f"The pixels of this DICOM file cannot be decoded ({syntax.name}: {detail_of(errors[0])})",
        "export it again",
    )


def _rgb(pixels: np.ndarray) -> np.ndarray:
    if pixels.dtype in (np.uint8, np.uint16):
        return np.ascontiguousarray(pixels)
    low, high = float(pixels.min()), float(pixels.max())
    return np.rint((pixels - low) * (255 / max(high - low, 1))).astype(np.uint8)


def _grey(dataset: Any, groups: list[Any], pixels: np.ndarray, notes: list[Note]) -> Image:
    bits = int(number(dataset, "BitsStored") or 8 * pixels.dtype.itemsize)
    padding = _padding(dataset)
    transform = _first(groups, "RescaleSlope")
    slope, intercept = number(transform, "RescaleSlope") or 1.0, number(transform, "RescaleIntercept") or 0.0
    tables = dataset.get("ModalityLUTSequence")
    if tables:
        pixels, bits, padding = _through_modality_table(pixels, tables[0], padding)
        slope, intercept = 1.0, 0.0
    spacing, spacing_from = _spacing(dataset, groups)
    return Image(
        finite(pixels, notes),
        bits,
        slope,
        intercept,
        inverted=_inverted(dataset),
        padding=padding,
        spacing_mm=spacing,
        spacing_from=spacing_from,
        windows=_windows(dataset, groups),
    )


def _inverted(dataset: Any) -> bool:
    """Whether low values are white: MONOCHROME1, or an INVERSE presentation LUT on MONOCHROME2."""
    monochrome1 = text(dataset, "PhotometricInterpretation") == "MONOCHROME1"
    shape = text(dataset, "PresentationLUTShape")
    return monochrome1 if shape not in ("INVERSE", "IDENTITY") else shape == "INVERSE"


@dataclass(frozen=True, eq=False)
class _Table:
    first: int
    values: np.ndarray
    bits: int


def _table(item: Any, signed: bool, descriptor: str = "LUTDescriptor", entries: str = "LUTData") -> _Table | None:
    """Read a LUT (DICOM PS3.3 C.11.1.1): count (0 means 65536), first value mapped, bits of an entry."""
    try:
        count, first, bits = (int(value) for value in item[descriptor].value)
        data = item[entries].value
    except (KeyError, TypeError, ValueError):
        return None
    count = count or 65536
    first = first - 65536 if signed and first > 32767 else first
    if isinstance(data, bytes):
        wide = np.frombuffer(data, np.uint8) if len(data) <= count + 1 and bits <= 8 else np.frombuffer(data, "<u2")
    else:
        wide = np.atleast_1d(np.asarray(data)).astype(np.int64) & 0xFFFF
        if bits <= 8 and len(wide) * 2 - count in (0, 1):  # two 8-bit entries packed in each word
            wide = wide.astype("<u2").view(np.uint8)
    if not len(wide):
        return None
    values = np.ascontiguousarray(wide[:count], dtype=np.uint16)
    bits = max(1, min(16, bits))
    return _Table(first, values, max(bits, int(values.max()).bit_length()))


def _through_palette(pixels: np.ndarray, dataset: Any) -> np.ndarray:
    """Return RGB at the palette's own depth (PS3.3 C.7.9)."""
    colours = []
    for name in ("Red", "Green", "Blue"):
        ends = f"{name}PaletteColorLookupTableDescriptor", f"{name}PaletteColorLookupTableData"
        table = _table(dataset, pixels.dtype.kind == "i", *ends)
        if table is None:  # a segmented one
            from pydicom.pixels import apply_color_lut

            return apply_color_lut(pixels, dataset)
        values = table.values.astype(np.uint8) if table.bits <= 8 else table.values
        colours.append(values[np.clip(pixels.astype(np.int64) - table.first, 0, len(values) - 1)])
    return np.stack(colours, axis=-1)


def _through_modality_table(
    pixels: np.ndarray, item: Any, padding: tuple[int, int] | None
) -> tuple[np.ndarray, int, tuple[int, int] | None]:
    """Apply a Modality LUT; padding becomes -1, which no entry is."""
    table = _table(item, pixels.dtype.kind == "i")
    if table is None:
        return pixels, 8 * pixels.dtype.itemsize, padding
    index = np.clip(pixels.astype(np.int64) - table.first, 0, len(table.values) - 1)
    mapped = table.values[index]
    if padding is None:
        return mapped, table.bits, None
    outside = (pixels >= padding[0]) & (pixels <= padding[1])
    mapped = mapped.astype(np.int32)
    mapped[outside] = -1
    return mapped, table.bits, (-1, -1)


def _padding(dataset: Any) -> tuple[int, int] | None:
    value = number(dataset, "PixelPaddingValue")
    if value is None:
        return None
    limit = number(dataset, "PixelPaddingRangeLimit")
    signed, bits = number(dataset, "PixelRepresentation") == 1, int(number(dataset, "BitsAllocated") or 16)
    ends = [int(value), int(value if limit is None else limit)]
    if signed:  # written as unsigned by some
        ends = [end - (1 << bits) if end >= 1 << (bits - 1) else end for end in ends]
    elif min(ends) < 0:
        ends = [end + (1 << bits) if end < 0 else end for end in ends]
    return min(ends), max(ends)


def _windows(dataset: Any, groups: list[Any]) -> tuple[DisplayWindow | ToneTable, ...]:
    """Return the windows and then the tables that the file proposes (a table first where there is no window)."""
    place = _first(groups, "WindowCenter")
    centers, widths = numbers(place, "WindowCenter"), numbers(place, "WindowWidth")
    names = (text(place, "WindowCenterWidthExplanation") or "").split("\\")
    function = text(place, "VOILUTFunction") or "LINEAR"
    function = function if function in ("LINEAR_EXACT", "SIGMOID") else "LINEAR"
    windows: list[DisplayWindow | ToneTable] = [
        DisplayWindow(center, width, function, names[i].strip() if i < len(names) else "")
        for i, (center, width) in enumerate(zip(centers, widths, strict=False))
        if width > 0
    ]
    signed = number(dataset, "PixelRepresentation") == 1 or (number(dataset, "RescaleIntercept") or 0) < 0
    for item in _first(groups, "VOILUTSequence").get("VOILUTSequence") or ():
        table = _table(item, signed)
        if table is not None:
            windows.append(ToneTable(table.first, table.values, table.bits, text(item, "LUTExplanation") or ""))
    return tuple(windows)


def _spacing(dataset: Any, groups: list[Any]) -> tuple[tuple[float, float] | None, str]:
    """Return row and column spacing, and which element says it."""
    for name in ("PixelSpacing", "ImagerPixelSpacing", "NominalScannedPixelSpacing"):
        values = numbers(_first(groups, name), name)
        if len(values) == 2 and all(1e-4 < value < 100 for value in values):
            at_detector = name == "PixelSpacing" and values == numbers(dataset, "ImagerPixelSpacing")
            return (values[0], values[1]), "ImagerPixelSpacing" if at_detector else name
    return None, ""


def _kind(dataset: Any, acquisition: Acquisition) -> Kind:
    """Return chest-xray only where modality, body part and view agree, and nothing speaks of an animal.

    A captured ECG sheet or EMG screen is told by its modality alone (PS3.3 C.7.3.1.1.1).
    """
    words = " ".join(value for _, value in acquisition.facts).lower()
    if any(animal in words for animal in _ANIMALS) or text(dataset, "PatientBreedDescription"):
        return Kind.UNKNOWN
    if acquisition.modality in _SCREENS:
        return _SCREENS[acquisition.modality]
    radiograph = acquisition.modality in ("CR", "DX", "DR")
    chest = (acquisition.body_part or "").upper() in ("CHEST", "THORAX")
    return Kind.CHEST_XRAY if radiograph and chest and acquisition.view in ("PA", "AP", "LATERAL") else Kind.UNKNOWN
