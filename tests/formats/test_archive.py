"""ZIP archives and DICOMDIR."""

import gc
import io
import struct
import warnings
import zipfile
from pathlib import Path

import numpy as np
import PIL.Image
import pytest
from pydicom.fileset import FileSet

from viewer.formats import Item, expand, open_study

PIXELS = np.arange(400, dtype=np.uint8).reshape(20, 20)


def png():
    stream = io.BytesIO()
    PIL.Image.fromarray(PIXELS).save(stream, "PNG")
    return stream.getvalue()


def pack(path, members, compression=zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def test_every_study_is_an_item_in_natural_order(tmp_path):
    path = pack(
        tmp_path / "a.zip",
        {"film 10.png": png(), "film 9.png": png(), "read me.txt": "hello", "__MACOSX/._film 9.png": b"x"},
    )
    assert expand([path]) == [Item(path, "film 9.png"), Item(path, "film 10.png")]


def test_a_member_opens_with_its_name(tmp_path):
    path = pack(tmp_path / "a.zip", {"one/film.png": png()})
    study = open_study(path, "one/film.png")
    assert np.array_equal(study.image.pixels, PIXELS)
    assert (study.source.path, study.source.member, study.source.format) == (path, "one/film.png", "png")
    assert study.source.label == "a.zip › one/film.png"


def test_without_a_member_the_first_opens_and_that_is_said(tmp_path, codes):
    path = pack(tmp_path / "a.zip", {"b.png": png(), "a.png": png()})
    study = open_study(path)
    assert study.source.member == "a.png"
    assert "archive-first" in codes(study)
    assert "archive-first" not in codes(open_study(pack(tmp_path / "b.zip", {"only.png": png()})))


def test_a_wfdb_record_in_an_archive(tmp_path):
    header = "r 1 500 4\nr.dat 16 1000/mV 16 0 0 0 0 II\n"
    data = np.array([1, 2, 3, 4], "<i2").tobytes()
    path = pack(tmp_path / "a.zip", {"x/r.hea": header, "x/r.dat": data, "y/other.png": png()})
    assert expand([path]) == [Item(path, "x/r.hea"), Item(path, "y/other.png")]
    assert open_study(path, "x/r.hea").waveform.samples[0] == pytest.approx([0.001, 0.002, 0.003, 0.004])


def test_segments_in_an_archive_belong_to_their_record(tmp_path):
    segment = "{0} 1 500 2\n{0}.dat 16 1000/mV 16 0 0 0 0 II\n"
    members = {"m.hea": "m/2 1 500 4\ns1 2\ns2 2\n"}
    for name in ("s1", "s2"):
        members |= {f"{name}.hea": segment.format(name), f"{name}.dat": np.array([1, 2], "<i2").tobytes()}
    path = pack(tmp_path / "a.zip", members)
    assert expand([path]) == [Item(path, "m.hea")]
    assert open_study(path).waveform.samples.shape == (1, 4)


@pytest.mark.parametrize("name", ["../../evil.png", "/etc/evil.png", "C:\\evil.png"])
def test_nothing_is_written_whatever_a_member_is_called(tmp_path, name, monkeypatch):
    path = pack(tmp_path / "in" / "a.zip" if (tmp_path / "in").mkdir() is None else tmp_path, {name: png()})
    monkeypatch.chdir(tmp_path / "in")
    (item,) = expand([path])
    before = {str(found) for found in tmp_path.rglob("*")}
    assert np.array_equal(open_study(item.path, item.member).image.pixels, PIXELS)
    assert {str(found) for found in tmp_path.rglob("*")} == before
    assert not Path("/etc/evil.png").exists()


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path, refused):
    """One member says that it unpacks to 5 GB; the bytes are not there."""
    path = pack(tmp_path / "a.zip", {"a.png": png()})
    data = bytearray(path.read_bytes())
    for signature, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        struct.pack_into("<I", data, data.index(signature) + offset, 0xF0000000)
    path.write_bytes(data)
    refused(path, "too-large", "4.0 GB", member="a.png")


