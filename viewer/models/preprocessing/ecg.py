"""ECG records: eight leads in millivolts at the network's rate, in windows."""

from fractions import Fraction

import numpy as np
import torch

from viewer.models.preprocessing.base import Extent, Prepared, preparation
from viewer.study import Note, Study, Waveform

LIMB_LEADS = {  # from I and II (Einthoven: III = II - I; Goldberger's augmented leads)
    "I": (1.0, 0.0),
    "II": (0.0, 1.0),
    "III": (-1.0, 1.0),
    "aVR": (-0.5, -0.5),
    "aVL": (1.0, -0.5),
    "aVF": (-0.5, 1.0),
}
NETWORK_LEADS = ("aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6")
RATE_HZ = 400
HIGH_PASS_HZ = 0.5  # without phase shift; up to 0.67 Hz then leaves the ST segment alone (Kligfield et al. 2007, AHA)
PACE_MV = 0.4  # a deflection of one or two samples above this is a pacemaker's


@preparation("ecg-record")
def prepare_record(
    study: Study, window_s: float = 10.0, minimum_s: float = 3.0, minimum_leads: int = 3, maximum_windows: int = 360
) -> Prepared:
    """Cut a recording into windows of ``window_s`` (the last one ends at its end); a shorter one is read as it is.

    Leads that are missing are computed from other limb leads, or left at zero and noted. A recording with fewer than
    ``minimum_leads`` of the network's eight leads, or shorter than ``minimum_s``, is refused. Of a recording with more
    than ``maximum_windows`` windows that many are read, evenly spread, and a note says so.
    """
    wave = study.waveform
    leads, notes = known_leads(wave)
    missing = [name for name in NETWORK_LEADS if name not in leads]
    refusal = None
    if any(wave.units[i] not in ("mV", "uV") for i, name in enumerate(wave.channels) if name in _ALL_LEADS):
        refusal = Note(
            "scale-unknown", "The recording does not say its voltage unit, and this network reads millivolts"
        )
    elif len(NETWORK_LEADS) - len(missing) < minimum_leads:
        refusal = Note("lead-missing", f"This network needs 12 leads, and the recording lacks {', '.join(missing)}")
    elif wave.duration_s < minimum_s:
        refusal = Note(
            "too-short", f"This network needs at least {minimum_s:g} s, and there are {wave.duration_s:.1f} s"
        )
    if refusal is not None:
        return Prepared(torch.zeros(1, len(NETWORK_LEADS), RATE_HZ), (Extent(end_s=wave.duration_s),), (), refusal)
    if missing:
        notes.append(Note("lead-missing", f"Read without {', '.join(missing)}: the recording lacks them"))
    starts = _window_starts(wave.duration_s, window_s, maximum_windows)
    if len(starts) * window_s < wave.duration_s - 1e-6 and len(starts) == maximum_windows:
        notes.append(Note("part-read", f"{maximum_windows} windows of {window_s:g} s were read, evenly spread"))
    length_s = min(window_s, wave.duration_s)
    inputs, extents = [], []
    for start in starts:
        first = round(start * wave.rate_hz)
        last = min(wave.samples.shape[1], first + round(length_s * wave.rate_hz))
        part = {name: lead[first:last] for name, lead in leads.items()}
        inputs.append(torch.from_numpy(network_input(part, wave.rate_hz)))
        extents.append(Extent(start_s=first / wave.rate_hz, end_s=last / wave.rate_hz))
    if _paced(leads, wave.rate_hz):
        notes.append(Note("pacemaker", "Pacemaker spikes: the network's classes are not meant for paced beats"))
    shortest = min(x.shape[1] for x in inputs)
    return Prepared(torch.stack([x[:, :shortest] for x in inputs]), tuple(extents), tuple(notes))


