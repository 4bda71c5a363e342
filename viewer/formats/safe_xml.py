"""XML that is read only after it has been seen to define no entities and to load nothing from outside."""

import re
from typing import Any

from viewer.errors import FormatError
from viewer.formats.file import File
from viewer.formats.limits import detail_of

_DTD_ELSEWHERE = re.compile(rb"<!DOCTYPE[^\[>]*[\"'](?:[^\"']*://|/|\\\\|[A-Za-z]:)[^\"']*[\"']", re.I)
_MAX_BYTES = 300_000_000


def parse(file: File) -> Any:
    """Return the root element (xml.etree). Raises FormatError.

    A ``DOCTYPE`` that names a DTD of its own folder is allowed (GE MUSE writes one) and never fetched; entity
    declarations, external entities and DTDs elsewhere are refused.
    """
    from xml.etree.ElementTree import ParseError

    from defusedxml import ElementTree
    from defusedxml.common import DefusedXmlException

    if len(file.data) > _MAX_BYTES:
        raise FormatError("too-large", "This XML file is far too large for an ECG", "export a shorter recording")
    if _DTD_ELSEWHERE.search(file.head.replace(b"\0", b"")):
        raise _outside()
    try:
        return ElementTree.fromstring(bytes(file.data))
    except DefusedXmlException as error:
        raise _outside() from error
    except (ParseError, ValueError, LookupError) as error:
        raise FormatError(
            "damaged", f"This XML file is damaged or cut off ({detail_of(error)})", "export it again"
        ) from error


def _outside() -> FormatError:
    return FormatError(
        "damaged",
        "This XML file defines entities that expand, or refers outside itself, which no ECG needs; it was not read",
        "do not trust it, and export the recording again",
    )


def bare(tag: str) -> str:
    """Return a tag without its namespace."""
    return tag.rpartition("}")[2]
