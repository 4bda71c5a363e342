"""Files that are known but not opened, each with a sentence on what to do instead."""

from viewer.errors import FormatError
from viewer.formats import sniff
from viewer.formats.file import File

_HEIC = (b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1")
_ZIP_KINDS = (
    ("[Content_Types].xml", "an Office document", "save the picture in it as PNG, or print it to PDF"),
    ("META-INF/manifest.xml", "an Open Document", "save the picture in it as PNG, or print it to PDF"),
    ("data.pkl", "a PyTorch checkpoint, which holds no study", "import it as a model, if it is one"),
    (".npy", "a NumPy archive, which says neither rate, unit nor leads", "save the recording as WFDB or EDF"),
)
_SIGNATURES: tuple[tuple[int, bytes, str, str], ...] = (
    (0, b"\x93NUMPY", "a NumPy array, which says neither rate, unit nor leads", "save the recording as WFDB or EDF"),
    (0, b"\x89HDF\r\n\x1a\n", "an HDF5 or MATLAB 7.3 file, whose layout differs from one program to the next",
     "save the recording as WFDB or EDF, or the picture as DICOM or PNG"),
    (0, b"MATLAB 5.0", "a MATLAB file, whose layout differs from one program to the next",
     "save the recording as WFDB or EDF"),
    (0, b"Rar!", "a RAR archive", "unpack it, or pack it as ZIP"),
    (0, b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", "unpack it, or pack it as ZIP"),
    (0, b"\x1f\x8b", "a gzip archive", "unpack it first"),
    (0, b"BZh", "a bzip2 archive", "unpack it first"),
    (0, b"\xfd7zXZ\0", "an xz archive", "unpack it first"),
    (257, b"ustar", "a tar archive", "unpack it, or pack it as ZIP"),
    (0, b"\x1aE\xdf\xa3", "a Matroska or WebM video", "save a still picture of it as PNG"),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Office document",
     "save the picture in it as PNG, or print it to PDF"),
    (0, b"ID3", "an MP3 sound, whose compression changes the wave shapes", "export the recording as WAV or EDF"),
    (0, b"OggS", "an Ogg sound, whose compression changes the wave shapes", "export the recording as WAV or EDF"),
    (0, b"%!PS", "a PostScript file", "print it to PDF"),
    (0, b"{\\rtf", "a Rich Text document", "print it to PDF"),
    (0, b"8BPS", "a Photoshop picture", "save it as PNG or TIFF"),
    (0, b"\x7fELF", "a program", "choose the study itself"),
    (0, b"MZ", "a program", "choose the study itself"),
    (0, b"SQLite format 3", "a database", "export the study from its program as DICOM, WFDB or EDF"),
    (0, b"\x00\x00\x00\x0cjP  ", "a bare JPEG 2000 picture", "save it as PNG, or keep it inside DICOM"),
    (0, b"\xff\x4f\xff\x51", "a bare JPEG 2000 picture", "save it as PNG, or keep it inside DICOM"),
    (344, b"n+1\0", "a NIfTI volume", "export the slice as DICOM or PNG"),
    (0, b"NRRD", "an NRRD volume", "export the slice as DICOM or PNG"),
)  # fmt: skip


def refusal(file: File) -> FormatError:
    """Return the error for a file that no format takes."""
    head = file.head
    if head[4:8] == b"ftyp":
        return _of_ftyp(head)
    for at, signature, what, remedy in _SIGNATURES:
        if head[at : at + len(signature)] == signature:
            return FormatError("unsupported", f"This is {what}", remedy)
    if head[:1] == b"\x80" and head[1:2] in (b"\2", b"\3", b"\4", b"\5"):
        return FormatError(
            "unsupported",
            "This is a Python pickle, which can run programs when it is loaded and is never opened here",
            "save the recording as WFDB or EDF, the picture as DICOM or PNG",
        )
    if sniff.is_contec(file):
        return FormatError(
            "unsupported",
            "This is an ECG in Contec's own layout, whose scale and filtering are not published",
            "export it as EDF, SCP or DICOM in Contec's program",
        )
    if sniff.is_zip(file):
        return FormatError("unsupported", "This is a ZIP archive inside an archive", "unpack the outer one first")
    if head[:4] == b"RIFF" and head[8:12] == b"AVI ":
        return FormatError("unsupported", "This is a video (AVI)", "save a still picture of it as PNG")
    return _by_name(file) or _of_text(file)


def _of_ftyp(head: bytes) -> FormatError:
    brands = [head[8:12], *(head[at : at + 4] for at in range(16, min(64, len(head)), 4))]
    if any(brand in _HEIC for brand in brands) and b"avif" not in brands:
        return FormatError(
            "unsupported",
            "This is a HEIC photograph, as iPhones take them, and no free decoder for it can be shipped",
            "convert it to JPEG or PNG (on the phone: Settings, Camera, Formats, Most Compatible; on a computer: "
            "open it in Photos or Preview and export it as JPEG)",
        )
    if b"avif" in brands:
        return FormatError("unsupported", "This is an AVIF picture", "save it as PNG or JPEG")
    return FormatError("unsupported", "This is a video (MP4 or QuickTime)", "save a still picture of it as PNG")


def zip_refusal(names: list[str]) -> FormatError:
    """Return the error for an archive in which no member is a study, told by its members' names."""
    for name, what, remedy in _ZIP_KINDS:
        if any(name == other or other.endswith(name) for other in names):
            return FormatError("unsupported", f"This is {what}", remedy)
    return FormatError("unsupported", "This archive holds nothing that opens here", "unpack it and look at its files")


def _by_name(file: File) -> FormatError | None:
    """Return the error for a part of a record that says nothing by itself, or is damaged in its first bytes."""
    ending = file.name.lower().rpartition(".")[2]
    if ending in ("dat", "mat") and b"\0" in file.data[: 1 << 16]:
        return FormatError(
            "unrecognised",
            f"This looks like the signal file of a WFDB record, but its header {file.stem}.hea is not beside it",
            "put the header into the same folder",
        )
    header = file.sibling(file.stem + ".hea")
    if header is not None and sniff.is_wfdb_header(header):
        return FormatError(
            "unsupported",
            f"This file belongs to the WFDB record {file.stem[:80]} and holds no signal (annotations, perhaps)",
            f"open {file.stem}.hea",
        )
    if ending in ("dcm", "dicom"):
        return FormatError(
            "damaged", "This file is called DICOM, but its content does not begin as DICOM does", "export it again"
        )
    if ending in ("png", "jpg", "jpeg", "tif", "tiff", "bmp", "webp", "pdf", "edf", "bdf", "wav", "scp", "hea"):
        return FormatError(
            "damaged",
            f"This file is called .{ending}, but its content does not begin as such a file does",
            "copy or export it again",
        )
    if ending == "smr":
        return FormatError("unsupported", "This is a Spike2 recording", "export it as EDF or text in Spike2")
    return None


def _of_text(file: File) -> FormatError:
    root = sniff.xml_root(file)
    if root == "svg":
        return FormatError("unsupported", "This is an SVG drawing", "save it as PNG or print it to PDF")
    if root is not None and root.lower() in ("html", "body", "head"):
        return FormatError("unsupported", "This is a web page", "print it to PDF")
    if root is not None:
        return FormatError(
            "unsupported",
            f"This is XML ({root[:60]}), but no ECG known here (HL7 aECG, GE MUSE, Philips Sierra, CardioSoft)",
            "export the recording as DICOM or HL7 aECG",
        )
    sample = file.data[: 1 << 14]
    printable = sum(32 <= byte < 127 or byte in b"\t\r\n" for byte in sample)
    if printable > 0.95 * len(sample):
        return FormatError(
            "unrecognised",
            "This is text without columns of samples in it",
            "choose the recording itself, or export it with one column a channel",
        )
    return FormatError(
        "unrecognised",
        "The content of this file is none of the formats that open here",
        "export the study as DICOM, EDF, WFDB, PNG or PDF",
    )
