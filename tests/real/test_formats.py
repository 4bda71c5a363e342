"""Every real file opens with the facts that an independent reader gives, or is refused in a sentence.

Expected values were read with wfdb 4.3, mne 1.13, DCMTK's dcmdump, and by hand from the XML and the binary headers.
"""

import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from viewer.errors import FormatError
from viewer.formats import expand, open_study
from viewer.formats.opener import Opener
from viewer.study import Image, Kind, Waveform

DATA = Path(os.environ.get("LEADLIGHT_REAL_DATA", Path(__file__).parents[3] / "shared" / "data"))
FILES = DATA / "formats"
pytestmark = pytest.mark.skipif(not FILES.is_dir(), reason=f"the real files are not there ({FILES})")

TWELVE = ["I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6"]
EIGHT_FIRST = [*TWELVE[:2], *TWELVE[6:], *TWELVE[2:6]]
ECG, EMG, UNKNOWN, CHEST = Kind.ECG_TRACE, Kind.EMG_TRACE, Kind.UNKNOWN, Kind.CHEST_XRAY

ICU = ["mV", "mmHg", "mV"]
NAMED, SKEWED = [f"ECG {i}" for i in (1, 2, 3, 4)], [f"ECG_{i}" for i in (1, 2, 3, 4)]

# name: format, kind, rate, samples, leads, units, (lead, sample, value in its unit)
RECORDINGS = {
    "ecg/0000050.ECG.edf": ("edf", ECG, 800, 37855, TWELVE, ["mV"] * 12, ("II", 1000, -1.876860)),
    "ecg/0000050.ECG.scp": ("scp", ECG, 800, 32767, TWELVE, ["uV"] * 12, ("I", 1, -150)),
    "ecg/129DYPRG.XML": ("sierra", ECG, 500, 5500, TWELVE, ["uV"] * 12, ("I", 0, 240)),
    "ecg/3191723_ZZDEMOPTONLY_1-04_orig.xml": ("sierra", ECG, 500, 5500, TWELVE, ["uV"] * 12, ("II", 0, 190)),
    "ecg/E00015.mat": ("wfdb", ECG, 500, 5000, TWELVE, ["mV"] * 12, ("I", 0, 58 / 4880)),
    "ecg/E00015.hea": ("wfdb", ECG, 500, 5000, TWELVE, ["mV"] * 12, ("III", 0, -58 / 4880)),
    "ecg/JS01048.hea": ("wfdb", ECG, 500, 5000, TWELVE, ["mV"] * 12, ("II", 100, -0.102)),
    "ecg/JS01048.mat": ("wfdb", ECG, 500, 5000, TWELVE, ["mV"] * 12, ("I", 100, -0.029)),
    "ecg/Q0017.hea": ("wfdb", ECG, 500, 28934, TWELVE, ["mV"] * 12, ("III", 100, 0.020)),
    "ecg/Q0017.mat": ("wfdb", ECG, 500, 28934, TWELVE, ["mV"] * 12, ("I", 100, -0.046)),
    "ecg/anonymous_ecg.dcm": ("dicom", ECG, 1000, 10000, TWELVE, ["uV"] * 12, ("I", 100, 45 * 1.25)),
    "ecg/braveheart_MUSE_example1.xml": ("muse", ECG, 500, 5000, TWELVE, ["uV"] * 12, ("I", 100, -16 * 4.88)),
    "ecg/braveheart_MUSE_example2.xml": ("muse", ECG, 500, 5000, TWELVE, ["uV"] * 12, ("I", 100, 8 * 4.88)),
    "ecg/demo.scp": ("scp", ECG, 1000, 10000, TWELVE, ["uV"] * 12, ("I", 0, 254 * 0.183)),
    "ecg/ecgtoolkit_Example.dcm": ("dicom", ECG, 500, 5000, TWELVE, ["uV"] * 12, ("III", 100, -23 * 2.5)),
    "ecg/ecgtoolkit_Example.scp": ("scp", ECG, 500, 5000, EIGHT_FIRST, ["uV"] * 12, ("I", 100, 27 * 2.5)),
    "ecg/ecgtoolkit_aECG_Example.xml": ("aecg", ECG, 500, 5000, EIGHT_FIRST, ["uV"] * 12, ("aVF", 100, -9 * 2.5)),
    "ecg/example-DICOM1.dcm": ("dicom", ECG, 500, 5000, TWELVE, ["uV"] * 12, ("II", 100, -12 * 4.88)),
    "ecg/example-XML1.xml": ("cardiosoft", ECG, 500, 5000, TWELVE, ["uV"] * 12, ("II", 1, 23 * 5)),
    "ecg/minimum_aecg_effectiveTime_low.xml": ("aecg", ECG, 500, 13, ["II"], ["uV"], ("II", 0, -5)),
    "wfdb/03700181.hea": ("wfdb", ECG, 500, 300000, ["MCL1", "ABP", "RESP"], ICU, ("ABP", 400, 34.034268)),
    "wfdb/100.hea": ("wfdb", ECG, 360, 650000, ["MLII", "V5"], ["mV", "mV"], ("V5", 100, -0.195)),
    "wfdb/100.atr": ("wfdb", ECG, 360, 650000, ["MLII", "V5"], ["mV", "mV"], ("MLII", 100, -0.33)),
    "wfdb/100_3chan.hea": ("wfdb", ECG, 360, 999, ["I", "II", "III"], ["mV"] * 3, ("II", 100, -0.195)),
    "wfdb/3000003_0003.hea": ("wfdb", ECG, 125, 1028, ["II", "V"], ["mV", "mV"], ("II", 100, -0.172414)),
    "wfdb/310derive.hea": ("wfdb", UNKNOWN, 250, 1026, ["col 0", "col 1"], ["mV", "mV"], ("col 0", 100, -0.025)),
    "wfdb/311derive.hea": ("wfdb", UNKNOWN, 250, 1026, ["col 0"], ["mV"], ("col 0", 100, 0.0)),
    "wfdb/a103l.mat": ("wfdb", ECG, 250, 82500, ["II", "V", "PLETH"], ["mV", "mV", "NU"], ("PLETH", 100, 0.505666)),
    "wfdb/s0010_re.xyz": ("wfdb", ECG, 1000, 38400, [*TWELVE, "Vx", "Vy", "Vz"], ["mV"] * 15, ("II", 100, -0.3205)),
    "wfdb/test01_00s.dat": ("wfdb", ECG, 500, 4000, NAMED, ["mV"] * 4, ("ECG 2", 100, 0.05)),
    "wfdb/test01_00s_frame.hea": ("wfdb", ECG, 1000, 8000, SKEWED[:3], ["mV"] * 3, ("ECG_3", 200, 0.17)),
    "wfdb/test01_00s_skew.hea": ("wfdb", ECG, 500, 4000, SKEWED, ["mV"] * 4, ("ECG_2", 100, 0.1)),
    "wfdb/v102s.hea": ("wfdb", ECG, 250, 75000, ["II", "V", "PLETH", "RESP"], ["mV", "mV", "NU", "NU"],
                       ("V", 100, -0.127155)),
    "wfdb/SC4001E0-PSG.wav": ("wav", UNKNOWN, 1, 79500, [f"channel {i}" for i in range(1, 8)], [""] * 7, None),
}  # fmt: skip

