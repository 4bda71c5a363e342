"""The network that reads EMG screens: its pictures, training and measurement."""
