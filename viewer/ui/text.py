"""Words and numbers as a person reads them: translation, locale, titles of kinds, states and classes."""

from datetime import date, datetime

from PySide6.QtCore import QCoreApplication, QDate, QLocale

from viewer.errors import LeadlightError
from viewer.study import Kind, KindFrom

NORMAL_LABELS = frozenset({"No Finding", "Normal", "Others"})


def tr(text: str) -> str:
    """Return a sentence in the language of the interface."""
    return QCoreApplication.translate("viewer", text)


def number(value: float, decimals: int = 2) -> str:
    """Return a number in the locale's digits."""
    return QLocale().toString(float(value), "f", decimals)


def probability(value: float) -> str:
    """Return a probability in two decimals, never rounded to certainty."""
    if 0 < value < 0.005:
        return f"<{number(0.01)}"
    return f">{number(0.99)}" if 0.995 <= value < 1 else number(value)


def day(value: date | datetime) -> str:
    """Return a date in the locale's short form."""
    at = QDate(value.year, value.month, value.day)
    return QLocale().toString(at, QLocale.FormatType.ShortFormat)


def research_use() -> str:
    """Return the sentence that is always in the window."""
    return tr("Research use, not a medical device")


def kind_title(kind: Kind) -> str:
    """Return what a kind is called."""
    return {
        Kind.EMG_IMAGE: tr("EMG screen"),
        Kind.EMG_TRACE: tr("EMG recording"),
        Kind.ECG_TRACE: tr("ECG record"),
        Kind.ECG_IMAGE: tr("ECG sheet"),
        Kind.CHEST_XRAY: tr("Chest X-ray"),
        Kind.UNKNOWN: tr("Kind unknown"),
    }[kind]


def kind_from_title(source: KindFrom) -> str:
    """Return who said it."""
    return {
        KindFrom.FILE: tr("says the file"),
        KindFrom.NETWORK: tr("found by the network"),
        KindFrom.PERSON: tr("chosen by you"),
    }[source]


def label_title(label: str) -> str:
    """Return a class label's full name, or an empty string where the label is its own name."""
    return {
        "PSW": tr("positive sharp waves"),
        "Fibs": tr("fibrillation potentials"),
        "Others": tr("other potentials"),
        "1dAVb": tr("first-degree AV block"),
        "RBBB": tr("right bundle branch block"),
        "LBBB": tr("left bundle branch block"),
        "SB": tr("sinus bradycardia"),
        "AF": tr("atrial fibrillation"),
        "ST": tr("sinus tachycardia"),
        "STD": tr("ST depression"),
        "STE": tr("ST elevation"),
    }.get(label, "")


def stage_title(stage: str) -> str:
    """Return what a stage of a reading is called."""
    return {
        "kind": tr("finding its kind"),
        "checks": tr("checking the input"),
        "preparation": tr("preparing"),
        "model": tr("loading the model"),
        "network": tr("computing"),
        "findings": tr("findings and maps"),
    }.get(stage, stage)


def error_sentence(error: BaseException) -> str:
    """Return one sentence about what went wrong."""
    if isinstance(error, LeadlightError):
        return str(error)
    if isinstance(error, MemoryError):
        return tr("There is not enough memory for this; close other studies or programs and try again.")
    if isinstance(error, OSError):
        why = error.strerror or type(error).__name__
        return tr("The file could not be written or read ({0}); try another folder.").format(why)
    if isinstance(error, ValueError) and str(error):
        text = str(error)
        return text[0].upper() + text[1:].rstrip(".") + "."
    return tr("Something unexpected went wrong ({0}); please report it with the file's format.").format(
        type(error).__name__
    )
