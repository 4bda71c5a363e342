"""What is checked of a study before a network reads it: reasons not to believe the reading, or not to read at all."""

from dataclasses import dataclass

import numpy as np

from viewer.models.card import Card
from viewer.reading.checks_emg import check_emg_trace
from viewer.reading.values import Finding
from viewer.study import TWELVE_LEADS, Image, Kind, Note, Study, Waveform
from viewer.study.display import grey8

PICTURES = (Kind.EMG_IMAGE, Kind.ECG_IMAGE, Kind.CHEST_XRAY)
FILM_MODALITIES = ("CR", "DX", "RG", "XR", "SC", "OT", "PX", "RF", "XA")  # CR, DX, ...: projection films or captures
MIN_SIDE_PX, SMALL_SIDE_PX = 64, 200
MIN_WAVEFORM_PX = 32  # a single waveform cut out of a screen is small
MIN_DURATION_S, SHORT_DURATION_S = 2.0, 7.0  # networks for 12-lead records were trained on 7-10 s
MIN_RATE_HZ, LOW_RATE_HZ = 50.0, 100.0
FLAT_SHARE = 0.02  # of the largest lead's standard deviation, under which a lead holds no signal
CLIPPED_SHARE, SATURATED_SHARE, GAP_SHARE = 0.005, 0.5, 0.05
INVERTED_BELOW = -0.4  # 1 of 1,171 NIH and JSRT films lies under it, and 95 % of the same films inverted
UNLIKE_SUM = 1.0  # of lead II's spread; over it: no PTB-XL record, 4 % of LUDB, 89 % of PTB-XL with I and II swapped
SWAPPED_BELOW = -0.5  # 0.4 % of 1,586 PTB-XL records lie under it, and 80 % of them with the arm leads swapped
IMPLAUSIBLE_MV = (0.1, 15.0)  # peak to peak of the largest lead


@dataclass(frozen=True)
class Checks:
    """Notes for the person, and the refusals: reasons for which the study is not read."""

    notes: tuple[Note, ...] = ()
    refusals: tuple[Note, ...] = ()


def check_study(study: Study, card: Card) -> Checks:
    """Check a study (or the marked part of it) against what a model was trained on."""
    notes = (
        []
        if card.validated
        else [Note("model-unvalidated", f"The model ({card.title}) has not been validated clinically")]
    )
    refusals: list[Note] = []
    if study.patient.is_child and study.kind != Kind.EMG_IMAGE:
        notes.append(Note("child", "The patient is under 18; the networks were trained on adults"))
    if isinstance(study.content, Image):
        _check_picture(study, study.content, notes, refusals)
    elif study.kind == Kind.ECG_TRACE:
        _check_ecg(study.content, notes, refusals)
    else:
        _check_recording(study.content, notes, refusals)
        if study.kind == Kind.EMG_TRACE and not refusals:
            check_emg_trace(study.content, notes, refusals)
    return Checks(tuple(notes), tuple(refusals))


def fits_content(study: Study) -> bool:
    """Whether a study's kind and its content belong together (a picture cannot be read as a recording)."""
    return (study.kind in PICTURES) == isinstance(study.content, Image)


def conflicts(found: tuple[Finding, ...]) -> tuple[Note, ...]:
    """Return a note where ``No Finding`` or ``Normal`` is positive beside a positive finding."""
    positive = [f.label for f in found if f.positive]
    others = [label for label in positive if label not in ("No Finding", "Normal")]
    return tuple(
        Note("conflict", f"{label} is positive beside {', '.join(others)}; both cannot be true")
        for label in positive
        if label in ("No Finding", "Normal") and others
    )


