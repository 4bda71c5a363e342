"""Annotated motor units of a real recording (monopolar needle, biceps): plausible potentials, rates as annotated."""

import os
import re
from pathlib import Path

import numpy as np
import pytest

from viewer.measure import interval_statistics, measure_train

DATA = Path(os.environ.get("LEADLIGHT_REAL_DATA", Path(__file__).parents[2].parent / "shared" / "data"))
FOLDER = DATA / "emg" / "emglab_R00108"

pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason=f"the annotated recording is not at {DATA}")


def units():
    lines = (FOLDER / "R00108.eaf").read_text("ascii").splitlines()
    events = [line.split() for line in lines if re.fullmatch(r"[\d.]+ \d+ \d+", line.strip())]
    return {unit: np.array([float(t) for t, u, _ in events if u == unit]) for unit in {u for _, u, _ in events}}


def test_eight_annotated_units():
    samples = np.fromfile(FOLDER / "R00108.dat", ">i2") * 2.0  # 500 steps a mV
    own = {unit: measure_train(samples, 10000.0, times) for unit, times in units().items()}
    assert len(own) == 8
    for potential in own.values():
        assert 8 < potential.duration_ms < 22  # monopolar: longer than 9.6 ms with a concentric needle
        assert 500 < potential.amplitude_uv < 3000
        assert 2 <= potential.phases <= 4
        assert potential.first_phase == "positive"
    # the annotation of unit 1 has a gap: its rate says so, its consecutive intervals do not
    rates = {unit: interval_statistics(times) for unit, times in units().items()}
    assert all(4 < r.rate_hz < 12 for r in rates.values())
    assert np.median([r.cv for r in rates.values()]) == pytest.approx(0.16, abs=0.02)
