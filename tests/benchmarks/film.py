"""A large chest film for timing: 3000 x 2500, 15 significant bits, as a DICOM file in any transfer syntax."""

from pathlib import Path

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import DigitalXRayImageStorageForPresentation, ExplicitVRLittleEndian, JPEG2000Lossless, generate_uid


def film_pixels(rows: int = 3000, columns: int = 2500, seed: int = 0) -> np.ndarray:
    """Return smooth anatomy-like shading with detector noise, uint16, values up to 2**15 - 1."""
    import cv2

    rng = np.random.default_rng(seed)
    coarse = cv2.resize(rng.random((14, 12)), (columns, rows), interpolation=cv2.INTER_CUBIC)
    noise = rng.normal(0, 0.004, (rows, columns))
    return (np.clip(0.15 + 0.7 * coarse + noise, 0, 1) * (2**15 - 1)).astype(np.uint16)


def real_film_pixels(rows: int = 3000, columns: int = 2500) -> np.ndarray:
    """Return the bundled chest film at that size, MONOCHROME2, uint16: one that the networks read, not abstain from."""
    import cv2

    from viewer.formats import open_study
    from viewer.resources import resources_dir

    image = open_study(resources_dir() / "samples" / "chest_film.dcm").image
    large = np.clip(cv2.resize(image.pixels, (columns, rows), interpolation=cv2.INTER_CUBIC), 0, 2**15 - 1)
    return np.ascontiguousarray(2**15 - 1 - large if image.inverted else large).astype(np.uint16)


def write_film(path: Path, *, jpeg2000: bool, pixels: np.ndarray | None = None) -> Path:
    """Write the film as a Digital X-Ray image, uncompressed or in lossless JPEG 2000; return ``path``."""
    pixels = film_pixels() if pixels is None else pixels
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = DigitalXRayImageStorageForPresentation
    meta.MediaStorageSOPInstanceUID = generate_uid()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    film = Dataset()
    film.file_meta = meta
    film.SOPClassUID, film.SOPInstanceUID = meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID
    film.Modality, film.BodyPartExamined, film.ViewPosition = "DX", "CHEST", "PA"
    film.PatientName, film.PatientID, film.PatientAge, film.PatientSex = "Test^Film", "0", "050Y", "O"
    film.Rows, film.Columns = pixels.shape
    film.SamplesPerPixel, film.PhotometricInterpretation = 1, "MONOCHROME2"
    film.BitsAllocated, film.BitsStored, film.HighBit, film.PixelRepresentation = 16, 15, 14, 0
    film.WindowCenter, film.WindowWidth = 2**14, 2**15
    film.ImagerPixelSpacing = [0.143, 0.143]
    film.PixelData = pixels.tobytes()
    if jpeg2000:
        film.compress(JPEG2000Lossless, generate_instance_uid=False)
    film.save_as(path, enforce_file_format=True)
    return path
