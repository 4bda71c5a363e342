"""What the sweeps of an EMG picture show, read as signals: pictures to learn from, and the trainer."""
