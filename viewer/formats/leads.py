"""Limb leads from two of them (Einthoven, Goldberger), for devices that store only the independent eight."""

from dataclasses import replace

import numpy as np

from viewer.study import TWELVE_LEADS, Note, Waveform

_FROM_I_II = {"III": (-1.0, 1.0), "aVR": (-0.5, -0.5), "aVL": (1.0, -0.5), "aVF": (-0.5, 1.0)}


def with_limb_leads(waveform: Waveform, notes: list[Note]) -> Waveform:
    """Add III, aVR, aVL and aVF where I, II and chest leads are stored alone; III = II - I, aVF = II - I / 2 ..."""
    names = waveform.channels
    missing = [name for name in _FROM_I_II if name not in names]
    if not missing or not {"I", "II", "V1"} <= set(names):
        return waveform
    one, two = names.index("I"), names.index("II")
    if waveform.units[one] != waveform.units[two]:
        return waveform
    first, second = waveform.samples[one], waveform.samples[two]
    derived = [_FROM_I_II[name][0] * first + _FROM_I_II[name][1] * second for name in missing]
    samples = np.vstack([waveform.samples, np.asarray(derived, np.float32)])
    every = (*names, *missing)
    units = (*waveform.units, *[waveform.units[one]] * len(missing))
    order = sorted(
        range(len(every)), key=lambda i: TWELVE_LEADS.index(every[i]) if every[i] in TWELVE_LEADS else 12 + i
    )
    notes.append(Note("lead-derived", f"The file stores I and II; {', '.join(missing)} were calculated from them."))
    return replace(
        waveform,
        samples=samples[order],
        channels=tuple(every[i] for i in order),
        units=tuple(units[i] for i in order),
    )
