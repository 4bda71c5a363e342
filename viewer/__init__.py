"""Leadlight: needle EMG, 12-lead ECGs and chest X-rays beside what trained networks read in them."""

__version__ = "0.1.0"

NOT_A_DEVICE = "Research use, not a medical device"
