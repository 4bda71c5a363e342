"""DICOM pictures against what was written, pixel by pixel."""

import io

import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGLosslessSV1,
    JPEGLSLossless,
    RLELossless,
)

from viewer.formats import open_study
from viewer.study import DisplayWindow, Kind, KindFrom, ToneTable

RAMP = (np.arange(64 * 48, dtype=np.uint16).reshape(64, 48) * 21).astype(np.uint16)


def test_stored_values_come_back_unsquashed(film):
    study = open_study(film(RAMP, BitsStored=16))
    assert study.image.pixels.dtype == np.uint16
    assert np.array_equal(study.image.pixels, RAMP)
    assert study.source.format == "dicom"
    assert study.kind_from is KindFrom.FILE


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.uint16, np.int32])
def test_every_depth_keeps_its_values(film, dtype):
    info = np.iinfo(dtype)
    pixels = np.array([[info.min, 0, 1], [2, info.max // 2, info.max]], dtype)
    image = open_study(film(pixels)).image
    assert image.pixels.dtype == dtype
    assert np.array_equal(image.pixels, pixels)


@pytest.mark.parametrize("syntax", [JPEG2000Lossless, JPEGLSLossless, RLELossless])
def test_lossless_compression_gives_the_same_pixels(film, syntax, tmp_path):
    import pydicom

    pixels = (RAMP % 4096).astype(np.uint16)
    dataset = pydicom.dcmread(film(pixels, BitsStored=12, HighBit=11))
    dataset.compress(syntax)
    dataset.save_as(tmp_path / "packed.dcm")
    assert np.array_equal(open_study(tmp_path / "packed.dcm").image.pixels, pixels)


def test_signed_jpeg_2000_keeps_its_signs(film, tmp_path):
    import pydicom

    pixels = (RAMP.astype(np.int32) % 4096 - 2048).astype(np.int16)
    dataset = pydicom.dcmread(film(pixels, BitsStored=12, HighBit=11))
    dataset.compress(JPEG2000Lossless)
    dataset.save_as(tmp_path / "signed.dcm")
    assert np.array_equal(open_study(tmp_path / "signed.dcm").image.pixels, pixels)


def test_jpeg_lossless_gives_the_same_pixels(film, tmp_path):
    import gdcm

    source = film((RAMP % 4096).astype(np.uint16), BitsStored=12, HighBit=11)
    reader = gdcm.ImageReader()
    reader.SetFileName(str(source))
    assert reader.Read()
    change = gdcm.ImageChangeTransferSyntax()
    change.SetTransferSyntax(gdcm.TransferSyntax(gdcm.TransferSyntax.JPEGLosslessProcess14_1))
    change.SetInput(reader.GetImage())
    assert change.Change()
    writer = gdcm.ImageWriter()
    writer.SetFileName(str(tmp_path / "jpeg.dcm"))
    writer.SetFile(reader.GetFile())
    writer.SetImage(change.GetOutput())
    assert writer.Write()
    import pydicom

    assert pydicom.dcmread(tmp_path / "jpeg.dcm").file_meta.TransferSyntaxUID == JPEGLosslessSV1
    assert np.array_equal(open_study(tmp_path / "jpeg.dcm").image.pixels, RAMP % 4096)


def test_jpeg_baseline_in_ycbcr_becomes_rgb(film, tmp_path):
    import PIL.Image
    import pydicom
    from pydicom.encaps import encapsulate

    red = np.zeros((64, 64, 3), np.uint8)
    red[..., 0] = 200
    packed = io.BytesIO()
    PIL.Image.fromarray(red).save(packed, "JPEG", quality=95, subsampling=0)
    dataset = pydicom.dcmread(film(red, PhotometricInterpretation="YBR_FULL_422"))
    dataset.file_meta.TransferSyntaxUID = JPEGBaseline8Bit
    dataset.PixelData = encapsulate([packed.getvalue()])
    dataset["PixelData"].VR = "OB"
    dataset.save_as(tmp_path / "red.dcm")
    pixels = open_study(tmp_path / "red.dcm").image.pixels
    assert np.abs(pixels.astype(int) - [200, 0, 0]).max() <= 3


@pytest.mark.parametrize("syntax", [ImplicitVRLittleEndian, DeflatedExplicitVRLittleEndian])
def test_other_uncompressed_syntaxes(film, syntax):
    assert np.array_equal(open_study(film(RAMP, syntax=syntax)).image.pixels, RAMP)


def test_big_endian(film, tmp_path):
    import pydicom

    dataset = pydicom.dcmread(film(RAMP))
    dataset.file_meta.TransferSyntaxUID = ExplicitVRBigEndian
    dataset.PixelData = RAMP.astype(">u2").tobytes()
    dataset["PixelData"].VR = "OW"
    pydicom.dcmwrite(tmp_path / "big.dcm", dataset, little_endian=False, implicit_vr=False)
    image = open_study(tmp_path / "big.dcm").image
    assert image.pixels.dtype == np.uint16
    assert np.array_equal(image.pixels, RAMP)


@pytest.mark.parametrize("syntax", [ImplicitVRLittleEndian, "1.2.840.10008.1.2.1"])
def test_without_preamble_and_file_meta(film, tmp_path, syntax):
    import pydicom

    dataset = pydicom.dcmread(film(RAMP))
    bare = Dataset(dataset)
    with open(tmp_path / "no ending", "wb") as handle:
        pydicom.dcmwrite(handle, bare, implicit_vr=syntax == ImplicitVRLittleEndian, little_endian=True)
    assert (tmp_path / "no ending").read_bytes()[128:132] != b"DICM"
    study = open_study(tmp_path / "no ending")
    assert study.source.format == "dicom"
    assert np.array_equal(study.image.pixels, RAMP)


def test_monochrome1_is_inverted_after_windowing(film):
    assert open_study(film(RAMP, PhotometricInterpretation="MONOCHROME1")).image.inverted
    assert not open_study(film(RAMP)).image.inverted


def test_presentation_lut_shape_says_it_too(film):
    assert open_study(
        film(RAMP, PhotometricInterpretation="MONOCHROME1", PresentationLUTShape="INVERSE")
    ).image.inverted
    assert not open_study(film(RAMP, PresentationLUTShape="IDENTITY")).image.inverted


def test_rescale_is_kept_beside_the_stored_values(film):
    image = open_study(film(RAMP, RescaleSlope="2.5", RescaleIntercept="-1024")).image
    assert (image.slope, image.intercept) == (2.5, -1024.0)
    assert np.array_equal(image.pixels, RAMP)


def test_windows_in_the_files_order_with_their_names_and_function(film):
    image = open_study(
        film(
            RAMP,
            WindowCenter=["40", "500"],
            WindowWidth=["400", "1500"],
            WindowCenterWidthExplanation=["soft", "bone"],
            VOILUTFunction="SIGMOID",
        )
    ).image
    assert image.windows == (
        DisplayWindow(40, 400, "SIGMOID", "soft"),
        DisplayWindow(500, 1500, "SIGMOID", "bone"),
    )


def test_window_without_width_is_none(film):
    assert open_study(film(RAMP, WindowCenter="40", WindowWidth="0")).image.windows == ()


def lut(count, first, bits, values, vr="US"):
    item = Dataset()
    item.add_new("LUTDescriptor", "SS" if first < 0 else "US", [count if count < 65536 else 0, first, bits])
    item.add_new("LUTData", vr, values)
    item.LUTExplanation = "chest"
    return item


def test_modality_table_is_applied_on_opening(film):
    pixels = np.array([[0, 1, 2, 3], [4, 5, 6, 200]], np.uint16)
    table = lut(4, 2, 16, [100, 300, 600, 1000])  # values below 2 take the first, beyond 5 the last entry
    image = open_study(film(pixels, ModalityLUTSequence=Sequence([table]))).image
    assert image.pixels.tolist() == [[100, 100, 100, 300], [600, 1000, 1000, 1000]]
    assert (image.slope, image.intercept) == (1.0, 0.0)


def test_padding_stays_apart_from_a_modality_table(film):
    pixels = np.array([[9, 0], [1, 2]], np.uint16)
    table = lut(3, 0, 16, [7, 8, 9])
    image = open_study(film(pixels, ModalityLUTSequence=Sequence([table]), PixelPaddingValue=9)).image
    assert image.padding == (-1, -1)
    assert image.pixels.tolist() == [[-1, 7], [8, 9]]


def test_voi_table_is_offered(film):
    table = lut(3, -1, 12, [0, 2048, 4095])
    pixels = np.array([[-1, 0], [1, 5]], np.int16)
    (shown,) = open_study(film(pixels, VOILUTSequence=Sequence([table]))).image.windows
    assert isinstance(shown, ToneTable)
    assert (shown.first, shown.bits, shown.name) == (-1, 12, "chest")
    assert shown.table.tolist() == [0, 2048, 4095]


def test_voi_table_of_65536_entries(film):
    table = lut(65536, 0, 16, np.arange(65536, dtype="<u2")[::-1].tobytes(), "OW")
    (shown,) = open_study(film(RAMP, VOILUTSequence=Sequence([table]))).image.windows
    assert len(shown.table) == 65536
    assert shown.table[0] == 65535


@pytest.mark.parametrize(
    ("dtype", "elements", "padding"),
    [
        (np.uint16, {"PixelPaddingValue": 0}, (0, 0)),
        (np.uint16, {"PixelPaddingValue": 65535, "PixelPaddingRangeLimit": 65000}, (65000, 65535)),
        (np.int16, {"PixelPaddingValue": -2000}, (-2000, -2000)),
        (np.uint16, {}, None),
    ],
)
def test_padding(film, dtype, elements, padding):
    assert open_study(film(RAMP.astype(dtype), **elements)).image.padding == padding


@pytest.mark.parametrize(
    ("elements", "spacing", "origin"),
    [
        ({"PixelSpacing": [0.143, 0.15]}, (0.143, 0.15), "PixelSpacing"),
        ({"ImagerPixelSpacing": [0.2, 0.2]}, (0.2, 0.2), "ImagerPixelSpacing"),
        ({"PixelSpacing": [0.2, 0.2], "ImagerPixelSpacing": [0.2, 0.2]}, (0.2, 0.2), "ImagerPixelSpacing"),
        ({"NominalScannedPixelSpacing": [0.1, 0.1]}, (0.1, 0.1), "NominalScannedPixelSpacing"),
        ({"PixelSpacing": [0.0, 0.0]}, None, ""),
        ({}, None, ""),
    ],
)
def test_spacing_and_where_it_comes_from(film, elements, spacing, origin):
    image = open_study(film(RAMP, **elements)).image
    assert image.spacing_mm == spacing
    assert image.spacing_from == origin


def test_frames_open_one_by_one(film, refused):
    stack = np.stack([RAMP, RAMP + 1, RAMP + 2])
    path = film(stack)
    for frame in range(3):
        study = open_study(path, frame=frame)
        assert np.array_equal(study.image.pixels, RAMP + frame)
        assert (study.source.frame, study.source.frames) == (frame, 3)
    refused(path, "not-found", "3 frames", frame=3)


def test_enhanced_frames_have_their_own_windows(film):
    def group(center):
        item, voi, measures = Dataset(), Dataset(), Dataset()
        voi.WindowCenter, voi.WindowWidth = center, 100
        measures.PixelSpacing = [0.5, 0.5]
        item.FrameVOILUTSequence = Sequence([voi])
        item.PixelMeasuresSequence = Sequence([measures])
        return item

    path = film(np.stack([RAMP, RAMP]), PerFrameFunctionalGroupsSequence=Sequence([group(10), group(20)]))
    assert open_study(path, frame=0).image.windows[0].center == 10
    second = open_study(path, frame=1).image
    assert second.windows[0].center == 20
    assert second.spacing_mm == (0.5, 0.5)


def test_colour(film):
    pixels = np.random.default_rng(1).integers(0, 256, (20, 30, 3), np.uint8)
    image = open_study(film(pixels)).image
    assert image.is_colour
    assert np.array_equal(image.pixels, pixels)


@pytest.mark.parametrize("syntax", [JPEG2000Lossless, RLELossless])
def test_compressed_colour_keeps_its_pixels(film, tmp_path, syntax):
    import pydicom

    pixels = np.random.default_rng(1).integers(0, 256, (100, 90, 3), np.uint8)
    dataset = pydicom.dcmread(film(pixels))
    if syntax == JPEG2000Lossless:
        dataset.PhotometricInterpretation = "YBR_RCT"
    dataset.compress(syntax, pixels)
    dataset.save_as(tmp_path / "colour.dcm")
    assert np.array_equal(open_study(tmp_path / "colour.dcm").image.pixels, pixels)


def test_planar_colour(film):
    pixels = np.random.default_rng(1).integers(0, 256, (20, 30, 3), np.uint8)
    planes = np.moveaxis(pixels, -1, 0).tobytes()
    assert np.array_equal(open_study(film(pixels, PlanarConfiguration=1, PixelData=planes)).image.pixels, pixels)


def test_palette_becomes_rgb(film):
    pixels = np.array([[0, 1], [2, 1]], np.uint8)
    elements = {"PhotometricInterpretation": "PALETTE COLOR"}
    for name, values in (("Red", [0, 255, 10]), ("Green", [0, 128, 20]), ("Blue", [0, 64, 30])):
        elements[f"{name}PaletteColorLookupTableDescriptor"] = [3, 0, 8]
        elements[f"{name}PaletteColorLookupTableData"] = bytes([*values, 0])
    image = open_study(film(pixels, **elements)).image
    assert image.pixels[0, 1].tolist() == [255, 128, 64]
    assert image.pixels[1, 0].tolist() == [10, 20, 30]


def test_patient_and_acquisition(film):
    study = open_study(
        film(
            RAMP,
            PatientName="Müller^Ute",
            SpecificCharacterSet="ISO_IR 192",
            PatientID="4711",
            PatientBirthDate="19500214",
            PatientSex="F",
            StudyDate="20240214",
            StudyTime="101500",
            ViewPosition="PA",
            ImageLaterality="R",
            BodyPartExamined="CHEST",
            Manufacturer="Maker",
            ManufacturerModelName="X1",
        )
    )
    assert study.patient.name == "Müller Ute"
    assert study.patient.identifier == "4711"
    assert study.patient.sex == "F"
    assert study.patient.age_years == pytest.approx(74.0, abs=0.01)
    assert study.acquisition.taken.isoformat() == "2024-02-14T10:15:00"
    assert (study.acquisition.view, study.acquisition.laterality) == ("PA", "R")
    assert study.acquisition.device == "Maker X1"


@pytest.mark.parametrize(("stated", "years"), [("042Y", 42), ("006M", 0.5), ("026W", 0.5), ("010D", 0.03), ("", None)])
def test_age_as_stated(film, stated, years):
    age = open_study(film(RAMP, PatientAge=stated)).patient.age_years
    assert age == (None if years is None else pytest.approx(years, abs=0.01))


@pytest.mark.parametrize(
    ("elements", "kind"),
    [
        ({"Modality": "DX", "BodyPartExamined": "CHEST", "ViewPosition": "PA"}, Kind.CHEST_XRAY),
        ({"Modality": "CR", "BodyPartExamined": "CHEST", "ViewPosition": "LL"}, Kind.CHEST_XRAY),
        ({"Modality": "CR", "BodyPartExamined": "HAND", "ViewPosition": "PA"}, Kind.UNKNOWN),
        ({"Modality": "CT", "BodyPartExamined": "CHEST"}, Kind.UNKNOWN),
        ({"Modality": "CR", "BodyPartExamined": "CHEST"}, Kind.UNKNOWN),
        (
            {
                "Modality": "DX",
                "BodyPartExamined": "THORAX",
                "ViewPosition": "AP",
                "AcquisitionDeviceProcessingDescription": "CANINE LATERAL THORAX",
            },
            Kind.UNKNOWN,
        ),
    ],
)
def test_kind_is_said_only_where_the_file_says_it_clearly(film, elements, kind):
    study = open_study(film(RAMP, **elements))
    assert study.kind is kind
    assert study.acquisition.modality == elements["Modality"]


@pytest.mark.parametrize("part", [0.3, 0.6, 0.95])
@pytest.mark.parametrize("syntax", [None, JPEG2000Lossless, JPEGLSLossless, RLELossless])
def test_cut_off_pixels_are_refused(film, tmp_path, refused, syntax, part):
    import pydicom

    path = film(np.random.default_rng(0).integers(0, 4096, (200, 200), np.uint16), BitsStored=12, HighBit=11)
    if syntax is not None:
        dataset = pydicom.dcmread(path)
        dataset.compress(syntax)
        dataset.save_as(path)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * part)])
    refused(path, "damaged", "export it again")