def known_leads(wave: Waveform) -> tuple[dict[str, np.ndarray], list[Note]]:
    """Return the leads in mV by name, limb leads computed where two others allow it, and notes on those computed."""
    leads = {name: lead for name in _ALL_LEADS if (lead := wave.lead(name)) is not None and np.isfinite(lead).any()}
    for name in wave.channels:
        if name.startswith("-") and name[1:] not in leads and (lead := wave.lead(name)) is not None:
            leads[name[1:]] = -lead
    limb = [name for name in LIMB_LEADS if name in leads]
    lacking = [name for name in LIMB_LEADS if name not in leads]
    if not lacking or len(limb) < 2:
        return leads, []
    basis = np.array([LIMB_LEADS[name] for name in limb], np.float32)
    plane = np.linalg.pinv(basis) @ np.stack([leads[name] for name in limb])
    for name in lacking:
        leads[name] = (np.array(LIMB_LEADS[name], np.float32) @ plane).astype(np.float32)
    used = [name for name in lacking if name in NETWORK_LEADS]
    notes = [Note("lead-derived", f"Computed from other limb leads: {', '.join(used)}")] if used else []
    return leads, notes


def network_input(leads: dict[str, np.ndarray], rate_hz: float) -> np.ndarray:
    """Return (8, samples at 400 Hz) float32 in mV: gaps bridged, drift below 0.5 Hz removed, missing leads zero."""
    samples = len(next(iter(leads.values())))
    signals = np.zeros((len(NETWORK_LEADS), samples), np.float32)
    for i, name in enumerate(NETWORK_LEADS):
        if name in leads:
            signals[i] = _bridged(leads[name])
    return np.clip(_to_rate(_without_drift(signals, rate_hz), rate_hz), -8, 8).astype(np.float32)


_ALL_LEADS = (*LIMB_LEADS, *NETWORK_LEADS[2:])


def _window_starts(duration_s: float, window_s: float, most: int) -> list[float]:
    if duration_s <= window_s:
        return [0.0]
    count = int(np.ceil(duration_s / window_s - 0.05))  # a rest under half a second is not worth a window
    starts = [min(i * window_s, duration_s - window_s) for i in range(count)]
    return starts if count <= most else [starts[i] for i in np.linspace(0, count - 1, most).astype(int)]


def _bridged(lead: np.ndarray) -> np.ndarray:
    finite = np.isfinite(lead)
    if finite.all():
        return lead
    if not finite.any():
        return np.zeros_like(lead)
    at = np.arange(len(lead))
    return np.interp(at, at[finite], lead[finite]).astype(np.float32)


def _without_drift(signals: np.ndarray, rate_hz: float) -> np.ndarray:
    from scipy.signal import butter, sosfiltfilt

    sos = butter(1, HIGH_PASS_HZ, "highpass", fs=rate_hz, output="sos")
    return sosfiltfilt(sos, signals, axis=1, padtype="odd", padlen=min(signals.shape[1] - 1, round(2 * rate_hz)))


def _to_rate(signals: np.ndarray, rate_hz: float) -> np.ndarray:
    from scipy.signal import resample_poly

    ratio = Fraction(RATE_HZ / rate_hz).limit_denominator(1000)
    if ratio == 1:
        return signals
    return resample_poly(signals, ratio.numerator, ratio.denominator, axis=1, padtype="line")


def _paced(leads: dict[str, np.ndarray], rate_hz: float) -> bool:
    """Whether at least three narrow spikes stand out of two leads at once (only at 450 Hz and more)."""
    from scipy.signal import medfilt

    if rate_hz < 450:
        return False
    together: np.ndarray | None = None
    half = max(2, round(0.005 * rate_hz))
    for name in ("II", "V1", "V3", "V5"):
        if name in leads:
            lead = np.nan_to_num(leads[name][: round(30 * rate_hz)])
            spikes = (np.abs(lead - medfilt(lead, 2 * half + 1)) > PACE_MV).astype(int)
            together = spikes if together is None else together + spikes
    if together is None:
        return False
    at = np.flatnonzero(together >= 2)
    return int((np.diff(at) > 0.3 * rate_hz).sum() + bool(len(at))) >= 3
