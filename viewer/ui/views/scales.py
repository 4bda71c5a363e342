"""Sweep speeds and sensitivities in 1-2-5 steps, as on every EMG machine."""

import math

TIME_RANGE_S = (1e-4, 100.0)
"""Sweep speeds, in seconds a division: 0.1 ms to 100 s."""


def step_125(value: float, up: bool) -> float:
    """Return the next higher or lower number of the series 1, 2, 5, 10, 20 ..."""
    exponent = math.floor(math.log10(value) + 1e-9)
    series = [m * 10.0**e for e in (exponent - 1, exponent, exponent + 1) for m in (1, 2, 5)]
    if up:
        return next(s for s in series if s > value * 1.0001)
    return next(s for s in reversed(series) if s < value * 0.9999)


def at_least_125(value: float) -> float:
    """Return the smallest number of the series that is not below ``value``."""
    if not (math.isfinite(value) and value > 0):
        return 1.0
    exponent = math.floor(math.log10(value))
    series = [m * 10.0**e for e in (exponent - 1, exponent, exponent + 1) for m in (1, 2, 5)]
    return next(s for s in series if s >= value * 0.9999)


def time_words(seconds: float) -> str:
    """Return a sweep speed as it is written on a screen: ``10 ms/div``, ``2 s/div``."""
    return f"{seconds:g} s/div" if seconds >= 1 else f"{1000 * seconds:.3g} ms/div"


def voltage_words(per_division: float, units: tuple[str, ...]) -> str:
    """Return a sensitivity as it is written on a screen: ``50 µV/div``, ``2 mV/div``, ``5 counts/div``.

    Parameters
    ----------
    per_division : float
        In µV where the unit is a voltage.
    units : tuple of str
        The units of what is shown: ``µV``, others, or nothing where it is unknown.
    """
    if units == ("µV",):
        return f"{per_division / 1000:g} mV/div" if per_division >= 1000 else f"{per_division:g} µV/div"
    return f"{per_division:g} {', '.join(unit or 'counts' for unit in units)}/div"
