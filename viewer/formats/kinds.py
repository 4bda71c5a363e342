"""Channel names and units in their usual spelling, and the kind of recording that they tell."""

import re
from collections.abc import Iterable

from viewer.study import TWELVE_LEADS, Kind, normal_lead_name

LEADS = frozenset((*TWELVE_LEADS, "Vx", "Vy", "Vz", "V3R", "V4R", "V5R", "V7", "V8", "V9", "-aVR"))
"""ECG leads in their usual spelling."""

_ECG = re.compile(r"e[ck]g|mcl\d?|ml ?i{1,3}|mv[1-6]|cm5|cc5|d[123]|ecg[ _-]?\w*|v\d?r?|vx|vy|vz|a-?v[rlf]", re.I)
_MUSCLES = (
    "biceps triceps deltoid brachioradialis tibialis vastus rectus quadriceps gastrocnemius soleus interosseus "
    "interosseous pollicis digiti digitorum carpi peroneus fibularis trapezius sternocleidomastoid masseter iliopsoas "
    "gluteus paraspinal orbicularis frontalis mentalis genioglossus semitendinosus adductor abductor"
).replace(" ", "|")
_EMG = re.compile(rf"emg|electromyo|needle|muap|\b({_MUSCLES})\b", re.I)
_SLEEP = re.compile(r"eeg|eog|\b(fp[12z]|c[34z]|o[12z]|p[34z]|t[3-6]|f[348z])\b", re.I)
_UNITS = {
    "mv": "mV", "uv": "uV", "µv": "uV", "μv": "uV", "millivolt": "mV", "millivolts": "mV", "microvolt": "uV",
    "microvolts": "uV", "v": "V", "volt": "V", "volts": "V", "nv": "nV", "nanovolt": "nV",
}  # fmt: skip
_FACTORS = {"V": (1000.0, "mV"), "nV": (0.001, "uV")}


def usual_unit(unit: str) -> tuple[float, str]:
    """Return (factor, unit) that bring a voltage to mV or uV; other units are kept as spelled."""
    bare = unit.strip().strip("\0")
    if bare == "MV":  # megavolts do not occur in people
        bare = "mV"
    usual = _UNITS.get(bare.lower(), bare)
    return _FACTORS.get(usual, (1.0, usual))


def usual_names(names: Iterable[str]) -> tuple[str, ...]:
    """Return ECG leads in their usual spelling and every name once (a second ``ECG`` becomes ``ECG 2``)."""
    seen: dict[str, int] = {}
    unique = []
    for i, name in enumerate(names, 1):
        usual = normal_lead_name(" ".join(name.split())) or f"channel {i}"
        seen[usual] = seen.get(usual, 0) + 1
        unique.append(usual if seen[usual] == 1 else f"{usual} ({seen[usual]})")
    return tuple(unique)


def kind_of(channels: Iterable[str], comments: str = "") -> Kind:
    """Return the kind that channel names and comments tell: ECG leads, or EMG; else unknown.

    A sleep recording with EEG or eye movements is neither, although it has EMG and ECG channels.
    """
    names = tuple(channels)
    ecg = sum(name in TWELVE_LEADS or _ECG.fullmatch(name.strip()) is not None for name in names)
    emg = sum(_EMG.search(name) is not None for name in names)
    if any(_SLEEP.search(name) for name in names):
        return Kind.UNKNOWN
    if ecg > emg:
        return Kind.ECG_TRACE
    if emg > ecg or (not ecg and _EMG.search(comments)):
        return Kind.EMG_TRACE
    return Kind.UNKNOWN
