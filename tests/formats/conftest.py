"""Writers of small files with known content; the libraries that write them are not those under test."""

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from viewer.errors import FormatError
from viewer.formats import open_study

with warnings.catch_warnings():  # wfdb 4.3 uses what pandas 3 calls old, while it is imported
    warnings.simplefilter("ignore")
    import wfdb  # noqa: F401


@pytest.fixture
def film(tmp_path: Path) -> Callable[..., Path]:
    """Write a DICOM picture: ``film(pixels, name="a.dcm", syntax=..., WindowCenter=...)``."""
    from pydicom.dataset import Dataset, FileMetaDataset
    from pydicom.uid import ExplicitVRLittleEndian, generate_uid

    def write(
        pixels: np.ndarray, name: str = "film.dcm", syntax: str = ExplicitVRLittleEndian, **elements: Any
    ) -> Path:
        dataset = Dataset()
        dataset.file_meta = FileMetaDataset()
        dataset.file_meta.TransferSyntaxUID = syntax
        dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID = "1.2.840.10008.5.1.4.1.1.1"
        dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID = generate_uid()
        colour = pixels.ndim >= 3 and pixels.shape[-1] == 3
        frames = pixels.shape[0] if pixels.ndim == 3 + colour else 1
        dataset.Rows, dataset.Columns = pixels.shape[-3:-1] if colour else pixels.shape[-2:]
        dataset.SamplesPerPixel = 3 if colour else 1
        dataset.PhotometricInterpretation = "RGB" if colour else "MONOCHROME2"
        if colour:
            dataset.PlanarConfiguration = 0
        if frames > 1:
            dataset.NumberOfFrames = frames
        dataset.BitsAllocated = dataset.BitsStored = 8 * pixels.dtype.itemsize
        dataset.HighBit = dataset.BitsStored - 1
        dataset.PixelRepresentation = int(pixels.dtype.kind == "i")
        dataset.Modality = "CR"
        dataset.PixelData = pixels.astype(pixels.dtype.newbyteorder("<")).tobytes()
        for key, value in elements.items():
            setattr(dataset, key, value)
        dataset.save_as(tmp_path / name, enforce_file_format=True)
        return tmp_path / name

    return write


@pytest.fixture
def refused() -> Callable[..., FormatError]:
    """Open what must not open, and return the error: its sentence says what, why and what now."""

    def check(path: Path, code: str, *words: str, **named: Any) -> FormatError:
        with pytest.raises(FormatError) as caught:
            open_study(path, **named)
        error = caught.value
        assert error.code == code, f"{error.code}: {error}"
        assert len(str(error)) >= 20
        assert str(error).endswith(".")
        assert "Traceback" not in str(error)
        for word in words:
            assert word.lower() in str(error).lower(), f"{word!r} is not in {str(error)!r}"
        return error

    return check


@pytest.fixture
def codes() -> Callable[[Any], set[str]]:
    """The codes of a study's notes."""
    return lambda study: {note.code for note in study.notes}
