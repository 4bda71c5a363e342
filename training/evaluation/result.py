"""An evaluation as one JSON object (``leadlight.evaluation/1``, ``evaluation.schema.json``)."""

import math
from collections import Counter
from pathlib import Path
from typing import Any

from training.evaluation.events import event_figures
from training.evaluation.figures import Classified, class_figures, confusion
from training.evaluation.run import Done, Evaluation
from training.metrics import reliability, roc
from viewer import NOT_A_DEVICE
from viewer.reading.json_form import model_json
from viewer.reading.values import ModelIdentity
from viewer.report.text import printable

SCHEMA = "leadlight.evaluation/1"
SCHEMA_FILE = Path(__file__).with_name("evaluation.schema.json")
CURVE_POINTS = 200


def to_json(own: Evaluation) -> dict[str, Any]:
    """Return figures, confusion matrix, reliability, ROC and what was misread as plain values; NaN is null."""
    card, name = own.card, own.data.name
    classified = Classified(card, [d for d in own.done if d.example.events is None])
    with_events = [d for d in own.done if d.tally is not None]
    figures = class_figures(classified, name)
    if with_events:
        groups = [d.example.group for d in with_events]
        figures += event_figures([d.tally for d in with_events if d.tally], groups, card.classes, name)
    columns, rows = confusion(classified, own.done) if card.exclusive and len(classified) else ([], [])
    value = {
        "schema": SCHEMA,
        "model": model_json(ModelIdentity(card.id, card.version, card.weights_sha256, card.validated)),
        "device": own.device,
        "data": {
            "name": name,
            "found": own.found,
            "read": sum(d.probability is not None or d.tally is not None for d in own.done),
            "abstained": sum(d.probability is None and d.tally is None for d in own.done),
            "set_aside": sum(d.example.aside for d in own.done),
            "groups": len({d.example.group for d in own.done}),
            "classes": _counts(own),
            "reasons": dict(
                Counter(r for d in own.done if d.probability is None and d.tally is None for r in d.reasons)
            ),
            "notes": list(own.notes),
            "failed": [{"file": str(p), "code": e.code, "message": str(e)} for p, e in own.failed],
        },
        "interrupted": own.interrupted,
        "interval": "95 %, bootstrapped by patient or recording, 500 resamples",
        "figures": [{k: f[k] for k in ("name", "label", "value", "low", "high", "count")} for f in figures],
        "confusion": {"columns": columns, "rows": rows},
        "reliability": _reliability(classified),
        "roc": _curves(classified),
        "misread": [_misread(classified.rows[i], classified) for i in misread(classified)],
    }
    return _plain(value)


def as_text(value: dict[str, Any]) -> str:
    """Return the figures, a line each, the confusion matrix and what was not read, for a terminal."""
    model, data = value["model"], value["data"]
    parts = "parts " if data["read"] > data["found"] else ""
    lines = [f"{model['id']} {model['version']} on {data['name']}: {data['read']} {parts}of {data['found']} files read"]
    lines += [f"! not read: {reason} ({count})" for reason, count in data["reasons"].items()]
    lines += [f"! {printable(f['file'])}: {printable(f['message'])}" for f in data["failed"]]
    lines += [f"! {note}" for note in data["notes"]]
    lines += ["! stopped by hand"] if value["interrupted"] else []
    for f in value["figures"]:
        shown = "-" if f["value"] is None else f"{f['value']:.4f}"
        span = "" if f["low"] is None else f" [{f['low']:.4f}, {f['high']:.4f}]"
        lines.append(f"{f['name']:<40} {f['label']:<16} {shown}{span} n={f['count']}")
    if value["confusion"]["rows"]:
        columns = value["confusion"]["columns"]
        lines.append("true \\ said   " + " ".join(f"{c:>10}" for c in columns))
        pairs = zip(columns, value["confusion"]["rows"], strict=False)
        lines += [f"{label:<13} " + " ".join(f"{count:>10}" for count in row) for label, row in pairs]
    return "\n".join((*lines, f"{len(value['misread'])} misread; {value['interval']}", NOT_A_DEVICE))


def misread(own: Classified) -> list[int]:
    """Return the rows that are misread, the most confident first."""
    rows = [i for i in range(len(own)) if own.wrong[i]]
    return sorted(rows, key=lambda i: -own.confidence[i])


def _counts(own: Evaluation) -> dict[str, int]:
    return {c: sum(c in d.example.labels for d in own.done) for c in own.card.classes}


def _reliability(own: Classified) -> dict[str, list[dict[str, float]]]:
    """Of exclusive classes one diagram, of the highest probability; else one a class."""
    if not len(own):
        return {}
    if own.card.exclusive:
        return {"": reliability(own.confidence, (own.best == own.true).astype(float))}
    columns = enumerate(own.card.classes)
    return {label: reliability(own.probability[:, c], own.truth[:, c].astype(float)) for c, label in columns}


def _curves(own: Classified) -> dict[str, dict[str, Any]]:
    curves = {}
    for c, label in enumerate(own.card.classes):
        truth = own.truth[:, c]
        if not len(own) or truth.all() or not truth.any():
            continue
        alarms, hits = roc(truth, own.probability[:, c])
        step = max(1, len(alarms) // CURVE_POINTS)
        keep = sorted({*range(0, len(alarms), step), len(alarms) - 1})
        said = own.positive[:, c]
        curves[label] = {
            "false_positive_rate": [float(alarms[i]) for i in keep],
            "true_positive_rate": [float(hits[i]) for i in keep],
            "operating_point": [float(said[~truth].mean()), float(said[truth].mean())],
        }
    return curves


def _misread(done: Done, own: Classified) -> dict[str, Any]:
    assert done.probability is not None
    return {
        "file": str(done.example.path),
        "sha256": done.sha256,
        "truth": sorted(done.example.labels),
        "predicted": done.predicted,
        "probabilities": dict(zip(own.card.classes, (round(float(p), 4) for p in done.probability), strict=True)),
    }


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    if isinstance(value, float):
        return round(value, 6) if math.isfinite(value) else None
    return value