# name: format, kind, rows, columns, dtype, bits, inverted, spacing (dcmdump)
FILMS = {
    "dicom/CR-MONO1-10-chest": (CHEST, 440, 440, np.uint16, 10, True, None, 1),
    "dicom/CR-ModalitySequenceLUT.dcm": (UNKNOWN, 1576, 1976, np.uint16, 16, True, (0.15, 0.15), 0),
    "dicom/D_CLUNIE_CT1_RLE_FRAGS.dcm": (UNKNOWN, 512, 512, np.int16, 16, False, (0.661468, 0.661468), 0),
    "dicom/GH538-jpeg14sv1.dcm": (UNKNOWN, 434, 636, np.uint8, 8, False, None, 0),
    "dicom/RG1_J2KI.dcm": (CHEST, 1955, 1841, np.uint16, 15, True, None, 1),
    "dicom/dx_image.dcm": (UNKNOWN, 169, 211, np.uint8, 8, True, (1.2, 1.201199999999), 1),
}

REFUSED = {
    "ecg/0000050.ECG": ("unsupported", "Contec"),
    "ecg/empty.xml": ("damaged", "no recording"),
    "wfdb/test_edfann.edf": ("damaged", "only annotations"),
}


@pytest.mark.parametrize("name", RECORDINGS)
def test_recordings(name):
    form, kind, rate, length, leads, units, sample = RECORDINGS[name]
    study = open_study(FILES / name)
    wave = study.waveform
    assert study.source.format == form
    assert study.kind is kind
    assert wave.rate_hz == rate
    assert wave.samples.shape == (len(leads), length)
    assert list(wave.channels) == list(leads)
    assert list(wave.units) == units
    if sample is not None:
        lead, at, value = sample
        assert wave.samples[leads.index(lead), at] == pytest.approx(value, abs=2e-5 * max(1, abs(value)))


