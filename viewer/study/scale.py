"""Volts for a recording whose file has none: a person says what its full scale is worth."""

from dataclasses import replace

import numpy as np

from viewer.study.study import Study
from viewer.study.waveform import Waveform

FACT = "Full scale"
"""The name of the fact that tells of a scale given by a person."""


def scale_missing(study: Study) -> bool:
    """Whether a recording has a channel without a unit."""
    return isinstance(study.content, Waveform) and "" in study.content.units


def scale_given(study: Study) -> bool:
    """Whether a person gave its scale."""
    return any(name == FACT for name, _ in study.acquisition.facts)


def with_full_scale(study: Study, full_scale_uv: float) -> Study:
    """Return a recording with its channels without a unit in uV.

    Parameters
    ----------
    study : Study
    full_scale_uv : float
        What a stored 1.0 is worth in uV: sound files hold fractions of full scale.

    Raises
    ------
    ValueError
        Where the scale is no number above 0.
    """
    if not (np.isfinite(full_scale_uv) and full_scale_uv > 0):
        raise ValueError("the full scale must be more than 0 µV")
    if not scale_missing(study):
        return study
    wave = study.waveform
    unknown = np.array([unit == "" for unit in wave.units])
    factors = np.where(unknown, full_scale_uv, 1.0).astype(np.float32)
    scaled = replace(
        wave, samples=wave.samples * factors[:, None], units=tuple(unit or "uV" for unit in wave.units)
    )  # fmt: skip
    facts = ((FACT, f"{full_scale_uv:g} µV, given by a person"), *study.acquisition.facts)
    notes = tuple(note for note in study.notes if note.code != "scale-unknown")
    return replace(study, content=scaled, notes=notes, acquisition=replace(study.acquisition, facts=facts))
