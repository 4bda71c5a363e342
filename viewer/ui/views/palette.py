"""Colours of the views, by day and by night; those with a meaning from Okabe and Ito's colour-blind-safe set."""

from dataclasses import dataclass

from PySide6.QtGui import QColor


@dataclass(frozen=True)
class Palette:
    """Colours as ``#rrggbb`` or ``#aarrggbb``.

    ``ground`` lies behind everything, ``text`` and ``faint`` are words on it, ``shade`` is laid under words on a study.
    ``paper``, ``fine``, ``bold`` are ECG paper and its 1 mm and 5 mm lines; ``screen`` and ``dots`` an EMG screen;
    ``trace`` a signal, ``second`` another one; ``accent`` what a person marks, ``warn`` what they must notice,
    ``find`` what a network found, ``mark`` calipers and cursors; ``psw``, ``fibs``, ``others`` the classes of events.
    """

    ground: str
    text: str
    faint: str
    shade: str
    paper: str
    fine: str
    bold: str
    screen: str
    dots: str
    trace: str
    second: str
    accent: str
    warn: str
    find: str
    mark: str
    psw: str
    fibs: str
    others: str

    def of_class(self, label: str, alpha: int = 255) -> QColor:
        """Return the colour of a class of events; that of findings where the class has none of its own."""
        return self.colour(class_colour(label), alpha)

    def colour(self, name: str, alpha: int = 255) -> QColor:
        """Return a colour by its field's name."""
        colour = QColor(getattr(self, name))
        if alpha != 255:
            colour.setAlpha(alpha)
        return colour


DARK = Palette(
    ground="#101214",
    text="#e8eaed",
    faint="#a0a6ad",
    shade="#b0000000",
    paper="#16181b",
    fine="#26221f",
    bold="#40352f",
    screen="#0c1014",
    dots="#5d6873",
    trace="#f2efe6",
    second="#56b4e9",
    accent="#56b4e9",
    warn="#f0e442",
    find="#e69f00",
    mark="#56b4e9",
    psw="#ff7f3f",
    fibs="#2fc99a",
    others="#d69ac0",
)

LIGHT = Palette(
    ground="#e9ebee",
    text="#17191c",
    faint="#51585f",
    shade="#c8ffffff",
    paper="#fff9f7",
    fine="#fadcd8",
    bold="#eeb0aa",
    screen="#fbfcfd",
    dots="#9aa3ad",
    trace="#101010",
    second="#0072b2",
    accent="#0072b2",
    warn="#7a3b00",
    find="#b34700",
    mark="#0072b2",
    psw="#b34700",
    fibs="#006b4e",
    others="#8c3d6a",
)


def class_colour(label: str) -> str:
    """Return the name of a class's colour."""
    return {"PSW": "psw", "Fibs": "fibs", "Others": "others"}.get(label, "find")


def palette(dark: bool) -> Palette:
    """Return the colours for a dark or a light window."""
    return DARK if dark else LIGHT
