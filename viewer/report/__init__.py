"""A Reading -> PDF, JSON."""