@pytest.mark.parametrize("name", FILMS)
def test_films(name):
    kind, rows, columns, dtype, bits, inverted, spacing, windows = FILMS[name]
    study = open_study(FILES / name)
    image = study.image
    assert study.source.format == "dicom"
    assert study.kind is kind
    assert image.pixels.shape[:2] == (rows, columns)
    assert image.pixels.dtype == dtype
    assert (image.bits, image.inverted, image.spacing_mm) == (bits, inverted, spacing)
    assert len(image.windows) == windows


@pytest.mark.parametrize("name", REFUSED)
def test_refusals(name):
    code, word = REFUSED[name]
    with pytest.raises(FormatError) as caught:
        open_study(FILES / name)
    assert caught.value.code == code
    assert word in str(caught.value)
    assert len(str(caught.value)) >= 20


@pytest.mark.parametrize(
    ("name", "tool"), [("D_CLUNIE_CT1_RLE_FRAGS.dcm", "dcmdrle"), ("GH538-jpeg14sv1.dcm", "dcmdjpeg")]
)
def test_pixels_are_those_that_dcmtk_decodes(name, tool, tmp_path):
    if shutil.which(tool) is None:
        pytest.skip(f"DCMTK's {tool} is not installed")
    import pydicom

    subprocess.run([tool, str(FILES / "dicom" / name), str(tmp_path / "raw.dcm")], check=True, timeout=60)
    dataset = pydicom.dcmread(tmp_path / "raw.dcm")
    image = open_study(FILES / "dicom" / name).image
    stored = np.frombuffer(dataset.PixelData, image.pixels.dtype)[: image.pixels.size].reshape(image.pixels.shape)
    assert np.array_equal(image.pixels, stored)


def test_jpeg_2000_pixels_are_those_of_another_decoder():
    import openjpeg
    import pydicom
    from pydicom.encaps import generate_frames

    path = FILES / "dicom" / "RG1_J2KI.dcm"
    frame = next(generate_frames(pydicom.dcmread(path).PixelData, number_of_frames=1))
    other = openjpeg.decode(frame).astype(int)
    assert (
        np.abs(open_study(path).image.pixels - other).max() <= 1
    )  # irreversible wavelet: rounding is the decoder's own


def test_modality_table_as_pydicom_applies_it():
    import pydicom
    from pydicom.pixels import apply_modality_lut, pixel_array

    path = FILES / "dicom" / "CR-ModalitySequenceLUT.dcm"
    dataset = pydicom.dcmread(path)
    assert np.array_equal(open_study(path).image.pixels, apply_modality_lut(pixel_array(dataset), dataset))


def test_patients_and_dates_as_the_files_have_them():
    chest = open_study(FILES / "dicom" / "RG1_J2KI.dcm")
    assert chest.acquisition.view == "PA"
    assert chest.acquisition.body_part == "CHEST"
    assert chest.patient.sex == "F"
    dog = open_study(FILES / "dicom" / "dx_image.dcm")
    assert ("Processing", "CANINE LATERAL THORAX 0-15cm") in dog.acquisition.facts
    ecg = open_study(FILES / "ecg" / "anonymous_ecg.dcm")
    assert (ecg.patient.age_years, ecg.patient.sex) == (42, "F")
    assert ecg.acquisition.taken.isoformat() == "2013-01-25T10:59:19"
    ptb = open_study(FILES / "wfdb" / "s0010_re.hea")
    assert (ptb.patient.age_years, ptb.patient.sex) == (81, "F")
    assert open_study(FILES / "wfdb" / "100.hea").patient.age_years == 69
    georgia = open_study(FILES / "ecg" / "E00015.mat")
    assert georgia.acquisition.taken.isoformat() == "2020-05-05T14:50:55"
    assert {note.code for note in georgia.notes} == {"header-repaired"}


def test_one_tracing_in_three_formats_is_the_same():
    waves = [
        open_study(FILES / "ecg" / f"ecgtoolkit_{name}").waveform
        for name in ("Example.dcm", "Example.scp", "aECG_Example.xml")
    ]
    for lead in TWELVE:
        first, *others = (wave.lead(lead) for wave in waves)
        for other in others:
            assert np.abs(first - other).max() < 0.006, lead  # one unit of storage: 2.5 uV


