"""What outlives the window: settings and the last session, two small JSON files, written whole or not at all."""

import contextlib
import json
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import platformdirs

VERSION = 1
RECENT = 12


def settings_path() -> Path:
    """Return where the settings are (theme, recent files, window)."""
    return Path(platformdirs.user_config_dir("leadlight", appauthor=False)) / "settings.json"


def session_path() -> Path:
    """Return where the last session is (open files, selection, views)."""
    return Path(platformdirs.user_state_dir("leadlight", appauthor=False)) / "session.json"


@dataclass(frozen=True)
class Loaded:
    """What a file held; ``trouble`` is a sentence where it could not be used."""

    values: dict[str, Any]
    trouble: str = ""


def load(path: Path) -> Loaded:
    """Read a file; a broken one is kept aside as ``name.broken`` and an empty one taken in its place."""
    try:
        values = json.loads(path.read_text("utf-8"))
        if not isinstance(values, dict) or values.get("version") != VERSION:
            raise ValueError("not a file of this version")
        return Loaded(values)
    except FileNotFoundError:
        return Loaded({})
    except (OSError, ValueError, RecursionError) as error:
        aside = path.with_name(path.name + ".broken")
        with contextlib.suppress(OSError):
            os.replace(path, aside)
        return Loaded({}, f"{path.name} could not be read ({type(error).__name__}); it was kept as {aside.name}.")


def save(path: Path, values: dict[str, Any]) -> None:
    """Write a file beside its name and put it in its place, so that it is never half written. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name, suffix=".part")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(values | {"version": VERSION}, file, ensure_ascii=False, indent=1)
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise


def with_recent(recent: list[str], opened: list[str]) -> list[str]:
    """Return the list of recent files with the newly opened ones first, each once."""
    return list(dict.fromkeys([*opened, *recent]))[:RECENT]
