"""A reading written to a file to hand on: PDF or JSON, whole or not at all."""

import json
import os
from pathlib import Path

from viewer.errors import LeadlightError
from viewer.reading.json_form import to_json
from viewer.reading.values import Reading
from viewer.study import Study


def write_report(study: Study, reading: Reading, path: Path, identified: bool = False) -> None:
    """Write ``path`` as its ending says (``.pdf``, ``.json``). Raises LeadlightError ``output`` where it cannot be."""
    part = path.with_name(f".{path.name}.part")
    try:
        if path.suffix.lower() == ".json":
            text = json.dumps(to_json(reading), ensure_ascii=False, allow_nan=False, indent=1) + "\n"
            part.write_bytes(text.encode("utf-8", "backslashreplace"))
        else:
            from viewer.report.pdf import write_pdf

            write_pdf(study, reading, part, identified)
        os.replace(part, path)
    except OSError as error:
        part.unlink(missing_ok=True)
        reason = f"{path.name} cannot be written ({error.strerror or error})"
        raise LeadlightError("output", reason, "choose another folder", path) from error
