"""A reading as JSON (``leadlight.reading/1``, described by ``reading.schema.json``) and back; heat maps stay out."""

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from viewer.errors import LeadlightError
from viewer.reading.values import Box, Event, Finding, ModelIdentity, Reading, Span, Train
from viewer.study import Kind, KindFrom, Note, Region

SCHEMA = "leadlight.reading/1"
SCHEMA_FILE = Path(__file__).with_name("reading.schema.json")


def to_json(reading: Reading) -> dict[str, Any]:
    """Return the reading as plain dicts, lists, strings and finite numbers."""
    return head(SCHEMA, reading) | _from_model_on(reading) | {"also": [_further(r, reading) for r in reading.also]}


def head(schema: str, reading: Reading) -> dict[str, Any]:
    """Return what every JSON form of a study begins with."""
    return {
        "schema": schema,
        "file": reading.file,
        "sha256": reading.sha256,
        "kind": str(reading.kind),
        "kind_from": str(reading.kind_from),
        "format": reading.format,
        "frame": reading.frame,
    }


def error_to_json(file: str, error: LeadlightError, schema: str = SCHEMA) -> dict[str, Any]:
    """Return what stands in the place of a reading where a file failed."""
    return {"schema": schema, "file": file, "error": {"code": error.code, "message": str(error)}}


def to_line(value: dict[str, Any]) -> str:
    """Return one line of JSON in UTF-8; bytes of a file name that are no UTF-8 stay as escapes. No NaN."""
    line = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(", ", ": "))
    return line.encode("utf-8", "backslashreplace").decode("utf-8")


def from_json(value: dict[str, Any]) -> Reading:
    """Return the reading that ``to_json`` wrote, without heat maps. Raises ValueError for another schema."""
    if value.get("schema") != SCHEMA:
        raise ValueError(f"not {SCHEMA}: {value.get('schema')!r}")
    reading = _reading(value, value)
    return replace(reading, also=tuple(_reading(value, further) for further in value["also"]))


def _from_model_on(reading: Reading) -> dict[str, Any]:
    return {
        "model": model_json(reading.model),
        "device": reading.device,
        "precision": reading.precision,
        "abstained": reading.abstained,
        "exclusive": reading.exclusive,
        "predicted": reading.predicted,
        "findings": [_finding(f) for f in reading.findings],
        "events": [asdict(e) for e in reading.events],
        "trains": [asdict(t) for t in reading.trains],
        "warnings": [asdict(n) for n in reading.warnings],
        "timing_ms": {"open": reading.open_ms, "read": reading.read_ms},
    } | ({} if reading.region is None else {"region": asdict(reading.region)})


def model_json(model: ModelIdentity | None) -> dict[str, Any] | None:
    """Return which model it was; ``beside`` only where others were heard with it."""
    if model is None:
        return None
    own = asdict(replace(model, beside=()))
    del own["beside"]
    return own | ({"beside": [model_json(m) for m in model.beside]} if model.beside else {})


def _model(value: dict[str, Any] | None) -> ModelIdentity | None:
    if value is None:
        return None
    return ModelIdentity(**value | {"beside": tuple(ModelIdentity(**v) for v in value.get("beside", ()))})


def _further(reading: Reading, first: Reading) -> dict[str, Any]:
    """A further reading has the fields from ``model`` on; a further frame says which, and its kind."""
    own_frame = {"frame": reading.frame, "kind": str(reading.kind), "kind_from": str(reading.kind_from)}
    return (own_frame if reading.frame != first.frame or reading.kind != first.kind else {}) | _from_model_on(reading)


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "label": finding.label,
        "probability": finding.probability,
        "threshold": finding.threshold,
        "positive": finding.positive,
        "boxes": [asdict(b) for b in finding.boxes],
        "spans": [asdict(s) for s in finding.spans],
    }


def _reading(head: dict[str, Any], value: dict[str, Any]) -> Reading:
    return Reading(
        file=head["file"],
        sha256=head["sha256"],
        kind=Kind(value.get("kind", head["kind"])),
        kind_from=KindFrom(value.get("kind_from", head["kind_from"])),
        format=head["format"],
        frame=value.get("frame", head["frame"]),
        model=_model(value["model"]),
        device=value["device"],
        precision=value["precision"],
        abstained=value["abstained"],
        exclusive=value["exclusive"],
        predicted=value["predicted"],
        findings=tuple(
            Finding(
                f["label"],
                f["probability"],
                f["threshold"],
                tuple(Box(**b) for b in f["boxes"]),
                tuple(Span(**s) for s in f["spans"]),
            )
            for f in value["findings"]
        ),
        events=tuple(Event(**e) for e in value["events"]),
        trains=tuple(Train(**t) for t in value["trains"]),
        warnings=tuple(Note(**n) for n in value["warnings"]),
        open_ms=value["timing_ms"]["open"],
        read_ms=value["timing_ms"]["read"],
        region=Region(**value["region"]) if "region" in value else None,
    )
