"""XML that is read only after it has been seen to define no entities and to load nothing from outside."""

from typing import Any

from viewer.errors import FormatError
from viewer.formats.file import File
from viewer.formats.limits import detail_of

_MAX_BYTES = 300_000_000


def parse(file: File) -> Any:
    """Return the root element (xml.etree). Raises FormatError.

    A ``DOCTYPE`` that names an external DTD is allowed (GE MUSE writes one) and never fetched; entity declarations and
    external entities are refused.
    """
    from xml.etree.ElementTree import ParseError

    from defusedxml import ElementTree
    from defusedxml.common import DefusedXmlException

    if len(file.data) > _MAX_BYTES:
        raise FormatError("too-large", "This XML file is far too large for an ECG", "export a shorter recording")
    try:
        return ElementTree.fromstring(bytes(file.data))
    except DefusedXmlException as error:
        raise FormatError(
            "damaged",
            "This XML file defines entities that expand or refer outside the file, which no ECG needs; it was not read",
            "do not trust it, and export the recording again",
        ) from error
    except (ParseError, ValueError, LookupError) as error:
        raise FormatError(
            "damaged", f"This XML file is damaged or cut off ({detail_of(error)})", "export it again"
        ) from error


def bare(tag: str) -> str:
    """Return a tag without its namespace."""
    return tag.rpartition("}")[2]
