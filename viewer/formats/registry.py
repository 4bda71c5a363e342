"""The table of everything that opens: how each format is told by its content, and which module reads it."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module

from viewer.formats import sniff
from viewer.formats.file import File
from viewer.formats.opened import Opened


@dataclass(frozen=True)
class Format:
    """One row of the table.

    Attributes
    ----------
    name : str
        As in ``Study.source.format`` and the JSON.
    title : str
        As people call it.
    endings : tuple of str
        Usual file endings, lower case with the dot; only a hint, content decides.
    holds : str
        What is read from it.
    recognises : callable
        Tells from the content (and only at last from the name) whether a file is of this format.
    module : str
        Module in this package with ``read(file, frame) -> Opened``; empty where ``open_study`` itself goes further
        (archives).
    """

    name: str
    title: str
    endings: tuple[str, ...]
    holds: str
    recognises: Callable[[File], bool]
    module: str = ""

    def read(self, file: File, frame: int) -> Opened:
        """Open one frame. Raises FormatError."""
        return import_module(f"viewer.formats.{self.module}").read(file, frame)


FORMATS: tuple[Format, ...] = (
    Format(
        "dicomdir",
        "DICOMDIR",
        ("dicomdir",),
        "the studies of a CD or DVD that its directory lists",
        sniff.is_dicomdir,
    ),
    Format(
        "dicom",
        "DICOM",
        (".dcm", ".dicom", ".ima", "none"),
        "X-ray films and any other picture (native, RLE, JPEG, JPEG-LS, JPEG 2000, deflated; also without preamble or "
        "file meta), frames, PDF inside, 12-lead and general ECG, EMG and other waveforms",
        sniff.is_dicom,
        "dicom",
    ),
    Format(
        "png",
        "PNG",
        (".png",),
        "screen captures, scanned sheets and films, 8 and 16 bit",
        lambda file: file.head.startswith(b"\x89PNG\r\n\x1a\n"),
        "pictures",
    ),
    Format(
        "jpeg",
        "JPEG",
        (".jpg", ".jpeg"),
        "photographs and scans, turned upright as EXIF says",
        lambda file: file.head.startswith(b"\xff\xd8\xff"),
        "pictures",
    ),
    Format(
        "tiff",
        "TIFF",
        (".tif", ".tiff"),
        "scans and films, 8, 16 and 32 bit, pages as frames",
        lambda file: file.head[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"),
        "pictures",
    ),
    Format("bmp", "BMP", (".bmp", ".dib"), "screen captures", sniff.is_bmp, "pictures"),
    Format(
        "webp",
        "WebP",
        (".webp",),
        "screen captures and photographs",
        lambda file: file.head[:4] == b"RIFF" and file.head[8:12] == b"WEBP",
        "pictures",
    ),
    Format(
        "gif",
        "GIF",
        (".gif",),
        "screen captures, frames",
        lambda file: file.head[:6] in (b"GIF87a", b"GIF89a"),
        "pictures",
    ),
    Format(
        "pdf",
        "PDF",
        (".pdf",),
        "an ECG sheet, report or film saved as PDF, pages as frames",
        lambda file: b"%PDF-" in file.head[:1024],
        "pdf",
    ),
    Format(
        "edf",
        "EDF, EDF+, BDF",
        (".edf", ".bdf", ".rec"),
        "ECG and EMG recordings, gaps of discontinuous ones kept",
        sniff.is_edf,
        "edf",
    ),
    Format(
        "wfdb",
        "WFDB (PhysioNet)",
        (".hea", ".dat", ".mat"),
        "ECG and EMG records in all signal formats, several rates, several segments, FLAC; any file of the record",
        sniff.is_wfdb,
        "wfdb_record",
    ),
    Format(
        "wav",
        "WAV, FLAC, AIFF",
        (".wav", ".flac", ".aif", ".aiff"),
        "EMG stored as sound (no unit inside: voltages stay relative, and it is said)",
        sniff.is_sound,
        "sound",
    ),
    Format(
        "aecg",
        "HL7 aECG",
        (".xml",),
        "annotated ECG",
        lambda file: sniff.xml_root(file) == "AnnotatedECG",
        "interchange",
    ),
    Format(
        "muse",
        "GE MUSE XML",
        (".xml",),
        "resting ECG",
        lambda file: sniff.xml_root(file) == "RestingECG",
        "interchange",
    ),
    Format(
        "sierra",
        "Philips Sierra XML",
        (".xml",),
        "resting ECG, versions 1.03 and 1.04",
        lambda file: sniff.xml_root(file) == "restingecgdata",
        "interchange",
    ),
    Format(
        "cardiosoft",
        "GE CardioSoft XML",
        (".xml",),
        "resting ECG",
        lambda file: sniff.xml_root(file) in ("CardiologyXML", "CardiologyReport"),
        "cardiosoft",
    ),
    Format("scp", "SCP-ECG", (".scp",), "resting ECG (EN 1064)", sniff.is_scp, "interchange"),
    Format(
        "ishne",
        "ISHNE",
        (".ecg", ".hol"),
        "Holter ECG",
        lambda file: file.head.startswith((b"ISHNE1.0", b"ANN  1.0")),
        "interchange",
    ),
    Format("zip", "ZIP", (".zip",), "an archive of studies, each opened by itself", sniff.is_zip),
    Format(
        "text",
        "Text, CSV",
        (".txt", ".csv", ".asc", ".tsv"),
        "EMG and other samples in columns or rows, with or without header lines, clock times, decimal commas",
        sniff.is_number_text,
        "text",
    ),
)


def recognise(file: File) -> Format | None:
    """Return the format whose content this is, or None."""
    return next((row for row in FORMATS if row.recognises(file)), None)


def table() -> str:
    """Return the README's table of formats as markdown."""
    lines = ["| Format | Usual endings | What opens |", "|---|---|---|"]
    for row in FORMATS:
        endings = ", ".join(ending if ending == "none" else f"`{ending}`" for ending in row.endings)
        lines.append(f"| {row.title} | {endings} | {row.holds} |")
    return "\n".join(lines) + "\n"
