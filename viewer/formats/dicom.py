"""DICOM: reads the data set, and gives it to the reader of pictures or of waveforms."""

import io
import struct
import sys
from dataclasses import replace
from typing import Any

from viewer.errors import FormatError
from viewer.formats.file import File
from viewer.formats.opened import Opened

_DOCUMENTS = {
    "1.2.840.10008.5.1.4.1.1.66": "raw data",
    "1.2.840.10008.5.1.4.1.1.11": "a presentation state",
    "1.2.840.10008.5.1.4.1.1.88": "a structured report",
    "1.2.840.10008.5.1.4.1.1.481": "a radiotherapy object",
}


def read(file: File, frame: int) -> Opened:
    """Open a frame of a picture, a multiplex group of a waveform, or a page of a PDF. Raises FormatError."""
    dataset = read_dataset(file)
    if "WaveformSequence" in dataset:
        from viewer.formats.dicom_waveform import read_waveform

        return read_waveform(dataset, frame)
    if any(name in dataset for name in ("PixelData", "FloatPixelData", "DoubleFloatPixelData")):
        from viewer.formats.dicom_image import read_image

        return read_image(dataset, frame)
    if bytes(dataset.get("EncapsulatedDocument") or b"")[:1024].find(b"%PDF-") >= 0:
        return _report(file, dataset, frame)
    sop = str(dataset.get("SOPClassUID", ""))
    what = next((text for uid, text in _DOCUMENTS.items() if sop.startswith(uid)), None)
    if what is not None:
        raise FormatError("unsupported", f"This is {what}, without a picture or a recording", "export the image itself")
    raise FormatError(
        "damaged",
        "This DICOM file holds neither a picture nor a recording (it may be cut off, or a header only)",
        "export it again, with its pixel data",
    )


def _report(file: File, dataset: Any, frame: int) -> Opened:
    """Open a page of a PDF inside DICOM, as ECG carts send their reports."""
    from viewer.formats import pdf
    from viewer.formats.dicom_facts import acquisition_of, patient_of

    page = pdf.read(replace(file, data=bytes(dataset.EncapsulatedDocument)), frame)
    return replace(page, patient=patient_of(dataset), acquisition=acquisition_of(dataset), files=(file,))


def read_dataset(file: File) -> Any:
    """Read all elements; a file without preamble or file meta gets the transfer syntax that its bytes show."""
    import_decoders()
    import pydicom
    from pydicom.config import disable_value_validation
    from pydicom.uid import UID

    with disable_value_validation():
        dataset = pydicom.dcmread(_stream(file), force=True)
    if not hasattr(dataset, "file_meta"):
        from pydicom.dataset import FileMetaDataset

        dataset.file_meta = FileMetaDataset()
    if "TransferSyntaxUID" not in dataset.file_meta:
        dataset.file_meta.TransferSyntaxUID = UID(_shown_syntax(file))
    return dataset


def import_decoders() -> None:
    """Import GDCM before pydicom does, out of reach of a folder called ``dl``.

    GDCM runs ``import dl`` for a module that no Python 3 has; a folder of that name on the path (the working folder is
    often on it) would be taken for it, and neither GDCM nor pydicom could be imported.
    """
    if "gdcm" in sys.modules:
        return
    missing = "dl" not in sys.modules
    sys.modules.setdefault("dl", None)  # type: ignore[arg-type]
    try:
        import gdcm  # noqa: F401
    except ImportError:  # pydicom says what it can do without
        pass
    finally:
        if missing:
            del sys.modules["dl"]


def _stream(file: File) -> Any:
    return io.BytesIO(file.data) if isinstance(file.data, bytes) else file.data


def _shown_syntax(file: File) -> str:
    head = file.head[132:] if file.head[128:132] == b"DICM" else file.head
    explicit = head[4:6].isalpha()
    big = struct.unpack("<H", head[:2])[0] > 0xFF
    if not explicit:
        return "1.2.840.10008.1.2"
    return "1.2.840.10008.1.2.2" if big else "1.2.840.10008.1.2.1"
