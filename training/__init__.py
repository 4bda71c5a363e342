"""Data sets, training, evaluation and export of the networks that the viewer reads with."""
