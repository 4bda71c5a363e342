"""A recording in physical units."""

from dataclasses import dataclass

import numpy as np

TWELVE_LEADS = ("I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6")

_LEADS = {name.lower(): name for name in (*TWELVE_LEADS, "Vx", "Vy", "Vz", "V3R", "V4R", "V5R", "V7", "V8", "V9")}
_LEADS |= {"di": "I", "dii": "II", "diii": "III"}


def normal_lead_name(name: str) -> str:
    """Return an ECG lead's usual spelling (``avr`` -> ``aVR``, ``Lead II`` -> ``II``); others are only stripped."""
    bare = name.strip()
    if bare.startswith("-"):
        return "-" + normal_lead_name(bare[1:])
    short = bare.lower().removeprefix("ecg").removeprefix("mdc_ecg_lead_").removeprefix("lead").strip(" _:")
    return _LEADS.get(short.split("(")[0].strip(), bare)


@dataclass(frozen=True, eq=False)
class Waveform:
    """Channels sampled together.

    Attributes
    ----------
    samples : ndarray
        (channels, samples) float32 in each channel's unit; possibly memory-mapped; gaps are NaN.
    rate_hz : float
        Samples a second; more than 0.
    channels : tuple of str
        Names; ECG leads in their usual spelling (``I``, ``aVR``, ``V1``).
    units : tuple of str
        One a channel: ``mV``, ``uV``, another unit as the file spells it, or ``""`` where unknown.
    rate_assumed : bool
        The file does not say the rate; ``rate_hz`` is an assumption that the study's notes explain.
    """

    samples: np.ndarray
    rate_hz: float
    channels: tuple[str, ...]
    units: tuple[str, ...]
    rate_assumed: bool = False

    def __post_init__(self) -> None:
        if self.samples.ndim != 2 or not len(self.channels) == len(self.units) == self.samples.shape[0]:
            raise ValueError("samples must be (channels, samples), with a name and a unit a channel")
        if not self.rate_hz > 0:
            raise ValueError("the sampling rate must be more than 0")
        self.samples.flags.writeable = False

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return self.samples.shape[1] / self.rate_hz

    def lead(self, name: str) -> np.ndarray | None:
        """Return one lead in mV by its usual name, or None where the recording lacks it or its unit is unknown."""
        if name not in self.channels:
            return None
        i = self.channels.index(name)
        scale = {"mV": 1.0, "uV": 1e-3}.get(self.units[i])
        return None if scale is None else self.samples[i] * np.float32(scale)
