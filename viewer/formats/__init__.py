"""A file -> a Study. One module a family, one registry that sniffs content."""

from viewer.formats.expand import Item, expand
from viewer.formats.opening import open_study
from viewer.formats.pictures import study_from_array

__all__ = ["Item", "expand", "open_study", "study_from_array"]
