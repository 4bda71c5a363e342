"""The table of formats, and the codes that notes and errors carry."""

import json
import re
import subprocess
import sys
from pathlib import Path

import viewer
from viewer.formats.registry import FORMATS, table

PACKAGE = Path(viewer.__file__).parent


def test_the_table_has_a_row_a_format():
    lines = table().splitlines()
    assert len(lines) == len(FORMATS) + 2
    assert all(line.count("|") == 4 for line in lines)
    assert "| WFDB (PhysioNet) | `.hea`, `.dat`, `.mat` |" in table()


def test_the_table_is_printed_by_the_package():
    done = subprocess.run(
        [sys.executable, "-m", "viewer.formats"], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout == table()
    assert done.stderr == ""


def test_names_are_unique_and_their_modules_are_there():
    assert len({row.name for row in FORMATS}) == len(FORMATS)
    for row in FORMATS:
        assert not row.module or (PACKAGE / "formats" / f"{row.module}.py").is_file()
        assert row.endings


def test_every_code_is_in_the_schema():
    schema = json.loads((PACKAGE / "reading" / "reading.schema.json").read_text())
    warning_codes = set(schema["$defs"]["warning_code"]["enum"])
    error_codes = set(schema["$defs"]["error_code"]["enum"])
    source = "\n".join(path.read_text() for path in (PACKAGE / "formats").glob("*.py"))
    notes = set(re.findall(r'Note\(\s*"([a-z-]+)"', source))
    errors = set(re.findall(r'FormatError\(\s*"([a-z-]+)"', source))
    assert len(notes) > 8
    assert len(errors) > 8
    assert notes <= warning_codes
    assert errors <= error_codes
