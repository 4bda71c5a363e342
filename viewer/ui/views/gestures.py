"""What the mouse does in each view, for the table that F1 shows."""

from collections.abc import Callable

Rows = list[tuple[str, str]]


def image_gestures(tr: Callable[[str], str]) -> Rows:
    """Return gestures on a picture and what they do."""
    return [
        (tr("Left drag"), tr("What the chosen tool does")),
        (tr("Right drag"), tr("Window: across its width, up and down its centre")),
        (tr("Middle drag, or Space + left drag"), tr("Move the picture")),
        (tr("Wheel"), tr("Zoom at the pointer")),
        (tr("Double click"), tr("The whole picture")),
        (tr("Hold H"), tr("Hide heat map, boxes and marks")),
    ]


def ecg_gestures(tr: Callable[[str], str]) -> Rows:
    """Return gestures on ECG paper and what they do."""
    return [
        (tr("Left drag"), tr("What the chosen tool does")),
        (tr("Middle drag, or Space + left drag"), tr("Move the paper")),
        (tr("Wheel"), tr("Zoom at the pointer")),
        (tr("Shift + wheel"), tr("Move in time")),
        (tr("Drag a caliper's end"), tr("Move that end")),
        (tr("Click or drag in the bar below"), tr("Go to that time")),
        (tr("Hold H"), tr("Hide heat band, spans and marks")),
    ]


def emg_gestures(tr: Callable[[str], str]) -> Rows:
    """Return gestures on EMG sweeps and what they do."""
    return [
        (tr("Left drag"), tr("What the chosen tool does")),
        (tr("Middle drag, or Space + left drag"), tr("Move in time")),
        (tr("Wheel"), tr("Sweep speed (ms/div), the time under the pointer stays")),
        (tr("Ctrl + wheel"), tr("Sensitivity (µV/div)")),
        (tr("Shift + wheel"), tr("Move in time by divisions")),
        (tr("Click on an event's mark"), tr("Choose and measure it")),
        (tr("Drag the potential's beginning or end"), tr("Measure it anew")),
        (tr("Drag the trigger level"), tr("Trigger there")),
        (tr("Click or drag in the bar below"), tr("Go to that time")),
        (tr("Hold H"), tr("Hide heat band, events and marks")),
    ]
