"""A file -> a Study. One module a family, one registry that sniffs content."""
