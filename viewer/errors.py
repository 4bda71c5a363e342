"""The few errors of the program, each carrying what a person needs to be told."""

from pathlib import Path


class LeadlightError(Exception):
    """Something a person can be told in one sentence: what it is, what is wrong, what would help.

    Parameters
    ----------
    code : str
        One of the codes enumerated in ``reading/reading.schema.json``.
    reason : str
        What it is and what is wrong, without a full stop.
    remedy : str
        What would help, without a full stop; may be empty.
    path : Path, optional
        The file it is about.
    """

    def __init__(self, code: str, reason: str, remedy: str = "", path: Path | str | None = None) -> None:
        super().__init__(reason)
        self.code, self.reason, self.remedy = code, reason, remedy
        self.path = None if path is None else Path(path)

    def __str__(self) -> str:
        return f"{self.reason}; {self.remedy}." if self.remedy else f"{self.reason}."

    def __reduce__(self) -> tuple:
        return type(self), (self.code, self.reason, self.remedy, self.path)


class FormatError(LeadlightError):
    """A file that is not opened.

    Codes: ``not-found``, ``not-readable``, ``empty``, ``unsupported`` (known, but no reader), ``unrecognised``,
    ``damaged``, ``too-large``, ``encrypted``, ``crashed`` (the decoder died), ``timeout``, ``memory``.
    """


class BundleError(LeadlightError):
    """A model bundle that is not loaded. Codes: ``bundle-missing``, ``bundle-damaged``, ``bundle-mismatch``."""


class Cancelled(LeadlightError):
    """A person, or a newer job, stopped this one."""

    def __init__(self) -> None:
        super().__init__("cancelled", "Stopped before it was done")

    def __reduce__(self) -> tuple:
        return Cancelled, ()
