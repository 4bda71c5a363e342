"""Fixtures shared with the other folders that need small bundles."""

from tests.reading.small import chest_bundle, make_bundle, models

__all__ = ["chest_bundle", "make_bundle", "models"]
