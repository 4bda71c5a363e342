"""Every code that the program can say stands in the schema."""

import ast
import json
from pathlib import Path

import viewer
from viewer.reading.json_form import SCHEMA_FILE

DEFINITIONS = json.loads(SCHEMA_FILE.read_text("utf-8"))["$defs"]


def said(suffixes: tuple[str, ...]) -> dict[str, str]:
    """Each literal code and where it is said: the first argument of calls whose name ends so."""
    codes = {}
    for path in Path(viewer.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
                name = getattr(node.func, "id", getattr(node.func, "attr", ""))
                if name.endswith(suffixes) and isinstance(node.args[0].value, str):
                    codes[node.args[0].value] = f"{path.name}:{node.lineno}"
    return codes


def test_warning_codes():
    missing = {k: v for k, v in said(("Note",)).items() if k not in DEFINITIONS["warning_code"]["enum"]}
    assert not missing


def test_error_codes():
    errors = said(("FormatError", "BundleError", "LeadlightError"))
    assert len(errors) > 10
    assert not {k: v for k, v in errors.items() if k not in DEFINITIONS["error_code"]["enum"]}