def _check_picture(study: Study, image: Image, notes: list[Note], refusals: list[Note]) -> None:
    side = min(image.rows, image.columns)
    if side < (MIN_WAVEFORM_PX if study.kind == Kind.EMG_IMAGE else MIN_SIDE_PX):
        refusals.append(
            Note("too-small", f"The picture is {image.columns} x {image.rows} pixels, too small to be read")
        )
        return
    if side < SMALL_SIDE_PX:
        notes.append(
            Note("small-picture", f"The picture is only {image.columns} x {image.rows} pixels; detail is lost")
        )
    shown = grey8(image)
    grey = shown if shown.ndim == 2 else shown[..., 1]
    grey = grey[:: max(1, grey.shape[0] // 512), :: max(1, grey.shape[1] // 512)]
    if np.ptp(np.percentile(grey, (0.5, 99.5))) < 8:
        refusals.append(Note("blank", "The picture is blank: there is nothing on it to read"))
        return
    if study.kind == Kind.CHEST_XRAY:
        _check_film(study, grey, notes, refusals)
    elif study.kind == Kind.EMG_IMAGE:
        notes.append(
            Note(
                "scale-unknown", "Nothing on the picture told how long a division is; the network goes by shapes alone"
            )
        )


def _check_film(study: Study, grey: np.ndarray, notes: list[Note], refusals: list[Note]) -> None:
    facts = study.acquisition
    if facts.modality and facts.modality.upper() not in FILM_MODALITIES:
        refusals.append(Note("modality-unsuitable", f"The file says modality {facts.modality}, not a projection film"))
    view = (facts.view or "").upper()
    if view in {"LATERAL", "LL", "RL", "LAT", "OBLIQUE"}:
        refusals.append(
            Note("view-unsuitable", f"The view is {view.lower()}; the networks were trained on frontal films")
        )
    elif view == "AP":
        notes.append(Note("view-ap", "An AP film: the heart and the mediastinum look larger than on a PA film"))
    if _middle_over_lungs(grey) < INVERTED_BELOW:
        notes.append(Note("polarity-doubted", "The film looks inverted: bone is dark and air bright"))
    if ((grey == 0) | (grey == 255)).mean() > SATURATED_SHARE:
        notes.append(
            Note("saturated", "Over half of the film is fully black or white; exposure or window hides detail")
        )


def _middle_over_lungs(grey: np.ndarray) -> float:
    """Return how much brighter the mediastinum is than the lung fields, in standard deviations of the film."""
    rows, columns = grey.shape

    def part(top: float, bottom: float, left: float, right: float) -> np.ndarray:
        return grey[int(top * rows) : int(bottom * rows), int(left * columns) : int(right * columns)]

    lungs = (np.median(part(0.25, 0.55, 0.20, 0.38)) + np.median(part(0.25, 0.55, 0.62, 0.80))) / 2
    return float((part(0.30, 0.70, 0.45, 0.55).mean() - lungs) / max(1.0, float(grey.std())))


def _check_recording(waveform: Waveform, notes: list[Note], refusals: list[Note]) -> None:
    samples = waveform.samples
    if not samples.size or not np.isfinite(samples).any():
        refusals.append(Note("no-signal", "The recording holds no signal"))
        return
    gaps = 1 - float(np.isfinite(samples).mean())
    if gaps > GAP_SHARE:
        notes.append(Note("gaps", f"{gaps:.0%} of the samples are missing"))
    if waveform.rate_assumed:
        notes.append(Note("rate-assumed", f"The file gives no sampling rate; {waveform.rate_hz:g} Hz is assumed"))
    if any(unit not in ("mV", "uV") for unit in waveform.units):
        notes.append(Note("scale-unknown", "The file gives no voltage scale; amplitudes mean nothing"))
    clipped = [name for name, lead in zip(waveform.channels, samples, strict=True) if _is_clipped(lead)]
    if clipped:
        notes.append(Note("clipped", f"The signal is cut off at its limits in {', '.join(clipped)}"))


def _check_ecg(waveform: Waveform, notes: list[Note], refusals: list[Note]) -> None:
    _check_recording(waveform, notes, refusals)
    if refusals:
        return
    leads = {name: lead for name in TWELVE_LEADS if (lead := waveform.lead(name)) is not None}
    missing = [name for name in TWELVE_LEADS if name not in waveform.channels]
    if len(missing) > 10:
        refusals.append(Note("lead-missing", "There are fewer than two of the twelve leads"))
    elif missing:
        notes.append(Note("lead-missing", f"Leads missing: {', '.join(missing)}"))
    spreads = {name: _spread(lead) for name, lead in leads.items()}
    least = max(1e-6, FLAT_SHARE * max(spreads.values(), default=0.0))
    flat = [name for name, spread in spreads.items() if spread < least]
    if leads and len(flat) == len(leads):
        refusals.append(Note("no-signal", "All leads are flat"))
    elif flat:
        notes.append(Note("lead-flat", f"Leads without signal: {', '.join(flat)}"))
    if waveform.duration_s < MIN_DURATION_S:
        refusals.append(Note("too-short", f"The recording is {waveform.duration_s:.1f} s long, too short to be read"))
    elif waveform.duration_s < SHORT_DURATION_S:
        notes.append(
            Note(
                "short-recording", f"The recording is {waveform.duration_s:.1f} s long; networks were trained on 7-10 s"
            )
        )
    if waveform.rate_hz < MIN_RATE_HZ:
        refusals.append(Note("rate-unsuitable", f"{waveform.rate_hz:g} Hz is too low a sampling rate for an ECG"))
    elif waveform.rate_hz < LOW_RATE_HZ:
        notes.append(Note("rate-low", f"{waveform.rate_hz:g} Hz is a low sampling rate; fine detail is lost"))
    _check_ecg_scale(leads, notes)


def _check_ecg_scale(leads: dict[str, np.ndarray], notes: list[Note]) -> None:
    largest = max(
        (float(np.ptp(np.percentile(v, (0.1, 99.9)))) for v in map(_finite, leads.values()) if v.size), default=0
    )
    if largest > 0 and not IMPLAUSIBLE_MV[0] <= largest <= IMPLAUSIBLE_MV[1]:
        notes.append(Note("scale-implausible", f"The largest lead spans {largest:.2g} mV; the scale may be wrong"))
    one, two, three, lateral = (leads.get(name) for name in ("I", "II", "III", "V6"))
    if one is not None and lateral is not None and _correlation(one, lateral) < SWAPPED_BELOW:
        notes.append(Note("leads-swapped", "Lead I runs against V6; the arm electrodes may be swapped"))
    if one is not None and two is not None and three is not None:  # Einthoven: II = I + III
        valid = np.isfinite(one) & np.isfinite(two) & np.isfinite(three)
        if valid.any() and _spread((two - one - three)[valid]) > UNLIKE_SUM * max(_spread(two), 1e-3):
            notes.append(
                Note("leads-inconsistent", "Lead II is not the sum of I and III; leads may be swapped or wrong")
            )


def _correlation(a: np.ndarray, b: np.ndarray) -> float:
    """Return the correlation of two leads where both are finite, 0 where one is flat."""
    valid = np.isfinite(a) & np.isfinite(b)
    a, b = a[valid].astype(np.float64), b[valid].astype(np.float64)
    return float(np.corrcoef(a, b)[0, 1]) if a.size > 1 and np.ptp(a) > 0 and np.ptp(b) > 0 else 0.0


def _finite(lead: np.ndarray) -> np.ndarray:
    return lead[np.isfinite(lead)].astype(np.float64)


def _spread(lead: np.ndarray) -> float:
    """Return the standard deviation of the finite samples, 0 where there are none."""
    values = _finite(lead)
    return float(values.std()) if values.size else 0.0


def _is_clipped(lead: np.ndarray) -> bool:
    """Whether runs of samples stand exactly at the lead's highest or lowest value."""
    values = _finite(lead)
    if values.size < 10 or np.ptp(values) == 0:
        return False
    at_limit = (values == values.max()) | (values == values.min())
    in_runs = at_limit[1:] & at_limit[:-1]
    return bool(in_runs.mean() > CLIPPED_SHARE)
