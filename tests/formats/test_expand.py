"""From what a person names to the things to open."""

import os
import subprocess
import sys

import numpy as np
import PIL.Image
import pytest

from viewer.formats import Item, expand


def png(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    PIL.Image.fromarray(np.zeros((8, 8), np.uint8)).save(path, "PNG")
    return path


def record(folder, name="r"):
    (folder / f"{name}.hea").write_text(f"{name} 1 100 4\n{name}.dat 16 100/mV 16 0 0 0 0 II\n")
    (folder / f"{name}.dat").write_bytes(np.zeros(4, "<i2").tobytes())
    return folder / f"{name}.hea"


def test_files_stay_in_the_order_given_each_once(tmp_path):
    a, b = png(tmp_path / "a.png"), png(tmp_path / "b.png")
    assert expand([b, a, b]) == [Item(b), Item(a)]


def test_a_named_file_is_always_an_item(tmp_path):
    (tmp_path / "letter.txt").write_text("Dear colleague")
    assert expand([tmp_path / "letter.txt", tmp_path / "missing.dcm"]) == [
        Item(tmp_path / "letter.txt"),
        Item(tmp_path / "missing.dcm"),
    ]


def test_folders_are_walked_in_natural_order(tmp_path):
    names = ["film 10.png", "film 9.png", "sub/film 1.png"]
    paths = [png(tmp_path / name) for name in names]
    assert [item.path for item in expand([tmp_path])] == [paths[1], paths[0], paths[2]]


def test_what_is_plainly_no_study_is_left_out_of_a_folder(tmp_path):
    png(tmp_path / "film")
    (tmp_path / "README.md").write_text("# read me")
    (tmp_path / "notes.txt").write_text("a sentence\nanother\nand more\nstill more\n")
    (tmp_path / ".hidden.png").write_bytes(b"x")
    (tmp_path / "run.py").write_text("print(1)\n")
    assert expand([tmp_path]) == [Item(tmp_path / "film")]


def test_what_is_called_a_study_stays_in_so_that_its_error_is_seen(tmp_path):
    (tmp_path / "broken.dcm").write_bytes(b"nothing")
    (tmp_path / "photo.heic").write_bytes(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic")
    (tmp_path / "empty.png").write_bytes(b"")
    (tmp_path / "cut.zip").write_bytes(b"PK\x03\x04")
    (tmp_path / "__init__.py").write_bytes(b"")
    assert {item.path.name for item in expand([tmp_path])} == {"broken.dcm", "photo.heic", "empty.png", "cut.zip"}


def test_a_record_is_one_item_by_any_of_its_files(tmp_path):
    header = record(tmp_path)
    (tmp_path / "r.atr").write_bytes(b"\0\1")
    png(tmp_path / "z.png")
    assert expand([tmp_path]) == [Item(header), Item(tmp_path / "z.png")]
    assert expand([tmp_path / "r.dat"]) == [Item(tmp_path / "r.dat")]
    assert expand([tmp_path / "r.dat", header, tmp_path]) == [Item(tmp_path / "r.dat"), Item(tmp_path / "z.png")]


def test_segments_belong_to_their_record(tmp_path):
    record(tmp_path, "s1")
    record(tmp_path, "s2")
    (tmp_path / "m.hea").write_text("m/2 1 100 8\ns1 4\ns2 4\n")
    assert expand([tmp_path]) == [Item(tmp_path / "m.hea")]


def test_a_circle_of_links_ends(tmp_path):
    png(tmp_path / "a.png")
    (tmp_path / "loop").symlink_to(tmp_path, target_is_directory=True)
    assert expand([tmp_path]) == [Item(tmp_path / "a.png")]


def test_names_in_any_script(tmp_path):
    paths = [png(tmp_path / name) for name in ("Röntgen ä.png", "胸部X線.png", "صدر.png", "📷.png")]
    assert {item.path for item in expand([tmp_path])} == set(paths)


def test_pipes_are_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    png(tmp_path / "a.png")
    assert expand([tmp_path]) == [Item(tmp_path / "a.png")]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps permissions in another way")
def test_an_unreadable_folder_is_one_item_whose_opening_says_why(tmp_path):
    png(tmp_path / "good" / "a.png")
    closed = tmp_path / "closed"
    png(closed / "b.png")
    secret = png(tmp_path / "good" / "secret.png")
    closed.chmod(0)
    secret.chmod(0)
    script = f"""
import os
from viewer.errors import FormatError
from viewer.formats import expand, open_study
open_study({str(tmp_path / "good" / "a.png")!r})
if os.geteuid() == 0:
    os.seteuid(65534)  # the superuser may read everything
for item in expand([{str(tmp_path)!r}]):
    try:
        open_study(item.path)
        print(item.path.name, "opened")
    except FormatError as error:
        print(item.path.name, error.code, error)
"""
    for folder in (tmp_path, *tmp_path.parents):
        if folder.stat().st_uid == os.getuid() and str(folder).startswith("/tmp/"):
            folder.chmod(folder.stat().st_mode | 0o055)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False, env=environment
    )
    closed.chmod(0o700)
    assert done.stderr == ""
    lines = done.stdout.splitlines()
    assert len(lines) == 3
    assert lines[0].startswith("closed not-readable")
    assert "a.png opened" in lines
    assert any(line.startswith("secret.png not-readable") and "permission" in line for line in lines)
