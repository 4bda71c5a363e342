"""Print every figure with its bound; exit status 1 where one is not kept. ``--readme`` writes them into the README."""

import re
import sys
from pathlib import Path

from tests.benchmarks import detecting, drawing, maps, opening, screens, stalling, starting
from tests.benchmarks.timing import Row

README = Path(__file__).resolve().parents[2] / "README.md"


def table(rows: list[Row]) -> str:
    """Return the figures as a Markdown table."""
    lines = ["| what | measured | bound | |", "|---|---|---|---|"]
    for row in rows:
        bound = "" if row.bound is None else f"{row.bound:g} {row.unit}"
        lines.append(f"| {row.name} | {_digits(row.value)} {row.unit} | {bound} | {row.detail} |")
    return "\n".join(lines)


def _digits(value: float) -> str:
    """Return a figure with three digits, or all before the point."""
    return f"{value:.0f}" if abs(value) >= 1000 else f"{value:.3g}"


if __name__ == "__main__":
    found = [row for part in (starting, stalling, opening, maps, screens, detecting, drawing) for row in part.rows()]
    print(table(found))
    if "--readme" in sys.argv:
        text = README.read_text("utf-8")
        pattern = r"(<!-- bench -->\n).*?(<!-- /bench -->)"
        README.write_text(re.sub(pattern, lambda m: f"{m[1]}{table(found)}\n{m[2]}", text, flags=re.DOTALL), "utf-8")
    sys.exit(not all(row.kept for row in found))
