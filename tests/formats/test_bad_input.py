"""What does not open says what it is, what is wrong and what would help; nothing is executed, nothing hangs."""

import gzip
import os
import pickle
import random
import time

import numpy as np
import PIL.Image
import pytest

from viewer.errors import FormatError
from viewer.formats import open_study


class Bomb:
    def __reduce__(self):
        return os.system, ("touch /tmp/leadlight-was-here",)


HEIC = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + b"\0" * 100
CASES = {
    "photo.heic": (HEIC, "unsupported", ("HEIC", "JPEG", "convert")),
    "photo.jpg": (HEIC, "unsupported", ("HEIC",)),
    "clip.mp4": (b"\0\0\0\x18ftypisom" + b"\0" * 100, "unsupported", ("video", "PNG")),
    "clip.avi": (b"RIFF\0\0\0\0AVI LIST" + b"\0" * 100, "unsupported", ("video",)),
    "net.pkl": (pickle.dumps(Bomb()), "unsupported", ("pickle", "never opened")),
    "film.dcm": (pickle.dumps(Bomb()), "unsupported", ("pickle",)),
    "a.npy": (b"\x93NUMPY\x01\0" + b"\0" * 100, "unsupported", ("NumPy", "WFDB")),
    "a.h5": (b"\x89HDF\r\n\x1a\n" + b"\0" * 100, "unsupported", ("HDF5",)),
    "a.mat": (b"MATLAB 5.0 MAT-file" + b"\0" * 200, "unsupported", ("MATLAB",)),
    "a.gz": (gzip.compress(b"film"), "unsupported", ("gzip", "unpack")),
    "a.rar": (b"Rar!\x1a\7\0" + b"\0" * 50, "unsupported", ("RAR", "ZIP")),
    "a.7z": (b"7z\xbc\xaf\x27\x1c" + b"\0" * 50, "unsupported", ("7-Zip",)),
    "a.doc": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 50, "unsupported", ("Office", "PDF")),
    "a.mp3": (b"ID3\x04" + b"\0" * 50, "unsupported", ("MP3", "WAV")),
    "a.exe": (b"MZ\x90\0" + b"\0" * 50, "unsupported", ("program",)),
    "a.html": (b"<!DOCTYPE html><html></html>", "unsupported", ("web page",)),
    "a.bin": (bytes(range(256)) * 4, "unrecognised", ("none of the formats",)),
    "a.md": (b"# A title\n\nSome words.\n" * 20, "unrecognised", ("text",)),
    "a.json": (b'{"a": [1, 2, 3]}\n', "unrecognised", ("text",)),
    "cut.png": (b"\x89PNG\r\n\x1a\n", "damaged", ("save it again",)),
    "zeros.dcm": (b"\0" * 4096, "damaged", ("DICOM",)),
    "one": (b"x", "unrecognised", ()),
    "empty.dcm": (b"", "empty", ("0 bytes",)),
}


@pytest.mark.parametrize("name", CASES)
def test_each_gets_its_sentence(tmp_path, refused, name):
    data, code, words = CASES[name]
    (tmp_path / name).write_bytes(data)
    refused(tmp_path / name, code, *words)


def test_a_pickle_is_not_loaded(tmp_path):
    marker = tmp_path / "was-here"

    class Marking:
        def __reduce__(self):
            return os.mkdir, (str(marker),)

    for name in ("a.pkl", "a.dcm", "a.npy", "weights.pth"):
        (tmp_path / name).write_bytes(pickle.dumps(Marking()))
        with pytest.raises(FormatError):
            open_study(tmp_path / name)
    assert not marker.exists()


def test_a_folder_called_dl_beside_the_program_does_no_harm(film, tmp_path):
    """GDCM runs ``import dl``; a folder of that name in the working folder breaks it, and pydicom with it."""
    import subprocess
    import sys

    (tmp_path / "dl").mkdir()
    path = film(np.zeros((8, 8), np.uint8))
    script = f"import sys; sys.path.insert(0, ''); from viewer.formats import open_study; open_study({str(path)!r})"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        env=environment,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_missing_folder_and_pipe(tmp_path, refused):
    refused(tmp_path / "nothing.dcm", "not-found", "no such file")
    refused(tmp_path, "not-readable", "folder")
    os.mkfifo(tmp_path / "pipe")
    started = time.monotonic()
    refused(tmp_path / "pipe", "not-readable", "pipe")
    assert time.monotonic() - started < 1
    refused("/dev/zero", "not-readable", "device")
    refused(tmp_path / ("x" * 300), "not-readable")
    refused("a\0b", "not-readable")


