"""Settings and session files: whole or not at all, and a broken one is kept aside."""

import json
from pathlib import Path

import pytest

from viewer.ui import session


def test_what_is_saved_comes_back(tmp_path: Path) -> None:
    path = tmp_path / "a" / "settings.json"
    session.save(path, {"recent": ["ä.dcm", "心電図.png"]})
    assert session.load(path) == session.Loaded({"recent": ["ä.dcm", "心電図.png"], "version": 1})
    assert [p.name for p in path.parent.iterdir()] == ["settings.json"]


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"version": 99}', b"\xff\xfe\x00", b"[" * 100_000])
def test_a_broken_file_is_kept_aside(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "settings.json"
    path.write_bytes(content)
    loaded = session.load(path)
    assert loaded.values == {}
    assert "settings.json.broken" in loaded.trouble
    assert (tmp_path / "settings.json.broken").read_bytes() == content
    assert not path.exists()


def test_a_missing_file_is_no_trouble(tmp_path: Path) -> None:
    assert session.load(tmp_path / "none.json") == session.Loaded({})


def test_a_failed_save_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "session.json"
    session.save(path, {"selected": 1})
    with pytest.raises(TypeError):
        session.save(path, {"selected": object()})
    assert json.loads(path.read_text())["selected"] == 1
    assert [p.name for p in tmp_path.iterdir()] == ["session.json"]


def test_recent_files_are_listed_once_the_newest_first() -> None:
    assert session.with_recent(["b", "a"], ["a", "c"]) == ["a", "c", "b"]
    assert len(session.with_recent([str(i) for i in range(50)], ["x"])) == session.RECENT
