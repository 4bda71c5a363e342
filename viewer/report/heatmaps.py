"""Heat maps saved as pictures, one a class, laid over the study."""

import re
from collections.abc import Iterator
from pathlib import Path

from viewer.errors import LeadlightError
from viewer.reading.values import Reading
from viewer.report.picture import render
from viewer.study import Study

SIZE_PX = (1024, 1024)


def make_folder(folder: Path) -> None:
    """Make the folder before anything is read. Raises LeadlightError ``output`` where it cannot be."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _unwritable(folder, error) from error


def save_heat_maps(study: Study, reading: Reading, folder: Path) -> list[Path]:
    """Write a PNG for each class's map; return their paths.

    Names come from the file's hash, the model and the class, so that they identify no patient:
    ``0123456789ab_chest-films_effusion.png``.
    """
    import cv2

    saved = []
    for one, label in _maps(reading):
        model = one.model.id if one.model else "none"
        frame = "" if one.frame is None else f"_frame{one.frame + 1}"
        slug = re.sub(r"[^a-z0-9]+", "-", label.lower()).strip("-")
        path = folder / f"{one.sha256[:12]}{frame}_{model}_{slug}.png"
        picture = cv2.cvtColor(render(study, one, label, SIZE_PX), cv2.COLOR_RGB2BGR)
        try:
            path.write_bytes(cv2.imencode(".png", picture)[1].tobytes())
        except OSError as error:
            raise _unwritable(path, error) from error
        saved.append(path)
    return saved


def _unwritable(path: Path, error: OSError) -> LeadlightError:
    return LeadlightError("output", f"{path} cannot be written ({error.strerror})", "choose another folder", path)


def _maps(reading: Reading) -> Iterator[tuple[Reading, str]]:
    """Yield the reading and those of other models of the same frame, with each map's class."""
    for one in (reading, *(r for r in reading.also if r.frame == reading.frame)):
        for heat_map in one.maps:
            yield one, heat_map.label
