"""The helper process: same studies as in this process, and a bad file costs that file only."""

import gc
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import psutil
import pytest

from viewer.errors import Cancelled, FormatError
from viewer.formats import Item, open_study
from viewer.formats.opener import Opener

SHARED = Path("/dev/shm")


@pytest.fixture(scope="module")
def opener():
    with Opener(timeout_s=30) as helper:
        yield helper


@pytest.fixture
def slow_film(film):
    """A film that takes its decoder a second or so."""
    import pydicom
    from pydicom.uid import JPEG2000Lossless

    noise = np.random.default_rng(0).integers(0, 4096, (1800, 1800), np.uint16)
    path = film(noise, BitsStored=12, HighBit=11)
    dataset = pydicom.dcmread(path)
    dataset.compress(JPEG2000Lossless)
    dataset.save_as(path)
    return path


def test_the_study_is_the_same_as_without_the_helper(opener, film):
    pixels = np.arange(10000, dtype=np.uint16).reshape(100, 100)
    path = film(pixels, WindowCenter="50", WindowWidth="100", PatientName="A^B")
    there, here = opener.open(Item(path)), open_study(path)
    assert np.array_equal(there.image.pixels, pixels)
    assert not there.image.pixels.flags.writeable
    assert there.source == here.source
    assert there.patient == here.patient
    assert there.image.windows == here.image.windows


def test_errors_come_back_as_they_are(opener, tmp_path):
    (tmp_path / "a.dcm").write_bytes(b"x" * 100)
    with pytest.raises(FormatError) as caught:
        opener.open(Item(tmp_path / "a.dcm"))
    assert caught.value.code == "damaged"
    assert caught.value.path == tmp_path / "a.dcm"
    assert "does not begin as DICOM" in str(caught.value)


def test_shared_memory_goes_back_when_the_study_goes(film):
    if not SHARED.is_dir():
        pytest.skip("this system has no /dev/shm to look into")
    path = film(np.zeros((2000, 2000), np.uint16))
    with Opener() as helper:
        own = psutil.Process()
        studies = [helper.open(Item(path)) for _ in range(3)]
        assert sum(study.image.pixels.sum() for study in studies) == 0
        assert not [name for name in os.listdir(SHARED) if name.startswith(f"ll{os.getpid():x}-")]
        mapped = own.memory_full_info().uss
        del studies
        gc.collect()
        assert own.memory_full_info().uss <= mapped + 1e6
        deleted = [m for m in own.memory_maps() if m.path.startswith(f"/dev/shm/ll{os.getpid():x}-")]
        assert deleted == []


def test_pixels_outlive_the_helper(film):
    with Opener() as helper:
        study = helper.open(Item(film(np.full((50, 60), 7, np.uint16))))
    assert (study.image.pixels == 7).all()


def test_without_room_in_shared_memory_the_pipe_carries_them(film, monkeypatch, tmp_path):
    pixels = np.arange(10000, dtype=np.uint16).reshape(100, 100)
    path = film(pixels)
    script = f"""
import sys
from viewer.formats import shared, worker
shared.has_room = lambda size: False
class Pipe:
    sent = []
    def send(self, what): self.sent.append(what)
    def send_bytes(self, what): self.sent.append(bytes(what))
pipe = Pipe()
from pathlib import Path
worker._answer(pipe, Path({str(path)!r}), None, 0, "unused")
study, dtype, shape, is_shared = pipe.sent[0]
import numpy as np
assert not is_shared
assert np.array_equal(np.frombuffer(pipe.sent[1], dtype).reshape(shape), np.arange(10000).reshape(100, 100))
"""
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)


def in_a_while(seconds, action):
    timer = threading.Timer(seconds, action)
    timer.start()
    return timer


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signals to kill a process with")
def test_a_crash_costs_that_file_and_the_helper_starts_again(slow_film, film):
    good = film(np.zeros((10, 10), np.uint8), "good.dcm")
    with Opener() as helper:
        helper.open(Item(good))
        pid = helper.pid
        timer = in_a_while(0.2, lambda: os.kill(pid, signal.SIGSEGV))
        with pytest.raises(FormatError) as caught:
            helper.open(Item(slow_film))
        timer.join()
        assert caught.value.code == "crashed"
        assert "export it again" in str(caught.value)
        assert helper.pid != pid
        assert helper.open(Item(good)).image.pixels.shape == (10, 10)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signals to stop a process with")
