"""Waveforms and images with known truth, from physiology."""
