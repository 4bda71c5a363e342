"""The scales that a person gave to files without a unit, remembered for a folder's files of one format."""

import os
from pathlib import Path
from typing import Any

from viewer.study import Source, Study
from viewer.study.scale import scale_missing, with_full_scale

MOST = 200


class Scales:
    """Full scale in µV by folder and format; read and written by the threads that open files, a value at a time."""

    def __init__(self) -> None:
        self._known: dict[str, float] = {}

    def load(self, kept: Any) -> None:
        """Take over what was remembered, as far as it can be understood."""
        if isinstance(kept, dict):
            self._known = {
                str(k): float(v) for k, v in kept.items() if isinstance(v, int | float) and 0 < v < 1e12
            }  # fmt: skip

    def kept(self) -> dict[str, float]:
        """Return what is to be remembered, the newest last."""
        return dict(list(self._known.items())[-MOST:])

    def remember(self, source: Source, full_scale_uv: float) -> None:
        """Remember a scale for the files of this one's folder and format."""
        key = _key(source)
        self._known.pop(key, None)
        self._known[key] = full_scale_uv

    def forget(self, source: Source) -> None:
        """Forget the scale of a folder's files."""
        self._known.pop(_key(source), None)

    def applied(self, study: Study, own_uv: float | None) -> Study:
        """Return a study with the scale given to it, or to its folder's files; unchanged where there is none."""
        if not scale_missing(study):
            return study
        scale = own_uv or self._known.get(_key(study.source))
        return study if scale is None else with_full_scale(study, scale)


def of_one_folder(source: Source, file_format: str, path: Path) -> bool:
    """Whether a scale remembered for a file's folder is for another file, too."""
    return _key(source) == _key_of(file_format, path)


def _key(source: Source) -> str:
    return _key_of(source.format, source.path)


def _key_of(file_format: str, path: Path) -> str:
    return f"{file_format}|{os.path.abspath(Path(path).parent)}"
