"""Fill the README's generated tables: ``python packaging/readme.py`` writes, ``--check`` only compares."""

import re
import sys
from pathlib import Path

from viewer.formats.registry import table
from viewer.models.card import Card, Figure, read_card
from viewer.resources import resources_dir

MOST = 8
README = Path(__file__).resolve().parent.parent / "README.md"


def models_table() -> str:
    """Return one row a shipped model, with the main figures of its card: `MOST` at the most, one of each data first."""
    cards = [read_card(folder) for folder in sorted((resources_dir() / "models").iterdir()) if folder.is_dir()]
    rows = ["| model | reads | figures on held-out data | maps |", "|---|---|---|---|"]
    return "\n".join(rows + [_row(card) for card in cards])


def filled(text: str) -> str:
    """Return the README with its generated parts made anew."""
    for name, content in (("formats", table()), ("models", models_table())):
        pattern = rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)"
        text = re.sub(pattern, lambda m, c=content: f"{m[1]}{c.strip()}\n{m[2]}", text, flags=re.DOTALL)  # type: ignore[misc]
    return text


def _row(card: Card) -> str:
    told = [f for f in card.figures if "calibration" not in f.name]
    told = [f for f in told if not f.label] or told
    of_its_data = [[g.data for g in told[:i]].count(f.data) for i, f in enumerate(told)]
    first = sorted(range(len(told)), key=lambda i: (of_its_data[i], i))[:MOST]
    figures = "<br>".join(_figure(told[i]) for i in sorted(first))
    if len(card.figures) > len(first):
        figures += f"<br>and {len(card.figures) - len(first)} more: `leadlight models show {card.id}`"
    maps = "shown" if card.maps_faithful else "not shown: not faithful"
    what = {
        "kind": "finds a picture's kind",
        "curves": "tells a picture's curves from all else",
        "lines": "finds a screen's words",
        "words": "reads a screen's words",
        "sweeps": "finds potentials on sweeps",
        "signals": "judges sweeps beside emg-screens",
    }.get(card.role) or ", ".join(card.reads)
    return f"| `{card.id}` {card.version}<br>{card.title} | {what} | {figures} | {maps} |"


def _figure(figure: Figure) -> str:
    interval = "" if figure.low is None or figure.high is None else f" [{figure.low:.3f}, {figure.high:.3f}]"
    name = f"{figure.label} {figure.name}" if figure.label else figure.name
    return f"{name} {figure.value:.3f}{interval}, {figure.data}, n = {figure.count}"


if __name__ == "__main__":
    before = README.read_text("utf-8")
    after = filled(before)
    if "--check" in sys.argv:
        sys.exit("README.md is not up to date: run python packaging/readme.py" if before != after else 0)
    README.write_text(after, "utf-8")
