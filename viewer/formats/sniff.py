"""What a file is, told from its first bytes."""

import re
import struct

from viewer.formats.file import File

_VR = re.compile(rb"A[EST]|CS|D[AST]|F[DL]|I[S]|L[OT]|O[BDFLVW]|PN|S[HLQSTV]|TM|U[CILNRSTV]")


def is_dicom(file: File) -> bool:
    """Whether it is DICOM: with its preamble, or a plausible first element of group 0002 or 0008."""
    head = file.head
    if head[128:132] == b"DICM":
        return True
    if len(head) < 16:
        return False
    for order in "<>":
        group, element = struct.unpack(order + "HH", head[:4])
        if group not in (0x0002, 0x0008) or element > 0x1200:
            continue
        if _VR.fullmatch(head[4:6]):
            return True
        (length,) = struct.unpack(order + "I", head[4:8])
        if length <= 512 and length % 2 == 0 and _follows(head, 8 + length, order, group, element):
            return True
    return False


def _follows(head: bytes, at: int, order: str, group: int, element: int) -> bool:
    """Whether a later element of the same or a following group stands where the first one ends."""
    if at + 8 > len(head):
        return False
    next_group, next_element = struct.unpack(order + "HH", head[at : at + 4])
    return (group, element) < (next_group, next_element) and next_group <= 0x0040


def is_dicomdir(file: File) -> bool:
    """Whether it is a DICOM directory (media storage class 1.2.840.10008.1.3.10)."""
    return file.head[128:132] == b"DICM" and b"1.2.840.10008.1.3.10" in file.head[:600]


def is_bmp(file: File) -> bool:
    """Whether it is a Windows bitmap."""
    head = file.head
    return (
        head[:2] == b"BM" and len(head) > 30 and struct.unpack("<I", head[14:18])[0] in (12, 40, 52, 56, 64, 108, 124)
    )


def is_edf(file: File) -> bool:
    """Whether it is EDF (version ``0``) or BDF (255 ``BIOSEMI``) with numbers where its header has them."""
    head = file.head
    if head[:8] not in (b"0       ", b"\xffBIOSEMI"):
        return False
    size, signals = head[184:192].strip(b" \0"), head[252:256].strip(b" \0")
    return size.isdigit() and (signals.isdigit() or signals == b"")


def is_sound(file: File) -> bool:
    """Whether it is WAV (also RF64 and big-endian), FLAC or AIFF."""
    head = file.head
    riff = head[:4] in (b"RIFF", b"RIFX", b"RF64") and head[8:12] == b"WAVE"
    aiff = head[:4] == b"FORM" and head[8:12] in (b"AIFF", b"AIFC")
    return riff or aiff or head[:4] == b"fLaC"


def is_zip(file: File) -> bool:
    """Whether it is a ZIP archive."""
    return file.head[:4] in (b"PK\x03\x04", b"PK\x05\x06")


def is_scp(file: File) -> bool:
    """Whether it is SCP-ECG: the length in its header, then section 0's own header."""
    head = file.head
    return len(head) > 32 and head[16:22] == b"SCPECG"


def is_contec(file: File) -> bool:
    """Whether it is a Contec recorder's file: a number, then the date as text in byte 10."""
    return re.match(rb"[0-9]{1,10}\0+20\d\d-\d\d-\d\d \d\d:\d\d:\d\d\0", file.head[:64]) is not None


_HEADER_LINE = re.compile(r"^\S+(/\d+)?[ \t]+\d+([ \t]+[\d.eE+/()-]+){0,2}([ \t]+.*)?$")


def is_wfdb_header(file: File) -> bool:
    """Whether it is a WFDB header: a record line with a count of signals, and as many signal lines."""
    if b"\0" in file.head:
        return False
    lines = [line.strip() for line in file.head.decode("utf-8", "replace").splitlines()]
    lines = [line for line in lines if line and not line.startswith("#")]
    if not lines or not _HEADER_LINE.match(lines[0]):
        return False
    if not (file.name.lower().endswith(".hea") or re.search("[A-Za-z]", lines[0].split()[0])):
        return False  # columns of numbers
    name, count = lines[0].split()[:2]
    if "/" in name:
        return len(lines) > 1 and all(re.fullmatch(r"\S+[ \t]+\d+", line) for line in lines[1:4])
    if count == "0":
        return file.name.lower().endswith(".hea")
    signal = re.compile(r"^\S+[ \t]+\d+(x\d+)?(:\d+)?(\+\d+)?([ \t]|$)")
    return len(lines) > 1 and all(signal.match(line) for line in lines[1 : 1 + min(int(count), 3)])


def is_wfdb(file: File) -> bool:
    """Whether it is a WFDB header, a signal file that a header beside it names, or a record's annotations."""
    if is_wfdb_header(file):
        return True
    header = file.sibling(file.stem + ".hea") if file.stem else None
    if header is None or not is_wfdb_header(header):
        return False
    ending = file.name.rpartition(".")[2].lower()
    return ending in ("dat", "mat", "atr", "qrs", "ann", "eaf") or file.name.encode() in header.head


def named_files(header: File) -> set[str]:
    """Return the names of the signal files, or of the segments' files, that a WFDB header lists."""
    lines = [line.split() for line in bytes(header.data[: 1 << 20]).decode("utf-8", "replace").splitlines()]
    lines = [words for words in lines if words and not words[0].startswith("#")]
    names = {words[0] for words in lines[1:] if "/" not in words[0] and "\\" not in words[0] and words[0] != "~"}
    if "/" in lines[0][0]:
        return {name + ending for name in names for ending in (".hea", ".dat", ".mat")}
    return names


def xml_text(file: File) -> str | None:
    """Return the beginning of an XML file as text, or None where it is not XML."""
    head = file.head
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        text = head.decode("utf-16", "ignore")
    elif head[:4] in (b"<\0?\0", b"<\0A\0"):
        text = head.decode("utf-16-le", "ignore")
    else:
        text = head.decode("utf-8-sig", "ignore") if head[:3] == b"\xef\xbb\xbf" else head.decode("latin-1")
    text = text.lstrip()
    return text if re.match(r"<(\?xml|!--|!DOCTYPE|[A-Za-z])", text) else None


def xml_root(file: File) -> str | None:
    """Return the name of an XML file's first element without its namespace, or None."""
    text = xml_text(file)
    if text is None:
        return None
    text = re.sub(r"<!--.*?-->", "", text, flags=re.S)
    text = re.sub(r"<!DOCTYPE[^\[>]*(\[.*?\]\s*)?>", "", text, flags=re.S)
    found = re.search(r"<(?:[\w.-]+:)?([A-Za-z_][\w.-]*)", text)
    return found.group(1) if found else None


def is_number_text(file: File) -> bool:
    """Whether it is text with columns of numbers (header lines allowed)."""
    from viewer.formats.text import looks_like_numbers

    return looks_like_numbers(file)
