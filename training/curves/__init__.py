"""Which pixels of an EMG picture are its curves: what the network learns from."""