@pytest.mark.parametrize("name", ["129DYPRG.XML", "3191723_ZZDEMOPTONLY_1-04_orig.xml"])
def test_sierra_leads_obey_einthoven_and_end_in_a_calibration_pulse(name):
    study = open_study(FILES / "ecg" / name)
    one, two, three = (study.waveform.lead(lead)[:5000] for lead in ("I", "II", "III"))
    assert np.abs(two - one - three).max() <= 0.0101
    assert "calibration-pulse" in {note.code for note in study.notes}
    assert study.waveform.lead("V6")[5350:5450].tolist() == [1.0] * 100


@pytest.mark.parametrize(
    "record", ["binformats", "flacformats", "s0010_re", "100", "v102s", "a103l", "310derive", "test01_00s_skew"]
)
@pytest.mark.filterwarnings("ignore:The inplace keyword")
def test_every_sample_is_what_wfdb_reads(record):
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import wfdb

    peer = wfdb.rdrecord(str(FILES / "wfdb" / record)).p_signal.T
    assert np.allclose(
        open_study(FILES / "wfdb" / f"{record}.hea").waveform.samples, peer, rtol=1e-5, atol=1e-5, equal_nan=True
    )


def test_every_sample_of_the_edf_is_what_mne_reads():
    mne = pytest.importorskip("mne", reason="mne is an independent reader that the project does not need")
    path = FILES / "ecg" / "0000050.ECG.edf"
    peer = mne.io.read_raw_edf(path, verbose="error").get_data() * 1e3
    assert np.allclose(open_study(path).waveform.samples, peer, atol=1e-4)


def test_every_file_opens_or_says_why():
    opened, refused = 0, []
    for path in sorted(FILES.rglob("*")):
        if not path.is_file():
            continue
        if str(path.relative_to(FILES)) in REFUSED:
            with pytest.raises(FormatError) as caught:
                open_study(path)
            assert 20 <= len(str(caught.value)) < 400
            refused.append(path)
            continue
        study = open_study(path)
        opened += 1
        assert isinstance(study.content, Image | Waveform)
        assert len(study.source.sha256) == 64
        if path.parent.name == "ecg_photos":
            assert study.kind is UNKNOWN
            assert min(study.image.rows, study.image.columns) >= 300
    assert len(refused) == len(REFUSED)
    assert opened == 83


def test_a_folder_gives_each_record_once():
    items = expand([FILES])
    names = [item.path.name for item in items]
    assert len(names) == len(set(names))
    assert names.count("100.hea") == 1
    assert not {"100.dat", "100.atr", "binformats.d0", "s0010_re.xyz", "E00015.mat"} & set(names)


def test_the_helper_gives_the_same():
    with Opener() as helper:
        for name in ("dicom/RG1_J2KI.dcm", "ecg/E00015.mat", "ecg_photos/ecg00013.jpg"):
            (item,) = expand([FILES / name])
            there, here = helper.open(item), open_study(item.path)
            assert there.source == here.source
            both = [
                getattr(s.content, "pixels", None) if isinstance(s.content, Image) else s.content.samples
                for s in (there, here)
            ]
            assert np.array_equal(*both)


# EMG texts: rate by the time column, length by time
EMG_TEXTS = {
    "emg_healthy.txt": (4000, 12.715),
    "emg_myopathy.txt": (4000, 27.604),
    "emg_neuropathy.txt": (4000, 37.037),
}


@pytest.mark.parametrize("name", EMG_TEXTS)
def test_needle_emg_texts(name):
    rate, seconds = EMG_TEXTS[name]
    study = open_study(DATA / "emg" / "physionet_emgdb_txt" / name)
    assert study.kind is EMG
    assert study.waveform.rate_hz == rate
    assert study.waveform.duration_s == pytest.approx(seconds, abs=0.001)
    assert {"corrupt-lines", "not-finite", "scale-unknown"} <= {note.code for note in study.notes}
    assert np.nanmax(np.abs(study.waveform.samples)) < 10


def test_needle_emg_record_and_what_is_no_recording():
    study = open_study(DATA / "emg" / "emglab_R00108" / "R00108.hea")
    assert (study.kind, study.waveform.rate_hz, study.waveform.units) == (EMG, 10000, ("mV",))
    stored = np.frombuffer((DATA / "emg" / "emglab_R00108" / "R00108.dat").read_bytes(), ">i2")
    assert study.waveform.samples[0] == pytest.approx(stored / 500, abs=1e-6)
    unknown = open_study(DATA / "emg" / "course_needle" / "Data_needle_unknown_fs.txt")
    assert unknown.waveform.rate_assumed
    for name in ("cyprus_muap_features/muap.csv", "emglab_R00108/Ramp_Piece.smr"):
        with pytest.raises(FormatError) as caught:
            open_study(DATA / "emg" / name)
        assert len(str(caught.value)) >= 20