def test_a_member_that_unpacks_to_more_than_it_says(tmp_path, refused):
    path = pack(tmp_path / "a.zip", {"a.png": png() + b"\0" * 100_000})
    data = bytearray(path.read_bytes())
    for signature, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        struct.pack_into("<I", data, data.index(signature) + offset, 200)
    path.write_bytes(data)
    refused(path, "damaged", member="a.png")


def test_a_password_is_said(tmp_path, refused):
    path = pack(tmp_path / "a.zip", {"a.png": png()})
    data = bytearray(path.read_bytes())
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(signature) + offset] |= 1
    path.write_bytes(data)
    refused(path, "encrypted", "password")
    assert expand([path]) == [Item(path)]


def test_damaged_empty_and_foreign_archives(tmp_path, refused):
    whole = pack(tmp_path / "a.zip", {"a.png": png()}).read_bytes()
    (tmp_path / "cut.zip").write_bytes(whole[: len(whole) // 2])
    refused(tmp_path / "cut.zip", "damaged", "ZIP")
    refused(pack(tmp_path / "none.zip", {}), "unsupported", "nothing that opens")
    refused(pack(tmp_path / "letter.docx", {"[Content_Types].xml": "<a/>"}), "unsupported", "Office", "PDF")
    refused(pack(tmp_path / "data.npz", {"x.npy": b"\x93NUMPY"}), "unsupported", "NumPy")
    refused(pack(tmp_path / "net.pth", {"net/data.pkl": b"\x80\x02."}), "unsupported", "checkpoint")


def test_a_member_that_is_not_there(tmp_path, refused):
    path = pack(tmp_path / "a.zip", {"a.png": png()})
    refused(path, "not-found", "no member", member="b.png")
    (tmp_path / "a.png").write_bytes(png())
    refused(tmp_path / "a.png", "not-found", "no archive", member="b.png")


@pytest.fixture
def medium(film, tmp_path):
    """Two films on a medium with a DICOMDIR, written by pydicom."""
    files = FileSet()
    for value in (1, 2):
        files.add(
            film(
                np.full((8, 8), value, np.uint8),
                PatientID="1",
                PatientName="A^B",
                StudyInstanceUID="1.2.3",
                SeriesInstanceUID="1.2.3.4",
                StudyDate="20200101",
                StudyTime="101010",
                StudyID="1",
                SeriesNumber="1",
                InstanceNumber=str(value),
            )
        )
    files.write(tmp_path / "medium")
    with warnings.catch_warnings():  # pydicom leaves its own temporary folder to the collector
        warnings.simplefilter("ignore")
        del files
        gc.collect()
    return tmp_path / "medium"


def test_a_dicomdir_lists_its_studies(medium):
    items = expand([medium / "DICOMDIR"])
    assert [item.path for item in items] == [medium / "DICOMDIR"] * 2
    assert sorted(int(open_study(item.path, item.member).image.pixels[0, 0]) for item in items) == [1, 2]
    assert expand([medium]) == items


def test_a_dicomdir_by_another_name(medium):
    (medium / "DICOMDIR").rename(medium / "index.bin")
    assert len(expand([medium / "index.bin"])) == 2


def test_a_dicomdir_whose_files_are_missing(medium, refused):
    (item, _) = expand([medium])
    (medium / Path(item.member)).unlink()
    refused(medium / "DICOMDIR", "not-found", "not on the medium", member=item.member)


@pytest.mark.parametrize("member", ["../film.dcm", "/etc/passwd", "a/../../film.dcm", "C:/film.dcm", "..\\film.dcm"])
def test_a_dicomdir_cannot_point_outside(medium, refused, member):
    refused(medium / "DICOMDIR", "damaged", "outside its own folder", member=member)


def test_a_dicomdir_cannot_point_outside_through_a_link(medium, refused, tmp_path):
    (medium / "LINK").symlink_to(tmp_path / "film.dcm")
    refused(medium / "DICOMDIR", "damaged", "outside its own folder", member="LINK")
