"""A model's card as text and as JSON."""

from dataclasses import asdict
from typing import Any

from viewer.models.card import Beside, Card, Figure

SHORT = {
    "kind": "tells kinds",
    "curves": "finds a picture's curves",
    "lines": "finds words",
    "words": "reads words",
    "sweeps": "finds potentials",
    "signals": "judges sweeps",
}
WHAT = {
    "kind": "the kind of a picture",
    "curves": "which pixels of a picture are curves",
    "lines": "where words stand on a picture",
    "words": "what is written on a picture",
    "sweeps": "potentials on sweeps",
    "signals": "what the sweeps of an EMG picture show",
}


def card_line(card: Card) -> str:
    """Return a card in one line: id, version, state, what it reads."""
    state = "validated" if card.validated else "not validated"
    reads = SHORT.get(card.role) or ", ".join(card.reads)
    return f"{card.id:<16} {card.version:<8} {state:<14} {reads:<14} {card.title}"


def card_to_json(card: Card) -> dict[str, Any]:
    """Return the whole card but for the folder's place, as plain values."""
    value = {k: v for k, v in asdict(card).items() if k != "folder"}
    return value | {"reads": [str(kind) for kind in card.reads], "folder": str(card.folder)}


def card_text(card: Card) -> str:
    """Return the card for a terminal."""
    lines = [
        f"{card.title} ({card.id} {card.version}), {'validated' if card.validated else 'not validated clinically'}",
        card.intended_use,
        "",
        f"Reads: {WHAT.get(card.role) or ', '.join(card.reads)}",
        f"Network: {card.architecture}, recipe {card.recipe}",
        f"Weights: sha256 {card.weights_sha256}",
        f"Classes: {', '.join(card.classes)}" + (" (exclusive)" if card.exclusive else ""),
    ]
    if card.operating_points:
        points = ", ".join(f"{label} {point:.3g}" for label, point in card.operating_points.items())
        lines.append(f"Operating points: {points} ({card.operating_points_from})")
    lines += [beside_line(name, how) for name, how in card.beside.items()]
    lines += ["", "Figures:", *(f"  {figure_line(figure)}" for figure in card.figures)]
    shown = "shown" if card.maps_faithful else "not shown"
    lines += ["", f"Heat maps: {shown}; {card.maps_note}", *(f"  {figure_line(f)}" for f in card.faithfulness)]
    lines += ["", "Trained on:"]
    lines += [f"  {d.name}, {d.count}, {d.licence}{f' ({d.note})' if d.note else ''}" for d in card.data]
    return "\n".join([*lines, "", "Limits:", *(f"  {limit}" for limit in card.limits)])


def beside_line(name: str, how: Beside) -> str:
    """Return how a model is heard beside another, in one line."""
    points = ", ".join(f"{label} {point:.3g}" for label, point in how.operating_points.items())
    shares = ", ".join(
        f"{share:.0%} for {label}" for label, share in zip(how.operating_points, how.shares, strict=False)
    )
    return (
        f"Beside {name}: heard by {shares} against what comes after; operating points of both together {points}, "
        f"uncertain below {how.uncertain_below:.2g}"
    )


def figure_line(figure: Figure) -> str:
    """Return a figure in one line: class, name, value with its interval, data and count."""
    interval = "" if figure.low is None or figure.high is None else f" ({figure.low:.3f}-{figure.high:.3f})"
    label = f"{figure.label} " if figure.label else ""
    return f"{label}{figure.name} {figure.value:.3f}{interval}, {figure.data}, n {figure.count}"