def test_a_name_in_any_script(tmp_path):
    for name in ("Röntgenbild.png", "胸部X線写真.png", "صورة.png", "a b\tc.png", "📷"):
        PIL.Image.fromarray(np.zeros((8, 8), np.uint8)).save(tmp_path / name, "PNG")
        study = open_study(tmp_path / name)
        assert study.source.path.name == name
        assert study.source.label == name


def test_a_hundred_megapixels_open_in_bounded_memory(tmp_path):
    import subprocess
    import sys

    import tifffile

    tifffile.imwrite(tmp_path / "a.tif", np.zeros((10000, 10000), np.uint16), compression="zlib")
    # The kernel's own high-water mark: ru_maxrss would begin at what the process that runs the tests had.
    script = (
        "from pathlib import Path\n"
        "from viewer.formats import open_study\n"
        f"study = open_study({str(tmp_path / 'a.tif')!r})\n"
        "peak_kb = Path('/proc/self/status').read_text().split('VmHWM:')[1].split()[0]\n"
        "print(study.image.pixels.shape, peak_kb)\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=120, env=environment, check=True
    )
    assert done.stdout.startswith("(10000, 10000)")
    peak_mb = int(done.stdout.split()[-1]) / 1024
    assert peak_mb < 900, f"{peak_mb:.0f} MB for 200 MB of pixels"


@pytest.fixture
def samples(film, tmp_path):
    """One good file of each kind, to be damaged."""
    import io

    import soundfile
    from reportlab.pdfgen.canvas import Canvas

    files = {"film.dcm": film(np.arange(4096, dtype=np.uint16).reshape(64, 64)).read_bytes()}
    for ending in ("png", "jpeg", "tiff", "bmp", "webp", "gif"):
        stream = io.BytesIO()
        PIL.Image.fromarray(np.random.default_rng(0).integers(0, 256, (64, 64), np.uint8)).save(stream, ending)
        files[f"a.{ending}"] = stream.getvalue()
    soundfile.write(tmp_path / "a.wav", np.zeros(1000), 48000)
    files["a.wav"] = (tmp_path / "a.wav").read_bytes()
    canvas = Canvas(str(tmp_path / "a.pdf"))
    canvas.drawString(10, 10, "x")
    canvas.save()
    files["a.pdf"] = (tmp_path / "a.pdf").read_bytes()
    header = f"{'0':<8}{'X X X X':<80}{'Startdate X X X X':<80}01.01.2001.01.01{512:<8}{'':<44}{3:<8}{1:<8}{1:<4}"
    header += f"{'EMG':<16}{'':<80}{'uV':<8}{-100:<8}{100:<8}{-100:<8}{100:<8}{'':<80}{100:<8}{'':<32}"
    files["a.edf"] = header.encode() + bytes(600)
    files["r.hea"] = b"r 1 100 4\nr.dat 16 100/mV 16 0 0 0 0 II\n"
    (tmp_path / "r.dat").write_bytes(bytes(8))
    files["a.csv"] = b"time,EMG\n" + b"".join(b"%d,%d\n" % (i, i % 7) for i in range(300))
    return files


def error_of(path):
    """Open a file; return its FormatError, or None where it opened. Anything else is raised."""
    try:
        open_study(path)
    except FormatError as error:
        return error
    return None


def test_damage_at_random_never_raises_anything_else(samples, tmp_path):
    """Cut, flip and overwrite: every file opens or is refused in a sentence, within seconds."""
    dice = random.Random(11)
    failures = 0
    for name, data in samples.items():
        for turn in range(12):
            broken = bytearray(data)
            if turn % 3 == 0:
                broken = broken[: dice.randrange(1, len(broken))]
            else:
                for _ in range(dice.choice((1, 5, 50))):
                    broken[dice.randrange(min(len(broken), 600 if turn % 3 == 1 else 10**9))] = dice.randrange(256)
            path = tmp_path / name
            path.write_bytes(broken)
            started = time.monotonic()
            error = error_of(path)
            if error is not None:
                failures += 1
                assert len(str(error)) >= 20, (name, turn)
                assert "\n" not in str(error), (name, turn)
                assert error.path == path
            assert time.monotonic() - started < 10, (name, turn)
    assert failures > 20
