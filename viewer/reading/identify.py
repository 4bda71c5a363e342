"""Which kind a study is: what the file says, and what a small network sees."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from viewer.reading.words import kind_name
from viewer.study import TWELVE_LEADS, Kind, KindFrom, Note, Study, Waveform

# A report sheet of needle EMG looks like an ECG sheet or like nothing known: where the network is less sure than this,
# the sheet's panels are asked one by one (with version 1.0 of the network 21 of 30 drawn EMG sheets were then
# recognised, 9 of 40 without, and 30 of 31 ECG sheets; version 1.2 knows nine of ten EMG sheets by itself).
SHEET_DOUBTED_BELOW = 0.85
PANEL_FROM, PANELS_LEAST, PANELS_SHARE = 0.6, 2, 0.34
# A picture that the network takes for an EMG screen, though not surely, is one where traces with waveforms are found.
EMG_ASSUMED_FROM = 0.4
EMG_DOUBTED_BELOW = 0.97  # under it a photograph may be meant (a rocket on its pad got 0.92): waveforms or words tell
ECG_DOUBTED_BELOW = 0.975  # of 60 real ECG sheets none is under it; EMG taken for ECG mostly is: its words are read
FILE_DOUBTED_BELOW = 0.05  # probability of the kind a file claims, under which its word is not taken
# ECGs are stored at 250 to 1,000 Hz, at most 2,000; needle EMG needs 10 kHz and is stored at 4 kHz at the least.
EMG_FROM_HZ = 3000.0
_OTHER_TRADE = re.compile(
    r"e[ceko]g|eog|spo2|sao2|pleth|ppg|co2|flow|breath|snor|sound|phono|speech|voice|microphone|music|audio|accel|torque|"
    r"\b(resp|press|temperature|abp|icp|seis|gyro|force|goniom)|"
    r"\b(meg|erg|temp|volume|cvp|bp|art|pap|mic|acc|angle|gsr|eda|thorax|abdomen|chest|vep|aep|nerve|cmap|snap|"
    r"fp[12z]|c[34z]|o[12z]|p[34z]|t[3-6]|f[348z]|b[hls][zne])\b",
    re.I,
)
# What is written on EMG screens alone, as the words' network reads it: a gain in microvolts, the length of a division.
_SETTINGS = re.compile(r"(ms|uv)\s*/\s*d")
_EMG_WORDS = re.compile(r"\bemg\b|\bneedle\b|\d\s*uv\b|(ms|uv)\s*/\s*d")
_OTHER_WORDS = re.compile(r"\be[ec]g\b|\bekg\b|mm\s*/\s*(s|mv)|\bnerve\b|\bcmap\b|\bsnap\b|evoked")
_VOLTS = frozenset(("", "mv", "uv", "nv", "v", "adu", "nu", "a.u.", "au"))


@dataclass(frozen=True)
class KindOpinion:
    """What the kind network makes of a picture: its kind (or ``unknown``), and every kind's probability.

    ``assumed``: the network alone was not sure enough; the traces found in the picture decided, or its ``words``.
    """

    kind: Kind
    probabilities: dict[str, float]
    assumed: bool = False
    words: str = ""


def votes_for(shares: np.ndarray) -> bool:
    """Whether a sheet is of the kind of which its panels have these probabilities: two at least, and a third of all."""
    own = int((shares >= PANEL_FROM).sum())
    return own >= PANELS_LEAST and own >= PANELS_SHARE * len(shares)


def emg_words(lines: Sequence[str], taken_for: Kind) -> str:
    """Return the line by which a picture is one of needle EMG, empty where none tells.

    ``taken_for``: what the network takes it for. Against an ECG only a screen's settings tell (ECG sheets have EMG
    filters); against nothing known a gain in microvolts does, and the word itself.
    """
    if any(_OTHER_WORDS.search(line) for line in lines):
        return ""
    telling = _EMG_WORDS if taken_for == Kind.UNKNOWN else _SETTINGS
    return next((line for line in lines if telling.search(line)), "")


def settle_kind(study: Study, opinion: KindOpinion | None) -> Study:
    """Return the study with its kind settled between the file and the network; notes say why it stays unknown.

    Without an ``opinion`` (a recording, or no kind network) the file's word is taken; a recording that says nothing is
    needle EMG where it was sampled at 3 kHz or more, with a note. A file that claims a kind which
    the network is nearly sure it is not (a dog's thorax filed as a chest film) becomes ``unknown``, for a person to
    overrule.
    """
    if isinstance(study.content, Waveform):
        return _recording_kind(study, study.content)
    if opinion is None:
        if study.kind != Kind.UNKNOWN:
            return study
        note = Note(
            "kind-network-missing", "The file does not say what it is, and no model that tells kinds is installed"
        )
        return study.as_kind(Kind.UNKNOWN, KindFrom.FILE, note)
    if study.kind == Kind.UNKNOWN:
        if opinion.kind != Kind.UNKNOWN:
            return study.as_kind(opinion.kind, KindFrom.NETWORK, *([_assumed(opinion)] if opinion.assumed else []))
        return study.as_kind(Kind.UNKNOWN, KindFrom.NETWORK, Note("kind-unknown", _unknown_message(opinion)))
    if opinion.kind != study.kind and opinion.probabilities.get(study.kind, 0.0) < FILE_DOUBTED_BELOW:
        message = f"The file calls this {kind_name(study.kind)}, but it looks like {kind_name(opinion.kind)}"
        return study.as_kind(Kind.UNKNOWN, KindFrom.NETWORK, Note("kind-doubted", message))
    return study


def overrule(study: Study, settled: Study, kind: Kind) -> Study:
    """Return the study as the kind a person gave, with a warning where the file or the network says otherwise."""
    if settled.kind == kind:
        return study.as_kind(kind, KindFrom.PERSON)
    by = "file" if settled.kind_from == KindFrom.FILE else "network"
    message = f"A person called this {kind_name(kind)}; the {by} takes it for {kind_name(settled.kind)}"
    return study.as_kind(kind, KindFrom.PERSON, Note("kind-overruled", message))


def _recording_kind(study: Study, waveform: Waveform) -> Study:
    if study.kind != Kind.UNKNOWN:
        return study
    if sum(name in TWELVE_LEADS for name in waveform.channels) >= 2:
        return study.as_kind(Kind.ECG_TRACE, KindFrom.FILE)
    if _may_be_needle(waveform):
        rate = f"{waveform.rate_hz / 1000:.3g} kHz"
        message = f"Nothing in the file says what it is; sampled at {rate} it is taken for needle EMG"
        return study.as_kind(Kind.EMG_TRACE, KindFrom.FILE, Note("kind-assumed", message))
    note = Note("kind-unknown", "The recording's channels are neither ECG leads nor called EMG")
    return study.as_kind(Kind.UNKNOWN, KindFrom.FILE, note)


def _may_be_needle(waveform: Waveform) -> bool:
    """Whether a recording that says nothing of itself was sampled as fast as needle EMG alone, in volts or no unit."""
    if waveform.rate_assumed or waveform.rate_hz < EMG_FROM_HZ:
        return False
    if any(name in TWELVE_LEADS or _OTHER_TRADE.search(name) for name in waveform.channels):
        return False
    return all(unit.lower() in _VOLTS for unit in waveform.units)


def _assumed(opinion: KindOpinion) -> Note:
    share = opinion.probabilities.get(opinion.kind, 0.0)
    if opinion.words:
        message = f'It is taken for {kind_name(opinion.kind)}, because "{opinion.words}" is written on it'
        return Note("kind-assumed", message)
    message = f"It looks most like {kind_name(opinion.kind)}, though not surely ({share:.0%}); traces were found in it"
    return Note("kind-assumed", message)


def _unknown_message(opinion: KindOpinion) -> str:
    known = {Kind(k): p for k, p in opinion.probabilities.items() if k != Kind.UNKNOWN}
    closest = max(known, key=lambda k: known[k])
    return (
        "This looks like none of an EMG screen, an ECG sheet and a chest X-ray "
        f"(the closest is {kind_name(closest)}, {known[closest]:.0%})"
    )
