"""What things are called in sentences for people."""

from viewer.study import Kind

KIND_NAMES = {
    Kind.EMG_IMAGE: "an EMG screen",
    Kind.EMG_TRACE: "an EMG recording",
    Kind.ECG_TRACE: "a 12-lead ECG recording",
    Kind.ECG_IMAGE: "an ECG sheet",
    Kind.CHEST_XRAY: "a chest X-ray",
    Kind.UNKNOWN: "something else",
}


def kind_name(kind: Kind) -> str:
    """Return a kind with its article, as in a sentence (``a chest X-ray``)."""
    return KIND_NAMES[kind]
