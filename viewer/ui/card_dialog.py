"""A model's card, one click away: what it is for, how well it measured, on what, and what it cannot do."""

from html import escape

from PySide6.QtWidgets import QDialog, QDialogButtonBox, QTextBrowser, QVBoxLayout, QWidget

from viewer.models.card import Card, Figure
from viewer.report.cards import beside_line
from viewer.ui.text import kind_title, number, research_use, tr
from viewer.ui.theme import theme


class CardDialog(QDialog):
    """Shows a card."""

    def __init__(self, card: Card, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Model card: {0}").format(card.title))
        self.resize(760, 640)
        self.text = QTextBrowser()
        self.text.setAccessibleName(self.windowTitle())
        self.text.document().setDocumentMargin(16)
        self.text.setHtml(card_html(card))
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.addWidget(self.text, 1)
        column.addWidget(buttons)


def card_html(card: Card) -> str:
    """Return the card as a page of rich text."""
    state = tr("validated") if card.validated else tr("not validated clinically")
    parts = [
        f"<h2>{escape(card.title)} {escape(card.version)}</h2>",
        f"<p><b>{state}</b>. {research_use()}.</p>",
        f"<p>{escape(card.intended_use)}</p>",
        f"<h3>{tr('Limits')}</h3><ul>{''.join(f'<li>{escape(x)}</li>' for x in card.limits)}</ul>",
        f"<h3>{tr('Measured')}</h3>{_figures(card.figures)}",
        f"<h3>{tr('Operating points')}</h3>{_points(card)}",
        f"<h3>{tr('Heat maps')}</h3><p>{escape(_maps(card))}</p>{_figures(card.faithfulness)}",
        f"<h3>{tr('Trained on')}</h3>{_data(card)}",
        f"<h3>{tr('Identity')}</h3>{_identity(card)}",
    ]
    return "".join(parts)


def _figures(figures: tuple[Figure, ...]) -> str:
    rows = []
    for f in figures:
        interval = "" if f.low is None or f.high is None else f"{number(f.low, 3)} – {number(f.high, 3)}"
        rows.append((f.name, f.label, number(f.value, 3), interval, f.data, f"{f.count}"))
    head = (tr("Figure"), tr("Class"), tr("Value"), tr("95 % interval"), tr("Data"), tr("Count"))
    return _table(head, rows) if rows else f"<p>{tr('Nothing was measured.')}</p>"


def _points(card: Card) -> str:
    rows = [(label, number(card.operating_points[label])) for label in card.classes if label in card.operating_points]
    told = (card.operating_points_from, card.calibration_from, *(beside_line(n, b) for n, b in card.beside.items()))
    how = escape(" ".join(filter(None, told)))
    return f"<p>{how}</p>" + (_table((tr("Class"), tr("Operating point")), rows) if rows else "")


def _maps(card: Card) -> str:
    shown = tr("The maps measured as faithful and are shown.") if card.maps_faithful else tr("The maps are not shown.")
    return f"{shown} {card.maps_note}".strip()


def _data(card: Card) -> str:
    rows = [(d.name, d.licence, f"{d.count}", d.note) for d in card.data]
    return _table((tr("Data"), tr("Licence"), tr("Count"), tr("Note")), rows)


def _identity(card: Card) -> str:
    rows = [
        (tr("Model"), card.id),
        (tr("Version"), card.version),
        (tr("Reads"), ", ".join(kind_title(k) for k in card.reads)),
        (tr("Network"), card.architecture),
        (tr("Recipe"), card.recipe),
        (tr("SHA-256 of the weights"), card.weights_sha256),
        (tr("Folder"), str(card.folder)),
    ]
    return _table((), rows)


def _table(head: tuple[str, ...], rows: list) -> str:
    t = theme()
    line = f"border-bottom: 1px solid {t.line}; padding: 3px 14px 3px 0"
    top = "".join(f'<td style="{line}; color: {t.muted}">{escape(h)}</td>' for h in head)
    body = "".join("<tr>" + "".join(f'<td style="{line}">{escape(c)}</td>' for c in row) + "</tr>" for row in rows)
    return f'<table style="border-collapse: collapse">{f"<tr>{top}</tr>" if top else ""}{body}</table>'