def test_a_decoder_that_panics_costs_the_file_only(film, tmp_path, refused):
    """RLE whose first segment runs over its end: the decoder written in Rust panics, which is no Exception."""
    import pydicom

    path = film(np.zeros((64, 64), np.uint16))
    dataset = pydicom.dcmread(path)
    dataset.compress(RLELossless)
    data = bytearray(dataset.PixelData)
    at = 8 + 8 + 64  # after the offset table and the item's own header of segments
    data[at : at + 40] = bytes([127]) * 40
    dataset.PixelData = bytes(data)
    dataset.save_as(path)
    refused(path, "damaged", "RLE")


def test_twelve_bit_jpeg(film, tmp_path):
    """As another decoder sees it: pydicom's own 12-bit JPEG, whose pixels DCMTK gives as 0 to 264, mean 14.37."""
    from pydicom.data import get_testdata_file

    pixels = open_study(get_testdata_file("JPGExtended.dcm", download=False)).image.pixels
    assert pixels.shape == (1024, 256)
    assert (pixels.min(), pixels.max()) == (0, 264)
    assert pixels.mean() == pytest.approx(14.369991, abs=1e-5)


def test_big_endian_colour_keeps_its_depth(film, tmp_path):
    import pydicom

    pixels = np.random.default_rng(1).integers(0, 65536, (20, 30, 3), np.uint16)
    dataset = pydicom.dcmread(film(pixels))
    dataset.file_meta.TransferSyntaxUID = ExplicitVRBigEndian
    dataset.PixelData = pixels.astype(">u2").tobytes()
    dataset["PixelData"].VR = "OW"
    pydicom.dcmwrite(tmp_path / "big.dcm", dataset, little_endian=False, implicit_vr=False)
    image = open_study(tmp_path / "big.dcm").image
    assert image.pixels.dtype == np.uint16
    assert np.array_equal(image.pixels, pixels)