def test_a_hang_costs_that_file(slow_film, film):
    good = film(np.zeros((10, 10), np.uint8), "good.dcm")
    with Opener(timeout_s=1.5) as helper:
        while True:
            try:
                helper.open(Item(good))
                break
            except FormatError:  # a loaded machine may take longer than that to start the helper
                continue
        os.kill(helper.pid, signal.SIGSTOP)
        started = time.monotonic()
        with pytest.raises(FormatError) as caught:
            helper.open(Item(good))
        assert caught.value.code == "timeout"
        assert 1.4 < time.monotonic() - started < 4


def test_a_file_that_swells_costs_that_file(tmp_path, film):
    import tifffile

    swelling = tmp_path / "swell.tif"
    tifffile.imwrite(swelling, np.zeros((14000, 14000), np.uint8), compression="zlib")
    good = film(np.zeros((10, 10), np.uint8), "good.dcm")
    with Opener(memory_mb=220) as helper:
        helper.open(Item(good))
        with pytest.raises(FormatError) as caught:
            helper.open(Item(swelling))
        assert caught.value.code == "memory"
        assert helper.open(Item(good)).image.pixels.shape == (10, 10)


def test_cancelling_is_noticed_within_a_tenth_of_a_second(slow_film, film):
    good = film(np.zeros((10, 10), np.uint8), "good.dcm")
    with Opener() as helper:
        helper.open(Item(good))
        cancel, when = threading.Event(), []
        timer = in_a_while(0.2, lambda: (when.append(time.monotonic()), cancel.set()))
        with pytest.raises(Cancelled):
            helper.open(Item(slow_film), cancel)
        noticed = time.monotonic() - when[0]
        timer.join()
        assert noticed < 0.15, f"noticed after {noticed:.3f} s"
        assert helper.open(Item(good)).image.pixels.shape == (10, 10)


def test_closing_ends_an_opening_in_another_thread(slow_film, film):
    helper = Opener()
    helper.open(Item(film(np.zeros((10, 10), np.uint8), "good.dcm")))
    timer = in_a_while(0.2, helper.close)
    with pytest.raises(Cancelled):
        helper.open(Item(slow_film))
    timer.join()
    assert helper.pid is None
    helper.close()


def test_cancelled_before_it_began(opener, film):
    cancel = threading.Event()
    cancel.set()
    with pytest.raises(Cancelled):
        opener.open(Item(film(np.zeros((10, 10), np.uint8))), cancel)


def test_two_threads_take_turns(opener, film):
    paths = [film(np.full((50, 50), value, np.uint16), f"{value}.dcm") for value in range(6)]
    results: dict[int, int] = {}

    def work(value):
        results[value] = int(opener.open(Item(paths[value])).image.pixels[0, 0])

    threads = [threading.Thread(target=work, args=(value,)) for value in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == {value: value for value in range(6)}


def test_the_helper_never_imports_torch_or_qt():
    script = (
        "import sys; from viewer.formats import worker; worker._import_readers();"
        "print([name for name in ('torch', 'PySide6', 'pandas', 'scipy') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]"


def test_nothing_is_printed_or_left_behind(film, tmp_path):
    """A whole program that opens and ends, also without closing: no warning of leaked memory, no process left."""
    path = film(np.zeros((500, 500), np.uint16))
    script = tmp_path / "program.py"
    script.write_text(
        "from pathlib import Path\n"
        "from viewer.formats import Item\n"
        "from viewer.formats.opener import Opener\n"
        "opener = Opener()\n"  # without the guard that spawned processes usually need
        f"study = opener.open(Item(Path({str(path)!r})))\n"
        "print(study.image.pixels.shape, opener.pid)\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "PYTHONWARNINGS": "error"}
    done = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, timeout=60, env=environment, check=False
    )
    assert done.stderr == ""
    assert done.stdout.startswith("(500, 500) ")
    assert not psutil.pid_exists(int(done.stdout.split()[-1]))