def test_header_without_pixels_is_refused(film, tmp_path, refused):
    import pydicom

    dataset = pydicom.dcmread(film(RAMP))
    del dataset.PixelData
    dataset.save_as(tmp_path / "header.dcm")
    refused(tmp_path / "header.dcm", "damaged", "neither a picture nor a recording")


def test_header_that_claims_four_gigapixels_is_refused_before_memory_is_asked_for(film, refused):
    refused(film(RAMP, Rows=65535, Columns=65535), "too-large", "megapixel")


def test_no_rows(film, refused):
    refused(film(RAMP, Rows=0), "damaged", "no pixels")


def test_structured_report_says_what_it_is(film, tmp_path, refused):
    import pydicom

    dataset = pydicom.dcmread(film(RAMP))
    del dataset.PixelData
    dataset.SOPClassUID = "1.2.840.10008.5.1.4.1.1.88.11"
    dataset.save_as(tmp_path / "report.dcm")
    refused(tmp_path / "report.dcm", "unsupported", "structured report")


def test_a_pdf_inside_dicom_opens_its_pages(film, tmp_path):
    import pydicom
    from reportlab.pdfgen.canvas import Canvas

    canvas = Canvas(str(tmp_path / "a.pdf"), pagesize=(72, 144))
    canvas.showPage()
    canvas.showPage()
    canvas.save()
    data = (tmp_path / "a.pdf").read_bytes()
    dataset = pydicom.dcmread(film(RAMP, PatientName="A^B"))
    del dataset.PixelData
    dataset.SOPClassUID = "1.2.840.10008.5.1.4.1.1.104.1"
    dataset.EncapsulatedDocument = data + b"\0" * (len(data) % 2)
    dataset.save_as(tmp_path / "report.dcm")
    study = open_study(tmp_path / "report.dcm", frame=1)
    assert study.image.pixels.shape == (400, 200)
    assert (study.source.format, study.source.frames) == ("dicom", 2)
    assert study.patient.name == "A B"


@pytest.mark.parametrize(("modality", "kind"), [("ECG", Kind.ECG_IMAGE), ("EMG", Kind.EMG_IMAGE)])
def test_a_captured_screen_is_told_by_its_modality(film, modality, kind):
    assert open_study(film(RAMP, Modality=modality)).kind is kind


def test_unknown_compression_is_named(film, tmp_path, refused):
    import pydicom
    from pydicom.encaps import encapsulate

    dataset = pydicom.dcmread(film(RAMP))
    dataset.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.4.102"  # MPEG-4
    dataset.PixelData = encapsulate([b"\0" * 64])
    dataset["PixelData"].VR = "OB"
    dataset.save_as(tmp_path / "video.dcm")
    refused(tmp_path / "video.dcm", "unsupported", "MPEG-4", "uncompressed")
